/* framework.c - the table of a framework: loaded, written by, read by. */
#include "interop/framework.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "catalog/lookup.h"
#include "interop/calculate.h"

#define LAUNCHERS "launchers" /* the file of rows that all have */
#define MOST_WORDS 64

const char *const tc_syntax_names[] = {"arguments", "json", "yaml", "toml", "python", NULL};

/* ---- the file ------------------------------------------------------------------------------------- */

int tc_framework_slugs(tc_catalog *catalog, const char **slugs, int room) {
    int count = 0, n = 0;
    const tc_entry *e = tc_entries_of_kind(&catalog->entries, TC_KIND_FRAMEWORK, &count);
    for (int i = 0; i < count; i++)
        if (strcmp(e[i].slug, LAUNCHERS) != 0 && strcmp(e[i].slug, "platforms") != 0) {
            if (n < room) slugs[n] = e[i].slug;
            n++;
        }
    return n;
}

static tc_code check_row(const tc_document *d, const tc_node *row, tc_error *error) {
    static const char *const keys[] = {"fact",  "option", "also",  "read",   "item",  "suffix", "flag",
                                       "words", "sets",   "cases", "unless", "times", "default"};
    if (row->kind != TC_NODE_MAPPING)
        return tc_document_fail(d, row, NULL, error, "is no row; write {fact: tp, option: --tp}");
    for (const tc_node *n = row->first; n; n = n->next) {
        bool known = false;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) known = known || strcmp(n->key, keys[i]) == 0;
        if (!known) return tc_document_fail(d, n, NULL, error, "is no key of a row");
        bool mapping = strcmp(n->key, "words") == 0 || strcmp(n->key, "sets") == 0;
        bool list = strcmp(n->key, "cases") == 0 || strcmp(n->key, "also") == 0;
        if ((n->kind == TC_NODE_MAPPING) != mapping || (n->kind == TC_NODE_SEQUENCE) != list)
            return tc_document_fail(d, n, NULL, error, "is of another form than a row has there");
        for (const tc_node *c = n->first; c; c = c->next) {
            bool a_case = strcmp(n->key, "cases") == 0;
            if (a_case && (c->kind != TC_NODE_MAPPING || !tc_node_text(c, "is")))
                return tc_document_fail(d, c, NULL, error, "is no case; write {is: zero1, set: {--option: true}}");
            if (!a_case && c->kind != TC_NODE_SCALAR) return tc_document_fail(d, c, NULL, error, "is no word");
            const tc_node *set = a_case ? tc_node_get(c, "set") : NULL,
                          *needs = a_case ? tc_node_get(c, "needs") : NULL;
            if (set && set->kind != TC_NODE_MAPPING) return tc_document_fail(d, set, NULL, error, "is no mapping");
            for (const tc_node *s = set ? set->first : NULL; s; s = s->next)
                if (s->kind != TC_NODE_SCALAR) return tc_document_fail(d, s, NULL, error, "is no word");
            for (const tc_node *s = needs ? needs->first : NULL; s; s = s->next)
                if (s->kind != TC_NODE_SCALAR || tc_fact_find(s->text, strlen(s->text)) == TC_FACTS)
                    return tc_document_fail(d, s, NULL, error, "is no fact");
        }
    }
    const char *fact = tc_node_text(row, "fact");
    if (!fact || tc_fact_find(fact, strlen(fact)) == TC_FACTS)
        return tc_document_fail(d, row, "fact", error,
                                "is no fact that launch scripts speak of, such as tp, seq or hidden");
    if (!tc_node_text(row, "option") && !tc_node_get(row, "cases"))
        return tc_document_fail(d, row, "option", error, "is missing; a row has an option or cases");
    return TC_OK;
}

static tc_code check_rows(const tc_document *d, const tc_node **rows, tc_error *error) {
    *rows = tc_node_get(d->root, "rows");
    if (!*rows || (*rows)->kind != TC_NODE_SEQUENCE)
        return tc_document_fail(d, NULL, "rows", error, "is missing; a list of rows");
    for (const tc_node *row = (*rows)->first; row; row = row->next) {
        tc_code code = check_row(d, row, error);
        if (code) return code;
    }
    return TC_OK;
}

static tc_code unknown_framework(tc_catalog *catalog, const char *slug, tc_error *error) {
    const char *slugs[MOST_WORDS];
    char list[300] = "";
    int n = tc_framework_slugs(catalog, slugs, MOST_WORDS);
    for (int i = 0; i < n && i < MOST_WORDS; i++) tc_append(list, sizeof list, "%s%s", i ? ", " : "", slugs[i]);
    return tc_fail(error, TC_INVALID, "framework", "'%.60s' is unknown; give one of %s", slug, list);
}

const tc_node *tc_framework_section(const tc_framework *fw, const char *key) {
    const tc_node *node = NULL;
    for (int i = fw->chained; i-- > 0 && !node;) node = tc_node_get(fw->chain[i]->root, key);
    return node;
}

const char *tc_framework_text(const tc_framework *fw, const char *key) {
    const tc_node *node = tc_framework_section(fw, key);
    return node && node->kind == TC_NODE_SCALAR ? node->text : NULL;
}

static const tc_node *rows_of(const tc_document *d) { return d ? tc_node_get(d->root, "rows") : NULL; }

static bool same_fact(const tc_node *a, const tc_node *b) {
    return strcmp(tc_node_text(a, "fact"), tc_node_text(b, "fact")) == 0;
}

static bool has_fact(const tc_document *d, const tc_node *row) {
    for (const tc_node *n = rows_of(d)->first; n; n = n->next)
        if (same_fact(n, row)) return true;
    return false;
}

/* The rows so far, with those of a further file in place of the ones of the same fact: the order in which expressions find
 * the facts that they need stays. */
static void join_rows(tc_framework *fw, const tc_document *own) {
    const tc_node *old[TC_FRAMEWORK_ROWS];
    int count = fw->rows;
    memcpy(old, fw->row, sizeof old);
    fw->rows = 0;
    for (int i = 0; i < count; i++) {
        bool first = true;
        if (!has_fact(own, old[i])) {
            if (fw->rows < TC_FRAMEWORK_ROWS) fw->row[fw->rows++] = old[i];
            continue;
        }
        for (int k = 0; k < i; k++) first = first && !same_fact(old[k], old[i]);
        for (const tc_node *n = rows_of(own)->first; n && first; n = n->next)
            if (same_fact(n, old[i]) && fw->rows < TC_FRAMEWORK_ROWS) fw->row[fw->rows++] = n;
    }
    for (const tc_node *n = rows_of(own)->first; n; n = n->next) {
        bool known = false;
        for (int i = 0; i < count; i++) known = known || same_fact(old[i], n);
        if (!known && fw->rows < TC_FRAMEWORK_ROWS) fw->row[fw->rows++] = n;
    }
}

static tc_code load_documents(tc_catalog *catalog, const char *slug, tc_framework *out, tc_error *error) {
    const tc_node *rows;
    const tc_document *own[TC_FRAMEWORK_CHAIN] = {NULL};
    int count = 0;
    tc_code code = TC_OK;
    for (const char *name = slug; name && !code;) {
        const tc_document *d = NULL;
        if (count == TC_FRAMEWORK_CHAIN)
            return tc_document_fail(own[0], NULL, "base", error, "goes on from more than %d tables",
                                    TC_FRAMEWORK_CHAIN - 1);
        code = tc_lookup_helper(catalog, TC_KIND_FRAMEWORK, name, NULL, &d, error);
        if (code) return code;
        if (!d && count == 0) return unknown_framework(catalog, slug, error);
        if (!d) return tc_document_fail(own[count - 1], NULL, "base", error, "is no framework that is there");
        code = check_rows(d, &rows, error);
        own[count++] = d;
        name = tc_node_text(d->root, "base");
    }
    if (!code) code = tc_lookup_helper(catalog, TC_KIND_FRAMEWORK, LAUNCHERS, NULL, &out->launchers, error);
    if (!code && out->launchers) code = check_rows(out->launchers, &rows, error);
    if (code) return code;
    out->document = own[0];
    out->chained = count;
    for (int i = 0; i < count; i++) {
        out->chain[i] = own[count - 1 - i];
        join_rows(out, out->chain[i]);
    }
    return TC_OK;
}

tc_code tc_framework_load(tc_catalog *catalog, const char *slug, tc_framework *out, tc_error *error) {
    *out = (tc_framework){.slug = slug};
    if (tc_is_path(slug) || strcmp(slug, LAUNCHERS) == 0 || strcmp(slug, "platforms") == 0)
        return unknown_framework(catalog, slug, error);
    tc_code code = load_documents(catalog, slug, out, error);
    if (code) return code;
    const tc_document *d = out->document;
    out->name = tc_node_text(d->root, "name");
    out->release = tc_node_text(d->root, "release");
    out->stack = tc_node_text(d->root, "stack");
    const char *syntax = tc_framework_text(out, "syntax");
    int i = 0;
    while (syntax && tc_syntax_names[i] && strcmp(syntax, tc_syntax_names[i]) != 0) i++;
    if (!syntax || !tc_syntax_names[i])
        return tc_document_fail(d, NULL, "syntax", error, "is missing; give arguments, json, yaml, toml or python");
    out->syntax = (tc_syntax)i;
    if (!out->name || !out->release || !out->stack)
        return tc_document_fail(d, NULL, out->name ? out->release ? "stack" : "release" : "name", error, "is missing");
    return TC_OK;
}

/* ---- expressions over facts ------------------------------------------------------------------------ */

static bool fact_value(void *context, const char *name, size_t length, int64_t *out) {
    const tc_facts *f = context;
    tc_fact fact = tc_fact_find(name, length);
    if (fact == TC_FACTS || !f->value[fact]) return false;
    if (strcmp(f->value[fact], "on") == 0 || strcmp(f->value[fact], "off") == 0) {
        *out = f->value[fact][1] == 'n';
        return true;
    }
    return tc_parse_integer(f->value[fact], INT64_MIN / 4, INT64_MAX / 4, out, "", NULL) == TC_OK;
}

/* A default, or a value that is written: "=4 * hidden", or a word. NULL: a fact in it is not known. */
static const char *evaluated(const tc_facts *f, const char *text, char *buffer, size_t size) {
    int64_t value;
    const char *second = text[0] == '=' ? strstr(text, ", =") : NULL;
    if (text[0] != '=') return text;
    if (second) { /* a list: "=cp_all_to_all, =cp / cp_all_to_all" */
        char one[80], number[32];
        snprintf(one, sizeof one, "%.*s", (int)(second - text), text);
        const char *a = evaluated(f, one, number, sizeof number);
        char before[32];
        snprintf(before, sizeof before, "%.31s", a ? a : "");
        const char *b = evaluated(f, second + 2, one, sizeof one);
        if (!a || !b) return NULL;
        snprintf(number, sizeof number, "%.31s", b);
        snprintf(buffer, size, "%s %s", before, number);
        return buffer;
    }
    tc_fact fact = tc_fact_find(text + 1, strlen(text + 1));
    if (fact != TC_FACTS) return f->value[fact];
    if (!tc_calculate(text + 1, fact_value, (void *)(uintptr_t)f, &value)) return NULL;
    snprintf(buffer, size, "%lld", (long long)value);
    return buffer;
}

/* ---- facts to options --------------------------------------------------------------------------------- */

static bool is_true(const char *text) { return tc_says(text, "true") && strlen(text) == 4; }
static bool is_false(const char *text) { return tc_says(text, "false") && strlen(text) == 5; }

/* False: the option was said, and otherwise. */
static bool put(const tc_framework *fw, tc_settings *out, const char *option, const char *value) {
    bool flags
        = fw->syntax == TC_SYNTAX_ARGUMENTS && option[0] == '-' && !tc_framework_text(fw, "truth"); /* there or not */
    const tc_setting *said = tc_settings_find(out, option);
    if (flags && is_false(value)) return true;
    if (said) return said->value ? strcmp(said->value, value) == 0 : is_true(value);
    tc_settings_add(out, option, flags && is_true(value) ? NULL : value, 0, option[0] == '-');
    return true;
}

/* The first case of a word that is written. */
static const tc_node *case_of(const tc_node *row, const char *word) {
    for (const tc_node *c = tc_node_get(row, "cases")->first; c; c = c->next) {
        const char *is = tc_node_text(c, "is");
        if (!tc_node_text(c, "read") && (strcmp(is, word) == 0 || strcmp(is, "any") == 0)) return c;
    }
    return NULL;
}

static bool put_case(const tc_framework *fw, const tc_facts *f, const tc_node *c, tc_settings *out) {
    const tc_node *set = tc_node_get(c, "set"), *needs = tc_node_get(c, "needs");
    for (const tc_node *n = needs ? needs->first : NULL; n; n = n->next)
        if (!f->value[tc_fact_find(n->text, strlen(n->text))]) return false;
    for (const tc_node *n = set ? set->first : NULL; n; n = n->next) {
        char buffer[80];
        if (strcmp(n->text, "any") == 0) continue; /* another row says it */
        const char *value = evaluated(f, n->text, buffer, sizeof buffer);
        if (!value) return false;
        if (!put(fw, out, n->key, value)) return false;
    }
    return true;
}

/* Operators in the framework's words, the widest first; false: some have none. */
static bool put_sets(const tc_framework *fw, const tc_node *row, const char *value, tc_settings *out) {
    int left, taken = 0;
    char text[400] = "";
    size_t used = 0;
    if (!tc_operator_groups_parse(value, &left)) return false;
    int all = left;
    for (const tc_node *n = tc_node_get(row, "sets")->first; n; n = n->next) {
        int groups;
        if (!tc_operator_groups_parse(n->text, &groups) || (groups & ~all) || !(groups & left)) continue;
        left &= ~groups;
        taken |= groups;
        used += (size_t)snprintf(text + used, used < sizeof text ? sizeof text - used : 0, "%s%s", used ? " " : "",
                                 n->key);
    }
    if (left || taken != all) return false;
    return put(fw, out, tc_node_text(row, "option"), text);
}

static bool put_row(const tc_framework *fw, const tc_facts *f, const tc_node *row, tc_fact fact, tc_settings *out) {
    const char *value = f->value[fact], *option = tc_node_text(row, "option"), *flag = tc_node_text(row, "flag");
    const tc_node *words = tc_node_get(row, "words");
    const char *neutral = tc_fact_rows[fact].neutral, *fallback = tc_node_text(row, "default");
    char buffer[32], text[300];
    const char *usual = fallback ? evaluated(f, fallback, buffer, sizeof buffer) : NULL;
    bool is_usual = usual && strcmp(usual, value) == 0;
    if (tc_node_get(row, "cases")) {
        const tc_node *c = case_of(row, value);
        return c ? put_case(fw, f, c, out) : false;
    }
    if (flag) {
        bool said = true;
        if (strcmp(flag, value) == 0)
            said = put(fw, out, option, "true");
        else if (fw->syntax != TC_SYNTAX_ARGUMENTS || option[0] != '-')
            said = put(fw, out, option, "false");
        return said && (strcmp(value, "on") == 0 || strcmp(value, "off") == 0);
    }
    if (tc_node_get(row, "sets")) return put_sets(fw, row, value, out);
    if (is_usual && neutral && strcmp(neutral, value) == 0) return true;
    if (words) {
        const tc_node *word = tc_node_get(words, value);
        if (!word) return is_usual;
        value = word->text;
    }
    snprintf(text, sizeof text, "%s%s", value, tc_node_text(row, "suffix") ? tc_node_text(row, "suffix") : "");
    return put(fw, out, option, text);
}

static tc_code lacks(const tc_framework *fw, const tc_facts *f, tc_fact fact, tc_error *error) {
    char place[80] = "--", words[60];
    snprintf(place + 2, sizeof place - 2, "%s", tc_fact_rows[fact].name);
    snprintf(words, sizeof words, "%s", tc_fact_rows[fact].name);
    for (char *p = place; *p; p++)
        if (*p == '_') *p = '-';
    for (char *p = words; *p; p++)
        if (*p == '_') *p = ' ';
    return tc_fail(error, TC_INVALID, place, "%s (%s) has no option for %s %.100s", fw->name, fw->release, words,
                   f->value[fact]);
}

/* What the user's own training script says, not the framework. */
static bool is_of_script(const tc_framework *fw, const char *fact) {
    const tc_node *script = tc_framework_section(fw, "script");
    for (const tc_node *n = script ? script->first : NULL; n; n = n->next)
        if (n->kind == TC_NODE_SCALAR && strcmp(n->text, fact) == 0) return true;
    return false;
}

tc_code tc_framework_write(const tc_framework *fw, const tc_facts *f, tc_settings *out, bool *said, tc_error *error) {
    bool lack[TC_FACTS] = {false};
    for (int i = 0; i < TC_FACTS; i++) said[i] = false;
    for (int i = 0; i < fw->rows; i++) {
        const tc_node *row = fw->row[i];
        const char *name = tc_node_text(row, "fact"), *read = tc_node_text(row, "read");
        tc_fact fact = tc_fact_find(name, strlen(name));
        const char *unless = tc_node_text(row, "unless");
        tc_fact other = unless ? tc_fact_find(unless, strlen(unless)) : TC_FACTS;
        if (!f->value[fact] || said[fact] || read) continue;
        if (other != TC_FACTS && said[other]) {
            said[fact] = true;
            continue;
        }
        said[fact] = put_row(fw, f, row, fact, out);
        lack[fact] = !said[fact];
    }
    if (f->value[TC_FACT_SLUG] && !f->lack[0] && !said[TC_FACT_NAME] && !said[TC_FACT_SLUG] && !said[TC_FACT_HIDDEN]
        && !is_of_script(fw, "slug"))
        return tc_fail(error, TC_INVALID, "--model", "%s (%s) has no preset of %s", fw->name, fw->release,
                       f->value[TC_FACT_SLUG]);
    for (int i = 0; i < TC_FACTS; i++) {
        const tc_fact_row *r = &tc_fact_rows[i];
        if (!said[i] && f->value[i] && is_of_script(fw, r->name)) said[i] = true;
        bool matters
            = r->group == TC_FACT_GROUP_MODEL || r->group == TC_FACT_GROUP_JOB || r->group == TC_FACT_GROUP_LAYOUT;
        if (r->group == TC_FACT_GROUP_MODEL && (said[TC_FACT_NAME] || said[TC_FACT_SLUG])) matters = false;
        if (!f->value[i] || said[i] || !matters) continue;
        bool differs = r->neutral && strcmp(r->neutral, f->value[i]) != 0;
        if (lack[i] || differs) return lacks(fw, f, (tc_fact)i, error);
    }
    if (f->lack[0] && !said[TC_FACT_NAME] && !said[TC_FACT_SLUG])
        return tc_fail(error, TC_INVALID, "--model", "%s (%s) has no options for %s", fw->name, fw->release, f->lack);
    if (f->no_memory) return tc_fail(error, TC_INTERNAL, fw->slug, "out of memory");
    return tc_settings_check(out, error);
}

/* ---- options to facts ------------------------------------------------------------------------------------ */

static bool is_unknown(const tc_setting *s) { return s->value && strchr(s->value, TC_SETTING_UNKNOWN); }

static tc_setting *find_option(const tc_settings *s, const tc_node *row) {
    const char *option = tc_node_text(row, "option");
    tc_setting *found = option ? tc_settings_find(s, option) : NULL;
    const tc_node *also = tc_node_get(row, "also");
    for (const tc_node *n = also ? also->first : NULL; n && !found; n = n->next) found = tc_settings_find(s, n->text);
    return found;
}

static const char *place_of(tc_facts *f, const tc_settings *s, const tc_setting *setting) {
    char text[300];
    if (setting->line > 0)
        snprintf(text, sizeof text, "%.150s:%d: %.100s", s->file, setting->line, setting->name);
    else
        snprintf(text, sizeof text, "%.150s: %.100s", s->file, setting->name);
    const char *copy = tc_arena_copy(f->arena, text, strlen(text));
    if (!copy) f->no_memory = true;
    return copy;
}

static void mark(tc_facts *f, const tc_settings *s, tc_setting *setting, tc_fact fact) {
    setting->used = true;
    f->place[fact] = place_of(f, s, setting);
    f->assumed[fact] = false;
}

/* "unknown; give a, b or c" */
static tc_code refuse_word(const tc_settings *s, const tc_setting *setting, const tc_node *words, bool keys,
                           tc_error *error) {
    char list[240] = "";
    for (const tc_node *n = words->first; n; n = n->next)
        tc_append(list, sizeof list, "%s%s", *list ? ", " : "", keys ? n->key : n->text);
    return tc_setting_fail(s, setting, error, "'%.60s' is unknown here; known are %.200s",
                           setting->value ? setting->value : "", list);
}

/* The n-th word of a value, from 1. */
static const char *item_of(tc_facts *f, const char *value, const char *item) {
    long n = item ? strtol(item, NULL, 10) : 0;
    const char *p = value;
    if (n < 1) return value;
    for (long i = 1; i < n && *p; i++) {
        p += strcspn(p, " ,");
        p += strspn(p, " ,");
    }
    const char *copy = tc_arena_copy(f->arena, p, strcspn(p, " ,"));
    if (!copy) f->no_memory = true;
    return copy ? copy : "";
}

static tc_code read_sets(const tc_settings *s, tc_setting *setting, const tc_node *row, tc_fact fact, tc_facts *f,
                         tc_error *error) {
    const tc_node *sets = tc_node_get(row, "sets");
    int all = 0;
    char text[TC_OPERATORS_TEXT];
    for (const char *p = setting->value; p && *p;) {
        size_t n = strcspn(p, " ,[]'\"");
        const tc_node *word = NULL;
        for (const tc_node *c = sets->first; c && n; c = c->next)
            if (strncmp(c->key, p, n) == 0 && !c->key[n]) word = c;
        int groups = 0;
        if (n && (!word || (!tc_operator_groups_parse(word->text, &groups) && strcmp(word->text, "none") != 0)))
            return refuse_word(s, setting, sets, true, error);
        all |= groups;
        p += n;
        p += strspn(p, " ,[]'\"");
    }
    tc_facts_set(f, fact, "%s", tc_operator_groups_text(all, text, sizeof text));
    return TC_OK;
}

static bool same_word(const char *a, const char *b) { return tc_says(a, b) && strlen(a) == strlen(b); }

static bool flag_is_on(const tc_setting *s) {
    return !s->value || is_true(s->value) || strcmp(s->value, "1") == 0 || !*s->value || same_word(s->value, "yes");
}

static tc_code read_row(const tc_settings *s, tc_setting *setting, const tc_node *row, tc_fact fact, tc_facts *f,
                        tc_error *error) {
    const char *flag = tc_node_text(row, "flag"), *suffix = tc_node_text(row, "suffix");
    const tc_node *words = tc_node_get(row, "words");
    if (flag) {
        bool on = flag_is_on(setting) || !(is_false(setting->value) || strcmp(setting->value, "0") == 0);
        bool means_on = strcmp(flag, "on") == 0;
        tc_facts_set(f, fact, "%s", on == means_on ? "on" : "off");
        return TC_OK;
    }
    if (!setting->value) return tc_setting_fail(s, setting, error, "has no value");
    if (tc_node_get(row, "sets")) return read_sets(s, setting, row, fact, f, error);
    if (same_word(setting->value, "null") || same_word(setting->value, "none") || same_word(setting->value, "auto")
        || strcmp(setting->value, "-1") == 0) {
        bool said = false;
        for (const tc_node *n = words ? words->first : NULL; n; n = n->next)
            said = said || same_word(n->text, setting->value);
        if (!said) return TC_OK; /* as if it were not there */
    }
    const char *value = item_of(f, setting->value, tc_node_text(row, "item"));
    size_t length = strlen(value);
    if (suffix && length > strlen(suffix) && tc_ends_with(value, suffix)) length -= strlen(suffix);
    if (words) {
        for (const tc_node *n = words->first; n; n = n->next)
            if (same_word(n->text, value)) {
                tc_facts_set(f, fact, "%s", n->key);
                return TC_OK;
            }
        return refuse_word(s, setting, words, false, error);
    }
    const char *times = tc_node_text(row, "times");
    int64_t a, b;
    if (times && tc_calculate(value, NULL, NULL, &a) && llabs(a) < 1000000 && fact_value(f, times, strlen(times), &b)
        && llabs(b) < 100000000) {
        tc_facts_set(f, fact, "%lld", (long long)(a * b));
        return TC_OK;
    }
    f->value[fact] = tc_arena_copy(f->arena, value, length);
    if (!f->value[fact]) f->no_memory = true;
    return TC_OK;
}

static bool equal(const char *a, const char *b) {
    double x, y;
    if (same_word(a, b)) return true;
    return tc_parse_number(a, &x, "", NULL) == TC_OK && tc_parse_number(b, &y, "", NULL) == TC_OK && !(x < y)
           && !(x > y);
}

/* Does a setting of a case hold? */
static bool holds(const tc_settings *s, const tc_node *n) {
    const tc_setting *setting = tc_settings_find(s, n->key);
    if (setting && is_unknown(setting)) return false;
    if (is_false(n->text))
        return !setting || (setting->value && (is_false(setting->value) || strcmp(setting->value, "0") == 0));
    if (!setting) return false;
    if (is_true(n->text)) return flag_is_on(setting);
    if (n->text[0] == '=' || strcmp(n->text, "any") == 0) return setting->value && !is_false(setting->value);
    return setting->value && equal(setting->value, n->text);
}

/* `known`: another row has said it; what says it once more is understood all the same. */
static void read_cases(tc_settings *s, const tc_node *row, tc_fact fact, tc_facts *f, bool known) {
    const tc_node *best = NULL;
    int most = 0;
    for (const tc_node *c = tc_node_get(row, "cases")->first; c; c = c->next) {
        const tc_node *set = tc_node_get(c, "set");
        int n = 0;
        bool all = true;
        for (const tc_node *item = set ? set->first : NULL; item && all; item = item->next) {
            all = holds(s, item);
            n += tc_settings_find(s, item->key) != NULL; /* what is not there tells nothing */
        }
        if (all && n > most) best = c, most = n;
    }
    if (!best) return;
    bool any = known || strcmp(tc_node_text(best, "is"), "any") == 0; /* its value is another row's */
    if (!any) tc_facts_set(f, fact, "%s", tc_node_text(best, "is"));
    for (const tc_node *item = tc_node_get(best, "set")->first; item; item = item->next) {
        tc_setting *setting = tc_settings_find(s, item->key);
        if (setting && any) setting->used = true;
        if (setting && !any) mark(f, s, setting, fact);
    }
}

static bool row_options_name(const tc_node *row, const char *name) {
    const char *option = tc_node_text(row, "option");
    if (option && tc_setting_named(option, name)) return true;
    const tc_node *also = tc_node_get(row, "also");
    for (const tc_node *n = also ? also->first : NULL; n; n = n->next)
        if (tc_setting_named(n->text, name)) return true;
    return false;
}

static tc_code read_one(const tc_node *row, tc_settings *s, tc_facts *f, tc_error *error) {
    const char *name = tc_node_text(row, "fact"), *fallback = tc_node_text(row, "default");
    tc_fact fact = tc_fact_find(name, strlen(name));
    bool known = f->value[fact] && !f->assumed[fact];
    if (tc_node_get(row, "cases")) read_cases(s, row, fact, f, known);
    tc_setting *setting = find_option(s, row);
    for (int i = 0; i < s->count && setting; i++) /* what says it once more */
        if (!is_unknown(&s->list[i]) && row_options_name(row, s->list[i].name)) s->list[i].used = true;
    if (setting && is_unknown(setting)) {
        tc_settings_note(s, "line %d: %.60s is %.60s, which only a run would tell", setting->line, setting->name,
                         strchr(setting->value, TC_SETTING_UNKNOWN) + 1);
        setting->used = true;
    } else if (setting) {
        const char *before = f->value[fact];
        setting->used = true;
        tc_code code = known ? TC_OK : read_row(s, setting, row, fact, f, error);
        if (code) return code;
        if (f->value[fact] != before) mark(f, s, setting, fact);
    }
    if (f->value[fact] || !fallback) return TC_OK;
    char buffer[32];
    const char *value = evaluated(f, fallback, buffer, sizeof buffer);
    if (value) tc_facts_set(f, fact, "%s", value);
    f->assumed[fact] = value != NULL;
    return TC_OK;
}

tc_code tc_framework_read(const tc_framework *fw, tc_settings *s, tc_facts *f, tc_error *error) {
    tc_code code = TC_OK;
    for (const tc_node *row = fw->launchers ? rows_of(fw->launchers)->first : NULL; row && !code; row = row->next)
        code = read_one(row, s, f, error);
    for (int i = 0; i < fw->rows && !code; i++) code = read_one(fw->row[i], s, f, error);
    if (!code && f->no_memory) code = tc_fail(error, TC_INTERNAL, s->file, "out of memory");
    return code ? code : tc_settings_check(s, error);
}

tc_code tc_framework_check(const tc_framework *fw, const tc_facts *f, tc_settings *settings, tc_error *error) {
    tc_facts back = {.arena = f->arena};
    tc_code code = tc_framework_read(fw, settings, &back, error);
    for (int i = 0; i < TC_FACTS && !code; i++) {
        bool matters = tc_fact_rows[i].group == TC_FACT_GROUP_JOB || tc_fact_rows[i].group == TC_FACT_GROUP_LAYOUT;
        if (matters && f->value[i] && back.value[i] && strcmp(f->value[i], back.value[i]) != 0
            && !is_of_script(fw, tc_fact_rows[i].name))
            code = lacks(fw, f, (tc_fact)i, error);
    }
    return code;
}

static bool row_names(const tc_node *row, const char *name) {
    const tc_node *cases = tc_node_get(row, "cases");
    if (row_options_name(row, name)) return true;
    for (const tc_node *c = cases ? cases->first : NULL; c; c = c->next) {
        const tc_node *set = tc_node_get(c, "set");
        for (const tc_node *n = set ? set->first : NULL; n; n = n->next)
            if (tc_setting_named(n->key, name)) return true;
    }
    return false;
}

#define MARK 20 /* options for one that no other framework has */

static int marks_of(const tc_framework *fw, const tc_settings *s, int group) {
    const tc_node *marks = tc_node_get(fw->document->root, "marks");
    int n = 0;
    for (const tc_node *m = marks && marks->kind == TC_NODE_SEQUENCE ? marks->first : NULL; m; m = m->next)
        for (int i = 0; i < s->count; i++)
            if (m->kind == TC_NODE_SCALAR && (group < 0 || s->list[i].group == group)
                && strcmp(s->list[i].name, m->text) == 0)
                n += MARK;
    return n;
}

int tc_framework_knows(const tc_framework *fw, const tc_settings *s, int group) {
    int known = marks_of(fw, s, group);
    for (int i = 0; i < s->count; i++) {
        if (group >= 0 && s->list[i].group != group) continue;
        for (int k = 0; k < fw->rows; k++)
            if (row_names(fw->row[k], s->list[i].name)) {
                known++;
                break;
            }
    }
    return known;
}

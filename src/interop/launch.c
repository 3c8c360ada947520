/* launch.c - the texts of a launch: a framework's templates (data/frameworks/SLUG.yaml, `files`) with what a question says put
 * in, and the platform's part (platforms.yaml).
 *
 * {{name}} stands for a fact, for a text of the platform or the framework, or for: options (the arguments), config (the settings
 * as a file), environment, unsaid, release, forecast figures. A file whose name begins with "{{platform}}-" is that platform's alone. */
#include "interop/launch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "catalog/lookup.h"
#include "interop/write_tree.h"

#define PLATFORMS "platforms"
#define LARGEST_TEXT 200000

typedef struct page {
    tc_launch *launch;
    const tc_document *platforms;
    const tc_node *platform;
    const tc_question *question;
    const tc_step *step;
    tc_text_buffer text;
} page;

/* ---- the platform ------------------------------------------------------------------------------- */

/* The platform of a maker of accelerators: the one that lists it, else the last. */
static tc_code find_platform(tc_catalog *catalog, page *p, tc_error *error) {
    tc_code code = tc_lookup_helper(catalog, TC_KIND_FRAMEWORK, PLATFORMS, NULL, &p->platforms, error);
    if (code) return code;
    const tc_node *list = p->platforms ? tc_node_get(p->platforms->root, "platforms") : NULL;
    for (const tc_node *n = list ? list->first : NULL; n && !p->platform; n = n->next) {
        const tc_node *vendors = tc_node_get(n, "vendors");
        for (const tc_node *v = vendors ? vendors->first : NULL; v; v = v->next)
            if (v->kind == TC_NODE_SCALAR && strcmp(v->text, p->question->cluster.accelerator.vendor) == 0)
                p->platform = n;
    }
    if (!p->platform && list) p->platform = list->last;
    if (!p->platform) return tc_fail(error, TC_NOT_FOUND, "frameworks/platforms.yaml", "has no platform");
    return TC_OK;
}

/* ---- what is put in ---------------------------------------------------------------------------------- */

static bool needs_quotes(const char *text) {
    if (!*text) return true;
    for (; *text; text++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,+=@%", *text)) return true;
    return false;
}

/* A list of words stays one, but for texts of another kind: "[0]*3", "Et|tL". */
static void put_value(page *p, const char *value) {
    bool words = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./ +") == strlen(value);
    bool quote = !words && needs_quotes(value);
    tc_text_put(&p->text, quote ? "'" : "");
    tc_text_put(&p->text, value); /* values hold no quote: numbers, words and patterns */
    tc_text_put(&p->text, quote ? "'" : "");
}

static void put_options(page *p) {
    const tc_settings *s = &p->launch->settings;
    bool all = p->launch->framework.syntax == TC_SYNTAX_ARGUMENTS, first = true; /* else a file has the others */
    for (int i = 0; i < s->count; i++) {
        bool dashed = s->list[i].name[0] == '-';
        if (!dashed && !all) continue;
        tc_text_put(&p->text, first ? "" : "\n    ");
        first = false;
        tc_text_put(&p->text, s->list[i].name);
        if (!s->list[i].value) continue;
        tc_text_put(&p->text, dashed ? " " : "=");
        put_value(p, s->list[i].value);
    }
}

/* "export NAME=value" of a mapping. */
static void put_environment(page *p, const tc_node *node) {
    for (const tc_node *n = node && node->kind == TC_NODE_MAPPING ? node->first : NULL; n; n = n->next) {
        if (n->kind != TC_NODE_SCALAR) continue;
        tc_text_put(&p->text, "export ");
        tc_text_put(&p->text, n->key);
        tc_text_put(&p->text, "=");
        put_value(p, n->text);
        tc_text_put(&p->text, "\n");
    }
}

static void put_number(page *p, double value, int digits) {
    char buffer[40];
    tc_text_put(&p->text, tc_format_number(value, digits, buffer, sizeof buffer));
}

static void put_unsaid(page *p) {
    for (int i = 0; i < p->launch->unsaid_count; i++) {
        tc_text_put(&p->text, i ? "\n# " : "# ");
        tc_text_put(&p->text, p->launch->unsaid[i]);
    }
    if (p->launch->unsaid_count == 0) tc_text_put(&p->text, "# Nothing of the forecast is left unsaid.");
}

static void fill(page *p, const char *template, int depth);

static void put_name(page *p, const char *name, size_t length, int depth) {
    const tc_framework *fw = &p->launch->framework;
    char word[48];
    snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), name);
    tc_fact fact = tc_fact_find(word, strlen(word));
    const char *text = tc_node_text(p->platform, word);
    if (!text) text = tc_framework_text(fw, word);
    if (strcmp(word, "framework") == 0) {
        tc_text_put(&p->text, fw->name);
    } else if (strcmp(word, "options") == 0) {
        put_options(p);
    } else if (strcmp(word, "config") == 0) {
        tc_write_tree(fw->syntax, &p->launch->settings, &p->text);
    } else if (strcmp(word, "environment") == 0) {
        put_environment(p, tc_framework_section(fw, "environment"));
        put_environment(p, tc_node_get(p->platform, "environment"));
    } else if (strcmp(word, "unsaid") == 0) {
        put_unsaid(p);
    } else if (strcmp(word, "step_s") == 0) {
        put_number(p, p->step->step_s, 4);
    } else if (strcmp(word, "memory_gib") == 0) {
        put_number(p, p->step->memory.reserved / TC_GIB, 3);
    } else if (strcmp(word, "tokens_per_s") == 0) {
        put_number(p, p->step->tokens_per_s_per_device, 5);
    } else if (strcmp(word, "job") == 0) {
        tc_text_put(&p->text, p->question->job.model.slug);
    } else if (strcmp(word, "accelerator") == 0) {
        tc_text_put(&p->text, p->question->cluster.accelerator.name);
    } else if (text && depth < 4) {
        fill(p, text, depth + 1);
    } else if (tc_settings_find(&p->launch->settings, word)) {
        const char *value = tc_settings_find(&p->launch->settings, word)->value;
        tc_text_put(&p->text, value ? value : "");
    } else if (fact != TC_FACTS && p->launch->facts.value[fact]) {
        tc_text_put(&p->text, p->launch->facts.value[fact]);
    }
}

static void fill(page *p, const char *template, int depth) {
    while (*template && p->text.used < LARGEST_TEXT) {
        const char *open = strstr(template, "{{"), *close = open ? strstr(open, "}}") : NULL;
        if (!close) {
            tc_text_put(&p->text, template);
            return;
        }
        tc_text_put_bytes(&p->text, template, (size_t)(open - template));
        put_name(p, open + 2, (size_t)(close - open - 2), depth);
        template = close + 2;
    }
}

/* ---- the files ---------------------------------------------------------------------------------------- */

static tc_code add_file(page *p, const tc_document *d, const tc_node *node, tc_error *error) {
    tc_launch *l = p->launch;
    const char *name = tc_node_text(node, "name"), *template = tc_node_text(node, "text");
    if (!name || !template)
        return tc_document_fail(d, node, NULL, error, "is no file; write {name: launch.sh, text: ...}");
    if (l->files == TC_LAUNCH_FILES)
        return tc_document_fail(d, node, NULL, error, "is one file too many; give at most %d", TC_LAUNCH_FILES);
    if (strchr(name, '/') || strstr(name, ".."))
        return tc_document_fail(d, node, "name", error, "is a path; give a name");
    p->text.used = 0;
    fill(p, template, 0);
    const char *text = p->text.failed ? NULL : tc_arena_copy(&l->arena, p->text.text ? p->text.text : "", p->text.used);
    if (!text) return tc_fail(error, TC_INTERNAL, name, "out of memory");
    l->file[l->files++] = (tc_launch_file){name, text};
    return TC_OK;
}

static tc_code add_files(page *p, const tc_document *d, const tc_node *list, tc_error *error) {
    for (const tc_node *n = list && list->kind == TC_NODE_SEQUENCE ? list->first : NULL; n; n = n->next) {
        tc_code code = add_file(p, d, n, error);
        if (code) return code;
    }
    return TC_OK;
}

__attribute__((format(printf, 2, 3))) static void add_unsaid(tc_launch *l, const char *format, ...) {
    char text[240];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const char *copy = tc_arena_copy(&l->arena, text, strlen(text));
    if (copy && l->unsaid_count < TC_LAUNCH_UNSAID) l->unsaid[l->unsaid_count++] = copy;
}

/* Facts of the stack that no option says: the forecast has them, the framework's default may be another. */
static void find_unsaid(tc_launch *l, const bool *said) {
    const tc_node *script = tc_framework_section(&l->framework, "script");
    for (const tc_node *n = script ? script->first : NULL; n && l->unsaid_count < TC_LAUNCH_UNSAID; n = n->next) {
        tc_fact fact = n->kind == TC_NODE_SCALAR ? tc_fact_find(n->text, strlen(n->text)) : TC_FACTS;
        if (fact == TC_FACTS || !l->facts.value[fact]) continue;
        add_unsaid(l, "Your training script says %.40s; the forecast is of %.100s.", n->text, l->facts.value[fact]);
    }
    for (int i = 0; i < TC_FACTS && l->unsaid_count < TC_LAUNCH_UNSAID; i++) {
        if (tc_fact_rows[i].group != TC_FACT_GROUP_STACK || !l->facts.value[i] || said[i]) continue;
        if (tc_fact_rows[i].neutral && strcmp(tc_fact_rows[i].neutral, l->facts.value[i]) == 0) continue;
        add_unsaid(l, "%.60s has no option here for %s %.80s, on which the forecast rests.", l->framework.name,
                   tc_fact_rows[i].name, l->facts.value[i]);
    }
}

static bool is_argument_flag(const tc_launch *l, const char *option) {
    return l->framework.syntax == TC_SYNTAX_ARGUMENTS && option[0] == '-';
}

static bool is_flag(const tc_launch *l, const tc_node *n) {
    return is_argument_flag(l, n->key) && strcmp(n->text, "true") == 0;
}

/* Settings that every launch of the framework has. */
static void add_always(tc_launch *l) {
    const tc_node *always = tc_framework_section(&l->framework, "always");
    for (const tc_node *n = always && always->kind == TC_NODE_MAPPING ? always->first : NULL; n; n = n->next)
        if (n->kind == TC_NODE_SCALAR && !tc_settings_find(&l->settings, n->key))
            tc_settings_add(&l->settings, n->key, is_flag(l, n) ? NULL : n->text, 0, n->key[0] == '-');
}

/* The model by the name that the hub has for it, else by its slug. */
static tc_code name_model(tc_catalog *catalog, tc_launch *l, const tc_question *q, tc_error *error) {
    const tc_document *d = NULL;
    tc_code code = tc_lookup_helper(catalog, TC_KIND_MODEL, q->job.model.slug, NULL, &d, error);
    if (code || !d) return code;
    const tc_node *aliases = tc_node_get(d->root, "aliases");
    const char *name = q->job.model.slug;
    for (const tc_node *n = aliases && aliases->kind == TC_NODE_SEQUENCE ? aliases->first : NULL; n; n = n->next)
        if (n->kind == TC_NODE_SCALAR && strchr(n->text, '/')) {
            name = n->text;
            break;
        }
    if (q->job.model.layers_cut == 0) tc_facts_set(&l->facts, TC_FACT_NAME, "%s", name);
    tc_facts_set(&l->facts, TC_FACT_SLUG, "%s", q->job.model.slug);
    return TC_OK;
}

/* The option that makes the framework's stack this one; NULL: none does. */
static const char *option_of_stack(const tc_framework *fw, const char *stack) {
    const tc_node *variants = tc_framework_section(fw, "variants");
    for (const tc_node *n = variants ? variants->first : NULL; n; n = n->next)
        if (n->kind == TC_NODE_SCALAR && strcmp(n->text, stack) == 0) return n->key;
    return NULL;
}

static bool runs_stack(const tc_framework *fw, const char *stack) {
    const tc_node *list = tc_framework_section(fw, "stacks");
    size_t n = strcspn(stack, "@");
    if (strncmp(fw->stack, stack, n) == 0 && !fw->stack[n]) return true;
    for (const tc_node *s = list ? list->first : NULL; s; s = s->next)
        if (s->kind == TC_NODE_SCALAR && strncmp(s->text, stack, n) == 0 && !s->text[n]) return true;
    return false;
}

tc_code tc_launch_write(tc_catalog *catalog, const char *framework, const tc_question *q, const tc_step *step,
                        tc_launch *out, tc_error *error) {
    bool said[TC_FACTS];
    *out = (tc_launch){.files = 0};
    tc_settings_open(&out->settings, framework);
    out->facts.arena = &out->arena;
    page p = {.launch = out, .question = q, .step = step};
    tc_code code = tc_framework_load(catalog, framework, &out->framework, error);
    if (!code) code = find_platform(catalog, &p, error);
    if (code) return code;
    tc_facts_of_question(&out->facts, q, step);
    code = name_model(catalog, out, q, error);
    if (code) return code;
    code = tc_framework_write(&out->framework, &out->facts, &out->settings, said, error);
    if (!code) code = tc_framework_check(&out->framework, &out->facts, &out->settings, error);
    if (code) return code;
    const char *variant = option_of_stack(&out->framework, q->stack.slug);
    if (variant)
        tc_settings_add(&out->settings, variant, is_argument_flag(out, variant) ? NULL : "true", 0, variant[0] == '-');
    if (!variant && !runs_stack(&out->framework, q->stack.slug)) {
        add_unsaid(out, "The forecast is that of the stack %.60s; that of %.60s is --stack %.60s.", q->stack.slug,
                   out->framework.name, out->framework.stack);
    }
    find_unsaid(out, said);
    add_always(out);
    const tc_document *d = out->framework.document;
    code = add_files(&p, d, tc_framework_section(&out->framework, "files"), error);
    if (!code) code = add_files(&p, p.platforms, tc_node_get(p.platform, "files"), error);
    if (!code) code = tc_settings_check(&out->settings, error);
    tc_text_free(&p.text);
    return code;
}

void tc_launch_free(tc_launch *launch) {
    tc_settings_free(&launch->settings);
    tc_arena_free(&launch->arena);
}

/* normalise.c - a row's texts to the closed words of `norm`, by the rules of data/words.yaml.
 *
 * A rule is a field and phrases, each with the field's word for it. Three things are no phrases and have a grammar here: partial
 * recompute ("recompute-num-layers 1 per PP rank"), rates of links ("4 x 100 Gb/s per node"), dates of sources.
 */
#include "validate/normalise.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "catalog/document.h"
#include "catalog/packed.h"

#define WORDS_FILE "words.yaml"
#define LONGEST_ROW 16384      /* bytes of its texts; a text beyond is not read */
#define REVISION_CHARACTERS 24 /* from the phrase to the date: a hash of a commit stands between */

const char *const tc_row_text_keys[]
    = {"id",         "framework",  "notes",  "recompute", "offload",     "optimizer", "measured_as",
       "inter_node", "intra_node", "source", "url",       "accelerator", NULL};

typedef struct phrase {
    const char *text, *word;
    const char *accelerator; /* the beginning of its slug; NULL: any */
    size_t length;
} phrase;

typedef struct phrases {
    phrase *list;
    int count;
} phrases;

enum { LISTED, FIRST, ALL };
static const char *const takes[] = {"listed", "first", "all", NULL};

typedef struct rule {
    const tc_stated_field *field;
    int take, count;
    int texts[TC_ROW_TEXTS];
    const char *within; /* NULL */
    phrases phrases;
} rule;

struct tc_words {
    rule *rules;
    int count;
    phrases policies, rest, kept, some_operators, modules, device, node, revision;
};

/* ---- reading the file ---------------------------------------------------------------- */

typedef struct reader {
    const tc_document *document;
    tc_arena *arena;
    tc_error *error;
    tc_code code;
} reader;

static void fail(reader *r, const tc_node *node, const char *what) {
    if (r->code) return;
    r->code = node ? tc_document_fail(r->document, node, NULL, r->error, "%s", what)
                   : tc_fail(r->error, TC_INTERNAL, WORDS_FILE, "%s", what);
}

/* Is it a word of the field, or of one that is read from the text behind the phrase? */
static bool is_word(const tc_stated_field *field, const char *word) {
    tc_stated ignored;
    if (!field || strcmp(word, "number") == 0 || strcmp(word, "items") == 0 || strcmp(word, "-") == 0) return true;
    return tc_stated_set(&ignored, field, word);
}

static void add(reader *r, phrases *out, const tc_stated_field *field, const tc_node *text, const tc_node *word) {
    if (word->kind != TC_NODE_SCALAR || !is_word(field, word->text)) return fail(r, word, "is no word of the field");
    out->list[out->count++] = (phrase){.text = text->key,
                                       .word = word->text,
                                       .accelerator = word == text ? NULL : word->key,
                                       .length = strlen(text->key)};
}

static phrases read_phrases(reader *r, const tc_node *map, const tc_stated_field *field) {
    phrases out = {NULL, 0};
    int room = 0;
    for (const tc_node *p = map ? map->first : NULL; p; p = p->next) room += p->kind == TC_NODE_SCALAR ? 1 : p->count;
    out.list = tc_arena_alloc(r->arena, (size_t)(room + 1) * sizeof *out.list);
    if (!map || map->kind != TC_NODE_MAPPING) fail(r, map, "a mapping of phrases is needed");
    if (!out.list) fail(r, NULL, "out of memory");
    for (const tc_node *p = r->code ? NULL : map->first; p; p = p->next) {
        if (p->kind == TC_NODE_SCALAR) add(r, &out, field, p, p);
        for (const tc_node *a = p->kind == TC_NODE_SCALAR ? NULL : p->first; a; a = a->next) add(r, &out, field, p, a);
    }
    return out;
}

static int index_of(const char *const *words, const char *word) {
    for (int i = 0; word && words[i]; i++)
        if (strcmp(words[i], word) == 0) return i;
    return -1;
}

static rule read_rule(reader *r, const tc_node *node) {
    rule out = {.field = tc_stated_find(tc_node_text(node, "field") ? tc_node_text(node, "field") : ""),
                .take = tc_node_get(node, "take") ? index_of(takes, tc_node_text(node, "take")) : LISTED,
                .within = tc_node_text(node, "within")};
    const tc_node *texts = tc_node_get(node, "texts");
    if (!out.field) fail(r, node, "its field is not in src/validate/stated.def");
    if (out.take < 0) fail(r, node, "take is listed, first or all");
    for (const tc_node *t = texts ? texts->first : NULL; t; t = t->next) {
        int text = index_of(tc_row_text_keys, t->text);
        if (text < 0 || out.count == TC_ROW_TEXTS)
            fail(r, t, "is no text of a row");
        else
            out.texts[out.count++] = text;
    }
    if (out.field) out.phrases = read_phrases(r, tc_node_get(node, "phrases"), out.field);
    return out;
}

static const tc_embedded_file *words_file(void) {
    for (size_t i = 0; i < tc_embedded_data.count; i++)
        if (strcmp(tc_embedded_data.files[i].path, WORDS_FILE) == 0) return &tc_embedded_data.files[i];
    return NULL;
}

tc_code tc_words_open(tc_arena *arena, tc_words **out, tc_error *error) {
    const tc_embedded_file *file = words_file();
    tc_document document;
    tc_words *words = *out = tc_arena_alloc(arena, sizeof *words);
    if (!file || !words) return tc_fail(error, TC_INTERNAL, WORDS_FILE, file ? "out of memory" : "is not embedded");
    tc_code code = tc_document_unpack(&tc_embedded_data, file, "data/" WORDS_FILE, arena, &document, error);
    if (code) return code;
    reader r = {&document, arena, error, TC_OK};
    const tc_node *rules = tc_node_get(document.root, "rules");
    words->rules = tc_arena_alloc(arena, (size_t)(rules ? rules->count : 1) * sizeof *words->rules);
    if (!rules || !words->rules)
        return tc_fail(error, TC_INTERNAL, WORDS_FILE, rules ? "out of memory" : "has no rules");
    for (const tc_node *n = rules->first; n; n = n->next) words->rules[words->count++] = read_rule(&r, n);
    const tc_stated_field *operators = tc_stated_find("recompute_operators");
    words->policies = read_phrases(&r, tc_node_find(document.root, "recompute.policies"), operators);
    words->rest = read_phrases(&r, tc_node_find(document.root, "recompute.rest"), NULL);
    words->kept = read_phrases(&r, tc_node_find(document.root, "recompute.kept"), operators);
    words->some_operators = read_phrases(&r, tc_node_find(document.root, "recompute.some_operators"), operators);
    words->modules = read_phrases(&r, tc_node_find(document.root, "recompute.modules"), operators);
    words->device = read_phrases(&r, tc_node_find(document.root, "rate.device"), NULL);
    words->node = read_phrases(&r, tc_node_find(document.root, "rate.node"), NULL);
    words->revision = read_phrases(&r, tc_node_find(document.root, "date.revision"), NULL);
    return r.code;
}

/* ---- one rule -------------------------------------------------------------------------- */

/* A row's texts in small letters, each behind a space, so that a phrase may say that it begins a word. */
typedef struct row {
    const char *small[TC_ROW_TEXTS], *accelerator;
    char room[LONGEST_ROW];
} row;

static void make_small(row *r, const char *const texts[TC_ROW_TEXTS]) {
    size_t used = 1;
    r->room[0] = 0; /* of a text that is not there */
    for (int t = 0; t < TC_ROW_TEXTS; t++) {
        size_t length = texts[t] ? strlen(texts[t]) : 0;
        r->small[t] = r->room;
        if (!length || used + length + 2 > sizeof r->room) continue;
        r->small[t] = r->room + used;
        r->room[used++] = ' ';
        for (size_t i = 0; i < length; i++) r->room[used++] = (char)tolower((unsigned char)texts[t][i]);
        r->room[used++] = 0;
    }
}

static bool is_for(const phrase *p, const char *accelerator) {
    return !p->accelerator || (accelerator && strncmp(accelerator, p->accelerator, strlen(p->accelerator)) == 0);
}

/* How many numbers the list at the text's beginning has: "1,15". */
static int items(const char *text) {
    int count = 1;
    for (; *text && *text != ' ' && *text != ';'; text++) count += *text == ',' && isdigit((unsigned char)text[1]);
    return count;
}

/* Sets the field by the phrase found at `at`, or ends its rule; false where no number above 0 follows a phrase that needs one. */
static bool take(const tc_stated_field *field, const phrase *p, const char *at, tc_stated *stated) {
    char number[32];
    if (strcmp(p->word, "-") == 0) return true;
    if (strcmp(p->word, "number") == 0)
        snprintf(number, sizeof number, "%.10g", strtod(at + p->length, NULL));
    else if (strcmp(p->word, "items") == 0)
        snprintf(number, sizeof number, "%d", items(at + p->length));
    else
        return tc_stated_set(stated, field, p->word);
    tc_stated before = *stated;
    if (tc_stated_set(stated, field, number)) return true;
    *stated = before;
    return false;
}

/* The value of a setting: what stands in brackets behind it, or up to the next comma or semicolon. Returns room; "" without it. */
static const char *value_of(const char *text, const char *setting, char *room, size_t size) {
    const char *at = strstr(text, setting);
    if (!at) return "";
    at += strlen(setting);
    size_t length = strcspn(at, *at == '[' ? "]" : ",;");
    snprintf(room, size, "%.*s", (int)length, at);
    return room;
}

/* Operators of every phrase in the text. */
static int all_operators(const phrases *list, const char *text) {
    int operators = 0, these;
    for (int i = 0; i < list->count; i++)
        if (strstr(text, list->list[i].text) && tc_operator_groups_parse(list->list[i].word, &these))
            operators |= these;
    return operators;
}

/* The phrase of the list that decides, at its place; NULL. */
static const phrase *decide(const rule *u, const char *text, const char *accelerator, const char **place) {
    const phrase *chosen = NULL;
    for (int i = 0; i < u->phrases.count; i++) {
        const phrase *p = &u->phrases.list[i];
        const char *at = is_for(p, accelerator) ? strstr(text, p->text) : NULL;
        if (!at || (chosen && at >= *place)) continue;
        chosen = p;
        *place = at;
        if (u->take == LISTED) break;
    }
    return chosen;
}

static void apply(const rule *u, const row *r, tc_stated *stated) {
    char value[96];
    int *operators = (int *)((char *)stated + u->field->offset);
    if (tc_stated_is_set(stated, u->field)) return;
    for (int t = 0; t < u->count; t++) {
        const char *text = r->small[u->texts[t]], *at = NULL;
        if (u->within) text = value_of(text, u->within, value, sizeof value);
        if (u->take == ALL) {
            *operators |= all_operators(&u->phrases, text);
            continue;
        }
        rule left = *u; /* past a phrase whose number is missing, the next of the list */
        for (const phrase *p; (p = decide(&left, text, r->accelerator, &at)) != NULL;) {
            if (take(u->field, p, at, stated)) return;
            left.phrases.count -= (int)(p + 1 - left.phrases.list);
            left.phrases.list += p + 1 - left.phrases.list;
        }
    }
}

/* ---- partial recompute ----------------------------------------------------------------- */

static bool any(const phrases *list, const char *text) {
    for (int i = 0; i < list->count; i++)
        if (strstr(text, list->list[i].text)) return true;
    return false;
}

/* Operators of the first phrase that the text holds; 0. */
static int listed_operators(const phrases *list, const char *text) {
    int operators = 0;
    for (int i = 0; i < list->count && !operators; i++)
        if (strstr(text, list->list[i].text)) (void)tc_operator_groups_parse(list->list[i].word, &operators);
    return operators;
}

/* Operators of the modules that the text names as whole words. */
static int named_modules(const phrases *list, const char *text) {
    int operators = 0, these;
    for (size_t length; *text; text += length ? length : 1) {
        length = 0;
        while (isalnum((unsigned char)text[length]) || text[length] == '_') length++;
        for (int i = 0; i < list->count; i++)
            if (length == list->list[i].length && memcmp(text, list->list[i].text, length) == 0
                && tc_operator_groups_parse(list->list[i].word, &these))
                operators |= these;
    }
    return operators;
}

/* "[10, 8, 6]": the sum. */
static double sum_of_list(const char *text) {
    double sum = 0;
    for (text++; *text && *text != ']';) {
        char *after;
        sum += strtod(text, &after);
        text = after > text ? after : text + 1;
    }
    return sum;
}

static void layers(tc_stated *stated, double count, int per) {
    if (count <= 0) return;
    stated->recompute_count = count;
    stated->recompute_per = per;
}

/* "recompute=[3, 0]", "num-layers 1 per PP rank", "recompute of 5 layers per pipeline chunk"; false where it is none of these. */
static bool counted_layers(const char *text, tc_stated *stated) {
    const char *at;
    if ((at = strstr(text, "recompute=["))) {
        layers(stated, sum_of_list(strchr(at, '[')), TC_PER_MODEL);
        return true;
    }
    if (!(at = strstr(text, "num-layers ")) && !(at = strstr(text, "recompute of "))) return false;
    bool stage = strstr(text, "per pp rank") != NULL;
    if (!stage && !strstr(text, " per ")) return false;
    layers(stated, strtod(at + strcspn(at, "0123456789"), NULL), stage ? TC_PER_STAGE : TC_PER_CHUNK);
    return stated->recompute_count > 0;
}

static void read_recompute(const tc_words *words, const char *text, tc_stated *stated) {
    static const char of_activations[] = "recompute-activation-function ";
    if (stated->recompute_operators || stated->recompute_count > 0 || stated->recompute_by != TC_UNSET) return;
    if ((stated->recompute_operators = listed_operators(&words->policies, text))) {
        if (strstr(text, words->policies.list[0].text)) stated->recompute_by = TC_RECOMPUTE_BY_LIST;
        return;
    }
    if (any(&words->rest, text)) {
        stated->recompute_operators = TC_GROUP_ALL & ~all_operators(&words->kept, text);
        return;
    }
    if ((stated->recompute_operators = listed_operators(&words->some_operators, text)) || counted_layers(text, stated))
        return;
    if (strstr(text, "auto-recompute")) {
        stated->recompute_by = TC_RECOMPUTE_BY_SOFTWARE;
        return;
    }
    if (!strstr(text, "activation checkpointing")) stated->recompute_operators = named_modules(&words->modules, text);
    const char *at = strstr(text, of_activations);
    if (stated->recompute_operators && at)
        layers(stated, strtod(at + strlen(of_activations), NULL), TC_PER_CHUNK);
    else if (!stated->recompute_operators && strstr(text, "swap-attention"))
        stated->recompute_by = TC_RECOMPUTE_BY_NONE;
}

/* ---- samples of images and video ------------------------------------------------------- */

#define LEAST_PIXELS 128 /* of a side: smaller numbers are patches, strides, nodes */
#define MOST_PIXELS 8192
#define PIXELS_STEP 16 /* sides are cut to what an autoencoder and a patch divide */

static bool is_side(long value) { return value >= LEAST_PIXELS && value <= MOST_PIXELS; }

/* "480x720", "49x512x768", "480 x 720": the numbers of the product that begins the text, at most four; how many. */
static int product(const char *text, long value[4], const char **end) {
    int count = 0;
    char *after;
    for (*end = text; count < 4; text++) {
        text += count ? strspn(text, " ") : 0;
        if (!isdigit((unsigned char)*text)) break;
        value[count++] = strtol(text, &after, 10);
        *end = after;
        text = after + strspn(after, " ");
        if (*text != 'x' && *text != '*') break;
    }
    return count;
}

static void take_sides(tc_stated *stated, double height, double width) {
    if (stated->height != TC_UNSET || !(height >= LEAST_PIXELS && width <= MOST_PIXELS)) return;
    stated->height = (int)(height / PIXELS_STEP) * PIXELS_STEP;
    stated->width = (int)(width / PIXELS_STEP) * PIXELS_STEP;
}

/* "81 frames 480x832", "93x480x848", "93 frames, max_hxw 236544", "resolution 512", "512 px", "720p". What is cut into buckets has no one
 * sample. */
static void read_sample(const char *text, tc_stated *stated) {
    static const char area[] = "max_hxw ", square[] = "resolution ", frames[] = "frames";
    if (stated->buckets == TC_UNSET && (strstr(text, "bucket") || strstr(text, "multi-resolution")))
        stated->buckets = 1;
    if (stated->buckets == 1) return;
    for (const char *p = text, *end; *p; p = end) {
        long v[4];
        end = p + 1;
        if (!isdigit((unsigned char)*p)) continue;
        bool inside = p > text && (isalnum((unsigned char)p[-1]) || p[-1] == '.' || p[-1] == '_');
        int count = product(p, v, &end);
        const char *unit = end + strspn(end, " -");
        if (inside || *end == '.') continue;
        if (count == 1 && v[0] > 0 && strncmp(unit, "text tokens", 11) == 0 && stated->text_tokens == TC_UNSET)
            stated->text_tokens = (int)v[0];
        if (count == 1 && v[0] > 0 && p - text > 13 && strncmp(p - 13, "text tokens (", 13) == 0)
            stated->text_tokens = (int)v[0];
        if (count >= 2 && count <= 3 && is_side(v[count - 2]) && is_side(v[count - 1])) {
            if (count == 3 && stated->frames == TC_UNSET && v[0] > 0) stated->frames = (int)v[0];
            take_sides(stated, (double)v[count - 2], (double)v[count - 1]);
        } else if (count == 1 && strncmp(unit, frames, strlen(frames)) == 0) {
            if (stated->frames == TC_UNSET && v[0] > 0 && v[0] < MOST_PIXELS) stated->frames = (int)v[0];
        } else if (count == 1 && end[0] == 'p' && !isalnum((unsigned char)end[1]) && end[1] != 'x') {
            take_sides(stated, (double)v[0], (double)v[0] * 16 / 9);
        } else if (count == 1
                   && (strncmp(unit, "px", 2) == 0
                       || (p - text >= (long)strlen(square)
                           && strncmp(p - strlen(square), square, strlen(square)) == 0))) {
            take_sides(stated, (double)v[0], (double)v[0]);
        } else if (count == 1 && p - text >= (long)strlen(area) && strncmp(p - strlen(area), area, strlen(area)) == 0) {
            take_sides(stated, sqrt((double)v[0]), sqrt((double)v[0]));
        }
    }
}

/* ---- rates and dates --------------------------------------------------------------------- */

/* "4 x 100 Gb/s per node", "1600 Gbps node-node": the first rate whose owner the text names. */
static void read_rate(const tc_words *words, const char *text, tc_stated *stated) {
    static const char *const units[] = {"Gb/s", "Gbps", "GbE", "Tbps", "GB/s", NULL};
    static const double gbit[] = {1, 1, 1, 1000, 8};
    for (const char *p = text; *p; p++) {
        if (!isdigit((unsigned char)*p) || (p > text && (isalnum((unsigned char)p[-1]) || p[-1] == '.'))) continue;
        char *after;
        double value = strtod(p, &after), links = 0;
        const char *q = after + strspn(after, " ");
        if ((*q == 'x' || *q == 'X') && (q[1] == ' ' || isdigit((unsigned char)q[1]))) {
            links = value;
            q += 1 + strspn(q + 1, " ");
            if (!isdigit((unsigned char)*q)) continue;
            value = strtod(q, &after);
            q = after;
        }
        q += strspn(q, " ");
        for (int u = 0; units[u]; u++) {
            if (strncmp(q, units[u], strlen(units[u])) != 0) continue;
            bool device = any(&words->device, text), node = !device && (links > 0 || any(&words->node, text));
            double rate = (links > 0 ? links : 1) * value * gbit[u];
            if (device) stated->device_gbit_s = rate;
            if (node) stated->node_gbit_s = rate;
            return;
        }
        p = q - 1;
    }
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Months from January of the year 2000 on, or 0 where it is none of 2017 to 2039. */
static int dated(long year, long month) {
    return year >= 2017 && year < 2040 && month >= 1 && month <= 12 ? (int)(100 * year + month) : 0;
}

/* "Dec 2024", "December 2024": the month before the year; 0 where there is none. */
static long month_before(const char *text, const char *year) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *at = year;
    while (at > text && (at[-1] == ' ' || at[-1] == ',' || at[-1] == '.')) at--;
    while (at > text && isalpha((unsigned char)at[-1])) at--;
    for (int m = 0; m < 12; m++)
        if (strncmp(at, names + 3 * m, 3) == 0) return m + 1;
    return 0;
}

/* The date of a document by its title: the last "2025-04-28", "Apr 2025", "25.04" of a release that is numbered by its month, or
 * year alone. */
static int date_of_title(const char *title) {
    int found = 0;
    for (const char *p = title; *p; p++) {
        if (!is_digit(*p)) continue;
        size_t digits = strspn(p, "0123456789");
        const char *after = p + digits;
        long number = strtol(p, NULL, 10), next = 0;
        bool tail = (*after == '-' || *after == '.') && strspn(after + 1, "0123456789") == 2;
        if (tail) next = strtol(after + 1, NULL, 10);
        bool begins = p == title || (!isalnum((unsigned char)p[-1]) && p[-1] != '.') || p[-1] == 'v';
        int date = 0;
        if (digits == 4 && number >= 2017 && number < 2040) {
            long month = tail && *after == '-' ? next : month_before(title, p);
            date = dated(number, month) ? dated(number, month) : (int)(100 * number);
        } else if (digits == 2 && begins && tail && *after == '.') {
            date = dated(2000 + number, next);
        }
        if (date > 0 && (date % 100 || date / 100 != found / 100)) found = date;
        p = tail ? after + 2 : after - 1;
    }
    return found;
}

/* "baseline of 2025-11-25", "at commit 634edae3 (2025-06-09)": the month of the source as it was read; 0 where notes have none. */
static int date_of_revision(const tc_words *words, const char *notes) {
    for (int i = 0; i < words->revision.count; i++) {
        const phrase *p = &words->revision.list[i];
        const char *at = strstr(notes, p->text);
        for (const char *c = at ? at + p->length : NULL; c && *c && c < at + p->length + REVISION_CHARACTERS; c++)
            if (strspn(c, "0123456789") == 4 && c[4] == '-' && strspn(c + 5, "0123456789") == 2)
                return dated(strtol(c, NULL, 10), strtol(c + 5, NULL, 10));
    }
    return 0;
}

/* "arxiv.org/abs/2401.10241": 2024-01; otherwise by the title, or by the release of the software: "main (2026-08)"; where these have
 * no month, by the revision that the notes name. */
static void read_date(const tc_words *words, const row *r, const char *const texts[TC_ROW_TEXTS], tc_stated *stated) {
    const char *url = texts[TC_ROW_URL], *title = texts[TC_ROW_SOURCE], *software = texts[TC_ROW_FRAMEWORK];
    const char *arxiv = url ? strstr(url, "arxiv.org/") : NULL;
    const char *number = arxiv ? strchr(arxiv + strlen("arxiv.org/"), '/') : NULL;
    if (number && strspn(number + 1, "0123456789") == 4 && number[5] == '.') {
        stated->date = 200000 + (int)strtol(number + 1, NULL, 10);
        return;
    }
    int date = title ? date_of_title(title) : 0;
    if (date == 0 && software) date = date_of_title(software);
    int revision = date % 100 == 0 ? date_of_revision(words, r->small[TC_ROW_NOTES]) : 0;
    if (revision > 0) date = revision;
    if (date > 0) stated->date = date;
}

void tc_words_read(const tc_words *words, const char *const texts[TC_ROW_TEXTS], bool partial, tc_stated *stated) {
    row r;
    r.accelerator = texts[TC_ROW_ACCELERATOR];
    make_small(&r, texts);
    for (int i = 0; i < words->count; i++) apply(&words->rules[i], &r, stated);
    if (partial) read_recompute(words, r.small[TC_ROW_RECOMPUTE], stated);
    read_sample(r.small[TC_ROW_NOTES], stated);
    if (texts[TC_ROW_INTER_NODE] && stated->node_gbit_s <= 0 && stated->device_gbit_s <= 0)
        read_rate(words, texts[TC_ROW_INTER_NODE], stated);
    if (stated->date == TC_UNSET) read_date(words, &r, texts, stated);
}

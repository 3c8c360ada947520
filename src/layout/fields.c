/* fields.c - a layout by its table: read, written, compared. What a layout costs or may be is elsewhere. */
#include "layout/fields.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "layout/schedule.h"

#define SHOWN INT_MIN
#define WITH(degree) offsetof(tc_layout, degree) + 1
#define ROW(member_, kind_, lower_, upper_, words_, with_, axis_, text_, short_, usual_, brief_, assumed_, option_,    \
            argument_)                                                                                                 \
    {.key = #member_,                                                                                                  \
     .kind = TC_LAYOUT_KIND_##kind_,                                                                                   \
     .offset = offsetof(tc_layout, member_),                                                                           \
     .lower = lower_,                                                                                                  \
     .upper = upper_,                                                                                                  \
     .words = words_,                                                                                                  \
     .with = (size_t)(with_)-1,                                                                                        \
     .axis = axis_,                                                                                                    \
     .text = text_,                                                                                                    \
     .short_text = short_,                                                                                             \
     .usual = usual_,                                                                                                  \
     .brief = brief_,                                                                                                  \
     .assumed = assumed_,                                                                                              \
     .option = option_,                                                                                                \
     .argument = argument_},
#define WORD_OR(id, word) word "|"
const tc_layout_field tc_layout_fields[TC_LAYOUT_FIELDS] = {
#define LAYOUT_FIELD(id, member, kind, lower, upper, words, with, axis, text, short_text, usual, brief, assumed,       \
                     option, argument, type, also, fallback, help, example)                                            \
    ROW(member, kind, lower, upper, words, with, axis, text, short_text, usual, brief, assumed, option, argument)
#include "layout/fields.def"
#undef LAYOUT_FIELD
};

#define DETAIL(member) offsetof(tc_layout, member)
/* By kind. */
static const size_t detail_size[] = {sizeof(int), sizeof(double), sizeof(int), sizeof(tc_order *)};
const tc_layout_detail tc_layout_details[TC_LAYOUT_DETAILS] = {
    {TC_LAYOUT_SHARDING, TC_SHARD_HSDP, "hsdp", TC_DETAIL_NUMBER, DETAIL(hsdp), 1},
    {TC_LAYOUT_RECOMPUTE, TC_RECOMPUTE_LAYERS, "recompute_layers", TC_DETAIL_LAYERS, DETAIL(recompute_layers), 1},
    {TC_LAYOUT_RECOMPUTE, TC_RECOMPUTE_OPERATORS, "recompute_operators", TC_DETAIL_GROUPS, DETAIL(recompute_operators),
     0},
    {TC_LAYOUT_SCHEDULE, TC_SCHEDULE_CUSTOM, "schedule_file", TC_DETAIL_FILE, DETAIL(order), 0},
    {TC_LAYOUT_CP_KIND, TC_CP_BOTH, "cp_all_to_all", TC_DETAIL_NUMBER, DETAIL(cp_all_to_all), 2},
};

/* Other names of a word. */
static const struct {
    tc_layout_id field;
    const char *name;
    int word;
} aliases[] = {
    {TC_LAYOUT_SHARDING, "distributed-optimizer", TC_SHARD_ZERO1},
    {TC_LAYOUT_SHARDING, "fsdp", TC_SHARD_ZERO3},
};

static const tc_layout_detail *find_detail(tc_layout_id id, int word) {
    for (int i = 0; i < TC_LAYOUT_DETAILS; i++)
        if (tc_layout_details[i].field == id && tc_layout_details[i].word == word) return &tc_layout_details[i];
    return NULL;
}

const tc_layout_detail *tc_layout_detail_of(const tc_layout *l, tc_layout_id id) {
    return tc_layout_fields[id].kind == TC_LAYOUT_KIND_WORD ? find_detail(id, tc_layout_get(l, id)) : NULL;
}

tc_layout_id tc_layout_find(const char *key) {
    for (int i = 0; i < TC_LAYOUT_FIELDS; i++) {
        const char *a = tc_layout_fields[i].key, *b = key;
        while (*a && (*a == *b || (*a == '_' && *b == '-'))) a++, b++;
        if (!*a && !*b) return (tc_layout_id)i;
    }
    return TC_LAYOUT_FIELDS;
}

/* ---- set or not ----------------------------------------------------------------------------- */

bool tc_layout_is_set(const tc_layout *l, tc_layout_id id) {
    return tc_layout_fields[id].kind == TC_LAYOUT_KIND_LIST ? l->stage_layers != NULL
                                                            : tc_layout_get(l, id) != TC_UNSET;
}

void tc_layout_clear(tc_layout *l, tc_layout_id id) {
    if (tc_layout_fields[id].kind == TC_LAYOUT_KIND_LIST) {
        l->stage_layers = NULL;
        l->stage_count = TC_UNSET;
        return;
    }
    *tc_layout_member(l, id) = TC_UNSET;
    if (id == TC_LAYOUT_SHARDING) l->hsdp = TC_UNSET;
    if (id == TC_LAYOUT_CP_KIND) l->cp_all_to_all = TC_UNSET;
    if (id == TC_LAYOUT_SCHEDULE) l->order = NULL;
}

tc_layout tc_layout_open(void) {
    tc_layout l = tc_default_layout();
    for (int i = 0; i < TC_LAYOUT_FIELDS; i++) tc_layout_clear(&l, (tc_layout_id)i);
    return l;
}

bool tc_layout_matters(const tc_layout *l, tc_layout_id id) {
    size_t with = tc_layout_fields[id].with;
    return with == SIZE_MAX || *(const int *)(const void *)((const char *)l + with) > 1;
}

void tc_layout_inherit(tc_layout *l, const tc_layout *from, tc_layout_id id) {
    *tc_layout_member(l, id) = tc_layout_get(from, id);
    const tc_layout_detail *d = tc_layout_detail_of(l, id);
    if (d) memcpy((char *)l + d->offset, (const char *)from + d->offset, detail_size[d->kind]);
}

void tc_layout_spread(tc_layout *l) {
    l->first_layers = l->last_layers = TC_UNSET;
    l->stage_layers = NULL;
    l->stage_count = 0;
}

void tc_layout_release(tc_layout *l, tc_layout_id changed) {
    switch (changed) {
    case TC_LAYOUT_TP:
    case TC_LAYOUT_CP:
    case TC_LAYOUT_EP: l->etp = l->dp = TC_UNSET; break;
    case TC_LAYOUT_PP:
        l->dp = TC_UNSET;
        tc_layout_spread(l);
        break;
    case TC_LAYOUT_VPP:
        l->schedule = TC_UNSET;
        tc_layout_spread(l);
        break;
    default: break;
    }
}

/* ---- equality ------------------------------------------------------------------------------- */

bool tc_layout_field_equal(const tc_layout *a, const tc_layout *b, tc_layout_id id) {
    if (tc_layout_fields[id].kind == TC_LAYOUT_KIND_LIST) {
        if (!a->stage_layers || !b->stage_layers)
            return a->stage_layers == b->stage_layers && a->stage_count == b->stage_count;
        size_t bytes = (size_t)a->stage_count * sizeof *a->stage_layers;
        return a->stage_count == b->stage_count && memcmp(a->stage_layers, b->stage_layers, bytes) == 0;
    }
    if (tc_layout_get(a, id) != tc_layout_get(b, id)) return false;
    const tc_layout_detail *d = tc_layout_detail_of(a, id);
    return !d || memcmp((const char *)a + d->offset, (const char *)b + d->offset, detail_size[d->kind]) == 0;
}

bool tc_layout_equal(const tc_layout *a, const tc_layout *b) {
    for (int i = 0; i < TC_LAYOUT_FIELDS; i++)
        if (!tc_layout_field_equal(a, b, (tc_layout_id)i)) return false;
    return true;
}

/* ---- a value in ------------------------------------------------------------------------------- */

/* "a|b|c" as "a, b or c". */
static tc_code unknown(const tc_layout_field *f, const char *text, const char *place, tc_error *error) {
    char words[200] = "";
    for (const char *p = f->argument; *p;) {
        size_t n = strcspn(p, "|");
        const char *link = p == f->argument ? "" : p[n] ? ", " : " or ";
        tc_append(words, sizeof words, "%s%.*s", link, (int)n, p);
        p += n + (p[n] == '|');
    }
    return tc_fail(error, TC_INVALID, place, "'%.60s' is unknown; give %s", text, words);
}

/* "6,8,8,10" */
static tc_code set_list(tc_layout *l, const tc_layout_field *f, const char *text, int **list, const char *place,
                        tc_error *error) {
    if (!list) return tc_fail(error, TC_INVALID, place, "a list is of one layout; leave it out");
    int *grown = realloc(*list, (strlen(text) / 2 + 1) * sizeof *grown);
    if (!grown) return tc_fail(error, TC_INTERNAL, place, "out of memory");
    l->stage_layers = *list = grown;
    l->stage_count = 0;
    for (const char *at = text;; at++) {
        char word[32];
        size_t length = strcspn(at, ",");
        int64_t layers;
        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), at);
        tc_code code = tc_parse_integer(word, f->lower, f->upper, &layers, place, error);
        if (code) return code;
        grown[l->stage_count++] = (int)layers;
        at += length;
        if (!*at) return TC_OK;
    }
}

/* The detail that the text gives with its word, or in its place. False: none. */
static bool set_detail(tc_layout *l, tc_layout_id id, const char *text, const char *place, tc_code *code,
                       tc_error *error) {
    const tc_layout_field *f = &tc_layout_fields[id];
    for (int i = 0; i < TC_LAYOUT_DETAILS; i++) {
        const tc_layout_detail *d = &tc_layout_details[i];
        if (d->field != id) continue;
        char *member = (char *)l + d->offset;
        size_t length = strlen(f->words[d->word]);
        int64_t number;
        int groups;
        if (d->kind == TC_DETAIL_NUMBER && strncmp(text, f->words[d->word], length) == 0
            && (text[length] == ':' || !text[length])) {
            if (text[length])
                *code = tc_parse_integer(text + length + 1, d->lower, 10000000, &number, place, error);
            else
                *code = tc_fail(error, TC_INVALID, place, "%s needs the size of its groups; for example %s:8", text,
                                text);
            if (!*code) *(int *)(void *)member = (int)number;
        } else if (d->kind == TC_DETAIL_LAYERS && strspn(text, "+-.0123456789") > 0) {
            *code = tc_parse_integer(text, 1, 1000000, &number, place, error);
            if (!*code) *(double *)(void *)member = (double)number;
        } else if (d->kind == TC_DETAIL_GROUPS && tc_operator_groups_parse(text, &groups)) {
            *(int *)(void *)member = groups;
        } else if (d->kind == TC_DETAIL_FILE && strpbrk(text, "./")) {
            l->order = NULL;
        } else {
            continue;
        }
        *tc_layout_member(l, id) = d->word;
        return true;
    }
    return false;
}

static tc_code set_word(tc_layout *l, tc_layout_id id, const char *text, const char *place, tc_error *error) {
    const tc_layout_field *f = &tc_layout_fields[id];
    tc_code code = TC_OK;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (aliases[i].field == id && strcmp(text, aliases[i].name) == 0) {
            *tc_layout_member(l, id) = aliases[i].word;
            return TC_OK;
        }
    if (set_detail(l, id, text, place, &code, error)) return code;
    for (int i = 0; f->words[i]; i++)
        if (strcmp(text, f->words[i]) == 0 && !find_detail(id, i)) {
            *tc_layout_member(l, id) = i;
            return TC_OK;
        }
    return unknown(f, text, place, error);
}

tc_code tc_layout_set(tc_layout *l, tc_layout_id id, const char *text, int **list, const char *place, tc_error *error) {
    const tc_layout_field *f = &tc_layout_fields[id];
    int *member = tc_layout_member(l, id);
    int64_t number;
    switch (f->kind) {
    case TC_LAYOUT_KIND_NUMBER: {
        tc_code code = tc_parse_integer(text, f->lower, f->upper, &number, place, error);
        if (!code) *member = (int)number;
        return code;
    }
    case TC_LAYOUT_KIND_SWITCH:
        if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0) return unknown(f, text, place, error);
        *member = strcmp(text, "on") == 0;
        return TC_OK;
    case TC_LAYOUT_KIND_GROUPS:
        *member = strcmp(text, "all") == 0 ? TC_GRAPHS_ALL : 0;
        if (*member || strcmp(text, "none") == 0 || tc_operator_groups_parse(text, member)) return TC_OK;
        return tc_fail(error, TC_INVALID, place,
                       "'%.60s' is unknown; give none, all, or operators such as norm,qkv,attention", text);
    case TC_LAYOUT_KIND_LIST: return set_list(l, f, text, list, place, error);
    case TC_LAYOUT_KIND_WORD: break;
    }
    return set_word(l, id, text, place, error);
}

/* ---- a value out ------------------------------------------------------------------------------ */

static const char *word_text(const tc_layout *l, tc_layout_id id, char *buffer, size_t size) {
    const tc_layout_detail *d = tc_layout_detail_of(l, id);
    const char *word = tc_layout_fields[id].words[tc_layout_get(l, id)];
    const char *member = (const char *)l + (d ? d->offset : 0);
    if (!d) return word; /* snprintf() would take a fifth of a small forecast */
    switch (d->kind) {
    case TC_DETAIL_NUMBER: snprintf(buffer, size, "%s:%d", word, *(const int *)(const void *)member); break;
    case TC_DETAIL_LAYERS: tc_format_number(*(const double *)(const void *)member, 10, buffer, size); break;
    case TC_DETAIL_GROUPS: return tc_operator_groups_text(*(const int *)(const void *)member, buffer, size);
    case TC_DETAIL_FILE: return l->order && l->order->path[0] ? l->order->path : word;
    }
    return buffer;
}

const char *tc_layout_value(const tc_layout *l, tc_layout_id id, char *buffer, size_t size) {
    const tc_layout_field *f = &tc_layout_fields[id];
    buffer[0] = '\0';
    if (!tc_layout_is_set(l, id)) return buffer;
    int value = f->kind == TC_LAYOUT_KIND_LIST ? 0 : tc_layout_get(l, id);
    switch (f->kind) {
    case TC_LAYOUT_KIND_NUMBER: snprintf(buffer, size, "%d", value); break;
    case TC_LAYOUT_KIND_SWITCH: return value ? "on" : "off";
    case TC_LAYOUT_KIND_GROUPS:
        if (value & TC_GRAPHS_ALL) return "all";
        return value ? tc_operator_groups_text(value, buffer, size) : "none";
    case TC_LAYOUT_KIND_LIST:
        for (int i = 0; i < l->stage_count; i++) tc_append(buffer, size, "%s%d", i ? "," : "", l->stage_layers[i]);
        break;
    case TC_LAYOUT_KIND_WORD: return word_text(l, id, buffer, size);
    }
    return buffer;
}

/* ---- texts -------------------------------------------------------------------------------------- */

typedef struct text {
    char *buffer;
    size_t size, used;
} text;

static void add(text *t, const char *before, const char *value) {
    if (t->used < t->size) t->used += (size_t)snprintf(t->buffer + t->used, t->size - t->used, "%s%s", before, value);
}

static const tc_layout_id degrees[]
    = {TC_LAYOUT_TP, TC_LAYOUT_PP, TC_LAYOUT_VPP, TC_LAYOUT_CP, TC_LAYOUT_EP, TC_LAYOUT_DP};
static const tc_layout_id choices[] = {TC_LAYOUT_MICRO_BATCH,       TC_LAYOUT_SHARDING, TC_LAYOUT_RECOMPUTE,
                                       TC_LAYOUT_SEQUENCE_PARALLEL, TC_LAYOUT_SCHEDULE, TC_LAYOUT_OFFLOAD};
/* The words of offload in a sentence. */
static const char *const offloads[] = {"", "optimizer states on the host", "optimizer states and step on the host",
                                       "activations on the host", "optimizer states, step and activations on the host"};

static void add_degrees(text *t, const tc_layout *l, const char *link) {
    for (size_t i = 0; i < sizeof degrees / sizeof degrees[0]; i++) {
        char value[TC_LAYOUT_VALUE];
        if (tc_layout_get(l, degrees[i]) <= 1) continue;
        add(t, t->used ? link : "", tc_layout_fields[degrees[i]].text);
        add(t, tc_layout_value(l, degrees[i], value, sizeof value), "");
    }
}

static void add_choice(text *t, const tc_layout *l, tc_layout_id id, const char *before) {
    char value[TC_LAYOUT_VALUE];
    const tc_layout_field *f = &tc_layout_fields[id];
    const tc_layout_detail *d = tc_layout_detail_of(l, id);
    if (t->used) add(t, ", ", "");
    if (id == TC_LAYOUT_OFFLOAD) {
        add(t, offloads[l->offload], "");
    } else if (d && d->kind == TC_DETAIL_FILE) {
        add(t, before, f->words[d->word]);
    } else {
        add(t, before, f->kind == TC_LAYOUT_KIND_SWITCH ? "" : tc_layout_value(l, id, value, sizeof value));
        if (d && d->kind == TC_DETAIL_LAYERS) add(t, " layers", "");
    }
}

/* ", 6-8-8-10 layers a stage" or ", 7 layers on the first stage, 6 on the last" where the layout says so; of chunks,
 * where a stage has several. */
static void add_stage_layers(text *t, const tc_layout *l) {
    const char *what = l->vpp > 1 || tc_schedule_facts_of(l->schedule).chunks > 1 ? "chunk" : "stage";
    char number[24];
    for (int i = 0; l->stage_layers && i < l->stage_count; i++) {
        snprintf(number, sizeof number, "%d", l->stage_layers[i]);
        add(t, i ? "-" : ", ", number);
    }
    if (l->stage_layers) add(t, " layers a ", what);
    bool first = l->first_layers != TC_UNSET;
    snprintf(number, sizeof number, ", %d", l->first_layers);
    if (first) add(t, number, " layers on the first "), add(t, what, "");
    snprintf(number, sizeof number, ", %d", l->last_layers);
    if (l->last_layers != TC_UNSET) {
        add(t, number, first ? " on the last" : " layers on the last ");
        add(t, first ? "" : what, "");
    }
}

const char *tc_layout_degrees_text(const tc_layout *l, char *buffer, size_t size) {
    text t = {buffer, size, 0};
    buffer[0] = '\0';
    add_degrees(&t, l, ", ");
    return t.used ? buffer : "one device";
}

const char *tc_layout_text(const tc_layout *l, char *buffer, size_t size) {
    text t = {buffer, size, 0};
    buffer[0] = '\0';
    add_degrees(&t, l, ", ");
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        const tc_layout_field *f = &tc_layout_fields[choices[i]];
        bool said = tc_layout_is_set(l, choices[i]) && tc_layout_get(l, choices[i]) != f->usual;
        if (said && (choices[i] != TC_LAYOUT_SCHEDULE || l->pp > 1)) add_choice(&t, l, choices[i], f->text);
    }
    add_stage_layers(&t, l);
    return buffer;
}

const char *tc_layout_short_text(const tc_layout *l, char *buffer, size_t size) {
    text t = {buffer, size, 0};
    buffer[0] = '\0';
    add_degrees(&t, l, " ");
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        const tc_layout_field *f = &tc_layout_fields[choices[i]];
        bool said = tc_layout_is_set(l, choices[i]) && tc_layout_get(l, choices[i]) != f->brief;
        if (said && f->short_text) add_choice(&t, l, choices[i], f->short_text);
    }
    return buffer;
}

const char *tc_layout_options(const tc_layout *l, const tc_layout *defaults, char *buffer, size_t size) {
    text t = {buffer, size, 0};
    buffer[0] = '\0';
    tc_layout usual = tc_default_layout();
    usual.schedule = l->vpp > 1 ? TC_SCHEDULE_INTERLEAVED : TC_SCHEDULE_1F1B;
    for (int i = 0; i < TC_LAYOUT_FIELDS; i++) {
        char value[1024];
        tc_layout_id id = (tc_layout_id)i;
        bool matters = tc_layout_matters(l, id) || id == TC_LAYOUT_SCHEDULE
                       || (id == TC_LAYOUT_SHARDING && l->cp > 1); /* over dp x cp ranks */
        if (!tc_layout_is_set(l, id) || !matters || tc_layout_field_equal(l, &usual, id)
            || tc_layout_field_equal(l, defaults, id))
            continue;
        if (id == TC_LAYOUT_DP || (id == TC_LAYOUT_ETP && l->ep == 1 && l->etp == l->tp)) continue; /* they follow */
        add(&t, t.used ? " " : "", tc_layout_fields[id].option);
        add(&t, " ", tc_layout_value(l, id, value, sizeof value));
    }
    return buffer;
}

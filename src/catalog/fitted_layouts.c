/* fitted_layouts.c - reads data/fitted/layouts.yaml, written by `make count-layouts`. */
#include "catalog/kinds.h"

#include <string.h>

#include "base/vocabulary.h"

#define AXIS_NAME(id, key, below, above) #key,
const char *const tc_layout_axis_names[] = {TC_LAYOUT_AXES(AXIS_NAME) NULL};
#define CHOICE_NAME(id, key, words, text) #key,
const char *const tc_layout_choice_names[] = {TC_LAYOUT_CHOICES(CHOICE_NAME) NULL};
#define CHOICE_WORDS(id, key, words, text) words,
const char *const *const tc_layout_choice_words[TC_CHOICES] = {TC_LAYOUT_CHOICES(CHOICE_WORDS)};

typedef struct axis_row {
    int axis;
    tc_axis_range range;
} axis_row;

typedef struct choice_row {
    int choice, sources;
    char word[32];
} choice_row;

typedef struct layouts_file {
    int axes, choices;
    axis_row axis[TC_AXES];
    choice_row choice[TC_CHOICES * TC_CHOICE_WORDS];
    double widening;
} layouts_file;

#define LARGEST 1e9
#define BOUND(name)                                                                                                    \
    {                                                                                                                  \
        .path = #name, .type = TC_FIELD_NUMBER, .need = TC_NEED_ALWAYS, .offset = offsetof(axis_row, range.name),      \
        .min = 1 / LARGEST, .max = LARGEST                                                                             \
    }
/* For people. */
#define TOLD(name)                                                                                                     \
    { .path = name, .type = TC_FIELD_NUMBER, .offset = TC_NOT_STORED, .max = LARGEST }

static const tc_field axis_fields[] = {
    {.path = "axis",
     .type = TC_FIELD_ENUM,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(axis_row, axis),
     .names = tc_layout_axis_names},
    TOLD("runs"),
    BOUND(least),
    BOUND(low),
    TOLD("p10"),
    TOLD("p50"),
    TOLD("p90"),
    BOUND(high),
    BOUND(most),
};
static const tc_field choice_fields[] = {
    {.path = "choice",
     .type = TC_FIELD_ENUM,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(choice_row, choice),
     .names = tc_layout_choice_names},
    {.path = "word",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(choice_row, word),
     .size = sizeof((choice_row *)0)->word},
    TOLD("runs"),
    {.path = "sources",
     .type = TC_FIELD_INTEGER,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(choice_row, sources),
     .max = 1000000},
};
#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))
static const tc_schema axis_schema = {"axis", axis_fields, COUNT(axis_fields)};
static const tc_schema choice_schema = {"choice", choice_fields, COUNT(choice_fields)};

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    {.path = "counted_on", .type = TC_FIELD_TEXTS, .need = TC_NEED_ALWAYS, .offset = TC_NOT_STORED},
    {.path = "runs_hash", .type = TC_FIELD_TEXTS, .need = TC_NEED_ALWAYS, .offset = TC_NOT_STORED},
    {.path = "axes",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(layouts_file, axis),
     .size = sizeof(axis_row),
     .max = TC_AXES,
     .element = &axis_schema,
     .count_offset = offsetof(layouts_file, axes)},
    {.path = "choices",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(layouts_file, choice),
     .size = sizeof(choice_row),
     .max = TC_CHOICES * TC_CHOICE_WORDS,
     .element = &choice_schema,
     .count_offset = offsetof(layouts_file, choices)},
    {.path = "widening",
     .type = TC_FIELD_NUMBER,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(layouts_file, widening),
     .max = 10},
};
static const tc_schema schema = {"published layouts", fields, COUNT(fields)};

static int find_word(int choice, const char *word) {
    for (int i = 0; tc_layout_choice_words[choice][i] && i < TC_CHOICE_WORDS; i++)
        if (strcmp(tc_layout_choice_words[choice][i], word) == 0) return i;
    return -1;
}

tc_code tc_published_layouts_read(const tc_document *document, tc_published_layouts *out, tc_error *error) {
    layouts_file file = {0};
    *out = (tc_published_layouts){.known = false};
    tc_code code = tc_schema_read(&schema, document, &file, error);
    if (code) return code;
    for (int i = 0; i < file.axes; i++) {
        const tc_axis_range *r = &file.axis[i].range;
        if (r->least > r->low || r->low > r->high || r->high > r->most)
            return tc_document_fail(document, NULL, "axes", error, "'%s' is out of order; least, low, high, most",
                                    tc_layout_axis_names[file.axis[i].axis]);
        out->axis[file.axis[i].axis] = *r;
    }
    for (int i = 0; i < file.choices; i++) {
        const choice_row *row = &file.choice[i];
        int word = find_word(row->choice, row->word);
        if (word < 0)
            return tc_document_fail(document, NULL, "choices", error, "'%s' is no word of %s; one of its vocabulary",
                                    row->word, tc_layout_choice_names[row->choice]);
        out->sources[row->choice][word] = row->sources;
    }
    out->widening = file.widening;
    out->known = true;
    return TC_OK;
}

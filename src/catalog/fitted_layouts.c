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
#define BOUND(name) TC_PATH_IN(#name, NUMBER, axis_row, range.name, 1 / LARGEST, LARGEST, TC_NEEDED)
/* For people. */
#define TOLD(name) TC_PATH_CHECKED(name, NUMBER, .max = LARGEST)

static const tc_field axis_fields[] = {
    TC_PATH_WORD("axis", axis_row, axis, tc_layout_axis_names, TC_NEEDED),
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
    TC_PATH_WORD("choice", choice_row, choice, tc_layout_choice_names, TC_NEEDED),
    TC_PATH_TEXT("word", choice_row, word, TC_NEEDED),
    TOLD("runs"),
    TC_PATH_IN("sources", INTEGER, choice_row, sources, 0, 1000000, TC_NEEDED),
};
static const tc_schema axis_schema = TC_SCHEMA("axis", axis_fields);
static const tc_schema choice_schema = TC_SCHEMA("choice", choice_fields);

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_CHECKED("counted_on", TEXTS, TC_NEEDED),
    TC_PATH_CHECKED("runs_hash", TEXTS, TC_NEEDED),
    TC_PATH_LIST("axes", layouts_file, axis, axes, 0, TC_AXES, &axis_schema, TC_NEEDED),
    TC_PATH_LIST("choices", layouts_file, choice, choices, 0, TC_CHOICES *TC_CHOICE_WORDS, &choice_schema, TC_NEEDED),
    TC_PATH_IN("widening", NUMBER, layouts_file, widening, 0, 10, TC_NEEDED),
};
static const tc_schema schema = TC_SCHEMA("published layouts", fields);

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

/* fields.h - the members of a layout as a table: how each is written, read and compared. Rows: fields.def. */
#ifndef TC_LAYOUT_FIELDS_H
#define TC_LAYOUT_FIELDS_H

#include "traincast.h"

typedef enum tc_layout_id {
#define LAYOUT_FIELD(id, ...) TC_LAYOUT_##id,
#include "layout/fields.def"
#undef LAYOUT_FIELD
    TC_LAYOUT_FIELDS,
    TC_LAYOUT_FIRST_CHOICE = TC_LAYOUT_SEQUENCE_PARALLEL /* what is before it are degrees and layers */
} tc_layout_id;

typedef enum tc_layout_kind {
    TC_LAYOUT_KIND_NUMBER,
    TC_LAYOUT_KIND_SWITCH,
    TC_LAYOUT_KIND_WORD,
    TC_LAYOUT_KIND_GROUPS, /* of operators: bits */
    TC_LAYOUT_KIND_LIST
} tc_layout_kind;

typedef struct tc_layout_field {
    const char *key;
    tc_layout_kind kind;
    size_t offset; /* in tc_layout: of an int; LIST: of stage_layers */
    int lower, upper;
    const char *const *words; /* of a WORD */
    size_t with;              /* offset of the degree above one with which it matters; SIZE_MAX: always */
    bool axis;                /* the search varies it */
    const char *text, *short_text;
    int usual, brief;
    const char *assumed;
    const char *option, *argument;
} tc_layout_field;

extern const tc_layout_field tc_layout_fields[TC_LAYOUT_FIELDS];

/* What a word of a field brings along: "hsdp:8", "both:2", "12" layers, "norm+activation", a schedule's file. */
typedef enum tc_layout_detail_kind {
    TC_DETAIL_NUMBER, /* int, after the word and a colon */
    TC_DETAIL_LAYERS, /* double, in the word's place */
    TC_DETAIL_GROUPS, /* int, in the word's place */
    TC_DETAIL_FILE    /* a schedule's path, in the word's place */
} tc_layout_detail_kind;

typedef struct tc_layout_detail {
    tc_layout_id field;
    int word;
    const char *key;
    tc_layout_detail_kind kind;
    size_t offset;
    int lower; /* of a number */
} tc_layout_detail;

#define TC_LAYOUT_DETAILS 5
extern const tc_layout_detail tc_layout_details[TC_LAYOUT_DETAILS];

/* That of the layout's word; NULL where it has none. */
const tc_layout_detail *tc_layout_detail_of(const tc_layout *layout, tc_layout_id id);

static inline int *tc_layout_member(tc_layout *l, tc_layout_id id) {
    return (int *)(void *)((char *)l + tc_layout_fields[id].offset);
}
static inline int tc_layout_get(const tc_layout *l, tc_layout_id id) {
    return *(const int *)(const void *)((const char *)l + tc_layout_fields[id].offset);
}

/* The field of a key ("micro_batch", "micro-batch"); TC_LAYOUT_FIELDS: none. */
tc_layout_id tc_layout_find(const char *key);

/* Takes a value as the options write it. list: room for a LIST, allocated anew, of the caller; NULL: none may be given.
 * A schedule with a point or a slash in it is a file: the caller reads it into `order`. */
TC_NODISCARD tc_code tc_layout_set(tc_layout *layout, tc_layout_id id, const char *text, int **list, const char *place,
                                   tc_error *error);
/* The value as tc_layout_set takes it, "" where it is unset: in the buffer, or a fixed text. TC_LAYOUT_VALUE bytes hold all but long lists. */
#define TC_LAYOUT_VALUE 128
const char *tc_layout_value(const tc_layout *layout, tc_layout_id id, char *buffer, size_t size);

bool tc_layout_is_set(const tc_layout *layout, tc_layout_id id);
void tc_layout_clear(tc_layout *layout, tc_layout_id id);
/* Nothing chosen, no degree either. */
tc_layout tc_layout_open(void);
/* Other chunks: what the layout says of their layers does not hold for them. */
void tc_layout_spread(tc_layout *layout);
/* Another value of the field: what followed from the old one is open again. */
void tc_layout_release(tc_layout *layout, tc_layout_id changed);

/* Is the degree there that the field goes with? */
bool tc_layout_matters(const tc_layout *layout, tc_layout_id id);
/* Takes a field from other layout, with its detail. */
void tc_layout_inherit(tc_layout *layout, const tc_layout *defaults, tc_layout_id id);

bool tc_layout_field_equal(const tc_layout *a, const tc_layout *b, tc_layout_id id);
bool tc_layout_equal(const tc_layout *a, const tc_layout *b);

/* "TP 8, PP 4"; the same and all choices: "..., micro-batch 2, sharding zero1, recompute full, 1f1b"; and for a table:
 * "TP 8 PP 4, zero1". Each returns its text. */
const char *tc_layout_degrees_text(const tc_layout *layout, char *buffer, size_t size);
const char *tc_layout_text(const tc_layout *layout, char *buffer, size_t size);
const char *tc_layout_short_text(const tc_layout *layout, char *buffer, size_t size);
/* The options that ask for it: "--tp 8 --pp 4 --sharding hsdp:8". What the defaults, a stack's, say anyway is left out. */
const char *tc_layout_options(const tc_layout *layout, const tc_layout *defaults, char *buffer, size_t size);

#endif

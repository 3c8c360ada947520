/* schema.h - one table says what a kind of data file may hold; this reads a file by it.
 *
 * A schema is a list of fields; a field is a dotted path, a type and where its
 * value goes. Sections need no entry: "device.memory" makes `device` one. To add
 * a key to a format, add one line to its table:
 *
 *     TC_PATH_IN("device.memory", NUMBER, tc_accelerator, memory_bytes, 1e6, 1e15, .dimension = TC_DIMENSION_BYTES,
 *                TC_NEEDED, TC_SOURCED),
 *
 * A value may be plain or a figure {value, source, note}, one that is not certain {low, mid, high, source, note}; a sourced field must be
 * a figure, and its source a key (or a list of keys) of the file's `sources`,
 * or of the sources.yaml that its folder shares.
 * Every file begins with `format: 1` and may hold slug, name, aliases, notes and
 * sources: each schema gets these through TC_SCHEMA_HEAD.
 *
 * A word or a text that needs no source is written plainly: {value: ...} in its place is refused. A key that was
 * named otherwise before is read under its old name too, for one release.
 *
 * Errors name the file, the line, the field's path and what would be right. */
#ifndef TC_CATALOG_SCHEMA_H
#define TC_CATALOG_SCHEMA_H

#include "base/units.h"
#include "catalog/document.h"

typedef enum tc_field_type {
    TC_FIELD_STRING,    /* char[size] */
    TC_FIELD_INTEGER,   /* int, min..max */
    TC_FIELD_NUMBER,    /* double in SI, of the dimension, min..max */
    TC_FIELD_SPREAD,    /* tc_spread: the same, certain, or {low, mid, high} (p10, p50, p90) in order */
    TC_FIELD_BOOLEAN,   /* bool: true or false */
    TC_FIELD_ENUM,      /* int: the index of the word in names */
    TC_FIELD_OPERATORS, /* int: tc_operator_group bits of "norm+activation", or none */
    TC_FIELD_WORDS,     /* int: bits, 1 << index in names, of "zero1+hsdp"; any: all of them, no: none */
    TC_FIELD_SOURCE,    /* a key of `sources` for what stands beside it, or a list of them; not stored */
    TC_FIELD_LIST,      /* a sequence of mappings read by `element` into an array, or into one that is allocated */
    TC_FIELD_NAMES,     /* a sequence of texts, char[TC_NAME_SIZE] at the beginning of each element; grown */
    TC_FIELD_MAP,       /* any keys, each a mapping checked by `element`; not stored */
    TC_FIELD_TEXTS,     /* text, a sequence or a mapping of texts; not stored */
    TC_FIELD_FORMAT     /* the format's version */
} tc_field_type;

typedef enum tc_need {
    TC_NEED_NEVER,
    TC_NEED_IN_SECTION, /* where its section is there */
    TC_NEED_ALWAYS
} tc_need;

#define TC_NOT_STORED SIZE_MAX
#define TC_NAME_SIZE 48

typedef struct tc_schema tc_schema;

typedef struct tc_field {
    const char *path;
    const char *before; /* the path that it had a release ago, read too; NULL: none */
    tc_field_type type;
    tc_dimension dimension;
    tc_need need;
    bool sourced;                 /* must be a figure with a source */
    bool own_figure;              /* a figure that needs none: without a source it is the user's own */
    bool own;                     /* of a file that may have bases: not theirs */
    bool grown;                   /* LIST: the member is a pointer to an array that is allocated as the file needs it */
    bool whole;                   /* SPREAD: of whole numbers */
    bool plain_si;                /* NUMBER: a plain number is taken too, in SI */
    size_t offset;                /* TC_NOT_STORED: checked only */
    int bit;                      /* BOOLEAN: of an int; 0: a bool */
    size_t size;                  /* STRING: room; LIST: of one element */
    double min, max;              /* INTEGER, NUMBER, SPREAD; LIST: number of elements; max 0 = no limit of its own */
    const char *const *names;     /* ENUM, WORDS: words, the last NULL; the value is the index */
    const tc_schema *element;     /* LIST, MAP */
    size_t count_offset;          /* LIST: int, number of elements */
    void (*start)(void *element); /* LIST: fills an element's defaults; NULL = zero */
} tc_field;

struct tc_schema {
    const char *kind; /* "accelerator", as messages name it */
    const tc_field *fields;
    int count;
};

/* Rows. `type` is the struct, `kind` a tc_field_type without its prefix; behind these, what else a field is. */
#define TC_NEEDED .need = TC_NEED_ALWAYS
#define TC_SOURCED .sourced = true
#define TC_PATH(path_, kind, type_, member, ...)                                                                       \
    { .path = path_, .type = TC_FIELD_##kind, .offset = offsetof(type_, member), __VA_ARGS__ }
#define TC_PATH_IN(path_, kind, type_, member, low, high, ...)                                                         \
    TC_PATH(path_, kind, type_, member, .min = low, .max = high, __VA_ARGS__)
#define TC_PATH_TEXT(path_, type_, member, ...)                                                                        \
    TC_PATH(path_, STRING, type_, member, .size = sizeof(((type_ *)0)->member), __VA_ARGS__)
#define TC_PATH_WORD(path_, type_, member, names_, ...)                                                                \
    TC_PATH(path_, ENUM, type_, member, .names = names_, __VA_ARGS__)
/* An array, or a pointer to one that is grown, of which the member `counted` says how many elements there are. */
#define TC_PATH_LIST(path_, type_, member, counted, least, most, schema, ...)                                          \
    TC_PATH_IN(path_, LIST, type_, member, least, most, .size = sizeof(((type_ *)0)->member[0]), .element = schema,    \
               .count_offset = offsetof(type_, counted), __VA_ARGS__)
#define TC_PATH_CHECKED(path_, kind, ...)                                                                              \
    { .path = path_, .type = TC_FIELD_##kind, .offset = TC_NOT_STORED, __VA_ARGS__ }
#define TC_SCHEMA(kind, rows)                                                                                          \
    { kind, rows, sizeof(rows) / sizeof(rows)[0] }

/* What every data file has at its top. */
#define TC_SCHEMA_HEAD                                                                                                 \
    TC_PATH_CHECKED("format", FORMAT, TC_NEEDED), TC_PATH_CHECKED("aliases", TEXTS), TC_PATH_CHECKED("notes", TEXTS),  \
        TC_PATH_CHECKED("sources", TEXTS)

/* Checks the document against the schema and stores its values in the struct at out (NULL: check
 * only). What the document does not hold keeps the value it had. */
TC_NODISCARD tc_code tc_schema_read(const tc_schema *schema, const tc_document *document, void *out, tc_error *error);
/* The same of a schema with grown lists, whose elements come out of the arena. */
TC_NODISCARD tc_code tc_schema_read_grown(const tc_schema *schema, const tc_document *document, void *out,
                                          tc_arena *arena, tc_error *error);

/* The same of one mapping within a document: an element of a list, by that element's schema. */
TC_NODISCARD tc_code tc_schema_read_element(const tc_schema *schema, const tc_document *document,
                                            const tc_node *element, void *out, tc_error *error);

/* The field that describes a node of a document of this schema, or NULL for sections and unknown keys. */
const tc_field *tc_schema_field(const tc_schema *schema, const tc_node *node);

/* The value node of a figure: the node itself, its `value`, or its `mid`. */
const tc_node *tc_figure_value(const tc_node *node);
/* Reads the number of a node by its field. */
TC_NODISCARD tc_code tc_figure_number(const tc_field *field, const tc_document *document, const tc_node *node,
                                      double *out, tc_error *error);
/* The texts of a figure's sources, joined with "; " (""  where it has none). Returns buffer. */
char *tc_figure_source(const tc_document *document, const tc_node *node, char *buffer, size_t size);

#endif

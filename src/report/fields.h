/* fields.h - of an answer only what was asked for: "step_s,memory_gib.reserved". What is not asked for costs nothing to write.
 *
 * A field is named by the keys on the way to it; a list is walked, so that "best.step_s" is that of each element. A field
 * that holds others is written whole. */
#ifndef TC_REPORT_FIELDS_H
#define TC_REPORT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TC_FIELDS_DEPTH 32

typedef struct tc_fields {
    const char *asked; /* separated by commas; NULL: all fields */
    uint64_t found;    /* bits: which of them the answer has */
    /* What is done with each open level, and how much of the path leads to it. */
    char mode[TC_FIELDS_DEPTH];
    unsigned char length[TC_FIELDS_DEPTH];
    char path[200];
} tc_fields;

/* May the value, or the level (container), at `key` below `depth` open levels be written? null: there is nothing in it. */
bool tc_fields_take(tc_fields *fields, int depth, const char *key, bool container, bool null);
/* The level at `depth` was a list in which nothing was: its elements' fields are not missed. */
void tc_fields_empty_list(tc_fields *fields, int depth);

/* The first field that was asked for and is not in the answer, copied into buffer; NULL: all are. */
const char *tc_fields_missing(const tc_fields *fields, char *buffer, size_t size);

#endif

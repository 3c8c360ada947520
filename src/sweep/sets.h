/* sets.h - figures of data files as axes of a sweep: "accelerator.memory_bandwidth=1TB/s,2TB/s,3TB/s". */
#ifndef TC_SWEEP_SETS_H
#define TC_SWEEP_SETS_H

#include "catalog/document.h"

#define TC_SWEEP_LIST_MAX 64
#define TC_SWEEP_TASKS_MAX 1000000
#define TC_SWEEP_SETS_MAX 6
#define TC_SWEEP_PATH 160
#define TC_SWEEP_VALUE 64

/* A figure of a data file and its values: an axis. */
typedef struct tc_sweep_set {
    char path[TC_SWEEP_PATH]; /* "accelerator.memory_bandwidth" */
    int values;
    char value[TC_SWEEP_LIST_MAX][TC_SWEEP_VALUE];
} tc_sweep_set;

/* Axes; all zero: none. */
typedef struct tc_sweep_sets {
    int count;
    tc_sweep_set set[TC_SWEEP_SETS_MAX];
} tc_sweep_sets;

/* The changes of one task, as catalog/sets.h takes them. */
typedef struct tc_sweep_changes {
    int count;
    const char *change[TC_SWEEP_SETS_MAX];
    char text[TC_SWEEP_SETS_MAX][TC_SWEEP_PATH + TC_SWEEP_VALUE];
} tc_sweep_changes;

/* The file's `set: {PATH: [VALUE, ...]}`; NULL: it has none. */
TC_NODISCARD tc_code tc_sweep_read_sets(const tc_document *document, const tc_node *node, tc_sweep_sets *out,
                                        tc_error *error);
/* One axis more: "PATH=VALUE,...". */
TC_NODISCARD tc_code tc_sweep_add_set(tc_sweep_sets *sets, const char *text, tc_error *error);

/* Of all axes together. */
int64_t tc_sweep_combinations(const tc_sweep_sets *sets);
/* The changes of combination 0 .. combinations - 1; the last axis moves first. */
void tc_sweep_changes_of(const tc_sweep_sets *sets, int combination, tc_sweep_changes *out);
/* Joined by ", "; "" where there is none. Returns buffer. */
const char *tc_sweep_changes_text(const tc_sweep_sets *sets, int combination, char *buffer, size_t size);

#endif

/* job.h - a sweep and its store together: what is missing, how far it is, the table at the end. */
#ifndef TC_STORE_JOB_H
#define TC_STORE_JOB_H

#include <stdio.h>

#include "store/store.h"

/* The tasks whose rows are not in the store, ascending; to be freed. */
TC_NODISCARD tc_code tc_job_missing(tc_store *store, const tc_sweep *sweep, int **tasks, int *count, tc_error *error);

/* The rows of all tasks, in their order; to be freed. TC_INTERNAL if one is missing. */
TC_NODISCARD tc_code tc_job_rows(tc_store *store, const tc_sweep *sweep, tc_sweep_row **rows, tc_error *error);

/* Progress on a stream: one line that is written over on a terminal, a line a task elsewhere. */
typedef struct tc_progress {
    FILE *file; /* NULL: quiet */
    bool terminal;
    int done, all, before; /* before: that were in the store already */
    double start;
} tc_progress;

tc_progress tc_progress_start(FILE *file, bool terminal, int missing, int all);
void tc_progress_step(tc_progress *progress, const tc_sweep_row *row);
void tc_progress_end(tc_progress *progress);

#endif

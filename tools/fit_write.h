/* fit_write.h - the files of data/fitted. */
#ifndef TC_TOOLS_FIT_WRITE_H
#define TC_TOOLS_FIT_WRITE_H

#include "fit_interval.h"
#include "fit_runs.h"

/* Where the files go, and the hash of what was fitted. */
typedef struct fit_target {
    const char *folder, *runs_hash;
} fit_target;

/* device.yaml, stack.yaml and deviations.yaml, by a fold and the measurements that it has seen. */
void fit_write_values(const run_problem *p, const fit_fold *fold, kernel_fold kernels, const memory_problem *memory,
                      tc_catalog *catalog, const fit_target *target);

/* What intervals are fitted to, of rows as fitted; the caller frees it. errors: per cent, the family left out. */
interval_run *fit_interval_runs(const run_problem *p, const double *errors, int *count);
/* intervals.yaml. */
void fit_write_intervals(const run_problem *p, const memory_problem *memory, const interval_run *runs, int count,
                         const fit_target *target);

#endif

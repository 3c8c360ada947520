/* sweep.h - many searches as one job: models x accelerators x changed figures x devices x batches x formats, from a file.
 *
 * A task is one search. Its key names everything that its result depends on (the program's version, the hash of its arithmetic, the
 * hash of the data and the content of files that the sweep names by path included), so that a store of results knows what is missing. A row is the
 * result as plain values: it goes into a store, over a network, into a table. */
#ifndef TC_SWEEP_SWEEP_H
#define TC_SWEEP_SWEEP_H

#include "catalog/catalog.h"
#include "sweep/sets.h"
#include "traincast.h"

typedef struct tc_sweep {
    char name[128];
    int models, accelerators, devices, batches, dtypes;
    char model[TC_SWEEP_LIST_MAX][160], accelerator[TC_SWEEP_LIST_MAX][160];
    int device[TC_SWEEP_LIST_MAX], batch[TC_SWEEP_LIST_MAX], dtype[TC_SWEEP_LIST_MAX];
    char stack[160], fabric[160], fix[240]; /* empty: the usual stack, the accelerator's fabric, nothing */
    tc_sweep_sets sets;
    int seq;                           /* TC_UNSET: the model's */
    int layers, frames, height, width; /* likewise; the last three of models of images and video */
    int cached_latents;                /* 0 or 1, of these; TC_UNSET: the stack's way */
    char finetune[128];                /* as --finetune; empty: all weights */
    tc_objective objective;
    double max_memory_bytes, fit; /* fit: 0: TC_FIT */
    unsigned schedules;
    bool any;         /* also layouts that the stack cannot run */
    bool all_devices; /* no layout may leave devices idle */
    int tasks;
    char data[20]; /* hash of the catalog */
    uint64_t model_file[TC_SWEEP_LIST_MAX], accelerator_file[TC_SWEEP_LIST_MAX], stack_file,
        fabric_file; /* hashes of files named by path; 0 */
} tc_sweep;

typedef enum tc_sweep_status { TC_SWEEP_FOUND, TC_SWEEP_INFEASIBLE, TC_SWEEP_FAILED } tc_sweep_status;

/* The result of a task. Equal tasks give equal bytes: no timing in it. */
typedef struct tc_sweep_row {
    char key[20];
    char model[96], accelerator[64], fabric[64], stack[64];
    char set[400]; /* changed figures, joined by ", " */
    int devices;   /* at most */
    int global_batch, dtype, seq;
    int status;        /* tc_sweep_status */
    char note[240];    /* why it failed, or the advice */
    char options[400]; /* of the advice: that make its search succeed; "": none does */
    int64_t space, rejected_memory;
    tc_layout layout;       /* of the best; its order is NULL */
    int idle_devices;       /* that it leaves unused */
    char beyond_stack[800]; /* what the stack lacks for it, a line each */
    double step_s, step_s_p10, step_s_p90, mfu_pct, tokens_per_s_per_device, memory_bytes, fits_probability;
} tc_sweep_row;

/* Reads the file. Errors: "FILE:LINE: field: ...". */
TC_NODISCARD tc_code tc_sweep_load(tc_catalog *catalog, const char *path, tc_sweep *out, tc_error *error);
/* The same with further axes, "accelerator.memory_bandwidth=1TB/s,2TB/s". */
TC_NODISCARD tc_code tc_sweep_load_with(tc_catalog *catalog, const char *path, const char *const *sets, int count,
                                        tc_sweep *out, tc_error *error);

/* The key of task 0 .. tasks - 1: sixteen hexadecimal digits. */
void tc_sweep_key(const tc_sweep *sweep, int task, char key[20]);

/* "llama-3.1-8b on 64 x h100-sxm, batch 256, bf16". Returns buffer. */
const char *tc_sweep_task_text(const tc_sweep *sweep, int task, char *buffer, size_t size);

/* Searches one task. What is wrong with a task alone (a degree that does not divide, a format that a device
 * lacks) is in the row; only an unknown model or accelerator and the like are errors. */
TC_NODISCARD tc_code tc_sweep_search(const tc_sweep *sweep, tc_catalog *catalog, int task, int threads,
                                     tc_sweep_row *out, tc_error *error);

const char *tc_sweep_status_name(int status);

#endif

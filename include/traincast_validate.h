/* traincast_validate.h - chapter of traincast.h: published runs, forecast again and compared with what they measured.
 * Example: docs/examples/c/validate.c. The rows: data/runs/README.md. */
#ifndef TRAINCAST_VALIDATE_H
#define TRAINCAST_VALIDATE_H

#include "traincast.h"

/* The rows of any number of files. They own all that is made of them. */
typedef struct tc_published tc_published;
typedef struct tc_published_run tc_published_run;

/* No rows yet; closed by the caller, NULL too. */
TC_API TC_NODISCARD tc_code tc_published_open(tc_published **out, tc_error *error);
TC_API void tc_published_close(tc_published *published);

/* Adds the rows of JSON Lines, a text of `length` bytes; `path` is for places only. Blank lines are skipped. A row that is
 * wrong becomes a run that is refused; a text without any good row is an error. */
TC_API TC_NODISCARD tc_code tc_published_read(tc_published *published, const char *path, const char *text,
                                              size_t length, tc_error *error);
/* The same from a file. */
TC_API TC_NODISCARD tc_code tc_published_read_file(tc_published *published, const char *path, tc_error *error);

typedef enum tc_case_status {
    TC_CASE_OK,
    /* A figure is wanting. */
    TC_CASE_SKIPPED,
    /* What it trains, or how, is not modelled. */
    TC_CASE_UNSUPPORTED
} tc_case_status;
/* "ok", "skipped", "unsupported" */
TC_API const char *tc_case_status_name(tc_case_status status);

/* A published run beside its forecast. Texts live as long as the rows. */
typedef struct tc_scored_run {
    /* The row itself. */
    const tc_published_run *run;
    /* Its `id`, and the accelerator that it ran on: a slug, or words where none is meant. */
    const char *id, *accelerator;
    tc_case_status status;
    /* Why it has no forecast, the missing field first; "" where it has one. */
    const char *reason;
    /* Whether its error is part of the summary; whether nothing had to be assumed. */
    bool counts, complete;
    /* What had to be assumed, a line each. */
    int assumed_count;
    char (*assumed)[96];
    /* In the unit of what the row measured; NaN where there is none. */
    double measured, predicted;
    /* Of the step's time, in percent, positive where the forecast is too slow; NaN where there is none. */
    double error_pct;
    /* Seconds of the forecast step, also of a run that ran out of memory; 0: no forecast. */
    double step_s;
    /* Ends of its 80 % interval, seconds; 0: none. */
    double step_s_p10, step_s_p90;
    /* Whether that holds the measured step: 1, 0, or -1 where there is no interval. */
    int covered;
    /* GiB of a device, forecast, and its error in percent; 0 where the row states no memory. */
    double memory_gib, memory_error_pct;
    /* Of the forecast step, 0 to 1 each, in the order of tc_breakdown. */
    double part_share[TC_PARTS_ALL];
    /* GiB of the device's memory; 0: no forecast. */
    double capacity_gib;
    /* Whether memory_error_pct counts: micro-batch (and its tokens), layout, recompute and sharding are stated; whether nothing at all had to
     * be assumed; whether it does not count for want of these. */
    bool memory_scored, memory_complete, memory_guessed;
    /* Its group says which runs ended for want of memory. */
    bool oom_scored;
    /* How likely the forecast fits, 0 to 1, and whether it is taken to. */
    double fits_probability;
    bool fits;
    /* What memory depends on was left open and chosen so that it fits: micro-batch, layout, recompute. */
    bool open;
    /* There is a forecast. */
    bool forecast;
} tc_scored_run;

/* The runs of one accelerator, group, source or stack. */
typedef struct tc_group_score {
    const char *name;
    /* Runs that count. */
    int n;
    /* Mean absolute error and mean error, percent. */
    double mape_pct, bias_pct;
    /* A source with fewer than three runs: in the macro error with others of its kind. */
    bool pooled;
} tc_group_score;

/* All rows, and the errors of those that count; NaN over none. */
typedef struct tc_validation {
    tc_scored_run *runs;
    int count;
    /* Runs that count, and those of each status that have no forecast. */
    int n, skipped, unsupported;
    /* Independent sources. */
    int families;
    /* Runs of which nothing was assumed; with a memory that counts; that say whether they fitted. */
    int complete, memory_n, oom_n;
    /* Runs with a memory that does not count, for want of what it rests on. */
    int memory_guessed_n;
    /* Percent. macro: the mean over sources with at least three runs of the mean absolute error of each; smaller sources are
     * pooled as one. */
    double macro_mape_pct, mape_pct, median_ape_pct, p90_ape_pct, max_ape_pct, bias_pct;
    /* The same of runs of which nothing was assumed. */
    double complete_macro_mape_pct, complete_median_ape_pct;
    /* Percent of the runs with an interval whose step it holds. */
    double coverage80_pct;
    /* Percent: mean absolute error of memory; of "fits" told right, mean over those that did and those that did not. */
    double memory_mape_pct, fit_accuracy_pct;
    /* Percent: of memory where what it rests on is a guess. */
    double memory_guessed_mape_pct;
    /* Steps of reinforcement learning, which are no part of the others' summary. */
    int rl_n;
    double rl_macro_mape_pct, rl_median_ape_pct, rl_bias_pct, rl_coverage80_pct;
    /* By name. */
    tc_group_score *by_accelerator, *by_group, *by_family, *by_stack;
    int accelerators, groups, family_rows, stacks;
} tc_validation;

/* Forecasts every row from what it states, and compares; the result lives as long as the rows. */
TC_API TC_NODISCARD tc_code tc_validate(tc_catalog *catalog, tc_published *published, tc_validation *out,
                                        tc_error *error);

#endif

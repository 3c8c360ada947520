/* against.h - other simulators beside the forecast, on the same published runs.
 *
 * A run is scored where it counts and is forecast here: what it measured is then a step's time, read as for the errors of
 * `validate`. A tool's error is 100 (its step / measured - 1); runs that its authors measured for it are left out. */
#ifndef TC_VALIDATE_AGAINST_H
#define TC_VALIDATE_AGAINST_H

#include "validate/predictions.h"
#include "validate/score.h"

/* Of some runs; NaN over none. macro: as everywhere (score.h). */
typedef struct tc_error_summary {
    int n, families;
    double macro_mape_pct, mape_pct, median_ape_pct, bias_pct, within20_pct;
} tc_error_summary;

/* Fits or not, told right: mean of both classes; NaN where one is empty. */
typedef struct tc_oom_summary {
    int n;
    double accuracy_pct;
} tc_oom_summary;

typedef enum tc_memory_stated { TC_STATED_ALLOCATED, TC_STATED_OTHER, TC_MEMORY_STATED } tc_memory_stated;

typedef struct tc_tool_score {
    const tc_predictions *predictions;
    int known, expressed,
        expressed_scored;          /* runs at hand that it has a row of; that it forecasts; of the scored ones */
    double coverage_pct;           /* of the scored ones */
    tc_error_summary theirs, ours; /* on what it expresses */
    tc_error_summary common;       /* on what every tool expresses */
    tc_error_summary memory[TC_MEMORY_STATED], our_memory[TC_MEMORY_STATED];
    tc_oom_summary oom, our_oom;
} tc_tool_score;

/* A family of sources: ours on all of its scored runs, each tool's on what it expresses of them. */
typedef struct tc_family_beside {
    const char *name;
    tc_error_summary ours, *tool;
} tc_family_beside;

typedef struct tc_against {
    const tc_validation *validation;
    tc_tool_score *tool;
    int tools, scored;
    tc_error_summary ours, common; /* on all; on what every tool expresses */
    tc_family_beside *family;      /* the most runs first */
    int families;
} tc_against;

/* Scores tools beside a validation; a tool that knows no run at hand is an error. All memory lives in the arena; the
 * inputs must outlive the result. */
TC_NODISCARD tc_code tc_against_score(const tc_validation *validation, const tc_predictions *predictions, int tools,
                                      tc_arena *arena, tc_against *out, tc_error *error);

#endif

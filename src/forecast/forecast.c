/* forecast.c - resolve, cost, time, measure memory, give the interval, say what was assumed. */
#include "forecast/forecast.h"

#include <stdio.h>
#include <string.h>

tc_code tc_open(const tc_question *q, tc_opened *out, tc_error *error) {
    out->assumed_count = 0;
    tc_code code = tc_layout_resolve(q, &out->placement, out->assumed, &out->assumed_count, error);
    return code ? code : tc_costs_compute(q, &out->placement, &out->costs, error);
}

void tc_assume_stack(const tc_question *q, tc_step *step) {
    if (!q->stack_assumed || step->assumed_count == TC_ASSUMED_MAX) return;
    snprintf(step->assumed[step->assumed_count++], sizeof step->assumed[0], "stack %.40s (usual on this accelerator)",
             q->stack.slug);
}

void tc_close(const tc_opened *opened, tc_step *step) {
    tc_interval_apply(opened->costs.q, step);
    step->assumed_count = opened->assumed_count;
    memcpy(step->assumed, opened->assumed, sizeof step->assumed);
    tc_assume_stack(opened->costs.q, step);
}

tc_code tc_forecast(const tc_question *q, tc_step *out, tc_error *error) {
    tc_opened opened;
    memset(out, 0, sizeof *out);
    tc_code code = tc_open(q, &opened, error);
    if (!code) code = tc_step_of(&opened.costs, out, error);
    if (!code) tc_close(&opened, out);
    return code;
}

/* interval.h - how far a forecast may be off: its 80 % interval and the evidence behind it.
 *
 * The intervals are quantiles of measured over forecast step time on published
 * runs whose source the fit had not seen (data/fitted/intervals.yaml, written by
 * `make fit`), by what was known of chip and stack at that time. */
#ifndef TC_STEP_INTERVAL_H
#define TC_STEP_INTERVAL_H

#include "catalog/catalog.h"

typedef enum tc_evidence {
    TC_EVIDENCE_CHIP_AND_STACK, /* measured runs of this chip and of this stack */
    TC_EVIDENCE_CHIP,           /* measured runs of this chip */
    TC_EVIDENCE_ARCHITECTURE,   /* measured runs of chips of its architecture, or kernels only */
    TC_EVIDENCE_DATASHEET,      /* none */
    TC_EVIDENCES
} tc_evidence;

typedef struct tc_interval {
    tc_evidence evidence;
    double p10, p90; /* factors on the step time; 0 where there is no fit */
    int runs;        /* that the quantiles rest on */
    double memory_p10, memory_p90; /* factors on the reserved memory; 0 */
} tc_interval;

const char *tc_evidence_name(tc_evidence evidence); /* "chip-and-stack" */
const char *tc_evidence_text(tc_evidence evidence); /* for people */

/* No error where the catalog holds no intervals: p10 and p90 are 0 then. */
TC_NODISCARD tc_code tc_interval_find(tc_catalog *catalog, const tc_accelerator *accelerator, const tc_stack *stack,
                                      const tc_model *model, tc_interval *out, tc_error *error);

/* Fills step_s_p10, step_s_p90, memory_p10 and memory_p90 of a forecast. */
void tc_interval_apply(const tc_interval *interval, tc_step *step);

#endif

/* interval.h - how far a forecast may be off: its 80 % interval and the evidence behind it.
 *
 * log(measured / forecast) on published runs whose source the fit had not seen, scaled by how difficult a
 * forecast is: s = exp(intercept + sum of coefficient x feature), the interval [exp(q10 s), exp(q90 s)].
 * Coefficients and quantiles: data/fitted/intervals.yaml, written by `make fit`. */
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
    double p10, p90;               /* factors on the step time; 0 where there is no fit */
    double memory_p10, memory_p90; /* factors on the reserved memory; 0 */
} tc_interval;

const char *tc_evidence_text(tc_evidence evidence); /* for people */

/* What makes a forecast difficult: whether runs of stack, chip and architecture were seen (0 or 1), whose chip, what kind of
 * model and format (0 or 1), and the shares of the step that communication, host and launches, memory traffic, attention
 * and the bubble take. */
enum { TC_INTERVAL_FEATURES = 13 };
extern const char *const tc_interval_feature_names[TC_INTERVAL_FEATURES];
void tc_interval_features(bool stack_seen, bool chip_seen, bool architecture_seen, const tc_job *job,
                          const tc_accelerator *accelerator, const tc_step *step, double out[TC_INTERVAL_FEATURES]);

/* The interval of a forecast. No error where the catalog holds none: p10 and p90 are 0 then. */
TC_NODISCARD tc_code tc_interval_find(tc_catalog *catalog, const tc_job *job, const tc_accelerator *accelerator,
                                      const tc_stack *stack, const tc_step *step, tc_interval *out, tc_error *error);

/* Finds it and fills step_s_p10, step_s_p90, memory_p10, memory_p90 and evidence of the forecast. */
TC_NODISCARD tc_code tc_interval_apply(tc_catalog *catalog, const tc_job *job, const tc_accelerator *accelerator,
                                       const tc_stack *stack, tc_step *step, tc_error *error);

#endif

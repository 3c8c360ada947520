/* parts.h - the seconds of a micro-batch and of a step by their parts (traincast_parts.h). */
#ifndef TC_STEP_PARTS_H
#define TC_STEP_PARTS_H

#include "traincast.h"

/* Seconds of one micro-batch, by cause; they add up. */
typedef struct tc_parts {
    TC_SLOT_PARTS(TC_BREAKDOWN_PART)
} tc_parts;

#define TC_PART_ONE(member, label, loss, bound, feature) +1
enum { TC_PARTS_OF_A_SLOT = TC_SLOT_PARTS(TC_PART_ONE) }; /* the first ones */

double tc_parts_sum(const tc_parts *p);
double tc_parts_busy(const tc_parts *p); /* without what is exposed of communication */
void tc_parts_add(tc_parts *sum, const tc_parts *p, double times);
double tc_breakdown_sum(const tc_breakdown *b);

/* What of a step makes its forecast difficult: the order of the intervals' features. */
typedef enum tc_part_feature {
    TC_FEATURE_NONE = -1,
    TC_FEATURE_PRODUCTS,
    TC_FEATURE_ATTENTION,
    TC_FEATURE_MEMORY,
    TC_FEATURE_HOST,
    TC_FEATURE_RECOMPUTE,
    TC_FEATURE_LAYER_EXCHANGE,
    TC_FEATURE_EXPERT_EXCHANGE,
    TC_FEATURE_PIPELINE,
    TC_FEATURE_DATA_EXCHANGE,
    TC_PART_FEATURES
} tc_part_feature;

typedef struct tc_part {
    const char *key, *label; /* in JSON; for people */
    const char *loss;        /* what is lost of it between peak and achieved */
    const char *bound;       /* what a step that is mostly this is bound by */
    tc_part_feature feature;
} tc_part;

extern const tc_part tc_part_of[TC_PARTS_ALL];

/* Part i: of a micro-batch, i < TC_PARTS_OF_A_SLOT; of a step. */
double tc_parts_seconds(const tc_parts *p, int i);
double tc_breakdown_seconds(const tc_breakdown *b, int i);

#endif

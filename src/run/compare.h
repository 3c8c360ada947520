/* compare.h - one job on different accelerators: step, devices needed, energy and price of a token. */
#ifndef TC_RUN_COMPARE_H
#define TC_RUN_COMPARE_H

#include "traincast.h"

typedef struct tc_comparison {
    tc_code code; /* of the step; where it failed, only question and error hold */
    tc_error error;
    tc_question question;
    tc_step step;
    int devices_to_fit;  /* the fewest that fit (see compare.c); 0: no number found */
    int sharding_to_fit; /* tc_sharding that this takes */
    bool run_known;      /* the run could be forecast */
    tc_run run;          /* of a long run of this step */
} tc_comparison;

/* economics: for energy and prices. */
void tc_compare(const tc_question *question, const tc_economics *economics, tc_comparison *out);

/* kWh of the installation for a million tokens; NaN if unknown. */
double tc_compare_kwh_per_million_tokens(const tc_comparison *comparison);

#endif

/* compare.h - one job on different accelerators: step, devices needed, energy and price of a token. */
#ifndef TC_RUN_COMPARE_H
#define TC_RUN_COMPARE_H

#include "traincast.h"

typedef struct tc_comparison {
    tc_code code; /* of the step; where it failed, only question and error hold */
    tc_error error;
    tc_question question;
    bool searched, usual;   /* the layout is the best that was found, of all or of usual ones */
    char assumed_batch[64]; /* where nobody gave the global batch: what it is; else "" */
    tc_found found;         /* of a search: devices, idle ones, what is expected; its step is below */
    tc_step step;           /* of a search: where nothing fits, that of the leanest layout */
    int devices_to_fit;     /* the fewest on which a layout fits (see compare.c); 0: no number found */
    int sharding_to_fit;    /* tc_sharding of one that does */
    char region[32];        /* of energy and prices */
    bool run_known;         /* the run could be forecast */
    tc_run run;             /* of a long run of this step */
} tc_comparison;

/* The best layout of the input, by time; or, without a search, the layout of its question. */
void tc_compare(const tc_search_input *input, bool search, tc_comparison *out);

/* A long run of its step, for energy and prices of a token; what it takes from elsewhere may be changed before it is made. */
tc_run_input tc_compare_run_input(const tc_comparison *comparison);
void tc_compare_run(tc_comparison *comparison, const tc_run_input *input, const tc_economics *economics);

/* kWh of the installation for a million tokens; NaN if unknown. */
double tc_compare_kwh_per_million_tokens(const tc_comparison *comparison);

#endif

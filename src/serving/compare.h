/* compare.h - a served model on different accelerators: what each does, and what each is good for. */
#ifndef TC_SERVING_COMPARE_H
#define TC_SERVING_COMPARE_H

#include "traincast_serving.h"

/* What stands out; bits. */
typedef enum tc_serving_merit {
    TC_MERIT_CHEAPEST = 1, /* of a token: owned, or rented where no price is known */
    TC_MERIT_MOST = 2,     /* output of a device within the objectives */
    TC_MERIT_FASTEST = 4,  /* of a user, at any batch */
    TC_MERIT_PREFILL = 8,  /* much better at prompts than at outputs, against the best of each */
    TC_MERIT_DECODE = 16,  /* the other way round */
    TC_MERIT_FRUGAL = 32   /* least energy of a token */
} tc_serving_merit;

typedef struct tc_serving_comparison {
    tc_serving_question question;
    tc_code code;
    tc_error error;
    bool found; /* a layout that fits and meets the objectives */
    tc_serving_answer best;
    double fastest_user_tokens_per_s;   /* of the front */
    double prefill_share, decode_share; /* of the best of all */
    unsigned merits;                    /* tc_serving_merit */
} tc_serving_comparison;

/* The best layout of each question within its objectives. Impossible ones have a code; only want of memory is an error. */
TC_NODISCARD tc_code tc_compare_serving(tc_serving_comparison *items, int count, tc_error *error);

/* What a million output tokens cost: owned, or rented where no price is known; NaN. */
double tc_serving_cost_of(const tc_serving_comparison *item);

#endif

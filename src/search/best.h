/* best.h - the best configurations so far: each kind once, in an order without ties.
 *
 * The result does not depend on the order in which configurations are offered, nor on how
 * lists are merged: every slot is the minimum under a total order. */
#ifndef TC_SEARCH_BEST_H
#define TC_SEARCH_BEST_H

#include <stdbool.h>
#include <stdint.h>

#define TC_TOP_MAX 160
#define TC_FRONT_BINS 256

typedef struct tc_key {
    uint64_t high, low;
} tc_key;

typedef struct tc_candidate {
    double value;  /* of the objective */
    double other;  /* what decides between equals: memory, or time where memory is the objective */
    uint64_t kind; /* of which one is listed */
    tc_key key;    /* which configuration it is; decides last */
} tc_candidate;

typedef struct tc_best_list {
    int top, count;
    double limit;                  /* nothing above it enters */
    tc_candidate item[TC_TOP_MAX]; /* ascending */
    tc_candidate least;            /* value: bytes; the least memory, fitting or not; other is HUGE_VAL: none yet */
    double ahead[TC_FRONT_BINS];   /* of a front: the fastest with at most so much memory */
    bool front;                    /* keep the fastest in each bin of memory */
    double bin_bytes;
    tc_candidate bin[TC_FRONT_BINS]; /* value: step time, other: bytes; value HUGE_VAL: empty */
} tc_best_list;

bool tc_candidate_before(const tc_candidate *a, const tc_candidate *b);

void tc_best_start(tc_best_list *list, int top, bool front, double capacity);
/* What a candidate must not exceed to enter. */
static inline double tc_best_threshold(const tc_best_list *list) {
    double last = list->count < list->top ? list->limit : list->item[list->count - 1].value;
    return last < list->limit ? last : list->limit;
}
void tc_best_offer(tc_best_list *list, const tc_candidate *candidate);
void tc_best_offer_bin(tc_best_list *list, const tc_candidate *candidate);
/* What a candidate of so many bytes must be faster than, to be on the front. */
double tc_best_front_threshold(const tc_best_list *list, double bytes);
void tc_best_merge(tc_best_list *into, const tc_best_list *from);

#endif

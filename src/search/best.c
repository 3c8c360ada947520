/* best.c - insertion into a short sorted list; one entry a kind. */
#include "search/best.h"

#include <math.h>
#include <string.h>

bool tc_candidate_before(const tc_candidate *a, const tc_candidate *b) {
    if (a->value != b->value) return a->value < b->value;
    if (a->other != b->other) return a->other < b->other;
    if (a->key.high != b->key.high) return a->key.high < b->key.high;
    return a->key.low < b->key.low;
}

void tc_best_start(tc_best_list *list, int top, bool front, double capacity) {
    memset(list, 0, sizeof *list);
    list->top = top < 1 ? 1 : top > TC_TOP_MAX ? TC_TOP_MAX : top;
    list->limit = HUGE_VAL;
    list->front = front;
    list->bin_bytes = capacity / TC_FRONT_BINS;
    list->least = (tc_candidate){HUGE_VAL, HUGE_VAL, 0, {0, 0}};
    for (int i = 0; i < TC_FRONT_BINS; i++) list->bin[i] = list->least, list->ahead[i] = HUGE_VAL;
}

void tc_best_offer(tc_best_list *list, const tc_candidate *c) {
    int at = 0;
    while (at < list->count && list->item[at].kind != c->kind) at++;
    if (at < list->count) {
        if (!tc_candidate_before(c, &list->item[at])) return;
    } else if (list->count < list->top) {
        list->count++;
    } else {
        at = list->count - 1;
        if (!tc_candidate_before(c, &list->item[at])) return;
    }
    for (; at > 0 && tc_candidate_before(c, &list->item[at - 1]); at--) list->item[at] = list->item[at - 1];
    list->item[at] = *c;
}

static int bin_of(const tc_best_list *list, double bytes) {
    double bin = bytes / list->bin_bytes;
    return bin < 0 ? 0 : bin < TC_FRONT_BINS ? (int)bin : TC_FRONT_BINS - 1;
}

static void take_bin(tc_best_list *list, int bin, const tc_candidate *c) {
    if (!tc_candidate_before(c, &list->bin[bin])) return;
    list->bin[bin] = *c;
    for (int i = bin; i < TC_FRONT_BINS && list->ahead[i] > c->value; i++) list->ahead[i] = c->value;
}

void tc_best_offer_bin(tc_best_list *list, const tc_candidate *c) { take_bin(list, bin_of(list, c->other), c); }

double tc_best_front_threshold(const tc_best_list *list, double bytes) { return list->ahead[bin_of(list, bytes)]; }

void tc_best_merge(tc_best_list *into, const tc_best_list *from) {
    for (int i = 0; i < from->count; i++) tc_best_offer(into, &from->item[i]);
    if (tc_candidate_before(&from->least, &into->least)) into->least = from->least;
    if (into->front)
        for (int i = 0; i < TC_FRONT_BINS; i++)
            if (from->bin[i].value < HUGE_VAL) take_bin(into, i, &from->bin[i]);
}

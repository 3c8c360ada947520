/* parts.c - sums and names of the parts, from their table. */
#include "step/parts.h"

#include <string.h>

#define FACTS(member, label, loss, bound, feature) {#member, label, label loss, bound, TC_FEATURE_##feature},
const tc_part tc_part_of[TC_PARTS_ALL] = {TC_PARTS(FACTS)};

_Static_assert(sizeof(tc_parts) == TC_PARTS_OF_A_SLOT * sizeof(double), "a double for each part");
_Static_assert(sizeof(tc_breakdown) == TC_PARTS_ALL * sizeof(double), "a double for each part");

#define PLUS(member, label, loss, bound, feature) +p->member
double tc_parts_sum(const tc_parts *p) { return TC_SLOT_PARTS(PLUS); }
double tc_breakdown_sum(const tc_breakdown *p) { return TC_PARTS(PLUS); }

#define ADD(member, label, loss, bound, feature) sum->member += times * p->member;
void tc_parts_add(tc_parts *sum, const tc_parts *p, double times) { TC_SLOT_PARTS(ADD) }

double tc_parts_busy(const tc_parts *p) {
    double sum = 0;
    for (int i = 0; i < TC_PARTS_OF_A_SLOT; i++) {
        tc_part_feature feature = tc_part_of[i].feature;
        if (feature != TC_FEATURE_LAYER_EXCHANGE && feature != TC_FEATURE_EXPERT_EXCHANGE)
            sum += tc_parts_seconds(p, i);
    }
    return sum;
}

double tc_parts_seconds(const tc_parts *p, int i) {
    double seconds;
    memcpy(&seconds, (const char *)p + (size_t)i * sizeof seconds, sizeof seconds);
    return seconds;
}

double tc_breakdown_seconds(const tc_breakdown *b, int i) {
    double seconds;
    memcpy(&seconds, (const char *)b + (size_t)i * sizeof seconds, sizeof seconds);
    return seconds;
}

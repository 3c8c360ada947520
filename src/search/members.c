/* members.c - what the members of a search may be. */
#include "search/members.h"

#include "base/error.h"
#include "layout/question_members.h"
#include "layout/members.h"

#define MOST_BATCH 1000000000

static const tc_member search[] = {
    TC_SIZE(tc_search_input),
    TC_STRUCT(tc_search_input, question, tc_question_members),
    TC_WORD(tc_search_input, objective, TC_OBJECTIVES - 1, "objective"),
    TC_SWITCH(tc_search_input, pareto),
    TC_SWITCH(tc_search_input, exhaustive),
    TC_SWITCH(tc_search_input, any),
    TC_INTEGER(tc_search_input, top, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_search_input, threads, 0, TC_MOST_DEGREE),
    TC_FIGURE(tc_search_input, max_memory_bytes),
    TC_FIGURE_IN(tc_search_input, fit, 0, 0.999999),
    TC_INTEGER(tc_search_input, schedules, INT32_MIN, INT32_MAX), /* bits; the search says which it cannot take */
    TC_WORD(tc_search_input, dtypes, (1 << TC_DTYPES) - 1, "set of formats"),
    TC_INTEGER(tc_search_input, most_global_batch, 0, MOST_BATCH),
    TC_INTEGER(tc_search_input, fewest_devices, 0, TC_MOST_DEGREE),
    TC_POINTER(tc_search_input, cache),
    TC_SWITCH(tc_search_input, usual),
    TC_SWITCH(tc_search_input, uncounted),
    TC_SWITCH(tc_search_input, first),
    TC_SWITCH(tc_search_input, all_devices),
    TC_INTEGER(tc_search_input, least_batch, 0, MOST_BATCH),
    TC_INTEGER(tc_search_input, most_batch, 0, MOST_BATCH),
    TC_FIGURE(tc_search_input, to_beat),
    TC_POINTER(tc_search_input, tell),
    TC_POINTER(tc_search_input, context),
    TC_POINTER(tc_search_input, weight),
    TC_POINTER(tc_search_input, weight_of),
    TC_FIGURE(tc_search_input, usd_per_device_s),
    TC_FIGURE(tc_search_input, watts_per_device),
    TC_STRUCT(tc_search_input, fixed, tc_layout_members),
    TC_INTEGER(tc_search_input, own_option, INT32_MIN, INT32_MAX), /* bits */
};

static tc_code check_search(const void *value, tc_error *error) {
    const tc_search_input *in = value;
    if (in->question.job.global_batch < 1 || in->question.job.global_batch > MOST_BATCH)
        return tc_fail(error, TC_INVALID, "question.job.global_batch", "%lld; a search needs one, 1 to %d",
                       (long long)in->question.job.global_batch, MOST_BATCH);
    if (in->question.cluster.others > 0)
        return tc_fail(error, TC_INVALID, "question.cluster.others", "%d; a search of one pool has none",
                       in->question.cluster.others);
    if (in->question.cluster.devices < 1)
        return tc_fail(error, TC_INVALID, "question.cluster.devices", "%d; a search needs 1 or more",
                       in->question.cluster.devices);
    return TC_OK;
}

const tc_members tc_search_input_members
    = TC_MEMBERS(tc_search_input, search, "tc_default_search_input()", check_search);

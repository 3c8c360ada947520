/* members.c - what the members of a question of serving may be. */
#include "serving/members.h"

#include "base/error.h"
#include "layout/question_members.h"
#include "run/members.h"
#include "workload/members.h"

#define LIKELY(member_) TC_FIGURE_IN(tc_serving_params, member_, 0, TC_MOST_FIGURE)

static const tc_member params[] = {
#define TC_SERVING_PARAM(name, ...) LIKELY(name),
#include "traincast_serving_params.h"
#undef TC_SERVING_PARAM
};
static const tc_members params_members = TC_MEMBERS(tc_serving_params, params, NULL, NULL);

static const tc_member engine[] = {
    TC_SIZE(tc_engine),
    TC_TEXT(tc_engine, slug),
    TC_TEXT(tc_engine, name),
    TC_TEXT(tc_engine, generation),
    TC_INTEGER(tc_engine, asked, 0, 100 * TC_MOST_YEAR + 99),
    TC_SWITCH(tc_engine, graphs),
    TC_SWITCH(tc_engine, continuous),
    TC_SWITCH(tc_engine, paged),
    TC_SWITCH(tc_engine, overlapped),
    TC_SWITCH(tc_engine, prefix_cache),
    TC_SWITCH(tc_engine, reserves_output),
    TC_SWITCH(tc_engine, unpacks),
    TC_SWITCH(tc_engine, expert_by_expert),
    TC_SWITCH(tc_engine, fuses_quantisation),
    TC_SWITCH(tc_engine, fuses_reductions),
    TC_INTEGER(tc_engine, chunk_tokens, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_engine, prompt_tokens, 1, TC_MOST_TOKENS),
    TC_INTEGER(tc_engine, most_requests, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_engine, graph_requests, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_engine, page_tokens, 1, TC_MOST_TOKENS),
    TC_INTEGER(tc_engine, sparse_heads, 0, 1024),
    TC_INTEGER(tc_engine, expert_rows, 0, 4096),
    TC_INTEGER(tc_engine, expert_rows_tp, 0, 1024),
    TC_INTEGER(tc_engine, poll_steps, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_engine, balance_steps, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_engine, ahead_steps, 0, 16),
    TC_STRUCT(tc_engine, params, params_members),
};
const tc_members tc_engine_members = TC_MEMBERS(tc_engine, engine, "tc_default_engine()", NULL);

#define MOST_LENGTH 1e9
#define MOST_REQUESTS 1e12

static const tc_member question[] = {
    TC_SIZE(tc_serving_question),
    TC_STRUCT(tc_serving_question, model, tc_model_members),
    TC_STRUCT(tc_serving_question, cluster, tc_cluster_members),
    TC_STRUCT(tc_serving_question, engine, tc_engine_members),
    TC_SWITCH(tc_serving_question, engine_assumed),
    TC_INTEGER_OR_UNSET(tc_serving_question, tp, 1, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_serving_question, pp, 1, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_serving_question, ep, 1, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_serving_question, dp, 1, TC_MOST_DEGREE),
    TC_WORD_OR_UNSET(tc_serving_question, weights, TC_WEIGHT_FORMAT_COUNT - 1, "format of weights"),
    TC_WORD_OR_UNSET(tc_serving_question, kv, TC_DTYPES - 1, "format"),
    TC_FIGURE_OR_UNSET(tc_serving_question, input_tokens),
    TC_FIGURE_OR_UNSET(tc_serving_question, output_tokens),
    TC_FIGURE_OR_UNSET(tc_serving_question, input_scv),
    TC_FIGURE_OR_UNSET(tc_serving_question, output_scv),
    TC_FIGURE_OR_UNSET(tc_serving_question, arrival_scv),
    TC_FIGURE_IN(tc_serving_question, cached_share, 0, 1),
    TC_FIGURE_OR_UNSET(tc_serving_question, concurrency),
    TC_FIGURE_OR_UNSET(tc_serving_question, rate),
    TC_FIGURE_OR_UNSET(tc_serving_question, ttft_s),
    TC_FIGURE_OR_UNSET(tc_serving_question, tpot_s),
    TC_WORD(tc_serving_question, phase, TC_PHASES - 1, "phase"),
    TC_INTEGER_OR_UNSET(tc_serving_question, chunk_tokens, 0, TC_MOST_TOKENS),
    TC_INTEGER(tc_serving_question, draft_tokens, 0, 64),
    TC_FIGURE_OR_UNSET(tc_serving_question, accepted_tokens),
    TC_FIGURE_OR_UNSET(tc_serving_question, draft_share),
    TC_INTEGER(tc_serving_question, prefill_devices, 0, TC_MOST_DEGREE),
    TC_FIGURE_OR_UNSET(tc_serving_question, price_usd),
    TC_FIGURE_OR_UNSET(tc_serving_question, rental_usd_per_h),
    TC_POINTER(tc_serving_question, economics),
};

/* A cache that is full has nothing left to prefill but the last token. */
static tc_code check_question(const void *value, tc_error *error) {
    const tc_serving_question *q = value;
    const double lengths[] = {q->input_tokens, q->output_tokens};
    for (int i = 0; i < 2; i++)
        if (lengths[i] > MOST_LENGTH || (lengths[i] >= 0 && lengths[i] < 1))
            return tc_fail(error, TC_INVALID, i ? "output_tokens" : "input_tokens",
                           "is %g; lengths are from 1 to 1e9 tokens", lengths[i]);
    if (q->concurrency > MOST_REQUESTS || q->rate > MOST_REQUESTS)
        return tc_fail(error, TC_INVALID, q->rate > MOST_REQUESTS ? "rate" : "concurrency",
                       "is beyond what is served anywhere; give at most 1e12");
    if (q->concurrency >= 0 && q->rate >= 0)
        return tc_fail(error, TC_INVALID, "rate", "and a concurrency are two loads; give one of them");
    if (q->accepted_tokens >= 0 && (q->accepted_tokens < 1 || q->accepted_tokens > 1 + q->draft_tokens))
        return tc_fail(error, TC_INVALID, "accepted_tokens",
                       "is not from 1 to 1 + draft_tokens; a step yields its own token and those accepted");
    return TC_OK;
}

const tc_members tc_serving_question_members
    = TC_MEMBERS(tc_serving_question, question, "tc_default_serving_question()", check_question);

static const tc_member traffic[] = {
    TC_SIZE(tc_traffic),
    TC_INTEGER(tc_traffic, requests, 1, 1000000000),
    TC_SWITCH(tc_traffic, whole),
    TC_SWITCH(tc_traffic, uniform),
    TC_INTEGER(tc_traffic, seed, -9e18, 9e18),
    TC_FIGURE_IN(tc_traffic, arrival_cv, 0, 100),
    TC_WORD(tc_traffic, router, TC_ROUTERS - 1, "router"),
    TC_POINTER(tc_traffic, trace),
    TC_INTEGER(tc_traffic, trace_count, 0, 1000000000),
};
const tc_members tc_traffic_members = TC_MEMBERS(tc_traffic, traffic, "tc_default_traffic()", NULL);

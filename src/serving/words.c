/* words.c - the vocabularies of serving, the table of its parameters, and what callers start from. */
#include "traincast.h"

#define WEIGHT_WORD(id, word, bits, experts, products) word,
const char *const tc_weight_format_names[TC_WEIGHT_FORMAT_COUNT + 1] = {TC_WEIGHT_FORMATS(WEIGHT_WORD) NULL};
const char *const tc_serving_phase_names[TC_PHASES + 1] = {"mixed", "offline", "static", "prefill", "decode", NULL};
const char *const tc_serving_bound_names[TC_SERVING_BOUNDS + 1]
    = {"weights", "kv", "compute", "communication", "launches", "queue", NULL};

const char *const tc_serving_goal_names[TC_GOALS + 1] = {"rate", "devices", "cost", "energy", NULL};

enum { FRACTION, POSITIVE, SHARE, FIGURE }; /* links of the table */

static const tc_serving_parameter parameters[] = {
#define TC_SERVING_PARAM(name, key, owner, dimension, link, least, low, high, text)                                    \
    {#name,                                                                                                            \
     key,                                                                                                              \
     text,                                                                                                             \
     TC_SERVING_##owner,                                                                                               \
     (link) == FRACTION,                                                                                               \
     (link) == FRACTION || (link) == POSITIVE,                                                                         \
     low,                                                                                                              \
     high,                                                                                                             \
     offsetof(tc_serving_params, name)},
#include "traincast_serving_params.h"
#undef TC_SERVING_PARAM
};

const tc_serving_parameter *tc_serving_parameters(int *count) {
    *count = (int)(sizeof parameters / sizeof parameters[0]);
    return parameters;
}

tc_engine tc_default_engine(void) {
    return (tc_engine){.size = sizeof(tc_engine),
                       .graphs = true,
                       .continuous = true,
                       .paged = true,
                       .unpacks = true,
                       .chunk_tokens = 2048,
                       .prompt_tokens = 8192,
                       .page_tokens = 16};
}

tc_serving_question tc_default_serving_question(void) {
    return (tc_serving_question){.size = sizeof(tc_serving_question),
                                 .model = tc_default_model(),
                                 .cluster = tc_default_cluster(),
                                 .engine = tc_default_engine(),
                                 .tp = TC_UNSET,
                                 .pp = TC_UNSET,
                                 .ep = TC_UNSET,
                                 .dp = TC_UNSET,
                                 .weights = TC_UNSET,
                                 .kv = TC_UNSET,
                                 .input_tokens = TC_UNSET,
                                 .output_tokens = TC_UNSET,
                                 .input_scv = TC_UNSET,
                                 .output_scv = TC_UNSET,
                                 .arrival_scv = TC_UNSET,
                                 .concurrency = TC_UNSET,
                                 .rate = TC_UNSET,
                                 .ttft_s = TC_UNSET,
                                 .tpot_s = TC_UNSET,
                                 .chunk_tokens = TC_UNSET,
                                 .accepted_tokens = TC_UNSET,
                                 .draft_share = TC_UNSET,
                                 .price_usd = TC_UNSET,
                                 .rental_usd_per_h = TC_UNSET};
}

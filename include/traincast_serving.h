/* traincast_serving.h - chapter of traincast.h: what a served model takes: time to the first token, time per output token,
 * throughput, memory, money and energy of a number of devices under a load.
 *
 * A replica is pp stages of tp ranks; replicas whose attention stands alone (dp) may share the experts of a mixture (ep).
 * Rates and the concurrency are those of all devices together.
 * Example: docs/examples/c/serving.c. */
#ifndef TRAINCAST_SERVING_H
#define TRAINCAST_SERVING_H

#include "traincast.h"

/* Who owns a parameter: traincast_serving_params.h. */
typedef enum tc_serving_owner { TC_SERVING_DEVICE, TC_SERVING_ENGINE, TC_SERVING_ERRORS } tc_serving_owner;

typedef struct tc_serving_params {
#define TC_SERVING_PARAM(name, ...) double name;
#include "traincast_serving_params.h"
#undef TC_SERVING_PARAM
} tc_serving_params;

/* A row of the table, for who fits or prints them. */
typedef struct tc_serving_parameter {
    const char *name, *key, *text;
    tc_serving_owner owner;
    bool fraction, fitted; /* fraction: fitted in logits, else in logs */
    double low, high;
    size_t offset; /* of the double in tc_serving_params */
} tc_serving_parameter;

/* All of them, in the table's order; *count: how many. */
TC_API const tc_serving_parameter *tc_serving_parameters(int *count);

/* Formats of weights: ROW(ID, word, bits of an element with its scales, experts alone, format of the products).
 * Embedding, head, norms and router stay in 16 bit. */
/* clang-format off */
#define TC_WEIGHT_FORMATS(ROW) \
    ROW(BF16, "bf16", 16, false, TC_BF16) \
    ROW(FP16, "fp16", 16, false, TC_FP16) \
    ROW(FP32, "fp32", 32, false, TC_TF32) \
    ROW(FP8, "fp8", 8, false, TC_FP8) \
    ROW(W8A8, "w8a8", 8, false, TC_INT8) \
    ROW(INT8, "int8", 8, false, TC_BF16) /* of weights alone */ \
    ROW(W8A16, "w8a16", 8, false, TC_BF16) \
    ROW(INT4, "int4", 4.25, false, TC_BF16) /* AWQ, GPTQ: groups of 64 to 128 with a 16-bit scale */ \
    ROW(W4A16, "w4a16", 4.25, false, TC_BF16) \
    ROW(W4A8, "w4a8", 4.25, false, TC_INT8) \
    ROW(NVFP4, "nvfp4", 4.5, false, TC_NVFP4) \
    ROW(FP4, "fp4", 4.5, false, TC_NVFP4) \
    ROW(NVFP4_EXPERTS, "nvfp4-experts", 4.5, true, TC_NVFP4) \
    ROW(MXFP4, "mxfp4", 4.25, true, TC_NVFP4)
/* clang-format on */
#define TC_WEIGHT_ID(id, word, bits, experts, products) TC_WEIGHTS_##id,
typedef enum tc_weight_format { TC_WEIGHT_FORMATS(TC_WEIGHT_ID) TC_WEIGHT_FORMAT_COUNT } tc_weight_format;
TC_API extern const char *const tc_weight_format_names[TC_WEIGHT_FORMAT_COUNT + 1];

/* A program that serves, at a date, on an architecture. */
typedef struct tc_engine {
    size_t size;
    char slug[64], name[96];
    char generation[32]; /* whose parameters are one: "vllm-v1" */
    int asked;           /* year x 100 + month that was asked for; 0: the newest */
    bool graphs;         /* decode steps are replayed as graphs; else the host issues each kernel */
    bool continuous;     /* requests join and leave at every step; else batches start and end together */
    bool paged;          /* keys and values in pages; else a request holds its longest context from the start */
    bool overlapped;     /* the host prepares a step while the device runs the one before */
    bool prefix_cache;
    bool reserves_output;  /* a request begins only where its whole output has room: none is preempted */
    bool expert_by_expert; /* a product of experts that are unpacked to 16 bit is a kernel for each; else one for all */
    /* Norms, activations and attention write inputs of 8- and 4-bit products in that format; else kernels of their own do. */
    bool fuses_quantisation;
    bool fuses_reductions; /* an all-reduce of tensor parallelism adds the residual and norms: a kernel less for each */
    bool unpacks;          /* weights in a format that the device has no products in: to 16 bit, in its kernels */
    int chunk_tokens;      /* of prompts in a step that decodes too; 0: prompts have steps of their own */
    int prompt_tokens;     /* of prompts in a step of their own, at most */
    int most_requests;     /* of a replica at once */
    int graph_requests;    /* with more that decode, a step is not replayed as a graph; 0: always */
    int page_tokens;
    int sparse_heads; /* heads that kernels which attend to chosen keys fill a rank's up to a multiple of; 0: as others */
    int expert_rows; /* that kernels of 8-bit experts compute for each expert of a rank, whether tokens came to it or not; 0: as they come */
    int expert_rows_tp; /* they do so on fewer tensor-parallel ranks than this; 0: on any number */
    int poll_steps;     /* decode steps between two looks for new requests; at most 1: each */
    int balance_steps; /* decode steps that a prompt waits at most until each replica that shares its experts has one; 0: none */
    int ahead_steps; /* launched before the results of the step that runs are known: a new prompt begins behind them */
    tc_serving_params params;
} tc_engine;

typedef enum tc_serving_phase {
    TC_PHASE_MIXED,   /* requests come and go */
    TC_PHASE_OFFLINE, /* all are there from the start: throughput alone counts */
    TC_PHASE_STATIC,  /* a batch of `concurrency` is prefilled, then decoded together */
    TC_PHASE_PREFILL, /* prompts alone */
    TC_PHASE_DECODE,  /* outputs alone: prompts are there */
    TC_PHASES
} tc_serving_phase;
TC_API extern const char *const tc_serving_phase_names[TC_PHASES + 1];

typedef struct tc_serving_question {
    size_t size;
    tc_model model;
    tc_cluster cluster;
    tc_engine engine;
    bool engine_assumed;
    int tp, pp, ep, dp;                        /* TC_UNSET: chosen; dp x tp x pp of all devices */
    int weights;                               /* tc_weight_format; TC_UNSET: as the checkpoint has them */
    int kv;                                    /* tc_dtype; TC_UNSET: 16 bit */
    double input_tokens, output_tokens;        /* means; TC_UNSET: those of a chat service */
    double input_scv, output_scv, arrival_scv; /* squared coefficients of variation; TC_UNSET: as in traces of chats */
    double cached_share;                       /* of the input, found in the prefix cache */
    double concurrency;                        /* requests in the system, waiting ones included; TC_UNSET */
    double rate;                               /* requests/s that arrive; TC_UNSET */
    double ttft_s, tpot_s;                     /* objectives, of the p95; TC_UNSET: none */
    int phase;                                 /* tc_serving_phase */
    int chunk_tokens;                          /* of prompts in a decode step, 0: none; TC_UNSET: the engine's */
    int draft_tokens;                          /* speculated a step; 0: none */
    double accepted_tokens;                    /* that a step yields, its own included; TC_UNSET: by draft_tokens */
    double draft_share;                        /* time of a draft relative to a step; TC_UNSET: a layer and the head */
    int prefill_devices;                       /* of the devices, that prefill alone; 0: all do both */
    double price_usd, rental_usd_per_h;        /* of a package; TC_UNSET: the accelerator's */
    const tc_economics *economics;             /* NULL: no money; not owned */
} tc_serving_question;

TC_API tc_serving_question tc_default_serving_question(void);
TC_API tc_engine tc_default_engine(void);

/* The format of the weights: the question's; where it is unset that of the model's checkpoint (`stored`), if the device has products in it or
 * the engine unpacks it, else 16 bit. */
TC_API int tc_serving_weights(const tc_serving_question *question);

/* What a step waits for. */
typedef enum tc_serving_bound {
    TC_SERVING_WEIGHTS, /* reading weights */
    TC_SERVING_KV,      /* reading keys and values, or no room for more of them */
    TC_SERVING_COMPUTE,
    TC_SERVING_COMMUNICATION,
    TC_SERVING_LAUNCHES, /* kernels and host */
    TC_SERVING_QUEUE,    /* requests wait for others */
    TC_SERVING_BOUNDS
} tc_serving_bound;
TC_API extern const char *const tc_serving_bound_names[TC_SERVING_BOUNDS + 1];

/* Seconds of a step, by what they go to; they sum to the step. */
typedef struct tc_serving_parts {
    double weights, kv, compute, communication, launches, host;
} tc_serving_parts;

typedef struct tc_serving_ends {
    double output_tokens_per_s, ttft_s, tpot_s, e2e_s;
} tc_serving_ends;

#define TC_SERVING_ASSUMED_MAX 24

/* NaN: not known, or no answer to this question (the TPOT of a prefill). */
typedef struct tc_serving_answer {
    double input_tokens, output_tokens;     /* of a request in the mean: the question's, or a chat service's */
    double prefill_tokens_per_s_per_device; /* uncached, while it prefills, of a device that does */
    double decode_tokens_per_s_per_device;  /* while it decodes at the running batch */
    double output_tokens_per_s, total_tokens_per_s, requests_per_s; /* of all devices; total: input and output */
    double ttft_s, ttft_s_p95, tpot_s, tpot_s_p95, e2e_s;
    double concurrency;               /* requests in the system */
    double running;                   /* of them, that decode at once */
    double batch;                     /* of a replica */
    double decode_step_s, prefill_s;  /* a step of that batch without prompts; the prefill of a request alone */
    tc_serving_parts decode, prefill; /* of these */
    double kv_bytes_per_token;        /* of the whole model, without copies, at the mean context */
    double kv_tokens;                 /* room for, of all devices */
    double kv_share;                  /* of it, that the running requests use */
    double most_requests;             /* that fit at once */
    double weight_bytes, kv_bytes, other_bytes, memory_bytes; /* of the fullest device */
    double memory_limit_bytes;
    double utilisation;     /* of the time, that it works: 1 where requests wait */
    double bandwidth_share; /* of the datasheet's, in a decode step */
    double mfu;             /* of the 16-bit peak, over prefill and decode */
    double accepted_tokens; /* of a step */
    double kv_transfer_s;   /* of a request, disaggregated */
    double power_w;         /* of the devices */
    double energy_j_per_token;
    double owned_usd_per_m_tokens, rented_usd_per_m_tokens; /* of output tokens */
    tc_serving_ends p10, p90;
    tc_serving_bound bound;
    bool fits;
    bool meets; /* the objectives */
    int devices, tp, pp, ep, dp, prefill_devices;
    int assumed_count;
    char assumed[TC_SERVING_ASSUMED_MAX][112];
} tc_serving_answer;

/* TC_INVALID with an option as place where degrees do not divide or a format has no rate. What does not fit is no error. */
TC_API TC_NODISCARD tc_code tc_infer(const tc_serving_question *question, tc_serving_answer *out, tc_error *error);

/* ---- the best of many layouts -------------------------------------------------------------------------- */

/* What is best. With a load (a rate or a concurrency) devices, cost and energy take the fewest replicas that bear it within
 * the objectives, up to all devices; the rate is the most that all devices serve. */
typedef enum tc_serving_goal {
    TC_GOAL_RATE,
    TC_GOAL_DEVICES,
    TC_GOAL_COST, /* of a token: owned, or rented where no price is known */
    TC_GOAL_ENERGY /* of a token */,
    TC_GOALS
} tc_serving_goal;
TC_API extern const char *const tc_serving_goal_names[TC_GOALS + 1];

#define TC_SERVING_BEST 16
#define TC_SERVING_FRONT 48

/* A layout at a batch: what a user gets, and what a device yields. */
typedef struct tc_serving_point {
    double user_tokens_per_s, device_tokens_per_s;
    double batch, ttft_s;
    int tp, pp, ep;
    bool disaggregated; /* prompts on devices of their own, as many as it takes */
} tc_serving_point;

typedef struct tc_serving_search {
    int tried;     /* layouts */
    int evaluated; /* forecasts */
    int count;     /* of best */
    int points;    /* of the front: no other layout is better in both, fastest user first */
    tc_serving_answer best[TC_SERVING_BEST];
    tc_serving_point front[TC_SERVING_FRONT];
} tc_serving_search;

/* Degrees and the split of the question that are unset are searched, the others stay. count 0: nothing fits and meets the objectives. */
TC_API TC_NODISCARD tc_code tc_infer_search(const tc_serving_question *question, tc_serving_goal goal,
                                            tc_serving_search *out, tc_error *error);

/* ---- requests one by one --------------------------------------------------------------------------------- */

typedef struct tc_request {
    double at_s, input_tokens, output_tokens;
} tc_request;

/* Which replica a request goes to. */
typedef enum tc_router {
    TC_ROUTER_ROUND_ROBIN, /* in turn */
    TC_ROUTER_LEAST,       /* that has the fewest */
    TC_ROUTERS
} tc_router;

/* Requests that are simulated: at the question's rate, or so many clients at its concurrency, with its lengths; or a trace. */
typedef struct tc_traffic {
    size_t size;
    int64_t requests; /* the first tenth warms up and is not counted */
    bool whole;       /* all are counted, from the first that comes to the last that ends: a test */
    bool
        uniform; /* what varies by up to 0.58 of its mean is uniform about it, as benchmarks draw lengths; else gamma */
    int64_t seed;
    double arrival_cv;       /* coefficient of variation of the gaps: 1 Poisson, more: bursts, 0: a clock */
    int router;              /* tc_router */
    const tc_request *trace; /* in the order of arrival, again from its begin where it ends; NULL; not owned */
    int64_t trace_count;
} tc_traffic;

TC_API tc_traffic tc_default_traffic(void);

typedef struct tc_quantiles {
    double mean, p50, p90, p95, p99;
} tc_quantiles;

typedef struct tc_simulated {
    int64_t requests, preemptions;              /* preemptions: of a request by a full cache */
    double seconds;                             /* that the requests took */
    double requests_per_s, output_tokens_per_s; /* of all devices, after the warm-up */
    tc_quantiles ttft, tpot, e2e;               /* s */
} tc_simulated;

/* The layout is the question's, or the one that tc_infer chooses. */
TC_API TC_NODISCARD tc_code tc_simulate_requests(const tc_serving_question *question, const tc_traffic *traffic,
                                                 tc_simulated *out, tc_error *error);

/* A trace in a published form: CSV whose head names a time and tokens (Azure: TIMESTAMP,ContextTokens,GeneratedTokens; BurstGPT:
 * Timestamp,Model,Request tokens,Response tokens), or JSON Lines (Mooncake: timestamp in ms, input_length, output_length). The first
 * request comes at 0. *out is freed by the caller with free(). */
TC_API TC_NODISCARD tc_code tc_trace_read(const char *path, const char *text, size_t length, tc_request **out,
                                          int64_t *count, tc_error *error);

/* "vllm@2025-06": the engine as it was in that month, with its parameters on the accelerator's architecture. */
TC_API TC_NODISCARD tc_code tc_catalog_engine(tc_catalog *c, const char *slug_or_path,
                                              const tc_accelerator *accelerator, tc_engine *out, tc_error *e);

#include "traincast_rl.h" /* the next chapter: its questions hold one of this */

#endif

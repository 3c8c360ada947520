/* served.h - published serving measurements, one JSON object a line, as plain structs.
 *
 * The format is described in data/serving/README.md; a row is known by its `phase`. What a source does not state stays unset, as in
 * published.h. Keys that are not read here are ignored.
 *
 * How the fields are meant, where their name leaves it open:
 * - `devices` are schedulable devices of `accelerator` (dies, cores where the software sees those); rates are of all of them together.
 * - lengths are means over requests, of `derived` where the row's own are nominal; `concurrency` and `batch` are of the whole system.
 * - tp, ep, dp of a disaggregated system are those of one decode worker.
 */
#ifndef TC_VALIDATE_SERVED_H
#define TC_VALIDATE_SERVED_H

#include <jansson.h>

#include "base/arena.h"
#include "base/json.h"

typedef enum tc_served_phase {
    TC_SERVED_MIXED,
    TC_SERVED_OFFLINE,
    TC_SERVED_PREFILL,
    TC_SERVED_DECODE,
    TC_SERVED_PHASES
} tc_served_phase;

/* What a row states of its model; 0 where it does not, "" of texts. */
typedef struct tc_served_model {
    const char *name, *attention; /* attention: "gqa", "mla", ... */
    double parameters;            /* all weights */
    int layers, hidden, heads, kv_heads, head_dim, ffn, vocab;
    int experts, experts_per_token, expert_ffn, shared_ffn; /* shared_ffn: total width */
    int q_rank, kv_rank, nope_dim, rope_dim, v_dim;
} tc_served_model;

/* How requests come. */
typedef enum tc_served_load {
    TC_LOAD_CLOSED, /* a fixed number of clients, each with one request at a time */
    TC_LOAD_OPEN,   /* at a rate */
    TC_LOAD_STATIC, /* one batch, prefilled together, decoded to its end */
    TC_LOAD_BURST,  /* so many at once and no more */
    TC_LOAD_QUEUED, /* all at once, more than run together */
    TC_SERVED_LOADS
} tc_served_load;

typedef enum tc_served_statistic {
    TC_STATISTIC_UNSTATED,
    TC_STATISTIC_MEAN,
    TC_STATISTIC_MEDIAN,
    TC_STATISTIC_MEDIAN_GAP, /* of the times between tokens of all requests, one by one: of the steps */
    TC_STATISTIC_P99
} tc_served_statistic;

/* What a row measures. */
typedef enum tc_served_metric {
    TC_SERVED_TPOT_MS,
    TC_SERVED_TTFT_MS,
    TC_SERVED_OUTPUT_TOKENS_PER_S,
    TC_SERVED_TOTAL_TOKENS_PER_S,
    TC_SERVED_REQUESTS_PER_S,
    TC_SERVED_INPUT_TOKENS_PER_S,
    TC_SERVED_E2E_MS,
    TC_SERVED_METRICS
} tc_served_metric;

/* Workers of a disaggregated system; 0: not stated. */
typedef struct tc_served_workers {
    int prefill, prefill_devices, decode, decode_devices;
    int prefill_tp,
        prefill_ep; /* of a worker that prefills; else its tensor parallelism and its experts span all its devices */
} tc_served_workers;

typedef struct tc_served_row {
    int line;
    const char *refused;                    /* why the row cannot be used, "FILE:LINE: field: ..."; NULL */
    const char *id, *group, *source_family; /* never NULL */
    const char *quality;                    /* a flag: reported apart, not counted; NULL */
    int date;                               /* year x 100 + month; month 0: not stated; 0 */
    const char *accelerator;                /* NULL */
    int devices;                            /* 0 */
    const char *framework, *release;        /* NULL */
    tc_served_model model;
    const char *weight_dtype, *kv_dtype; /* in the source's words; NULL */
    int tp, pp, ep, dp;                  /* TC_UNSET */
    tc_served_phase phase;
    tc_served_load load;
    double input_len, output_len; /* 0 */
    double concurrency, rate;     /* requests, or of a static batch its sequences; requests/s; 0 */
    double requests;              /* of the whole test; 0 */
    int most_requests;            /* that an instance runs at once, as its engine was set; 0 */
    int graph_requests;           /* up to which its steps were replayed as graphs; 0: as the engine does */
    double length_cv;             /* of the lengths of its requests: standard deviation over mean */
    double cached_share;          /* of the input, found in a prefix cache; NaN where not stated */
    const char *speculative;      /* "none": off; NULL */
    int drafts;                   /* tokens proposed a step; 0 */
    double accepted;              /* tokens a step yields; 0 */
    double accept_rate;           /* share of the proposed tokens that are accepted; 0 */
    int disaggregated;            /* 0, 1, TC_UNSET */
    tc_served_workers workers;
    double measured[TC_SERVED_METRICS]; /* 0 */
    tc_served_statistic ttft_statistic, tpot_statistic;
    const char *notes; /* "" */
} tc_served_row;

/* "tpot_ms", ... */
const char *tc_served_metric_name(tc_served_metric metric);

/* Whether a line is a serving row: an object with a `phase`. */
bool tc_served_is(const json_t *object);

/* Reads a row from its JSON object; wrong fields are errors of the document. */
void tc_served_read(const tc_json *row, tc_arena *arena, tc_served_row *out);

#endif

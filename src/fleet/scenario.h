/* scenario.h - a fleet, what it serves and what it shall train, over the calendar.
 *
 * The file: data/scenarios/SLUG.yaml; the manual has the table of its keys. A figure
 * whose source is `assumed` is an assumption of the scenario: every report lists it. */
#ifndef TC_FLEET_SCENARIO_H
#define TC_FLEET_SCENARIO_H

#include "base/arena.h"
#include "catalog/document.h"
#include "run/run.h"

#define TC_SCENARIO_POOLS 16
#define TC_SCENARIO_DELIVERIES 96
#define TC_SCENARIO_SERVINGS 8
#define TC_SCENARIO_JOBS 16
#define TC_SCENARIO_CANDIDATES 8

typedef struct tc_delivery {
    int32_t day;
    int devices; /* that arrive, not in all */
} tc_delivery;

/* As the file has it: one delivery, or one every month. */
typedef struct tc_delivery_line {
    char date[16], from[16], until[16];
    int every;        /* 0: month; -1: a single one */
    int devices;      /* of each */
    int first, count; /* in the pool's deliveries */
} tc_delivery_line;

typedef struct tc_scenario_pool {
    char name[48], accelerator[160], fabric[160], stack[160], region[32];
    int rented;                                 /* ownership: 0 owned, 1 rented */
    double price_usd, rental_usd_per_h, mtbf_s; /* of a package; TC_UNSET: the accelerator's */
    char until_date[16];
    int32_t until; /* first day without the pool; INT32_MAX = stays */
    int lines, deliveries;
    tc_delivery_line line[TC_SCENARIO_DELIVERIES];
    tc_delivery delivery[TC_SCENARIO_DELIVERIES];
    tc_cluster cluster; /* resolved; devices 0 */
    tc_stack software;
    tc_economics economics;
} tc_scenario_pool;

/* Devices kept for serving: given, or from the demand. Prefill and decode rates are per device. */
typedef struct tc_scenario_serving {
    char name[48], pool_name[48];
    int pool;
    int devices_given; /* 0: from the demand */
    double monthly_users, daily_share, turns_per_day;
    double tokens_in, cached_share, tokens_out; /* per turn */
    double peak_factor, prefill_tokens_per_s, decode_tokens_per_s, utilisation;
    /* derived */
    int devices;
    double peak_prefill_tokens_per_s, peak_decode_tokens_per_s;
} tc_scenario_serving;

typedef struct tc_scenario_candidate {
    char name[48], model_slug[160];
    int seq;          /* TC_UNSET: the model's */
    int global_batch; /* sequences */
    int dtype;
    bool dtype_default;                  /* none given: bf16 */
    double tokens, tokens_per_parameter; /* one of the two; the other TC_UNSET */
    tc_model *model;                     /* resolved, in the scenario's arena */
    double parameters, active_parameters;
} tc_scenario_candidate;

typedef struct tc_scenario_job {
    char name[48], after[48], not_before_date[16], deadline_date[16];
    int after_job;                /* -1 none */
    int32_t not_before, deadline; /* INT32_MIN, INT32_MAX: none */
    int candidates;
    tc_scenario_candidate candidate[TC_SCENARIO_CANDIDATES]; /* in the order of preference */
} tc_scenario_job;

typedef struct tc_scenario {
    char slug[64], name[128], story[1600], start_date[16];
    int32_t start;
    double bring_up_s, ablation_share, evaluation_share;
    int pools, servings, jobs;
    tc_scenario_pool pool[TC_SCENARIO_POOLS];
    tc_scenario_serving serving[TC_SCENARIO_SERVINGS];
    tc_scenario_job job[TC_SCENARIO_JOBS];
    int assumptions;
    const char **assumption; /* "pools[0].deliveries[1].devices 4,300: note" */
    tc_arena arena;
} tc_scenario;

/* Reads the file's values and checks them; nothing of the catalog is needed. Zero-initialise; the
 * caller frees with tc_scenario_free, also after an error. */
TC_NODISCARD tc_code tc_scenario_read(const tc_document *document, tc_scenario *out, tc_error *error);

/* Finds what it names: accelerators, fabrics, stacks, models, regions. Errors have the place in the file. */
TC_NODISCARD tc_code tc_scenario_resolve(const tc_document *document, tc_catalog *catalog, tc_scenario *scenario,
                                         tc_error *error);

/* Both, by slug or file. The scenario is large: allocate it. */
TC_API TC_NODISCARD tc_code tc_scenario_load(tc_catalog *catalog, const char *slug_or_path, tc_scenario **out,
                                             tc_error *error);
TC_API void tc_scenario_free(tc_scenario *scenario);

#endif

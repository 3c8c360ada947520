/* format.c - the keys of a scenario's file, where their values go, and what an element is before its keys are read. */
#include "fleet/format.h"

#include "base/vocabulary.h"
#include "run/economics.h"
#include "run/risks.h"
#include "traincast.h"
#include "traincast_serving.h"

static const char *const ownerships[] = {"owned", "rented", NULL};
static const char *const choices[] = {"first", "capability", NULL};
static const char *const periods[] = {"month", "week", NULL};
static const char *const forms[] = {"any", "data", "pipeline", "no", NULL};
static const char *const failure_policies[] = {"spare", "wait", "shrink", NULL};

#define TEXT(where, needed, type_of, member) TC_PATH_TEXT(where, type_of, member, .need = needed)
#define SWITCH(where, type_of, member) TC_PATH(where, BOOLEAN, type_of, member)
#define COUNT(where, type_of, member, low, high) TC_PATH_IN(where, INTEGER, type_of, member, low, high)
/* Figures may go without a source: they are the user's own. */
#define FIGURE_OF(kind, where, unit, needed, type_of, member, low, high)                                               \
    TC_PATH_IN(where, kind, type_of, member, low, high, .dimension = unit, .need = needed, .own_figure = true)
#define FIGURE(where, unit, needed, type_of, member, low, high)                                                        \
    FIGURE_OF(NUMBER, where, unit, needed, type_of, member, low, high)
#define LIST(where, needed, type_of, member, counted, least, most, schema_of, starts)                                  \
    TC_PATH_LIST(where, type_of, member, counted, least, most, schema_of, .need = needed, .grown = true,               \
                 .start = starts)
#define MOST 1e7 /* devices */

/* ---- pools ------------------------------------------------------------------------- */

static const tc_field delivery_fields[] = {
    TEXT("date", TC_NEED_NEVER, tc_delivery_line, date),
    TC_PATH_WORD("every", tc_delivery_line, every, periods),
    TEXT("from", TC_NEED_NEVER, tc_delivery_line, from),
    TEXT("until", TC_NEED_NEVER, tc_delivery_line, until),
    TC_PATH_IN("devices", SPREAD, tc_delivery_line, each, 0, MOST, TC_NEEDED, .own_figure = true, .whole = true),
    FIGURE_OF(INTEGER, "ordered", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_delivery_line, ordered, 1, MOST),
    TEXT("promised", TC_NEED_NEVER, tc_delivery_line, promised_date),
    SWITCH("firm", tc_delivery_line, firm),
};
static const tc_schema delivery_schema = TC_SCHEMA("delivery", delivery_fields);

static void start_delivery(void *element) { ((tc_delivery_line *)element)->every = -1; }

#define RISK(kind, owner, key, unit, member, low, high)                                                                \
    TC_RISK_FIELD(kind, "risks.", key, unit, TC_NEED_NEVER, false, owner, member, low, high)

static const tc_field pool_fields[] = {
    TEXT("name", TC_NEED_ALWAYS, tc_scenario_pool, name),
    TEXT("accelerator", TC_NEED_ALWAYS, tc_scenario_pool, accelerator),
    TEXT("fabric", TC_NEED_NEVER, tc_scenario_pool, fabric),
    TEXT("stack", TC_NEED_NEVER, tc_scenario_pool, stack),
    TEXT("region", TC_NEED_NEVER, tc_scenario_pool, region),
    TC_PATH_WORD("ownership", tc_scenario_pool, rented, ownerships, TC_NEEDED),
    FIGURE("price", TC_DIMENSION_USD, TC_NEED_NEVER, tc_scenario_pool, price_usd, 0, 1e9),
    FIGURE("rental", TC_DIMENSION_USD_PER_H, TC_NEED_NEVER, tc_scenario_pool, rental_usd_per_h, 0, 1e6),
    FIGURE("mtbf", TC_DIMENSION_SECONDS, TC_NEED_NEVER, tc_scenario_pool, mtbf_s, 60, 1e12),
    TC_PATH_WORD("on_failure", tc_scenario_pool, on_failure, failure_policies),
    FIGURE("repair", TC_DIMENSION_SECONDS, TC_NEED_NEVER, tc_scenario_pool, repair_s, 0, 1e8),
    TEXT("until", TC_NEED_NEVER, tc_scenario_pool, until_date),
    TEXT("supplier", TC_NEED_NEVER, tc_scenario_pool, supplier),
    SWITCH("new_platform", tc_scenario_pool, new_platform),
    SWITCH("controlled", tc_scenario_pool, controlled),
#define NUMBER(key, unit, member, low, high) RISK(NUMBER, tc_scenario_pool, key, unit, member, low, high)
#define SPREAD(key, unit, member, low, high) RISK(SPREAD, tc_scenario_pool, key, unit, member, low, high)
#include "run/risks.def"
#undef NUMBER
#undef SPREAD
    LIST("deliveries", TC_NEED_ALWAYS, tc_scenario_pool, line, lines, 1, TC_SCENARIO_MOST_DELIVERIES, &delivery_schema,
         start_delivery),
};
static const tc_schema pool_schema = TC_SCHEMA("pool", pool_fields);

static void start_pool(void *element) {
    tc_scenario_pool *pool = element;
    pool->price_usd = pool->rental_usd_per_h = pool->mtbf_s = pool->market_usd_per_h = pool->repair_s = TC_UNSET;
    pool->until = INT32_MAX;
    pool->risks = tc_risks_unknown();
}

/* ---- serving ------------------------------------------------------------------------- */

#define DEMAND(where, needed, member, low, high)                                                                       \
    FIGURE("demand." where, TC_DIMENSION_NONE, needed, tc_scenario_serving, member, low, high)

static const tc_field serving_fields[] = {
    TEXT("name", TC_NEED_ALWAYS, tc_scenario_serving, name),
    TEXT("pool", TC_NEED_ALWAYS, tc_scenario_serving, pool_name),
    TEXT("from", TC_NEED_NEVER, tc_scenario_serving, from_date),
    TEXT("until", TC_NEED_NEVER, tc_scenario_serving, until_date),
    TEXT("profile", TC_NEED_NEVER, tc_scenario_serving, profile_name),
    SWITCH("night_training", tc_scenario_serving, night_training),
    SWITCH("firm", tc_scenario_serving, firm),
    TC_PATH_IN("met_probability", NUMBER, tc_scenario_serving, met_probability, 0, 1),
    FIGURE_OF(SPREAD, "growth", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_serving, growth, -0.9, 10),
    FIGURE_OF(INTEGER, "devices", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_serving, devices_given, 1, MOST),
    TEXT("model", TC_NEED_NEVER, tc_scenario_serving, model_slug),
    TEXT("engine", TC_NEED_NEVER, tc_scenario_serving, engine_name),
    TC_PATH_WORD("dtype", tc_scenario_serving, weights, tc_weight_format_names),
    TC_PATH_WORD("kv_dtype", tc_scenario_serving, kv, tc_dtype_names),
    FIGURE("ttft", TC_DIMENSION_SECONDS, TC_NEED_NEVER, tc_scenario_serving, ttft_s, 1e-6, 1e6),
    FIGURE("tpot", TC_DIMENSION_SECONDS, TC_NEED_NEVER, tc_scenario_serving, tpot_s, 1e-6, 1e6),
    COUNT("draft_tokens", tc_scenario_serving, draft_tokens, 0, 64),
    FIGURE("accepted_tokens", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_serving, accepted_tokens, 1, 65),
    DEMAND("requests_per_day", TC_NEED_NEVER, requests_per_day, 0, 1e15),
    DEMAND("tokens_per_day", TC_NEED_NEVER, tokens_per_day, 0, 1e18),
    DEMAND("in_share", TC_NEED_NEVER, in_share, 0, 1),
    DEMAND("monthly_users", TC_NEED_NEVER, monthly_users, 0, 1e11),
    DEMAND("daily_share", TC_NEED_NEVER, daily_share, 0, 1),
    DEMAND("turns_per_day", TC_NEED_NEVER, turns_per_day, 0, 1e6),
    DEMAND("tokens_in", TC_NEED_NEVER, tokens_in, 0, 1e8),
    DEMAND("cached_share", TC_NEED_IN_SECTION, cached_share, 0, 1),
    DEMAND("tokens_out", TC_NEED_NEVER, tokens_out, 0, 1e8),
    DEMAND("peak_factor", TC_NEED_NEVER, peak_factor, 1, 1000),
    DEMAND("prefill_tokens_per_s", TC_NEED_NEVER, prefill_tokens_per_s, 1e-3, 1e9),
    DEMAND("decode_tokens_per_s", TC_NEED_NEVER, decode_tokens_per_s, 1e-3, 1e9),
    DEMAND("utilisation", TC_NEED_NEVER, utilisation, 1e-3, 1),
};
static const tc_schema serving_schema = TC_SCHEMA("serving", serving_fields);

static void start_serving(void *element) {
    tc_scenario_serving *serving = element;
    serving->tokens_per_day = serving->in_share = serving->requests_per_day = TC_UNSET;
    serving->peak_factor = serving->utilisation = TC_UNSET;
    serving->kv = serving->weights = serving->served.weights = TC_UNSET;
    serving->ttft_s = serving->tpot_s = serving->accepted_tokens = TC_UNSET;
    serving->from = INT32_MIN;
    serving->until = INT32_MAX;
    serving->met_probability = 0.9;
}

/* ---- jobs ------------------------------------------------------------------------------ */

static const tc_field phase_fields[] = {
    TEXT("name", TC_NEED_ALWAYS, tc_scenario_phase, name),
    COUNT("seq", tc_scenario_phase, seq, 1, 1e8),
    COUNT("frames", tc_scenario_phase, frames, 1, 1e5),
    COUNT("height", tc_scenario_phase, height, 1, 1e5),
    COUNT("width", tc_scenario_phase, width, 1, 1e5),
    FIGURE_OF(INTEGER, "global_batch", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_phase, global_batch, 1, 1e8),
    FIGURE("tokens", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_phase, tokens, 1, 1e18),
    FIGURE("share", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_phase, share, 0, 1),
};
static const tc_schema phase_schema = TC_SCHEMA("phase", phase_fields);

static void start_phase(void *element) {
    tc_scenario_phase *phase = element;
    phase->seq = phase->global_batch = phase->frames = phase->height = phase->width = TC_UNSET;
    phase->tokens = phase->share = TC_UNSET;
}

static const tc_field rate_fields[] = {
    TEXT("accelerator", TC_NEED_ALWAYS, tc_scenario_rate, accelerator),
    FIGURE_OF(SPREAD, "tokens_per_s", TC_DIMENSION_NONE, TC_NEED_ALWAYS, tc_scenario_rate, tokens_per_s, 1e-9, 1e12),
};
static const tc_schema rate_schema = TC_SCHEMA("rate", rate_fields);

static const tc_field candidate_fields[] = {
    TEXT("name", TC_NEED_ALWAYS, tc_scenario_candidate, name),
    TEXT("model", TC_NEED_NEVER, tc_scenario_candidate, model_slug),
    COUNT("seq", tc_scenario_candidate, seq, 1, 1e8),
    COUNT("layers", tc_scenario_candidate, layers, 1, 1e5),
    COUNT("frames", tc_scenario_candidate, frames, 1, 1e5),
    COUNT("height", tc_scenario_candidate, height, 1, 1e5),
    COUNT("width", tc_scenario_candidate, width, 1, 1e5),
    TC_PATH("cached_latents", BOOLEAN, tc_scenario_candidate, cached_latents),
    FIGURE_OF(INTEGER, "global_batch", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_candidate, global_batch, 1, 1e8),
    TC_PATH_WORD("dtype", tc_scenario_candidate, dtype, tc_dtype_names),
    TEXT("finetune", TC_NEED_NEVER, tc_scenario_candidate, finetune_text),
    FIGURE("tokens", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_candidate, tokens, 1, 1e18),
    FIGURE("tokens_per_parameter", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_candidate, tokens_per_parameter, 1e-3,
           1e6),
    TEXT("unit", TC_NEED_NEVER, tc_scenario_candidate, unit),
    TEXT("rl.program", TC_NEED_NEVER, tc_scenario_candidate, rl_program),
    TEXT("rl.algorithm", TC_NEED_NEVER, tc_scenario_candidate, rl_algorithm),
    COUNT("rl.prompts", tc_scenario_candidate, rl_prompts, 1, 1e7),
    COUNT("rl.responses", tc_scenario_candidate, rl_responses, 1, 1e6),
    FIGURE("rl.tokens_in", TC_DIMENSION_NONE, TC_NEED_IN_SECTION, tc_scenario_candidate, rl_tokens_in, 1, 1e8),
    FIGURE("rl.tokens_out", TC_DIMENSION_NONE, TC_NEED_IN_SECTION, tc_scenario_candidate, rl_tokens_out, 1, 1e8),
    FIGURE("rl.most_tokens_out", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_candidate, rl_most_tokens_out, 1, 1e8),
    LIST("phases", TC_NEED_NEVER, tc_scenario_candidate, phase, phases, 1, TC_SCENARIO_MOST_PHASES, &phase_schema,
         start_phase),
    LIST("rates", TC_NEED_NEVER, tc_scenario_candidate, rate, rates, 1, TC_SCENARIO_MOST_RATES, &rate_schema, NULL),
};
static const tc_schema candidate_schema = TC_SCHEMA("candidate", candidate_fields);

static void start_candidate(void *element) {
    tc_scenario_candidate *candidate = element;
    candidate->seq = candidate->global_batch = TC_UNSET;
    candidate->layers = candidate->frames = candidate->height = candidate->width = TC_UNSET;
    candidate->dtype = TC_UNSET;
    candidate->tokens = candidate->tokens_per_parameter = TC_UNSET;
    candidate->rl_prompts = candidate->rl_responses = TC_UNSET;
    candidate->rl_tokens_in = candidate->rl_tokens_out = candidate->rl_most_tokens_out = TC_UNSET;
}

static const tc_field job_fields[] = {
    TEXT("name", TC_NEED_ALWAYS, tc_scenario_job, name),
    TEXT("after", TC_NEED_NEVER, tc_scenario_job, after),
    TEXT("not_before", TC_NEED_NEVER, tc_scenario_job, not_before_date),
    TEXT("deadline", TC_NEED_NEVER, tc_scenario_job, deadline_date),
    COUNT("priority", tc_scenario_job, priority, -1000000, 1000000),
    TEXT("pool", TC_NEED_NEVER, tc_scenario_job, pool_name),
    TC_PATH_IN("not_on", NAMES, tc_scenario_job, not_on, 1, TC_SCENARIO_MOST_POOLS, .size = sizeof(tc_scenario_name),
               .count_offset = offsetof(tc_scenario_job, not_ons)),
    TC_PATH_IN("pools", NAMES, tc_scenario_job, together, 2, TC_MAX_POOLS, .size = sizeof(tc_scenario_name),
               .count_offset = offsetof(tc_scenario_job, togethers)),
    TC_PATH_WORD("mixed", tc_scenario_job, mixed, forms),
    COUNT("min_devices", tc_scenario_job, min_devices, 0, MOST),
    COUNT("max_devices", tc_scenario_job, max_devices, 0, MOST),
    SWITCH("movable", tc_scenario_job, movable),
    TC_PATH_WORD("choose", tc_scenario_job, choose, choices),
    LIST("candidates", TC_NEED_ALWAYS, tc_scenario_job, candidate, candidates, 1, TC_SCENARIO_MOST_CANDIDATES,
         &candidate_schema, start_candidate),
};
static const tc_schema job_schema = TC_SCHEMA("job", job_fields);

static void start_job(void *element) {
    tc_scenario_job *job = element;
    job->after_job = job->pool = -1;
    job->not_before = INT32_MIN;
    job->deadline = INT32_MAX;
    job->movable = true;
}

/* ---- what was seen, and the whole ---------------------------------------------------------- */

static const tc_field actual_fields[] = {
    TEXT("date", TC_NEED_ALWAYS, tc_actual, date),
    TEXT("pool", TC_NEED_NEVER, tc_actual, pool_name),
    TEXT("job", TC_NEED_NEVER, tc_actual, job_name),
    TC_PATH_IN("devices", SPREAD, tc_actual, count, 0, MOST, .own_figure = true, .whole = true),
    COUNT("usable", tc_actual, usable, 0, MOST),
    TC_PATH_IN("tokens", NUMBER, tc_actual, tokens, 0, 1e18),
    COUNT("failures", tc_actual, failures, 0, 1e9),
};
static const tc_schema actual_schema = TC_SCHEMA("actual", actual_fields);

static void start_actual(void *element) {
    tc_actual *actual = element;
    actual->pool = actual->job = -1;
    actual->devices = actual->usable = actual->failures = TC_UNSET;
    actual->tokens = TC_UNSET;
    actual->count = (tc_spread){TC_UNSET, TC_UNSET, TC_UNSET};
}

static const tc_field currency_fields[] = {
    TEXT("code", TC_NEED_ALWAYS, tc_currency, code),
    FIGURE("usd", TC_DIMENSION_NONE, TC_NEED_ALWAYS, tc_currency, usd, 1e-9, 1e9),
};
static const tc_schema currency_schema = TC_SCHEMA("currency", currency_fields);

static const tc_field price_fields[] = {
    TEXT("from", TC_NEED_ALWAYS, tc_rental_price, from_date),
    FIGURE("rental", TC_DIMENSION_USD_PER_H, TC_NEED_ALWAYS, tc_rental_price, usd_per_h, 0, 1e6),
};
static const tc_schema price_schema = TC_SCHEMA("price", price_fields);

static const tc_field rental_fields[] = {
    TEXT("name", TC_NEED_ALWAYS, tc_scenario_rental, name),
    TEXT("pool", TC_NEED_ALWAYS, tc_scenario_rental, pool_name),
    TEXT("from", TC_NEED_NEVER, tc_scenario_rental, from_date),
    FIGURE_OF(INTEGER, "devices", TC_DIMENSION_NONE, TC_NEED_ALWAYS, tc_scenario_rental, devices, 1, MOST),
    TC_PATH_WORD("contract", tc_scenario_rental, contract, tc_contract_names),
    FIGURE("rental", TC_DIMENSION_USD_PER_H, TC_NEED_NEVER, tc_scenario_rental, usd_per_h, 0, 1e6),
    FIGURE("minimum_term", TC_DIMENSION_SECONDS, TC_NEED_NEVER, tc_scenario_rental, minimum_s, 0, 1e9),
    FIGURE("start_up", TC_DIMENSION_SECONDS, TC_NEED_NEVER, tc_scenario_rental, start_up_s, 0, 1e8),
    FIGURE("interruptions", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_rental, interruptions, 0, 1e4),
    FIGURE("back", TC_DIMENSION_SECONDS, TC_NEED_NEVER, tc_scenario_rental, back_s, 0, 1e8),
    LIST("prices", TC_NEED_NEVER, tc_scenario_rental, price, prices, 1, TC_SCENARIO_MOST_PRICES, &price_schema, NULL),
};
static const tc_schema rental_schema = TC_SCHEMA("rental", rental_fields);

static void start_rental(void *element) {
    tc_scenario_rental *rental = element;
    rental->usd_per_h = rental->start_up_s = TC_UNSET;
    rental->from = INT32_MIN;
}

static const tc_field link_fields[] = {
    TEXT("from", TC_NEED_ALWAYS, tc_scenario_link, from),
    TEXT("to", TC_NEED_ALWAYS, tc_scenario_link, to),
    FIGURE("bandwidth", TC_DIMENSION_BYTES_PER_S, TC_NEED_ALWAYS, tc_scenario_link, link.bytes_per_s, 1, 1e18),
    FIGURE("oversubscription", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_link, link.oversubscription, 1, 1e6),
    FIGURE("latency", TC_DIMENSION_SECONDS, TC_NEED_NEVER, tc_scenario_link, link.latency_s, 0, 1e3),
    FIGURE("km", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_link, km, 0, 1e5),
    FIGURE("usd_per_gb", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_link, usd_per_gb, 0, 1e6),
};
static const tc_schema link_schema = TC_SCHEMA("link", link_fields);

static void start_link(void *element) { ((tc_scenario_link *)element)->link.latency_s = TC_UNSET; }

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TEXT("slug", TC_NEED_NEVER, tc_scenario, slug),
    TEXT("name", TC_NEED_ALWAYS, tc_scenario, name),
    TEXT("story", TC_NEED_NEVER, tc_scenario, story),
    TEXT("start", TC_NEED_ALWAYS, tc_scenario, start_date),
    TEXT("as_of", TC_NEED_NEVER, tc_scenario, as_of_date),
    TEXT("horizon", TC_NEED_NEVER, tc_scenario, horizon_date),
    SWITCH("certain", tc_scenario, certain),
    SWITCH("reorder", tc_scenario, reorder),
    SWITCH("any", tc_scenario, any),
    TC_PATH_IN("fit", NUMBER, tc_scenario, fit, 0.01, 0.99),
    TC_PATH_IN("batch_band", NUMBER, tc_scenario, batch_band, 0, 0.9),
    FIGURE("capability.unique_tokens", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario, unique_tokens, 1, 1e18),
    FIGURE("capability.served_tokens", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario, served_tokens, 0, 1e20),
    FIGURE_OF(SPREAD, "reserves.bring_up", TC_DIMENSION_SECONDS, TC_NEED_IN_SECTION, tc_scenario, bring_up, 0,
              86400. * 3650),
    FIGURE("reserves.ablations", TC_DIMENSION_NONE, TC_NEED_IN_SECTION, tc_scenario, ablation_share, 0, 0.95),
    FIGURE("reserves.evaluation", TC_DIMENSION_NONE, TC_NEED_IN_SECTION, tc_scenario, evaluation_share, 0, 0.95),
#define NUMBER(key, unit, member, low, high) RISK(NUMBER, tc_scenario, key, unit, member, low, high)
#define SPREAD(key, unit, member, low, high) RISK(SPREAD, tc_scenario, key, unit, member, low, high)
#include "run/risks.def"
#undef NUMBER
#undef SPREAD
    LIST("pools", TC_NEED_ALWAYS, tc_scenario, pool, pools, 1, TC_SCENARIO_MOST_POOLS, &pool_schema, start_pool),
    LIST("serving", TC_NEED_NEVER, tc_scenario, serving, servings, 0, TC_SCENARIO_MOST_SERVINGS, &serving_schema,
         start_serving),
    LIST("jobs", TC_NEED_ALWAYS, tc_scenario, job, jobs, 1, TC_SCENARIO_MOST_JOBS, &job_schema, start_job),
    LIST("rentals", TC_NEED_NEVER, tc_scenario, rental, rentals, 0, TC_SCENARIO_MOST_RENTALS, &rental_schema,
         start_rental),
    LIST("links", TC_NEED_NEVER, tc_scenario, link, links, 0, TC_SCENARIO_MOST_LINKS, &link_schema, start_link),
    TEXT("tuning", TC_NEED_NEVER, tc_scenario, tuning),
    LIST("currencies", TC_NEED_NEVER, tc_scenario, currency, currencies, 0, TC_SCENARIO_MOST_CURRENCIES,
         &currency_schema, NULL),
    LIST("actuals", TC_NEED_NEVER, tc_scenario, actual, actuals, 0, TC_SCENARIO_MOST_ACTUALS, &actual_schema,
         start_actual),
};
const tc_schema tc_scenario_schema = TC_SCHEMA("scenario", fields);

/* scenario.c - reads a scenario by its schema, checks what a schema cannot (dates and their order, names that refer to each
 * other, one of two keys), and finds in the catalog what it names. */
#include "fleet/scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/error.h"
#include "base/file.h"
#include "catalog/catalog.h"
#include "catalog/pools.h"
#include "fleet/format.h"
#include "fleet/reading.h"
#include "run/economics.h"
#include "run/risks.h"
#include "workload/finetune.h"

#define BATCH_BAND 0.05   /* share by which a global batch may move, unless the file says otherwise */
#define HORIZON_DAYS 1826 /* five years */

/* ---- what the parts share --------------------------------------------------------------- */

const tc_node *tc_reading_element(const tc_node *parent, const char *key, int index) {
    const tc_node *node = tc_node_get(parent, key);
    for (node = node ? node->first : NULL; node && index > 0; index--) node = node->next;
    return node;
}

tc_code tc_reading_day(const tc_reading *r, const tc_node *parent, const char *key, const char *text, int32_t *day) {
    if (!text[0] || tc_date_parse(text, day)) return TC_OK;
    return tc_document_fail(r->document, tc_node_get(parent, key), NULL, r->error,
                            "'%s' is no day of the calendar; write one such as \"2024-09-30\"", text);
}

tc_code tc_reading_no_memory(const tc_reading *r) {
    return tc_fail(r->error, TC_INTERNAL, r->document->file, "out of memory");
}

int tc_reading_pool(const tc_scenario *scenario, const char *name) {
    for (int i = 0; i < scenario->pools; i++)
        if (strcmp(scenario->pool[i].name, name) == 0) return i;
    return -1;
}

int tc_reading_job(const tc_scenario *scenario, const char *name) {
    for (int i = 0; i < scenario->jobs; i++)
        if (strcmp(scenario->job[i].name, name) == 0) return i;
    return -1;
}

tc_code tc_reading_pass_on(const tc_reading *r, const tc_node *parent, const char *key, tc_code code,
                           const tc_error *cause) {
    const tc_node *node = tc_node_get(parent, key);
    return tc_document_pass_on(r->document, node ? node : parent, code, cause, r->error);
}

const char *tc_reading_placed(const tc_reading *r, const char *slug_or_path, char *room, size_t size) {
    if (!tc_is_path(slug_or_path)) return slug_or_path;
    return tc_path_from_file(r->document->file, slug_or_path, room, size) ? room : slug_or_path;
}

/* ---- reading ------------------------------------------------------------------------------ */

static tc_code take_days(const tc_reading *r) {
    tc_scenario *s = r->scenario;
    const tc_node *root = r->document->root;
    tc_code code = tc_reading_day(r, root, "start", s->start_date, &s->start);
    s->as_of = s->start;
    s->horizon = s->start + HORIZON_DAYS;
    if (code == TC_OK) code = tc_reading_day(r, root, "as_of", s->as_of_date, &s->as_of);
    if (code == TC_OK) code = tc_reading_day(r, root, "horizon", s->horizon_date, &s->horizon);
    if (code == TC_OK && s->horizon <= s->start)
        code = tc_document_fail(r->document, tc_node_get(root, "horizon"), NULL, r->error,
                                "'%s' is not after the start, %s; write a later day", s->horizon_date, s->start_date);
    return code;
}

/* A bring-up that is one figure is the middle of a spread: what lies about it is in the risks, once they are there. */
static void take_bring_up(const tc_reading *r) {
    const tc_node *node = tc_node_find(r->document->root, "reserves.bring_up");
    r->scenario->bring_up_given = node != NULL;
    r->scenario->bring_up_s = r->scenario->bring_up.mid;
}

tc_code tc_scenario_read(const tc_document *document, tc_scenario *out, tc_error *error) {
    return tc_scenario_read_changed(document, NULL, out, error);
}

tc_code tc_scenario_read_changed(const tc_document *document, const tc_scenario_changes *changes, tc_scenario *out,
                                 tc_error *error) {
    out->batch_band = BATCH_BAND;
    out->risks = tc_risks_unknown();
    tc_reading r = {.document = document, .scenario = out, .error = error};
    tc_code code = tc_schema_read_grown(&tc_scenario_schema, document, out, &out->arena, error);
    if (code != TC_OK) return code;
    if (!(out->fit > 0)) out->fit = TC_FIT;
    if (changes && changes->certain) out->certain = true;
    take_bring_up(&r);
    code = take_days(&r);
    if (code == TC_OK && out->ablation_share + out->evaluation_share > 0.95)
        code = tc_document_fail(document, tc_node_get(document->root, "reserves"), NULL, error,
                                "leaves less than 5 %% of the devices to the jobs; write smaller shares");
    const tc_node *at = tc_reading_element(document->root, "pools", 0);
    for (int i = 0; i < out->pools && code == TC_OK; i++, at = at->next) code = tc_reading_check_pool(&r, at, i);
    at = tc_reading_element(document->root, "serving", 0);
    for (int i = 0; i < out->servings && code == TC_OK; i++, at = at->next)
        code = tc_reading_check_serving(&r, at, &out->serving[i]);
    at = tc_reading_element(document->root, "rentals", 0);
    for (int i = 0; i < out->rentals && code == TC_OK; i++, at = at->next) code = tc_reading_check_rental(&r, at, i);
    at = tc_reading_element(document->root, "links", 0);
    for (int i = 0; i < out->links && code == TC_OK; i++, at = at->next)
        code = tc_reading_check_link(&r, at, &out->link[i]);
    at = tc_reading_element(document->root, "jobs", 0);
    for (int i = 0; i < out->jobs && code == TC_OK; i++, at = at->next) code = tc_reading_check_job(&r, at, i);
    if (code == TC_OK) code = tc_reading_take_actuals(&r, changes ? changes->actual : NULL);
    return code == TC_OK ? tc_reading_note_assumptions(&r) : code;
}

/* ---- what it names ---------------------------------------------------------------------------- */

/* What renting more of its devices costs: the pool's own rental, else the region's, else the accelerator's. */
static tc_code resolve_market(tc_catalog *catalog, tc_scenario_pool *pool, tc_error *error) {
    const tc_document *economics;
    tc_market market;
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "economics", &economics, NULL, error);
    if (code == TC_OK)
        code = tc_market_read(economics, pool->economics.region, pool->cluster.accelerator.slug, &market, error);
    if (code) return code;
    pool->regional = pool->rental_usd_per_h < 0 && market.rental_usd_per_h > 0;
    pool->market_usd_per_h = pool->rental_usd_per_h >= 0 ? pool->rental_usd_per_h
                             : pool->regional            ? market.rental_usd_per_h
                             : pool->cluster.accelerator.rental_usd_per_h > 0
                                 ? pool->cluster.accelerator.rental_usd_per_h
                                 : TC_UNSET;
    if (pool->rented && pool->regional) pool->rental_usd_per_h = market.rental_usd_per_h;
    return TC_OK;
}

static tc_code resolve_pool(const tc_reading *r, tc_catalog *catalog, const tc_node *node, tc_scenario_pool *pool) {
    tc_error cause = {0};
    char path[1024];
    pool->cluster = tc_default_cluster();
    tc_accelerator *chip = &pool->cluster.accelerator;
    tc_code code
        = tc_catalog_accelerator(catalog, tc_reading_placed(r, pool->accelerator, path, sizeof path), chip, &cause);
    code = tc_reading_pass_on(r, node, "accelerator", code, &cause);
    if (code != TC_OK) return code;
    const char *fabric = pool->fabric[0] ? tc_reading_placed(r, pool->fabric, path, sizeof path) : chip->fabric;
    if (!fabric[0])
        return tc_document_fail(r->document, node, "fabric", r->error,
                                "is missing, and %s has none of its own; add 'fabric: SLUG'", pool->accelerator);
    code = tc_reading_pass_on(r, node, "fabric", tc_catalog_fabric(catalog, fabric, &pool->cluster.fabric, &cause),
                              &cause);
    if (code != TC_OK) return code;
    const char *stack = pool->stack[0] ? tc_reading_placed(r, pool->stack, path, sizeof path) : tc_usual_stack(chip);
    for (int kind = 0; kind < TC_MODEL_KINDS && !code; kind++)
        code = tc_catalog_stack_for(catalog, stack, (tc_model_kind)kind, &pool->software[kind], &cause);
    code = tc_reading_pass_on(r, node, "stack", code, &cause);
    if (code != TC_OK) return code;
    pool->cluster.devices = 0;
    code = tc_economics_load(catalog, NULL, pool->region[0] ? pool->region : NULL, pool->cluster.accelerator.region,
                             &pool->economics, &cause);
    code = tc_reading_pass_on(r, node, "region", code, &cause);
    return code ? code : resolve_market(catalog, pool, r->error);
}

/* Who delivers, and whether an export control lies between. */
static tc_code resolve_supply(tc_catalog *catalog, const tc_node *node, tc_scenario_pool *pool, tc_error *error) {
    const tc_accelerator *chip = &pool->cluster.accelerator;
    _Static_assert(sizeof chip->vendor <= sizeof pool->supplier, "a maker is a supplier");
    if (!pool->supplier[0] && chip->vendor[0]) memcpy(pool->supplier, chip->vendor, sizeof chip->vendor);
    if (!pool->supplier[0]) memcpy(pool->supplier, pool->name, sizeof pool->name);
    pool->controlled_given = tc_node_get(node, "controlled") != NULL;
    if (pool->controlled_given) return TC_OK;
    const tc_document *calendar;
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "calendar", &calendar, NULL, error);
    if (code == TC_OK) pool->controlled = tc_risks_controlled(calendar, chip->vendor, pool->economics.region);
    return code;
}

/* `mid` with the sides of another spread, in proportion. */
static tc_spread spread_about(double mid, const tc_spread *like) {
    if (!(like->mid > 0)) return (tc_spread){mid, mid, mid};
    return (tc_spread){mid * like->low / like->mid, mid, mid * like->high / like->mid};
}

/* The catalog's risks where the scenario has none of its own, the scenario's where a pool has none. */
static tc_code resolve_risks(tc_catalog *catalog, const tc_document *document, tc_scenario *s, tc_error *error) {
    tc_risks usual;
    tc_code code = tc_risks_load(catalog, &usual, error);
    if (code != TC_OK) return code;
    bool spread = tc_node_find(document->root, "reserves.bring_up.mid") != NULL;
    tc_risks_fill(&s->risks, &usual);
    if (s->certain) s->risks = tc_risks_none();
    if (!s->bring_up_given) s->bring_up = s->risks.bring_up_s;
    if (s->bring_up_given && !spread) s->bring_up = spread_about(s->bring_up_s, &s->risks.bring_up_s);
    if (s->certain) s->bring_up = (tc_spread){s->bring_up_s, s->bring_up_s, s->bring_up_s};
    for (int i = 0; i < s->pools; i++) {
        tc_scenario_pool *pool = &s->pool[i];
        bool own = !isnan(pool->risks.bring_up_s.mid);
        pool->bring_up_s = own ? pool->risks.bring_up_s.mid : s->bring_up_s;
        pool->bring_up = own ? pool->risks.bring_up_s : s->bring_up;
        if (s->certain) pool->bring_up = (tc_spread){pool->bring_up_s, pool->bring_up_s, pool->bring_up_s};
        tc_risks_fill(&pool->risks, &s->risks);
        if (s->certain) pool->risks = s->risks;
    }
    return TC_OK;
}

static tc_code resolve_rates(const tc_reading *r, tc_catalog *catalog, const tc_node *node,
                             tc_scenario_candidate *candidate) {
    const tc_node *at = tc_reading_element(node, "rates", 0);
    tc_code code = TC_OK;
    for (int i = 0; i < candidate->rates && code == TC_OK; i++, at = at->next) {
        tc_scenario_rate *rate = &candidate->rate[i];
        tc_error cause = {0};
        char path[1024];
        tc_accelerator chip;
        code = tc_catalog_accelerator_known(catalog, tc_reading_placed(r, rate->accelerator, path, sizeof path), &chip,
                                            &cause);
        code = tc_reading_pass_on(r, at, "accelerator", code, &cause);
        if (code == TC_OK) memcpy(rate->accelerator, chip.slug, sizeof chip.slug);
        if (r->scenario->certain) rate->tokens_per_s.low = rate->tokens_per_s.high = rate->tokens_per_s.mid;
    }
    return code;
}

/* Pixels to tokens, of the candidate or of one of its phases. */
static tc_code resolve_sample(const tc_reading *r, const tc_node *node, tc_model *model, int frames, int height,
                              int width, int *seq) {
    tc_error cause = {0};
    if (frames == TC_UNSET && height == TC_UNSET && width == TC_UNSET) return TC_OK;
    tc_code code = tc_model_set_sample(model, frames, height, width, &cause);
    *seq = model->seq;
    if (code == TC_OK || cause.place[0] != '-') return tc_reading_pass_on(r, node, "model", code, &cause);
    return tc_document_fail(r->document, node, cause.place + 2, r->error, "%s", cause.text); /* the key of the option */
}

/* What a phase does not say is the candidate's. */
static tc_code resolve_phases(const tc_reading *r, const tc_node *node, tc_scenario_candidate *candidate) {
    const tc_node *at = tc_reading_element(node, "phases", 0);
    for (int i = 0; i < candidate->phases; i++, at = at->next) {
        tc_scenario_phase *phase = &candidate->phase[i];
        tc_model model = *candidate->model;
        tc_code code = resolve_sample(r, at, &model, phase->frames, phase->height, phase->width, &phase->seq);
        if (code) return code;
        if (phase->seq == TC_UNSET) phase->seq = candidate->seq;
        if (phase->global_batch == TC_UNSET) phase->global_batch = candidate->global_batch;
        if (phase->share > 0) phase->tokens = phase->share * candidate->tokens;
        phase->share = phase->tokens / candidate->tokens;
    }
    return TC_OK;
}

static tc_code resolve_finetune(const tc_reading *r, const tc_node *node, tc_scenario_candidate *candidate) {
    if (!candidate->finetune_text[0]) return TC_OK;
    tc_error cause = {0};
    tc_job job = tc_default_job();
    tc_code code = tc_finetune_parse(candidate->finetune_text, "finetune", &job, &cause);
    candidate->finetune = job.finetune;
    candidate->frozen_base = job.frozen_base;
    candidate->document = job.document;
    return tc_reading_pass_on(r, node, "finetune", code, &cause);
}

static tc_code resolve_candidate(const tc_reading *r, tc_catalog *catalog, const tc_node *node,
                                 tc_scenario_candidate *candidate) {
    tc_error cause = {0};
    char path[1024];
    candidate->dtype_default = candidate->dtype == TC_UNSET;
    if (candidate->dtype_default) candidate->dtype = TC_BF16;
    if (candidate->rates > 0) {
        candidate->dtype_default = false; /* nothing is computed in it */
        return resolve_rates(r, catalog, node, candidate);
    }
    candidate->model = tc_arena_alloc(&r->scenario->arena, sizeof *candidate->model);
    if (!candidate->model) return tc_reading_no_memory(r);
    const char *model = tc_reading_placed(r, candidate->model_slug, path, sizeof path);
    tc_code code = tc_catalog_model(catalog, model, candidate->model, &cause);
    code = tc_reading_pass_on(r, node, "model", code, &cause);
    if (code == TC_OK && candidate->layers != TC_UNSET && tc_model_cut(candidate->model, candidate->layers, &cause))
        return tc_document_fail(r->document, tc_node_get(node, "layers"), NULL, r->error, "%s", cause.text);
    if (code == TC_OK)
        code = resolve_sample(r, node, candidate->model, candidate->frames, candidate->height, candidate->width,
                              &candidate->seq);
    if (code != TC_OK) return code;
    if ((code = resolve_finetune(r, node, candidate))) return code;
    tc_model_size size = tc_model_count(candidate->model);
    candidate->parameters = size.parameters;
    candidate->active_parameters = size.active_parameters;
    candidate->encoders_in_step = tc_node_get(node, "cached_latents") && !candidate->cached_latents;
    if ((candidate->cached_latents || candidate->encoders_in_step) && candidate->model->latents.stride == 0)
        return tc_document_fail(r->document, tc_node_get(node, "cached_latents"), NULL, r->error,
                                "is for a model of images or video; leave it out");
    if (candidate->seq == TC_UNSET) candidate->seq = candidate->model->seq;
    if (!(candidate->tokens > 0)) candidate->tokens = candidate->tokens_per_parameter * size.active_parameters;
    code = resolve_phases(r, node, candidate);
    return code ? code : tc_reading_resolve_rl(r, catalog, node, candidate);
}

/* What contracts of its kind cost in the pool's region, by date. */
static tc_code take_prices(tc_reading *r, tc_catalog *catalog, tc_scenario_rental *rental) {
    enum { MOST = 64 };
    const tc_scenario_pool *pool = &r->scenario->pool[rental->pool];
    const tc_document *economics;
    tc_contract_price price[MOST];
    int count = 0;
    char text[200];
    if (rental->usd_per_h >= 0 || rental->prices > 0) return TC_OK;
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "economics", &economics, NULL, r->error);
    if (code == TC_OK)
        code = tc_contract_prices(economics, pool->economics.region, pool->cluster.accelerator.slug, rental->contract,
                                  price, MOST, &count, r->error);
    if (code || count == 0) return code;
    rental->price = tc_arena_alloc(&r->scenario->arena, (size_t)count * sizeof *rental->price);
    if (!rental->price) return tc_reading_no_memory(r);
    rental->usd_per_h = price[0].usd_per_h;
    for (int i = 0; i < count; i++) {
        tc_rental_price *out = &rental->price[rental->prices++];
        *out = (tc_rental_price){.from = price[i].since, .usd_per_h = price[i].usd_per_h};
        tc_date_format(price[i].since, out->from_date);
    }
    snprintf(text, sizeof text, "%.47s: prices of %s contracts in region %.31s, by date (economics.yaml)", rental->name,
             tc_contract_names[rental->contract], pool->economics.region);
    return tc_reading_assume(r, text);
}

/* What nobody says of its price is that of more of the pool's devices. */
static tc_code resolve_rental(tc_reading *r, tc_catalog *catalog, const tc_node *node, tc_scenario_rental *rental) {
    tc_code code = take_prices(r, catalog, rental);
    if (code) return code;
    const tc_scenario_pool *pool = &r->scenario->pool[rental->pool];
    bool priced = rental->usd_per_h >= 0 || (rental->prices > 0 && rental->price[0].from <= r->scenario->as_of);
    if (!(rental->usd_per_h >= 0)) rental->usd_per_h = pool->market_usd_per_h;
    if (priced || rental->usd_per_h >= 0) return TC_OK;
    return tc_document_fail(r->document, node, "rental", r->error,
                            "is missing, and nothing is known of what '%s' is rented for; write 'rental: 2 USD/h'",
                            rental->pool_name);
}

/* What software loses where a job uses several pools at once. */
static tc_code resolve_mixing(const tc_reading *r, tc_catalog *catalog) {
    tc_scenario *s = r->scenario;
    tc_error cause = {0};
    if (s->links == 0 && !s->tuning[0]) return TC_OK;
    s->mixing.link.latency_s = NAN;
    tc_code code = tc_mixing_load(catalog, s->tuning, "tuning", &s->mixing, &cause);
    if (code == TC_INVALID && s->tuning[0])
        return tc_document_fail(r->document, tc_node_get(r->document->root, "tuning"), NULL, r->error, "%s",
                                cause.text);
    return tc_reading_pass_on(r, r->document->root, "tuning", code, &cause);
}

tc_code tc_scenario_resolve(const tc_document *document, tc_catalog *catalog, tc_scenario *scenario, tc_error *error) {
    tc_reading r
        = {.document = document, .scenario = scenario, .error = error, .room_assumptions = scenario->assumptions};
    tc_code code = resolve_mixing(&r, catalog);
    const tc_node *at = tc_reading_element(document->root, "pools", 0);
    for (int i = 0; i < scenario->pools && code == TC_OK; i++, at = at->next) {
        code = resolve_pool(&r, catalog, at, &scenario->pool[i]);
        if (code == TC_OK) code = resolve_supply(catalog, at, &scenario->pool[i], error);
    }
    at = tc_reading_element(document->root, "rentals", 0);
    for (int i = 0; i < scenario->rentals && code == TC_OK; i++, at = at->next)
        code = resolve_rental(&r, catalog, at, &scenario->rental[i]);
    if (code == TC_OK) code = resolve_risks(catalog, document, scenario, error);
    at = tc_reading_element(document->root, "serving", 0);
    for (int i = 0; i < scenario->servings && code == TC_OK; i++, at = at->next)
        code = tc_reading_resolve_serving(&r, catalog, at, i);
    at = tc_reading_element(document->root, "jobs", 0);
    for (int i = 0; i < scenario->jobs && code == TC_OK; i++, at = at->next) {
        const tc_node *node = tc_reading_element(at, "candidates", 0);
        for (int k = 0; k < scenario->job[i].candidates && code == TC_OK; k++, node = node->next)
            code = resolve_candidate(&r, catalog, node, &scenario->job[i].candidate[k]);
    }
    return code;
}

void tc_scenario_free(tc_scenario *scenario) {
    if (!scenario) return;
    tc_arena_free(&scenario->arena);
    free(scenario);
}

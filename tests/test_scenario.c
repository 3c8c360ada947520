/* test_scenario.c - the keys of a scenario beyond the calendar of fixed dates: spreads, risks, promises, rates, phases, what was
 * seen so far; and the errors of each with their place. */
#define _XOPEN_SOURCE 700
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "near.h"
#include "report/plan_report.h"
#include "scenario_text.h"

static int32_t day(int year, int month, int day_of_month) { return tc_day_from_date(year, month, day_of_month); }

static bool is_assumed(const tc_scenario *s, const char *line) {
    for (int i = 0; i < s->assumptions; i++)
        if (strcmp(s->assumption[i], line) == 0) return true;
    for (int i = 0; i < s->assumptions; i++) print_error("assumed: %s\n", s->assumption[i]);
    return false;
}

#define TOP "format: 1\nname: test\nstart: \"2024-01-01\"\n"
#define POOLS                                                                                                          \
    "pools:\n"                                                                                                         \
    "  - {name: a, accelerator: a100-sxm-80g, region: us, ownership: owned, deliveries: [{date: \"2024-02-01\", "      \
    "devices: 64}]}\n"                                                                                                 \
    "  - {name: b, accelerator: h20, ownership: rented, deliveries: [{date: \"2024-02-01\", devices: 64}]}\n"
#define CANDIDATE "{name: c, model: gpt2-124m, global_batch: 512, tokens: 1e9}"
#define JOBS "jobs: [{name: j, candidates: [" CANDIDATE "]}]\n"

/* ---- what is read -------------------------------------------------------------------------------- */

static void defaults_are_those_of_the_catalog(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(TOP POOLS JOBS);
    tc_risks usual;
    tc_error error;
    assert_int_equal(tc_risks_load(catalog, &usual, &error), TC_OK);
    assert_memory_equal(&s->risks, &usual, sizeof usual);
    assert_memory_equal(&s->pool[1].risks, &usual, sizeof usual);
    assert_int_equal(s->as_of, s->start);
    assert_int_equal(s->horizon, s->start + 1826);
    assert_false(s->certain || s->bring_up_given);
    assert_near(s->bring_up_s, 0, 0); /* the calendar of fixed dates has none unless the file says so */
    assert_memory_equal(&s->bring_up, &usual.bring_up_s, sizeof usual.bring_up_s);
    assert_string_equal(s->pool[0].supplier, "NVIDIA");
    assert_false(s->pool[0].controlled);
    assert_true(s->pool[1].controlled); /* an NVIDIA chip in China */
    assert_false(s->pool[0].delivery[0].firm);
    assert_true(s->pool[1].delivery[0].firm); /* rented */
    assert_int_equal(s->pool[0].delivery[0].promised, s->start);
    assert_int_equal(s->pool[0].line[0].ordered, 64);
    assert_int_equal(s->job[0].pool, -1);
    assert_true(s->job[0].movable);
    assert_string_equal(s->job[0].candidate[0].unit, "tokens");
    tc_scenario_free(s);
}

static void figures_without_a_source_are_of_the_user(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(
        TOP "sources: {paper: \"a paper\"}\nrisks: {slip: {low: 0.2, mid: 0.4, high: 0.8}}\n"
            "reserves: {bring_up: 10 d, ablations: {value: 0.1, source: paper}, evaluation: 0.1}\n" POOLS JOBS);
    assert_true(is_assumed(s, "slip 0.2 to 0.8 (0.4): of the user"));
    assert_true(is_assumed(s, "bring up 10 d: of the user"));
    assert_true(is_assumed(s, "a: 64 devices, 2024-02-01: of the user"));
    assert_true(is_assumed(s, "c: global batch 512: of the user"));
    for (int i = 0; i < s->assumptions; i++) assert_null(strstr(s->assumption[i], "ablations"));
    tc_scenario_free(s);
}

static void risks_are_of_the_scenario_then_of_the_pool(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(
        TOP
        "risks: {on_time: 0.5, slip: 0.1, bring_up: {low: 5 d, mid: 10 d, high: 40 d}}\n"
        "reserves: {bring_up: 20 d, ablations: 0.1, evaluation: 0.1}\n"
        "pools:\n"
        "  - {name: a, accelerator: a100-sxm-80g, ownership: owned, deliveries: [{date: \"2024-02-01\", devices: 8}]}\n"
        "  - name: b\n    accelerator: ascend-910b\n    ownership: owned\n    new_platform: true\n"
        "    supplier: Huawei, second line\n    controlled: true\n"
        "    risks: {on_time: 0.9, bring_up: {low: 30 d, mid: 60 d, high: 90 d}}\n"
        "    deliveries: [{date: \"2024-02-01\", devices: 8}]\n" JOBS);
    assert_near(s->risks.on_time, 0.5, 0);
    assert_near(s->pool[0].risks.on_time, 0.5, 0);
    assert_near(s->pool[1].risks.on_time, 0.9, 0);
    assert_near(s->pool[1].risks.slip.high, 0.1, 0); /* one figure is certain */
    assert_near(s->bring_up.low, 10 * 86400, 1e-6);  /* one figure of the reserves is a middle */
    assert_near(s->bring_up.high, 80 * 86400, 1e-6);
    assert_near(s->pool[0].bring_up_s, 20 * 86400, 0);
    assert_near(s->pool[1].bring_up_s, 60 * 86400, 0);
    assert_near(s->pool[1].bring_up.high, 90 * 86400, 0);
    assert_true(s->pool[1].new_platform && s->pool[1].controlled && s->pool[1].controlled_given);
    assert_string_equal(s->pool[1].supplier, "Huawei, second line");
    tc_scenario_free(s);
}

/* A pool has one stack, or its accelerator's usual one; what trains no video has a program that does in its place. */
static void software_is_by_the_kind_of_model(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(
        TOP
        "pools:\n"
        "  - {name: a, accelerator: ascend-910b, stack: mindspeed-llm@2025-06, ownership: owned, deliveries: [{date: "
        "\"2024-02-01\", devices: 8}]}\n"
        "  - {name: b, accelerator: ascend-910b, ownership: owned, deliveries: [{date: \"2024-02-01\", devices: 8}]}\n"
        "  - {name: c, accelerator: h20, stack: torchtitan, ownership: owned, deliveries: [{date: \"2024-02-01\", "
        "devices: 8}]}\n" JOBS);
    const char *slugs[][TC_MODEL_KINDS]
        = {{"mindspeed-llm@2025-06", "mindspeed-mm@2025-06", "mindspeed-mm-vlm@2025-06"},
           {"mindspeed-llm", "mindspeed-mm", "mindspeed-mm-vlm"},
           {"torchtitan", "torchtitan", "torchtitan"}};
    for (int pool = 0; pool < 3; pool++)
        for (int kind = 0; kind < TC_MODEL_KINDS; kind++)
            assert_string_equal(s->pool[pool].software[kind].slug, slugs[pool][kind]);
    tc_scenario_free(s);
}

static void certain_is_without_spreads(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(
        TOP "certain: true\nreserves: {bring_up: {low: 5 d, mid: 10 d, high: 40 d}, ablations: 0.1, evaluation: 0.1}\n"
            "pools: [{name: a, accelerator: h20, ownership: owned, risks: {on_time: 0.1}, deliveries: [{date: "
            "\"2024-02-01\", devices: {low: 4, mid: 8, high: 9}}]}]\n"
            "serving: [{name: s, pool: a, devices: 2, growth: {low: 0, mid: 0.1, high: 0.2}}]\n"
            "jobs: [{name: j, candidates: [{name: c, tokens: 5e9, unit: samples, rates: [{accelerator: h20, "
            "tokens_per_s: {low: 1, mid: 2, high: 3}}]}]}]\n");
    const tc_risks none = tc_risks_none();
    const tc_spread eight = {8, 8, 8}, two = {2, 2, 2}, days = {864000, 864000, 864000};
    assert_memory_equal(&s->risks, &none, sizeof none);
    assert_memory_equal(&s->pool[0].risks, &none, sizeof none);
    assert_memory_equal(&s->pool[0].delivery[0].count, &eight, sizeof eight);
    assert_memory_equal(&s->pool[0].bring_up, &days, sizeof days);
    assert_memory_equal(&s->job[0].candidate[0].rate[0].tokens_per_s, &two, sizeof two);
    assert_near(s->serving[0].growth.high, 0.1, 0);
    tc_scenario_free(s);
}

static void deliveries_are_promises(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(
        TOP "as_of: \"2024-03-01\"\nhorizon: \"2026-01-01\"\n"
            "pools:\n  - name: a\n    accelerator: a100-sxm-80g\n    ownership: owned\n    deliveries:\n"
            "      - {date: \"2024-02-01\", devices: {low: 10, mid: 4k, high: 5k}, promised: \"2023-06-01\"}\n"
            "      - {every: week, from: \"2024-02-05\", until: \"2024-02-20\", devices: 8, ordered: 100, firm: true}\n"
            "      - {every: month, from: \"2024-03-31\", until: \"2024-06-30\", devices: 8}\n" JOBS);
    const tc_scenario_pool *p = &s->pool[0];
    assert_int_equal(s->as_of, day(2024, 3, 1));
    assert_int_equal(s->horizon, day(2026, 1, 1));
    assert_int_equal(p->deliveries, 1 + 3 + 4);
    assert_int_equal(p->delivery[0].devices, 4000);
    assert_near(p->delivery[0].count.low, 10, 0);
    assert_int_equal(p->delivery[0].promised, day(2023, 6, 1));
    assert_int_equal(p->delivery[3].day, day(2024, 2, 19));
    assert_int_equal(p->delivery[3].line, 1);
    assert_true(p->delivery[3].firm);
    assert_int_equal(p->line[1].ordered, 100);
    assert_int_equal(p->line[1].every, 1);
    assert_int_equal(p->line[2].every, 0);
    assert_int_equal(p->line[2].ordered, 32);
    assert_int_equal(p->delivery[5].promised, s->start); /* the clock does not begin anew with every update */
    assert_true(is_assumed(s, "a: 4,000 devices (each 10 to 5,000), 2024-02-01: of the user"));
    tc_scenario_free(s);
}

static void services_have_a_load(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(
        TOP POOLS
        "serving:\n"
        "  - {name: api, pool: a, profile: azure-code, night_training: true, firm: true, met_probability: 0.95,\n"
        "     from: \"2024-02-01\", until: \"2024-12-01\", growth: 0.1,\n"
        "     demand: {tokens_per_day: 8.64e9, in_share: 0.75, cached_share: 0.5, peak_factor: 2, "
        "prefill_tokens_per_s: 1000, decode_tokens_per_s: 500, utilisation: 0.5}}\n"
        "  - {name: chat, pool: a,\n"
        "     demand: {tokens_per_day: 8.64e9, tokens_in: 1500, tokens_out: 500, cached_share: 0, peak_factor: 1,"
        "\n       prefill_tokens_per_s: 1000, decode_tokens_per_s: 500, utilisation: 1}}\n" JOBS);
    const tc_scenario_serving *api = &s->serving[0], *chat = &s->serving[1];
    assert_near(api->peak_prefill_tokens_per_s, 75000, 1e-6); /* 1e5 a second x 2 x 0.75 x 0.5 */
    assert_near(api->peak_decode_tokens_per_s, 50000, 1e-6);
    assert_int_equal(api->devices, 350);  /* (75 + 100) / 0.5 */
    assert_int_equal(chat->devices, 125); /* 75 + 50 */
    assert_near(chat->in_share, 0.75, 1e-12);
    assert_near(api->profile.hour[19], 1, 0);
    assert_near(api->profile.weekend, 0.323, 0);
    assert_string_equal(chat->profile.slug, "flat");
    assert_true(api->firm && api->night_training && !chat->firm);
    assert_near(api->met_probability, 0.95, 0);
    assert_near(chat->met_probability, 0.9, 0);
    assert_near(api->growth.high, 0.1, 0);
    assert_int_equal(api->from, day(2024, 2, 1));
    assert_int_equal(chat->until, INT32_MAX);
    tc_scenario_free(s);
}

static void phases_are_of_their_candidate(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(
        TOP POOLS
        "jobs:\n  - name: j\n    candidates:\n"
        "      - {name: c, model: gpt2-124m, global_batch: 512, tokens: 1e9,\n"
        "         phases: [{name: ramp, global_batch: 64, share: 0.1}, {name: main, share: 0.9}]}\n"
        "      - {name: d, model: gpt2-124m, seq: 1024, global_batch: 512,\n"
        "         phases: [{name: main, tokens: 3e9}, {name: long, seq: 8192, global_batch: 64, tokens: 1e9}]}\n");
    const tc_scenario_candidate *c = &s->job[0].candidate[0], *d = &s->job[0].candidate[1];
    assert_int_equal(c->phases, 2);
    assert_near(c->phase[0].tokens, 1e8, 1e-3);
    assert_int_equal(c->phase[0].global_batch, 64);
    assert_int_equal(c->phase[1].global_batch, 512);
    assert_int_equal(c->phase[1].seq, c->seq);
    assert_near(d->tokens, 4e9, 0);
    assert_near(d->phase[1].share, 0.25, 1e-12);
    assert_int_equal(d->phase[1].seq, 8192);
    tc_scenario_free(s);
}

/* Pixels of a candidate, and of a phase of its own, become tokens; beside a length they are refused. */
static void pixels_of_a_candidate(void **state) {
    (void)state;
#define VIDEO(rest)                                                                                                    \
    TOP POOLS                                                                                                          \
        "jobs:\n  - name: video\n    candidates:\n      - {name: v, model: wan2.1-t2v-1.3b, global_batch: 8, tokens: " \
        "1e9, " rest "}\n"
    tc_scenario *s = good_scenario(
        VIDEO("frames: 49, cached_latents: true, phases: [{name: a, share: 0.5, frames: 1}, {name: b, share: 0.5}]"));
    const tc_scenario_candidate *c = &s->job[0].candidate[0];
    assert_int_equal(c->seq, 13 * 30 * 52);
    assert_int_equal(c->phase[0].seq, 30 * 52);
    assert_int_equal(c->phase[1].seq, c->seq);
    assert_true(c->cached_latents && !c->encoders_in_step);
    assert_int_equal(c->layers, TC_UNSET);
    double whole = c->parameters;
    tc_scenario_free(s);
    s = good_scenario(VIDEO("cached_latents: false")); /* whatever the stack does */
    assert_true(s->job[0].candidate[0].encoders_in_step);
    tc_scenario_free(s);
    s = good_scenario(VIDEO("layers: 10")); /* of 30 */
    assert_false(s->job[0].candidate[0].encoders_in_step);
    assert_int_equal(s->job[0].candidate[0].layers, 10);
    assert_true(s->job[0].candidate[0].parameters < 0.5 * whole);
    tc_scenario_free(s);
}

/* Work whose step is not forecast: 64 devices of 2 a second each, less what failures take. */
static void rates_take_the_place_of_a_model(void **state) {
    (void)state;
    tc_scenario *s
        = good_scenario(TOP POOLS "jobs:\n  - name: video\n    candidates:\n"
                                  "      - {name: v, tokens: 1e9, unit: samples, rates: [{accelerator: a100-sxm-80g, "
                                  "tokens_per_s: {low: 1, mid: 2, high: 4}}]}\n");
    s->certain = true;
    assert_null(s->job[0].candidate[0].model);
    assert_string_equal(s->job[0].candidate[0].rate[0].accelerator, "a100-sxm-80g");
    tc_plan plan;
    tc_error error;
    assert_int_equal(tc_plan_make(s, NULL, NULL, &plan, &error), TC_OK);
    const tc_plan_run *run = &plan.run[0];
    assert_true(run->feasible);
    assert_int_equal(run->pool, 0);
    assert_int_equal(run->phase[0].devices, 64);
    double ideal = 1e9 / (2 * 64);
    assert_near((run->finish_s - run->start_s) * run->goodput / ideal, 1, 1e-6);
    assert_true(run->goodput > 0.99 && run->goodput < 1);
    assert_near((run->p90.finish_s - run->p90.start_s) / (run->finish_s - run->start_s), 2, 0.01);
    assert_near((run->finish_s - run->start_s) / (run->p10.finish_s - run->p10.start_s), 2, 0.01);
    assert_string_equal(plan.candidate[1].why, "no rate is given for h20");
    char *page;
    size_t size;
    FILE *file = open_memstream(&page, &size);
    assert_true(tc_report_plan_text(file, &(tc_style){.width = 200}, &plan));
    fclose(file);
    assert_non_null(strstr(page, "1.00 B samples"));
    assert_null(strstr(page, "B tokens"));
    free(page);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

#define HALVES(link, job)                                                                                              \
    TOP "pools:\n"                                                                                                     \
        "  - {name: a, accelerator: h20, region: china, ownership: owned, deliveries: [{date: \"2023-06-01\", "        \
        "devices: 128}]}\n"                                                                                            \
        "  - {name: b, accelerator: h20, region: china, ownership: owned, deliveries: [{date: \"2023-06-01\", "        \
        "devices: 128}]}\n"                                                                                            \
        "links: [{from: a, to: b, " link "}]\n"                                                                        \
        "jobs: [{name: j, pools: [a, b], " job                                                                         \
        ", candidates: [{name: c, model: llama-3.1-8b, seq: 8192, global_batch: 1024, tokens: 1e11}]}]\n"

/* Two halves of a kind do in half the time what one of them does, where nothing between them is in the way; what costs and fails is
 * that of both. A thin link, or one that costs, is in the way: it is paid, or a half is left out and nothing is lost. */
static void pools_at_once(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(HALVES("bandwidth: \"40 Tb/s\"", "mixed: data"));
    tc_plan plan;
    tc_error error;
    s->certain = true;
    assert_int_equal(tc_plan_make(s, NULL, NULL, &plan, &error), TC_OK);
    assert_int_equal(plan.at_onces, 1);
    const tc_at_once *a = &plan.at_once[0];
    double alone = plan.run[0].finish_s - plan.run[0].start_s, both = a->finish_s - a->start_s;
    assert_true(a->feasible && a->pools == 2 && a->phases == 1);
    assert_int_equal(a->phase[0].devices[0], a->phase[0].devices[1]);
    assert_int_equal(a->phase[0].sequences[0], a->phase[0].sequences[1]);
    assert_near(both, alone / 2, 0.06 * alone);
    assert_near(a->cost_usd, plan.run[0].cost_usd, 0.1 * a->cost_usd);
    assert_near(a->energy_mwh, plan.run[0].energy_mwh, 0.1 * a->energy_mwh);
    assert_near(a->failures, plan.run[0].failures, 0.1 * a->failures);
    assert_near(a->phase[0].tokens, 1e11, 1);
    assert_near(a->egress_usd, 0, 0);
    double fast = both;
    tc_plan_free(&plan);
    tc_scenario_free(s);

    s = good_scenario(HALVES("bandwidth: \"40 Tb/s\", km: 3000, usd_per_gb: 0.02", "mixed: data"));
    s->certain = true;
    assert_int_equal(tc_plan_make(s, NULL, NULL, &plan, &error), TC_OK);
    a = &plan.at_once[0];
    assert_true(a->feasible && a->finish_s - a->start_s >= fast);
    /* each step the gradients of 8.03e9 parameters, 2 (2 - 1) / 2 of them, once */
    double steps = 1e11 / (1024 * 8192.0);
    assert_near(a->egress_usd, steps * 4 * 8.03e9 * 0.02 / 1e9, 0.01 * a->egress_usd);
    tc_plan_free(&plan);
    tc_scenario_free(s);

    s = good_scenario(HALVES("bandwidth: \"1 Mb/s\"", "mixed: any"));
    s->certain = true;
    assert_int_equal(tc_plan_make(s, NULL, NULL, &plan, &error), TC_OK);
    assert_int_equal(plan.at_onces, 2); /* data parallel, and a pipeline */
    for (int i = 0; i < 2; i++) {
        a = &plan.at_once[i];
        assert_true(a->feasible);
        assert_int_equal(a->phase[0].devices[0] > 0 && a->phase[0].devices[1] > 0, 0);
        assert_near(a->finish_s - a->start_s, alone, 0.01 * alone);
    }
    tc_plan_free(&plan);
    tc_scenario_free(s);

    s = good_scenario(HALVES("bandwidth: \"400 Gb/s\"", "mixed: no"));
    s->certain = true;
    assert_int_equal(tc_plan_make(s, NULL, NULL, &plan, &error), TC_OK);
    assert_int_equal(plan.at_onces, 0);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* Twice the devices from the first day on; the price of a reserved contract is that of its first day and is paid to its term's end;
 * one whose devices are taken is worth less, and none that is always gone is worth anything. */
static void contracts_are_tried(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(
        TOP
        "pools:\n"
        "  - {name: a, accelerator: h20, region: china, ownership: owned, price: \"10000 USD\", deliveries: [{date: "
        "\"2023-06-01\", devices: 64}]}\n"
        "rentals:\n"
        "  - {name: day, pool: a, devices: 64, rental: \"2 USD/h\", start_up: \"1 h\", prices: [{from: "
        "\"2024-02-01\", rental: \"1 USD/h\"}]}\n"
        "  - {name: year, pool: a, devices: 64, contract: reserved, rental: \"7.0989 CNY/h\", start_up: \"1 h\", "
        "minimum_term: \"365 d\"}\n"
        "  - {name: spot, pool: a, devices: 64, contract: interruptible, rental: \"1 USD/h\", interruptions: 30, back: "
        "\"12 h\"}\n"
        "  - {name: gone, pool: a, devices: 64, contract: interruptible, rental: \"1 USD/h\", interruptions: 30, back: "
        "\"30 h\"}\n"
        "jobs: [{name: j, candidates: [{name: c, model: llama-3.1-8b, seq: 8192, global_batch: 512, tokens: "
        "9e11}]}]\n");
    tc_plan plan;
    tc_plan_options options = tc_default_plan_options();
    tc_error error;
    options.samples = 64;
    assert_int_equal(tc_plan_make(s, NULL, &options, &plan, &error), TC_OK);
    const tc_plan_rental *first[4] = {NULL};
    for (int i = plan.rentals - 1; i >= 0; i--) first[plan.rental[i].rental] = &plan.rental[i];
    for (int i = 0; i < 4; i++) assert_non_null(first[i]);
    double without = first[0]->p50_without_s;
    assert_near(first[0]->p50_s, without / 2, 0.12 * without);
    assert_true(plan.rental[1].rental == 0 && plan.rental[1].p50_s > first[0]->p50_s); /* a month later */
    assert_near(first[0]->rent_usd, 64 * first[0]->usd_per_device_h * first[0]->paid_s / 3600, 1);
    assert_true(first[0]->usd_per_device_h < 2 && first[0]->usd_per_device_h > 1); /* two days of prices in one */
    assert_near(first[1]->paid_s, 365 * 86400.0, 1);
    assert_near(first[1]->usd_per_device_h, 1, 1e-3); /* 709.89 CNY for 100 USD */
    assert_near(first[1]->rent_usd, 64 * 365 * 24 * first[1]->usd_per_device_h, 1);
    assert_true(first[2]->worth < 32 && first[2]->worth > 24); /* half of the time, and two restarts a day */
    assert_true(first[2]->p50_s > first[1]->p50_s && first[2]->p50_s < without);
    assert_int_equal(first[3]->worth, 0);
    assert_near(first[3]->p50_s, without, 1e-6 * without);
    assert_near(first[3]->rent_usd, 0, 1e-6);
    assert_true(first[0]->owned_usd > 0 && first[0]->break_even_s > 0);
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* The catalog's prices of a kind of contract, by region and date. */
static void prices_of_the_catalog(void **state) {
    (void)state;
    tc_scenario *s
        = good_scenario(TOP "pools:\n"
                            "  - {name: a, accelerator: h100-sxm, region: us, ownership: owned, deliveries: "
                            "[{date: \"2024-02-01\", devices: 64}]}\n"
                            "rentals:\n"
                            "  - {name: year, pool: a, devices: 64, contract: reserved}\n"
                            "  - {name: own, pool: a, devices: 64, contract: reserved, rental: \"2 USD/h\"}\n"
                            "  - {name: spot, pool: a, devices: 64, contract: interruptible, interruptions: "
                            "1}\n" JOBS);
    assert_int_equal(s->rental[0].prices, 2);
    assert_string_equal(s->rental[0].price[0].from_date, "2025-10-01");
    assert_near(s->rental[0].price[1].usd_per_h, 2.35, 1e-9);
    assert_int_equal(s->rental[1].prices, 0);
    assert_near(s->rental[1].usd_per_h, 2, 1e-9);
    assert_int_equal(s->rental[2].prices, 0); /* none is known: as more of the pool's kind */
    assert_true(s->rental[2].usd_per_h > 0);
    bool told = false;
    for (int i = 0; i < s->assumptions; i++)
        told = told || strstr(s->assumption[i], "year: prices of reserved contracts");
    assert_true(told);
    tc_scenario_free(s);
}

static void jobs_say_where_and_how_large(void **state) {
    (void)state;
    tc_scenario *s
        = good_scenario(TOP POOLS "jobs:\n"
                                  "  - {name: low, not_on: [b], candidates: [" CANDIDATE "]}\n"
                                  "  - {name: high, priority: 2, pool: a, min_devices: 8, max_devices: 16, movable: "
                                  "false, candidates: [" CANDIDATE "]}\n"
                                  "  - {name: large, min_devices: 100, candidates: [" CANDIDATE "]}\n");
    assert_int_equal(s->job[0].not_on[0].pool, 1);
    assert_int_equal(s->job[1].pool, 0);
    assert_false(s->job[1].movable);
    s->certain = true;
    tc_plan plan;
    tc_error error;
    assert_int_equal(tc_plan_make(s, NULL, NULL, &plan, &error), TC_OK);
    assert_int_equal(plan.run[0].pool, 0);
    assert_int_equal(plan.run[1].pool, 0);
    assert_true(plan.run[1].phase[0].devices <= 16);
    assert_true(plan.run[1].start_s <= plan.run[0].start_s); /* by priority, not by the order of the file */
    assert_true(plan.run[0].phase[0].devices <= 64 - plan.run[1].phase[0].devices); /* what is left */
    assert_false(plan.run[2].feasible);
    assert_string_equal(plan.candidate[1].why, "the job must not train there");
    assert_string_equal(plan.candidate[4].why, "the job needs 100 devices");
    tc_plan_free(&plan);
    tc_scenario_free(s);
}

/* Prices in other currencies, at the file's rate or the default; what chips are rented for in China where nobody says. */
static void prices_have_currencies(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(
        TOP "currencies: [{code: EUR, usd: 1.25}]\n"
            "pools:\n"
            "  - {name: a, accelerator: a100-sxm-80g, ownership: owned, price: {value: \"12000 EUR\", note: x}, "
            "deliveries: "
            "[{date: \"2024-02-01\", devices: 64}]}\n"
            "  - {name: b, accelerator: h20, region: china, ownership: rented, deliveries: [{date: \"2024-02-01\", "
            "devices: "
            "64}]}\n"
            "  - {name: c, accelerator: h20, region: china, ownership: rented, rental: 7 RMB/h, deliveries: [{date: "
            "\"2024-02-01\", devices: 64}]}\n" JOBS);
    assert_near(s->pool[0].price_usd, 15000, 1e-9);
    assert_near(s->pool[1].rental_usd_per_h, 5.64 * 0.140867, 1e-9); /* Ling-Plus, table 1 */
    assert_true(s->pool[1].regional);
    assert_near(s->pool[2].rental_usd_per_h, 7 * 0.140867, 1e-9);
    assert_false(s->pool[2].regional);
    assert_string_equal(s->converted, "1 EUR = 1.25 USD; 1 RMB = 0.1409 USD (default)");
    tc_scenario_free(s);
}

#define ACTUAL_SPREAD POOLS JOBS "actuals: [{date: \"2024-02-08\", pool: a, devices: {low: 30, mid: 40, high: 50}}]\n"

static void actuals_are_by_day(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(TOP POOLS JOBS "actuals:\n"
                                                  "  - {date: \"2024-03-08\", job: j, tokens: 2e8, failures: 3}\n"
                                                  "  - {date: \"2024-02-08\", pool: a, devices: 32, usable: 30}\n"
                                                  "  - {date: \"2024-03-01\", pool: a, devices: 64}\n");
    assert_int_equal(s->actuals, 3);
    assert_int_equal(s->actual[0].day, day(2024, 2, 8));
    assert_int_equal(s->actual[0].usable, 30);
    assert_int_equal(s->actual[1].pool, 0);
    assert_int_equal(s->actual[1].usable, TC_UNSET);
    assert_int_equal(s->actual[2].job, 0);
    assert_near(s->actual[2].tokens, 2e8, 0);
    assert_int_equal(s->as_of, day(2024, 3, 8)); /* the last that was seen */
    assert_near(s->actual[0].count.high, 0, 0);  /* counted to the piece */
    tc_scenario_free(s);
    s = good_scenario(TOP ACTUAL_SPREAD);
    assert_int_equal(s->actual[0].devices, 40);
    assert_near(s->actual[0].count.low, 30, 0);
    assert_near(s->actual[0].count.high, 50, 0);
    tc_scenario_free(s);
    s = good_scenario(TOP "certain: true\n" ACTUAL_SPREAD);
    assert_near(s->actual[0].count.high, 0, 0);
    tc_scenario_free(s);
}

#define SERVED(keys, demand)                                                                                           \
    "serving: [{name: s, pool: a, model: llama-3.1-8b, engine: vllm@2024-09, dtype: fp8, ttft: \"2 s\", tpot: "        \
    "\"50 ms\"" keys ", demand: {tokens_in: 1000, tokens_out: 250, cached_share: 0.2" demand "}}"

/* 8.64 M requests a day are 100 a second; devices are those over what one bears, which is the search's best on 512 or as many as come.
 * A second service that asks the same has the same forecast; in a certain scenario nothing is uncertain. */
static void a_served_model_is_forecast(void **state) {
    (void)state;
    tc_scenario *s = good_scenario(
        TOP POOLS
            SERVED("",
                   ", requests_per_day: 8.64e6, peak_factor: 1") ",\n"
                                                                 "  {name: t, pool: a, model: llama-3.1-8b, engine: "
                                                                 "vllm@2024-09, dtype: fp8, ttft: "
                                                                 "\"2 s\", tpot: \"50 ms\", profile: deepseek-day, "
                                                                 "demand: {tokens_in: 1000, "
                                                                 "tokens_out: 250, cached_share: 0.2, tokens_per_day: "
                                                                 "10.8e9, utilisation: 0.5}}]\n" JOBS);
    const tc_scenario_serving *a = &s->serving[0], *b = &s->serving[1];
    assert_near(a->peak_requests_per_s, 100, 1e-9);
    assert_near(a->peak_prefill_tokens_per_s, 80000, 1e-6);
    assert_int_equal(a->devices, (int)ceil(100 / a->served.requests_per_s));
    assert_memory_equal(&a->served, &b->served, sizeof a->served);
    double mean = 0;
    for (int h = 0; h < 24; h++) mean += b->profile.hour[h] / 24;
    assert_near(b->peak_requests_per_s, 100 / mean, 1e-9);
    assert_int_equal(b->devices, (int)ceil(100 / mean / a->served.requests_per_s / 0.5));
    for (int h = 0; h < 24; h++) {
        double least = b->devices * b->profile.hour[h];
        assert_true(tc_serving_devices_at(b, h, false) >= least && tc_serving_devices_at(b, h, false) < least + 1);
    }
    assert_true(a->need.low > 0 && a->need.low < 1 && a->need.mid == 1 && a->need.high > 1);
    assert_true(a->served.ttft_s_p95 <= 2 && a->served.tpot_s_p95 <= 0.05);

    tc_serving_question q = tc_default_serving_question();
    tc_serving_search search;
    tc_error error = {0};
    q.cluster = s->pool[0].cluster;
    q.cluster.devices = 0;
    for (int i = 0; i < s->pool[0].deliveries; i++) q.cluster.devices += s->pool[0].delivery[i].devices;
    if (q.cluster.devices > 512) q.cluster.devices = 512;
    q.weights = a->weights;
    q.input_tokens = 1000;
    q.output_tokens = 250;
    q.cached_share = 0.2;
    q.ttft_s = 2;
    q.tpot_s = 0.05;
    assert_int_equal(tc_catalog_model(catalog, "llama-3.1-8b", &q.model, &error), TC_OK);
    assert_int_equal(tc_catalog_engine(catalog, "vllm@2024-09", &q.cluster.accelerator, &q.engine, &error), TC_OK);
    assert_int_equal(tc_infer_search(&q, TC_GOAL_RATE, &search, &error), TC_OK);
    assert_near(a->served.requests_per_s, search.best[0].requests_per_s / search.best[0].devices, 0);
    tc_scenario_free(s);

    s = good_scenario(TOP "certain: true\n" POOLS SERVED("", ", requests_per_day: 8.64e6, peak_factor: 1") "]\n" JOBS);
    assert_true(s->serving[0].need.low == 1 && s->serving[0].need.high == 1);
    tc_scenario_free(s);
}

/* ---- errors --------------------------------------------------------------------------------------- */

#define POOL(keys, deliveries)                                                                                         \
    "pools: [{name: a, accelerator: a100-sxm-80g, ownership: owned" keys ", deliveries: [" deliveries "]}]\n"
#define SERVE(keys) TOP POOLS "serving: [{name: s, pool: a" keys "}]\n" JOBS
#define RATE_OF ", prefill_tokens_per_s: 1, decode_tokens_per_s: 1, utilisation: 1, cached_share: 0, peak_factor: 1}"
#define JOB(keys) TOP POOLS "jobs: [{name: j" keys ", candidates: [" CANDIDATE "]}]\n"
#define CAND(keys) TOP POOLS "jobs: [{name: j, candidates: [{name: c" keys "}]}]\n"
#define ACTUAL(rows) TOP POOLS JOBS "actuals: [" rows "]\n"

static void errors_have_their_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *place, *says;
    } cases[] = {
        {TOP "as_of: today\n" POOLS JOBS, "test.yaml:4: as_of", "no day of the calendar"},
        {TOP "horizon: \"2023-01-01\"\n" POOLS JOBS, "test.yaml:4: horizon", "is not after the start"},
        {TOP "certain: maybe\n" POOLS JOBS, "test.yaml:4: certain", "true or false"},
        {TOP "risks: {slipp: 1}\n" POOLS JOBS, "test.yaml:4: risks.slipp", "did you mean 'slip'"},
        {TOP "risks: {slip: {low: 2, mid: 1, high: 3}}\n" POOLS JOBS, "test.yaml:4: risks.slip.low", "in order"},
        {TOP "risks: {on_time: 1.5}\n" POOLS JOBS, "test.yaml:4: risks.on_time", "out of range"},
        {TOP POOL(", risks: {bad: 2}", "{date: \"2024-02-01\", devices: 8}") JOBS, "pools[0].risks.bad",
         "out of range"},
        {TOP POOL(", stack: nemo@20-1", "{date: \"2024-02-01\", devices: 8}") JOBS, "pools[0].stack",
         "no date stands behind the @"},
        {TOP POOL("", "{date: \"2024-02-01\", devices: 0}") JOBS, "pools[0].deliveries[0].devices", "is no delivery"},
        {TOP POOL("", "{date: \"2024-02-01\", devices: 8.5}") JOBS, "pools[0].deliveries[0].devices", "whole number"},
        {TOP POOL("", "{date: \"2024-02-01\", devices: {low: 9, mid: 8, high: 10}}") JOBS,
         "pools[0].deliveries[0].devices.low", "in order"},
        {TOP POOL("", "{date: \"2024-02-01\", devices: 8, promised: \"2024-03-01\"}") JOBS,
         "pools[0].deliveries[0].promised", "is after the delivery"},
        {TOP POOL("", "{every: week, from: \"2024-02-01\", until: \"2024-03-01\", devices: 8, ordered: 9}") JOBS,
         "pools[0].deliveries[0].ordered", "9 devices are ordered, but 40 come"},
        {TOP POOL(", price: 5 XYZ", "{date: \"2024-02-01\", devices: 8}") JOBS, "pools[0].price", "unknown unit 'XYZ'"},
        {TOP "currencies: [{code: CNY, usd: 0}]\n" POOLS JOBS, "currencies[0].usd", "out of range"},
        {SERVE(", devices: 8, profile: azure-chatt"), "serving[0].profile", "did you mean 'azure-chat'"},
        {SERVE(", devices: 8, until: \"2024-02-01\", from: \"2024-03-01\""), "serving[0].until", "is not after"},
        {SERVE(", devices: 8, met_probability: 2"), "serving[0].met_probability", "out of range"},
        {SERVE(", demand: {tokens_per_day: 1e9" RATE_OF), "serving[0].demand.tokens_in", "or 'in_share'"},
        {SERVE(", demand: {tokens_per_day: 1e9, monthly_users: 5" RATE_OF), "serving[0].demand.monthly_users",
         "the one or the other"},
        {SERVE(", demand: {in_share: 0.5, monthly_users: 5, daily_share: 1, turns_per_day: 1" RATE_OF),
         "serving[0].demand.in_share", "needs 'tokens_per_day'"},
        {SERVE(", demand: {monthly_users: 5" RATE_OF), "serving[0].demand.daily_share", "is missing"},
        {SERVE(", demand: {requests_per_day: 5, tokens_per_day: 1e9" RATE_OF), "serving[0].demand.requests_per_day",
         "the one or the other"},
        {SERVE(", demand: {requests_per_day: 5, turns_per_day: 2" RATE_OF), "serving[0].demand.turns_per_day",
         "beside 'requests_per_day'"},
        {SERVE(", demand: {requests_per_day: 5, tokens_in: 1, tokens_out: 1, cached_share: 0}"),
         "serving[0].demand.peak_factor", "is missing"},
        {SERVE(", engine: vllm, demand: {requests_per_day: 5, tokens_in: 1, tokens_out: 1" RATE_OF),
         "serving[0].engine", "is of a served model"},
        {SERVE(", model: llama-3.1-8b, devices: 8"), "serving[0].model", "is forecast for a demand"},
        {SERVE(", model: llama-3.1-8b, demand: {requests_per_day: 5, tokens_in: 1, tokens_out: 1" RATE_OF),
         "serving[0].demand.prefill_tokens_per_s", "beside 'model'"},
        {SERVE(", model: llama-3.1-8b, demand: {tokens_per_day: 5, in_share: 0.5, cached_share: 0, peak_factor: 1}"),
         "serving[0].demand.in_share", "write 'tokens_in'"},
        {SERVE(", model: lama-3.1-8b, demand: {requests_per_day: 5, tokens_in: 1, tokens_out: 1, cached_share: 0, "
               "peak_factor: 1}"),
         "serving[0].model", "did you mean 'llama-3.1-8b'"},
        {TOP POOLS SERVED(", draft_tokens: 1, accepted_tokens: 3", ", requests_per_day: 5, peak_factor: 1") "]\n" JOBS,
         "serving[0].accepted_tokens", "write 1 to 2"},
        {SERVE(", model: llama-3.1-405b, tpot: \"1 us\", demand: {requests_per_day: 5, tokens_in: 1, tokens_out: 2, "
               "cached_share: 0, peak_factor: 1}"),
         "serving[0].model", "within the objectives"},
        {SERVE(
             ", model: open-sora-plan-1.5, demand: {requests_per_day: 5, tokens_in: 1, tokens_out: 2, cached_share: 0, "
             "peak_factor: 1}"),
         "serving[0].model", "generates no tokens"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, rl: {tokens_in: 8, tokens_out: 64, algorithm: ppp}"),
         "candidates[0].rl.algorithm", "grpo, ppo or dapo"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, rl: {tokens_in: 8, tokens_out: 64, most_tokens_out: "
              "9}"),
         "candidates[0].rl.most_tokens_out", "write a larger one"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, rl: {tokens_in: 8}"), "candidates[0].rl.tokens_out",
         "is missing"},
        {JOB(", pool: x"), "jobs[0].pool", "none of the pools"},
        {JOB(", mixed: data"), "jobs[0].mixed", "write 'pools: [a, b]'"},
        {JOB(", pools: [a, x]"), "jobs[0].pools[1]", "none of the pools"},
        {JOB(", pools: [a, b]"), "jobs[0].pools[1]", "nothing joins 'a' and 'b'"},
        {JOB(", pools: [a, b], mixed: both"), "jobs[0].mixed", "pipeline"},
        {JOB(", pools: [a, a]"), "jobs[0].pools[1]", "stands here twice"},
        {JOB(", pools: [a]"), "jobs[0].pools", "2 to 8"},
        {JOB(", pool: a, pools: [a, b]"), "jobs[0].pools[1]", "must not train on 'b'"},
        {JOB("") "rentals: [{name: r, pool: x, devices: 8}]\n", "rentals[0].pool", "none of the pools"},
        {JOB("") "rentals: [{name: r, pool: a}]\n", "rentals[0].devices", "is missing"},
        {JOB("") "rentals: [{name: r, pool: a, devices: 8, contract: spot}]\n", "rentals[0].contract", "interruptible"},
        {JOB("") "rentals: [{name: r, pool: a, devices: 8, contract: interruptible}]\n", "rentals[0].interruptions",
         "is missing"},
        {JOB("") "rentals: [{name: r, pool: a, devices: 8, interruptions: 3}]\n", "rentals[0].interruptions",
         "contract: interruptible"},
        {JOB("") "rentals: [{name: r, pool: a, devices: 8, minimum_term: \"30 d\"}]\n", "rentals[0].minimum_term",
         "contract: reserved"},
        {JOB("") "rentals: [{name: r, pool: a, devices: 8, rental: \"-1 USD/h\"}]\n", "rentals[0].rental",
         "is negative"},
        {JOB("") "rentals: [{name: r, pool: a, devices: 8, prices: [{from: \"2024-03-01\", rental: \"1 USD/h\"}, "
                 "{from: "
                 "\"2024-02-01\", rental: \"1 USD/h\"}]}]\n",
         "rentals[0].prices[1].from", "order the prices"},
        {JOB("") "rentals: [{name: r, pool: a, devices: 8}, {name: r, pool: a, devices: 8}]\n", "rentals[1].name",
         "earlier rental"},
        {JOB("") "links: [{from: a, to: x, bandwidth: \"1 Gb/s\"}]\n", "links[0].to", "none of the pools"},
        {JOB("") "links: [{from: a, to: a, bandwidth: \"1 Gb/s\"}]\n", "links[0].to", "write another"},
        {JOB("") "links: [{from: a, to: b}]\n", "links[0].bandwidth", "is missing"},
        {JOB("") "links: [{from: a, to: b, bandwidth: \"1 Gb/s\", km: -1}]\n", "links[0].km", "0 to"},
        {JOB("") "tuning: perfect\n", "tuning", "first-try"},
        {JOB(", not_on: [a, x]"), "jobs[0].not_on[1]", "none of the pools"},
        {JOB(", not_on: a"), "jobs[0].not_on", "write [a, b]"},
        {JOB(", pool: a, not_on: [a]"), "jobs[0].not_on[0]", "must train on"},
        {JOB(", not_on: [a, b]"), "jobs[0].not_on", "leaves the job no pool"},
        {JOB(", min_devices: 9, max_devices: 8"), "jobs[0].min_devices", "more than max_devices"},
        {CAND(", tokens: 1e9"), "jobs[0].candidates[0].model", "or 'rates'"},
        {CAND(", model: gpt2-124m, tokens: 1e9"), "jobs[0].candidates[0].global_batch", "is missing"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, frames: 49"), "jobs[0].candidates[0].frames",
         "images or video"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, layers: 13"), "jobs[0].candidates[0].layers",
         "give 1 to 12"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, cached_latents: true"),
         "jobs[0].candidates[0].cached_latents", "images or video"},
        {CAND(", model: flux.1-dev, global_batch: 8, tokens: 1e9, seq: 1024, height: 256"), "jobs[0].candidates[0].seq",
         "stands beside pixels"},
        {CAND(", model: flux.1-dev, global_batch: 8, tokens: 1e9, height: 8"), "jobs[0].candidates[0].height",
         "give 16"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, unit: videos"), "jobs[0].candidates[0].unit",
         "needs 'rates'"},
        {CAND(", model: gpt2-124m, tokens: 1e9, rates: [{accelerator: h20, tokens_per_s: 1}]"), "jobs[0].candidates[0]",
         "a model and rates"},
        {CAND(", seq: 8, tokens: 1e9, rates: [{accelerator: h20, tokens_per_s: 1}]"), "jobs[0].candidates[0].seq",
         "needs a 'model'"},
        {CAND(", tokens: 1e9, rates: [{accelerator: h21, tokens_per_s: 1}]"),
         "jobs[0].candidates[0].rates[0].accelerator", "not in the catalog"},
        {CAND(", tokens: 1e9, rates: [{accelerator: h20, tokens_per_s: 1}, {accelerator: h20, tokens_per_s: 1}]"),
         "jobs[0].candidates[0].rates[1].accelerator", "earlier rate"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, phases: [{name: p, share: 0.5}]"),
         "jobs[0].candidates[0].phases", "shares of 0.5 in all"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, phases: [{name: p, tokens: 2e9}]"),
         "jobs[0].candidates[0].phases", "2e+09 tokens in all"},
        {CAND(", model: gpt2-124m, global_batch: 8, phases: [{name: p, share: 1}]"), "jobs[0].candidates[0].tokens",
         "of which the phases are shares"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, phases: [{name: p}]"),
         "jobs[0].candidates[0].phases[0]", "neither"},
        {CAND(", model: gpt2-124m, global_batch: 8, tokens: 1e9, phases: [{name: p, share: 0.5}, {name: q, tokens: "
              "5e8}]"),
         "jobs[0].candidates[0].phases", "one of the two for all"},
        {ACTUAL("{date: \"2024-02-30\", pool: a, devices: 8}"), "actuals[0].date", "no day of the calendar"},
        {ACTUAL("{date: \"2024-02-01\", devices: 8}"), "actuals[0].pool", "is missing"},
        {ACTUAL("{date: \"2024-02-01\", pool: a, job: j, devices: 8}"), "actuals[0].pool", "a row for each"},
        {ACTUAL("{date: \"2024-02-01\", pool: x, devices: 8}"), "actuals[0].pool", "none of the pools"},
        {ACTUAL("{date: \"2024-02-01\", job: x, tokens: 8}"), "actuals[0].job", "none of the jobs"},
        {ACTUAL("{date: \"2024-02-01\", job: j, devices: 8}"), "actuals[0].devices", "is of a pool"},
        {ACTUAL("{date: \"2024-02-01\", pool: a, tokens: 8}"), "actuals[0].tokens", "is of a job"},
        {ACTUAL("{date: \"2024-02-01\", pool: a}"), "actuals[0].devices", "is missing"},
        {ACTUAL("{date: \"2024-02-01\", pool: a, devices: 8, usable: 9}"), "actuals[0].usable", "more than the 8"},
        {ACTUAL("{date: \"2024-02-01\", pool: a, devices: 65}"), "actuals[0].devices", "more than the 64 ordered"},
        {ACTUAL("{date: \"2024-02-01\", pool: a, devices: {low: 9, mid: 60, high: 65}}"), "actuals[0].devices",
         "65 are more than the 64 ordered"},
        {ACTUAL("{date: \"2024-02-01\", pool: a, devices: {low: 9, mid: 8, high: 10}}"), "actuals[0].devices.low",
         "in order"},
        {ACTUAL("{date: \"2024-02-01\", pool: a, devices: 20}, {date: \"2024-03-01\", pool: a, devices: {low: 19, mid: "
                "30, high: 40}}"),
         "actuals[1].devices", "19 are fewer than the 20 of 2024-02-01"},
        {ACTUAL("{date: \"2024-02-01\", job: j, tokens: 2e9}"), "actuals[0].tokens", "more than the 1e+09"},
        {ACTUAL("{date: \"2024-03-01\", pool: a, devices: 8}, {date: \"2024-02-01\", pool: a, devices: 9}"),
         "actuals[0].devices", "fewer than the 9 of 2024-02-01"},
        {ACTUAL("{date: \"2024-02-01\", pool: a, devices: 9}, {date: \"2024-02-02\", pool: a, usable: 3}, {date: "
                "\"2024-02-03\", pool: a, devices: 8}"),
         "actuals[2].devices", "fewer than the 9"},
        {ACTUAL("{date: \"2024-02-01\", job: j, failures: 9}, {date: \"2024-03-01\", job: j, failures: 8}"),
         "actuals[1].failures", "fewer than the 9"},
        {ACTUAL("{date: \"2024-02-01\", pool: a, devices: 8}, {date: \"2024-02-01\", pool: a, devices: 8}"),
         "actuals[1].date", "an earlier row"},
        {TOP "as_of: \"2024-02-01\"\n" POOLS JOBS "actuals: [{date: \"2024-02-02\", pool: a, devices: 8}]\n",
         "actuals[0].date", "is after as_of"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tc_scenario *scenario;
        tc_error error;
        tc_code code = read_scenario(cases[i].text, &scenario, &error);
        if (code == TC_OK || !strstr(error.place, cases[i].place) || !strstr(error.text, cases[i].says))
            print_error("case %zu: %d %s: %s\n", i, (int)code, error.place, error.text);
        assert_true(code == TC_INVALID || code == TC_NOT_FOUND);
        assert_true(strncmp(error.place, "test.yaml:", 10) == 0);
        assert_non_null(strstr(error.place, cases[i].place));
        assert_non_null(strstr(error.text, cases[i].says));
        assert_null(strchr(error.text, '\n'));
        tc_scenario_free(scenario);
    }
}

/* ---- what is asked beside the file ------------------------------------------------------------------- */

static tc_code changed(const tc_scenario_changes *changes, tc_scenario **out, tc_error *error) {
    *error = (tc_error){0};
    return tc_scenario_load_changed(catalog, "two-pools-h100-h20", changes, out, error);
}

static void values_are_set_by_their_paths(void **state) {
    (void)state;
    static const char *const set[] = {"pools.h20.deliveries[0].devices=4096",
                                      "pools[1].deliveries[1].devices={low: 100, mid: 512, high: 600}",
                                      "jobs.base-8b.candidates.llama-8b-2t.tokens=3e12",
                                      "jobs.base-8b.deadline=2026-05-01",
                                      "risks.slip={low: 0.1, mid: 0.2, high: 0.3}",
                                      "pools.h20.name=h20-second",
                                      "serving.assistant.pool=h20-second"};
    tc_scenario *s;
    tc_error error;
    const tc_scenario_changes changes = {.set = set, .sets = 7, .certain = false};
    if (changed(&changes, &s, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
    assert_int_equal(s->pool[1].delivery[0].devices, 4096);
    assert_near(s->pool[1].delivery[1].count.low, 100, 0);
    assert_near(s->job[0].candidate[1].tokens, 3e12, 0);
    assert_int_equal(s->job[0].deadline, day(2026, 5, 1));
    assert_near(s->risks.slip.mid, 0.2, 0);
    assert_string_equal(s->pool[1].name, "h20-second");
    assert_int_equal(s->serving[0].pool, 1);
    assert_true(is_assumed(s, "h20-second: 4,096 devices, 2025-10-15: of the user"));
    tc_scenario_free(s);
    assert_int_equal(changed(&(tc_scenario_changes){.certain = true}, &s, &error), TC_OK);
    assert_int_equal(s->pool[1].delivery[0].devices, 512); /* the catalog's own is as it was */
    assert_true(s->certain && s->risks.on_time == 1);
    tc_scenario_free(s);
}

static void wrong_changes_name_the_option(void **state) {
    (void)state;
    static const struct {
        const char *set, *place, *says;
    } cases[] = {
        {"pools.h20.deliveries[0].devices=none", "pools[1].deliveries[0].devices", "is no whole number"},
        {"pools.h20.deliveries[9].devices=5", "", "has no element '[9].devices'"},
        {"pools.h21.until=2026-01-01", "", "has no element 'h21.until'"},
        {"pools.h20.untill=2026-01-01", "pools[1].untill", "did you mean 'until'"},
        {"pools.h20.ownership.x=5", "", "nothing below"},
        {"pools.h20.deliveries[x].devices=5", "", "has no element"},
        {"pools..h20=5", "", "has no element"},
        {"risks..slip=5", "", "no key at"},
        {"start", "", "write PATH=VALUE"},
        {"start=", "", "write PATH=VALUE"},
        {"=5", "", "write PATH=VALUE"},
        {"start=[", "", "no valid YAML"},
        {"start=&a 5", "", "anchors are not read"},
        {"risks.on_time=2", "risks.on_time", "out of range"},
        {"pools=5", "pools", "write a list"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tc_scenario *s;
        tc_error error;
        char place[300];
        const tc_scenario_changes changes = {.set = &cases[i].set, .sets = 1};
        assert_int_equal(changed(&changes, &s, &error), TC_INVALID);
        snprintf(place, sizeof place, "--set %s%s%s", cases[i].set, cases[i].place[0] ? ": " : "", cases[i].place);
        assert_string_equal(error.place, place);
        if (!strstr(error.text, cases[i].says)) print_error("case %zu: %s\n", i, error.text);
        assert_non_null(strstr(error.text, cases[i].says));
        assert_null(s);
    }
}

/* A scenario with what a CSV says, or the error. */
static tc_code with_csv(const char *csv, const char *set, tc_scenario **out, tc_error *error) {
    FILE *file = fopen("actuals.csv", "w");
    assert_non_null(file);
    fputs(csv, file);
    fclose(file);
    const tc_scenario_changes changes = {.set = &set, .sets = set ? 1 : 0, .actual = "actuals.csv"};
    tc_code code = changed(&changes, out, error);
    remove("actuals.csv");
    return code;
}

static void actuals_come_from_a_csv(void **state) {
    (void)state;
    tc_scenario *s;
    tc_error error;
    tc_code code = with_csv("date, pool, devices, usable, job, tokens, failures\r\n# the first week\r\n\r\n"
                            "2025-10-20,\"h20\",400,380,base-8b,1e11,4\r\n2025-10-13,h100,1024,,,,\r\n",
                            NULL, &s, &error);
    if (code != TC_OK) fail_msg("%s: %s", error.place, error.text);
    assert_int_equal(s->actuals, 3);
    assert_int_equal(s->actual[0].pool, 0);
    assert_int_equal(s->actual[0].usable, TC_UNSET);
    assert_int_equal(s->actual[1].usable, 380);
    assert_int_equal(s->actual[2].job, 0);
    assert_int_equal(s->actual[2].failures, 4);
    assert_int_equal(s->as_of, day(2025, 10, 20));
    tc_scenario_free(s);
    static const struct {
        const char *csv, *place, *says;
    } cases[] = {
        {"", "actuals.csv", "is empty"},
        {"date,pool,device\n", "actuals.csv:1: device", "is no column"},
        {"date,pool,pool\n", "actuals.csv:1: pool", "is a column twice"},
        {"pool,devices\nh20,5\n", "actuals.csv:1: date", "is no column"},
        {"date,pool,devices\n2025-10-20,h20\n", "actuals.csv:2: devices", "too short"},
        {"date,pool,devices\n2025-10-20,h20,5,6\n", "actuals.csv:2: date", "more fields"},
        {"date,pool,devices\n2025-10-32,h20,5\n", "actuals.csv:2: date", "no day"},
        {"date,pool,devices\n2025-10-20,h20,x\n", "actuals.csv:2: devices", "no whole number"},
        {"date,job,tokens\n2025-10-20,base-8b,x\n", "actuals.csv:2: tokens", "no number of tokens"},
        {"date,pool,devices\n\n2025-10-20,h21,5\n", "actuals.csv:3: pool", "none of the pools"},
        {"date,pool,devices\n2025-10-20,h20,5000\n", "actuals.csv:2: devices", "more than the 2048 ordered"},
        {"date,pool,devices\n2025-10-27,h20,5\n2025-10-20,h20,6\n", "actuals.csv:2: devices", "fewer than the 6"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        code = with_csv(cases[i].csv, NULL, &s, &error);
        if (code == TC_OK || strcmp(error.place, cases[i].place) != 0 || !strstr(error.text, cases[i].says))
            print_error("case %zu: %s: %s\n", i, error.place, error.text);
        assert_int_equal(code, TC_INVALID);
        assert_string_equal(error.place, cases[i].place);
        assert_non_null(strstr(error.text, cases[i].says));
    }
    assert_int_equal(with_csv("date,pool,devices\n2025-10-27,h20,5\n", "as_of=2025-10-20", &s, &error), TC_INVALID);
    assert_non_null(strstr(error.text, "is after as_of"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_catalog),
        cmocka_unit_test(figures_without_a_source_are_of_the_user),
        cmocka_unit_test(risks_are_of_the_scenario_then_of_the_pool),
        cmocka_unit_test(software_is_by_the_kind_of_model),
        cmocka_unit_test(certain_is_without_spreads),
        cmocka_unit_test(deliveries_are_promises),
        cmocka_unit_test(services_have_a_load),
        cmocka_unit_test(a_served_model_is_forecast),
        cmocka_unit_test(phases_are_of_their_candidate),
        cmocka_unit_test(pixels_of_a_candidate),
        cmocka_unit_test(rates_take_the_place_of_a_model),
        cmocka_unit_test(pools_at_once),
        cmocka_unit_test(contracts_are_tried),
        cmocka_unit_test(prices_of_the_catalog),
        cmocka_unit_test(jobs_say_where_and_how_large),
        cmocka_unit_test(prices_have_currencies),
        cmocka_unit_test(actuals_are_by_day),
        cmocka_unit_test(errors_have_their_place),
        cmocka_unit_test(values_are_set_by_their_paths),
        cmocka_unit_test(wrong_changes_name_the_option),
        cmocka_unit_test(actuals_come_from_a_csv),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}

/* test_hostile.c - a caller of the C interface that fills structs with anything: an error that names the member, or an answer
 * without NaN; never a read out of bounds or an overflow (under the sanitizers).
 *
 * The members come from the tables that the library checks by, and a test of its own that these have every byte of the
 * structs. HOSTILE: how many calls (3000); SEED: of the generator (1). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <float.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/members.h"
#include "layout/members.h"
#include "layout/question_members.h"
#include "machine.h"
#include "run/members.h"
#include "require/members.h"
#include "search/members.h"
#include "forecast/collective_members.h"
#include "rl/members.h"
#include "serving/members.h"
#include "workload/members.h"

/* ---- the generator --------------------------------------------------------------------------- */

static uint64_t seed = 1;

/* xorshift64* */
static uint64_t draw(uint64_t below) {
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * UINT64_C(2685821657736338717) % below;
}

#define PICK(list) list[draw(sizeof(list) / sizeof(list)[0])]

static int64_t hostile_integer(void) {
    static const int64_t values[] = {INT32_MIN,   INT32_MIN + 1,
                                     -1000000000, -2,
                                     -1,          0,
                                     1,           2,
                                     3,           4,
                                     5,           7,
                                     8,           9,
                                     15,          16,
                                     17,          31,
                                     64,          99,
                                     255,         256,
                                     65535,       1e6,
                                     1e7,         1e8,
                                     10000001,    1 << 30,
                                     INT32_MAX,   INT32_MAX - 1};
    return draw(4) ? PICK(values) : (int32_t)draw(UINT64_C(1) << 32);
}

static double hostile_figure(void) {
    static const double values[]
        = {NAN, INFINITY, -INFINITY, 0,    -0.0, -1,   -1e-300, DBL_MIN, 5e-324,  1e-300, 1e-9, 0.5,   1, 1.01,
           16,  1e9,      1e15,      1e29, 1e30, 1e31, 1e60,    1e300,   DBL_MAX, -1e9,   0.95, 0.999, 2, INT32_MAX};
    if (draw(4)) return PICK(values);
    uint64_t bits = draw(UINT64_MAX);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- members ---------------------------------------------------------------------------------- */

typedef struct leaf {
    const tc_member *member;
    size_t offset; /* in the outermost struct */
} leaf;

#define MOST_LEAVES 200000
static leaf leaves[MOST_LEAVES];
static int leaf_count;

/* What the pointers of a struct are followed in: they point into it; NULL: they are not followed. */
static const char *followed;

/* All leaves of a struct, of arrays the elements in use and those that are not. */
static void collect(const tc_members *table, size_t base) {
    for (int i = 0; i < table->count; i++) {
        const tc_member *m = &table->member[i];
        if (m->kind == TC_MEMBER_ARRAY && followed) {
            const char *first;
            int count;
            memcpy(&first, followed + base + m->offset, sizeof first);
            memcpy(&count, followed + base + m->used, sizeof count);
            for (int k = 0; k < count; k++) collect(m->of, (size_t)(first - followed) + (size_t)k * m->of->size);
        }
        for (size_t k = 0; k < m->count; k++) {
            size_t at = base + m->offset + k * m->size;
            if (m->kind == TC_MEMBER_STRUCT)
                collect(m->of, at);
            else if (leaf_count < MOST_LEAVES)
                leaves[leaf_count++] = (leaf){m, at};
        }
    }
}

/* Another value for the member, NULL for an array; false: another pointer, which stays. */
static bool spoil(char *value, const leaf *l) {
    char *at = value + l->offset;
    int32_t narrow;
    int64_t wide;
    double figure;
    size_t size;
    switch (l->member->kind) {
    case TC_MEMBER_SIZE: size = draw(2) ? 0 : (size_t)draw(100000); return memcpy(at, &size, sizeof size) != NULL;
    case TC_MEMBER_INTEGER: narrow = (int32_t)hostile_integer(); return memcpy(at, &narrow, sizeof narrow) != NULL;
    case TC_MEMBER_WIDE:
        wide = draw(3) ? hostile_integer() : draw(2) ? INT64_MAX : INT64_MIN;
        return memcpy(at, &wide, sizeof wide) != NULL;
    case TC_MEMBER_FIGURE: figure = hostile_figure(); return memcpy(at, &figure, sizeof figure) != NULL;
    case TC_MEMBER_SWITCH: return memset(at, draw(2) ? (int)draw(2) : (int)draw(256), 1) != NULL;
    case TC_MEMBER_ARRAY: return memset(at, 0, sizeof(void *)) != NULL;
    case TC_MEMBER_TEXT: return memset(at, draw(2) ? 'x' : 0xff, l->member->size - (size_t)draw(2)) != NULL;
    default: return false;
    }
}

/* Spoils one member in three of four times, else up to four. */
static void spoil_some(void *value) {
    for (int n = draw(4) ? 1 : 1 + (int)draw(4); n > 0;) n -= spoil(value, &leaves[draw((uint64_t)leaf_count)]);
}

/* ---- what is asked ------------------------------------------------------------------------------ */

static tc_model latent_model(int layers) {
    tc_model m = round_moe(layers);
    tc_block *b = &m.block[1];
    *b = m.block[0];
    b->mixer = TC_MIXER_LATENT;
    b->latent = (tc_latent){.heads = 16, .q_rank = 256, .kv_rank = 128, .nope_dim = 64, .rope_dim = 32, .v_dim = 64};
    b->ffn = TC_FFN_DENSE | TC_FFN_EXPERTS;
    m.blocks = 2;
    return m;
}

/* A question that is answered, of several kinds. */
static tc_question sound_question(void) {
    tc_question q = round_machine(16);
    switch (draw(6)) {
    case 0: break;
    case 1:
        q.layout.tp = 2;
        q.layout.pp = 4;
        q.layout.vpp = (int)draw(2) + 1;
        q.layout.micro_batch = 1;
        q.job.global_batch = 32;
        break;
    case 2:
        q.job.model = round_moe(8);
        q.layout.ep = 4;
        q.layout.sharding = (int)draw(5);
        break;
    case 3:
        q.job.model = latent_model(4);
        q.layout.ep = 2;
        q.layout.pp = 2;
        q.layout.recompute = (int)draw(3);
        q.job.global_batch = 64;
        break;
    case 4:
        q.layout.pp = 4;
        q.layout.schedule = (int)draw(TC_SCHEDULE_CUSTOM);
        q.job.global_batch = 64;
        break;
    default:
        q.layout.cp = 2;
        q.layout.cp_kind = (int)draw(2);
        q.layout.offload = (int)draw(5);
        q.job.dtype = TC_FP8;
    }
    return q;
}

static void check_error(tc_code code, const tc_error *error, const char *what) {
    if (code == TC_OK) return;
    if (code == TC_INTERNAL) fail_msg("%s: internal: %s: %s", what, error->place, error->text);
    if (!error->place[0] || !error->text[0] || !strchr(error->text, ';'))
        fail_msg("%s: an error that says too little: '%s': '%s'", what, error->place, error->text);
}

static void check_finite(const double *values, size_t count, const char *what) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i])) fail_msg("%s: figure %zu is %g", what, i, values[i]);
}

static void check_step(const tc_step *s) {
    const double rates[] = {s->step_s,
                            s->step_s_p10,
                            s->step_s_p90,
                            s->tokens_per_step,
                            s->tokens_per_s_per_device,
                            s->memory_p10,
                            s->memory_p90,
                            s->mfu_pct,
                            s->hfu_pct,
                            s->tflops_per_device,
                            s->memory.parameters,
                            s->memory.gradients,
                            s->memory.optimizer,
                            s->memory.activations,
                            s->memory.logits,
                            s->memory.buffers,
                            s->memory.framework,
                            s->memory.fragmentation,
                            s->memory.allocated,
                            s->memory.reserved,
                            s->memory.capacity};
    check_finite(rates, sizeof rates / sizeof rates[0], "a step");
    check_finite((const double *)&s->breakdown, sizeof s->breakdown / sizeof(double), "a breakdown");
    check_finite(s->model_flops, 4, "FLOPs");
}

static int calls(void) {
    const char *count = getenv("HOSTILE");
    return count ? (int)strtol(count, NULL, 10) : 3000;
}

/* ---- tests ----------------------------------------------------------------------------------------- */

static void forecasts(void **state) {
    (void)state;
    static leaf layout_leaves[100];
    leaf_count = 0;
    collect(&tc_layout_members, 0);
    int layout_leaf_count = leaf_count;
    memcpy(layout_leaves, leaves, (size_t)leaf_count * sizeof *leaves);
    leaf_count = 0;
    collect(&tc_question_members, 0);
    int answered = 0, refused = 0;
    for (int i = 0; i < calls(); i++) {
        tc_question q = sound_question();
        tc_step step;
        tc_error error = {0};
        if (i) spoil_some(&q);
        tc_code code = tc_forecast(&q, &step, &error);
        check_error(code, &error, "forecast");
        code ? refused++ : answered++;
        if (code == TC_OK) check_step(&step);
        tc_run_input in = tc_run_input_of(&q, &step);
        (void)in;
        tc_layout resolved = code ? q.layout : step.layout;
        spoil((char *)&resolved, &layout_leaves[draw((uint64_t)layout_leaf_count)]);
        tc_beyond beyond[2];
        tc_beyond_stack(&q, &resolved, beyond, 2);
        tc_model_size size = tc_model_count(&q.job.model);
        double flops = tc_model_flops_per_token(&q.job.model, q.job.seq, (tc_flops_convention)draw(6),
                                                q.layout.recompute, q.layout.recompute_layers);
        check_finite(&size.parameters, 1, "parameters");
        check_finite(&flops, 1, "FLOPs per token");
    }
    assert_true(answered > calls() / 20 && refused > calls() / 20);
}

static void searches(void **state) {
    (void)state;
    leaf_count = 0;
    collect(&tc_search_input_members, 0);
    for (int i = 0; i < calls() / 60; i++) {
        tc_search_input in = tc_default_search_input();
        in.question = sound_question();
        in.question.job.global_batch = 64;
        in.threads = 1;
        if (i) spoil_some(&in);
        /* how long it takes is not what is tested */
        if (in.question.job.model.block[0].count > 16 || in.question.job.model.block[1].count > 16
            || in.question.cluster.devices > 64 || in.question.job.global_batch > 65536 || in.most_global_batch > 65536)
            continue;
        tc_search found;
        tc_error error = {0};
        tc_code code = tc_search_space(&in, &found, &error);
        check_error(code, &error, "space");
        code = tc_search_run(&in, &found, &error);
        check_error(code, &error, "search");
        for (int k = 0; code == TC_OK && k < found.best_count; k++) check_step(&found.best[k].step);
        if (code == TC_OK && found.best_count == 0 && i % 5 == 0)
            check_error(tc_search_advise(&in, &found, &error), &error, "advice");
        if (code == TC_OK) tc_search_free(&found);
    }
}

static tc_economics sound_economics(void) {
    return (tc_economics){.size = sizeof(tc_economics),
                          .mtbf_s = 1e8,
                          .restart_s = 600,
                          .storage_bytes_per_s = 1e9,
                          .weight_bytes = 2,
                          .server_price = 1.5,
                          .network_share = 0.2,
                          .amortisation_s = 1e8,
                          .server_power = 1.5,
                          .power_utilisation = 0.7,
                          .pue = 1.2,
                          .usd_per_kwh = 0.1,
                          .kg_co2_per_kwh = 0.3};
}

static void runs(void **state) {
    (void)state;
    for (int i = 0; i < calls(); i++) {
        tc_question q = round_machine(16);
        tc_step step;
        tc_error error = {0};
        assert_int_equal(tc_forecast(&q, &step, &error), TC_OK);
        tc_run_input in = tc_run_input_of(&q, &step);
        tc_economics economics = sound_economics();
        in.tokens = 1e12;
        leaf_count = 0;
        collect(i % 3 ? &tc_run_input_members : &tc_economics_members, 0);
        if (i) spoil_some(i % 3 ? (void *)&in : (void *)&economics);
        tc_run run;
        tc_code code = tc_run_forecast(&in, &economics, &run, &error);
        check_error(code, &error, "run");
        if (i == 0) assert_int_equal(code, TC_OK);
        if (code) continue;
        const double figures[]
            = {run.steps,       run.ideal_s,       run.wall_s,   run.goodput,          run.checkpoint_share,
               run.lost_share,  run.restart_share, run.failures, run.checkpoint_bytes, run.checkpoint_s,
               run.device_hours};
        check_finite(figures, sizeof figures / sizeof figures[0], "a run");
    }
}

/* An engine whose parameters are all in the middle of their ranges. */
static tc_engine sound_engine(void) {
    tc_engine engine = tc_default_engine();
    int count;
    const tc_serving_parameter *p = tc_serving_parameters(&count);
    for (int i = 0; i < count; i++) {
        double value = p[i].low > 0 ? sqrt(p[i].low * p[i].high) : p[i].high / 10;
        memcpy((char *)&engine.params + p[i].offset, &value, sizeof value);
    }
    return engine;
}

static void check_not_infinite(double value, const char *what) {
    if (isinf(value)) fail_msg("serving: %s is infinite", what);
}

static void collectives(void **state) {
    (void)state;
    int answered = 0, refused = 0;
    leaf_count = 0;
    collect(&tc_collective_question_members, 0);
    for (int i = 0; i < calls(); i++) {
        tc_collective_question q = tc_default_collective_question();
        tc_collective_answer a;
        tc_error error = {0};
        tc_question machine = round_machine(8);
        q.accelerator = machine.cluster.accelerator;
        q.fabric = machine.cluster.fabric;
        if (i) spoil_some(&q);
        tc_code code = tc_collective_time(&q, 1e6, &a, &error);
        check_error(code, &error, "collective");
        code ? refused++ : answered++;
        if (i == 0) assert_int_equal(code, TC_OK);
        if (!code) assert_true(isfinite(a.seconds) && a.seconds >= 0 && isfinite(a.bus_bytes_per_s));
    }
    assert_true(answered > 0 && refused > 0);
}

static void servings(void **state) {
    (void)state;
    int answered = 0, refused = 0;
    leaf_count = 0;
    collect(&tc_serving_question_members, 0);
    for (int i = 0; i < calls(); i++) {
        tc_serving_question q = tc_default_serving_question();
        tc_serving_answer a;
        tc_error error = {0};
        tc_question machine = round_machine(8);
        q.model = machine.job.model;
        q.cluster = machine.cluster;
        q.engine = sound_engine();
        if (i % 2) q.concurrency = 16;
        if (i % 3 == 0) q.tp = q.pp = 1;
        if (i) spoil_some(&q);
        q.economics = NULL;
        tc_code code = tc_infer(&q, &a, &error);
        check_error(code, &error, "infer");
        code ? refused++ : answered++;
        if (i == 0) assert_int_equal(code, TC_OK);
        if (code) continue;
        check_not_infinite(a.ttft_s, "TTFT");
        check_not_infinite(a.tpot_s, "TPOT");
        check_not_infinite(a.e2e_s, "e2e");
        check_not_infinite(a.output_tokens_per_s, "the output rate");
        check_not_infinite(a.memory_bytes, "memory");
        check_not_infinite(a.power_w, "power");
        assert_true(a.bound < TC_SERVING_BOUNDS && a.assumed_count <= TC_SERVING_ASSUMED_MAX);
        assert_true(isnan(a.output_tokens_per_s) || a.output_tokens_per_s >= 0);
    }
    assert_true(answered > calls() / 20 && refused > calls() / 20);
}

/* A step of reinforcement learning of a small model. */
static void reinforcements(void **state) {
    (void)state;
    int answered = 0, refused = 0;
    static tc_rl_question q;
    leaf_count = 0;
    collect(&tc_rl_question_members, 0);
    for (int i = 0; i < calls() / 4; i++) {
        tc_rl_answer a;
        tc_error error = {0};
        q = tc_default_rl_question();
        q.training = round_machine(8);
        q.generation.model = q.training.job.model;
        q.generation.cluster = q.training.cluster;
        q.generation.engine = sound_engine();
        q.prompts = q.responses = 4;
        q.input_tokens = 64;
        q.output_tokens = 128;
        if (i % 3 == 1) q.placement = TC_RL_ONE_STEP_OFF;
        if (i % 3 == 2) q.algorithm = TC_RL_PPO;
        if (i) spoil_some(&q);
        q.critic = q.reward = NULL;
        q.generation.economics = NULL;
        q.training.interval = NULL;
        q.search_layout = false;
        tc_code code = tc_rl_forecast(&q, &a, &error);
        check_error(code, &error, "rl");
        code ? refused++ : answered++;
        if (i == 0) assert_int_equal(code, TC_OK);
        if (code) continue;
        check_not_infinite(a.step_s, "a step of reinforcement learning");
        assert_true(a.assumed_count <= TC_RL_ASSUMED_MAX);
    }
    assert_true(answered > calls() / 80 && refused > calls() / 80);
}

static void classes(void **state) {
    (void)state;
    for (int i = 0; i < calls(); i++) {
        static tc_controls controls;
        memset(&controls, 0, sizeof controls);
        controls.formats = 2;
        controls.format[0] = (tc_control_bits){TC_BF16, 16, 0};
        controls.format[1] = (tc_control_bits){TC_CONTROL_FP6, 6, 0};
        controls.rules = 1;
        controls.rule[0].classes = 1;
        controls.rule[0].class_of[0].clauses = 1;
        for (int k = 0; k < TC_CONTROL_FIGURES; k++) {
            controls.rule[0].class_of[0].clause[0].from[k] = k ? -INFINITY : 1000;
            controls.rule[0].class_of[0].clause[0].below[k] = INFINITY;
        }
        tc_accelerator accelerator = round_accelerator();
        leaf_count = 0;
        collect(i % 2 ? &tc_controls_members : &tc_accelerator_members, 0);
        if (i) spoil_some(i % 2 ? (void *)&controls : (void *)&accelerator);
        tc_control_report report = tc_controls_classify(&controls, &accelerator, NULL);
        assert_true(report.rules >= 0 && report.rules <= TC_CONTROL_RULES);
        if (i == 0) assert_int_equal(report.rules, 1);
    }
}

/* A scenario and its arrays in one piece, so that a member lies at one offset of it. */
typedef struct fleet {
    tc_scenario s;
    tc_scenario_pool pool;
    tc_delivery_line line;
    tc_delivery delivery[2];
    tc_scenario_serving serving;
    tc_scenario_job job[2];
    tc_scenario_candidate candidate[2];
    tc_scenario_phase phase;
    tc_scenario_rate rate;
    tc_scenario_name name;
    tc_actual actual;
    tc_model model;
} fleet;

/* A pool, two jobs with a candidate each, and a chatbot. */
static void sound_fleet(fleet *f) {
    memset(f, 0, sizeof *f);
    tc_question q = round_machine(0);
    tc_scenario *s = &f->s;
    f->model = round_gpt(8);
    s->start = s->as_of = 19000;
    s->horizon = 20000;
    s->risks = tc_risks_none();
    s->actuals = 1;
    s->actual = &f->actual;
    f->actual = (tc_actual){.day = 19000, .pool = 0, .job = -1, .devices = 16, .usable = 16, .tokens = TC_UNSET};
    s->fit = TC_FIT;
    s->pools = s->servings = 1;
    s->pool = &f->pool;
    s->serving = &f->serving;
    s->jobs = 2;
    s->job = f->job;
    tc_scenario_pool *p = &f->pool;
    p->price_usd = p->rental_usd_per_h = p->mtbf_s = TC_UNSET;
    p->until = INT32_MAX;
    p->risks = s->risks;
    p->lines = 1;
    p->line = &f->line;
    f->line = (tc_delivery_line){.every = 0, .devices = 16, .count = 2};
    p->deliveries = 2;
    p->delivery = f->delivery;
    p->delivery[0] = (tc_delivery){.day = 19000, .devices = 16, .count = {16, 16, 16}};
    p->delivery[1] = (tc_delivery){.day = 19030, .devices = 16, .count = {8, 16, 24}};
    p->cluster = q.cluster;
    for (int k = 0; k < TC_MODEL_KINDS; k++) p->software[k] = q.stack;
    p->economics = sound_economics();
    s->serving[0].devices = 8;
    s->serving[0].tokens_per_day = s->serving[0].in_share = TC_UNSET;
    s->serving[0].until = INT32_MAX;
    for (int j = 0; j < 2; j++) {
        s->job[j].after_job = j - 1;
        s->job[j].pool = -1;
        s->job[j].movable = true;
        s->job[j].not_before = INT32_MIN;
        s->job[j].deadline = INT32_MAX;
        s->job[j].candidates = 1;
        s->job[j].candidate = &f->candidate[j];
        f->candidate[j] = (tc_scenario_candidate){.seq = TC_UNSET,
                                                  .global_batch = 64,
                                                  .dtype = TC_BF16,
                                                  .tokens = 1e10,
                                                  .tokens_per_parameter = TC_UNSET,
                                                  .model = &f->model,
                                                  .parameters = 1e8,
                                                  .active_parameters = 1e8};
    }
    s->job[1].not_on = &f->name; /* of which there is none, but for what is spoiled */
    f->candidate[0].phases = 1;
    f->candidate[0].phase = &f->phase;
    f->phase = (tc_scenario_phase){.seq = 1024, .global_batch = 64, .tokens = 1e10, .share = 1};
    f->candidate[1].rates = 1;
    f->candidate[1].rate = &f->rate;
    f->rate.tokens_per_s = (tc_spread){1000, 2000, 3000};
    if (draw(2)) f->candidate[1].model = NULL;
}

/* A count that is legal is the caller's word: no more than there are. */
static void keep_count(int *count, int room) {
    if (*count > room && *count <= TC_SCENARIO_MOST_ACTUALS) *count = room;
}

static void keep_counts(fleet *f) {
    keep_count(&f->s.pools, 1);
    keep_count(&f->s.servings, 1);
    keep_count(&f->s.jobs, 2);
    keep_count(&f->pool.lines, 1);
    keep_count(&f->pool.deliveries, 2);
    keep_count(&f->s.actuals, 1);
    for (int j = 0; j < 2; j++) {
        keep_count(&f->job[j].candidates, 1);
        keep_count(&f->job[j].not_ons, j);
        keep_count(&f->candidate[j].phases, j == 0);
        keep_count(&f->candidate[j].rates, j == 1);
    }
}

static void plans(void **state) {
    (void)state;
    fleet *f = malloc(sizeof *f);
    assert_non_null(f);
    sound_fleet(f);
    leaf_count = 0;
    followed = (const char *)f;
    collect(&tc_scenario_members, offsetof(fleet, s));
    followed = NULL;
    for (int i = 0; i < calls() / 10; i++) {
        sound_fleet(f);
        for (int n = i ? 1 + (int)draw(2) : 0; n > 0;) {
            const leaf *l = &leaves[draw((uint64_t)leaf_count)];
            if (l->offset != offsetof(fleet, s.assumptions)) n -= spoil((char *)f, l);
        }
        keep_counts(f);
        if (f->delivery[0].devices > 4096 || f->delivery[1].devices > 4096 || f->candidate[0].global_batch > 65536)
            continue;
        /* a step of days, which takes a minute to find out on more and more devices */
        const tc_stack *stack = f->pool.software;
        if (stack->optimizers[(unsigned)stack->optimizer % TC_OPTIMIZER_NONE].extra_bytes > 1e12) continue;
        tc_plan plan;
        tc_error error = {0};
        tc_code code = tc_plan_make(&f->s, NULL, NULL, &plan, &error);
        check_error(code, &error, "plan");
        if (i == 0) assert_true(code == TC_OK && plan.complete);
        for (int j = 0; code == TC_OK && j < plan.jobs; j++)
            if (plan.run[j].feasible && !(isfinite(plan.run[j].finish_s) && isfinite(plan.run[j].device_hours)))
                fail_msg("a plan that ends at %g", plan.run[j].finish_s);
        if (code == TC_OK) tc_plan_free(&plan);
    }
    free(f);
}

/* Each element of an array that is counted is looked at, and that the array is there at all. */
static void arrays_are_looked_at(void **state) {
    (void)state;
    fleet *f = malloc(sizeof *f);
    tc_plan plan;
    tc_error error = {0};
    assert_non_null(f);
    sound_fleet(f);
    f->delivery[1].devices = -4;
    assert_int_equal(tc_plan_make(&f->s, NULL, NULL, &plan, &error), TC_INVALID);
    assert_string_equal(error.place, "scenario.pool[0].delivery[1].devices");
    sound_fleet(f);
    f->job[1].candidate = NULL;
    assert_int_equal(tc_plan_make(&f->s, NULL, NULL, &plan, &error), TC_INVALID);
    assert_string_equal(error.place, "scenario.job[1].candidate");
    assert_string_equal(error.text, "is NULL, where 1 are counted; an array of so many");
    free(f);
}

/* ---- what the errors say -------------------------------------------------------------------------- */

static void says(const tc_question *q, const char *place, const char *text) {
    tc_step step;
    tc_error error = {0};
    assert_int_equal(tc_forecast(q, &step, &error), TC_INVALID);
    assert_string_equal(error.place, place);
    if (!strstr(error.text, text)) fail_msg("%s: '%s' does not say '%s'", place, error.text, text);
}

static void members_are_named(void **state) {
    (void)state;
    tc_question q;
#define SAYS(member, value, place, text) (q = round_machine(16), q.member = value, says(&q, "question." place, text))
    SAYS(job.dtype, 99, "job.dtype", "99 is no format; 0 to 7");
    SAYS(job.optimizer, 77, "job.optimizer", "77 is no optimizer; 0 to 5, or TC_UNSET");
    SAYS(cluster.fabric.levels, 5, "cluster.fabric.levels", "5 is out of bounds; 0 to 4");
    SAYS(cluster.fabric.level[1].bytes_per_s, NAN, "cluster.fabric.level[1].bytes_per_s", "NaN is out of bounds");
    SAYS(cluster.accelerator.matmul_flops[TC_FP8], -INFINITY, "cluster.accelerator.matmul_flops[4]", "-infinity");
    SAYS(cluster.accelerator.params.memory_fraction, 0, "cluster.accelerator.params.memory_fraction", "above 0");
    SAYS(job.model.blocks, 17, "job.model.blocks", "17 is out of bounds; 1 to 16");
    SAYS(job.model.block[0].norms, 99, "job.model.block[0].norms", "99 is out of bounds; 0 to 8");
    SAYS(job.model.block[0].attention.heads, 0, "job.model.block[0].attention.heads", "1 or more");
    SAYS(layout.tp, INT_MAX, "layout.tp", "2147483647 is out of bounds; 1 to 10000000, or TC_UNSET");
    SAYS(layout.stage_count, 4, "layout.stage_count", "4 without stage_layers");
    SAYS(stack.defaults.sharding, TC_UNSET, "stack.defaults", "sharding is unset");
    SAYS(stack.size, 3, "stack", "start from tc_default_stack() of this library's header");
    q = round_machine(16);
    memset(q.stack.slug, 'x', sizeof q.stack.slug);
    says(&q, "question.stack.slug", "does not end");
    q = round_machine(16);
    memset(&q.job.balanced_routing, 7, 1);
    says(&q, "question.job.balanced_routing", "the byte 7");
}

static size_t alignment(const tc_members *table);

static size_t alignment_of(const tc_member *m) {
    switch (m->kind) {
    case TC_MEMBER_INTEGER: return _Alignof(int);
    case TC_MEMBER_SWITCH:
    case TC_MEMBER_TEXT: return 1;
    case TC_MEMBER_STRUCT: return alignment(m->of);
    default: return _Alignof(max_align_t) < 8 ? _Alignof(max_align_t) : 8;
    }
}

static size_t alignment(const tc_members *table) {
    size_t most = 1;
    for (int i = 0; i < table->count; i++)
        if (alignment_of(&table->member[i]) > most) most = alignment_of(&table->member[i]);
    return most;
}

/* Between two rows is no more than the second's alignment asks for: a member without a row would be a gap. */
static void has_no_gap(const tc_members *table, const char *type) {
    for (size_t end = 0; end < table->size;) {
        size_t next = table->size, after = table->size, align = alignment(table);
        for (int i = 0; i < table->count; i++) {
            const tc_member *m = &table->member[i];
            if (m->offset < end || m->offset >= next) continue;
            next = m->offset;
            after = next + m->count * m->size;
            align = alignment_of(m);
        }
        if (next - end != (align - end % align) % align)
            fail_msg("%s: no row for what is between byte %zu and %zu", type, end, next);
        end = after;
    }
    for (int i = 0; i < table->count; i++)
        if (table->member[i].of && table->member[i].of != &tc_step_members) /* of a step not all is looked at */
            has_no_gap(table->member[i].of, table->member[i].name);
}

static void tables_have_every_member(void **state) {
    (void)state;
    has_no_gap(&tc_question_members, "tc_question");
    has_no_gap(&tc_search_input_members, "tc_search_input");
    has_no_gap(&tc_require_input_members, "tc_require_input");
    has_no_gap(&tc_run_input_members, "tc_run_input");
    has_no_gap(&tc_economics_members, "tc_economics");
    has_no_gap(&tc_engine_members, "tc_engine");
    has_no_gap(&tc_serving_question_members, "tc_serving_question");
    has_no_gap(&tc_rl_question_members, "tc_rl_question");
    has_no_gap(&tc_controls_members, "tc_controls");
    has_no_gap(&tc_control_options_members, "tc_control_options");
    has_no_gap(&tc_scenario_members, "tc_scenario");
}

int main(void) {
    const char *given = getenv("SEED");
    if (given) seed = strtoull(given, NULL, 10) + 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_have_every_member),
        cmocka_unit_test(members_are_named),
        cmocka_unit_test(forecasts),
        cmocka_unit_test(searches),
        cmocka_unit_test(runs),
        cmocka_unit_test(collectives),
        cmocka_unit_test(servings),
        cmocka_unit_test(reinforcements),
        cmocka_unit_test(classes),
        cmocka_unit_test(plans),
        cmocka_unit_test(arrays_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

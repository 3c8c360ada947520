/* The search against brute force over small random spaces; pruned against exhaustive; 1, 2 and 4 threads;
 * the walk's sums against a forecast in full, bit by bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "fixture.h"
#include "forecast/fits.h"
#include "forecast/forecast.h"
#include "layout/fields.h"
#include "near.h"
#include "traincast.h"
#include "search/threads.h"
#include "search/space.h"

#ifdef TC_INSTRUMENTED
#define SPACES 14
#else
#define SPACES 32
#endif

static uint64_t next(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static int pick(uint64_t *seed, const int *values, int n) { return values[next(seed) % (uint64_t)n]; }
#define PICK(seed, ...) pick(seed, (const int[]){__VA_ARGS__}, (int)(sizeof((const int[]){__VA_ARGS__}) / sizeof(int)))

/* ---- random problems ----------------------------------------------------------------- */

static tc_model random_model(uint64_t *seed) {
    tc_model m = tc_default_model();
    strcpy(m.slug, "random");
    m.hidden = PICK(seed, 1024, 4096);
    m.vocab = PICK(seed, 32000, 128000);
    m.seq = PICK(seed, 1024, 2048, 4096);
    m.blocks = 1;
    tc_block *b = &m.block[0];
    *b = tc_default_block();
    b->count = PICK(seed, 2, 3, 4, 6, 8);
    b->attention.heads = PICK(seed, 4, 8);
    b->attention.kv_heads = PICK(seed, 2, 4);
    b->attention.head_dim = 128;
    b->dense.ffn = 4 * m.hidden;
    if (next(seed) % 3 == 0) {
        b->ffn = TC_FFN_EXPERTS;
        b->experts.experts = PICK(seed, 4, 8);
        b->experts.top_k = 2;
        b->experts.ffn = m.hidden;
        b->experts.shared_ffn = PICK(seed, 0, m.hidden);
    }
    if (next(seed) % 4 == 0) {
        m.blocks = 2;
        m.block[1] = *b;
        m.block[1].count = 1;
        m.block[1].dense.ffn = 2 * m.hidden;
        m.block[1].ffn = TC_FFN_DENSE;
    }
    return m;
}

/* Fixes axes at random, so that brute force can follow. */
static void fix_some(uint64_t *seed, tc_layout *f) {
    if (next(seed) % 4) f->offload = PICK(seed, 0, 0, 1, 2, 3, 4);
    if (next(seed) % 4) f->overlap = PICK(seed, 0, 1, 2, 3);
    if (next(seed) % 4)
        f->recompute = PICK(seed, TC_RECOMPUTE_NONE, TC_RECOMPUTE_SELECTIVE, TC_RECOMPUTE_FULL, TC_RECOMPUTE_OPERATORS);
    if (f->recompute == TC_RECOMPUTE_OPERATORS)
        f->recompute_operators = PICK(seed, TC_GROUP_NORM, TC_GROUP_MLP_UP | TC_GROUP_ACTIVATION);
    if (next(seed) % 2) f->sharding = PICK(seed, TC_SHARD_NONE, TC_SHARD_ZERO1, TC_SHARD_ZERO2, TC_SHARD_ZERO3);
    if (next(seed) % 2)
        f->schedule = PICK(seed, TC_SCHEDULE_GPIPE, TC_SCHEDULE_1F1B, TC_SCHEDULE_INTERLEAVED, TC_SCHEDULE_ZB_V);
    if (next(seed) % 2) f->micro_batch = PICK(seed, 1, 2);
    if (next(seed) % 4 == 0) f->tp = PICK(seed, 1, 2);
    if (next(seed) % 4 == 0) f->cp_kind = PICK(seed, TC_CP_RING, TC_CP_ALL_TO_ALL, TC_CP_BOTH);
    if (f->cp_kind == TC_CP_BOTH) f->cp_all_to_all = 2;
    if (next(seed) % 4 == 0) f->sequence_parallel = PICK(seed, 0, 1);
    if (next(seed) % 2) f->stage_count = 0;
}

/* Samples of their own lengths, states that leave for the host. */
static void fine_tune_some(uint64_t seed, tc_question *q) {
    if (next(&seed) % 4 == 0)
        q->job.finetune = (tc_finetune){.mean_tokens = PICK(&seed, 100, 300, 1000), .spread = PICK(&seed, 0, 1) / 2.0};
    q->job.finetune.paged = next(&seed) % 4 == 0;
}

/* Context and libraries, and the communicators of all devices and of one way of parallelism. */
static double outside_allocator(const tc_question *q) {
    return q->stack.params.framework_bytes + 2 * (q->cluster.devices - 1) * q->stack.params.peer_bytes;
}

static tc_search_input random_input(uint64_t *seed, tc_catalog *shipped) {
    static const char *const accelerators[] = {"a100-sxm-80g", "h20", "ascend-910b2"};
    tc_error e;
    tc_search_input in = tc_default_search_input();
    in.question.job.model = random_model(seed);
    assert_int_equal(tc_catalog_accelerator(shipped, accelerators[next(seed) % 3], &in.question.cluster.accelerator,
                                            &e),
                     TC_OK);
    assert_int_equal(tc_catalog_fabric(shipped, in.question.cluster.accelerator.fabric, &in.question.cluster.fabric,
                                       &e),
                     TC_OK);
    assert_int_equal(tc_catalog_stack(shipped, "megatron-core", &in.question.stack, &e), TC_OK);
    in.question.cluster.devices = PICK(seed, 1, 4, 6, 8);
    in.question.job.global_batch = PICK(seed, 6, 8, 12);
    /* a device so small that some layouts do not fit */
    in.max_memory_bytes = outside_allocator(&in.question) + (double)PICK(seed, 0, 2, 6, 14) * 1e9;
    in.top = PICK(seed, 1, 3, 20);
    in.threads = 1;
    in.all_devices = true;
    in.any = next(seed) % 2;
    fine_tune_some(*seed, &in.question);
    if (next(seed) % 2) in.schedules = ~0u;
    fix_some(seed, &in.fixed);
    return in;
}

/* ---- brute force: every combination, legal or not --------------------------------------- */

typedef struct axis {
    int count, value[64];
} axis;

static void range(axis *a, int fixed, int low, int high) {
    a->count = 0;
    if (fixed != TC_UNSET) low = high = fixed;
    for (int v = low; v <= high && a->count < 64; v++) a->value[a->count++] = v;
}

enum {
    TP,
    PP,
    CP,
    EP,
    ETP,
    MB,
    SP,
    KIND,
    VPP,
    SCHEDULE,
    EMBEDDING,
    HEAD,
    SHARDING,
    HSDP,
    RECOMPUTE,
    OFFLOAD,
    OVERLAP,
    AXES
};

static int layers_of(const tc_model *m) {
    int layers = 0;
    for (int i = 0; i < m->blocks; i++) layers += m->block[i].count;
    return layers;
}

/* As choices.c numbers them: kinds, then layers; operators are negative. */
static void recomputes(axis *a, const tc_layout *f, int layers) {
    range(a, f->recompute, 0, TC_RECOMPUTE_LAYERS + layers - 2);
    if (f->recompute == TC_UNSET) a->value[a->count++] = -(TC_GROUP_NORM | TC_GROUP_ACTIVATION);
    if (f->recompute == TC_RECOMPUTE_OPERATORS) a->value[0] = -f->recompute_operators;
}

/* Layers that the head's matmul is worth, rounded up. */
static int heads_worth(const tc_model *m) {
    tc_model_size size = tc_model_count(m);
    double ends = size.embedding_parameters + size.head_parameters,
           layer = (size.active_parameters - ends) / layers_of(m);
    return (int)fmin(4, ceil((double)m->vocab * m->hidden / layer));
}

static void make_axes(const tc_search_input *in, axis a[AXES]) {
    const tc_layout *f = &in->fixed;
    const tc_model *m = &in->question.job.model;
    int n = in->question.cluster.devices, layers = layers_of(m), experts = m->block[0].experts.experts;
    range(&a[TP], f->tp, 1, n < 8 ? n : 8);
    range(&a[PP], f->pp, 1, n);
    range(&a[CP], f->cp, 1, n);
    range(&a[EP], f->ep, 1, experts ? n : 1);
    range(&a[ETP], f->etp, 1, experts ? n : 1);
    range(&a[MB], f->micro_batch, 1, (int)in->question.job.global_batch);
    range(&a[SP], f->sequence_parallel, 0, 1);
    range(&a[KIND], TC_UNSET, 1, n); /* ranks of all-to-all */
    range(&a[VPP], f->vpp, 1, layers + 2);
    range(&a[SCHEDULE], f->schedule, TC_SCHEDULE_GPIPE, in->schedules ? TC_SCHEDULE_DUALPIPE : TC_SCHEDULE_INTERLEAVED);
    range(&a[EMBEDDING], TC_UNSET, f->stage_count == 0 ? 0 : -(m->blocks > 1), f->stage_count != 0);
    range(&a[HEAD], TC_UNSET, 0, f->stage_count == 0 ? 0 : heads_worth(m));
    range(&a[SHARDING], f->sharding, TC_SHARD_NONE, TC_SHARD_HSDP);
    range(&a[HSDP], TC_UNSET, 1, n);
    recomputes(&a[RECOMPUTE], f, layers);
    range(&a[OFFLOAD], f->offload, 0, 4);
    range(&a[OVERLAP], f->overlap, 0, 3);
}

static bool heads_split(const tc_model *m, int tp, int ranks) {
    for (int i = 0; i < m->blocks; i++)
        if (m->block[i].attention.heads / tp % ranks) return false;
    return true;
}

static int kind_of(const int v[AXES]) {
    return v[KIND] == 1 ? TC_CP_RING : v[KIND] == v[CP] ? TC_CP_ALL_TO_ALL : TC_CP_BOTH;
}

static bool kind_wanted(const tc_search_input *in, const int v[AXES]) {
    const tc_layout *f = &in->fixed;
    return f->cp_kind == TC_UNSET
           || (f->cp_kind == kind_of(v) && (f->cp_kind != TC_CP_BOTH || f->cp_all_to_all == v[KIND]));
}

/* A layout by the closed form. */
static tc_code estimate(const tc_search_input *in, const tc_layout *layout, tc_step *step) {
    static tc_opened opened;
    static tc_question q;
    tc_error unused;
    q = in->question;
    q.layout = *layout;
    tc_code code = tc_open(&q, &opened, &unused);
    if (!code) tc_step_estimate(&opened.costs, step);
    return code;
}

/* The rules of axes.c and placement.c that tc_layout_resolve does not know, and one member of each group of equals where equals would be many. */
static bool wanted(const tc_search_input *in, const int v[AXES]) {
    const tc_model *m = &in->question.job.model;
    int layers = layers_of(m), model_parallel = v[TP] * v[PP] * v[CP];
    if (in->question.cluster.devices % model_parallel) return false;
    int dp = in->question.cluster.devices / model_parallel, ranks = dp * v[CP];
    if (in->question.job.global_batch % ((int64_t)dp * v[MB])) return false;
    int micro_batches = (int)in->question.job.global_batch / (dp * v[MB]), chunks = v[PP] * v[VPP];
    if (v[TP] == 1 && v[SP] && in->fixed.sequence_parallel == TC_UNSET) return false;
    if (v[CP] % v[KIND] || (v[CP] > 1 && !kind_wanted(in, v))) return false;
    if (v[CP] > 1 && (m->seq % v[CP] || m->seq / v[CP] < 256)) return false;
    if (!heads_split(m, v[TP], v[KIND])) return false;
    if (in->question.cluster.devices % v[EP] || in->question.cluster.devices % v[ETP]) return false;
    if (m->block[0].experts.experts && (m->block[0].experts.ffn % v[ETP] || v[ETP] > 8)) return false;
    if (v[VPP] > 1) {
        if (v[PP] == 1 || v[SCHEDULE] != TC_SCHEDULE_INTERLEAVED || micro_batches % v[PP] || chunks > layers + 2)
            return false;
        bool cut = v[EMBEDDING] || v[HEAD];
        if (cut ? (layers + v[EMBEDDING] + v[HEAD]) % chunks != 0
                : layers % chunks && (layers + 1) % chunks && (layers + 2) % chunks)
            return false;
    } else if (v[PP] == 1) {
        if (v[SCHEDULE] != TC_SCHEDULE_1F1B && in->fixed.schedule == TC_UNSET) return false;
    } else {
        if (v[SCHEDULE] == TC_SCHEDULE_INTERLEAVED) return false;
        if (v[SCHEDULE] >= TC_SCHEDULE_ZB_V && v[SCHEDULE] != TC_SCHEDULE_DUALPIPE && 2 * v[PP] > layers + 2)
            return false;
        if (v[SCHEDULE] == TC_SCHEDULE_DUALPIPE && (v[PP] % 2 || micro_batches % 2 || micro_batches < 2 * v[PP]))
            return false;
    }
    if (v[SHARDING] == TC_SHARD_HSDP ? v[HSDP] < 2 || v[HSDP] >= ranks || ranks % v[HSDP] : v[HSDP] != 1) return false;
    if (v[RECOMPUTE] >= TC_RECOMPUTE_LAYERS && (v[RECOMPUTE] - TC_RECOMPUTE_LAYERS + 1) % v[PP]) return false;
    return true;
}

/* The stages: all layers, embedding and head counted with them, one after the other, what is left over to the middle. */
static bool cut_stages(const tc_search_input *in, const int v[AXES], tc_layout *l) {
    bool two = v[SCHEDULE] >= TC_SCHEDULE_ZB_V && v[SCHEDULE] <= TC_SCHEDULE_V_MIN;
    int n = v[PP] * (two ? 2 : v[VPP]), counted = layers_of(&in->question.job.model) + v[EMBEDDING] + v[HEAD];
    int longer = counted % n, from = (n - longer) / 2;
    l->first_layers = counted / n + (longer > 0 && from == 0) - v[EMBEDDING];
    l->last_layers = counted / n - v[HEAD];
    return l->first_layers >= 0 && l->last_layers >= 0;
}

static bool forecast(const tc_search_input *in, const int v[AXES], tc_step *step) {
    tc_layout l = tc_default_layout();
    l.tp = v[TP];
    l.pp = v[PP];
    l.cp = v[CP];
    l.ep = v[EP];
    l.etp = in->question.job.model.block[0].experts.experts ? v[ETP] : TC_UNSET;
    l.micro_batch = v[MB];
    l.sequence_parallel = v[SP];
    l.cp_kind = kind_of(v);
    l.cp_all_to_all = v[KIND];
    l.vpp = v[VPP];
    l.schedule = v[PP] == 1 ? TC_SCHEDULE_1F1B : v[SCHEDULE];
    l.sharding = v[SHARDING];
    l.hsdp = v[HSDP];
    if ((v[EMBEDDING] || v[HEAD]) && !cut_stages(in, v, &l)) return false;
    tc_choose_recompute(&l, v[RECOMPUTE]);
    l.offload = v[OFFLOAD];
    l.overlap = v[OVERLAP];
    if (estimate(in, &l, step) != TC_OK) return false;
    return in->any || tc_beyond_stack(&in->question, &step->layout, NULL, 0) == 0;
}

typedef struct brute {
    int64_t forecast;
    double best, least; /* seconds among those that fit, HUGE_VAL: none; bytes */
} brute;

/* Calls for every value of the axes from `axis` on. */
static void enumerate(const tc_search_input *in, const axis a[AXES], int at, int v[AXES], brute *out) {
    static tc_step step;
    if (at == AXES) {
        if (!wanted(in, v) || !forecast(in, v, &step)) return;
        out->forecast++;
        double capacity = fmin(in->max_memory_bytes, tc_fitting_bytes(&in->question, in->fit));
        double bytes = tc_bytes_to_fit(&in->question.job, &step.memory);
        if (bytes <= capacity && step.step_s < out->best) out->best = step.step_s;
        if (bytes < out->least) out->least = bytes;
        return;
    }
    for (int i = 0; i < a[at].count; i++) {
        v[at] = a[at].value[i];
        if (at == CP && in->question.cluster.devices % (v[TP] * v[PP] * v[CP])) continue;
        if (at == KIND && v[CP] % v[KIND]) continue;
        if ((at == EMBEDDING || at == HEAD) && v[PP] == 1 && v[at]) continue;
        if (at == MB && in->question.job.global_batch % v[MB]) continue;
        enumerate(in, a, at + 1, v, out);
    }
}

/* ---- tests -------------------------------------------------------------------------------- */

static int64_t sum_of(const tc_search *s) {
    int64_t sum = s->evaluated + s->pruned;
    for (int i = 0; i < TC_REJECTIONS; i++) sum += s->rejected[i];
    return sum;
}

static void assert_same_best(const tc_search *a, const tc_search *b) {
    assert_int_equal(a->best_count, b->best_count);
    for (int i = 0; i < a->best_count; i++) {
        assert_true(tc_layout_equal(&a->best[i].step.layout, &b->best[i].step.layout));
        assert_true(a->best[i].step.step_s == b->best[i].step.step_s);
    }
}

/* The closed form of a layout that was found. */
static tc_step closed_form(const tc_search_input *in, const tc_found *f) {
    tc_step step;
    assert_int_equal(estimate(in, &f->step.layout, &step), TC_OK);
    return step;
}

static void assert_walk_is_the_forecast(const tc_search_input *in, const tc_search *s) {
    for (int i = 0; i < s->best_count; i++) {
        const tc_found *f = &s->best[i];
        tc_step step = closed_form(in, f);
        bool memory = in->objective == TC_OBJECTIVE_MEMORY;
        assert_true(f->walked[memory ? 1 : 0] == step.step_s);
        assert_true(f->walked[memory ? 0 : 1] == tc_bytes_to_fit(&in->question.job, &step.memory));
        if (i > 0 && !in->pareto) assert_true(f->objective >= s->best[i - 1].objective);
    }
}

static void check_space(const tc_search_input *in, int *feasible, int *infeasible) {
    static tc_search exhaustive, pruned;
    tc_error e = {.code = TC_OK};
    tc_search_input whole = *in;
    whole.exhaustive = true;
    if (tc_search_run(&whole, &exhaustive, &e) != TC_OK) {
        assert_string_equal(e.place, "--fix"); /* no layout has these values */
        return;
    }
    assert_int_equal(tc_search_run(in, &pruned, &e), TC_OK);
    assert_int_equal(sum_of(&exhaustive), exhaustive.space);
    assert_int_equal(sum_of(&pruned), exhaustive.space);
    assert_int_equal(exhaustive.pruned, 0);
    assert_int_equal(exhaustive.rejected[TC_REJECTED_LAYOUT], 0);
    assert_same_best(&exhaustive, &pruned);
    assert_walk_is_the_forecast(in, &exhaustive);
    if (in->objective == TC_OBJECTIVE_TIME) {
        axis a[AXES];
        int v[AXES];
        brute all = {0, HUGE_VAL, HUGE_VAL};
        make_axes(in, a);
        enumerate(in, a, 0, v, &all);
        assert_true(all.forecast >= exhaustive.evaluated);
        assert_true(exhaustive.walked_best == all.best);
        if (exhaustive.any_legal)
            assert_true(tc_bytes_to_fit(&in->question.job, &exhaustive.least.step.memory) == all.least);
        *(exhaustive.best_count ? feasible : infeasible) += 1;
    }
    tc_search_free(&exhaustive);
    tc_search_free(&pruned);
}

/* The layers of every chunk under each schedule: no two of the placements of a shape put the same on the same stages. */
static void every_split_is_another(void **state) {
    enum { MOST = 400, CHUNKS = 12 };
    static tc_space space;
    static tc_choices choices;
    static int seen[MOST][CHUNKS + 3];
    uint64_t seed = 77;
    int splits = 0;
    for (int i = 0; i < SPACES; i++) {
        tc_search_input in = random_input(&seed, *state);
        in.fixed = tc_default_search_input().fixed;
        in.question.job.model.mtp_layers = (int)(next(&seed) % 2);
        tc_error e;
        assert_int_equal(tc_space_make(&in, TC_IDLE_NONE, &space, &e), TC_OK);
        tc_stages_cursor cursor = {.pp_index = 0};
        tc_stages stages;
        int count = 0;
        while (tc_space_next(&space, &space.shape[0], &cursor, &stages)) {
            tc_space_choices(&space, &space.shape[0], &stages, &choices);
            for (int s = 0; s < choices.schedules; s++) {
                tc_layout layout = tc_space_layout(&space, &space.shape[0], &stages, choices.schedule[s]);
                char assumed[TC_ASSUMED_MAX][96];
                tc_question q = in.question;
                q.layout = layout;
                int unused = 0, own[CHUNKS + 3] = {stages.pp, stages.vpp, choices.schedule[s]};
                tc_placement placement;
                assert_int_equal(tc_layout_resolve(&q, &placement, assumed, &unused, &e), TC_OK);
                assert_true(tc_model_chunks(&placement) <= CHUNKS && count < MOST);
                for (int c = 0; c < tc_model_chunks(&placement); c++) {
                    int blocks[TC_MAX_BLOCKS];
                    const tc_chunking chunking = tc_chunking_of(&in.question.job.model, &placement);
                    tc_chunk_blocks(&in.question.job.model, &chunking, c, blocks);
                    for (int b = 0; b < in.question.job.model.blocks; b++) own[3 + c] += blocks[b];
                }
                for (int k = 0; k < count; k++) assert_true(memcmp(seen[k], own, sizeof own) != 0);
                memcpy(seen[count++], own, sizeof own);
                splits += stages.split > 0;
            }
        }
        tc_space_free(&space);
    }
    assert_true(splits > 2 * SPACES);
}

static void brute_force_finds_the_same(void **state) {
    uint64_t seed = 20240917;
    int feasible = 0, infeasible = 0;
    for (int i = 0; i < SPACES; i++) {
        tc_search_input in = random_input(&seed, *state);
        check_space(&in, &feasible, &infeasible);
    }
    assert_true(feasible > SPACES / 3 && infeasible > 0);
}

typedef struct teller {
    int64_t last, all;
    int calls, stop_after; /* 0: never */
} teller;

static bool told(void *context, int64_t done, int64_t all) {
    teller *t = context;
    assert_true(done >= t->last && done <= all && (t->calls == 0 || all == t->all));
    t->last = done;
    t->all = all;
    return ++t->calls != t->stop_after;
}

/* Being told changes nothing; an end that is asked for ends it, with what was found. */
static void an_end_is_asked_for(void **state) {
    uint64_t seed = 99;
    int found_early = 0, calls = 0;
    for (int i = 0; i < 12; i++) {
        tc_search_input in = random_input(&seed, *state), watched;
        tc_search plain, all, part;
        tc_error e;
        teller never = {.stop_after = 0};
        if (tc_search_run(&in, &plain, &e)) fail_msg("%s: %s", e.place, e.text);
        watched = in;
        watched.tell = told;
        watched.context = &never;
        assert_int_equal(tc_search_run(&watched, &all, &e), TC_OK);
        assert_true(!all.stopped && all.best_count == plain.best_count && all.evaluated == plain.evaluated);
        calls += never.calls;
        for (int after = 1; after <= never.calls; after++) {
            teller stops = {.stop_after = after};
            watched.context = &stops;
            assert_int_equal(tc_search_run(&watched, &part, &e), TC_OK);
            assert_true(part.stopped && stops.calls == after);
            found_early += part.best_count > 0;
            tc_search_free(&part);
        }
        tc_search_free(&plain);
        tc_search_free(&all);
    }
    assert_true(found_early > 0 && calls > 12);
}

static void memory_as_the_objective_prunes_nothing_good(void **state) {
    uint64_t seed = 5;
    int unused = 0;
    for (int i = 0; i < SPACES; i++) {
        tc_search_input in = random_input(&seed, *state);
        in.objective = TC_OBJECTIVE_MEMORY;
        check_space(&in, &unused, &unused);
    }
}

static void threads_change_nothing(void **state) {
    static tc_search one, many;
    uint64_t seed = 99;
    tc_error e;
    for (int i = 0; i < 12; i++) {
        tc_search_input in = random_input(&seed, *state);
        in.question.cluster.devices = 64;
        in.pareto = i % 4 == 3;
        memset(&one, 0, sizeof one);
        for (in.threads = 1; in.threads <= 4; in.threads *= 2) {
            tc_search *s = in.threads == 1 ? &one : &many;
            if (tc_search_run(&in, s, &e) != TC_OK) break;
            if (in.threads == 1) continue;
            assert_int_equal(one.evaluated, many.evaluated);
            assert_int_equal(one.pruned, many.pruned);
            assert_memory_equal(one.rejected, many.rejected, sizeof one.rejected);
            assert_same_best(&one, &many);
            tc_search_free(&many);
        }
        tc_search_free(&one);
    }
}

/* A model of any number of layers is answered: virtual stages are tried up to a limit, and a number above what a layout's
 * key can hold is refused. */
static void many_layers_are_answered(void **state) {
    static tc_search s;
    uint64_t seed = 3;
    tc_error e;
    tc_search_input in = random_input(&seed, *state);
    in.fixed = tc_default_search_input().fixed;
    in.question.cluster.devices = 8;
    in.question.job.model.block[0].count = 1000000;
    in.question.job.model.blocks = 1;
    in.exhaustive = false;
    assert_int_equal(tc_search_run(&in, &s, &e), TC_OK);
    assert_true(s.space > 1000 && s.space < 10000000);
    tc_search_free(&s);
    in.fixed.vpp = 1024;
    assert_int_equal(tc_search_run(&in, &s, &e), TC_INVALID);
    assert_string_equal(e.place, "--vpp");
}

/* The walk's best with at most n devices is the least of those with exactly 1 to n; and more devices are never slower. */
static void idle_devices_are_allowed(void **state) {
    static tc_search s;
    uint64_t seed = 77;
    tc_error e;
    int found = 0, idle = 0;
    for (int i = 0; i < 8; i++) {
        tc_search_input in = random_input(&seed, *state);
        in.top = 1;
        in.max_memory_bytes = 0;
        double least = HUGE_VAL, last = HUGE_VAL;
        for (int n = 1; n <= 13; n++) {
            in.question.cluster.devices = n;
            in.all_devices = true;
            if (tc_search_run(&in, &s, &e) == TC_OK) {
                if (s.best_count > 0) least = fmin(least, s.walked_best);
                tc_search_free(&s);
            }
            in.all_devices = false;
            if (tc_search_run(&in, &s, &e) != TC_OK) continue; /* a fixed degree above n */
            double best = s.best_count > 0 ? s.walked_best : HUGE_VAL;
            assert_true(best == least);
            assert_true(best <= last);
            last = best;
            found += s.best_count > 0;
            idle += s.best_count > 0 && s.best[0].idle > 0;
            if (s.best_count > 0) assert_int_equal(s.best[0].devices + s.best[0].idle, n);
            tc_search_free(&s);
        }
    }
    assert_true(found > 60 && idle > 20);
}

/* A batch that may move: every layout's is within the band, a multiple, and none is slower per sequence than with it fixed. */
static void the_batch_moves_within_its_band(void **state) {
    static tc_search s;
    uint64_t seed = 5;
    tc_error e;
    int moved = 0;
    for (int i = 0; i < 12; i++) {
        tc_search_input in = random_input(&seed, *state);
        in.fixed = tc_default_search_input().fixed;
        in.max_memory_bytes = 0;
        in.question.job.global_batch = 101; /* a prime */
        in.least_batch = 96;
        in.most_batch = 106;
        in.question.cluster.devices = 11;
        in.all_devices = false;
        in.top = 5;
        assert_int_equal(tc_search_run(&in, &s, &e), TC_OK);
        assert_true(s.per_sequence && s.best_count > 0);
        for (int k = 0; k < s.best_count; k++) {
            const tc_step *step = &s.best[k].step;
            assert_in_range(step->global_batch, 96, 106);
            assert_int_equal(step->global_batch % ((int64_t)step->layout.dp * step->layout.micro_batch), 0);
            moved += step->global_batch != 101;
        }
        tc_search_free(&s);
    }
    assert_true(moved > 0);
}

/* What is expected of the best after the choice: no less than its forecast, in the same order, whatever else is listed;
 * of a front, and of the leanest, the forecast itself. */
static void expected_does_not_depend_on_the_list(void **state) {
    static tc_search one, five;
    uint64_t seed = 8;
    tc_error e;
    int above = 0;
    for (int i = 0; i < 12; i++) {
        tc_search_input in = random_input(&seed, *state);
        assert_int_equal(tc_catalog_interval(*state, &in.question.interval, &e), TC_OK);
        in.max_memory_bytes = 0;
        in.pareto = false;
        in.objective = i % 4 == 3 ? TC_OBJECTIVE_MEMORY : TC_OBJECTIVE_TIME;
        in.top = 1;
        if (tc_search_run(&in, &one, &e) != TC_OK) continue;
        in.top = 5;
        assert_int_equal(tc_search_run(&in, &five, &e), TC_OK);
        for (int k = 0; k < five.best_count; k++) {
            const tc_found *f = &five.best[k];
            double factor = f->expected_step_s / f->step.step_s;
            assert_true(factor >= 1 && factor < 1.05);
            assert_near(f->expected_step_s_p10 / f->step.step_s_p10, factor, 1e-12);
            assert_near(f->expected_step_s_p90 / f->step.step_s_p90, factor, 1e-12);
            if (in.objective == TC_OBJECTIVE_MEMORY)
                assert_true(factor == 1);
            else if (k > 0)
                assert_true(f->expected_step_s >= five.best[k - 1].expected_step_s);
            above += factor > 1;
        }
        if (one.best_count > 0) assert_true(one.best[0].expected_step_s == five.best[0].expected_step_s);
        tc_search_free(&one);
        tc_search_free(&five);
    }
    assert_true(above > 0);
}

static void a_front_has_no_dominated_layout(void **state) {
    static tc_search s, all;
    uint64_t seed = 3;
    tc_error e;
    int points = 0;
    int64_t pruned = 0;
    for (int i = 0; i < 12; i++) {
        tc_search_input in = random_input(&seed, *state);
        in.pareto = true;
        in.max_memory_bytes = 0;
        if (tc_search_run(&in, &s, &e) != TC_OK) continue;
        assert_walk_is_the_forecast(&in, &s);
        tc_search_input whole = in;
        whole.exhaustive = true;
        assert_int_equal(tc_search_run(&whole, &all, &e), TC_OK);
        assert_int_equal(all.pruned, 0);
        assert_int_equal(s.best_count, all.best_count);
        for (int k = 0; k < s.best_count; k++) {
            assert_true(s.best[k].step.step_s == all.best[k].step.step_s);
            assert_true(s.best[k].step.memory.reserved == all.best[k].step.memory.reserved);
        }
        pruned += s.pruned;
        tc_search_free(&all);
        for (int k = 1; k < s.best_count; k++) {
            assert_true(s.best[k].step.step_s < s.best[k - 1].step.step_s);
            assert_true(s.best[k].step.memory.reserved > s.best[k - 1].step.memory.reserved);
        }
        points += s.best_count;
        tc_search_free(&s);
    }
    assert_true(points > 12 && pruned > 100);
}

static void ranges_keep_the_best(void **state) {
    static tc_search narrow, wide;
    uint64_t seed = 41;
    tc_error e;
    tc_search_input in = random_input(&seed, *state);
    in.fixed = tc_default_search_input().fixed;
    in.max_memory_bytes = 0;
    in.question.cluster.devices = 16;
    in.question.job.global_batch = 16;
    in.top = 1;
    assert_int_equal(tc_search_run(&in, &narrow, &e), TC_OK);
    in.most_global_batch = 64;
    in.fewest_devices = 4;
    assert_int_equal(tc_search_run(&in, &wide, &e), TC_OK);
    assert_true(wide.space > narrow.space);
    assert_true(wide.per_sequence);
    assert_true(wide.best[0].objective <= narrow.best[0].step.step_s / 16);
    assert_true(wide.best[0].step.global_batch > 16); /* a longer step hides more of what comes once */
    tc_search_free(&narrow);
    tc_search_free(&wide);
}

static void advice_is_computed(void **state) {
    static tc_search s;
    uint64_t seed = 8;
    tc_error e;
    tc_search_input in = random_input(&seed, *state);
    in.fixed = tc_default_search_input().fixed;
    in.fixed.micro_batch = 8;
    in.fixed.recompute = TC_RECOMPUTE_NONE;
    in.fixed.offload = TC_OFFLOAD_NONE;
    in.question.job.global_batch = 8;
    in.question.cluster.devices = 1;
    in.max_memory_bytes = 4e9;
    assert_int_equal(tc_search_run(&in, &s, &e), TC_OK);
    assert_int_equal(s.best_count, 0);
    assert_true(s.any_legal);
    assert_int_equal(tc_search_advise(&in, &s, &e), TC_OK);
    assert_true(s.advice_count >= 1);
    assert_non_null(strstr(s.advice[s.advice_count - 1].text, "the least that any of these layouts needs"));
    tc_search_free(&s);
}

static bool one_family(const tc_layout *a, const tc_layout *b) {
    return a->tp == b->tp && a->pp == b->pp && a->cp == b->cp && a->ep == b->ep && a->sharding == b->sharding
           && a->recompute == b->recompute;
}

/* The first is that of all; each is another family; no layout of the list beats the one that stands for it. */
static void clusters_are_families(void **state) {
    static tc_search s;
    uint64_t seed = 5;
    tc_error e;
    int shared = 0;
    for (int i = 0; i < 60; i++) {
        tc_search_input in = random_input(&seed, *state);
        in.top = PICK(&seed, 2, 4, 12);
        in.fixed = tc_layout_open();
        in.question.cluster.devices = PICK(&seed, 6, 8);
        if (tc_search_run(&in, &s, &e) != TC_OK) continue;
        assert_int_equal(s.cluster_count > 0, s.best_count > 0);
        assert_true(s.cluster_count <= in.top);
        if (s.best_count > 0) assert_memory_equal(&s.cluster[0].walked, &s.best[0].walked, sizeof s.best[0].walked);
        int members = 0;
        for (int k = 0; k < s.cluster_count; k++) {
            members += s.members[k];
            for (int m = 0; m < k; m++) {
                assert_true(s.cluster[m].objective <= s.cluster[k].objective);
                assert_false(one_family(&s.cluster[m].step.layout, &s.cluster[k].step.layout));
            }
        }
        for (int b = 0; b < s.best_count; b++) {
            int k = 0;
            while (k < s.cluster_count && !one_family(&s.cluster[k].step.layout, &s.best[b].step.layout)) k++;
            assert_true(k < s.cluster_count && s.cluster[k].objective <= s.best[b].objective);
        }
        assert_true(members >= s.best_count);
        shared += members > s.cluster_count;
        tc_search_free(&s);
    }
    assert_true(shared > 3);
}

/* Whether anything fits, of all devices or of fewer, is what the whole space says. */
static void the_first_says_whether_any_fits(void **state) {
    static tc_search first, all;
    uint64_t seed = 77;
    tc_error e;
    int fit = 0, unfit = 0;
    for (int i = 0; i < 200; i++) {
        tc_search_input in = random_input(&seed, *state);
        in.all_devices = next(&seed) % 2;
        in.uncounted = !in.all_devices;
        in.max_memory_bytes = outside_allocator(&in.question) + PICK(&seed, 1, 2, 3, 4, 6) * 1e9;
        if (tc_search_run(&in, &all, &e) != TC_OK) continue;
        in.first = true;
        assert_int_equal(tc_search_run(&in, &first, &e), TC_OK);
        assert_int_equal(first.best_count > 0, all.best_count > 0);
        if (all.best_count > 0) assert_true(first.best[0].step.fits);
        fit += all.best_count > 0;
        unfit += all.best_count == 0;
        tc_search_free(&first);
        tc_search_free(&all);
    }
    assert_true(fit > 20 && unfit > 20);
}

static void fixed_values_are_read_and_refused(void **state) {
    (void)state;
    tc_layout f = tc_default_search_input().fixed;
    tc_error e;
    assert_int_equal(tc_search_fix(&f, "tp=8,recompute=12,sharding=hsdp:16,sequence-parallel=on,offload=states",
                                   "--fix", &e),
                     TC_OK);
    assert_int_equal(f.tp, 8);
    assert_int_equal(f.recompute, TC_RECOMPUTE_LAYERS);
    assert_int_equal(f.recompute_layers, 12);
    assert_int_equal(f.sharding, TC_SHARD_HSDP);
    assert_int_equal(f.hsdp, 16);
    assert_int_equal(f.sequence_parallel, 1);
    assert_int_equal(f.offload, TC_OFFLOAD_STATES);
    assert_int_equal(tc_search_fix(&f, "recompute=norm+activation,tp=4", "--fix", &e), TC_OK);
    assert_int_equal(f.recompute, TC_RECOMPUTE_OPERATORS);
    assert_int_equal(f.recompute_operators, TC_GROUP_NORM | TC_GROUP_ACTIVATION);
    assert_int_equal(f.tp, 4);
    assert_int_equal(tc_search_fix(&f, "first-layers=7,last-layers=0,stages=even", "--fix", &e), TC_OK);
    assert_int_equal(tc_search_fix(&f, "cp-kind=both:4", "--fix", &e), TC_OK);
    assert_int_equal(f.cp_kind, TC_CP_BOTH);
    assert_int_equal(f.cp_all_to_all, 4);
    assert_int_equal(f.first_layers, 7);
    assert_int_equal(f.last_layers, 0);
    assert_int_equal(f.stage_count, 0);
    const char *const bad[] = {"stages=uneven",
                               "cp-kind=both",
                               "cp-kind=both:1",
                               "recompute=norm+",
                               "recompute=operators",
                               "tp",
                               "tp=",
                               "=8",
                               "tp=0",
                               "tp=x",
                               "dpp=2",
                               "recompute=layers",
                               "sharding=hsdp:",
                               "overlap=yes",
                               "tp=8;pp=2",
                               ","};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(tc_search_fix(&f, bad[i], "--fix", &e), TC_INVALID);
        assert_string_equal(e.place, "--fix");
    }
}

/* ---- threads: every index once, by as many workers as there are, never more than four a core ------------------------ */

typedef struct tally {
    _Atomic int taken[2000];
    _Atomic int by[4];
    int hired;
} tally;

static bool hire_one(void *context, int worker) {
    tally *t = context;
    t->hired++;
    return worker < 3; /* the fourth is refused */
}

static void take_index(void *context, int worker, int64_t index) {
    tally *t = context;
    struct timespec pause = {0, 20000};
    t->taken[index]++;
    t->by[worker]++;
    nanosleep(&pause, NULL);
}

static void loops_are_shared(void **state) {
    (void)state;
    static tally t;
    tc_threads *threads = tc_threads_start(4, hire_one, &t);
    for (int round = 0; round < 40; round++) tc_threads_run(threads, take_index, round * 50, round * 50 + 50);
    int all = 0, hired = tc_threads_hired(threads);
    tc_threads_end(threads);
    for (int i = 0; i < 2000; i++) assert_int_equal(t.taken[i], 1);
    for (int i = 0; i < 4; i++) all += t.by[i];
    assert_int_equal(all, 2000);
    assert_true(hired == 1 || hired == 3); /* 1: built without threads */
    assert_int_equal(t.by[3], 0);
    if (hired == 3) assert_true(t.by[1] > 0 && t.by[2] > 0);
    int cores = tc_threads_count(65536) / TC_THREADS_A_CORE;
    assert_true(cores >= 1 && cores <= 4096);
    assert_int_equal(tc_threads_count(1), 1);
    assert_int_equal(tc_threads_count(0), cores);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_is_another),
        cmocka_unit_test(brute_force_finds_the_same),
        cmocka_unit_test(an_end_is_asked_for),
        cmocka_unit_test(memory_as_the_objective_prunes_nothing_good),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(many_layers_are_answered),
        cmocka_unit_test(loops_are_shared),
        cmocka_unit_test(idle_devices_are_allowed),
        cmocka_unit_test(the_batch_moves_within_its_band),
        cmocka_unit_test(expected_does_not_depend_on_the_list),
        cmocka_unit_test(a_front_has_no_dominated_layout),
        cmocka_unit_test(ranges_keep_the_best),
        cmocka_unit_test(advice_is_computed),
        cmocka_unit_test(clusters_are_families),
        cmocka_unit_test(the_first_says_whether_any_fits),
        cmocka_unit_test(fixed_values_are_read_and_refused),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}

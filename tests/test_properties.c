/* test_properties.c - what holds for every legal layout of the catalog: random ones, each with the same checks.
 *
 * TC_LAYOUTS=20000 asks for more of them (make layouts, make attack). A property that a few layouts may break says why; how
 * many did, and which was the worst, is printed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "anything.h"
#include "base/vocabulary.h"
#include "forecast/explain.h"
#include "step/step.h"

typedef enum property {
    FINITE,
    PARTS,
    MEMORY_PARTS,
    MFU,
    MFU_SLOW_FORMAT,
    TIMELINE,
    EXPLAINED,
    LOSSES,
    FITS,
    MORE_BATCH,
    MORE_BATCH_SHORT_GROUP,
    MORE_BATCH_ALTERNATING,
    RECOMPUTED,
    SHARDED,
    OFFLOADED,
    BETTER,
    BETTER_OFFLOADED,
    BETTER_DUALPIPE,
    PROPERTIES
} property;

static const struct {
    const char *text;
    double slack;       /* what is no violation */
    double most, share; /* how much and how many of those asked may be over it; 0: none */
    const char *why;    /* they may */
} rules[PROPERTIES] = {
    [FINITE] = {"every figure is finite, times are above 0", 0, 0, 0, NULL},
    [PARTS] = {"the parts of a step's time add up to it", 1e-9, 0, 0, NULL},
    [MEMORY_PARTS] = {"the parts of memory add up to it", 1e-9, 0, 0, NULL},
    [MFU] = {"MFU is at most 100 %, by the FLOPs that a causal mask leaves", 0, 0, 0, NULL},
    [MFU_SLOW_FORMAT] = {"the same where the job's format has a lower peak than bf16", 0, 1, 1,
                         "attention runs in 16 bit, above the peak that MFU is stated of"},
    [TIMELINE] = {"a step is its timeline", 1e-9, 0, 0, NULL},
    [EXPLAINED] = {"explain's step is the step's", 1e-12, 0, 0, NULL},
    [LOSSES] = {"explain's losses lead from the peak to MFU", 1e-6, 0, 0, NULL},
    [FITS] = {"more device memory changes nothing but whether it fits", 1e-12, 0, 0, NULL},
    [MORE_BATCH] = {"twice the micro-batches take longer, at most twice as long", 1e-3, 0, 0, NULL},
    [MORE_BATCH_SHORT_GROUP] = {"the same with virtual stages, in groups that the stages do not divide", 1e-3, 0.1, 0.1,
                                "the last group is shorter, and its chunks meet in another order"},
    [MORE_BATCH_ALTERNATING]
    = {"the same with virtual stages of layers that alternate", 1e-3, 0.1, 0.1,
       "a stage's chunks have different layers: a light one waits for a heavy one of another stage"},
    [RECOMPUTED] = {"full recompute needs no more memory than none", 1e-9, 0.05, 0.02,
                    "where a stage has one block and one micro-batch in flight, the block's input is kept beside what "
                    "is there again"},
    [SHARDED] = {"sharding optimizer states needs no more memory than none", 1e-9, 0.25, 0.03,
                 "a stack's buckets have a fixed size, above what a small model saves"},
    [OFFLOADED] = {"activations on the host need no more memory", 1e-9, 0, 0, NULL},
    [BETTER] = {"better hardware or software is not slower", 1e-3, 0, 0, NULL},
    [BETTER_OFFLOADED] = {"the same with activations on the host", 1e-3, 0.02, 0.01,
                          "the order of slots and swaps is fixed: one that ends earlier can meet another one's"},
    [BETTER_DUALPIPE] = {"the same with DualPipe and schedules in the form of a V", 1e-3, 0.02, 0.01,
                         "the order of slots is fixed: what is best for other proportions of forward and backward"},
};

static struct tally {
    long asked, broken;
    double worst;
    char example[400];
} tallies[PROPERTIES];

static void describe(const question *q, const char *what, char *out, size_t size) {
    const tc_layout *l = &q->opened.placement.layout;
    snprintf(out, size,
             "%s on %d %s, %s, %s, %s, tp %d pp %d vpp %d cp %d ep %d etp %d dp %d, micro-batch %d of %lld, %s, "
             "recompute %d, offload %d, "
             "seq %d%s: %s",
             q->q.job.model.slug, q->q.cluster.devices, q->q.cluster.accelerator.slug, q->q.stack.slug,
             tc_schedule_names[l->schedule], tc_dtype_names[q->q.job.dtype], l->tp, l->pp, l->vpp, l->cp, l->ep, l->etp,
             l->dp, l->micro_batch, (long long)q->opened.placement.micro_batches, tc_sharding_names[l->sharding],
             l->recompute, l->offload, q->q.job.seq, q->q.job.frozen_base ? ", frozen base" : "", what);
}

/* over: by how much the property is broken; 0 or less where it holds. */
static void judge(property p, const question *q, double over, const char *what) {
    struct tally *t = &tallies[p];
    t->asked++;
    if (over <= rules[p].slack) return;
    t->broken++;
    if (over <= t->worst) return;
    t->worst = over;
    describe(q, what, t->example, sizeof t->example);
}

/* ---- the hardware and the software, better ------------------------------------------------------------- */

typedef enum figure {
    MATMUL,
    VECTOR,
    POWER,
    HBM,
    LINKS,
    NETWORK,
    LATENCY,
    LAUNCH,
    HOST,
    HOST_STEP,
    HOST_LINK,
    FIGURES
} figure;

static const char *const figure_names[FIGURES]
    = {"matmul peak",           "vector peak",         "power",    "memory bandwidth",
       "scale-up bandwidth",    "network bandwidth",   "latency",  "launch gap",
       "host time of a kernel", "host time of a step", "host link"};

static void improve(tc_question *q, figure what) {
    tc_accelerator *a = &q->cluster.accelerator;
    tc_fabric *f = &q->cluster.fabric;
    const double more = 1.1, less = 0.9;
    switch (what) {
    case MATMUL:
        for (int i = 0; i < TC_DTYPES; i++) a->matmul_flops[i] *= more;
        break;
    case VECTOR: a->vector_flops *= more; break;
    case POWER: a->tdp_w *= more; break;
    case HBM: a->memory_bytes_per_s *= more; break;
    case LINKS: f->level[0].bytes_per_s *= more; break;
    case NETWORK:
        for (int i = 1; i < f->levels; i++) f->level[i].bytes_per_s *= more;
        break;
    case LATENCY:
        for (int i = 0; i < f->levels; i++) f->level[i].latency_s *= less;
        break;
    case LAUNCH: a->params.launch_s *= less; break;
    case HOST: q->stack.params.host_s_per_kernel *= less; break;
    case HOST_STEP: q->stack.params.host_s_per_step *= less; break;
    case HOST_LINK: a->host_bytes_per_s *= more; break;
    case FIGURES: break;
    }
}

/* ---- one layout ------------------------------------------------------------------------------------------ */

static bool step_of(const tc_question *q, tc_step *step) {
    tc_error error;
    return tc_forecast(q, step, &error) == TC_OK;
}

static void check_itself(const question *q, const tc_step *s) {
    const tc_memory *m = &s->memory;
    double parts = m->parameters + m->gradients + m->optimizer + m->activations + m->logits + m->buffers;
    bool finite = isfinite(s->step_s) && s->step_s > 0 && isfinite(s->mfu_pct) && isfinite(s->hfu_pct)
                  && isfinite(m->reserved) && m->reserved > 0 && isfinite(s->tokens_per_s_per_device);
    double least = 0;
#define LEAST(member, ...) least = fmin(least, s->breakdown.member);
    TC_PARTS(LEAST)
#undef LEAST
    judge(FINITE, q, !finite, "a figure");
    judge(PARTS, q, fabs(tc_breakdown_sum(&s->breakdown) / s->step_s - 1), "sum");
    judge(PARTS, q, -least / s->step_s, "a negative part");
    judge(MEMORY_PARTS, q, fabs(parts / m->allocated - 1), "allocated");
    judge(MEMORY_PARTS, q, fabs((m->allocated + m->fragmentation + m->framework) / m->reserved - 1), "reserved");
    const double *peak = q->q.cluster.accelerator.matmul_flops;
    double mfu = s->mfu_pct / 100 * s->model_flops[TC_FLOPS_CAUSAL] / s->model_flops[TC_FLOPS_FULL];
    judge(peak[q->q.job.dtype] < peak[TC_BF16] ? MFU_SLOW_FORMAT : MFU, q, mfu - 1, "MFU");
}

static void check_timeline(const question *q, const tc_step *s) {
    tc_step timed;
    tc_step_times times;
    tc_error error;
    assert_int_equal(tc_step_timed(&q->opened.costs, &timed, &times, &error), TC_OK);
    tc_step_times_free(&times);
    judge(TIMELINE, q, fabs(s->step_s / timed.step_s - 1), "timeline");
}

static void check_explanation(const question *q, const tc_step *s) {
    static tc_explanation e;
    tc_error error;
    assert_int_equal(tc_explain(&q->opened, &e, &error), TC_OK);
    double left = 100;
    for (int k = 0; k < e.losses; k++) left -= e.loss[k].points;
    judge(EXPLAINED, q, fabs(e.step.step_s / s->step_s - 1), "explain");
    judge(LOSSES, q, fabs(left - s->mfu_pct), "losses");
}

/* Less the blocks that are kept for samples of other lengths, and which go when the device is full. */
static double held(const tc_step *s) { return s->memory.reserved - s->memory.cached; }

static void check_memory(const question *q, const tc_step *s) {
    tc_step other;
    tc_question t = q->q;
    t.cluster.accelerator.memory_bytes *= 2;
    if (step_of(&t, &other)) {
        judge(FITS, q, fabs(other.step_s / s->step_s - 1), "time with more memory");
        judge(FITS, q, s->fits && !other.fits, "fits no longer");
    }
    t = q->q;
    t.layout.recompute = TC_RECOMPUTE_NONE;
    if (step_of(&t, &other)) {
        tc_step full;
        t.layout.recompute = TC_RECOMPUTE_FULL;
        if (step_of(&t, &full)) judge(RECOMPUTED, q, held(&full) / held(&other) - 1, "full recompute");
    }
    t = q->q;
    t.layout.sharding = TC_SHARD_NONE;
    t.stack.memory.sharded_optimizer_bytes = 0; /* states that are split may be in fp32 where whole ones are not */
    if (step_of(&t, &other)) {
        tc_step sharded;
        t.layout.sharding = TC_SHARD_ZERO1;
        if (step_of(&t, &sharded)) judge(SHARDED, q, held(&sharded) / held(&other) - 1, "zero1");
    }
    t = q->q;
    t.layout.offload = TC_OFFLOAD_NONE;
    if (step_of(&t, &other)) {
        tc_step offloaded;
        t.layout.offload = TC_OFFLOAD_ACTIVATIONS;
        if (step_of(&t, &offloaded))
            judge(OFFLOADED, q, held(&offloaded) / held(&other) - 1, "activations on the host");
    }
}

static void check_better(const question *q, const tc_step *s) {
    property p = q->q.layout.offload != TC_OFFLOAD_NONE ? BETTER_OFFLOADED
                 : q->opened.placement.layout.schedule == TC_SCHEDULE_DUALPIPE
                         || tc_schedule_facts_of(q->opened.placement.layout.schedule).turned
                     ? BETTER_DUALPIPE
                     : BETTER;
    for (int i = 0; i < FIGURES; i++) {
        tc_step better;
        tc_question t = q->q;
        improve(&t, (figure)i);
        assert_true(step_of(&t, &better));
        judge(p, q, better.step_s / s->step_s - 1, figure_names[i]);
    }
}

static void check_batch(const question *q, const tc_step *s) {
    tc_step twice;
    tc_question t = q->q;
    t.job.global_batch = 2 * s->global_batch;
    if (!step_of(&t, &twice)) return;
    const tc_layout *l = &q->opened.placement.layout;
    const tc_model *model = &q->q.job.model;
    property p = l->vpp > 1 && s->micro_batches % l->pp != 0                ? MORE_BATCH_SHORT_GROUP
                 : l->vpp > 1 && model->block[model->blocks - 1].alternates ? MORE_BATCH_ALTERNATING
                                                                            : MORE_BATCH;
    judge(p, q, 1 - twice.step_s / s->step_s, "shorter");
    judge(p, q, twice.step_s / s->step_s / 2 - 1, "more than twice");
}

/* Beside what ask_for_anything draws: formats, attention, overlap, graphs. What is illegal of it stays as it was. */
static void vary(question *q) {
    question other = *q;
    tc_error error;
    other.q.job.dtype = (int)draw(TC_DTYPES);
    other.q.job.attention = (int)draw(2);
    if (draw(2)) other.q.layout.overlap = (int)draw(TC_OVERLAPS);
    if (draw(3) == 0) other.q.layout.graphs = draw(2) ? TC_GRAPHS_ALL : 1 << draw(TC_GROUPS);
    if (other.q.layout.cp > 1) other.q.layout.cp_kind = (int)draw(2);
    if (other.q.cluster.accelerator.matmul_flops[other.q.job.dtype] > 0
        && tc_open(&other.q, &other.opened, &error) == TC_OK)
        *q = other;
    assert_int_equal(tc_open(&q->q, &q->opened, &error), TC_OK); /* what points into itself */
}

/* ---- all of them --------------------------------------------------------------------------------------------- */

static int report(void) {
    int failed = 0;
    for (int p = 0; p < PROPERTIES; p++) {
        const struct tally *t = &tallies[p];
        bool wrong = (double)t->broken > rules[p].share * (double)t->asked
                     || t->worst > (rules[p].most > 0 ? rules[p].most : rules[p].slack);
        print_message("%s: %ld of %ld broken%s\n", rules[p].text, t->broken, t->asked, wrong ? ": FAIL" : "");
        if (t->broken) print_message("    the worst by %.3g: %s\n", t->worst, t->example);
        if (t->broken && !wrong) print_message("    why: %s\n", rules[p].why);
        failed += wrong;
    }
    return failed;
}

static void what_holds_for_every_layout(void **state) {
    (void)state;
    const char *text = getenv("TC_LAYOUTS");
    long wanted = text ? strtol(text, NULL, 10) : 600, asked = 0;
    static question q;
    while (asked < wanted) {
        tc_step step;
        if (!ask_for_anything(&q)) continue;
        vary(&q);
        if (!step_of(&q.q, &step)) fail_msg("%s: opened, but no forecast", q.q.job.model.slug);
        check_itself(&q, &step);
        check_timeline(&q, &step);
        check_memory(&q, &step);
        check_batch(&q, &step);
        check_better(&q, &step);
        if (asked % 4 == 0) check_explanation(&q, &step);
        asked++;
    }
    assert_int_equal(report(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {SEEDED(what_holds_for_every_layout)};
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}

/* settle.c - what a source leaves open of a layout, a batch, recompute: the fastest, with the least recompute, that fits the memory. */
#include "base/vocabulary.h"
#include "forecast/fits.h"
#include "layout/legal.h"
#include "layout/supports.h"
#include "validate/assume.h"
#include "workload/operators.h"

/* A batch that keeps a pipeline busy, as runs that publish a rate have it. */
#define MICRO_BATCHES_PER_STAGE 16
#define MOST_VIRTUAL_STAGES 24
/* Layouts of a run that no layout's forecast fits differ in memory by less than the forecast errs. */
#define MEMORY_SLACK 1.25
/* A run that ran may be forecast to need this much of the device: the mean error of the memory forecast. */
#define MEMORY_ERROR 1.1

static int64_t usual_batch(const tc_case *c, const tc_layout *l) {
    int64_t micro_batch = l->micro_batch > 0 ? l->micro_batch : c->stack.defaults.micro_batch;
    int64_t batch = (int64_t)c->cluster.devices / ((int64_t)l->tp * l->pp * l->cp) * micro_batch;
    return l->pp > 1 ? batch * MICRO_BATCHES_PER_STAGE * l->pp : batch;
}

/* Memory that the step needs, of the device's. */
static double memory_share(const tc_case *c, const tc_step *step) {
    return tc_bytes_to_fit(&c->job, &step->memory) / step->memory.capacity;
}

static bool evaluate(tc_case *c, const tc_layout *layout, tc_step *step) {
    tc_error ignored;
    tc_question q = tc_case_question(c);
    q.layout = *layout;
    if (c->open & TC_CASE_OPEN_BATCH) q.job.global_batch = usual_batch(c, layout);
    tc_code code = tc_forecast(&q, step, &ignored);
    if (code == TC_INTERNAL) c->out_of_memory = true;
    if (code) return false;
    step->fits = tc_bytes_to_fit(&q.job, &step->memory) <= c->room * step->memory.capacity;
    return true;
}

/* Fits first, then less recompute, then less time per token. */
static bool better(const tc_step *a, const tc_step *b) {
    if (a->fits != b->fits) return a->fits;
    if (!a->fits) return a->memory.reserved < b->memory.reserved;
    return a->tokens_per_s_per_device > b->tokens_per_s_per_device;
}

/* A layout that only its logits keep from fitting ran with a loss in chunks. */
static void settle_loss(tc_case *c) {
    tc_step step;
    if (c->run->out_of_memory || c->stack.memory.chunked_loss || !evaluate(c, &c->layout, &step) || step.fits) return;
    c->stack.memory.chunked_loss = true;
    c->chunked = evaluate(c, &c->layout, &step) && step.fits;
    if (c->chunked)
        tc_case_assume(c, "%s", "loss in chunks (it would not fit otherwise)");
    else
        c->stack.memory.chunked_loss = false;
}

/* What may be chosen where the source is silent: each a list of values, of one where it is not. */
typedef struct axes {
    bool tp, pp, micro_batch, vpp, recompute; /* open */
    int count;                                /* of layouts, recompute apart */
} axes;

static const int degrees[] = {1, 2, 4, 8, 16, 32};
enum { TP_DEGREES = 4, PP_DEGREES = 5, MICRO_BATCHES = 4, WHOLE_MICRO_BATCHES = 6 };

/* Models that are not split are trained with 32 sequences and more where they fit, and encoders are tuned for a task with 16 or 32 (Devlin et al.
 * 2018, arXiv 1810.04805, appendix A.3). */
static int micro_batches(const tc_case *c) {
    bool split = c->run->tp > 1 || c->run->pp > 1 || c->layout.cp > 1, encoder = !c->family->causal;
    return !split && (encoder || !c->run->model.finetune.kind) ? WHOLE_MICRO_BATCHES : MICRO_BATCHES;
}

/* Where a stack's usual sharding shares out the weights, models are split for pipelines and for more devices than sequences alone. */
static axes axes_of(const tc_case *c) {
    const tc_stack_supports *s = &c->stack.supports;
    bool needs = c->stack.defaults.sharding < TC_SHARD_ZERO3 || c->run->pp > 1
                 || (c->run->global_batch > 0 && c->run->global_batch * c->layout.cp < c->cluster.devices);
    bool splits = needs && c->open & TC_CASE_OPEN_LAYOUT;
    axes a = {.tp = splits && c->run->tp == TC_UNSET && s->tensor_parallel,
              .pp = splits && c->run->pp == TC_UNSET && s->schedules,
              .micro_batch = c->open & TC_CASE_OPEN_MICRO_BATCH,
              .vpp = c->open & TC_CASE_OPEN_VPP,
              .recompute = c->open & TC_CASE_OPEN_RECOMPUTE};
    a.count = (a.tp ? TP_DEGREES : 1) * (a.pp ? PP_DEGREES : 1) * (a.micro_batch ? micro_batches(c) : 1)
              * (a.vpp ? MOST_VIRTUAL_STAGES : 1);
    return a;
}

/* The next digit of a layout's number, in base n. */
static int digit(int *number, int n) {
    int value = *number % n;
    *number /= n;
    return value;
}

/* The layout of that number: tensor parallelism varies slowest, virtual stages fastest. False where it does not divide the layers. */
static bool layout_of(const tc_case *c, const axes *a, int number, tc_layout *l) {
    *l = c->layout;
    if (a->vpp) l->vpp = 1 + digit(&number, MOST_VIRTUAL_STAGES);
    if (a->micro_batch) l->micro_batch = degrees[digit(&number, micro_batches(c))];
    if (a->pp) l->pp = degrees[digit(&number, PP_DEGREES)];
    if (a->tp) l->tp = degrees[digit(&number, TP_DEGREES)];
    if (l->tp > 1 && c->run->sequence_parallel == TC_UNSET) l->sequence_parallel = c->stack.defaults.sequence_parallel;
    return !a->vpp || l->vpp == 1 || tc_chunks_are_even(tc_layer_count(&c->job.model), l->pp * l->vpp);
}

typedef struct best_layout {
    bool found;
    tc_layout layout;
    tc_step step;
} best_layout;

/* The layout with the least recompute that fits, against the best so far. */
static void try_recomputes(tc_case *c, const axes *a, const tc_layout *layout, best_layout *best) {
    /* between selective and full: shares of the layers, which stand for the modules that recipes name */
    static const struct {
        int kind;
        double share;
    } recomputes[] = {{TC_RECOMPUTE_NONE, 0},     {TC_RECOMPUTE_SELECTIVE, 0}, {TC_RECOMPUTE_LAYERS, 0.25},
                      {TC_RECOMPUTE_LAYERS, 0.5}, {TC_RECOMPUTE_LAYERS, 0.75}, {TC_RECOMPUTE_FULL, 1}};
    enum { RECOMPUTES = sizeof recomputes / sizeof recomputes[0] };
    int layers = tc_layer_count(&c->job.model);
    tc_layout l = *layout;
    for (int r = 0; r < (a->recompute ? RECOMPUTES : 1); r++) {
        tc_step step;
        if (a->recompute) l.recompute = recomputes[r].kind;
        if (a->recompute) l.recompute_layers = recomputes[r].share * layers;
        if (!evaluate(c, &l, &step)) return;
        if (!best->found || better(&step, &best->step)) *best = (best_layout){true, l, step};
        if (step.fits) return; /* more recompute is only slower */
    }
}

/* Memory of the layout taken, of the device's: more than c->room where nothing fits. */
static double settle_layout(tc_case *c) {
    axes a = axes_of(c);
    best_layout best = {.found = false, .layout = c->layout};
    for (int number = 0; number < a.count; number++) {
        tc_layout l;
        if (layout_of(c, &a, number, &l)) try_recomputes(c, &a, &l, &best);
    }
    c->layout = best.layout;
    return best.found ? memory_share(c, &best.step) : 0;
}

/* Unstated sharding: the stack's usual one, or the next with which the run fits, by a margin of the forecast's errors, however little it
 * keeps. Whoever needs more than the optimizer's states shared out shares all of them. */
static void settle_sharding(tc_case *c) {
    tc_layout *l = &c->layout;
    int usual = c->stack.defaults.sharding;
    if (c->run->sharding != TC_UNSET || c->run->out_of_memory || c->open & TC_CASE_OPEN_LAYOUT
        || c->cluster.devices <= l->tp * l->pp * l->cp)
        return;
    c->room = MEMORY_SLACK;
    for (int sharding = usual; sharding <= TC_SHARD_ZERO3; sharding++) {
        tc_step step;
        tc_layout least = *l;
        least.sharding = sharding;
        if (c->open & TC_CASE_OPEN_MICRO_BATCH) least.micro_batch = 1;
        if (c->open & TC_CASE_OPEN_RECOMPUTE) least.recompute = TC_RECOMPUTE_FULL;
        if (sharding == TC_SHARD_ZERO2 && usual != sharding) continue;
        if (!tc_supports_sharding(&c->stack.supports, sharding, l->pp) || !evaluate(c, &least, &step) || !step.fits)
            continue;
        l->sharding = sharding;
        if (sharding != usual)
            tc_case_assume(c, "sharding %s (it would not fit otherwise)", tc_sharding_names[sharding]);
        return;
    }
    l->sharding = usual;
}

static void list_settled(tc_case *c) {
    static const char *const names[] = {"none", "selective", "full", "of some layers"};
    const tc_layout *l = &c->layout;
    if (c->open & TC_CASE_OPEN_LAYOUT) tc_case_assume_number(c, "tp %s (fastest that fits)", l->tp);
    if (c->open & TC_CASE_OPEN_LAYOUT) tc_case_assume_number(c, "pp %s (fastest that fits)", l->pp);
    if (c->open & TC_CASE_OPEN_VPP) tc_case_assume_number(c, "vpp %s (fastest that fits)", l->vpp);
    if (c->open & TC_CASE_OPEN_MICRO_BATCH)
        tc_case_assume_number(c, "micro-batch %s (fastest that fits)", l->micro_batch);
    if (c->open & TC_CASE_OPEN_RECOMPUTE)
        tc_case_assume(c, "recompute %s (least that fits)",
                       names[l->recompute >= 0 && l->recompute < 4 ? l->recompute : 0]);
}

void tc_case_settle(tc_case *c) {
    if (!tc_case_is_built(c)) return;
    if (c->chunked) c->chunked = c->stack.memory.chunked_loss = false; /* settled anew, in the same order */
    settle_sharding(c);
    c->room = c->run->out_of_memory ? 1 : MEMORY_ERROR;
    if (c->open & ~TC_CASE_OPEN_BATCH) {
        unsigned open = c->open;
        double least = settle_layout(c);
        if (least > c->room && open & TC_CASE_OPEN_VPP && !c->run->out_of_memory) {
            /* it ran, so the forecast of its memory is too high: chunks that need little more may have run as well */
            c->room = MEMORY_SLACK * least;
            c->open &= TC_CASE_OPEN_VPP | TC_CASE_OPEN_BATCH;
            settle_layout(c);
            c->open = open;
            c->room = MEMORY_ERROR;
        }
        list_settled(c);
    }
    if (c->open & TC_CASE_OPEN_BATCH) {
        c->job.global_batch = usual_batch(c, &c->layout);
        tc_case_assume_number(c, "global batch %s sequences", (int)c->job.global_batch);
    }
    c->room = 1; /* a loss in chunks is no layout: whether it was needed, the forecast says as it is */
    settle_loss(c);
}

/* choose_layout.c - a small search for the calendar.
 *
 * First all shapes with one sequence a micro-batch: tensor parallel 1, 2, 4, 8, 16 within the scale-up
 * domain; 1 to 16 pipeline stages; expert parallel 1 to 32 for a mixture of experts; context parallel
 * for sequences of 16 k tokens and more; optimizer states sharded, or weights too where there is no
 * pipeline; the least recompute that fits. Then the best of them with micro-batches of 2 to 5 and
 * with interleaved stages. Data parallel is the largest divisor of the global batch that the devices
 * allow, and smaller ones while they give more: beyond some number of devices a job only fails more often.
 * An interleaved pipeline takes its micro-batches pp at a time: Megatron-LM refuses others (schedules.py,
 * forward_backward_pipelining_with_interleaving), and so does src/search.
 * A layout fits if it does with the probability that the plan asks for.
 *
 * The value of a layout is its useful tokens per second: tokens / step time x goodput (run/goodput.c).
 *
 * Why not src/search: it takes the number of devices as given, which here is what to find, and needs 0.1 to 10 s for
 * one number where a whole plan takes a twentieth of a second (21 choices of the two scenarios: 32 s). Its space with
 * nothing offloaded and no context parallelism still takes 5 s; with micro-batch 1 and ZeRO-1 on top it takes as long
 * as this file, and half of its answers are slower, by up to 30 %. What is left out here costs 0 to 36 % of a step's time.
 *
 * Ignored: uneven stages, offloading, schedules other than 1F1B, and sharding within groups. */
#include "fleet/choose_layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecast/fits.h"
#include "layout/fields.h"
#include "run/goodput.h"

#define LONG_SEQUENCE 16384
#define DP_PATIENCE 2 /* smaller data-parallel degrees to try after the last one that was better */

static const int tensor_degrees[] = {1, 2, 4, 8, 16};
static const int pipeline_degrees[] = {1, 2, 3, 4, 6, 8, 12, 16};
static const int expert_degrees[] = {1, 2, 4, 8, 16, 32};
static const int context_degrees[] = {1, 2, 4, 8};
static const int micro_batches[] = {1, 2, 3, 4, 5};
static const int virtual_stages[] = {1, 2, 4};
#define REFINED 6 /* shapes of the first round that the second one varies */
static const int recomputes[] = {TC_RECOMPUTE_NONE, TC_RECOMPUTE_SELECTIVE, TC_RECOMPUTE_FULL};
#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct search {
    const tc_chooser *in;
    double most_bytes; /* of a layout that fits as surely as is asked for */
    tc_question q;     /* the layout at hand, on its devices */
    tc_choice best;
    tc_error error;  /* the last refusal */
    tc_beyond lacks; /* what the stack lacked last */
    bool any_legal;
} search;

double tc_useful_tokens_per_s(const tc_chooser *in, const tc_step *step, int devices, double *goodput) {
    int per_package = in->question->cluster.accelerator.devices_per_package > 1
                          ? in->question->cluster.accelerator.devices_per_package
                          : 1;
    int packages = (devices + per_package - 1) / per_package;
    double checkpoint_s = in->checkpoint_bytes / (in->storage_bytes_per_s * devices);
    *goodput
        = tc_goodput_of(step->step_s, in->package_mtbf_s / packages, checkpoint_s, in->restart_s, TC_UNSET).fraction;
    return step->tokens_per_step / step->step_s * *goodput;
}

/* Forecasts one layout on exactly its devices. Returns false where it is not legal. */
static bool evaluate(search *s, const tc_layout *layout, tc_step *step) {
    int64_t devices = (int64_t)layout->tp * layout->pp * layout->cp * layout->dp;
    if (devices > s->in->question->cluster.devices) return false;
    s->q.cluster.devices = (int)devices;
    s->q.layout = *layout;
    if (tc_forecast(&s->q, step, &s->error) != TC_OK) return false;
    if (!(step->step_s > 0) || !isfinite(step->step_s)) return false;
    if (!s->in->any && tc_beyond_stack(&s->q, &step->layout, &s->lacks, 1) > 0) return false;
    s->any_legal = true;
    s->best.evaluated++;
    return true;
}

/* The same but for the data-parallel degree and what follows from it. */
static bool same_shape(const tc_layout *a, const tc_layout *b) {
    for (int id = 0; id < TC_LAYOUT_FIELDS; id++)
        if (id != TC_LAYOUT_DP && id != TC_LAYOUT_ETP && !tc_layout_field_equal(a, b, (tc_layout_id)id)) return false;
    return true;
}

/* Keeps the list sorted, each shape once with the most that it gave. */
static void remember(tc_shapes *shapes, const tc_layout *layout, double rate) {
    int at = 0;
    while (at < shapes->count && !same_shape(&shapes->layout[at], layout)) at++;
    if (at < shapes->count) {
        if (rate <= shapes->tokens_per_s[at]) return;
    } else if (shapes->count < TC_SHAPES) {
        shapes->count++;
    } else {
        at = TC_SHAPES - 1;
        if (rate <= shapes->tokens_per_s[at]) return;
    }
    for (; at > 0 && shapes->tokens_per_s[at - 1] < rate; at--) {
        shapes->layout[at] = shapes->layout[at - 1];
        shapes->tokens_per_s[at] = shapes->tokens_per_s[at - 1];
    }
    shapes->layout[at] = *layout;
    shapes->layout[at].dp = TC_UNSET;
    shapes->tokens_per_s[at] = rate;
}

/* Takes the layout if it fits and gives more than the best so far. Returns its useful tokens/s, 0 if it does not fit. */
static double consider(search *s, const tc_step *step) {
    int devices = s->q.cluster.devices;
    if (step->memory.reserved > s->most_bytes) {
        if (s->best.least_bytes == 0 || step->memory.reserved < s->best.least_bytes)
            s->best.least_bytes = step->memory.reserved;
        return 0;
    }
    if (s->best.least_devices == 0 || devices < s->best.least_devices) s->best.least_devices = devices;
    double goodput, rate = tc_useful_tokens_per_s(s->in, step, devices, &goodput);
    remember(&s->best.shapes, &step->layout, rate);
    if (rate > s->best.tokens_per_s) {
        s->best.found = true;
        s->best.step = *step;
        s->best.devices = devices;
        s->best.goodput = goodput;
        s->best.tokens_per_s = rate;
    }
    return rate;
}

/* The largest divisor of n that is at most `most`; 0 if most < 1. */
static int64_t largest_divisor(int64_t n, int64_t most) {
    if (most < 1) return 0;
    if (most >= n) return n;
    int64_t best = 1;
    for (int64_t i = 1; i * i <= n; i++) {
        if (n % i) continue;
        if (i <= most && i > best) best = i;
        if (n / i <= most && n / i > best) best = n / i;
    }
    return best;
}

/* What the data-parallel degree must divide: the micro-batches of a step, pp at a time in an interleaved pipeline; 0: they do not come out. */
static int64_t shares(const search *s, const tc_layout *layout) {
    int64_t share = (int64_t)layout->micro_batch * (layout->vpp > 1 ? layout->pp : 1);
    return s->in->question->job.global_batch % share ? 0 : s->in->question->job.global_batch / share;
}

/* Downwards through the data-parallel degrees, while that gives more. */
static void try_data_parallel(search *s, tc_layout layout) {
    int64_t all = shares(s, &layout);
    if (all == 0) return;
    int64_t most = s->in->question->cluster.devices / ((int64_t)layout.tp * layout.pp * layout.cp);
    double best = 0;
    for (int patience = DP_PATIENCE; patience > 0;) {
        int64_t dp = largest_divisor(all, most);
        if (dp < 1) return;
        most = dp - 1;
        layout.dp = (int)dp;
        tc_step step;
        double rate = evaluate(s, &layout, &step) ? consider(s, &step) : 0;
        if (rate > best) {
            best = rate;
            patience = DP_PATIENCE;
        } else {
            patience--;
        }
    }
}

/* The least recompute with which the largest data-parallel degree fits. */
static void try_recompute(search *s, tc_layout layout) {
    int64_t all = shares(s, &layout);
    if (all == 0) return;
    int64_t dp = largest_divisor(all, s->in->question->cluster.devices / ((int64_t)layout.tp * layout.pp * layout.cp));
    if (dp < 1) return;
    layout.dp = (int)dp;
    for (size_t i = 0; i < COUNT(recomputes); i++) {
        tc_step step;
        layout.recompute = recomputes[i];
        if (!evaluate(s, &layout, &step)) return;
        if (consider(s, &step) > 0) {
            try_data_parallel(s, layout);
            return;
        }
    }
}

static void try_sharding(search *s, tc_layout layout) {
    layout.sharding = TC_SHARD_ZERO1;
    try_recompute(s, layout);
    if (layout.pp > 1) return;
    layout.sharding = TC_SHARD_ZERO3;
    try_recompute(s, layout);
}

/* The best shapes of the first round with larger micro-batches and interleaved stages. */
static void refine(search *s, int layers) {
    tc_shapes first = s->best.shapes;
    for (int i = 0; i < first.count && i < REFINED; i++)
        for (size_t v = 0; v < COUNT(virtual_stages); v++)
            for (size_t m = 0; m < COUNT(micro_batches); m++) {
                tc_layout layout = first.layout[i];
                layout.vpp = virtual_stages[v];
                layout.micro_batch = micro_batches[m];
                layout.schedule = TC_UNSET;
                int chunks = layout.pp * layout.vpp;
                if (layout.vpp == 1 && layout.micro_batch == 1) continue;
                if (layout.vpp > 1 && (layout.pp == 1 || layers % chunks)) continue;
                try_recompute(s, layout);
            }
}

static int scale_up_size(const tc_fabric *fabric) {
    return fabric->levels > 1 && fabric->level[0].size > 0 ? fabric->level[0].size : 8;
}

static void explain(search *s) {
    tc_choice *best = &s->best;
    if (best->least_bytes > 0) /* in tenths of a GiB, without a locale's point */
        snprintf(best->why, sizeof best->why,
                 "does not fit: %d.%d GiB per device in the leanest layout; up to %d GiB are %d %% sure to fit",
                 (int)(best->least_bytes / 1073741824.0), (int)(best->least_bytes / 107374182.4) % 10,
                 (int)(s->most_bytes / 1073741824.0), (int)(100 * s->in->fit + 0.5));
    else if (s->any_legal)
        snprintf(best->why, sizeof best->why, "fails more often than it restarts");
    else
        snprintf(best->why, sizeof best->why, "no layout is possible: %.100s",
                 s->lacks.text[0]   ? s->lacks.text
                 : s->error.text[0] ? s->error.text
                                    : "too few devices");
}

/* Every shape with one sequence a micro-batch and plain stages. */
static void try_shapes(search *s, int layers, int experts, int seq) {
    tc_layout layout = tc_default_layout();
    layout.micro_batch = 1;
    for (size_t t = 0; t < COUNT(tensor_degrees); t++)
        for (size_t c = 0; c < COUNT(context_degrees); c++)
            for (size_t e = 0; e < COUNT(expert_degrees); e++)
                for (size_t p = 0; p < COUNT(pipeline_degrees); p++) {
                    layout.tp = tensor_degrees[t];
                    layout.cp = context_degrees[c];
                    layout.ep = expert_degrees[e];
                    layout.pp = pipeline_degrees[p];
                    if (layout.tp > scale_up_size(&s->in->question->cluster.fabric) || layout.pp > layers) continue;
                    if (layout.cp > 1 && seq < LONG_SEQUENCE) continue;
                    if (layout.ep > 1 && (experts == 0 || experts % layout.ep)) continue;
                    try_sharding(s, layout);
                }
}

tc_choice tc_choose_layout(const tc_chooser *in, const tc_shapes *shapes) {
    search s = {.in = in, .q = *in->question, .most_bytes = tc_fitting_bytes(in->question, in->fit)};
    s.q.interval = NULL; /* of the chosen one alone */
    const tc_model *model = &in->question->job.model;
    int layers = 0, experts = 0;
    for (int i = 0; i < model->blocks; i++) {
        layers += model->block[i].count;
        if (model->block[i].ffn & TC_FFN_EXPERTS && model->block[i].experts.experts > experts)
            experts = model->block[i].experts.experts;
    }
    if (shapes) {
        for (int i = 0; i < shapes->count; i++) try_data_parallel(&s, shapes->layout[i]);
    } else {
        try_shapes(&s, layers, experts, in->question->job.seq == TC_UNSET ? model->seq : in->question->job.seq);
        refine(&s, layers);
    }
    if (!s.best.found) explain(&s);
    return s.best;
}

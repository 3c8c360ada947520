/* recipe.c - a published run's recipe: the stack as it was then, batch, formats and settings, the degrees of its layout.
 *
 * What the source leaves out comes from the conventions of the family and the stack's defaults, and is listed; what cannot be known so
 * is left open (TC_CASE_OPEN_...) and settled by the forecast itself (settle.c).
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/formats.h"
#include "base/text.h"
#include "base/vocabulary.h"
#include "catalog/ages.h"
#include "layout/legal.h"
#include "layout/schedule.h"
#include "layout/supports.h"
#include "validate/assume.h"
#include "validate/inputs.h"
#include "validate/usual_recipes.h"
#include "workload/operators.h"
#include "workload/samples.h"

/* "2024-03": 2024; 0 where that is no year. */
static int release_year(const tc_accelerator *a) {
    long year = strtol(a->released, NULL, 10);
    return year >= 1900 && year <= 2100 ? (int)year : 0;
}

/* The year of its source; where that is not stated the first that the run can be of: that after its chip's release, that of its format and of its
 * model. */
static int year_of(const tc_case *c) {
    const tc_published_run *run = c->run;
    if (run->year > 0) return run->year;
    int year = release_year(&c->cluster.accelerator) + 1;
    bool grouped = run->model.kv_heads > 1 && run->model.kv_heads < run->model.heads;
    bool later = (run->dtype != TC_UNSET && tc_format_is_low(run->dtype)) || grouped || !c->family->early;
    return later && year < c->conventions->modern_year ? c->conventions->modern_year : year;
}

static bool is_fp8_source(const tc_case *c) {
    const char *kind = c->conventions->fp8_sources;
    return strncmp(c->run->source_kind, kind, strlen(kind)) == 0;
}

static bool is_of(const tc_case *c, int rows) {
    const tc_published_model *m = &c->run->model;
    switch (rows) {
    case TC_ROWS_FINETUNED: return m->finetune.kind != NULL;
    case TC_ROWS_DIFFUSION: return c->family->workload == TC_WORKLOAD_DIFFUSION;
    case TC_ROWS_VISION: return m->vision.stated;
    default: return true;
    }
}

static bool has(const char *text, const char *phrase) { return !phrase[0] || (text && tc_says(text, phrase)); }

/* The software that a row's framework names; NULL. */
static const tc_tuner *tuner_of(const tc_case *c) {
    const tc_published_run *run = c->run;
    const tc_published_finetune *f = &run->model.finetune;
    for (int i = 0; i < c->conventions->tuners && run->stack; i++) {
        const tc_tuner *t = &c->conventions->tuner[i];
        if (strcmp(t->was, run->stack) == 0 && is_of(c, t->of) && has(run->framework, t->says)
            && has(run->notes, t->notes) && has(run->url, t->url) && has(f->quant, t->quant)
            && (!t->kind[0] || (f->kind && strcmp(t->kind, f->kind) == 0))
            && (!t->sharding[0] || (run->sharding >= 0 && strcmp(t->sharding, tc_sharding_names[run->sharding]) == 0)))
            return t;
    }
    return NULL;
}

/* Tokens of the samples of data sets; 0 where those of one are not known. */
typedef struct sample_lengths {
    int longest;
    double mean;
} sample_lengths;

/* Of "'AI-ModelScope/alpaca-gpt4-data-zh#500' 'swift/self-cognition#500'". */
static sample_lengths lengths_of(const tc_conventions *usual, const char *names) {
    sample_lengths all = {0, 0};
    int count = 0;
    bool means = true;
    for (size_t length; *names; names += length) {
        char name[96];
        names += strspn(names, " ,'\"");
        length = strcspn(names, " ,'\"");
        if (length < 4) continue; /* what is between names */
        snprintf(name, sizeof name, "%.*s", (int)length, names);
        int i = 0;
        while (i < usual->datasets && !tc_says(name, usual->dataset[i].says)) i++;
        if (i == usual->datasets) return (sample_lengths){0, 0};
        const tc_dataset *set = &usual->dataset[i];
        if (set->longest > all.longest) all.longest = set->longest;
        means = means && set->mean > 0;
        all.mean += (set->mean - all.mean) / ++count;
    }
    if (!means) all.mean = 0;
    return all;
}

/* Tokens of a document in packed sequences and of a sample that is not padded, where neither is stated: instructions are a few hundred,
 * web pages a thousand. */
#define USUAL_DOCUMENT 512
#define SHORT_RUN 100 /* micro-batches, of which memory holds the largest */

/* Where no sample is padded: tokens of a sample in the largest micro-batch. */
static int unpadded(const tc_case *c, sample_lengths lengths) {
    int rows = c->run->micro_batch;
    double tokens = lengths.mean * (1 + c->conventions->sample_spread * tc_largest_of(SHORT_RUN) / sqrt(rows));
    return tokens < lengths.longest ? (int)ceil(tokens) : lengths.longest;
}

#define CUTOFF_STEP 64 /* people cut at round numbers */

/* Of samples that keep their own lengths: the longest that the run meets, which its memory holds; 0 where the stated length counts. */
static int longest_sample(tc_case *c) {
    const tc_published_run *run = c->run;
    const tc_conventions *usual = c->conventions;
    const char *dataset = run->model.finetune.dataset;
    bool counted = run->metric == TC_METRIC_TOKENS_PER_S_PER_DEVICE;
    if (run->model.seq % CUTOFF_STEP) return 0; /* of a sample that was met */
    if (c->stated.natural_lengths != 1 || c->stated.mean_length == 1 || counted || !run->model.finetune.kind
        || run->out_of_memory)
        return 0;
    sample_lengths lengths = dataset ? lengths_of(usual, dataset) : (sample_lengths){0, 0};
    c->unknown_lengths = lengths.longest <= 0;
    if (!dataset) return usual->unnamed_longest;
    if (c->stated.padding_free != 1 || run->micro_batch <= 1) return lengths.longest;
    if (lengths.longest <= 0) lengths.longest = run->model.seq;
    if (lengths.mean <= 0) lengths.mean = USUAL_DOCUMENT;
    return unpadded(c, lengths);
}

/* Standard deviation of the lengths of samples over their mean: of texts, or of images and texts. */
static double spread_of(const tc_case *c) {
    return hypot((1 - c->image_part) * c->conventions->sample_spread, c->image_part * c->image_spread);
}

/* Where the mean of the lengths is stated, the tokens that a step waits for: a micro-batch is padded to its longest sample; the stages of a pipeline
 * work on different micro-batches, and all wait for the longest (1F1B simulated with 2 to 8 stages and 24 to 96 micro-batches: 0.85 to 1 of the
 * expected largest); and data-parallel ranks wait for the one whose micro-batches are the longest, or the longest on average. */
void tc_case_pad(tc_case *c) {
    const tc_published_run *run = c->run;
    bool padded = c->stated.padded_length == 1; /* what a rank waits for within a micro-batch is in the length */
    if ((c->stated.mean_length != 1 && !padded) || c->stated.grouped_lengths == 1) return;
    double rows = run->micro_batch > 1 ? run->micro_batch : 1, stages = run->pp > 1 ? run->pp : 1;
    double ranks = run->devices / (stages * (run->tp > 1 ? run->tp : 1) * (run->cp > 1 ? run->cp : 1));
    double micro_batches = run->global_batch > 0 ? fmax((double)run->global_batch / (ranks * rows), 1) : 1;
    bool meet = tc_ranks_meet(&c->stack, c->layout.sharding);
    if (run->global_batch <= 0 && !meet) ranks = 1; /* how many are averaged is not known */
    double wait = tc_waited_deviations(&(tc_waiting){rows, stages, ranks, micro_batches, meet});
    if (!(wait > 0)) return;
    c->padding = (1 + spread_of(c) * wait) / (padded ? 1 + spread_of(c) * tc_largest_of(rows) : 1);
    c->job.seq = (int)(c->job.seq * c->padding + 0.5);
    if (rows * stages > 1)
        tc_case_assume_number(c, "samples padded to %s tokens, the longest of a micro-batch", c->job.seq);
}

static void build_job(tc_case *c) {
    const tc_published_run *run = c->run;
    const tc_accelerator *a = &c->cluster.accelerator;
    bool stated = run->model.seq > 0 && c->family->workload != TC_WORKLOAD_DIFFUSION; /* of which text may be a part */
    c->job.seq = stated ? run->model.seq : c->job.model.seq;
    int longest = longest_sample(c);
    if (longest > 0 && longest < c->job.seq) {
        c->job.seq = longest;
        tc_case_assume_number(c, "samples of at most %s tokens", longest);
    }
    /* a packed sequence holds both of a pair (ms-swift at 3602360a5, swift/dataset/packing.py: sum(length) of chosen and rejected) */
    if (run->model.finetune.packed == 1) c->job.seq /= tc_case_sequences(run->model.finetune.kind);
    c->job.global_batch = run->global_batch;
    if (run->global_batch == TC_UNSET) c->open |= TC_CASE_OPEN_BATCH;
    c->job.dtype = c->stated.format != TC_UNSET ? c->stated.format : run->dtype;
    if (c->job.dtype == TC_UNSET) {
        bool fp8 = is_fp8_source(c) && a->matmul_flops[TC_FP8] > 0;
        c->job.dtype = fp8 ? TC_FP8 : a->matmul_flops[TC_BF16] > 0 ? TC_BF16 : TC_FP16;
        tc_case_assume(c, "format %s", tc_dtype_names[c->job.dtype]);
    }
    c->job.attention = TC_UNSET;
    if (run->flash_attention == 0) c->job.attention = TC_ATTENTION_PLAIN;
    if (run->flash_attention == 1) c->job.attention = TC_ATTENTION_FLASH;
    if (run->flash_attention == TC_UNSET) {
        c->job.attention = (int)c->stack.attention;
        tc_case_assume(c, "%s attention (stack default)", c->job.attention == TC_ATTENTION_FLASH ? "flash" : "plain");
    }
    c->job.frozen_base = run->frozen_base;
    c->job.cached_latents = c->stated.cached_latents;
    if (c->stated.optimizer != TC_UNSET) c->job.optimizer = c->stated.optimizer;
    if (c->stated.fused_optimizer == 1) c->stack.kernels.unfused_optimizer = c->stack.kernels.foreach_optimizer = false;
    tc_stack_memory *memory = &c->stack.memory;
    if (run->sharding > TC_SHARD_NONE && memory->sharded_optimizer_bytes > 0)
        memory->optimizer_bytes = memory->sharded_optimizer_bytes;
    if (run->sharding != TC_UNSET) memory->sharded_optimizer_bytes = 0; /* it is of this run now */
    if (c->stated.optimizer_states == TC_STATES_16_BIT) {
        c->stack.memory.optimizer_bytes = 4; /* two moments in 16 bit, no fp32 master copy */
        c->stack.memory.main_grad_bytes = 2;
    }
    if (c->stated.optimizer_states == TC_STATES_8_BIT) {
        if (memory->optimizer_bytes >= 8) memory->optimizer_bytes -= 6; /* two moments in 8 bit */
        /* a kernel steps them block by block (bitsandbytes, optimizer.py) */
        c->stack.kernels.foreach_optimizer = false;
    }
    if (c->stated.fp8_parameters == 1) c->stack.memory.low_precision_weights = 0; /* two copies for one of 16 bit */
    if (c->stated.half_gradients == 1) c->stack.memory.main_grad_bytes = c->stack.memory.grad_bytes = 2;
    if (c->stated.optimizer_states == TC_STATES_16_BIT_MOMENTS && c->stack.memory.optimizer_bytes >= 12)
        c->stack.memory.optimizer_bytes -= 4;
    if (c->stated.optimizer_states == TC_STATES_SHARED_WEIGHTS)
        c->stack.memory.optimizer_bytes -= 2; /* the weights are half of the master copy */
}

/* Of the layers, those whose forward runs again by the source's own utilisations, which differ by it: a third of the model's
 * FLOPs where it is all of them. Negative where they are not both stated. */
static double share_of_flops(const tc_published_run *run) {
    if (run->hfu_pct <= 0 || run->mfu_pct <= 0) return -1;
    double share = 3 * (run->hfu_pct / run->mfu_pct - 1);
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* What a source calls partial: layers that it counts, or operators; else half of the layers. */
static void build_partial_recompute(tc_case *c) {
    const tc_published_run *run = c->run;
    const tc_stated *said = &c->stated;
    tc_layout *l = &c->layout;
    double layers = tc_layer_count(&c->job.model);
    if (run->recompute_of > 0) {
        l->recompute_layers = layers * run->recompute_layers / run->recompute_of;
        return;
    }
    if (!said->recompute_operators && said->recompute_count <= 0 && said->recompute_by == TC_UNSET) {
        double share = share_of_flops(run);
        l->recompute_layers = share >= 0 ? layers * share : layers / 2;
        if (share < 0) tc_case_assume(c, "%s", "recompute of half of the layers (source says partial)");
        return;
    }
    double count = said->recompute_count;
    if (said->recompute_per == TC_PER_STAGE) count *= l->pp;
    if (said->recompute_per == TC_PER_CHUNK) count *= l->pp * l->vpp;
    /* operators of a few of the layers only are taken as of none */
    bool few = said->recompute_operators && count > 0 && 2 * count < layers;
    l->recompute = said->recompute_by == TC_RECOMPUTE_BY_SOFTWARE      ? TC_UNSET
                   : few || said->recompute_by == TC_RECOMPUTE_BY_NONE ? TC_RECOMPUTE_NONE
                   : said->recompute_operators                         ? TC_RECOMPUTE_OPERATORS
                                                                       : TC_RECOMPUTE_LAYERS;
    l->recompute_operators = few ? 0 : said->recompute_operators;
    /* torchtitan's list of matmuls that are kept has those of 16 and 8 bit */
    if (said->recompute_by == TC_RECOMPUTE_BY_LIST && c->job.dtype == TC_NVFP4)
        l->recompute_operators = TC_GROUP_ALL & ~TC_GROUP_ATTENTION;
    l->recompute_layers = count < layers ? count : layers;
}

/* Attention of packed sequences: a ring computes all pairs of a mask that is no plain triangle; other kernels skip what lies
 * between documents. */
static void build_mask(tc_case *c) {
    const tc_stated *said = &c->stated;
    bool ring = c->layout.cp > 1 && c->layout.cp_kind != TC_CP_ALL_TO_ALL, packed = said->packed == 1;
    if (said->mask != TC_UNSET && (ring || !packed)) {
        c->job.model.causal = false;
    } else if (packed) {
        c->job.document = USUAL_DOCUMENT;
        tc_case_assume_number(c, "documents of %s tokens in a packed sequence", c->job.document);
    }
    for (int i = 0; i < c->job.model.blocks && said->window > 0; i++)
        c->job.model.block[i].attention.window = c->job.model.block[i].latent.window = said->window;
    if (said->positions != TC_UNSET) c->job.model.positions = TC_POSITIONS_NONE;
}

/* Settings of the recipe beside degrees. */
static void build_settings(tc_case *c) {
    const tc_stated *said = &c->stated;
    tc_layout *l = &c->layout;
    tc_stack *s = &c->stack;
    if (said->routing != TC_UNSET) c->job.balanced_routing = said->routing == TC_ROUTING_BALANCED;
    if (said->expert_tp != TC_UNSET && l->ep > 1) l->etp = said->expert_tp;
    if (said->attention_kernel != TC_UNSET) s->kernels.native_attention = said->attention_kernel >= TC_KERNEL_FA3;
    if (said->attention_block != TC_UNSET) c->cluster.accelerator.params.attention_block = said->attention_block;
    if (said->overlap != TC_UNSET) s->kernels.overlap_tensor_parallel = false, s->defaults.overlap = 0;
    if (said->cp_kind != TC_UNSET) l->cp_kind = said->cp_kind;
    if (said->flush != TC_UNSET && l->pp > 1) l->flush = said->flush;
    if (said->flush == TC_UNSET && said->local_batch > c->run->micro_batch && l->pp > 1 && c->run->micro_batch > 0)
        l->flush = said->local_batch / c->run->micro_batch;
    if (said->grouped_gemm != TC_UNSET) s->kernels.sequential_experts = said->grouped_gemm == 0;
    if (said->expert_capacity > 0) c->job.expert_capacity = said->expert_capacity;
    if (said->mtp_layers != TC_UNSET) c->job.model.mtp_layers = said->mtp_layers;
    tc_block *last = &c->job.model.block[c->job.model.blocks - 1];
    if (said->noop_layers != TC_UNSET && said->noop_layers < last->count) last->count -= said->noop_layers;
    build_mask(c);
    if (said->tp_fused_overlap != TC_UNSET) s->kernels.fused_tensor_parallel = said->tp_fused_overlap == 1;
    if (said->low_precision_inputs != TC_UNSET) s->memory.low_precision_inputs = said->low_precision_inputs == 1;
    if (said->offload_operators) l->offload_operators = said->offload_operators;
    if (said->offload != TC_UNSET)
        l->offload = said->offload == TC_STATED_OFFLOAD_OPTIMIZER ? TC_OFFLOAD_OPTIMIZER : TC_OFFLOAD_STATES;
    if (said->cuda_graphs != TC_UNSET)
        s->defaults.graphs
            = said->cuda_graphs == TC_GRAPHS_FULL
                  ? TC_GRAPHS_ALL | TC_GROUP_ALL
                  : (s->defaults.graphs & TC_GRAPHS_ALL) | (said->cuda_graphs == TC_GRAPHS_NONE ? 0 : said->graphed);
}

/* Bytes of a logit that live at once, and that both passes of the loss move: fp32 logits, log-softmax and their gradient; the loss
 * in one compiled kernel; the log-softmax of every chunk in fp32 and the gradient of the 16-bit logits; 16-bit logits that one kernel
 * each way reads, and their gradient. 0: as the stack has it. */
static const struct {
    int held;
    double moved;
} losses[] = {[TC_LOSS_EAGER] = {12, 0},
              [TC_LOSS_COMPILED] = {4, 24},
              [TC_LOSS_SPLIT] = {6, 0},
              [TC_LOSS_CHUNKED] = {0, 6},
              [TC_LOSS_FUSED] = {2, 6}};

static void build_loss(tc_case *c) {
    int loss = c->stated.loss;
    tc_stack_memory *m = &c->stack.memory;
    if (loss == TC_UNSET) return;
    m->chunked_loss = loss == TC_LOSS_CHUNKED;
    bool own = loss == TC_LOSS_EAGER && m->logits_bytes >= 8; /* what single kernels of its release keep */
    if (losses[loss].held > 0 && !own) m->logits_bytes = losses[loss].held;
    c->stack.kernels.loss_bytes = losses[loss].moved > 0 ? losses[loss].moved : c->stack.kernels.loss_bytes;
}

/* The schedule that the source names, where the stages can run it. The chunks of an interleaving stay open where they are not stated. */
static void build_schedule(tc_case *c) {
    tc_layout *l = &c->layout;
    int schedule = c->stated.schedule, layers = tc_layer_count(&c->job.model);
    if (schedule == TC_UNSET || l->pp == 1) return;
    tc_schedule_facts facts = tc_schedule_facts_of(schedule);
    if (l->pp * facts.chunks > tc_most_chunks(layers) || (facts.both_ways && l->pp % 2)) return;
    if (schedule == TC_SCHEDULE_INTERLEAVED && c->run->vpp == TC_UNSET) {
        c->open |= TC_CASE_OPEN_VPP;
        return;
    }
    c->open &= ~(unsigned)TC_CASE_OPEN_VPP;
    if (schedule == TC_SCHEDULE_INTERLEAVED && l->vpp == 1) return; /* what it calls so has one chunk a stage */
    l->schedule = schedule;
    if (facts.chunks > 0) l->vpp = 1; /* the schedule's own chunks */
}

static int most_experts(const tc_model *model) {
    int most = 0;
    for (int i = 0; i < model->blocks; i++)
        if (model->block[i].ffn & TC_FFN_EXPERTS && model->block[i].experts.experts > most)
            most = model->block[i].experts.experts;
    return most;
}

/* Unstated context parallelism: where there are more ranks than samples, or than the data parallelism that is stated, they share one. */
static int unstated_cp(tc_case *c, int tp, int pp) {
    const tc_published_run *run = c->run;
    int ranks = c->cluster.devices / (tp * pp), cp = 1;
    bool diffusion = c->family->workload == TC_WORKLOAD_DIFFUSION;
    if (ranks < 1 || (!diffusion && !c->stack.supports.cp_kinds)) return 1;
    if (run->dp > 0 && ranks % run->dp == 0)
        cp = ranks / run->dp;
    else if (run->global_batch > 0 && run->global_batch < ranks && ranks % run->global_batch == 0)
        cp = (int)(ranks / run->global_batch);
    if (cp > 1) tc_case_assume_number(c, "context parallelism %s (more ranks than samples)", cp);
    return cp;
}

/* Unstated expert parallelism: over the devices of a node, where a dispatcher is named that is written for it, or the stack has it and does not
 * share out the weights anyway. */
static int unstated_ep(tc_case *c, int tp, int pp) {
    int experts = most_experts(&c->job.model), ep = 1;
    if (experts == 0) return 1;
    const tc_stack *s = &c->stack;
    bool usual = s->supports.expert_ranks != TC_EXPERT_RANKS_NONE && s->defaults.sharding < TC_SHARD_ZERO3;
    int most = usual || c->stated.dispatcher >= TC_DISPATCHER_DEEPEP ? c->cluster.fabric.level[0].size : 1;
    for (int n = 2; n <= most; n++)
        if (experts % n == 0 && c->cluster.devices / pp / tp % n == 0) ep = n;
    tc_case_assume_number(c, "expert parallelism %s", ep);
    return ep;
}

/* Fine-tuning whose degrees leave devices over and that shards nothing: its layers are spread over them, and one works at a time
 * (device_map of Accelerate). */
static int spread_layers(tc_case *c) {
    const tc_published_run *run = c->run;
    if (!run->model.finetune.kind || run->dp < 1 || run->pp > 1 || run->sharding != TC_SHARD_NONE) return 1;
    double ranks = (double)run->dp * (run->tp > 1 ? run->tp : 1) * (run->cp > 1 ? run->cp : 1);
    int stages = (int)(run->devices / ranks);
    if (stages < 2 || stages * ranks != run->devices || stages > tc_layer_count(&c->job.model)) return 1;
    tc_case_assume_number(c, "layers spread over %s devices, one at work at a time", stages);
    return stages;
}

/* A recipe may be for another batch than the run's. */
static bool divides_batch(const tc_case *c, const tc_layout *l) {
    int64_t ranks = c->cluster.devices / ((int64_t)l->tp * l->pp * l->cp);
    return ranks < 1 || c->run->global_batch <= 0 || c->micro_batch <= 0
           || c->run->global_batch % (ranks * c->micro_batch) == 0;
}

static void build_layout(tc_case *c) {
    const tc_published_run *run = c->run;
    tc_layout *l = &c->layout;
    *l = tc_default_layout();
    if (run->tp == TC_UNSET || run->pp == TC_UNSET) c->open |= TC_CASE_OPEN_LAYOUT;
    l->tp = run->tp == TC_UNSET ? 1 : run->tp;
    l->pp = run->pp == TC_UNSET ? 1 : run->pp;
    int spread = spread_layers(c);
    if (spread > 1) l->pp = spread, l->flush = 1;
    l->cp = run->cp == TC_UNSET ? unstated_cp(c, l->tp, l->pp) : run->cp;
    l->ep = run->ep == TC_UNSET ? unstated_ep(c, l->tp, l->pp) : run->ep;
    l->etp = run->etp;
    l->vpp = run->vpp == TC_UNSET ? 1 : run->vpp;
    if (run->pp == 1) l->vpp = 1;
    if (run->vpp == TC_UNSET && l->pp > 1 && c->stack.history.interleaving) c->open |= TC_CASE_OPEN_VPP;
    if (run->pp != TC_UNSET) build_schedule(c);
    const int *stages = c->stated.stage_layers;
    if (stages) l->stage_layers = stages + 1, l->stage_count = stages[0];
    l->micro_batch = divides_batch(c, l) ? c->micro_batch : run->micro_batch;
    if (l->micro_batch == TC_UNSET) c->open |= TC_CASE_OPEN_MICRO_BATCH;
    l->sequence_parallel = run->sequence_parallel;
    if (l->sequence_parallel == TC_UNSET) {
        l->sequence_parallel = l->tp > 1 && c->stack.defaults.sequence_parallel;
        if (l->tp > 1)
            tc_case_assume(c, "sequence parallelism %s (stack default)", l->sequence_parallel ? "on" : "off");
    }
    l->sharding = run->sharding;
    const tc_tuner *tuner = tuner_of(c);
    if (tuner && tuner->runs[0] && c->cluster.devices == 1)
        for (int i = 0; tc_sharding_names[i]; i++)
            if (strcmp(tc_sharding_names[i], tuner->runs) == 0) l->sharding = i;
    if (l->sharding == TC_UNSET) {
        static const char *const names[] = {"none", "zero1", "zero2", "zero3", "hsdp"};
        l->sharding = c->stack.defaults.sharding;
        if (c->cluster.devices > l->tp * l->pp) tc_case_assume(c, "sharding %s (stack default)", names[l->sharding]);
    }
    if (l->sharding == TC_SHARD_HSDP) {
        l->hsdp = c->stated.shard_group > 0 ? c->stated.shard_group : c->cluster.fabric.level[0].size;
        if (l->hsdp >= c->cluster.devices / (l->tp * l->pp)) l->hsdp = 0; /* all ranks */
    }
    l->recompute = c->recompute;
    if (l->recompute == TC_RECOMPUTE_LAYERS) build_partial_recompute(c);
    if (l->recompute == TC_UNSET && run->flops == TC_FLOPS_HARDWARE) {
        l->recompute = TC_RECOMPUTE_FULL;
        tc_case_assume(c, "recompute %s (its FLOPs are counted)", "full");
    }
    if (l->recompute == TC_UNSET) c->open |= TC_CASE_OPEN_RECOMPUTE;
}

/* The stack of that name as it was at the run's date; a forecast knows it by its plain name. */
static tc_code find_at(tc_catalog *catalog, const char *name, int date, tc_stack *stack, tc_error *error) {
    char dated[2 * sizeof stack->slug];
    if (date > 0)
        snprintf(dated, sizeof dated, "%.64s@%04d-%02d", name, date / 100, date % 100);
    else
        snprintf(dated, sizeof dated, "%.64s", name);
    tc_code code = tc_catalog_stack(catalog, dated, stack, error);
    if (code == TC_OK) stack->slug[strcspn(stack->slug, "@")] = 0;
    return code;
}

/* Norms in a kernel of their own (Liger, FlashAttention's RMSNorm) in a stack of single operators keep what a fused
 * implementation does, but for the residual additions. */
#define FUSED_NORM 0.2

/* Blocks that the allocator keeps for samples of other lengths: of fine-tuning whose samples keep theirs, where segments do not expand. */
static void build_lengths(tc_case *c) {
    const tc_stated *said = &c->stated;
    double *blocks = &c->stack.params.length_fragmentation;
    bool own = said->natural_lengths == 1 || said->longest_sample > 0, tuned = c->run->model.finetune.kind;
    if (said->expandable_segments == 1 || (!own && (said->natural_lengths == 0 || !tuned)))
        *blocks = 0;
    else if (own && !(*blocks > 0))
        *blocks = c->conventions->length_fragmentation;
}

/* What a source says of its software beside the name. */
static tc_code build_stack(tc_catalog *catalog, tc_case *c, int date, tc_error *error) {
    const tc_stated *said = &c->stated;
    bool always = c->run->dtype != TC_UNSET && (c->stack.history.compiled_formats >> c->run->dtype & 1);
    if (c->stack.history.compiled_variant[0] && (said->compiled == 1 || (said->compiled == TC_UNSET && always))) {
        if (said->compiled == TC_UNSET)
            tc_case_assume(c, "compiled (the stack's usual way in %s)", tc_dtype_names[c->run->dtype]);
        char variant[sizeof c->stack.slug];
        snprintf(variant, sizeof variant, "%s", c->stack.history.compiled_variant);
        tc_code code = find_at(catalog, variant, date, &c->stack, error);
        if (code) return code;
    } else if (said->compiled != TC_UNSET) {
        c->stack.defaults.graphs = said->compiled == 1 ? TC_GRAPHS_ALL : 0;
    }
    if (said->fused_modules == 1 || (said->fused & ~c->stack.kernels.fused & TC_GROUP_NORM))
        c->stack.params.norm_extra *= FUSED_NORM;
    if (said->flags_listed == 1) c->stack.kernels.fused &= ~(TC_GROUP_NORM | TC_GROUP_POSITION | TC_GROUP_ACTIVATION);
    c->stack.kernels.fused |= said->fused;
    build_lengths(c);
    if (said->fused_softmax == 1) c->stack.kernels.fused |= TC_GROUP_ATTENTION;
    if (said->fused_softmax == 0) c->stack.kernels.fused &= ~TC_GROUP_ATTENTION;
    if (said->grad_overlap != TC_UNSET) {
        c->stack.defaults.overlap &= ~TC_OVERLAP_GRAD_REDUCE;
        if (said->grad_overlap == 1) c->stack.defaults.overlap |= TC_OVERLAP_GRAD_REDUCE;
        /* gathers that need it are in line, too */
        if (!tc_set_has(c->stack.supports.overlap, c->stack.defaults.overlap))
            c->stack.defaults.overlap &= ~TC_OVERLAP_PARAM_GATHER;
    }
    if (said->cuda_graphs == TC_GRAPHS_NONE || said->cuda_graphs == TC_GRAPHS_PARTIAL)
        c->stack.kernels.reads_counts = true;
    if (said->ep_overlap != TC_UNSET) c->stack.kernels.overlap_experts = said->ep_overlap == 1;
    if (said->fp8_recipe != TC_UNSET) c->stack.kernels.fp8_recipe = (tc_fp8_recipe)said->fp8_recipe;
    if (said->dispatcher != TC_UNSET) c->stack.kernels.dispatcher = (tc_dispatcher)said->dispatcher;
    return TC_OK;
}

/* The month in which models of the run's kind came out; 0: not known. */
static int model_release(const tc_case *c) {
    const char *name = c->run->model.name;
    for (int i = 0; i < c->conventions->releases; i++) {
        const tc_model_release *r = &c->conventions->release[i];
        if (tc_name_begins(name, r->model)) return tc_stack_date(r->since);
    }
    return 0;
}

static int months_after(int date, int months) {
    int month = date / 100 * 12 + date % 100 - 1 + months;
    return month / 12 * 100 + month % 12 + 1;
}

/* The month that the run is of: its date's; the middle of its year; where that is not stated either, as long after the first that it can be of, or its
 * model's, as runs with a date are. 0: not known. */
static int month_of(const tc_case *c) {
    int date = c->run->date, year = year_of(c), released = model_release(c);
    if (date % 100) return date;
    if (year < 1990) return 0;
    int first = 100 * year + 7;
    if (c->run->year > 0) return first;
    return months_after(released > first ? released : first, c->conventions->later_months);
}

/* The kind of model and of training that recipes are chosen by. */
static int recipe_of(const tc_case *c) {
    const char *tuned = c->run->model.finetune.kind;
    int training = c->run->frozen_base ? TC_RECIPE_ADAPTERS : tuned ? TC_RECIPE_FULL_TUNING : TC_RECIPE_PRETRAINING;
    int model = most_experts(&c->job.model) > 0 ? TC_RECIPE_EXPERTS : TC_RECIPE_DENSE;
    int packed = c->run->model.finetune.packed == 1, recurrent = c->family->workload == TC_WORKLOAD_HYBRID;
    bool split = c->run->tp > 1 || c->run->pp > 1;
    return 1 << training | 1 << model | split << TC_RECIPE_SPLIT | recurrent << TC_RECIPE_RECURRENT
           | packed << TC_RECIPE_PACKED;
}

#define BY_RECIPES " (as its recipes set it)"

/* What recipes of the stack set then, where the row does not say. */
static void take_recipes(tc_case *c, const char *stack, int date) {
    char taken[sizeof c->assumed[0] - sizeof BY_RECIPES + 1]; /* what a line has room for */
    tc_recipe_row row = {.stack = stack,
                         .accelerator = c->cluster.accelerator.slug,
                         .model = c->run->model.name,
                         .framework = c->run->framework,
                         .date = date,
                         .of = recipe_of(c),
                         .dtype = c->run->dtype,
                         .tp = c->run->tp,
                         .pp = c->run->pp,
                         .ep = c->run->ep,
                         .micro_batch = c->run->micro_batch,
                         .recompute = c->run->recompute};
    tc_recipe_set set = {c->recompute, c->run->micro_batch};
    tc_usual_recipes_take(c->conventions->recipes, &row, &c->stated, &set, taken, sizeof taken);
    c->recompute = set.recompute;
    c->micro_batch = set.micro_batch;
    if (taken[0]) tc_case_assume(c, "%s" BY_RECIPES, taken);
}

/* The stack as it was then. */
static tc_code find_stack(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_tuner *tuner = tuner_of(c);
    const char *stack = tuner ? tuner->slug : c->run->stack && c->run->stack[0] ? c->run->stack : "generic";
    int date = month_of(c);
    take_recipes(c, stack, date);
    tc_code code = find_at(catalog, stack, date, &c->stack, error);
    if (code == TC_NOT_FOUND) code = find_at(catalog, "generic", date, &c->stack, error);
    return code ? code : build_stack(catalog, c, date, error);
}

tc_code tc_case_recipe(tc_catalog *catalog, tc_case *c, tc_error *error) {
    tc_code code = find_stack(catalog, c, error);
    if (code) return code;
    build_job(c);
    build_layout(c);
    build_settings(c);
    build_loss(c);
    return TC_OK;
}

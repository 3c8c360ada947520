/* case.c - a published run as inputs of the forecast.
 *
 * What a source states is taken as it is. What it leaves out comes from, in this
 * order: the catalog's model of that name, the conventions of the model's family,
 * the stack's defaults; a layout, micro-batch or recompute that is not stated is
 * the fastest, with the least recompute, that fits the memory. Each is listed.
 */
#include "validate/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "base/vocabulary.h"
#include "layout/legal.h"
#include "layout/schedule.h"
#include "workload/operators.h"

static void assume(tc_case *c, const char *format, const char *value) {
    if (c->assumed_count >= TC_ASSUMED_MAX) return;
    char clipped[41];
    snprintf(clipped, sizeof clipped, "%.40s", value);
    snprintf(c->assumed[c->assumed_count++], sizeof c->assumed[0], format, clipped);
}

static void assume_number(tc_case *c, const char *format, int value) {
    char text[24];
    snprintf(text, sizeof text, "%d", value);
    assume(c, format, text);
}

static tc_code end(tc_case *c, tc_case_status status, const char *reason) {
    c->status = status;
    snprintf(c->reason, sizeof c->reason, "%s", reason);
    return TC_OK;
}

static bool family_is(const tc_published_run *run, const char *family) {
    return strcmp(run->model.family, family) == 0;
}

/* ---- model ----------------------------------------------------------------- */

static bool is_gated(const tc_published_run *run) {
    const char *kind = run->model.ffn_kind;
    if (kind) return strstr(kind, "glu") != NULL;
    return !(family_is(run, "gpt") || family_is(run, "bert"));
}

/* The rest of a block where the run states the shape itself. */
static void block_from_run(tc_case *c, const tc_published_model *m, bool gated, tc_block *b) {
    b->attention = TC_ATTENTION_MHA;
    b->heads = m->heads;
    b->kv_heads = m->kv_heads > 0 ? m->kv_heads : m->heads;
    b->head_dim = m->head_dim > 0 ? m->head_dim : m->hidden / m->heads;
    b->mlp = gated ? TC_MLP_GATED : TC_MLP_PLAIN;
    b->norms = 2;
    if (m->mla.kv_rank > 0) {
        b->attention = TC_ATTENTION_MLA;
        b->q_rank = m->mla.q_rank;
        b->kv_rank = m->mla.kv_rank;
        b->nope_dim = m->mla.nope_dim;
        b->rope_dim = m->mla.rope_dim;
        b->v_dim = m->mla.v_dim;
    } else if (strcmp(m->family, "mla-moe") == 0) {
        /* the ranks of DeepSeek-V2 and V3; their small kin (V2-Lite, Moonlight: hidden 2048) project queries directly */
        b->attention = TC_ATTENTION_MLA;
        b->q_rank = m->hidden > 2048 ? 1536 : 0;
        b->kv_rank = 512;
        b->nope_dim = 128;
        b->rope_dim = 64;
        b->v_dim = 128;
        assume(c, "%s", m->hidden > 2048 ? "MLA ranks 1536/512, head 128 + 64" : "MLA ranks -/512, head 128 + 64");
    }
}

static int dense_ffn(tc_case *c, const tc_published_model *m, bool gated) {
    if (m->ffn > 0) return m->ffn;
    int ffn = gated ? (8 * m->hidden / 3 + 255) / 256 * 256 : 4 * m->hidden;
    assume_number(c, "ffn %s (from hidden)", ffn);
    return ffn;
}

static void blocks_from_run(tc_case *c, tc_model *model) {
    const tc_published_model *m = &c->run->model;
    bool gated = is_gated(c->run);
    tc_block block = tc_default_block();
    block_from_run(c, m, gated, &block);
    model->blocks = 0;
    int dense_layers = m->dense_layers > 0 ? m->dense_layers : 0;
    if (m->experts > 0) {
        if (dense_layers > 0) {
            tc_block dense = block;
            dense.count = dense_layers;
            dense.ffn = dense_ffn(c, m, gated);
            model->block[model->blocks++] = dense;
        }
        block.count = m->layers - dense_layers;
        block.experts = m->experts;
        block.top_k = m->experts_per_token > 0 ? m->experts_per_token : 2;
        block.expert_ffn = m->expert_ffn > 0 ? m->expert_ffn : dense_ffn(c, m, gated);
        if (m->shared_experts > 0) block.shared_ffn = m->shared_experts * block.expert_ffn;
    } else {
        block.count = m->layers;
        block.ffn = dense_ffn(c, m, gated);
    }
    model->block[model->blocks++] = block;
}

static void model_from_run(tc_case *c, tc_model *model) {
    const tc_published_run *run = c->run;
    const tc_published_model *m = &run->model;
    bool gpt = family_is(run, "gpt"), bert = family_is(run, "bert");
    snprintf(model->slug, sizeof model->slug, "%s", m->name);
    snprintf(model->family, sizeof model->family, "%s", m->family);
    model->hidden = m->hidden;
    model->seq = m->seq;
    model->vocab = m->vocab;
    if (model->vocab <= 0) {
        model->vocab = bert ? 30528 : gpt ? 51200 : 32000;
        assume_number(c, "vocabulary %s (family's)", model->vocab);
    }
    model->tied_embeddings = m->tied_embeddings == TC_UNSET ? gpt || bert : m->tied_embeddings == 1;
    model->positions = gpt || bert ? TC_POSITIONS_LEARNED : TC_POSITIONS_ROTARY;
    model->learned_positions = gpt || bert ? m->seq : 0;
    model->norm = gpt || bert ? TC_NORM_LAYER : TC_NORM_RMS;
    model->norm_weight = true;
    model->norm_bias = gpt || bert;
    model->causal = !bert;
    model->head_transform = bert;
    model->lm_head = model->final_norm = true;
    blocks_from_run(c, model);
}

/* Details of blocks that rows do not state - windows, norms of queries and keys, post-norms - from the catalog's model of
 * that name, where its shape is the run's. */
static tc_code blocks_from_catalog(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_model *m = &c->run->model;
    tc_model *model = &c->job.model, known = tc_default_model();
    if (!m->name[0] || strchr(m->name, '/') || m->name[0] == '.') return TC_OK;
    tc_error ignored;
    tc_code code = tc_catalog_model(catalog, m->name, &known, &ignored);
    if (code == TC_INTERNAL && error) *error = ignored;
    if (code) return code == TC_INTERNAL ? code : TC_OK;
    const tc_block *mine = &model->block[model->blocks - 1], *its = &known.block[known.blocks - 1];
    if (tc_layer_count(&known) != m->layers || known.hidden != m->hidden || its->heads != mine->heads
        || its->kv_heads != mine->kv_heads || its->ffn != mine->ffn || its->experts != mine->experts
        || (mine->experts > 0 && (its->top_k != mine->top_k || its->expert_ffn != mine->expert_ffn)))
        return TC_OK;
    model->blocks = known.blocks;
    memcpy(model->block, known.block, sizeof model->block);
    return TC_OK;
}

static tc_code build_model(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_run *run = c->run;
    const tc_published_model *m = &run->model;
    c->job.model = tc_default_model();
    static const char *const unsupported[] = {"hybrid-mamba-moe", "dit-video", "dit-image"};
    for (size_t i = 0; i < sizeof unsupported / sizeof unsupported[0]; i++)
        if (family_is(run, unsupported[i])) {
            char reason[160];
            snprintf(reason, sizeof reason, "family %s is not modelled yet", unsupported[i]);
            return end(c, TC_CASE_UNSUPPORTED, reason);
        }
    bool shaped = m->layers > 0 && m->hidden > 0 && m->heads > 0;
    if (shaped) {
        model_from_run(c, &c->job.model);
        return blocks_from_catalog(catalog, c, error);
    }
    if (!m->name[0] || strchr(m->name, '/') || strchr(m->name, '.') == m->name)
        return end(c, TC_CASE_SKIPPED, "model.layers");
    tc_error ignored;
    tc_code code = tc_catalog_model(catalog, m->name, &c->job.model, &ignored);
    if (code == TC_INTERNAL) {
        if (error) *error = ignored;
        return code;
    }
    if (code) {
        return end(c, TC_CASE_SKIPPED,
                   m->layers <= 0   ? "model.layers"
                   : m->hidden <= 0 ? "model.hidden"
                                    : "model.heads");
    }
    if (m->vocab > 0) c->job.model.vocab = m->vocab;
    assume(c, "shape of %s (catalog)", c->job.model.slug);
    return TC_OK;
}

/* ---- machine --------------------------------------------------------------------- */

/* The software sees a device of the catalog as several (the cores of a TPU chip), or several as one. */
static void split_device(tc_cluster *cluster, double parts) {
    tc_accelerator *a = &cluster->accelerator;
    for (int d = 0; d < TC_DTYPES; d++) a->matmul_flops[d] /= parts;
    a->vector_flops /= parts;
    a->memory_bytes /= parts;
    a->memory_bytes_per_s /= parts;
    a->cache_bytes /= parts;
    a->cores = (int)(a->cores / parts) > 0 ? (int)(a->cores / parts) : 1;
    for (int l = 0; l < cluster->fabric.levels; l++) {
        tc_level *level = &cluster->fabric.level[l];
        level->bytes_per_s /= parts;
        level->size = (int)(level->size * parts);
    }
}

#define BYTES_PER_GBIT 0.125e9

static tc_code build_cluster(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_run *run = c->run;
    c->cluster = tc_default_cluster();
    if (run->devices <= 0) return end(c, TC_CASE_SKIPPED, "devices");
    c->cluster.devices = run->parallel_devices > 0 ? run->parallel_devices : run->devices;
    if (!run->accelerator) return end(c, TC_CASE_SKIPPED, "accelerator");
    const char *bin = run->stated.bin;
    if (bin) assume(c, "%s, the usual bin of the machine", bin);
    tc_code code = tc_catalog_accelerator(catalog, bin ? bin : run->accelerator, &c->cluster.accelerator, error);
    if (code == TC_NOT_FOUND) {
        char reason[160];
        snprintf(reason, sizeof reason, "accelerator %s is not in the catalog", run->accelerator);
        return end(c, TC_CASE_UNSUPPORTED, reason);
    }
    if (code) return code;
    const char *named = run->stated.fabric;
    code = tc_catalog_fabric(catalog, named ? named : c->cluster.accelerator.fabric, &c->cluster.fabric, error);
    if (code) return code;
    if (run->parallel_devices > 0 && run->parallel_devices != run->devices)
        split_device(&c->cluster, (double)run->parallel_devices / run->devices);
    tc_fabric *fabric = &c->cluster.fabric;
    int node = run->devices_per_node;
    /* a fabric whose innermost level is the node takes the node's real size */
    if (node > 1 && fabric->levels > 1 && fabric->level[0].size <= 16 && node < fabric->level[0].size)
        fabric->level[0].size = node;
    double rate = run->stated.device_gbit_s * BYTES_PER_GBIT;
    if (run->stated.node_gbit_s > 0)
        rate = run->stated.node_gbit_s * BYTES_PER_GBIT / (node > 0 ? node : fabric->level[0].size);
    if (rate > 0 && fabric->levels > 1) fabric->level[fabric->levels - 1].bytes_per_s = rate;
    return TC_OK;
}

/* ---- recipe and layout ------------------------------------------------------ */

/* "2024-03": 2024; 0 where that is no year. */
static int release_year(const tc_accelerator *a) {
    long year = strtol(a->released, NULL, 10);
    return year >= 1900 && year <= 2100 ? (int)year : 0;
}

/* The first year that the run can be of: that of its source, the one after its chip's release, that of its format (8 bit came to
 * training software with Transformer Engine 1, 2023), of its model (grouped queries, and all families but GPT and BERT, follow 2023). */
static int year_of(const tc_case *c) {
    const tc_published_run *run = c->run;
    int year = run->year, released = release_year(&c->cluster.accelerator) + 1;
    if (released > year) year = released;
    bool grouped = run->model.kv_heads > 1 && run->model.kv_heads < run->model.heads;
    bool later = (run->dtype != TC_UNSET && tc_format_is_low(run->dtype)) || grouped
                 || !(family_is(run, "gpt") || family_is(run, "bert"));
    return later && run->year == 0 && year < 2023 ? 2023 : year;
}

static void build_recipe(tc_case *c) {
    const tc_published_run *run = c->run;
    const tc_accelerator *a = &c->cluster.accelerator;
    c->job.seq = run->model.seq > 0 ? run->model.seq : c->job.model.seq;
    c->job.global_batch = run->global_batch;
    if (run->global_batch == TC_UNSET) c->open |= TC_CASE_OPEN_BATCH;
    c->job.dtype = run->dtype;
    if (run->dtype == TC_UNSET) {
        bool fp8 = strncmp(run->source_kind, "mlperf", 6) == 0 && a->matmul_flops[TC_FP8] > 0;
        c->job.dtype = fp8 ? TC_FP8 : a->matmul_flops[TC_BF16] > 0 ? TC_BF16 : TC_FP16;
        assume(c, "format %s", tc_dtype_names[c->job.dtype]);
    }
    c->job.attention = TC_UNSET;
    if (run->flash_attention == 0) c->job.attention = TC_ATTENTION_PLAIN;
    if (run->flash_attention == 1) c->job.attention = TC_ATTENTION_FLASH;
    if (run->flash_attention == TC_UNSET) {
        /* fused attention was the rule from the Hopper generation on, whatever the stack's first releases did */
        bool recent = release_year(a) >= 2022;
        c->job.attention = recent ? TC_ATTENTION_FLASH : (int)c->stack.attention;
        assume(c, "%s attention (stack default)", c->job.attention == TC_ATTENTION_FLASH ? "flash" : "plain");
    }
    /* "lora" in the words of an MLA model is the rank of its projections */
    c->job.frozen_base = run->frozen_base && !family_is(run, "mla-moe");
    if (run->stated.optimizer != TC_UNSET) c->job.optimizer = run->stated.optimizer;
    if (run->stated.fused_optimizer == 1) c->stack.unfused_optimizer = false;
    if (run->stated.optimizer_states == TC_STATES_16_BIT) {
        c->stack.optimizer_bytes = 4; /* two moments in 16 bit, no fp32 master copy */
        c->stack.main_grad_bytes = 2;
    }
    if (run->stated.optimizer_states == TC_STATES_SHARED_WEIGHTS)
        c->stack.optimizer_bytes -= 2; /* the weights are half of the master copy */
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
    const tc_stated *said = &run->stated;
    tc_layout *l = &c->layout;
    double layers = tc_layer_count(&c->job.model);
    if (run->recompute_of > 0) {
        l->recompute_layers = layers * run->recompute_layers / run->recompute_of;
        return;
    }
    if (!said->recompute_operators && said->recompute_count <= 0 && said->recompute_by == TC_UNSET) {
        double share = share_of_flops(run);
        l->recompute_layers = share >= 0 ? layers * share : layers / 2;
        if (share < 0) assume(c, "%s", "recompute of half of the layers (source says partial)");
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

/* Tokens of a document in packed sequences: instructions are a few hundred, web pages a thousand. */
#define PACKED_DOCUMENT 512

/* Attention of packed sequences: a ring computes all pairs of a mask that is no plain triangle; other kernels skip what lies
 * between documents. */
static void build_mask(tc_case *c) {
    const tc_stated *said = &c->run->stated;
    bool ring = c->layout.cp > 1 && c->layout.cp_kind != TC_CP_ALL_TO_ALL, packed = said->packed == 1;
    if (said->mask != TC_UNSET && (ring || !packed)) {
        c->job.model.causal = false;
    } else if (packed) {
        c->job.document = PACKED_DOCUMENT;
        assume_number(c, "documents of %s tokens in a packed sequence", c->job.document);
    }
    for (int i = 0; i < c->job.model.blocks && said->window > 0; i++) c->job.model.block[i].window = said->window;
    if (said->positions != TC_UNSET) c->job.model.positions = TC_POSITIONS_NONE;
}

/* Settings of the recipe beside degrees. */
static void build_settings(tc_case *c) {
    const tc_stated *said = &c->run->stated;
    tc_layout *l = &c->layout;
    tc_stack *s = &c->stack;
    if (said->routing != TC_UNSET) c->job.balanced_routing = said->routing == TC_ROUTING_BALANCED;
    if (said->expert_tp != TC_UNSET && l->ep > 1) l->etp = said->expert_tp;
    if (said->attention_kernel != TC_UNSET) s->native_attention = said->attention_kernel >= TC_KERNEL_FA3;
    if (said->overlap != TC_UNSET)
        s->overlap_tensor_parallel = s->overlap_grad_reduce = s->overlap_param_gather = false;
    if (said->cp_kind != TC_UNSET) l->cp_kind = said->cp_kind;
    if (said->grouped_gemm != TC_UNSET) s->sequential_experts = said->grouped_gemm == 0;
    if (said->expert_capacity > 0) c->job.expert_capacity = said->expert_capacity;
    if (said->mtp_layers != TC_UNSET) c->job.model.mtp_layers = said->mtp_layers;
    tc_block *last = &c->job.model.block[c->job.model.blocks - 1];
    if (said->noop_layers != TC_UNSET && said->noop_layers < last->count) last->count -= said->noop_layers;
    build_mask(c);
    if (said->tp_fused_overlap == 1) s->fused_tensor_parallel = true;
    if (said->low_precision_inputs != TC_UNSET) s->low_precision_inputs = said->low_precision_inputs == 1;
    if (said->offload_operators) l->offload_operators = said->offload_operators;
    if (said->offload != TC_UNSET)
        l->offload = said->offload == TC_STATED_OFFLOAD_OPTIMIZER ? TC_OFFLOAD_OPTIMIZER : TC_OFFLOAD_STATES;
    if (said->cuda_graphs == TC_GRAPHS_FULL) s->compiled = true;
    if (said->cuda_graphs != TC_UNSET)
        s->graphed = said->cuda_graphs == TC_GRAPHS_FULL   ? TC_GROUP_ALL
                     : said->cuda_graphs == TC_GRAPHS_NONE ? 0
                                                           : said->graphed;
}

/* Liger kernels keep what a fused implementation does, but for the residual additions. */
#define FUSED_MODULES 0.2

/* Bytes of a logit that live at once: fp32 logits, log-softmax and their gradient; the loss in one kernel; the log-softmax of
 * every chunk in fp32 and the gradient of the 16-bit logits. In chunks, as the stack has it. */
static void build_loss(tc_case *c) {
    static const int bytes[] = {[TC_LOSS_EAGER] = 12, [TC_LOSS_COMPILED] = 4, [TC_LOSS_SPLIT] = 6};
    int loss = c->run->stated.loss;
    if (loss != TC_UNSET) c->stack.chunked_loss = loss == TC_LOSS_CHUNKED;
    if (loss != TC_UNSET && loss != TC_LOSS_CHUNKED) c->stack.logits_bytes = bytes[loss];
    if (c->run->stated.fused_modules == 1) c->stack.params.norm_extra *= FUSED_MODULES;
}

/* The schedule that the source names, where the stages can run it. The chunks of an interleaving stay open where they are not stated. */
static void build_schedule(tc_case *c) {
    tc_layout *l = &c->layout;
    int schedule = c->run->stated.schedule, layers = tc_layer_count(&c->job.model);
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
        if (model->block[i].experts > most) most = model->block[i].experts;
    return most;
}

/* Unstated expert parallelism: none, but where the source names a dispatcher that is written for it, over the devices of a node. */
static int unstated_ep(tc_case *c, int tp, int pp) {
    int experts = most_experts(&c->job.model), ep = 1;
    if (experts == 0) return 1;
    int most = c->run->stated.dispatcher >= TC_DISPATCHER_DEEPEP ? c->cluster.fabric.level[0].size : 1;
    for (int n = 2; n <= most; n++)
        if (experts % n == 0 && c->cluster.devices / pp / tp % n == 0) ep = n;
    assume_number(c, "expert parallelism %s", ep);
    return ep;
}

static void build_layout(tc_case *c) {
    const tc_published_run *run = c->run;
    tc_layout *l = &c->layout;
    *l = tc_default_layout();
    if (run->tp == TC_UNSET || run->pp == TC_UNSET) c->open |= TC_CASE_OPEN_LAYOUT;
    l->tp = run->tp == TC_UNSET ? 1 : run->tp;
    l->pp = run->pp == TC_UNSET ? 1 : run->pp;
    l->cp = run->cp == TC_UNSET ? 1 : run->cp;
    l->ep = run->ep == TC_UNSET ? unstated_ep(c, l->tp, l->pp) : run->ep;
    l->etp = run->etp;
    l->vpp = run->vpp == TC_UNSET ? 1 : run->vpp;
    if (run->pp == 1) l->vpp = 1;
    if (run->vpp == TC_UNSET && l->pp > 1 && c->stack.interleaving) c->open |= TC_CASE_OPEN_VPP;
    if (run->pp != TC_UNSET) build_schedule(c);
    l->micro_batch = run->micro_batch;
    if (run->micro_batch == TC_UNSET) c->open |= TC_CASE_OPEN_MICRO_BATCH;
    l->sequence_parallel = run->sequence_parallel;
    if (l->sequence_parallel == TC_UNSET) {
        l->sequence_parallel = l->tp > 1 && c->stack.sequence_parallel;
        if (l->tp > 1) assume(c, "sequence parallelism %s (stack default)", l->sequence_parallel ? "on" : "off");
    }
    l->sharding = run->sharding;
    if (l->sharding == TC_UNSET) {
        static const char *const names[] = {"none", "zero1", "zero2", "zero3", "hsdp"};
        l->sharding = (int)c->stack.sharding;
        if (c->cluster.devices > l->tp * l->pp) assume(c, "sharding %s (stack default)", names[l->sharding]);
    }
    if (l->sharding == TC_SHARD_HSDP) {
        l->hsdp = run->stated.shard_group > 0 ? run->stated.shard_group : c->cluster.fabric.level[0].size;
    }
    l->recompute = run->recompute;
    if (l->recompute == TC_RECOMPUTE_LAYERS) build_partial_recompute(c);
    if (l->recompute == TC_UNSET && run->flops == TC_FLOPS_HARDWARE) {
        l->recompute = TC_RECOMPUTE_FULL;
        assume(c, "recompute %s (its FLOPs are counted)", "full");
    }
    if (l->recompute == TC_UNSET) c->open |= TC_CASE_OPEN_RECOMPUTE;
}

/* The name may be a field of the stack that it replaces. */
static tc_code become(tc_catalog *catalog, const char *name, tc_stack *stack, tc_error *error) {
    char copy[sizeof stack->slug];
    snprintf(copy, sizeof copy, "%s", name);
    return tc_catalog_stack(catalog, copy, stack, error);
}

/* What a source says of its software beside the name. */
static tc_code build_stack(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_stated *said = &c->run->stated;
    if (said->compiled == 1 && c->stack.compiled_variant[0]) {
        tc_code code = become(catalog, c->stack.compiled_variant, &c->stack, error);
        if (code) return code;
    } else if (said->compiled != TC_UNSET) {
        c->stack.compiled = said->compiled == 1;
    }
    if (said->flags_listed == 1) c->stack.fused &= ~(TC_GROUP_NORM | TC_GROUP_POSITION | TC_GROUP_ACTIVATION);
    c->stack.fused |= said->fused;
    if (said->fused_softmax == 1) c->stack.fused |= TC_GROUP_ATTENTION;
    if (said->fused_softmax == 0) c->stack.fused &= ~TC_GROUP_ATTENTION;
    if (said->grad_overlap != TC_UNSET) c->stack.overlap_grad_reduce = said->grad_overlap == 1;
    if (said->dispatcher != TC_UNSET) c->stack.hierarchical_dispatch = said->dispatcher >= TC_DISPATCHER_DEEPEP;
    return TC_OK;
}

tc_code tc_case_build(tc_catalog *catalog, const tc_published_run *run, tc_case *c, tc_error *error) {
    memset(c, 0, sizeof *c);
    c->run = run;
    c->stack.size = 0;
    c->job = tc_default_job();
    if (run->refused) return end(c, TC_CASE_SKIPPED, run->refused);
    tc_code code = build_model(catalog, c, error);
    if (code || c->status) return code;
    if ((code = build_cluster(catalog, c, error)) || c->status) return code;
    if (run->model.seq <= 0) return end(c, TC_CASE_SKIPPED, "model.seq");
    if (run->metric == TC_METRIC_STEP_S && run->global_batch == TC_UNSET)
        return end(c, TC_CASE_SKIPPED, "global_batch");
    const char *stack = run->stack && run->stack[0] ? run->stack : "generic";
    code = tc_catalog_stack(catalog, stack, &c->stack, error);
    if (code == TC_NOT_FOUND) code = tc_catalog_stack(catalog, "generic", &c->stack, error);
    if (code) return code;
    /* runs of a later year used what the stack had become */
    if (c->stack.successor[0] && year_of(c) >= c->stack.successor_year
        && (code = become(catalog, c->stack.successor, &c->stack, error)))
        return code;
    if ((code = build_stack(catalog, c, error))) return code;
    if (year_of(c) <= c->stack.earlier.until_year) {
        c->stack.logits_bytes = c->stack.earlier.logits_bytes;
        c->stack.pipeline_outputs = c->stack.earlier.pipeline_outputs;
    }
    build_recipe(c);
    build_layout(c);
    build_settings(c);
    build_loss(c);
    /* without a rate there is nothing to score, but its memory can be forecast */
    if (run->metric == TC_METRIC_NONE) return end(c, TC_CASE_SKIPPED, "measured");
    return TC_OK;
}

/* ---- what the source left open ------------------------------------------------ */

/* A batch that keeps a pipeline busy, as runs that publish a rate have it. */
#define MICRO_BATCHES_PER_STAGE 16
#define MOST_VIRTUAL_STAGES 24
/* Layouts of a run that no layout's forecast fits differ in memory by less than the forecast errs. */
#define MEMORY_SLACK 1.25
/* A run that ran may be forecast to need this much of the device: the mean error of the memory forecast. */
#define MEMORY_ERROR 1.1

tc_question tc_case_question(const tc_case *c) {
    tc_question q = tc_default_question();
    q.job = c->job;
    q.cluster = c->cluster;
    q.layout = c->layout;
    q.stack = c->stack;
    return q;
}

static int64_t usual_batch(const tc_case *c, const tc_layout *l) {
    int64_t micro_batch = l->micro_batch > 0 ? l->micro_batch : c->stack.micro_batch;
    int64_t batch = (int64_t)c->cluster.devices / ((int64_t)l->tp * l->pp * l->cp) * micro_batch;
    return l->pp > 1 ? batch * MICRO_BATCHES_PER_STAGE * l->pp : batch;
}

static bool evaluate(const tc_case *c, const tc_layout *layout, tc_step *step) {
    tc_error ignored;
    tc_question q = tc_case_question(c);
    q.layout = *layout;
    if (c->open & TC_CASE_OPEN_BATCH) q.job.global_batch = usual_batch(c, layout);
    if (tc_forecast(&q, step, &ignored)) return false;
    step->fits = step->memory.reserved <= c->room * step->memory.capacity;
    return true;
}

/* Fits first, then less recompute, then less time per token. */
static bool better(const tc_step *a, const tc_step *b) {
    if (a->fits != b->fits) return a->fits;
    if (!a->fits) return a->memory.reserved < b->memory.reserved;
    return a->tokens_per_s_per_device > b->tokens_per_s_per_device;
}

/* Layers, embedding and head among them or not, split evenly over the chunks. */
static bool divides(const tc_case *c, int chunks) {
    int layers = tc_layer_count(&c->job.model);
    return chunks == c->layout.pp || layers % chunks == 0 || (layers + 2) % chunks == 0;
}

/* A layout that only its logits keep from fitting ran with a loss in chunks. */
static void settle_loss(tc_case *c) {
    tc_step step;
    if (c->run->out_of_memory || c->stack.chunked_loss || !evaluate(c, &c->layout, &step) || step.fits) return;
    c->stack.chunked_loss = true;
    if (evaluate(c, &c->layout, &step) && step.fits)
        assume(c, "%s", "loss in chunks (it would not fit otherwise)");
    else
        c->stack.chunked_loss = false;
}

/* Memory of the layout taken, of the device's: more than c->room where nothing fits. */
static double settle_layout(tc_case *c) {
    static const int degrees[] = {1, 2, 4, 8, 16};
    /* between selective and full: shares of the layers, which stand for the modules that recipes name */
    static const struct {
        int kind;
        double share;
    } recomputes[] = {{TC_RECOMPUTE_NONE, 0},     {TC_RECOMPUTE_SELECTIVE, 0}, {TC_RECOMPUTE_LAYERS, 0.25},
                      {TC_RECOMPUTE_LAYERS, 0.5}, {TC_RECOMPUTE_LAYERS, 0.75}, {TC_RECOMPUTE_FULL, 1}};
    int layers = tc_layer_count(&c->job.model);
    bool layout_open = c->open & TC_CASE_OPEN_LAYOUT, micro_open = c->open & TC_CASE_OPEN_MICRO_BATCH;
    bool recompute_open = c->open & TC_CASE_OPEN_RECOMPUTE, vpp_open = c->open & TC_CASE_OPEN_VPP, found = false;
    tc_layout best = c->layout;
    tc_step best_step, step;
    for (int t = 0; t < (layout_open && c->run->tp == TC_UNSET ? 4 : 1); t++)
        for (int p = 0; p < (layout_open && c->run->pp == TC_UNSET ? 5 : 1); p++)
            for (int m = 0; m < (micro_open ? 4 : 1); m++)
                for (int v = 1; v <= (vpp_open ? MOST_VIRTUAL_STAGES : 1); v++)
                    for (int r = 0; r < (recompute_open ? 6 : 1); r++) {
                        tc_layout l = c->layout;
                        if (layout_open && c->run->tp == TC_UNSET) l.tp = degrees[t];
                        if (layout_open && c->run->pp == TC_UNSET) l.pp = degrees[p];
                        if (l.tp > 1 && c->run->sequence_parallel == TC_UNSET)
                            l.sequence_parallel = c->stack.sequence_parallel;
                        if (vpp_open && !divides(c, l.pp * v)) continue;
                        if (vpp_open) l.vpp = v;
                        if (micro_open) l.micro_batch = degrees[m];
                        if (recompute_open) l.recompute = recomputes[r].kind;
                        if (recompute_open) l.recompute_layers = recomputes[r].share * layers;
                        if (!evaluate(c, &l, &step)) break;
                        if (!found || better(&step, &best_step)) {
                            found = true;
                            best = l;
                            best_step = step;
                        }
                        if (step.fits) break; /* more recompute is only slower */
                    }
    c->layout = best;
    return found ? best_step.memory.reserved / best_step.memory.capacity : 0;
}

static void list_settled(tc_case *c) {
    static const char *const names[] = {"none", "selective", "full", "of some layers"};
    const tc_layout *l = &c->layout;
    if (c->open & TC_CASE_OPEN_LAYOUT) assume_number(c, "tp %s (fastest that fits)", l->tp);
    if (c->open & TC_CASE_OPEN_LAYOUT) assume_number(c, "pp %s (fastest that fits)", l->pp);
    if (c->open & TC_CASE_OPEN_VPP) assume_number(c, "vpp %s (fastest that fits)", l->vpp);
    if (c->open & TC_CASE_OPEN_MICRO_BATCH) assume_number(c, "micro-batch %s (fastest that fits)", l->micro_batch);
    if (c->open & TC_CASE_OPEN_RECOMPUTE)
        assume(c, "recompute %s (least that fits)", names[l->recompute >= 0 && l->recompute < 4 ? l->recompute : 0]);
}

void tc_case_settle(tc_case *c) {
    if (!tc_case_is_built(c)) return;
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
        assume_number(c, "global batch %s sequences", (int)c->job.global_batch);
    }
    c->room = 1; /* a loss in chunks is no layout: whether it was needed, the forecast says as it is */
    settle_loss(c);
}

bool tc_case_is_built(const tc_case *c) { return c->stack.size > 0 && c->layout.size > 0; }

/* ---- the forecast in the source's terms ---------------------------------------- */

static double in_metric(const tc_case *c, const tc_step *step) {
    double devices = c->run->devices;
    switch (c->run->metric) {
    case TC_METRIC_STEP_S: return step->step_s;
    case TC_METRIC_TOKENS_PER_S_PER_DEVICE: return step->tokens_per_step / step->step_s / devices;
    case TC_METRIC_SAMPLES_PER_S: return (double)step->global_batch / step->step_s;
    case TC_METRIC_TFLOPS_PER_DEVICE:
    case TC_METRIC_MFU_PCT: {
        double flops = step->model_flops[c->run->flops] / step->step_s / devices;
        if (c->run->metric == TC_METRIC_TFLOPS_PER_DEVICE) return flops / 1e12;
        /* MFU is against the 16-bit peak, but for sources that say the 8-bit one */
        const tc_accelerator *a = &c->cluster.accelerator;
        double peak = tc_peak_flops(a, TC_BF16);
        return 100 * flops / peak;
    }
    default: return 0;
    }
}

/* Bytes of the two moments of AdamW for a parameter, in fp32. */
#define MOMENT_BYTES 8

/* What the source calls memory; where it does not say, what the stack's log calls so. */
static double in_memory_kind(const tc_case *c, const tc_memory *m) {
    tc_memory_log log = c->stack.memory_log;
    double states = m->parameters + m->gradients + m->optimizer;
    switch (c->run->memory_kind) {
    case TC_MEMORY_DEVICE: log = TC_LOG_DEVICE; break;
    case TC_MEMORY_RESERVED: log = TC_LOG_RESERVED; break;
    case TC_MEMORY_ALLOCATED: log = log == TC_LOG_FIRST_STEP ? TC_LOG_FIRST_STEP : TC_LOG_ALLOCATED; break;
    default: break;
    }
    if (log == TC_LOG_DEVICE) return m->reserved;
    if (log == TC_LOG_RESERVED) return m->reserved - m->framework;
    if (log == TC_LOG_ALLOCATED || c->stack.optimizer_bytes <= MOMENT_BYTES) return m->allocated;
    double before = m->allocated - m->optimizer * MOMENT_BYTES / c->stack.optimizer_bytes;
    return before > states ? before : states;
}

tc_code tc_case_predict(const tc_case *c, tc_case_result *out, tc_error *error) {
    tc_question q = tc_case_question(c);
    tc_code code = tc_forecast(&q, &out->step, error);
    if (code) return code;
    out->predicted = in_metric(c, &out->step);
    double ratio
        = c->run->metric == TC_METRIC_STEP_S ? out->predicted / c->run->measured : c->run->measured / out->predicted;
    out->error_pct = 100 * (ratio - 1);
    out->memory_gib = in_memory_kind(c, &out->step.memory) / (1024.0 * 1024 * 1024);
    out->fits = out->step.fits;
    return TC_OK;
}

/* memory.c - parameters, gradients, optimizer states, activations, logits, buffers.
 *
 * Mixed-precision Adam keeps 2 bytes a parameter, a gradient of 2 or 4, and a
 * master copy with two moments (12 bytes), each split over the data-parallel
 * group by the ZeRO stage (Rajbhandari et al. 2020). Activations are the sum of
 * what every operator keeps for its backward, times the micro-batches in flight
 * on the stage (Narayanan et al. 2021); full recompute keeps the block's input
 * and, once, the block in work. Gradients of weights on their way, and copies of
 * weights in 8 and 4 bit, are what a stack's file says. What is offloaded lies in the memory of a server, in pinned
 * pages, beside what its other devices offload; ignored there: the system's own, data loaders, the rounding of pinned
 * blocks to powers of two by PyTorch's allocator. What the optimizer's step has in work comes when activations are gone, and counts
 * where it is more than they were (torchtitan, pull request 355, measured the same peak with AdamW's fused and its other kernel:
 * there it was not). Ignored on the device: what saving takes, of which no published row says anything.
 */
#include "memory/memory.h"

#include <math.h>

#include "base/formats.h"
#include "workload/finetune.h"
#include "workload/optimizer.h"
#include "workload/towers.h"

static double least(double a, double b) { return a < b ? a : b; }

static tc_stage_weights own_weights(const tc_model *model, const tc_placement *p, const tc_block_set *set,
                                    tc_stage_share share) {
    const tc_layout *l = &p->layout;
    tc_stage_weights w = {0};
    for (int i = 0; i < model->blocks; i++) {
        const tc_block_weights *b = &set->counts.weights[i];
        w.dense += share.blocks[i] * (b->tensor_parallel / l->tp + b->replicated);
        w.expert += share.blocks[i] * b->expert / ((double)l->ep * l->etp);
        w.tensors += share.blocks[i] * set->tensors[i];
        if (share.blocks[i] > 0 && set->temporary[i] > w.temporary) w.temporary = set->temporary[i];
        if (share.blocks[i] > 0 && set->largest[i] > w.largest) w.largest = set->largest[i];
        const tc_block_weights *a = &set->counts.adapters.weights[i];
        w.adapters += share.blocks[i] * (a->tensor_parallel / l->tp + a->replicated);
        w.adapter_experts += share.blocks[i] * a->expert / ((double)l->ep * l->etp);
    }
    if (p->shard.base_bytes > 0) w.dequantised = w.largest;
    double table = (double)model->vocab * model->hidden / l->tp;
    if ((share.embedding || share.head) && table > w.largest) w.largest = table;
    w.tensors += share.embedding + share.head;
    double split = model->projections > 0 ? 1 : l->tp; /* tensor parallelism splits vocabularies */
    if (share.embedding) w.ends += set->counts.size.embedding_parameters / split;
    if (share.head) {
        w.ends += set->counts.size.head_parameters / split;
        if (model->tied_embeddings && !share.embedding) w.ends += (double)model->vocab * model->hidden / l->tp;
    }
    w.dense += w.ends;
    if (share.embedding) {
        w.towers = set->towers.trained;
        w.dense += w.towers;
        w.frozen = set->towers.frozen;
        w.tensors += set->towers.tensors;
        if (set->towers.temporary > w.temporary) w.temporary = set->towers.temporary;
    }
    if (share.head) {
        if (model->mtp_layers > 0 && model->blocks > 0) {
            const tc_block_weights *b = &set->counts.weights[model->blocks - 1];
            w.dense += model->mtp_layers * (b->tensor_parallel / l->tp + b->replicated);
            w.expert += model->mtp_layers * b->expert / ((double)l->ep * l->etp);
            /* the module embeds its tokens */
            if (!share.embedding && !tc_holds_mirror(p)) w.dense += set->counts.size.embedding_parameters / l->tp;
        }
    }
    return w;
}

tc_stage_weights tc_share_weight_count(const tc_model *model, const tc_placement *p, const tc_block_set *set, int stage,
                                       tc_stage_share share) {
    tc_stage_weights w = own_weights(model, p, set, share);
    if (tc_holds_mirror(p)) { /* DeepSeek-AI 2024, table 2: two copies of the parameters */
        tc_stage_weights mirror = own_weights(model, p, set, tc_stage_share_of(model, p, p->layout.pp - 1 - stage));
        w.dense += mirror.dense;
        w.expert += mirror.expert;
        w.ends += mirror.ends;
        w.towers += mirror.towers;
        w.frozen += mirror.frozen;
        w.tensors += mirror.tensors;
        w.adapters += mirror.adapters;
        w.adapter_experts += mirror.adapter_experts;
    }
    return w;
}

tc_stage_weights tc_stage_weight_count(const tc_model *model, const tc_placement *p, const tc_block_set *set,
                                       int stage) {
    return tc_share_weight_count(model, p, set, stage, tc_stage_share_of(model, p, stage));
}

tc_stage_weights tc_trained_weights(const tc_job *job, tc_stage_weights w) {
    if (!job->frozen_base) return w;
    double ends = job->finetune.embeddings ? w.ends : 0;
    return (tc_stage_weights){.dense = w.adapters + w.towers + ends,
                              .towers = w.towers,
                              .adapters = w.adapters,
                              .expert = w.adapter_experts,
                              .ends = ends,
                              .largest = w.largest,
                              .tensors = w.tensors};
}

/* Bytes that the operators of a block keep. */
static double saved_bytes(const tc_operators *ops, double norm_extra) {
    double sum = 0;
    for (int i = 0; i < ops->count; i++) sum += ops->op[i].saved_bytes + norm_extra * ops->op[i].chained_bytes;
    return sum;
}

/* Weight gradients that lie beside the accumulated ones, elements: the largest, or one of every weight. */
static double temporary_gradients(const tc_operators *ops, const tc_stack *stack) {
    bool every = stack->memory.temporary_gradients == TC_GRADIENTS_EVERY_SHAPE;
    double sum = 0, largest = 0;
    for (int i = 0; i < ops->count; i++) {
        const tc_operator *op = &ops->op[i];
        if (op->kind != TC_OP_GEMM) continue;
        double weights = every || stack->kernels.sequential_experts ? op->weights / op->gemm.groups : op->weights;
        sum += weights;
        if (weights > largest) largest = weights;
    }
    return every ? sum : largest;
}

/* Matrices, and the scales and biases that every rank holds; experts that are modules of their own are matrices each. */
double tc_weight_tensors(const tc_operators *ops, bool modules) {
    double sum = 0;
    for (int i = 0; i < ops->count; i++) {
        const tc_operator *op = &ops->op[i];
        if (op->kind == TC_OP_ADAPTER) continue;
        double matrices = modules && op->tag == TC_TAG_EXPERT ? op->gemm.groups * (op->gate > 0 ? 2 : 1) : 1;
        sum += (op->weights > 0) * matrices + (op->replicated > 0);
    }
    return sum;
}

static double largest_matrix(const tc_operators *ops) {
    double largest = 0;
    for (int i = 0; i < ops->count; i++)
        if (ops->op[i].kind == TC_OP_GEMM) largest = fmax(largest, ops->op[i].weights / ops->op[i].gemm.groups);
    return largest;
}

/* When the head runs backward: the gradient of the logits in 16 bit, and that of its weights. */
static double head_backward_bytes(const tc_operators *head, bool weights) {
    double sum = 0;
    for (int i = 0; i < head->count; i++)
        if (head->op[i].kind == TC_OP_GEMM) sum += head->op[i].saved_bytes + (weights ? 2 * head->op[i].weights : 0);
    return sum;
}

/* Memory is that of the longest samples: a block's operators as they have them, in `room` where a step's are shorter. */
static const tc_operators *longest_block(const tc_model *model, const tc_placement *p, const tc_block_set *set, int i,
                                         tc_operators *room) {
    if (p->shard.seq >= p->seq) return &set->block[i];
    tc_shard shard = p->shard;
    shard.seq = p->seq;
    tc_block_operators(model, &model->block[i], &shard, room);
    return room;
}

static const tc_operators *longest_head(const tc_model *model, const tc_placement *p, const tc_block_set *set,
                                        tc_operators *room) {
    if (p->shard.seq >= p->seq) return &set->head;
    tc_shard shard = p->shard;
    shard.seq = p->seq;
    tc_head_operators(model, &shard, shard.logits_bytes, room);
    return room;
}

void tc_block_set_sum(const tc_model *model, const tc_placement *p, const tc_stack *stack, tc_block_set *set) {
    tc_operators room;
    set->norm_extra = stack->params.norm_extra;
    for (int i = 0; i < model->blocks; i++) {
        const tc_operators *block = longest_block(model, p, set, i, &room);
        set->saved[i] = (tc_saved){saved_bytes(block, set->norm_extra), block->block_input_bytes};
        set->exchanged[i]
            = stack->memory.kept_exchange && p->layout.ep > 1 ? 2 * block->ep_bytes : 0; /* there and back */
    }
    const tc_operators *head = longest_head(model, p, set, &room);
    double logits = head_backward_bytes(head, false);
    set->logits_bytes = set->mtp_logits_bytes = 0;
    for (int i = 0; i < head->count; i++) {
        const tc_operator *op = &head->op[i];
        set->logits_bytes += op->saved_bytes;
        /* one copy in fp32 stays for the backward pass; what the loss needs beside it is gone */
        set->mtp_logits_bytes += op->tag == TC_TAG_LOSS ? least(op->saved_bytes, 2 * logits) : op->saved_bytes;
    }
    set->output_bytes = stack->memory.pipeline_outputs ? logits : 0;
    for (int i = 0; i < model->blocks; i++) {
        set->tensors[i] = tc_weight_tensors(&set->block[i], stack->kernels.expert_modules);
        set->largest[i] = largest_matrix(&set->block[i]);
    }
    set->temporary_gradients = stack->memory.temporary_gradients != TC_GRADIENTS_IN_PLACE && !p->shard.frozen;
    for (int i = 0; i < model->blocks; i++)
        set->temporary[i] = set->temporary_gradients ? temporary_gradients(&set->block[i], stack) : 0;
    double backward = set->temporary_gradients ? head_backward_bytes(head, true) : 0;
    if (backward > set->logits_bytes) set->logits_bytes = backward;
    if (p->shard.chunked_loss) set->logits_bytes = set->mtp_logits_bytes = 0;
}

void tc_tower_sums_add(tc_block_set *set, const tc_stack *stack, const tc_operators *ops, double times, double split,
                       double samples, int gradients) {
    tc_tower_sums *t = &set->towers;
    const tc_again core = {.core = true};
    double elements = 0;
    for (int i = 0; i < ops->count; i++) {
        const tc_operator *op = &ops->op[i];
        elements += op->weights + op->biases + op->replicated;
        bool whole = op->kind == TC_OP_GEMM && op->split == TC_SPLIT_NONE;
        double flops = times * op->flops * (whole ? 1 : split) / samples;
        t->flops[gradients] += flops;
        if (op->tag == TC_TAG_ATTENTION) t->core_flops[gradients] += flops;
    }
    *(gradients == 2 ? &t->trained : &t->frozen) += times * elements;
    if (gradients == 2) {
        t->tensors += times * tc_weight_tensors(ops, false);
        if (stack->memory.temporary_gradients != TC_GRADIENTS_IN_PLACE)
            t->temporary = fmax(t->temporary, temporary_gradients(ops, stack));
    }
    if (gradients == 0) return;
    double saved = saved_bytes(ops, stack->params.norm_extra);
    t->saved.whole += times * saved;
    t->saved.input += times * ops->block_input_bytes;
    t->core += times * tc_again_dropped(&core, ops, stack->params.norm_extra);
    t->working = fmax(t->working, saved);
}

/* Full recompute is that of towers as well; where their operators run again is said of the main stack's blocks alone. */
static void keep_towers(const tc_placement *p, const tc_block_set *set, tc_kept *kept) {
    const tc_tower_sums *t = &set->towers;
    bool full = p->layout.recompute == TC_RECOMPUTE_FULL, core = p->layout.recompute == TC_RECOMPUTE_SELECTIVE;
    kept->per_micro_batch += full ? t->saved.input : t->saved.whole - (core ? t->core : 0);
    if (full) kept->working = fmax(kept->working, t->working);
}

static tc_kept kept_of(const tc_model *model, const tc_placement *p, const tc_block_set *set,
                       const int counts[TC_MAX_BLOCKS]) {
    const tc_layout *l = &p->layout;
    tc_kept kept = {0};
    double largest = 0;
    tc_again again = tc_again_of(l->recompute, l->recompute_layers, l->recompute_operators, p->layers);
    bool parts = again.core || again.operators;
    tc_operators room;
    for (int i = 0; i < model->blocks; i++) {
        const tc_saved *s = &set->saved[i];
        const tc_operators *block = parts || l->offload_operators ? longest_block(model, p, set, i, &room) : NULL;
        double saved = again.blocks * s->input + (1 - again.blocks) * s->whole;
        if (parts) saved -= tc_again_dropped(&again, block, set->norm_extra);
        if (again.operators & TC_GROUP_MOE) saved += set->exchanged[i];
        if (l->offload_operators && saved > s->input) {
            double host = tc_recomputed_bytes(block, l->offload_operators, 0);
            saved -= host;
            kept.offloaded += counts[i] * host;
        }
        kept.per_micro_batch += counts[i] * saved;
        /* what one block dropped is there again when its backward pass is at work */
        double working = again.blocks > 0 ? s->whole : parts ? s->whole - saved : 0;
        if (counts[i] > 0 && working > kept.working) kept.working = working;
        if (counts[i] > 0 && saved > largest) largest = saved;
    }
    if (tc_activations_on_host(l)) {
        /* on the host, but for the block that leaves and the one that comes back */
        kept.offloaded += kept.per_micro_batch;
        kept.leaves = kept.per_micro_batch;
        kept.per_micro_batch = 0;
        kept.passing = 2 * largest;
    }
    return kept;
}

tc_kept tc_chunk_kept(const tc_model *model, const tc_placement *p, const tc_block_set *set, int chunk) {
    int counts[TC_MAX_BLOCKS];
    const tc_chunking chunking = tc_chunking_of(model, p);
    tc_chunk_blocks(model, &chunking, chunk, counts);
    bool last = chunk == chunking.chunks - 1;
    if (last) counts[model->blocks - 1] += model->mtp_layers;
    tc_kept kept = kept_of(model, p, set, counts);
    if (last) kept.logits = set->logits_bytes + model->mtp_layers * set->mtp_logits_bytes;
    if (chunk == 0) keep_towers(p, set, &kept);
    return kept;
}

tc_kept tc_share_kept(const tc_model *model, const tc_placement *p, const tc_block_set *set, tc_stage_share share) {
    if (share.head) share.blocks[model->blocks - 1] += model->mtp_layers;
    tc_kept kept = kept_of(model, p, set, share.blocks);
    if (share.head) kept.logits = set->logits_bytes + model->mtp_layers * set->mtp_logits_bytes;
    if (share.head && p->layout.pp > 1) kept.logits += set->output_bytes * (double)(p->micro_batches - 1);
    if (share.embedding) keep_towers(p, set, &kept);
    if (share.embedding && set->temporary_gradients)
        kept.embedding_gradient = 2 * set->counts.size.embedding_parameters / p->layout.tp;
    return kept;
}

tc_kept tc_stage_kept(const tc_model *model, const tc_placement *p, const tc_block_set *set, int stage) {
    return tc_share_kept(model, p, set, tc_stage_share_of(model, p, stage));
}

/* ZeRO-3: embedding and head, which their last and first use join, the block in work and the one prefetched; or what stays gathered. */
static double gathered_elements(const tc_stack *stack, tc_stage_weights w, double layers) {
    double whole = w.dense + w.expert, units = w.ends + 2 * (whole - w.ends) / (layers > 1 ? layers : 1);
    return least(whole, units > stack->memory.gathered_elements ? units : stack->memory.gathered_elements);
}

/* How the ranks of a group share a model's states. */
typedef struct sharing {
    double dense_group, split_expert; /* ranks */
    bool weights;                     /* their storage is sharded */
    bool zero1, zero2, zero3;         /* what stays in shards through the step: states, gradients, weights */
} sharing;

static sharing sharing_of(const tc_placement *p) {
    const tc_layout *l = &p->layout;
    double expert_group = tc_expert_dp_group(p).ranks;
    sharing s = {.dense_group = p->shard_group,
                 .split_expert = p->shard_group < expert_group ? p->shard_group : expert_group,
                 .zero1 = l->sharding != TC_SHARD_NONE};
    /* with a pipeline, weights and gradients stay whole through the step's micro-batches; a group of one rank shards nothing */
    s.weights = (l->sharding == TC_SHARD_ZERO3 || l->sharding == TC_SHARD_HSDP) && s.dense_group > 1;
    s.zero3 = s.weights && l->pp == 1;
    s.zero2 = s.zero3 || (l->sharding == TC_SHARD_ZERO2 && l->pp == 1);
    return s;
}

static double shard_of(const sharing *s, const tc_stage_weights *w) {
    return w->dense / s->dense_group + w->expert / s->split_expert;
}

/* The gathered copies, with the shards that they are made of or end in. */
static double beside_of(const sharing *s, const tc_stage_weights *w) {
    if (!s->weights || s->zero3) return 0;
    return w->dense / s->dense_group + (s->split_expert > 1 ? w->expert / s->split_expert : 0);
}

/* While the weights are stepped: torch.optim's square roots of all second moments at once (torch/optim/adamw.py, _multi_tensor_adamw:
 * exp_avg_sq_sqrt), or gradients in fp32 for the master copy. */
static double step_bytes(const tc_question *q, const tc_placement *p, double own, const sharing *s) {
    double width = tc_foreach_width(&q->stack, &q->job, p->optimizer, s->zero1),
           at_once = q->stack.memory.step_gradients;
    if (at_once > 0) return 4 * (s->zero3 ? least(own, at_once) : own);
    return width * own;
}

/* Gradients and optimizer states of the weights that are trained. */
static void add_trained(const tc_question *q, const tc_placement *p, const tc_stage_weights *w, const sharing *s,
                        tc_states *m) {
    const tc_job *job = &q->job;
    const tc_stack *stack = &q->stack;
    bool fp32 = tc_has_wide_adapters(stack, job) && w->adapters > 0; /* 4 bytes each of gradient and two moments */
    double sharded = shard_of(s, w), whole = w->dense + w->expert,
           main_grad = fp32 ? 4 : tc_job_gradient_bytes(stack, job);
    if (tc_format_is_low(job->dtype) && w->adapters <= 0)
        m->parameters += stack->memory.low_precision_weights * tc_format_bytes(job->dtype)
                         * (s->zero3 ? sharded : whole - w->ends);
    /* fp16 gradients are accumulated as they are, with a copy in fp32 beside the master copy (Megatron-LM, dist_optimizer.md: 4 + 16 / d);
     * where the weights are the master copy, gradients are in fp32 as they are (torch.amp) */
    bool fp16 = job->dtype == TC_FP16 && main_grad == 4 && stack->memory.optimizer_bytes >= 12;
    double beside = job->frozen_base ? 0 : beside_of(s, w);
    bool split = s->zero2 && !(stack->memory.whole_accumulation && p->micro_batches > 1);
    m->gradients = (fp16 ? 2 : main_grad) * ((split ? sharded : whole) + beside);
    /* a gradient goes when its weight is stepped: the largest there is */
    if (job->finetune.step_in_backward && p->micro_batches == 1)
        m->gradients = least(m->gradients, main_grad * w->largest);
    if (stack->memory.late_reduction && s->zero2 && !s->zero3) m->unreduced = main_grad * (whole - sharded);
    double state = fp32 ? tc_optimizer_figures_of(stack, p->optimizer)->state_bytes
                        : tc_job_state_bytes(stack, job, p->optimizer, s->zero1, false);
    double copies = tc_holds_mirror(p) && s->zero1 ? 2 : 1; /* states are split over both copies */
    double own = s->zero1 ? sharded / copies : whole;       /* elements whose states the rank keeps */
    m->step = tc_step_on_host(&p->layout) ? 0 : step_bytes(q, p, own, s);
    double bytes = (state + (fp16 ? 4 : 0) + 4 * job->ema) * own
                   + (fp32 ? 0 : tc_job_state_bytes(stack, job, p->optimizer, s->zero1, true) - state)
                         * (s->zero1 ? w->ends / s->dense_group / copies : w->ends);
    m->optimizer = bytes;
    m->host_states = bytes;
    /* the step there reads gradients in fp32 and leaves the weights in 16 bit (Ren et al. 2021, section 4) */
    m->host_step = (4 + 2) * own;
}

/* Weights of a frozen base in fewer bits, adapters beside them, the reference of a model that is trained whole; bytes of a gathered weight. */
static double add_finetuning(const tc_question *q, const tc_placement *p, const tc_stage_weights *w, const sharing *s,
                             double param_bytes, tc_states *m) {
    double adapter_bytes = tc_has_wide_adapters(&q->stack, &q->job) ? 4 : param_bytes;
    double layers = s->zero3 ? shard_of(s, w) - w->ends / s->dense_group : w->dense + w->expert - w->ends;
    double dense = s->zero3 ? s->dense_group : 1, expert = s->zero3 ? s->split_expert : 1, narrow = p->shard.base_bytes;
    m->parameters += adapter_bytes * (w->adapters / dense + w->adapter_experts / expert);
    if (q->stack.memory.kept_originals && w->adapters > 0 && q->job.finetune.embeddings)
        m->parameters += param_bytes * w->ends / dense;
    if (tc_has_reference_copy(&q->job))
        m->parameters += param_bytes * (s->zero3 ? shard_of(s, w) : w->dense + w->expert);
    bool whole = q->stack.memory.whole_accumulation && p->micro_batches > 1;
    if (q->job.frozen_base && q->stack.memory.frozen_gradients && s->zero3)
        m->buffers += tc_gradient_bytes(&q->stack, q->job.finetune.state_bits)
                      * (whole ? w->dense + w->expert : shard_of(s, w));
    if (narrow <= 0) return param_bytes;
    m->parameters -= (param_bytes - narrow) * layers;
    m->buffers += param_bytes * w->dequantised;
    return narrow;
}

/* While a program loads: weights as they are trained - whole, or the shard where they are sharded: diffusers' scripts leave the transformer on the
 * host under FSDP until it is wrapped -, encoders that run once for all samples and are freed beside them; or sharded weights once more, whole. */
static double loaded_bytes(const tc_question *q, double param_bytes, const sharing *s, const tc_stage_weights *w) {
    const tc_job *job = &q->job;
    if (q->stack.memory.loads_whole && s->weights) return param_bytes * (w->dense + w->expert + shard_of(s, w));
    if (!q->stack.memory.loads_encoders || !tc_latents_cached(job, &q->stack)) return 0;
    double moments = tc_optimizer_figures_of(&q->stack, TC_UNSET)->state_bytes;
    double master = job->frozen_base ? 0 : fmax(q->stack.memory.optimizer_bytes - moments, 0);
    tc_model_size size = tc_model_count(&job->model);
    double held = s->weights && s->zero3 ? shard_of(s, w) : (double)size.parameters;
    return (param_bytes + master) * held + param_bytes * size.tower_parameters;
}

/* Other ranks of a group in a server. */
static double peers_of(int ranks, double server) { return least(ranks, server) - 1; }

/* Context and libraries, and the buffers of communicators: one for all ranks and one for each way in which the model is parallel; stages
 * of a pipeline have two neighbours. */
static double framework_bytes(const tc_question *q, const tc_layout *l) {
    double server = tc_host_devices(&q->cluster),
           peers = peers_of(q->cluster.devices, server) + peers_of(l->tp, server) + peers_of(l->cp, server)
                   + peers_of(l->dp, server) + peers_of(l->ep, server) + peers_of(l->pp < 3 ? l->pp : 3, server);
    return q->stack.params.framework_bytes + peers * q->stack.params.peer_bytes;
}

tc_states tc_stage_states(const tc_question *q, const tc_placement *p, tc_stage_weights w) {
    const tc_job *job = &q->job;
    const tc_stack *stack = &q->stack;
    const tc_layout *l = &p->layout;
    tc_states m = {.transient = !stack->memory.gradients_persist && p->micro_batches == 1};
    double param_bytes = tc_format_bytes(tc_format_wide(job->dtype));
    /* a frozen base needs no 16-bit copy beside the one that its matmuls read (MLPerf's LoRA: fp8_params) */
    if (job->frozen_base && tc_format_is_low(job->dtype)) param_bytes = tc_format_bytes(job->dtype);
    sharing s = sharing_of(p);
    tc_stage_weights trained = tc_trained_weights(job, w);
    double whole = w.dense + w.expert, frozen = s.weights && s.zero3 ? w.frozen / s.dense_group : w.frozen;
    m.parameters = param_bytes * ((s.zero3 ? shard_of(&s, &w) : whole) + beside_of(&s, &w) + frozen);
    double gathered = add_finetuning(q, p, &w, &s, param_bytes, &m);
    if (trained.dense + trained.expert > 0) add_trained(q, p, &trained, &s, &m);
    if (s.zero3 && p->layers > 0) m.buffers += gathered * gathered_elements(stack, w, (double)p->layers / l->pp);
    m.buffers += 2 * w.temporary;
    if (stack->memory.copied_gradients && !s.zero1 && !job->frozen_base && (double)l->dp * l->cp > 1)
        m.buffers += stack->memory.grad_bytes * whole;
    if (w.adapters + w.adapter_experts > 0) whole = trained.dense + trained.expert;
    if (s.zero1) m.buffers += stack->memory.grad_bytes * least(stack->memory.bucket_elements, whole);
    m.loaded = loaded_bytes(q, param_bytes, &s, &w);
    if (stack->memory.loads_copies && !s.zero1 && l->dp > 1) m.loaded = fmax(m.loaded, 2 * m.parameters);
    m.framework = framework_bytes(q, l);
    m.usable = tc_usable_bytes(&q->cluster.accelerator);
    if (job->finetune.paged) m.room = m.usable;
    if (job->document == 0) m.lengths = stack->params.length_fragmentation;
    return tc_states_on_host(l) ? tc_states_offloaded(m) : m;
}

double tc_backward_bytes(const tc_states *s, double live) {
    if (!s->transient) return s->gradients + live;
    return s->gradients > live ? s->gradients : live;
}

double tc_kept_for_now(const tc_kept *kept, double in_flight) {
    return kept->working + least(kept->passing, kept->leaves * in_flight);
}

tc_live tc_live_of(const tc_stack *stack, const tc_kept *kept, double in_flight) {
    double now = tc_kept_for_now(kept, in_flight);
    tc_live live
        = {kept->per_micro_batch * in_flight + now, stack->memory.chunked_loss ? 0 : kept->logits, kept->working};
    /* the gradient of the embedding comes when its micro-batch's activations are gone */
    double last = kept->per_micro_batch + now;
    if (kept->embedding_gradient > last) live.activations += kept->embedding_gradient - last;
    return live;
}

/* What a search asks of a stage: bytes alone. */
typedef struct stage_peak {
    double gradients, activations, logits, buffers, allocated, fragmentation, reserved;
    double paged;  /* in neither allocated nor reserved */
    double cached; /* of reserved: goes when the device is full */
} stage_peak;

static inline stage_peak peak_of(const tc_stack *stack, const tc_states *states, const tc_live *live) {
    stage_peak m = {.gradients = states->gradients,
                    .activations = live->activations,
                    .logits = live->logits,
                    .buffers = states->buffers};
    if (states->unreduced > m.activations + m.logits) m.activations = states->unreduced - m.logits;
    if (states->transient && m.gradients > m.activations + m.logits)
        m.activations = m.logits = 0;
    else if (states->transient)
        m.gradients = 0;
    double lengths = states->lengths * (m.logits + live->once);
    if (states->gradients + states->step > m.gradients + m.activations + m.logits) {
        m.gradients = states->gradients;
        m.buffers += states->step;
        m.activations = m.logits = 0;
    }
    m.allocated = states->parameters + m.gradients + states->optimizer + m.activations + m.logits + m.buffers;
    m.fragmentation = stack->params.fragmentation * (m.activations + m.logits + m.buffers);
    if (states->loaded > m.allocated) { /* the peak is before the first step */
        m.buffers += states->loaded - m.allocated;
        m.allocated = states->loaded;
    }
    m.reserved = m.allocated + m.fragmentation + states->framework;
    if (states->room > 0 && m.reserved > states->room) {
        m.paged = least(states->optimizer, m.reserved - states->room);
        m.allocated -= m.paged;
        m.reserved -= m.paged;
    }
    m.cached = least(lengths, fmax(states->usable - m.reserved, 0));
    m.reserved += m.cached;
    return m;
}

double tc_paged_bytes(const tc_stack *stack, const tc_states *states, const tc_live *live) {
    return states->room > 0 ? peak_of(stack, states, live).paged : 0;
}

tc_memory tc_stage_memory(const tc_stack *stack, const tc_states *states, const tc_kept *kept, double in_flight,
                          int stage) {
    tc_live live = tc_live_of(stack, kept, in_flight);
    stage_peak m = peak_of(stack, states, &live);
    return (tc_memory){.stage = stage,
                       .parameters = states->parameters,
                       .gradients = m.gradients,
                       .optimizer = states->optimizer - m.paged,
                       .host = m.paged,
                       .paged = m.paged,
                       .activations = m.activations,
                       .logits = m.logits,
                       .buffers = m.buffers,
                       .allocated = m.allocated,
                       .fragmentation = m.fragmentation + m.cached,
                       .cached = m.cached,
                       .framework = states->framework,
                       .reserved = m.reserved};
}

/* Activations fall with the stage, embedding and head sit at the ends: where layers are spread evenly, the peak is at one of these. */
int tc_peak_stages(int pp, int stages[TC_PEAK_STAGES]) {
    int last = pp - 1, count = 0;
    const int candidates[TC_PEAK_STAGES] = {0, 1, last / 2, last - 1, last};
    for (int i = 0; i < TC_PEAK_STAGES; i++)
        if (candidates[i] <= last && (count == 0 || candidates[i] > stages[count - 1])) stages[count++] = candidates[i];
    return count;
}

int tc_fullest_stage(const tc_stack *stack, int count, const tc_states *states, const tc_live *live, double *reserved) {
    int fullest = 0;
    for (int k = 0; k < count; k++) {
        stage_peak peak = peak_of(stack, &states[k], &live[k]);
        double bytes = peak.reserved - peak.cached;
        if (states[k].room > 0) bytes -= states[k].optimizer - peak.paged;
        if (k == 0 || bytes > *reserved) *reserved = bytes, fullest = k;
    }
    return fullest;
}

double tc_host_devices(const tc_cluster *c) {
    double shared = c->accelerator.params.host_devices;
    return shared > 0 && shared < c->devices ? shared : c->devices;
}

double tc_host_share(const tc_cluster *c) {
    double memory = c->host_memory_bytes > 0 ? c->host_memory_bytes : c->accelerator.params.host_memory;
    return memory / tc_host_devices(c);
}

double tc_usable_bytes(const tc_accelerator *a) {
    return a->params.usable_memory > 0 ? a->memory_bytes * a->params.usable_memory : a->memory_bytes;
}

/* The fullest of the stages from `first` to before `end`, or, where layers are not given as a list, of those that can be. */
tc_memory tc_memory_peak_of_stages(const tc_question *q, const tc_placement *p, const tc_block_set *set, int first,
                                   int end) {
    const tc_model *model = &q->job.model;
    int stage[TC_PEAK_STAGES], count = tc_peak_stages(p->layout.pp, stage);
    tc_memory peak = {.reserved = -1};
    double host = 0;
    /* layers as a list may lie anywhere: all stages, some at a time */
    bool listed = p->layout.stage_layers;
    for (int from = first; from < (listed ? end : first + 1); from += count) {
        if (listed && count > end - from) count = end - from;
        tc_states states[TC_PEAK_STAGES];
        tc_kept kept[TC_PEAK_STAGES];
        tc_live live[TC_PEAK_STAGES];
        double in_flight[TC_PEAK_STAGES];
        for (int k = 0; listed && k < count; k++) stage[k] = from + k;
        for (int k = 0; k < count; k++) {
            states[k] = tc_stage_states(q, p, tc_stage_weight_count(model, p, set, stage[k]));
            kept[k] = tc_stage_kept(model, p, set, stage[k]);
            in_flight[k] = tc_micro_batches_in_flight(p, stage[k]);
            live[k] = tc_live_of(&q->stack, &kept[k], in_flight[k]);
            host = fmax(host, tc_host_bytes(&p->layout, &states[k], &kept[k], in_flight[k]));
        }
        double reserved;
        int k = tc_fullest_stage(&q->stack, count, states, live, &reserved);
        if (reserved > peak.reserved - peak.cached)
            peak = tc_stage_memory(&q->stack, &states[k], &kept[k], in_flight[k], stage[k]);
    }
    peak.capacity = q->cluster.accelerator.memory_bytes;
    peak.host = host + peak.paged;
    peak.host_share = tc_host_share(&q->cluster);
    peak.host_devices = (int)tc_host_devices(&q->cluster);
    peak.usable = tc_usable_bytes(&q->cluster.accelerator);
    return peak;
}

tc_memory tc_memory_peak(const tc_question *q, const tc_placement *p, const tc_block_set *set) {
    return tc_memory_peak_of_stages(q, p, set, 0, p->layout.pp);
}

/* costs.c - what one micro-batch costs on every stage.
 *
 * Each block's forward, recompute and backward are summed over its operators on
 * the device, held against the time the host needs to issue them, and given the
 * communication that stays exposed: what is hidden hides behind compute of the same pass.
 * Links are shared: while a pass's own collectives hold those that data parallelism needs (the outermost level that both
 * cross, in practice the NIC), gradients and weights wait.
 */
#include "step/costs.h"

#include <math.h>
#include <string.h>

#include "base/formats.h"
#include "workload/finetune.h"

static void parts_from_seconds(const tc_seconds *s, tc_parts *p) {
    p->gemm += s->gemm;
    p->attention += s->attention;
    p->memory_bound += s->memory;
    p->launch += s->launch;
}

/* What the host needs beyond the device, whose kernels and collectives in line it issues. */
static void add_host(double host_s, tc_parts *p) {
    double device = tc_parts_sum(p);
    if (host_s > device) p->host += host_s - device;
}

static double group_stride_bound(double ranks) { return ranks < 1 ? 1 : ranks; }

/* The outermost level at which a group has ranks in several domains; -1: none. */
static int outermost(const tc_group_path *path) {
    double below = 1;
    int level = -1;
    for (int l = 0; l < path->levels && path->ranks > 1; l++) {
        if (path->inside[l] > below) level = l;
        below = path->inside[l];
    }
    return level;
}

/* Which groups need the outermost level that data parallelism crosses. */
static void find_shared(tc_paths *paths) {
    int dp = outermost(&paths->dp), expert = outermost(&paths->expert_dp), replica = outermost(&paths->replica);
    int level = dp > expert ? dp : expert;
    if (replica > level) level = replica;
    paths->tp_shared = level >= 0 && outermost(&paths->tp) == level;
    paths->cp_shared = level >= 0 && (outermost(&paths->cp_ring) == level || outermost(&paths->cp_all_to_all) == level);
    paths->ep_shared = level >= 0 && outermost(&paths->ep) == level;
    paths->pp_shared = level >= 0 && outermost(&paths->pp) == level;
}

static void find_paths(tc_costs *costs) {
    const tc_fabric *fabric = &costs->q->cluster.fabric;
    const tc_device_params *device = &costs->q->cluster.accelerator.params;
    const tc_placement *p = costs->p;
    costs->paths.tp = tc_path_of(fabric, device, tc_tp_group(p));
    costs->paths.cp_all_to_all = tc_path_of(fabric, device, tc_cp_all_to_all_group(p));
    costs->paths.cp_ring = tc_path_of(fabric, device, tc_cp_ring_group(p));
    costs->paths.ep = tc_path_of(fabric, device, tc_ep_group(p));
    costs->paths.pp = tc_path_of(fabric, device, tc_pp_group(p));
    tc_group dp = tc_dp_group(p), expert = tc_expert_dp_group(p);
    tc_group replica = {1, 1};
    if (p->layout.sharding == TC_SHARD_HSDP) {
        replica = (tc_group){group_stride_bound(dp.ranks / p->shard_group), dp.stride * p->shard_group};
        dp.ranks = p->shard_group;
    }
    costs->paths.dp = tc_path_of(fabric, device, dp);
    costs->paths.expert_dp = tc_path_of(fabric, device, expert);
    costs->paths.replica = tc_path_of(fabric, device, replica);
    find_shared(&costs->paths);
}

/* Bytes of a gathered tensor, of those that it has in 16 bit. */
static double gathered_share(const tc_costs *costs, bool forward) {
    const tc_stack_kernels *kernels = &costs->q->stack.kernels;
    bool low = forward ? kernels->low_precision_gathers : kernels->low_precision_gradient_gathers;
    return low && tc_format_is_low(costs->q->job.dtype) && kernels->fp8_recipe != TC_FP8_ROWWISE
               ? costs->rates.low_bytes / costs->rates.element_bytes
               : 1;
}

/* Of tensor parallelism: a gather and a reduce-scatter, or an all-reduce, for each pair of products. */
static void add_tensor_comm(const tc_costs *costs, const tc_operators *ops, bool forward, tc_parts *out,
                            tc_transit *transit) {
    const tc_stack_kernels *kernels = &costs->q->stack.kernels;
    const tc_stack_params *q = &costs->q->stack.params;
    const tc_group_path *path = &costs->paths.tp;
    double gathered = gathered_share(costs, forward) * ops->tp_bytes;
    bool sequence = costs->p->shard.sequence_parallel;
    transit->tp = ops->tp_collectives
                  * (sequence ? tc_all_gather_seconds(path, gathered) + tc_all_gather_seconds(path, ops->tp_bytes)
                              : tc_all_reduce_seconds(path, ops->tp_bytes));
    /* fused: by chunks, behind the matmuls themselves */
    double share = kernels->fused_tensor_parallel     ? q->tp_fused_overlap
                   : kernels->overlap_tensor_parallel ? q->tp_overlap
                                                      : 0;
    out->tp_comm += tc_exposed(transit->tp, share, out->gemm);
    /* a copy, read and written, behind a gather and before a reduce-scatter; in one kernel with its product it needs none */
    if (kernels->gathered_copies && sequence && !kernels->fused_tensor_parallel && costs->p->layout.micro_batch > 1)
        out->memory_bound += ops->tp_collectives * 2 * (gathered + ops->tp_bytes) / costs->rates.memory;
}

/* Rounds of a ring's exchange: keys and values, then their gradients too. */
enum { FORWARD = 1, BACKWARD = 2 };

/* Communication of one forward (or backward) of a block: what is exposed of it to out, all of it to transit. */
static void add_block_comm(const tc_costs *costs, const tc_operators *ops, double attention_s, int rounds,
                           tc_parts *out, tc_transit *transit) {
    const tc_placement *p = costs->p;
    const tc_layout *l = &p->layout;
    const tc_stack_params *q = &costs->q->stack.params;
    double device = tc_parts_sum(out);
    if (l->tp > 1) add_tensor_comm(costs, ops, rounds == FORWARD, out, transit);
    if (l->cp > 1 && ops->cp_bytes > 0) {
        /* a group of n ranks exchanges sequence for heads: n times the tokens and 1/n of the heads, so that the ring passes on as many bytes */
        const tc_group_path *ring = &costs->paths.cp_ring, *group = &costs->paths.cp_all_to_all;
        double passed_on = rounds * (ring->ranks - 1) * tc_ring_step_seconds(ring, ops->cp_bytes), exchanged = 0;
        if (group->ranks > 1) exchanged = tc_all_to_all_seconds(group, ops->cp_query_bytes + ops->cp_bytes);
        transit->cp = passed_on + exchanged;
        out->cp_comm += tc_exposed(passed_on, 1, attention_s) + exchanged;
    }
    if (l->ep > 1 && ops->ep_bytes > 0) {
        /* all tokens of the group to each rank and sums back, or to each expert's rank what it takes and back */
        const tc_group_path *path = &costs->paths.ep;
        transit->ep = 2
                      * (costs->q->stack.kernels.dispatcher == TC_DISPATCHER_ALLGATHER
                             ? tc_all_gather_seconds(path, ops->ep_bytes / ops->ep_copies * path->ranks)
                             : tc_dispatch_seconds(path, ops->ep_bytes, ops->ep_copies,
                                                   costs->q->stack.kernels.dispatcher >= TC_DISPATCHER_DEEPEP));
        /* in line, but where another micro-batch computes beside it */
        out->ep_comm += tc_exposed(transit->ep, costs->q->stack.kernels.overlap_experts ? q->ep_overlap : 0, device);
    }
}

#define OPERATORS_A_KERNEL 4.0 /* that host_per_kernel stands for: data/stacks/generic.yaml */

/* Collectives that the host issues in one forward (or backward) of a block, with what a ring issues at each of its steps, in the unit of host_per_kernel. */
static double collectives_of(const tc_costs *costs, const tc_operators *ops) {
    const tc_layout *l = &costs->p->layout;
    double count = 0;
    if (l->tp > 1) count += ops->tp_collectives * (costs->p->shard.sequence_parallel ? 2 : 1);
    if (l->cp > 1 && ops->cp_bytes > 0) {
        double ring = costs->paths.cp_ring.ranks;
        if (ring > 1) count += ring * costs->q->stack.kernels.issued_by_ring / OPERATORS_A_KERNEL;
        if (costs->paths.cp_all_to_all.ranks > 1) count += 2;
    }
    if (l->ep > 1 && ops->ep_bytes > 0) count += 2;
    return count;
}

/* CUDA graphs issue some operators without host time. */
static const tc_rates *rates_for(const tc_costs *costs, const tc_operator *op) {
    return tc_group_share(op, costs->p->layout.graphs & TC_GROUP_ALL) >= 1 ? &costs->graphed : &costs->rates;
}

/* Weight tensors that one pass of a block gathers one by one. */
static double gathers_of(const tc_costs *costs, const tc_operators *ops) {
    const tc_layout *l = &costs->p->layout;
    bool each = costs->q->stack.kernels.tensor_collectives & 1 << l->sharding;
    return l->sharding == TC_SHARD_ZERO3 && l->pp == 1 && each
               ? tc_weight_tensors(ops, costs->q->stack.kernels.expert_modules)
               : 0;
}

/* Whose host time moe_sync is: those of a layer of attention and experts by an all-to-all. */
#define MOE_SYNC_OPERATORS 200.0

static bool has(const tc_operators *ops, tc_op_tag tag) {
    for (int i = 0; i < ops->count; i++)
        if (ops->op[i].tag == tag) return true;
    return false;
}

static int issued_by_exchange(const tc_stack_kernels *kernels) {
    switch (kernels->dispatcher) {
    case TC_DISPATCHER_ALLGATHER: return kernels->issued_by_allgather;
    case TC_DISPATCHER_DEEPEP: return kernels->issued_by_deepep;
    case TC_DISPATCHER_HYBRIDEP: return kernels->issued_by_hybridep;
    default: return kernels->issued_by_alltoall;
    }
}

/* Host time of the operators of a layer with experts that are issued one by one: CUDA graphs hold some, and a block may be of experts alone.
 * wait: of MOE_SYNC_OPERATORS. */
static double issued_seconds(const tc_costs *costs, const tc_operators *ops, double wait) {
    const tc_stack_kernels *kernels = &costs->q->stack.kernels;
    int graphs = costs->p->layout.graphs, mixer = TC_GROUP_QKV | TC_GROUP_ATTENTION | TC_GROUP_OUT_PROJECTION;
    if (wait <= 0) return 0;
    int issued = kernels->issued_by_experts + issued_by_exchange(kernels);
    if (ops->mixes && (graphs & mixer) != mixer)
        issued += kernels->issued_by_mixer + (has(ops, TC_TAG_QKV_UP) ? kernels->issued_by_latents : 0);
    if (has(ops, TC_TAG_SHARED_EXPERT)) issued += kernels->issued_by_shared;
    if (!(graphs & TC_GROUP_ROUTER)) issued += kernels->issued_by_router;
    return wait * (issued / MOE_SYNC_OPERATORS);
}

/* What a forward pass takes longer as the host has to read something back: from then on host and device begin with an empty queue, and the
 * host's time for the layer lies beside the device's. The longer of both, and a little more where they are alike: the first operators behind the
 * read are small, and the host is ahead as soon as the experts' products are issued. */
static double waiting(double host, double device) {
    if (host <= 0) return 0;
    double h = host * host, d = device * device;
    return sqrt(sqrt(h * h + d * d)) - device;
}

/* Passes that are forward only: of a reference model, without adapters, and of the model itself. */
static void add_forwards(const tc_costs *costs, const tc_operators *ops, double issue, tc_parts *out) {
    tc_preference_figures objective = tc_preference_of(&costs->q->job.finetune);
    const double passes[] = {objective.forwards, objective.reference};
    for (int without = 0; without < 2; without++) {
        tc_seconds forward = {0};
        tc_parts parts = {0};
        tc_transit transit = {0};
        if (passes[without] <= 0) continue;
        for (int i = 0; i < ops->count; i++)
            if (!without || ops->op[i].kind != TC_OP_ADAPTER)
                tc_forward_seconds(rates_for(costs, &ops->op[i]), &ops->op[i], &forward);
        parts_from_seconds(&forward, &parts);
        add_block_comm(costs, ops, forward.attention, FORWARD, &parts, &transit);
        add_host(forward.host + issue, &parts);
        parts.host += waiting(issued_seconds(costs, ops, forward.wait), tc_parts_sum(&parts));
        tc_parts_add(out, &parts, passes[without]);
    }
}

/* The last product of a block, where recompute leaves it out: PyTorch's checkpoint ends with the last tensor that it was to make, and compilers
 * leave out what nobody reads. NULL: it runs again. */
static const tc_operator *spared_of(const tc_costs *costs, const tc_operators *ops) {
    const tc_operator *last = ops->count > 0 ? &ops->op[ops->count - 1] : NULL;
    if (!costs->q->stack.kernels.recompute_stops || !last || ops->reads_output) return NULL;
    return last->kind == TC_OP_GEMM && last->split != TC_SPLIT_EXPERT ? last : NULL;
}

/* What a recompute of the whole block runs again. forward: with the exchange; host: of its issue. */
static double again_seconds(const tc_costs *costs, const tc_operators *ops, const tc_parts *forward, double host) {
    const tc_operator *spared = spared_of(costs, ops);
    double device = tc_parts_sum(forward);
    if (!spared) return fmax(device, host);
    tc_seconds one = {0};
    tc_forward_seconds(rates_for(costs, spared), spared, &one);
    double exchanges = ops->tp_collectives * (costs->p->shard.sequence_parallel ? 2 : 1);
    device -= tc_seconds_device(&one) + (exchanges > 0 ? forward->tp_comm / exchanges : 0);
    return fmax(device, host - one.host);
}

/* Recompute comes apart. */
void tc_operators_pass(const tc_costs *costs, const tc_operators *ops, tc_gradients gradients, tc_pass *out) {
    tc_seconds forward = {0}, backward = {0};
    double weight_s = 0, weight_host_s = 0;
    for (int i = 0; i < ops->count; i++) {
        const tc_rates *rates = rates_for(costs, &ops->op[i]);
        tc_forward_seconds(rates, &ops->op[i], &forward);
        if (gradients == TC_GRADIENTS_NONE) continue;
        double weight = tc_backward_seconds(rates, &ops->op[i], gradients == TC_GRADIENTS_OF_ALL, &backward);
        weight_s += weight;
        if (weight > 0) weight_host_s += ops->op[i].kernels * rates->host_s;
    }
    memset(out, 0, sizeof *out);
    double issue = collectives_of(costs, ops)
                       * ((costs->p->layout.graphs & TC_GROUP_ALL) == TC_GROUP_ALL ? 0 : costs->rates.host_s)
                   + gathers_of(costs, ops) * costs->q->stack.params.shard_host_s
                         * costs->q->cluster.accelerator.params.host_time;
    parts_from_seconds(&forward, &out->forward);
    add_block_comm(costs, ops, forward.attention, FORWARD, &out->forward, &out->forward_transit);
    out->again_s = again_seconds(costs, ops, &out->forward, forward.host + issue);
    add_host(forward.host + issue, &out->forward);
    double issued = issued_seconds(costs, ops, forward.wait), wait = waiting(issued, tc_parts_sum(&out->forward));
    out->forward.host += wait;
    out->again_s += wait;
    add_forwards(costs, ops, issue, &out->forward);
    if (gradients == TC_GRADIENTS_NONE) return;
    parts_from_seconds(&backward, &out->backward);
    add_block_comm(costs, ops, backward.attention, BACKWARD, &out->backward, &out->backward_transit);
    double input_s = tc_parts_sum(&out->backward) - weight_s, input_host_s = backward.host + issue - weight_host_s;
    add_host(fmax(backward.host + issue, issued), &out->backward);
    /* each is held against the host by itself, so that a faster device makes neither longer */
    out->weight_s = weight_s > 0 ? fmax(weight_s, weight_host_s) : 0;
    out->apart_s = fmax(input_s, input_host_s) + out->weight_s - tc_parts_sum(&out->backward);
    if (out->apart_s < 0) out->apart_s = 0; /* by rounding */
}

double tc_operators_again(const tc_costs *costs, const tc_operators *ops, const tc_again *again) {
    tc_seconds sum = {0};
    const tc_operator *spared = spared_of(costs, ops);
    for (int i = 0; i < ops->count; i++) {
        tc_seconds one = {0};
        double share = tc_again_share(again, &ops->op[i]);
        if (share <= 0 || &ops->op[i] == spared) continue;
        tc_forward_seconds(rates_for(costs, &ops->op[i]), &ops->op[i], &one);
        sum.gemm += share * one.gemm;
        sum.attention += share * one.attention;
        sum.memory += share * one.memory;
        sum.launch += one.launch;
        sum.host += one.host;
        sum.wait += one.wait;
    }
    double device = tc_seconds_device(&sum);
    double longer = sum.host > device && !again->core ? sum.host : device;
    return longer + waiting(issued_seconds(costs, ops, sum.wait), longer);
}

/* again: the share of the forward's collectives that recompute repeats; exchange_again: of its expert communication. */
static void occupy(const tc_paths *paths, double again, double exchange_again, tc_pass *pass) {
    const tc_transit *there = &pass->forward_transit, *back = &pass->backward_transit;
    double forward = (paths->tp_shared ? there->tp : 0) + (paths->cp_shared ? there->cp : 0),
           exchange = paths->ep_shared ? there->ep : 0;
    pass->forward_occupied = forward + exchange;
    pass->backward_occupied = (paths->tp_shared ? back->tp : 0) + (paths->cp_shared ? back->cp : 0)
                              + (paths->ep_shared ? back->ep : 0) + again * forward + exchange_again * exchange;
}

void tc_costs_recompute(tc_costs *costs) {
    const tc_layout *l = &costs->p->layout;
    tc_again again = tc_again_of(l->recompute, l->recompute_layers, l->recompute_operators, costs->p->layers);
    bool experts_again = again.operators & TC_GROUP_MOE && !costs->q->stack.memory.kept_exchange;
    occupy(&costs->paths, 0, 0, &costs->embedding);
    occupy(&costs->paths, 0, 0, &costs->head);
    for (int i = 0; i < costs->q->job.model.blocks; i++) {
        tc_pass *pass = &costs->block[i];
        occupy(&costs->paths, again.blocks, experts_again ? 1 : again.blocks, pass);
        pass->backward.recompute = again.blocks * pass->again_s;
        if (again.core || again.operators) /* a mixture of experts with its exchange */
            pass->backward.recompute
                = tc_operators_again(costs, &costs->set.block[i], &again) + (experts_again ? pass->forward.ep_comm : 0);
    }
    bool full = l->recompute == TC_RECOMPUTE_FULL;
    costs->embedding.backward.recompute = full || again.core ? costs->towers_again[!full] : 0;
}

void tc_costs_place(tc_costs *costs, const tc_placement *placement) {
    costs->p = placement;
    find_paths(costs);
    tc_costs_recompute(costs);
}

static void compute_passes(tc_costs *costs) {
    const tc_model *model = &costs->q->job.model;
    tc_gradients gradients = costs->q->job.frozen_base ? TC_GRADIENTS_OF_INPUTS : TC_GRADIENTS_OF_ALL;
    const tc_job *job = &costs->q->job;
    tc_count(model, job->finetune.rank > 0 ? &job->finetune : NULL, (int)costs->p->shard.seq, &costs->set.counts);
    for (int i = 0; i < model->blocks; i++) {
        tc_block_operators(model, &model->block[i], &costs->p->shard, &costs->set.block[i]);
        tc_operators_pass(costs, &costs->set.block[i], gradients, &costs->block[i]);
    }
    tc_embedding_operators(model, &costs->p->shard, &costs->set.embedding);
    tc_head_operators(model, &costs->p->shard, costs->p->shard.logits_bytes, &costs->set.head);
    if (job->finetune.embeddings) gradients = TC_GRADIENTS_OF_ALL;
    tc_operators_pass(costs, &costs->set.embedding, gradients, &costs->embedding);
    tc_operators_pass(costs, &costs->set.head, gradients, &costs->head);
    tc_add_towers(costs);
    tc_block_set_sum(model, costs->p, &costs->q->stack, &costs->set);
    tc_costs_recompute(costs);
}

void tc_pass_add(tc_pass *sum, const tc_pass *pass, double times) {
    tc_parts_add(&sum->forward, &pass->forward, times);
    tc_parts_add(&sum->backward, &pass->backward, times);
    sum->weight_s += times * pass->weight_s;
    sum->apart_s += times * pass->apart_s;
    sum->forward_occupied += times * pass->forward_occupied;
    sum->backward_occupied += times * pass->backward_occupied;
}

int tc_model_pieces(const tc_model *model, int i) {
    int extra = i == model->blocks - 1 || i == model->blocks + 1 ? model->mtp_layers : 0;
    return extra + (i < model->blocks ? model->block[i].count : 1);
}

void tc_chunk_pieces(const tc_costs *costs, const tc_chunking *chunking, int chunk, int counts[TC_MAX_BLOCKS + 2]) {
    const tc_model *model = &costs->q->job.model;
    int blocks = model->blocks, last = chunk == chunking->chunks - 1;
    tc_chunk_blocks(model, chunking, chunk, counts);
    if (last && blocks > 0) counts[blocks - 1] += model->mtp_layers;
    counts[blocks] = chunk == 0;
    counts[blocks + 1] = last ? 1 + model->mtp_layers : 0;
}

void tc_chunk_pass(const tc_costs *costs, int chunk, tc_pass *out) {
    int counts[TC_MAX_BLOCKS + 2];
    const tc_chunking chunking = tc_chunking_of(&costs->q->job.model, costs->p);
    tc_chunk_pieces(costs, &chunking, chunk, counts);
    memset(out, 0, sizeof *out);
    for (int i = 0; i < costs->q->job.model.blocks + 2; i++)
        if (counts[i]) tc_pass_add(out, tc_piece(costs, i), counts[i]);
}

double tc_pair_exposed(const tc_pass *pass) {
    double comm = pass->forward.ep_comm + pass->backward.ep_comm;
    if (comm <= 0) return 0;
    double compute = tc_parts_sum(&pass->forward) + tc_parts_sum(&pass->backward) - comm;
    return comm > compute ? (comm - compute) / comm : 0;
}

/* DualPipe: half of the micro-batches pass the stage, half its mirror; their expert communication hides in pairs. */
static void mirrored_pass(const tc_costs *costs, int stage, tc_pass *out) {
    tc_pass pass;
    memset(out, 0, sizeof *out);
    for (int mirror = 0; mirror < 2; mirror++) {
        tc_chunk_pass(costs, mirror ? costs->p->layout.pp - 1 - stage : stage, &pass);
        tc_pass_add(out, &pass, 0.5);
    }
    double exposed = tc_pair_exposed(out);
    out->forward.ep_comm *= exposed;
    out->backward.ep_comm *= exposed;
}

void tc_stage_pass(const tc_costs *costs, int stage, tc_pass *out) {
    if (tc_holds_mirror(costs->p)) {
        mirrored_pass(costs, stage, out);
        return;
    }
    int chunks = tc_stage_chunks(costs->p);
    if (chunks == 1) {
        tc_chunk_pass(costs, tc_chunk_of(costs->p, stage, 0), out);
        return;
    }
    memset(out, 0, sizeof *out);
    for (int i = 0; i < chunks; i++) {
        int chunk = tc_chunk_of(costs->p, stage, i);
        tc_pass pass;
        if (chunk < 0) continue;
        tc_chunk_pass(costs, chunk, &pass);
        tc_pass_add(out, &pass, 1);
    }
}

double tc_stage_send_seconds(const tc_costs *costs) {
    const tc_layout *l = &costs->p->layout;
    if (l->pp <= 1) return 0;
    double bytes = costs->p->shard.sequences * costs->p->shard.seq / l->cp * costs->q->job.model.hidden
                   * costs->rates.element_bytes;
    /* each tensor-parallel rank sends its slice; without sequence parallelism the slices are gathered again
     * (scatter-gather, Narayanan et al. 2021, section 4.1) */
    double gather = costs->p->shard.sequence_parallel ? 0 : tc_all_gather_seconds(&costs->paths.tp, bytes);
    return tc_send_seconds(&costs->paths.pp, bytes / l->tp) + gather;
}

tc_stage_load tc_stage_load_of(const tc_costs *costs, int stage) {
    return (tc_stage_load){stage, tc_stage_weight_count(&costs->q->job.model, costs->p, &costs->set, stage)};
}

/* In so many collectives of equal size. */
static double gather_seconds(const tc_group_path *path, double bytes, double pieces) {
    return pieces * tc_all_gather_seconds(path, bytes / pieces);
}

static double reduce_seconds(const tc_group_path *path, double bytes, double pieces) {
    return pieces * tc_all_reduce_seconds(path, bytes / pieces);
}

/* Collectives that the gradients of so many elements go in. */
static double buckets_of(const tc_stack *stack, double elements) {
    double each = stack->kernels.collective_elements;
    return each > 0 && elements > each ? elements / each : 1;
}

tc_data_parallel tc_data_parallel_of(const tc_costs *costs, const tc_stage_load *load) {
    const tc_layout *l = &costs->p->layout;
    tc_stage_weights w = load->weights;
    double param = costs->rates.element_bytes, grad = param == 4 ? param : costs->q->stack.memory.grad_bytes;
    tc_preference_figures objective = tc_preference_of(&costs->q->job.finetune);
    tc_data_parallel d = {.stage = load->stage,
                          .gathers = 2 + objective.reference + objective.forwards,
                          .chunks = l->vpp,
                          .ahead = fmin(l->pp, (double)costs->p->micro_batches)};
    bool whole_weights = l->sharding == TC_SHARD_ZERO3 || l->sharding == TC_SHARD_HSDP;
    /* with a pipeline the weights stay gathered for the step (Llama Team 2024, section 3.3.2) */
    d.every_micro_batch = whole_weights && l->pp == 1;
    /* block by block (Zhao et al. 2023, PyTorch FSDP, section 3.2), tensor by tensor, or in one */
    double pieces = 1;
    if (d.every_micro_batch && costs->p->layers > 0) pieces = costs->p->layers;
    if (costs->q->stack.kernels.tensor_collectives & 1 << l->sharding && w.tensors > 1) pieces = w.tensors;
    /* gradients in shards cannot wait for the last micro-batch (Rajbhandari et al. 2020, section 5.2; DeepSpeed, engine.py: stages 2 and 3
     * communicate before the boundary of accumulation as well) */
    d.reduce_every_micro_batch = l->sharding == TC_SHARD_ZERO2 && l->pp == 1;
    tc_stage_weights all = w;
    double pieces_of_gradients = pieces;
    if (costs->q->job.frozen_base) w = tc_trained_weights(&costs->q->job, w);
    /* gradients of adapters go in one collective */
    if (costs->q->job.frozen_base && w.towers <= 0) pieces_of_gradients = 1;
    if (!whole_weights) all = w;
    double gathers = whole_weights ? pieces : pieces_of_gradients;
    if (l->sharding != TC_SHARD_NONE && (all.dense > 0 || all.expert > 0))
        d.gather = gather_seconds(&costs->paths.dp, param * (all.dense + (whole_weights ? all.frozen : 0)), gathers)
                   + gather_seconds(&costs->paths.expert_dp, param * all.expert, gathers);
    if (costs->q->job.frozen_base && w.dense + w.expert <= 0) return d;
    if (l->sharding == TC_SHARD_NONE)
        d.reduce = reduce_seconds(&costs->paths.dp, grad * w.dense, buckets_of(&costs->q->stack, w.dense))
                   + reduce_seconds(&costs->paths.expert_dp, grad * w.expert, buckets_of(&costs->q->stack, w.expert));
    else
        d.reduce = gather_seconds(&costs->paths.dp, grad * w.dense, pieces_of_gradients)
                   + gather_seconds(&costs->paths.expert_dp, grad * w.expert, pieces_of_gradients);
    if (d.every_micro_batch && pieces_of_gradients == pieces) d.ends = (d.gather + d.reduce) / pieces;
    if (d.every_micro_batch && pieces_of_gradients != pieces) d.ends = d.gather / pieces + d.reduce;
    d.replica = tc_all_reduce_seconds(&costs->paths.replica, grad * (w.dense + w.expert) / costs->p->shard_group);
    return d;
}

int tc_traffic_stages(const tc_costs *costs, tc_stage_load loads[TC_TRAFFIC_STAGES]) {
    double most = -1;
    int count = 0;
    for (int s = 0; s < costs->p->layout.pp; s++) {
        tc_stage_load load = tc_stage_load_of(costs, s);
        double weights = load.weights.dense + load.weights.expert;
        if (weights <= most * 1.01) continue;
        most = weights;
        if (count < TC_TRAFFIC_STAGES) count++;
        loads[count - 1] = load;
    }
    return count;
}

/* Does the host read back how many tokens each expert gets? Not with a capacity, to which experts are padded, nor where whole steps are
 * replayed: graphs of all operators, or asked for beside a stack that is not compiled itself. */
static bool waits_for_counts(const tc_costs *costs) {
    int graphs = costs->p->layout.graphs;
    bool replayed = (graphs & TC_GROUP_ALL) == TC_GROUP_ALL
                    || (graphs & TC_GRAPHS_ALL && !(costs->q->stack.defaults.graphs & TC_GRAPHS_ALL));
    return costs->q->job.expert_capacity <= 0 && !replayed;
}

tc_code tc_costs_compute(const tc_question *q, const tc_placement *placement, tc_costs *costs, tc_error *error) {
    costs->q = q;
    costs->p = placement;
    tc_code code = tc_rates_of(&q->cluster.accelerator, &q->stack, q->job.dtype, &costs->rates, error);
    if (code) return code;
    costs->rates.moe_sync_s *= waits_for_counts(costs);
    costs->graphed = costs->rates;
    costs->graphed.host_s = costs->graphed.expert_host_s = 0;
    if (placement->layout.graphs & TC_GRAPHS_ALL) costs->rates = costs->graphed;
    find_paths(costs);
    compute_passes(costs);
    return TC_OK;
}

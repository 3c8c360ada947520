/* optimizer.c - the optimizer's step on a stage, in seconds.
 *
 * A fused step reads the gradient (once more for clipping) and the state, writes state and 16-bit weights, and moves
 * what its optimizer moves besides (data/optimizers.yaml); a chain of single kernels moves what its operators add up
 * to, in fp32 or, as torch.optim does it, in the format of weights, gradients and moments alike. Offloaded states cross the host link both ways; an offloaded step runs in the host's memory.
 *
 * Muon makes each matrix of the layers orthogonal by five iterations X <- a X + (b A + c A A) X, A = X X', in bf16
 * (Jordan et al. 2024): products of 2 m m n, 2 m m m and 2 m m n FLOP for m <= n. Matrices are those of a rank, as
 * tensor parallelism splits them (Megatron-Core's default), and are shared out over the ranks that split the states, of
 * which each does its own whole (Liu et al. 2025, arXiv 2502.16982, section 2.3).
 * A running mean of the weights (EMA) is one more pass over them, in fp32.
 * Paged states lie where the driver finds room: what of them has none while activations are there leaves for the host and
 * comes back to be stepped, once each a step (Dettmers et al. 2023, arXiv 2305.14314, section 3).
 * Ignored: the gathering of a matrix that lies on several ranks (there at most a quarter of AdamW's traffic), extra
 * prediction modules. */
#include <math.h>

#include "step/terms.h"
#include "workload/optimizer.h"

/* Seconds of the iterations on all matrices of an operator. */
static double orthogonal_seconds(const tc_rates *r, const tc_operator *op, int iterations) {
    bool tall = op->gemm.n < op->gemm.k;
    double m = tall ? op->gemm.n : op->gemm.k, n = tall ? op->gemm.k : op->gemm.n, groups = op->gemm.groups;
    double products = 2 * tc_gemm_seconds(r, false, groups, m, n, m, 0) + tc_gemm_seconds(r, false, groups, m, m, m, 0);
    return iterations * (products + 3 * r->launch_s);
}

static double newton_schulz_seconds(const tc_costs *f, const tc_stage_load *load, double dense_ranks,
                                    double expert_ranks, int iterations) {
    const tc_model *model = &f->q->job.model;
    tc_stage_share share = tc_stage_share_of(model, f->p, load->stage);
    double seconds = 0;
    for (int i = 0; i < model->blocks; i++)
        for (int k = 0; k < f->set.block[i].count; k++) {
            const tc_operator *op = &f->set.block[i].op[k];
            if (op->kind == TC_OP_GEMM && op->weights > 0)
                seconds += share.blocks[i] * orthogonal_seconds(&f->rates, op, iterations)
                           / (op->tag == TC_TAG_EXPERT ? expert_ranks : dense_ranks);
        }
    return seconds;
}

double tc_optimizer_seconds(const tc_costs *f, const tc_stage_load *load) {
    tc_stage_weights w = tc_trained_weights(&f->q->job, load->weights);
    if (f->p->optimizer == TC_OPTIMIZER_NONE || !(w.dense + w.expert > 0)) return 0;
    const tc_layout *l = &f->p->layout;
    const tc_optimizer_figures *figures = tc_optimizer_figures_of(&f->q->stack, f->p->optimizer);
    double copies = tc_holds_mirror(f->p) && l->sharding != TC_SHARD_NONE ? 2 : 1; /* states are split over both */
    double expert_ranks = tc_expert_dp_group(f->p).ranks, dense_ranks = f->p->shard_group;
    if (dense_ranks < expert_ranks) expert_ranks = dense_ranks;
    double elements = (w.dense / dense_ranks + w.expert / expert_ranks) / copies;
    const tc_job *job = &f->q->job;
    bool sharded = l->sharding != TC_SHARD_NONE;
    double state = tc_job_state_bytes(&f->q->stack, job, f->p->optimizer, sharded, false),
           grad = tc_job_gradient_bytes(&f->q->stack, job);
    double more = (tc_job_state_bytes(&f->q->stack, job, f->p->optimizer, sharded, true) - state)
                  * (w.ends / dense_ranks / copies);
    double traffic = 2 * state + 2 * grad + 2 + figures->extra_bytes;
    double width = tc_foreach_width(&f->q->stack, job, f->p->optimizer, sharded);
    if (width > 0) traffic = figures->foreach_passes * width;
    if (f->q->stack.kernels.unfused_optimizer) traffic = figures->unfused_bytes;
    traffic += (2 * 4 + 4) * f->q->job.ema; /* a mean is read and written beside the weights */
    double seconds = (elements * traffic + 2 * more) / f->rates.memory;
    double link = tc_host_rate(&f->q->cluster);
    if (tc_states_on_host(l) && link > 0) seconds += (elements * 2 * state + 2 * more) / link;
    if (tc_step_on_host(l)) {
        /* the step runs on the host: gradients out, states through the host's memory, weights back */
        double host = f->q->stack.kernels.host_optimizer_bytes;
        if (!(host > 0)) host = 2 * state + grad + 2;
        seconds = (elements * host + 2 * more) / tc_host_memory_rate(&f->q->cluster);
        /* sharded gradients do not wait on the device for the others of the step: each micro-batch's go out and, but for the
         * first, come back first to be added up (Ren et al. 2021, section 4.1; DeepSpeed, stage_1_and_2.py,
         * async_accumulate_grad_in_cpu_via_gpu) */
        bool each = l->pp == 1 && l->sharding != TC_SHARD_NONE && l->sharding != TC_SHARD_ZERO1;
        double copies_out = each ? 2.0 * (double)f->p->micro_batches - 1 : 1;
        if (link > 0) seconds += elements * (copies_out * grad + 2) / link;
    }
    bool spans_nodes = f->paths.dp.ranks > 1 && f->paths.dp.inside[0] < f->paths.dp.ranks;
    if (l->sharding == TC_SHARD_ZERO3 && spans_nodes) seconds += elements * f->q->stack.params.shard_step_s;
    if (figures->newton_schulz > 0 && !f->q->job.frozen_base)
        seconds += newton_schulz_seconds(f, load, dense_ranks * copies, expert_ranks * copies, figures->newton_schulz);
    return seconds;
}

double tc_paging_seconds(const tc_costs *f, const tc_stage_load *load) {
    double link = tc_host_rate(&f->q->cluster);
    if (!f->q->job.finetune.paged || link <= 0) return 0;
    tc_states states = tc_stage_states(f->q, f->p, load->weights);
    tc_kept kept = tc_stage_kept(&f->q->job.model, f->p, &f->set, load->stage);
    tc_live live = tc_live_of(&f->q->stack, &kept, tc_micro_batches_in_flight(f->p, load->stage));
    return 2 * tc_paged_bytes(&f->q->stack, &states, &live) / link;
}

double tc_most_paging_seconds(const tc_costs *f) {
    double most = 0;
    int stage[TC_PEAK_STAGES], count = f->q->job.finetune.paged ? tc_peak_stages(f->p->layout.pp, stage) : 0;
    for (int i = 0; i < count; i++) {
        tc_stage_load load = tc_stage_load_of(f, stage[i]);
        most = fmax(most, tc_paging_seconds(f, &load));
    }
    return most;
}

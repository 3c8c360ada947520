/* terms.c - what compute hides, what the host and the slowest rank take.
 *
 * Stragglers: of n ranks with exponentially distributed delays the slowest is H_n - 1 mean delays later than the average.
 */
#include "step/terms.h"

#include <math.h>

#include "workload/samples.h"

#define PLUS(member, label, loss, bound, feature) +t->member
double tc_step_terms_sum(const tc_step_terms *t) { return t->work + t->host TC_STEP_PARTS(PLUS); }

/* Once a step, each virtual stage's by itself: the first chunk's weights have its own forward of one micro-batch beside them, a later one's the
 * forward of all micro-batches that run on the chunk before; so the gradients, the last chunk first (Megatron-Core, pipeline_parallel/schedules.py,
 * param_sync_func of the next chunk and grad_sync_func of a chunk whose micro-batches are done). */
static double exposed_by_chunk(const tc_data_parallel *d, double seconds, double share, double window) {
    double own = seconds / d->chunks, beside = window / d->chunks, left = share > 0 ? own - d->ahead * beside : own;
    return tc_exposed(own, share, beside) + (d->chunks - 1) * fmax(left, 0);
}

tc_exposed_traffic tc_traffic_exposed(const tc_stack *stack, int hidden, const tc_data_parallel *d, tc_round window) {
    double overlap = stack->params.dp_overlap, behind = hidden & TC_OVERLAP_GRAD_REDUCE ? overlap : 0;
    double all = d->gathers * d->gather + d->reduce;
    tc_exposed_traffic e = {.gather = 0};
    if (d->every_micro_batch) {
        e.each = d->ends + tc_exposed(all - d->ends, overlap, window.forward + window.backward);
        e.forward = all > 0 ? e.each * d->gather / all : 0;
        /* the replicas' all-reduce has what the last micro-batch's own leave of its backward */
        double left = window.forward + window.backward - (all - e.each);
        e.replica = tc_exposed(d->replica, behind, left < window.backward ? left : window.backward);
        return e;
    }
    e.gather = exposed_by_chunk(d, d->gather, hidden & TC_OVERLAP_PARAM_GATHER ? overlap : 0, window.forward);
    double reduce = d->reduce_every_micro_batch ? tc_exposed(d->reduce, behind, window.backward)
                                                : exposed_by_chunk(d, d->reduce, behind, window.backward);
    *(d->reduce_every_micro_batch ? &e.each : &e.reduce) = reduce;
    e.replica = tc_exposed(d->replica, behind, window.backward - (d->reduce - reduce));
    return e;
}

double tc_data_parallel_exposed(const tc_stack *stack, int hidden, const tc_data_parallel *stage, int stages,
                                double micro_batches, const tc_pipeline *line) {
    double begin = 0, end = 0;
    for (int i = 0; i < stages; i++) {
        /* a later stage waits for its first micro-batch, and for the earlier stages after its last */
        int at = stage[i].stage < TC_FILL_STAGES ? stage[i].stage : TC_FILL_STAGES;
        double times = at > 0 ? (double)stage[i].stage / at : 0;
        tc_exposed_traffic e = tc_traffic_exposed(stack, hidden, &stage[i], line->free[at]);
        double gather = e.gather - times * line->fill_s[at];
        double reduce = micro_batches * e.each + e.reduce + e.replica - times * line->drain_s[at];
        if (gather > begin) begin = gather;
        if (reduce > end) end = reduce;
    }
    return begin + end;
}

double tc_host_memory_rate(const tc_cluster *cluster) {
    const tc_device_params *p = &cluster->accelerator.params;
    double all = p->host_devices > 0 ? p->host_devices : 1;
    return p->host_memory_bytes_per_s * (all > cluster->devices ? all / cluster->devices : 1);
}

double tc_host_rate(const tc_cluster *cluster) {
    double link = cluster->accelerator.host_bytes_per_s, memory = tc_host_memory_rate(cluster);
    if (!(link > 0)) link = TC_USUAL_HOST_BYTES_PER_S;
    return memory > 0 && memory < link ? memory : link;
}

tc_round tc_offload_exposed(const tc_cluster *cluster, double bytes, tc_round window) {
    double link = tc_host_rate(cluster);
    if (bytes <= 0 || link <= 0) return (tc_round){0, 0};
    return (tc_round){tc_exposed(bytes / link, 1, window.forward), tc_exposed(bytes / link, 1, window.backward)};
}

double tc_pipeline_sends(const tc_costs *costs) {
    return tc_waits_for_sends(costs->p) ? (double)costs->p->micro_batches * tc_stage_send_seconds(costs) : 0;
}

double tc_step_host_seconds(const tc_stack *stack, const tc_placement *placement) {
    return placement->optimizer == TC_OPTIMIZER_NONE ? 0 : stack->params.host_s_per_step;
}

double tc_straggler_seconds(const tc_stack *stack, double devices, double work_s) {
    const double euler = 0.5772156649; /* H_n - 1 = ln n + euler + 1 / 2n - 1, which is 0.077 for one */
    return devices > 1 ? stack->params.straggler_spread * (log(devices) + euler - 1 + 0.5 / devices) * work_s : 0;
}

double tc_late_seconds(const tc_question *q, const tc_placement *p, double devices, double work_s) {
    tc_waiting all = {.rows = p->shard.sequences,
                      .stages = p->layout.pp,
                      .ranks = p->layout.dp,
                      .micro_batches = (double)p->micro_batches,
                      .ranks_meet = tc_ranks_meet(&q->stack, p->layout.sharding)};
    double wait = tc_sample_wait(&q->job.finetune, p->seq, &all);
    return tc_straggler_seconds(&q->stack, devices, work_s) + wait * work_s;
}

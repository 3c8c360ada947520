/* optimizer.c - bytes of state of a parameter.
 *
 * A stack says what its own optimizer keeps: b bytes, of which s are the optimizer's (two moments of AdamW: 8) and the
 * rest is the master copy, as far as the stack has one. Another optimizer with s' in its place keeps b - s + s'. A
 * stack that keeps less than s keeps its moments in a narrower format: s' shrinks with them.
 * Training in fp32 or tf32 has no copy: the weights are the master, gradients and moments are in fp32.
 * A recipe may keep moments of 16 or 8 bit and no master copy, whatever the stack does.
 * Ignored: norms and biases, which take the optimizer of the ends where there are two. */
#include "workload/optimizer.h"

#include "workload/operators.h"

static int known(int optimizer) {
    return optimizer >= 0 && optimizer < TC_OPTIMIZER_NONE ? optimizer : TC_OPTIMIZER_ADAMW;
}

const tc_optimizer_figures *tc_optimizer_figures_of(const tc_stack *stack, int optimizer) {
    bool own = optimizer == TC_UNSET || optimizer == TC_OPTIMIZER_NONE;
    return &stack->optimizers[known(own ? (int)stack->optimizer : optimizer)];
}

/* Scales of moments of 8 bit: one in 32 bits for each of two moments of 256 weights (Dettmers et al. 2021, arXiv 2110.02861, section 2.1;
 * bitsandbytes, blockwise_dynamic). */
#define SCALED_BLOCK 256

double tc_gradient_bytes(const tc_stack *stack, int bits) { return bits > 0 ? 2 : stack->memory.main_grad_bytes; }

double tc_state_bytes(const tc_stack *stack, int bits, int optimizer, bool sharded, bool ends) {
    const tc_optimizer_figures *own = tc_optimizer_figures_of(stack, TC_UNSET),
                               *used = tc_optimizer_figures_of(stack, optimizer);
    bool split = sharded && stack->memory.sharded_optimizer_bytes > 0;
    double theirs = ends ? own->end_state_bytes : own->state_bytes;
    double bytes = split ? stack->memory.sharded_optimizer_bytes : stack->memory.optimizer_bytes;
    double states = ends ? used->end_state_bytes : used->state_bytes;
    if (bits > 0) return states * bits / 32 + (bits == 8 ? states / SCALED_BLOCK : 0);
    if (used == own) return bytes;
    return theirs <= bytes ? bytes - theirs + states : states * (bytes / theirs);
}

static bool is_wide(const tc_job *job) {
    return job->finetune.state_bits <= 0 && (job->dtype == TC_FP32 || job->dtype == TC_TF32);
}

double tc_job_state_bytes(const tc_stack *stack, const tc_job *job, int optimizer, bool sharded, bool ends) {
    const tc_optimizer_figures *used = tc_optimizer_figures_of(stack, optimizer);
    if (is_wide(job)) return ends ? used->end_state_bytes : used->state_bytes;
    return tc_state_bytes(stack, job->finetune.state_bits, optimizer, sharded, ends);
}

double tc_job_gradient_bytes(const tc_stack *stack, const tc_job *job) {
    return is_wide(job) ? 4 : tc_gradient_bytes(stack, job->finetune.state_bits);
}

double tc_foreach_width(const tc_stack *stack, const tc_job *job, int optimizer, bool sharded) {
    const tc_optimizer_figures *used = tc_optimizer_figures_of(stack, optimizer);
    /* moments of 8 bit and paged ones have kernels of bitsandbytes */
    if (stack->kernels.unfused_optimizer || !stack->kernels.foreach_optimizer || used->foreach_passes <= 0
        || job->finetune.state_bits == 8 || job->finetune.paged)
        return 0;
    return tc_job_state_bytes(stack, job, optimizer, sharded, false) < used->state_bytes ? 2 : 4;
}

double tc_model_state_bytes(const tc_stack *stack, int bits, int optimizer, bool sharded, const tc_model *model) {
    tc_model_size size = tc_model_count(model);
    double ends = (size.embedding_parameters + size.head_parameters) / size.parameters;
    double layers = tc_state_bytes(stack, bits, optimizer, sharded, false);
    return layers + ends * (tc_state_bytes(stack, bits, optimizer, sharded, true) - layers);
}

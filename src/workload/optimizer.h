/* optimizer.h - what a stack's optimizer, or another in its place, keeps of a parameter. */
#ifndef TC_WORKLOAD_OPTIMIZER_H
#define TC_WORKLOAD_OPTIMIZER_H

#include "traincast.h"

/* The figures of an optimizer; of the stack's own for TC_UNSET and TC_OPTIMIZER_NONE. */
const tc_optimizer_figures *tc_optimizer_figures_of(const tc_stack *stack, int optimizer);

/* Bytes of state of a parameter of the layers, or of embedding and head, master copy included; bits: tc_finetune's state_bits;
 * sharded: ranks split it. */
double tc_state_bytes(const tc_stack *stack, int bits, int optimizer, bool sharded, bool ends);
/* Of an accumulated gradient. */
double tc_gradient_bytes(const tc_stack *stack, int bits);
/* Both of a job's trained weights: in 32-bit training the weights are the master copy, and gradients and moments as wide. */
double tc_job_state_bytes(const tc_stack *stack, const tc_job *job, int optimizer, bool sharded, bool ends);
double tc_job_gradient_bytes(const tc_stack *stack, const tc_job *job);
/* Width of the elements that torch.optim's kernels over lists of tensors update one operator at a time; 0: the step is another one. */
double tc_foreach_width(const tc_stack *stack, const tc_job *job, int optimizer, bool sharded);
/* The state on average over a model: what a checkpoint holds. */
double tc_model_state_bytes(const tc_stack *stack, int bits, int optimizer, bool sharded, const tc_model *model);

#endif

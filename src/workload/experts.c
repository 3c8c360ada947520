/* experts.c - a mixture of experts: router, dispatch, grouped MLPs of the experts, combine; shared experts beside.
 *
 * Tokens are balanced but for `imbalance`. Experts are split by expert parallelism, the width of each by
 * expert tensor parallelism, that of the shared ones by tensor parallelism. */
#include "base/error.h"
#include "workload/parts.h"

static const tc_member members[] = {
    TC_WORD(tc_experts, kind, TC_MLP_GATED, "kind of MLP"),
    TC_INTEGER_NEEDED(tc_experts, experts, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_experts, top_k, TC_MOST_DEGREE),
    TC_INTEGER_NEEDED(tc_experts, ffn, TC_MOST_DEGREE),
    TC_INTEGER(tc_experts, shared_ffn, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_experts, latent, 0, TC_MOST_DEGREE),
    TC_SWITCH(tc_experts, shared_gate),
    TC_SWITCH(tc_experts, router_bias),
    TC_SWITCH(tc_experts, bias),
};
const tc_members tc_experts_members = TC_MEMBERS(tc_experts, members, NULL, NULL);

/* Kernels of a fused router and of a token permutation (Megatron-Core with fused permutation: sort, index, gather). */
#define ROUTER_KERNELS 12
#define PERMUTE_KERNELS 3

/* Router: scores, top-k, balance loss, counts per expert and their exchange, many small kernels. */
static void add_router(const tc_part_input *in, double local, tc_operators *out) {
    const tc_experts *e = &in->block->experts;
    int groups = TC_GROUP_MOE | TC_GROUP_ROUTER;
    double h = in->model->hidden, scores = local * e->experts;
    tc_operator *op = tc_add_gemm(out, TC_TAG_ROUTER, TC_SPLIT_NONE, 1, local, e->experts, h, groups);
    op->drops = groups;
    op->gemm.low_precision = false;
    if (e->router_bias) op->biases = e->experts;
    if (e->shared_gate) op->replicated = h;
    op = tc_add_elementwise(out, TC_TAG_ROUTER, 8 * scores, 8 * scores, 4 * scores, groups);
    op->drops = groups;
    op->kernels = ROUTER_KERNELS;
}

/* Tokens to the experts' own width and back, on a rank's share of the sequence (Nemotron 3 Super). */
static void add_latent(const tc_part_input *in, int groups, double to, double from, tc_operators *out) {
    double local = in->tokens / in->shard->tp;
    tc_operator *op = tc_add_gemm(out, TC_TAG_EXPERT, TC_SPLIT_NONE, 1, local, to, from, groups);
    op->saved_bytes = in->shard->input_bytes * local * from;
}

/* Kernels of an expert that is a module of its own, each way: where its tokens are, their gather, the product with the routing weights, the sum
 * (Transformers, modeling_mixtral.py, MixtralSparseMoeBlock.forward). */
#define MODULE_KERNELS 4

static void add_permute(double bytes, double saved, double kernels, tc_operators *out) {
    tc_operator *op = tc_add_elementwise(out, TC_TAG_PERMUTE, bytes, bytes, saved, TC_GROUP_MOE);
    op->drops = TC_GROUP_MOE;
    op->kernels = kernels;
}

/* Gradients of a loop over the experts, each of whole size (PyTorch, tools/autograd/derivatives.yaml: index, index_put_, select): of its gather from
 * `rows` rows zeros are written, its own rows put in, and the whole added to that of the experts before it; where results are put into rows of one
 * tensor, what comes back is copied for each expert, its rows set to zero; of a slice of stacked weights the stack is written, and added up. */
static void add_loop_gradients(const tc_part_input *in, double experts, double rows, double h, tc_operators *out) {
    const tc_experts *e = &in->block->experts;
    const tc_shard *shard = in->shard;
    double matrices = e->kind == TC_MLP_GATED ? 3 : 2, weights = matrices * h * e->ffn / shard->etp;
    double stacked = shard->frozen || shard->stacked_experts <= 1 ? 0 : shard->stacked_experts * weights;
    double bytes = experts * (8 * rows * h + (shard->repeated_tokens ? 4 * rows * h : 0) + 8 * stacked);
    tc_operator *op = tc_add_elementwise(out, TC_TAG_PERMUTE, 0, bytes, 0, 0);
    op->elementwise.exact = true;
    op->kernels = 0; /* counted with the gathers */
}

/* The outputs' biases by a chain of operators (Megatron-Core, TEGroupedMLP._apply_bias, commit d98e8a6; with Transformer Engine's GroupedLinear): of
 * each expert the bias times the routing weights, in fp32, the sum with the output, then all put together and cast: 4 + 10 + 8 + 6 bytes an
 * element. Back: the cast, the sum's, and the products with weights and bias, each summed: 6 + 6 + 12 + 12. */
enum { BIAS_BYTES = 28, BIAS_BACKWARD_BYTES = 36, BIAS_KERNELS = 2 /* of an expert */ };

static void add_biases(double rows, double experts, double h, tc_operators *out) {
    tc_operator *op = tc_add_elementwise(out, TC_TAG_ACTIVATION, BIAS_BYTES * rows * h, BIAS_BACKWARD_BYTES * rows * h,
                                         0, TC_GROUP_MOE);
    op->elementwise.exact = true;
    op->drops = TC_GROUP_MOE;
    op->kernels = BIAS_KERNELS * experts;
}

static void emit(const tc_part_input *in, tc_operators *out) {
    const tc_experts *e = &in->block->experts;
    const tc_shard *shard = in->shard;
    double h = e->latent > 0 ? e->latent : in->model->hidden,
           local = in->tokens / shard->tp;                   /* a rank routes its sequence shard */
    double kept = shard->capacity > 0 ? shard->capacity : 1; /* of the copies: the rest is dropped, or padding added */
    double routed = local * e->top_k * kept * shard->etp;    /* token copies that this rank's experts see */
    double experts = e->experts / shard->ep;
    if (experts < 1) experts = 1;
    add_router(in, local, out);
    if (e->latent > 0) add_latent(in, TC_GROUP_MOE, e->latent, in->model->hidden, out);
    double kernels = shard->expert_modules ? MODULE_KERNELS * experts : PERMUTE_KERNELS;
    add_permute(4 * routed * h, shard->input_bytes * routed * h, kernels, out);
    double busiest = routed * (1 + shard->imbalance);
    int first = out->count;
    tc_add_mlp(out, shard, TC_TAG_EXPERT, TC_SPLIT_EXPERT, e->kind, experts, busiest / experts, h, e->ffn / shard->etp,
               e->bias);
    for (int i = first; shard->sequential_experts && i < out->count; i++) out->op[i].kernels = experts;
    if (e->bias && shard->bias_chain) add_biases(busiest, experts, h, out);
    if (shard->expert_modules) add_loop_gradients(in, experts, shard->repeated_tokens ? routed : local, h, out);
    add_permute(4 * routed * h + 2 * local * h, shard->weighted_inputs ? 0 : 2 * routed * h, kernels, out);
    if (e->latent > 0) add_latent(in, TC_GROUP_MOE, in->model->hidden, e->latent, out);
    out->ep_bytes += 2 * local * e->top_k * kept * h;
    out->ep_copies = e->top_k;
    if (e->shared_ffn > 0 || shard->etp > 1) out->tp_collectives++;
    if (e->shared_ffn > 0)
        tc_add_mlp(out, shard, TC_TAG_SHARED_EXPERT, TC_SPLIT_TENSOR, e->kind, 1, in->tokens, in->model->hidden,
                   e->shared_ffn / shard->tp, false);
}

static tc_code splits(const tc_block *block, const tc_degrees *degrees, tc_error *error) {
    const tc_experts *e = &block->experts;
    if (e->experts % degrees->ep)
        return tc_fail(error, TC_INVALID, "--ep", "%d does not divide %d experts; choose a divisor", degrees->ep,
                       e->experts);
    if (e->ffn % degrees->etp)
        return tc_fail(error, TC_INVALID, "--etp", "%d does not divide the experts' width of %d; choose a divisor",
                       degrees->etp, e->ffn);
    return TC_OK;
}

const tc_part tc_experts_part = {emit, splits, TC_GROUP_ACTIVATION};

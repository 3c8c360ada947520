/* recompute.c - what a recompute runs again in the backward pass, and what need not be kept then.
 *
 * FLOPs, seconds and bytes all ask here. Blocks that run again as a whole keep their input alone. Else an operator keeps
 * its inputs: what is dropped is the output of one that runs again. Selective recompute (Korthikanti et al. 2022, section
 * 5) runs the core of attention from queries, keys and values, and drops what stands between its two products; the output
 * stays. */
#include "workload/operators.h"

tc_again tc_again_of(int recompute, double recompute_layers, int operators, double layers) {
    tc_again again = {.core = recompute == TC_RECOMPUTE_SELECTIVE};
    if (recompute == TC_RECOMPUTE_FULL) again.blocks = 1;
    if (recompute == TC_RECOMPUTE_LAYERS && layers > 0) again.blocks = recompute_layers / layers;
    if (recompute == TC_RECOMPUTE_OPERATORS) again.operators = operators;
    return again;
}

double tc_group_share(const tc_operator *op, int groups) {
    if (groups & op->again) return 1;
    return groups & TC_GROUP_GATE && op->kind == TC_OP_GEMM ? op->gate : 0;
}

double tc_again_share(const tc_again *again, const tc_operator *op) {
    return again->core ? tc_is_core(op) : tc_group_share(op, again->operators);
}

static double dropped_by_core(const tc_operators *ops) {
    double sum = 0;
    for (int i = 0; i < ops->count; i++)
        if (tc_is_core(&ops->op[i]) && ops->op[i].kind == TC_OP_ELEMENTWISE) sum += ops->op[i].saved_bytes;
    return sum;
}

double tc_recomputed_bytes(const tc_operators *ops, int groups, double norm_extra) {
    double sum = 0;
    for (int i = 0; i < ops->count; i++) {
        const tc_operator *op = &ops->op[i];
        if (groups & op->drops)
            sum += op->saved_bytes;
        else if (groups & TC_GROUP_GATE && op->kind == TC_OP_ELEMENTWISE)
            sum += op->gate * op->saved_bytes;
        /* a norm's output; its input too, if the residual stream follows from what runs again */
        if (op->tag == TC_TAG_NORM && groups & TC_GROUP_NORM)
            sum += (i > 0 && groups & TC_GROUP_OUT_PROJECTION ? op->saved_bytes : op->output_bytes)
                   + norm_extra * op->chained_bytes;
    }
    return sum;
}

double tc_again_dropped(const tc_again *again, const tc_operators *ops, double norm_extra) {
    return again->core ? dropped_by_core(ops) : tc_recomputed_bytes(ops, again->operators, norm_extra);
}

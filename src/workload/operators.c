/* operators.c - the names of operators, and the bytes that one moves. */
#include "workload/operators.h"

#define NAME(id, name) name,
const char *const tc_op_kind_names[] = {TC_OP_KINDS_LIST(NAME)};
const char *const tc_op_tag_names[] = {TC_TAGS_LIST(NAME)};

double tc_operator_bytes(const tc_operator *op, double input_bytes, double output_bytes) {
    double m = op->gemm.m, n = op->gemm.n, k = op->gemm.k;
    if (op->kind != TC_OP_GEMM) return op->bytes;
    return op->gemm.groups * ((m * k + k * n) * input_bytes + m * n * output_bytes);
}

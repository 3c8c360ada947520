/* kernel.h - an operator on an accelerator, in seconds. */
#ifndef TC_DEVICE_KERNEL_H
#define TC_DEVICE_KERNEL_H

#include "workload/operators.h"

/* The rates of one device under one stack and format; set up once per forecast. */
typedef struct tc_rates {
    double gemm16;                                          /* FLOP/s of large 16-bit (or fp32) GEMMs */
    double gemm_low;                                        /* FLOP/s of large GEMMs in the job's format */
    double attention, attention_backward;                   /* FLOP/s at head dimension 128 */
    double attention_seq_half, attention_backward_seq_half; /* keys */
    double attention_block;                                 /* tokens that a mask skips at once; 0: small ones */
    double scan;                                            /* FLOP/s of chunked scans, forward */
    bool eager_scans;
    double vector;      /* FLOP/s of products of 16-bit elements without the matrix units */
    double memory;      /* bytes/s */
    double gemm_k_half; /* elements */
    double launch_s;
    double host_s;     /* per kernel */
    double moe_sync_s; /* that a forward pass of a mixture of experts waits for its counts; 0: they are not read back */
    double memory_passes, loss_passes, permute_passes, dequantise_passes;
    double grouped;       /* rate of grouped GEMMs, relative */
    double expert_s;      /* of each expert's product in one */
    double expert_host_s; /* of its issue by the host */
    int fused;            /* tc_operator_group bits */
    double cores;
    double unit;           /* columns of a systolic matrix unit; 0: none to pad for */
    double low_bytes;      /* bytes of an element in the job's format, scales included */
    double quantise_bytes; /* traffic to quantise one element of a GEMM's input; 0 in 16 bit */
    double quantise_kernels;
    bool
        casts_again; /* weights each time, inputs again for the gradient of the weights: nothing is kept in the narrow format */
    double grad_bytes; /* read and written for each weight when the product adds its gradient to the accumulated one */
    double add_bytes;  /* the same of a kernel of its own that adds it; 0: the product does */
    double element_bytes; /* bytes of an element of the other tensors: 2, or 4 in fp32 */
} tc_rates;

typedef struct tc_seconds {
    double gemm, attention, memory, launch; /* device time by what bounds it */
    double host;                            /* host time to issue the kernels */
    double wait;                            /* with an empty queue, until the host has read something back */
} tc_seconds;

/* Rates of the accelerator in the job's format. TC_INVALID where the device has no such format. */
TC_NODISCARD tc_code tc_rates_of(const tc_accelerator *accelerator, const tc_stack *stack, int dtype, tc_rates *out,
                                 tc_error *error);

/* Seconds of a GEMM groups x (m, k) x (k, n); extra_bytes is traffic beyond its three matrices. */
double tc_gemm_seconds(const tc_rates *rates, bool low_precision, double groups, double m, double n, double k,
                       double extra_bytes);

/* Adds the forward, or the backward, of an operator. weight_gradient: false with frozen weights; an adapter has one whatever it says.
 * The backward returns the device seconds of its weight gradient. */
void tc_forward_seconds(const tc_rates *rates, const tc_operator *op, tc_seconds *sum);
double tc_backward_seconds(const tc_rates *rates, const tc_operator *op, bool weight_gradient, tc_seconds *sum);

double tc_seconds_device(const tc_seconds *s);

#endif

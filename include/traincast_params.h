/* traincast_params.h - the physical parameters of the forecast, one table.
 *
 * TC_DEVICE_PARAM(name, link, text): a property of an accelerator.
 * TC_STACK_PARAM(name, link, text): a property of a training stack.
 * link: FRACTION (between 0 and 1, fitted in logits) or POSITIVE (fitted in logs).
 * Adding a parameter is one line here, its prior in data/, its use in the model. */
#ifdef TC_DEVICE_PARAM
TC_DEVICE_PARAM(gemm_fraction, FRACTION, "share of the 16-bit matmul peak on large GEMMs at full clock")
TC_DEVICE_PARAM(gemm8_fraction, FRACTION, "the same for 8-bit formats, of the 8-bit peak")
TC_DEVICE_PARAM(gemm4_fraction, FRACTION, "the same for 4-bit formats, of the 4-bit peak")
TC_DEVICE_PARAM(
    gemm_energy_j, POSITIVE,
    "energy of one 16-bit matmul FLOP at full load, idle power included, J: power over it bounds the sustained rate")
TC_DEVICE_PARAM(gemm8_energy_ratio, FRACTION, "energy of an 8-bit matmul FLOP relative to a 16-bit one")
TC_DEVICE_PARAM(gemm4_energy_ratio, FRACTION, "the same for 4 bit")
TC_DEVICE_PARAM(gemm_k_half, POSITIVE, "inner dimension at which a GEMM reaches half its sustained rate, elements")
TC_DEVICE_PARAM(attention_fraction, FRACTION,
                "share of the 16-bit matmul peak of the device's own fused attention, forward, head dimension 128, "
                "long sequences, at full clock")
TC_DEVICE_PARAM(attention_backward_fraction, FRACTION, "the same, backward")
TC_DEVICE_PARAM(attention_portable_fraction, FRACTION,
                "rate of fused attention written for earlier devices (FlashAttention-2) relative to the device's own")
TC_DEVICE_PARAM(attention_seq_half, POSITIVE, "keys of a row at which fused attention reaches half its rate")
TC_DEVICE_PARAM(memory_fraction, FRACTION, "achievable share of the datasheet memory bandwidth")
TC_DEVICE_PARAM(launch_s, POSITIVE, "gap on the device between two dependent kernels, s")
TC_DEVICE_PARAM(link_fraction, FRACTION, "achievable share of the scale-up bandwidth in collectives")
TC_DEVICE_PARAM(network_fraction, FRACTION, "achievable share of the scale-out bandwidth in collectives")
TC_DEVICE_PARAM(link_step_s, POSITIVE,
                "what a step of a collective's bandwidth protocol takes beyond the latency of the scale-up link, s")
TC_DEVICE_PARAM(network_step_s, POSITIVE, "the same outside the scale-up domain, s")
TC_DEVICE_PARAM(host_memory_bytes_per_s, POSITIVE,
                "host memory bandwidth that one device's share of an offloaded optimizer gets, bytes/s")
#endif
#ifdef TC_STACK_PARAM
TC_STACK_PARAM(kernel_fraction, FRACTION, "GEMM rate of the stack's kernels relative to the device's sustained rate")
TC_STACK_PARAM(attention_relative, POSITIVE,
               "rate of the stack's attention relative to the kernel that it uses, the device's own or a portable one")
TC_STACK_PARAM(memory_passes, POSITIVE, "traffic of the non-GEMM operators relative to a fully fused implementation")
TC_STACK_PARAM(loss_passes, POSITIVE, "traffic of the loss over the logits relative to one fused kernel each way")
TC_STACK_PARAM(grouped_fraction, FRACTION, "rate of the experts' grouped GEMMs relative to one GEMM of their size")
TC_STACK_PARAM(expert_s, POSITIVE,
               "what one expert's product in a grouped GEMM takes beyond its arithmetic: launch, ramp and drain beside "
               "those of other streams, s")
TC_STACK_PARAM(
    permute_passes, POSITIVE,
    "traffic of routing tokens to experts and back relative to one gather each way: copies, padding, weights in fp32")
TC_STACK_PARAM(host_s_per_kernel, POSITIVE, "host time to issue one kernel, s")
TC_STACK_PARAM(moe_host_s, POSITIVE,
               "host time to route tokens in one pass of a mixture-of-experts layer, beyond its kernels: counts read "
               "back, permutation, exchange, s")
TC_STACK_PARAM(host_s_per_step, POSITIVE,
               "host time of a step outside its micro-batches: data, logging, synchronisation, s")
TC_STACK_PARAM(dp_overlap, FRACTION, "share of gradient and parameter communication that can hide behind compute")
TC_STACK_PARAM(tp_overlap, FRACTION, "share of tensor-parallel communication hidden behind compute")
TC_STACK_PARAM(tp_fused_overlap, FRACTION, "the same where matmul and collective are one kernel (MC2, CoC)")
TC_STACK_PARAM(ep_overlap, FRACTION, "share of expert all-to-all hidden behind compute")
TC_STACK_PARAM(straggler_spread, POSITIVE,
               "mean delay of a rank, relative to its work, exponentially distributed; the step waits for the slowest")
TC_STACK_PARAM(moe_imbalance, POSITIVE, "tokens of the busiest expert group relative to the mean, minus one")
TC_STACK_PARAM(norm_extra, POSITIVE,
               "what is kept for the backward pass around norms and residual additions beyond what fused kernels keep, "
               "relative to it: casts to fp32, sums, masks")
TC_STACK_PARAM(framework_bytes, POSITIVE,
               "device memory outside the allocator: context, libraries and communicators, bytes")
TC_STACK_PARAM(fragmentation, POSITIVE, "reserved memory beyond the live peak, share of activations")
#endif

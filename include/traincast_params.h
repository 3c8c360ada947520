/* traincast_params.h - the physical parameters of the forecast, one table.
 *
 * TC_DEVICE_PARAM(name, key, dimension, link, least, text): a property of an accelerator.
 * TC_STACK_PARAM(...): a property of a training stack.
 * name: the member, in SI, its unit in the name; key: in data files, where the value carries its unit.
 * link: FRACTION (between 0 and 1, fitted in logits) or POSITIVE (fitted in logs); SHARE (between 0 and 1) and FIGURE: known, not fitted.
 * Where a fitted one can lie, and how far the fit may move it: src/catalog/parameter_ranges.def.
 * least: FROM_0, or ABOVE_0 where something is divided by it.
 * Adding a parameter is one line here, its range, its prior in data/, its use in the model. */
#ifdef TC_DEVICE_PARAM
TC_DEVICE_PARAM(gemm_fraction, "gemm_fraction", NONE, FRACTION, ABOVE_0,
                "share of the 16-bit matmul peak on large GEMMs at full clock")
TC_DEVICE_PARAM(gemm8_fraction, "gemm8_fraction", NONE, FRACTION, ABOVE_0,
                "the same for 8-bit formats, of the 8-bit peak")
TC_DEVICE_PARAM(gemm4_fraction, "gemm4_fraction", NONE, FRACTION, ABOVE_0,
                "the same for 4-bit formats, of the 4-bit peak")
TC_DEVICE_PARAM(
    gemm_energy_j, "gemm_energy", JOULES, POSITIVE, FROM_0,
    "energy of one 16-bit matmul FLOP at full load, idle power included, J: power over it bounds the sustained rate")
TC_DEVICE_PARAM(gemm8_energy_ratio, "gemm8_energy_ratio", NONE, FRACTION, FROM_0,
                "energy of an 8-bit matmul FLOP relative to a 16-bit one")
TC_DEVICE_PARAM(gemm4_energy_ratio, "gemm4_energy_ratio", NONE, FRACTION, FROM_0, "the same for 4 bit")
TC_DEVICE_PARAM(gemm_k_half, "gemm_k_half", NONE, POSITIVE, FROM_0,
                "inner dimension at which a GEMM reaches half its sustained rate, elements")
TC_DEVICE_PARAM(attention_fraction, "attention_fraction", NONE, FRACTION, ABOVE_0,
                "share of the 16-bit matmul peak of the device's own fused attention, forward, head dimension 128, "
                "long sequences, at full clock")
TC_DEVICE_PARAM(attention_backward_fraction, "attention_backward_fraction", NONE, FRACTION, ABOVE_0,
                "the same, backward")
TC_DEVICE_PARAM(attention_portable_fraction, "attention_portable_fraction", NONE, FRACTION, ABOVE_0,
                "rate of fused attention written for earlier devices (FlashAttention-2) relative to the device's own")
TC_DEVICE_PARAM(attention_portable_backward_fraction, "attention_portable_backward_fraction", NONE, FRACTION, FROM_0,
                "the same, backward; 0: as forward")
TC_DEVICE_PARAM(attention_seq_half, "attention_seq_half", NONE, POSITIVE, FROM_0,
                "keys of a row at which fused attention reaches half its rate, forward")
TC_DEVICE_PARAM(attention_backward_seq_half, "attention_backward_seq_half", NONE, POSITIVE, FROM_0,
                "the same, backward")
TC_DEVICE_PARAM(scan_fraction, "scan_fraction", NONE, FIGURE, ABOVE_0,
                "rate of chunked scans (state spaces, delta rules) relative to the fp32 vector peak, forward")
TC_DEVICE_PARAM(memory_fraction, "memory_fraction", NONE, FRACTION, ABOVE_0,
                "achievable share of the datasheet memory bandwidth")
TC_DEVICE_PARAM(
    matrix_unit, "matrix_unit", NONE, FIGURE, FROM_0,
    "width of a systolic matrix unit, to which the inner dimension and the columns of a product are padded; "
    "0: small units, whose padding is that of tiles")
TC_DEVICE_PARAM(attention_block, "attention_block", NONE, FIGURE, FROM_0,
                "tokens of the blocks, of queries and of keys, that the device's fused attention skips or computes "
                "whole under a mask; "
                "0: of some 128, whose part is in attention_seq_half")
TC_DEVICE_PARAM(launch_s, "launch", SECONDS, POSITIVE, FROM_0, "gap on the device between two dependent kernels, s")
TC_DEVICE_PARAM(link_fraction, "link_fraction", NONE, FRACTION, ABOVE_0,
                "achievable share of the scale-up bandwidth in collectives")
TC_DEVICE_PARAM(network_fraction, "network_fraction", NONE, FRACTION, ABOVE_0,
                "achievable share of the scale-out bandwidth in collectives")
TC_DEVICE_PARAM(link_step_s, "link_step", SECONDS, POSITIVE, FROM_0,
                "what a step of a collective's bandwidth protocol takes beyond the latency of the scale-up link, s")
TC_DEVICE_PARAM(network_step_s, "network_step", SECONDS, POSITIVE, FROM_0, "the same outside the scale-up domain, s")
TC_DEVICE_PARAM(usable_memory, "usable_memory", NONE, SHARE, ABOVE_0,
                "share of the device's memory that a process can have; the rest is error correction's, firmware's and "
                "the driver's")
TC_DEVICE_PARAM(host_time, "host_time", NONE, FIGURE, ABOVE_0,
                "what a core of the usual host takes to issue an operator, relative to a Xeon 8480C")
TC_DEVICE_PARAM(host_memory, "host_memory", BYTES, FIGURE, FROM_0, "memory of the usual server, bytes")
TC_DEVICE_PARAM(host_devices, "host_devices", NONE, FIGURE, FROM_0, "devices that share it")
TC_DEVICE_PARAM(host_memory_bytes_per_s, "host_memory_bandwidth", BYTES_PER_S, POSITIVE, ABOVE_0,
                "host memory bandwidth that one device gets where all of a server offload at once, bytes/s")
#endif
#ifdef TC_STACK_PARAM
TC_STACK_PARAM(kernel_fraction, "kernel_fraction", NONE, FRACTION, ABOVE_0,
               "GEMM rate of the stack's kernels relative to the device's sustained rate")
TC_STACK_PARAM(attention_relative, "attention_relative", NONE, POSITIVE, ABOVE_0,
               "rate of the stack's attention relative to the kernel that it uses, the device's own or a portable one")
TC_STACK_PARAM(memory_passes, "memory_passes", NONE, POSITIVE, FROM_0,
               "traffic of the non-GEMM operators relative to a fully fused implementation")
TC_STACK_PARAM(loss_passes, "loss_passes", NONE, POSITIVE, FROM_0,
               "traffic of the loss over the logits relative to one fused kernel each way")
TC_STACK_PARAM(grouped_fraction, "grouped_fraction", NONE, FRACTION, ABOVE_0,
               "rate of the experts' grouped GEMMs relative to one GEMM of their size")
TC_STACK_PARAM(expert_s, "expert_overhead", SECONDS, POSITIVE, FROM_0,
               "what one expert's product in a grouped GEMM takes beyond its arithmetic: launch, ramp and drain beside "
               "those of other streams, s")
TC_STACK_PARAM(
    permute_passes, "permute_passes", NONE, POSITIVE, FROM_0,
    "traffic of routing tokens to experts and back relative to one gather each way: copies, padding, weights in fp32")
TC_STACK_PARAM(
    dequantise_passes, "dequantise_passes", NONE, POSITIVE, FROM_0,
    "traffic of making weights of 4 or 8 bit into 16-bit ones relative to reading them and writing their copies once")
TC_STACK_PARAM(host_s_per_kernel, "host_per_kernel", SECONDS, POSITIVE, FROM_0, "host time to issue one kernel, s")
TC_STACK_PARAM(
    moe_sync_s, "moe_sync", SECONDS, POSITIVE, FROM_0,
    "what the device waits in a forward pass of a dropless mixture-of-experts layer while the host reads the "
    "tokens of each expert back and issues what follows, s")
TC_STACK_PARAM(rowwise_fraction, "rowwise_fraction", NONE, FRACTION, ABOVE_0,
               "rate of 8-bit products with a scale for each row relative to those with one for the tensor")
TC_STACK_PARAM(host_s_per_step, "host_per_step", SECONDS, POSITIVE, FROM_0,
               "host time of a step outside its micro-batches: data, logging, synchronisation, s")
TC_STACK_PARAM(shard_step_s, "shard_step", SECONDS, POSITIVE, FROM_0,
               "what an optimizer's step takes for each parameter of a rank beyond its traffic, where fully sharded "
               "weights span nodes, s")
TC_STACK_PARAM(shard_host_s, "shard_host", SECONDS, POSITIVE, FROM_0,
               "host time to gather a weight tensor and let it go, where fully sharded weights go tensor by tensor, s")
TC_STACK_PARAM(dp_overlap, "dp_overlap", NONE, FRACTION, FROM_0,
               "share of gradient and parameter communication that can hide behind compute")
TC_STACK_PARAM(tp_overlap, "tp_overlap", NONE, FRACTION, FROM_0,
               "share of tensor-parallel communication hidden behind compute")
TC_STACK_PARAM(tp_fused_overlap, "tp_fused_overlap", NONE, FRACTION, FROM_0,
               "the same where matmul and collective are one kernel (MC2, CoC)")
TC_STACK_PARAM(ep_overlap, "ep_overlap", NONE, FRACTION, FROM_0, "share of expert all-to-all hidden behind compute")
TC_STACK_PARAM(straggler_spread, "straggler_spread", NONE, POSITIVE, FROM_0,
               "mean delay of a rank, relative to its work, exponentially distributed; the step waits for the slowest")
TC_STACK_PARAM(moe_imbalance, "moe_imbalance", NONE, POSITIVE, FROM_0,
               "tokens of the busiest expert group relative to the mean, minus one")
TC_STACK_PARAM(norm_extra, "norm_extra", NONE, POSITIVE, FROM_0,
               "what is kept for the backward pass around norms and residual additions beyond what fused kernels keep, "
               "relative to it: casts to fp32, sums, masks")
TC_STACK_PARAM(framework_bytes, "framework_memory", BYTES, POSITIVE, FROM_0,
               "device memory outside the allocator: context, libraries and communicators, bytes")
TC_STACK_PARAM(peer_bytes, "peer_memory", BYTES, POSITIVE, FROM_0,
               "buffers of a communicator for each other rank of it in the same server, bytes")
TC_STACK_PARAM(fragmentation, "fragmentation", NONE, POSITIVE, FROM_0,
               "reserved memory beyond the live peak, share of activations")
TC_STACK_PARAM(
    length_fragmentation, "length_fragmentation", NONE, POSITIVE, FROM_0,
    "blocks that the allocator keeps for samples of other lengths while the device has room, relative to the "
    "logits and what the loss keeps beside them; of padded and packed samples none")
#endif

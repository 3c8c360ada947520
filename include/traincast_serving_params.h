/* traincast_serving_params.h - the physical parameters of serving, one table.
 *
 * TC_SERVING_PARAM(name, key, owner, dimension, link, least, low, high, text)
 * name: the member of tc_serving_params, in SI, its unit in the name; key: in data files, where the value carries its unit.
 * owner: whose property it is first of all: DEVICE (an architecture's kernels) or ENGINE (a generation of the program), ERRORS (how far forecasts are off).
 * link: FRACTION (fitted in logits), POSITIVE (fitted in logs), SHARE and FIGURE: known, not fitted.
 * least: FROM_0, or ABOVE_0 where something is divided by it. low, high: where a fitted value can lie, in SI.
 * Priors: data/engines/generic.yaml (`parameters`, and `architectures` for what kernels say of one), data/engines/ENGINE.yaml;
 * fitted: data/fitted/serving.yaml. Adding one is a line here, its prior, its use in src/serving. */
TC_SERVING_PARAM(stream_fraction, "stream_fraction", DEVICE, NONE, FRACTION, ABOVE_0, 0.25, 0.97,
                 "share of the datasheet memory bandwidth at which a large matrix of weights is read for few rows")
TC_SERVING_PARAM(narrow_stream_fraction, "narrow_stream_fraction", DEVICE, NONE, FRACTION, ABOVE_0, 0.25, 1,
                 "the rate at which weights of 8 and 4 bit are read, relative to those of 16 bit")
TC_SERVING_PARAM(gemm_floor_s, "gemm_floor", DEVICE, SECONDS, POSITIVE, FROM_0, 5e-7, 6e-5,
                 "what a product of few rows takes beyond reading its weights, replayed in a graph, s")
TC_SERVING_PARAM(quantise_s, "quantise", DEVICE, SECONDS, POSITIVE, FROM_0, 0, 3e-5,
                 "what quantising the few rows that go into a product of 8 or 4 bit takes, s")
TC_SERVING_PARAM(expert_stream_fraction, "expert_stream_fraction", DEVICE, NONE, FRACTION, ABOVE_0, 0.05, 0.97,
                 "the same share in a grouped product of experts with few rows each")
TC_SERVING_PARAM(unpack_fraction, "unpack_fraction", DEVICE, NONE, FRACTION, ABOVE_0, 0.1, 1,
                 "rate of products whose weights are unpacked to a wider format first (W4A16), relative to those that "
                 "are not")
TC_SERVING_PARAM(expert_unpack_fraction, "expert_unpack_fraction", ENGINE, NONE, FRACTION, ABOVE_0, 0.05, 1,
                 "the rate at which experts' weights that are unpacked to a wider format are read, relative to those "
                 "that are not")
TC_SERVING_PARAM(attention_floor_s, "attention_floor", DEVICE, SECONDS, POSITIVE, FROM_0, 1e-6, 1e-3,
                 "what a call of decode attention takes beyond reading keys and values, s")
TC_SERVING_PARAM(attention_stream_fraction, "attention_stream_fraction", DEVICE, NONE, FRACTION, ABOVE_0, 0.05, 0.97,
                 "share of the memory bandwidth at which decode attention reads keys and values")
TC_SERVING_PARAM(attention_compute_fraction, "attention_compute_fraction", DEVICE, NONE, FRACTION, ABOVE_0, 0.05, 0.95,
                 "share of the 16-bit matmul peak that decode attention reaches where many heads share a latent vector")
TC_SERVING_PARAM(kernel_s, "kernel", DEVICE, SECONDS, POSITIVE, FROM_0, 5e-7, 5e-5,
                 "a small kernel (norm, rotation, activation, routing) replayed in a graph, its gap included, s")
TC_SERVING_PARAM(all_reduce_floor_s, "all_reduce_floor", DEVICE, SECONDS, POSITIVE, FROM_0, 1e-6, 3e-4,
                 "an all-reduce of a few KB within the scale-up domain, s")
TC_SERVING_PARAM(exchange_floor_s, "exchange_floor", DEVICE, SECONDS, POSITIVE, FROM_0, 2e-6, 5e-4,
                 "one way of the exchange of a few tokens between ranks of experts, s")
TC_SERVING_PARAM(prefill_fraction, "prefill_fraction", ENGINE, NONE, FRACTION, ABOVE_0, 0.1, 1,
                 "rate of the products of long rows relative to the device's sustained rate: kernels, casts, gaps")
TC_SERVING_PARAM(expert_prefill_fraction, "expert_prefill_fraction", ENGINE, NONE, FRACTION, ABOVE_0, 0.03, 1,
                 "the same of the grouped products of experts")
TC_SERVING_PARAM(attention_prefill_fraction, "attention_prefill_fraction", ENGINE, NONE, FRACTION, ABOVE_0, 0.1, 1,
                 "rate of prefill attention relative to the device's own fused attention")
TC_SERVING_PARAM(
    small_traffic, "small_traffic", ENGINE, NONE, POSITIVE, FROM_0, 0.3, 8,
    "bytes that the small kernels of a layer (norms, activations, permutations) move for a token, relative to "
    "those of fused ones")
TC_SERVING_PARAM(layer_kernels, "layer_kernels", ENGINE, NONE, POSITIVE, FROM_0, 1, 60,
                 "small kernels of a layer beside its products, attention and collectives")
TC_SERVING_PARAM(expert_kernels, "expert_kernels", ENGINE, NONE, POSITIVE, FROM_0, 1, 120,
                 "small kernels that routing to experts adds to a layer")
TC_SERVING_PARAM(
    narrow_expert_kernels, "narrow_expert_kernels", ENGINE, NONE, POSITIVE, FROM_0, 1, 120,
    "the same where experts are in 4 bit and the device has products in it: kernels of their own may route and weigh")
TC_SERVING_PARAM(
    index_kernels, "index_kernels", ENGINE, NONE, POSITIVE, FROM_0, 2, 150,
    "small kernels that an indexer that chooses keys adds to a layer: rotations, quantisation, its cache, top-k")
TC_SERVING_PARAM(state_kernels, "state_kernels", ENGINE, NONE, POSITIVE, FROM_0, 1, 100,
                 "small kernels that a recurrence takes for a prompt in a layer: convolution, gates, the parts of its "
                 "chunks, its states")
TC_SERVING_PARAM(host_kernel_s, "host_kernel", ENGINE, SECONDS, POSITIVE, FROM_0, 1e-6, 2e-4,
                 "host time to issue one kernel where steps are not replayed as graphs, s")
TC_SERVING_PARAM(host_step_s, "host_step", ENGINE, SECONDS, POSITIVE, FROM_0, 0, 5e-2,
                 "host time of a step that the device waits for: scheduling, inputs, sampling, s")
TC_SERVING_PARAM(host_request_s, "host_request", ENGINE, SECONDS, POSITIVE, FROM_0, 0, 5e-4,
                 "the same for each request that runs, s")
TC_SERVING_PARAM(admission_s, "admission", ENGINE, SECONDS, POSITIVE, FROM_0, 0, 5e-1,
                 "from the arrival of a request to its first step on an idle machine, and from the last kernel to the "
                 "client: HTTP, tokenising, queues between processes, s")
TC_SERVING_PARAM(
    handover_s, "handover", ENGINE, SECONDS, POSITIVE, FROM_0, 0, 1,
    "of a request between devices that prefill and devices that decode, beyond the bytes of its keys and values: "
    "router, agreement on places, the step that runs, s")
TC_SERVING_PARAM(expert_imbalance, "expert_imbalance", ENGINE, NONE, POSITIVE, FROM_0, 0, 3,
                 "what the busiest rank of experts has beyond the mean, relative to it")
TC_SERVING_PARAM(draft_acceptance, "draft_acceptance", ENGINE, NONE, FRACTION, FROM_0, 0.2, 0.99,
                 "probability that a drafted token is accepted where those before it are")
TC_SERVING_PARAM(memory_utilisation, "memory_utilisation", ENGINE, NONE, SHARE, ABOVE_0, 0.3, 1,
                 "share of a device's memory that the engine takes for weights, activations and keys and values")
TC_SERVING_PARAM(other_bytes, "other_memory", ENGINE, BYTES, FIGURE, FROM_0, 0, 4e10,
                 "of that, what is none of these: libraries, communicators, graphs, bytes")
TC_SERVING_PARAM(page_waste, "page_waste", ENGINE, NONE, SHARE, FROM_0, 0, 0.9,
                 "share of the cache's tokens that no running request can use")
TC_SERVING_PARAM(tpot_spread, "tpot_spread", ERRORS, NONE, FIGURE, ABOVE_0, 1, 30,
                 "measured time per output token over its forecast at the upper end of the 80 % interval")
TC_SERVING_PARAM(ttft_spread, "ttft_spread", ERRORS, NONE, FIGURE, ABOVE_0, 1, 30,
                 "the same of the time to the first token")
TC_SERVING_PARAM(rate_spread, "rate_spread", ERRORS, NONE, FIGURE, ABOVE_0, 1, 30, "the same of the output rate")
TC_SERVING_PARAM(unstated_spread, "unstated_spread", ERRORS, NONE, FIGURE, ABOVE_0, 1, 30,
                 "what an engine that nobody named adds: factor at the upper end")

/* machine.h - a machine of round numbers for the tests of the forecast: sums by hand stay short. */
#ifndef TC_TESTS_MACHINE_H
#define TC_TESTS_MACHINE_H

#include "traincast.h"

/* 100 TFLOP/s and 1 TB/s, both reached in full; 100 cores, no power limit, nothing else costs time. */
static inline tc_accelerator round_accelerator(void) {
    tc_accelerator a = tc_default_accelerator();
    a.memory_bytes = 100e9;
    a.memory_bytes_per_s = 1e12;
    a.cores = 100;
    a.matmul_flops[TC_BF16] = a.matmul_flops[TC_FP16] = 100e12;
    a.matmul_flops[TC_FP8] = 200e12;
    a.devices_per_package = 1;
    a.params = (tc_device_params){.gemm_fraction = 1,
                                  .gemm8_fraction = 1,
                                  .gemm4_fraction = 1,
                                  .gemm8_energy_ratio = 0.5,
                                  .gemm4_energy_ratio = 0.25,
                                  .attention_fraction = 1,
                                  .attention_backward_fraction = 1,
                                  .attention_portable_fraction = 1,
                                  .scan_fraction = 1,
                                  .host_time = 1,
                                  .memory_fraction = 1,
                                  .link_fraction = 1,
                                  .network_fraction = 1,
                                  .host_memory_bytes_per_s = 20e9};
    return a;
}

/* Nodes of 8 at 200 GB/s, 25 GB/s between them, without latency. */
static inline tc_fabric round_fabric(void) {
    tc_fabric f = tc_default_fabric();
    f.levels = 2;
    f.level[0] = (tc_level){.name = "node",
                            .size = 8,
                            .topology = TC_TOPOLOGY_SWITCH,
                            .bytes_per_s = 200e9,
                            .oversubscription = 1};
    f.level[1]
        = (tc_level){.name = "network", .topology = TC_TOPOLOGY_FAT_TREE, .bytes_per_s = 25e9, .oversubscription = 1};
    return f;
}

/* Nothing overlaps, nothing is fused away, nothing costs extra; states as in mixed-precision Adam. */
static inline tc_stack round_stack(void) {
    tc_stack s = tc_default_stack();
    s.defaults.sharding = TC_SHARD_NONE;
    s.defaults.recompute = TC_RECOMPUTE_NONE;
    s.attention = TC_ATTENTION_FLASH;
    s.defaults.micro_batch = 1;
    s.defaults.sequence_parallel = false;
    s.memory.grad_bytes = s.memory.main_grad_bytes = 4;
    s.memory.optimizer_bytes = 12;
    s.memory.logits_bytes = 4;
    s.kernels.native_attention = true;
    s.kernels.issued_by_mixer = 65;
    s.kernels.issued_by_latents = 35;
    s.kernels.issued_by_router = 45;
    s.kernels.issued_by_experts = 50;
    s.kernels.issued_by_shared = 15;
    s.kernels.issued_by_alltoall = s.kernels.issued_by_allgather = 40;
    s.kernels.issued_by_deepep = 30;
    s.kernels.issued_by_hybridep = 12;
    s.kernels.issued_by_ring = 18;
    s.defaults.graphs = TC_GRAPHS_ALL;
    s.params = (tc_stack_params){.kernel_fraction = 1,
                                 .attention_relative = 1,
                                 .memory_passes = 1,
                                 .loss_passes = 1,
                                 .permute_passes = 1,
                                 .dequantise_passes = 1,
                                 .grouped_fraction = 1};
    return s;
}

/* A GPT layer: 16 heads of 64, plain MLP of 4 h, LayerNorm with biases. */
static inline tc_model round_gpt(int layers) {
    tc_model m = tc_default_model();
    m.hidden = 1024;
    m.vocab = 32768;
    m.seq = m.learned_positions = 1024;
    m.positions = TC_POSITIONS_LEARNED;
    m.norm = TC_NORM_LAYER;
    m.norm_weight = m.norm_bias = m.causal = m.final_norm = m.lm_head = true;
    m.tied_embeddings = true;
    m.blocks = 1;
    m.block[0] = tc_default_block();
    m.block[0].count = layers;
    m.block[0].attention.heads = m.block[0].attention.kv_heads = 16;
    m.block[0].attention.head_dim = 64;
    m.block[0].attention.qkv_bias = m.block[0].attention.out_bias = m.block[0].dense.bias = true;
    m.block[0].dense.kind = TC_MLP_PLAIN;
    m.block[0].dense.ffn = 4096;
    m.block[0].norms = 2;
    return m;
}

/* A Mixtral-like layer: 8 experts, 2 of them a token. */
static inline tc_model round_moe(int layers) {
    tc_model m = round_gpt(layers);
    m.positions = TC_POSITIONS_ROTARY;
    m.learned_positions = 0;
    m.norm = TC_NORM_RMS;
    m.norm_bias = m.tied_embeddings = false;
    tc_block *b = &m.block[0];
    b->attention.qkv_bias = b->attention.out_bias = false;
    b->attention.kv_heads = 8;
    b->ffn = TC_FFN_EXPERTS;
    b->experts.experts = 8;
    b->experts.top_k = 2;
    b->experts.ffn = 2048;
    return m;
}

static inline tc_question round_machine(int devices) {
    tc_question m = tc_default_question();
    m.stack = round_stack();
    m.job.model = round_gpt(8);
    m.cluster.accelerator = round_accelerator();
    m.cluster.fabric = round_fabric();
    m.cluster.devices = devices;
    return m;
}

#endif

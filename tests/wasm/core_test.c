/* core_test.c - a forecast by the core alone, without catalog, files and threads.
 *
 * Compiled for this machine and for wasm32; what both print is compared. The inputs
 * are round numbers, not those of a real device.
 */
#include <stdio.h>
#include <string.h>

#include "traincast.h"

static tc_accelerator accelerator(void) {
    tc_accelerator a = tc_default_accelerator();
    a.memory_bytes = 80e9;
    a.memory_bytes_per_s = 2e12;
    a.cores = 108;
    a.matmul_flops[TC_BF16] = 300e12;
    a.tdp_w = 400;
    tc_device_params *p = &a.params;
    p->gemm_fraction = 0.85;
    p->gemm_energy_j = 1.2e-12;
    p->gemm_k_half = 128;
    p->attention_fraction = 0.6;
    p->attention_backward_fraction = 0.5;
    p->attention_portable_fraction = 0.9;
    p->attention_seq_half = 256;
    p->attention_backward_seq_half = 640;
    p->memory_fraction = 0.85;
    p->launch_s = 2e-6;
    p->link_fraction = 0.8;
    p->network_fraction = 0.8;
    return a;
}

static tc_fabric fabric(void) {
    tc_fabric f = tc_default_fabric();
    f.levels = 2;
    f.level[0] = (tc_level){.name = "node",
                            .size = 8,
                            .topology = TC_TOPOLOGY_SWITCH,
                            .bytes_per_s = 300e9,
                            .latency_s = 3e-6,
                            .oversubscription = 1};
    f.level[1] = (tc_level){.name = "network",
                            .topology = TC_TOPOLOGY_FAT_TREE,
                            .bytes_per_s = 25e9,
                            .latency_s = 1e-5,
                            .oversubscription = 1};
    return f;
}

static tc_model model(void) {
    tc_model m = tc_default_model();
    m.hidden = 4096;
    m.vocab = 32000;
    m.seq = 4096;
    m.positions = TC_POSITIONS_ROTARY;
    m.norm = TC_NORM_RMS;
    m.norm_weight = m.causal = m.final_norm = m.lm_head = true;
    m.norm_bias = m.tied_embeddings = false;
    m.blocks = 1;
    m.block[0] = tc_default_block();
    m.block[0].count = 32;
    m.block[0].attention.heads = m.block[0].attention.kv_heads = 32;
    m.block[0].attention.head_dim = 128;
    m.block[0].ffn = TC_FFN_DENSE;
    m.block[0].dense.kind = TC_MLP_GATED;
    m.block[0].dense.ffn = 11008;
    m.block[0].norms = 2;
    return m;
}

int main(void) {
    tc_question q = tc_default_question();
    tc_step step;
    tc_error error;
    q.job.model = model();
    q.job.global_batch = 512;
    q.cluster.accelerator = accelerator();
    q.cluster.fabric = fabric();
    q.cluster.devices = 64;
    q.layout.tp = 4;
    q.layout.pp = 2;
    q.stack.defaults.micro_batch = 1;
    q.stack.params.kernel_fraction = 0.95;
    q.stack.params.attention_relative = 1;
    q.stack.params.memory_passes = 1.5;
    q.stack.params.loss_passes = 1.5;
    q.stack.params.host_s_per_step = 0.01;
    q.stack.params.straggler_spread = 0.01;
    q.stack.params.framework_bytes = 3e9;
    tc_model_size size = tc_model_count(&q.job.model);
    if (tc_forecast(&q, &step, &error)) {
        printf("%s: %s\n", error.place, error.text);
        return 1;
    }
    /* ten digits: the C libraries' logarithms may differ in the last */
    printf("parameters %.0f\nstep_s %.9e\nmemory %.9e\nmfu_pct %.9e\n", size.parameters, step.step_s,
           step.memory.reserved, step.mfu_pct);
    q.layout.tp = 3;
    if (tc_forecast(&q, &step, &error) != TC_INVALID) return 1;
    printf("%s: %s\n", error.place, error.text);
    return 0;
}

/* One step: the parts add up, bubbles by hand, properties that hold for any machine, impossible layouts, determinism. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layout/layout.h"
#include "machine.h"
#include "near.h"
#include "step/step.h"

static tc_step step_of(const tc_question *m) {
    tc_step step;
    tc_error error;
    if (tc_forecast(m, &step, &error)) fail_msg("%s: %s", error.place, error.text);
    return step;
}

/* A machine with everything that costs time in it, not only round numbers. */
static tc_question real_machine(int devices) {
    tc_question m = round_machine(devices);
    tc_accelerator *a = &m.cluster.accelerator;
    a->tdp_w = 400;
    a->host_bytes_per_s = 25e9;
    a->params.gemm_fraction = 0.85;
    a->params.gemm_energy_j = 3e-12;
    a->params.gemm_k_half = 128;
    a->params.attention_fraction = 0.6;
    a->params.attention_backward_fraction = 0.5;
    a->params.attention_seq_half = 256;
    a->params.attention_backward_seq_half = 640;
    a->params.memory_fraction = 0.85;
    a->params.launch_s = 2e-6;
    a->params.link_fraction = 0.8;
    a->params.network_fraction = 0.8;
    m.cluster.fabric.level[0].latency_s = 3e-6;
    m.cluster.fabric.level[1].latency_s = 8e-6;
    m.stack.defaults.graphs = 0;
    m.stack.params = (tc_stack_params){.kernel_fraction = 0.95,
                                       .attention_relative = 0.9,
                                       .memory_passes = 1.6,
                                       .loss_passes = 1.5,
                                       .permute_passes = 2,
                                       .grouped_fraction = 0.8,
                                       .host_s_per_kernel = 4e-6,
                                       .host_s_per_step = 0.02,
                                       .dp_overlap = 0.7,
                                       .tp_overlap = 0.2,
                                       .ep_overlap = 0.2,
                                       .straggler_spread = 0.01,
                                       .moe_imbalance = 0.1,
                                       .framework_bytes = 3e9,
                                       .fragmentation = 0.05};
    return m;
}

/* ---- a set of jobs and layouts on 64 devices, dense and with experts -------------------------------------- */

typedef struct spread {
    int tp, pp, cp, ep, vpp, micro_batch, sharding, recompute, schedule;
    bool sequence_parallel, moe;
} spread;

static const spread spreads[] = {
    {1, 1, 1, 1, 1, 1, TC_SHARD_NONE, TC_RECOMPUTE_NONE, TC_UNSET, false, false},
    {1, 1, 1, 1, 1, 4, TC_SHARD_ZERO3, TC_RECOMPUTE_FULL, TC_UNSET, false, false},
    {4, 1, 1, 1, 1, 2, TC_SHARD_ZERO1, TC_RECOMPUTE_SELECTIVE, TC_UNSET, true, false},
    {8, 4, 1, 1, 1, 1, TC_SHARD_ZERO1, TC_RECOMPUTE_NONE, TC_SCHEDULE_1F1B, true, false},
    {2, 4, 1, 1, 2, 1, TC_SHARD_ZERO1, TC_RECOMPUTE_FULL, TC_SCHEDULE_INTERLEAVED, false, false},
    {2, 4, 1, 1, 1, 2, TC_SHARD_NONE, TC_RECOMPUTE_NONE, TC_SCHEDULE_GPIPE, false, false},
    {2, 2, 1, 1, 1, 1, TC_SHARD_ZERO2, TC_RECOMPUTE_NONE, TC_SCHEDULE_ZB_H1, false, false},
    {2, 1, 8, 1, 1, 1, TC_SHARD_ZERO1, TC_RECOMPUTE_NONE, TC_UNSET, true, false},
    {1, 1, 1, 8, 1, 1, TC_SHARD_ZERO1, TC_RECOMPUTE_NONE, TC_UNSET, false, true},
    {2, 2, 1, 4, 1, 2, TC_SHARD_ZERO1, TC_RECOMPUTE_FULL, TC_UNSET, true, true},
    {1, 4, 1, 8, 2, 1, TC_SHARD_ZERO1, TC_RECOMPUTE_NONE, TC_UNSET, false, true},
};
enum { SPREADS = sizeof spreads / sizeof spreads[0] };

static tc_question spread_machine(const spread *s, int devices, int64_t global_batch) {
    tc_question m = real_machine(devices);
    m.job.model = s->moe ? round_moe(16) : round_gpt(16);
    m.job.global_batch = global_batch;
    m.layout.tp = s->tp;
    m.layout.pp = s->pp;
    m.layout.cp = s->cp;
    m.layout.ep = s->ep;
    m.layout.vpp = s->vpp;
    m.layout.micro_batch = s->micro_batch;
    m.layout.sharding = s->sharding;
    m.layout.recompute = s->recompute;
    m.layout.schedule = s->schedule;
    m.layout.sequence_parallel = s->sequence_parallel;
    return m;
}

static void the_parts_add_up(void **state) {
    (void)state;
    for (int i = 0; i < SPREADS; i++) {
        tc_question m = spread_machine(&spreads[i], 64, 512);
        tc_step s = step_of(&m);
        assert_near(tc_breakdown_sum(&s.breakdown), s.step_s, 1e-12 * s.step_s);
        for (int k = 0; k < TC_PARTS_ALL; k++) assert_true(tc_breakdown_seconds(&s.breakdown, k) >= -1e-12 * s.step_s);
        assert_near(s.tokens_per_s_per_device, 512 * 1024.0 / s.step_s / 64, 1e-9 * s.tokens_per_s_per_device);
        assert_near(s.mfu_pct, 100 * s.model_flops[TC_FLOPS_FULL] / s.step_s / 64 / 100e12, 1e-9);
        assert_true(s.mfu_pct > 0 && s.mfu_pct < 100 && s.hfu_pct >= s.mfu_pct && s.hfu_pct < 100);
    }
}

/* So they do without an optimizer, and then the host has nothing to do beside the micro-batches. */
static void the_parts_add_up_without_an_optimizer(void **state) {
    (void)state;
    for (int i = 0; i < SPREADS; i++) {
        tc_question m = spread_machine(&spreads[i], 64, 512);
        tc_step with = step_of(&m);
        m.job.optimizer = TC_OPTIMIZER_NONE;
        tc_step s = step_of(&m);
        assert_near(tc_breakdown_sum(&s.breakdown), s.step_s, 1e-12 * s.step_s);
        assert_near(with.breakdown.host - s.breakdown.host, m.stack.params.host_s_per_step, 1e-12 * s.step_s);
        assert_near(s.breakdown.optimizer, 0, 0);
    }
}

static void the_same_again(void **state) {
    (void)state;
    for (int i = 0; i < SPREADS; i++) {
        tc_question m = spread_machine(&spreads[i], 64, 512);
        tc_step a = step_of(&m), b = step_of(&m);
        assert_memory_equal(&a.breakdown, &b.breakdown, sizeof a.breakdown);
        assert_memory_equal(&a.memory, &b.memory, offsetof(tc_memory, stage) + sizeof a.memory.stage);
        assert_true(a.step_s == b.step_s);
    }
}

/* ---- properties -------------------------------------------------------------------------------------------- */

typedef void change(tc_question *m);

static void faster_matmul(tc_question *m) { m->cluster.accelerator.matmul_flops[TC_BF16] *= 1.5; }
static void faster_memory(tc_question *m) { m->cluster.accelerator.memory_bytes_per_s *= 1.5; }
static void faster_links(tc_question *m) { m->cluster.fabric.level[0].bytes_per_s *= 1.5; }
static void faster_network(tc_question *m) { m->cluster.fabric.level[1].bytes_per_s *= 1.5; }
static void less_latency(tc_question *m) {
    m->cluster.fabric.level[0].latency_s = m->cluster.fabric.level[1].latency_s = 0;
}
static void more_power(tc_question *m) { m->cluster.accelerator.tdp_w *= 1.5; }
static void less_host_time(tc_question *m) { m->stack.params.host_s_per_kernel /= 2; }
static void more_fusion(tc_question *m) { m->stack.params.memory_passes = 1; }
static void more_overlap(tc_question *m) {
    m->stack.params.dp_overlap = m->stack.params.tp_overlap = m->stack.params.ep_overlap = 0.9;
}
static void equal_ranks(tc_question *m) { m->stack.params.straggler_spread = 0; }

static void better_is_never_slower(void **state) {
    (void)state;
    change *const changes[] = {faster_matmul, faster_memory,  faster_links, faster_network, less_latency,
                               more_power,    less_host_time, more_fusion,  more_overlap,   equal_ranks};
    for (int i = 0; i < SPREADS; i++)
        for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
            tc_question m = spread_machine(&spreads[i], 64, 512);
            double before = step_of(&m).step_s;
            changes[c](&m);
            double after = step_of(&m).step_s;
            if (after > before * (1 + 1e-12))
                fail_msg("layout %d, change %zu: %.9g s became %.9g s", i, c, before, after);
        }
}

/* Twice the devices with twice the batch: at least as many tokens a second in all. */
static void more_devices_more_tokens(void **state) {
    (void)state;
    for (int i = 0; i < SPREADS; i++) {
        double before = 0;
        for (int devices = 64; devices <= 4096; devices *= 2) {
            tc_question m = spread_machine(&spreads[i], devices, 8 * devices);
            double tokens = step_of(&m).tokens_per_s_per_device * devices;
            if (tokens < before) fail_msg("layout %d: %d devices, %g tokens/s after %g", i, devices, tokens, before);
            before = tokens;
        }
    }
}

/* What is computed again costs time and saves memory. */
static void recompute_trades_time_for_memory(void **state) {
    (void)state;
    for (int i = 0; i < SPREADS; i++) {
        tc_question m = spread_machine(&spreads[i], 64, 512);
        double seconds = 0, bytes = HUGE_VAL;
        const int choices[] = {TC_RECOMPUTE_NONE, TC_RECOMPUTE_SELECTIVE, TC_RECOMPUTE_FULL};
        for (int c = 0; c < 3; c++) {
            m.layout.recompute = choices[c];
            tc_step s = step_of(&m);
            assert_true(s.step_s >= seconds);
            assert_true(s.memory.activations <= bytes * (1 + 1e-12));
            seconds = s.step_s;
            bytes = s.memory.activations;
        }
        /* 0 of the layers is none of them, all is full */
        m.layout.recompute = TC_RECOMPUTE_LAYERS;
        m.layout.recompute_layers = 16;
        assert_near(step_of(&m).step_s, seconds, 1e-9 * seconds);
    }
}

/* Without a pipeline two sequences at once are never slower than one after the other, and keep more. */
/* Some operators again: between none and all layers; every operator again is every layer again, but for its communication. */
static void recompute_of_operators(void **state) {
    (void)state;
    for (int moe = 0; moe < 2; moe++) {
        tc_question m = real_machine(64);
        m.job.model = moe ? round_moe(16) : round_gpt(16);
        m.layout.sharding = TC_SHARD_ZERO1;
        tc_step none = step_of(&m);
        m.layout.recompute = TC_RECOMPUTE_FULL;
        tc_step full = step_of(&m);
        m.layout.recompute = TC_RECOMPUTE_OPERATORS;
        m.layout.recompute_operators = 0;
        tc_step nothing = step_of(&m);
        assert_near(nothing.step_s, none.step_s, 1e-12);
        assert_near(nothing.memory.activations, none.memory.activations, 1e-12);
        m.layout.recompute_operators = TC_GROUP_ALL;
        assert_near(step_of(&m).breakdown.recompute, full.breakdown.recompute, 1e-3);
        double seconds = none.step_s, bytes = none.memory.activations;
        static const int more[]
            = {TC_GROUP_NORM, TC_GROUP_ACTIVATION, TC_GROUP_GATE, TC_GROUP_MLP_UP, TC_GROUP_ATTENTION, TC_GROUP_QKV};
        m.layout.recompute_operators = 0;
        for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
            m.layout.recompute_operators |= more[i];
            tc_step step = step_of(&m);
            assert_true(step.step_s >= seconds && step.step_s < full.step_s);
            assert_true(step.memory.activations <= bytes + step.memory.activations * 1e-12 || i == 0);
            seconds = step.step_s;
            bytes = step.memory.activations;
        }
        assert_true(bytes < 0.6 * none.memory.activations);
    }
}

/* Where the host sets the pace, graphs take it out; in part for some operators. */
static void graphs_take_host_time(void **state) {
    (void)state;
    tc_question m = real_machine(8);
    m.stack.params.host_s_per_kernel = 1e-3;
    tc_step eager = step_of(&m);
    m.layout.graphs = TC_GROUP_NORM | TC_GROUP_MLP | TC_GROUP_ACTIVATION;
    tc_step part = step_of(&m);
    m.layout.graphs = TC_GROUP_ALL;
    tc_step all = step_of(&m);
    assert_true(all.breakdown.host < part.breakdown.host && part.breakdown.host < eager.breakdown.host);
    assert_near(all.breakdown.gemm, eager.breakdown.gemm, 1e-12);
}

/* Where the host sets the pace, each of the 4 steps of a ring takes it 18 operators, 4 to a kernel, forward and backward of each block; an all-to-all
 * issues its 2 collectives whatever the ring's count is. */
static void rings_issue_operators(void **state) {
    (void)state;
    tc_question m = real_machine(64);
    m.stack.params.host_s_per_kernel = 1e-3;
    m.stack.defaults.graphs = 0;
    m.layout.graphs = 0;
    m.layout.cp = 4;
    m.layout.cp_kind = TC_CP_RING;
    m.layout.micro_batch = 1;
    m.job.global_batch = 2 * 16;
    double blocks = tc_layer_count(&m.job.model), with = step_of(&m).breakdown.host;
    m.stack.kernels.issued_by_ring = 0;
    tc_step none = step_of(&m);
    assert_near(with - none.breakdown.host, 2 * blocks * 2 * 4 * 18 / 4 * 1e-3, 1e-9);
    m.layout.cp_kind = TC_CP_ALL_TO_ALL;
    double exchanged = step_of(&m).breakdown.host;
    m.stack.kernels.issued_by_ring = 18;
    assert_near(step_of(&m).breakdown.host, exchanged, 1e-12);
}

/* Balanced routing is the same as no imbalance. */
static void balanced_routing(void **state) {
    (void)state;
    tc_question m = real_machine(64);
    m.job.model = round_moe(16);
    m.layout.ep = 8;
    tc_step uneven = step_of(&m);
    m.job.balanced_routing = true;
    tc_step even = step_of(&m);
    m.job.balanced_routing = false;
    m.stack.params.moe_imbalance = 0;
    assert_near(even.step_s, step_of(&m).step_s, 1e-12);
    assert_true(even.step_s < uneven.step_s);
}

/* Cores that communication keeps are missing from compute. */
static void communication_cores(void **state) {
    (void)state;
    tc_question m = real_machine(64);
    m.cluster.accelerator.cores = 100;
    tc_step all = step_of(&m);
    m.stack.kernels.communication_cores = 25;
    tc_step fewer = step_of(&m);
    assert_true(fewer.breakdown.gemm > 1.05 * all.breakdown.gemm
                && fewer.breakdown.attention > 1.2 * all.breakdown.attention);
}

static void larger_micro_batches(void **state) {
    (void)state;
    for (int i = 0; i < SPREADS; i++) {
        if (spreads[i].pp > 1) continue;
        tc_question m = spread_machine(&spreads[i], 64, 4096);
        double seconds = HUGE_VAL, bytes = 0;
        for (m.layout.micro_batch = 1; m.layout.micro_batch <= 16; m.layout.micro_batch *= 2) {
            tc_step s = step_of(&m);
            assert_true(s.step_s <= seconds * (1 + 1e-12));
            assert_true(s.memory.activations > bytes);
            seconds = s.step_s;
            bytes = s.memory.activations;
        }
    }
}

static void longer_batches_longer_steps(void **state) {
    (void)state;
    for (int i = 0; i < SPREADS; i++) {
        double seconds = 0, rate = 0;
        for (int64_t batch = 512; batch <= 8192; batch *= 2) {
            tc_question m = spread_machine(&spreads[i], 64, batch);
            tc_step s = step_of(&m);
            assert_true(s.step_s > seconds);
            /* what is paid once a step weighs less */
            assert_true(s.tokens_per_s_per_device >= rate * (1 - 1e-12));
            seconds = s.step_s;
            rate = s.tokens_per_s_per_device;
        }
    }
}

/* ---- by hand ------------------------------------------------------------------------------------------------- */

/* One device has nobody to talk to or to wait for. */
static void alone(void **state) {
    (void)state;
    tc_question m = real_machine(1);
    tc_breakdown b = step_of(&m).breakdown;
    const double waits[] = {b.tp_comm, b.cp_comm, b.ep_comm, b.pp_comm, b.dp_comm, b.straggler, b.bubble};
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) assert_near(waits[i], 0, 1e-15);
}

/* Gradients of 4 bytes over 8 devices at 200 GB/s, none of it hidden: 2 (8 - 1) / 8 passes of the buffer. */
static void gradients_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    double n = tc_model_count(&m.job.model).parameters;
    m.job.global_batch = 8;
    assert_near(step_of(&m).breakdown.dp_comm, 2 * 7.0 / 8 * 4 * n / 200e9, 2e-5 * n / 25e9);
    /* 16 devices: each of two nodes passes an eighth of the buffer over each NIC, twice half of it */
    m.cluster.devices = 16;
    m.job.global_batch = 16;
    assert_near(step_of(&m).breakdown.dp_comm,
                2 * 4 * n / 8 / 2 / 25e9 > 2 * 7.0 / 8 * 4 * n / 200e9 ? 2 * 4 * n / 8 / 2 / 25e9
                                                                       : 2 * 7.0 / 8 * 4 * n / 200e9,
                2e-5 * n / 25e9);
}

/* ZeRO-2 keeps a shard of the gradients: it scatters them after each of four micro-batches, ZeRO-1 once. */
static void sharded_gradients_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    double n = tc_model_count(&m.job.model).parameters, scatter = 7.0 / 8 * 4 * n / 200e9,
           gather = 7.0 / 8 * 2 * n / 200e9;
    m.job.global_batch = 32;
    m.layout.sharding = TC_SHARD_ZERO1;
    assert_near(step_of(&m).breakdown.dp_comm, scatter + gather, 1e-4 * scatter);
    m.layout.sharding = TC_SHARD_ZERO2;
    assert_near(step_of(&m).breakdown.dp_comm, 4 * scatter + gather, 1e-4 * scatter);
}

/* A nanosecond a parameter of the rank's shard on two nodes, nothing in one, nothing where states alone are split. */
static void shards_that_span_nodes(void **state) {
    (void)state;
    for (int devices = 8; devices <= 16; devices *= 2)
        for (int sharding = TC_SHARD_ZERO1; sharding <= TC_SHARD_ZERO3; sharding++) {
            tc_question m = round_machine(devices);
            m.job.global_batch = devices;
            m.layout.sharding = sharding;
            double before = step_of(&m).breakdown.optimizer, n = tc_model_count(&m.job.model).parameters;
            m.stack.params.shard_step_s = 1e-9;
            bool counts = devices == 16 && sharding == TC_SHARD_ZERO3;
            assert_near(step_of(&m).breakdown.optimizer - before, counts ? 1e-9 * n / 16 : 0, 1e-12 * n / 16);
        }
}

/* A loss of counted traffic takes it over the bandwidth, whatever the stack's passes; one that is not counted takes its passes. */
static void loss_by_its_bytes(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    tc_placement placement;
    tc_costs c;
    char assumed[TC_ASSUMED_MAX][96];
    int count = 0;
    tc_error error;
    m.stack.params.memory_passes = 1;
    assert_int_equal(tc_layout_resolve(&m, &placement, assumed, &count, &error), TC_OK);
    assert_int_equal(tc_costs_compute(&m, &placement, &c, &error), TC_OK);
    double logits = (double)placement.global_batch * placement.shard.seq * m.job.model.vocab, rate = c.rates.memory;
    double at[3];
    for (int passes = 1; passes <= 2; passes++) {
        m.stack.params.loss_passes = passes;
        m.stack.kernels.loss_bytes = 0;
        at[passes] = step_of(&m).breakdown.memory_bound;
        m.stack.kernels.loss_bytes = 4;
        double width = m.stack.memory.logits_bytes > 2 ? 20 : 12;
        assert_near(at[passes] - step_of(&m).breakdown.memory_bound, (passes * width - 4) * logits / rate,
                    1e-6 * at[passes]);
    }
    assert_true(at[2] > at[1]);
}

/* With 10 us a hop an all-reduce of 8 ranks has 2 x 3 hops (the tree), a gather or a scatter 7: once for each bucket of an eighth of
 * the gradients, or for each weight tensor. */
static void collectives_by_the_piece(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    double n = tc_model_count(&m.job.model).parameters, hop = 1e-5;
    m.job.global_batch = 8;
    m.layout.sharding = TC_SHARD_NONE;
    m.cluster.fabric.level[0].latency_s = hop;
    double whole = step_of(&m).breakdown.dp_comm;
    m.stack.kernels.collective_elements = n / 8;
    assert_near(step_of(&m).breakdown.dp_comm, whole + 7 * 6 * hop, 1e-7);
    m.layout.sharding = TC_SHARD_ZERO1;
    whole = step_of(&m).breakdown.dp_comm;
    m.stack.kernels.tensor_collectives = 1 << TC_SHARD_ZERO3;
    assert_near(step_of(&m).breakdown.dp_comm, whole, 1e-12);
    m.stack.kernels.tensor_collectives = 1 << TC_SHARD_ZERO1;
    tc_placement placement;
    tc_costs c;
    char assumed[TC_ASSUMED_MAX][96];
    int count = 0;
    tc_error error;
    assert_int_equal(tc_layout_resolve(&m, &placement, assumed, &count, &error), TC_OK);
    assert_int_equal(tc_costs_compute(&m, &placement, &c, &error), TC_OK);
    double tensors = tc_stage_load_of(&c, 0).weights.tensors, layers = tc_layer_count(&m.job.model);
    assert_true(tensors >= 4 * layers + 2 && tensors <= 12 * layers + 2);
    assert_near(step_of(&m).breakdown.dp_comm, whole + (tensors - 1) * 2 * 7 * hop, 1e-9);
}

/* Experts over two nodes, their exchange and the gradients wholly hidden as far as there is time: both go over the NIC, so that the
 * gradients have what the exchange leaves of the last backward. Experts within a node leave it all. */
static void shared_links_by_hand(void **state) {
    (void)state;
    for (int ep = 8; ep <= 16; ep *= 2) {
        tc_question m = round_machine(16);
        m.job.model = round_moe(8);
        m.job.model.block[0].experts.experts = 16;
        m.job.global_batch = 16;
        m.job.seq = 128;
        m.layout.ep = ep;
        m.layout.sharding = TC_SHARD_NONE;
        m.stack.params.ep_overlap = m.stack.params.dp_overlap = 1;
        m.stack.kernels.overlap_experts = true;
        tc_placement placement;
        tc_costs c;
        char assumed[TC_ASSUMED_MAX][96];
        int n = 0;
        tc_error error;
        assert_int_equal(tc_layout_resolve(&m, &placement, assumed, &n, &error), TC_OK);
        assert_int_equal(tc_costs_compute(&m, &placement, &c, &error), TC_OK);
        tc_pass stage;
        tc_stage_pass(&c, 0, &stage);
        tc_stage_load load = tc_stage_load_of(&c, 0);
        double backward = tc_parts_sum(&stage.backward), exchange = 8 * c.block[0].backward_transit.ep,
               reduce = tc_data_parallel_of(&c, &load).reduce;
        double free = ep == 8 ? backward : backward - exchange;
        assert_near(stage.backward.ep_comm, 0, 1e-12);
        assert_true(exchange > 0 && exchange < backward && reduce > backward);
        assert_near(step_of(&m).breakdown.dp_comm, reduce - free, 1e-9);
    }
}

static double forward_of(const tc_pass pass) { return tc_parts_sum(&pass.forward); }

static tc_pass block_of(const tc_question *m) {
    tc_placement placement;
    tc_costs c;
    char assumed[TC_ASSUMED_MAX][96];
    int n = 0;
    tc_error error;
    assert_int_equal(tc_layout_resolve(m, &placement, assumed, &n, &error), TC_OK);
    assert_int_equal(tc_costs_compute(m, &placement, &c, &error), TC_OK);
    return c.block[0];
}

/* The layer's own time with the host's beside it. */
static double beside(double device, double host) { return sqrt(sqrt(pow(device, 4) + pow(host, 4))); }

/* A dropless layer waits until the counts of its tokens are on the host, once forward, once where the forward runs again; then host and
 * device work beside each other. Not with a capacity, nor where all of the step is replayed. */
static void experts_wait_for_the_host(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    m.job.model = round_moe(8);
    m.layout.ep = 8;
    double without = forward_of(block_of(&m));
    m.stack.params.moe_sync_s = 1e-3;
    assert_near(forward_of(block_of(&m)), without, 0);
    m.stack.kernels.reads_counts = true;
    tc_pass waits = block_of(&m);
    assert_near(tc_parts_sum(&waits.forward), beside(without, 1e-3), 1e-12);
    /* the backward pass reads nothing back, but its operators are issued one by one too */
    double backward = tc_parts_sum(&waits.backward) - waits.backward.host;
    assert_near(tc_parts_sum(&waits.backward), fmax(backward, 1e-3), 1e-12);
    m.stack.params.moe_sync_s = 1;
    waits = block_of(&m);
    assert_near(tc_parts_sum(&waits.backward), 1, 1e-12);
    m.stack.params.moe_sync_s = 1e-3;
    m.layout.recompute = TC_RECOMPUTE_FULL;
    assert_near(block_of(&m).backward.recompute, beside(without, 1e-3), 1e-12);
    m.layout.recompute = TC_RECOMPUTE_OPERATORS;
    m.layout.recompute_operators = TC_GROUP_MOE;
    tc_pass again = block_of(&m);
    m.stack.params.moe_sync_s = 0;
    tc_pass alone = block_of(&m);
    double computed = alone.backward.recompute - alone.forward.ep_comm;
    assert_near(again.backward.recompute - alone.forward.ep_comm, beside(computed, 1e-3), 1e-12);
    m.stack.params.moe_sync_s = 1e-3;
    m.layout.recompute = TC_RECOMPUTE_NONE;
    m.layout.graphs = TC_GRAPHS_ALL | TC_GROUP_ALL;
    assert_near(forward_of(block_of(&m)), without, 1e-12);
    m.layout.graphs = TC_UNSET;
    m.job.expert_capacity = 1;
    assert_near(forward_of(block_of(&m)), without, 1e-12);
}

/* Of the 200 operators of such a layer a graph of the router holds 45, one of attention 65; a block without attention has none of those; experts of every token
 * are 15 more. DeepEP issues 10 fewer than an exchange, HybridEP 28. Both sort tokens once each way, not twice. */
static void dispatchers_and_graphs_issue_fewer(void **state) {
    (void)state;
    static const struct {
        tc_dispatcher dispatcher;
        bool alone; /* experts without attention */
        bool shared;
        int graphs;
        double operators;
    } cases[] = {
        {TC_DISPATCHER_ALLTOALL, false, false, 0, 200},
        {TC_DISPATCHER_ALLTOALL, false, true, 0, 215},
        {TC_DISPATCHER_DEEPEP, false, false, 0, 190},
        {TC_DISPATCHER_HYBRIDEP, false, false, 0, 172},
        {TC_DISPATCHER_ALLTOALL, true, false, 0, 135},
        {TC_DISPATCHER_ALLTOALL, false, false, TC_GROUP_ROUTER, 155},
        {TC_DISPATCHER_HYBRIDEP, false, false,
         TC_GROUP_ROUTER | TC_GROUP_QKV | TC_GROUP_ATTENTION | TC_GROUP_OUT_PROJECTION, 62},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_question m = round_machine(8);
        m.job.model = round_moe(8);
        if (cases[i].alone) m.job.model.block[0].mixer = TC_MIXER_NONE;
        if (cases[i].shared) m.job.model.block[0].experts.shared_ffn = 512;
        m.layout.ep = 8;
        m.layout.graphs = cases[i].graphs;
        m.stack.kernels.dispatcher = cases[i].dispatcher;
        double without = forward_of(block_of(&m));
        m.stack.kernels.reads_counts = true;
        m.stack.params.moe_sync_s = 1e-3;
        assert_near(forward_of(block_of(&m)), beside(without, 1e-3 * cases[i].operators / 200), 1e-12);
    }
    tc_accelerator a = round_accelerator();
    tc_stack stack = round_stack();
    tc_rates exchange, sorts;
    assert_int_equal(tc_rates_of(&a, &stack, TC_BF16, &exchange, NULL), TC_OK);
    stack.kernels.dispatcher = TC_DISPATCHER_DEEPEP;
    assert_int_equal(tc_rates_of(&a, &stack, TC_BF16, &sorts, NULL), TC_OK);
    assert_near(sorts.permute_passes, exchange.permute_passes / 2, 0);
}

/* The exchange is exposed whole, or less what the compute of another micro-batch hides of it. */
static void exchange_of_experts_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    m.job.model = round_moe(8);
    m.layout.ep = 8;
    m.stack.params.ep_overlap = 0.5;
    tc_pass in_line = block_of(&m);
    assert_near(in_line.forward.ep_comm, in_line.forward_transit.ep, 1e-15);
    /* 7/8 of the two copies of a token leave the rank, there and back; or all tokens of the group come to each rank, and sums go back */
    m.stack.kernels.dispatcher = TC_DISPATCHER_ALLGATHER;
    double tokens = 1024 * 2 * 1024;
    assert_near(in_line.forward_transit.ep, 2 * 7.0 / 8 * 2 * tokens / 200e9, 1e-12);
    assert_near(block_of(&m).forward_transit.ep, 2 * 7 * tokens / 200e9, 1e-12);
    m.stack.kernels.dispatcher = TC_DISPATCHER_ALLTOALL;
    m.stack.kernels.overlap_experts = true;
    assert_near(block_of(&m).forward.ep_comm, in_line.forward_transit.ep / 2, 1e-15);
}

/* Four all-reduces of 2 s h bytes a layer over 4 ranks, forward and backward, and two of embedding and head each way. */
static void tensor_parallel_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(4);
    m.layout.tp = 4;
    m.job.global_batch = 1;
    double one = 2 * 3.0 / 4 * 2 * 1024 * 1024 / 200e9;
    double b = step_of(&m).breakdown.tp_comm;
    assert_true(b >= 8 * 4 * one && b <= (8 * 4 + 4) * one * (1 + 1e-9));
}

/* Two pairs of a gather and a reduce-scatter a pass: what is gathered in 8 bit is half as long, in the pass that the stack does so. */
static void narrow_gathers_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(4);
    m.layout.tp = 4;
    m.layout.sequence_parallel = true;
    m.layout.micro_batch = 64; /* long messages */
    m.job.dtype = TC_FP8;
    tc_pass plain = block_of(&m);
    double spared = plain.forward_transit.tp / 4; /* of four collectives, two gather, each of which is half as long */
    m.stack.kernels.low_precision_gathers = true;
    assert_near(block_of(&m).forward_transit.tp, plain.forward_transit.tp - spared, 1e-12);
    assert_near(block_of(&m).backward_transit.tp, plain.backward_transit.tp, 1e-15);
    m.stack.kernels.low_precision_gradient_gathers = true;
    assert_near(block_of(&m).backward_transit.tp, plain.backward_transit.tp - spared, 1e-12);
    m.stack.kernels.fp8_recipe = TC_FP8_ROWWISE;
    assert_near(block_of(&m).forward_transit.tp, plain.forward_transit.tp, 1e-15);
    m.stack.kernels.fp8_recipe = TC_FP8_TENSORWISE;
    m.job.dtype = TC_BF16;
    assert_near(block_of(&m).forward_transit.tp, plain.forward_transit.tp, 1e-15);
}

/* Four copies of 2 T h bytes a pass, read and written at 1 TB/s: of several samples, and not in one kernel with the products. */
static void copies_of_what_is_gathered(void **state) {
    (void)state;
    tc_question m = round_machine(4);
    m.layout.tp = 4;
    m.layout.sequence_parallel = true;
    m.layout.micro_batch = 2;
    double before = block_of(&m).forward.memory_bound, bytes = 2 * 2.0 * 1024 * 1024;
    m.stack.kernels.gathered_copies = true;
    assert_near(block_of(&m).forward.memory_bound - before, 4 * 2 * bytes / 1e12, 1e-12);
    m.stack.kernels.fused_tensor_parallel = true;
    assert_near(block_of(&m).forward.memory_bound, before, 1e-15);
    m.stack.kernels.fused_tensor_parallel = false;
    m.layout.micro_batch = 1;
    before = block_of(&m).forward.memory_bound;
    m.stack.kernels.gathered_copies = false;
    assert_near(block_of(&m).forward.memory_bound, before, 1e-15);
}

/* Equal stages: GPipe and 1F1B wait (p - 1) / m of the work, interleaving over v chunks a v-th of it. */
/* 16 ranks on two nodes, attention that takes no time. All-to-all in the node: 7/8 of queries, outputs, keys and values there and
 * back; rings of two between the nodes: one send of keys and values forward, two backward. */
static void both_kinds_of_context_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(16);
    m.job.seq = 8192;
    m.job.model.learned_positions = 8192;
    m.cluster.accelerator.memory_bytes_per_s = 1e18;
    m.cluster.accelerator.params.attention_fraction = m.cluster.accelerator.params.attention_backward_fraction = 1e9;
    m.layout.cp = 16;
    m.layout.cp_kind = TC_CP_BOTH;
    m.layout.cp_all_to_all = 8;
    double tokens = 8192.0 / 16, kv = 2 * 2 * tokens * 1024, all = 2 * kv;
    double layer = 2 * all * 7 / 8 / 200e9 + 3 * kv / 25e9;
    assert_near(step_of(&m).breakdown.cp_comm, 8 * layer, 1e-7);
    m.layout.cp_kind = TC_CP_RING;
    assert_near(step_of(&m).breakdown.cp_comm, 8 * 3 * 15 * kv / 25e9, 1e-6);
}

static void impossible_context(void **state) {
    (void)state;
    static const int groups[] = {0, 1, 3, 16, 32};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        tc_question m = round_machine(16);
        tc_step step;
        tc_error error = {0};
        m.layout.cp = 16;
        m.layout.cp_kind = TC_CP_BOTH;
        m.layout.cp_all_to_all = groups[i];
        if (tc_forecast(&m, &step, &error) != TC_INVALID) fail_msg("%d: no error", groups[i]);
        assert_string_equal(error.place, "--cp-kind");
    }
    tc_question m = round_machine(64); /* 2 heads for groups of 4 */
    tc_step step;
    tc_error error = {0};
    m.layout.tp = m.layout.cp = 8;
    m.layout.cp_kind = TC_CP_BOTH;
    m.layout.cp_all_to_all = 4;
    assert_int_equal(tc_forecast(&m, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "--cp-kind");
}

static void bubbles_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(4);
    m.job.model.lm_head = false;
    m.job.model.vocab = 1;
    m.job.model.seq = m.job.model.learned_positions = 4096;
    m.layout.pp = 4;
    m.job.global_batch = 16;
    const struct {
        int schedule, vpp;
        double share;
    } cases[]
        = {{TC_SCHEDULE_GPIPE, 1, 3.0 / 16}, {TC_SCHEDULE_1F1B, 1, 3.0 / 16}, {TC_SCHEDULE_INTERLEAVED, 2, 3.0 / 32}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        m.layout.schedule = cases[i].schedule;
        m.layout.vpp = cases[i].vpp;
        tc_breakdown b = step_of(&m).breakdown;
        double work = b.gemm + b.attention + b.memory_bound + b.launch;
        assert_near(b.bubble / work, cases[i].share, 0.05 * cases[i].share);
    }
}

/* Schedules that move weight gradients into the bubble never wait longer than 1F1B. (V-half and V-min save memory instead.) */
static void zero_bubbles(void **state) {
    (void)state;
    tc_question m = real_machine(32);
    m.job.model = round_gpt(16);
    m.layout.pp = 4;
    m.job.global_batch = 512;
    m.layout.schedule = TC_SCHEDULE_1F1B;
    double plain = step_of(&m).breakdown.bubble;
    const int schedules[] = {TC_SCHEDULE_ZB_H1, TC_SCHEDULE_ZB_V, TC_SCHEDULE_DUALPIPE};
    for (size_t i = 0; i < sizeof schedules / sizeof schedules[0]; i++) {
        m.layout.schedule = schedules[i];
        double bubble = step_of(&m).breakdown.bubble;
        if (bubble > plain) fail_msg("schedule %d: a bubble of %g s, 1F1B %g s", schedules[i], bubble, plain);
    }
}

/* Utilization is of the peak that the time is of: a device without a peak of MXFP8 runs it at that of FP8. */
static void utilization_of_the_format(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    m.job.dtype = TC_FP8;
    double fp8 = step_of(&m).mfu_pct;
    m.job.dtype = TC_MXFP8;
    assert_near(step_of(&m).mfu_pct / fp8, 1, 0.01); /* its scales are some bytes more */
    assert_near(step_of(&m).mfu_pct, step_of(&m).tflops_per_device / 2, 1e-9);
}

/* No row of the table for a token beyond it. */
static void learned_positions_end(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    tc_step step;
    tc_error error;
    m.job.seq = m.job.model.learned_positions;
    assert_int_equal(tc_forecast(&m, &step, &error), TC_OK);
    m.job.seq++;
    assert_int_equal(tc_forecast(&m, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "--seq");
}

/* 4ND of frozen weights: the model FLOPs lack the third of the products that weight gradients are, attention has all. */
static void flops_of_a_frozen_base(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    tc_step trained = step_of(&m);
    m.job.frozen_base = true;
    tc_step frozen = step_of(&m);
    const double *all = trained.model_flops, *some = frozen.model_flops;
    assert_near(some[TC_FLOPS_6ND], all[TC_FLOPS_6ND] * 4 / 6, 1e-9 * all[TC_FLOPS_6ND]);
    /* the core: 4 s h a layer and token forward, thrice, of 8 layers; half of it where the mask is counted */
    double core = 3 * 8 * 4.0 * 1024 * 1024 * frozen.tokens_per_step;
    assert_near(some[TC_FLOPS_FULL], (all[TC_FLOPS_FULL] - core) * 2 / 3 + core, 1e-9 * all[TC_FLOPS_FULL]);
    assert_near(some[TC_FLOPS_CAUSAL], some[TC_FLOPS_FULL] - core / 2, 1e-9 * all[TC_FLOPS_FULL]);
    assert_true(frozen.mfu_pct <= 100 && frozen.hfu_pct <= 100 && frozen.step_s < trained.step_s);
}

/* AdamW: gradient twice, states in and out, the weight out: (2 x 4 + 2 x 12 + 2) bytes a parameter. */
static void optimizer_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    double n = tc_model_count(&m.job.model).parameters;
    assert_near(step_of(&m).breakdown.optimizer, 34 * n / 1e12, 1e-4 * n / 1e12 * 34);
    m.job.frozen_base = true;
    assert_near(step_of(&m).breakdown.optimizer, 0, 0);
}

/* torch.optim.AdamW without fused kernels: so many elements as wide as its moments, in the stack's 32 bits and in
 * 16; an optimizer that torch.optim does not have steps as a fused one. */
static void listed_optimizer_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    double n = tc_model_count(&m.job.model).parameters, near = 1e-4 * 34 * n / 1e12;
    m.stack.kernels.foreach_optimizer = true;
    m.stack.optimizers[TC_OPTIMIZER_ADAMW].foreach_passes = 23;
    assert_near(step_of(&m).breakdown.optimizer, 23 * 4 * n / 1e12, near);
    m.stack.memory.optimizer_bytes = 4;
    m.stack.memory.main_grad_bytes = 2;
    assert_near(step_of(&m).breakdown.optimizer, 23 * 2 * n / 1e12, near);
    m.stack.optimizers[TC_OPTIMIZER_ADAMW].foreach_passes = 0;
    assert_near(step_of(&m).breakdown.optimizer, (2 * 4 + 2 * 2 + 2) * n / 1e12, near);
}

/* Recompute that stops before the last product: of 2 x 1024 tokens x 4096 x 1024 in each of 8 blocks, at 100 TFLOP/s; a norm behind it needs
 * its output. */
static void recompute_that_stops(void **state) {
    (void)state;
    static const int kinds[] = {TC_RECOMPUTE_FULL, TC_RECOMPUTE_OPERATORS};
    double spared[2];
    for (int i = 0; i < 2; i++) {
        tc_question m = round_machine(1);
        m.layout.recompute = kinds[i];
        m.layout.recompute_operators = TC_GROUP_MLP;
        m.cluster.accelerator.cores = 64; /* 8 x 8 tiles of 128: all are busy */
        m.cluster.accelerator.memory_bytes_per_s = 1e18;
        tc_step whole = step_of(&m);
        m.stack.kernels.recompute_stops = true;
        tc_step stops = step_of(&m);
        double product = (double)whole.micro_batches * 8 * (2.0 * 1024 * 4096 * 1024) / 100e12;
        spared[i] = whole.breakdown.recompute - stops.breakdown.recompute;
        assert_near(spared[i], 1.025 * product, 0.025 * product); /* and the filling of its pipeline */
        assert_near(whole.step_s - stops.step_s, spared[i], 1e-6 * product);
        m.job.model.block[0].norms = 4;
        tc_step normed = step_of(&m);
        m.stack.kernels.recompute_stops = false;
        assert_near(normed.breakdown.recompute, step_of(&m).breakdown.recompute, 1e-12);
    }
    assert_near(spared[0], spared[1], 1e-9);
}

static tc_optimizer_figures figures_of(int optimizer) {
    static const tc_optimizer_figures figures[] = {[TC_OPTIMIZER_SGD] = {4, 4, 0, 100, 0, 0},
                                                   [TC_OPTIMIZER_LAMB] = {8, 8, 12, 200, 0, 0},
                                                   [TC_OPTIMIZER_ADAFACTOR] = {0, 0, 8, 100, 0, 0},
                                                   [TC_OPTIMIZER_MUON] = {4, 8, 4, 100, 5, 0}};
    return figures[optimizer];
}

/* Another in the place of AdamW: its state for AdamW's 8 of the stack's 12 bytes, read and written, gradient twice and weight as before,
 * and what it moves besides. */
static void other_optimizers_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    double n = tc_model_count(&m.job.model).parameters;
    static const struct {
        int optimizer;
        double state, bytes;
    } cases[] = {{TC_OPTIMIZER_SGD, 8, 26}, {TC_OPTIMIZER_LAMB, 12, 46}, {TC_OPTIMIZER_ADAFACTOR, 4, 26}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        m.stack.optimizers[cases[i].optimizer] = figures_of(cases[i].optimizer);
        m.job.optimizer = cases[i].optimizer;
        tc_step s = step_of(&m);
        assert_near(s.breakdown.optimizer, cases[i].bytes * n / 1e12, 1e-4 * 34 * n / 1e12);
        assert_near(s.memory.optimizer, cases[i].state * n, 1e-4 * 12 * n);
        assert_near(tc_breakdown_sum(&s.breakdown), s.step_s, 1e-12 * s.step_s);
    }
    /* the stack's own keeps what the stack says, whatever is usual; moments in 16 bit stay so */
    m.job.optimizer = m.stack.optimizer = TC_OPTIMIZER_ADAFACTOR;
    m.stack.memory.optimizer_bytes = 0.125;
    assert_near(step_of(&m).memory.optimizer, 0.125 * n, 1e-4 * n);
    m.stack.optimizer = TC_OPTIMIZER_ADAMW;
    m.job.optimizer = TC_OPTIMIZER_SGD;
    m.stack.memory.optimizer_bytes = 4;
    assert_near(step_of(&m).memory.optimizer, 2 * n, 1e-4 * n);
}

/* Muon: a momentum for the layers, AdamW for embedding and head; five iterations of 4 m^2 n + 2 m^3 FLOP for each matrix, which
 * the ranks that split the states share out. */
static void muon_by_hand(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    m.cluster.accelerator.cores = 1; /* no core is without a tile */
    m.stack.optimizers[TC_OPTIMIZER_MUON] = figures_of(TC_OPTIMIZER_MUON);
    m.job.optimizer = TC_OPTIMIZER_MUON;
    tc_model_size size = tc_model_count(&m.job.model);
    double n = size.parameters, ends = size.embedding_parameters + size.head_parameters;
    double h = 1024, iteration = 4 * h * h * (3 + 1 + 4 + 4) * h + 4 * 2 * h * h * h;
    double products = m.job.model.block[0].count * 5 * iteration / 100e12;
    double bytes = (30 * n + 8 * ends) / 1e12;
    tc_step s = step_of(&m);
    assert_near(s.breakdown.optimizer - bytes, products, 0.04 * products); /* their own traffic is 3 % */
    assert_near(s.memory.optimizer, 8 * n + 4 * ends, 1e-4 * 12 * n);
    m.cluster.devices = 4;
    m.layout.sharding = TC_SHARD_ZERO1;
    tc_step quarter = step_of(&m);
    assert_near(quarter.breakdown.optimizer, s.breakdown.optimizer / 4, 1e-3 * products);
    assert_near(quarter.memory.optimizer, s.memory.optimizer / 4, 1);
}

/* Forward and backward alone have no optimizer, and no host's time of a step; the parts still add up. */
static void parts_without_optimizer(void **state) {
    (void)state;
    for (int pp = 1; pp <= 2; pp++) {
        tc_question m = round_machine(pp);
        m.layout.pp = pp;
        m.job.global_batch = 4;
        m.stack.params.host_s_per_step = 0.02;
        double with = step_of(&m).step_s;
        m.job.optimizer = TC_OPTIMIZER_NONE;
        tc_step s = step_of(&m);
        assert_near(tc_breakdown_sum(&s.breakdown), s.step_s, 1e-12 * s.step_s);
        assert_near(s.breakdown.optimizer, 0, 0);
        assert_near(s.breakdown.host, 0, 1e-12);
        assert_true(with > s.step_s + 0.02);
    }
}

/* ---- layouts that cannot be ------------------------------------------------------------------------------------ */

/* Lists and the layers of both ends say what the rule says, or what it does not. */
static void stages_as_given(void **state) {
    (void)state;
    static const struct {
        int pp, vpp, first, last, list[8];
    } cases[] = {
        {4, 1, TC_UNSET, 2, {5, 5, 4, 2}},
        {4, 1, 3, TC_UNSET, {3, 4, 5, 4}},
        {4, 1, 3, 1, {3, 6, 6, 1}},
        {4, 2, TC_UNSET, 0, {2, 2, 3, 3, 2, 2, 2, 0}},
        {4, 2, 1, 1, {1, 2, 2, 3, 3, 2, 2, 1}},
        {2, 1, 9, 7, {9, 7}},
        {4, 1, TC_UNSET, TC_UNSET, {4, 4, 4, 4}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_question m = real_machine(64);
        m.job.model = round_gpt(16);
        m.job.global_batch = 256;
        m.layout.pp = cases[i].pp;
        m.layout.vpp = cases[i].vpp;
        m.layout.first_layers = cases[i].first;
        m.layout.last_layers = cases[i].last;
        tc_step ends = step_of(&m);
        m.layout.first_layers = m.layout.last_layers = TC_UNSET;
        m.layout.stage_layers = cases[i].list;
        m.layout.stage_count = cases[i].pp * cases[i].vpp;
        tc_step list = step_of(&m);
        assert_near(list.step_s / ends.step_s, 1, 1e-9);
        assert_near(tc_breakdown_sum(&list.breakdown) / list.step_s, 1, 1e-9);
    }
}

/* A stage of ten layers sets the rhythm and holds most: the third of four is no end of the pipeline. */
static void the_longest_stage_leads(void **state) {
    (void)state;
    static const int list[] = {2, 2, 10, 2};
    tc_question m = real_machine(64);
    m.job.model = round_gpt(16);
    m.job.model.vocab = 1024;
    m.job.global_batch = 4096;
    m.layout.pp = 4;
    tc_step even = step_of(&m);
    m.layout.stage_layers = list;
    m.layout.stage_count = 4;
    tc_step uneven = step_of(&m);
    assert_int_equal(uneven.memory.stage, 2);
    double ratio
        = (uneven.breakdown.gemm + uneven.breakdown.attention) / (even.breakdown.gemm + even.breakdown.attention);
    assert_true(ratio > 2.3 && ratio < 2.5); /* 10 layers to 4, and a small head */
}

static void impossible_stages(void **state) {
    (void)state;
    static const int list[] = {5, 5, 5, 5}, negative[] = {9, 9, -3, 1};
    const struct {
        const char *place;
        const int *list;
        int count, first, last, pp;
    } cases[] = {
        {"--stage-layers", list, 4, TC_UNSET, TC_UNSET, 4},
        {"--stage-layers", list, 3, TC_UNSET, TC_UNSET, 4},
        {"--stage-layers", negative, 4, TC_UNSET, TC_UNSET, 4},
        {"--stage-layers", list, 4, 5, TC_UNSET, 4},
        {"--last-layers", NULL, 0, TC_UNSET, 17, 4},
        {"--first-layers", NULL, 0, 9, 8, 4},
        {"--first-layers", NULL, 0, 8, 7, 2},
        {"--last-layers", NULL, 0, TC_UNSET, 16, 1},
        {"--last-layers", NULL, 0, TC_UNSET, -2, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_question m = round_machine(64);
        tc_step step;
        tc_error error = {0};
        m.job.model = round_gpt(16);
        m.layout.pp = cases[i].pp;
        m.layout.stage_layers = cases[i].list;
        m.layout.stage_count = cases[i].count;
        m.layout.first_layers = cases[i].first;
        m.layout.last_layers = cases[i].last;
        if (tc_forecast(&m, &step, &error) != TC_INVALID) fail_msg("case %zu: no error", i);
        assert_string_equal(error.place, cases[i].place);
        assert_true(error.text[0] && strchr(error.text, ';'));
    }
}

static void impossible(void **state) {
    (void)state;
    const struct {
        const char *place;
        spread s;
        int devices, global_batch;
    } cases[] = {
        {"--tp", {.tp = 0, .pp = 1, .cp = 1, .ep = 1, .vpp = 1, .micro_batch = 1}, 64, 64},
        {"--tp", {.tp = 64, .pp = 1, .cp = 1, .ep = 1, .vpp = 1, .micro_batch = 1}, 64, 64},
        {"--pp", {.tp = 1, .pp = -4, .cp = 1, .ep = 1, .vpp = 1, .micro_batch = 1}, 64, 64},
        {"--pp", {.tp = 1, .pp = 32, .cp = 1, .ep = 1, .vpp = 1, .micro_batch = 1}, 64, 64},
        {"--vpp", {.tp = 1, .pp = 4, .cp = 1, .ep = 1, .vpp = 16, .micro_batch = 1}, 64, 64},
        {"--cp", {.tp = 1, .pp = 1, .cp = 0, .ep = 1, .vpp = 1, .micro_batch = 1}, 64, 64},
        {"--ep", {.tp = 1, .pp = 1, .cp = 1, .ep = 8, .vpp = 1, .micro_batch = 1}, 64, 64},
        {"--ep", {.tp = 1, .pp = 1, .cp = 1, .ep = 3, .vpp = 1, .micro_batch = 1, .moe = true}, 63, 63},
        {"--devices", {.tp = 8, .pp = 3, .cp = 1, .ep = 1, .vpp = 1, .micro_batch = 1}, 64, 64},
        {"--devices", {.tp = 1, .pp = 1, .cp = 1, .ep = 1, .vpp = 1, .micro_batch = 1}, 0, 64},
        {"--micro-batch", {.tp = 1, .pp = 1, .cp = 1, .ep = 1, .vpp = 1, .micro_batch = 0}, 64, 64},
        {"--global-batch", {.tp = 1, .pp = 1, .cp = 1, .ep = 1, .vpp = 1, .micro_batch = 1}, 64, 65},
        {"--global-batch", {.tp = 1, .pp = 1, .cp = 1, .ep = 1, .vpp = 1, .micro_batch = 1}, 64, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        spread s = cases[i].s;
        s.recompute = TC_UNSET;
        s.sharding = s.schedule = TC_UNSET;
        tc_question m = spread_machine(&s, cases[i].devices, cases[i].global_batch);
        tc_step step;
        tc_error error = {0};
        tc_code code = tc_forecast(&m, &step, &error);
        if (code != TC_INVALID) fail_msg("case %zu (%s): no error", i, cases[i].place);
        if (strcmp(error.place, cases[i].place) != 0)
            fail_msg("case %zu: place %s, not %s: %s", i, error.place, cases[i].place, error.text);
        assert_true(error.text[0] && strchr(error.text, ';'));
    }
    tc_question m = round_machine(8);
    tc_step step;
    tc_error error;
    m.layout.dp = 4;
    assert_int_equal(tc_forecast(&m, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "--dp");
    m.layout.dp = TC_UNSET;
    m.job.seq = 0;
    assert_int_equal(tc_forecast(&m, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "--seq");
}

/* What does not fit has a time, and says so. */
static void too_large(void **state) {
    (void)state;
    tc_question m = real_machine(8);
    m.cluster.accelerator.memory_bytes = 1e9;
    tc_step s = step_of(&m);
    assert_false(s.fits);
    assert_true(s.step_s > 0);
    m.cluster.accelerator.memory_bytes = 1e12;
    assert_true(step_of(&m).fits);
}

/* What nobody gave stands in `assumed`, and in the layout as it was settled. */
static void assumptions_are_said(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    m.stack.defaults.sharding = TC_SHARD_ZERO1;
    m.layout.tp = 2;
    tc_step s = step_of(&m);
    assert_int_equal(s.layout.dp, 4);
    assert_int_equal(s.layout.sharding, TC_SHARD_ZERO1);
    assert_int_equal(s.global_batch, 4);
    const char *const said[] = {"sharding zero1", "recompute none",  "micro-batch 1",
                                "global batch 4", "flash attention", "sequence parallelism"};
    for (size_t k = 0; k < sizeof said / sizeof said[0]; k++) {
        bool found = false;
        for (int i = 0; i < s.assumed_count; i++) found = found || strstr(s.assumed[i], said[k]);
        if (!found) fail_msg("'%s' is not among what was assumed", said[k]);
    }
    assert_int_not_equal(s.layout.sequence_parallel, TC_UNSET);
    assert_int_not_equal(s.layout.schedule, TC_UNSET);
    assert_int_not_equal(s.layout.etp, TC_UNSET);
}

/* step and search refuse the same: experts whose width does not come out, heads that an all-to-all does not split. */
static void what_does_not_divide_is_refused(void **state) {
    (void)state;
    tc_question m = round_machine(12);
    tc_step step;
    tc_error error;
    m.job.model = round_moe(8);
    m.layout.tp = 1;
    m.layout.etp = 3; /* of a width of 2048 */
    assert_int_equal(tc_forecast(&m, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "--etp");
    m = round_machine(32);
    m.layout.cp = 32; /* 16 heads */
    m.layout.cp_kind = TC_CP_ALL_TO_ALL;
    assert_int_equal(tc_forecast(&m, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "--cp-kind");
    m.layout.cp_kind = TC_UNSET; /* the stack's usual kind gives way */
    m.stack.defaults.cp_kind = TC_CP_ALL_TO_ALL;
    assert_int_equal(step_of(&m).layout.cp_kind, TC_CP_RING);
}

/* A struct of another version, or one that no tc_default_...() made, is named. */
static void structs_of_another_version_are_refused(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    tc_step step;
    tc_error error;
    m.layout.size = 8;
    assert_int_equal(tc_forecast(&m, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "question.layout");
    tc_question zero = {0};
    assert_int_equal(tc_forecast(&zero, &step, &error), TC_INVALID);
    assert_string_equal(error.place, "question");
}

/* Figures of the accelerator that its file has not. */
static void unknown_figures_are_said(void **state) {
    (void)state;
    static const char *const said[] = {"cores of ", "power of ", "architecture of "};
    for (int known = 0; known < 8; known++) {
        tc_question q = round_machine(8);
        tc_accelerator *a = &q.cluster.accelerator;
        a->cores = known & 1 ? 100 : 0;
        a->tdp_w = known & 2 ? 700 : 0;
        snprintf(a->architecture, sizeof a->architecture, "%s", known & 4 ? "round" : "");
        tc_step s = step_of(&q);
        for (int k = 0; k < 3; k++) {
            bool found = false;
            for (int i = 0; i < s.assumed_count; i++) found = found || strstr(s.assumed[i], said[k]);
            assert_int_equal(found, !(known >> k & 1));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structs_of_another_version_are_refused),
        cmocka_unit_test(what_does_not_divide_is_refused),
        cmocka_unit_test(the_parts_add_up),
        cmocka_unit_test(the_parts_add_up_without_an_optimizer),
        cmocka_unit_test(the_same_again),
        cmocka_unit_test(better_is_never_slower),
        cmocka_unit_test(more_devices_more_tokens),
        cmocka_unit_test(recompute_trades_time_for_memory),
        cmocka_unit_test(recompute_of_operators),
        cmocka_unit_test(graphs_take_host_time),
        cmocka_unit_test(rings_issue_operators),
        cmocka_unit_test(balanced_routing),
        cmocka_unit_test(communication_cores),
        cmocka_unit_test(larger_micro_batches),
        cmocka_unit_test(longer_batches_longer_steps),
        cmocka_unit_test(alone),
        cmocka_unit_test(gradients_by_hand),
        cmocka_unit_test(sharded_gradients_by_hand),
        cmocka_unit_test(loss_by_its_bytes),
        cmocka_unit_test(collectives_by_the_piece),
        cmocka_unit_test(shards_that_span_nodes),
        cmocka_unit_test(shared_links_by_hand),
        cmocka_unit_test(experts_wait_for_the_host),
        cmocka_unit_test(dispatchers_and_graphs_issue_fewer),
        cmocka_unit_test(exchange_of_experts_by_hand),
        cmocka_unit_test(tensor_parallel_by_hand),
        cmocka_unit_test(narrow_gathers_by_hand),
        cmocka_unit_test(copies_of_what_is_gathered),
        cmocka_unit_test(both_kinds_of_context_by_hand),
        cmocka_unit_test(impossible_context),
        cmocka_unit_test(bubbles_by_hand),
        cmocka_unit_test(zero_bubbles),
        cmocka_unit_test(utilization_of_the_format),
        cmocka_unit_test(learned_positions_end),
        cmocka_unit_test(flops_of_a_frozen_base),
        cmocka_unit_test(optimizer_by_hand),
        cmocka_unit_test(recompute_that_stops),
        cmocka_unit_test(listed_optimizer_by_hand),
        cmocka_unit_test(other_optimizers_by_hand),
        cmocka_unit_test(muon_by_hand),
        cmocka_unit_test(parts_without_optimizer),
        cmocka_unit_test(stages_as_given),
        cmocka_unit_test(the_longest_stage_leads),
        cmocka_unit_test(impossible_stages),
        cmocka_unit_test(impossible),
        cmocka_unit_test(too_large),
        cmocka_unit_test(assumptions_are_said),
        cmocka_unit_test(unknown_figures_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

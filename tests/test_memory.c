/* Memory by hand: the ZeRO stages, the activations of a layer after Korthikanti et al., pipelines, recompute. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "machine.h"
#include "near.h"

static tc_memory memory_of(const tc_question *m) {
    tc_step step;
    tc_error error;
    if (tc_forecast(m, &step, &error)) fail_msg("%s: %s", error.place, error.text);
    return step.memory;
}

/* Rajbhandari et al. 2020, figure 1: 2 + 4 + 12 bytes a parameter, of which the stages split 12, 4 and 2. */
static void zero_stages(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    double n = tc_model_count(&m.job.model).parameters;
    const struct {
        tc_sharding sharding;
        double parameters, gradients, optimizer;
    } stages[] = {{TC_SHARD_NONE, 2, 4, 12},
                  {TC_SHARD_ZERO1, 2, 4, 12.0 / 8},
                  {TC_SHARD_ZERO2, 2, 4.0 / 8, 12.0 / 8},
                  {TC_SHARD_ZERO3, 2.0 / 8, 4.0 / 8, 12.0 / 8}};
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        m.layout.sharding = (int)stages[i].sharding;
        tc_memory b = memory_of(&m);
        assert_near(b.parameters, stages[i].parameters * n, 1e-4 * n * 12);
        assert_near(b.gradients, stages[i].gradients * n, 1e-4 * n * 12);
        assert_near(b.optimizer, stages[i].optimizer * n, 1e-4 * n * 12);
    }
    /* shards within groups of two only */
    m.layout.sharding = TC_SHARD_HSDP;
    m.layout.hsdp = 2;
    assert_near(memory_of(&m).optimizer, 12 * n / 2, 1e-4 * n);
}

/* In fp32 and TF32 the weights are the master copy: 4 + 4 + 8, whatever a stack keeps beside weights in 16 bit. */
static void wide_training(void **state) {
    (void)state;
    static const double beside[] = {12, 10, 4};
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        tc_question m = round_machine(1);
        double n = tc_model_count(&m.job.model).parameters;
        m.stack.memory.optimizer_bytes = beside[i];
        m.stack.memory.main_grad_bytes = 2;
        for (int tf32 = 0; tf32 < 2; tf32++) {
            m.job.dtype = tf32 ? TC_TF32 : TC_FP32;
            m.cluster.accelerator.matmul_flops[m.job.dtype] = 1e14;
            tc_memory b = memory_of(&m);
            assert_near(b.parameters, 4 * n, 1e-3 * n);
            assert_near(b.gradients, 4 * n, 1e-3 * n);
            assert_near(b.optimizer, 8 * n, 1e-3 * n);
        }
    }
}

/* A checkpoint that is loaded into gathered weights lies beside the shards: the peak, where a step takes less. */
static void whole_while_loading(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    double n = tc_model_count(&m.job.model).parameters;
    m.layout.sharding = TC_SHARD_ZERO3;
    m.stack.memory.loads_whole = true;
    m.stack.memory.optimizer_bytes = 0;
    m.stack.memory.main_grad_bytes = 0;
    m.job.model.seq = m.job.seq = 16;
    assert_near(memory_of(&m).allocated, 2 * n * (1 + 1.0 / 8), 1e-3 * n);
    m.layout.sharding = TC_SHARD_ZERO1;
    double held = memory_of(&m).allocated;
    m.stack.memory.loads_whole = false;
    assert_near(memory_of(&m).allocated, held, 0);
    /* DDP's first rank sends its weights in buckets beside them */
    m.layout.sharding = TC_SHARD_NONE;
    m.stack.memory.loads_copies = true;
    assert_near(memory_of(&m).allocated, 4 * n, 1e-3 * n);
    m.stack.memory.loads_copies = false;
    assert_true(memory_of(&m).allocated < 3 * n);
}

/* One data-parallel rank has nothing to shard, with a pipeline or without: all stages of ZeRO keep the same. */
static void one_rank_shards_nothing(void **state) {
    (void)state;
    for (int pp = 1; pp <= 2; pp++) {
        tc_question m = round_machine(pp);
        m.layout.pp = pp;
        m.layout.sharding = TC_SHARD_NONE;
        tc_memory none = memory_of(&m);
        m.layout.sharding = TC_SHARD_ZERO3;
        tc_memory zero3 = memory_of(&m);
        assert_near(zero3.allocated, none.allocated, 1e-6 * none.allocated);
        m.cluster.devices = 2 * pp; /* with a pipeline, half of the weights and gradients beside the gathered ones */
        double n = none.parameters / 2, more = memory_of(&m).parameters + memory_of(&m).gradients;
        assert_near(more, pp == 1 ? (2 + 4) * n / 2 : (2 + 4) * n * 1.5, 1e-6 * n);
    }
    /* experts that are spread over all of its ranks have no data-parallel group either */
    tc_question m = round_machine(8);
    m.job.model = round_moe(4);
    m.layout.pp = 2;
    m.layout.ep = 4;
    m.layout.sharding = TC_SHARD_NONE;
    double whole = memory_of(&m).parameters / 2, experts = 2 * 2 * 3.0 * 1024 * 2048;
    m.layout.sharding = TC_SHARD_ZERO3;
    assert_near(memory_of(&m).parameters, 2 * (whole + (whole - experts) / 4), 1e-6 * whole);
}

static void offload_and_frozen(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    double n = tc_model_count(&m.job.model).parameters;
    m.layout.offload = TC_OFFLOAD_OPTIMIZER;
    assert_near(memory_of(&m).optimizer, 0, 0);
    m.layout.offload = TC_OFFLOAD_NONE;
    m.job.frozen_base = true;
    tc_memory b = memory_of(&m);
    assert_near(b.gradients + b.optimizer, 0, 0);
    assert_near(b.parameters, 2 * n, 1e-4 * n);
}

/* Activations on the host: room for a block that leaves and one that comes back, but for no more than there is. */
static void passing_blocks(void **state) {
    (void)state;
    for (int pp = 1; pp <= 8; pp *= 2) { /* eight blocks on so many stages, one micro-batch in flight */
        tc_question m = round_machine(pp);
        m.layout.pp = pp;
        m.job.global_batch = 1;
        double stage = memory_of(&m).activations, block = stage * pp / 8;
        m.layout.offload = TC_OFFLOAD_ACTIVATIONS;
        assert_near(memory_of(&m).activations, pp == 8 ? block : 2 * block, 1e-9 * block);
    }
}

/* Korthikanti et al. 2022: a layer keeps s b h (34 + 5 a s / h) bytes; with tensor parallelism t,
 * s b h (10 + 24 / t + 5 a s / (h t)); with sequence parallelism, s b h (34 + 5 a s / h) / t; with
 * selective recompute the scores go, but for those of the layer in work, with full recompute 2 s b h stay, and one layer in work. */
static void activations_of_gpt(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    double s = 1024, b = 2, h = 1024, a = 16, layers = 8, sbh = s * b * h;
    m.job.attention = TC_ATTENTION_PLAIN;
    m.layout.micro_batch = 2;
    m.layout.sequence_parallel = 0;
    /* a softmax of single kernels keeps its result in fp32 too */
    assert_near(memory_of(&m).activations, layers * sbh * (34 + (5 + 4) * a * s / h), 1);
    m.stack.kernels.fused |= TC_GROUP_ATTENTION;
    assert_near(memory_of(&m).activations, layers * sbh * (34 + 5 * a * s / h), 1);
    m.layout.tp = 4;
    assert_near(memory_of(&m).activations, layers * sbh * (10 + 24.0 / 4 + 5 * a * s / (h * 4)), 1);
    m.layout.sequence_parallel = 1;
    assert_near(memory_of(&m).activations, layers * sbh * (34 + 5 * a * s / h) / 4, 1);
    m.layout.recompute = TC_RECOMPUTE_SELECTIVE;
    assert_near(memory_of(&m).activations, (layers * sbh * 34 + sbh * 5 * a * s / h) / 4, 1);
    m.layout.recompute = TC_RECOMPUTE_FULL;
    assert_near(memory_of(&m).activations, (layers * 2 * sbh + sbh * (34 + 5 * a * s / h)) / 4, 1);
}

/* 32-bit training keeps four bytes for every two: of the scores the softmax, its dropout mask of a byte and what that leaves;
 * nothing is cast, so that no wider copy lies beside it. */
static void activations_in_32_bit(void **state) {
    (void)state;
    static const tc_dtype wide[] = {TC_FP32, TC_TF32};
    for (int i = 0; i < 2; i++) {
        tc_question m = round_machine(8);
        double s = 1024, b = 2, h = 1024, a = 16, layers = 8, sbh = s * b * h;
        m.job.dtype = (int)wide[i];
        m.cluster.accelerator.matmul_flops[wide[i]] = 1e14;
        m.job.attention = TC_ATTENTION_PLAIN;
        m.layout.micro_batch = 2;
        m.stack.params.norm_extra = 1;
        assert_near(memory_of(&m).activations, layers * sbh * (2 * 34 + 9 * a * s / h), 1);
        double logits = s * b * m.job.model.vocab, norm = 2 * 4 * sbh;
        m.stack.memory.logits_bytes = 12; /* fp32 copy, log-softmax, gradient: the first are the logits */
        assert_near(memory_of(&m).logits, norm + 12 * logits, 1);
        m.layout.recompute = TC_RECOMPUTE_FULL;
        assert_near(memory_of(&m).activations, layers * 4 * sbh + sbh * (2 * 34 + 9 * a * s / h), 1);
    }
}

/* Fused attention keeps no scores, but a log-sum-exp of 4 bytes a query and head; no dropout mask either. */
static void activations_with_flash(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    double sh = 1024.0 * 1024;
    assert_near(memory_of(&m).activations, 8 * (sh * 32 + 4 * 16 * 1024.0), 1);
    /* a quarter of the layers run again: theirs keep 2 s b h */
    m.layout.recompute = TC_RECOMPUTE_LAYERS;
    m.layout.recompute_layers = 2;
    double layer = sh * 32 + 4 * 16 * 1024.0;
    assert_near(memory_of(&m).activations, 6 * layer + 2 * 2 * sh + layer, 1);
}

/* Logits in 16 bit and their fp32 copy, and what the norm before them keeps. */
static void logits(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    assert_near(memory_of(&m).logits, 6 * 1024.0 * 32768 + 4 * 1024.0 * 1024, 1);
    m.stack.memory.logits_bytes = 0;
    assert_near(memory_of(&m).logits, 2 * 1024.0 * 32768 + 4 * 1024.0 * 1024, 1);
    m.stack.memory.chunked_loss = true;
    assert_near(memory_of(&m).logits, 0, 0);
}

/* 1F1B: the first stage of four holds four micro-batches; GPipe holds all; with two in the step, two. */
static void pipelines_hold_micro_batches(void **state) {
    (void)state;
    tc_question m = round_machine(4);
    double layer = 1024.0 * 1024 * 32 + 4 * 16 * 1024.0;
    m.job.model.vocab = 1000; /* so that the first stage is the fullest */
    m.layout.pp = 4;
    m.job.global_batch = 8;
    tc_memory b = memory_of(&m);
    assert_int_equal(b.stage, 0);
    assert_near(b.activations, 2 * layer * 4, 1);
    m.layout.schedule = TC_SCHEDULE_GPIPE;
    assert_near(memory_of(&m).activations, 2 * layer * 8, 1);
    m.layout.schedule = TC_SCHEDULE_1F1B;
    m.job.global_batch = 2;
    assert_near(memory_of(&m).activations, 2 * layer * 2, 1);
}

/* The experts of a rank: all of them over expert parallelism; the rest is replicated. */
static void expert_parallelism(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    m.job.model = round_moe(4);
    double n = tc_model_count(&m.job.model).parameters, experts = 4 * 8 * 3.0 * 1024 * 2048;
    assert_near(memory_of(&m).parameters, 2 * n, 1e-4 * n);
    m.layout.ep = 8;
    assert_near(memory_of(&m).parameters, 2 * (n - experts + experts / 8), 1e-4 * n);
    /* with the optimizer's states split over all ranks, experts have no data-parallel ranks left */
    m.layout.sharding = TC_SHARD_ZERO1;
    assert_near(memory_of(&m).optimizer, 12 * ((n - experts) / 8 + experts / 8), 1e-4 * n);
}

/* Experts that run again: what the all-to-all brought, there and back, is kept or exchanged again. */
static void kept_exchange(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    m.job.model = round_moe(4);
    m.layout.ep = 8;
    m.layout.recompute = TC_RECOMPUTE_OPERATORS;
    m.layout.recompute_operators = TC_GROUP_MOE;
    double layers = m.job.model.block[0].count, tokens = 1024, hidden = m.job.model.hidden,
           copies = m.job.model.block[0].experts.top_k;
    tc_step again, kept;
    tc_error error;
    assert_int_equal(tc_forecast(&m, &again, &error), TC_OK);
    m.stack.memory.kept_exchange = true;
    assert_int_equal(tc_forecast(&m, &kept, &error), TC_OK);
    /* the layer in work has both at hand anyway */
    double one = 2 * 2 * tokens * copies * hidden;
    assert_near(kept.memory.activations, again.memory.activations + (layers - 1) * one, 1);
    assert_true(kept.step_s < again.step_s);
    m.layout.ep = 1;
    double alone = memory_of(&m).activations;
    m.stack.memory.kept_exchange = false;
    assert_near(memory_of(&m).activations, alone, 0);
}

/* ---- properties over the catalog --------------------------------------------------------------------- */

static void sums_and_bounds(void **state) {
    (void)state;
    tc_catalog *catalog;
    tc_error error;
    const tc_catalog_item *items;
    int count;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, &error), TC_OK);
    assert_int_equal(tc_catalog_list(catalog, TC_KIND_MODEL, &items, &count, &error), TC_OK);
    for (int i = 0; i < count; i++) {
        tc_question m = round_machine(16);
        if (tc_catalog_model(catalog, items[i].slug, &m.job.model, &error)) fail_msg("%s: %s", error.place, error.text);
        double n = tc_model_count(&m.job.model).parameters;
        m.stack.params.fragmentation = 0.1;
        m.stack.params.framework_bytes = 1e9;
        for (int sharding = TC_SHARD_NONE; sharding <= TC_SHARD_ZERO3; sharding++) {
            double before = HUGE_VAL;
            for (int recompute = TC_RECOMPUTE_NONE; recompute <= TC_RECOMPUTE_FULL; recompute++) {
                m.layout.sharding = sharding;
                m.layout.recompute = recompute;
                tc_memory b = memory_of(&m);
                assert_near(b.allocated,
                            b.parameters + b.gradients + b.optimizer + b.activations + b.logits + b.buffers,
                            1e-9 * b.allocated);
                assert_near(b.reserved, b.allocated + b.fragmentation + b.framework, 1e-9 * b.reserved);
                /* at least the weights that the device is given */
                assert_true(b.parameters >= 0.999 * 2 * n / (sharding == TC_SHARD_ZERO3 ? 16 : 1));
                assert_true(b.capacity == m.cluster.accelerator.memory_bytes);
                /* recompute keeps less but for one layer in work, which short models may not save */
                assert_true(b.activations <= before * (1 + 1e-9) || m.job.model.block[0].count < 4);
                before = b.activations;
            }
        }
    }
    tc_catalog_close(catalog);
}

/* Norms keep 4 bytes an element of the residual stream; beyond it what the stack's autograd holds, which full recompute keeps once. */
static void extra_around_norms(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    double sh = 1024.0 * 1024, layer = sh * 32 + 4 * 16 * 1024.0;
    m.stack.params.norm_extra = 0.5;
    assert_near(memory_of(&m).activations, 8 * (layer + 0.4 * 0.5 * 8 * sh),
                1); /* a layer norm: 0.4 of an RMS norm's */
    m.job.model.norm = TC_NORM_RMS;
    assert_near(memory_of(&m).activations, 8 * (layer + 0.5 * 8 * sh), 1);
    m.layout.recompute = TC_RECOMPUTE_FULL;
    assert_near(memory_of(&m).activations, 8 * 2 * sh + layer + 0.5 * 8 * sh, 1);
    /* a recompute of the norms drops it, and their outputs */
    m.layout.recompute = TC_RECOMPUTE_OPERATORS;
    m.layout.recompute_operators = TC_GROUP_NORM;
    assert_near(memory_of(&m).activations, 8 * (layer - 4 * sh) + (4 + 4) * sh, 1);
}

/* ZeRO-3 gathers embedding and head, the block in work and the next, in 16 bit; or as many weights as stay gathered. */
static void gathered_weights(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    m.layout.sharding = TC_SHARD_ZERO3;
    tc_model_size size = tc_model_count(&m.job.model);
    double ends = size.embedding_parameters + size.head_parameters, block = (size.parameters - ends) / 8;
    assert_near(memory_of(&m).buffers, 2 * (ends + 2 * block), 1e-4 * size.parameters);
    m.stack.memory.gathered_elements = ends + 4 * block;
    assert_near(memory_of(&m).buffers, 2 * (ends + 4 * block), 1e-4 * size.parameters);
    m.stack.memory.gathered_elements = 1e12;
    assert_near(memory_of(&m).buffers, 2 * size.parameters, 1e-4 * size.parameters);
    /* DDP: buckets of the size of all gradients, where there is something to reduce */
    m.layout.sharding = TC_SHARD_NONE;
    m.stack.memory.copied_gradients = true;
    m.stack.memory.grad_bytes = 4;
    assert_near(memory_of(&m).buffers, 4 * size.parameters, 1e-3 * size.parameters);
    m.cluster.devices = 1;
    assert_near(memory_of(&m).buffers, 0, 0);
    m.cluster.devices = 8;
    m.layout.sharding = TC_SHARD_ZERO1;
    m.stack.memory.bucket_elements = 1e6;
    m.stack.memory.grad_bytes = 2;
    assert_near(memory_of(&m).buffers, 2e6, 0);
}

/* Megatron-LM, dist_optimizer.md: 20 bytes a parameter in fp16, 4 + 16 / d with the optimizer split. */
static void half_precision_gradients(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    double n = tc_model_count(&m.job.model).parameters;
    m.job.dtype = TC_FP16;
    tc_memory b = memory_of(&m);
    assert_near(b.parameters + b.gradients + b.optimizer, 20 * n, 2e-3 * n);
    m.layout.sharding = TC_SHARD_ZERO1;
    b = memory_of(&m);
    assert_near(b.parameters + b.gradients + b.optimizer, (4 + 16.0 / 8) * n, 2e-3 * n);
    /* where the weights are the master copy (autocast), gradients are theirs and no copy is made: 4 + 4 + 8 */
    m.layout.sharding = TC_SHARD_NONE;
    m.stack.memory.optimizer_bytes = 10;
    b = memory_of(&m);
    assert_near(b.parameters + b.gradients + b.optimizer, 16 * n, 2e-3 * n);
    assert_near(b.gradients, 4 * n, 2e-3 * n);
}

/* One compiled step of one micro-batch: gradients or activations, whichever is more. */
static void transient_gradients(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    m.job.global_batch = 1;
    tc_memory both = memory_of(&m);
    m.stack.memory.gradients_persist = false;
    double live = both.activations + both.logits;
    assert_near(memory_of(&m).allocated, both.allocated - (live < both.gradients ? live : both.gradients), 1);
    m.job.global_batch = 2;
    assert_near(memory_of(&m).allocated, both.allocated, 1);
}

/* Blocks for samples of other lengths go with the logits and the block that runs again, and leave a full device; packed samples have none. */
static void other_lengths(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    m.layout.recompute = TC_RECOMPUTE_FULL;
    tc_memory before = memory_of(&m);
    m.stack.params.length_fragmentation = 0.5;
    tc_memory b = memory_of(&m);
    double inputs = 8 * 2 * 1024.0 * 1024, block = before.activations - inputs;
    assert_near(b.cached, 0.5 * (before.logits + block), 1);
    assert_near(b.reserved - before.reserved, b.cached, 1);
    m.cluster.accelerator.memory_bytes = before.reserved + 1e6;
    m.cluster.accelerator.params.usable_memory = 1;
    assert_near(memory_of(&m).cached, 1e6, 1);
    tc_step step;
    tc_error error;
    assert_int_equal(tc_forecast(&m, &step, &error), TC_OK);
    assert_true(step.fits);
    m.job.document = 128;
    assert_near(memory_of(&m).cached, 0, 0);
}

/* A communicator of all ranks and one for each way of parallelism: 7 other ranks in a server, 3 and 1; two neighbours in a pipeline. */
static void communicators(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    m.cluster.accelerator.params.host_devices = 8;
    double alone = memory_of(&m).framework;
    m.stack.params.peer_bytes = 1e8;
    assert_near(memory_of(&m).framework - alone, (7 + 7) * 1e8, 1);
    m.layout.tp = 4;
    assert_near(memory_of(&m).framework - alone, (7 + 3 + 1) * 1e8, 1);
    m.layout.tp = 1;
    m.layout.pp = 8;
    assert_near(memory_of(&m).framework - alone, (7 + 2) * 1e8, 1);
}

/* The optimizer's step is the peak where its copies are more than activations and logits were. */
static void optimizer_step(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    double n = tc_model_count(&m.job.model).parameters;
    tc_memory before = memory_of(&m);
    m.stack.kernels.foreach_optimizer = true;
    for (int i = 0; i < TC_OPTIMIZER_NONE; i++) m.stack.optimizers[i].foreach_passes = 23;
    m.job.model.seq = m.job.seq = 16;
    tc_memory b = memory_of(&m);
    assert_near(b.allocated, before.parameters + before.gradients + before.optimizer + before.buffers + 4 * n,
                1e-4 * n);
    assert_near(b.activations + b.logits, 0, 0);
    m.stack.kernels.foreach_optimizer = false;
    m.stack.memory.step_gradients = n / 2; /* under ZeRO-3 alone: all of a rank's */
    assert_near(memory_of(&m).allocated, b.allocated, 1e-4 * n);
    m.job.model.seq = m.job.seq = 1024;
    m.stack.memory.step_gradients = 0;
    assert_near(memory_of(&m).allocated, before.allocated, 1);
}

/* Transformer Engine in fp8: a GPT layer keeps the outputs of its norms, of attention and of the activation in one byte an element
 * instead of two (7 sbh less of 32), and each weight of a block twice in 8 bit beside 16. MX formats have a scale for 32 elements. */
static void low_precision(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    double sh = 1024.0 * 1024, lse = 4 * 16 * 1024.0, parameters = memory_of(&m).parameters;
    tc_model_size size = tc_model_count(&m.job.model);
    double weights = size.parameters - size.embedding_parameters;
    m.job.dtype = TC_FP8;
    assert_near(memory_of(&m).activations, 8 * (sh * 32 + lse), 1);
    m.stack.memory.low_precision_inputs = true;
    m.stack.memory.low_precision_weights = 2;
    tc_memory b = memory_of(&m);
    assert_near(b.activations, 8 * (sh * 25 + lse), 1);
    assert_near(b.parameters - parameters, 2 * weights, 1e-3 * weights);
    m.job.dtype = TC_MXFP8;
    assert_near(memory_of(&m).activations, 8 * (sh * (18 + 7 * (1 + 1.0 / 32)) + lse), 1);
    m.stack.memory.low_precision_activations = true; /* the input of GELU, 8 sbh, too */
    assert_near(memory_of(&m).activations, 8 * (sh * (10 + 11 * (1 + 1.0 / 32)) + lse), 1);
    m.job.dtype = TC_BF16;
    assert_near(memory_of(&m).activations, 8 * (sh * 32 + lse), 1);
}

/* DeepSeek-AI 2024: PP 16, EP 64, ZeRO-1, DualPipe ran on devices of 80 GB. Llama 3 8B with TP 2 on 16 and 8 H100 takes 62 and 71 GB in
 * bf16, 64 and 74 in fp8 (FlagPerf, llama3_8B-megatron): copies of the weights outweigh the activations. */
static void published_low_precision(void **state) {
    (void)state;
    tc_catalog *catalog;
    tc_error error;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, &error), TC_OK);
    tc_question m = round_machine(2048);
    m.job.seq = 4096;
    m.job.dtype = TC_FP8;
    m.job.global_batch = 15360;
    m.layout.pp = 16;
    m.layout.ep = 64;
    m.layout.schedule = TC_SCHEDULE_DUALPIPE;
    m.layout.sharding = TC_SHARD_ZERO1;
    m.layout.recompute = TC_RECOMPUTE_OPERATORS;
    m.layout.recompute_operators = TC_GROUP_NORM | TC_GROUP_QKV_UP | TC_GROUP_ACTIVATION;
    assert_int_equal(tc_catalog_model(catalog, "deepseek-v3", &m.job.model, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, "hai-llm", &m.stack, &error), TC_OK);
    assert_true(memory_of(&m).reserved < 80 * 1073741824.0);
    m.stack.memory.low_precision_inputs = m.stack.memory.low_precision_activations = false;
    assert_true(memory_of(&m).reserved > 80 * 1073741824.0);

    m = round_machine(16);
    m.job.seq = 8192;
    m.layout.tp = 2;
    m.layout.sequence_parallel = 1;
    m.layout.sharding = TC_SHARD_ZERO1;
    assert_int_equal(tc_catalog_model(catalog, "llama-3-8b", &m.job.model, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(catalog, "megatron-core", &m.stack, &error), TC_OK);
    double bf16 = memory_of(&m).reserved;
    m.job.dtype = TC_FP8;
    assert_in_range((int)((memory_of(&m).reserved - bf16) / 1e9), 2, 3);
    tc_catalog_close(catalog);
}

/* 16-bit gradients beside the accumulated ones: of the largest weight, or one of each shape, which Transformer Engine keeps; when the
 * head runs backward, that of its weights beside the logits' own, which is more than the loss if tokens are few. */
static void temporary_gradients(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    m.job.global_batch = 1;
    double h = 1024, vocab = 32768, logits = memory_of(&m).logits;
    m.stack.memory.temporary_gradients = TC_GRADIENTS_OF_A_WEIGHT;
    assert_near(memory_of(&m).buffers, 2 * 4 * h * h, 1);
    assert_near(memory_of(&m).logits, logits, 1); /* 2 + 4 bytes a logit of 1024 tokens against 2 and 2 a weight */
    m.stack.memory.temporary_gradients = TC_GRADIENTS_EVERY_SHAPE;
    assert_near(memory_of(&m).buffers, 2 * (3 + 1 + 4 + 4) * h * h, 1);
    m.job.seq = 128;
    assert_near(memory_of(&m).logits, 2 * 128 * vocab + 2 * h * vocab, 1);
    /* one expert's stands for all; without Transformer Engine the experts of a rank are one weight */
    m.job.model = round_moe(4);
    assert_near(memory_of(&m).buffers, 2 * ((2 + 1) * h * h + 8 * h + 3 * 2048 * h), 1);
    m.stack.memory.temporary_gradients = TC_GRADIENTS_OF_A_WEIGHT;
    assert_near(memory_of(&m).buffers, 2 * 8 * 2 * 2048 * h, 1);
}

/* ZeRO-2 that reduces at the end of the backward pass: there the gradients of the others, 2 bytes of 7/8 here, or before it the activations. */
static void late_reduction(void **state) {
    (void)state;
    tc_question m = round_machine(8);
    double n = tc_model_count(&m.job.model).parameters;
    m.layout.sharding = TC_SHARD_ZERO2;
    m.stack.memory.main_grad_bytes = 2;
    m.stack.memory.chunked_loss = m.stack.memory.late_reduction = true;
    m.layout.recompute = TC_RECOMPUTE_FULL;
    assert_near(memory_of(&m).activations, 2 * n * 7 / 8, 1e-4 * n);
    m.layout.recompute = TC_RECOMPUTE_NONE;
    assert_near(memory_of(&m).activations, 8 * (1024.0 * 1024 * 32 + 4 * 16 * 1024), 1);
}

/* The embedding's gradient comes when the last micro-batch's activations are gone. */
static void embedding_gradient(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    m.job.global_batch = 1;
    m.job.seq = 16;
    m.job.model.vocab = 1 << 20;
    m.stack.memory.temporary_gradients = TC_GRADIENTS_OF_A_WEIGHT;
    assert_near(memory_of(&m).activations, 2 * 1024.0 * ((1 << 20) + 1024), 4096 * 1024);
}

/* What a stack's parts keep: two kernels for a gated activation, logits until the step ends, routing weights before the experts' second
 * matmul, ALiBi as a tensor; and what a host holds of attention. */
static void what_stacks_keep(void **state) {
    (void)state;
    tc_question m = round_machine(1);
    m.job.model.block[0].dense.kind = TC_MLP_GATED;
    double sh = 1024.0 * 1024, before = memory_of(&m).activations;
    m.stack.defaults.graphs = 0;
    assert_near(memory_of(&m).activations - before, 8 * 2 * 4 * sh, 1);
    m.stack.kernels.fused = TC_GROUP_ACTIVATION;
    assert_near(memory_of(&m).activations - before, 0, 1);
    m.layout.offload_operators = TC_GROUP_QKV | TC_GROUP_ATTENTION; /* queries, keys, values, log-sum-exp; the output */
    assert_near(before - memory_of(&m).activations, 8 * (8 * sh + 4 * 16 * 1024.0), 1);

    m = round_machine(1);
    before = memory_of(&m).activations;
    m.stack.memory.attention_bias = true;
    assert_near(memory_of(&m).activations, before, 0);
    m.job.model.positions = TC_POSITIONS_NONE;
    assert_near(memory_of(&m).activations - before, 8 * 2 * 16 * sh, 1);

    m = round_machine(2);
    m.layout.pp = 2;
    m.job.global_batch = 8;
    m.job.model.vocab = 1 << 20; /* so that the last stage is the fullest */
    before = memory_of(&m).logits;
    m.stack.memory.pipeline_outputs = true;
    assert_near(memory_of(&m).logits - before, 7 * 2 * 1024.0 * (1 << 20), 1);
    m.stack.memory.pipeline_outputs = false;
    m.job.model.mtp_layers = 1; /* logits of its own */
    assert_near(memory_of(&m).logits, 2 * before, 1);

    m = round_machine(1);
    m.job.model = round_moe(4);
    before = memory_of(&m).activations;
    m.stack.memory.weighted_inputs = true;
    assert_near(before - memory_of(&m).activations, 4 * 2 * 2 * sh, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_stages),
        cmocka_unit_test(wide_training),
        cmocka_unit_test(whole_while_loading),
        cmocka_unit_test(one_rank_shards_nothing),
        cmocka_unit_test(offload_and_frozen),
        cmocka_unit_test(passing_blocks),
        cmocka_unit_test(activations_of_gpt),
        cmocka_unit_test(activations_in_32_bit),
        cmocka_unit_test(activations_with_flash),
        cmocka_unit_test(logits),
        cmocka_unit_test(pipelines_hold_micro_batches),
        cmocka_unit_test(expert_parallelism),
        cmocka_unit_test(kept_exchange),
        cmocka_unit_test(extra_around_norms),
        cmocka_unit_test(gathered_weights),
        cmocka_unit_test(half_precision_gradients),
        cmocka_unit_test(transient_gradients),
        cmocka_unit_test(other_lengths),
        cmocka_unit_test(communicators),
        cmocka_unit_test(optimizer_step),
        cmocka_unit_test(low_precision),
        cmocka_unit_test(published_low_precision),
        cmocka_unit_test(temporary_gradients),
        cmocka_unit_test(late_reduction),
        cmocka_unit_test(embedding_gradient),
        cmocka_unit_test(what_stacks_keep),
        cmocka_unit_test(sums_and_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* defaults.c - the structs that callers fill: their size, and what is not said. */
#include "traincast.h"

tc_block tc_default_block(void) {
    return (tc_block){.count = 1,
                      .mixer = TC_MIXER_ATTENTION,
                      .ffn = TC_FFN_DENSE,
                      .dense.kind = TC_MLP_GATED,
                      .experts.kind = TC_MLP_GATED,
                      .state_space = {.groups = 1, .conv = 4, .chunk = 256},
                      .delta = {.conv = 4, .chunk = 64},
                      .linear = {.chunk = 256},
                      .norms = 2};
}

tc_tower tc_default_tower(void) {
    return (tc_tower){.norm = TC_NORM_LAYER,
                      .norm_bias = true,
                      .positions = TC_POSITIONS_NONE,
                      .max_tiles = 1,
                      .merge = 1,
                      .projector.copies = 1,
                      .efficiency = 1};
}

tc_model tc_default_model(void) {
    return (tc_model){.size = sizeof(tc_model),
                      .positions = TC_POSITIONS_ROTARY,
                      .norm = TC_NORM_RMS,
                      .norm_weight = true,
                      .causal = true,
                      .final_norm = true,
                      .lm_head = true,
                      .images = 1};
}

tc_accelerator tc_default_accelerator(void) {
    return (tc_accelerator){.size = sizeof(tc_accelerator), .devices_per_package = 1, .datacentre = true};
}

tc_fabric tc_default_fabric(void) { return (tc_fabric){.size = sizeof(tc_fabric)}; }

/* What a stack chooses that says nothing; degrees are nobody's default. */
static tc_layout usual_choices(void) {
    tc_layout l = tc_default_layout();
    l.micro_batch = 1;
    l.sequence_parallel = true;
    l.sharding = TC_SHARD_ZERO1;
    l.recompute = TC_RECOMPUTE_NONE;
    l.cp_kind = TC_CP_RING;
    l.offload = TC_OFFLOAD_NONE;
    l.overlap = TC_OVERLAP_GRAD_REDUCE | TC_OVERLAP_PARAM_GATHER;
    l.graphs = 0;
    return l;
}

/* Everything: what nobody wrote a table for. */
static tc_stack_supports anything(void) {
    return (tc_stack_supports){.schedules = (1 << (TC_SCHEDULE_CUSTOM + 1)) - 1,
                               .virtual_stages = true,
                               .uneven_stages = TC_UNEVEN_LEFT_OVER | TC_UNEVEN_FIRST_LAST | TC_UNEVEN_LIST,
                               .tensor_parallel = true,
                               .copied_kv_heads = true,
                               .sequence_parallel = 1 << 0 | 1 << 1,
                               .plain_expert_tensors = true,
                               .cp_kinds = (1 << (TC_CP_BOTH + 1)) - 1,
                               .cp_chunks = 1,
                               .cp_tokens = 1,
                               .expert_ranks = TC_EXPERT_RANKS_STAGE,
                               .expert_split = TC_EXPERT_SPLIT_ONE | TC_EXPERT_SPLIT_TP | TC_EXPERT_SPLIT_OTHER,
                               .sharding = (1 << (TC_SHARD_HSDP + 1)) - 1,
                               .pipeline_sharding = (1 << (TC_SHARD_HSDP + 1)) - 1,
                               .recompute = (1 << (TC_RECOMPUTE_OPERATORS + 1)) - 1,
                               .recompute_operators = TC_GROUP_ALL,
                               .offload = (1 << (TC_OFFLOAD_ALL + 1)) - 1,
                               .overlap = (1 << TC_OVERLAPS) - 1,
                               .graphs = TC_GROUP_ALL | TC_GRAPHS_ALL,
                               .dtypes = (1 << TC_DTYPES) - 1,
                               .optimizers = (1 << (TC_OPTIMIZER_NONE + 1)) - 1,
                               .uneven_batch = true};
}

tc_stack tc_default_stack(void) {
    return (tc_stack){.size = sizeof(tc_stack),
                      .defaults = usual_choices(),
                      .supports = anything(),
                      .attention = TC_ATTENTION_FLASH,
                      .optimizer = TC_OPTIMIZER_ADAMW,
                      .memory.grad_bytes = 4,
                      .memory.main_grad_bytes = 4,
                      .memory.optimizer_bytes = 12,
                      .optimizers = {[TC_OPTIMIZER_ADAMW] = {.state_bytes = 8, .end_state_bytes = 8}},
                      .memory.logits_bytes = 4,
                      .memory.dropout = true,
                      .memory.gradients_persist = true};
}

tc_job tc_default_job(void) {
    return (tc_job){.size = sizeof(tc_job),
                    .model = tc_default_model(),
                    .cached_latents = TC_UNSET,
                    .seq = TC_UNSET,
                    .global_batch = TC_UNSET,
                    .dtype = TC_BF16,
                    .optimizer = TC_UNSET,
                    .attention = TC_UNSET,
                    .images = TC_UNSET,
                    .image_width = TC_UNSET,
                    .image_height = TC_UNSET};
}

tc_cluster tc_default_cluster(void) {
    return (
        tc_cluster){.size = sizeof(tc_cluster), .accelerator = tc_default_accelerator(), .fabric = tc_default_fabric()};
}

tc_pool tc_default_pool(void) {
    return (tc_pool){.size = sizeof(tc_pool),
                     .accelerator = tc_default_accelerator(),
                     .fabric = tc_default_fabric(),
                     .stack = tc_default_stack(),
                     .layout = tc_default_layout()};
}

tc_question tc_default_question(void) {
    return (tc_question){.size = sizeof(tc_question),
                         .job = tc_default_job(),
                         .cluster = tc_default_cluster(),
                         .layout = tc_default_layout(),
                         .stack = tc_default_stack()};
}

tc_layout tc_default_layout(void) {
    return (tc_layout){.size = sizeof(tc_layout),
                       .tp = 1,
                       .pp = 1,
                       .cp = 1,
                       .ep = 1,
                       .etp = TC_UNSET,
                       .dp = TC_UNSET,
                       .vpp = 1,
                       .micro_batch = TC_UNSET,
                       .sequence_parallel = TC_UNSET,
                       .sharding = TC_UNSET,
                       .recompute = TC_UNSET,
                       .schedule = TC_UNSET,
                       .cp_kind = TC_UNSET,
                       .offload = TC_UNSET,
                       .overlap = TC_UNSET,
                       .graphs = TC_UNSET,
                       .flush = TC_UNSET,
                       .first_layers = TC_UNSET,
                       .last_layers = TC_UNSET};
}

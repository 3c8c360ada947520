/* question_members.c - what the members of a question may be, and of a step that is handed on.
 *
 * 0 is "not known" for most figures of an accelerator, so that its table takes it; what a forecast divided by is named by
 * tc_question_divisors() where there is no answer: a job needs not all parameters. */
#include "layout/question_members.h"

#include "base/error.h"
#include "layout/members.h"
#include "workload/members.h"

/* ---- accelerator ------------------------------------------------------------------------ */

static const tc_member device_params[] = {
#define TC_DEVICE_PARAM(name, ...) TC_FIGURE(tc_device_params, name),
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
};

static const tc_members device_params_members = TC_MEMBERS(tc_device_params, device_params, NULL, NULL);

static const tc_member accelerator[] = {
    TC_SIZE(tc_accelerator),
    TC_TEXT(tc_accelerator, slug),
    TC_TEXT(tc_accelerator, name),
    TC_TEXT(tc_accelerator, vendor),
    TC_TEXT(tc_accelerator, architecture),
    TC_TEXT(tc_accelerator, fabric),
    TC_TEXT(tc_accelerator, released),
    TC_TEXT(tc_accelerator, stack),
    TC_TEXT(tc_accelerator, region),
    TC_INTEGER(tc_accelerator, devices_per_package, 1, TC_MOST_DEGREE),
    TC_FIGURE(tc_accelerator, memory_bytes),
    TC_FIGURE(tc_accelerator, memory_bytes_per_s),
    TC_FIGURE(tc_accelerator, cache_bytes),
    TC_INTEGER(tc_accelerator, cores, 0, TC_MOST_DEGREE),
    TC_FIGURE(tc_accelerator, clock_hz),
    TC_FIGURE(tc_accelerator, held_clock_hz),
    TC_FIGURES(tc_accelerator, matmul_flops),
    TC_FIGURE(tc_accelerator, vector_flops),
    TC_FIGURES(tc_accelerator, advertised_flops),
    TC_FIGURE(tc_accelerator, fp6_flops),
    TC_FIGURE(tc_accelerator, tdp_w),
    TC_FIGURE(tc_accelerator, die_area_mm2),
    TC_FIGURE(tc_accelerator, io_bytes_per_s),
    TC_FIGURE(tc_accelerator, price_usd),
    TC_FIGURE(tc_accelerator, rental_usd_per_h),
    TC_FIGURE_IN(tc_accelerator, mtbf_s, 0, __builtin_inf()), /* infinite: nothing fails */
    TC_FIGURE(tc_accelerator, host_bytes_per_s),
    TC_SWITCH(tc_accelerator, datacentre),
    TC_STRUCT(tc_accelerator, params, device_params_members),
};

const tc_members tc_accelerator_members = TC_MEMBERS(tc_accelerator, accelerator, "tc_default_accelerator()", NULL);

/* ---- fabric ------------------------------------------------------------------------------ */

static const tc_member level[] = {
    TC_TEXT(tc_level, name),
    TC_INTEGER(tc_level, size, 0, TC_MOST_DEGREE),
    TC_WORD(tc_level, topology, TC_TOPOLOGY_DRAGONFLY, "topology"),
    TC_FIGURE_IN(tc_level, bytes_per_s, 1, TC_MOST_FIGURE),
    TC_FIGURE(tc_level, latency_s),
    TC_FIGURE(tc_level, oversubscription),
    TC_SWITCH(tc_level, in_network_reduction),
    TC_INTEGER(tc_level, dims, 0, 64),
};

static const tc_members level_members = TC_MEMBERS(tc_level, level, NULL, NULL);

static const tc_member fabric[] = {
    TC_SIZE(tc_fabric),
    TC_TEXT(tc_fabric, slug),
    TC_TEXT(tc_fabric, name),
    TC_INTEGER(tc_fabric, levels, 0, TC_MAX_LEVELS),
    TC_STRUCTS(tc_fabric, level, levels, level_members),
};

const tc_members tc_fabric_members = TC_MEMBERS(tc_fabric, fabric, "tc_default_fabric()", NULL);

/* ---- stack ---------------------------------------------------------------------------------- */

static const tc_member optimizer[] = {
    TC_FIGURE(tc_optimizer_figures, state_bytes),    TC_FIGURE(tc_optimizer_figures, end_state_bytes),
    TC_FIGURE(tc_optimizer_figures, extra_bytes),    TC_FIGURE(tc_optimizer_figures, unfused_bytes),
    TC_FIGURE(tc_optimizer_figures, foreach_passes), TC_INTEGER(tc_optimizer_figures, newton_schulz, 0, TC_MOST_DEGREE),
};

static const tc_member stack_memory[] = {
    TC_INTEGER(tc_stack_memory, grad_bytes, 0, 64),
    TC_INTEGER(tc_stack_memory, main_grad_bytes, 0, 64),
    TC_FIGURE(tc_stack_memory, optimizer_bytes),
    TC_FIGURE(tc_stack_memory, sharded_optimizer_bytes),
    TC_INTEGER(tc_stack_memory, logits_bytes, 0, 64),
    TC_INTEGER(tc_stack_memory, pair_logits_bytes, 0, 64),
    TC_SWITCH(tc_stack_memory, chunked_loss),
    TC_SWITCH(tc_stack_memory, gathered_logits),
    TC_SWITCH(tc_stack_memory, masked_head),
    TC_SWITCH(tc_stack_memory, pipeline_outputs),
    TC_SWITCH(tc_stack_memory, dropout),
    TC_SWITCH(tc_stack_memory, attention_bias),
    TC_SWITCH(tc_stack_memory, low_precision_inputs),
    TC_SWITCH(tc_stack_memory, low_precision_activations),
    TC_FIGURE(tc_stack_memory, low_precision_weights),
    TC_SWITCH(tc_stack_memory, weighted_inputs),
    TC_SWITCH(tc_stack_memory, gathered_inputs),
    TC_SWITCH(tc_stack_memory, kept_exchange),
    TC_WORD(tc_stack_memory, temporary_gradients, TC_GRADIENTS_EVERY_SHAPE, "kind of temporary gradients"),
    TC_SWITCH(tc_stack_memory, gradients_persist),
    TC_SWITCH(tc_stack_memory, late_reduction),
    TC_SWITCH(tc_stack_memory, fp32_adapters),
    TC_SWITCH(tc_stack_memory, frozen_gradients),
    TC_SWITCH(tc_stack_memory, whole_accumulation),
    TC_SWITCH(tc_stack_memory, copied_gradients),
    TC_SWITCH(tc_stack_memory, loads_encoders),
    TC_SWITCH(tc_stack_memory, loads_whole),
    TC_SWITCH(tc_stack_memory, loads_copies),
    TC_SWITCH(tc_stack_memory, kept_originals),
    TC_FIGURE(tc_stack_memory, gathered_elements),
    TC_FIGURE(tc_stack_memory, bucket_elements),
    TC_FIGURE(tc_stack_memory, step_gradients),
};

static const tc_member stack_kernels[] = {
    TC_INTEGER(tc_stack_kernels, fused, 0, TC_GROUP_ALL),
    TC_SWITCH(tc_stack_kernels, native_attention),
    TC_SWITCH(tc_stack_kernels, unfused_optimizer),
    TC_SWITCH(tc_stack_kernels, recompute_stops),
    TC_SWITCH(tc_stack_kernels, foreach_optimizer),
    TC_FIGURE(tc_stack_kernels, host_optimizer_bytes),
    TC_SWITCH(tc_stack_kernels, sequential_experts),
    TC_SWITCH(tc_stack_kernels, expert_modules),
    TC_SWITCH(tc_stack_kernels, repeated_tokens),
    TC_INTEGER(tc_stack_kernels, stacked_experts, 0, TC_MOST_DEGREE),
    TC_SWITCH(tc_stack_kernels, overlap_tensor_parallel),
    TC_SWITCH(tc_stack_kernels, gathered_copies),
    TC_SWITCH(tc_stack_kernels, low_precision_gathers),
    TC_SWITCH(tc_stack_kernels, low_precision_gradient_gathers),
    TC_SWITCH(tc_stack_kernels, fused_tensor_parallel),
    TC_INTEGER(tc_stack_kernels, communication_cores, 0, TC_MOST_DEGREE),
    TC_SWITCH(tc_stack_kernels, issues_experts),
    TC_SWITCH(tc_stack_kernels, eager_scans),
    TC_SWITCH(tc_stack_kernels, reads_counts),
    TC_SWITCH(tc_stack_kernels, overlap_experts),
    TC_WORD(tc_stack_kernels, fp8_recipe, TC_FP8_MX, "fp8 recipe"),
    TC_SWITCH(tc_stack_kernels, eager_casts),
    TC_SWITCH(tc_stack_kernels, averaged_losses),
    TC_SWITCH(tc_stack_kernels, shared_towers),
    TC_SWITCH(tc_stack_kernels, replicated_towers),
    TC_SWITCH(tc_stack_kernels, fused_adapters),
    TC_SWITCH(tc_stack_kernels, adapter_dropout),
    TC_WORD(tc_stack_kernels, dispatcher, TC_DISPATCHER_HYBRIDEP, "dispatcher"),
    TC_INTEGER(tc_stack_kernels, issued_by_mixer, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_stack_kernels, issued_by_latents, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_stack_kernels, issued_by_router, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_stack_kernels, issued_by_experts, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_stack_kernels, issued_by_shared, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_stack_kernels, issued_by_alltoall, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_stack_kernels, issued_by_allgather, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_stack_kernels, issued_by_deepep, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_stack_kernels, issued_by_hybridep, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_stack_kernels, issued_by_ring, 0, TC_MOST_DEGREE),
    TC_FIGURE(tc_stack_kernels, collective_elements),
    TC_FIGURE(tc_stack_kernels, loss_bytes),
    TC_WORD(tc_stack_kernels, tensor_collectives, (2 << TC_SHARD_HSDP) - 1, "set of shardings"),
};

/* Sets of values of a vocabulary: bits 1 << value. */
#define BITS(member, last, noun) TC_WORD(tc_stack_supports, member, (2 << (last)) - 1, noun)

static const tc_member supports[] = {
    BITS(schedules, TC_SCHEDULE_CUSTOM, "set of schedules"),
    TC_SWITCH(tc_stack_supports, virtual_stages),
    TC_INTEGER(tc_stack_supports, uneven_stages, 0, 7),
    TC_SWITCH(tc_stack_supports, tensor_parallel),
    TC_SWITCH(tc_stack_supports, copied_kv_heads),
    BITS(sequence_parallel, 1, "set of off and on"),
    TC_SWITCH(tc_stack_supports, plain_expert_tensors),
    BITS(cp_kinds, TC_CP_BOTH, "set of kinds of context parallelism"),
    TC_INTEGER(tc_stack_supports, cp_chunks, 1, TC_MOST_DEGREE),
    TC_INTEGER(tc_stack_supports, cp_tokens, 0, TC_MOST_TOKENS),
    TC_WORD(tc_stack_supports, expert_ranks, TC_EXPERT_RANKS_STAGE, "kind of expert ranks"),
    TC_INTEGER(tc_stack_supports, expert_split, 0, 7),
    BITS(sharding, TC_SHARD_HSDP, "set of shardings"),
    BITS(pipeline_sharding, TC_SHARD_HSDP, "set of shardings"),
    BITS(recompute, TC_RECOMPUTE_OPERATORS, "set of kinds of recompute"),
    TC_INTEGER(tc_stack_supports, recompute_operators, 0, TC_GROUP_ALL),
    BITS(offload, TC_OFFLOAD_ALL, "set of kinds of offload"),
    BITS(overlap, TC_OVERLAPS - 1, "set of overlaps"),
    TC_INTEGER(tc_stack_supports, graphs, 0, TC_GRAPHS_ALL | TC_GROUP_ALL),
    BITS(dtypes, TC_DTYPES - 1, "set of formats"),
    BITS(optimizers, TC_OPTIMIZER_NONE, "set of optimizers"),
    TC_SWITCH(tc_stack_supports, uneven_batch),
};

static const tc_member stack_params[] = {
#define TC_STACK_PARAM(name, ...) TC_FIGURE(tc_stack_params, name),
#include "traincast_params.h"
#undef TC_STACK_PARAM
};

static const tc_members optimizer_members = TC_MEMBERS(tc_optimizer_figures, optimizer, NULL, NULL),
                        supports_members = TC_MEMBERS(tc_stack_supports, supports, NULL, NULL),
                        stack_memory_members = TC_MEMBERS(tc_stack_memory, stack_memory, NULL, NULL),
                        stack_kernels_members = TC_MEMBERS(tc_stack_kernels, stack_kernels, NULL, NULL),
                        stack_params_members = TC_MEMBERS(tc_stack_params, stack_params, NULL, NULL);

static const tc_member history[] = {
    TC_INTEGER(tc_stack_history, asked, 0, 100 * TC_MOST_YEAR + 99),
    TC_TEXT(tc_stack_history, since),
    TC_TEXT(tc_stack_history, compiled_variant),
    TC_TEXT(tc_stack_history, of_latents),
    TC_TEXT(tc_stack_history, of_images),
    TC_WORD(tc_stack_history, compiled_formats, (1 << TC_DTYPES) - 1, "set of formats"),
    TC_SWITCH(tc_stack_history, interleaving),
    TC_WORD(tc_stack_history, memory_log, TC_LOG_FIRST_STEP, "kind of memory"),
};

static const tc_members history_members = TC_MEMBERS(tc_stack_history, history, NULL, NULL);

static const tc_member stack[] = {
    TC_SIZE(tc_stack),
    TC_TEXT(tc_stack, slug),
    TC_TEXT(tc_stack, name),
    TC_STRUCT(tc_stack, defaults, tc_layout_members),
    TC_WORD(tc_stack, attention, TC_ATTENTION_PLAIN, "implementation of attention"),
    TC_WORD(tc_stack, optimizer, TC_OPTIMIZER_NONE, "optimizer"),
    TC_ALL_STRUCTS(tc_stack, optimizers, optimizer_members),
    TC_SWITCH(tc_stack, expert_tensor_parallel),
    TC_SWITCH(tc_stack, cached_latents),
    TC_STRUCT(tc_stack, history, history_members),
    TC_STRUCT(tc_stack, supports, supports_members),
    TC_STRUCT(tc_stack, memory, stack_memory_members),
    TC_STRUCT(tc_stack, kernels, stack_kernels_members),
    TC_STRUCT(tc_stack, params, stack_params_members),
};

static tc_code check_stack(const void *value, tc_error *error) {
    const tc_stack *s = value;
    const char *open = tc_layout_open_choice(&s->defaults);
    return open ? tc_fail(error, TC_INVALID, "defaults", "%s is unset; a stack has a default for every choice", open)
                : TC_OK;
}

const tc_members tc_stack_members = TC_MEMBERS(tc_stack, stack, "tc_default_stack()", check_stack);

/* ---- cluster ---------------------------------------------------------------------------------- */

static const tc_member pool[] = {
    TC_SIZE(tc_pool),
    TC_STRUCT(tc_pool, accelerator, tc_accelerator_members),
    TC_STRUCT(tc_pool, fabric, tc_fabric_members),
    TC_INTEGER(tc_pool, devices, 0, TC_MOST_DEGREE),
    TC_FIGURE(tc_pool, host_memory_bytes),
    TC_STRUCT(tc_pool, stack, tc_stack_members),
    TC_SWITCH(tc_pool, stack_assumed),
    TC_STRUCT(tc_pool, layout, tc_layout_members),
};

static const tc_members pool_members = TC_MEMBERS(tc_pool, pool, "tc_default_pool()", NULL);

static const tc_member link[] = {
    TC_FIGURE(tc_link, bytes_per_s), TC_FIGURE(tc_link, oversubscription), TC_FIGURE(tc_link, latency_s),
    TC_FIGURE(tc_link, distance_m),  TC_FIGURE(tc_link, usd_per_byte),
};

static const tc_members link_members = TC_MEMBERS(tc_link, link, NULL, NULL);

static const tc_member mixing[] = {
    TC_WORD(tc_mixing, across, TC_ACROSS_PIPELINE, "way across pools"),
    TC_FIGURE(tc_mixing, known_local_steps),
    TC_INTEGER(tc_mixing, local_steps, 0, TC_MOST_DEGREE),
    TC_FIGURE_IN(tc_mixing, efficiency_p10, 0, 1),
    TC_FIGURE_IN(tc_mixing, efficiency, 0, 1),
    TC_FIGURE_IN(tc_mixing, efficiency_p90, 0, 1),
    TC_TEXT(tc_mixing, tuning),
    TC_STRUCT(tc_mixing, link, link_members),
};

const tc_members tc_mixing_members = TC_MEMBERS(tc_mixing, mixing, NULL, NULL);

static const tc_member cluster[] = {
    TC_SIZE(tc_cluster),
    TC_STRUCT(tc_cluster, accelerator, tc_accelerator_members),
    TC_STRUCT(tc_cluster, fabric, tc_fabric_members),
    TC_INTEGER(tc_cluster, devices, 0, TC_MOST_DEGREE),
    TC_FIGURE(tc_cluster, host_memory_bytes),
    TC_INTEGER(tc_cluster, others, 0, TC_MAX_POOLS - 1),
    TC_ROW_ARRAY(tc_cluster, other, others, pool_members),
    TC_STRUCT(tc_cluster, mixing, tc_mixing_members),
};

const tc_members tc_cluster_members = TC_MEMBERS(tc_cluster, cluster, "tc_default_cluster()", NULL);

/* ---- job, question ------------------------------------------------------------------------------ */

static const tc_member job[] = {
    TC_SIZE(tc_job),
    TC_STRUCT(tc_job, model, tc_model_members),
    TC_INTEGER_OR_UNSET(tc_job, seq, 0, TC_MOST_TOKENS),
    TC_INTEGER_OR_UNSET(tc_job, global_batch, 0, 1e12),
    TC_WORD(tc_job, dtype, TC_DTYPES - 1, "format"),
    TC_WORD_OR_UNSET(tc_job, optimizer, TC_OPTIMIZER_NONE, "optimizer"),
    TC_WORD_OR_UNSET(tc_job, attention, TC_ATTENTION_PLAIN, "implementation of attention"),
    TC_SWITCH(tc_job, balanced_routing),
    TC_INTEGER(tc_job, document, 0, TC_MOST_TOKENS),
    TC_FIGURE(tc_job, expert_capacity),
    TC_INTEGER_OR_UNSET(tc_job, cached_latents, 0, 1),
    TC_INTEGER(tc_job, ema, 0, 16),
    TC_SWITCH(tc_job, frozen_base),
    TC_FIGURE_OR_UNSET(tc_job, images),
    TC_INTEGER_OR_UNSET(tc_job, image_width, 1, TC_MOST_DEGREE),
    TC_INTEGER_OR_UNSET(tc_job, image_height, 1, TC_MOST_DEGREE),
    TC_STRUCT(tc_job, finetune, tc_finetune_members),
};

/* Adapters and a narrow base are of frozen weights. */
static tc_code check_job(const void *value, tc_error *error) {
    const tc_job *j = value;
    if (!j->frozen_base && (j->finetune.rank > 0 || j->finetune.base_bits > 0 || j->finetune.embeddings))
        return tc_fail(error, TC_INVALID, "finetune",
                       "adapters, embeddings or a narrow base without frozen_base; set it");
    return TC_OK;
}

const tc_members tc_job_members = TC_MEMBERS(tc_job, job, "tc_default_job()", check_job);

static const tc_member question[] = {
    TC_SIZE(tc_question),
    TC_STRUCT(tc_question, job, tc_job_members),
    TC_STRUCT(tc_question, cluster, tc_cluster_members),
    TC_STRUCT(tc_question, layout, tc_layout_members),
    TC_STRUCT(tc_question, stack, tc_stack_members),
    TC_SWITCH(tc_question, stack_assumed),
    TC_POINTER(tc_question, interval),
};

/* Parameters that something is divided by, as files are held to it (catalog/parameters.h). */
#define LEAST_DIVISOR 1e-6
static const struct {
    size_t offset;
    const char *name;
} divisors[] = {
#define FRACTION_ABOVE_0(offset, name) {offset, name},
#define POSITIVE_ABOVE_0(offset, name) {offset, name},
#define SHARE_ABOVE_0(offset, name) /* 0: not known */
#define FIGURE_ABOVE_0(offset, name)
#define FRACTION_FROM_0(offset, name)
#define POSITIVE_FROM_0(offset, name)
#define SHARE_FROM_0(offset, name)
#define FIGURE_FROM_0(offset, name)
#define TC_DEVICE_PARAM(name, key, dimension, link, least, text)                                                       \
    link##_##least(offsetof(tc_question, cluster.accelerator.params.name), "question.cluster.accelerator."             \
                                                                           "params." #name)
#define TC_STACK_PARAM(name, key, dimension, link, least, text)                                                        \
    link##_##least(offsetof(tc_question, stack.params.name), "question.stack.params." #name)
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
#undef TC_STACK_PARAM
};

tc_code tc_question_divisors(const tc_question *value, tc_error *error) {
    for (size_t i = 0; i < sizeof divisors / sizeof divisors[0]; i++) {
        const double *figure = (const double *)(const void *)((const char *)value + divisors[i].offset);
        if (!(*figure >= LEAST_DIVISOR))
            return tc_fail(error, TC_INVALID, divisors[i].name, "something is divided by it; above 0");
    }
    return TC_OK;
}

static tc_code check_question(const void *value, tc_error *error) {
    const tc_question *q = value;
    if (q->cluster.devices > 1 && q->cluster.fabric.levels < 1)
        return tc_fail(error, TC_INVALID, "cluster.fabric.levels", "none for %d devices; 1 to %d", q->cluster.devices,
                       TC_MAX_LEVELS);
    if (!(q->cluster.accelerator.memory_bytes_per_s > 0))
        return tc_fail(error, TC_INVALID, "cluster.accelerator.memory_bytes_per_s", "none; above 0");
    return TC_OK;
}

const tc_members tc_question_members = TC_MEMBERS(tc_question, question, "tc_default_question()", check_question);

/* ---- a step that is handed on ------------------------------------------------------------------ */

static const tc_member step[] = {
    TC_FIGURE(tc_step, step_s),
    TC_FIGURE(tc_step, step_s_p10),
    TC_FIGURE(tc_step, step_s_p90),
    TC_FIGURE(tc_step, tokens_per_step),
};

/* What a run looks at. */
const tc_members tc_step_members = TC_MEMBERS(tc_step, step, NULL, NULL);

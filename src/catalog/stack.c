/* stack.c - the formats of data/stacks and data/fitted/stack.yaml.
 *
 * What a stack does where nobody says otherwise, and its physical parameters.
 * What a file does not give comes from the stacks that it names as its base, at last from generic.yaml. */
#include <string.h>

#include "base/vocabulary.h"
#include "catalog/kinds.h"
#include "catalog/parameters.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))
/* A key is the member's name; `before`: all stood under `defaults`, or on their own, before 0.2. */
#define DEFAULT(member) .path = "defaults." #member, .offset = offsetof(tc_stack, member)
#define LAYOUT(key, member) .path = "defaults." #key, .offset = offsetof(tc_stack, defaults.member)
#define MEMORY(member)                                                                                                 \
    .path = "memory." #member, .before = "defaults." #member, .offset = offsetof(tc_stack, memory.member)
#define KERNELS(member)                                                                                                \
    .path = "kernels." #member, .before = "defaults." #member, .offset = offsetof(tc_stack, kernels.member)
/* section: where the key stood before. */
#define HISTORY(section, key, member)                                                                                  \
    .path = "history." #key, .before = section #key, .offset = offsetof(tc_stack, history.member)
#define TEXT(member) .type = TC_FIELD_STRING, .size = sizeof(((tc_stack *)0)->member)
#define SUPPORTS(member) .path = "supports." #member, .offset = offsetof(tc_stack, supports.member)
#define BOOLEAN .type = TC_FIELD_BOOLEAN
#define BIT(of) .type = TC_FIELD_BOOLEAN, .bit = of
#define INTEGER(low, high) .type = TC_FIELD_INTEGER, .min = low, .max = high
#define NUMBER(high) .type = TC_FIELD_NUMBER, .max = high
#define WORD(list) .type = TC_FIELD_ENUM, .names = list
#define SET(list) .type = TC_FIELD_WORDS, .names = list

static const tc_field stack_fields[] = {
    TC_SCHEMA_HEAD,
    {.path = "slug",
     .type = TC_FIELD_STRING,
     .offset = offsetof(tc_stack, slug),
     .size = sizeof(((tc_stack *)0)->slug)},
    {.path = "name",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_stack, name),
     .size = sizeof(((tc_stack *)0)->name)},
    {.path = "base", .type = TC_FIELD_TEXTS, .offset = TC_NOT_STORED}, /* one or a list: layers.c */
    {HISTORY("", successor.slug, successor), TEXT(history.successor), .own = true},
    {HISTORY("", successor.from_year, successor_year), INTEGER(1990, 2100), .own = true},
    {HISTORY("", compiled_variant, compiled_variant), TEXT(history.compiled_variant), .own = true},
    {HISTORY("", earlier.until_year, earlier.until_year), INTEGER(1990, 2100)},
    {HISTORY("", earlier.logits_bytes, earlier.logits_bytes), INTEGER(0, 16)},
    {HISTORY("", earlier.pipeline_outputs, earlier.pipeline_outputs), BOOLEAN},
    {HISTORY("defaults.", interleaving, interleaving), BOOLEAN},
    {HISTORY("defaults.", memory_log, memory_log), WORD(tc_memory_log_names)},
    {LAYOUT(sharding, sharding), WORD(tc_sharding_names)},
    {LAYOUT(recompute, recompute), WORD(tc_recompute_names)},
    {DEFAULT(attention), WORD(tc_attention_impl_names)},
    {LAYOUT(cp_kind, cp_kind), WORD(tc_cp_kind_names)},
    {DEFAULT(optimizer), WORD(tc_optimizer_names)},
    {LAYOUT(sequence_parallel, sequence_parallel), BIT(1)},
    {LAYOUT(micro_batch, micro_batch), INTEGER(1, 1000000)},
    {LAYOUT(overlap_grad_reduce, overlap), BIT(TC_OVERLAP_GRAD_REDUCE)},
    {LAYOUT(overlap_param_gather, overlap), BIT(TC_OVERLAP_PARAM_GATHER)},
    {LAYOUT(compiled, graphs), BIT(TC_GRAPHS_ALL)},
    {DEFAULT(expert_tensor_parallel), BOOLEAN},
    {.path = "supports.source", .type = TC_FIELD_SOURCE, .need = TC_NEED_IN_SECTION, .offset = TC_NOT_STORED},
    {SUPPORTS(schedules), SET(tc_schedule_names)},
    {SUPPORTS(virtual_stages), BOOLEAN},
    {SUPPORTS(uneven_stages), SET(tc_uneven_stages_names)},
    {SUPPORTS(tensor_parallel), BOOLEAN},
    {SUPPORTS(copied_kv_heads), BOOLEAN},
    {SUPPORTS(sequence_parallel), SET(tc_switch_names)},
    {SUPPORTS(plain_expert_tensors), BOOLEAN},
    {SUPPORTS(cp_kinds), SET(tc_cp_kind_names)},
    {SUPPORTS(cp_chunks), INTEGER(1, 64)},
    {SUPPORTS(cp_tokens), INTEGER(1, 1000000)},
    {SUPPORTS(expert_ranks), WORD(tc_expert_ranks_names)},
    {SUPPORTS(expert_split), SET(tc_expert_split_names)},
    {SUPPORTS(sharding), SET(tc_sharding_names)},
    {SUPPORTS(pipeline_sharding), SET(tc_sharding_names)},
    {SUPPORTS(recompute), SET(tc_recompute_names)},
    {SUPPORTS(recompute_operators), SET(tc_operator_group_names)},
    {SUPPORTS(offload), SET(tc_offload_names)},
    {SUPPORTS(overlap), SET(tc_overlap_names)},
    {SUPPORTS(graphs), SET(tc_graphs_names)},
    {SUPPORTS(dtypes), SET(tc_dtype_names)},
    {SUPPORTS(optimizers), SET(tc_optimizer_names)},
    {SUPPORTS(uneven_batch), BOOLEAN},
    {MEMORY(grad_bytes), INTEGER(1, 8)},
    {MEMORY(main_grad_bytes), INTEGER(0, 8)},
    {MEMORY(optimizer_bytes), NUMBER(64)},
    {MEMORY(logits_bytes), INTEGER(0, 16)},
    {MEMORY(chunked_loss), BOOLEAN},
    {MEMORY(gathered_logits), BOOLEAN},
    {MEMORY(masked_head), BOOLEAN},
    {MEMORY(dropout), BOOLEAN},
    {MEMORY(attention_bias), BOOLEAN},
    {MEMORY(low_precision_inputs), BOOLEAN},
    {MEMORY(low_precision_activations), BOOLEAN},
    {MEMORY(low_precision_weights), NUMBER(4)},
    {MEMORY(weighted_inputs), BOOLEAN},
    {MEMORY(gathered_inputs), BOOLEAN},
    {MEMORY(temporary_gradients), WORD(tc_temporary_gradients_names)},
    {MEMORY(gradients_persist), BOOLEAN},
    {MEMORY(late_reduction), BOOLEAN},
    {MEMORY(gathered_elements), NUMBER(1e12)},
    {MEMORY(copied_gradients), BOOLEAN},
    {MEMORY(bucket_elements), NUMBER(1e12)},
    {KERNELS(fused), .type = TC_FIELD_OPERATORS},
    {KERNELS(native_attention), BOOLEAN},
    {KERNELS(unfused_optimizer), BOOLEAN},
    {KERNELS(host_optimizer_bytes), NUMBER(1000)},
    {KERNELS(sequential_experts), BOOLEAN},
    {KERNELS(overlap_tensor_parallel), BOOLEAN},
    {KERNELS(communication_cores), INTEGER(0, 10000)},
    {KERNELS(hierarchical_dispatch), BOOLEAN},
    {KERNELS(collective_elements), NUMBER(1e12)},
    {KERNELS(tensor_collectives), SET(tc_sharding_names)},
#define TC_STACK_PARAM(...) TC_PARAMETER_FIELD("parameters.", true, __VA_ARGS__),
#include "traincast_params.h"
#undef TC_STACK_PARAM
};

static const tc_field level_fields[] = {
#define TC_STACK_PARAM(...) TC_PARAMETER_FIELD("", false, __VA_ARGS__),
#include "traincast_params.h"
#undef TC_STACK_PARAM
};

static const tc_schema level_schema = {"fitted parameters", level_fields, COUNT(level_fields)};

static const tc_field fitted_fields[] = {
    TC_SCHEMA_HEAD,
    {.path = "fitted_on", .type = TC_FIELD_TEXTS, .need = TC_NEED_ALWAYS, .offset = TC_NOT_STORED},
    {.path = "runs_hash", .type = TC_FIELD_TEXTS, .need = TC_NEED_ALWAYS, .offset = TC_NOT_STORED},
#define TC_STACK_PARAM(...) TC_PARAMETER_FIELD("generic.", false, __VA_ARGS__),
#include "traincast_params.h"
#undef TC_STACK_PARAM
    {.path = "stacks", .type = TC_FIELD_MAP, .offset = TC_NOT_STORED, .element = &level_schema},
};

const tc_schema tc_stack_schema = {"stack", stack_fields, COUNT(stack_fields)};
const tc_schema tc_fitted_stack_schema = {"fitted stack parameters", fitted_fields, COUNT(fitted_fields)};

tc_code tc_stack_read(const tc_stack_chain *chain, tc_stack *out, tc_error *error) {
    *out = tc_default_stack();
    for (int i = 0; i < chain->count; i++) {
        out->history.successor[0] = out->history.compiled_variant[0] = '\0'; /* a base's own */
        tc_code code = tc_schema_read(&tc_stack_schema, chain->document[i], out, error);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

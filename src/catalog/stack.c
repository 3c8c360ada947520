/* stack.c - the formats of data/stacks and data/fitted/stack.yaml.
 *
 * What a stack does where nobody says otherwise, and its physical parameters.
 * What a file does not give comes from the stacks that it names as its base, at last from generic.yaml. */
#include <string.h>

#include "base/vocabulary.h"
#include "catalog/kinds.h"
#include "catalog/parameters.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))
#define ENUM(path_, member, names_)                                                                                    \
    { .path = path_, .type = TC_FIELD_ENUM, .offset = offsetof(tc_stack, member), .names = names_ }
#define BOOLEAN(path_, member)                                                                                         \
    { .path = path_, .type = TC_FIELD_BOOLEAN, .offset = offsetof(tc_stack, member) }
#define INTEGER(path_, member, low, high)                                                                              \
    { .path = path_, .type = TC_FIELD_INTEGER, .offset = offsetof(tc_stack, member), .min = low, .max = high }

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
    {.path = "successor.slug",
     .type = TC_FIELD_STRING,
     .offset = offsetof(tc_stack, successor),
     .size = sizeof(((tc_stack *)0)->successor)},
    INTEGER("successor.from_year", successor_year, 1990, 2100),
    INTEGER("earlier.until_year", earlier.until_year, 1990, 2100),
    INTEGER("earlier.logits_bytes", earlier.logits_bytes, 0, 16),
    BOOLEAN("earlier.pipeline_outputs", earlier.pipeline_outputs),
    {.path = "compiled_variant",
     .type = TC_FIELD_STRING,
     .offset = offsetof(tc_stack, compiled_variant),
     .size = sizeof(((tc_stack *)0)->compiled_variant)},
    ENUM("defaults.sharding", sharding, tc_sharding_names),
    ENUM("defaults.recompute", recompute, tc_recompute_names),
    ENUM("defaults.attention", attention, tc_attention_impl_names),
    ENUM("defaults.cp_kind", cp_kind, tc_cp_kind_names),
    ENUM("defaults.optimizer", optimizer, tc_optimizer_names),
    BOOLEAN("defaults.sequence_parallel", sequence_parallel),
    INTEGER("defaults.micro_batch", micro_batch, 1, 1000000),
    INTEGER("defaults.grad_bytes", grad_bytes, 1, 8),
    INTEGER("defaults.main_grad_bytes", main_grad_bytes, 0, 8),
    {.path = "defaults.optimizer_bytes",
     .type = TC_FIELD_NUMBER,
     .offset = offsetof(tc_stack, optimizer_bytes),
     .max = 64},
    BOOLEAN("defaults.unfused_optimizer", unfused_optimizer),
    INTEGER("defaults.logits_bytes", logits_bytes, 0, 16),
    BOOLEAN("defaults.dropout", dropout),
    BOOLEAN("defaults.low_precision_inputs", low_precision_inputs),
    BOOLEAN("defaults.low_precision_activations", low_precision_activations),
    {.path = "defaults.low_precision_weights",
     .type = TC_FIELD_NUMBER,
     .offset = offsetof(tc_stack, low_precision_weights),
     .max = 4},
    BOOLEAN("defaults.weighted_inputs", weighted_inputs),
    ENUM("defaults.temporary_gradients", temporary_gradients, tc_temporary_gradients_names),
    BOOLEAN("defaults.attention_bias", attention_bias),
    BOOLEAN("defaults.late_reduction", late_reduction),
    BOOLEAN("defaults.gathered_inputs", gathered_inputs),
    BOOLEAN("defaults.gradients_persist", gradients_persist),
    {.path = "defaults.gathered_elements",
     .type = TC_FIELD_NUMBER,
     .offset = offsetof(tc_stack, gathered_elements),
     .max = 1e12},
    {.path = "defaults.bucket_elements",
     .type = TC_FIELD_NUMBER,
     .offset = offsetof(tc_stack, bucket_elements),
     .max = 1e12},
    ENUM("defaults.memory_log", memory_log, tc_memory_log_names),
    BOOLEAN("defaults.overlap_grad_reduce", overlap_grad_reduce),
    BOOLEAN("defaults.overlap_param_gather", overlap_param_gather),
    BOOLEAN("defaults.overlap_tensor_parallel", overlap_tensor_parallel),
    BOOLEAN("defaults.compiled", compiled),
    BOOLEAN("defaults.interleaving", interleaving),
    BOOLEAN("defaults.sequential_experts", sequential_experts),
    INTEGER("defaults.communication_cores", communication_cores, 0, 10000),
    BOOLEAN("defaults.hierarchical_dispatch", hierarchical_dispatch),
    BOOLEAN("defaults.chunked_loss", chunked_loss),
    BOOLEAN("defaults.gathered_logits", gathered_logits),
    BOOLEAN("defaults.masked_head", masked_head),
    BOOLEAN("defaults.expert_tensor_parallel", expert_tensor_parallel),
    BOOLEAN("defaults.native_attention", native_attention),
    {.path = "defaults.fused",
     .type = TC_FIELD_STRING,
     .offset = offsetof(tc_stack, fused_operators),
     .size = sizeof(((tc_stack *)0)->fused_operators)},
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
        out->successor[0] = out->compiled_variant[0] = '\0'; /* a base's own */
        tc_code code = tc_schema_read(&tc_stack_schema, chain->document[i], out, error);
        if (code != TC_OK) return code;
    }
    const tc_document *document = chain->document[chain->count - 1];
    if (strcmp(out->fused_operators, "none") == 0 || tc_operator_groups_parse(out->fused_operators, &out->fused))
        return TC_OK;
    return tc_document_fail(document, tc_node_get(tc_node_get(document->root, "defaults"), "fused"), "fused", error,
                            "'%s' is no list of operators such as norm+position+attention+activation, or none",
                            out->fused_operators);
}

/* request.c - options to the inputs of a forecast. No arithmetic: what is not given stays unset. */
#include "cli/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "report/names.h"

#define GENERIC_STACK "generic" /* every catalog has it: the other stacks fall back on it */

/* ---- single options ------------------------------------------------------------- */

static void take_integer(const tc_context *context, tc_option_id id, int *out) {
    const tc_value *value = tc_given(context, id);
    if (value->given) *out = (int)value->integer;
}

/* A choice whose words are those of a vocabulary. */
static void take_choice(const tc_context *context, tc_option_id id, tc_vocabulary vocabulary, int *out) {
    const tc_value *value = tc_given(context, id);
    if (value->given) *out = tc_value_of(vocabulary, value->text);
}

#define WORD_COMMA(id, word) word ", "

/* A built-in schedule by its name, else a file with one: a name with a point or a slash. */
static tc_code take_schedule(tc_context *context, tc_layout *layout) {
    const tc_value *value = tc_given(context, TC_OPTION_SCHEDULE);
    if (!value->given) return TC_OK;
    layout->schedule = tc_value_of(TC_VOCABULARY_SCHEDULE, value->text);
    if (layout->schedule != TC_UNSET && layout->schedule != TC_SCHEDULE_CUSTOM) return TC_OK;
    if (!strpbrk(value->text, "./"))
        return tc_fail(context->error, TC_INVALID, "--schedule",
                       "'%.60s' is unknown; give " TC_SCHEDULES(WORD_COMMA) "or a file", value->text);
    layout->schedule = TC_SCHEDULE_CUSTOM;
    tc_code code = context->order ? TC_OK : tc_schedule_load(value->text, &context->order, context->error);
    layout->order = context->order;
    return code;
}

/* "6,8,8,10" */
static tc_code take_stage_layers(tc_context *context, tc_layout *layout) {
    const tc_value *value = tc_given(context, TC_OPTION_STAGE_LAYERS);
    if (!value->given) return TC_OK;
    size_t room = strlen(value->text) / 2 + 1;
    if (!context->stage_layers) context->stage_layers = malloc(room * sizeof *context->stage_layers);
    if (!context->stage_layers) return tc_fail(context->error, TC_INTERNAL, "--stage-layers", "out of memory");
    layout->stage_layers = context->stage_layers;
    layout->stage_count = 0;
    for (const char *at = value->text;; at++) {
        char word[32];
        size_t length = strcspn(at, ",");
        int64_t layers;
        snprintf(word, sizeof word, "%.*s", (int)length, at);
        tc_code code = tc_parse_integer(word, 0, 1000000, &layers, "--stage-layers", context->error);
        if (code) return code;
        context->stage_layers[layout->stage_count++] = (int)layers;
        at += length;
        if (!*at) return TC_OK;
    }
}

static tc_code take_cp_kind(const tc_context *context, tc_layout *layout) {
    const tc_value *value = tc_given(context, TC_OPTION_CP_KIND);
    const char *name = tc_option_table[TC_OPTION_CP_KIND].name;
    if (!value->given) return TC_OK;
    if (strncmp(value->text, "both:", 5) == 0) {
        int64_t group;
        tc_code code = tc_parse_integer(value->text + 5, 2, 10000000, &group, name, context->error);
        if (code) return code;
        layout->cp_kind = TC_CP_BOTH;
        layout->cp_all_to_all = (int)group;
        return TC_OK;
    }
    layout->cp_kind = tc_value_of(TC_VOCABULARY_CP_KIND, value->text);
    if (layout->cp_kind == TC_UNSET || layout->cp_kind == TC_CP_BOTH)
        return tc_fail(context->error, TC_INVALID, name, "'%.60s' is unknown; give ring, all-to-all or both:N",
                       value->text);
    return TC_OK;
}

static tc_code take_sharding(const tc_context *context, tc_layout *layout) {
    const tc_value *value = tc_given(context, TC_OPTION_SHARDING);
    const char *name = tc_option_table[TC_OPTION_SHARDING].name;
    if (!value->given) return TC_OK;
    if (strcmp(value->text, "distributed-optimizer") == 0) {
        layout->sharding = TC_SHARD_ZERO1;
    } else if (strcmp(value->text, "fsdp") == 0) {
        layout->sharding = TC_SHARD_ZERO3;
    } else if (strncmp(value->text, "hsdp:", 5) == 0) {
        int64_t group;
        tc_code code = tc_parse_integer(value->text + 5, 1, 10000000, &group, name, context->error);
        if (code) return code;
        layout->sharding = TC_SHARD_HSDP;
        layout->hsdp = (int)group;
    } else {
        layout->sharding = tc_value_of(TC_VOCABULARY_SHARDING, value->text);
        if (layout->sharding == TC_SHARD_HSDP)
            return tc_fail(context->error, TC_INVALID, name,
                           "hsdp needs the size of its shard group; for example hsdp:8");
        if (layout->sharding == TC_UNSET)
            return tc_fail(context->error, TC_INVALID, name,
                           "'%.60s' is unknown; give none, zero1 (distributed-optimizer), zero2, zero3 (fsdp) or "
                           "hsdp:N",
                           value->text);
    }
    return TC_OK;
}

tc_code tc_request_recompute(tc_context *context, tc_layout *layout) {
    const tc_value *value = tc_given(context, TC_OPTION_RECOMPUTE);
    const char *name = tc_option_table[TC_OPTION_RECOMPUTE].name;
    if (!value->given) return TC_OK;
    if (strspn(value->text, "+-.0123456789") > 0) {
        int64_t layers;
        tc_code code = tc_parse_integer(value->text, 1, 1000000, &layers, name, context->error);
        if (code) return code;
        layout->recompute = TC_RECOMPUTE_LAYERS;
        layout->recompute_layers = (double)layers;
        return TC_OK;
    }
    if (tc_operator_groups_parse(value->text, &layout->recompute_operators)) {
        layout->recompute = TC_RECOMPUTE_OPERATORS;
        return TC_OK;
    }
    layout->recompute = tc_value_of(TC_VOCABULARY_RECOMPUTE, value->text);
    if (layout->recompute == TC_UNSET || layout->recompute >= TC_RECOMPUTE_LAYERS)
        return tc_fail(context->error, TC_INVALID, name,
                       "'%.60s' is unknown; give none, selective, full, a number of layers, or operators such as "
                       "norm,activation",
                       value->text);
    return TC_OK;
}

static void take_offload(const tc_context *context, tc_layout *layout) {
    const tc_value *value = tc_given(context, TC_OPTION_OFFLOAD);
    if (!value->given) return;
    bool all = strcmp(value->text, "all") == 0;
    layout->offload = all || strcmp(value->text, "optimizer") == 0 ? TC_OFFLOAD_OPTIMIZER
                      : strcmp(value->text, "states") == 0         ? TC_OFFLOAD_STATES
                                                                   : TC_OFFLOAD_NONE;
    layout->offload_activations = all || strcmp(value->text, "activations") == 0;
}

static void take_overlap(const tc_context *context, tc_stack *stack) {
    const tc_value *value = tc_given(context, TC_OPTION_OVERLAP);
    if (!value->given) return;
    bool all = strcmp(value->text, "all") == 0;
    stack->overlap_grad_reduce = all || strcmp(value->text, "grad-reduce") == 0;
    stack->overlap_param_gather = all || strcmp(value->text, "param-gather") == 0;
}

static tc_code take_graphs(const tc_context *context, tc_stack *stack) {
    const tc_value *value = tc_given(context, TC_OPTION_GRAPHS);
    if (!value->given) return TC_OK;
    bool all = strcmp(value->text, "all") == 0, none = strcmp(value->text, "none") == 0;
    stack->compiled = all;
    stack->graphed = 0;
    if (all || none || tc_operator_groups_parse(value->text, &stack->graphed)) return TC_OK;
    return tc_fail(context->error, TC_INVALID, tc_option_table[TC_OPTION_GRAPHS].name,
                   "'%.60s' is unknown; give none, all, or operators such as norm,qkv,attention", value->text);
}

/* ---- the model -------------------------------------------------------------------- */

bool tc_is_json_path(const char *name) {
    size_t length = strlen(name);
    return length >= 5 && strcmp(name + length - 5, ".json") == 0;
}

/* ---- the request ------------------------------------------------------------------ */

static tc_code take_layout(tc_context *context, tc_layout *layout) {
    take_integer(context, TC_OPTION_TP, &layout->tp);
    take_integer(context, TC_OPTION_PP, &layout->pp);
    take_integer(context, TC_OPTION_CP, &layout->cp);
    take_integer(context, TC_OPTION_EP, &layout->ep);
    take_integer(context, TC_OPTION_ETP, &layout->etp);
    take_integer(context, TC_OPTION_DP, &layout->dp);
    take_integer(context, TC_OPTION_VPP, &layout->vpp);
    take_integer(context, TC_OPTION_FIRST_LAYERS, &layout->first_layers);
    take_integer(context, TC_OPTION_LAST_LAYERS, &layout->last_layers);
    take_integer(context, TC_OPTION_MICRO_BATCH, &layout->micro_batch);
    layout->sequence_parallel = tc_given(context, TC_OPTION_SEQUENCE_PARALLEL)->given;
    take_offload(context, layout);
    tc_code code = take_cp_kind(context, layout);
    if (!code) code = take_stage_layers(context, layout);
    if (!code) code = take_schedule(context, layout);
    if (!code) code = take_sharding(context, layout);
    return code ? code : tc_request_recompute(context, layout);
}

tc_code tc_request_job(tc_context *context, tc_question *out) {
    *out = tc_default_question();
    take_integer(context, TC_OPTION_SEQ, &out->job.seq);
    take_choice(context, TC_OPTION_DTYPE, TC_VOCABULARY_DTYPE, &out->job.dtype);
    take_choice(context, TC_OPTION_ATTENTION, TC_VOCABULARY_ATTENTION_IMPL, &out->job.attention);
    take_choice(context, TC_OPTION_OPTIMIZER, TC_VOCABULARY_OPTIMIZER, &out->job.optimizer);
    out->job.balanced_routing = tc_given(context, TC_OPTION_BALANCED_ROUTING)->given;
    out->job.frozen_base = tc_given(context, TC_OPTION_FROZEN_BASE)->given;
    if (tc_given(context, TC_OPTION_GLOBAL_BATCH)->given)
        out->job.global_batch = tc_given(context, TC_OPTION_GLOBAL_BATCH)->integer;
    take_integer(context, TC_OPTION_DEVICES, &out->cluster.devices);
    tc_code code = take_layout(context, &out->layout);
    if (code) return code;
    code = tc_catalog_interval(context->catalog, &out->interval, context->error);
    if (code) return code;
    return tc_model_load(context->catalog, tc_given(context, TC_OPTION_MODEL)->text, &out->job.model, context->error);
}

tc_code tc_request_devices(tc_context *context, const char *accelerator, tc_question *q) {
    tc_cluster *cluster = &q->cluster;
    tc_code code = tc_catalog_accelerator(context->catalog, accelerator, &cluster->accelerator, context->error);
    if (code) return code;
    const char *fabric = tc_given(context, TC_OPTION_FABRIC)->given ? tc_given(context, TC_OPTION_FABRIC)->text
                                                                    : cluster->accelerator.fabric;
    if (!*fabric)
        return tc_fail(context->error, TC_INVALID, "--fabric", "%s has none of its own; give one",
                       cluster->accelerator.slug);
    code = tc_catalog_fabric(context->catalog, fabric, &cluster->fabric, context->error);
    if (code) return code;
    const char *stack = tc_given(context, TC_OPTION_STACK)->text;
    const char *usual = q->cluster.accelerator.stack;
    q->stack_assumed = !stack;
    if (!stack) stack = usual[0] ? usual : GENERIC_STACK;
    code = tc_catalog_stack(context->catalog, stack, &q->stack, context->error);
    if (code) return code;
    take_overlap(context, &q->stack);
    return take_graphs(context, &q->stack);
}

tc_code tc_request_question(tc_context *context, tc_question *out) {
    tc_code code = tc_request_job(context, out);
    return code ? code : tc_request_devices(context, tc_given(context, TC_OPTION_ACCELERATOR)->text, out);
}

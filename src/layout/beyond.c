/* beyond.c - what of a whole layout a stack lacks, in sentences: tc_beyond_stack (traincast.h).
 *
 * The rules are those of supports.h, which the search asks value by value. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/vocabulary.h"
#include "layout/layout.h"
#include "layout/members.h"
#include "layout/question_members.h"
#include "layout/supports.h"

typedef struct reasons {
    const tc_stack *stack;
    tc_beyond *out;
    size_t room, count;
} reasons;

/* "Megatron-Core (2024 on) with ..." is Megatron-Core. */
static int short_name(const char *name) {
    const char *bracket = strstr(name, " ("), *comma = strchr(name, ',');
    const char *end = bracket && (!comma || bracket < comma) ? bracket : comma;
    return end && end > name ? (int)(end - name) : (int)strlen(name);
}

/* "STACK has no ..." */
__attribute__((format(printf, 3, 4))) static void lacks(reasons *r, tc_lack lack, const char *format, ...) {
    if (r->count++ >= r->room) return;
    tc_beyond *beyond = &r->out[r->count - 1];
    beyond->lack = lack;
    const char *name = r->stack->name[0] ? r->stack->name : "the stack";
    int used = snprintf(beyond->text, sizeof beyond->text, "%.*s has no ", short_name(name), name);
    va_list list;
    va_start(list, format);
    vsnprintf(beyond->text + used, sizeof beyond->text - (size_t)used, format, list);
    va_end(list);
}

static void ask_tensors(reasons *r, const tc_model *model, const tc_layout *l) {
    const tc_stack_supports *s = &r->stack->supports;
    if (l->tp > 1 && !s->tensor_parallel)
        lacks(r, TC_LACK_TENSOR_PARALLEL, "tensor parallelism");
    else if (!tc_supports_tensor_parallel(s, model, l->tp))
        lacks(r, TC_LACK_COPIED_KV_HEADS, "copies of key-value heads: %d ranks of tensor parallelism for %d", l->tp,
              tc_fewest_kv_heads(model));
    if (tc_supports_sequence_parallel(s, l->tp, l->ep, l->sequence_parallel)) return;
    if (l->sequence_parallel)
        lacks(r, TC_LACK_SEQUENCE_PARALLEL, "sequence parallelism");
    else
        lacks(r, TC_LACK_SEQUENCE_PARALLEL, "tensor%s parallelism without sequence parallelism",
              tc_set_has(s->sequence_parallel, 0) ? " and expert" : "");
}

static void ask_context(reasons *r, const tc_model *model, int seq, const tc_layout *l) {
    const tc_stack_supports *s = &r->stack->supports;
    if (l->cp == 1) return;
    if (!s->cp_kinds) {
        lacks(r, TC_LACK_CONTEXT_PARALLEL, "context parallelism");
        return;
    }
    if (!tc_set_has(s->cp_kinds, l->cp_kind))
        lacks(r, TC_LACK_CONTEXT_PARALLEL, "context parallelism by %s", tc_cp_kind_names[l->cp_kind]);
    if (seq / l->cp < s->cp_tokens)
        lacks(r, TC_LACK_CONTEXT_LENGTH, "context parallelism with fewer than %d tokens a rank; %d of %d leave %d",
              s->cp_tokens, l->cp, seq, seq / l->cp);
    else if (!tc_supports_context_parallel(s, model, seq, l->cp))
        lacks(r, TC_LACK_CONTEXT_LENGTH, "context parallelism %d for %d tokens: they are no multiple of %d", l->cp, seq,
              l->cp * s->cp_chunks);
}

static void ask_experts(reasons *r, const tc_model *model, const tc_layout *l) {
    const tc_stack_supports *s = &r->stack->supports;
    if (!tc_has_experts(model)) return;
    if (l->ep > 1 && s->expert_ranks == TC_EXPERT_RANKS_NONE)
        lacks(r, TC_LACK_EXPERT_PARALLEL, "expert parallelism");
    else if (!tc_supports_experts(s, l->ep, l->dp, l->cp))
        lacks(r, TC_LACK_EXPERT_PARALLEL, "expert groups of %d within %lld data-%sparallel ranks", l->ep,
              (long long)l->dp * (s->expert_ranks == TC_EXPERT_RANKS_CONTEXT ? l->cp : 1),
              s->expert_ranks == TC_EXPERT_RANKS_CONTEXT ? " and context-" : "");
    if (!tc_supports_expert_split(s, l->etp, l->tp))
        lacks(r, TC_LACK_EXPERT_TENSOR_PARALLEL, "expert tensor parallelism %d beside tensor parallelism %d", l->etp,
              l->tp);
}

/* Does the list say more than the layers of the two ends? */
static bool needs_list(const tc_layout *l) {
    for (int i = 2; l->stage_layers && i < l->stage_count - 1; i++)
        if (l->stage_layers[i] != l->stage_layers[1]) return true;
    return false;
}

static void ask_pipeline(reasons *r, const tc_model *model, const tc_layout *l) {
    const tc_stack_supports *s = &r->stack->supports;
    if (l->pp == 1) return;
    if (!s->schedules) {
        lacks(r, TC_LACK_SCHEDULE, "pipeline parallelism");
        return;
    }
    if (!tc_set_has(s->schedules, l->schedule))
        lacks(r, TC_LACK_SCHEDULE, "pipeline schedule %s", tc_schedule_names[l->schedule]);
    if (l->vpp > 1 && !s->virtual_stages) lacks(r, TC_LACK_VIRTUAL_STAGES, "virtual pipeline stages");
    const tc_placement p = {.layout = *l};
    int first = l->first_layers, last = l->last_layers;
    if (l->stage_layers && l->stage_count > 0) first = l->stage_layers[0], last = l->stage_layers[l->stage_count - 1];
    if (!(s->uneven_stages & TC_UNEVEN_LIST) && needs_list(l))
        lacks(r, TC_LACK_UNEVEN_STAGES, "pipeline stages of any number of layers each");
    else if (!tc_supports_stages(s, tc_layer_count(model), tc_model_chunks(&p), first, last))
        lacks(r, TC_LACK_UNEVEN_STAGES, "pipeline stages of these different numbers of layers");
}

static void ask_data(reasons *r, const tc_layout *l) {
    const tc_stack_supports *s = &r->stack->supports;
    if ((int64_t)l->dp * l->cp == 1) return;
    if (!tc_supports_sharding(s, l->sharding, l->pp))
        lacks(r, TC_LACK_SHARDING, "sharding %s%s", tc_sharding_names[l->sharding],
              tc_set_has(s->sharding, l->sharding) ? " beside a pipeline" : "");
    if (!tc_set_has(s->overlap, l->overlap)) lacks(r, TC_LACK_OVERLAP, "overlap %s", tc_overlap_names[l->overlap]);
}

static void ask_recompute(reasons *r, const tc_layout *l) {
    const tc_stack_supports *s = &r->stack->supports;
    char groups[TC_OPERATORS_TEXT];
    if (!tc_set_has(s->recompute, l->recompute))
        lacks(r, TC_LACK_RECOMPUTE, "recompute of %s",
              l->recompute == TC_RECOMPUTE_LAYERS ? "some layers" : tc_recompute_names[l->recompute]);
    else if (!tc_supports_recompute(s, l->recompute, l->recompute_operators))
        lacks(r, TC_LACK_RECOMPUTE, "recompute of %s",
              tc_operator_groups_text(l->recompute_operators & ~s->recompute_operators, groups, sizeof groups));
}

/* What is kept on the host, and without host time. */
static void ask_host(reasons *r, const tc_layout *l) {
    const tc_stack_supports *s = &r->stack->supports;
    char groups[TC_OPERATORS_TEXT];
    int graphs = l->graphs & ~s->graphs;
    if (!tc_set_has(s->offload, l->offload)) lacks(r, TC_LACK_OFFLOAD, "offload of %s", tc_offload_names[l->offload]);
    if (graphs)
        lacks(r, TC_LACK_GRAPHS, "graphs of %s",
              graphs & TC_GRAPHS_ALL ? "all" : tc_operator_groups_text(graphs, groups, sizeof groups));
}

/* Of callers' structs, and a layout with nothing left unset. */
static bool answerable(const tc_question *q, const tc_layout *l) {
    return !tc_members_check(&tc_job_members, &q->job, "", NULL)
           && !tc_members_check(&tc_stack_members, &q->stack, "", NULL)
           && !tc_members_check(&tc_layout_members, l, "", NULL) && !tc_layout_open_choice(l) && l->schedule >= 0
           && l->tp > 0 && l->pp > 0 && l->cp > 0 && l->ep > 0 && l->etp > 0 && l->dp > 0 && l->vpp > 0;
}

size_t tc_beyond_stack(const tc_question *q, const tc_layout *l, tc_beyond *out, size_t room) {
    reasons r = {.stack = &q->stack, .out = out, .room = room};
    if (!answerable(q, l)) return 0;
    const tc_model *model = &q->job.model;
    int optimizer = q->job.optimizer == TC_UNSET ? (int)q->stack.optimizer : q->job.optimizer;
    ask_tensors(&r, model, l);
    ask_context(&r, model, q->job.seq == TC_UNSET ? model->seq : q->job.seq, l);
    ask_experts(&r, model, l);
    ask_pipeline(&r, model, l);
    ask_data(&r, l);
    ask_recompute(&r, l);
    ask_host(&r, l);
    if (!tc_set_has(q->stack.supports.dtypes, q->job.dtype))
        lacks(&r, TC_LACK_DTYPE, "format %s", tc_dtype_names[q->job.dtype]);
    if (!tc_set_has(q->stack.supports.optimizers, optimizer))
        lacks(&r, TC_LACK_OPTIMIZER, "optimizer %s", tc_optimizer_names[optimizer]);
    return r.count;
}

/* describe.c - the axes of a search in words, for printing before the walk. */
#include <stdio.h>
#include <string.h>

#include "base/vocabulary.h"
#include "layout/supports.h"
#include "search/space.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

typedef struct words {
    tc_search_axis *axis;
    size_t used;
} words;

static void add_word(words *w, const char *word) {
    size_t room = sizeof w->axis->values;
    if (w->used + 4 < room)
        w->used += (size_t)snprintf(w->axis->values + w->used, room - w->used, "%s%.*s", w->used ? ", " : "",
                                    (int)(room - w->used - 4), word);
}

static void add_number(words *w, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    add_word(w, text);
}

static words begin_axis(tc_search_axis *axes, int *count, const char *name) {
    words w = {&axes[(*count)++], 0};
    w.axis->name = name;
    w.axis->values[0] = '\0';
    return w;
}

static void describe_degrees(const tc_space *space, tc_search_axis *axes, int *count) {
    const tc_variant *v = &space->variant[0];
    const struct {
        const char *name;
        const tc_axis *axis;
    } degrees[] = {{"tp", &v->tp}, {"pp", &v->pp},   {"cp", &v->cp},
                   {"ep", &v->ep}, {"etp", &v->etp}, {"micro_batch", &v->micro_batch}};
    for (int i = 0; i < COUNT(degrees); i++) {
        if (!space->experts && (degrees[i].axis == &v->ep || degrees[i].axis == &v->etp)) continue;
        words w = begin_axis(axes, count, degrees[i].name);
        for (int k = 0; k < degrees[i].axis->count; k++) add_number(&w, degrees[i].axis->value[k]);
    }
}

static void describe_variants(const tc_space *space, tc_search_axis *axes, int *count) {
    const tc_search_input *in = space->in;
    words w = begin_axis(axes, count, "devices");
    for (int i = 0; i < space->variants; i++)
        if (i == 0 || space->variant[i].devices != space->variant[i - 1].devices)
            add_number(&w, space->variant[i].devices);
    w = begin_axis(axes, count, "global_batch");
    for (int i = 0; i < space->variants && space->variant[i].devices == in->question.cluster.devices; i++)
        if (i == 0 || space->variant[i].global_batch != space->variant[i - 1].global_batch)
            add_number(&w, space->variant[i].global_batch);
    w = begin_axis(axes, count, "dtype");
    for (int dtype = 0; dtype < TC_DTYPES; dtype++)
        if (in->dtypes ? in->dtypes >> dtype & 1u : dtype == in->question.job.dtype)
            add_word(&w, tc_dtype_names[dtype]);
}

/* What embedding and head count as, as layers. */
static void describe_splits(const tc_space *space, words *w) {
    const tc_layout *fixed = &space->in->fixed;
    char text[64];
    if (fixed->first_layers != TC_UNSET)
        snprintf(text, sizeof text, "%d layers on the first", fixed->first_layers), add_word(w, text);
    if (fixed->last_layers != TC_UNSET)
        snprintf(text, sizeof text, "%d layers on the last", fixed->last_layers), add_word(w, text);
    if (tc_gives_ends(fixed)) return;
    add_word(w, "even");
    if (space->splits == 1) return;
    bool more = space->split[space->splits - 1].embedding < 0;
    snprintf(text, sizeof text, "or with the embedding as %s layer", more ? "-1 to 1" : "1");
    add_word(w, text);
    int head = space->split[space->splits - 1].head;
    if (head > 0)
        snprintf(text, sizeof text, "the head as 1%s%.0d layer%s", head > 1 ? " to " : "", head > 1 ? head : 0,
                 head > 1 ? "s" : ""),
            add_word(w, text);
}

/* The values of a choice that are tried: those of the set, or the fixed one. `with` follows the last word. */
static void add_values(words *w, const char *const *names, int set, int fixed, int last, const char *with) {
    for (int i = 0; i <= last; i++) {
        char word[96];
        if (fixed == TC_UNSET ? !tc_set_has(set, i) : fixed != i) continue;
        snprintf(word, sizeof word, "%s%s", names[i], i == last && fixed == TC_UNSET ? with : "");
        add_word(w, word);
    }
}

static void describe_recompute(const tc_space *space, words *w) {
    const tc_layout *fixed = &space->in->fixed;
    const tc_stack_supports *can = &space->supports;
    char operators[TC_OPERATORS_TEXT];
    bool given = fixed->recompute == TC_RECOMPUTE_OPERATORS;
    int groups = given ? fixed->recompute_operators : space->cheap_operators & can->recompute_operators;
    add_values(w, tc_recompute_names, can->recompute, fixed->recompute, TC_RECOMPUTE_FULL, "");
    if (fixed->recompute == TC_RECOMPUTE_LAYERS)
        add_number(w, (int64_t)fixed->recompute_layers);
    else if (fixed->recompute == TC_UNSET && tc_set_has(can->recompute, TC_RECOMPUTE_LAYERS))
        add_word(w, "n layers of each stage");
    if (given || (fixed->recompute == TC_UNSET && tc_supports_recompute(can, TC_RECOMPUTE_OPERATORS, groups)))
        add_word(w, tc_operator_groups_text(groups, operators, sizeof operators));
}

static void describe_pipeline(const tc_space *space, tc_search_axis *axes, int *count) {
    words w = begin_axis(axes, count, "vpp");
    if (space->in->fixed.vpp != TC_UNSET)
        add_number(&w, space->in->fixed.vpp);
    else
        add_word(&w, space->supports.virtual_stages ? "1 (stages may be uneven), and all that cut the layers evenly"
                                                    : "1 (stages may be uneven)");
    w = begin_axis(axes, count, "stages");
    describe_splits(space, &w);
    w = begin_axis(axes, count, "schedule");
    for (int s = 0; s < TC_SCHEDULE_CUSTOM; s++)
        if (tc_space_allows(space, s)) add_word(&w, tc_schedule_names[s]);
}

static void describe_choices(const tc_space *space, tc_search_axis *axes, int *count) {
    const tc_layout *fixed = &space->in->fixed;
    const tc_stack_supports *can = &space->supports;
    words w = begin_axis(axes, count, "sharding");
    add_values(&w, tc_sharding_names, can->sharding, fixed->sharding, TC_SHARD_HSDP, " with every divisor of dp x cp");
    w = begin_axis(axes, count, "recompute");
    describe_recompute(space, &w);
    w = begin_axis(axes, count, "offload");
    add_values(&w, tc_offload_names, space->offload ? can->offload : can->offload & 1 << TC_OFFLOAD_NONE,
               fixed->offload, TC_OFFLOAD_ALL, "");
    w = begin_axis(axes, count, "overlap");
    add_values(&w, tc_overlap_names, can->overlap, fixed->overlap, TC_OVERLAPS - 1, "");
    w = begin_axis(axes, count, "sequence_parallel");
    add_values(&w, tc_switch_names, can->sequence_parallel, fixed->sequence_parallel, 1, "");
    w = begin_axis(axes, count, "cp_kind");
    add_values(&w, tc_cp_kind_names, can->cp_kinds, fixed->cp_kind, TC_CP_BOTH,
               " with every divisor of cp that divides the heads");
}

void tc_space_describe(const tc_space *space, tc_search_axis axes[TC_SEARCH_AXES]) {
    int count = 0;
    memset(axes, 0, TC_SEARCH_AXES * sizeof *axes);
    describe_variants(space, axes, &count);
    describe_degrees(space, axes, &count);
    describe_pipeline(space, axes, &count);
    describe_choices(space, axes, &count);
    if (count < TC_SEARCH_AXES) axes[count].name = NULL;
}

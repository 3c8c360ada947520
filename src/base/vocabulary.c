/* vocabulary.c - the words of the vocabularies of traincast.h. */
#include "base/vocabulary.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "traincast.h"

/* A list and, at compile time, that it has a word for each value up to the last. */
#define WORDS(list, last, ...)                                                                                         \
    const char *const list[] = {__VA_ARGS__, NULL};                                                                    \
    _Static_assert(sizeof list / sizeof list[0] == (size_t)(last) + 2, "a word for each value of " #list)

#define FORMAT_WORD(id, word, bits, scale_bits, next) word,
const char *const tc_dtype_names[] = {TC_FORMATS(FORMAT_WORD) NULL};
#define MIXER_WORD(id, member, word) word,
const char *const tc_mixer_names[] = {"none", TC_MIXER_KINDS(MIXER_WORD) NULL};
WORDS(tc_mlp_kind_names, TC_MLP_GATED, "plain", "gated");
WORDS(tc_positions_names, TC_POSITIONS_NONE, "rotary", "learned", "none");
WORDS(tc_norm_kind_names, TC_NORM_LAYER, "rms", "layer");
WORDS(tc_token_stream_names, TC_STREAM_DOUBLE, "tokens", "text", "joint", "double");
WORDS(tc_span_names, TC_SPAN_TIME, "all", "space", "time");
WORDS(tc_modulation_kind_names, TC_MODULATION_SHARED, "own", "table", "shared");
WORDS(tc_projected_names, TC_PROJECTED_SAMPLE, "latents", "text", "sample");
WORDS(tc_tower_state_names, TC_TOWER_CACHED, "as-model", "trained", "frozen", "cached");
WORDS(tc_tower_unit_names, TC_TOWER_PIXEL, "image", "sample", "pixel");
WORDS(tc_sharding_names, TC_SHARD_HSDP, "none", "zero1", "zero2", "zero3", "hsdp");
WORDS(tc_memory_log_names, TC_LOG_FIRST_STEP, "device", "reserved", "allocated", "first-step");
WORDS(tc_temporary_gradients_names, TC_GRADIENTS_EVERY_SHAPE, "in-place", "of-a-weight", "every-shape");
WORDS(tc_recompute_names, TC_RECOMPUTE_OPERATORS, "none", "selective", "full", "layers", "operators");
#define GROUP_WORDS                                                                                                    \
    "norm", "qkv", "qkv-up", "position", "attention", "out-projection", "gate", "mlp-up", "activation", "mlp", "moe",  \
        "shared-expert", "router"
WORDS(tc_operator_group_names, TC_GROUPS - 1, GROUP_WORDS);
WORDS(tc_graphs_names, TC_GROUPS, GROUP_WORDS, "all");
WORDS(tc_switch_names, 1, "off", "on");
WORDS(tc_uneven_stages_names, 2, "left-over", "first-last", "list");
WORDS(tc_expert_split_names, 2, "one", "tp", "other");
WORDS(tc_expert_ranks_names, TC_EXPERT_RANKS_STAGE, "none", "data", "context", "stage");
#define SCHEDULE_WORD(id, word) word,
WORDS(tc_schedule_names, TC_SCHEDULE_CUSTOM, TC_SCHEDULES(SCHEDULE_WORD) "custom");
WORDS(tc_cp_kind_names, TC_CP_BOTH, "ring", "all-to-all", "both");
WORDS(tc_fp8_recipe_names, TC_FP8_MX, "delayed", "tensorwise", "rowwise", "blockwise", "mx");
WORDS(tc_dispatcher_names, TC_DISPATCHER_HYBRIDEP, "alltoall", "allgather", "deepep", "hybridep");
WORDS(tc_offload_names, TC_OFFLOAD_ALL, "none", "states", "optimizer", "activations", "all");
WORDS(tc_on_host_names, 2, "optimizer states", "the optimizer's step", "activations");
WORDS(tc_overlap_names, TC_OVERLAPS - 1, "none", "grad-reduce", "param-gather", "all");
WORDS(tc_attention_impl_names, TC_ATTENTION_PLAIN, "flash", "plain");
WORDS(tc_optimizer_names, TC_OPTIMIZER_NONE, "adamw", "sgd", "lamb", "adafactor", "muon", "none");
WORDS(tc_topology_names, TC_TOPOLOGY_DRAGONFLY, "switch", "full-mesh", "ring", "torus", "hybrid-cube", "pcie",
      "fat-tree", "dragonfly");

bool tc_operator_groups_parse(const char *text, int *groups) {
    *groups = 0;
    for (;;) {
        size_t length = strcspn(text, ",+");
        int group = 0;
        while (
            group < TC_GROUPS
            && (strncmp(tc_operator_group_names[group], text, length) != 0 || tc_operator_group_names[group][length]))
            group++;
        if (group == TC_GROUPS) return false;
        *groups |= 1 << group;
        if (!text[length]) return true;
        text += length + 1;
    }
}

const char *tc_operator_groups_text(int groups, char *buffer, size_t size) {
    buffer[0] = '\0';
    for (int i = 0; i < TC_GROUPS; i++)
        if (groups & 1 << i) tc_append(buffer, size, "%s%s", *buffer ? "+" : "", tc_operator_group_names[i]);
    return buffer;
}

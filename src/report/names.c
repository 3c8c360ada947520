/* names.c - finds a word in the tables of base/vocabulary.h. */
#include "report/names.h"

#include <string.h>

#include "base/vocabulary.h"
#include "traincast.h"

static const char *const flops_convention_names[] = {"6nd", "full", "causal", "hardware", "unknown", NULL};

static const char *const *table_of(tc_vocabulary vocabulary) {
    switch (vocabulary) {
    case TC_VOCABULARY_DTYPE: return tc_dtype_names;
    case TC_VOCABULARY_SHARDING: return tc_sharding_names;
    case TC_VOCABULARY_RECOMPUTE: return tc_recompute_names;
    case TC_VOCABULARY_SCHEDULE: return tc_schedule_names;
    case TC_VOCABULARY_CP_KIND: return tc_cp_kind_names;
    case TC_VOCABULARY_OFFLOAD: return tc_offload_names;
    case TC_VOCABULARY_OVERLAP: return tc_overlap_names;
    case TC_VOCABULARY_ATTENTION_IMPL: return tc_attention_impl_names;
    case TC_VOCABULARY_OPTIMIZER: return tc_optimizer_names;
    case TC_VOCABULARY_TOPOLOGY: return tc_topology_names;
    case TC_VOCABULARY_TOWER_STATE: return tc_tower_state_names;
    case TC_VOCABULARY_FLOPS_CONVENTION: break;
    }
    return flops_convention_names;
}

const char *tc_name(tc_vocabulary vocabulary, int value) {
    const char *const *table = table_of(vocabulary);
    for (int i = 0; i <= value && table[i]; i++)
        if (i == value) return table[i];
    return NULL;
}

int tc_value_of(tc_vocabulary vocabulary, const char *name) {
    const char *const *table = table_of(vocabulary);
    for (int i = 0; table[i]; i++)
        if (strcmp(table[i], name) == 0) return i;
    return TC_UNSET;
}

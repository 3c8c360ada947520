/* vocabulary.h - the words of the vocabularies of traincast.h, in the order of their enumerations.
 *
 * Each list ends with NULL, so that a word is read and written by the same table. */
#ifndef TC_BASE_VOCABULARY_H
#define TC_BASE_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

extern const char *const tc_dtype_names[];
extern const char *const tc_mixer_names[];
extern const char *const tc_mlp_kind_names[];
extern const char *const tc_positions_names[];
extern const char *const tc_norm_kind_names[];
extern const char *const tc_token_stream_names[];
extern const char *const tc_span_names[];
extern const char *const tc_modulation_kind_names[];
extern const char *const tc_projected_names[];
extern const char *const tc_tower_state_names[];
extern const char *const tc_tower_unit_names[];
extern const char *const tc_sharding_names[];
extern const char *const tc_memory_log_names[];
extern const char *const tc_temporary_gradients_names[];
extern const char *const tc_recompute_names[];
extern const char *const tc_operator_group_names[]; /* bit by bit */
extern const char *const tc_schedule_names[];
extern const char *const tc_cp_kind_names[];
extern const char *const tc_fp8_recipe_names[];
extern const char *const tc_dispatcher_names[];
extern const char *const tc_switch_names[];        /* off, on */
extern const char *const tc_graphs_names[];        /* of operators, and all: bit by bit */
extern const char *const tc_uneven_stages_names[]; /* bit by bit */
extern const char *const tc_expert_split_names[];  /* bit by bit */
extern const char *const tc_expert_ranks_names[];
extern const char *const tc_offload_names[];
extern const char *const tc_on_host_names[]; /* what offload moves there, each apart */
extern const char *const tc_overlap_names[]; /* by the bits */
extern const char *const tc_attention_impl_names[];
extern const char *const tc_optimizer_names[];
extern const char *const tc_topology_names[];

/* "norm,activation" (commas or plus signs) as tc_operator_group bits; false where a word is no group. */
bool tc_operator_groups_parse(const char *text, int *groups);
/* The same the other way, with plus signs. Returns buffer; TC_OPERATORS_TEXT bytes hold every text. */
#define TC_OPERATORS_TEXT 112
const char *tc_operator_groups_text(int groups, char *buffer, size_t size);

#endif

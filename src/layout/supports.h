/* supports.h - what a stack can run, axis by axis: each rule once. The search asks for single values; tc_beyond_stack
 * (traincast.h) asks for a whole layout and says what the stack lacks. Legal is another matter: legal.h. */
#ifndef TC_LAYOUT_SUPPORTS_H
#define TC_LAYOUT_SUPPORTS_H

#include "traincast.h"

/* Is a value of a vocabulary in one of the table's sets? For axes with no rule below: cp_kinds, offload, overlap ... */
static inline bool tc_set_has(int set, int value) { return value >= 0 && set >> value & 1; }

/* The fewest key-value heads of the blocks whose keys and values are split; 0: none are. */
int tc_fewest_kv_heads(const tc_model *model);
bool tc_supports_tensor_parallel(const tc_stack_supports *supports, const tc_model *model, int tp);
bool tc_supports_sequence_parallel(const tc_stack_supports *supports, int tp, int ep, bool on);
/* Whatever its kind. */
bool tc_supports_context_parallel(const tc_stack_supports *supports, const tc_model *model, int seq, int cp);
/* Where ep and etp are spread over tp x cp x dp ranks. */
bool tc_supports_experts(const tc_stack_supports *supports, int ep, int dp, int cp);
bool tc_supports_expert_split(const tc_stack_supports *supports, int etp, int tp);
/* Chunks of the layers; first, last: layers chosen for the ends, or TC_UNSET. */
bool tc_supports_stages(const tc_stack_supports *supports, int layers, int chunks, int first, int last);
bool tc_supports_sharding(const tc_stack_supports *supports, int sharding, int pp);
bool tc_supports_recompute(const tc_stack_supports *supports, int recompute, int operators);

#endif

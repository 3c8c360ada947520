/* stated.h - what a run's recipe says, in closed words: the fields of `norm` that stated.def lists. */
#ifndef TC_VALIDATE_STATED_H
#define TC_VALIDATE_STATED_H

#include "base/arena.h"
#include "base/json.h"

typedef enum tc_stated_kind {
    TC_STATED_WORD,
    TC_STATED_SWITCH,
    TC_STATED_COUNT,
    TC_STATED_DATE, /* year x 100 + month; month 0: not stated */
    TC_STATED_OPERATORS,
    TC_STATED_NUMBER,
    TC_STATED_NAME,
    TC_STATED_LIST /* whole numbers from 1; the first says how many follow */
} tc_stated_kind;

/* Whole numbers are TC_UNSET where not stated; operators and numbers 0, names and lists NULL. */
typedef struct tc_stated {
#define TC_TYPE_WORD int
#define TC_TYPE_SWITCH int
#define TC_TYPE_COUNT int
#define TC_TYPE_DATE int
#define TC_TYPE_OPERATORS int
#define TC_TYPE_NUMBER double
#define TC_TYPE_NAME const char *
#define TC_TYPE_LIST const int *
#define TC_STATED(key, kind, words, meaning) TC_TYPE_##kind key;
#include "validate/stated.def"
#undef TC_STATED
#undef TC_TYPE_WORD
#undef TC_TYPE_SWITCH
#undef TC_TYPE_COUNT
#undef TC_TYPE_DATE
#undef TC_TYPE_OPERATORS
#undef TC_TYPE_NUMBER
#undef TC_TYPE_NAME
#undef TC_TYPE_LIST
} tc_stated;

typedef enum tc_stated_loss {
    TC_LOSS_EAGER,
    TC_LOSS_COMPILED,
    TC_LOSS_SPLIT,
    TC_LOSS_CHUNKED,
    TC_LOSS_FUSED
} tc_stated_loss;
typedef enum tc_stated_graph { TC_GRAPHS_NONE, TC_GRAPHS_PARTIAL, TC_GRAPHS_FULL } tc_stated_graph;
typedef enum tc_stated_attention_kernel {
    TC_KERNEL_XFORMERS,
    TC_KERNEL_FA1,
    TC_KERNEL_FA2,
    TC_KERNEL_FA3,
    TC_KERNEL_FA4,
    TC_KERNEL_CUDNN
} tc_stated_attention_kernel;
typedef enum tc_stated_routing { TC_ROUTING_REAL, TC_ROUTING_BALANCED } tc_stated_routing;
typedef enum tc_stated_recompute_by {
    TC_RECOMPUTE_BY_SOFTWARE,
    TC_RECOMPUTE_BY_NONE,
    TC_RECOMPUTE_BY_LIST
} tc_stated_recompute_by;
typedef enum tc_stated_recompute_per { TC_PER_MODEL, TC_PER_STAGE, TC_PER_CHUNK } tc_stated_recompute_per;
typedef enum tc_stated_offload { TC_STATED_OFFLOAD_STATES, TC_STATED_OFFLOAD_OPTIMIZER } tc_stated_offload;
typedef enum tc_stated_states {
    TC_STATES_16_BIT,
    TC_STATES_SHARED_WEIGHTS,
    TC_STATES_8_BIT,
    TC_STATES_16_BIT_MOMENTS
} tc_stated_states;

typedef struct tc_stated_field {
    const char *key;
    tc_stated_kind kind;
    size_t offset;
    const char *const *words; /* of a WORD, the last NULL */
    const char *meaning;
} tc_stated_field;

extern const tc_stated_field tc_stated_fields[];
extern const int tc_stated_field_count;

tc_stated tc_stated_none(void);
/* The field of that key; NULL. */
const tc_stated_field *tc_stated_find(const char *key);
bool tc_stated_is_set(const tc_stated *stated, const tc_stated_field *field);

/* Sets a field from its word as a file writes it; false where the kind has no such word. `text` must live as long as it does. */
bool tc_stated_set(tc_stated *stated, const tc_stated_field *field, const char *text);

/* Takes what the object states over what it holds. A word that is not of the vocabulary fails in the document. */
void tc_stated_read(const tc_json *json, tc_arena *arena, tc_stated *stated);

/* `"compiled":true`, as the file has it. Returns buffer. */
const char *tc_stated_text(const tc_stated *stated, const tc_stated_field *field, char *buffer, size_t size);

#endif

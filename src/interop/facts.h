/* facts.h - a question as a list of named texts, which launch scripts of every framework are made of and read into.
 *
 * question -> facts -> a framework's options, and back: the framework's table (framework.h) says the second step in both
 * directions, this file the first. */
#ifndef TC_INTEROP_FACTS_H
#define TC_INTEROP_FACTS_H

#include "base/arena.h"
#include "traincast.h"

typedef enum tc_fact {
#define FACT(id, name, group, neutral) TC_FACT_##id,
#include "interop/facts.def"
#undef FACT
    TC_FACTS
} tc_fact;

typedef enum tc_fact_group {
    TC_FACT_GROUP_CLUSTER,
    TC_FACT_GROUP_NAME,
    TC_FACT_GROUP_MODEL,
    TC_FACT_GROUP_JOB,
    TC_FACT_GROUP_LAYOUT,
    TC_FACT_GROUP_WAY, /* another way to say what a layout fact says: written where a table has it, never missed */
    TC_FACT_GROUP_STACK
} tc_fact_group;

typedef struct tc_fact_row {
    const char *name, *neutral;
    tc_fact_group group;
} tc_fact_row;

extern const tc_fact_row tc_fact_rows[TC_FACTS];

/* The fact of a name; TC_FACTS: none. */
tc_fact tc_fact_find(const char *name, size_t length);

typedef struct tc_facts {
    tc_arena *arena;
    const char *value[TC_FACTS]; /* NULL: not said, or it does not matter */
    const char *place[TC_FACTS]; /* where it was read, "FILE:LINE: --option"; NULL: nowhere */
    bool assumed[TC_FACTS];      /* the framework's default */
    char lack[200];              /* of the model: what no fact says; "": nothing */
    bool no_memory;
} tc_facts;

/* The number of a fact, or `missing`. TC_INVALID of one that is no whole number within bounds is kept in *error. */
TC_NODISCARD tc_code tc_facts_number(const tc_facts *facts, tc_fact fact, int64_t low, int64_t high, int64_t missing,
                                     int64_t *out, tc_error *error);
bool tc_facts_is(const tc_facts *facts, tc_fact fact, const char *word);
void tc_facts_set(tc_facts *facts, tc_fact fact, const char *format, ...) __attribute__((format(printf, 3, 4)));
tc_code tc_facts_fail(const tc_facts *facts, tc_fact fact, tc_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* All facts of a question and its forecast. */
void tc_facts_of_question(tc_facts *facts, const tc_question *question, const tc_step *step);
/* The model's part of it. */
void tc_facts_of_model(tc_facts *facts, const tc_model *model, int seq);

/* What the facts say of a job and its layout; what they do not say is left as it is. The stack's members too. list: room for
 * stage_layers, of the caller. */
TC_NODISCARD tc_code tc_facts_to_question(const tc_facts *facts, tc_question *question, int **list, tc_error *error);
/* Changes of a stack, said by its own framework's options. */
TC_NODISCARD tc_code tc_facts_to_stack(const tc_facts *facts, tc_stack *stack, tc_error *error);
/* Layers of those counted that do nothing. */
int tc_facts_noops(const tc_facts *facts);
/* A model of its sizes. Without layers and width: *has is false. */
TC_NODISCARD tc_code tc_facts_to_model(const tc_facts *facts, tc_model *model, bool *has, tc_error *error);

/* "[0]*3+[1]*58", "([1]*3+[0])*2", or "2" for every second, as zeros and ones of so many layers; false: it is none. */
bool tc_layer_pattern(const char *text, char *flags, int layers);

#endif

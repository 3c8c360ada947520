/* stack.c - the formats of data/stacks and data/fitted/stack.yaml.
 *
 * What a stack does where nobody says otherwise, and its physical parameters.
 * What a file does not give comes from the stacks that it names as its base, at last from generic.yaml. It says what the program is now, and
 * its `ages` what was otherwise before (ages.h). */
#include <string.h>

#include "base/vocabulary.h"
#include "catalog/ages.h"
#include "catalog/kinds.h"
#include "catalog/parameters.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))
/* A key is the member's name; `before`: all stood under `defaults`, or on their own, before 0.2. */
#define DEFAULT(member) .path = "defaults." #member, .offset = offsetof(tc_stack, member)
#define LAYOUT(key, member) .path = "defaults." #key, .offset = offsetof(tc_stack, defaults.member)
#define MEMORY(member)                                                                                                 \
    .path = "memory." #member, .before = "defaults." #member, .offset = offsetof(tc_stack, memory.member)
#define KERNELS(member)                                                                                                \
    .path = "kernels." #member, .before = "defaults." #member, .offset = offsetof(tc_stack, kernels.member)
/* section: where the key stood before. */
#define HISTORY(section, key, member)                                                                                  \
    .path = "history." #key, .before = section #key, .offset = offsetof(tc_stack, history.member)
#define TEXT(member) .type = TC_FIELD_STRING, .size = sizeof(((tc_stack *)0)->member)
#define SUPPORTS(member) .path = "supports." #member, .offset = offsetof(tc_stack, supports.member)
#define BOOLEAN .type = TC_FIELD_BOOLEAN
#define BIT(of) .type = TC_FIELD_BOOLEAN, .bit = of
#define INTEGER(low, high) .type = TC_FIELD_INTEGER, .min = low, .max = high
#define NUMBER(high) .type = TC_FIELD_NUMBER, .max = high
#define WORD(list) .type = TC_FIELD_ENUM, .names = list
#define SET(list) .type = TC_FIELD_WORDS, .names = list

/* An age of the program: what was otherwise up to the end of a month, or the stack that it became in one. */
static const tc_field age_fields[] = {
    {.path = "until", .type = TC_FIELD_STRING, .size = TC_STACK_DATE, .offset = TC_NOT_STORED},
    {.path = "from", .type = TC_FIELD_STRING, .size = TC_STACK_DATE, .offset = TC_NOT_STORED},
    {.path = "becomes", .type = TC_FIELD_STRING, .size = sizeof(((tc_stack *)0)->slug), .offset = TC_NOT_STORED},
    {.path = "source", .type = TC_FIELD_SOURCE, .need = TC_NEED_ALWAYS, .offset = TC_NOT_STORED},
    {.path = "notes", .type = TC_FIELD_TEXTS, .offset = TC_NOT_STORED},
#include "catalog/stack_state.def"
};
const tc_schema tc_stack_age_schema = {"age of a stack", age_fields, COUNT(age_fields)};

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
    {HISTORY("", since, since), .type = TC_FIELD_STRING, .size = TC_STACK_DATE, .own = true},
    {HISTORY("", compiled_variant, compiled_variant), TEXT(history.compiled_variant), .own = true},
    {HISTORY("defaults.", interleaving, interleaving), BOOLEAN},
    {HISTORY("defaults.", memory_log, memory_log), WORD(tc_memory_log_names)},
    {.path = "ages",
     .type = TC_FIELD_LIST,
     .own = true,
     .max = 32,
     .offset = TC_NOT_STORED,
     .element = &tc_stack_age_schema},
#include "catalog/stack_state.def"
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
        out->history.since[0] = out->history.compiled_variant[0] = '\0'; /* a base's own */
        tc_code code = tc_schema_read(&tc_stack_schema, chain->document[i], out, error);
        if (code == TC_OK) code = tc_stack_ages_check(chain->document[i], error);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

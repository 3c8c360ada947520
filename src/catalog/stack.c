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
    TC_PATH_CHECKED("until", STRING, .size = TC_STACK_DATE),
    TC_PATH_CHECKED("from", STRING, .size = TC_STACK_DATE),
    TC_PATH_CHECKED("becomes", STRING, .size = sizeof(((tc_stack *)0)->slug)),
    TC_PATH_CHECKED("source", SOURCE, TC_NEEDED),
    TC_PATH_CHECKED("notes", TEXTS),
#include "catalog/stack_state.def"
};
const tc_schema tc_stack_age_schema = TC_SCHEMA("age of a stack", age_fields);

static const tc_field stack_fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_TEXT("slug", tc_stack, slug),
    TC_PATH_TEXT("name", tc_stack, name, TC_NEEDED),
    TC_PATH_CHECKED("base", TEXTS), /* one or a list: layers.c */
    {HISTORY("", since, since), .type = TC_FIELD_STRING, .size = TC_STACK_DATE, .own = true},
    {HISTORY("", compiled_variant, compiled_variant), TEXT(history.compiled_variant), .own = true},
    {HISTORY("", of_latents, of_latents), TEXT(history.of_latents), .own = true},
    {HISTORY("", of_images, of_images), TEXT(history.of_images), .own = true},
    {HISTORY("", compiled_formats, compiled_formats), SET(tc_dtype_names), .own = true},
    {HISTORY("defaults.", interleaving, interleaving), BOOLEAN},
    {HISTORY("defaults.", memory_log, memory_log), WORD(tc_memory_log_names)},
    TC_PATH_CHECKED("ages", LIST, .own = true, .max = 32, .element = &tc_stack_age_schema),
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

static const tc_schema level_schema = TC_SCHEMA("fitted parameters", level_fields);

static const tc_field fitted_fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_CHECKED("fitted_on", TEXTS, TC_NEEDED),
    TC_PATH_CHECKED("runs_hash", TEXTS, TC_NEEDED),
#define TC_STACK_PARAM(...) TC_PARAMETER_FIELD("generic.", false, __VA_ARGS__),
#include "traincast_params.h"
#undef TC_STACK_PARAM
    TC_PATH_CHECKED("stacks", MAP, .element = &level_schema),
};

const tc_schema tc_stack_schema = TC_SCHEMA("stack", stack_fields);
const tc_schema tc_fitted_stack_schema = TC_SCHEMA("fitted stack parameters", fitted_fields);

tc_code tc_stack_read(const tc_stack_chain *chain, tc_stack *out, tc_error *error) {
    *out = tc_default_stack();
    for (int i = 0; i < chain->count; i++) {
        out->history.since[0] = out->history.compiled_variant[0] = '\0'; /* a base's own */
        out->history.of_latents[0] = out->history.of_images[0] = '\0';
        out->history.compiled_formats = 0;
        tc_code code = tc_schema_read(&tc_stack_schema, chain->document[i], out, error);
        if (code == TC_OK) code = tc_stack_ages_check(chain->document[i], error);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

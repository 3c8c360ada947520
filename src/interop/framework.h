/* framework.h - a training framework's table (data/frameworks/SLUG.yaml): how it spells the facts of a question.
 *
 * One table, read in both directions: facts to options (launch) and options to facts (import), so that what is written
 * comes back. A row says one fact:
 *
 *     {fact: tp, option: --tensor-model-parallel-size, default: 1}       a value
 *     {fact: bias, option: --disable-bias-linear, flag: off, default: on} what its presence means
 *     {fact: norm, option: --normalization, words: {rms: RMSNorm, layer: LayerNorm}, default: layer}
 *     {fact: recompute_operators, option: --recompute-modules, sets: {layernorm: norm, core_attn: attention}}
 *     {fact: sharding, default: none, cases: [{is: zero1, set: {--use-distributed-optimizer: true}}, ...]}
 *
 * unless: nothing is written where that fact was said. also: further names that are read; read: true: read, never written; item: the n-th word of the value; times: a fact that what is read is multiplied by; suffix: after a
 * value. default: what the framework does without the option, a word or "=" and an expression of facts. Of the cases the one
 * with the most settings that hold is read, the first of its word is written (not with read: true); `needs`: facts without which it cannot be. */
#ifndef TC_INTEROP_FRAMEWORK_H
#define TC_INTEROP_FRAMEWORK_H

#include "catalog/document.h"
#include "interop/facts.h"
#include "interop/settings.h"

typedef enum tc_syntax {
    TC_SYNTAX_ARGUMENTS, /* of a command in a shell script */
    TC_SYNTAX_JSON,
    TC_SYNTAX_YAML,
    TC_SYNTAX_TOML,
    TC_SYNTAX_PYTHON
} tc_syntax;
extern const char *const tc_syntax_names[];

#define TC_FRAMEWORK_ROWS 320
#define TC_FRAMEWORK_CHAIN 4

typedef struct tc_framework {
    const char *slug, *name, *release, *stack;
    tc_syntax syntax;
    const tc_document *document;                  /* the catalog's */
    const tc_document *chain[TC_FRAMEWORK_CHAIN]; /* whose table it goes on from, itself the last */
    int chained;
    const tc_document *launchers; /* rows that all have: nodes and devices of torchrun, Slurm ... */
    int rows;
    const tc_node *row[TC_FRAMEWORK_ROWS]; /* its base's, its own in place of those of the same fact */
} tc_framework;

/* A section of its file, else of its base's; NULL: neither has it. */
const tc_node *tc_framework_section(const tc_framework *framework, const char *key);
/* The same of a text. */
const char *tc_framework_text(const tc_framework *framework, const char *key);

/* The frameworks' slugs, at most `room`; returns how many there are. */
int tc_framework_slugs(tc_catalog *catalog, const char **slugs, int room);
TC_NODISCARD tc_code tc_framework_load(tc_catalog *catalog, const char *slug, tc_framework *out, tc_error *error);

/* What the facts come to in the framework's options. TC_INVALID where one has none: it is named. said: room for TC_FACTS. */
TC_NODISCARD tc_code tc_framework_write(const tc_framework *framework, const tc_facts *facts, tc_settings *out,
                                        bool *said, tc_error *error);

/* Do the settings say the same as the facts? TC_INVALID names the first that they cannot: two words for which the framework
 * has one. */
TC_NODISCARD tc_code tc_framework_check(const tc_framework *framework, const tc_facts *facts, tc_settings *settings,
                                        tc_error *error);

/* The facts that settings say, the framework's defaults for the rest. What is understood is marked `used`. */
TC_NODISCARD tc_code tc_framework_read(const tc_framework *framework, tc_settings *settings, tc_facts *facts,
                                       tc_error *error);

/* How many of the settings of a group (-1: all) are options of its table; its `marks`, which no other framework has, count
 * more. */
int tc_framework_knows(const tc_framework *framework, const tc_settings *settings, int group);

#endif

/* vocabulary.c - one table of names for each enum of traincast.h. */
#include "base/vocabulary.h"

#include <string.h>

#define NAMES_MAX 9

static const char *const names[TC_VOCABULARIES][NAMES_MAX] = {
    [TC_VOCABULARY_DTYPE] = {"fp32", "tf32", "bf16", "fp16", "fp8", "mxfp8", "nvfp4", "int8"},
    [TC_VOCABULARY_SHARDING] = {"none", "zero1", "zero2", "zero3", "hsdp"},
    [TC_VOCABULARY_RECOMPUTE] = {"none", "selective", "full", "layers"},
    [TC_VOCABULARY_SCHEDULE] = {"gpipe", "1f1b", "interleaved", "zb-h1", "zb-v", "v-half", "v-min", "dualpipe"},
    [TC_VOCABULARY_CP_KIND] = {"ring", "all-to-all"},
    [TC_VOCABULARY_ATTENTION_IMPL] = {"flash", "plain"},
    [TC_VOCABULARY_OPTIMIZER] = {"adamw", "sgd", "lamb", "adafactor", "muon"},
    [TC_VOCABULARY_TOPOLOGY] = {"switch", "full-mesh", "ring", "torus", "hybrid-cube", "pcie", "fat-tree", "dragonfly"},
    [TC_VOCABULARY_FLOPS_CONVENTION] = {"6nd", "full", "causal", "hardware", "unknown"},
};

const char *tc_name(tc_vocabulary vocabulary, int value) {
    return value >= 0 && value < NAMES_MAX ? names[vocabulary][value] : NULL;
}

int tc_value_of(tc_vocabulary vocabulary, const char *name) {
    for (int i = 0; i < NAMES_MAX && names[vocabulary][i]; i++)
        if (strcmp(names[vocabulary][i], name) == 0) return i;
    return TC_UNSET;
}

/* fix.c - reads "tp=8,recompute=full": axes that the search leaves alone. */
#include "search/search.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "base/vocabulary.h"

/* An axis: a number from 1 or 0, or a word of a list. */
typedef struct axis {
    const char *name;
    size_t offset;
    const char *const *words; /* NULL: a number */
    bool zero;                /* which may be 0 */
} axis;

static const char *const stage_words[] = {"even", NULL};
static const char *const switch_words[] = {"off", "on", NULL};
static const char *const offload_words[] = {"none", "states", "optimizer", "activations", "all", NULL};
static const char *const overlap_words[] = {"none", "grad-reduce", "param-gather", "all", NULL};

static const axis axes[] = {
    {"tp", offsetof(tc_search_fixed, tp), NULL, false},
    {"pp", offsetof(tc_search_fixed, pp), NULL, false},
    {"cp", offsetof(tc_search_fixed, cp), NULL, false},
    {"ep", offsetof(tc_search_fixed, ep), NULL, false},
    {"etp", offsetof(tc_search_fixed, etp), NULL, false},
    {"dp", offsetof(tc_search_fixed, dp), NULL, false},
    {"vpp", offsetof(tc_search_fixed, vpp), NULL, false},
    {"stages", offsetof(tc_search_fixed, stages), stage_words, false},
    {"first-layers", offsetof(tc_search_fixed, first_layers), NULL, true},
    {"last-layers", offsetof(tc_search_fixed, last_layers), NULL, true},
    {"micro-batch", offsetof(tc_search_fixed, micro_batch), NULL, false},
    {"sequence-parallel", offsetof(tc_search_fixed, sequence_parallel), switch_words, false},
    {"cp-kind", offsetof(tc_search_fixed, cp_kind), tc_cp_kind_names, false},
    {"sharding", offsetof(tc_search_fixed, sharding), tc_sharding_names, false},
    {"recompute", offsetof(tc_search_fixed, recompute), tc_recompute_names, false},
    {"schedule", offsetof(tc_search_fixed, schedule), tc_schedule_names, false},
    {"offload", offsetof(tc_search_fixed, offload), offload_words, false},
    {"overlap", offsetof(tc_search_fixed, overlap), overlap_words, false},
};
#define AXES ((int)(sizeof axes / sizeof axes[0]))

/* The words of an axis, or the names of all axes, for a message. */
static void list_words(const char *const *words, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; words ? words[i] != NULL : i < AXES; i++)
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", words ? words[i] : axes[i].name);
}

static int find_word(const char *const *words, const char *word) {
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0) return i;
    return TC_UNSET;
}

/* hsdp:8, both:4, fsdp, distributed-optimizer, a number of layers and operators are values that no list has. */
static bool fix_special(tc_search_fixed *fixed, const axis *a, const char *value) {
    int64_t number;
    tc_error unused;
    if (a->words == tc_sharding_names && strcmp(value, "fsdp") == 0) {
        fixed->sharding = TC_SHARD_ZERO3;
        return true;
    }
    if (a->words == tc_sharding_names && strcmp(value, "distributed-optimizer") == 0) {
        fixed->sharding = TC_SHARD_ZERO1;
        return true;
    }
    if (a->words == tc_sharding_names && strncmp(value, "hsdp:", 5) == 0) {
        if (tc_parse_integer(value + 5, 2, 10000000, &number, "--fix", &unused)) return false;
        fixed->sharding = TC_SHARD_HSDP;
        fixed->hsdp = (int)number;
        return true;
    }
    if (a->words == tc_cp_kind_names && strncmp(value, "both:", 5) == 0) {
        if (tc_parse_integer(value + 5, 2, 10000000, &number, "--fix", &unused)) return false;
        fixed->cp_kind = TC_CP_BOTH;
        fixed->cp_all_to_all = (int)number;
        return true;
    }
    if (a->words == tc_recompute_names && !tc_parse_integer(value, 1, 200, &number, "--fix", &unused)) {
        fixed->recompute = TC_RECOMPUTE_LAYERS;
        fixed->recompute_layers = (int)number;
        return true;
    }
    if (a->words == tc_recompute_names && tc_operator_groups_parse(value, &fixed->recompute_operators)) {
        fixed->recompute = TC_RECOMPUTE_OPERATORS;
        return true;
    }
    return false;
}

static tc_code fix_one(tc_search_fixed *fixed, const char *name, const char *value, const char *place,
                       tc_error *error) {
    char list[240];
    for (int i = 0; i < AXES; i++) {
        const axis *a = &axes[i];
        if (strcmp(a->name, name) != 0) continue;
        int *out = (int *)((char *)fixed + a->offset);
        if (!a->words) {
            int64_t number;
            tc_code code = tc_parse_integer(value, !a->zero, 10000000, &number, place, error);
            if (!code) *out = (int)number;
            return code;
        }
        int word = find_word(a->words, value);
        if (word != TC_UNSET && !(a->words == tc_recompute_names && word >= TC_RECOMPUTE_LAYERS)
            && !(a->words == tc_cp_kind_names && word == TC_CP_BOTH)) {
            *out = word;
            return TC_OK;
        }
        if (fix_special(fixed, a, value)) return TC_OK;
        list_words(a->words, list, sizeof list);
        return tc_fail(error, TC_INVALID, place, "'%.40s' is no value of %s; give one of %s%s", value, name, list,
                       a->words == tc_recompute_names                                  ? " (12, norm+activation)"
                       : a->words == tc_sharding_names || a->words == tc_cp_kind_names ? ":N"
                                                                                       : "");
    }
    list_words(NULL, list, sizeof list);
    return tc_fail(error, TC_INVALID, place, "'%.40s' is no axis; give one of %s", name, list);
}

tc_code tc_search_fix(tc_search_fixed *fixed, const char *text, const char *place, tc_error *error) {
    while (*text) {
        char name[48], value[TC_OPERATORS_TEXT];
        size_t length = strcspn(text, ","), equals = strcspn(text, "=");
        if (equals == 0 || equals >= length || equals >= sizeof name || length - equals > sizeof value)
            return tc_fail(error, TC_INVALID, place, "'%.40s' is no axis=value; for example tp=8,recompute=full", text);
        memcpy(name, text, equals);
        name[equals] = '\0';
        memcpy(value, text + equals + 1, length - equals - 1);
        value[length - equals - 1] = '\0';
        tc_code code = fix_one(fixed, name, value, place, error);
        if (code) return code;
        text += length + (text[length] == ',');
    }
    return TC_OK;
}

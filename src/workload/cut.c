/* cut.c - a model of fewer layers, as tests and first runs on little hardware take it.
 *
 * Leading dense layers of a mixture of experts stay, at most all but one of what is kept; the others are cut in proportion,
 * so that a pattern of windows or of experts in every other layer keeps its shares (largest remainders; ties to the first). */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "workload/members.h"
#include "workload/operators.h"

/* Runs of dense layers before the first with experts, where they are but a few: a pattern that alternates is none. */
static int leading_dense(const tc_model *model, int layers) {
    int runs = 0, count = 0;
    if (!tc_has_experts(model)) return 0;
    for (; runs < model->blocks && !(model->block[runs].ffn & TC_FFN_EXPERTS); runs++)
        count += model->block[runs].count;
    return 4 * count < layers ? runs : 0;
}

/* Spreads `kept` over the counts from run `first` on, in proportion. */
static void spread(tc_model *model, int first, int kept) {
    int64_t remainder[TC_MAX_BLOCKS] = {0}, total = 0, given = 0;
    for (int i = first; i < model->blocks; i++) total += model->block[i].count;
    for (int i = first; i < model->blocks; i++) {
        int64_t share = (int64_t)model->block[i].count * kept;
        remainder[i] = share % total;
        model->block[i].count = (int)(share / total);
        given += model->block[i].count;
    }
    for (; given < kept; given++) {
        int most = first;
        for (int i = first + 1; i < model->blocks; i++)
            if (remainder[i] > remainder[most]) most = i;
        model->block[most].count++;
        remainder[most] = -1;
    }
}

tc_code tc_model_cut(tc_model *model, int layers, tc_error *error) {
    tc_code code = tc_members_check(&tc_model_members, model, "model", error);
    if (code) return code;
    int all = tc_layer_count(model), first = leading_dense(model, all), dense = 0, kept = 0;
    if (layers == all) return TC_OK;
    if (layers < 1 || layers > all)
        return tc_fail(error, TC_INVALID, "--layers", "%d of the %d layers of %.60s; give 1 to %d", layers, all,
                       model->slug, all);
    for (int i = 0; i < first; i++) {
        int room = layers - 1 - dense; /* one of those that follow stays */
        if (model->block[i].count > room) model->block[i].count = room;
        dense += model->block[i].count;
    }
    spread(model, first, layers - dense);
    for (int i = 0; i < model->blocks; i++)
        if (model->block[i].count > 0) model->block[kept++] = model->block[i];
    model->blocks = kept;
    model->layers_cut = all;
    char name[sizeof model->name];
    memcpy(name, model->name, sizeof name);
    snprintf(model->name, sizeof model->name, "%.80s, %d of %d layers", name, layers, all);
    return TC_OK;
}

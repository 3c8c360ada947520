/* search_options.c - options to the input of a search. */
#include "cli/search_options.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/request.h"
#include "layout/fields.h"
#include "report/names.h"

/* "1f1b,zb-h1" as bits. */
static tc_code take_list(const tc_context *context, tc_option_id id, tc_vocabulary vocabulary, unsigned *bits) {
    const char *text = tc_given(context, id)->text, *name = tc_option_table[id].name;
    if (!text) return TC_OK;
    if (strcmp(text, "all") == 0) {
        for (int i = 0; tc_name(vocabulary, i); i++) *bits |= 1u << i;
        return TC_OK;
    }
    while (*text) {
        char word[32];
        size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", length < sizeof word ? (int)length : (int)sizeof word - 1, text);
        int value = tc_value_of(vocabulary, word);
        bool file = vocabulary == TC_VOCABULARY_SCHEDULE && value == TC_SCHEDULE_CUSTOM;
        if (value == TC_UNSET || file)
            return tc_fail(context->error, TC_INVALID, name, "'%s' is %s; see traincast help search", word,
                           file ? "a file of one layout" : "unknown");
        *bits |= 1u << value;
        text += length + (text[length] == ',');
    }
    return TC_OK;
}

static void take_objective(const tc_context *context, tc_search_input *in) {
    const tc_value *value = tc_given(context, TC_OPTION_OBJECTIVE);
    if (value->given)
        in->objective = (tc_objective)tc_choice_find(tc_option_table[TC_OPTION_OBJECTIVE].argument, value->text);
}

/* How far the global batch may move. */
static void take_batch(const tc_context *context, tc_search_input *in) {
    const tc_value *range = tc_given(context, TC_OPTION_GLOBAL_BATCH);
    if (range->low < range->high) in->least_batch = (int)range->low, in->most_batch = (int)range->high;
    tc_search_move_batch(in, tc_given(context, TC_OPTION_BATCH_BAND)->real / 100);
}

/* --fix, and the layout's own options. */
static tc_code take_fixed(const tc_context *context, tc_search_input *in) {
    const char *fix = tc_given(context, TC_OPTION_FIX)->text;
    tc_code code = fix ? tc_search_fix(&in->fixed, fix, tc_option_table[TC_OPTION_FIX].name, context->error) : TC_OK;
    for (int i = 0; i < TC_LAYOUT_FIELDS && !code; i++) {
        tc_layout_id id = (tc_layout_id)i;
        const tc_value *value = tc_given(context, tc_request_field(id));
        const char *name = tc_layout_fields[i].option;
        char text[256], other[TC_LAYOUT_VALUE];
        if (!value->given) continue;
        if (!tc_layout_fields[i].axis)
            return tc_fail(context->error, TC_INVALID, name,
                           "is no axis of a search; add --same-layout, or leave it out");
        if (tc_layout_is_set(&in->fixed, id))
            return tc_fail(context->error, TC_INVALID, name, "is given twice, here and as %s=%s of --fix; give it once",
                           name + 2, tc_layout_value(&in->fixed, id, other, sizeof other));
        if (strchr(value->text, ','))
            return tc_fail(context->error, TC_INVALID, name, "'%.60s' is no value; see traincast help search",
                           value->text);
        snprintf(text, sizeof text, "%s=%.200s", name + 2, value->text);
        code = tc_search_fix(&in->fixed, text, name, context->error);
        in->own_option |= 1u << i;
    }
    return code;
}

tc_code tc_search_options_take(const tc_context *context, const tc_question *question, tc_search_input *in) {
    *in = tc_default_search_input();
    in->question = *question;
    in->pareto = tc_given(context, TC_OPTION_PARETO)->given;
    in->any = tc_given(context, TC_OPTION_ANY)->given;
    in->exhaustive = tc_given(context, TC_OPTION_EXHAUSTIVE)->given;
    in->top = tc_given(context, TC_OPTION_TOP)->given ? (int)tc_given(context, TC_OPTION_TOP)->integer : 5;
    in->threads = (int)tc_given(context, TC_OPTION_THREADS)->integer;
    in->max_memory_bytes = tc_given(context, TC_OPTION_MAX_MEMORY)->real * TC_GIB;
    if (tc_given(context, TC_OPTION_FIT)->given) in->fit = tc_given(context, TC_OPTION_FIT)->real;
    in->most_global_batch = (int)tc_given(context, TC_OPTION_MOST_GLOBAL_BATCH)->integer;
    in->fewest_devices = (int)tc_given(context, TC_OPTION_FEWEST_DEVICES)->integer;
    in->all_devices = tc_given(context, TC_OPTION_ALL_DEVICES)->given;
    take_batch(context, in);
    take_objective(context, in);
    tc_code code = take_list(context, TC_OPTION_ALLOW_SCHEDULES, TC_VOCABULARY_SCHEDULE, &in->schedules);
    if (!code) code = take_list(context, TC_OPTION_DTYPES, TC_VOCABULARY_DTYPE, &in->dtypes);
    if (!code) code = take_fixed(context, in);
    return code;
}

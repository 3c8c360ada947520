/* search_several.c - `search --accelerator A,B --devices N,M --stack S,T`: each with each, and one order of all layouts.
 *
 * A target (--for) is asked of each; those that miss it are left out where another reaches it. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "cli/request.h"
#include "cli/search.h"

#define MOST 256 /* searches in one */
#define AXES 3

static const tc_option_id axis[AXES] = {TC_OPTION_ACCELERATOR, TC_OPTION_STACK, TC_OPTION_DEVICES};

typedef struct several {
    tc_arena arena;
    int values[AXES];
    const char *value[AXES][MOST]; /* NULL: not given */
    int count;
    tc_asked *asked[MOST];
    const char *words[MOST][AXES];
    tc_search merged;
    int *from;
} several;

bool tc_several_asked(const tc_context *context) {
    for (int i = 0; i < AXES; i++) {
        const tc_value *value = tc_given(context, axis[i]);
        if (value->given && strchr(value->text, ',')) return true;
    }
    return false;
}

static tc_code split(tc_context *context, several *s, int i) {
    const tc_value *value = tc_given(context, axis[i]);
    const char *name = tc_option_table[axis[i]].name;
    s->values[i] = 0;
    if (!value->given || !strchr(value->text, ',')) {
        s->value[i][s->values[i]++] = value->given ? value->text : NULL;
        return TC_OK;
    }
    for (const char *at = value->text;; at++) {
        size_t n = strcspn(at, ",");
        if (n == 0)
            return tc_fail(context->error, TC_INVALID, name, "holds an empty value; write them as FIRST,SECOND");
        if (s->values[i] == MOST)
            return tc_fail(context->error, TC_INVALID, name, "holds too many values; give at most %d", MOST);
        const char *one = s->value[i][s->values[i]++] = tc_arena_copy(&s->arena, at, n);
        if (!one) return tc_fail(context->error, TC_INTERNAL, "search", "out of memory");
        for (int k = 0; k < s->values[i] - 1; k++)
            if (strcmp(s->value[i][k], one) == 0)
                return tc_fail(context->error, TC_INVALID, name, "names %.60s twice; name it once", one);
        at += n;
        if (!*at) return TC_OK;
    }
}

static tc_code refuse(tc_context *context, tc_option_id id) {
    if (!tc_given(context, id)->given) return TC_OK;
    return tc_fail(context->error, TC_INVALID, tc_option_table[id].name,
                   "is given beside several accelerators, numbers of devices or stacks; give one of each");
}

/* One accelerator, stack and number of devices: answered as a search of its own. */
static tc_code find_one(tc_context *context, several *s, const char *const words[AXES]) {
    tc_value all[AXES];
    tc_code code = TC_OK;
    for (int i = 0; i < AXES; i++) all[i] = *tc_given(context, axis[i]);
    for (int i = 0; i < AXES && !code; i++)
        if (words[i]) code = tc_options_set(context->options, axis[i], words[i], context->error);
    tc_asked *asked = code ? NULL : malloc(sizeof *asked);
    if (!code && !asked) code = tc_fail(context->error, TC_INTERNAL, "search", "out of memory");
    if (asked) {
        memcpy(s->words[s->count], words, sizeof s->words[0]);
        s->asked[s->count++] = asked;
        code = tc_asked_take(context, asked);
        if (!code) code = tc_asked_find(context, asked);
    }
    for (int i = 0; i < AXES; i++) context->options->value[axis[i]] = all[i];
    return code;
}

static tc_code find_all(tc_context *context, several *s) {
    tc_code code = TC_OK;
    bool target = tc_given(context, TC_OPTION_FOR)->given || tc_given(context, TC_OPTION_FOR_TOKENS)->given;
    for (int i = 0; i < AXES && !code; i++) code = split(context, s, i);
    if (!code && target && s->values[2] > 1)
        code = tc_fail(context->error, TC_INVALID, "--devices", "are several beside a target; give the most there are");
    if (!code && (int64_t)s->values[0] * s->values[1] * s->values[2] > MOST)
        code = tc_fail(context->error, TC_INVALID, "--devices", "and the others make too many searches; at most %d",
                       MOST);
    for (int a = 0; a < s->values[0] && !code; a++)
        for (int t = 0; t < s->values[1] && !code; t++)
            for (int d = 0; d < s->values[2] && !code; d++) {
                const char *const words[AXES] = {s->value[0][a], s->value[1][t], s->value[2][d]};
                code = find_one(context, s, words);
            }
    return code;
}

/* Advice of each accelerator and stack, on the most devices that were asked for. */
static tc_code advise(tc_context *context, several *s) {
    for (int i = 0; i < s->count; i++) {
        tc_asked *asked = s->asked[i];
        bool most = true;
        for (int k = 0; k < s->count; k++)
            most = most
                   && (k == i || strcmp(s->words[k][0], s->words[i][0]) != 0
                       || (s->words[k][1] && strcmp(s->words[k][1], s->words[i][1]) != 0)
                       || s->asked[k]->in.question.cluster.devices <= asked->in.question.cluster.devices);
        if (!most) continue;
        tc_code code
            = *asked->answer.advice.text ? TC_OK : tc_search_advise(&asked->in, &asked->search, context->error);
        if (code) return code;
        if (*asked->answer.advice.text) asked->search.advice[asked->search.advice_count++] = asked->answer.advice;
        for (int k = 0; k < asked->search.advice_count && s->merged.advice_count < TC_ADVICE_MAX; k++) {
            const tc_advice *one = &asked->search.advice[k];
            tc_advice *out = &s->merged.advice[s->merged.advice_count++];
            const char *stack = s->words[i][1];
            snprintf(out->text, sizeof out->text, "%.40s: %.150s", asked->question.cluster.accelerator.slug, one->text);
            snprintf(out->options, sizeof out->options, "--accelerator %.120s%s%.60s%s%.12s %.160s", s->words[i][0],
                     stack ? " --stack " : "", stack ? stack : "",
                     strstr(one->options, "--devices") ? "" : " --devices ",
                     strstr(one->options, "--devices") ? "" : s->words[i][2], one->options);
            if (!*one->options) out->options[0] = '\0';
        }
    }
    return TC_OK;
}

static tc_code print_all(tc_context *context, several *s, tc_search_part *part, tc_run *run) {
    tc_search *search = &s->merged;
    const tc_asked *first = s->asked[search->best_count > 0 ? s->from[0] : 0];
    tc_search_answer answer = first->answer;
    answer.reached = false;
    answer.advice.text[0] = '\0';
    for (int i = 0; i < s->count; i++) {
        part[i] = (tc_search_part){&s->asked[i]->in, &s->asked[i]->search};
        answer.reached = answer.reached || s->asked[i]->answer.reached;
    }
    for (int i = 0; run && i < search->best_count; i++) {
        int k = search->best[i].rank; /* among what all found, in their order */
        for (int other = 0; other < s->from[i]; other++) k -= s->asked[other]->search.best_count;
        run[i] = s->asked[s->from[i]]->run[k];
    }
    answer.run = run;
    answer.parts = s->count;
    answer.part = part;
    answer.part_of = s->from;
    context->infeasible = search->best_count == 0 || tc_asked_missed(&answer);
    tc_step assumed;
    memset(&assumed, 0, sizeof assumed);
    if (search->best_count == 0) tc_assume_stack(&first->in.question, &assumed);
    return TC_REPORT(context, search, &first->in, &assumed, NULL, &answer, search);
}

static tc_code merge(tc_context *context, several *s) {
    const tc_search *part[MOST];
    bool reached = false;
    for (int i = 0; i < s->count; i++) {
        part[i] = &s->asked[i]->search;
        reached = reached || s->asked[i]->answer.reached;
    }
    for (int i = 0; i < s->count; i++) /* what misses the target does not compare */
        if (reached && tc_asked_missed(&s->asked[i]->answer)) s->asked[i]->search.best_count = 0;
    return tc_search_merge(&s->asked[0]->in, part, s->count, &s->merged, &s->from, context->error);
}

static bool all_missed(const several *s) {
    for (int i = 0; i < s->count; i++)
        if (!tc_asked_missed(&s->asked[i]->answer)) return false;
    return true;
}

tc_code tc_search_several(tc_context *context) {
    static const tc_option_id alone[] = {TC_OPTION_SPACE, TC_OPTION_LAYOUT};
    tc_code code = TC_OK;
    for (size_t i = 0; i < sizeof alone / sizeof alone[0] && !code; i++) code = refuse(context, alone[i]);
    if (code) return code;
    several *s = calloc(1, sizeof *s);
    tc_search_part *part = calloc(MOST, sizeof *part);
    tc_run *run = NULL;
    if (!s || !part) code = tc_fail(context->error, TC_INTERNAL, "search", "out of memory");
    if (!code) code = find_all(context, s);
    if (!code) code = merge(context, s);
    if (!code && (s->merged.best_count == 0 || all_missed(s))) code = advise(context, s);
    if (!code && s->asked[0]->goal.tokens > 0) {
        run = calloc((size_t)s->merged.best_count + 1, sizeof *run);
        if (!run) code = tc_fail(context->error, TC_INTERNAL, "search", "out of memory");
    }
    if (!code) code = print_all(context, s, part, run);
    free(run);
    free(part);
    if (!s) return code;
    for (int i = 0; i < s->count; i++) {
        tc_asked_free(s->asked[i]);
        free(s->asked[i]);
    }
    tc_search_free(&s->merged);
    free(s->from);
    tc_arena_free(&s->arena);
    free(s);
    return code;
}

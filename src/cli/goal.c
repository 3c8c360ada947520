/* goal.c - `search --tokens`, `--for` and `--for-tokens-per-s`: the run of each layout, the least devices for a target.
 *
 * One more device is never slower, so that the least is found by halving (tc_search_fewest). The cheapest is looked for
 * among that number and COSTED larger ones, up to twice as many: more devices lose efficiency, but the least may sit
 * badly on servers or stages. Idle devices are paid for. Where the devices there are do not do, they are doubled as long as that
 * brings anything, and the least that reach it are those of what is usual: the search that follows knows fewer at times. */
#include "cli/goal.h"

#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/error.h"
#include "cli/request.h"

#define COSTED 8
#define GAINS 1.02 /* times as much of the target on twice the devices: less, twice over, leads nowhere */
#define NEAR 0.01  /* of the least devices beyond those there are */
#define MOST_DEVICES 10000000

tc_code tc_goal_take(tc_context *context, const tc_question *question, tc_goal *out) {
    *out = (tc_goal){.context = context,
                     .question = question,
                     .tokens = tc_given(context, TC_OPTION_TOKENS)->real,
                     .wall_s = tc_given(context, TC_OPTION_FOR)->real,
                     .tokens_per_s = tc_given(context, TC_OPTION_FOR_TOKENS)->real};
    if (out->wall_s > 0 && !(out->tokens > 0))
        return tc_fail(context->error, TC_INVALID, "--for", "needs the tokens of the run; give --tokens");
    if (out->wall_s > 0 && out->tokens_per_s > 0)
        return tc_fail(context->error, TC_INVALID, "--for", "is given beside --for-tokens-per-s; give one of them");
    if ((out->wall_s > 0 || out->tokens_per_s > 0) && tc_given(context, TC_OPTION_FEWEST_DEVICES)->given)
        return tc_fail(context->error, TC_INVALID, "--fewest-devices", "is given beside a target; leave it out");
    if (!(out->tokens > 0)) return TC_OK;
    tc_code code = tc_request_risks(context, &out->risks);
    return code ? code : tc_request_economics(context, question, &out->economics);
}

static tc_code run_of(const tc_goal *goal, const tc_found *found, tc_run *run, tc_error *error) {
    tc_question question = *goal->question;
    question.job.dtype = found->dtype;
    question.cluster.devices = found->devices + found->idle;
    tc_run_input input = tc_run_input_of(&question, &found->step);
    tc_request_run(goal->context, &input);
    input.risks = goal->risks;
    return tc_run_forecast(&input, &goal->economics, run, error);
}

static double share_of(void *of, const tc_found *found) {
    const tc_goal *goal = of;
    const tc_step *step = &found->step;
    tc_run run;
    tc_error why;
    if (goal->tokens_per_s > 0) return step->tokens_per_step / step->step_s / goal->tokens_per_s;
    return run_of(goal, found, &run, &why) == TC_OK ? goal->wall_s / run.wall_s : 0; /* fails faster than it restarts */
}

/* The best on so many devices; what it costs, infinite where it misses the target. */
static tc_code cost_of(tc_goal *goal, const tc_search_input *in, int devices, double *usd, int *used) {
    tc_search_input at = *in;
    tc_search found;
    tc_run run;
    tc_error why;
    *usd = HUGE_VAL;
    at.question.cluster.devices = devices;
    at.top = 1;
    at.uncounted = true;
    tc_code code = tc_search_run(&at, &found, &why);
    if (code == TC_INTERNAL) return tc_fail(goal->context->error, code, why.place, "%s", why.text);
    if (code) return TC_OK;
    if (found.best_count > 0 && share_of(goal, &found.best[0]) >= 1) {
        found.best[0].idle = 0; /* they need not be there */
        double rate = in->usd_per_device_s * found.best[0].devices;
        double seconds = found.best[0].step.step_s / found.best[0].step.tokens_per_step; /* a token */
        if (goal->tokens > 0 && run_of(goal, &found.best[0], &run, &why) == TC_OK) seconds = run.wall_s / goal->tokens;
        *used = found.best[0].devices;
        *usd = rate * seconds;
    }
    tc_search_free(&found);
    return TC_OK;
}

static tc_code find_cheapest(tc_goal *goal, const tc_search_input *in, int fewest, int most, int *devices) {
    double least = HUGE_VAL;
    *devices = fewest;
    for (int i = 0; i <= COSTED; i++) {
        double usd, n = floor(fewest * exp2((double)i / COSTED));
        int used;
        if (n > most) break;
        tc_code code = cost_of(goal, in, (int)n, &usd, &used);
        if (code) return code;
        if (usd < least) least = usd, *devices = used;
    }
    return TC_OK;
}

/* How far the best on so many devices comes: of what is usual, or where none of it fits of everything. */
typedef struct reach {
    double share; /* of the target */
    int devices;  /* 0: nothing fits */
    bool usual;
    bool by_steps; /* steps alone, without what the run loses, would reach it */
} reach;

static tc_code reach_of(tc_goal *goal, const tc_search_input *in, int devices, reach *out) {
    tc_search_input at = *in;
    *out = (reach){.share = 0};
    at.question.cluster.devices = devices;
    at.top = 1;
    at.uncounted = true;
    for (int whole = 0; whole < 2 && out->devices == 0; whole++) {
        tc_search found;
        tc_error why;
        at.usual = !whole;
        tc_code code = tc_search_run(&at, &found, &why);
        if (code == TC_INTERNAL) return tc_fail(goal->context->error, code, why.place, "%s", why.text);
        if (code) continue; /* a fixed value that so few devices do not have */
        if (found.best_count > 0) {
            const tc_step *step = &found.best[0].step;
            double rate = step->tokens_per_step / step->step_s;
            *out = (reach){.share = share_of(goal, &found.best[0]),
                           .devices = found.best[0].devices,
                           .usual = at.usual,
                           .by_steps = goal->wall_s > 0 && goal->tokens / rate <= goal->wall_s};
        }
        tc_search_free(&found);
    }
    return TC_OK;
}

static void refuse(const reach *best, tc_search_answer *answer) {
    tc_advice *advice = &answer->advice;
    if (best->devices == 0)
        snprintf(advice->text, sizeof advice->text, "no number of these devices reaches it: the job fits on none");
    else
        snprintf(advice->text, sizeof advice->text,
                 "no number of these devices reaches it: %d come to %s %% of it, and %s", best->devices,
                 tc_decimal_text(100 * best->share, best->share < 0.1 ? 2 : 0).s,
                 best->by_steps ? "more lose what they gain to failures"
                                : "more have no more to do; a larger global batch has");
}

/* The least devices beyond those there are, or why there are none. */
static tc_code look_further(tc_goal *goal, const tc_search_input *in, tc_search_answer *answer) {
    int n = answer->most_devices, fewest = 0, idle = 0;
    reach at, best = {.share = 0};
    while (n < MOST_DEVICES && idle < 2) {
        n = n > MOST_DEVICES / 2 ? MOST_DEVICES : 2 * n;
        tc_code code = reach_of(goal, in, n, &at);
        if (code) return code;
        idle = best.devices > 0 && at.share < GAINS * best.share ? idle + 1 : 0;
        if (at.share > best.share || best.devices == 0) best = at;
        if (best.share >= 1) break;
    }
    if (best.share < 1) {
        refuse(&best, answer);
        return TC_OK;
    }
    int from = n / 2 > answer->most_devices ? n / 2 + 1 : answer->most_devices + 1;
    tc_search_input usual = *in;
    usual.usual = best.usual;
    tc_code code = tc_search_fewest(&usual, from, n, NEAR, share_of, goal, &fewest, goal->context->error);
    if (code || fewest == 0) return code;
    snprintf(answer->advice.text, sizeof answer->advice.text, "%d devices reach it", fewest);
    snprintf(answer->advice.options, sizeof answer->advice.options, "--devices %d", fewest);
    return TC_OK;
}

tc_code tc_goal_devices(tc_goal *goal, tc_search_input *in, tc_search_answer *answer) {
    int most = in->question.cluster.devices, fewest;
    answer->tokens = goal->tokens;
    answer->wall_s = goal->wall_s;
    answer->tokens_per_s = goal->tokens_per_s;
    answer->most_devices = most;
    if (!(goal->wall_s > 0) && !(goal->tokens_per_s > 0)) return TC_OK;
    tc_error *error = goal->context->error;
    tc_code code = tc_search_fewest(in, 1, most, 0, share_of, goal, &fewest, error);
    answer->reached = fewest > 0;
    if (!code && fewest == 0) return look_further(goal, in, answer);
    if (!code && fewest > 0 && in->objective == TC_OBJECTIVE_COST)
        code = find_cheapest(goal, in, fewest, most, &fewest);
    if (!code && fewest > 0) in->question.cluster.devices = fewest;
    return code;
}

tc_code tc_goal_runs(const tc_goal *goal, const tc_found *found, int n, tc_run **runs) {
    tc_error *error = goal->context->error;
    *runs = NULL;
    if (!(goal->tokens > 0) || n == 0) return TC_OK;
    *runs = calloc((size_t)n, sizeof **runs);
    tc_code code = *runs ? TC_OK : tc_fail(error, TC_INTERNAL, "search", "out of memory");
    for (int i = 0; i < n && !code; i++) code = run_of(goal, &found[i], &(*runs)[i], error);
    return code;
}

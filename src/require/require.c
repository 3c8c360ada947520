/* require.c - the least value of a figure with which the best layout meets a target.
 *
 * A layout's step is not slower with more of any figure, and neither is the best of all layouts: the least value is where the
 * best one crosses the target. Layouts that were found are kept: for each the value at which it meets the target is bisected by
 * forecasts (some 20 us each), the least of these is an upper end, and only a whole search just below it says whether another layout does
 * with less. That search begins where the target is (to_beat), so that it prunes all that is worse. What it finds is kept, and the end falls;
 * where it finds nothing, the end is the answer, within TC_REQUIRE_TOLERANCE. The space is that of `traincast search`. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "require/seeker.h"
#include "require/members.h"

#define SHOWN 5    /* layouts that a search hands on */
#define ROUNDS 24  /* searches of one figure at most */
#define LEAST 0.02 /* of today's: where a figure that is better than needed may fall to */
#define HALVINGS 26
#define MARGIN 1.03 /* of the target: the walk of a search has the closed form, the timeline may be faster */

tc_require_input tc_default_require_input(void) {
    tc_require_input in;
    memset(&in, 0, sizeof in);
    in.size = sizeof in;
    in.search = tc_default_search_input();
    return in;
}

/* ---- layouts that are kept ------------------------------------------------------------------------ */

static bool is_kept(const tc_seeker *s, const tc_found *found) {
    for (int i = 0; i < s->kept; i++)
        if (s->devices[i] == found->devices && memcmp(&s->layout[i], &found->step.layout, sizeof(tc_layout)) == 0)
            return true;
    return false;
}

/* The oldest goes where there is no room. */
static void keep(tc_seeker *s, const tc_found *found) {
    if (is_kept(s, found)) return;
    int at = s->kept < TC_SEEKER_KEPT ? s->kept++ : s->next++ % TC_SEEKER_KEPT;
    s->layout[at] = found->step.layout;
    s->devices[at] = found->devices;
}

/* What a layout takes; HUGE_VAL where it does not fit. */
static double seconds_of(tc_seeker *s, const tc_question *question, int i) {
    tc_question q = *question;
    tc_step step;
    tc_error unused;
    q.layout = s->layout[i];
    q.cluster.devices = s->devices[i];
    s->forecasts++;
    tc_code code = tc_forecast(&q, &step, &unused);
    if (code == TC_INTERNAL) s->lost = true;
    if (code || step.fits_probability < s->in.fit) return HUGE_VAL;
    if (s->in.max_memory_bytes > 0 && step.memory.reserved > s->in.max_memory_bytes) return HUGE_VAL;
    return step.step_s;
}

void tc_seeker_best_kept(tc_seeker *s, const tc_question *question, tc_sought *out) {
    *out = (tc_sought){.step_s = HUGE_VAL};
    for (int i = 0; i < s->kept; i++) {
        double seconds = seconds_of(s, question, i);
        if (seconds >= out->step_s) continue;
        *out = (tc_sought){seconds, s->layout[i], s->devices[i]};
    }
}

tc_code tc_seeker_search(tc_seeker *s, const tc_question *question, double to_beat, tc_sought *out, tc_error *error) {
    tc_search found;
    tc_search_input in = s->in;
    *out = (tc_sought){.step_s = HUGE_VAL};
    in.question = *question;
    in.to_beat = to_beat < 1e29 ? to_beat * MARGIN : 0;
    s->searches++;
    tc_code code = tc_search_run(&in, &found, error);
    if (code) return code;
    for (int i = found.best_count - 1; i >= 0; i--) keep(s, &found.best[i]);
    tc_search_free(&found);
    tc_seeker_best_kept(s, question, out);
    return TC_OK;
}

void tc_seeker_start(tc_seeker *s, const tc_search_input *in) {
    memset(s, 0, sizeof *s);
    s->in = *in;
    s->in.top = SHOWN;
    s->in.objective = TC_OBJECTIVE_TIME;
    s->in.uncounted = true;
    s->in.pareto = s->in.exhaustive = s->in.first = false;
}

tc_code tc_seeker_end(const tc_seeker *s, tc_code code, const char *place, tc_error *error) {
    return !code && s->lost ? tc_fail(error, TC_INTERNAL, place, "out of memory") : code;
}

/* ---- the least value ----------------------------------------------------------------------------------- */

/* The least factor, at most `high`, with which a kept layout meets the target; HUGE_VAL: none does at `high`. */
static double least_of_kept(tc_seeker *s, const tc_trial *trial, double target, double low, double high, int *which) {
    double best = HUGE_VAL, end = high;
    *which = -1;
    for (int i = 0; i < s->kept; i++) {
        tc_question q;
        trial->change(trial, end, &q);
        if (seconds_of(s, &q, i) > target) continue;
        double below = low, above = end;
        for (int k = 0; k < HALVINGS && above / below > 1 + 1e-5; k++) {
            double middle = sqrt(below * above);
            trial->change(trial, middle, &q);
            if (seconds_of(s, &q, i) <= target)
                above = middle;
            else
                below = middle;
        }
        end = best = above;
        *which = i;
    }
    return best;
}

tc_code tc_seeker_least(tc_seeker *s, const tc_trial *trial, double target, double most, tc_least *out,
                        tc_error *error) {
    tc_question q;
    tc_sought at;
    int which;
    double low = trial->misses ? 1 : LEAST, high;
    *out = (tc_least){.factor = most};
    trial->change(trial, most, &q);
    tc_seeker_best_kept(s, &q, &at);
    tc_code code = TC_OK;
    if (at.step_s > target || !trial->known) code = tc_seeker_search(s, &q, at.step_s, &at, error);
    if (code) return code;
    out->at_most = at;
    out->found = at;
    if (at.step_s > target) return TC_OK;
    out->reached = true;
    high = least_of_kept(s, trial, target, low, most, &which);
    for (int round = 0; round < ROUNDS && high / low > 1 + TC_REQUIRE_TOLERANCE; round++) {
        bool close = round % 2 == 0;
        double middle = close ? high * (1 - TC_REQUIRE_TOLERANCE) : sqrt(low * high);
        trial->change(trial, middle, &q);
        code = tc_seeker_search(s, &q, target, &at, error);
        if (code) return code;
        if (at.step_s > target) {
            low = middle;
            if (close) break;
        } else {
            high = least_of_kept(s, trial, target, low, middle, &which);
        }
    }
    trial->change(trial, high, &q);
    tc_seeker_best_kept(s, &q, &out->found);
    out->factor = high;
    return TC_OK;
}

/* ---- the answer ------------------------------------------------------------------------------------------ */

static void change_one(const tc_trial *trial, double factor, tc_question *out) {
    *out = *trial->base;
    tc_require_scale(out, trial->figure, factor);
}

static void change_all(const tc_trial *trial, double factor, tc_question *out) {
    *out = *trial->base;
    for (int i = 0; i <= TC_REQUIRED_POWER; i++) tc_require_scale(out, (tc_required)i, factor);
}

/* Does the chip miss the target as it is? */
static bool misses(const tc_require *out) { return !(out->today_s > 0) || out->today_s > out->target_s; }

static tc_code find_alone(tc_seeker *s, tc_require *out, tc_error *error) {
    const tc_question *base = &s->in.question;
    tc_code code = TC_OK;
    for (int i = 0; i < TC_REQUIRED_FIGURES && !code; i++) {
        tc_trial trial = {.change = change_one, .base = base, .figure = (tc_required)i, .misses = misses(out)};
        double today = tc_require_figure(base, trial.figure);
        tc_least least;
        if (!(today > 0)) continue;
        code = tc_seeker_least(s, &trial, out->target_s, TC_REQUIRE_MOST, &least, error);
        if (code) return code;
        tc_requirement *r = &out->alone[out->alone_count++];
        *r = (tc_requirement){.figure = trial.figure,
                              .today = today,
                              .value = today * least.factor,
                              .reached = least.reached,
                              .layout = least.found.layout,
                              .devices = least.found.devices};
        r->at_most = least.at_most.step_s < HUGE_VAL ? least.at_most.step_s : 0;
        r->step_s = least.found.step_s < HUGE_VAL ? least.found.step_s : 0;
    }
    return code;
}

static tc_code find_together(tc_seeker *s, tc_require *out, tc_error *error) {
    tc_trial trial = {.change = change_all, .base = &s->in.question, .misses = misses(out)};
    tc_least least;
    tc_code code = tc_seeker_least(s, &trial, out->target_s, TC_REQUIRE_MOST, &least, error);
    if (code) return code;
    out->together_reached = least.reached;
    out->factor = least.factor;
    out->together_s = least.found.step_s < HUGE_VAL ? least.found.step_s : 0;
    out->together_layout = least.found.layout;
    out->together_devices = least.found.devices;
    return TC_OK;
}

tc_code tc_require_find(const tc_require_input *in, tc_require *out, tc_error *error) {
    double start = tc_now_s();
    memset(out, 0, sizeof *out);
    tc_code code = tc_members_check(&tc_require_input_members, in, "input", error);
    if (code) return code;
    tc_seeker *s = malloc(sizeof *s);
    tc_sought today;
    if (!s) return tc_fail(error, TC_INTERNAL, "require", "out of memory");
    tc_seeker_start(s, &in->search);
    out->target_s = in->target_s;
    code = tc_seeker_search(s, &s->in.question, HUGE_VAL, &today, error);
    if (!code && today.step_s < HUGE_VAL) {
        out->today_s = today.step_s;
        out->today_layout = today.layout;
        out->today_devices = today.devices;
    }
    if (!code) code = find_alone(s, out, error);
    if (!code) code = find_together(s, out, error);
    if (!code && tc_require_is_limited(in)) code = tc_require_limits(s, in, out, error);
    code = tc_seeker_end(s, code, "require", error);
    out->searches = s->searches;
    out->forecasts = s->forecasts;
    out->seconds = tc_now_s() - start;
    free(s);
    return code;
}

/* pace.c - the weekly update of a run's pace.
 *
 *     y = ln(done / elapsed) of about a week; y ~ N(x, s^2 / weeks): x the pace, s the noise of a week (weekly_noise at first)
 *     (x, 1/s^2) normal-gamma, conjugate; what was seen a week ago counts exp(-1 / memory_of_weeks) as much
 *     the pace changes every pace_changes_every: N(x, pace_change^2) then, and what was before counts no more
 *
 * so that a run is a mixture of spells, one for each week in which the last change may have been (Adams and MacKay 2007,
 * arXiv 0710.3742), each weighted by how well it foretold the weeks after it. Before the first week x is that of the operations
 * of runs less what rollbacks take. Where the ideal is known no pace is above it: a time that was faster was another phase
 * (smaller batches, shorter sequences) and says nothing.
 *
 * The rest of a run has its weeks' noise, disruptions, rework, and one more change of pace if it is long.
 *
 * Ignored: what causes a change. */
#include "run/pace.h"

#include <math.h>
#include <string.h>

#include "base/distributions.h"
#include "base/random.h"
#include "run/operations.h"
#include "run/spread.h"

#define WEEK 604800.0
#define FIRST_WEEKS 4.0  /* that the usual noise counts for: half of the gamma's degrees of freedom */
#define MOST_WEEKS 15.0  /* that noise rests on: older ones fade */
#define VAGUE_WEEKS 1e-3 /* that a pace of which nothing is known rests on */
#define FASTER 1.15      /* than ideal: another phase */
#define LEARNT_S (21 * 86400.0)
#define LEAST_WEIGHT 1e-6
#define LEAST_NOISE 1e-3
#define TO_COME 0.5 /* of a change of pace: what is planned - devices, longer sequences - the forecast knows */

static double noise_of(const tc_risks *risks) { return fmax(risks->weekly_noise, LEAST_NOISE); }

tc_pace tc_pace_start(const tc_risks *risks, double ideal) {
    tc_pace pace = {.risks = risks, .ideal = ideal};
    if (!(ideal > 0)) return pace;
    const tc_spread *useful = &risks->operations;
    double rollbacks = isinf(risks->rollbacks_every_s) ? 0 : risks->rollback_s.mid / risks->rollbacks_every_s;
    double sd
        = fmax(fmax(log(useful->mid / useful->low), log(useful->high / useful->mid)) / TC_NORMAL_P90, LEAST_NOISE);
    double noise = noise_of(risks);
    pace.spells = 1;
    pace.spell[0] = (tc_spell){.weight = 1,
                               .mean = log(ideal * useful->mid) - rollbacks,
                               .weeks = noise * noise / (sd * sd),
                               .alpha = FIRST_WEEKS,
                               .beta = FIRST_WEEKS * noise * noise};
    return pace;
}

/* The logarithm of Student's density at y, of what a spell foretells of a time of so many weeks. */
static double foretold(const tc_spell *s, double y, double weeks) {
    double freedom = 2 * s->alpha, scale = s->beta / s->alpha * (1 / weeks + 1 / s->weeks), off = y - s->mean;
    return tc_log_gamma((freedom + 1) / 2) - tc_log_gamma(freedom / 2)
           - 0.5 * log(freedom * 3.14159265358979323846 * scale)
           - (freedom + 1) / 2 * log1p(off * off / (freedom * scale));
}

/* The spell after another time of so many weeks. */
static tc_spell updated(tc_spell s, double y, double weeks) {
    double all = s.weeks + weeks, off = y - s.mean;
    s.beta += 0.5 * s.weeks * weeks / all * off * off;
    s.alpha += 0.5;
    s.mean = (s.weeks * s.mean + weeks * y) / all;
    s.weeks = all;
    return s;
}

static tc_spell faded(tc_spell s, double weeks, const tc_risks *risks) {
    s.weeks *= exp(-weeks / risks->memory_of_weeks);
    if (s.alpha > MOST_WEEKS) {
        s.beta *= MOST_WEEKS / s.alpha;
        s.alpha = MOST_WEEKS;
    }
    return s;
}

/* By weight; of equals the later change first. */
static void keep_likeliest(tc_pace *pace, const tc_spell *from, int n) {
    double sum = 0;
    pace->spells = 0;
    for (int i = 0; i < n; i++) {
        if (from[i].weight < LEAST_WEIGHT) continue;
        int k = pace->spells < TC_PACE_SPELLS ? pace->spells++ : TC_PACE_SPELLS;
        for (; k > 0 && pace->spell[k - 1].weight < from[i].weight; k--)
            if (k < TC_PACE_SPELLS) pace->spell[k] = pace->spell[k - 1];
        if (k < TC_PACE_SPELLS) pace->spell[k] = from[i];
    }
    for (int i = 0; i < pace->spells; i++) sum += pace->spell[i].weight;
    for (int i = 0; i < pace->spells; i++) pace->spell[i].weight /= sum;
}

void tc_pace_see(tc_pace *pace, double elapsed_s, double done) {
    const tc_risks *risks = pace->risks;
    tc_spell next[TC_PACE_SPELLS + 1];
    if (!(elapsed_s > 0)) return;
    pace->seen_s += elapsed_s;
    if (!(done > 0) || (pace->ideal > 0 && done > FASTER * pace->ideal * elapsed_s)) return;
    double y = log(done / elapsed_s), weeks = elapsed_s / WEEK, noise = noise_of(risks);
    if (pace->spells == 0) {
        pace->spells = 1;
        pace->spell[0] = (tc_spell){1, y, VAGUE_WEEKS, FIRST_WEEKS, FIRST_WEEKS * noise * noise};
    }
    double stays = exp(-elapsed_s / risks->pace_changes_every_s), mean = 0, most = -INFINITY;
    int n = pace->spells;
    for (int i = 0; i < n; i++) {
        mean += pace->spell[i].weight * pace->spell[i].mean;
        next[i] = faded(pace->spell[i], weeks, risks);
        next[i].weight = log(next[i].weight * stays) + foretold(&next[i], y, weeks);
    }
    if (stays < 1 && risks->pace_change > 0) {
        tc_spell fresh = pace->spell[0];
        fresh.mean = mean;
        fresh.weeks = fresh.beta / fresh.alpha / (risks->pace_change * risks->pace_change);
        fresh.weight = log1p(-stays) + foretold(&fresh, y, weeks);
        next[n++] = fresh;
    }
    for (int i = 0; i < n; i++) most = fmax(most, next[i].weight);
    for (int i = 0; i < n; i++) {
        double weight = exp(next[i].weight - most);
        next[i] = updated(next[i], y, weeks);
        next[i].weight = weight;
    }
    keep_likeliest(pace, next, n);
}

bool tc_pace_known(const tc_pace *pace) { return pace->ideal > 0 || (pace->spells > 0 && pace->seen_s >= LEARNT_S); }

double tc_pace_rest(const tc_pace *pace, double left, uint64_t seed, uint64_t stream, uint32_t sample) {
    enum { OF_SPELL = 8, OF_NOISE, OF_MEAN, OF_CHANGE, OF_PACE }; /* beside the run's own numbers, which begin at 0 */
    double u = tc_uniform(seed, stream, sample, OF_SPELL);
    int i = 0;
    while (i < pace->spells - 1 && u >= pace->spell[i].weight) u -= pace->spell[i++].weight;
    const tc_spell *s = &pace->spell[i];
    double noise = sqrt(s->beta / tc_gamma_at(tc_uniform(seed, stream, sample, OF_NOISE), s->alpha, 1));
    double mean = s->mean + noise / sqrt(s->weeks) * tc_normal_at(tc_uniform(seed, stream, sample, OF_MEAN));
    if (pace->ideal > 0) mean = fmin(mean, log(pace->ideal));
    tc_risks rest = *pace->risks;
    rest.operations = (tc_spread){1, 1, 1}; /* the pace has it */
    rest.weekly_noise = noise;
    rest.rollbacks_every_s = rest.failures_shape = INFINITY; /* and these */
    rest.early_failures = 1;
    tc_operations run = tc_operations_draw(&rest, seed, stream, sample);
    const tc_overhead none = {0, 0};
    mean += noise * noise / 2; /* a week's median, not its mean */
    double before_s = tc_exponential_at(tc_uniform(seed, stream, sample, OF_CHANGE), rest.pace_changes_every_s);
    double before = before_s * exp(mean);
    if (!(before < left)) return tc_operations_elapsed(&run, &none, left / exp(mean));
    double after = mean + rest.pace_change * TO_COME * tc_normal_at(tc_uniform(seed, stream, sample, OF_PACE));
    if (pace->ideal > 0) after = fmin(after, log(pace->ideal));
    return tc_operations_elapsed(&run, &none, before_s)
           + tc_operations_elapsed(&run, &none, (left - before) / exp(after));
}

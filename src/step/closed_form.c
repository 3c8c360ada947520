/* closed_form.c - the longest paths of GPipe, 1F1B and interleaved pipelines.
 *
 * f, b: a stage's forward and backward of a micro-batch; c: a send; m micro-batches; p stages.
 * GPipe is a flow shop, there and back: sum f + (m - 1) max f + sum b + (m - 1) max b (Huang et al. 2019).
 * 1F1B: the longest path fills down to a stage s, works there through all micro-batches, and drains:
 *   sum over j < s of (f + b + 2c) + m (f + b + its sends)
 *   + what s waits for its first backward: max(0, R - k f), R the round trip below it, k = p - 1 - s forwards meanwhile
 *   + what it waits for its last backward: max(0, R - k b)
 * the maximum over s. With equal stages: (m + p - 1)(f + b), Narayanan et al. 2019.
 * Interleaved: the same with chunks; round trips pass all chunks, k counts chunk passes
 * (Narayanan et al. 2021, section 2.2.2: bubble (p - 1)(f + b) / v with equal stages).
 * Agreement with the timeline: tests/test_timeline.c.
 */
#include "step/closed_form.h"

#include "traincast.h"

static double max_of(double a, double b) { return a > b ? a : b; }

static double positive(double a) { return a > 0 ? a : 0; }

static double gpipe(const tc_stage_seconds *stage, int p, double m, double c) {
    double sum = 2 * c * (p - 1), forward = 0, backward = 0;
    for (int s = 0; s < p; s++) {
        sum += stage[s].forward + stage[s].backward;
        forward = max_of(forward, stage[s].forward + (s < p - 1 ? c : 0));
        backward = max_of(backward, stage[s].backward + (s > 0 ? c : 0));
    }
    return sum + (m - 1) * (forward + backward);
}

static double one_forward_one_backward(const tc_stage_seconds *stage, int p, double m, double c) {
    double above = 0, below = 2 * c * (p - 1), longest = 0;
    for (int s = 0; s < p; s++) below += stage[s].forward + stage[s].backward;
    for (int s = 0; s < p; s++) {
        const tc_stage_seconds *t = &stage[s];
        below -= t->forward + t->backward; /* the round trip below s */
        double to_next = s < p - 1 ? c : 0, to_previous = s > 0 ? c : 0, ahead = p - 1 - s < m - 1 ? p - 1 - s : m - 1;
        double each = t->forward + t->backward + to_next + to_previous;
        double first = below - ahead * (t->forward + to_next) - to_next,
               last = below - ahead * (t->backward + to_previous) - to_next;
        double waits = m > ahead + 1 ? positive(first) + positive(last) : positive(max_of(first, last));
        double trips = (double)(int64_t)((m - 1 - ahead) / (ahead + 1)), gain = below - ahead * each - to_next;
        if (gain > 0) waits += trips * gain;
        longest = max_of(longest, above - to_previous + m * each + waits);
        above += t->forward + t->backward + 2 * c;
        below -= 2 * c;
    }
    return longest;
}

/* Seconds of the first n chunk passes of a stage: its first chunk p times, then the next, then the first again; middle chunks are alike. */
static double passes(double all, double first, double last, int p, int chunks, double n) {
    double middle = chunks > 2 ? (all - first - last) / (chunks - 2) : 0, sum = 0;
    for (int c = 0; n > 0; c = (c + 1) % chunks) {
        double here = n < p ? n : p;
        sum += here * (c == 0 ? first : c == chunks - 1 ? last : middle);
        n -= here;
    }
    return sum;
}

static double interleaved(const tc_stage_seconds *stage, int p, int chunks, double m, double c) {
    double forward = 0, backward = 0, above = 0, above_forward = 0, above_backward = 0, below_forward = 0,
           below_backward = 0, longest = 0;
    for (int s = 0; s < p; s++) {
        forward += stage[s].forward;
        backward += stage[s].backward;
        below_forward += stage[s].last_forward;
        below_backward += stage[s].last_backward;
    }
    for (int s = 0; s < p; s++) {
        const tc_stage_seconds *t = &stage[s];
        above_forward += t->first_forward;
        above_backward += t->first_backward;
        below_forward -= t->last_forward;
        below_backward -= t->last_backward;
        double hops = c * ((double)p * chunks - 1 - s + p - 1 - s), total = m * chunks;
        double ahead = 2.0 * (p - s - 1) + (chunks - 1.0) * p;
        if (ahead > total - 1) ahead = total - 1;
        double first
            = forward - above_forward + below_backward + hops
              - (passes(t->forward, t->first_forward, t->last_forward, p, chunks, ahead + 1) - t->first_forward);
        double last
            = backward - above_backward + below_forward + hops
              - (passes(t->backward, t->first_backward, t->last_backward, p, chunks, ahead + 1) - t->first_backward);
        double waits = total > ahead + 1 ? positive(first) + positive(last) : positive(max_of(first, last));
        longest = max_of(longest, above + m * (t->forward + t->backward) + waits);
        above += t->first_forward + t->first_backward + 2 * c;
    }
    return longest;
}

double tc_closed_form(int schedule, const tc_stage_seconds *stage, int stages, int chunks, int64_t micro_batches,
                      double send_s) {
    double m = (double)micro_batches;
    if (schedule == TC_SCHEDULE_INTERLEAVED && chunks > 1 && stages > 1)
        return interleaved(stage, stages, chunks, m, send_s);
    if (schedule == TC_SCHEDULE_GPIPE) return gpipe(stage, stages, m, send_s);
    return one_forward_one_backward(stage, stages, m, send_s);
}

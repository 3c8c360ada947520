/* limits.c - chips within limits of total processing performance, its density, power and area.
 *
 * What a limit allows of the matrix peak: TPP is proportional to it; performance density is TPP over the die's area; a smaller die
 * has as much less (the peak of a mm2 as today). Power is the package's. Bandwidth and capacity of the memory are not limited
 * by these rules: for several peaks below the limit and capacities the least bandwidth that meets the target is sought, and of these what no other
 * is at most in all three stays. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "require/seeker.h"

#define BELOW (1 - 1e-6) /* a rule begins at its threshold */

bool tc_require_is_limited(const tc_require_input *in) {
    return in->most_tpp > 0 || in->most_pd > 0 || in->most_power_w > 0 || in->most_area_mm2 > 0;
}

/* How many times today's peak the limits allow; HUGE_VAL: any. */
static tc_code most_peak(const tc_require_input *in, const tc_question *q, double *factor, tc_error *error) {
    const tc_accelerator *a = &q->cluster.accelerator;
    const tc_control_options options = {.ignore_fp6 = true};
    double area = a->die_area_mm2;
    *factor = HUGE_VAL;
    if ((in->most_pd > 0 || in->most_area_mm2 > 0) && !(area > 0))
        return tc_fail(error, TC_INVALID, in->most_pd > 0 ? "--limit pd" : "--limit area",
                       "%.60s has no die area; give package.die_area in its file, or --set accelerator.die_area=800mm2",
                       a->slug);
    if (in->most_area_mm2 > 0 && area > in->most_area_mm2) {
        *factor = in->most_area_mm2 / area;
        area = in->most_area_mm2;
    }
    if (!(in->most_tpp > 0) && !(in->most_pd > 0)) return TC_OK;
    tc_control_report report = tc_controls_classify(in->controls, a, &options);
    if (!(report.tpp > 0))
        return tc_fail(error, TC_INVALID, "--limit tpp", "%.60s has no peak that counts for it", a->slug);
    if (in->most_tpp > 0) *factor = fmin(*factor, BELOW * in->most_tpp / report.tpp);
    if (in->most_pd > 0) *factor = fmin(*factor, BELOW * in->most_pd * area / report.tpp);
    return TC_OK;
}

/* A chip of a peak and a capacity, whose bandwidth is sought. */
typedef struct chip {
    tc_trial trial;
    tc_question base;
} chip;

static void change_bandwidth(const tc_trial *trial, double factor, tc_question *out) {
    *out = *trial->base;
    tc_require_scale(out, TC_REQUIRED_BANDWIDTH, factor);
}

static tc_require_point point_of(const tc_question *q, double factor, const tc_sought *found) {
    return (tc_require_point){.peak_flops = tc_require_figure(q, TC_REQUIRED_PEAK),
                              .bytes_per_s = factor * tc_require_figure(q, TC_REQUIRED_BANDWIDTH),
                              .memory_bytes = tc_require_figure(q, TC_REQUIRED_MEMORY),
                              .step_s = found->step_s < HUGE_VAL ? found->step_s : 0,
                              .layout = found->layout,
                              .devices = found->devices};
}

/* Is a no more than b in all three, by a hair? */
static bool is_beaten(const tc_require_point *b, const tc_require_point *a) {
    const double hair = 1 + TC_REQUIRE_TOLERANCE;
    return a->peak_flops <= b->peak_flops * hair && a->bytes_per_s <= b->bytes_per_s * hair
           && a->memory_bytes <= b->memory_bytes * hair;
}

static void add_point(tc_require *out, const tc_require_point *point) {
    for (int i = 0; i < out->points; i++)
        if (is_beaten(point, &out->point[i])) return;
    int kept = 0;
    for (int i = 0; i < out->points; i++)
        if (!is_beaten(&out->point[i], point)) out->point[kept++] = out->point[i];
    out->points = kept;
    if (out->points == TC_REQUIRE_POINTS) return;
    int at = out->points++;
    for (; at > 0 && out->point[at - 1].peak_flops > point->peak_flops; at--) out->point[at] = out->point[at - 1];
    out->point[at] = *point;
}

tc_code tc_require_limits(tc_seeker *s, const tc_require_input *in, tc_require *out, tc_error *error) {
    static const double peaks[] = {1, 0.85, 0.7}, memories[] = {1, 1.5, 2};
    tc_question limited = s->in.question;
    double factor;
    tc_require_point nearest = {.step_s = 0};
    tc_code code = most_peak(in, &limited, &factor, error);
    if (code) return code;
    if (factor < HUGE_VAL) out->limited_peak_flops = factor * tc_require_figure(&limited, TC_REQUIRED_PEAK);
    if (in->most_power_w > 0) out->limited_power_w = limited.cluster.accelerator.tdp_w = in->most_power_w;
    if (factor == HUGE_VAL) factor = 1; /* what is not limited stays as it is */
    for (size_t p = 0; p < sizeof peaks / sizeof *peaks && !code; p++)
        for (size_t m = 0; m < sizeof memories / sizeof *memories && !code; m++) {
            chip c = {.base = limited};
            tc_least least;
            tc_require_scale(&c.base, TC_REQUIRED_PEAK, factor * peaks[p]);
            tc_require_scale(&c.base, TC_REQUIRED_MEMORY, memories[m]);
            c.trial = (tc_trial){.change = change_bandwidth, .base = &c.base, .known = true};
            code = tc_seeker_least(s, &c.trial, in->target_s, TC_REQUIRE_MOST, &least, error);
            if (code) return code;
            tc_require_point point = point_of(&c.base, least.factor, &least.found);
            if (least.reached) add_point(out, &point);
            if (!(nearest.step_s > 0) || (point.step_s > 0 && point.step_s < nearest.step_s)) nearest = point;
            if (!least.reached && m + 1 == sizeof memories / sizeof *memories) p = sizeof peaks / sizeof *peaks;
        }
    out->limits_reached = out->points > 0;
    if (!out->limits_reached && nearest.step_s > 0) out->point[out->points++] = nearest;
    return code;
}

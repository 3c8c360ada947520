/* plan_svg.c - which pictures a plan has, into files. */
#include "report/plan_svg.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "report/plan_drawings.h"
#include "report/plan_months.h"

#define CERTAIN "nothing is uncertain in this scenario"

static const struct {
    const char *file, *words;
    void (*draw)(FILE *file, const tc_plan *plan);
} pictures[TC_PICTURES] = {
    [TC_PICTURE_CALENDAR] = {"calendar.svg", "jobs over time, with the 80 % interval of their end", tc_draw_calendar},
    [TC_PICTURE_S_CURVE] = {"s-curve.svg", "how likely each job is done by a date", tc_draw_s_curve},
    [TC_PICTURE_DEVICES] = {"devices.svg", "devices that work, by pool and month", tc_draw_devices},
    [TC_PICTURE_DRIVERS] = {"drivers.svg", "what the dates depend on", tc_draw_drivers},
    [TC_PICTURE_MONEY] = {"money.svg", "what the planned runs cost, by month", tc_draw_money},
    [TC_PICTURE_FLEET] = {"fleet.svg", "what the fleet costs, by month and use", tc_draw_fleet},
    [TC_PICTURE_TOKENS] = {"tokens.svg", "tokens trained over time, planned and seen", tc_draw_tokens},
};

const char *tc_plan_picture_file(tc_plan_picture picture) { return pictures[picture].file; }
const char *tc_plan_picture_words(tc_plan_picture picture) { return pictures[picture].words; }

static bool any_cost(const tc_plan *plan) {
    for (int j = 0; j < plan->jobs; j++)
        if (plan->run[j].feasible && plan->run[j].cost_usd > 0) return true;
    return false;
}

static double fleet_cost(const tc_plan *plan) {
    if (plan->months == 0) return 0;
    const tc_plan_month all = tc_months_sum(plan, -1, 0, plan->months);
    return tc_month_cost(&all);
}

const char *tc_plan_picture_missing(const tc_plan *plan, tc_plan_picture picture) {
    switch (picture) {
    case TC_PICTURE_CALENDAR:
    case TC_PICTURE_TOKENS: return plan->feasible ? NULL : "no job is planned";
    case TC_PICTURE_MONEY: return any_cost(plan) ? NULL : "nothing that is planned has a cost that is known";
    case TC_PICTURE_FLEET: return fleet_cost(plan) > 0 ? NULL : "what the fleet costs is not known";
    case TC_PICTURE_S_CURVE: return !plan->outlook ? CERTAIN : plan->feasible ? NULL : "no job is planned";
    case TC_PICTURE_DEVICES: return plan->outlook ? NULL : CERTAIN;
    case TC_PICTURE_DRIVERS:
        return !plan->outlook           ? CERTAIN
               : !plan->feasible        ? "no job is planned"
               : plan->outlook->drivers ? NULL
                                        : "drivers were not asked for";
    case TC_PICTURES: break;
    }
    return "there is no such picture";
}

void tc_draw_plan_picture(FILE *file, const tc_plan *plan, tc_plan_picture picture) {
    pictures[picture].draw(file, plan);
}

tc_code tc_report_plan_svg(const tc_plan *plan, const char *directory, tc_error *error) {
    for (int i = 0; i < TC_PICTURES; i++) {
        char path[1024];
        if (tc_plan_picture_missing(plan, (tc_plan_picture)i)) continue;
        int length = snprintf(path, sizeof path, "%s/%s", directory, pictures[i].file);
        if (length < 0 || (size_t)length >= sizeof path)
            return tc_fail(error, TC_INVALID, directory, "is too long a name for a folder");
        errno = 0;
        FILE *file = fopen(path, "wb");
        if (!file)
            return tc_fail(error, TC_INVALID, path, "cannot be written: %s; an existing folder is needed",
                           strerror(errno));
        pictures[i].draw(file, plan);
        bool written = !ferror(file);
        int reason = errno;
        if (fclose(file) != 0) written = false, reason = errno;
        if (!written)
            return tc_fail(error, TC_INTERNAL, path, "cannot be written: %s", strerror(reason ? reason : EIO));
    }
    return TC_OK;
}

/* ---- what drawings share ---------------------------------------------------------------------------- */

double tc_drawing_day(const tc_plan *plan, double seconds) { return plan->scenario->start + seconds / 86400; }

tc_axis tc_drawing_dates(const tc_plan *plan, double probability) {
    const tc_scenario *s = plan->scenario;
    double last = 14 * 86400.0, due = 0;
    for (int j = 0; j < plan->jobs; j++) {
        const tc_plan_run *run = &plan->run[j];
        if (!run->feasible) continue;
        last = fmax(last, run->finish_s);
        if (run->p90.known) last = fmax(last, run->p90.finish_s);
        if (s->job[j].deadline != INT32_MAX) due = fmax(due, 86400 * ((double)s->job[j].deadline + 1 - s->start));
        if (!plan->outlook) continue;
        double likely = tc_outlook_quantile(plan->outlook, j, probability * (1 - plan->outlook->job[j].never));
        if (likely < INFINITY) last = fmax(last, likely);
    }
    if (due < 3 * last) last = fmax(last, due);
    return (tc_axis){.kind = TC_AXIS_DATE, .low = s->start, .high = tc_drawing_day(plan, 1.04 * last)};
}

const char *tc_drawing_job(const tc_plan *plan, int job, char *out, size_t size) {
    const tc_scenario_job *j = &plan->scenario->job[job];
    if (plan->run[job].feasible)
        snprintf(out, size, "%s (%s)", j->name, j->candidate[plan->run[job].candidate].name);
    else
        snprintf(out, size, "%s", j->name);
    return out;
}

const char *tc_drawing_samples(const tc_plan *plan, char *out, size_t size) {
    if (plan->outlook)
        snprintf(out, size, "%.20s calendars, seed %lld", tc_format_count(plan->samples).s, (long long)plan->seed);
    else
        snprintf(out, size, "the error of the steps alone");
    return out;
}

/* progress.c - back-test of the weekly update on dated progress.
 *
 * At 10, 20 ... 80 % of a run's length the update (run/pace.h) sees what was public by that day, a week at a time, and forecasts
 * the end: 1,024 samples of the rest, without those that would have ended before that day. */
#include "validate/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "run/pace.h"
#include "validate/lines.h"
#include "validate/score.h"

#define DAY 86400.0
#define WEEK_DAYS 6.5 /* points nearer to each other are taken together */
#define SAMPLES 1024
#define FEWEST_LEFT 32
#define FEWEST_POINTS 4
#define LARGEST_VALUE 1e18
#define FINISHED 0.95 /* of the target: what is left was not told */

/* One row. */
typedef struct series {
    double target, ideal_per_day;
    int count;
    double *day, *done; /* since the start */
} series;

/* "2022-03-11" or "2022-03-11T12:00" in days. */
static bool read_time(const char *text, double *out) {
    char date[TC_DATE_SIZE];
    int32_t day;
    snprintf(date, sizeof date, "%s", text);
    if (strlen(text) < 10 || !tc_date_parse(date, &day)) return false;
    *out = day;
    if (!text[10]) return true;
    int hour, minute, used = 0;
    if (sscanf(text + 10, "T%2d:%2d%n", &hour, &minute, &used) != 2 || text[10 + used]) return false;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
    *out += (hour * 60 + minute) / 1440.0;
    return true;
}

static void read_points(const tc_json *row, double start, tc_arena *arena, series *out) {
    const json_t *points = tc_json_value(row, "points");
    size_t n = json_array_size(points);
    out->day = tc_arena_alloc(arena, (n + 1) * sizeof *out->day);
    out->done = tc_arena_alloc(arena, (n + 1) * sizeof *out->done);
    if (!out->day || !out->done) {
        if (!row->document->code)
            row->document->code = tc_fail(row->document->error, TC_INTERNAL, row->document->file, "out of memory");
        return;
    }
    double before = start, done = 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *point = json_array_get(points, i), *value = json_array_get(point, 1);
        const char *when = json_string_value(json_array_get(point, 0));
        double time;
        if (json_array_size(point) != 2 || !when || !read_time(when, &time) || !json_is_number(value)
            || json_number_value(value) > LARGEST_VALUE) {
            tc_json_fail(row, "points", "point %zu is no [\"2022-03-18T12:00\", number]", i + 1);
            return;
        }
        if (time < before || json_number_value(value) < done) {
            tc_json_fail(row, "points", "point %zu goes back in time or progress", i + 1);
            return;
        }
        before = time;
        done = json_number_value(value);
        out->day[out->count] = time - start;
        out->done[out->count++] = done;
    }
}

static tc_code read_row(const char *path, int line, const char *text, size_t length, tc_arena *arena, series *out,
                        tc_progress_series *to, tc_error *error) {
    tc_json_document document;
    *out = (series){0};
    *to = (tc_progress_series){.id = "", .reason = "", .actual_days = NAN, .width_share = NAN};
    tc_code code = tc_json_open(&document, path, line, text, length, error);
    if (code) return code;
    tc_json row = tc_json_root(&document);
    const char *id = tc_json_string(&row, "id", ""), *start = tc_json_string(&row, "start", "");
    double begin = 0;
    if (!*id) tc_json_fail(&row, "id", "missing; every run needs a name of its own");
    if (!read_time(start, &begin)) tc_json_fail(&row, "start", "no day; \"2022-03-11T12:00\" is needed");
    out->target = tc_json_number(&row, "target", 0, LARGEST_VALUE, 0);
    out->ideal_per_day = tc_json_number(&row, "ideal_per_day", 0, LARGEST_VALUE, 0);
    if (!document.code) read_points(&row, begin, arena, out);
    to->id = tc_arena_copy(arena, id, strlen(id));
    if (!to->id && !document.code) document.code = tc_fail(error, TC_INTERNAL, path, "out of memory");
    tc_json_close(&document);
    return document.code;
}

/* ---- forecasts ------------------------------------------------------------------------- */

/* What the update knows on a day: the last point that it saw. */
static int see(const series *s, double day, tc_pace *pace) {
    int last = -1;
    double from = 0, done = 0;
    for (int i = 0; i < s->count && s->day[i] <= day; i++) {
        bool closes = i + 1 == s->count || s->day[i + 1] > day;
        if (s->day[i] - from < WEEK_DAYS && !closes) continue;
        tc_pace_see(pace, (s->day[i] - from) * DAY, s->done[i] - done);
        from = s->day[i];
        done = s->done[i];
        last = i;
    }
    return last;
}

static bool forecast(const series *s, const tc_risks *risks, double target, double length, double share,
                     uint64_t stream, tc_progress_forecast *out) {
    double ends[SAMPLES];
    tc_pace pace = tc_pace_start(risks, s->ideal_per_day / DAY);
    *out = (tc_progress_forecast){.share = share, .day = share * length};
    int last = see(s, out->day, &pace), n = 0, all = 0;
    if (!tc_pace_known(&pace)) return false;
    double done = last >= 0 ? s->done[last] : 0;
    out->seen_day = last >= 0 ? s->day[last] : 0;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        double end = out->seen_day + tc_pace_rest(&pace, target - done, 1, stream, i) / DAY;
        if (end > out->day) ends[n++] = end;
        all++;
    }
    if (n < FEWEST_LEFT)
        for (n = 0; n < SAMPLES; n++) ends[n] = out->day; /* it should have ended: any moment */
    qsort(ends, (size_t)n, sizeof *ends, tc_by_value);
    out->days_p10 = tc_quantile(ends, n, 0.1);
    out->days_p50 = tc_quantile(ends, n, 0.5);
    out->days_p90 = tc_quantile(ends, n, 0.9);
    out->covered = length >= out->days_p10 && length <= out->days_p90;
    return true;
}

static void score(const series *s, const tc_risks *risks, tc_progress_series *out) {
    if (s->count < FEWEST_POINTS) {
        out->reason = "points: fewer than four";
        return;
    }
    double last = s->done[s->count - 1], target = s->target > 0 ? s->target : last, width = 0;
    if (last < FINISHED * target) {
        out->reason = "points: they end before the run did";
        return;
    }
    if (target > last) target = last;
    int end = s->count - 1;
    while (end > 0 && s->done[end - 1] >= target) end--;
    double length = s->day[end];
    if (!(length > 0)) {
        out->reason = "points: all of one day";
        return;
    }
    out->actual_days = length;
    uint64_t stream = tc_stream("progress/%s", out->id);
    for (int i = 0; i < TC_PROGRESS_FORECASTS; i++) {
        tc_progress_forecast *f = &out->forecast[out->points];
        if (!forecast(s, risks, target, length, (i + 1) / 10.0, stream, f)) continue;
        out->points++;
        out->covered += f->covered;
        width += (f->days_p90 - f->days_p10) / length;
    }
    if (out->points == 0) out->reason = "ideal_per_day: not known, and too short to learn it";
    out->width_share = width / out->points;
}

static void summarise(tc_progress *p, double *errors) {
    double width = 0;
    int covered = 0;
    for (int i = 0; i < p->count; i++) {
        const tc_progress_series *s = &p->series[i];
        for (int k = 0; k < s->points; k++) {
            const tc_progress_forecast *f = &s->forecast[k];
            errors[p->n++] = 100 * fabs(f->days_p50 / s->actual_days - 1);
            width += (f->days_p90 - f->days_p10) / s->actual_days;
            covered += f->covered;
        }
    }
    qsort(errors, (size_t)p->n, sizeof *errors, tc_by_value);
    p->coverage80_pct = p->n ? 100.0 * covered / p->n : NAN;
    p->width_share = p->n ? width / p->n : NAN;
    p->median_abs_error_pct = tc_quantile(errors, p->n, 0.5);
}

tc_code tc_progress_score(tc_catalog *catalog, const char *path, const char *text, size_t length, tc_arena *arena,
                          tc_progress *out, tc_error *error) {
    const char *at;
    size_t n;
    int rows = 0;
    tc_risks risks;
    for (tc_lines lines = tc_lines_of(text, length); tc_lines_next(&lines, &at, &n);) rows++;
    if (rows == 0) return tc_fail(error, TC_INVALID, path, "no run; one JSON object a line is needed");
    *out = (tc_progress){.series = tc_arena_alloc(arena, (size_t)rows * sizeof *out->series)};
    double *errors = tc_arena_alloc(arena, (size_t)rows * TC_PROGRESS_FORECASTS * sizeof *errors);
    if (!out->series || !errors) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    tc_code code = tc_risks_load(catalog, &risks, error);
    for (tc_lines lines = tc_lines_of(text, length); !code && tc_lines_next(&lines, &at, &n);) {
        series row;
        tc_progress_series *to = &out->series[out->count];
        code = read_row(path, lines.line, at, n, arena, &row, to, error);
        if (code) break;
        out->count++;
        score(&row, &risks, to);
    }
    if (!code) summarise(out, errors);
    return code;
}

/* plan_ics.c - the dates of a plan as iCalendar (RFC 5545) and as CSV. */
#include "report/plan_ics.h"

#include <math.h>
#include <string.h>

#include "base/calendar.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "report/plan_months.h"
#include "report/plan_words.h"

#define LINE 75 /* octets of a line, RFC 5545 3.1 */

/* A line: folded between characters; ended by CR LF. */
static void put_line(FILE *file, const char *text) {
    size_t column = 0;
    for (size_t left = strlen(text), length; left > 0; text += length, left -= length) {
        uint32_t c;
        tc_glyph glyph = tc_utf8_next(text, left, &length, &c);
        if (glyph == TC_GLYPH_CUT) break;
        const char *put = glyph == TC_GLYPH_SHOWN ? text : "\xef\xbf\xbd";
        size_t octets = glyph == TC_GLYPH_SHOWN ? length : 3;
        if (column + octets > LINE) {
            fputs("\r\n ", file);
            column = 1;
        }
        fwrite(put, 1, octets, file);
        column += octets;
    }
    fputs("\r\n", file);
}

/* KEY:TEXT; what has a meaning in texts is escaped (3.3.11). */
static void put_text(FILE *file, const char *key, const char *text) {
    char line[2400];
    size_t used = (size_t)snprintf(line, sizeof line, "%s:", key);
    for (; *text && used + 3 < sizeof line; text++) {
        if (strchr("\\;,", *text)) line[used++] = '\\';
        line[used++] = *text;
    }
    line[used] = 0;
    put_line(file, line);
}

static void put_day(FILE *file, const char *key, int32_t day) {
    char date[TC_DATE_SIZE], line[64];
    tc_date_format(day, date);
    snprintf(line, sizeof line, "%s;VALUE=DATE:%.4s%.2s%.2s", key, date, date + 5, date + 8);
    put_line(file, line);
}

typedef struct calendar {
    FILE *file;
    const tc_plan *plan;
    char stamp[40];
} calendar;

/* what: names the event, whatever its day is. */
static void put_event(const calendar *c, const char *what, int32_t day, const char *summary, const char *description) {
    char uid[120], key[400];
    snprintf(key, sizeof key, "%.60s\n%.120s\n%.200s", c->plan->scenario->slug, c->plan->scenario->name, what);
    snprintf(uid, sizeof uid, "UID:%016llx@traincast",
             (unsigned long long)tc_hash_bytes(TC_HASH_START, key, strlen(key)));
    put_line(c->file, "BEGIN:VEVENT");
    put_line(c->file, uid);
    put_line(c->file, c->stamp);
    put_day(c->file, "DTSTART", day);
    put_day(c->file, "DTEND", day + 1);
    put_line(c->file, "TRANSP:TRANSPARENT");
    put_text(c->file, "SUMMARY", summary);
    if (description[0]) put_text(c->file, "DESCRIPTION", description);
    put_line(c->file, "END:VEVENT");
}

static void put_done(const calendar *c, int job, const char *share, double seconds, const char *why) {
    const tc_scenario_job *j = &c->plan->scenario->job[job];
    char what[120], summary[200];
    if (!(seconds < INFINITY)) return;
    snprintf(what, sizeof what, "%.60s done %s", j->name, share);
    snprintf(summary, sizeof summary, "%.80s is done (%s)", j->name, share);
    put_event(c, what, tc_plan_day(c->plan->scenario, seconds), summary, why);
}

static void put_job(const calendar *c, int job) {
    const tc_plan *plan = c->plan;
    const tc_plan_run *run = &plan->run[job];
    const tc_scenario_job *j = &plan->scenario->job[job];
    const tc_outlook_job *o = plan->outlook ? &plan->outlook->job[job] : NULL;
    char what[120], summary[200], why[200], never[80] = "";
    if (run->feasible) {
        snprintf(what, sizeof what, "%.60s start", j->name);
        snprintf(summary, sizeof summary, "%.80s starts", j->name);
        snprintf(why, sizeof why, "%.60s on %.60s", j->candidate[run->candidate].name,
                 plan->scenario->pool[run->pool].name);
        put_event(c, what, run->start, summary, why);
        if (o) snprintf(never, sizeof never, "; never: %.20s", tc_format_probability(o->never, plan->samples).s);
        snprintf(why, sizeof why, "of %.20s calendars%s", tc_format_count(plan->samples).s, never);
        put_done(c, job, "50 %", o ? o->finish_s.p50 : run->finish_s, o ? why : "with the steps as forecast");
        if (o || run->p90.known)
            put_done(c, job, "90 %", o ? o->finish_s.p90 : run->p90.finish_s, o ? why : "with slow steps");
    }
    if (j->deadline == INT32_MAX) return;
    snprintf(what, sizeof what, "%.60s deadline", j->name);
    snprintf(summary, sizeof summary, "%.80s: deadline", j->name);
    why[0] = 0;
    if (o) snprintf(why, sizeof why, "done by then: %.20s", tc_format_probability(o->by_deadline, plan->samples).s);
    put_event(c, what, j->deadline, summary, why);
}

static void put_deliveries(const calendar *c, int pool) {
    const tc_scenario_pool *p = &c->plan->scenario->pool[pool];
    for (int i = 0, same = 0; i < p->deliveries; i++) {
        char what[120], summary[200];
        same = i > 0 && p->delivery[i].day == p->delivery[i - 1].day ? same + 1 : 0;
        snprintf(what, sizeof what, "%.60s delivery %.12s %d", p->name, tc_format_day(p->delivery[i].day).s, same);
        snprintf(summary, sizeof summary, "%.60s: %.20s devices are promised", p->name,
                 tc_format_count(p->delivery[i].devices).s);
        put_event(c, what, p->delivery[i].day, summary, "");
    }
}

void tc_report_plan_ics(FILE *file, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    calendar c = {.file = file, .plan = plan};
    char date[TC_DATE_SIZE];
    tc_date_format(s->as_of > s->start ? s->as_of : s->start, date);
    snprintf(c.stamp, sizeof c.stamp, "DTSTAMP:%.4s%.2s%.2sT000000Z", date, date + 5, date + 8);
    put_line(file, "BEGIN:VCALENDAR");
    put_line(file, "VERSION:2.0");
    put_line(file, "PRODID:-//traincast//plan//EN");
    put_line(file, "CALSCALE:GREGORIAN");
    put_text(file, "X-WR-CALNAME", s->name);
    for (int j = 0; j < plan->jobs; j++) put_job(&c, j);
    for (int p = 0; p < s->pools; p++) put_deliveries(&c, p);
    put_line(file, "END:VCALENDAR");
}

/* ---- CSV ------------------------------------------------------------------------------------------------ */

void tc_write_plan_dates(tc_writer *writer, const tc_plan *plan) {
    tc_write_array(writer, "dates");
    for (int j = 0; j < plan->jobs && plan->outlook; j++)
        for (int percent = 1; percent < 100; percent++) {
            double seconds = tc_outlook_quantile(plan->outlook, j, percent / 100.0);
            tc_write_object(writer, NULL);
            tc_write_string(writer, "job", plan->scenario->job[j].name);
            tc_write_integer(writer, "probability_pct", percent);
            tc_write_moment(writer, "date", plan->scenario, seconds);
            tc_write_close(writer);
        }
    tc_write_close(writer);
}

void tc_report_plan_dates_csv(tc_target *target, const tc_plan *plan) {
    target->format = &tc_csv_format;
    tc_writer writer = tc_write_begin(target, "plan_dates/1", "dates");
    tc_write_plan_dates(&writer, plan);
    tc_write_end(&writer);
}

void tc_report_plan_months_csv(tc_target *target, const tc_plan *plan) {
    const tc_outlook *o = plan->outlook;
    target->format = &tc_csv_format;
    tc_writer writer = tc_write_begin(target, "plan_months/1", "months");
    tc_write_array(&writer, "months");
    int first = 0; /* of the plan's months */
    while (o && plan->months > 0 && first + 1 < o->months && o->month[first + 1].day <= plan->month[0].day) first++;
    for (int p = 0; o && p < plan->scenario->pools; p++)
        for (int m = 0; m < o->months; m++) {
            const tc_outlook_month *month = &o->month[p * o->months + m];
            tc_write_object(&writer, NULL);
            tc_write_string(&writer, "pool", plan->scenario->pool[p].name);
            tc_write_day(&writer, "date", true, month->day);
            tc_write_integer(&writer, "p10", month->p10);
            tc_write_integer(&writer, "p50", month->p50);
            tc_write_integer(&writer, "p90", month->p90);
            tc_write_plan_month(&writer, m < first || m >= first + plan->months
                                             ? NULL
                                             : &plan->month[p * plan->months + m - first]);
            tc_write_close(&writer);
        }
    tc_write_end(&writer);
}

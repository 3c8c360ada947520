/* actuals.c - what was seen so far: rows of a scenario's `actuals` and of a CSV file, by day, and that none contradicts another.
 *
 * A row is of a pool (devices delivered since the beginning, which may be known as p10, p50 and p90 alone; how many of them are usable) or of a job (tokens trained and failures since
 * its beginning); a line of the CSV may be of both. Its first line names the columns: date, pool, devices, usable, job, tokens,
 * failures, in any order; an empty field says nothing; lines that begin with # are passed over. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "fleet/reading.h"

#define MOST_BYTES ((size_t)16 << 20)

/* A row and where it stands. */
typedef struct seen {
    tc_actual actual;
    const tc_node *node; /* NULL: of the CSV */
    int line, order;
} seen;

typedef struct rows {
    const tc_reading *r;
    const char *file; /* of the CSV */
    seen *row;
    int count, room;
} rows;

static tc_code fail(const rows *all, const seen *s, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static tc_code fail(const rows *all, const seen *s, const char *key, const char *format, ...) {
    char text[400], place[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const tc_node *child = tc_node_get(s->node, key);
    if (s->node)
        return tc_document_fail(all->r->document, child ? child : s->node, child ? NULL : key, all->r->error, "%s",
                                text);
    snprintf(place, sizeof place, "%.300s:%d: %s", all->file, s->line, key);
    return tc_fail(all->r->error, TC_INVALID, place, "%s", text);
}

static tc_code add(rows *all, const seen *s) {
    seen *longer = tc_arena_grow(&all->r->scenario->arena, all->row, all->count, &all->room, sizeof *longer);
    if (!longer) return tc_reading_no_memory(all->r);
    all->row = longer;
    all->row[all->count] = *s;
    all->row[all->count].order = all->count;
    all->count++;
    return TC_OK;
}

/* ---- the CSV ------------------------------------------------------------------------------------ */

enum { DATE, POOL, DEVICES, USABLE, JOB, TOKENS, FAILURES, COLUMNS };
static const char *const columns[] = {"date", "pool", "devices", "usable", "job", "tokens", "failures"};

/* The next field of a line, without blanks and quotes around it; *line is behind it, NULL after the last. */
static char *next_field(char **line) {
    char *begin = *line, *end;
    while (*begin == ' ' || *begin == '\t') begin++;
    if (*begin == '"') {
        end = strchr(++begin, '"');
        if (!end) end = begin + strlen(begin);
        char *comma = strchr(*end ? end + 1 : end, ',');
        *line = comma ? comma + 1 : NULL;
    } else {
        char *comma = strchr(begin, ',');
        *line = comma ? comma + 1 : NULL;
        end = comma ? comma : begin + strlen(begin);
        while (end > begin && strchr(" \t\r", end[-1])) end--;
    }
    *end = 0;
    return begin;
}

static tc_code read_header(const rows *all, const seen *s, char *line, int column[COLUMNS], int *count) {
    bool named[COLUMNS] = {false};
    for (*count = 0; line; ++*count) {
        const char *name = next_field(&line);
        int found = 0;
        while (found < COLUMNS && strcmp(columns[found], name) != 0) found++;
        if (found == COLUMNS || *count == COLUMNS || named[found])
            return fail(all, s, name,
                        found < COLUMNS
                            ? "is a column twice; name each once"
                            : "is no column; the first line names date, pool, devices, usable, job, tokens, failures");
        named[found] = true;
        column[*count] = found;
    }
    return named[DATE] ? TC_OK : fail(all, s, "date", "is no column of the first line; name it there");
}

static tc_code take_text(const rows *all, const seen *s, int column, const char *text, char *to, size_t size) {
    if (strlen(text) >= size) return fail(all, s, columns[column], "'%.60s' is too long for a name", text);
    memcpy(to, text, strlen(text) + 1);
    return TC_OK;
}

static tc_code take_integer(const rows *all, const seen *s, int column, const char *text, int *out) {
    int64_t number;
    tc_error cause;
    if (tc_parse_integer(text, 0, column == FAILURES ? 1000000000 : 10000000, &number, "", &cause) != TC_OK)
        return fail(all, s, columns[column], "%s", cause.text);
    *out = (int)number;
    return TC_OK;
}

static tc_code take_field(const rows *all, seen *s, int column, const char *text) {
    tc_actual *a = &s->actual;
    tc_error cause;
    if (!text[0]) return TC_OK;
    switch (column) {
    case DATE: return take_text(all, s, column, text, a->date, sizeof a->date);
    case POOL: return take_text(all, s, column, text, a->pool_name, sizeof a->pool_name);
    case JOB: return take_text(all, s, column, text, a->job_name, sizeof a->job_name);
    case DEVICES: return take_integer(all, s, column, text, &a->devices);
    case USABLE: return take_integer(all, s, column, text, &a->usable);
    case FAILURES: return take_integer(all, s, column, text, &a->failures);
    default: break;
    }
    if (tc_parse_quantity(text, TC_DIMENSION_NONE, &a->tokens, "", &cause) != TC_OK || a->tokens < 0)
        return fail(all, s, columns[column], "'%.60s' is no number of tokens such as 1.5e12", text);
    return TC_OK;
}

/* One of a pool and of a job is two. */
static tc_code add_both(rows *all, const seen *s) {
    seen pool = *s, job = *s;
    if (!s->actual.pool_name[0] || !s->actual.job_name[0]) return add(all, s);
    pool.actual.job_name[0] = job.actual.pool_name[0] = 0;
    pool.actual.failures = job.actual.devices = job.actual.usable = TC_UNSET;
    pool.actual.tokens = TC_UNSET;
    tc_code code = add(all, &pool);
    return code == TC_OK ? add(all, &job) : code;
}

static tc_code read_line(rows *all, char *line, int number, int column[COLUMNS], int *named) {
    seen s = {.line = number,
              .actual = {.pool = -1,
                         .job = -1,
                         .devices = TC_UNSET,
                         .usable = TC_UNSET,
                         .tokens = TC_UNSET,
                         .failures = TC_UNSET}};
    if (line[strspn(line, " \t\r")] == 0 || line[0] == '#') return TC_OK;
    if (*named == 0) return read_header(all, &s, line, column, named);
    if (all->count >= TC_SCENARIO_MOST_ACTUALS) return fail(all, &s, "date", "is one row too many; leave some out");
    tc_code code = TC_OK;
    int n = 0;
    for (; line && code == TC_OK; n++) {
        if (n == *named) return fail(all, &s, "date", "has more fields than the first line has columns");
        code = take_field(all, &s, column[n], next_field(&line));
    }
    if (code == TC_OK && n < *named) code = fail(all, &s, columns[column[n]], "is missing; the line is too short");
    return code == TC_OK ? add_both(all, &s) : code;
}

static tc_code read_csv(rows *all) {
    char *text = NULL;
    size_t length = 0;
    int column[COLUMNS] = {0}, named = 0, number = 1;
    tc_code code = tc_file_read(all->file, MOST_BYTES, &text, &length, all->r->error);
    for (char *line = text, *next; code == TC_OK && line && *line; line = next, number++) {
        char *end = strchr(line, '\n');
        next = end ? end + 1 : line + strlen(line);
        if (end) *end = 0;
        code = read_line(all, line, number, column, &named);
    }
    free(text);
    if (code == TC_OK && named == 0)
        code = tc_fail(all->r->error, TC_INVALID, all->file,
                       "is empty; the first line names date, pool, devices, usable, job, tokens, failures");
    return code;
}

/* ---- what contradicts ---------------------------------------------------------------------------- */

static int by_day(const void *a, const void *b) {
    const seen *x = a, *y = b;
    if (x->actual.day != y->actual.day) return x->actual.day < y->actual.day ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int ordered(const tc_scenario_pool *pool) {
    int64_t all = 0;
    for (int i = 0; i < pool->lines; i++) all += pool->line[i].ordered;
    return all < 10000000 ? (int)all : 10000000;
}

/* The most that a candidate trains on; 0: not known before its model is. */
static double most_tokens(const tc_scenario_job *job) {
    double most = 0;
    for (int i = 0; i < job->candidates; i++) {
        if (!(job->candidate[i].tokens > 0)) return 0;
        if (job->candidate[i].tokens > most) most = job->candidate[i].tokens;
    }
    return most;
}

static int most_devices(const tc_actual *a) { return a->count.high > a->devices ? (int)a->count.high : a->devices; }

static int least_devices(const tc_actual *a) { return a->count.high > 0 ? (int)a->count.low : a->devices; }

/* Its day, its pool or job, and its figures by themselves. */
static tc_code check_row(const rows *all, seen *s) {
    tc_actual *a = &s->actual;
    const tc_scenario *scenario = all->r->scenario;
    if (!tc_date_parse(a->date, &a->day))
        return fail(all, s, "date", "'%s' is no day of the calendar; write one such as \"2024-09-30\"", a->date);
    if (!a->pool_name[0] == !a->job_name[0])
        return fail(all, s, "pool",
                    a->pool_name[0] ? "stands beside 'job'; write a row for each"
                                    : "is missing; write the name of a pool, or of a job");
    a->pool = a->pool_name[0] ? tc_reading_pool(scenario, a->pool_name) : -1;
    a->job = a->job_name[0] ? tc_reading_job(scenario, a->job_name) : -1;
    if (a->pool < 0 && a->job < 0)
        return fail(all, s, a->pool_name[0] ? "pool" : "job", "'%s' is none of the %s; write the name of one",
                    a->pool_name[0] ? a->pool_name : a->job_name, a->pool_name[0] ? "pools" : "jobs");
    bool of_pool = a->devices >= 0 || a->usable >= 0, of_job = a->tokens >= 0 || a->failures >= 0;
    if (a->pool >= 0 && of_job)
        return fail(all, s, a->tokens >= 0 ? "tokens" : "failures", "is of a job, and the row of a pool");
    if (a->job >= 0 && of_pool)
        return fail(all, s, a->devices >= 0 ? "devices" : "usable", "is of a pool, and the row of a job");
    if (!of_pool && !of_job)
        return fail(all, s, a->pool >= 0 ? "devices" : "tokens", "is missing; say how many there are so far");
    if (a->usable >= 0 && a->devices >= 0 && a->usable > a->devices)
        return fail(all, s, "usable", "%d are more than the %d delivered", a->usable, a->devices);
    if (a->pool >= 0 && most_devices(a) > ordered(&scenario->pool[a->pool]))
        return fail(all, s, "devices", "%d are more than the %d ordered; write the order anew", most_devices(a),
                    ordered(&scenario->pool[a->pool]));
    double most = a->job >= 0 ? most_tokens(&scenario->job[a->job]) : 0;
    if (most > 0 && a->tokens > most)
        return fail(all, s, "tokens", "%g are more than the %g that the job trains on", a->tokens, most);
    return TC_OK;
}

/* Counts of all so far never fall. before: the same pool's or job's last row, NULL: none. */
static tc_code check_after(const rows *all, const seen *s, const seen *before) {
    const tc_actual *a = &s->actual, *b = before ? &before->actual : NULL;
    const tc_scenario *scenario = all->r->scenario;
    if (scenario->as_of_date[0] && a->day > scenario->as_of)
        return fail(all, s, "date", "'%s' is after as_of, %s; it is not known yet", a->date, scenario->as_of_date);
    if (!b) return TC_OK;
    if (a->day == b->day) return fail(all, s, "date", "'%s' has an earlier row too; keep one of the two", a->date);
    const int now[] = {least_devices(a), a->devices, most_devices(a)},
              then[] = {least_devices(b), b->devices, most_devices(b)};
    for (int i = 0; i < 3 && a->devices >= 0; i++)
        if (then[i] > now[i])
            return fail(all, s, "devices", "%d are fewer than the %d of %s; write all so far", now[i], then[i],
                        b->date);
    if (a->tokens >= 0 && b->tokens > a->tokens)
        return fail(all, s, "tokens", "%g are fewer than the %g of %s; write all so far", a->tokens, b->tokens,
                    b->date);
    if (a->failures >= 0 && b->failures > a->failures)
        return fail(all, s, "failures", "%d are fewer than the %d of %s; write all so far", a->failures, b->failures,
                    b->date);
    return TC_OK;
}

/* Figures that a row does not say are those of the row before it, so that none falls unseen. */
static void carry(tc_actual *to, const tc_actual *from) {
    if (to->devices < 0) to->devices = from->devices, to->count = from->count;
    if (to->tokens < 0) to->tokens = from->tokens;
    if (to->failures < 0) to->failures = from->failures;
}

static tc_code check_order(const rows *all) {
    const tc_scenario *s = all->r->scenario;
    tc_arena *arena = &all->r->scenario->arena;
    seen *last = tc_arena_alloc(arena, (size_t)(s->pools + s->jobs) * sizeof *last);
    if (!last) return tc_reading_no_memory(all->r);
    for (int i = 0; i < all->count; i++) {
        const seen *row = &all->row[i];
        seen *before = &last[row->actual.pool >= 0 ? row->actual.pool : s->pools + row->actual.job];
        bool first = !before->actual.date[0];
        tc_code code = check_after(all, row, first ? NULL : before);
        if (code != TC_OK) return code;
        seen now = *row;
        if (!first) carry(&now.actual, &before->actual);
        *before = now;
    }
    return TC_OK;
}

/* A count to the piece is no spread. */
static tc_actual with_count(const tc_reading *r, const tc_actual *row) {
    tc_actual a = *row;
    if (a.count.mid >= 0) a.devices = (int)a.count.mid;
    if (!(a.count.low < a.count.high) || r->scenario->certain) a.count = (tc_spread){0, 0, 0};
    return a;
}

tc_code tc_reading_take_actuals(tc_reading *r, const char *file) {
    tc_scenario *s = r->scenario;
    rows all = {.r = r, .file = file};
    tc_code code = TC_OK;
    const tc_node *at = tc_reading_element(r->document->root, "actuals", 0);
    for (int i = 0; i < s->actuals && code == TC_OK; i++, at = at->next)
        code = add(&all, &(seen){.actual = with_count(r, &s->actual[i]), .node = at});
    if (code == TC_OK && file) code = read_csv(&all);
    for (int i = 0; i < all.count && code == TC_OK; i++) code = check_row(&all, &all.row[i]);
    if (code != TC_OK || all.count == 0) return code;
    qsort(all.row, (size_t)all.count, sizeof *all.row, by_day);
    code = check_order(&all);
    if (code != TC_OK) return code;
    int32_t last = all.row[all.count - 1].actual.day;
    if (!s->as_of_date[0] && last > s->as_of) s->as_of = last;
    s->actuals = all.count;
    s->actual = tc_arena_alloc(&s->arena, (size_t)all.count * sizeof *s->actual);
    if (!s->actual) return tc_reading_no_memory(r);
    for (int i = 0; i < all.count; i++) s->actual[i] = all.row[i].actual;
    return TC_OK;
}

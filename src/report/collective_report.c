/* collective_report.c - the time of a collective by size: a table, JSON, CSV, a plot. */
#include "report/collective_report.h"

#include <math.h>
#include <stdio.h>

#include "report/chart.h"
#include "report/rows.h"

static const char *level_name(const tc_collective_table *t, int level) {
    return level < 0 ? "latency" : t->question.fabric.level[level].name;
}

static void tell_rows(const tc_rows *rows, const tc_collective_table *t) {
    for (int i = 0; i < t->count; i++) {
        const tc_collective_answer *a = &t->row[i].answer;
        tc_rows_begin(rows);
        tc_tell_number(rows, "bytes", "bytes", TC_RIGHT, t->row[i].bytes, tc_format_gib);
        tc_tell_number(rows, "time_s", "time", TC_RIGHT, a->seconds, tc_format_seconds);
        tc_tell_number(rows, "latency_s", "of it latency", TC_RIGHT | TC_OPTIONAL, a->latency_s, tc_format_seconds);
        tc_tell_number(rows, "algorithm_bytes_per_s", "bytes/time", TC_RIGHT, a->algorithm_bytes_per_s, tc_format_rate);
        tc_tell_number(rows, "bus_bytes_per_s", "bus bandwidth", TC_RIGHT, a->bus_bytes_per_s, tc_format_rate);
        tc_tell_text(rows, "bound", "bound by", TC_LEFT, level_name(t, a->bound_level));
        tc_rows_end(rows);
    }
}

/* ---- JSON -------------------------------------------------------------------------------------- */

void tc_report_collective(tc_target *target, const tc_collective_table *t) {
    const tc_collective_question *q = &t->question;
    tc_writer writer = tc_write_begin(target, "collective/1", "rows");
    tc_write_lines(&writer, "assumed", NULL, 0);
    tc_write_string(&writer, "operation", tc_collective_names[q->operation]);
    tc_write_string(&writer, "algorithm", tc_collective_algorithm_names[q->algorithm]);
    tc_write_string(&writer, "accelerator", q->accelerator.slug);
    tc_write_string(&writer, "fabric", q->fabric.slug);
    tc_write_integer(&writer, "ranks", q->ranks);
    tc_write_integer(&writer, "stride", q->stride);
    tc_write_array(&writer, "rows");
    tell_rows(&(tc_rows){.writer = &writer}, t);
    tc_write_close(&writer);
    tc_write_end(&writer);
}

/* ---- text --------------------------------------------------------------------------------------- */

static void write_heading(const tc_collective_question *q, char *out, size_t size) {
    char apart[40] = "side by side";
    if (q->stride > 1) snprintf(apart, sizeof apart, "%d devices apart", q->stride);
    snprintf(out, size, "%s of %s x %s, %s, on %s", tc_collective_names[q->operation], tc_format_count(q->ranks).s,
             q->accelerator.name, apart, q->fabric.name);
}

static void write_shares(const tc_collective_question *q, char *out, size_t size) {
    size_t used = 0;
    out[0] = 0;
    if (q->algorithm != TC_ALGORITHM_BEST)
        used += (size_t)snprintf(out, size, "by %s", tc_collective_algorithm_names[q->algorithm]);
    for (int l = 0; l < q->fabric.levels && used < size; l++)
        if (q->share[l] < 1)
            used += (size_t)snprintf(out + used, size - used, "%s%s of the bandwidth of %s", used ? ", " : "",
                                     tc_format_percent(100 * q->share[l]).s, q->fabric.level[l].name);
}

bool tc_report_collective_text(FILE *file, const tc_style *style, const tc_collective_table *t) {
    char text[320];
    tc_table table = {0};
    write_heading(&t->question, text, sizeof text);
    tc_print_heading(file, style, text);
    write_shares(&t->question, text, sizeof text);
    if (text[0]) tc_print_wrapped(file, style, 0, 2, text);
    fputc('\n', file);
    tell_rows(&(tc_rows){.table = &table}, t);
    return tc_table_print(&table, file, style);
}

/* ---- the plot -------------------------------------------------------------------------------------- */

#define WIDTH 760
#define HEIGHT 420
#define GB 1e9

void tc_report_collective_svg(FILE *file, const tc_collective_table *t) {
    char title[320], shares[320], where[640];
    tc_chart_point point[TC_COLLECTIVE_ROWS];
    double most = 0;
    const tc_collective_question *q = &t->question;
    snprintf(title, sizeof title, "%s of %s x %s", tc_collective_names[q->operation], tc_format_count(q->ranks).s,
             q->accelerator.name);
    write_shares(q, shares, sizeof shares);
    snprintf(where, sizeof where, "%s%s%s", q->fabric.name, shares[0] ? "; " : "", shares);
    for (int i = 0; i < t->count; i++) {
        point[i] = (tc_chart_point){log2(t->row[i].bytes), t->row[i].answer.bus_bytes_per_s / GB};
        if (point[i].y > most) most = point[i].y;
    }
    tc_chart chart = tc_chart_begin(file, WIDTH, HEIGHT, title, where);
    double low = point[0].x, high = point[t->count - 1].x;
    tc_plot plot = {.chart = &chart,
                    .left = 76,
                    .top = TC_CHART_HEAD + 10,
                    .width = WIDTH - 76 - 24,
                    .height = HEIGHT - TC_CHART_HEAD - 10 - 62,
                    .x = {.kind = TC_AXIS_ROWS, .low = low - 0.5, .high = high + 0.5},
                    .y = tc_axis_upto(TC_AXIS_NUMBER, 0, most, "bus bandwidth, GB/s")};
    tc_plot_axes(&plot);
    double foot = plot.top + plot.height, last = -HUGE_VAL;
    for (int i = 0; i < t->count; i++) {
        double x = tc_plot_x(&plot, point[i].x);
        if (x - last < 62) continue; /* words need room */
        tc_chart_rule(&chart, x, plot.top, x, foot, "#e4e4e4");
        tc_chart_text(&chart, x, foot + 18, TC_ANCHOR_MIDDLE, 11, "#444", tc_format_gib(t->row[i].bytes).s);
        last = x;
    }
    tc_chart_text(&chart, plot.left + plot.width / 2, foot + 40, TC_ANCHOR_MIDDLE, 12, "#444", "bytes of the buffer");
    tc_plot_line(&plot, point, t->count, tc_chart_colour(0), 2, false);
    for (int i = 0; i < t->count; i++) {
        char words[160];
        snprintf(words, sizeof words, "%s: %s, %s", tc_format_gib(t->row[i].bytes).s,
                 tc_format_seconds(t->row[i].answer.seconds).s, tc_format_rate(t->row[i].answer.bus_bytes_per_s).s);
        tc_plot_dot(&plot, point[i].x, point[i].y, tc_chart_colour(0), words);
    }
    tc_chart_end(&chart, "");
}

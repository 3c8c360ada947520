/* sweep_svg.c - pictures of a sweep: a heat map of MFU, the front of throughput over devices, and how jobs scale.
 *
 * Efficiency is the throughput of a device over that with the fewest devices of the same job: at one global batch that is
 * strong scaling. Devices that a layout leaves idle count. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/names.h"
#include "base/text.h"
#include "report/chart.h"
#include "report/sweep_report.h"

static bool found(const tc_sweep_row *row) { return row->status == TC_SWEEP_FOUND; }

double tc_sweep_rate(const tc_sweep_row *r) { return r->tokens_per_s_per_device * (r->devices - r->idle_devices); }

static bool on_plot(const tc_sweep_row *r) {
    double rate = tc_sweep_rate(r);
    return found(r) && r->devices >= 1 && rate > 0 && isfinite(rate) && r->step_s > 0 && isfinite(r->step_s);
}

/* What is drawn, below the sweep's name if it has one. */
static tc_chart begin(FILE *file, double width, double height, const tc_sweep *sweep, const char *quantity) {
    return tc_chart_begin(file, width, height, sweep->name[0] ? sweep->name : quantity,
                          sweep->name[0] ? quantity : NULL);
}

/* ---- heat map ------------------------------------------------------------------------------ */

#define CELL_W 76.0
#define CELL_H 26.0
#define LEFT 300.0
#define TOP 116.0
#define WORDS "#333333"

/* From pale to deep blue: readable without telling red from green. */
static void colour_of(char out[8], double share) {
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    snprintf(out, 8, "#%02x%02x%02x", (int)(247 - 239 * share), (int)(251 - 203 * share), (int)(255 - 148 * share));
}

/* Devices, batch and format over a column. */
static void head(const tc_chart *chart, double x, const tc_sweep_row *row) {
    char text[40];
    snprintf(text, sizeof text, "%.20s dev.", tc_format_count(row->devices).s);
    tc_chart_text(chart, x, TOP - 34, TC_ANCHOR_MIDDLE, 10, WORDS, text);
    snprintf(text, sizeof text, "batch %.20s", tc_format_count(row->global_batch).s);
    tc_chart_text(chart, x, TOP - 21, TC_ANCHOR_MIDDLE, 10, WORDS, text);
    tc_chart_text(chart, x, TOP - 8, TC_ANCHOR_MIDDLE, 10, WORDS, tc_name(TC_VOCABULARY_DTYPE, row->dtype));
}

void tc_report_sweep_heat_map(FILE *file, const tc_sweep *sweep, const tc_sweep_row *row, int rows) {
    int columns = sweep->devices * sweep->batches * sweep->dtypes, lines = columns > 0 ? rows / columns : 0;
    double most = 0;
    for (int i = 0; i < rows; i++)
        if (found(&row[i]) && row[i].mfu_pct > most) most = row[i].mfu_pct;
    tc_chart chart = begin(file, LEFT + columns * CELL_W + 20, TOP + lines * CELL_H + 34, sweep,
                           "Model FLOPs utilisation (MFU), per cent");
    tc_plot cells = {.chart = &chart,
                     .left = LEFT,
                     .top = TOP,
                     .width = columns * CELL_W,
                     .height = lines * CELL_H,
                     .x = {.kind = TC_AXIS_ROWS, .high = columns > 0 ? columns : 1},
                     .y = {.kind = TC_AXIS_ROWS, .high = lines > 0 ? lines : 1}};
    for (int c = 0; c < columns && rows > c; c++) head(&chart, LEFT + c * CELL_W + CELL_W / 2, &row[c]);
    for (int i = 0; i < rows; i++) {
        int column = i % columns, line = i / columns;
        double y = TOP + line * CELL_H + 17, share = most > 0 ? row[i].mfu_pct / most : 0;
        char colour[8] = "#eeeeee", text[600], cut[200];
        if (found(&row[i])) colour_of(colour, share);
        snprintf(text, sizeof text, "%s, %s%s%s", row[i].model, row[i].accelerator, row[i].set[0] ? ", " : "",
                 row[i].set);
        if (column == 0)
            tc_chart_text(&chart, LEFT - 8, y, TC_ANCHOR_END, 12, WORDS,
                          tc_chart_cut(cut, sizeof cut, text, LEFT - 28, 12));
        tc_plot_bar(&cells, column + 1 / CELL_W, column + 1 - 1 / CELL_W, lines - line - 1 + 1 / CELL_H,
                    lines - line - 1 / CELL_H, colour, text);
        tc_chart_text(&chart, LEFT + column * CELL_W + CELL_W / 2, y, TC_ANCHOR_MIDDLE, 12,
                      found(&row[i]) && share > 0.55 ? "#ffffff" : "#000000",
                      found(&row[i]) ? tc_format_fixed(row[i].mfu_pct, 1).s : "-");
    }
    tc_chart_end(&chart, "-: nothing fits, or the search failed");
}

/* ---- over devices ------------------------------------------------------------------------------- */

#define WIDTH 900.0
#define PLOT_LEFT 84.0

typedef struct range {
    double low, high;
} range;

static void widen(range *r, double value) { *r = (range){fmin(r->low, value), fmax(r->high, value)}; }

/* A logarithmic axis with a tick at each number of the sweep. */
static tc_axis devices_axis(const tc_sweep *sweep, const range *devices, double at[TC_SWEEP_LIST_MAX]) {
    for (int i = 0; i < sweep->devices; i++) at[i] = sweep->device[i];
    double room = pow(devices->high / devices->low, 0.03) * 1.02; /* dots stay off the edges */
    return (tc_axis){.kind = TC_AXIS_LOG,
                     .low = devices->low / room,
                     .high = devices->high * room,
                     .title = "devices",
                     .at = at,
                     .ats = sweep->devices};
}

/* Does any row of the same model give as much with fewer devices, or more with no more? */
static bool beaten(const tc_sweep_row *row, int rows, int at) {
    const tc_sweep_row *r = &row[at];
    for (int i = 0; i < rows; i++) {
        const tc_sweep_row *o = &row[i];
        if (i == at || !found(o) || strcmp(o->model, r->model) != 0) continue;
        bool as_good = o->devices <= r->devices && tc_sweep_rate(o) >= tc_sweep_rate(r);
        if (as_good && (o->devices < r->devices || tc_sweep_rate(o) > tc_sweep_rate(r) || i < at)) return true;
    }
    return false;
}

void tc_report_sweep_front(FILE *file, const tc_sweep *sweep, const tc_sweep_row *row, int rows) {
    static const tc_key keys[] = {{TC_KEY_DOT, "#08306b", "on the front"},
                                  {TC_KEY_DOT, "#b8c4d6", "as few devices of another kind, or fewer, give as much"}};
    range devices = {INFINITY, 0}, rate = {INFINITY, 0};
    double at[TC_SWEEP_LIST_MAX];
    for (int i = 0; i < rows; i++)
        if (on_plot(&row[i])) widen(&devices, row[i].devices), widen(&rate, tc_sweep_rate(&row[i]));
    tc_chart chart = begin(file, WIDTH, 500, sweep, "Throughput of the cluster over its devices");
    if (devices.high == 0) {
        tc_chart_end(&chart, "nothing fits");
        return;
    }
    tc_plot plot = {.chart = &chart,
                    .left = PLOT_LEFT,
                    .top = TC_CHART_HEAD + 14,
                    .width = WIDTH - PLOT_LEFT - 200,
                    .height = 340,
                    .x = devices_axis(sweep, &devices, at),
                    .y = tc_axis_log(rate.low, rate.high, "tokens/s of the cluster")};
    tc_plot_axes(&plot);
    for (int best = 0; best < 2; best++) /* those on the front over the others */
        for (int i = 0; i < rows; i++) {
            char text[600], cut[200];
            if (!on_plot(&row[i]) || beaten(row, rows, i) == (best == 1)) continue;
            snprintf(text, sizeof text, "%s, %d x %s%s%s", row[i].model, row[i].devices, row[i].accelerator,
                     row[i].set[0] ? ", " : "", row[i].set);
            tc_plot_dot(&plot, row[i].devices, tc_sweep_rate(&row[i]), keys[!best].colour, text);
            double x = tc_plot_x(&plot, row[i].devices) + 8;
            if (best)
                tc_chart_text(&chart, x, tc_plot_y(&plot, tc_sweep_rate(&row[i])) + 4, TC_ANCHOR_START, 10, WORDS,
                              tc_chart_cut(cut, sizeof cut, text, WIDTH - 8 - x, 10));
        }
    tc_chart_legend(&chart, PLOT_LEFT, plot.top + plot.height + 40, plot.width, keys, 2);
    tc_chart_end(&chart, "");
}

/* ---- scaling ---------------------------------------------------------------------------------- */

#define PANEL 200.0
#define PANEL_GAP 44.0

/* A job whose number of devices alone varies: its rows, by devices. */
typedef struct series {
    int count;
    tc_chart_point rate[TC_SWEEP_LIST_MAX], step[TC_SWEEP_LIST_MAX], efficiency[TC_SWEEP_LIST_MAX];
    char name[700];
} series;

/* What tells it from the others: "llama-2-7b, h20, batch 64". */
static void name_series(const tc_sweep *sweep, const tc_sweep_row *r, char *out, size_t size) {
    const bool more_models = sweep->models > 1, more_chips = sweep->accelerators > 1;
    out[0] = '\0';
    if (more_models || !more_chips) tc_append(out, size, "%s", r->model);
    if (more_chips) tc_append(out, size, "%s%s", *out ? ", " : "", r->accelerator);
    if (r->set[0]) tc_append(out, size, ", %s", r->set);
    if (sweep->batches > 1) tc_append(out, size, ", batch %d", r->global_batch);
    if (sweep->dtypes > 1) tc_append(out, size, ", %s", tc_name(TC_VOCABULARY_DTYPE, r->dtype));
}

/* The rows of series s, which stand apart by what varies faster than devices. */
static bool fill_series(const tc_sweep *sweep, const tc_sweep_row *row, int rows, int s, series *out) {
    int each = sweep->batches * sweep->dtypes, first = s / each * sweep->devices * each + s % each;
    double fewest = 0, alone = 0;
    out->count = 0;
    for (int d = 0; d < sweep->devices && first + d * each < rows; d++) {
        const tc_sweep_row *r = &row[first + d * each];
        if (!on_plot(r)) continue;
        if (fewest == 0 || r->devices < fewest) fewest = r->devices, alone = tc_sweep_rate(r) / r->devices;
        out->rate[out->count] = (tc_chart_point){r->devices, tc_sweep_rate(r)};
        out->step[out->count++] = (tc_chart_point){r->devices, r->step_s};
        name_series(sweep, r, out->name, sizeof out->name);
    }
    for (int i = 0; i < out->count; i++)
        out->efficiency[i] = (tc_chart_point){out->rate[i].x, out->rate[i].y / out->rate[i].x / alone};
    return out->count > 0;
}

static void draw_series(const tc_plot *plot, const tc_chart_point *point, const series *s, int n) {
    tc_plot_line(plot, point, s->count, tc_chart_colour(n), 2, n >= TC_CHART_COLOURS);
    for (int i = 0; i < s->count; i++) {
        char text[800];
        snprintf(text, sizeof text, "%s: %s devices, %s", s->name, tc_format_count(point[i].x).s,
                 plot->y.kind == TC_AXIS_PERCENT ? tc_format_percent(100 * point[i].y).s
                                                 : tc_format_significant(point[i].y, 4).s);
        tc_plot_dot(plot, point[i].x, point[i].y, tc_chart_colour(n), text);
    }
}

static double legend(const tc_chart *chart, double y, const series *all, int count) {
    double down = 0;
    for (int i = 0; i < count; i++) { /* two columns: names are long */
        tc_key key = {i < TC_CHART_COLOURS ? TC_KEY_LINE : TC_KEY_DASHED, tc_chart_colour(i), all[i].name};
        double room = (WIDTH - PLOT_LEFT - 20) / 2;
        double takes = tc_chart_legend(chart, PLOT_LEFT + i % 2 * room, y + down, room - 10, &key, 1);
        if (i % 2 || i + 1 == count) down += takes;
    }
    return down;
}

static void draw_scaling(FILE *file, const tc_sweep *sweep, const series *all, int count) {
    range devices = {INFINITY, 0}, rate = {INFINITY, 0}, step = {INFINITY, 0};
    double at[TC_SWEEP_LIST_MAX], most = 1;
    for (int s = 0; s < count; s++)
        for (int i = 0; i < all[s].count; i++) {
            widen(&devices, all[s].rate[i].x), widen(&rate, all[s].rate[i].y), widen(&step, all[s].step[i].y);
            most = fmax(most, all[s].efficiency[i].y);
        }
    double top = TC_CHART_HEAD + 14, foot = top + 3 * (PANEL + PANEL_GAP);
    tc_chart chart = begin(file, WIDTH, foot + legend(NULL, 0, all, count) + 34, sweep, "How jobs scale with devices");
    const tc_axis y[] = {tc_axis_log(rate.low, rate.high, "tokens/s of the cluster"),
                         tc_axis_log(step.low, step.high, "step, s"),
                         {.kind = TC_AXIS_PERCENT,
                          .high = 1.04 * most,
                          .title = "tokens/s of a device, of those with the fewest devices"}};
    for (int panel = 0; panel < 3; panel++) {
        tc_plot plot = {.chart = &chart,
                        .left = PLOT_LEFT,
                        .top = top + panel * (PANEL + PANEL_GAP),
                        .width = WIDTH - PLOT_LEFT - 24,
                        .height = PANEL,
                        .x = devices_axis(sweep, &devices, at),
                        .y = y[panel]};
        if (panel < 2) plot.x.title = NULL;
        tc_plot_axes(&plot);
        for (int s = 0; s < count; s++)
            draw_series(&plot, panel == 0 ? all[s].rate : panel == 1 ? all[s].step : all[s].efficiency, &all[s], s);
    }
    legend(&chart, foot, all, count);
    tc_chart_end(&chart, "Logarithmic axes but for the last. At one global batch: strong scaling.");
}

#define MOST_SERIES 28 /* that a picture can tell apart */

void tc_report_sweep_scaling(FILE *file, const tc_sweep *sweep, const tc_sweep_row *row, int rows) {
    int each = sweep->batches * sweep->dtypes, all = sweep->devices > 0 ? rows / sweep->devices : 0, count = 0;
    series *drawn = calloc(MOST_SERIES, sizeof *drawn);
    for (int s = 0; drawn && each > 0 && s < all && count < MOST_SERIES; s++)
        if (fill_series(sweep, row, rows, s, &drawn[count])) count++;
    if (count > 0) {
        draw_scaling(file, sweep, drawn, count);
    } else {
        tc_chart chart = begin(file, WIDTH, 120, sweep, "How jobs scale with devices");
        tc_chart_end(&chart, "nothing fits");
    }
    free(drawn);
}

/* sweep_report.c - rows of a sweep in the order of its tasks. */
#include "report/sweep_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/vocabulary.h"
#include "layout/fields.h"
#include "report/format.h"
#include "report/names.h"
#include "report/step_report.h"

static bool found(const tc_sweep_row *row) { return row->status == TC_SWEEP_FOUND; }

/* Of the whole cluster. */
static double rate_of(const tc_sweep_row *r) { return r->tokens_per_s_per_device * (r->devices - r->idle_devices); }

/* ---- table ------------------------------------------------------------------------------ */

bool tc_report_sweep_text(FILE *file, const tc_style *style, const tc_sweep *sweep, const tc_sweep_row *row, int rows) {
    if (sweep->name[0]) {
        tc_print_heading(file, style, sweep->name);
        fputc('\n', file);
    }
    tc_table table = {0};
    const char *const left[] = {"model", "accelerator"}, *const right[] = {"devices", "batch", "dtype",    "step",
                                                                           "80 %",    "MFU",   "tokens/s", "memory"};
    for (int i = 0; i < 2; i++) tc_table_column(&table, left[i], TC_LEFT | TC_FLEXIBLE);
    if (sweep->sets.count > 0) tc_table_column(&table, "set", TC_LEFT | TC_FLEXIBLE);
    for (int i = 0; i < 8; i++) tc_table_column(&table, right[i], i == 2 || i == 4 ? TC_RIGHT | TC_OPTIONAL : TC_RIGHT);
    tc_table_column(&table, "layout", TC_LEFT | TC_FLEXIBLE | TC_OPTIONAL);
    for (int i = 0; i < rows; i++) {
        char text[128];
        const tc_sweep_row *r = &row[i];
        tc_table_row_begin(&table);
        tc_table_cell(&table, r->model);
        tc_table_cell(&table, r->accelerator);
        if (sweep->sets.count > 0) tc_table_cell(&table, r->set);
        snprintf(text, sizeof text, "%.20s%s%.20s",
                 r->idle_devices > 0 ? tc_format_count(r->devices - r->idle_devices).s : "",
                 r->idle_devices > 0 ? " of " : "", tc_format_count(r->devices).s);
        tc_table_cell(&table, text);
        tc_table_cell(&table, tc_format_count(r->global_batch).s);
        tc_table_cell(&table, tc_name(TC_VOCABULARY_DTYPE, r->dtype));
        tc_table_cell(&table, found(r) ? tc_format_seconds(r->step_s).s : "-");
        tc_table_cell(&table, found(r) ? tc_format_range(r->step_s_p10, r->step_s_p90, tc_format_seconds).s : "-");
        tc_table_cell(&table, found(r) ? tc_format_percent(r->mfu_pct).s : "-");
        tc_table_cell(&table, found(r) ? tc_format_short(rate_of(r)).s : "-");
        tc_table_cell(&table, found(r) ? tc_format_gib(r->memory_bytes).s : "-");
        tc_table_cell(&table, found(r)                       ? tc_layout_degrees_text(&r->layout, text, sizeof text)
                              : r->status == TC_SWEEP_FAILED ? r->note
                                                             : "does not fit");
    }
    return tc_table_print(&table, file, style);
}

/* ---- CSV and JSON ---------------------------------------------------------------------------- */

/* What was asked, and what came of it. */
static void write_search(tc_writer *writer, const tc_sweep_row *r) {
    tc_write_string(writer, "model", r->model);
    tc_write_string(writer, "accelerator", r->accelerator);
    if (r->set[0]) tc_write_string(writer, "set", r->set);
    tc_write_string(writer, "fabric", r->fabric);
    tc_write_string(writer, "stack", r->stack);
    tc_write_integer(writer, "devices", r->devices);
    tc_write_integer(writer, "global_batch", r->global_batch);
    tc_write_string(writer, "dtype", tc_name(TC_VOCABULARY_DTYPE, r->dtype));
    tc_write_integer(writer, "seq", r->seq);
    tc_write_string(writer, "status", tc_sweep_status_name(r->status));
}

/* The fields of a layout that a search varies; of no layout, nothing. */
static void write_axes(tc_writer *writer, const tc_layout *l) {
    for (int i = 0; i < TC_LAYOUT_FIELDS; i++) {
        const tc_layout_field *f = &tc_layout_fields[i];
        char value[TC_LAYOUT_VALUE];
        if (!f->axis) continue;
        if (l && f->kind == TC_LAYOUT_KIND_SWITCH)
            tc_write_integer(writer, f->key, tc_layout_get(l, (tc_layout_id)i));
        else
            tc_write_string(writer, f->key, l ? tc_layout_value(l, (tc_layout_id)i, value, sizeof value) : NULL);
    }
}

void tc_report_sweep_csv(tc_target *target, const tc_sweep_row *row, int rows) {
    tc_writer writer = tc_write_begin(target, "sweep/1", "searches");
    tc_write_array(&writer, "searches");
    for (int i = 0; i < rows; i++) {
        const tc_sweep_row *r = &row[i];
        bool known = found(r);
        tc_write_object(&writer, NULL);
        write_search(&writer, r);
        tc_write_interval(&writer, "step_s", known ? r->step_s : 0);
        tc_write_interval(&writer, "step_s_p10", known ? r->step_s_p10 : 0);
        tc_write_interval(&writer, "step_s_p90", known ? r->step_s_p90 : 0);
        tc_write_interval(&writer, "mfu_pct", known ? r->mfu_pct : 0);
        tc_write_interval(&writer, "tokens_per_s_per_device", known ? r->tokens_per_s_per_device : 0);
        tc_write_interval(&writer, "memory_gib_per_device", known ? r->memory_bytes / TC_GIB : 0);
        tc_write_integer(&writer, "space", r->space);
        write_axes(&writer, known ? &r->layout : NULL);
        tc_write_string(&writer, "note", r->note);
        if (known)
            tc_write_integer(&writer, "idle_devices", r->idle_devices);
        else
            tc_write_null(&writer, "idle_devices");
        tc_write_string(&writer, "beyond_stack", r->beyond_stack);
        tc_write_string(&writer, "options", r->options);
        tc_write_close(&writer);
    }
    tc_write_end(&writer);
}

static void write_beyond(tc_writer *writer, const tc_sweep_row *r) {
    tc_write_array(writer, "beyond_stack");
    for (const char *line = r->beyond_stack; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char text[sizeof r->beyond_stack];
        snprintf(text, sizeof text, "%.*s", (int)strcspn(line, "\n"), line);
        tc_write_string(writer, NULL, text);
    }
    tc_write_close(writer);
}

static void write_row(tc_writer *writer, const tc_sweep_row *r) {
    tc_write_object(writer, NULL);
    tc_write_string(writer, "key", r->key);
    write_search(writer, r);
    tc_write_integer(writer, "space", r->space);
    if (found(r)) {
        tc_write_layout(writer, "layout", &r->layout);
        tc_write_string(writer, "offload", tc_name(TC_VOCABULARY_OFFLOAD, r->layout.offload));
        tc_write_string(writer, "overlap", tc_name(TC_VOCABULARY_OVERLAP, r->layout.overlap));
        tc_write_number(writer, "step_s", r->step_s);
        tc_write_interval(writer, "step_s_p10", r->step_s_p10);
        tc_write_interval(writer, "step_s_p90", r->step_s_p90);
        tc_write_number(writer, "mfu_pct", r->mfu_pct);
        tc_write_number(writer, "tokens_per_s_per_device", r->tokens_per_s_per_device);
        tc_write_number(writer, "memory_gib_per_device", r->memory_bytes / TC_GIB);
        tc_write_fits(writer, r->fits_probability, true);
        tc_write_integer(writer, "idle_devices", r->idle_devices);
        write_beyond(writer, r);
    } else if (r->status == TC_SWEEP_FAILED) {
        tc_write_string(writer, "error", r->note);
    } else {
        tc_write_string(writer, "advice", r->note);
        tc_write_string(writer, "options", *r->options ? r->options : NULL);
    }
    tc_write_close(writer);
}

void tc_report_sweep(tc_target *target, const tc_sweep *sweep, const tc_sweep_row *row, int rows) {
    target->data = sweep->data;
    tc_writer writer = tc_write_begin(target, "sweep/1", "searches");
    tc_write_array(&writer, "assumed");
    if (!sweep->stack[0]) tc_write_string(&writer, NULL, "the usual stack of each accelerator (none given)");
    tc_write_close(&writer);
    tc_write_string(&writer, "name", sweep->name);
    tc_write_array(&writer, "searches");
    for (int i = 0; i < rows; i++) write_row(&writer, &row[i]);
    tc_write_end(&writer);
}

/* ---- SVG ------------------------------------------------------------------------------------ */

#define CELL_W 76
#define CELL_H 26
#define LEFT 300
#define TOP 84

static void svg_text(FILE *file, int x, int y, const char *attributes, const char *text) {
    char escaped[1200];
    fprintf(file, "<text x=\"%d\" y=\"%d\"%s>%s</text>\n", x, y, attributes,
            tc_format_xml(escaped, sizeof escaped, text));
}

/* quantity: what is drawn, below the sweep's name if it has one. */
static void svg_begin(FILE *file, int width, int height, const char *name, const char *quantity) {
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
            "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            width, height);
    svg_text(file, 12, 24, " font-size=\"16\"", name[0] ? name : quantity);
    if (name[0]) svg_text(file, 12, 42, "", quantity);
}

/* From pale to deep blue: readable without telling red from green. */
static void svg_colour(char out[8], double share) {
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    snprintf(out, 8, "#%02x%02x%02x", (int)(247 - 239 * share), (int)(251 - 203 * share), (int)(255 - 148 * share));
}

/* Devices, batch and format over a column. */
static void heat_map_head(FILE *file, int x, const tc_sweep_row *row) {
    static const char middle[] = " text-anchor=\"middle\" font-size=\"10\"";
    char text[40];
    snprintf(text, sizeof text, "%d dev.", row->devices);
    svg_text(file, x, TOP - 34, middle, text);
    snprintf(text, sizeof text, "batch %d", row->global_batch);
    svg_text(file, x, TOP - 21, middle, text);
    svg_text(file, x, TOP - 8, middle, tc_name(TC_VOCABULARY_DTYPE, row->dtype));
}

void tc_report_sweep_heat_map(FILE *file, const tc_sweep *sweep, const tc_sweep_row *row, int rows) {
    int columns = sweep->devices * sweep->batches * sweep->dtypes, lines = columns > 0 ? rows / columns : 0;
    double most = 0;
    for (int i = 0; i < rows; i++)
        if (found(&row[i]) && row[i].mfu_pct > most) most = row[i].mfu_pct;
    svg_begin(file, LEFT + columns * CELL_W + 12, TOP + lines * CELL_H + 12, sweep->name,
              "Model FLOPs utilisation (MFU), per cent");
    for (int c = 0; c < columns && rows > c; c++) heat_map_head(file, LEFT + c * CELL_W + CELL_W / 2, &row[c]);
    for (int i = 0; i < rows; i++) {
        int x = LEFT + i % columns * CELL_W, y = TOP + i / columns * CELL_H;
        double share = most > 0 ? row[i].mfu_pct / most : 0;
        char colour[8] = "#eeeeee", text[600];
        if (found(&row[i])) svg_colour(colour, share);
        snprintf(text, sizeof text, "%s, %s%s%s", row[i].model, row[i].accelerator, row[i].set[0] ? ", " : "",
                 row[i].set);
        if (i % columns == 0) svg_text(file, LEFT - 8, y + 17, " text-anchor=\"end\"", text);
        fprintf(file, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", x, y, CELL_W - 2,
                CELL_H - 2, colour);
        svg_text(file, x + CELL_W / 2, y + 17,
                 found(&row[i]) && share > 0.55 ? " text-anchor=\"middle\" fill=\"white\""
                                                : " text-anchor=\"middle\" fill=\"black\"",
                 found(&row[i]) ? tc_format_fixed(row[i].mfu_pct, 1).s : "-");
    }
    fputs("</svg>\n", file);
}

/* Does any row of the same model give as much with fewer devices, or more with no more? */
static bool beaten(const tc_sweep_row *row, int rows, int at) {
    const tc_sweep_row *r = &row[at];
    for (int i = 0; i < rows; i++) {
        const tc_sweep_row *o = &row[i];
        if (i == at || !found(o) || strcmp(o->model, r->model) != 0) continue;
        bool as_good = o->devices <= r->devices && rate_of(o) >= rate_of(r);
        if (as_good && (o->devices < r->devices || rate_of(o) > rate_of(r) || i < at)) return true;
    }
    return false;
}

enum { FRONT_W = 860, FRONT_H = 480, PAD = 60, PLOT_W = FRONT_W - 260, PLOT_H = FRONT_H - 2 * PAD };

/* Logarithmic axes over what was found. */
typedef struct axes {
    double low_x, high_x, low_y, high_y;
} axes;

static int place(double value, double low, double high, int length) {
    return (int)(high > low ? length * log(value / low) / log(high / low) : length * 0.5);
}

static int x_of(const axes *a, double devices) { return PAD + place(devices, a->low_x, a->high_x, PLOT_W); }

static int y_of(const axes *a, double rate) { return FRONT_H - PAD - place(rate, a->low_y, a->high_y, PLOT_H); }

static void tick(FILE *file, int x, int y, bool below, const char *text) {
    fprintf(file, "<path d=\"M%d %d%s\" stroke=\"#999\"/>\n", x, y, below ? "v5" : "h-5");
    svg_text(file, below ? x : x - 8, below ? y + 18 : y + 4,
             below ? " text-anchor=\"middle\" font-size=\"10\"" : " text-anchor=\"end\" font-size=\"10\"", text);
}

/* Every number of devices, and five rates from the least to the most. */
static void front_axes(FILE *file, const axes *a, const tc_sweep *sweep) {
    fprintf(file, "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#999\"/>\n", PAD - 10, PAD - 10, FRONT_H - PAD + 10,
            PAD + PLOT_W + 10);
    for (int i = 0; i < sweep->devices; i++)
        if (sweep->device[i] >= a->low_x && sweep->device[i] <= a->high_x)
            tick(file, x_of(a, sweep->device[i]), FRONT_H - PAD + 10, true, tc_format_count(sweep->device[i]).s);
    int ticks = a->high_y > a->low_y ? 5 : 1;
    for (int i = 0; i < ticks; i++) {
        double rate = a->low_y * pow(a->high_y / a->low_y, i / 4.0);
        tick(file, PAD - 10, y_of(a, rate), false, tc_format_short(rate).s);
    }
    svg_text(file, PAD + PLOT_W + 24, FRONT_H - PAD + 14, "", "devices (log)");
}

static bool on_plot(const tc_sweep_row *r) {
    return found(r) && r->devices >= 1 && rate_of(r) > 0 && isfinite(rate_of(r));
}

void tc_report_sweep_front(FILE *file, const tc_sweep *sweep, const tc_sweep_row *row, int rows) {
    axes a = {INFINITY, 0, INFINITY, 0};
    for (int i = 0; i < rows; i++) {
        if (!on_plot(&row[i])) continue;
        a.low_x = fmin(a.low_x, row[i].devices), a.high_x = fmax(a.high_x, row[i].devices);
        a.low_y = fmin(a.low_y, rate_of(&row[i])), a.high_y = fmax(a.high_y, rate_of(&row[i]));
    }
    svg_begin(file, FRONT_W, FRONT_H, sweep->name, "Tokens a second (log); full: on the front");
    if (a.high_x > 0) front_axes(file, &a, sweep);
    for (int i = 0; i < rows; i++) {
        if (!on_plot(&row[i])) continue;
        char text[600];
        int x = x_of(&a, row[i].devices), y = y_of(&a, rate_of(&row[i]));
        bool best = !beaten(row, rows, i);
        fprintf(file, "<circle cx=\"%d\" cy=\"%d\" r=\"5\" stroke=\"#08306b\" fill=\"%s\"/>\n", x, y,
                best ? "#08306b" : "none");
        snprintf(text, sizeof text, "%s, %d x %s%s%s", row[i].model, row[i].devices, row[i].accelerator,
                 row[i].set[0] ? ", " : "", row[i].set);
        if (best) svg_text(file, x + 8, y + 4, " font-size=\"10\"", text);
    }
    fputs("</svg>\n", file);
}

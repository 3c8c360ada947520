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

/* ---- table ------------------------------------------------------------------------------ */

bool tc_report_sweep_text(FILE *file, const tc_style *style, const tc_sweep *sweep, const tc_sweep_row *row, int rows) {
    if (sweep->name[0]) {
        tc_print_heading(file, style, sweep->name);
        fputc('\n', file);
    }
    tc_table table = {0};
    for (int i = 0; i < rows; i++) {
        char text[128];
        const tc_sweep_row *r = &row[i];
        tc_table_row_begin(&table);
        tc_cell(&table, "model", TC_LEFT | TC_FLEXIBLE, r->model);
        tc_cell(&table, "accelerator", TC_LEFT | TC_FLEXIBLE, r->accelerator);
        if (sweep->sets.count > 0) tc_cell(&table, "set", TC_LEFT | TC_FLEXIBLE, r->set);
        tc_cellf(&table, "devices", TC_RIGHT, "%.20s%s%.20s",
                 r->idle_devices > 0 ? tc_format_count(r->devices - r->idle_devices).s : "",
                 r->idle_devices > 0 ? " of " : "", tc_format_count(r->devices).s);
        tc_cell(&table, "batch", TC_RIGHT, tc_format_count(r->global_batch).s);
        tc_cell(&table, "dtype", TC_RIGHT | TC_OPTIONAL, tc_name(TC_VOCABULARY_DTYPE, r->dtype));
        tc_cell(&table, "step", TC_RIGHT, found(r) ? tc_format_seconds(r->step_s).s : "-");
        tc_cell(&table, "80 %", TC_RIGHT | TC_OPTIONAL,
                found(r) ? tc_format_range(r->step_s_p10, r->step_s_p90, tc_format_seconds).s : "-");
        tc_cell(&table, "MFU", TC_RIGHT, found(r) ? tc_format_percent(r->mfu_pct).s : "-");
        tc_cell(&table, "tokens/s", TC_RIGHT, found(r) ? tc_format_short(tc_sweep_rate(r)).s : "-");
        tc_cell(&table, "memory", TC_RIGHT, found(r) ? tc_format_gib(r->memory_bytes).s : "-");
        tc_cell(&table, "layout", TC_LEFT | TC_FLEXIBLE | TC_OPTIONAL,
                found(r)                       ? tc_layout_degrees_text(&r->layout, text, sizeof text)
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

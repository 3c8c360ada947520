/* compare_report.c - one job on many accelerators: a line each. What is not known is "-" and null. */
#include "report/compare_report.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "layout/fields.h"
#include "report/names.h"
#include "report/format.h"
#include "report/search_report.h"
#include "report/step_report.h"

/* Every line that was assumed for an item, step first, then run; NULL after the last. */
static const char *assumed_line(const tc_comparison *item, int i) {
    if (item->code) return NULL;
    if (*item->assumed_batch && i-- == 0) return item->assumed_batch;
    if (i < item->step.assumed_count) return item->step.assumed[i];
    i -= item->step.assumed_count;
    return item->run_known && i < item->run.assumed_count ? item->run.assumed[i] : NULL;
}

/* Whether an item before `end` already says this. */
static bool said_before(const tc_comparison *items, int end, const char *line) {
    for (int i = 0; i < end; i++)
        for (int k = 0; assumed_line(&items[i], k); k++)
            if (strcmp(assumed_line(&items[i], k), line) == 0) return true;
    return false;
}

static double per_million(const tc_comparison *item, double value) { return item->run_known ? value : NAN; }

/* ---- JSON ------------------------------------------------------------------------ */

static void write_forecast(tc_writer *writer, const tc_comparison *item) {
    const tc_step *step = &item->step;
    double kwh = tc_compare_kwh_per_million_tokens(item);
    char options[TC_FOUND_OPTIONS];
    tc_write_step_time(writer, step);
    tc_write_evidence(writer, step);
    tc_write_number(writer, "tokens_per_s_per_device", step->tokens_per_s_per_device);
    tc_write_number(writer, "tflops_per_device", step->tflops_per_device);
    tc_write_number(writer, "mfu_pct", step->mfu_pct);
    tc_write_number(writer, "hfu_pct", step->hfu_pct);
    tc_write_step_memory(writer, step);
    tc_write_number(writer, "memory_allocated_gib", step->memory.allocated / TC_GIB);
    tc_write_number(writer, "memory_capacity_gib", step->memory.capacity / TC_GIB);
    tc_write_fits(writer, step->fits_probability, step->fits);
    if (item->devices_to_fit > 0) {
        tc_write_integer(writer, "devices_to_fit", item->devices_to_fit);
        tc_write_string(writer, "sharding_to_fit", tc_name(TC_VOCABULARY_SHARDING, item->sharding_to_fit));
    } else {
        tc_write_null(writer, "devices_to_fit");
        tc_write_null(writer, "sharding_to_fit");
    }
    tc_write_number(writer, "joules_per_token", kwh * 3.6); /* 3.6e6 J/kWh over 1e6 tokens */
    tc_write_number(writer, "kwh_per_million_tokens", kwh);
    tc_write_number(writer, "rented_usd_per_million_tokens",
                    per_million(item, item->run.rented_usd_per_million_tokens));
    tc_write_number(writer, "owned_usd_per_million_tokens", per_million(item, item->run.owned_usd_per_million_tokens));
    tc_write_string(writer, "region", item->region);
    tc_write_string(writer, "searched", !item->searched ? "none" : item->usual ? "usual" : "all");
    if (item->searched) {
        tc_write_expected(writer, &item->found);
        tc_write_integer(writer, "idle_devices", item->found.idle);
        tc_write_string(writer, "options", tc_found_options(&item->question, &item->found, options, sizeof options));
    }
    tc_write_layout(writer, "layout", &step->layout);
    tc_write_beyond(writer, &item->question, &step->layout);
}

static void write_item(tc_writer *writer, const tc_comparison *item) {
    tc_write_object(writer, NULL);
    tc_write_string(writer, "accelerator", item->question.cluster.accelerator.slug);
    tc_write_string(writer, "slug", item->question.cluster.accelerator.slug); /* old name, until 0.2 */
    tc_write_string(writer, "name", item->question.cluster.accelerator.name);
    tc_write_integer(writer, "devices", item->question.cluster.devices);
    tc_write_string(writer, "fabric", item->question.cluster.fabric.slug);
    tc_write_string(writer, "stack", item->question.stack.slug);
    tc_write_string(writer, "error", item->code ? item->error.text : NULL);
    if (!item->code) write_forecast(writer, item);
    tc_write_array(writer, "assumed");
    for (int k = 0; assumed_line(item, k); k++) tc_write_string(writer, NULL, assumed_line(item, k));
    tc_write_close(writer);
    tc_write_close(writer);
}

void tc_report_compare(tc_target *target, const tc_job *job, const tc_comparison *items, int n) {
    tc_writer writer = tc_write_begin(target, "compare/1", "items");
    tc_write_array(&writer, "assumed");
    for (int i = 0; i < n; i++)
        for (int k = 0; assumed_line(&items[i], k); k++)
            if (!said_before(items, i, assumed_line(&items[i], k)))
                tc_write_string(&writer, NULL, assumed_line(&items[i], k));
    tc_write_close(&writer);
    tc_write_string(&writer, "model", job->model.slug);
    tc_write_string(&writer, "dtype", tc_name(TC_VOCABULARY_DTYPE, job->dtype));
    tc_write_array(&writer, "items");
    for (int i = 0; i < n; i++) write_item(&writer, &items[i]);
    tc_write_end(&writer);
}

/* ---- text -------------------------------------------------------------------------- */

static bool same_devices(const tc_comparison *items, int n) {
    for (int i = 1; i < n; i++)
        if (items[i].question.cluster.devices != items[0].question.cluster.devices) return false;
    return true;
}

static void add_row(tc_table *table, const tc_comparison *item, bool devices) {
    const tc_step *step = &item->step;
    const tc_cluster *cluster = &item->question.cluster;
    tc_table_row_begin(table);
    tc_cell(table, "accelerator", TC_LEFT | TC_FLEXIBLE, cluster->accelerator.slug);
    if (devices) tc_cell(table, "devices", TC_RIGHT, tc_format_count(cluster->devices).s);
    if (item->code) {
        tc_table_dashes(table);
        return;
    }
    tc_cell_tone(table, "step", TC_RIGHT, tc_format_seconds(step->step_s).s, TC_TONE_STRONG);
    tc_cell(table, "80 %", TC_RIGHT, tc_format_range(step->step_s_p10, step->step_s_p90, tc_format_seconds).s);
    tc_cell(table, "tokens/s", TC_RIGHT, tc_format_significant(step->tokens_per_s_per_device, 3).s);
    tc_cell(table, "MFU", TC_RIGHT, tc_format_percent(step->mfu_pct).s);
    tc_cellf(table, "memory", TC_RIGHT, "%.12s of %.12s", tc_format_significant(step->memory.reserved / TC_GIB, 3).s,
             tc_format_significant(step->memory.usable / TC_GIB, 3).s);
    tc_cell_tone(table, "fits", TC_RIGHT, tc_fit_percent(step->fits_probability).s,
                 tc_fit_tone(step->fits_probability));
    tc_cell(table, "from", TC_RIGHT | TC_OPTIONAL,
            item->devices_to_fit > 0 ? tc_format_count(item->devices_to_fit).s : "-");
    tc_cell(table, "$ rented", TC_RIGHT | TC_OPTIONAL,
            tc_format_usd(per_million(item, item->run.rented_usd_per_million_tokens)).s);
    tc_cell(table, "$ owned", TC_RIGHT | TC_OPTIONAL,
            tc_format_usd(per_million(item, item->run.owned_usd_per_million_tokens)).s);
    tc_cell(table, "kWh", TC_RIGHT | TC_OPTIONAL, tc_format_significant(tc_compare_kwh_per_million_tokens(item), 3).s);
    tc_cell(table, "memory 80 %", TC_RIGHT | TC_OPTIONAL,
            tc_format_range(step->memory_p10, step->memory_p90, tc_format_gib).s);
}

static void print_notes(FILE *file, const tc_style *style, const tc_comparison *items, int n) {
    bool unknown = false;
    for (int i = 0; i < n; i++) {
        const tc_comparison *item = &items[i];
        unknown = unknown || item->code || !item->run_known || isnan(item->run.rented_usd) || isnan(item->run.owned_usd)
                  || isnan(item->run.mwh);
    }
    fputc('\n', file);
    tc_print_wrapped(file, style, 0, 0,
                     "80 %: the interval of the step. tokens/s and memory (GiB, of what is usable) are per device. "
                     "'fits': how likely. 'from': the fewest "
                     "devices on which a layout fits. $ and kWh are per million tokens, "
                     "failures and checkpoints included.");
    if (unknown)
        tc_print_wrapped(file, style, 0, 0,
                         "-: not known; the catalog has no such figure for this accelerator, or no forecast is "
                         "possible.");
    if (n > 0 && items[0].searched && items[0].usual)
        tc_print_wrapped(file, style, 0, 0,
                         "Only usual layouts were looked through; name the accelerators for all of them.");
    for (int i = 0; i < n; i++) {

        if (!items[i].code) continue;
        tc_print_wrappedf(file, style, 0, 2, "%s: %s: %s", items[i].question.cluster.accelerator.slug,
                          items[i].error.place, items[i].error.text);
    }
}

/* The best layouts, and the options that ask for them. */
static void print_layouts(FILE *file, const tc_style *style, const tc_comparison *items, int n) {
    bool heading = false;
    for (int i = 0; i < n; i++) {
        char options[TC_FOUND_OPTIONS], note[64] = "";
        const tc_comparison *item = &items[i];
        if (item->code || !item->searched) continue;
        if (!heading) tc_print_heading(file, style, "\nThe best layout of each");
        heading = true;
        if (!(item->found.expected_step_s > 0))
            snprintf(note, sizeof note, " (none fits; the leanest)");
        else if (item->found.idle > 0)
            snprintf(note, sizeof note, " (%.32s idle)", tc_format_count(item->found.idle).s);
        tc_print_bulletf(file, style, "%s%s: %s", item->question.cluster.accelerator.slug, note,
                         tc_found_options(&item->question, &item->found, options, sizeof options));
    }
}

static void print_beyond(FILE *file, const tc_style *style, const tc_comparison *items, int n) {
    char lacks[TC_BEYOND_TEXT];
    for (int i = 0; i < n; i++) {
        if (items[i].code || !*tc_beyond_text(&items[i].question, &items[i].step.layout, lacks, sizeof lacks)) continue;
        tc_print_wrappedf(file, style, 0, 2, "%s: the stack cannot run this layout: %s",
                          items[i].question.cluster.accelerator.slug, lacks);
    }
}

static void print_distance(FILE *file, const tc_style *style, const tc_comparison *items, int n) {
    char far[TC_DISTANCE_TEXT];
    for (int i = 0; i < n; i++) {
        if (items[i].code || !*tc_distance_text(&items[i].step, far, sizeof far)) continue;
        tc_print_wrappedf(file, style, 0, 2, "%s: %s", items[i].question.cluster.accelerator.slug, far);
    }
}

static void print_assumed(FILE *file, const tc_style *style, const tc_comparison *items, int n) {
    bool heading = false;
    for (int i = 0; i < n; i++)
        for (int k = 0; assumed_line(&items[i], k); k++) {
            const char *line = assumed_line(&items[i], k);
            if (said_before(items, i, line)) continue;
            if (!heading) tc_print_heading(file, style, "\nAssumed, for some or all: neither given nor in the data");
            heading = true;
            tc_print_bullet(file, style, line);
        }
}

bool tc_report_compare_text(FILE *file, const tc_style *style, const tc_job *job, const tc_comparison *items, int n) {
    const char *dtype = tc_name(TC_VOCABULARY_DTYPE, job->dtype);
    bool devices = !same_devices(items, n);
    tc_print_headingf(file, style, "%s in %s on %.20s devices", job->model.name, dtype ? dtype : "-",
                      devices ? "different" : tc_format_count(n > 0 ? items[0].question.cluster.devices : 0).s);
    fputc('\n', file);
    tc_table table = {0};
    for (int i = 0; i < n; i++) add_row(&table, &items[i], devices);
    if (!tc_table_print(&table, file, style)) return false;
    print_notes(file, style, items, n);
    print_layouts(file, style, items, n);
    print_beyond(file, style, items, n);
    print_distance(file, style, items, n);
    print_assumed(file, style, items, n);
    return true;
}

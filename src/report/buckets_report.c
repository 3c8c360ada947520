/* buckets_report.c - samples of several sizes: a row a bucket, and what their mix takes. */
#include "report/buckets_report.h"

#include "layout/fields.h"
#include "report/format.h"
#include "report/step_report.h"

void tc_report_buckets(tc_target *target, const tc_question *question, const tc_buckets *b) {
    const tc_step *first = &b->bucket[0].step;
    tc_writer writer = tc_write_begin(target, "buckets/1", NULL);
    tc_write_assumed(&writer, first);
    tc_write_string(&writer, "model", question->job.model.slug);
    tc_write_string(&writer, "accelerator", question->cluster.accelerator.slug);
    tc_write_integer(&writer, "devices", question->cluster.devices);
    tc_write_string(&writer, "stack", question->stack.slug);
    tc_write_integer(&writer, "global_batch", first->global_batch);
    tc_write_layout(&writer, "layout", &first->layout);
    tc_write_array(&writer, "buckets");
    for (int i = 0; i < b->count; i++) {
        const tc_bucket *k = &b->bucket[i];
        tc_write_object(&writer, NULL);
        tc_write_integer(&writer, "frames", k->frames);
        tc_write_integer(&writer, "height", k->height);
        tc_write_integer(&writer, "width", k->width);
        tc_write_integer(&writer, "seq", k->seq);
        tc_write_number(&writer, "share", k->share);
        tc_write_step_time(&writer, &k->step);
        tc_write_number(&writer, "mfu_pct", k->step.mfu_pct);
        tc_write_step_memory(&writer, &k->step);
        tc_write_close(&writer);
    }
    tc_write_close(&writer);
    tc_write_number(&writer, "mean_step_s", b->mean_s);
    tc_write_number(&writer, "slowest_rank_step_s", b->slowest_s);
    tc_write_number(&writer, "worst_step_s", b->worst_s);
    tc_write_number(&writer, "samples_per_s", (double)first->global_batch / b->mean_s);
    tc_write_end(&writer);
}

static void print_mix(FILE *file, const tc_style *style, const char *label, double seconds, double batch,
                      const char *when) {
    tc_print_linef(file, style, label, "%.20s a step, %.20s samples/s: %.120s", tc_format_seconds(seconds).s,
                   tc_format_significant(batch / seconds, 4).s, when);
}

void tc_report_buckets_text(FILE *file, const tc_style *style, const tc_question *question, const tc_buckets *b) {
    const tc_step *first = &b->bucket[0].step;
    char text[512];
    tc_print_headingf(file, style, "%s on %d x %s: %s samples a step of %d sizes", question->job.model.name,
                      question->cluster.devices, question->cluster.accelerator.name,
                      tc_format_count((double)first->global_batch).s, b->count);
    tc_print_line(file, style, "layout", tc_layout_text(&first->layout, text, sizeof text));
    fputc('\n', file);
    tc_table table = {0};
    for (int i = 0; i < b->count; i++) {
        const tc_bucket *k = &b->bucket[i];
        tc_table_row_begin(&table);
        tc_cellf(&table, "sample", TC_LEFT, "%d x %d x %d", k->frames, k->height, k->width);
        tc_cell(&table, "tokens", TC_RIGHT, tc_format_count(k->seq).s);
        tc_cell(&table, "share", TC_RIGHT, tc_format_percent(100 * k->share).s);
        tc_cell(&table, "step", TC_RIGHT, tc_format_seconds(k->step.step_s).s);
        tc_cell(&table, "MFU", TC_RIGHT, tc_format_percent(k->step.mfu_pct).s);
        tc_cell(&table, "memory", TC_RIGHT, tc_format_gib(k->step.memory.reserved).s);
        tc_cell_tone(&table, "fits", TC_RIGHT, tc_fit_percent(k->step.fits_probability).s,
                     tc_fit_tone(k->step.fits_probability));
    }
    tc_table_print(&table, file, style);
    fputc('\n', file);
    double batch = (double)first->global_batch;
    print_mix(file, style, "expected", b->mean_s, batch, "all ranks in one bucket at a time, or batches of equal time");
    print_mix(file, style, "slowest rank", b->slowest_s, batch, "each data-parallel rank draws for itself");
    print_mix(file, style, "worst", b->worst_s, batch, "all in the largest");
    tc_print_linef(file, style, "memory", "%.20s a device at most: %s", tc_format_gib(b->memory).s,
                   b->fits ? "fits" : "does NOT fit");
    tc_print_assumed(file, style, first);
}

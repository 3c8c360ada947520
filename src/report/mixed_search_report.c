/* mixed_search_report.c - which pools a job should use, and how. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "catalog/pools.h"
#include "layout/fields.h"
#include "report/format.h"
#include "report/mixed_report.h"
#include "report/step_report.h"

#define OPTIONS_TEXT 1400

static const char *way_of(const tc_mixed_found *found) {
    return found->mixed.pools == 1 ? "alone" : found->across == TC_ACROSS_PIPELINE ? "pipeline" : "data parallel";
}

/* " --tp 8 --recompute full" as ":tp=8:recompute=full". */
static size_t append_layout(const tc_layout *layout, const tc_stack *stack, char *out, size_t size) {
    char options[400];
    tc_layout plain = *layout;
    size_t used = 0;
    plain.dp = TC_UNSET;
    tc_layout_options(&plain, &stack->defaults, options, sizeof options);
    for (const char *at = options; *at && used + 2 < size; at++) {
        if (strncmp(at, " --", 3) == 0 || (at == options && strncmp(at, "--", 2) == 0))
            out[used++] = ':', at += *at == ' ' ? 2 : 1;
        else
            out[used++] = *at == ' ' ? '=' : *at;
    }
    out[used] = '\0';
    return used;
}

/* The options that ask `step` for it. */
static const char *options_of(const tc_question *q, const tc_mixed_found *found, char *out, size_t size) {
    size_t used = (size_t)snprintf(out, size, "--accelerator ");
    for (int i = 0; i < found->mixed.pools && used + 512 < size; i++) {
        const tc_pool *pool = i > 0 ? &q->cluster.other[i - 1] : NULL;
        const tc_stack *stack = pool ? &pool->stack : &q->stack;
        used += (size_t)snprintf(out + used, size - used, "%s%s:%d", i ? "," : "",
                                 pool ? pool->accelerator.slug : q->cluster.accelerator.slug,
                                 found->mixed.share[i].devices);
        used += append_layout(&found->mixed.share[i].step.layout, stack, out + used, size - used);
    }
    if (found->mixed.pools > 1 && found->across == TC_ACROSS_PIPELINE)
        snprintf(out + used, size - used, " --across pipeline");
    return out;
}

/* ---- for programs ------------------------------------------------------------------------------ */

static void write_found(tc_writer *w, const tc_question *q, const tc_mixed_found *found) {
    char slugs[TC_POOLS_TEXT], options[OPTIONS_TEXT];
    const tc_step *step = &found->mixed.step;
    tc_write_object(w, NULL);
    tc_write_string(w, "accelerator", tc_pools_slugs(&q->cluster, slugs, sizeof slugs));
    tc_write_integer(w, "devices", tc_cluster_devices(&q->cluster));
    tc_write_string(w, "way", way_of(found));
    tc_write_string(w, "options", options_of(q, found, options, sizeof options));
    tc_write_step_time(w, step);
    tc_write_evidence(w, step);
    tc_write_number(w, "mfu_pct", step->mfu_pct);
    tc_write_integer(w, "global_batch", step->global_batch);
    tc_write_step_memory(w, step);
    tc_write_fits(w, step->fits_probability, step->fits);
    tc_write_layout(w, "layout", &step->layout);
    if (found->mixed.pools > 1) tc_write_pools(w, q, &found->mixed);
    tc_write_close(w);
}

void tc_report_mixed_search(tc_target *target, const tc_question *question, const tc_mixed_search *search) {
    char slugs[TC_POOLS_TEXT];
    tc_writer w = tc_write_begin(target, "search/1", "best");
    tc_write_array(&w, "assumed");
    for (int i = 0; search->count > 0 && i < search->best[0].mixed.step.assumed_count; i++)
        tc_write_string(&w, NULL, search->best[0].mixed.step.assumed[i]);
    tc_write_close(&w);
    tc_write_string(&w, "model", question->job.model.slug);
    tc_write_string(&w, "accelerator", tc_pools_slugs(&question->cluster, slugs, sizeof slugs));
    tc_write_integer(&w, "devices", tc_cluster_devices(&question->cluster));
    tc_write_integer(&w, "global_batch", question->job.global_batch);
    tc_write_integer(&w, "evaluated_mixed", search->evaluated);
    tc_write_array(&w, "best");
    for (int i = 0; i < search->count; i++) {
        tc_pool pools[TC_MAX_POOLS];
        tc_question q = tc_mixed_question(question, &search->best[i], pools);
        write_found(&w, &q, &search->best[i]);
    }
    tc_write_close(&w);
    tc_write_array(&w, "advice");
    tc_write_close(&w);
    tc_write_object(&w, "timing");
    tc_write_number(&w, "seconds", search->seconds);
    tc_write_close(&w);
    tc_write_end(&w);
}

/* ---- for people -------------------------------------------------------------------------------- */

static void print_row(tc_table *table, const tc_question *q, const tc_mixed_found *found, double best_s) {
    char slugs[TC_POOLS_TEXT];
    const tc_step *step = &found->mixed.step;
    double per_step = step->step_s / (double)step->global_batch;
    tc_table_row_begin(table);
    tc_cell(table, "way", TC_LEFT, way_of(found));
    if (q->cluster.others == 0)
        snprintf(slugs, sizeof slugs, "%.60s:%d", q->cluster.accelerator.slug, found->mixed.share[0].devices);
    else
        tc_pools_slugs(&q->cluster, slugs, sizeof slugs);
    tc_cell(table, "pools", TC_LEFT | TC_FLEXIBLE, slugs);
    tc_cell(table, "step", TC_RIGHT, tc_format_seconds(step->step_s).s);
    tc_cell(table, "relative", TC_RIGHT, tc_format_fixed(per_step / best_s, 2).s);
    tc_cell(table, "MFU", TC_RIGHT, tc_format_percent(step->mfu_pct).s);
    tc_cell(table, "memory", TC_RIGHT, tc_format_gib(step->memory.reserved).s);
    tc_cell_tone(table, "fits", TC_RIGHT, tc_fit_percent(step->fits_probability).s,
                 tc_fit_tone(step->fits_probability));
}

/* The best, in full. */
static bool print_best(FILE *file, const tc_style *style, const tc_question *question, const tc_mixed_found *found) {
    char text[TC_POOLS_TEXT + 96], pools_text[TC_POOLS_TEXT], options[OPTIONS_TEXT];
    tc_pool *pools = malloc(TC_MAX_POOLS * sizeof *pools);
    if (!pools) return false;
    tc_question q = tc_mixed_question(question, found, pools);
    tc_print_headingf(file, style, "\nThe best: %s, %s", tc_pools_text(&q.cluster, pools_text, sizeof pools_text),
                      way_of(found));
    bool done = true;
    if (found->mixed.pools > 1)
        done = tc_print_pools(file, style, &q, &found->mixed);
    else
        tc_print_line(file, style, "layout", tc_layout_text(&found->mixed.step.layout, text, sizeof text));
    tc_print_line(file, style, "options", options_of(&q, found, options, sizeof options));
    free(pools);
    return done;
}

bool tc_report_mixed_search_text(FILE *file, const tc_style *style, const tc_question *question,
                                 const tc_mixed_search *search) {
    char pools_text[TC_POOLS_TEXT];
    tc_print_headingf(file, style, "%.120s on %s: which pools, and how", question->job.model.name,
                      tc_pools_text(&question->cluster, pools_text, sizeof pools_text));
    if (search->count == 0) {
        tc_print_wrapped(file, style, 0, 2, "Nothing fits: neither a pool alone nor several together.");
        return true;
    }
    const tc_step *first = &search->best[0].mixed.step;
    tc_table table = {0};
    fputc('\n', file);
    tc_pool *pools = malloc(TC_MAX_POOLS * sizeof *pools);
    for (int i = 0; pools && i < search->count; i++) {
        tc_question q = tc_mixed_question(question, &search->best[i], pools);
        print_row(&table, &q, &search->best[i], first->step_s / (double)first->global_batch);
    }
    bool done = pools && tc_table_print(&table, file, style) && print_best(file, style, question, &search->best[0]);
    free(pools);
    if (done) tc_print_assumed(file, style, first);
    return done;
}

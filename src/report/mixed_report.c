/* mixed_report.c - several pools in one job: their shares, their waits, what joins them. */
#include "report/mixed_report.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "catalog/pools.h"
#include "layout/fields.h"
#include "report/format.h"
#include "report/step_report.h"

/* ---- for programs ------------------------------------------------------------------------ */

static void write_link(tc_writer *w, const tc_link *link, const tc_mixed *m) {
    tc_write_object(w, "link");
    tc_write_number(w, "bytes_per_s", link->bytes_per_s);
    tc_write_number(w, "oversubscription", link->oversubscription > 1 ? link->oversubscription : 1);
    tc_write_number(w, "latency_s", link->latency_s);
    tc_write_number(w, "distance_km", link->distance_m / 1e3);
    tc_write_number(w, "bytes_per_step", m->link_bytes);
    tc_write_number(w, "busy_s", m->link_s);
    tc_write_number(w, "exposed_s", m->exposed_s);
    tc_write_number(w, "egress_usd", m->egress_usd);
    tc_write_close(w);
}

static void write_pool(tc_writer *w, const tc_question *pool, const tc_pool_share *s, bool stages) {
    tc_write_object(w, NULL);
    tc_write_string(w, "accelerator", pool->cluster.accelerator.slug);
    tc_write_integer(w, "devices", pool->cluster.devices);
    tc_write_string(w, "fabric", pool->cluster.fabric.slug);
    tc_write_string(w, "stack", pool->stack.slug);
    tc_write_integer(w, "sequences", s->sequences);
    tc_write_integer(w, "micro_batches", s->micro_batches);
    tc_write_number(w, "gradient_weight", s->weight);
    tc_write_number(w, "busy_s", s->step.step_s);
    tc_write_number(w, "waits_s", s->waits_s);
    tc_write_number(w, "fixed_s", s->fixed_s);
    tc_write_number(w, "micro_batch_s", s->each_s);
    tc_write_interval(w, "alone_s", s->alone_s);
    tc_write_number(w, "memory_gib_per_device", s->step.memory.reserved / TC_GIB);
    tc_write_fits(w, s->step.fits_probability, s->step.fits);
    if (stages) {
        tc_write_integer(w, "first_stage", s->first_stage);
        tc_write_array(w, "stage_layers");
        for (int i = 0; i < s->stages; i++) tc_write_integer(w, NULL, s->stage_layers[i]);
        tc_write_close(w);
    }
    tc_write_layout(w, "layout", &s->step.layout);
    tc_write_beyond(w, pool, &s->step.layout);
    tc_write_close(w);
}

void tc_write_pools(tc_writer *w, const tc_question *q, const tc_mixed *m) {
    const tc_mixing *mixing = &q->cluster.mixing;
    tc_write_string(w, "across", tc_across_words[mixing->across]);
    tc_write_string(w, "tuning", mixing->tuning);
    tc_write_integer(w, "local_steps", mixing->local_steps > 1 ? mixing->local_steps : 1);
    tc_write_number(w, "mixing_efficiency", m->efficiency);
    tc_write_number(w, "ideal_step_s", m->ideal_s);
    tc_write_interval(w, "of_parts", m->of_parts);
    write_link(w, &mixing->link, m);
    tc_write_array(w, "pools");
    for (int i = 0; i < m->pools; i++) {
        tc_question pool = tc_question_of_pool(q, i);
        write_pool(w, &pool, &m->share[i], mixing->across == TC_ACROSS_PIPELINE);
    }
    tc_write_close(w);
}

/* ---- for people ---------------------------------------------------------------------------- */

static bool print_table(FILE *file, const tc_style *style, const tc_question *q, const tc_mixed *m) {
    bool stages = q->cluster.mixing.across == TC_ACROSS_PIPELINE;
    tc_table table = {0};
    for (int i = 0; i < m->pools; i++) {
        const tc_pool_share *s = &m->share[i];
        tc_question pool = tc_question_of_pool(q, i);
        const tc_step *step = &s->step;
        tc_table_row_begin(&table);
        tc_cellf(&table, "pool", TC_LEFT, "%.60s:%d", pool.cluster.accelerator.slug, pool.cluster.devices);
        tc_cell(&table, stages ? "layers" : "sequences", TC_RIGHT,
                tc_format_count(stages ? s->layers : (double)s->sequences).s);
        tc_cell(&table, "micro-batches", TC_RIGHT, tc_format_count((double)s->micro_batches).s);
        tc_cell(&table, "one takes", TC_RIGHT | TC_OPTIONAL, tc_format_seconds(s->each_s).s);
        tc_cell(&table, "works", TC_RIGHT, s->micro_batches ? tc_format_seconds(step->step_s).s : "left out");
        if (!s->micro_batches) {
            tc_table_dashes(&table);
            continue;
        }
        tc_cell(&table, "waits", TC_RIGHT, tc_format_seconds(s->waits_s).s);
        tc_cell(&table, "memory", TC_RIGHT, tc_format_gib(step->memory.reserved).s);
        tc_cell_tone(&table, "fits", TC_RIGHT, tc_fit_percent(step->fits_probability).s,
                     tc_fit_tone(step->fits_probability));
    }
    return tc_table_print(&table, file, style);
}

static void print_link(FILE *file, const tc_style *style, const tc_question *q, const tc_mixed *m) {
    const tc_mixing *mixing = &q->cluster.mixing;
    char text[400];
    snprintf(text, sizeof text, "%.24s each way", tc_format_rate(mixing->link.bytes_per_s).s);
    if (mixing->link.oversubscription > 1)
        tc_append(text, sizeof text, ", oversubscribed %.12s:1",
                  tc_format_significant(mixing->link.oversubscription, 3).s);
    if (mixing->link.distance_m > 0)
        tc_append(text, sizeof text, ", %.12s km of fibre", tc_format_significant(mixing->link.distance_m / 1e3, 4).s);
    tc_append(text, sizeof text, ": %.12s GB a step in %.24s, of which %.24s exposed",
              tc_format_significant(m->link_bytes / 1e9, 3).s, tc_format_seconds(m->link_s).s,
              tc_format_seconds(m->exposed_s).s);
    if (m->egress_usd > 0) tc_append(text, sizeof text, "; egress %.24s a step", tc_format_usd(m->egress_usd).s);
    tc_print_line(file, style, "link", text);
}

static void print_mixing(FILE *file, const tc_style *style, const tc_question *q, const tc_mixed *m) {
    const tc_mixing *mixing = &q->cluster.mixing;
    char text[400];
    if (m->efficiency < 1)
        tc_print_linef(file, style, "mixing",
                       "software reaches %.12s of the ideal step of %.24s (%.20s; data/mixing.yaml)",
                       tc_format_percent(100 * m->efficiency).s, tc_format_seconds(m->ideal_s).s, mixing->tuning);
    if (m->of_parts > 0) {
        snprintf(text, sizeof text, "%.12s of the throughput that the pools have alone, each with its share",
                 tc_format_percent(100 * m->of_parts).s);
        tc_print_line(file, style, "parts", text);
    }
    if (mixing->local_steps <= 1) return;
    snprintf(text, sizeof text,
             "weights are exchanged every %d steps; published runs of at most 10B parameters lost %s",
             mixing->local_steps,
             mixing->local_steps <= mixing->known_local_steps
                 ? "no more than 0.02 of their loss by as many"
                 : "no more than 0.02 of their loss by fewer: the quality of so many is not known");
    tc_print_line(file, style, "local steps", text);
}

bool tc_print_pools(FILE *file, const tc_style *style, const tc_question *q, const tc_mixed *m) {
    char layout[400];
    print_link(file, style, q, m);
    print_mixing(file, style, q, m);
    tc_print_heading(file, style,
                     q->cluster.mixing.across == TC_ACROSS_PIPELINE ? "\nStages over the pools"
                                                                    : "\nThe batch over the pools");
    if (!print_table(file, style, q, m)) return false;
    for (int i = 0; i < m->pools; i++) {
        tc_question pool = tc_question_of_pool(q, i);
        tc_print_bulletf(file, style, "%.60s on %.60s: %.380s", pool.cluster.accelerator.slug, pool.stack.name,
                         tc_layout_text(&m->share[i].step.layout, layout, sizeof layout));
        tc_print_beyond(file, style, &pool, &m->share[i].step.layout);
    }
    return true;
}

/* ---- a step ---------------------------------------------------------------------------------- */

void tc_report_mixed_step(tc_target *target, const tc_question *question, const tc_mixed *mixed) {
    tc_writer writer = tc_write_begin(target, "step/1", NULL);
    tc_write_step(&writer, question, &mixed->step);
    tc_write_pools(&writer, question, mixed);
    tc_write_end(&writer);
}

bool tc_report_mixed_step_text(FILE *file, const tc_style *style, const tc_question *question, const tc_mixed *mixed) {
    char pools[TC_POOLS_TEXT];
    const tc_step *step = &mixed->step;
    tc_print_headingf(file, style, "%.128s on %s", question->job.model.name,
                      tc_pools_text(&question->cluster, pools, sizeof pools));
    fputc('\n', file);
    tc_print_step_head(file, style, question, step);
    if (!tc_print_pools(file, style, question, mixed)) return false;
    if (step->evidence) tc_print_line(file, style, "evidence", step->evidence);
    tc_print_distance(file, style, step);
    tc_print_step_parts(file, style, step);
    return true;
}

/* ---- why ----------------------------------------------------------------------------------------- */

void tc_report_mixed_explain(tc_target *target, const tc_question *question, const tc_mixed *mixed,
                             const tc_mixed_change *changes, int count) {
    char slugs[TC_POOLS_TEXT];
    const tc_step *step = &mixed->step;
    tc_writer writer = tc_write_begin(target, "explain/1", "mixed_changes");
    tc_write_assumed(&writer, step);
    tc_write_string(&writer, "model", question->job.model.slug);
    tc_write_string(&writer, "accelerator", tc_pools_slugs(&question->cluster, slugs, sizeof slugs));
    tc_write_integer(&writer, "devices", tc_cluster_devices(&question->cluster));
    tc_write_integer(&writer, "global_batch", step->global_batch);
    tc_write_step_time(&writer, step);
    tc_write_evidence(&writer, step);
    tc_write_number(&writer, "mfu_pct", step->mfu_pct);
    tc_write_step_memory(&writer, step);
    tc_write_fits(&writer, step->fits_probability, step->fits);
    tc_write_pools(&writer, question, mixed);
    tc_write_array(&writer, "mixed_changes");
    for (int i = 0; i < count; i++) {
        tc_write_object(&writer, NULL);
        tc_write_string(&writer, "what", changes[i].what);
        tc_write_number(&writer, "step_s", changes[i].step_s);
        tc_write_number(&writer, "gain_pct", changes[i].gain_pct);
        tc_write_close(&writer);
    }
    tc_write_close(&writer);
    tc_write_end(&writer);
}

bool tc_report_mixed_explain_text(FILE *file, const tc_style *style, const tc_question *question, const tc_mixed *mixed,
                                  const tc_mixed_change *changes, int count) {
    if (!tc_report_mixed_step_text(file, style, question, mixed)) return false;
    tc_print_heading(file, style, "\nWhat one change would give");
    for (int i = 0; i < count; i++)
        tc_print_bulletf(file, style, "%s: %.20s a step, %.20s throughput", changes[i].what,
                         tc_format_seconds(changes[i].step_s).s, tc_format_percent(changes[i].gain_pct).s);
    return true;
}

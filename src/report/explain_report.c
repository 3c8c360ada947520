/* explain_report.c - the losses from peak to achieved, the operators, the memory's peak, what changes would give. */
#include "report/explain_report.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "layout/fields.h"
#include "report/format.h"
#include "report/step_report.h"

/* ---- names ---------------------------------------------------------------------------------- */

static tc_text block_text(const tc_costs *f, int block) {
    tc_text t;
    if (block <= TC_TOWER)
        snprintf(t.s, sizeof t.s, "%s", f->q->job.model.tower[TC_TOWER - block].name);
    else if (block == TC_EMBEDDING)
        snprintf(t.s, sizeof t.s, "embedding");
    else if (block == TC_HEAD)
        snprintf(t.s, sizeof t.s, "head");
    else
        snprintf(t.s, sizeof t.s, f->q->job.model.blocks > 1 ? "layer %c" : "layer", 'A' + block);
    return t;
}

/* "4096 x 12288 x 4096", "64 x (...)" with groups. */
static tc_text shape_text(const tc_operator_cost *c) {
    tc_text t = {""};
    if (!c->op || c->op->kind != TC_OP_GEMM) return t;
    if (c->op->gemm.groups > 1)
        snprintf(t.s, sizeof t.s, "%.0f x %.0fx%.0fx%.0f", c->op->gemm.groups, c->op->gemm.m, c->op->gemm.n,
                 c->op->gemm.k);
    else
        snprintf(t.s, sizeof t.s, "%.0fx%.0fx%.0f", c->op->gemm.m, c->op->gemm.n, c->op->gemm.k);
    return t;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

typedef struct page {
    const tc_costs *costs;
    tc_writer *writer;
    tc_table *table;
} page;

static void write_operator(void *context, const tc_operator_cost *c) {
    page *p = context;
    tc_writer *w = p->writer;
    tc_write_object(w, NULL);
    tc_write_string(w, "block", block_text(p->costs, c->block).s);
    tc_write_integer(w, "count", c->count);
    tc_write_string(w, "operator", c->tag);
    tc_write_string(w, "kind", c->kind);
    tc_write_string(w, "shape", *shape_text(c).s ? shape_text(c).s : NULL);
    tc_write_number(w, "flops", c->flops);
    tc_write_number(w, "bytes", c->bytes);
    tc_write_number(w, "forward_s", c->forward_s);
    tc_write_number(w, "backward_s", c->backward_s);
    tc_write_string(w, "bound_by", c->bound);
    tc_write_number(w, "share", c->share);
    tc_write_close(w);
}

static void write_waterfall(tc_writer *w, const tc_explanation *e) {
    tc_write_array(w, "waterfall");
    for (int i = 0; i < e->losses; i++) {
        tc_write_object(w, NULL);
        tc_write_string(w, "loss", e->loss[i].key);
        tc_write_number(w, "seconds", e->loss[i].seconds);
        tc_write_number(w, "mfu_points", e->loss[i].points);
        tc_write_close(w);
    }
    tc_write_close(w);
}

static void write_peaks(tc_writer *w, const tc_explanation *e) {
    tc_write_array(w, "memory_peaks");
    for (int s = 0; s < e->peaks; s++) {
        const tc_live_peak *p = &e->peak[s];
        tc_write_object(w, NULL);
        tc_write_integer(w, "stage", p->stage);
        tc_write_number(w, "gib", p->bytes / TC_GIB);
        tc_write_number(w, "at_s", p->point.at_s);
        tc_write_integer(w, "in_flight", p->point.in_flight);
        tc_write_number(w, "parameters", p->fixed.states.parameters / TC_GIB);
        tc_write_number(w, "gradients", p->fixed.states.gradients / TC_GIB);
        tc_write_number(w, "optimizer", p->fixed.states.optimizer / TC_GIB);
        tc_write_number(w, "buffers", p->fixed.states.buffers / TC_GIB);
        tc_write_number(w, "framework", p->fixed.states.framework / TC_GIB);
        tc_write_number(w, "activations", p->point.activations / TC_GIB);
        tc_write_number(w, "working", p->point.working / TC_GIB);
        tc_write_number(w, "logits", p->point.logits / TC_GIB);
        tc_write_number(w, "on_host", p->point.host / TC_GIB);
        tc_write_close(w);
    }
    tc_write_close(w);
}

static void write_changes(tc_writer *w, const char *key, const tc_explanation *e, bool layout) {
    tc_write_array(w, key);
    for (int i = 0; i < e->changes; i++) {
        const tc_change *c = &e->change[i];
        if (c->layout != layout) continue;
        tc_write_object(w, NULL);
        tc_write_string(w, "change", c->what);
        tc_write_number(w, "step_s", c->step_s);
        tc_write_number(w, "gain_pct", c->gain_pct);
        tc_write_number(w, "memory_gib_per_device", c->reserved / TC_GIB);
        tc_write_fits(w, c->fits_probability, c->fits);
        if (layout) tc_write_bool(w, "in_stack", c->in_stack);
        tc_write_close(w);
    }
    tc_write_close(w);
}

static double gained_pct(const tc_worths *a, const tc_worth *v) {
    return v->step_s > 0 && a->today_s > 0 ? 100 * (a->today_s / v->step_s - 1) : 0;
}

static void write_worths(tc_writer *w, const tc_worths *a) {
    tc_write_object(w, "searched");
    tc_write_number(w, "step_s", a->today_s);
    tc_write_layout(w, "layout", &a->today_layout);
    tc_write_array(w, "figures");
    for (int i = 0; i < a->count; i++) {
        const tc_worth *v = &a->worth[i];
        tc_write_object(w, NULL);
        tc_write_string(w, "figure", tc_required_name(v->figure));
        tc_write_number(w, "factor", v->factor);
        tc_write_number(w, "step_s", v->step_s);
        tc_write_number(w, "gain_pct", gained_pct(a, v));
        tc_write_number(w, "elasticity", v->elasticity);
        tc_write_integer(w, "devices", v->devices);
        if (v->step_s > 0) tc_write_layout(w, "layout", &v->layout);
        tc_write_close(w);
    }
    tc_write_close(w);
    tc_write_close(w);
}

void tc_report_explain(tc_target *target, const tc_costs *f, const tc_explanation *e, const tc_worths *worths) {
    tc_writer w = tc_write_begin(target, "explain/1", "operators");
    page p = {f, &w, NULL};
    tc_write_assumed(&w, &e->step);
    tc_write_string(&w, "model", f->q->job.model.slug);
    tc_write_string(&w, "accelerator", f->q->cluster.accelerator.slug);
    tc_write_integer(&w, "devices", f->q->cluster.devices);
    tc_write_string(&w, "fabric", f->q->cluster.fabric.slug);
    tc_write_string(&w, "stack", f->q->stack.slug);
    tc_write_layout(&w, "layout", &e->step.layout);
    tc_write_beyond(&w, f->q, &e->step.layout);
    tc_write_integer(&w, "micro_batches", e->step.micro_batches);
    tc_write_step_time(&w, &e->step);
    tc_write_evidence(&w, &e->step);
    tc_write_number(&w, "mfu_pct", e->step.mfu_pct);
    tc_write_step_memory(&w, &e->step);
    tc_write_fits(&w, e->step.fits_probability, e->step.fits);
    tc_write_string(&w, "bound_by", e->bound);
    tc_write_number(&w, "bound_share", e->bound_share);
    write_waterfall(&w, e);
    tc_write_array(&w, "operators");
    tc_explain_operators(f, write_operator, &p);
    tc_write_close(&w);
    write_peaks(&w, e);
    write_changes(&w, "hardware", e, false);
    write_changes(&w, "layouts", e, true);
    if (worths) write_worths(&w, worths);
    tc_write_end(&w);
}

/* ---- text -------------------------------------------------------------------------------------- */

/* One step of the way down: points lost, and what is left as a bar. */
static void print_loss(FILE *file, const tc_style *style, const char *text, double points, double seconds,
                       double left) {
    char label[64];
    snprintf(label, sizeof label, "  %-35.35s", text);
    fputs(label, file);
    fprintf(file, "%s%6s  %9s", points > 0 ? "-" : "+", tc_format_fixed(fabs(points), 1).s,
            tc_format_seconds(fabs(seconds)).s);
    tc_print_bar(file, style, left / 100, 22);
    fputc('\n', file);
}

static void print_waterfall(FILE *file, const tc_style *style, const tc_explanation *e) {
    tc_print_heading(file, style, "\nFrom peak to achieved (points of MFU; seconds of the step)");
    double left = 100;
    fprintf(file, "  %-35s %6s %10s", "matmul peak of the device", "100.0", "");
    tc_print_bar(file, style, 1, 22);
    fputc('\n', file);
    for (int i = 0; i < e->losses; i++) {
        left -= e->loss[i].points;
        if (fabs(e->loss[i].points) < 0.05) continue;
        print_loss(file, style, e->loss[i].text, e->loss[i].points, e->loss[i].seconds, left);
    }
    fprintf(file, "  %-35s %6s %10s", "achieved MFU", tc_format_fixed(e->step.mfu_pct, 1).s, "");
    tc_print_bar(file, style, e->step.mfu_pct / 100, 22);
    fputc('\n', file);
}

static void add_operator(void *context, const tc_operator_cost *c) {
    page *p = context;
    char name[64], count[16];
    if (c->share < 0.0005) return;
    snprintf(name, sizeof name, "%.16s: %.24s", block_text(p->costs, c->block).s, c->tag);
    snprintf(count, sizeof count, "%d", c->count);
    tc_table_row_begin(p->table);
    tc_cell(p->table, "operator", TC_LEFT | TC_FLEXIBLE, name);
    tc_cell(p->table, "times", TC_RIGHT, count);
    tc_cell(p->table, "FLOPs", TC_RIGHT, c->flops > 0 ? tc_format_short(c->flops).s : "");
    tc_cell(p->table, "bytes", TC_RIGHT, c->bytes > 0 ? tc_format_short(c->bytes).s : "");
    tc_cell(p->table, "forward", TC_RIGHT, tc_format_seconds(c->forward_s).s);
    tc_cell(p->table, "backward", TC_RIGHT, tc_format_seconds(c->backward_s).s);
    tc_cell(p->table, "share", TC_RIGHT, tc_format_percent(100 * c->share).s);
    tc_cell(p->table, "bound by", TC_LEFT, c->bound);
}

static bool print_operators(FILE *file, const tc_style *style, const tc_costs *f) {
    tc_table table = {.columns = 0};
    page p = {f, NULL, &table};
    tc_print_heading(file, style, "\nWhat each operator costs: one micro-batch on one device");
    tc_explain_operators(f, add_operator, &p);
    return tc_table_print(&table, file, style);
}

static bool print_changes(FILE *file, const tc_style *style, const tc_explanation *e, bool layout) {
    tc_table table = {.columns = 0};
    tc_print_heading(file, style,
                     layout ? "\nOne change of the layout"
                            : "\n10 % better hardware or software, one figure at a time");
    for (int i = 0; i < e->changes; i++) {
        const tc_change *c = &e->change[i];
        char gain[48];
        if (c->layout != layout) continue;
        snprintf(gain, sizeof gain, "%s%.20s %%", c->gain_pct >= 0 ? "+" : "-",
                 tc_format_fixed(fabs(c->gain_pct), 1).s);
        tc_table_row_begin(&table);
        tc_cell(&table, "change", TC_LEFT, c->what);
        bool good = c->gain_pct > 0.05 && c->fits && (!layout || c->in_stack);
        tc_cell_tone(&table, "throughput", TC_RIGHT, gain, good ? TC_TONE_GOOD : TC_TONE_PLAIN);
        tc_cell(&table, "step", TC_RIGHT, tc_format_seconds(c->step_s).s);
        if (!layout) continue;
        tc_cell(&table, "memory", TC_RIGHT, tc_format_gib(c->reserved).s);
        tc_cell_tone(&table, "fits", TC_RIGHT, tc_fit_percent(c->fits_probability).s, tc_fit_tone(c->fits_probability));
        tc_cell(&table, "", TC_LEFT, c->in_stack ? "" : "beyond the stack");
    }
    return tc_table_print(&table, file, style);
}

static bool print_worths(FILE *file, const tc_style *style, const tc_worths *a) {
    char text[512], layout[400];
    tc_table table = {.columns = 0};
    tc_print_heading(file, style, "\nMore of a figure, and the layout searched again");
    if (a->today_s > 0)
        snprintf(text, sizeof text, "today %.20s: %s", tc_format_seconds(a->today_s).s,
                 tc_layout_text(&a->today_layout, layout, sizeof layout));
    else
        snprintf(text, sizeof text, "today nothing fits");
    tc_print_wrapped(file, style, 2, 4, text);
    for (int i = 0; i < a->count; i++) {
        const tc_worth *v = &a->worth[i];
        char figure[64], gain[48];
        double gained = gained_pct(a, v);
        snprintf(figure, sizeof figure, "%.32s +%.0f %%", tc_required_name(v->figure), 100 * (v->factor - 1));
        snprintf(gain, sizeof gain, "%s%.20s %%", gained >= 0 ? "+" : "-", tc_format_fixed(fabs(gained), 1).s);
        tc_table_row_begin(&table);
        tc_cell(&table, "figure", TC_LEFT, figure);
        tc_cell_tone(&table, "throughput", TC_RIGHT, v->step_s > 0 && a->today_s > 0 ? gain : "-",
                     gained > 0.05 ? TC_TONE_GOOD : TC_TONE_PLAIN);
        tc_cell(&table, "elasticity", TC_RIGHT,
                v->step_s > 0 && a->today_s > 0 ? tc_format_fixed(v->elasticity, 2).s : "-");
        tc_cell(&table, "step", TC_RIGHT, v->step_s > 0 ? tc_format_seconds(v->step_s).s : "nothing fits");
        tc_cell(&table, "layout", TC_LEFT,
                v->step_s > 0 ? tc_layout_degrees_text(&v->layout, layout, sizeof layout) : "");
    }
    return tc_table_print(&table, file, style);
}

static void print_peak(FILE *file, const tc_style *style, const tc_explanation *e) {
    int fullest = 0;
    for (int s = 1; s < e->peaks; s++)
        if (e->peak[s].bytes > e->peak[fullest].bytes) fullest = s;
    const tc_live_peak *p = &e->peak[fullest];
    char text[512];
    tc_print_heading(file, style, "\nThe memory's peak");
    fputs("  ", file);
    snprintf(text, sizeof text,
             "%.20s on stage %d at %.20s: parameters %.20s, gradients %.20s, optimizer %.20s, activations of %d "
             "micro-batch%s or chunk%s %.20s, "
             "block in work %.20s, logits %.20s, buffers and framework %.20s",
             tc_format_gib(p->bytes).s, p->stage, tc_format_seconds(p->point.at_s).s,
             tc_format_gib(p->fixed.states.parameters).s, tc_format_gib(p->fixed.states.gradients).s,
             tc_format_gib(p->fixed.states.optimizer).s, p->point.in_flight, p->point.in_flight == 1 ? "" : "es",
             p->point.in_flight == 1 ? "" : "s", tc_format_gib(p->point.activations).s,
             tc_format_gib(p->point.working).s, tc_format_gib(p->point.logits).s,
             tc_format_gib(p->fixed.states.buffers + p->fixed.states.framework).s);
    tc_print_wrapped(file, style, 2, 2, text);
}

bool tc_report_explain_text(FILE *file, const tc_style *style, const tc_costs *f, const tc_explanation *e,
                            const tc_worths *worths) {
    char text[512], layout[400];
    tc_print_headingf(file, style, "%.128s on %d x %.96s: %.20s a step, %.20s MFU", f->q->job.model.name,
                      f->q->cluster.devices, f->q->cluster.accelerator.name, tc_format_seconds(e->step.step_s).s,
                      tc_format_percent(e->step.mfu_pct).s);
    tc_print_wrapped(file, style, 0, 2, tc_layout_text(&e->step.layout, layout, sizeof layout));
    tc_print_beyond(file, style, f->q, &e->step.layout);
    if (e->step.step_s_p90 > 0)
        tc_print_wrappedf(file, style, 0, 2, "80 %% intervals: step %.36s, memory %.36s",
                          tc_format_range(e->step.step_s_p10, e->step.step_s_p90, tc_format_seconds).s,
                          tc_format_range(e->step.memory_p10, e->step.memory_p90, tc_format_gib).s);
    if (*tc_distance_text(&e->step, text, sizeof text)) tc_print_wrapped(file, style, 0, 2, text);
    const tc_loss *largest = &e->loss[0];
    for (int i = 1; i < e->losses; i++)
        if (e->loss[i].points > largest->points) largest = &e->loss[i];
    tc_print_wrappedf(file, style, 0, 0, "Bound by %s: %.20s of the step. The largest loss: %s, %.20s points of MFU.%s",
                      e->bound, tc_format_percent(100 * e->bound_share).s, largest->text,
                      tc_format_fixed(largest->points, 1).s,
                      e->step.fits                      ? ""
                      : e->step.fits_probability > 0.02 ? " It is unlikely to fit into memory."
                                                        : " It does NOT fit into memory.");
    print_waterfall(file, style, e);
    bool complete = print_operators(file, style, f);
    print_peak(file, style, e);
    complete = print_changes(file, style, e, false) && complete;
    complete = print_changes(file, style, e, true) && complete;
    if (worths) complete = print_worths(file, style, worths) && complete;
    tc_print_assumed(file, style, &e->step);
    return complete;
}

/* require_report.c - the figures alone, all together, the price, chips within limits. */
#include "report/require_report.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "layout/fields.h"
#include "report/format.h"
#include "report/step_report.h"

/* ---- figures ------------------------------------------------------------------------------------ */

static const char *unit_of(tc_required figure) {
    static const char *const units[TC_REQUIRED_FIGURES] = {"FLOP/s", "B/s", "B", "B/s", "B/s", "W", "FLOP/s"};
    return units[figure];
}

static tc_text figure_text(tc_required figure, double value) {
    tc_text text;
    switch (figure) {
    case TC_REQUIRED_PEAK:
    case TC_REQUIRED_PEAK_AND_POWER: return tc_format_flops(value);
    case TC_REQUIRED_MEMORY: return tc_format_gib(value);
    case TC_REQUIRED_POWER: snprintf(text.s, sizeof text.s, "%.30s W", tc_format_significant(value, 3).s); return text;
    default: return tc_format_rate(value);
    }
}

static const char *name_of(const tc_required_answer *a) {
    const tc_accelerator *chip = &a->question.cluster.accelerator;
    return chip->name[0] ? chip->name : chip->slug;
}

/* "network" as a key of JSON. */
static const char *key_of(tc_required figure) {
    static const char *const keys[TC_REQUIRED_FIGURES]
        = {"peak", "memory_bandwidth", "memory", "links", "network", "power", "peak_and_power"};
    return keys[figure];
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static void write_seconds(tc_writer *w, const char *key, double seconds) {
    tc_write_number(w, key, seconds > 0 ? seconds : NAN);
}

/* Absent where nothing fits. */
static void write_layout(tc_writer *w, const tc_layout *layout, int devices) {
    if (devices > 0) tc_write_layout(w, "layout", layout);
}

/* What puts a value back, as --set takes it; empty where it was not reached. */
static void write_set(tc_writer *w, const tc_question *q, tc_required figure, double factor, bool reached) {
    char text[160];
    tc_write_array(w, "set");
    for (int i = 0; reached && tc_required_set(q, figure, factor, i, text, sizeof text); i++)
        tc_write_string(w, NULL, text);
    tc_write_close(w);
}

static void write_alone(tc_writer *w, const tc_required_answer *a, const tc_requirement *r) {
    const tc_required f = r->figure;
    tc_write_object(w, NULL);
    tc_write_string(w, "figure", key_of(f));
    tc_write_number(w, "value", r->reached ? r->value : NAN);
    tc_write_string(w, "unit", unit_of(f));
    tc_write_bool(w, "reached", r->reached);
    tc_write_number(w, "today", r->today);
    tc_write_number(w, "times", r->reached ? r->value / r->today : NAN);
    tc_write_number(w, "like_value",
                    a->like && tc_require_figure(a->like, f) > 0 ? tc_require_figure(a->like, f) : NAN);
    write_seconds(w, "step_s", r->step_s);
    write_seconds(w, "at_most_s", r->at_most);
    write_set(w, &a->question, f, r->value / r->today, r->reached);
    write_layout(w, &r->layout, r->devices);
    tc_write_close(w);
}

static void write_together(tc_writer *w, const tc_required_answer *a) {
    const tc_require *r = &a->require;
    tc_write_object(w, "together");
    tc_write_number(w, "factor", r->together_reached ? r->factor : NAN);
    tc_write_bool(w, "reached", r->together_reached);
    write_seconds(w, "step_s", r->together_s);
    tc_write_array(w, "figures");
    for (int i = 0; i < r->alone_count; i++) {
        const tc_requirement *one = &r->alone[i];
        if (one->figure > TC_REQUIRED_POWER) continue;
        tc_write_object(w, NULL);
        tc_write_string(w, "figure", key_of(one->figure));
        tc_write_number(w, "value", r->together_reached ? r->factor * one->today : NAN);
        tc_write_string(w, "unit", unit_of(one->figure));
        write_set(w, &a->question, one->figure, r->factor, r->together_reached);
        tc_write_close(w);
    }
    tc_write_close(w);
    write_layout(w, &r->together_layout, r->together_devices);
    tc_write_close(w);
}

static bool is_limited(const tc_require *r) {
    return r->points > 0 || r->limited_peak_flops > 0 || r->limited_power_w > 0;
}

static void write_limits(tc_writer *w, const tc_require *r) {
    if (!is_limited(r)) return;
    tc_write_object(w, "limits");
    tc_write_bool(w, "reached", r->limits_reached);
    tc_write_number(w, "most_peak_tflops", r->limited_peak_flops > 0 ? r->limited_peak_flops / 1e12 : NAN);
    tc_write_number(w, "most_power_w", r->limited_power_w > 0 ? r->limited_power_w : NAN);
    tc_write_close(w);
    tc_write_array(w, "front");
    for (int i = 0; i < r->points; i++) {
        const tc_require_point *p = &r->point[i];
        tc_write_object(w, NULL);
        tc_write_number(w, "peak_tflops", p->peak_flops / 1e12);
        tc_write_number(w, "memory_bandwidth_bytes_per_s", p->bytes_per_s);
        tc_write_number(w, "memory_gib", p->memory_bytes / TC_GIB);
        write_seconds(w, "step_s", p->step_s);
        write_layout(w, &p->layout, p->devices);
        tc_write_close(w);
    }
    tc_write_close(w);
}

static const char many[] = "no figure is raised to more than 10 times today's",
                  area[] = "peak of a square millimetre as today; bandwidth and capacity of the memory are not limited";

void tc_report_require(tc_target *target, const tc_required_answer *a) {
    const tc_require *r = &a->require;
    tc_writer w = tc_write_begin(target, "require/1", "alone");
    tc_write_array(&w, "assumed");
    tc_write_string(&w, NULL, many);
    if (is_limited(r)) tc_write_string(&w, NULL, area);
    tc_write_close(&w);
    tc_write_string(&w, "model", a->question.job.model.slug);
    tc_write_string(&w, "accelerator", a->question.cluster.accelerator.slug);
    tc_write_string(&w, "fabric", a->question.cluster.fabric.slug);
    tc_write_string(&w, "stack", a->question.stack.slug);
    tc_write_integer(&w, "devices", a->question.cluster.devices);
    tc_write_integer(&w, "global_batch", a->question.job.global_batch);
    tc_write_string(&w, "like", a->like ? a->like->cluster.accelerator.slug : NULL);
    tc_write_number(&w, "target_s", r->target_s);
    write_seconds(&w, "today_s", r->today_s);
    tc_write_array(&w, "alone");
    for (int i = 0; i < r->alone_count; i++) write_alone(&w, a, &r->alone[i]);
    tc_write_close(&w);
    write_together(&w, a);
    tc_write_number(&w, "price_usd", a->price_usd > 0 ? a->price_usd : NAN);
    tc_write_number(&w, "price_at_target_usd", a->price_at_target_usd > 0 ? a->price_at_target_usd : NAN);
    write_limits(&w, r);
    tc_write_object(&w, "timing");
    tc_write_number(&w, "seconds", r->seconds);
    tc_write_close(&w);
    tc_write_integer(&w, "searches", r->searches);
    tc_write_integer(&w, "forecasts", r->forecasts);
    tc_write_end(&w);
}

/* ---- text ------------------------------------------------------------------------------------------ */

static void print_head(FILE *file, const tc_style *style, const tc_required_answer *a) {
    const tc_require *r = &a->require;
    const tc_accelerator *like = a->like ? &a->like->cluster.accelerator : NULL;
    char text[400], layout[160];
    tc_print_headingf(file, style, "%.90s on %s x %.90s: what it must be for a step of %s",
                      a->question.job.model.name[0] ? a->question.job.model.name : a->question.job.model.slug,
                      tc_format_count(a->question.cluster.devices).s, name_of(a), tc_format_seconds(r->target_s).s);
    if (r->today_s > 0)
        snprintf(text, sizeof text, "%s, %.160s", tc_format_seconds(r->today_s).s,
                 tc_layout_degrees_text(&r->today_layout, layout, sizeof layout));
    tc_print_line(file, style, "today", r->today_s > 0 ? text : "no layout fits");
    if (like)
        snprintf(text, sizeof text, "%s, as %s %.96s", tc_format_seconds(r->target_s).s,
                 tc_format_count(a->like->cluster.devices).s, like->name[0] ? like->name : like->slug);
    tc_print_line(file, style, "target", like ? text : tc_format_seconds(r->target_s).s);
}

static bool print_alone(FILE *file, const tc_style *style, const tc_required_answer *a) {
    const tc_require *r = &a->require;
    tc_table t = {0};
    fputc('\n', file);
    tc_print_heading(file, style, "One figure alone, the layout searched again");
    for (int i = 0; i < r->alone_count; i++) {
        const tc_requirement *one = &r->alone[i];
        double like = a->like ? tc_require_figure(a->like, one->figure) : 0;
        char layout[160];
        tc_table_row_begin(&t);
        tc_cell(&t, "figure", TC_LEFT, tc_required_name(one->figure));
        tc_cell(&t, "today", TC_RIGHT, figure_text(one->figure, one->today).s);
        if (a->like)
            tc_cell(&t, a->like->cluster.accelerator.slug, TC_RIGHT, like > 0 ? figure_text(one->figure, like).s : "-");
        tc_cell(&t, "needed", TC_RIGHT, one->reached ? figure_text(one->figure, one->value).s : "not by it");
        tc_cellf(&t, "times", TC_RIGHT, "%s%.20s", one->reached ? "" : "at ",
                 tc_format_significant(one->value / one->today, 3).s);
        tc_cell(&t, "step", TC_RIGHT, one->step_s > 0 ? tc_format_seconds(one->step_s).s : "no fit");
        tc_cell(&t, "layout", TC_LEFT | TC_FLEXIBLE | TC_OPTIONAL,
                one->devices > 0 ? tc_layout_degrees_text(&one->layout, layout, sizeof layout) : "-");
    }
    return tc_table_print(&t, file, style);
}

/* The figure that alone comes nearest. */
static const tc_requirement *nearest(const tc_require *r) {
    const tc_requirement *best = NULL;
    for (int i = 0; i < r->alone_count; i++)
        if (r->alone[i].at_most > 0 && (!best || r->alone[i].at_most < best->at_most)) best = &r->alone[i];
    return best;
}

static void print_together(FILE *file, const tc_style *style, const tc_required_answer *a) {
    const tc_require *r = &a->require;
    char text[600];
    size_t used;
    if (r->together_reached)
        snprintf(text, sizeof text, "%s times as much of each: ", tc_format_significant(r->factor, 3).s);
    else
        snprintf(text, sizeof text,
                 "not with 10 times as much of each: %s. The rest is what no figure here buys: "
                 "kernel launches, host, latencies, bubbles",
                 r->together_s > 0 ? tc_format_seconds(r->together_s).s : "nothing fits");
    used = strlen(text);
    for (int i = 0; i < r->alone_count && r->together_reached && used < sizeof text; i++) {
        if (r->alone[i].figure > TC_REQUIRED_POWER) continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", i ? ", " : "",
                                 tc_required_name(r->alone[i].figure),
                                 figure_text(r->alone[i].figure, r->factor * r->alone[i].today).s);
    }
    fputc('\n', file);
    tc_print_line(file, style, "together", text);
    const tc_requirement *one = nearest(r);
    bool any = false;
    for (int i = 0; i < r->alone_count; i++) any = any || r->alone[i].reached;
    if (any || !one) return;
    tc_print_linef(file, style, "alone", "no figure alone meets it; nearest comes %s: %s with 10 times as much",
                   tc_required_name(one->figure), tc_format_seconds(one->at_most).s);
}

static void print_price(FILE *file, const tc_style *style, const tc_required_answer *a) {
    const char *like = a->like ? a->like->cluster.accelerator.slug : "";
    char text[300];
    if (!a->prices) return;
    if (isnan(a->price_usd))
        snprintf(text, sizeof text, "not known: a price of %.60s (--price) or a power is missing", like);
    else if (a->price_usd <= 0)
        snprintf(text, sizeof text, "as it is it never pays: its energy alone costs more a step than %.60s", like);
    else
        snprintf(text, sizeof text,
                 "%s a package, as it is, makes a step cost what it costs on %.60s, capital and power; %s where it "
                 "meets the target",
                 tc_format_usd(a->price_usd).s, like, tc_format_usd(a->price_at_target_usd).s);
    tc_print_line(file, style, "price", text);
}

static bool print_front(FILE *file, const tc_style *style, const tc_require *r) {
    tc_table t = {0};
    char layout[160], text[300] = "";
    if (!is_limited(r)) return true;
    fputc('\n', file);
    tc_print_heading(file, style, "Within the limits");
    if (r->limited_peak_flops > 0)
        snprintf(text, sizeof text, "at most %s in the format of the job", tc_format_flops(r->limited_peak_flops).s);
    if (*text) tc_print_line(file, style, "peak", text);
    tc_print_line(file, style, "target",
                  r->limits_reached ? "met by these; none is less in all three"
                                    : "not met: with 10 times the memory bandwidth the nearest is");
    for (int i = 0; i < r->points; i++) {
        const tc_require_point *p = &r->point[i];
        tc_table_row_begin(&t);
        tc_cell(&t, "matmul peak", TC_RIGHT, tc_format_flops(p->peak_flops).s);
        tc_cell(&t, "memory bandwidth", TC_RIGHT, tc_format_rate(p->bytes_per_s).s);
        tc_cell(&t, "memory", TC_RIGHT, tc_format_gib(p->memory_bytes).s);
        tc_cell(&t, "step", TC_RIGHT, p->step_s > 0 ? tc_format_seconds(p->step_s).s : "no fit");
        tc_cell(&t, "layout", TC_LEFT | TC_FLEXIBLE | TC_OPTIONAL,
                p->devices > 0 ? tc_layout_degrees_text(&p->layout, layout, sizeof layout) : "-");
    }
    return tc_table_print(&t, file, style);
}

bool tc_report_require_text(FILE *file, const tc_style *style, const tc_required_answer *a) {
    print_head(file, style, a);
    if (!print_alone(file, style, a)) return false;
    print_together(file, style, a);
    print_price(file, style, a);
    if (!print_front(file, style, &a->require)) return false;
    fputc('\n', file);
    tc_print_bullets(file, style, "Assumed: neither given nor in the data", many, 0, 1);
    if (is_limited(&a->require)) tc_print_bullet(file, style, area);
    return true;
}

/* infer_report.c - a served model under a load: times, rates, memory, money and energy. What is not known is "-" and null. */
#include "report/infer_report.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "report/chart.h"
#include "report/names.h"
#include "report/rows.h"

#define SHOWN 8 /* layouts */

#define SERVING_PARTS(ROW) ROW(weights) ROW(kv) ROW(compute) ROW(communication) ROW(launches) ROW(host)

/* ---- JSON ----------------------------------------------------------------------------------- */

static void write_parts(tc_writer *writer, const char *key, const tc_serving_parts *parts) {
    tc_write_object(writer, key);
#define WRITE_PART(part) tc_write_number(writer, #part, parts->part);
    SERVING_PARTS(WRITE_PART)
    tc_write_close(writer);
}

static void write_question(tc_writer *writer, const tc_serving_question *q) {
    tc_write_string(writer, "model", q->model.slug);
    tc_write_string(writer, "accelerator", q->cluster.accelerator.slug);
    tc_write_integer(writer, "devices", q->cluster.devices);
    tc_write_string(writer, "fabric", q->cluster.fabric.slug);
    tc_write_string(writer, "engine", q->engine.slug);
    tc_write_string(writer, "dtype", tc_weight_format_names[tc_serving_weights(q)]);
    tc_write_string(writer, "kv_dtype", tc_dtype_names[q->kv == TC_UNSET ? TC_BF16 : q->kv]);
    tc_write_string(writer, "phase", tc_serving_phase_names[q->phase]);
    tc_write_number(writer, "cached_share", q->cached_share);
}

static void write_times(tc_writer *writer, const tc_serving_answer *a) {
    tc_write_number(writer, "input_tokens", a->input_tokens);
    tc_write_number(writer, "output_tokens", a->output_tokens);
    tc_write_number(writer, "prefill_tokens_per_s_per_device", a->prefill_tokens_per_s_per_device);
    tc_write_number(writer, "decode_tokens_per_s_per_device", a->decode_tokens_per_s_per_device);
    tc_write_number(writer, "output_tokens_per_s", a->output_tokens_per_s);
    tc_write_number(writer, "output_tokens_per_s_p10", a->p10.output_tokens_per_s);
    tc_write_number(writer, "output_tokens_per_s_p90", a->p90.output_tokens_per_s);
    tc_write_number(writer, "output_tokens_per_s_per_device", a->output_tokens_per_s / a->devices);
    tc_write_number(writer, "total_tokens_per_s", a->total_tokens_per_s);
    tc_write_number(writer, "requests_per_s", a->requests_per_s);
    tc_write_number(writer, "ttft_s", a->ttft_s);
    tc_write_number(writer, "ttft_s_p10", a->p10.ttft_s);
    tc_write_number(writer, "ttft_s_p90", a->p90.ttft_s);
    tc_write_number(writer, "ttft_s_p95", a->ttft_s_p95);
    tc_write_number(writer, "tpot_s", a->tpot_s);
    tc_write_number(writer, "tpot_s_p10", a->p10.tpot_s);
    tc_write_number(writer, "tpot_s_p90", a->p90.tpot_s);
    tc_write_number(writer, "tpot_s_p95", a->tpot_s_p95);
    tc_write_number(writer, "e2e_s", a->e2e_s);
    tc_write_number(writer, "e2e_s_p10", a->p10.e2e_s);
    tc_write_number(writer, "e2e_s_p90", a->p90.e2e_s);
    tc_write_number(writer, "concurrency", a->concurrency);
    tc_write_number(writer, "running", a->running);
    tc_write_number(writer, "batch", a->batch);
    tc_write_number(writer, "decode_step_s", a->decode_step_s);
    tc_write_number(writer, "prefill_s", a->prefill_s);
    write_parts(writer, "decode_s", &a->decode);
    write_parts(writer, "prompt_s", &a->prefill);
    tc_write_number(writer, "accepted_tokens", a->accepted_tokens);
    tc_write_number(writer, "kv_transfer_s", a->kv_transfer_s);
}

static void write_memory(tc_writer *writer, const tc_serving_answer *a) {
    tc_write_number(writer, "kv_tokens", floor(a->kv_tokens));
    tc_write_number(writer, "kv_bytes_per_token", a->kv_bytes_per_token);
    tc_write_number(writer, "kv_share", a->kv_share);
    tc_write_number(writer, "most_requests", floor(a->most_requests));
    tc_write_number(writer, "memory_gib_per_device", a->memory_bytes / TC_GIB);
    tc_write_number(writer, "memory_limit_gib_per_device", a->memory_limit_bytes / TC_GIB);
    tc_write_number(writer, "weights_gib_per_device", a->weight_bytes / TC_GIB);
    tc_write_number(writer, "kv_gib_per_device", a->kv_bytes / TC_GIB);
    tc_write_bool(writer, "fits", a->fits);
    tc_write_bool(writer, "meets_objectives", a->meets);
    tc_write_string(writer, "bound", tc_serving_bound_names[a->bound]);
    tc_write_number(writer, "utilisation", a->utilisation);
    tc_write_number(writer, "bandwidth_share", a->bandwidth_share);
    tc_write_number(writer, "mfu_pct", 100 * a->mfu);
}

static void write_money(tc_writer *writer, const tc_serving_answer *a) {
    tc_write_number(writer, "cost_usd_per_m_tokens",
                    isnan(a->owned_usd_per_m_tokens) ? a->rented_usd_per_m_tokens : a->owned_usd_per_m_tokens);
    tc_write_number(writer, "owned_usd_per_m_tokens", a->owned_usd_per_m_tokens);
    tc_write_number(writer, "rented_usd_per_m_tokens", a->rented_usd_per_m_tokens);
    tc_write_number(writer, "energy_j_per_token", a->energy_j_per_token);
    tc_write_number(writer, "power_w", a->power_w);
}

static void write_layout(tc_writer *writer, const tc_serving_answer *a) {
    tc_write_object(writer, "layout");
    tc_write_integer(writer, "tp", a->tp);
    tc_write_integer(writer, "pp", a->pp);
    tc_write_integer(writer, "ep", a->ep);
    tc_write_integer(writer, "dp", a->dp);
    tc_write_integer(writer, "prefill_devices", a->prefill_devices);
    tc_write_close(writer);
}

static void write_assumed(tc_writer *writer, const tc_serving_answer *a) {
    tc_write_texts(writer, "assumed", a ? a->assumed[0] : NULL, sizeof a->assumed[0], a ? a->assumed_count : 0);
}

static void write_answer(tc_writer *writer, const tc_serving_answer *a) {
    write_times(writer, a);
    write_memory(writer, a);
    write_money(writer, a);
    write_layout(writer, a);
}

static void write_quantiles(tc_writer *writer, const char *key, const tc_quantiles *q) {
    tc_write_object(writer, key);
    tc_write_number(writer, "mean", q->mean);
    tc_write_number(writer, "p50", q->p50);
    tc_write_number(writer, "p90", q->p90);
    tc_write_number(writer, "p95", q->p95);
    tc_write_number(writer, "p99", q->p99);
    tc_write_close(writer);
}

static void write_simulated(tc_writer *writer, const tc_simulated *s) {
    tc_write_object(writer, "simulated");
    tc_write_integer(writer, "requests", s->requests);
    tc_write_integer(writer, "preemptions", s->preemptions);
    tc_write_number(writer, "seconds", s->seconds);
    tc_write_number(writer, "requests_per_s", s->requests_per_s);
    tc_write_number(writer, "output_tokens_per_s", s->output_tokens_per_s);
    write_quantiles(writer, "ttft_s", &s->ttft);
    write_quantiles(writer, "tpot_s", &s->tpot);
    write_quantiles(writer, "e2e_s", &s->e2e);
    tc_write_close(writer);
}

void tc_report_infer(tc_target *target, const tc_serving_question *q, const tc_serving_answer *a,
                     const tc_simulated *simulated) {
    tc_writer writer = tc_write_begin(target, "infer/1", NULL);
    write_assumed(&writer, a);
    write_question(&writer, q);
    write_answer(&writer, a);
    if (simulated) write_simulated(&writer, simulated);
    tc_write_end(&writer);
}

static tc_text three_digits(double value) { return tc_format_significant(value, 3); }

static void tell_front(const tc_rows *rows, const tc_serving_search *search) {
    for (int i = 0; i < search->points; i++) {
        const tc_serving_point *p = &search->front[i];
        tc_rows_begin(rows);
        tc_tell_number(rows, "user_tokens_per_s", "tokens/s a user", TC_RIGHT, p->user_tokens_per_s, three_digits);
        tc_tell_number(rows, "output_tokens_per_s_per_device", "a device", TC_RIGHT, p->device_tokens_per_s,
                       three_digits);
        tc_tell_number(rows, "batch", "batch", TC_RIGHT, p->batch, tc_format_count);
        tc_tell_number(rows, "ttft_s", NULL, 0, p->ttft_s, NULL);
        tc_tell_count(rows, "tp", "TP", TC_RIGHT, p->tp);
        tc_tell_count(rows, "pp", "PP", TC_RIGHT, p->pp);
        tc_tell_count(rows, "ep", "EP", TC_RIGHT, p->ep);
        if (rows->writer) tc_write_bool(rows->writer, "disaggregated", p->disaggregated);
        tc_tell_text(rows, NULL, "prompts", TC_LEFT, p->disaggregated ? "apart" : "between");
        tc_rows_end(rows);
    }
}

void tc_report_infer_search(tc_target *target, const tc_serving_question *q, tc_serving_goal goal,
                            const tc_serving_search *search) {
    tc_writer writer = tc_write_begin(target, "infer-search/1", "best");
    write_assumed(&writer, search->count > 0 ? &search->best[0] : NULL);
    write_question(&writer, q);
    tc_write_string(&writer, "goal", tc_serving_goal_names[goal]);
    tc_write_integer(&writer, "tried", search->tried);
    tc_write_integer(&writer, "evaluated", search->evaluated);
    tc_write_array(&writer, "best");
    for (int i = 0; i < search->count; i++) {
        tc_write_object(&writer, NULL);
        tc_write_integer(&writer, "devices", search->best[i].devices);
        write_answer(&writer, &search->best[i]);
        tc_write_close(&writer);
    }
    tc_write_close(&writer);
    tc_write_array(&writer, "front");
    tell_front(&(tc_rows){.writer = &writer}, search);
    tc_write_end(&writer);
}

/* ---- text ------------------------------------------------------------------------------------- */

/* "1.2 s", or a dash. */
static tc_text seconds(double value) { return isnan(value) ? (tc_text){"-"} : tc_format_seconds(value); }

static void print_times(FILE *file, const tc_style *style, const tc_serving_answer *a) {
    if (!isnan(a->ttft_s)) {
        tc_print_linef(file, style, "first token",
                       "%.20s (80 %% interval %.20s to %.20s), %.20s for 95 of 100 requests", seconds(a->ttft_s).s,
                       seconds(a->p10.ttft_s).s, seconds(a->p90.ttft_s).s, seconds(a->ttft_s_p95).s);
    } else {
        tc_print_line(file, style, "first token", "never: more arrive than are served");
    }
    if (!isnan(a->tpot_s))
        tc_print_linef(file, style, "each further",
                       "%.20s (80 %% interval %.20s to %.20s), %.20s for 95 of 100; %.20s tokens/s a user",
                       seconds(a->tpot_s).s, seconds(a->p10.tpot_s).s, seconds(a->p90.tpot_s).s,
                       seconds(a->tpot_s_p95).s, tc_format_significant(1 / a->tpot_s, 3).s);
    tc_print_line(file, style, "request", seconds(a->e2e_s).s);
}

static void print_rates(FILE *file, const tc_style *style, const tc_serving_answer *a) {
    char text[320];
    snprintf(text, sizeof text,
             "%.24s output tokens/s (80 %% interval %.24s to %.24s), %.20s a device; %.20s requests/s",
             tc_format_significant(a->output_tokens_per_s, 3).s, tc_format_significant(a->p10.output_tokens_per_s, 3).s,
             tc_format_significant(a->p90.output_tokens_per_s, 3).s,
             tc_format_significant(a->output_tokens_per_s / a->devices, 3).s,
             tc_format_significant(a->requests_per_s, 3).s);
    tc_print_line(file, style, "throughput", text);
    tc_print_linef(file, style, "phases", "prefill %.20s, decode %.20s tokens/s a device, each alone",
                   tc_format_significant(a->prefill_tokens_per_s_per_device, 3).s,
                   isnan(a->decode_tokens_per_s_per_device)
                       ? "-"
                       : tc_format_significant(a->decode_tokens_per_s_per_device, 3).s);
    tc_print_linef(file, style, "requests",
                   "%.20s in the system, %.20s decode at once, %.20s a replica; room for %.20s",
                   isnan(a->concurrency) ? "-" : tc_format_significant(a->concurrency, 3).s,
                   tc_format_significant(a->running, 3).s, tc_format_significant(a->batch, 3).s,
                   tc_format_count(floor(a->most_requests)).s);
}

static void print_step(FILE *file, const tc_style *style, const tc_serving_answer *a) {
    char text[320];
    size_t used = 0;
    if (isnan(a->decode_step_s)) return;
    used = (size_t)snprintf(text, sizeof text, "%.20s a step:", seconds(a->decode_step_s).s);
#define PRINT_PART(part)                                                                                               \
    if (a->decode.part >= 0.005 * a->decode_step_s && used < sizeof text)                                              \
        used += (size_t)snprintf(text + used, sizeof text - used, "%s " #part " %.12s",                                \
                                 text[used - 1] == ':' ? "" : ",",                                                     \
                                 tc_format_percent(100 * a->decode.part / a->decode_step_s).s);
    SERVING_PARTS(PRINT_PART)
    tc_print_line(file, style, "decode", text);
}

static void print_memory(FILE *file, const tc_style *style, const tc_serving_answer *a) {
    tc_print_linef(file, style, "memory", "%.20s of %.20s a device: weights %.20s, keys and values %.20s; %s",
                   tc_format_gib(a->memory_bytes).s, tc_format_gib(a->memory_limit_bytes).s,
                   tc_format_gib(a->weight_bytes).s, tc_format_gib(a->kv_bytes).s, a->fits ? "fits" : "does NOT fit");
    tc_print_linef(file, style, "cache", "%.20s bytes a token, room for %.24s tokens",
                   tc_format_count(a->kv_bytes_per_token).s, tc_format_count(floor(a->kv_tokens)).s);
}

static void print_money(FILE *file, const tc_style *style, const tc_serving_answer *a) {
    bool owned = !isnan(a->owned_usd_per_m_tokens), rented = !isnan(a->rented_usd_per_m_tokens);
    if (owned || rented)
        tc_print_linef(file, style, "cost", "%.24s%s%.24s%s per million output tokens",
                       owned ? tc_format_usd(a->owned_usd_per_m_tokens).s : "",
                       !owned   ? ""
                       : rented ? " owned, "
                                : " owned",
                       rented ? tc_format_usd(a->rented_usd_per_m_tokens).s : "", rented ? " rented" : "");
    if (!isnan(a->energy_j_per_token))
        tc_print_linef(file, style, "energy", "%.20s J per output token, %.20s kW of devices",
                       tc_format_significant(a->energy_j_per_token, 3).s, tc_format_significant(a->power_w / 1e3, 3).s);
}

/* "TP 8, EP 16, DP 4; 32 devices prefill" */
static void layout_text(const tc_serving_answer *a, char *text, size_t size) {
    snprintf(text, size, "TP %d", a->tp);
    if (a->pp > 1) tc_append(text, size, ", PP %d", a->pp);
    if (a->ep > 1) tc_append(text, size, ", EP %d", a->ep);
    tc_append(text, size, ", DP %d", a->dp);
    if (a->prefill_devices > 0) tc_append(text, size, "; %d devices prefill", a->prefill_devices);
}

static void print_head(FILE *file, const tc_style *style, const tc_serving_question *q) {
    tc_print_headingf(file, style, "%.120s served by %d x %.90s", q->model.name, q->cluster.devices,
                      q->cluster.accelerator.name);
    tc_print_wrappedf(file, style, 0, 2, "%s; %s; weights in %s, keys and values in %s", q->cluster.fabric.name,
                      q->engine.name, tc_weight_format_names[tc_serving_weights(q)],
                      tc_dtype_names[q->kv == TC_UNSET ? TC_BF16 : q->kv]);
    fputc('\n', file);
}

static void print_simulated(FILE *file, const tc_style *style, const tc_simulated *s) {
    tc_table table = {0};
    static const char *const numbers[] = {"mean", "p50", "p90", "p95", "p99"};
    const struct {
        const char *name;
        const tc_quantiles *of;
    } rows[] = {{"time to the first token", &s->ttft}, {"time per token", &s->tpot}, {"end to end", &s->e2e}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double values[] = {rows[i].of->mean, rows[i].of->p50, rows[i].of->p90, rows[i].of->p95, rows[i].of->p99};
        tc_table_row_begin(&table);
        tc_cell(&table, "simulated", TC_FLEXIBLE, rows[i].name);
        for (int k = 0; k < 5; k++) tc_cell(&table, numbers[k], TC_RIGHT, seconds(values[k]).s);
    }
    fputc('\n', file);
    tc_table_print(&table, file, style);
    fprintf(file, "%s requests, ", tc_format_count((double)s->requests).s);
    fprintf(file, "%s a second, ", tc_format_significant(s->requests_per_s, 3).s);
    fprintf(file, "%s tokens/s", tc_format_significant(s->output_tokens_per_s, 4).s);
    if (s->preemptions) fprintf(file, ", %s preempted by a full cache", tc_format_count((double)s->preemptions).s);
    fputc('\n', file);
}

void tc_report_infer_text(FILE *file, const tc_style *style, const tc_serving_question *q, const tc_serving_answer *a,
                          const tc_simulated *simulated) {
    char text[512];
    print_head(file, style, q);
    if (q->phase != TC_PHASE_DECODE) print_times(file, style, a);
    print_rates(file, style, a);
    print_step(file, style, a);
    print_memory(file, style, a);
    print_money(file, style, a);
    layout_text(a, text, sizeof text);
    tc_print_line(file, style, "layout", text);
    tc_print_line(file, style, "bound", tc_serving_bound_names[a->bound]);
    if (!a->meets) tc_print_line(file, style, "objectives", "NOT met");
    if (simulated) print_simulated(file, style, simulated);
    tc_print_bullets(file, style, "\nAssumed: neither given nor in the data", a->assumed[0], sizeof a->assumed[0],
                     a->assumed_count);
}

/* ---- many layouts -------------------------------------------------------------------------------- */

static bool print_best(FILE *file, const tc_style *style, const tc_serving_search *search) {
    tc_table table = {0};
    for (int i = 0; i < search->count && i < SHOWN; i++) {
        const tc_serving_answer *a = &search->best[i];
        double cost = isnan(a->owned_usd_per_m_tokens) ? a->rented_usd_per_m_tokens : a->owned_usd_per_m_tokens;
        char text[80];
        snprintf(text, sizeof text, "TP %d", a->tp);
        if (a->pp > 1) tc_append(text, sizeof text, " PP %d", a->pp);
        if (a->ep > 1) tc_append(text, sizeof text, " EP %d", a->ep);
        tc_table_row_begin(&table);
        tc_cell(&table, "layout", TC_FLEXIBLE, text);
        tc_cell(&table, "devices", TC_RIGHT, tc_format_count(a->devices).s);
        tc_cell(&table, "prefill", TC_RIGHT, a->prefill_devices > 0 ? tc_format_count(a->prefill_devices).s : NULL);
        tc_cell(&table, "TTFT p95", TC_RIGHT, seconds(a->ttft_s_p95).s);
        tc_cell(&table, "TPOT p95", TC_RIGHT, seconds(a->tpot_s_p95).s);
        tc_cell(&table, "each", TC_RIGHT, tc_format_significant(a->output_tokens_per_s / a->devices, 3).s);
        tc_cell(&table, "$/M", TC_RIGHT, isnan(cost) ? NULL : tc_format_usd(cost).s);
        tc_cell(&table, "J/token", TC_RIGHT,
                isnan(a->energy_j_per_token) ? NULL : tc_format_significant(a->energy_j_per_token, 3).s);
    }
    return tc_table_print(&table, file, style);
}

static bool print_front(FILE *file, const tc_style *style, const tc_serving_search *search) {
    tc_table table = {0};
    tell_front(&(tc_rows){.table = &table}, search);
    return tc_table_print(&table, file, style);
}

bool tc_report_infer_search_text(FILE *file, const tc_style *style, const tc_serving_question *q, tc_serving_goal goal,
                                 const tc_serving_search *search) {
    print_head(file, style, q);
    tc_print_wrappedf(file, style, 0, 2, "%d layouts, %d forecasts; best by %s; each: output tokens/s of a device",
                      search->tried, search->evaluated, tc_serving_goal_names[goal]);
    fputc('\n', file);
    bool printed = true;
    if (search->count > 0)
        printed = print_best(file, style, search);
    else
        tc_print_line(file, style, "none", "fits and meets the objectives; more devices or looser objectives would");
    if (search->points > 0) {
        tc_print_heading(file, style, "\nWhat no layout beats in both: speed of a user, output of a device");
        printed = print_front(file, style, search) && printed;
    }
    if (search->count > 0)
        tc_print_bullets(file, style, "\nAssumed: neither given nor in the data", search->best[0].assumed[0],
                         sizeof search->best[0].assumed[0], search->best[0].assumed_count);
    return printed;
}

/* ---- the picture --------------------------------------------------------------------------------- */

enum { FRONT_WIDTH = 760, FRONT_HEIGHT = 480, FRONT_MARGIN = 72 };

void tc_report_infer_front(FILE *file, const tc_serving_question *q, const tc_serving_search *search) {
    char title[200], subtitle[256];
    double user = 0, device = 0;
    tc_chart_point line[TC_SERVING_FRONT];
    for (int i = 0; i < search->points; i++) {
        line[i] = (tc_chart_point){search->front[i].user_tokens_per_s, search->front[i].device_tokens_per_s};
        user = fmax(user, line[i].x);
        device = fmax(device, line[i].y);
    }
    snprintf(title, sizeof title, "%.90s on %.90s", q->model.name, q->cluster.accelerator.name);
    snprintf(subtitle, sizeof subtitle, "%.60s, weights in %s: what no layout beats in both", q->engine.name,
             tc_weight_format_names[tc_serving_weights(q)]);
    tc_chart chart = tc_chart_begin(file, FRONT_WIDTH, FRONT_HEIGHT, title, subtitle);
    tc_plot plot = {.chart = &chart,
                    .left = FRONT_MARGIN,
                    .top = TC_CHART_HEAD + 8,
                    .width = FRONT_WIDTH - 2 * FRONT_MARGIN,
                    .height = FRONT_HEIGHT - TC_CHART_HEAD - FRONT_MARGIN - 40,
                    .x = tc_axis_upto(TC_AXIS_NUMBER, 0, user > 0 ? user : 1, "output tokens/s a user"),
                    .y = tc_axis_upto(TC_AXIS_NUMBER, 0, device > 0 ? device : 1, "output tokens/s a device")};
    tc_plot_axes(&plot);
    tc_plot_line(&plot, line, search->points, tc_chart_colour(0), 1.5, false);
    for (int i = 0; i < search->points; i++) {
        const tc_serving_point *p = &search->front[i];
        char words[120];
        snprintf(words, sizeof words, "TP %d, PP %d, EP %d, batch %.0f", p->tp, p->pp, p->ep, p->batch);
        tc_plot_dot(&plot, line[i].x, line[i].y, tc_chart_colour(p->disaggregated ? 1 : 0), words);
    }
    const tc_key keys[] = {{TC_KEY_DOT, tc_chart_colour(0), "prompts between outputs"},
                           {TC_KEY_DOT, tc_chart_colour(1), "prompts on devices of their own"}};
    tc_chart_legend(&chart, FRONT_MARGIN, FRONT_HEIGHT - 44, FRONT_WIDTH - 2 * FRONT_MARGIN, keys, 2);
    tc_chart_end(&chart, "");
}

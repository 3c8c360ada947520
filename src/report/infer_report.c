/* infer_report.c - a served model under a load: times, rates, memory, money and energy. What is not known is "-" and null. */
#include "report/infer_report.h"

#include <math.h>
#include <stdio.h>

#include "base/units.h"
#include "base/vocabulary.h"
#include "report/format.h"
#include "report/names.h"

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
    tc_write_string(writer, "dtype", tc_weight_format_names[q->weights]);
    tc_write_string(writer, "kv_dtype", tc_dtype_names[q->kv == TC_UNSET ? TC_BF16 : q->kv]);
    tc_write_string(writer, "phase", tc_serving_phase_names[q->phase]);
    tc_write_number(writer, "cached_share", q->cached_share);
}

static void write_times(tc_writer *writer, const tc_serving_answer *a) {
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

void tc_report_infer(tc_target *target, const tc_serving_question *q, const tc_serving_answer *a) {
    tc_writer writer = tc_write_begin(target, "infer/1", NULL);
    tc_write_array(&writer, "assumed");
    for (int i = 0; i < a->assumed_count; i++) tc_write_string(&writer, NULL, a->assumed[i]);
    tc_write_close(&writer);
    write_question(&writer, q);
    write_times(&writer, a);
    write_memory(&writer, a);
    write_money(&writer, a);
    tc_write_object(&writer, "layout");
    tc_write_integer(&writer, "tp", a->tp);
    tc_write_integer(&writer, "pp", a->pp);
    tc_write_integer(&writer, "ep", a->ep);
    tc_write_integer(&writer, "dp", a->dp);
    tc_write_integer(&writer, "prefill_devices", a->prefill_devices);
    tc_write_close(&writer);
    tc_write_end(&writer);
}

/* ---- text ------------------------------------------------------------------------------------- */

/* "1.2 s", or a dash. */
static tc_text seconds(double value) { return isnan(value) ? (tc_text){"-"} : tc_format_seconds(value); }

static void print_times(FILE *file, const tc_style *style, const tc_serving_answer *a) {
    char text[256];
    if (!isnan(a->ttft_s)) {
        snprintf(text, sizeof text, "%.20s (80 %% interval %.20s to %.20s), %.20s for 95 of 100 requests",
                 seconds(a->ttft_s).s, seconds(a->p10.ttft_s).s, seconds(a->p90.ttft_s).s, seconds(a->ttft_s_p95).s);
        tc_print_line(file, style, "first token", text);
    } else {
        tc_print_line(file, style, "first token", "never: more arrive than are served");
    }
    if (!isnan(a->tpot_s)) {
        snprintf(text, sizeof text, "%.20s (80 %% interval %.20s to %.20s), %.20s for 95 of 100; %.20s tokens/s a user",
                 seconds(a->tpot_s).s, seconds(a->p10.tpot_s).s, seconds(a->p90.tpot_s).s, seconds(a->tpot_s_p95).s,
                 tc_format_significant(1 / a->tpot_s, 3).s);
        tc_print_line(file, style, "each further", text);
    }
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
    snprintf(text, sizeof text, "prefill %.20s, decode %.20s tokens/s a device, each alone",
             tc_format_significant(a->prefill_tokens_per_s_per_device, 3).s,
             isnan(a->decode_tokens_per_s_per_device) ? "-"
                                                      : tc_format_significant(a->decode_tokens_per_s_per_device, 3).s);
    tc_print_line(file, style, "phases", text);
    snprintf(text, sizeof text, "%.20s in the system, %.20s decode at once, %.20s a replica; room for %.20s",
             isnan(a->concurrency) ? "-" : tc_format_significant(a->concurrency, 3).s,
             tc_format_significant(a->running, 3).s, tc_format_significant(a->batch, 3).s,
             tc_format_count(floor(a->most_requests)).s);
    tc_print_line(file, style, "requests", text);
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
    char text[320];
    snprintf(text, sizeof text, "%.20s of %.20s a device: weights %.20s, keys and values %.20s; %s",
             tc_format_gib(a->memory_bytes).s, tc_format_gib(a->memory_limit_bytes).s, tc_format_gib(a->weight_bytes).s,
             tc_format_gib(a->kv_bytes).s, a->fits ? "fits" : "does NOT fit");
    tc_print_line(file, style, "memory", text);
    snprintf(text, sizeof text, "%.20s bytes a token, room for %.24s tokens", tc_format_count(a->kv_bytes_per_token).s,
             tc_format_count(floor(a->kv_tokens)).s);
    tc_print_line(file, style, "cache", text);
}

static void print_money(FILE *file, const tc_style *style, const tc_serving_answer *a) {
    char text[320];
    if (!isnan(a->owned_usd_per_m_tokens) || !isnan(a->rented_usd_per_m_tokens)) {
        snprintf(text, sizeof text, "%.24s owned, %.24s rented per million output tokens",
                 isnan(a->owned_usd_per_m_tokens) ? "-" : tc_format_usd(a->owned_usd_per_m_tokens).s,
                 isnan(a->rented_usd_per_m_tokens) ? "-" : tc_format_usd(a->rented_usd_per_m_tokens).s);
        tc_print_line(file, style, "cost", text);
    }
    if (!isnan(a->energy_j_per_token)) {
        snprintf(text, sizeof text, "%.20s J per output token, %.20s kW of devices",
                 tc_format_significant(a->energy_j_per_token, 3).s, tc_format_significant(a->power_w / 1e3, 3).s);
        tc_print_line(file, style, "energy", text);
    }
}

void tc_report_infer_text(FILE *file, const tc_style *style, const tc_serving_question *q, const tc_serving_answer *a) {
    char text[512];
    snprintf(text, sizeof text, "%.120s served by %d x %.90s", q->model.name, q->cluster.devices,
             q->cluster.accelerator.name);
    tc_print_heading(file, style, text);
    snprintf(text, sizeof text, "%s; %s; weights in %s, keys and values in %s", q->cluster.fabric.name, q->engine.name,
             tc_weight_format_names[q->weights], tc_dtype_names[q->kv == TC_UNSET ? TC_BF16 : q->kv]);
    tc_print_wrapped(file, style, 0, 2, text);
    fputc('\n', file);
    if (q->phase != TC_PHASE_DECODE) print_times(file, style, a);
    print_rates(file, style, a);
    print_step(file, style, a);
    print_memory(file, style, a);
    print_money(file, style, a);
    size_t used = (size_t)snprintf(text, sizeof text, "TP %d", a->tp);
    if (a->pp > 1) used += (size_t)snprintf(text + used, sizeof text - used, ", PP %d", a->pp);
    if (a->ep > 1) used += (size_t)snprintf(text + used, sizeof text - used, ", EP %d", a->ep);
    used += (size_t)snprintf(text + used, sizeof text - used, ", DP %d", a->dp);
    if (a->prefill_devices > 0) snprintf(text + used, sizeof text - used, "; %d devices prefill", a->prefill_devices);
    tc_print_line(file, style, "layout", text);
    tc_print_line(file, style, "bound", tc_serving_bound_names[a->bound]);
    if (!a->meets) tc_print_line(file, style, "objectives", "NOT met");
    tc_print_bullets(file, style, "\nAssumed: neither given nor in the data", a->assumed[0], sizeof a->assumed[0],
                     a->assumed_count);
}

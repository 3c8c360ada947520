/* compare_serving_report.c - a served model on different accelerators. What is not known is "-" and null. */
#include "report/compare_serving_report.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "base/vocabulary.h"
#include "report/format.h"

static const struct {
    unsigned merit;
    const char *word, *text;
} merits[] = {
    {TC_MERIT_CHEAPEST, "cheapest", "the cheapest token"},   {TC_MERIT_MOST, "most", "the most output of a device"},
    {TC_MERIT_FASTEST, "fastest", "the fastest user"},       {TC_MERIT_FRUGAL, "frugal", "the least energy of a token"},
    {TC_MERIT_PREFILL, "prefill", "prompts before outputs"}, {TC_MERIT_DECODE, "decode", "outputs before prompts"},
};
#define MERITS (sizeof merits / sizeof merits[0])

static double output_of(const tc_serving_answer *a) { return a->output_tokens_per_s / a->devices; }

/* The format of the weights on all of them; NULL: not the same everywhere. */
static const char *format_of(const tc_serving_comparison *items, int count) {
    int first = tc_serving_weights(&items[0].question);
    for (int i = 1; i < count; i++)
        if (tc_serving_weights(&items[i].question) != first) return NULL;
    return tc_weight_format_names[first];
}

/* ---- for programs ------------------------------------------------------------------------------- */

static void write_assumed(tc_writer *w, const tc_serving_comparison *items, int count) {
    tc_write_array(w, "assumed");
    for (int i = 0; i < count; i++)
        for (int k = 0; items[i].found && k < items[i].best.assumed_count; k++) {
            bool said = false;
            for (int j = 0; j < i; j++)
                for (int m = 0; items[j].found && m < items[j].best.assumed_count; m++)
                    said = said || strcmp(items[j].best.assumed[m], items[i].best.assumed[k]) == 0;
            if (!said) tc_write_string(w, NULL, items[i].best.assumed[k]);
        }
    tc_write_close(w);
}

static void write_found(tc_writer *w, const tc_serving_comparison *item) {
    const tc_serving_answer *a = &item->best;
    tc_write_number(w, "prefill_tokens_per_s_per_device", a->prefill_tokens_per_s_per_device);
    tc_write_number(w, "decode_tokens_per_s_per_device", a->decode_tokens_per_s_per_device);
    tc_write_number(w, "prefill_share", item->prefill_share);
    tc_write_number(w, "decode_share", item->decode_share);
    tc_write_number(w, "output_tokens_per_s_per_device", output_of(a));
    tc_write_number(w, "output_tokens_per_s_per_device_p10", a->p10.output_tokens_per_s / a->devices);
    tc_write_number(w, "output_tokens_per_s_per_device_p90", a->p90.output_tokens_per_s / a->devices);
    tc_write_number(w, "requests_per_s", a->requests_per_s);
    tc_write_number(w, "user_tokens_per_s", 1 / a->tpot_s);
    tc_write_number(w, "fastest_user_tokens_per_s", item->fastest_user_tokens_per_s);
    tc_write_number(w, "ttft_s_p95", a->ttft_s_p95);
    tc_write_number(w, "tpot_s_p95", a->tpot_s_p95);
    tc_write_number(w, "rented_usd_per_million_tokens", a->rented_usd_per_m_tokens);
    tc_write_number(w, "owned_usd_per_million_tokens", a->owned_usd_per_m_tokens);
    tc_write_number(w, "energy_j_per_token", a->energy_j_per_token);
    tc_write_integer(w, "used_devices", a->devices);
    tc_write_integer(w, "prefill_devices", a->prefill_devices);
    tc_write_integer(w, "tp", a->tp);
    tc_write_integer(w, "pp", a->pp);
    tc_write_integer(w, "ep", a->ep);
    tc_write_array(w, "good_for");
    for (size_t k = 0; k < MERITS; k++)
        if (item->merits & merits[k].merit) tc_write_string(w, NULL, merits[k].word);
    tc_write_close(w);
}

/* The first that has an answer; NULL: none has. All are asked with the same lengths. */
static const tc_serving_answer *answered(const tc_serving_comparison *items, int count) {
    for (int i = 0; i < count; i++)
        if (items[i].found) return &items[i].best;
    return NULL;
}

void tc_report_compare_serving(tc_target *target, const tc_serving_comparison *items, int count) {
    tc_writer w = tc_write_begin(target, "compare-serving/1", "items");
    const tc_serving_question *q = &items[0].question;
    write_assumed(&w, items, count);
    tc_write_string(&w, "model", q->model.slug);
    tc_write_string(&w, "dtype", format_of(items, count));
    const tc_serving_answer *a = answered(items, count);
    tc_write_number(&w, "input_tokens", a ? a->input_tokens : NAN);
    tc_write_number(&w, "output_tokens", a ? a->output_tokens : NAN);
    tc_write_array(&w, "items");
    for (int i = 0; i < count; i++) {
        const tc_serving_comparison *item = &items[i];
        tc_write_object(&w, NULL);
        tc_write_string(&w, "accelerator", item->question.cluster.accelerator.slug);
        tc_write_string(&w, "dtype", tc_weight_format_names[tc_serving_weights(&item->question)]);
        tc_write_string(&w, "name", item->question.cluster.accelerator.name);
        tc_write_integer(&w, "devices", item->question.cluster.devices);
        tc_write_string(&w, "engine", item->question.engine.slug);
        tc_write_string(&w, "error", item->code ? item->error.text : NULL);
        tc_write_bool(&w, "meets", item->found);
        if (item->found) write_found(&w, item);
        tc_write_close(&w);
    }
    tc_write_end(&w);
}

/* ---- for people ---------------------------------------------------------------------------------- */

static void add_row(tc_table *table, const tc_serving_comparison *item) {
    const tc_serving_answer *a = &item->best;
    char layout[48];
    tc_table_row_begin(table);
    tc_cell(table, "accelerator", TC_LEFT | TC_FLEXIBLE, item->question.cluster.accelerator.slug);
    if (!item->found) {
        tc_table_dashes(table);
        return;
    }
    snprintf(layout, sizeof layout, "%d/%d/%d%s", a->tp, a->pp, a->ep, a->prefill_devices > 0 ? " apart" : "");
    tc_cell(table, "prefill", TC_RIGHT, tc_format_significant(a->prefill_tokens_per_s_per_device, 3).s);
    tc_cell(table, "decode", TC_RIGHT, tc_format_significant(a->decode_tokens_per_s_per_device, 3).s);
    tc_cell_tone(table, "output", TC_RIGHT, tc_format_significant(output_of(a), 3).s, TC_TONE_STRONG);
    tc_cell(table, "user", TC_RIGHT, tc_format_significant(1 / a->tpot_s, 3).s);
    tc_cell(table, "fastest", TC_RIGHT, tc_format_significant(item->fastest_user_tokens_per_s, 3).s);
    tc_cell(table, "$ owned", TC_RIGHT, tc_format_usd(a->owned_usd_per_m_tokens).s);
    tc_cell(table, "$ rented", TC_RIGHT, tc_format_usd(a->rented_usd_per_m_tokens).s);
    tc_cell(table, "TP/PP/EP", TC_RIGHT | TC_OPTIONAL, layout);
    tc_cell(table, "TTFT p95", TC_RIGHT | TC_OPTIONAL, tc_format_seconds(a->ttft_s_p95).s);
    tc_cell(table, "J/token", TC_RIGHT | TC_OPTIONAL, tc_format_significant(a->energy_j_per_token, 3).s);
}

/* "h20: outputs before prompts (0.21 of the best at prompts, 0.83 at outputs); the cheapest token" */
static void print_merits(FILE *file, const tc_style *style, const tc_serving_comparison *items, int count) {
    tc_print_heading(file, style, "\nWhat each is good for");
    for (int i = 0; i < count; i++) {
        const tc_serving_comparison *item = &items[i];
        char text[512];
        snprintf(text, sizeof text, "%.60s: ", item->question.cluster.accelerator.slug);
        if (item->code) {
            tc_append(text, sizeof text, "%.20s: %.300s", item->error.place, item->error.text);
        } else if (!item->found) {
            tc_append(text, sizeof text, "no layout of up to %d fits and meets the objectives",
                      item->question.cluster.devices);
        } else {
            tc_append(text, sizeof text, "prompts %s of the best, outputs %s",
                      tc_format_percent(100 * item->prefill_share).s, tc_format_percent(100 * item->decode_share).s);
            for (size_t k = 0; k < MERITS; k++)
                if (item->merits & merits[k].merit) tc_append(text, sizeof text, "; %s", merits[k].text);
        }
        tc_print_bullet(file, style, text);
    }
}

bool tc_report_compare_serving_text(FILE *file, const tc_style *style, const tc_serving_comparison *items, int count) {
    const tc_serving_question *q = &items[0].question;
    const char *format = format_of(items, count);
    const tc_serving_answer *a = answered(items, count);
    tc_print_headingf(file, style, "%.100s%s%s served%s%.10s%s%.10s", q->model.name, format ? " in " : "",
                      format ? format : "", a ? ": prompts of " : "",
                      a ? tc_format_significant(a->input_tokens, 4).s : "", a ? " tokens, outputs of " : "",
                      a ? tc_format_significant(a->output_tokens, 4).s : "");
    fputc('\n', file);
    tc_table table = {0};
    for (int i = 0; i < count; i++) add_row(&table, &items[i]);
    if (!tc_table_print(&table, file, style)) return false;
    fputc('\n', file);
    tc_print_wrapped(file, style, 0, 0,
                     "prefill, decode: tokens/s of a device while it does so; output: of a device within the "
                     "objectives; user: tokens/s of "
                     "one there; fastest: at any batch. $: of a million output tokens.");
    print_merits(file, style, items, count);
    return true;
}

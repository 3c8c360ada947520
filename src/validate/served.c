/* served.c - reads published serving measurements. */
#include "validate/served.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validate/fields.h"

#define LONGEST 1e9 /* tokens of a request */
#define MOST 1e9    /* requests */
#define LARGEST_RATE 1e9

static const char *const phases[] = {"mixed", "offline", "prefill", "decode"};
static const char *const loads[] = {"closed", "open", "static", "burst", "queued"};
static const char *const metrics[]
    = {"tpot_ms", "ttft_ms", "output_tokens_per_s", "total_tokens_per_s", "requests_per_s", "input_tokens_per_s",
       "e2e_ms"};
_Static_assert(sizeof phases / sizeof phases[0] == TC_SERVED_PHASES, "a word for each phase");
_Static_assert(sizeof loads / sizeof loads[0] == TC_SERVED_LOADS, "a word for each load");
_Static_assert(sizeof metrics / sizeof metrics[0] == TC_SERVED_METRICS, "a name for each metric");

const char *tc_served_metric_name(tc_served_metric metric) { return metrics[metric]; }

bool tc_served_is(const json_t *object) { return json_is_string(json_object_get(object, "phase")); }

/* A figure that a source's reader worked out: numbers alone count, whatever else stands there. */
static double derived(const tc_json *json, const char *key) {
    const json_t *value = tc_json_value(json, key);
    double number = value && json_is_number(value) ? json_number_value(value) : 0;
    return number > 0 && number < 1e15 ? number : 0;
}

static int derived_count(const tc_json *json, const char *key) {
    double number = derived(json, key);
    return number < TC_FIELD_LARGEST ? (int)number : 0;
}

static double first(double a, double b) { return a > 0 ? a : b; }

static void read_model(const tc_json *row, tc_served_model *m, tc_arena *arena) {
    tc_json json = tc_json_child(row, "model");
    m->name = tc_published_text(&json, "name", "", arena);
    m->attention = tc_published_text(&json, "attention", "", arena);
    m->parameters = tc_field_measure(&json, "parameters");
    m->layers = tc_field_positive(&json, "layers", 0);
    m->hidden = tc_field_positive(&json, "hidden", 0);
    m->heads = tc_field_positive(&json, "heads", 0);
    m->kv_heads = tc_field_positive(&json, "kv_heads", 0);
    m->head_dim = tc_field_positive(&json, "head_dim", 0);
    m->ffn = tc_field_positive(&json, "ffn", 0);
    m->vocab = tc_field_positive(&json, "vocab", 0);
    m->experts = (int)tc_json_integer(&json, "experts", 0, TC_FIELD_LARGEST, 0);
    m->experts_per_token = (int)tc_json_integer(&json, "experts_per_token", 0, TC_FIELD_LARGEST, 0);
    m->expert_ffn = tc_field_positive(&json, "expert_ffn", 0);
    m->shared_ffn = (int)tc_json_integer(&json, "shared_expert_ffn", 0, TC_FIELD_LARGEST, 0);
    m->q_rank = tc_field_positive(&json, "q_rank", 0);
    m->kv_rank = tc_field_positive(&json, "kv_rank", 0);
    m->nope_dim = tc_field_positive(&json, "nope_dim", 0);
    m->rope_dim = tc_field_positive(&json, "rope_dim", 0);
    m->v_dim = tc_field_positive(&json, "v_dim", 0);
    if (m->experts && m->experts_per_token > m->experts)
        tc_json_fail(&json, "experts_per_token", "%d; at most the %d experts are possible", m->experts_per_token,
                     m->experts);
}

/* "2025-09-09", "2025-09", "2025"; 0 where it is none of them. */
static int date_of(const tc_json *row) {
    const char *text = tc_json_string(row, "date", "");
    int year = 0, month = 0;
    int read = sscanf(text, "%4d-%2d", &year, &month);
    if (read < 1 || year < 2000 || year > 2100) return 0;
    return 100 * year + (read == 2 && month >= 1 && month <= 12 ? month : 0);
}

static tc_served_statistic statistic_of(const tc_json *measured, const char *key) {
    const char *text = tc_json_string(measured, key, "");
    if (strstr(text, "mean or median") || !*text) return TC_STATISTIC_UNSTATED;
    if (strstr(text, "99")) return TC_STATISTIC_P99;
    bool median = strstr(text, "median") || strstr(text, "p50");
    if (median && (strstr(text, "ITL") || strstr(text, "inter-token"))) return TC_STATISTIC_MEDIAN_GAP;
    if (median) return TC_STATISTIC_MEDIAN;
    return strstr(text, "mean") ? TC_STATISTIC_MEAN : TC_STATISTIC_UNSTATED;
}

static void read_measured(const tc_json *row, tc_served_row *out) {
    tc_json measured = tc_json_child(row, "measured");
    for (int i = 0; i < TC_SERVED_METRICS; i++) out->measured[i] = tc_field_measure(&measured, metrics[i]);
    out->ttft_statistic = statistic_of(&measured, "ttft_stat");
    out->tpot_statistic = statistic_of(&measured, "tpot_stat");
}

/* The number behind a word of a text; 0 where there is none. */
static double number_behind(const char *text, const char *word) {
    const char *at = strstr(text, word);
    if (!at) return 0;
    at += strlen(word) + strcspn(at + strlen(word), "0123456789");
    double value = strtod(at, NULL);
    return value > 0 && value < 1000 ? value : 0;
}

static void read_speculation(const tc_json *row, const tc_json *figures, tc_served_row *out, tc_arena *arena) {
    out->speculative = tc_published_text(row, "speculative", NULL, arena);
    out->accepted = first(derived(figures, "accept_length"), derived(figures, "accepted_length"));
    if (!out->speculative || strcmp(out->speculative, "none") == 0) return;
    const char *words = out->speculative;
    double drafts = number_behind(words, "num_speculative_tokens");
    const char *at = strpbrk(words, "0123456789");
    if (drafts <= 0 && at && (strstr(words, "token") || strstr(words, "MTP"))) drafts = strtod(at, NULL);
    if (out->accepted <= 0) out->accepted = number_behind(words, "accepted length");
    out->drafts = drafts >= 1 && drafts <= 64 ? (int)drafts : 0;
    out->accept_rate = fmin(number_behind(words, "accept rate"), 100) / 100; /* per cent */
    if (out->accepted > 64) out->accepted = 64;
    if (out->accepted > 1 && out->drafts < out->accepted - 1) out->drafts = (int)ceil(out->accepted - 1);
}

static bool says(const char *notes, const char *phrase) { return strstr(notes, phrase) != NULL; }

/* What the row's `norm` says; else by its fields and its notes. */
static tc_served_load load_of(const tc_json *row, const tc_served_row *r, bool has_batch, bool has_concurrency) {
    tc_json norm_of_row = tc_json_child(row, "norm"), measured = tc_json_child(row, "measured");
    const tc_json *norm = &norm_of_row;
    int stated = tc_json_choice(norm, "load", loads, TC_SERVED_LOADS, -1);
    if (stated >= 0) return (tc_served_load)stated;
    if (says(tc_json_string(&measured, "ttft_stat", ""), "prefilled together")) return TC_LOAD_STATIC;
    if (says(r->notes, "static") || says(r->notes, "prefilled together") || says(r->notes, "one forward pass"))
        return TC_LOAD_STATIC;
    if (r->rate > 0) return TC_LOAD_OPEN;
    if (r->phase == TC_SERVED_OFFLINE && !has_concurrency)
        return has_batch && !says(r->notes, "at once") ? TC_LOAD_STATIC : TC_LOAD_QUEUED;
    if (says(r->notes, "at once") && !(r->requests > 0 && r->concurrency > 0 && r->requests > r->concurrency))
        return r->concurrency > 0 ? TC_LOAD_BURST : TC_LOAD_QUEUED;
    if (r->phase == TC_SERVED_OFFLINE) return TC_LOAD_BURST;
    if (has_batch && !has_concurrency) return TC_LOAD_STATIC;
    if (r->requests > 0 && r->concurrency > 0 && r->requests <= r->concurrency) return TC_LOAD_BURST;
    return TC_LOAD_CLOSED;
}

/* As the row's `norm` says; else by what its notes say of random lengths; means that are no whole numbers are those of real texts. */
static double length_cv_of(const tc_json *row, const tc_served_row *r) {
    tc_json norm = tc_json_child(row, "norm");
    double stated = tc_json_number(&norm, "length_cv", 0, 100, -1);
    if (stated >= 0) return stated;
    if (says(r->notes, "0.8-1.0 of")) return 0.064;
    if (says(r->notes, "lengths from 1 to")) return 0.577;
    bool whole = r->input_len == floor(r->input_len) && r->output_len == floor(r->output_len);
    return whole && !says(r->notes, "ShareGPT") ? 0 : 1;
}

static void read_load(const tc_json *row, const tc_json *figures, tc_served_row *out) {
    out->input_len = first(derived(figures, "mean_input_len"), tc_json_number(row, "input_len", 0, LONGEST, 0));
    out->output_len = first(derived(figures, "mean_output_len"), tc_json_number(row, "output_len", 0, LONGEST, 0));
    out->input_len = first(out->input_len, derived(figures, "mean_context_tokens"));
    double batch = tc_json_number(row, "batch", 0, MOST, 0), clients = tc_json_number(row, "concurrency", 0, MOST, 0);
    out->rate = tc_json_number(row, "request_rate", 0, LARGEST_RATE, 0);
    out->requests = first(derived(figures, "num_prompts"), derived(figures, "n_requests"));
    out->most_requests = derived_count(figures, "batch_setting");
    out->graph_requests = derived_count(figures, "graph_setting");
    out->concurrency = first(clients, batch);
    if (out->requests <= 0 && strstr(out->notes, "10 x concurrency")) out->requests = 10 * out->concurrency;
    double effective = derived(figures, "effective_concurrency");
    if (effective > 0 && effective < out->concurrency) out->concurrency = effective;
    if (out->concurrency <= 0 && out->devices > 0)
        out->concurrency
            = out->devices * first(derived(figures, "concurrency_per_device"), derived(figures, "batch_per_device"));
    out->cached_share = tc_json_number(row, "prefix_cached_share", 0, 1, NAN);
    out->load = load_of(row, out, batch > 0, clients > 0);
    out->length_cv = length_cv_of(row, out);
}

void tc_served_read(const tc_json *row, tc_arena *arena, tc_served_row *out) {
    tc_json figures = tc_json_child(row, "derived");
    out->id = tc_published_text(row, "id", "", arena);
    if (out->id[0] == 0) tc_json_fail(row, "id", "missing; every row needs a name of its own");
    out->group = tc_published_text(row, "group", out->id, arena);
    out->source_family = tc_published_text(row, "source_family", out->group, arena);
    out->quality = tc_published_text(row, "quality", NULL, arena);
    out->notes = tc_published_text(row, "notes", "", arena);
    out->date = date_of(row);
    out->accelerator = tc_published_text(row, "accelerator", NULL, arena);
    out->devices = tc_field_positive(row, "devices", 0);
    out->framework = tc_published_text(row, "framework", NULL, arena);
    out->release = tc_published_text(row, "framework_version", NULL, arena);
    read_model(row, &out->model, arena);
    out->weight_dtype = tc_published_text(row, "weight_dtype", NULL, arena);
    out->kv_dtype = tc_published_text(row, "kv_dtype", NULL, arena);
    out->tp = tc_field_positive(row, "tp", TC_UNSET);
    out->pp = tc_field_positive(row, "pp", TC_UNSET);
    out->ep = tc_field_positive(row, "ep", TC_UNSET);
    out->dp = tc_field_positive(row, "dp", TC_UNSET);
    out->phase = (tc_served_phase)tc_json_choice(row, "phase", phases, TC_SERVED_PHASES, TC_SERVED_MIXED);
    out->disaggregated = tc_json_bool(row, "disaggregated", TC_UNSET);
    out->workers = (tc_served_workers){derived_count(&figures, "prefill_workers"),
                                       derived_count(&figures, "prefill_devices_each"),
                                       derived_count(&figures, "decode_workers"),
                                       derived_count(&figures, "decode_devices_each"),
                                       derived_count(&figures, "prefill_tp"),
                                       derived_count(&figures, "prefill_ep")};
    read_load(row, &figures, out);
    read_speculation(row, &figures, out, arena);
    read_measured(row, out);
}

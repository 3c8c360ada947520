/* step_report.c - one step's forecast: headline, where the seconds and the bytes go, what was assumed. */
#include "report/step_report.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "layout/fields.h"
#include "layout/layout.h"
#include "layout/schedule.h"
#include "report/names.h"
#include "report/format.h"
#include "report/pools_text.h"
#include "report/towers_report.h"
#include "workload/finetune.h"
#include "workload/towers.h"

#define BAR_COLUMNS 32
/* Of the model FLOPs with full attention, those of causal attention: below it, the MFU by them is printed too. */
#define LONG_CONTEXT_SHARE 0.8

/* A part of a sum: its key in JSON, its name for people, where it is. */
typedef struct part {
    const char *key, *label;
    size_t offset;
} part;

#define BREAKDOWN_PART(member, label, loss, bound, feature) {#member, label, offsetof(tc_breakdown, member)},
static const part breakdown_parts[] = {TC_PARTS(BREAKDOWN_PART)};

static const part memory_parts[] = {
    {"parameters", "parameters", offsetof(tc_memory, parameters)},
    {"gradients", "gradients", offsetof(tc_memory, gradients)},
    {"optimizer", "optimizer states", offsetof(tc_memory, optimizer)},
    {"activations", "activations", offsetof(tc_memory, activations)},
    {"logits", "logits and loss", offsetof(tc_memory, logits)},
    {"buffers", "buffers", offsetof(tc_memory, buffers)},
    {"fragmentation", "fragmentation", offsetof(tc_memory, fragmentation)},
    {"framework", "framework and context", offsetof(tc_memory, framework)},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static double part_value(const part *p, const void *base) {
    double value;
    memcpy(&value, (const char *)base + p->offset, sizeof value);
    return value;
}

/* ---- JSON --------------------------------------------------------------------------- */

static void write_name(tc_writer *writer, const char *key, tc_vocabulary vocabulary, int value) {
    tc_write_string(writer, key, tc_name(vocabulary, value));
}

const char *tc_optimizer_word(const tc_question *q) {
    return tc_name(TC_VOCABULARY_OPTIMIZER, q->job.optimizer == TC_UNSET ? (int)q->stack.optimizer : q->job.optimizer);
}

void tc_write_job_choices(tc_writer *writer, const tc_question *q) {
    int attention = q->job.attention == TC_UNSET ? (int)q->stack.attention : q->job.attention;
    tc_write_string(writer, "optimizer", tc_optimizer_word(q));
    write_name(writer, "attention", TC_VOCABULARY_ATTENTION_IMPL, attention);
    tc_write_bool(writer, "frozen_base", q->job.frozen_base);
    if (tc_is_finetuned(&q->job)) {
        char text[TC_FINETUNE_TEXT];
        tc_write_string(writer, "finetune", tc_finetune_text(&q->job, text, sizeof text));
        tc_write_number(writer, "trained_parameters", tc_trained_parameters(&q->job));
    }
    tc_write_bool(writer, "balanced_routing", q->job.balanced_routing);
    if (q->job.model.latents.stride > 0) tc_write_bool(writer, "cached_latents", tc_latents_cached(&q->job, &q->stack));
    if (q->job.ema > 0) tc_write_integer(writer, "ema", q->job.ema);
    if (q->job.model.layers_cut > 0) tc_write_integer(writer, "layers", tc_layer_count(&q->job.model));
    tc_write_job_towers(writer, &q->job);
}

static void write_detail(tc_writer *writer, const tc_layout *l, const tc_layout_detail *d) {
    char groups[TC_OPERATORS_TEXT];
    switch (d->kind) {
    case TC_DETAIL_NUMBER:
        tc_write_integer(writer, d->key, *(const int *)(const void *)((const char *)l + d->offset));
        break;
    case TC_DETAIL_LAYERS: tc_write_number(writer, d->key, l->recompute_layers); break;
    case TC_DETAIL_GROUPS:
        tc_write_string(writer, d->key, tc_operator_groups_text(l->recompute_operators, groups, sizeof groups));
        break;
    case TC_DETAIL_FILE:
        if (l->order && l->order->path[0]) tc_write_string(writer, d->key, l->order->path);
    }
}

static void write_field(tc_writer *writer, const tc_layout *l, tc_layout_id id) {
    const tc_layout_field *f = &tc_layout_fields[id];
    char value[TC_LAYOUT_VALUE];
    switch (f->kind) {
    case TC_LAYOUT_KIND_NUMBER: tc_write_integer(writer, f->key, tc_layout_get(l, id)); break;
    case TC_LAYOUT_KIND_SWITCH: tc_write_bool(writer, f->key, tc_layout_get(l, id) > 0); break;
    case TC_LAYOUT_KIND_GROUPS: tc_write_string(writer, f->key, tc_layout_value(l, id, value, sizeof value)); break;
    case TC_LAYOUT_KIND_LIST:
        tc_write_array(writer, f->key);
        for (int i = 0; i < l->stage_count; i++) tc_write_integer(writer, NULL, l->stage_layers[i]);
        tc_write_close(writer);
        break;
    case TC_LAYOUT_KIND_WORD:
        tc_write_string(writer, f->key, f->words[tc_layout_get(l, id)]);
        if (tc_layout_detail_of(l, id)) write_detail(writer, l, tc_layout_detail_of(l, id));
    }
}

void tc_write_layout(tc_writer *writer, const char *key, const tc_layout *l) {
    tc_write_object(writer, key);
    for (int id = 0; id < TC_LAYOUT_FIELDS; id++)
        if (tc_layout_is_set(l, (tc_layout_id)id)) write_field(writer, l, (tc_layout_id)id);
    /* as one word before; these two go with the next release */
    tc_write_bool(writer, "offload_optimizer", tc_states_on_host(l));
    tc_write_bool(writer, "offload_activations", tc_activations_on_host(l));
    tc_write_close(writer);
}

void tc_write_assumed(tc_writer *writer, const tc_step *step) {
    tc_write_texts(writer, "assumed", step->assumed[0], sizeof step->assumed[0], step->assumed_count);
}

void tc_write_interval(tc_writer *writer, const char *key, double value) {
    if (value > 0)
        tc_write_number(writer, key, value);
    else
        tc_write_null(writer, key);
}

void tc_write_step_time(tc_writer *writer, const tc_step *step) {
    tc_write_number(writer, "step_s", step->step_s);
    tc_write_interval(writer, "step_s_p10", step->step_s_p10);
    tc_write_interval(writer, "step_s_p90", step->step_s_p90);
}

void tc_write_step_memory(tc_writer *writer, const tc_step *step) {
    tc_write_number(writer, "memory_gib_per_device", step->memory.reserved / TC_GIB);
    tc_write_interval(writer, "memory_gib_per_device_p10", step->memory_p10 / TC_GIB);
    tc_write_interval(writer, "memory_gib_per_device_p90", step->memory_p90 / TC_GIB);
    tc_write_number(writer, "host_memory_gib_per_server", step->memory.host * step->memory.host_devices / TC_GIB);
    tc_write_interval(writer, "memory_gib_p10", step->memory_p10 / TC_GIB); /* old names, until 0.2 */
    tc_write_interval(writer, "memory_gib_p90", step->memory_p90 / TC_GIB);
}

void tc_write_beyond(tc_writer *writer, const tc_question *question, const tc_layout *layout) {
    tc_beyond beyond[TC_LACKS];
    size_t count = tc_beyond_stack(question, layout, beyond, TC_LACKS);
    tc_write_array(writer, "beyond_stack");
    for (size_t i = 0; i < count && i < TC_LACKS; i++) tc_write_string(writer, NULL, beyond[i].text);
    tc_write_close(writer);
}

void tc_write_sample(tc_writer *writer, const tc_model *model) {
    const tc_latents *l = &model->latents;
    if (l->stride == 0) return;
    tc_write_integer(writer, "frames", l->frames);
    tc_write_integer(writer, "height", l->height);
    tc_write_integer(writer, "width", l->width);
    tc_write_integer(writer, "text_tokens", l->text_tokens);
}

static void write_job(tc_writer *writer, const tc_question *question, const tc_step *step) {
    tc_write_string(writer, "model", question->job.model.slug);
    char pools[TC_POOLS_TEXT];
    tc_write_string(writer, "accelerator", tc_pools_slugs(&question->cluster, pools, sizeof pools));
    tc_write_integer(writer, "devices", tc_cluster_devices(&question->cluster));
    tc_write_string(writer, "fabric", question->cluster.fabric.slug);
    tc_write_string(writer, "stack", question->stack.slug);
    write_name(writer, "dtype", TC_VOCABULARY_DTYPE, question->job.dtype);
    tc_write_job_choices(writer, question);
    int sequences = tc_preference_of(&question->job.finetune).sequences; /* of a sample */
    tc_write_number(writer, "seq", step->tokens_per_step / ((double)step->global_batch * sequences));
    tc_write_sample(writer, &question->job.model);
    tc_write_integer(writer, "global_batch", step->global_batch);
    tc_write_integer(writer, "micro_batches", step->micro_batches);
    tc_write_number(writer, "tokens_per_step", step->tokens_per_step);
    tc_write_layout(writer, "layout", &step->layout);
    tc_write_beyond(writer, question, &step->layout);
}

static void write_parts(tc_writer *writer, const char *key, const part *parts, size_t n, const void *base,
                        double unit) {
    tc_write_object(writer, key);
    for (size_t i = 0; i < n; i++) tc_write_number(writer, parts[i].key, part_value(&parts[i], base) / unit);
}

static void write_memory(tc_writer *writer, const tc_memory *memory) {
    write_parts(writer, "memory_gib", memory_parts, COUNT(memory_parts), memory, TC_GIB);
    tc_write_number(writer, "allocated", memory->allocated / TC_GIB);
    tc_write_number(writer, "reserved", memory->reserved / TC_GIB);
    tc_write_number(writer, "cached", memory->cached / TC_GIB);
    tc_write_number(writer, "capacity", memory->capacity / TC_GIB);
    tc_write_number(writer, "usable", memory->usable / TC_GIB);
    tc_write_integer(writer, "stage", memory->stage);
    tc_write_close(writer);
}

void tc_write_step(tc_writer *writer, const tc_question *question, const tc_step *step) {
    tc_write_assumed(writer, step);
    write_job(writer, question, step);
    tc_write_step_time(writer, step);
    tc_write_evidence(writer, step);
    tc_write_number(writer, "tokens_per_s_per_device", step->tokens_per_s_per_device);
    if (question->job.model.latents.stride > 0)
        tc_write_number(writer, "samples_per_s", (double)step->global_batch / step->step_s);
    tc_write_number(writer, "tflops_per_device", step->tflops_per_device);
    tc_write_number(writer, "mfu_pct", step->mfu_pct);
    tc_write_number(writer, "hfu_pct", step->hfu_pct);
    tc_write_string(writer, "flops_convention", tc_name(TC_VOCABULARY_FLOPS_CONVENTION, TC_FLOPS_FULL));
    tc_write_object(writer, "flops_per_step");
    for (int i = TC_FLOPS_6ND; i <= TC_FLOPS_HARDWARE; i++)
        tc_write_number(writer, tc_name(TC_VOCABULARY_FLOPS_CONVENTION, i), step->model_flops[i]);
    tc_write_close(writer);
    tc_write_step_memory(writer, step);
    tc_write_number(writer, "memory_allocated_gib", step->memory.allocated / TC_GIB);
    tc_write_fits(writer, step->fits_probability, step->fits);
    write_parts(writer, "breakdown_s", breakdown_parts, COUNT(breakdown_parts), &step->breakdown, 1);
    tc_write_close(writer);
    write_memory(writer, &step->memory);
}

void tc_report_step(tc_target *target, const tc_question *question, const tc_step *step) {
    tc_writer writer = tc_write_begin(target, "step/1", NULL);
    tc_write_step(&writer, question, step);
    tc_write_end(&writer);
}

/* ---- text ---------------------------------------------------------------------------- */

void tc_write_evidence(tc_writer *writer, const tc_step *step) {
    tc_write_string(writer, "evidence", step->evidence);
    if (step->evidence)
        tc_write_number(writer, "distance", step->distance);
    else
        tc_write_null(writer, "distance");
    tc_write_texts(writer, "distance_reasons", step->distance_reason[0], sizeof step->distance_reason[0],
                   step->distance_count);
}

const char *tc_distance_text(const tc_step *step, char *buffer, size_t size) {
    buffer[0] = 0;
    if (step->distance_count > 0)
        snprintf(buffer, size, "%.20s from published runs: ", tc_format_fixed(step->distance, 1).s);
    for (int i = 0; i < step->distance_count; i++)
        tc_append(buffer, size, "%s%s", i ? "; " : "", step->distance_reason[i]);
    return buffer;
}

void tc_print_distance(FILE *file, const tc_style *style, const tc_step *step) {
    char text[TC_DISTANCE_TEXT];
    if (*tc_distance_text(step, text, sizeof text)) tc_print_line(file, style, "distance", text);
}

const char *tc_beyond_text(const tc_question *question, const tc_layout *layout, char *buffer, size_t size) {
    tc_beyond beyond[TC_LACKS];
    size_t count = tc_beyond_stack(question, layout, beyond, TC_LACKS);
    buffer[0] = '\0';
    for (size_t i = 0; i < count && i < TC_LACKS; i++) tc_append(buffer, size, "%s%s", i ? "; " : "", beyond[i].text);
    return buffer;
}

void tc_print_beyond(FILE *file, const tc_style *style, const tc_question *question, const tc_layout *layout) {
    char lacks[TC_BEYOND_TEXT];
    if (!*tc_beyond_text(question, layout, lacks, sizeof lacks)) return;
    tc_print_linef(file, style, "stack", "cannot run this layout: %s", lacks);
}

static void print_speed(FILE *file, const tc_style *style, const tc_question *question, const tc_step *step) {
    char text[256];
    const char *dtype = tc_name(TC_VOCABULARY_DTYPE, question->job.dtype);
    if (step->step_s_p90 > 0)
        snprintf(text, sizeof text, "%.20s (80 %% interval %.20s to %.20s)", tc_format_seconds(step->step_s).s,
                 tc_format_seconds(step->step_s_p10).s, tc_format_seconds(step->step_s_p90).s);
    else
        snprintf(text, sizeof text, "%.20s", tc_format_seconds(step->step_s).s);
    tc_print_line(file, style, "step", text);
    snprintf(text, sizeof text, "%.24s tokens/s per device, %.24s tokens/s in all",
             tc_format_significant(step->tokens_per_s_per_device, 4).s,
             tc_format_short(step->tokens_per_s_per_device * tc_cluster_devices(&question->cluster)).s);
    if (question->job.model.latents.stride > 0)
        snprintf(text, sizeof text, "%.24s latent tokens/s per device, %.24s samples/s in all",
                 tc_format_significant(step->tokens_per_s_per_device, 4).s,
                 tc_format_significant((double)step->global_batch / step->step_s, 4).s);
    tc_print_line(file, style, "throughput", text);
    double causal = step->model_flops[TC_FLOPS_CAUSAL] / step->model_flops[TC_FLOPS_FULL];
    char halved[64] = "";
    if (causal < LONG_CONTEXT_SHARE)
        snprintf(halved, sizeof halved, "; %.20s MFU by those under a causal mask",
                 tc_format_percent(causal * step->mfu_pct).s);
    tc_print_linef(file, style, "efficiency",
                   "%.20s MFU, %.24s per device (%s; model FLOPs with full attention%s); %.20s HFU",
                   tc_format_percent(step->mfu_pct).s, tc_format_flops(1e12 * step->tflops_per_device).s,
                   dtype ? dtype : "-", halved, tc_format_percent(step->hfu_pct).s);
}

/* From which probability on a layout is said to fit; docs/manual.md has the same words. */
static const struct fit_words {
    double least;
    const char *text;
    tc_tone tone;
} fit_words[] = {{0.9, "likely fits", TC_TONE_GOOD},
                 {0.5, "may fit", TC_TONE_PLAIN},
                 {0.02, "unlikely to fit", TC_TONE_BAD},
                 {-1, "does NOT fit", TC_TONE_BAD}};

static const struct fit_words *words_of(double probability) {
    const struct fit_words *w = fit_words;
    while (probability < w->least) w++;
    return w;
}

tc_tone tc_fit_tone(double probability) { return words_of(probability)->tone; }

static int fit_percent(double probability) { return probability > 0.99 ? 99 : (int)(100 * probability + 0.5); }

tc_text tc_fit_percent(double probability) {
    tc_text text;
    snprintf(text.s, sizeof text.s, "%d %%", fit_percent(probability));
    return text;
}

const char *tc_fit_text(double probability, char *buffer, size_t size) {
    const struct fit_words *w = words_of(probability);
    if (w == &fit_words[COUNT(fit_words) - 1])
        snprintf(buffer, size, "%s", w->text);
    else
        snprintf(buffer, size, "%s (%s%d %%)", w->text, probability > 0.99 ? "over " : "", fit_percent(probability));
    return buffer;
}

void tc_write_fits(tc_writer *writer, double probability, bool fits) {
    tc_write_bool(writer, "fits", fits);
    tc_write_number(writer, "fits_probability", probability);
}

void tc_print_step_memory(FILE *file, const tc_style *style, const tc_step *step) {
    const tc_memory *m = &step->memory;
    char text[96];
    tc_print_tone(file, style, TC_TONE_FAINT, "  memory       ");
    fprintf(file, "%s of %s usable per device: ", tc_format_gib(m->reserved).s, tc_format_gib(m->usable).s);
    tc_fit_text(step->fits_probability, text, sizeof text);
    if (m->reserved > m->usable) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, ", %.20s too much", tc_format_gib(m->reserved - m->usable).s);
    }
    tc_print_tone(file, style, tc_fit_tone(step->fits_probability), text);
    fputc('\n', file);
    if (step->memory_p90 > 0)
        fprintf(file, "%15s(80 %% interval %s to %s)\n", "", tc_format_gib(step->memory_p10).s,
                tc_format_gib(step->memory_p90).s);
    if (m->host <= 0) return;
    bool holds = m->host_share <= 0 || m->host <= m->host_share;
    tc_print_tone(file, style, TC_TONE_FAINT, "  host memory  ");
    fprintf(file, "%s of %s per server of %d devices: ", tc_format_gib(m->host * m->host_devices).s,
            m->host_share > 0 ? tc_format_gib(m->host_share * m->host_devices).s : "-", m->host_devices);
    tc_print_tone(file, style, holds ? TC_TONE_GOOD : TC_TONE_BAD, holds ? "fits" : "does NOT fit");
    fputc('\n', file);
}

/* One part of a sum: label, amount, share, bar. */
static void print_part(FILE *file, const tc_style *style, const char *label, const char *amount, double share) {
    int columns = BAR_COLUMNS;
    if (style->width > 0 && style->width < 46 + columns) columns = style->width > 56 ? style->width - 46 : 10;
    fprintf(file, "  %-23s%10s %6s %%", label, amount, tc_format_fixed(100 * share, 1).s);
    tc_print_bar(file, style, share, columns);
    fputc('\n', file);
}

/* The parts that are not zero, the largest first. */
static void print_parts(FILE *file, const tc_style *style, const part *parts, size_t n, const void *base, double whole,
                        tc_text (*format)(double)) {
    bool printed[32] = {false};
    for (size_t rank = 0; rank < n; rank++) {
        size_t largest = n;
        for (size_t i = 0; i < n; i++)
            if (!printed[i] && (largest == n || part_value(&parts[i], base) > part_value(&parts[largest], base)))
                largest = i;
        double value = part_value(&parts[largest], base);
        printed[largest] = true;
        if (value > 0) print_part(file, style, parts[largest].label, format(value).s, value / whole);
    }
}

void tc_print_assumed(FILE *file, const tc_style *style, const tc_step *step) {
    tc_print_bullets(file, style, "\nAssumed: neither given nor in the data", step->assumed[0], sizeof step->assumed[0],
                     step->assumed_count);
}

static const char *plural(int64_t n) { return n == 1 ? "" : "s"; }

/* "16 samples of 81 x 480 x 832 (32,760 latent tokens and 512 of text), 4 micro-batches" */
static void sample_text(const tc_model *model, const tc_step *step, char *text, size_t size) {
    const tc_latents *l = &model->latents;
    snprintf(text, size,
             "%.20s sample%s of %d x %d x %d pixels (%.20s latent and %.20s text tokens) a step, %.20s micro-batch%s",
             tc_format_count((double)step->global_batch).s, plural(step->global_batch), l->frames, l->height, l->width,
             tc_format_count(step->tokens_per_step / (double)step->global_batch).s, tc_format_count(l->text_tokens).s,
             tc_format_count((double)step->micro_batches).s, step->micro_batches == 1 ? "" : "es");
}

static void print_batch(FILE *file, const tc_style *style, const tc_question *question, const tc_step *step) {
    char text[256];
    int sequences = tc_preference_of(&question->job.finetune).sequences;
    snprintf(text, sizeof text, "%.20s %s%s%s of %.20s tokens a step (%.20s tokens), %.20s micro-batch%s",
             tc_format_count((double)step->global_batch).s, sequences > 1 ? "pair" : "sequence",
             plural(step->global_batch), sequences > 1 ? " of sequences" : "",
             tc_format_count(step->tokens_per_step / ((double)step->global_batch * sequences)).s,
             tc_format_short(step->tokens_per_step).s, tc_format_count((double)step->micro_batches).s,
             step->micro_batches == 1 ? "" : "es");
    if (question->job.model.latents.stride > 0) sample_text(&question->job.model, step, text, sizeof text);
    tc_print_line(file, style, "batch", text);
}

/* What is trained, where that is not all by the next token. */
static void print_finetune(FILE *file, const tc_style *style, const tc_job *job) {
    char kind[TC_FINETUNE_TEXT];
    if (!tc_is_finetuned(job)) return;
    double trained = tc_trained_parameters(job), all = tc_model_count(&job->model).parameters;
    tc_print_linef(file, style, "trained", "%s: %.20s of %.20s parameters (%.20s)",
                   tc_finetune_text(job, kind, sizeof kind), tc_format_short(trained).s, tc_format_short(all).s,
                   tc_format_percent(100 * trained / all).s);
}

void tc_print_step_head(FILE *file, const tc_style *style, const tc_question *question, const tc_step *step) {
    print_speed(file, style, question, step);
    tc_print_step_memory(file, style, step);
    print_batch(file, style, question, step);
    print_finetune(file, style, &question->job);
}

void tc_print_step_parts(FILE *file, const tc_style *style, const tc_step *step) {
    char text[128];
    tc_print_heading(file, style, "\nWhere the time of a step goes");
    print_parts(file, style, breakdown_parts, COUNT(breakdown_parts), &step->breakdown, step->step_s,
                tc_format_seconds);
    if (step->layout.pp > 1)
        snprintf(text, sizeof text, "\nWhere the memory of a device goes (stage %d of %d, the fullest)",
                 step->memory.stage, step->layout.pp);
    else
        snprintf(text, sizeof text, "\nWhere the memory of a device goes");
    tc_print_heading(file, style, text);
    print_parts(file, style, memory_parts, COUNT(memory_parts), &step->memory, step->memory.reserved, tc_format_gib);
    tc_print_assumed(file, style, step);
}

void tc_report_step_text(FILE *file, const tc_style *style, const tc_question *question, const tc_step *step) {
    char text[512];
    tc_print_headingf(file, style, "%s on %d x %s", question->job.model.name, question->cluster.devices,
                      question->cluster.accelerator.name);
    tc_print_wrappedf(file, style, 0, 2, "%s; %s", question->cluster.fabric.name, question->stack.name);
    fputc('\n', file);
    tc_print_step_head(file, style, question, step);
    tc_print_line(file, style, "layout", tc_layout_text(&step->layout, text, sizeof text));
    tc_print_beyond(file, style, question, &step->layout);
    if (step->evidence) tc_print_line(file, style, "evidence", step->evidence);
    tc_print_distance(file, style, step);
    tc_print_step_parts(file, style, step);
}

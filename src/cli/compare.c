/* compare.c - `traincast compare`: one job on many accelerators.
 *
 * Accelerators that were named are searched in full, as `search` does; a representative set, or all, by what is usual. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "cli/commands.h"
#include "cli/infer.h"
#include "cli/request.h"
#include "cli/search_options.h"
#include "report/catalog_report.h"
#include "report/compare_report.h"
#include "report/compare_serving_report.h"

#define MOST_ACCELERATORS 256

/* What an accelerator may have of its own: "h20:devices=2048:region=china". */
static const struct {
    const char *key;
    tc_option_id id;
} own[] = {{"devices", TC_OPTION_DEVICES}, {"region", TC_OPTION_REGION}, {"price", TC_OPTION_PRICE},
           {"rental", TC_OPTION_RENTAL},   {"fabric", TC_OPTION_FABRIC}, {"stack", TC_OPTION_STACK},
           {"engine", TC_OPTION_ENGINE}};
#define OWN (sizeof own / sizeof own[0])

typedef struct wanted {
    const char *name;
    const char *value[OWN]; /* NULL: that of all */
} wanted;

typedef struct list {
    tc_arena arena;
    int count;
    wanted item[MOST_ACCELERATORS];
} list;

typedef struct comparing {
    const tc_question *job; /* without devices */
    bool usual;             /* of what is usual alone */
    int64_t batch;          /* where none is given */
} comparing;

/* Which of its own "key=..." begins with; OWN: none. */
static size_t own_of(const char *text) {
    size_t i = 0;
    while (i < OWN && (strncmp(text, own[i].key, strlen(own[i].key)) != 0 || text[strlen(own[i].key)] != '=')) i++;
    return i;
}

/* Cuts its own values off the end of the name. */
static tc_code split_own(tc_context *context, char *text, wanted *out) {
    out->name = text;
    for (char *colon = strrchr(text, ':'); colon; colon = strrchr(text, ':')) {
        size_t i = own_of(colon + 1);
        bool key = colon[1 + strspn(colon + 1, "abcdefghijklmnopqrstuvwxyz_")] == '=';
        if (i == OWN && !key) return TC_OK; /* a colon of the file's name */
        if (i == OWN)
            return tc_fail(context->error, TC_INVALID, "--accelerators",
                           "'%.60s' is unknown; give devices, region, price, rental, fabric, stack or engine",
                           colon + 1);
        *colon = '\0';
        out->value[i] = colon + 2 + strlen(own[i].key);
    }
    return TC_OK;
}

static tc_code split_names(tc_context *context, const char *text, list *out) {
    for (;;) {
        size_t n = strcspn(text, ",");
        if (n == 0)
            return tc_fail(context->error, TC_INVALID, "--accelerators",
                           "holds an empty name; write them as FIRST,SECOND");
        if (out->count == MOST_ACCELERATORS)
            return tc_fail(context->error, TC_INVALID, "--accelerators", "are too many; give at most %d",
                           MOST_ACCELERATORS);
        char *name = tc_arena_copy(&out->arena, text, n);
        if (!name) return tc_fail(context->error, TC_INTERNAL, "compare", "out of memory");
        tc_code code = split_own(context, name, &out->item[out->count++]);
        if (code || !text[n]) return code;
        text += n + 1;
    }
}

/* Whether b stands for the architecture rather than a: more matmul peak, memory, bandwidth; then the first slug. */
static bool stands_rather(const tc_accelerator *a, const tc_accelerator *b, int dtype) {
    if (a->matmul_flops[dtype] != b->matmul_flops[dtype]) return b->matmul_flops[dtype] > a->matmul_flops[dtype];
    if (a->memory_bytes != b->memory_bytes) return b->memory_bytes > a->memory_bytes;
    return b->memory_bytes_per_s > a->memory_bytes_per_s;
}

/* All accelerators for data centres that have a fabric and the format; one of each maker's architecture unless `all`. */
static tc_code default_names(tc_context *context, int dtype, bool all, list *out) {
    const tc_catalog_item *items;
    int count;
    tc_code code = tc_catalog_list(context->catalog, TC_KIND_ACCELERATOR, &items, &count, context->error);
    tc_accelerator *chosen = code ? NULL : calloc(MOST_ACCELERATORS, sizeof *chosen);
    if (!code && !chosen) return tc_fail(context->error, TC_INTERNAL, "compare", "out of memory");
    for (int i = 0; i < count && !code; i++) {
        tc_accelerator a;
        code = tc_catalog_accelerator_known(context->catalog, items[i].slug, &a, context->error);
        if (code || !tc_accelerator_is_complete(&a)
            || (!all && (!a.datacentre || !*a.fabric || !(a.matmul_flops[dtype] > 0))))
            continue;
        int k = 0;
        while (
            k < out->count
            && (all || strcmp(chosen[k].architecture, a.architecture) != 0 || strcmp(chosen[k].vendor, a.vendor) != 0))
            k++;
        if (k == MOST_ACCELERATORS || (k < out->count && !stands_rather(&chosen[k], &a, dtype))) continue;
        chosen[k] = a;
        out->item[k].name = items[i].slug;
        if (k == out->count) out->count++;
    }
    free(chosen);
    return code;
}

/* The fastest first, what has no forecast last; equal ones keep their order. */
static void sort_fastest(tc_comparison *items, int n, tc_comparison *room) {
    for (int i = 1; i < n; i++) {
        *room = items[i];
        int k = i;
        while (k > 0 && !room->code && (items[k - 1].code || items[k - 1].step.step_s > room->step.step_s)) {
            items[k] = items[k - 1];
            k--;
        }
        items[k] = *room;
    }
}

/* The options as they are for one accelerator. */
static tc_code take_own(tc_context *context, const wanted *item) {
    tc_code code = TC_OK;
    for (size_t i = 0; i < OWN && !code; i++)
        if (item->value[i]) code = tc_options_set(context->options, own[i].id, item->value[i], context->error);
    return code;
}

/* On the devices that the options say now. */
static tc_code compare_one(tc_context *context, const comparing *of, const char *name, tc_comparison *out) {
    tc_question question = *of->job;
    tc_search_input in;
    tc_economics economics;
    bool search = tc_request_searches(context), assumed = search && question.job.global_batch < 1;
    if (assumed) question.job.global_batch = of->batch;
    question.cluster.devices = (int)tc_given(context, TC_OPTION_DEVICES)->integer;
    tc_code code = tc_request_devices(context, name, &question);
    if (!code) code = tc_request_economics(context, &question, &economics);
    if (!code) code = tc_search_options_take(context, &question, &in);
    if (code) return code;
    in.usual = of->usual;
    tc_compare(&in, search, out);
    if (assumed)
        snprintf(out->assumed_batch, sizeof out->assumed_batch, "global batch %lld sequences: one a device",
                 (long long)of->batch);
    if (out->code) return TC_OK;
    tc_run_input run = tc_compare_run_input(out);
    tc_request_run(context, &run);
    tc_compare_run(out, &run, &economics);
    return TC_OK;
}

/* Where the batch is not given: a sequence a device, of the most that any has. */
static tc_code most_devices(tc_context *context, const list *accelerators, int64_t *out) {
    *out = 0;
    for (int i = 0; i < accelerators->count; i++) {
        const tc_value all = *tc_given(context, TC_OPTION_DEVICES);
        const char *text = accelerators->item[i].value[0];
        tc_code code = text ? tc_options_set(context->options, TC_OPTION_DEVICES, text, context->error) : TC_OK;
        if (code) return code;
        if (tc_given(context, TC_OPTION_DEVICES)->integer > *out) *out = tc_given(context, TC_OPTION_DEVICES)->integer;
        context->options->value[TC_OPTION_DEVICES] = all;
    }
    return TC_OK;
}

static tc_code compare_all(tc_context *context, comparing *of, const list *accelerators, tc_comparison *items) {
    int failed = 0;
    tc_code code = most_devices(context, accelerators, &of->batch);
    for (int i = 0; i < accelerators->count && !code; i++) {
        tc_value all[OWN];
        for (size_t k = 0; k < OWN; k++) all[k] = *tc_given(context, own[k].id);
        code = take_own(context, &accelerators->item[i]);
        if (!code) code = compare_one(context, of, accelerators->item[i].name, &items[i]);
        for (size_t k = 0; k < OWN; k++) context->options->value[own[k].id] = all[k];
        if (!code && items[i].code == TC_INTERNAL) {
            *context->error = items[i].error;
            code = TC_INTERNAL;
        }
        failed += items[i].code != TC_OK;
    }
    if (!code && failed == accelerators->count) { /* the job is wrong, not an accelerator */
        *context->error = items[0].error;
        return items[0].code;
    }
    return code;
}

/* ---- serving ------------------------------------------------------------------------- */

/* Formats of training as those of weights: 8-bit integers are W8A8. */
static int weights_of(int dtype) {
    static const int formats[TC_DTYPES]
        = {[TC_FP32] = TC_WEIGHTS_FP32,   [TC_TF32] = TC_WEIGHTS_FP32, [TC_BF16] = TC_WEIGHTS_BF16,
           [TC_FP16] = TC_WEIGHTS_FP16,   [TC_FP8] = TC_WEIGHTS_FP8,   [TC_MXFP8] = TC_WEIGHTS_FP8,
           [TC_NVFP4] = TC_WEIGHTS_NVFP4, [TC_INT8] = TC_WEIGHTS_W8A8};
    return formats[dtype];
}

static tc_code take_serving(tc_context *context, const tc_question *job, const char *name, tc_serving_comparison *out,
                            tc_economics *economics) {
    tc_question devices = *job;
    tc_serving_question *q = &out->question;
    const tc_value *engine = tc_given(context, TC_OPTION_ENGINE), *kv = tc_given(context, TC_OPTION_KV_DTYPE),
                   *price = tc_given(context, TC_OPTION_PRICE), *rental = tc_given(context, TC_OPTION_RENTAL);
    *q = tc_default_serving_question();
    devices.cluster.devices = (int)tc_given(context, TC_OPTION_DEVICES)->integer;
    tc_code code = tc_request_devices(context, name, &devices);
    q->model = job->job.model;
    q->cluster = devices.cluster;
    if (tc_given(context, TC_OPTION_DTYPE)->given) q->weights = weights_of(job->job.dtype);
    q->engine_assumed = !engine->given;
    if (!code)
        code = tc_catalog_engine(context->catalog, engine->given ? engine->text : "generic", &q->cluster.accelerator,
                                 &q->engine, context->error);
    if (!code) code = tc_infer_take_load(context, q);
    if (!code) code = tc_request_economics(context, &devices, economics);
    if (kv->given) q->kv = tc_choice_find(tc_option_table[TC_OPTION_KV_DTYPE].argument, kv->text);
    if (price->given) q->price_usd = price->real;
    if (rental->given) q->rental_usd_per_h = rental->real;
    q->economics = economics;
    return code;
}

/* Every item with its own values among the options. */
static tc_code take_servings(tc_context *context, const tc_question *job, const list *accelerators,
                             tc_serving_comparison *items, tc_economics *economics) {
    tc_code code = TC_OK;
    for (int i = 0; i < accelerators->count && !code; i++) {
        tc_value all[OWN];
        for (size_t k = 0; k < OWN; k++) all[k] = *tc_given(context, own[k].id);
        code = take_own(context, &accelerators->item[i]);
        if (!code) code = take_serving(context, job, accelerators->item[i].name, &items[i], &economics[i]);
        for (size_t k = 0; k < OWN; k++) context->options->value[own[k].id] = all[k];
    }
    return code;
}

static tc_code compare_serving(tc_context *context, const tc_question *job, const list *accelerators) {
    int count = accelerators->count;
    tc_serving_comparison *items = calloc((size_t)count + 1, sizeof *items);
    tc_economics *economics = calloc((size_t)count + 1, sizeof *economics);
    tc_code code = items && economics ? TC_OK : tc_fail(context->error, TC_INTERNAL, "compare", "out of memory");
    if (!code) code = take_servings(context, job, accelerators, items, economics);
    if (!code) code = tc_compare_serving(items, count, context->error);
    bool any = false;
    for (int i = 0; i < count && !code; i++) any = any || !items[i].code;
    if (!code && !any) { /* the question is wrong, not an accelerator */
        *context->error = items[0].error;
        code = items[0].code;
    }
    if (!code) code = TC_REPORT(context, compare_serving, items, count);
    free(items);
    free(economics);
    return code;
}

/* What is of serving alone, and what of training alone. */
static tc_code check_serving(const tc_context *context) {
    static const tc_option_id of_serving[]
        = {TC_OPTION_ENGINE, TC_OPTION_KV_DTYPE, TC_OPTION_INPUT_TOKENS, TC_OPTION_OUTPUT_TOKENS,
           TC_OPTION_CACHED, TC_OPTION_RATE,     TC_OPTION_TTFT,         TC_OPTION_TPOT},
        of_training[]
        = {TC_OPTION_SEQ, TC_OPTION_GLOBAL_BATCH, TC_OPTION_FINETUNE, TC_OPTION_SAME_LAYOUT, TC_OPTION_FIX};
    bool serves = tc_given(context, TC_OPTION_SERVE)->given;
    for (size_t i = 0; !serves && i < sizeof of_serving / sizeof of_serving[0]; i++)
        if (tc_given(context, of_serving[i])->given)
            return tc_fail(context->error, TC_INVALID, tc_option_table[of_serving[i]].name, "is of --serve; add it");
    for (size_t i = 0; serves && i < sizeof of_training / sizeof of_training[0]; i++)
        if (tc_given(context, of_training[i])->given)
            return tc_fail(context->error, TC_INVALID, tc_option_table[of_training[i]].name,
                           "is of training; leave it out beside --serve");
    return TC_OK;
}

static tc_code report(tc_context *context, const tc_question *question, const tc_comparison *items, int n) {
    return TC_REPORT(context, compare, &question->job, items, n);
}

tc_code tc_command_compare(tc_context *context) {
    tc_question question;
    list accelerators = {.count = 0};
    const tc_value *given = tc_given(context, TC_OPTION_ACCELERATORS);
    bool all = given->given && strcmp(given->text, "all") == 0;
    tc_code code = check_serving(context);
    if (!code) code = tc_request_job(context, &question);
    if (!code)
        code = given->given && !all ? split_names(context, given->text, &accelerators)
                                    : default_names(context, question.job.dtype, all, &accelerators);
    if (!code && tc_given(context, TC_OPTION_SERVE)->given) {
        code = compare_serving(context, &question, &accelerators);
        tc_arena_free(&accelerators.arena);
        return code;
    }
    tc_comparison *items = code ? NULL : calloc((size_t)accelerators.count + 1, sizeof *items);
    if (!code && !items) code = tc_fail(context->error, TC_INTERNAL, "compare", "out of memory");
    comparing of = {.job = &question, .usual = all || !given->given};
    if (!code) code = compare_all(context, &of, &accelerators, items);
    if (!code && (all || !given->given)) sort_fastest(items, accelerators.count, &items[accelerators.count]);
    if (!code) code = report(context, &question, items, accelerators.count);
    free(items);
    tc_arena_free(&accelerators.arena);
    return code;
}

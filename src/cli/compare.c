/* compare.c - `traincast compare`: one job on many accelerators. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "catalog/catalog.h"
#include "cli/commands.h"
#include "cli/request.h"
#include "report/catalog_report.h"
#include "report/compare_report.h"

#define MOST_ACCELERATORS 256

typedef struct names {
    tc_arena arena;
    int count;
    const char *name[MOST_ACCELERATORS];
} names;

static tc_code split_names(tc_context *context, const char *text, names *out) {
    for (;;) {
        size_t n = strcspn(text, ",");
        if (n == 0)
            return tc_fail(context->error, TC_INVALID, "--accelerators",
                           "holds an empty name; write them as FIRST,SECOND");
        if (out->count == MOST_ACCELERATORS)
            return tc_fail(context->error, TC_INVALID, "--accelerators", "are too many; give at most %d",
                           MOST_ACCELERATORS);
        out->name[out->count] = tc_arena_copy(&out->arena, text, n);
        if (!out->name[out->count++]) return tc_fail(context->error, TC_INTERNAL, "compare", "out of memory");
        if (!text[n]) return TC_OK;
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
static tc_code default_names(tc_context *context, int dtype, bool all, names *out) {
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
        out->name[k] = items[i].slug;
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

static tc_code compare_all(tc_context *context, tc_question *question, const names *accelerators,
                           tc_comparison *items) {
    tc_economics economics;
    tc_code code = TC_OK;
    int failed = 0;
    for (int i = 0; i < accelerators->count && !code; i++) {
        code = tc_request_devices(context, accelerators->name[i], question);
        if (!code)
            code = tc_economics_load(context->catalog, NULL, NULL, question->cluster.accelerator.region, &economics,
                                     context->error);
        if (code) return code;
        tc_compare(question, &economics, &items[i]);
        if (items[i].code == TC_INTERNAL) {
            *context->error = items[i].error;
            return TC_INTERNAL;
        }
        failed += items[i].code != TC_OK;
    }
    if (!code && failed == accelerators->count) { /* the job is wrong, not an accelerator */
        *context->error = items[0].error;
        return items[0].code;
    }
    return code;
}

static tc_code report(tc_context *context, const tc_question *question, const tc_comparison *items, int n) {
    if (context->target.format)
        tc_report_compare(&context->target, &question->job, items, n);
    else if (!tc_report_compare_text(context->out, &context->style, &question->job, items, n))
        return tc_fail(context->error, TC_INTERNAL, "compare", "out of memory");
    return TC_OK;
}

tc_code tc_command_compare(tc_context *context) {
    tc_question question;
    names accelerators = {.count = 0};
    const tc_value *given = tc_given(context, TC_OPTION_ACCELERATORS);
    bool all = given->given && strcmp(given->text, "all") == 0;
    tc_code code = tc_request_job(context, &question);
    if (!code)
        code = given->given && !all ? split_names(context, given->text, &accelerators)
                                    : default_names(context, question.job.dtype, all, &accelerators);
    tc_comparison *items = code ? NULL : calloc((size_t)accelerators.count + 1, sizeof *items);
    if (!code && !items) code = tc_fail(context->error, TC_INTERNAL, "compare", "out of memory");
    if (!code) code = compare_all(context, &question, &accelerators, items);
    if (!code && (all || !given->given)) sort_fastest(items, accelerators.count, &items[accelerators.count]);
    if (!code) code = report(context, &question, items, accelerators.count);
    free(items);
    tc_arena_free(&accelerators.arena);
    return code;
}

/* controls.c - `traincast controls`: what the export rules' arithmetic says of accelerators. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "cli/commands.h"
#include "report/controls_report.h"

static tc_code classify(tc_context *context, const tc_controls *controls, const char *name, tc_controls_item *out) {
    tc_accelerator accelerator;
    tc_control_options options = {.ignore_fp6 = false};
    tc_code code = tc_catalog_accelerator(context->catalog, name, &accelerator, context->error);
    if (code) return code;
    memcpy(out->slug, accelerator.slug, sizeof out->slug);
    memcpy(out->name, accelerator.name, sizeof out->name);
    out->report = tc_controls_classify(controls, &accelerator, &options);
    return TC_OK;
}

tc_code tc_command_controls(tc_context *context) {
    const tc_options *options = context->options;
    const tc_catalog_item *all = NULL;
    int n = options->positionals;
    tc_controls controls;
    tc_code code = tc_controls_load(NULL, &controls, context->error);
    if (!code && n == 0) code = tc_catalog_list(context->catalog, TC_KIND_ACCELERATOR, &all, &n, context->error);
    tc_controls_item *items = code ? NULL : calloc((size_t)n + 1, sizeof *items);
    if (!code && !items) code = tc_fail(context->error, TC_INTERNAL, "controls", "out of memory");
    for (int i = 0; i < n && !code; i++) code = classify(context, &controls, all ? all[i].slug : options->positional[i], &items[i]);
    if (!code && tc_given(context, TC_OPTION_JSON)->given)
        tc_report_controls_json(context->out, tc_catalog_hash(context->catalog), items, n);
    else if (!code && !tc_report_controls_text(context->out, &context->style, items, n))
        code = tc_fail(context->error, TC_INTERNAL, "controls", "out of memory");
    free(items);
    return code;
}

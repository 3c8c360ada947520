/* controls.c - `traincast controls`: what the export rules' arithmetic says of accelerators. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "cli/commands.h"
#include "report/controls_report.h"

static void classify(const tc_controls *controls, const tc_accelerator *accelerator, tc_controls_item *out) {
    tc_control_options options = {.ignore_fp6 = false};
    memcpy(out->slug, accelerator->slug, sizeof out->slug);
    memcpy(out->name, accelerator->name, sizeof out->name);
    out->report = tc_controls_classify(controls, accelerator, &options);
}

tc_code tc_command_controls(tc_context *context) {
    const tc_catalog_item *all = NULL;
    int n = context->options->positionals;
    tc_controls controls;
    tc_code code = tc_controls_load(context->catalog, &controls, context->error);
    if (!code && n == 0) code = tc_catalog_list(context->catalog, TC_KIND_ACCELERATOR, &all, &n, context->error);
    tc_controls_item *items = code ? NULL : calloc((size_t)n + 1, sizeof *items);
    if (!code && !items) code = tc_fail(context->error, TC_INTERNAL, "controls", "out of memory");
    for (int i = 0; i < n && !code; i++) {
        tc_accelerator accelerator;
        const char *name = all ? all[i].slug : context->options->positional[i];
        code = tc_catalog_accelerator_known(context->catalog, name, &accelerator, context->error);
        if (!code) classify(&controls, &accelerator, &items[i]);
    }
    if (!code) code = TC_REPORT(context, controls, items, n);
    free(items);
    return code;
}

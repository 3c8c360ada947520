/* show.c - `traincast show`: one entry of the catalog, or a file. */
#include "base/error.h"
#include "cli/commands.h"
#include "cli/request.h"
#include "report/catalog_report.h"

static tc_code show_model(tc_context *context, const char *name) {
    bool json = context->target.format != NULL;
    tc_model model;
    tc_layout layout = tc_default_layout();
    tc_code code = tc_request_model(context, name, &model);
    if (!code) code = tc_request_sample(context, &model);
    if (!code) code = tc_request_recompute(context, &layout);
    if (code) return code;
    const tc_value *seq = tc_given(context, TC_OPTION_SEQ);
    tc_model_figures figures = {.model = &model,
                                .seq = seq->given ? (int)seq->integer : model.seq,
                                .recompute = layout.recompute == TC_UNSET ? TC_RECOMPUTE_FULL : layout.recompute,
                                .recompute_layers = layout.recompute_layers};
    if (tc_is_json_path(name)) {
        if (json)
            tc_report_model(&context->target, name, &figures);
        else
            tc_report_model_text(context->out, &context->style, name, &figures);
        return TC_OK;
    }
    if (json) return tc_report_show(&context->target, context->catalog, TC_KIND_MODEL, name, &figures, context->error);
    return tc_report_show_text(context->out, &context->style, context->catalog, TC_KIND_MODEL, name, &figures,
                               context->error);
}

tc_code tc_command_show(tc_context *context) {
    static const char kinds[] = "accelerator|fabric|model|stack|engine|scenario";
    const char *word = context->options->positional[0], *name = context->options->positional[1];
    int kind = tc_kind_find(word);
    if (kind < 0 || tc_choice_find(kinds, tc_kind_name((tc_kind)kind)) < 0)
        return tc_fail(context->error, TC_INVALID, "show",
                       "'%.60s' is no kind of entry; give accelerator, fabric, model, stack, engine or scenario", word);
    if (kind == TC_KIND_MODEL) return show_model(context, name);
    if (tc_given(context, TC_OPTION_SEQ)->given || tc_given(context, TC_OPTION_RECOMPUTE)->given)
        return tc_fail(context->error, TC_INVALID, tc_given(context, TC_OPTION_SEQ)->given ? "--seq" : "--recompute",
                       "goes with a model only; leave it out");
    if (context->target.format)
        return tc_report_show(&context->target, context->catalog, (tc_kind)kind, name, NULL, context->error);
    return tc_report_show_text(context->out, &context->style, context->catalog, (tc_kind)kind, name, NULL,
                               context->error);
}

/* import.c - `traincast import`: a launch script into model, job, layout and stack; and the same for --layout. */
#include "cli/commands.h"
#include "interop/import.h"

#include <stdlib.h>

#include "base/error.h"
#include "cli/answer.h"
#include "report/import_report.h"

tc_code tc_command_import(tc_context *context) {
    const char *path = context->options->positional[0];
    const char *format = tc_given(context, TC_OPTION_FORMAT)->given ? tc_given(context, TC_OPTION_FORMAT)->text : NULL;
    tc_imported *imported = malloc(sizeof *imported);
    char *text = NULL;
    size_t length;
    if (!imported) return tc_fail(context->error, TC_INTERNAL, path, "out of memory");
    tc_code code = tc_read_stream(path, &text, &length, context->error);
    if (code) {
        free(imported);
        return code;
    }
    code = tc_import_text(context->catalog, tc_stream_name(path), text, length, format, imported, context->error);
    if (!code && context->target.format) tc_report_import(&context->target, imported);
    if (!code && !context->target.format) tc_report_import_text(context->out, &context->style, imported);
    tc_import_free(imported);
    free(imported);
    free(text);
    return code;
}

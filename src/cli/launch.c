/* launch.c - `traincast launch`: a question as the files that start it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/pools.h"
#include "cli/request.h"
#include "interop/launch.h"
#include "report/launch_report.h"

static tc_code write_file(const char *folder, const tc_launch_file *file, tc_error *error) {
    char path[1200];
    snprintf(path, sizeof path, "%.1000s/%.150s", folder, file->name);
    FILE *out = fopen(path, "w");
    if (!out) return tc_fail(error, TC_INVALID, path, "%s; give another folder", strerror(errno));
    fputs(file->text, out);
    bool failed = ferror(out);
    if (fclose(out) != 0) failed = true;
    size_t n = strlen(file->name);
#if !defined(__wasi__) /* which knows no permissions */
    if (!failed && n > 3 && strcmp(file->name + n - 3, ".sh") == 0) chmod(path, 0755);
#else
    (void)n;
#endif
    return failed ? tc_fail(error, TC_INTERNAL, path, "cannot be written in full") : TC_OK;
}

/* Into a folder, which is made; a line for each file. */
static tc_code write_folder(tc_context *context, const char *folder, const tc_launch *launch) {
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return tc_fail(context->error, TC_INVALID, "--output", "%.200s: %s; give another folder", folder,
                       strerror(errno));
    for (int i = 0; i < launch->files; i++) {
        tc_code code = write_file(folder, &launch->file[i], context->error);
        if (code) return code;
    }
    tc_report_launch_names(context->out, folder, launch);
    return TC_OK;
}

tc_code tc_command_launch(tc_context *context) {
    const tc_value *output = tc_given(context, TC_OPTION_LAUNCH_OUTPUT);
    tc_question question;
    tc_step step;
    tc_code code = tc_request_question(context, &question);
    if (!code) code = tc_forecast(&question, &step, context->error);
    tc_launch *launch = code ? NULL : malloc(sizeof *launch);
    if (code) return code;
    if (!launch) return tc_fail(context->error, TC_INTERNAL, "launch", "out of memory");
    code = tc_launch_write(context->catalog, context->options->positional[0], &question, &step, launch, context->error);
    if (!code && output->given && strcmp(output->text, "-") != 0)
        code = write_folder(context, output->text, launch);
    else if (!code && context->target.format)
        tc_report_launch(&context->target, &question, &step, launch);
    else if (!code)
        tc_report_launch_text(context->out, launch);
    tc_launch_free(launch);
    free(launch);
    return code;
}

/* main.c - the program: reads the command line, opens the catalog, runs one command, writes what it printed.
 *
 * A command's output is collected and written at the end, so that after an error standard
 * output is empty, and a full disk (exit 1) is told from a closed pipe (quiet). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/terminal.h"

enum { EXIT_INTERNAL = 1, EXIT_USAGE = 2, EXIT_INFEASIBLE = 3 };

static int report_error(const tc_error *error) {
    fprintf(stderr, "traincast: %s: %s\n", error->place, error->text);
    return error->code == TC_INTERNAL ? EXIT_INTERNAL : EXIT_USAGE;
}

/* Writes the collected output. A closed pipe is not an error: the reader had enough. */
static int write_output(const tc_output *output, const tc_style *style, int exit_code) {
    errno = 0;
    tc_print_visible(stdout, style, output->text, output->length);
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    int reason = errno;
    if (!failed && fclose(stdout) != 0) failed = true, reason = errno;
    if (!failed || reason == EPIPE) return exit_code;
    fprintf(stderr, "traincast: standard output: %s; the output is incomplete\n", strerror(reason ? reason : EIO));
    return EXIT_INTERNAL;
}

/* The user's own data folder, XDG_DATA_HOME/traincast or ~/.local/share/traincast, if it is there. */
static bool find_user_data(char *path, size_t size) {
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int length;
    if (data && *data == '/') /* the XDG specification: a relative path is ignored */
        length = snprintf(path, size, "%s/traincast", data);
    else if (home && *home)
        length = snprintf(path, size, "%s/.local/share/traincast", home);
    else
        return false;
    struct stat status;
    return (size_t)length < size && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static tc_code open_catalog(tc_context *context) {
    const tc_options *options = context->options;
    if (!(tc_option_table[TC_OPTION_CATALOG].commands >> options->command & 1u)) return TC_OK;
    const char *dirs[TC_LIST_MAX + 1];
    char user[1024];
    int n = 0;
    if (find_user_data(user, sizeof user)) dirs[n++] = user;
    for (int i = 0; i < options->catalogs; i++) dirs[n++] = options->catalog[i];
    return tc_catalog_open(dirs, n, &context->catalog, context->error);
}

/* Without --threads, what OMP_NUM_THREADS says, as in other programs. */
static void take_threads(tc_options *options) {
    tc_value *value = &options->value[TC_OPTION_THREADS];
    const char *text = getenv("OMP_NUM_THREADS");
    long threads = text && !value->given ? strtol(text, NULL, 10) : 0;
    if (threads > 0) value->integer = threads < 65536 ? threads : 65536;
}

/* The format for programs that was asked for; NULL: a text for people. */
static const tc_output_format *chosen_format(const tc_options *options) {
#define OUTPUT(id, name, help, format)                                                                                 \
    if (options->value[TC_OPTION_##id].given) return &format;
#include "report/outputs.def"
#undef OUTPUT
    return NULL;
}

static tc_code (*const command_functions[TC_COMMANDS])(tc_context *context) = {
#define COMMAND(id, name, function, ...) function,
#include "cli/commands.def"
#undef COMMAND
};

static tc_code run_command(tc_context *context) {
    const tc_options *options = context->options;
    if (options->value[TC_OPTION_VERSION].given) {
        fprintf(context->out, "traincast %s\n", TC_VERSION);
        return TC_OK;
    }
    if (options->command < 0 || options->value[TC_OPTION_HELP].given) {
        tc_help_print(context->out, &context->style, options->command);
        return TC_OK;
    }
    tc_code code = open_catalog(context);
    if (!code) code = tc_context_run(context, command_functions[options->command]);
    tc_catalog_close(context->catalog);
    return code;
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); /* a closed pipe shows as EPIPE when the output is written */
    tc_error error = {.code = TC_OK};
    tc_options options;
    if (tc_options_parse(argc, argv, &options, &error)) return report_error(&error);
    take_threads(&options);

    static tc_output output;
    tc_context context
        = {.options = &options, .error = &error, .style = tc_terminal_style(options.value[TC_OPTION_COLOR].text)};
    context.out = tc_output_open(&output);
    context.runs = &tc_embedded_runs;
    if (tc_terminal_watches_errors()) context.watched = stderr;
    context.target = (tc_target){.file = context.out,
                                 .format = chosen_format(&options),
                                 .table = options.value[TC_OPTION_TABLE].text};
    bool for_machines = context.target.format || options.value[TC_OPTION_MARKDOWN].given
                        || options.command == TC_COMMAND_MAN || options.command == TC_COMMAND_COMPLETION
                        || options.command == TC_COMMAND_TRACE;
    tc_code code = context.out ? run_command(&context) : TC_INTERNAL;
    bool complete = context.out && !ferror(context.out);
    if (context.out && fclose(context.out) != 0) complete = false;
    if (!code && (!complete || output.failed || context.target.out_of_memory)) code = TC_INTERNAL, error.code = TC_OK;
    if (code && error.code == TC_OK) tc_fail(&error, code, "memory", "none is left for the output");
    tc_style shown = context.style;
    if (for_machines) shown.width = 0;
    int exit_code = code ? report_error(&error)
                         : write_output(&output, &shown, context.infeasible ? EXIT_INFEASIBLE : EXIT_SUCCESS);
    free(output.text);
    return exit_code;
}

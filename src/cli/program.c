/* program.c - reads the command line, opens the catalog, runs one command, keeps what it printed. */
#include "cli/program.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"
#include "cli/assert.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/plan_files.h"
#include "cli/terminal.h"

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

static bool is_for_machines(const tc_context *context) {
    const tc_options *options = context->options;
    return context->target.format || options->value[TC_OPTION_MARKDOWN].given || options->command == TC_COMMAND_MAN
           || options->command == TC_COMMAND_COMPLETION || options->command == TC_COMMAND_TRACE
           || (options->command == TC_COMMAND_PLAN && tc_plan_files_are_output(context));
}

static tc_code (*const command_functions[TC_COMMANDS])(tc_context *context) = {
#define COMMAND(id, name, function, ...) function,
#include "cli/commands.def"
#undef COMMAND
};

/* With --json also whether this build keeps stores (SQLite). */
static tc_code print_version(tc_context *context) {
    if (!context->target.format) {
        fprintf(context->out, "traincast %s\n", TC_VERSION);
        return TC_OK;
    }
    tc_writer writer = tc_write_begin(&context->target, "version/1", "");
    tc_write_string(&writer, "version", TC_VERSION);
    tc_write_bool(&writer, "stores",
#ifdef TC_HAVE_SQLITE
                  true
#else
                  false
#endif
    );
    tc_write_end(&writer);
    return TC_OK;
}

static tc_code run_command(tc_context *context, tc_catalog *opened) {
    const tc_options *options = context->options;
    if (options->value[TC_OPTION_VERSION].given) { return print_version(context); }
    if (options->command < 0 || options->value[TC_OPTION_HELP].given) {
        tc_help_print(context->out, &context->style, options->command);
        return TC_OK;
    }
    if (options->catalogs > 0) opened = NULL;
    context->catalog = opened;
    tc_code code = opened ? TC_OK : open_catalog(context);
    if (!code) code = tc_context_run(context, command_functions[options->command]);
    if (!opened) tc_catalog_close(context->catalog);
    return code;
}

/* Runs what was asked for, its output into the page. */
static tc_code fill_page(tc_options *options, const tc_output_format *format, tc_catalog *opened, tc_page *page,
                         bool *infeasible) {
    tc_context context = {.options = options, .error = &page->error, .runs = &tc_embedded_runs};
    context.style = tc_terminal_style(options->value[TC_OPTION_COLOR].text);
    context.out = tc_output_open(&page->output);
    if (tc_terminal_watches_errors()) {
        context.watched = stderr;
        context.interrupted = tc_terminal_interrupted;
    }
    context.target
        = (tc_target){.file = context.out,
                      .format = format,
                      .table = options->value[TC_OPTION_TABLE].text,
                      .fields.asked = format == &tc_json_format ? options->value[TC_OPTION_FIELDS].text : NULL};
    page->style = context.style;
    if (is_for_machines(&context)) page->style.width = 0;
    tc_code code = context.out ? run_command(&context, opened) : TC_INTERNAL;
    bool told = !code && context.target.sets > 0 && !is_for_machines(&context);
    for (int i = 0; told && i < context.target.sets; i++)
        fprintf(context.out, "%sset %s\n", i ? "" : "\n", context.target.set[i]);
    bool complete = context.out && !ferror(context.out);
    if (context.out && fclose(context.out) != 0) complete = false;
    *infeasible = context.infeasible;
    if (code) return code;
    if (complete && !page->output.failed && !context.target.out_of_memory) return TC_OK;
    page->error.code = TC_OK; /* of an error on the way that was no failure */
    return TC_INTERNAL;
}

/* --assert: of the answer in JSON, which is asked for once more where another format is printed. */
static tc_code check_assertion(tc_options *options, tc_catalog *opened, tc_page *page, bool *holds) {
    const char *condition = options->value[TC_OPTION_ASSERT].text;
    char values[700];
    tc_page again = {.output = {.text = NULL}};
    const tc_output *answer = &page->output;
    bool unused;
    if (chosen_format(options) != &tc_json_format || options->value[TC_OPTION_FIELDS].given) {
        options->value[TC_OPTION_FIELDS] = (tc_value){.given = false};
        tc_code code = fill_page(options, &tc_json_format, opened, &again, &unused);
        if (code) page->error = again.error;
        if (code) free(again.output.text);
        if (code) return code;
        answer = &again.output;
    }
    tc_code code = tc_assert_holds(condition, answer->text, answer->length, holds, values, sizeof values, &page->error);
    free(again.output.text);
    if (!code && !*holds)
        snprintf(page->unmet, sizeof page->unmet, "--assert: '%.200s' does not hold%s%s", condition,
                 values[0] ? ": " : "", values);
    return code;
}

void tc_program_run(int argc, char **argv, tc_catalog *catalog, tc_page *page) {
    static tc_options options; /* 32 kB of words */
    bool infeasible = false, holds = true;
    page->output = (tc_output){.text = NULL};
    page->error = (tc_error){.code = TC_OK};
    tc_code code = tc_options_parse(argc, argv, &options, &page->error);
    if (!code) {
        take_threads(&options);
        code = fill_page(&options, chosen_format(&options), catalog, page, &infeasible);
        if (!code && options.value[TC_OPTION_ASSERT].given) code = check_assertion(&options, catalog, page, &holds);
        if (code && page->error.code == TC_OK) tc_fail(&page->error, code, "memory", "none is left for the output");
    }
    page->exit_code = code == TC_INTERNAL ? TC_EXIT_INTERNAL
                      : code              ? TC_EXIT_USAGE
                      : !holds            ? TC_EXIT_ASSERTION
                      : infeasible        ? TC_EXIT_INFEASIBLE
                                          : TC_EXIT_OK;
}

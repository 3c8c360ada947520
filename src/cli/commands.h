/* commands.h - what every sub-command gets, and the sub-commands.
 *
 * A command prints to context->out, which reaches standard output only if the
 * command succeeds: after an error nothing has been printed. */
#ifndef TC_CLI_COMMANDS_H
#define TC_CLI_COMMANDS_H

#include <stdio.h>

#include "base/json.h"
#include "catalog/embedded.h"
#include "cli/options.h"
#include "report/writer.h"
#include "report/table.h"
#include "traincast.h"

struct tc_context {
    tc_options *options;
    tc_catalog *catalog; /* NULL if the command takes no --catalog */
    FILE *out;
    tc_target target; /* an answer for programs goes there; without a format it is a text for people, to out */
    tc_style style;
    tc_order *order;   /* a schedule that was read from a file; freed by the program */
    tc_pool *pools;    /* of a question with several; freed by the program */
    int *stage_layers; /* the numbers of --stage-layers; freed by the program */
    bool answered;     /* --layout was read: a layout, with what it points to */
    tc_layout answer;
    int *answer_layers;
    tc_order *answer_order;
    tc_json_document answer_document;
    struct tc_imported *imported; /* --layout is a launch script: what it says; freed by the program */
    const char *layout_text;      /* --layout as a text in place of a file; NULL: none */
    const tc_embedded *runs;      /* published ones inside the program; NULL: none */
    FILE *watched;                /* where people see how far it is; NULL: nobody looks */
    bool (*interrupted)(void);    /* with `watched`: did they ask for an end? */
    /* In place of `watched`: a caller who is told which share is done, and may ask for an end (false). */
    bool (*tell)(void *told, double share);
    void *told;
    bool infeasible; /* set by a command that found nothing feasible: exit 3 */
    tc_error *error;
};

static inline const tc_value *tc_given(const tc_context *context, tc_option_id id) {
    return &context->options->value[id];
}

/* Frees what the options brought. */
void tc_context_free(tc_context *context);
/* Runs a command and frees what its options brought: schedules, layouts. */
TC_NODISCARD tc_code tc_context_run(tc_context *context, tc_code (*command)(tc_context *context));

tc_code tc_command_list(tc_context *context);
tc_code tc_command_show(tc_context *context);
tc_code tc_command_step(tc_context *context);
tc_code tc_command_trace(tc_context *context);
tc_code tc_command_explain(tc_context *context);
tc_code tc_command_compare(tc_context *context);
tc_code tc_command_run(tc_context *context);
tc_code tc_command_infer(tc_context *context);
tc_code tc_command_rl(tc_context *context);
tc_code tc_command_search(tc_context *context);
tc_code tc_command_require(tc_context *context);
tc_code tc_command_sweep(tc_context *context);
tc_code tc_command_plan(tc_context *context);
tc_code tc_command_report(tc_context *context);
tc_code tc_command_collective(tc_context *context);
tc_code tc_command_controls(tc_context *context);
tc_code tc_command_validate(tc_context *context);
tc_code tc_command_calibrate(tc_context *context);
tc_code tc_command_measure(tc_context *context);

tc_code tc_command_launch(tc_context *context);
tc_code tc_command_import(tc_context *context);
tc_code tc_command_serve(tc_context *context);
tc_code tc_command_help(tc_context *context);
tc_code tc_command_completion(tc_context *context);
tc_code tc_command_man(tc_context *context);

/* What became of a page. */
TC_NODISCARD tc_code tc_printed(tc_context *context, bool complete);
/* The answer for programs, or its page: by the functions of a report, tc_report_NAME() and tc_report_NAME_text(). */
#define TC_REPORT(context, name, ...)                                                                                  \
    ((context)->target.format                                                                                          \
         ? (tc_report_##name(&(context)->target, __VA_ARGS__), (tc_code)TC_OK)                                         \
         : tc_printed(context, tc_report_##name##_text((context)->out, &(context)->style, __VA_ARGS__)))

#endif

/* sweep.c - `traincast sweep`: runs what is missing in the store, prints the table. */
#include "base/error.h"
#include "cli/commands.h"

#ifdef TC_HAVE_SQLITE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/terminal.h"
#include "report/sweep_report.h"
#include "store/job.h"

static tc_code run_missing(tc_context *context, const tc_sweep *sweep, tc_store *store) {
    int *task, count;
    tc_code code = tc_job_missing(store, sweep, &task, &count, context->error);
    if (code) return code;
    FILE *to = tc_given(context, TC_OPTION_QUIET)->given ? NULL : stderr;
    tc_progress progress = tc_progress_start(to, tc_terminal_watches_errors(), count, sweep->tasks);
    int threads = (int)tc_given(context, TC_OPTION_THREADS)->integer;
    for (int i = 0; i < count && !code; i++) {
        tc_sweep_row row;
        code = tc_sweep_search(sweep, context->catalog, task[i], threads, &row, context->error);
        if (!code) code = tc_store_put(store, &row, sweep->data, context->error);
        if (!code) tc_progress_step(&progress, &row);
    }
    tc_progress_end(&progress);
    free(task);
    return code;
}

/* A picture into a file of its own. */
static tc_code draw(tc_context *context, tc_option_id id,
                    void (*picture)(FILE *, const tc_sweep *, const tc_sweep_row *, int), const tc_sweep *sweep,
                    const tc_sweep_row *rows) {
    const char *path = tc_given(context, id)->text;
    if (!path) return TC_OK;
    FILE *file = fopen(path, "w");
    if (!file)
        return tc_fail(context->error, TC_INVALID, tc_option_table[id].name,
                       "%.200s cannot be written: %s; give a file in a folder that is there", path, strerror(errno));
    picture(file, sweep, rows, sweep->tasks);
    bool failed = ferror(file) != 0;
    failed = fclose(file) != 0 || failed;
    return failed ? tc_fail(context->error, TC_INTERNAL, path, "cannot be written") : TC_OK;
}

static tc_code print_rows(tc_context *context, const tc_sweep *sweep, const tc_sweep_row *rows) {
    context->infeasible = true;
    for (int i = 0; i < sweep->tasks; i++)
        if (rows[i].status == TC_SWEEP_FOUND) context->infeasible = false;
    if (context->target.format == &tc_csv_format && !context->target.table)
        tc_report_sweep_csv(&context->target, rows, sweep->tasks);
    else if (context->target.format)
        tc_report_sweep(&context->target, sweep, rows, sweep->tasks);
    else if (!tc_report_sweep_text(context->out, &context->style, sweep, rows, sweep->tasks))
        return tc_fail(context->error, TC_INTERNAL, "sweep", "out of memory");
    tc_code code = draw(context, TC_OPTION_HEAT_MAP, tc_report_sweep_heat_map, sweep, rows);
    if (!code) code = draw(context, TC_OPTION_FRONT, tc_report_sweep_front, sweep, rows);
    return code ? code : draw(context, TC_OPTION_SCALING, tc_report_sweep_scaling, sweep, rows);
}

tc_code tc_command_sweep(tc_context *context) {
    tc_sweep *sweep = malloc(sizeof *sweep);
    tc_store *store = NULL;
    tc_sweep_row *rows = NULL;
    if (!sweep) return tc_fail(context->error, TC_INTERNAL, "sweep", "out of memory");
    tc_code code = tc_sweep_load_with(context->catalog, context->options->positional[0], context->options->set,
                                      context->options->sets, sweep, context->error);
    if (!code && tc_given(context, TC_OPTION_ANY)->given) sweep->any = true;
    if (!code && tc_given(context, TC_OPTION_FIT)->given) sweep->fit = tc_given(context, TC_OPTION_FIT)->real;
    if (!code) code = tc_store_open(tc_given(context, TC_OPTION_STORE)->text, &store, context->error);
    if (!code) code = run_missing(context, sweep, store);
    if (!code && !(code = tc_job_rows(store, sweep, &rows, context->error))) {
        code = print_rows(context, sweep, rows);
        free(rows);
    }
    tc_store_close(store);
    free(sweep);
    return code;
}
#else
tc_code tc_command_sweep(tc_context *context) {
    return tc_fail(context->error, TC_INTERNAL, "sweep",
                   "this program was built without SQLite; install libsqlite3-dev and build again");
}
#endif

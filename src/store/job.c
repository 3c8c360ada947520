/* job.c - what is missing of a sweep, and telling how far it is. */
#include "store/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/utf8.h"

tc_code tc_job_missing(tc_store *store, const tc_sweep *sweep, int **tasks, int *count, tc_error *error) {
    *count = 0;
    *tasks = malloc(((size_t)sweep->tasks + 1) * sizeof **tasks);
    if (!*tasks) return tc_fail(error, TC_INTERNAL, "sweep", "out of memory");
    tc_code code = TC_OK;
    for (int i = 0; i < sweep->tasks && !code; i++) {
        char key[20];
        bool found;
        tc_sweep_key(sweep, i, key);
        code = tc_store_get(store, key, NULL, &found, error);
        if (!code && !found) (*tasks)[(*count)++] = i;
    }
    if (code) free(*tasks);
    return code;
}

tc_code tc_job_rows(tc_store *store, const tc_sweep *sweep, tc_sweep_row **rows, tc_error *error) {
    *rows = calloc((size_t)sweep->tasks + 1, sizeof **rows);
    if (!*rows) return tc_fail(error, TC_INTERNAL, "sweep", "out of memory");
    tc_code code = TC_OK;
    for (int i = 0; i < sweep->tasks && !code; i++) {
        char key[20];
        bool found = false;
        tc_sweep_key(sweep, i, key);
        code = tc_store_get(store, key, &(*rows)[i], &found, error);
        if (!code && !found)
            code = tc_fail(error, TC_INTERNAL, "--store", "search %d of the sweep is not in it; start the sweep again",
                           i);
    }
    if (code) free(*rows);
    return code;
}

/* ---- progress ---------------------------------------------------------------------------- */

tc_progress tc_progress_start(FILE *file, bool terminal, int missing, int all) {
    tc_progress p = {.file = file,
                     .terminal = terminal,
                     .done = all - missing,
                     .all = all,
                     .before = all - missing,
                     .start = tc_now_s()};
    if (file && p.before > 0) fprintf(file, "%d of %d searches are in the store\n", p.before, all);
    return p;
}

void tc_progress_step(tc_progress *p, const tc_sweep_row *row) {
    p->done++;
    if (!p->file) return;
    double seconds = tc_now_s() - p->start, rate = seconds > 0 ? (p->done - p->before) / seconds : 0;
    long left = rate > 0 ? (long)((p->all - p->done) / rate + 0.5) : 0;
    /* tenths, so that no locale has a say */
    long tenths = (long)(rate * 10 + 0.5);
    char text[400];
    snprintf(text, sizeof text, "%d of %d searches, %ld.%ld a second, %ld s left: %s on %d x %s, batch %d: %s%s",
             p->done, p->all, tenths / 10, tenths % 10, left, row->model, row->devices, row->accelerator,
             row->global_batch, tc_sweep_status_name(row->status), p->terminal ? "" : "\n");
    if (p->terminal) fputs("\r\033[K", p->file);
    tc_utf8_put(p->file, text, strlen(text));
    fflush(p->file);
}

void tc_progress_end(tc_progress *p) {
    if (p->file && p->terminal && p->done > p->before) fputs("\r\033[K", p->file);
}

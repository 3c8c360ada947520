/* main.c - `traincast-mpi sweep`: a sweep over the ranks of an MPI job.
 *
 * A task is one search. Rank 0 alone opens the store; it hands tasks to whoever is free, one at a time,
 * and searches too, on a thread of its own, so that no core idles. A rank that dies ends the job (MPI's default);
 * what was stored until then stays, and the next start goes on from there. */
#include <mpi.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "report/sweep_report.h"
#include "store/job.h"

enum { TAG_ASK = 1, TAG_ROW, TAG_TASK };
enum { NO_TASK = -1 };

typedef struct options {
    const char *file, *store;
    bool csv, json, quiet;
    int threads;
    const char *catalog[16];
    int catalogs;
} options;

/* What rank 0's own searching thread and its main thread share. */
typedef struct desk {
    pthread_mutex_t lock;
    const tc_sweep *sweep;
    tc_catalog *catalog;
    const options *options;
    const int *task;
    int next, count;
    tc_sweep_row row; /* done, not yet stored */
    bool full, finished;
    tc_code code;
    tc_error error;
} desk;

static const char usage[] = "usage: mpirun -n N traincast-mpi sweep FILE.yaml --store DB.sqlite [--csv|--json] "
                            "[--threads N] [--catalog DIR] [--quiet]\n";

/* ---- options ---------------------------------------------------------------------------- */

static bool take_options(int argc, char **argv, options *o) {
    memset(o, 0, sizeof *o);
    o->threads = 1;
    if (argc < 3 || strcmp(argv[1], "sweep") != 0) return false;
    for (int i = 2; i < argc; i++) {
        bool last = i + 1 == argc;
        if (strcmp(argv[i], "--csv") == 0)
            o->csv = true;
        else if (strcmp(argv[i], "--json") == 0)
            o->json = true;
        else if (strcmp(argv[i], "--quiet") == 0)
            o->quiet = true;
        else if (strcmp(argv[i], "--store") == 0 && !last)
            o->store = argv[++i];
        else if (strcmp(argv[i], "--threads") == 0 && !last)
            o->threads = (int)strtol(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--catalog") == 0 && !last && o->catalogs < 16)
            o->catalog[o->catalogs++] = argv[++i];
        else if (argv[i][0] != '-' && !o->file)
            o->file = argv[i];
        else
            return false;
    }
    return o->file && o->store && o->threads >= 1;
}

/* ---- workers ------------------------------------------------------------------------------ */

static tc_code work(const tc_sweep *sweep, tc_catalog *catalog, const options *o, tc_error *error) {
    int ask = 0;
    MPI_Send(&ask, 1, MPI_INT, 0, TAG_ASK, MPI_COMM_WORLD);
    for (;;) {
        int task;
        tc_sweep_row row;
        MPI_Recv(&task, 1, MPI_INT, 0, TAG_TASK, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        if (task == NO_TASK) return TC_OK;
        tc_code code = tc_sweep_search(sweep, catalog, task, o->threads, &row, error);
        if (code) return code;
        MPI_Send(&row, sizeof row, MPI_BYTE, 0, TAG_ROW, MPI_COMM_WORLD);
    }
}

/* ---- rank 0 -------------------------------------------------------------------------------- */

static int take_task(desk *d) {
    pthread_mutex_lock(&d->lock);
    int task = d->next < d->count ? d->task[d->next++] : NO_TASK;
    pthread_mutex_unlock(&d->lock);
    return task;
}

static void nap(void) { nanosleep(&(struct timespec){0, 500000}, NULL); }

/* Puts a row on the desk, when the one before has been stored. */
static void put_row(desk *d, const tc_sweep_row *row) {
    for (bool put = false; !put;) {
        pthread_mutex_lock(&d->lock);
        put = !d->full;
        if (put) d->row = *row, d->full = true;
        pthread_mutex_unlock(&d->lock);
        if (!put) nap();
    }
}

static void *search_here(void *argument) {
    desk *d = argument;
    tc_code code = TC_OK;
    for (int task; !code && (task = take_task(d)) != NO_TASK;) {
        tc_sweep_row row;
        code = tc_sweep_search(d->sweep, d->catalog, task, d->options->threads, &row, &d->error);
        if (!code) put_row(d, &row);
    }
    pthread_mutex_lock(&d->lock);
    d->code = code;
    d->finished = true;
    pthread_mutex_unlock(&d->lock);
    return NULL;
}

/* Stores what rank 0's own thread has found. Returns whether it is done for good. */
static bool clear_desk(desk *d, tc_store *store, tc_progress *progress, tc_code *code, tc_error *error) {
    pthread_mutex_lock(&d->lock);
    bool full = d->full, done = d->finished && !full;
    tc_sweep_row row;
    if (full) row = d->row, d->full = false;
    if (done && d->code) *code = d->code, *error = d->error;
    pthread_mutex_unlock(&d->lock);
    if (full && !*code) *code = tc_store_put(store, &row, d->sweep->data, error);
    if (full && !*code) tc_progress_step(progress, &row);
    return done;
}

/* Takes one message, if there is one: a worker that asks, or a row and with it the next question. */
static bool answer(desk *d, tc_store *store, tc_progress *progress, int *working, tc_code *code, tc_error *error) {
    int there;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
    if (!there) return false;
    if (status.MPI_TAG == TAG_ROW) {
        tc_sweep_row row;
        MPI_Recv(&row, sizeof row, MPI_BYTE, status.MPI_SOURCE, TAG_ROW, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        if (!*code) *code = tc_store_put(store, &row, d->sweep->data, error);
        if (!*code) tc_progress_step(progress, &row);
    } else {
        int ask;
        MPI_Recv(&ask, 1, MPI_INT, status.MPI_SOURCE, TAG_ASK, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
    int task = *code ? NO_TASK : take_task(d);
    if (task == NO_TASK) --*working;
    MPI_Send(&task, 1, MPI_INT, status.MPI_SOURCE, TAG_TASK, MPI_COMM_WORLD);
    return true;
}

static tc_code run_desk(desk *d, tc_store *store, int ranks, tc_error *error) {
    pthread_t own;
    int working = ranks - 1;
    bool done = false;
    tc_code code = TC_OK;
    tc_progress progress
        = tc_progress_start(d->options->quiet ? NULL : stderr, isatty(STDERR_FILENO) != 0, d->count, d->sweep->tasks);
    if (pthread_create(&own, NULL, search_here, d) != 0)
        return tc_fail(error, TC_INTERNAL, "threads", "none can be started");
    while (working > 0 || !done) {
        done = clear_desk(d, store, &progress, &code, error) || done;
        if (!answer(d, store, &progress, &working, &code, error)) nap();
    }
    pthread_join(own, NULL);
    tc_progress_end(&progress);
    return code;
}

static tc_code lead(const tc_sweep *sweep, tc_catalog *catalog, const options *o, int ranks, bool *found,
                    tc_error *error) {
    tc_store *store;
    int *task, count;
    tc_sweep_row *rows;
    tc_code code = tc_store_open(o->store, &store, error);
    if (code) return code;
    code = tc_job_missing(store, sweep, &task, &count, error);
    if (!code) {
        desk d = {.lock = PTHREAD_MUTEX_INITIALIZER,
                  .sweep = sweep,
                  .catalog = catalog,
                  .options = o,
                  .task = task,
                  .count = count};
        code = run_desk(&d, store, ranks, error);
        free(task);
    }
    if (!code && !(code = tc_job_rows(store, sweep, &rows, error))) {
        tc_style style = {0};
        for (int i = 0; i < sweep->tasks; i++) *found = *found || rows[i].status == TC_SWEEP_FOUND;
        tc_target target = {.file = stdout, .format = o->csv ? &tc_csv_format : &tc_json_format};
        if (o->csv)
            tc_report_sweep_csv(&target, rows, sweep->tasks);
        else if (o->json)
            tc_report_sweep(&target, sweep, rows, sweep->tasks);
        else if (!tc_report_sweep_text(stdout, &style, sweep, rows, sweep->tasks))
            target.out_of_memory = true;
        if (target.out_of_memory) code = tc_fail(error, TC_INTERNAL, "sweep", "out of memory");
        free(rows);
    }
    tc_store_close(store);
    return code;
}

/* ---- the program ----------------------------------------------------------------------------- */

/* Returns the exit code; a failure of one rank is one of all. */
static int run(const options *o, int rank, int ranks) {
    tc_error error = {.code = TC_OK};
    tc_catalog *catalog = NULL;
    static tc_sweep sweep;
    bool found = false;
    tc_code code = tc_catalog_open(o->catalog, o->catalogs, &catalog, &error);
    if (!code) code = tc_sweep_load(catalog, o->file, &sweep, &error);
    int failed = code != TC_OK, any;
    MPI_Allreduce(&failed, &any, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (!any) code = rank == 0 ? lead(&sweep, catalog, o, ranks, &found, &error) : work(&sweep, catalog, o, &error);
    if (code && (rank == 0 || !any)) fprintf(stderr, "traincast-mpi: %s: %s\n", error.place, error.text);
    if (code && !any) MPI_Abort(MPI_COMM_WORLD, code == TC_INTERNAL ? 1 : 2);
    tc_catalog_close(catalog);
    if (any) return 2;
    return rank == 0 && !found ? 3 : 0;
}

int main(int argc, char **argv) {
    int provided, rank, ranks;
    options o;
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0)) { /* also without mpirun */
        printf("%s", strcmp(argv[1], "--help") == 0 ? usage : "traincast-mpi " TC_VERSION "\n");
        return 0;
    }
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    int exit_code = 2;
    if (take_options(argc, argv, &o))
        exit_code = run(&o, rank, ranks);
    else if (rank == 0)
        fputs(usage, stderr);
    MPI_Finalize();
    return exit_code;
}

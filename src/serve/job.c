/* job.c - a process for each question. The child closes what it inherited, may open nothing, and writes one answer. */
#include "serve/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define SHORT_S 10   /* that an answer may take: of a step */
#define LONG_S 120   /* of a search, a plan, a comparison */
#define WAITING_S 60 /* that a question may wait for its turn */
#define MEMORY ((rlim_t)4 << 30)
#define ANSWER 'A'
#define REFUSAL 'R'

static bool takes_long(const char *command) {
    static const char *const of_long[] = {"search", "compare", "plan", "report", "validate", "infer"};
    for (size_t i = 0; i < sizeof of_long / sizeof *of_long; i++)
        if (strcmp(command, of_long[i]) == 0) return true;
    return false;
}

/* ---- the child -------------------------------------------------------------------------------- */

/* A macro, because what a resource is differs: an enumeration of glibc, elsewhere an int. */
#define LIMIT(resource, most) setrlimit(resource, &(struct rlimit){most, most})

/* Nothing of the server's is left, and nothing more can be opened: no path of a question leads anywhere. */
static void shut_in(int pipe, double seconds) {
    for (int fd = 3; fd < FD_SETSIZE; fd++) /* the server has no others */
        if (fd != pipe) close(fd);
    signal(SIGINT, SIG_IGN); /* of the terminal: the server lets it end */
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    LIMIT(RLIMIT_CORE, 0);
    LIMIT(RLIMIT_NOFILE, 0);
    LIMIT(RLIMIT_CPU, 1 + (rlim_t)seconds * TC_JOBS_SHORT);
#ifndef TC_INSTRUMENTED /* whose shadow of the memory is larger than any limit */
    LIMIT(RLIMIT_AS, MEMORY);
#endif
}

static bool write_all(int pipe, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = write(pipe, bytes, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

static void answer(const tc_serve_input *input, const tc_answering *job, int pipe) {
    char *text = NULL;
    tc_error error = {.code = TC_OK};
    tc_code code = input->ask(input->context, job->command, job->question, &text, &error);
    bool fine;
    if (!code) {
        fine = write_all(pipe, (char[]){ANSWER}, 1) && write_all(pipe, text, strlen(text));
    } else {
        char kind[2] = {REFUSAL, (char)code};
        fine = write_all(pipe, kind, 2) && write_all(pipe, error.place, strlen(error.place) + 1)
               && write_all(pipe, error.text, strlen(error.text) + 1);
    }
    _exit(fine ? 0 : 1);
}

/* ---- the server's side ------------------------------------------------------------------------------ */

static void start(tc_answerings *jobs, tc_answering *job) {
    int ends[2];
    job->running = true;
    job->started = tc_now_s();
    jobs->waiting--;
    jobs->running[job->is_long]++;
    pid_t process = pipe(ends) == 0 ? fork() : -2;
    if (process == 0) {
        shut_in(ends[1], job->is_long ? LONG_S : SHORT_S);
        answer(jobs->input, job, ends[1]);
    }
    if (process != -2) close(ends[1]);
    if (process == -1) close(ends[0]);
    job->process = process;
    job->pipe = process > 0 ? ends[0] : -1;
    if (job->pipe >= 0) fcntl(job->pipe, F_SETFL, O_NONBLOCK);
    if (process < 0) {
        job->done = true;
        job->end = TC_JOB_DIED;
        jobs->running[job->is_long]--;
    }
}

static void finish(tc_answerings *jobs, tc_answering *job, tc_answering_end end) {
    int status = 0;
    if (end != TC_JOB_ANSWERED) kill(job->process, SIGKILL);
    close(job->pipe);
    while (waitpid(job->process, &status, 0) < 0 && errno == EINTR) {}
    job->pipe = -1;
    job->done = true;
    job->end = end;
    jobs->running[job->is_long]--;
    if (end != TC_JOB_ANSWERED) return;
    bool whole = WIFEXITED(status) && WEXITSTATUS(status) == 0 && job->length > 0;
    job->end = !whole ? TC_JOB_DIED : job->text[0] == ANSWER ? TC_JOB_ANSWERED : TC_JOB_REFUSED;
    if (!whole) return;
    if (job->end == TC_JOB_REFUSED) job->code = (tc_code)job->text[1];
    size_t head = job->end == TC_JOB_REFUSED ? 2 : 1;
    job->length -= head;
    memmove(job->text, job->text + head, job->length);
    job->text[job->length] = '\0';
}

/* Takes what the pipe has. */
static void take(tc_answerings *jobs, tc_answering *job) {
    for (;;) {
        if (job->room - job->length < 65536) {
            size_t room = job->room ? 2 * job->room : 131072;
            char *grown = room <= 2 * TC_JOB_ANSWER ? realloc(job->text, room) : NULL;
            if (!grown) {
                finish(jobs, job, TC_JOB_TOO_LARGE);
                return;
            }
            job->text = grown;
            job->room = room;
        }
        ssize_t n = read(job->pipe, job->text + job->length, job->room - job->length - 1);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n > 0) {
            job->length += (size_t)n;
            continue;
        }
        finish(jobs, job, n == 0 ? TC_JOB_ANSWERED : TC_JOB_DIED);
        return;
    }
}

tc_answering *tc_answering_ask(tc_answerings *jobs, const char *command, const char *question, void *of) {
    if (jobs->waiting >= TC_JOBS_WAITING) return NULL;
    tc_answering *job = calloc(1, sizeof *job);
    if (!job) return NULL;
    *job = (tc_answering){.of = of, .pipe = -1, .asked = tc_now_s(), .is_long = takes_long(command)};
    job->command = strdup(command);
    job->question = strdup(question);
    tc_answering **last = &jobs->first;
    while (*last) last = &(*last)->next;
    *last = job;
    jobs->waiting++;
    if (job->command && job->question) return job;
    tc_answering_drop(jobs, job);
    return NULL;
}

void tc_answering_drop(tc_answerings *jobs, tc_answering *job) {
    tc_answering **at = &jobs->first;
    while (*at && *at != job) at = &(*at)->next;
    if (*at) *at = job->next;
    if (!job->running)
        jobs->waiting--;
    else if (!job->done)
        finish(jobs, job, TC_JOB_DIED);
    free(job->command);
    free(job->question);
    free(job->text);
    free(job);
}

void tc_answerings_go_on(tc_answerings *jobs, bool (*ready)(int pipe, void *context), void *context,
                         void (*ended)(tc_answering *job)) {
    double now = tc_now_s();
    for (tc_answering *job = jobs->first, *next; job; job = next) {
        next = job->next;
        if (job->done) continue;
        if (!job->running) {
            int most = job->is_long ? TC_JOBS_LONG : TC_JOBS_SHORT;
            if (jobs->running[job->is_long] < most) {
                start(jobs, job);
            } else if (now - job->asked > WAITING_S) {
                job->running = job->done = true;
                job->end = TC_JOB_LATE;
                jobs->waiting--;
            }
        } else if (ready(job->pipe, context)) {
            take(jobs, job);
        } else if (now - job->started > (job->is_long ? LONG_S : SHORT_S)) {
            finish(jobs, job, TC_JOB_LATE);
        }
        if (job->done) ended(job);
    }
}

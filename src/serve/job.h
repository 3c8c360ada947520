/* job.h - questions that processes of their own answer: at most so many at once, the others wait their turn. */
#ifndef TC_SERVE_JOB_H
#define TC_SERVE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "serve/serve.h"

#define TC_JOBS_SHORT 8    /* processes for what takes milliseconds */
#define TC_JOBS_LONG 2     /* and for searches, plans, comparisons: each has its share of the cores */
#define TC_JOBS_WAITING 64 /* more are turned away */
#define TC_JOB_ANSWER ((size_t)32 << 20)

typedef enum tc_answering_end {
    TC_JOB_ANSWERED,
    TC_JOB_REFUSED,   /* the question was wrong: code, place, text */
    TC_JOB_LATE,      /* took longer than it may */
    TC_JOB_TOO_LARGE, /* would say more than it may */
    TC_JOB_DIED       /* out of memory, or a fault of ours */
} tc_answering_end;

typedef struct tc_answering {
    struct tc_answering *next;
    void *of;                 /* whose question it is */
    char *command, *question; /* the job's own */
    bool is_long, running, done;
    pid_t process;
    int pipe; /* the answer comes from there; -1: not running */
    double asked, started;
    tc_answering_end end;
    tc_code code;
    char *text; /* what came; of a refusal: place, NUL, text */
    size_t length, room;
} tc_answering;

typedef struct tc_answerings {
    const tc_serve_input *input;
    tc_answering *first;
    int waiting, running[2]; /* short, long */
} tc_answerings;

/* Takes a copy of both texts. NULL: too many wait, or no memory. */
tc_answering *tc_answering_ask(tc_answerings *jobs, const char *command, const char *question, void *of);
/* Ends it, whatever it does, and frees it. */
void tc_answering_drop(tc_answerings *jobs, tc_answering *job);
/* Starts what may start, takes what has come; pipes of `ready` were found readable by the caller. Calls ended() for
 * each job that is done now. */
void tc_answerings_go_on(tc_answerings *jobs, bool (*ready)(int pipe, void *context), void *context,
                         void (*ended)(tc_answering *job));

#endif

/* serve.h - the program's answers over HTTP, with the page that shows them.
 *
 * One thread, one loop. A question is answered by a process of its own, which is forked from the server (what the
 * catalog holds is parsed already), may open no file, has limits of memory and time, and is killed when its client
 * leaves. So no question can read the machine, stay, leak, starve the others or take the server down. */
#ifndef TC_SERVE_SERVE_H
#define TC_SERVE_SERVE_H

#include <stdbool.h>
#include <stdio.h>

#include "catalog/embedded.h"
#include "traincast.h"

typedef struct tc_serve_input {
    const char *host; /* an address, or localhost */
    int port;         /* 0: any that is free */
    const char *key;  /* that every request must bring; NULL: none */
    FILE *access_log; /* NULL: none */
    const tc_embedded *pages, *runs;
    /* Answers COMMAND with the question in JSON; called in a process of its own. */
    tc_code (*ask)(void *context, const char *command, const char *question, char **answer, tc_error *error);
    const char *const *commands; /* that may be asked, ended by NULL */
    void *context;
    bool (*stopped)(void);
    void (*started)(void *context, const char *url); /* once it listens */
} tc_serve_input;

/* Serves until stopped() says so, then lets what is being answered end, for a few seconds. */
TC_NODISCARD tc_code tc_serve(const tc_serve_input *input, tc_error *error);

/* Is the host one that only this machine reaches? */
bool tc_serve_is_loopback(const char *host);

#endif

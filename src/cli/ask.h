/* ask.h - tc_ask_json for a program that knows more than the library, or lets others ask. */
#ifndef TC_CLI_ASK_H
#define TC_CLI_ASK_H

#include "cli/commands.h"

typedef struct tc_ask_more {
    const char *command;                    /* whatever the question says; NULL: what it says */
    const tc_embedded *runs;                /* published ones, for validate; NULL: none */
    tc_code (*trace)(tc_context *context);  /* NULL: cannot be asked; its answer is the trace itself */
    bool sealed;                            /* a stranger asks: no path, no file, no threads of their choice */
    int threads;                            /* sealed: of searches and plans; 0: all cores */
    bool (*tell)(void *told, double share); /* as of tc_ask_json_watched(); NULL: nobody looks */
    void *told;
} tc_ask_more;

TC_NODISCARD tc_code tc_ask(tc_catalog *catalog, const char *request, const tc_ask_more *more, char **answer,
                            tc_error *error);

#endif

/* watch.h - how far a command is, told to whoever looks: a line on a terminal, or a caller of tc_ask_json_watched. */
#ifndef TC_CLI_WATCH_H
#define TC_CLI_WATCH_H

#include "cli/commands.h"

typedef struct tc_watch {
    const tc_context *context;
    const char *noun;    /* what is counted: "families of layouts" */
    double start, shown; /* s; shown 0: no line yet */
} tc_watch;

/* Does anybody look? Then `tell` of a search or a plan may be tc_watch_tell. */
bool tc_is_watched(const tc_context *context);
tc_watch tc_watch_start(const tc_context *context, const char *noun);
/* false: an end is asked for. */
bool tc_watch_tell(tc_watch *watch, int64_t done, int64_t all);
void tc_watch_end(const tc_watch *watch);

#endif

/* watch.c - how far a command is. */
#include "cli/watch.h"

#include <stdio.h>

#include "base/clock.h"
#include "report/format.h"

#define PATIENCE_S 1  /* that nobody needs a line for */
#define REFRESH_S 0.2 /* between two lines */

bool tc_is_watched(const tc_context *context) { return context->tell || context->watched; }

tc_watch tc_watch_start(const tc_context *context, const char *noun) {
    return (tc_watch){.context = context, .noun = noun, .start = tc_now_s()};
}

bool tc_watch_tell(tc_watch *w, int64_t done, int64_t all) {
    const tc_context *context = w->context;
    if (context->tell) return context->tell(context->told, all > 0 ? (double)done / (double)all : 0);
    double now = tc_now_s(), seconds = now - w->start;
    if (done > 0 && seconds > PATIENCE_S && now - w->shown > REFRESH_S) {
        fprintf(context->watched, "\r\033[K%s of %s %s", tc_format_count((double)done).s,
                tc_format_count((double)all).s, w->noun);
        fprintf(context->watched, ", %s a second", tc_format_significant((double)done / seconds, 2).s);
        fprintf(context->watched, ", %s s left; ^C: with these",
                tc_format_fixed(seconds / (double)done * (double)(all - done), 0).s);
        fflush(context->watched);
        w->shown = now;
    }
    return !context->interrupted();
}

void tc_watch_end(const tc_watch *w) {
    if (w->shown > 0) fputs("\r\033[K", w->context->watched);
}

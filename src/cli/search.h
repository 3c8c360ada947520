/* search.h - a search as the options ask for it; several of them as one. */
#ifndef TC_CLI_SEARCH_H
#define TC_CLI_SEARCH_H

#include "cli/commands.h"
#include "cli/goal.h"
#include "report/search_report.h"

typedef struct tc_asked {
    tc_question question;
    tc_search_input in;
    tc_goal goal;
    tc_search_answer answer;
    tc_search search;
    tc_run *run, *cluster_run; /* of each of the best, and of the clusters; NULL: not asked */
} tc_asked;

/* What the options say now. To be freed even after an error. */
TC_NODISCARD tc_code tc_asked_take(tc_context *context, tc_asked *out);
/* Searches; where there is a target on the least devices that reach it. */
TC_NODISCARD tc_code tc_asked_find(tc_context *context, tc_asked *out);
void tc_asked_free(tc_asked *asked);
/* Is there a target that is not reached? */
bool tc_asked_missed(const tc_search_answer *answer);

/* Several accelerators, numbers of devices or stacks. */
bool tc_several_asked(const tc_context *context);
TC_NODISCARD tc_code tc_search_several(tc_context *context);

#endif

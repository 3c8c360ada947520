/* goal.h - what a search is asked beside the best layouts: whole runs, and the least devices for a target. */
#ifndef TC_CLI_GOAL_H
#define TC_CLI_GOAL_H

#include "cli/commands.h"
#include "report/search_report.h"

typedef struct tc_goal {
    const tc_context *context;
    const tc_question *question;
    tc_economics economics; /* where tokens are given */
    tc_risks risks;         /* likewise */
    double tokens;          /* 0: not given */
    double wall_s;          /* --for; 0: not given */
    double tokens_per_s;    /* --for-tokens-per-s; 0: not given */
} tc_goal;

TC_NODISCARD tc_code tc_goal_take(tc_context *context, const tc_question *question, tc_goal *out);

/* Where there is a target: the input's devices are the least that reach it, or with the objective cost the cheapest.
 * Where none do they stay, and advice says how many would. */
TC_NODISCARD tc_code tc_goal_devices(tc_goal *goal, tc_search_input *input, tc_search_answer *answer);

/* The run of each of n layouts; freed by the caller. NULL: not asked, or out of memory with an error. */
TC_NODISCARD tc_code tc_goal_runs(const tc_goal *goal, const tc_found *found, int n, tc_run **runs);

#endif

/* plan_since.h - the plan of before that --since names: a scenario, or an answer of plan in JSON. */
#ifndef TC_CLI_PLAN_SINCE_H
#define TC_CLI_PLAN_SINCE_H

#include "cli/commands.h"
#include "fleet/compare_plans.h"

typedef struct tc_earlier {
    bool given;
    const char *path;
    tc_scenario *scenario;   /* NULL: an answer */
    tc_json_document answer; /* open where there is one */
    tc_job_answer *job;      /* [jobs]: of the answer */
    int jobs;
    tc_arena arena;
} tc_earlier;

/* Zero-initialise; the caller frees it, also after an error. */
TC_NODISCARD tc_code tc_earlier_read(tc_context *context, tc_earlier *out);
/* since lives as long as the two. */
TC_NODISCARD tc_code tc_earlier_compare(tc_earlier *earlier, const tc_plan *now, const tc_interval_model *interval,
                                        const tc_plan_options *options, tc_since *since, tc_error *error);
void tc_earlier_free(tc_earlier *earlier);

#endif

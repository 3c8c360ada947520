/* best.c - --layout best. */
#include "cli/best.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/answer.h"
#include "cli/request.h"
#include "cli/search_options.h"

/* The first of the search, or why there is none. */
static tc_code choose(const tc_search_input *in, tc_search *search, tc_question *question, tc_error *error) {
    const char *chip = question->cluster.accelerator.slug;
    tc_code code = tc_search_run(in, search, error);
    if (!code && search->best_count == 0) code = tc_search_advise(in, search, error);
    if (code) return code;
    const tc_found *best = search->best;
    if (search->best_count == 0)
        return tc_fail(error, TC_INVALID, "--layout", "no layout fits %d x %s%s%s", question->cluster.devices, chip,
                       search->advice_count > 0 ? "; this would do: " : "",
                       search->advice_count > 0 ? search->advice[0].options : "");
    if (best->idle > 0)
        return tc_fail(error, TC_INVALID, "--layout", "the best one leaves %d of %d devices idle; give --devices %d",
                       best->idle, question->cluster.devices, best->devices);
    question->layout = best->step.layout;
    return TC_OK;
}

tc_code tc_best_take(tc_context *context, tc_question *question) {
    tc_search_input in;
    if (!tc_answer_is_best(context)) return TC_OK;
    if (context->options->command == TC_COMMAND_SEARCH)
        return tc_fail(context->error, TC_INVALID, "--layout", "best is what this command looks for; leave it out");
    if (question->cluster.others > 0)
        return tc_fail(context->error, TC_INVALID, "--layout", "best is of one pool; `search` takes several");
    if (question->job.global_batch < 1)
        return tc_fail(context->error, TC_INVALID, "--global-batch",
                       "is needed for --layout best; for example --global-batch 1024");
    tc_search *search = malloc(sizeof *search);
    if (!search) return tc_fail(context->error, TC_INTERNAL, "--layout", "out of memory");
    memset(search, 0, sizeof *search);
    tc_code code = tc_search_options_take(context, question, &in);
    in.top = 1;
    if (!code) code = choose(&in, search, question, context->error);
    tc_search_free(search);
    free(search);
    return code;
}

void tc_best_hint(const tc_context *context, const tc_step *step) {
    bool asked = step->fits || context->answered || tc_answer_is_best(context);
    for (int i = 0; i < TC_LAYOUT_FIELDS; i++)
        asked = asked || tc_given(context, tc_request_field((tc_layout_id)i))->given;
    if (asked) return;
    fputc('\n', context->out);
    tc_print_wrapped(context->out, &context->style, 0, 0,
                     "It does not fit, and no layout was asked for: --layout best looks for one that does.");
}

/* worth.c - what more of each figure of a chip is worth: the best of all layouts with it, against the best today.
 *
 * explain changes a figure and keeps the layout: memory is then worth nothing, and a faster link what it saves today. Here the layout is
 * searched again. The elasticity is d ln(throughput) / d ln(figure), by a difference: memory, whose effect is a jump where a layout begins
 * to fit, is raised by a quarter, others by a tenth. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "require/seeker.h"
#include "search/members.h"

#define TENTH 1.1
#define QUARTER 1.25 /* 64 GiB to 80 */

static tc_code find_worth(tc_seeker *s, tc_required figure, const tc_sought *today, tc_worth *out, tc_error *error) {
    tc_question q = s->in.question;
    tc_sought kept, found;
    *out = (tc_worth){.figure = figure, .factor = figure == TC_REQUIRED_MEMORY ? QUARTER : TENTH};
    tc_require_scale(&q, figure, out->factor);
    tc_seeker_best_kept(s, &q, &kept);
    tc_code code = tc_seeker_search(s, &q, kept.step_s, &found, error);
    if (code || found.step_s == HUGE_VAL) return code;
    out->step_s = found.step_s;
    out->layout = found.layout;
    out->devices = found.devices;
    if (today->step_s < HUGE_VAL) out->elasticity = log(today->step_s / found.step_s) / log(out->factor);
    return TC_OK;
}

tc_code tc_require_worth(const tc_search_input *in, tc_worths *out, tc_error *error) {
    memset(out, 0, sizeof *out);
    tc_code code = tc_members_check(&tc_search_input_members, in, "input", error);
    if (code) return code;
    if (in->dtypes) return tc_fail(error, TC_INVALID, "dtypes", "is a set; figures are of one format");
    tc_seeker *s = malloc(sizeof *s);
    tc_sought today;
    if (!s) return tc_fail(error, TC_INTERNAL, "worth", "out of memory");
    tc_seeker_start(s, in);
    code = tc_seeker_search(s, &s->in.question, HUGE_VAL, &today, error);
    if (!code && today.step_s < HUGE_VAL) {
        out->today_s = today.step_s;
        out->today_layout = today.layout;
        out->today_devices = today.devices;
    }
    for (int i = 0; i < TC_REQUIRED_FIGURES && !code; i++)
        if (tc_require_figure(&s->in.question, (tc_required)i) > 0)
            code = find_worth(s, (tc_required)i, &today, &out->worth[out->count++], error);
    code = tc_seeker_end(s, code, "worth", error);
    free(s);
    return code;
}

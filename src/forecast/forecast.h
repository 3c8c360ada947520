/* forecast.h - one question, one answer: every command, search and plan asks here (tc_forecast in traincast.h). */
#ifndef TC_FORECAST_FORECAST_H
#define TC_FORECAST_FORECAST_H

#include "forecast/interval.h"
#include "step/step.h"

/* A question opened up, for what looks inside: traces, explanations. It points into itself and to the question:
 * neither may be moved. */
typedef struct tc_opened {
    tc_placement placement;
    tc_costs costs;
    int assumed_count;
    char assumed[TC_ASSUMED_MAX][96];
} tc_opened;

/* TC_INVALID where a struct is not of this library's version (its `size` is not what tc_default_...() set), or a member is out
 * of its bounds (members.c): the place names it. */
TC_NODISCARD tc_code tc_question_check(const tc_question *question, tc_error *error);

/* tc_forecast_mixed() without exposed_s of a pipeline, which takes a timeline more. */
TC_NODISCARD tc_code tc_mixed_step(const tc_question *question, tc_mixed *out, tc_error *error);

/* Resolves the layout and works out its costs. */
TC_NODISCARD tc_code tc_open(const tc_question *question, tc_opened *out, tc_error *error);

/* Adds to a forecast's `assumed` what the question left to the program: the stack. */
void tc_assume_stack(const tc_question *question, tc_step *step);

/* The same of a question that was checked: of a part of one that was. */
TC_NODISCARD tc_code tc_open_checked(const tc_question *question, tc_opened *out, tc_error *error);

/* Gives a forecast of the opened question its interval and what was assumed. */
void tc_close(const tc_opened *opened, tc_step *step);

#endif

/* seeker.h - searches for the least value of a figure, with the layouts that earlier ones found. */
#ifndef TC_REQUIRE_SEEKER_H
#define TC_REQUIRE_SEEKER_H

#include "traincast.h"

#define TC_SEEKER_KEPT 40

typedef struct tc_seeker {
    tc_search_input in;
    int kept, next;
    tc_layout layout[TC_SEEKER_KEPT];
    int devices[TC_SEEKER_KEPT];
    int64_t searches, forecasts;
    bool lost; /* a forecast ran out of memory: what was found since does not count */
} tc_seeker;

/* The best layout of a question; step_s HUGE_VAL: none fits. */
typedef struct tc_sought {
    double step_s;
    tc_layout layout;
    int devices;
} tc_sought;

/* A question as a function of a factor: what is tried. */
typedef struct tc_trial tc_trial;
struct tc_trial {
    void (*change)(const tc_trial *trial, double factor, tc_question *out);
    const tc_question *base;
    tc_required figure;
    bool misses; /* the target is missed with a factor of 1 */
    bool known;  /* what is asked for is a yes or a no: no search for how near it comes */
};

typedef struct tc_least {
    bool reached;
    double factor;
    tc_sought at_most, found; /* with the most; with the factor */
} tc_least;

void tc_seeker_start(tc_seeker *seeker, const tc_search_input *input);
/* `code`, but where a forecast ran out of memory on the way. */
TC_NODISCARD tc_code tc_seeker_end(const tc_seeker *seeker, tc_code code, const char *place, tc_error *error);
void tc_seeker_best_kept(tc_seeker *seeker, const tc_question *question, tc_sought *out);
/* The best of all layouts, of those that are better than to_beat and of those that are kept. */
TC_NODISCARD tc_code tc_seeker_search(tc_seeker *seeker, const tc_question *question, double to_beat, tc_sought *out,
                                      tc_error *error);
/* The least factor, at most `most`, that meets the target. */
TC_NODISCARD tc_code tc_seeker_least(tc_seeker *seeker, const tc_trial *trial, double target, double most,
                                     tc_least *out, tc_error *error);

bool tc_require_is_limited(const tc_require_input *input);
/* The front of chips within the limits: limits.c. */
TC_NODISCARD tc_code tc_require_limits(tc_seeker *seeker, const tc_require_input *input, tc_require *out,
                                       tc_error *error);

#endif

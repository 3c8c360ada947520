/* logs.h - logs of training programs as a measured step: the median after the warm-up (data/logs.yaml). */
#ifndef TC_CALIBRATE_LOGS_H
#define TC_CALIBRATE_LOGS_H

#include "validate/published.h"

typedef struct tc_log_step {
    const char *program; /* that printed it; in the arena */
    tc_metric metric;
    double measured;    /* the median */
    int steps, warm_up; /* lines that count, and those before them */
} tc_log_step;

/* Finds the program most of whose lines the text has. A log without a step, or whose figures are no numbers, is an error at its line. */
TC_NODISCARD tc_code tc_log_read(const char *path, const char *text, size_t length, tc_arena *arena, tc_log_step *out,
                                 tc_error *error);

#endif

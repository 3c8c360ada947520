/* clock.h - how long something takes: of a clock that nobody sets back. */
#ifndef TC_BASE_CLOCK_H
#define TC_BASE_CLOCK_H

#include <time.h>

/* Seconds since some moment. */
static inline double tc_now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif

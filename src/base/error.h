/* error.h - fills a tc_error; every fallible function of the library ends here. */
#ifndef TC_BASE_ERROR_H
#define TC_BASE_ERROR_H

#include "traincast.h"

/* Sets place and text (printf style), returns code. error may be NULL. */
tc_code tc_fail(tc_error *error, tc_code code, const char *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The nearest of n names to `word` by edit distance, or NULL if none is near. */
const char *tc_nearest(const char *word, const char *const *names, int n);

#endif

/* text.h - small questions about texts. */
#ifndef TC_BASE_TEXT_H
#define TC_BASE_TEXT_H

#include <stdbool.h>
#include <string.h>

static inline bool tc_ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && memcmp(text + n - m, end, m) == 0;
}

#endif

/* lines.h - the lines of a text that are not blank, one JSON object each. */
#ifndef TC_VALIDATE_LINES_H
#define TC_VALIDATE_LINES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tc_lines {
    const char *at, *end;
    int line; /* from 1; of the text that was returned */
} tc_lines;

static inline tc_lines tc_lines_of(const char *text, size_t length) { return (tc_lines){text, text + length, 0}; }

/* False at the end. */
bool tc_lines_next(tc_lines *lines, const char **text, size_t *length);

#endif

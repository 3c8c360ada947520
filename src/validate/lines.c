/* lines.c - walks the lines of a text. */
#include "validate/lines.h"

#include <string.h>

static bool is_blank(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r') return false;
    return true;
}

bool tc_lines_next(tc_lines *lines, const char **text, size_t *length) {
    while (lines->at < lines->end) {
        const char *newline = memchr(lines->at, '\n', (size_t)(lines->end - lines->at));
        *text = lines->at;
        *length = (size_t)((newline ? newline : lines->end) - lines->at);
        lines->at = newline ? newline + 1 : lines->end;
        lines->line++;
        if (!is_blank(*text, *length)) return true;
    }
    return false;
}

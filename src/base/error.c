/* error.c - errors are values with a place; messages name the nearest valid choice. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* One line of characters that can be seen, whatever the input held: '?' for others, none for one that was cut. */
static void make_printable(char *text) {
    char *to = text;
    for (size_t left = strlen(text), length; left > 0; text += length, left -= length) {
        uint32_t code_point;
        tc_glyph glyph = tc_utf8_next(text, left, &length, &code_point);
        if (glyph == TC_GLYPH_SHOWN)
            memmove(to, text, length), to += length;
        else if (glyph != TC_GLYPH_CUT && !(code_point >= 0xc2 && text[length] == '\'')) /* 'cut in quotes' */
            *to++ = '?';
    }
    *to = '\0';
}

tc_code tc_fail(tc_error *error, tc_code code, const char *place, const char *format, ...) {
    if (!error) return code;
    error->code = code;
    snprintf(error->place, sizeof error->place, "%s", place);
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    make_printable(error->place);
    make_printable(error->text);
    return code;
}

#define NAME_MAX_LENGTH 64

/* Levenshtein distance with one row; words longer than the row never match. */
static int edit_distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    if (n > NAME_MAX_LENGTH || m > NAME_MAX_LENGTH) return NAME_MAX_LENGTH;
    int row[NAME_MAX_LENGTH + 1];
    for (size_t j = 0; j <= m; j++) row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int above = row[j];
            int best = diagonal + (a[i - 1] != b[j - 1]);
            if (above + 1 < best) best = above + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[m];
}

const char *tc_nearest(const char *word, const char *const *names, int n) {
    const char *best = NULL;
    int best_distance = 1 + (int)strlen(word) / 3;
    for (int i = 0; i < n; i++) {
        int distance = edit_distance(word, names[i]);
        if (distance <= best_distance && (!best || distance < best_distance)) {
            best = names[i];
            best_distance = distance;
        }
    }
    return best;
}

/* utf8.h - the characters of text that others wrote: names, notes, paths.
 *
 * A terminal, a browser and a reader of JSON must not take orders from them, so everything that writes them asks here,
 * character by character, what it has before it. */
#ifndef TC_BASE_UTF8_H
#define TC_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum tc_glyph {
    TC_GLYPH_SHOWN,  /* a character that can be seen, or a blank */
    TC_GLYPH_HIDDEN, /* a control character (line ends too), one that turns the direction of writing, or of no width */
    TC_GLYPH_CUT,    /* the beginning of a character that was cut */
    TC_GLYPH_BROKEN  /* no UTF-8 */
} tc_glyph;

/* What stands at p; its length in bytes, 1 or more, and its code point. Overlong forms, surrogates and what is beyond
 * U+10FFFF are broken (RFC 3629). left: bytes to the end of the text, above 0. */
tc_glyph tc_utf8_next(const char *p, size_t left, size_t *length, uint32_t *code_point);

/* Copies text, at most size - 1 bytes of it, and cuts between characters. Returns out. */
char *tc_utf8_cut(char *out, size_t size, const char *text);

/* Writes text for a terminal: line ends as they are, U+FFFD for what is hidden or broken, nothing for what was cut. */
void tc_utf8_put(FILE *file, const char *text, size_t length);

#endif

/* utf8.c - the characters of text that others wrote. */
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

/* C0, DEL and C1; marks that turn the direction of writing (Unicode Bidi_Control); joiners, fillers and tags, which have
 * no width; separators of lines. */
static bool hidden(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f)
           || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff
           || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c < 0xe0080);
}

tc_glyph tc_utf8_next(const char *text, size_t left, size_t *length, uint32_t *code_point) {
    const unsigned char *p = (const unsigned char *)text;
    *length = 1;
    *code_point = p[0];
    if (p[0] < 0x80) return hidden(p[0]) ? TC_GLYPH_HIDDEN : TC_GLYPH_SHOWN;
    size_t n = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
    if (n == 0) return TC_GLYPH_BROKEN;
    uint32_t c = p[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (i >= left || (p[i] & 0xc0) != 0x80) {
            *length = i;
            return i >= left || !p[i] ? TC_GLYPH_CUT : TC_GLYPH_BROKEN;
        }
        c = c << 6 | (p[i] & 0x3fu);
    }
    if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
        return TC_GLYPH_BROKEN;
    *length = n;
    *code_point = c;
    return hidden(c) ? TC_GLYPH_HIDDEN : TC_GLYPH_SHOWN;
}

char *tc_utf8_cut(char *out, size_t size, const char *text) {
    size_t length = strlen(text);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) length--;
    }
    memcpy(out, text, length);
    out[length] = '\0';
    return out;
}

void tc_utf8_put(FILE *file, const char *text, size_t length) {
    size_t run = 0; /* bytes before text + run are fit to be seen and not yet written */
    while (run < length) {
        size_t n;
        uint32_t c = (unsigned char)text[run];
        if ((c >= 0x20 && c < 0x7f) || c == '\n') {
            run++;
            continue;
        }
        tc_glyph glyph = tc_utf8_next(text + run, length - run, &n, &c);
        if (glyph == TC_GLYPH_SHOWN) {
            run += n;
            continue;
        }
        fwrite(text, 1, run, file);
        if (glyph != TC_GLYPH_CUT) fputs("\xef\xbf\xbd", file);
        text += run + n, length -= run + n, run = 0;
    }
    fwrite(text, 1, run, file);
}

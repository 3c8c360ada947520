/* text.h - small questions about texts. */
#ifndef TC_BASE_TEXT_H
#define TC_BASE_TEXT_H

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Writes behind the end of a text, as far as its room of `size` bytes goes. */
void tc_append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static inline bool tc_ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && memcmp(text + n - m, end, m) == 0;
}

/* The character of a name that a byte stands for: letters in lower case, one kind of gap. */
static inline int tc_name_byte(char c) { return c == ' ' || c == '_' ? '-' : tolower((unsigned char)c); }

/* Are they one name, as people write it? "NVIDIA H100 80GB HBM3" is "nvidia-h100_80gb-hbm3". */
static inline bool tc_same_name(const char *a, const char *b) {
    while (*a && tc_name_byte(*a) == tc_name_byte(*b)) a++, b++;
    return !*a && !*b;
}

/* Does a name begin with another, as people write them? */
static inline bool tc_name_begins(const char *name, const char *beginning) {
    while (*beginning && tc_name_byte(*beginning) == tc_name_byte(*name)) beginning++, name++;
    return !*beginning;
}

/* Does a text have a word in it, in any case? */
static inline bool tc_says(const char *text, const char *word) {
    for (; *text; text++) {
        size_t n = 0;
        while (word[n] && tolower((unsigned char)text[n]) == tolower((unsigned char)word[n])) n++;
        if (!word[n]) return true;
    }
    return !*word;
}

#endif

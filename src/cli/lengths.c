/* lengths.c - --input-tokens and --output-tokens: a mean, or a file of lengths, as traces of requests have them. */
#include "cli/lengths.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/units.h"

#define FILE_LIMIT ((size_t)1 << 30)
#define MOST_TOKENS 1e9

/* The number of a line, if it has one. */
static bool number_of_line(const char *line, size_t length, const char *key, double *out) {
    char copy[512], number[32];
    snprintf(copy, sizeof copy, "%.*s", (int)(length < sizeof copy ? length : sizeof copy - 1), line);
    const char *at = strchr(copy, '{') ? strstr(copy, key) : copy;
    if (!at) return false;
    if (at != copy || *copy == '{') at += strlen(key);
    at += strcspn(at, "0123456789");
    snprintf(number, sizeof number, "%.*s", (int)strspn(at, "0123456789.eE+"), at);
    return *number && tc_parse_number(number, out, key, NULL) == TC_OK;
}

static tc_code read_file(const char *path, const char *key, const char *option, double *mean, double *scv,
                         tc_error *error) {
    char *text;
    size_t length;
    tc_code code = tc_file_read(path, FILE_LIMIT, &text, &length, error);
    if (code) return code;
    double count = 0, average = 0, squares = 0; /* Welford's sums */
    for (const char *line = text; line < text + length && !code;) {
        const char *end = memchr(line, '\n', (size_t)(text + length - line));
        size_t size = (size_t)((end ? end : text + length) - line);
        double value;
        if (number_of_line(line, size, key, &value)) {
            if (value < 1 || value > MOST_TOKENS)
                code = tc_fail(error, TC_INVALID, option, "%.40s holds a length of %g; lengths are from 1 to 1e9", path,
                               value);
            double off = value - average;
            average += off / ++count;
            squares += off * (value - average);
        }
        line += size + 1;
    }
    free(text);
    if (code) return code;
    if (count == 0) return tc_fail(error, TC_INVALID, option, "%.200s holds no number; write a length a line", path);
    *mean = average;
    *scv = squares / count / (average * average);
    return TC_OK;
}

tc_code tc_lengths_read(const char *text, const char *key, const char *option, double *mean, double *scv,
                        tc_error *error) {
    if (!tc_parse_count(text, mean)) {
        if (strpbrk(text, "./")) return read_file(text, key, option, mean, scv, error);
        return tc_fail(error, TC_INVALID, option, "'%.60s' is no number; give tokens, or the path of a file of lengths",
                       text);
    }
    if (*mean >= 1 && *mean <= MOST_TOKENS) return TC_OK;
    return tc_fail(error, TC_INVALID, option, "'%.60s' is out of range; give 1 to 1e9 tokens", text);
}

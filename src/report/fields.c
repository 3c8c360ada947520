/* fields.c - which values of an answer are written, by the fields that were asked for.
 *
 * Each open level is whole (nothing is looked at any more), passed through (it is on the way to a field) or skipped. */
#include "report/fields.h"

#include <stdio.h>
#include <string.h>

enum { PASSED, WHOLE, SKIPPED };

/* The length of the field at `text`. */
static size_t field_length(const char *text) { return strcspn(text, ","); }

/* What the field at the path is; where only passes through it, `found` marks all fields below it as seen. */
static int look_up(tc_fields *fields, bool found) {
    const char *path = fields->path;
    size_t length = strlen(path);
    int seen = SKIPPED, i = 0;
    for (const char *f = fields->asked; *f; i++) {
        size_t n = field_length(f);
        bool begins = n >= length && memcmp(f, path, length) == 0;
        if (begins && n == length) {
            fields->found |= 1ull << i % 64;
            return WHOLE;
        }
        if (begins && f[length] == '.') {
            seen = PASSED;
            if (found) fields->found |= 1ull << i % 64;
        }
        f += n + (f[n] == ',');
    }
    return seen;
}

bool tc_fields_take(tc_fields *fields, int depth, const char *key, bool container, bool null) {
    int around = depth > 0 ? fields->mode[depth - 1] : PASSED, mode = around;
    size_t length = depth > 0 ? fields->length[depth - 1] : 0;
    if (around == PASSED && key) {
        size_t room = sizeof fields->path - length, n = strlen(key);
        if (n + 2 > room) n = room > 2 ? room - 2 : 0; /* deeper than any answer is */
        if (length > 0) fields->path[length++] = '.';
        memcpy(fields->path + length, key, n);
        length += n;
        fields->path[length] = '\0';
        mode = look_up(fields, null);
    }
    if (container) {
        fields->mode[depth] = (char)mode;
        fields->length[depth] = (unsigned char)length;
    }
    return mode == WHOLE || (mode == PASSED && (container || (null && key)));
}

void tc_fields_empty_list(tc_fields *fields, int depth) {
    if (fields->mode[depth] != PASSED) return;
    fields->path[fields->length[depth]] = '\0';
    look_up(fields, true);
}

const char *tc_fields_missing(const tc_fields *fields, char *buffer, size_t size) {
    int i = 0;
    for (const char *f = fields->asked ? fields->asked : ""; *f; i++) {
        size_t n = field_length(f);
        bool within = (fields->found >> i % 64 & 1u) != 0;
        for (const char *o = fields->asked; *o && !within; o += field_length(o), o += *o == ',') {
            size_t m = field_length(o); /* of a field that is there whole */
            within = m < n && memcmp(o, f, m) == 0 && f[m] == '.';
        }
        if (!within) {
            snprintf(buffer, size, "%.*s", (int)n, f);
            return buffer;
        }
        f += n + (f[n] == ',');
    }
    return NULL;
}

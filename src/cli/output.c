/* output.c - a stream into memory that remembers whether anything was lost.
 *
 * open_memstream does not: where it cannot grow it drops what was just written, says so to nobody, and goes on. */
#if defined(__linux__)
#define _GNU_SOURCE /* fopencookie */
#endif
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
static ssize_t collect(void *cookie, const char *bytes, size_t length) {
    tc_output *o = cookie;
    while (!o->failed && o->room - o->length < length) {
        size_t room = o->room ? 2 * o->room : sizeof o->buffer;
        char *text = realloc(o->text, room);
        o->failed = !text;
        if (text) o->text = text, o->room = room;
    }
    if (o->failed) return 0;
    memcpy(o->text + o->length, bytes, length);
    o->length += length;
    return (ssize_t)length;
}

FILE *tc_output_open(tc_output *output) {
    *output = (tc_output){.text = NULL};
    FILE *file = fopencookie(output, "w", (cookie_io_functions_t){.write = collect});
    if (file) setvbuf(file, output->buffer, _IOFBF, sizeof output->buffer);
    return file;
}
#else
FILE *tc_output_open(tc_output *output) {
    *output = (tc_output){.text = NULL};
    return open_memstream(&output->text, &output->length);
}
#endif

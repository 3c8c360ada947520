/* ask.c - the program as WebAssembly: a question in JSON to the answer of `traincast COMMAND --json`.
 *
 * Built by build.sh as a reactor: the page (or node) calls `_initialize` once, then ask(). Texts are NUL-terminated UTF-8 in the
 * module's memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ask.h"

#define EXPORT(name) __attribute__((export_name(name)))

static tc_catalog *catalog;

/* Room for a question of `bytes` bytes; freed by ask(). */
EXPORT("room") char *tc_wasm_room(size_t bytes) { return malloc(bytes); }

EXPORT("release") void tc_wasm_release(char *answer) { free(answer); }

/* Text of a JSON string, without its quotes; what does not fit is left out. */
static void write_escaped(const char *text, char *out, size_t size) {
    size_t used = 0;
    for (; *text && used + 7 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') out[used++] = '\\';
        if (c < 0x20)
            used += (size_t)snprintf(out + used, size - used, "\\u%04x", c);
        else
            out[used++] = (char)c;
    }
    out[used] = '\0';
}

static char *error_answer(const tc_error *error) {
    char place[2 * sizeof error->place], text[2 * sizeof error->text];
    write_escaped(error->place, place, sizeof place);
    write_escaped(error->text, text, sizeof text);
    size_t size = strlen(place) + strlen(text) + 64;
    char *answer = malloc(size);
    if (answer)
        snprintf(answer, size, "{\"error\": {\"code\": %d, \"place\": \"%s\", \"text\": \"%s\"}}\n", (int)error->code,
                 place, text);
    return answer;
}

/* Answers, and frees the question. The answer is freed by release(). NULL: out of memory. */
EXPORT("ask") char *tc_wasm_ask(char *question) {
    tc_error error = {0};
    char *answer = NULL;
    static const tc_ask_more more = {.trace = tc_command_trace};
    tc_code code = catalog ? TC_OK : tc_catalog_open(NULL, 0, &catalog, &error);
    if (code == TC_OK) code = tc_ask(catalog, question, &more, &answer, &error);
    free(question);
    return code == TC_OK ? answer : error_answer(&error);
}

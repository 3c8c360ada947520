/* attack_ask.c - one question in JSON to the library, as a program, so that attack_faults can fail its allocations.
 *
 *   attack_ask ask REQUEST
 *
 * Prints the answer, or one line on standard error and exit 1 (out of memory) or 2 (a bad request). */
#include <stdio.h>

#include "traincast.h"

static int failed(tc_code code, const tc_error *error) {
    fprintf(stderr, "traincast: %s: %s\n", error->place, error->text);
    return code == TC_INTERNAL ? 1 : 2;
}

int main(int argc, char **argv) {
    tc_error error;
    tc_catalog *catalog;
    char *answer;
    if (argc < 3) return fprintf(stderr, "attack_ask ask REQUEST\n"), 2;
    tc_code code = tc_catalog_open(NULL, 0, &catalog, &error);
    if (code) return failed(code, &error);
    code = tc_ask_json(catalog, argv[2], &answer, &error);
    if (code)
        failed(code, &error);
    else
        puts(answer);
    tc_answer_free(answer);
    tc_catalog_close(catalog);
    return code == TC_OK ? 0 : code == TC_INTERNAL ? 1 : 2;
}

/* main.c - the program: runs the command line, writes what its command printed.
 *
 * A command's output is collected and written at the end, so that after an error standard
 * output is empty, and a full disk (exit 1) is told from a closed pipe (quiet). */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/program.h"

static int report_error(const tc_page *page) {
    fprintf(stderr, "traincast: %s: %s\n", page->error.place, page->error.text);
    return page->exit_code;
}

/* Writes the collected output. A closed pipe is not an error: the reader had enough. */
static int write_output(const tc_page *page) {
    errno = 0;
    tc_print_visible(stdout, &page->style, page->output.text, page->output.length);
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    int reason = errno;
    if (!failed && fclose(stdout) != 0) failed = true, reason = errno;
    if (!failed || reason == EPIPE) return page->exit_code;
    fprintf(stderr, "traincast: standard output: %s; the output is incomplete\n", strerror(reason ? reason : EIO));
    return TC_EXIT_INTERNAL;
}

/* For jansson, which drops characters of a text, or crashes, where there is none left. Nothing has been printed yet. */
static void *take_memory(size_t size) {
    void *memory = malloc(size);
    if (memory || size == 0) return memory;
    fputs("traincast: memory: none is left for JSON\n", stderr);
    _Exit(TC_EXIT_INTERNAL);
}

int main(int argc, char **argv) {
    static tc_page page;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe shows as EPIPE when the output is written */
    json_set_alloc_funcs(take_memory, free);
    tc_program_run(argc, argv, NULL, &page);
    bool failed = page.exit_code == TC_EXIT_INTERNAL || page.exit_code == TC_EXIT_USAGE;
    int exit_code = failed ? report_error(&page) : write_output(&page);
    if (exit_code == TC_EXIT_ASSERTION) fprintf(stderr, "traincast: %s\n", page.unmet);
    free(page.output.text);
    return exit_code;
}

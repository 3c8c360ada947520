/* program.h - the program as a function: a command line to what it prints.
 *
 * main() calls it once; the attacks of tests/attack/ call it in one process a hundred thousand times. */
#ifndef TC_CLI_PROGRAM_H
#define TC_CLI_PROGRAM_H

#include "cli/output.h"
#include "report/table.h"
#include "traincast.h"

enum { TC_EXIT_OK = 0, TC_EXIT_INTERNAL = 1, TC_EXIT_USAGE = 2, TC_EXIT_INFEASIBLE = 3, TC_EXIT_ASSERTION = 4 };

typedef struct tc_page {
    tc_output output; /* the caller frees output.text; after an error none of it is shown */
    tc_style style;   /* of what is shown */
    tc_error error;   /* its code is TC_OK where there is none */
    char unmet[1024]; /* TC_EXIT_ASSERTION: what of --assert does not hold, beside the answer */
    int exit_code;
} tc_page;

/* Reads the command line, runs its command. catalog: an open one, for a question without folders of its own;
 * NULL: opened and closed here. */
void tc_program_run(int argc, char **argv, tc_catalog *catalog, tc_page *page);

#endif

/* help.h - what the two tables say, for people, for man and for shells. */
#ifndef TC_CLI_HELP_H
#define TC_CLI_HELP_H

#include <stdio.h>

#include "cli/options.h"
#include "report/table.h"

/* How counts may be written. */
extern const char tc_help_counts[];

/* The options of a command, those of a group together, in the order in which groups first come. How many. */
int tc_help_options(int command, int option[TC_OPTIONS]);

/* command: a tc_command_id, or -1 for the whole program. */
void tc_help_print(FILE *file, const tc_style *style, int command);

#endif

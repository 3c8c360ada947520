/* terminal.h - how output may look: width, colour and characters of standard output. */
#ifndef TC_CLI_TERMINAL_H
#define TC_CLI_TERMINAL_H

#include "report/table.h"

/* color: "auto", "always", "never" or NULL (auto). */
tc_style tc_terminal_style(const char *color);

/* Does somebody read standard error on a terminal? Progress goes there. */
bool tc_terminal_watches_errors(void);

/* Was ^C typed since this was first asked? Once it is caught; the second ends the program. */
bool tc_terminal_interrupted(void);

#endif

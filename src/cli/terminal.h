/* terminal.h - how output may look: width, colour and characters of standard output. */
#ifndef TC_CLI_TERMINAL_H
#define TC_CLI_TERMINAL_H

#include "report/table.h"

/* color: "auto", "always", "never" or NULL (auto). */
tc_style tc_terminal_style(const char *color);

#endif

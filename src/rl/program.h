/* program.h - programs that train by reinforcement, by what a text calls them. */
#ifndef TC_RL_PROGRAM_H
#define TC_RL_PROGRAM_H

#include "traincast_rl.h"

/* The program whose name the text begins with, blanks, signs and case apart; else the first of the file. */
TC_NODISCARD tc_code tc_rl_program_of(tc_catalog *catalog, const char *text, tc_rl_program *out, tc_error *error);

#endif

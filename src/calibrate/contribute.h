/* contribute.h - measured steps as rows of data/runs that can be given away: figures and closed words, no name, path or host. */
#ifndef TC_CALIBRATE_CONTRIBUTE_H
#define TC_CALIBRATE_CONTRIBUTE_H

#include <stdio.h>

#include "calibrate/calibrate.h"

/* A row of a file, of whose JSON only the keys of the format stay, and of its texts only closed words and slugs of the program's own
 * catalog. False: its chip or software is not of that catalog, and it is left out. */
TC_NODISCARD tc_code tc_contribute_run(FILE *file, const tc_published_run *run, const char *text, size_t length,
                                       int number, bool *written, tc_error *error);
/* A step of a log, by its question. False: also where its model is not of the program's catalog. */
TC_NODISCARD tc_code tc_contribute_step(FILE *file, const tc_case *step, const char *model, int number, bool *written,
                                        tc_error *error);

#endif

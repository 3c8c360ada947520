/* picture.h - an option that names the file of a picture: FILE.svg, or - for standard output in place of the answer. */
#ifndef TC_CLI_PICTURE_H
#define TC_CLI_PICTURE_H

#include "cli/commands.h"

/* Draws into the option's file, if it is given. *instead: the picture went to standard output, and is the answer. */
TC_NODISCARD tc_code tc_picture_write(tc_context *context, tc_option_id id, void (*draw)(FILE *file, const void *drawn),
                                      const void *drawn, bool *instead);

#endif

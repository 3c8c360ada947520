/* lengths.h - --input-tokens and --output-tokens: a mean, or a file of lengths. */
#ifndef TC_CLI_LENGTHS_H
#define TC_CLI_LENGTHS_H

#include "cli/options.h"

/* "1024", "8k", or a file with a number a line: of a line in JSON that of `key`, else the first one; lines without are skipped.
 * *scv: squared coefficient of variation of a file's, untouched otherwise. */
TC_NODISCARD tc_code tc_lengths_read(const char *text, const char *key, const char *option, double *mean, double *scv,
                                     tc_error *error);

#endif

/* file.h - a whole file as text. */
#ifndef TC_BASE_FILE_H
#define TC_BASE_FILE_H

#include <stddef.h>

#include "traincast.h"

/* Reads the file at `path`, at most `limit` bytes, into memory that the caller frees.
 * text[length] is 0. A missing file, a folder and a larger file are errors whose place is `path`. */
TC_NODISCARD tc_code tc_file_read(const char *path, size_t limit, char **text, size_t *length, tc_error *error);

#endif

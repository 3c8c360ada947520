/* file.h - a whole file as text; paths that are written in files. */
#ifndef TC_BASE_FILE_H
#define TC_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "traincast.h"

/* Reads the file at `path`, at most `limit` bytes, into memory that the caller frees.
 * text[length] is 0. A missing file, a folder and a larger file are errors whose place is `path`. */
TC_NODISCARD tc_code tc_file_read(const char *path, size_t limit, char **text, size_t *length, tc_error *error);

/* The paths of a folder's files whose names end so, in the order of their names, none hidden; in the arena. */
TC_NODISCARD tc_code tc_file_list(const char *folder, const char *ending, tc_arena *arena, const char ***paths,
                                  int *count, tc_error *error);

bool tc_file_is_folder(const char *path);

/* What a path that is written in `file` means: it begins at that file's folder. Until the next release, one that is
 * only there from where the program was started means that. Returns false where `out` is too small. */
bool tc_path_from_file(const char *file, const char *path, char *out, size_t size);

#endif

/* data.h - the data files of runs: the embedded ones, or a user's own in their place. */
#ifndef TC_RUN_DATA_H
#define TC_RUN_DATA_H

#include "catalog/document.h"

/* name: path below data/, "economics.yaml"; file: NULL, or the user's file that takes its place. */
TC_NODISCARD tc_code tc_run_document(const char *name, const char *file, tc_arena *arena, tc_document *out,
                                     tc_error *error);

#endif

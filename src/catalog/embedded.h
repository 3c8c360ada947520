/* embedded.h - the data files inside the binary; written by tools/embed.c. */
#ifndef TC_EMBEDDED_H
#define TC_EMBEDDED_H

#include <stddef.h>

typedef struct tc_embedded_file {
    const char *path; /* relative to data/, "models/gpt2-124m.yaml" */
    size_t offset, length;
} tc_embedded_file;

extern const tc_embedded_file tc_embedded_files[]; /* sorted by path */
extern const size_t tc_embedded_count;
extern const char tc_embedded_hash[];
extern const char tc_embedded_blob[]; /* each file is followed by a NUL */

#endif

/* embedded.h - data files inside the binary; written by tools/embed.c. */
#ifndef TC_EMBEDDED_H
#define TC_EMBEDDED_H

#include <stddef.h>

typedef struct tc_packed_node tc_packed_node; /* packed.h */

typedef struct tc_embedded_file {
    const char *path;      /* relative to data/, "accelerators/nvidia/h100-sxm.yaml" */
    const char *slug;      /* "h100-sxm" */
    size_t offset, length; /* a text: in bytes of the strings, a NUL follows; a tree: in nodes */
} tc_embedded_file;

typedef struct tc_embedded {
    const tc_embedded_file *files; /* by the first folder of the path, then by slug */
    size_t count;
    const char *strings;         /* texts, or what the nodes point into */
    const tc_packed_node *nodes; /* of YAML files; NULL: these are texts */
    const char *hash;            /* of paths and contents, as they are in the files */
} tc_embedded;

extern const tc_embedded tc_embedded_data;  /* the catalog: part of the library */
extern const tc_embedded tc_embedded_runs;  /* data/runs: part of the program alone, four times the size of the rest */
extern const tc_embedded tc_embedded_pages; /* web: the page that the program serves */

#endif

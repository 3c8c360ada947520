/* files.h - what can be fetched: files inside the program, by their exact names, and nothing else. */
#ifndef TC_SERVE_FILES_H
#define TC_SERVE_FILES_H

#include "serve/serve.h"

typedef struct tc_served_file {
    const char *text; /* NULL: there is none of that name */
    size_t length;
    const char *type; /* of HTTP */
    const char *tag;  /* of the version */
} tc_served_file;

/* "/" is the page; /data/runs/... are the published runs. */
tc_served_file tc_served_find(const tc_serve_input *input, const char *path);

#endif

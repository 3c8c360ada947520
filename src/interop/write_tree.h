/* write_tree.h - settings as the text of a configuration file. */
#ifndef TC_INTEROP_WRITE_TREE_H
#define TC_INTEROP_WRITE_TREE_H

#include "interop/framework.h"

/* A text that grows. */
typedef struct tc_text_buffer {
    char *text;
    size_t used, room;
    bool failed; /* no memory */
} tc_text_buffer;

void tc_text_put(tc_text_buffer *buffer, const char *text);
void tc_text_put_bytes(tc_text_buffer *buffer, const char *text, size_t length);
void tc_text_free(tc_text_buffer *buffer);

/* JSON, YAML or TOML; of arguments nothing. Paths with points become sections. */
void tc_write_tree(tc_syntax syntax, const tc_settings *settings, tc_text_buffer *out);

#endif

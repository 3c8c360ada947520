/* shell_words.h - the words of a shell script, its variables put in. Nothing is run: what only a run would tell is marked. */
#ifndef TC_INTEROP_SHELL_WORDS_H
#define TC_INTEROP_SHELL_WORDS_H

#include "interop/settings.h"

#define TC_SHELL_MOST_BYTES ((size_t)4 << 20) /* of all that is put in */
#define TC_SHELL_MOST_WORDS 20000
#define TC_SHELL_DEEPEST 20

typedef struct tc_words {
    const char **word;
    int count, room;
} tc_words;

typedef struct tc_variable {
    const char *name;
    tc_words value; /* of a list; of a text one word */
    struct tc_variable *next;
} tc_variable;

typedef struct tc_shell {
    tc_settings *settings;
    const char *at, *end;
    int line;
    tc_variable *variables;
    size_t bytes; /* put in so far */
    int depth;
    bool too_large;
} tc_shell;

/* The fields that raw text of one word stands for. split: as an argument; else one field, as a value that is assigned. */
void tc_shell_expand(tc_shell *shell, const char *raw, size_t length, bool split, tc_words *out);
/* The same as one text. */
const char *tc_shell_text(tc_shell *shell, const char *raw, size_t length);

tc_variable *tc_shell_variable(tc_shell *shell, const char *name, size_t length);
/* NAME=words, or NAME+=words. list: each a word of its own. */
void tc_shell_assign(tc_shell *shell, const char *name, size_t length, const tc_words *words, bool list, bool append);
void tc_words_add(tc_shell *shell, tc_words *words, const char *text);

/* The end of what opens at `at`: quotes, $(...), ${...}, `...`; `end` where it is never closed. */
const char *tc_shell_skip(const char *at, const char *end);

#endif

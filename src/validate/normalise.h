/* normalise.h - reads what a source says in the words of its own software into the closed words of `norm`.
 *
 * For the tool that fills data/runs once (`make normalise`), and for rows of others, which carry no `norm.read`. The phrases are
 * data: data/words.yaml. */
#ifndef TC_VALIDATE_NORMALISE_H
#define TC_VALIDATE_NORMALISE_H

#include "validate/stated.h"

/* Texts of a row, by their keys. */
typedef enum tc_row_text {
    TC_ROW_ID,
    TC_ROW_FRAMEWORK,
    TC_ROW_NOTES,
    TC_ROW_RECOMPUTE,
    TC_ROW_OFFLOAD,
    TC_ROW_OPTIMIZER,
    TC_ROW_MEASURED_AS,
    TC_ROW_INTER_NODE,
    TC_ROW_INTRA_NODE,
    TC_ROW_SOURCE,
    TC_ROW_URL,
    TC_ROW_ACCELERATOR,
    TC_ROW_TEXTS
} tc_row_text;
extern const char *const tc_row_text_keys[]; /* the last NULL */

typedef struct tc_words tc_words;

/* The phrases inside the program; they live in `arena`. */
TC_NODISCARD tc_code tc_words_open(tc_arena *arena, tc_words **out, tc_error *error);

/* Fills the fields that are not set. A text may be NULL; `partial`: recompute is partial and its layers are not stated. */
void tc_words_read(const tc_words *words, const char *const texts[TC_ROW_TEXTS], bool partial, tc_stated *stated);

#endif

/* sizes.h - models that are no more than words: "13B dense", "32B dense (64 layers, 5120, ffn 27648)", "480B MoE, 17B active". */
#ifndef TC_VALIDATE_SIZES_H
#define TC_VALIDATE_SIZES_H

#include "validate/conventions.h"
#include "validate/published.h"

/* What the words say; 0 where they do not. */
typedef struct tc_size_words {
    double parameters, active;
    int layers, hidden, ffn;
    bool mixture;
} tc_size_words;

/* NULL where there is one size; else what is wrong with the words. */
const char *tc_size_read(const char *words, tc_size_words *out);

/* A model of that size with gated feed-forward parts, in the usual shape where the words leave it open. A pure function. */
void tc_size_shape(const tc_size_words *words, const tc_usual *usual, int vocab, tc_published_model *out);

#endif

/* sizes.c - words to a shape.
 *
 * A dense block with a gated feed-forward part of 8/3 of the width has 12 h^2 parameters, so that L blocks whose width is
 * `aspect` x L have 12 h^3 / aspect (GPT-3 and LLaMA keep to about 128; Kaplan et al. 2020: the shape hardly matters).
 * A mixture of experts has the blocks of a dense model of its active size, whose feed-forward parts are top_k experts; as
 * many experts as the whole size asks for. */
#include "validate/sizes.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_PARAMETERS 1e15
#define MOST_LAYERS 10000

static bool contains(const char *words, const char *word) {
    size_t length = strlen(word);
    for (const char *at = words; *at; at++) {
        size_t n = 0;
        while (n < length && tolower((unsigned char)at[n]) == word[n]) n++;
        if (n == length) return true;
    }
    return false;
}

/* "13B", "7.5b", "1.085T", "160m" at `at`, not inside another number or word: the count, and what follows; else 0. */
static double size_at(const char *words, const char *at, const char **rest) {
    if (!isdigit((unsigned char)*at)) return 0;
    if (at > words && (isalnum((unsigned char)at[-1]) || at[-1] == '.')) return 0;
    char *end;
    double value = strtod(at, &end);
    int unit = tolower((unsigned char)*end);
    double scale = unit == 'b' ? 1e9 : unit == 't' ? 1e12 : unit == 'm' ? 1e6 : 0;
    if (scale == 0 || isalnum((unsigned char)end[1])) return 0;
    *rest = end + 1;
    return value * scale;
}

/* A whole number before "layers", behind "ffn", or alone between punctuation: layers, feed-forward width, hidden width. */
static void read_number(const char *words, const char *at, tc_size_words *out) {
    char *end;
    if (at > words && (isalnum((unsigned char)at[-1]) || at[-1] == '.' || at[-1] == '-')) return;
    long value = strtol(at, &end, 10);
    if (value < 1 || value > 1000000) return;
    while (*end == ' ') end++;
    if (strncmp(end, "layer", 5) == 0)
        out->layers = value <= MOST_LAYERS ? (int)value : 0;
    else if (at - words >= 4 && strncmp(at - 4, "ffn ", 4) == 0)
        out->ffn = (int)value;
    else if ((*end == ',' || *end == ')') && value >= 64)
        out->hidden = (int)value;
}

const char *tc_size_read(const char *words, tc_size_words *out) {
    int sizes = 0;
    *out = (tc_size_words){0};
    for (const char *at = words; *at; at++) {
        const char *rest;
        double size = size_at(words, at, &rest);
        if (size <= 0 || size > LARGEST_PARAMETERS) {
            if (isdigit((unsigned char)*at)) read_number(words, at, out);
            continue;
        }
        if (strncmp(rest, " active", 7) == 0) {
            out->active = size;
        } else {
            out->parameters = size;
            sizes++;
        }
        at = rest - 1;
    }
    out->mixture = out->active > 0 || contains(words, "moe") || contains(words, "sparse") || contains(words, "mixture");
    if (contains(words, " dit") || contains(words, "video") || contains(words, "diffusion"))
        return "a diffusion model is no language model";
    if (sizes > 1) return "more than one size";
    if (out->parameters <= 0 && out->active <= 0) return "neither a model of the catalog nor a size";
    return NULL;
}

/* A width that divides over eight tensor-parallel ranks by whole heads, where it is large enough for that. */
static int round_width(double hidden, int head_dim) {
    int step = hidden >= 16 * head_dim ? 8 * head_dim : 2 * head_dim;
    int width = (int)(hidden / step + 0.5) * step;
    return width > step ? width : step;
}

void tc_size_shape(const tc_size_words *w, const tc_usual *usual, int vocab, tc_published_model *m) {
    double parameters = w->parameters > 0 ? w->parameters : w->active / usual->active_share;
    double active = !w->mixture ? parameters : w->active > 0 ? w->active : parameters * usual->active_share;
    double width = w->layers > 0 ? sqrt(active / (12 * w->layers)) : cbrt(active * usual->aspect / 12);
    m->hidden = w->hidden > 0 ? w->hidden : round_width(width, usual->head_dim);
    double h = m->hidden, ffn = w->ffn > 0 ? w->ffn : 8 * h / 3, blocks = active - 2.0 * vocab * h;
    double layers = w->layers > 0 ? w->layers : blocks / (4 * h * h + 3 * h * ffn);
    m->layers = layers < 1 ? 1 : (int)(layers + 0.5);
    m->heads = m->hidden >= usual->head_dim ? m->hidden / usual->head_dim : 1;
    m->ffn = w->ffn;
    if (!w->mixture || active >= parameters) return;
    double dense = m->layers * 4 * h * h + 2.0 * vocab * h, expert = 3 * h * ffn / usual->top_k;
    m->experts_per_token = usual->top_k;
    m->expert_ffn = (int)(ffn / usual->top_k + 0.5);
    m->experts
        = (int)((parameters - dense) / (m->layers * expert * usual->top_k) + 0.5) * usual->top_k; /* they divide */
    if (m->experts < usual->top_k) m->experts = usual->top_k;
    if (m->expert_ffn < 1) m->expert_ffn = 1;
}

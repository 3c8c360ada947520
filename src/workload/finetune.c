/* finetune.c - the words of fine-tuning.
 *
 * KIND[:KEY[=VALUE],...]; KIND is full, lora or qlora, after an objective and a dash or not (dpo-lora); an objective alone trains all
 * weights. Targets are joined by plus signs; names of modules, as PEFT lists them, stand for the projections that they are. */
#include "workload/finetune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/error.h"
#include "base/units.h"

#define ROW_OF_ADAPTED(id, bit, word) {word, bit},
static const struct target {
    const char *word;
    int bits;
} targets[] = {TC_ADAPTED(ROW_OF_ADAPTED){"all", TC_ADAPTED_ALL},
               {"attention", TC_ADAPTED_ATTENTION},
               {"mlp", TC_ADAPTED_MLP},
               {"all-linear", TC_ADAPTED_ALL},
               {"q_proj", TC_ADAPTED_Q},
               {"k_proj", TC_ADAPTED_K},
               {"v_proj", TC_ADAPTED_V},
               {"o_proj", TC_ADAPTED_O},
               {"gate_proj", TC_ADAPTED_GATE},
               {"up_proj", TC_ADAPTED_UP},
               {"down_proj", TC_ADAPTED_DOWN},
               {"c_attn", TC_ADAPTED_QKV},          /* GPT-2, Qwen */
               {"qkv_proj", TC_ADAPTED_QKV},        /* Phi-3 */
               {"query_key_value", TC_ADAPTED_QKV}, /* GPT-NeoX, ChatGLM */
               {"linear_qkv", TC_ADAPTED_QKV},      /* Megatron-Core, as the next three */
               {"linear_proj", TC_ADAPTED_O},
               {"linear_fc1", TC_ADAPTED_GATE_UP},
               {"linear_fc2", TC_ADAPTED_DOWN},
               {"gate_up_proj", TC_ADAPTED_GATE_UP},
               {"c_proj", TC_ADAPTED_O | TC_ADAPTED_DOWN}, /* GPT-2, Qwen: both are called so */
               {"w1", TC_ADAPTED_GATE},
               {"w2", TC_ADAPTED_UP}, /* Qwen; w3 where w2 is the second matrix */
               {"dense", TC_ADAPTED_O},
               {"to_q", TC_ADAPTED_Q}, /* diffusers, to the end */
               {"to_k", TC_ADAPTED_K},
               {"to_v", TC_ADAPTED_V},
               {"to_out.0", TC_ADAPTED_O},
               {"to_out", TC_ADAPTED_O},
               {"net.0.proj", TC_ADAPTED_UP},
               {"net.2", TC_ADAPTED_DOWN}};

bool tc_adapted_parse(const char *text, size_t length, int *out) {
    *out = 0;
    for (const char *end = text + length;;) {
        size_t n = 0, i = 0, rows = sizeof targets / sizeof targets[0];
        while (text + n < end && !strchr("+;", text[n])) n++;
        while (i < rows && (strncmp(targets[i].word, text, n) != 0 || targets[i].word[n])) i++;
        if (i == rows) return false;
        *out |= targets[i].bits;
        if (text + n >= end) return true;
        text += n + 1;
    }
}

#define PREFERENCE_WORD(id, word, sequences, reference, forwards, head) word,
static const char *const objectives[] = {TC_PREFERENCES(PREFERENCE_WORD)};

/* ---- reading ------------------------------------------------------------------------ */

#define USUAL_RANK 16
/* NF4 with a scale in 32 bits for each 64 weights; in 8 bits, and these in turn by one for 256 (Dettmers et al. 2023, arXiv 2305.14314,
 * section 3). */
#define NF4_BITS 4.5
#define NF4_DOUBLE_BITS (4 + 8.0 / 64 + 32.0 / (64 * 256))
#define INT8_BITS (8 + 16.0 / 4096) /* a scale in 16 bits for a row */
/* Lengths of instructions with their answers: 0.3 to 0.7 in the data sets that ms-swift lists with means and deviations (Supported
 * models and datasets, 2026). */
#define USUAL_SPREAD 0.45
#define MOST_SPREAD 10

typedef struct words {
    const char *place;
    tc_job *job;
    tc_error *error;
} words;

static bool is_word(const char *text, size_t length, const char *word) {
    return strlen(word) == length && strncmp(text, word, length) == 0;
}

static tc_code refuse(const words *w, const char *text, size_t length, const char *right) {
    return tc_fail(w->error, TC_INVALID, w->place, "'%.*s' is unknown; give %s", length > 40 ? 40 : (int)length, text,
                   right);
}

/* "full", "lora", "qlora". */
static bool take_weights(const char *text, size_t length, tc_job *job) {
    bool narrow = is_word(text, length, "qlora");
    if (is_word(text, length, "full")) return true;
    if (!narrow && !is_word(text, length, "lora")) return false;
    job->frozen_base = true;
    job->finetune.rank = USUAL_RANK;
    job->finetune.targets = TC_ADAPTED_ALL;
    if (narrow) job->finetune.base_bits = NF4_BITS;
    return true;
}

static tc_code take_kind(const words *w, const char *text, size_t length) {
    if (take_weights(text, length, w->job)) return TC_OK;
    for (int i = 1; i < TC_PREFERENCE_COUNT; i++) {
        size_t n = strlen(objectives[i]);
        if (strncmp(text, objectives[i], n) != 0) continue;
        w->job->finetune.preference = i;
        if (n == length) return TC_OK;
        if (n < length && text[n] == '-' && take_weights(text + n + 1, length - n - 1, w->job)) return TC_OK;
    }
    return refuse(w, text, length,
                  "full, lora, qlora, dpo, orpo, kto or reward, the last four also as dpo-lora, dpo-qlora");
}

static tc_code take_whole(const words *w, const char *key, const char *value, size_t length, int low, int high,
                          int *out) {
    char *end;
    long number = strtol(value, &end, 10);
    if (length == 0 || end != value + length || number < low || number > high)
        return tc_fail(w->error, TC_INVALID, w->place, "%s '%.*s'; a whole number from %d to %d is needed", key,
                       length > 20 ? 20 : (int)length, value, low, high);
    *out = (int)number;
    return TC_OK;
}

static tc_code take_spread(const words *w, const char *value, size_t length) {
    char text[24];
    tc_error cause = {0};
    double *spread = &w->job->finetune.spread;
    int shown = length < sizeof text ? (int)length : (int)sizeof text - 1;
    snprintf(text, sizeof text, "%.*s", shown, value);
    if (length < sizeof text && tc_parse_number(text, spread, w->place, &cause) == TC_OK && *spread >= 0
        && *spread <= MOST_SPREAD)
        return TC_OK;
    return tc_fail(w->error, TC_INVALID, w->place, "spread '%s'; a number from 0 to %d is needed", text, MOST_SPREAD);
}

/* Samples of their own lengths: padded, or packed. */
static tc_code check_samples(const words *w) {
    if (w->job->finetune.mean_tokens > 0 && w->job->document > 0)
        return tc_fail(w->error, TC_INVALID, w->place,
                       "documents are of packed samples, mean-tokens of padded ones; give one of them");
    if (w->job->finetune.mean_tokens <= 0 && w->job->finetune.spread >= 0)
        return tc_fail(w->error, TC_INVALID, w->place, "spread is of samples of their own lengths; give mean-tokens=N");
    if (w->job->finetune.spread < 0) w->job->finetune.spread = w->job->finetune.mean_tokens > 0 ? USUAL_SPREAD : 0;
    return TC_OK;
}

static tc_code take_bits(const words *w, const char *value, size_t length) {
    static const struct {
        const char *word;
        double bits;
    } known[] = {{"4", NF4_BITS}, {"4-double", NF4_DOUBLE_BITS}, {"8", INT8_BITS}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is_word(value, length, known[i].word)) {
            w->job->finetune.base_bits = known[i].bits;
            return TC_OK;
        }
    return refuse(w, value, length, "bits=4, bits=4-double or bits=8");
}

/* "r=16", "dropout", ... */
static tc_code take_key(const words *w, const char *text, size_t length) {
    const char *equals = memchr(text, '=', length);
    size_t n = equals ? (size_t)(equals - text) : length;
    const char *value = equals ? equals + 1 : text + length;
    size_t rest = length - (size_t)(value - text);
    tc_finetune *f = &w->job->finetune;
    const struct {
        const char *word;
        bool *on;
        bool adapters;
    } switches[] = {{"dropout", &f->dropout, true},
                    {"embeddings", &f->embeddings, true},
                    {"cached-reference", &f->cached_reference, false},
                    {"chunked-loss", &f->chunked_loss, false},
                    {"step-in-backward", &f->step_in_backward, false},
                    {"paged", &f->paged, false}};
    bool adapters = is_word(text, n, "r") || is_word(text, n, "targets") || is_word(text, n, "bits");
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        adapters = adapters || (switches[i].adapters && is_word(text, n, switches[i].word));
    if (adapters && !w->job->frozen_base)
        return tc_fail(w->error, TC_INVALID, w->place, "'%.*s' is of adapters; give lora or qlora", (int)n, text);
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        if (!equals && is_word(text, n, switches[i].word)) {
            *switches[i].on = true;
            return TC_OK;
        }
    if (equals && is_word(text, n, "r")) return take_whole(w, "r", value, rest, 1, 100000, &f->rank);
    if (equals && is_word(text, n, "documents"))
        return take_whole(w, "documents", value, rest, 1, 1000000000, &w->job->document);
    if (equals && is_word(text, n, "mean-tokens"))
        return take_whole(w, "mean-tokens", value, rest, 1, 1000000000, &w->job->finetune.mean_tokens);
    if (equals && is_word(text, n, "spread")) return take_spread(w, value, rest);
    if (equals && is_word(text, n, "targets"))
        return tc_adapted_parse(value, rest, &f->targets)
                   ? TC_OK
                   : refuse(w, value, rest, "targets=all, attention, mlp, or some of q+k+v+qkv+o+gate+up+gate_up+down");
    if (equals && is_word(text, n, "bits")) return take_bits(w, value, rest);
    if (equals && is_word(text, n, "states")) {
        f->state_bits = is_word(value, rest, "8") ? 8 : is_word(value, rest, "16") ? 16 : 0;
        return f->state_bits ? TC_OK : refuse(w, value, rest, "states=16 or states=8");
    }
    return refuse(w, text, n,
                  "r=N, targets=..., bits=..., documents=N, mean-tokens=N, spread=..., states=..., dropout, "
                  "embeddings, cached-reference, "
                  "chunked-loss, step-in-backward or paged");
}

tc_code tc_finetune_parse(const char *text, const char *place, tc_job *job, tc_error *error) {
    words w = {place, job, error};
    size_t length = strcspn(text, ":");
    job->finetune = (tc_finetune){0};
    job->frozen_base = false;
    job->finetune.spread = -1; /* not given */
    tc_code code = take_kind(&w, text, length);
    text += length + (text[length] == ':');
    while (!code && *text) {
        length = strcspn(text, ",");
        code = take_key(&w, text, length);
        text += length + (text[length] == ',');
    }
    if (!code) code = check_samples(&w);
    if (code) job->finetune.spread = 0;
    return code;
}

/* ---- writing ------------------------------------------------------------------------ */

bool tc_is_finetuned(const tc_job *job) {
    const tc_finetune *f = &job->finetune;
    return f->rank > 0 || f->base_bits > 0 || f->preference || f->chunked_loss || f->step_in_backward || f->state_bits
           || f->embeddings || f->mean_tokens > 0 || f->paged;
}

typedef struct line {
    char *text;
    size_t used, size;
    bool keys;
} line;

static void put(line *l, const char *text) {
    if (l->used < l->size) l->used += (size_t)snprintf(l->text + l->used, l->size - l->used, "%s", text);
}

static void put_key(line *l, const char *text) {
    put(l, l->keys ? "," : ":");
    put(l, text);
    l->keys = true;
}

#define ADAPTED_ROW(id, bit, word) +1
enum {
    WRITTEN = 0 TC_ADAPTED(ADAPTED_ROW) + 3
}; /* rows that are words of their own: the others are what modules are called */

static void put_targets(line *l, int bits) {
    size_t rows = WRITTEN;
    bool first = true;
    put_key(l, "targets=");
    for (size_t i = 0; i < rows; i++)
        if (targets[i].bits == bits) {
            put(l, targets[i].word);
            return;
        }
    for (size_t i = 0; i < rows && bits; i++)
        if ((bits & targets[i].bits) == targets[i].bits) {
            put(l, first ? "" : "+");
            put(l, targets[i].word);
            first = false;
            bits &= ~targets[i].bits;
        }
}

const char *tc_finetune_text(const tc_job *job, char *buffer, size_t size) {
    const tc_finetune *f = &job->finetune;
    line l = {buffer, 0, size, false};
    char number[48];
    bool adapters = f->rank > 0;
    const char *weights = f->base_bits > 0 ? "qlora" : adapters ? "lora" : "full";
    *buffer = '\0';
    if (f->preference) put(&l, objectives[f->preference]);
    if (f->preference && adapters) put(&l, "-");
    if (!f->preference || adapters) put(&l, weights);
    if (adapters) {
        snprintf(number, sizeof number, "r=%d", f->rank);
        put_key(&l, number);
        put_targets(&l, f->targets);
    }
    if (f->base_bits > 0 && f->base_bits < NF4_BITS) put_key(&l, "bits=4-double");
    if (f->base_bits > NF4_BITS) put_key(&l, "bits=8");
    if (f->dropout) put_key(&l, "dropout");
    if (f->embeddings) put_key(&l, "embeddings");
    if (f->cached_reference) put_key(&l, "cached-reference");
    if (f->chunked_loss) put_key(&l, "chunked-loss");
    if (f->step_in_backward) put_key(&l, "step-in-backward");
    if (f->paged) put_key(&l, "paged");
    if (f->state_bits) put_key(&l, f->state_bits == 8 ? "states=8" : "states=16");
    if (job->document > 0) {
        snprintf(number, sizeof number, "documents=%d", job->document);
        put_key(&l, number);
    }
    if (f->mean_tokens > 0) {
        snprintf(number, sizeof number, "mean-tokens=%d", f->mean_tokens);
        put_key(&l, number);
        snprintf(number, sizeof number, "spread=%s", tc_decimal_text(f->spread, 4).s);
        if (f->spread != USUAL_SPREAD) put_key(&l, number);
    }
    return buffer;
}

/* ---- objectives --------------------------------------------------------------------- */

tc_preference_figures tc_preference_of(const tc_finetune *f) {
#define PREFERENCE_FIGURES(id, word, sequences, reference, forwards, head) {sequences, reference, forwards, head},
    static const tc_preference_figures figures[] = {TC_PREFERENCES(PREFERENCE_FIGURES)};
    tc_preference_figures o = figures[f->preference >= 0 && f->preference < TC_PREFERENCE_COUNT ? f->preference : 0];
    if (f->cached_reference) o.reference = 0;
    return o;
}

bool tc_has_wide_adapters(const tc_stack *stack, const tc_job *job) {
    return stack->memory.fp32_adapters || job->dtype == TC_FP16;
}

bool tc_has_reference_copy(const tc_job *job) {
    return !job->frozen_base && tc_preference_of(&job->finetune).reference > 0;
}

double tc_trained_parameters(const tc_job *job) {
    tc_counts counts;
    tc_count(&job->model, job->finetune.rank > 0 ? &job->finetune : NULL, 1, &counts);
    if (!job->frozen_base) return counts.size.parameters;
    double ends = counts.size.embedding_parameters + counts.size.head_parameters;
    return counts.adapters.parameters + (job->finetune.embeddings ? ends : 0);
}

/* finetuned.c - a published run's fine-tuning: `model.finetune` as what the job trains.
 *
 * Kinds are full, lora and qlora, alone or after what is minimised (dpo-full, rm-lora). What a row leaves out: adapters on all linears, of rank 8
 * (PEFT's default); a base of 4 bit is NF4 unless it says what it is. */
#include <string.h>

#include "validate/assume.h"
#include "validate/inputs.h"
#include "workload/finetune.h"

#define USUAL_RANK 8

/* The words of rows and of the software that they come from. */
static const struct kind {
    const char *word;
    tc_preference preference;
    bool frozen;
} kinds[] = {{"", TC_PREFERENCE_TOKENS, false},           {"full", TC_PREFERENCE_TOKENS, false},
             {"lora", TC_PREFERENCE_TOKENS, true},        {"qlora", TC_PREFERENCE_TOKENS, true},
             {"dpo", TC_PREFERENCE_DPO, false},           {"dpo-full", TC_PREFERENCE_DPO, false},
             {"dpo-lora", TC_PREFERENCE_DPO, true},       {"kto-full", TC_PREFERENCE_KTO, false},
             {"kto-lora", TC_PREFERENCE_KTO, true},       {"orpo-full", TC_PREFERENCE_ORPO, false},
             {"orpo-lora", TC_PREFERENCE_ORPO, true},     {"simpo-full", TC_PREFERENCE_ORPO, false},
             {"simpo-lora", TC_PREFERENCE_ORPO, true},    {"cpo-full", TC_PREFERENCE_ORPO, false},
             {"cpo-lora", TC_PREFERENCE_ORPO, true},      {"reward-full", TC_PREFERENCE_REWARD, false},
             {"reward-lora", TC_PREFERENCE_REWARD, true}, {"rm-full", TC_PREFERENCE_REWARD, false},
             {"rm-lora", TC_PREFERENCE_REWARD, true},     {"projector-only", TC_PREFERENCE_TOKENS, true}};

static const struct kind *kind_of(const char *word) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].word, word) == 0) return &kinds[i];
    return NULL;
}

bool tc_case_knows_finetune(const char *kind) { return kind_of(kind) != NULL; }

int tc_case_sequences(const char *word) {
    const struct kind *kind = word ? kind_of(word) : NULL;
    const tc_finetune finetune = {.preference = kind ? (int)kind->preference : TC_PREFERENCE_TOKENS};
    return tc_preference_of(&finetune).sequences;
}

/* Scales included: of NF4 as in --finetune; of GPTQ and AWQ a scale and a zero point in 16 bit for 128 weights. */
static double base_bits(const tc_published_finetune *f) {
    const char *quant = f->quant ? f->quant : "";
    if (f->base_bits == 8) return 8;
    if (strstr(quant, "gptq") || strstr(quant, "awq")) return 4.25;
    return strstr(quant, "-dq") ? 4.127 : 4.5;
}

/* "q_proj,v_proj"; words that are no linear of a block ("head", "per yaml") are left out. */
static int targets_of(const tc_published_finetune *f) {
    int all = 0;
    for (const char *word = f->targets; word && *word;) {
        size_t length = strcspn(word, ",+ ;");
        int bits;
        if (length > 0 && tc_adapted_parse(word, length, &bits)) all |= bits;
        word += length + (word[length] != 0);
    }
    return all;
}

tc_code tc_case_finetune(tc_catalog *catalog, tc_case *c, tc_error *error) {
    (void)catalog, (void)error;
    const tc_published_finetune *f = &c->run->model.finetune;
    const struct kind *kind = kind_of(f->kind);
    tc_finetune *out = &c->job.finetune;
    if (!kind) return TC_OK;
    /* an encoder is tuned for a task, with a few outputs in place of the vocabulary */
    if (!c->family->causal) c->job.model.lm_head = c->job.model.head_transform = false;
    out->preference = (int)kind->preference;
    c->job.frozen_base = kind->frozen;
    if (!kind->frozen || strcmp(kind->word, "projector-only") == 0) return TC_OK; /* no adapters */
    out->rank = f->rank;
    out->targets = targets_of(f);
    if (f->rank <= 0) {
        out->rank = USUAL_RANK;
        tc_case_assume_number(c, "adapters of rank %s", out->rank);
    }
    if (!out->targets) {
        out->targets = TC_ADAPTED_ALL;
        tc_case_assume(c, "adapters on %s linears", "all");
    }
    out->embeddings = f->train_embeddings == 1;
    if (f->base_bits > 0 && f->base_bits < 16) out->base_bits = base_bits(f);
    return TC_OK;
}

/* finetune.h - what of a model is trained: its words, and what follows from them alone. */
#ifndef TC_WORKLOAD_FINETUNE_H
#define TC_WORKLOAD_FINETUNE_H

#include "workload/operators.h"

#define TC_FINETUNE_TEXT 192

/* "lora:r=16,targets=all" into a job; `place` is the option's name. */
TC_NODISCARD tc_code tc_finetune_parse(const char *text, const char *place, tc_job *job, tc_error *error);
/* The same as text: what parses to it again. "full" where all weights are trained by the next token. */
const char *tc_finetune_text(const tc_job *job, char *buffer, size_t size);
/* Anything else than training of all weights by the next token. */
bool tc_is_finetuned(const tc_job *job);

/* "q+v", "all", names of linears as modules have them ("q_proj", "c_attn"): tc_adapted bits; false: none. */
bool tc_adapted_parse(const char *text, size_t length, int *targets);

/* Of an objective. */
typedef struct tc_preference_figures {
    int sequences;    /* of a sample */
    double reference; /* forward passes of a reference model beside each trained one */
    double forwards;  /* the same of the model itself, without gradients */
    bool head;
} tc_preference_figures;

tc_preference_figures tc_preference_of(const tc_finetune *finetune);
/* Parameters that a checkpoint holds: all, or of a frozen model the adapters, and embedding and head where they are trained. */
double tc_trained_parameters(const tc_job *job);
/* Adapters, their gradients and moments are in fp32: as the stack has them, and in fp16, where a scaler of gradients cannot unscale those of 16-bit
 * weights (torch.amp.GradScaler; diffusers, cast_training_params). */
bool tc_has_wide_adapters(const tc_stack *stack, const tc_job *job);
/* A second copy of the weights: the reference of a model that is trained whole. */
bool tc_has_reference_copy(const tc_job *job);

#endif

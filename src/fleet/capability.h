/* capability.h - how good a model gets: the loss that scaling laws predict of a shape after so many tokens, and which shape to
 * choose now for a date, where the tokens that can be trained by then are not certain.
 *
 * A dense model of N parameters after D tokens: L = floor + A / N^alpha + B / D^beta (Hoffmann et al. 2022; the laws are data).
 * Tokens that repeat count less (Muennighoff et al. 2023). A model with experts is a dense one of more parameters than it
 * activates, by its leverage (Tian et al. 2025). Tokens to be served, paid from the same compute, take a third of a training
 * token each (2 N against 6 N; Sardana et al. 2024), which asks for smaller models.
 *
 * What is not certain: of the law how loss falls with compute beyond the runs that it was fitted on, how the best size grows,
 * the best tokens per parameter; of experts their leverage. One draw of each a sample, common to all shapes, so that shapes are
 * compared under the same law. Not known to any law: data, recipe, post-training. */
#ifndef TC_FLEET_CAPABILITY_H
#define TC_FLEET_CAPABILITY_H

#include "traincast.h"

#define TC_SCALING_LAWS 8
#define TC_SCALING_SHAPES 64
#define TC_SCALING_PUBLIC 64

typedef struct tc_scaling_law {
    char slug[32];
    double floor; /* nats per token */
    double parameters_factor, parameters_exponent, tokens_factor, tokens_exponent;
    double fitted_flops; /* of the largest run that it was fitted on */
    double exponent_error, split_error,
        ratio_error; /* of compute's exponent, of the best size's, of the log of tokens per parameter */
} tc_scaling_law;

typedef struct tc_leverage_law {
    double exponent, compute, granularity, granularity_squared, least, most;
    double fitted_flops;
    tc_spread kept; /* power of it that others see */
} tc_leverage_law;

typedef struct tc_scaling_shape {
    char model[96];
} tc_scaling_shape;

typedef struct tc_scaling_public {
    char model[96], released[16];
    int32_t day;
    double tokens;
} tc_scaling_public;

/* data/scaling.yaml */
typedef struct tc_scaling {
    int laws, shapes, publics;
    tc_scaling_law law[TC_SCALING_LAWS]; /* the first is the default */
    tc_leverage_law leverage;
    double repetition;                           /* R_D* */
    double most_tokens_per_parameter, flat;      /* flat: part of the reducible loss below which two shapes are equal */
    tc_scaling_shape shape[TC_SCALING_SHAPES];   /* catalog models that stand for shapes */
    tc_scaling_public public[TC_SCALING_PUBLIC]; /* public models with their tokens, by date */
} tc_scaling;

TC_NODISCARD tc_code tc_scaling_load(tc_catalog *catalog, tc_scaling *out, tc_error *error);

/* What a law needs to know of a model. */
typedef struct tc_capability_shape {
    double active, total; /* parameters */
    double activation;    /* share of the experts' width that a token goes through; 1: dense */
    double granularity;   /* 2 x hidden size / width of an expert */
} tc_capability_shape;

/* active is 0 of a model that cannot be counted (tc_model_count). */
tc_capability_shape tc_capability_shape_of(const tc_model *model);

typedef struct tc_capability_setting {
    const tc_scaling *scaling;
    int law;              /* of scaling->law */
    double unique_tokens; /* that there are; 0: no limit */
    double served_tokens; /* over the model's life, from the compute that its training is given; 0: none */
} tc_capability_setting;

typedef struct tc_capability {
    double loss, loss_sd; /* nats per token; INFINITY where nothing is trained */
    double flops;         /* of training: 6 x active parameters x tokens */
    double
        effective_flops; /* of the dense model of the best size with this loss, by the law: the number to compare models by */
    double effective_sd; /* of its natural logarithm */
    double decades;      /* of (dense) compute beyond the runs that the law was fitted on; 0: within */
    double tokens;       /* trained, less what serving takes */
    double epochs;       /* 0 without a limit of data */
    double tokens_worth; /* as tokens seen once */
    double leverage;     /* 1: dense */
} tc_capability;

/* tokens: that the compute can train, served ones not counted off. */
tc_capability tc_capability_of(const tc_capability_setting *setting, const tc_capability_shape *shape, double tokens);

/* The dense size that gets furthest with so much compute, for training and for what is served. */
typedef struct tc_capability_optimum {
    double parameters, tokens, loss;
} tc_capability_optimum;

tc_capability_optimum tc_capability_optimum_of(const tc_capability_setting *setting, double flops);

/* The best of the public models released by a day, as the law has it, with all its tokens once and nothing served. public: of
 * scaling->public, -1 if there is none (no error). */
TC_NODISCARD tc_code tc_capability_best_public(tc_catalog *catalog, const tc_scaling *scaling, int law, int32_t day,
                                               int *public, tc_capability_shape *shape, tc_error *error);

/* ---- the choice of a shape ------------------------------------------------------------------- */

typedef struct tc_capability_question {
    tc_capability_setting setting;
    int shapes, samples;              /* each at least 1 */
    const tc_capability_shape *shape; /* [shapes] */
    const double *tokens; /* [shapes][samples]: that can be trained by the date; 0: training has not begun */
    uint64_t seed;
    double confidence;  /* 0.8: losses are judged by what is met with this probability */
    double target_loss; /* 0: none, then the target is to be as good as the reference; without one there is none */
    /* A model to compare with: today's best, public or one's own; active 0: none. */
    tc_capability_shape reference;
    double reference_tokens;
} tc_capability_question;

typedef struct tc_capability_result {
    double probability;        /* that the target is met; -1: no target */
    double loss_at_confidence; /* what it is decided by without a target; INFINITY: not even begun */
    double loss_p10, loss_p50, loss_p90;
    double tokens_p50, epochs_p50; /* as in tc_capability */
    double decades;                /* at tokens_p50 */
    double gain_p50;               /* nats per token below the reference: negative is worse; NaN without a reference */
    double ratio_p10, ratio_p50, ratio_p90; /* effective compute over the reference's; NaN without one */
    bool within;                            /* of the noise of the best: what else decides may choose among these */
} tc_capability_result;

/* The shape that meets the target with the highest probability, of those within two standard errors (and without a target) that
 * with the least loss at the confidence. result: [shapes]. *best: -1 if none is trained in a tenth of the samples. The same bytes
 * for the same question; fails for want of memory alone. */
TC_NODISCARD tc_code tc_capability_best(const tc_capability_question *question, tc_capability_result *result, int *best,
                                        tc_error *error);

#endif

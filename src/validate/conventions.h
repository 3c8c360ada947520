/* conventions.h - what was usual, where a published run does not say: data/conventions.yaml, data/recipes.yaml. */
#ifndef TC_VALIDATE_CONVENTIONS_H
#define TC_VALIDATE_CONVENTIONS_H

#include "catalog/catalog.h"
#include "catalog/document.h"

#define TC_FAMILIES_MAX 32
#define TC_SWEEP_SOURCES_MAX 32

/* What the forecast must know for a family of models: kinds.c has who builds it. */
typedef enum tc_workload_kind {
    TC_WORKLOAD_LANGUAGE,
    TC_WORKLOAD_HYBRID,
    TC_WORKLOAD_DIFFUSION,
    TC_WORKLOADS
} tc_workload_kind;
extern const char *const tc_workload_names[]; /* the last NULL */

/* Of a family of models. */
typedef struct tc_family {
    char slug[32];
    int workload; /* tc_workload_kind */
    int vocab;
    int ffn;       /* tc_mlp_kind */
    int positions; /* tc_positions */
    int norm;      /* tc_norm_kind */
    bool tied_embeddings, norm_bias, causal, head_transform;
    bool early; /* older than the conventions of `modern_year` */
    struct {
        int q_rank, kv_rank, nope_dim, rope_dim, v_dim; /* kv_rank 0: no latent attention */
        int direct_queries_to;                          /* hidden width up to which queries have no rank */
    } mla;
} tc_family;

/* A source whose rows of one model, machine and batch differ in the layout alone. */
typedef struct tc_sweep_source {
    char slug[32]; /* the runs' group */
    char sessions
        [96]; /* dates, parted by blanks, at which its machine or software changed, as the ids of runs write them */
} tc_sweep_source;

/* Software that was the usual one on an accelerator before what its file names now. */
typedef struct tc_software {
    char slug[32], was[32];
    int before; /* year */
} tc_software;

#define TC_SOFTWARE_MAX 16

/* Which rows a software is looked for in. */
typedef enum tc_row_kind {
    TC_ROWS_ALL,
    TC_ROWS_FINETUNED,
    TC_ROWS_DIFFUSION,
    TC_ROWS_VISION,
    TC_ROW_KINDS
} tc_row_kind;
extern const char *const tc_row_kind_names[]; /* the last NULL */

/* What software a row is of, where its `stack` says no more than what that is built on. A condition that is empty holds. */
typedef struct tc_tuner {
    char slug[32];                          /* the stack that it is */
    char was[32];                           /* the row's stack */
    int of;                                 /* tc_row_kind */
    char says[32], notes[32], url[32];      /* in its `framework`, its `notes`, its `url` */
    char runs[16];                          /* its sharding, whatever the row says of a single device */
    char quant[16], kind[16], sharding[16]; /* in finetune.quant; finetune.kind; norm.sharding */
} tc_tuner;

#define TC_TUNERS_MAX 40

/* A data set of fine-tuning, by a word of its name. */
typedef struct tc_dataset {
    char says[32];
    int longest; /* tokens of a sample, of those that a short run meets */
    double mean; /* 0: not known */
} tc_dataset;

#define TC_DATASETS_MAX 32

/* When models came out whose names begin so: no run of one is older. */
typedef struct tc_model_release {
    char model[32], since[TC_STACK_DATE];
} tc_model_release;

#define TC_RELEASES_MAX 64

/* Images of one size among those of a data set. */
typedef struct tc_image_share {
    int width, height; /* pixels; either side up */
    double share;
} tc_image_share;

#define TC_IMAGE_SHARES_MAX 8

/* What is taken of a run of which little more is known than its size: for histories. */
typedef struct tc_usual {
    double batch_tokens_per_device; /* at least */
    double batch_tokens;            /* of a step */
    int seq_early, seq;             /* before the conventions of `modern_year`, and since */
    double aspect;                  /* hidden width over layers */
    int head_dim;
    double active_share; /* of a mixture's parameters */
    int top_k;
    /* time of its step over the forecast: where nobody says which layout it had; which software and settings; and where of
     * the model too no more than a size is known */
    tc_spread layout_open, recipe_open, size_alone;
} tc_usual;

typedef struct tc_conventions {
    char slug[32], name[64];
    int families, modern_year;
    int later_months; /* that a run without a date is later than the first month that it can be of */
    tc_family family[TC_FAMILIES_MAX];
    char fp8_sources[32];
    double image_share; /* of the tokens of a sample with images */
    int sweep_sources;
    tc_sweep_source sweep_source[TC_SWEEP_SOURCES_MAX];
    int softwares;
    tc_software software[TC_SOFTWARE_MAX];
    int tuners;
    tc_tuner tuner[TC_TUNERS_MAX];
    double length_fragmentation; /* of a stack whose own samples are of one length: tc_stack_params */
    double sample_spread,
        image_spread; /* standard deviation over mean of the lengths of texts, of the tokens of an image */
    int image_shares;
    tc_image_share image[TC_IMAGE_SHARES_MAX]; /* of samples whose images are cut into squares */
    int datasets, unnamed_longest;             /* of rows that name no data set */
    tc_dataset dataset[TC_DATASETS_MAX];
    int releases;
    tc_model_release release[TC_RELEASES_MAX];
    tc_usual usual;
    const tc_document *recipes; /* usual_recipes.h */
} tc_conventions;

TC_NODISCARD tc_code tc_conventions_read(tc_catalog *catalog, tc_conventions *out, tc_error *error);

/* The first where no family is stated (""), NULL where it is not listed: then it is not modelled. */
const tc_family *tc_conventions_family(const tc_conventions *conventions, const char *slug);

#endif

/* towers.h - parts of a model that run beside its main stack: what a sample gives them to do, and their operators. */
#ifndef TC_WORKLOAD_TOWERS_H
#define TC_WORKLOAD_TOWERS_H

#include "workload/operators.h"

/* The images of a sample, on average: the job's, or the model's; the frames of its sample of latents. */
typedef struct tc_images {
    double count, width, height; /* pixels */
} tc_images;

tc_images tc_images_of(const tc_job *job);

/* What a sample gives a tower to do. */
typedef struct tc_tower_work {
    double units;   /* images, tiles of images, pixels, or one */
    double tokens;  /* of a unit, as its blocks see them */
    double outputs; /* of a unit */
} tc_tower_work;

tc_tower_work tc_tower_work_of(const tc_model *model, const tc_images *images, int tower);
/* Tokens of a sample's sequence that towers make; those that one image makes. */
double tc_tower_sequence(const tc_model *model, const tc_images *images);
double tc_image_tokens(const tc_model *model, const tc_images *images);
/* Does any tower take images? */
bool tc_takes_images(const tc_model *model);

/* Were latents and embeddings of text made before, as the job says or else the stack does? */
bool tc_latents_cached(const tc_job *job, const tc_stack *stack);
/* Does it run in the step, and lie on devices? Not where its outputs were made before. */
bool tc_tower_runs(const tc_job *job, const tc_stack *stack, int tower);
/* Have its weights gradients? Does a backward pass go through it? frozen_base: of the job. */
bool tc_tower_trained(const tc_tower *tower, bool frozen_base);
bool tc_tower_backward(const tc_model *model, int tower, bool frozen_base);
/* Ranks that share its matrices, of tp: 1 where its heads do not divide, or the stack copies towers. */
double tc_tower_split(const tc_tower *tower, const tc_stack *stack, int tp);

/* What a rank does of a tower: so many units a micro-batch, its matrices split over so many ranks. */
tc_shard tc_tower_shard(const tc_shard *of_model, const tc_tower_work *work, double split, bool trained);

/* The operators of part `part` of a tower: its runs of blocks, then (part = blocks) what stands before and behind them. */
void tc_tower_operators(const tc_model *model, int tower, int part, const tc_tower_work *work, const tc_shard *shard,
                        tc_operators *out);

/* Every weight of a tower once; forward FLOPs of a sample. */
double tc_tower_parameters(const tc_model *model, int tower);
double tc_tower_forward_flops(const tc_model *model, const tc_images *images, int tower);

#endif

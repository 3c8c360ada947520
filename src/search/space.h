/* space.h - every legal layout of a job on a cluster, axis by axis, each counted once.
 *
 * A shape is what decides the operators of a rank: variant (devices, global batch, format),
 * tp, cp and its kind, ep, etp, sequence parallelism, micro-batch. A shape is placed with a number
 * of pipeline stages and virtual stages, and with what embedding and head count as where the stages are cut; data
 * parallelism follows from the devices. Under a placement lie the choices: recompute, schedule, sharding with its groups, offload, overlap.
 *
 * Canonical form: what has no effect takes one value (sequence parallelism with tp 1, the kind of
 * context parallelism with cp 1, schedule and virtual stages with pp 1, sharding over one rank, the
 * overlap of communication that is not there, splits that give every stage the same layers). Degrees that no rule allows together count once. */
#ifndef TC_SEARCH_SPACE_H
#define TC_SEARCH_SPACE_H

#include <stdatomic.h>

#include "traincast.h"
#include "step/step.h"

#define TC_AXIS_MAX 192
#define TC_VARIANTS_MAX 64
#define TC_DIVISORS_MAX 1344 /* of a number up to 10^9 */
#define TC_RECOMPUTES_MAX 64
#define TC_SPLITS_MAX 16
#define TC_SHARDINGS_MAX 64
#define TC_OFFLOADS_MAX 5
#define TC_SCHEDULES_MAX TC_SCHEDULE_CUSTOM
/* Virtual stages of a device that are tried unasked: as many as any published run has; beyond what stacks are known to run, with
 * --any, some more. */
#define TC_USUAL_VIRTUAL_MAX 24
#define TC_ANY_VIRTUAL_MAX 64
#define TC_VIRTUAL_MAX 1023 /* that a search may be told */

typedef struct tc_axis {
    int count;
    int value[TC_AXIS_MAX];
} tc_axis;

typedef struct tc_variant {
    int devices; /* all of them, or at most so many: see tc_space.fewer */
    int global_batch, least_batch, most_batch, dtype;
    tc_axis tp, pp, cp, ep, etp, micro_batch;
    int divisors, divisor[TC_DIVISORS_MAX]; /* of the batch, ascending; none where it may move */
} tc_variant;

typedef struct tc_shape {
    int variant, tp, cp, cp_kind, cp_all_to_all, ep, etp, sequence_parallel, micro_batch;
    int64_t group;          /* of the shapes that differ in their micro-batch alone */
    int64_t configurations; /* legal ones */
} tc_shape;

/* How the layers are split over the stages: evenly, with embedding and head counted as so many layers. */
typedef struct tc_split {
    int embedding, head;
} tc_split;

/* A shape with its pipeline, on its devices. */
typedef struct tc_stages {
    int pp, vpp, dp;
    int split; /* of the space's */
    int devices;
    int64_t global_batch, micro_batches;
} tc_stages;

typedef struct tc_sharding_choice {
    int sharding, hsdp;
    int overlaps;   /* how many of overlap[] */
    int overlap[4]; /* bit 0: gradient reduction, bit 1: parameter gathering */
} tc_sharding_choice;

typedef struct tc_choices {
    int recomputes, schedules, shardings, offloads;
    int recompute
        [TC_RECOMPUTES_MAX]; /* tc_recompute; TC_RECOMPUTE_LAYERS + n - 1: n layers of the model; negative: operator groups */
    int schedule[TC_SCHEDULES_MAX];
    tc_sharding_choice sharding[TC_SHARDINGS_MAX];
    int offload[TC_OFFLOADS_MAX];
    int64_t per_schedule; /* configurations of one recompute and schedule */
    int64_t count;
} tc_choices;

/* The shapes of up to so many devices are the same, and so are their seconds. */
struct tc_search_cache {
    int devices;
    int64_t shapes;  /* 0: not known yet */
    double *seconds; /* [groups]: see tc_space */
};

typedef struct tc_space {
    const tc_search_input *in;
    bool fewer; /* layouts that may leave devices idle; its shapes are not counted */
    bool pairs,
        fills_bubble; /* it allows a schedule whose forwards and backwards run in pairs; one that does not wait for
                                 a whole micro-batch of the other stages */
    _Atomic(double) *weight;    /* [devices + 1], 0: not known yet; NULL: it is asked for, or there is none */
    bool grows;                 /* more devices do more, for all that their weight takes */
    bool beside;                /* those that use all devices are another space */
    bool per_sequence;          /* the batch is not always the same: the objective is of a sequence */
    tc_stack_supports supports; /* the stack's, or everything */
    int layers, seq;
    bool experts;
    int cheap_operators; /* tc_operator_group bits that are worth running again */
    bool offload;        /* the link to the host is known */
    int splits;
    tc_split split[TC_SPLITS_MAX];
    /* By the number of chunks, up to layers + 2: bits of the splits that differ; and of those that give all chunks alike. */
    uint16_t *differ, *alike;
    int variants;
    tc_variant variant[TC_VARIANTS_MAX];
    int64_t shapes, groups;
    tc_shape *shape;
    int64_t *first;  /* [groups]: the first shape of each */
    double *seconds; /* [groups]: of a sequence on all stages, at least, whatever the micro-batch; 0: not known yet */
    atomic_int *too_large; /* [groups]: the least micro-batch with which nothing fits; larger ones fit no better */
    int64_t rejected[TC_REJECTIONS]; /* by rules */
    int64_t configurations;          /* rejected ones included */
} tc_space;

/* How many devices its layouts leave idle: none, one or more, either. */
typedef enum tc_idle { TC_IDLE_NONE, TC_IDLE_SOME, TC_IDLE_ANY } tc_idle;

/* Lists the shapes and counts the space. TC_INVALID where a fixed value is not in it. */
TC_NODISCARD tc_code tc_space_make(const tc_search_input *input, tc_idle idle, tc_space *out, tc_error *error);
void tc_space_free(tc_space *space);

/* The placements of a shape: visits each legal (pp, dp, vpp, split), dp from the most ranks down. Returns false at the
 * end. Start with {0}; split is the next one. */
typedef struct tc_stages_cursor {
    int pp_index, dp, vpp, split;
    int moved; /* numbers of ranks so far on these stages */
} tc_stages_cursor;
bool tc_space_next(const tc_space *space, const tc_shape *shape, tc_stages_cursor *cursor, tc_stages *out);
/* Goes on with the next pp. */
static inline void tc_space_skip(tc_stages_cursor *cursor) { cursor->dp = -1; }

int tc_space_too_large(const tc_space *space, const tc_shape *shape);
void tc_space_set_too_large(const tc_space *space, const tc_shape *shape);

/* objective = scale x step time */
double tc_space_scale(const tc_space *space, const tc_variant *variant, int devices, int64_t global_batch);
/* The same, where fewer devices may be better: without their weight, which is 1 or more. */
double tc_space_least_scale(const tc_space *space, const tc_variant *variant, int devices, int64_t global_batch);
/* The most devices that any of its layouts uses; 0: it has none. */
int tc_space_devices(const tc_space *space);

bool tc_space_allows(const tc_space *space, int schedule);
void tc_space_choices(const tc_space *space, const tc_shape *shape, const tc_stages *stages, tc_choices *out);
/* The choices again for other virtual stages or another split: only the schedules depend on these. */
void tc_space_schedules(const tc_space *space, const tc_stages *stages, tc_choices *choices);

/* The layout of a shape and its stages under a schedule; the other choices are set by the others. */
tc_layout tc_space_layout(const tc_space *space, const tc_shape *shape, const tc_stages *stages, int schedule);
void tc_choose_recompute(tc_layout *layout, int recompute);

/* Does the layout say what the first or the last stage holds? */
static inline bool tc_gives_ends(const tc_layout *fixed) {
    return fixed->first_layers != TC_UNSET || fixed->last_layers != TC_UNSET;
}

/* The axes in words, for printing before the walk. */
void tc_space_describe(const tc_space *space, tc_search_axis axis[TC_SEARCH_AXES]);

#endif

/* traincast_search.h - chapter of traincast.h: the best layouts of a job on a cluster, out of all of them.
 * Example: docs/examples/c/search.c. */
#ifndef TRAINCAST_SEARCH_H
#define TRAINCAST_SEARCH_H

#include "traincast.h"

typedef enum tc_objective {
    TC_OBJECTIVE_TIME,
    TC_OBJECTIVE_MEMORY,
    TC_OBJECTIVE_COST,
    TC_OBJECTIVE_ENERGY,
    TC_OBJECTIVES
} tc_objective;

/* How likely a recommended layout fits, where nothing is said: in searches, sweeps and plans. */
#define TC_FIT 0.9
/* What searches of one question on different numbers of devices share: see tc_search_input. */
typedef struct tc_search_cache tc_search_cache;

typedef struct tc_search_input {
    size_t size;
    tc_question question; /* global_batch must be given; its layout is not looked at: see fixed */
    tc_objective objective;
    bool pareto;             /* the front of time and memory instead of the best by one objective */
    bool exhaustive;         /* prune nothing */
    bool any;                /* also what the stack cannot run: tc_beyond_stack says of each what it lacks */
    int top;                 /* how many, each of its own kind: other tp, pp, ep or etp, or offloading */
    int threads;             /* 0: as OpenMP has it */
    double max_memory_bytes; /* that the forecast may be besides; 0: any */
    double fit; /* the probability, above 0 and below 1, with which a layout must fit; 0: more likely than not */
    unsigned schedules;     /* bits 1 << tc_schedule; 0: those with a closed form: gpipe, 1f1b, interleaved */
    unsigned dtypes;        /* bits 1 << tc_dtype; 0: the job's */
    int most_global_batch;  /* above the job's: it is doubled until here */
    int fewest_devices;     /* above 0: powers of two below the cluster's, down to here, are tried too */
    tc_search_cache *cache; /* NULL: none; else of tc_search_cache_new. uncounted searches that differ in their devices,
                                to_beat, weight and fixed dp alone may take the same one, one after the other */
    bool usual;       /* what is usual alone: no context parallelism below 8192 tokens a rank, and by rings; at most 4
                         sequences a micro-batch and 16 stages, cut evenly; sequence parallel; experts whole; no HSDP,
                         nothing offloaded */
    bool uncounted;   /* the best alone: the space is not counted, which takes a fraction of the time */
    bool first;       /* whether any fits is all that is asked: the walk ends with the first that is found */
    bool all_devices; /* no layout may leave devices idle */
    int least_batch, most_batch; /* 0: the job's global batch; else it may move so far where it does not divide */
    double to_beat;              /* above 0: nothing with a larger objective is found */
    double (*weight)(const void *of, int devices); /* NULL: 1; else 1 or more: the objective is multiplied by it, as for
                                                      what failures of so many devices take */
    const void *weight_of;
    double usd_per_device_s, watts_per_device; /* for the objectives cost and energy */
    /* Called by the caller's thread between parts of the walk: shapes of layouts so far, of all. false: the walk ends, and what was found is
     * the answer. NULL: nobody asks. */
    bool (*tell)(void *context, int64_t done, int64_t all);
    void *context;
    tc_layout fixed; /* what the search may not change; TC_UNSET: free. stage_count 0: stages cut evenly */
    unsigned
        own_option; /* for the options of advice: bits of the rows of a layout's table (its options, in their order)
                                whose value is an option of its own, "--pp 2"; the others are in --fix */
} tc_search_input;

TC_API tc_search_input tc_default_search_input(void);

/* Lets the global batch move by a share of the job's, 0 to 1: sets least_batch and most_batch. */
TC_API void tc_search_move_batch(tc_search_input *input, double share);

/* For searches of up to so many devices. NULL: out of memory. */
TC_API tc_search_cache *tc_search_cache_new(int devices);
TC_API void tc_search_cache_free(tc_search_cache *cache);

/* Why a configuration was rejected. */
typedef enum tc_rejection {
    TC_REJECTED_MEMORY,        /* does not fit */
    TC_REJECTED_HOST,          /* what it offloads does not fit the server's memory */
    TC_REJECTED_BATCH,         /* dp x micro-batch does not divide the global batch */
    TC_REJECTED_EXPERTS,       /* ep x etp does not divide tp x cp x dp */
    TC_REJECTED_MICRO_BATCHES, /* an interleaved schedule needs a multiple of pp of them */
    TC_REJECTED_LAYOUT,        /* any other rule of the layout */
    TC_REJECTIONS
} tc_rejection;

TC_API const char *tc_rejection_name(tc_rejection rejection);

#define TC_SEARCH_AXES 20
typedef struct tc_search_axis {
    const char *name; /* NULL ends the list */
    char values[240];
} tc_search_axis;

/* One of the best. */
typedef struct tc_found {
    tc_step step;
    int devices, dtype;
    int idle; /* devices of the cluster that it leaves unused */
    int rank; /* among what the walk found */
    double
        expected_step_s; /* of the step's time after the choice: the best of many forecasts is optimistic; >= step.step_s */
    double expected_step_s_p10, expected_step_s_p90; /* 0 where the forecast has none */
    double objective; /* seconds, bytes, US dollars or joules: per step, or per sequence where the batch varies */
    double walked[2]; /* by the closed form: the objective, and bytes (seconds where memory is the objective) */
} tc_found;

#define TC_ADVICE_MAX 24

typedef struct tc_advice {
    char text[200];
    char options[400]; /* that make the same command succeed, in place of those of the same name; "": no option does */
} tc_advice;

typedef struct tc_search {
    int64_t space, evaluated, pruned;
    int64_t rejected[TC_REJECTIONS];
    int64_t shapes;
    int64_t evaluated_fewer; /* layouts that leave devices idle; not counted in the space */
    tc_search_axis axis[TC_SEARCH_AXES];
    int best_count;
    tc_found *best;    /* by the timeline, the best first; a front: by memory */
    int cluster_count; /* none of a front, nor of several searches */
    tc_found
        *cluster; /* the best of each family of layouts (same tp, pp, cp, ep, sharding, kind of recompute) among what
                          was forecast in full; at most as many as are asked for, the best first */
    int *members; /* layouts of each */
    double walked_best; /* the best objective by the closed form */
    bool any_legal;
    bool per_sequence;
    bool stopped;     /* input.tell ended it before all was looked at */
    tc_found least;   /* that needs the least memory, fitting or not */
    int advice_count; /* where nothing fits: the least changes that would do */
    tc_advice advice[TC_ADVICE_MAX];
    double seconds;
    int threads;
} tc_search;

/* Walks the space. TC_INVALID: a fixed value that is not in it, a format that the device lacks.
 * That nothing fits is no error: best_count is 0. */
TC_API TC_NODISCARD tc_code tc_search_run(const tc_search_input *input, tc_search *out, tc_error *error);
/* The space alone: axes and counts; nothing is walked. */
TC_API TC_NODISCARD tc_code tc_search_space(const tc_search_input *input, tc_search *out, tc_error *error);
TC_API void tc_search_free(tc_search *search);

/* Several searches of one job as one: what they found in one order, as many as the input asks for, and their counts added up.
 * from: of which search each of the best is; freed by the caller. */
TC_API TC_NODISCARD tc_code tc_search_merge(const tc_search_input *input, const tc_search *const *part, int parts,
                                            tc_search *out, int **from, tc_error *error);

/* How far what was found is on the way to a goal: 1 and more has reached it. */
typedef double (*tc_search_share)(void *of, const tc_found *best);

/* The least devices, from `from` to `most`, on which the best layout reaches the goal; 0: none does. within:
 * 0.1 settles for a tenth more. More devices are never slower, so that few numbers need be tried. */
TC_API TC_NODISCARD tc_code tc_search_fewest(const tc_search_input *input, int from, int most, double within,
                                             tc_search_share share, void *of, int *devices, tc_error *error);

/* ---- several pools ------------------------------------------------------------------------ */

/* One way to use some of the pools for the job. */
typedef struct tc_mixed_found {
    unsigned used;  /* bits: which pools of the question, 0 its own */
    int across;     /* tc_across; without meaning of one pool */
    bool reversed;  /* of two pools in a pipeline the second has the first stages */
    tc_mixed mixed; /* of one pool alone: its step, and a share that is all */
} tc_mixed_found;

#define TC_MIXED_FOUND 16

typedef struct tc_mixed_search {
    int count;
    tc_mixed_found *best; /* of every set of pools and way the fastest, the fastest first; only what fits */
    int64_t evaluated;    /* mixed steps that were forecast */
    double seconds;
} tc_mixed_search;

/* The best ways to use the pools of a question: each alone, data parallel over some, a pipeline over some, with the layouts
 * that each finds best; input's objective is time. across: bits 1 << tc_across that may be used; 0: all. None fits: count 0. */
TC_API TC_NODISCARD tc_code tc_search_mixed(const tc_search_input *input, unsigned across, tc_mixed_search *out,
                                            tc_error *error);
TC_API void tc_mixed_search_free(tc_mixed_search *search);
/* The question that a found way answers; pools: room for TC_MAX_POOLS, to which it points. */
TC_API tc_question tc_mixed_question(const tc_question *question, const tc_mixed_found *found, tc_pool *pools);

/* Reads "tp=8,recompute=full" (place: the option, for errors). */
TC_API TC_NODISCARD tc_code tc_search_fix(tc_layout *fixed, const char *text, const char *place, tc_error *error);

/* Forecasts again what changes would make it fit, cheapest first; fills advice. Each is true: the same search with its
 * options finds a layout. */
TC_API TC_NODISCARD tc_code tc_search_advise(const tc_search_input *input, tc_search *search, tc_error *error);

#endif

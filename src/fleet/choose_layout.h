/* choose_layout.h - the best layout of a job on at most so many devices, for the calendar: that of src/search, judged by
 * useful tokens. */
#ifndef TC_FLEET_CHOOSE_LAYOUT_H
#define TC_FLEET_CHOOSE_LAYOUT_H

#include "run/operations.h"
#include "traincast.h"

typedef struct tc_chooser {
    const tc_question *question; /* its global batch must be given; devices: the most that may be used */
    double fit;                  /* how likely a layout must fit the memory */
    tc_search_cache *cache;      /* of the job on the same accelerators and stack; NULL: none */
    double batch_band;           /* share by which the global batch may move to what a layout divides */
    double package_mtbf_s, restart_s;
    int on_failure; /* tc_on_failure */
    double repair_s;
    double checkpoint_bytes;
    const tc_economics *economics; /* of the pool: its storage */
    bool thorough;                 /* search the whole space */
    bool usual_only;               /* not even where nothing usual fits */
    bool any;                      /* also what the stack cannot run */
} tc_chooser;

typedef struct tc_choice {
    bool found;
    tc_step step;    /* of the layout; step.layout is resolved */
    int devices;     /* that it uses */
    int there;       /* that there were for it */
    double walked;   /* objective of the search, by the closed form */
    double expected; /* of its step after the choice, over its forecast; 0: not asked */
    double goodput;
    tc_overhead overhead; /* what checkpoints and failures add to a second of steps */
    double tokens_per_s;  /* with goodput: what the calendar adds up */
    int64_t evaluated;    /* layouts whose step was forecast */
    double least_bytes;   /* where nothing fits: memory of the layout that needs the least; 0 if none is legal */
    char why[160];        /* where nothing is found */
} tc_choice;

/* The layout with the most useful tokens per second. before: the choice for another number of devices, which makes the
 * search shorter; NULL: none. That nothing is found is no error. */
TC_NODISCARD tc_code tc_choose_layout(const tc_chooser *chooser, const tc_choice *before, tc_choice *out,
                                      tc_error *error);

/* What is to be expected of a choice of the whole space, as searches say it: its `expected`, from the best of the other kinds. */
TC_NODISCARD tc_code tc_expect_layout(const tc_chooser *chooser, tc_choice *choice, tc_error *error);

/* Goodput, overhead and useful rate of a choice whose step and devices are known. */
void tc_judge(const tc_chooser *chooser, tc_choice *choice);

#endif

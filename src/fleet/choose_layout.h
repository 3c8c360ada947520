/* choose_layout.h - a good layout of a job on at most so many devices, for the calendar.
 *
 * A small search over the usual degrees; the layout search proper is src/search. */
#ifndef TC_FLEET_CHOOSE_LAYOUT_H
#define TC_FLEET_CHOOSE_LAYOUT_H

#include "traincast.h"

typedef struct tc_chooser {
    const tc_question *question; /* its global batch must be given; devices: the most that may be used */
    double fit;                  /* how likely a layout must fit the memory */
    double package_mtbf_s, restart_s;
    double checkpoint_bytes, storage_bytes_per_s; /* bandwidth per device */
    bool any;                                     /* also what the stack cannot run */
} tc_chooser;

#define TC_SHAPES 8

/* Layouts without their data-parallel degree, the best first. */
typedef struct tc_shapes {
    int count;
    tc_layout layout[TC_SHAPES];
    double tokens_per_s[TC_SHAPES];
} tc_shapes;

typedef struct tc_choice {
    bool found;
    tc_step step; /* of the layout; step.layout is resolved */
    int devices;  /* that it uses */
    double goodput;
    double tokens_per_s; /* with goodput: what the calendar adds up */
    int evaluated;       /* layouts whose step was forecast */
    tc_shapes shapes;    /* the best ones */
    double least_bytes;  /* where nothing fits: memory of the layout that needs the least; 0 if none is legal */
    int least_devices;   /* the fewest devices of any layout that was tried and fits; 0 = none */
    char why[160];       /* where nothing is found */
} tc_choice;

/* The layout with the most useful tokens per second. Ties: the one tried first. shapes: look at these
 * only, as where the same job gets more of the same devices; NULL: search. */
tc_choice tc_choose_layout(const tc_chooser *chooser, const tc_shapes *shapes);

/* The same layout on its own devices again, to compare with later choices; step and goodput as above. */
double tc_useful_tokens_per_s(const tc_chooser *chooser, const tc_step *step, int devices, double *goodput);

#endif

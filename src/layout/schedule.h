/* schedule.h - pipeline schedules as data: what each stage does, in which order. No seconds here.
 *
 * A stage holds one or more chunks of the model. Its order is a list of slots: forward,
 * input gradient, weight gradient (or both in one backward) of a chunk for a micro-batch.
 * When they run follows from the order and from what each slot waits for:
 * step/timeline.h. Adding a schedule is a row in traincast_schedules.h and a rule in schedule.c. */
#ifndef TC_LAYOUT_SCHEDULE_H
#define TC_LAYOUT_SCHEDULE_H

#include "traincast.h"

typedef enum tc_slot_kind {
    TC_SLOT_FORWARD,
    TC_SLOT_BACKWARD, /* input and weight gradient in one */
    TC_SLOT_INPUT,    /* input gradient: the stage before waits for it */
    TC_SLOT_WEIGHT,   /* weight gradient: nobody waits for it */
    TC_SLOT_KINDS
} tc_slot_kind;

typedef struct tc_slot {
    int32_t micro_batch;
    uint16_t chunk; /* of the stage */
    uint8_t kind;   /* tc_slot_kind */
    bool paired;    /* runs interleaved with its neighbour: DualPipe hides expert communication there */
} tc_slot;

/* Where a stage's chunk lies in the model, and its neighbours there. Node = stage x chunks + chunk. */
typedef struct tc_schedule_node {
    int stage;
    int part;           /* which chunk of the model; -1 = none */
    int next, previous; /* node, or -1 at the ends of the model */
    bool down;          /* its forward is sent towards higher stages */
} tc_schedule_node;

struct tc_order {
    char path[256];     /* of its file; empty: made here */
    int stages, chunks; /* chunks per stage */
    int parts;          /* chunks of the model */
    int micro_batches;
    int period;             /* micro-batches after which the order repeats */
    bool blocking;          /* a stage computes nothing while it sends */
    tc_schedule_node *node; /* stages x chunks */
    int64_t *first;         /* stages + 1: the slots of stage s are first[s] .. first[s + 1] */
    tc_slot *slot;
};

/* What a schedule is like; fits a register. */
typedef struct tc_schedule_facts {
    uint8_t chunks; /* of a stage; 0: the layout's virtual stages */
    uint8_t fill;   /* micro-batches, in units of the stages, after which its rhythm shows */
    bool closed_form;
    bool turned;    /* every second chunk runs from the last stage back to the first */
    bool both_ways; /* turned, and every part of the model is also held by the mirrored stage: their number is even */
    bool split;     /* weight gradients apart from input gradients */
    bool blocking;  /* with one chunk a stage, it computes nothing while it sends */
    bool apart;     /* stages do not meet at the end of a step: each begins the next when its own is done */
} tc_schedule_facts;

tc_schedule_facts tc_schedule_facts_of(int schedule);

/* Can the pipeline be emptied as the layout says: after so many micro-batches as divide those of the step, under a schedule
 * that can be cut? TC_INVALID with what would be right. */
TC_NODISCARD tc_code tc_schedule_flushes(const tc_layout *layout, int64_t micro_batches, tc_error *error);

/* A pipeline that a schedule is to arrange. */
typedef struct tc_schedule_ask {
    int stages, vpp, layers;
    int64_t micro_batches;
    bool frozen; /* weights without gradients */
} tc_schedule_ask;

/* The one rule of what a built-in schedule can arrange. TC_INVALID with the option at fault; error may be NULL. */
TC_NODISCARD tc_code tc_schedule_check(int schedule, const tc_schedule_ask *ask, tc_error *error);

/* The order of a schedule for m micro-batches. Errors: TC_INVALID (place "--schedule"), TC_INTERNAL. */
TC_NODISCARD tc_code tc_order_make(int schedule, int stages, int chunks, int64_t micro_batches, tc_order *out,
                                   tc_error *error);
void tc_order_free(tc_order *order);

/* Every slot can run and comes once. line: of each stage in the file, for errors; NULL = none. looks, if not NULL: how often a
 * slot was looked at. */
TC_NODISCARD tc_code tc_order_check(const tc_order *order, const char *path, const int *line, int64_t *looks,
                                    tc_error *error);

/* A schedule in PyTorch's notation, one line a stage: "0F0,0F1,,0B0" (docs/timeline.md). */
TC_NODISCARD tc_code tc_order_parse(const char *text, size_t length, const char *path, tc_order *out, tc_error *error);

/* Most micro-batches that a stage holds at once, in units of all its chunks, from its slots. */
double tc_order_in_flight(const tc_order *order, int stage);

/* The same for a built-in schedule, without making the order. */
double tc_schedule_in_flight(int schedule, int stages, int chunks, int64_t micro_batches, int stage);

#endif

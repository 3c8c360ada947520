/* explain.h - why a step takes as long as it does: the way from the device's peak to what is achieved, and what would change it. */
#ifndef TC_FORECAST_EXPLAIN_H
#define TC_FORECAST_EXPLAIN_H

#include "forecast/forecast.h"
#include "step/live_memory.h"

/* One loss between peak and achieved, in seconds of the step and in points of MFU. A gain is negative. */
typedef struct tc_loss {
    const char *key;  /* "gemm" */
    const char *text; /* for people */
    double seconds, points;
} tc_loss;

/* One operator of a run of equal blocks, one micro-batch on one rank. */
typedef struct tc_operator_cost {
    int block;              /* of the model; TC_EMBEDDING, TC_HEAD, TC_TOWER - i: tower i */
    int count;              /* blocks of this run */
    const char *tag, *kind; /* "qkv", "matrix product" */
    const tc_operator *op;  /* NULL: communication */
    double flops, bytes;    /* forward */
    double forward_s, backward_s;
    const char *bound; /* of the forward: "compute", "memory", "launch", "network" */
    double share;      /* of a micro-batch's seconds over the whole model */
} tc_operator_cost;

enum { TC_TOWER = -3, TC_EMBEDDING = -2, TC_HEAD = -1 };

typedef struct tc_change {
    char what[64]; /* "HBM bandwidth +10 %", "tp 8" */
    bool layout;   /* else a figure of the hardware or the software */
    double step_s;
    double gain_pct; /* of throughput: how much faster */
    double reserved; /* bytes per device */
    double fits_probability;
    bool fits;
    bool in_stack; /* the stack can run it */
} tc_change;

#define TC_LOSSES (TC_PARTS_ALL + 2)
#define TC_CHANGES 48
#define TC_PEAKS 64
#define TC_EXPLAINED_SLOTS 200000 /* of a step with more, the peaks are those of a shorter one */

typedef struct tc_explanation {
    tc_step step;
    const char *bound; /* what most of the step is spent on */
    double bound_share;
    int losses;
    tc_loss loss[TC_LOSSES];
    int changes;
    tc_change change[TC_CHANGES]; /* the largest gain first; hardware, then layout */
    int peaks;                    /* stages, the first TC_PEAKS */
    tc_live_peak peak[TC_PEAKS];
    double peak_at_s[TC_PEAKS];
} tc_explanation;

TC_NODISCARD tc_code tc_explain(const tc_opened *opened, tc_explanation *out, tc_error *error);

/* Calls visit for every operator and every communication of every run of blocks, embedding and head. */
typedef void tc_operator_visit(void *context, const tc_operator_cost *cost);
void tc_explain_operators(const tc_costs *costs, tc_operator_visit *visit, void *context);

#endif

/* traincast_collective.h - chapter of traincast.h: the time of one collective on a fabric, by its size, its algorithm and where its
 * ranks are.
 *
 * The same arithmetic as inside a step (src/network/collective.c); nothing runs beside it but what `share` leaves out.
 * Example: docs/examples/c/collective.c. */
#ifndef TRAINCAST_COLLECTIVE_H
#define TRAINCAST_COLLECTIVE_H

#include "traincast.h"

/* ROW(ID, word, what a bus carries: of n ranks, in the bytes of the buffer). As nccl-tests counts bus bandwidth. */
#define TC_COLLECTIVES(ROW)                                                                                            \
    ROW(ALL_REDUCE, "all-reduce", 2 * (n - 1) / n)                                                                     \
    ROW(ALL_GATHER, "all-gather", (n - 1) / n)                                                                         \
    ROW(REDUCE_SCATTER, "reduce-scatter", (n - 1) / n)                                                                 \
    ROW(ALL_TO_ALL, "all-to-all", (n - 1) / n)                                                                         \
    ROW(SEND, "send", 1)
#define TC_COLLECTIVE_ID(id, word, carried) TC_COLLECTIVE_##id,
typedef enum tc_collective { TC_COLLECTIVES(TC_COLLECTIVE_ID) TC_COLLECTIVE_COUNT } tc_collective;
TC_API extern const char *const tc_collective_names[TC_COLLECTIVE_COUNT + 1];

/* Of an all-reduce; others go by rings, an all-to-all pairwise. */
typedef enum tc_collective_algorithm {
    TC_ALGORITHM_BEST, /* what a step takes */
    TC_ALGORITHM_RING,
    TC_ALGORITHM_TREE,    /* between domains; rings inside them */
    TC_ALGORITHM_SWITCHES /* that reduce: where the fabric's innermost level has them and holds all ranks */
} tc_collective_algorithm;
TC_API extern const char *const tc_collective_algorithm_names[TC_ALGORITHM_SWITCHES + 2];

typedef struct tc_collective_question {
    size_t size;
    tc_accelerator accelerator; /* its links' achievable shares and latencies */
    tc_fabric fabric;
    tc_collective operation;
    tc_collective_algorithm algorithm;
    int ranks;  /* 2 to 10^7 */
    int stride; /* devices from one rank to the next: 1 is side by side, 8 one of each server of 8 */
    /* Of each level's bandwidth what is left to this collective, above 0 to 1: a degraded link, other jobs. */
    double share[TC_MAX_LEVELS];
} tc_collective_question;

typedef struct tc_collective_answer {
    double seconds;
    double latency_s;             /* of it: hops, whatever the bytes */
    double algorithm_bytes_per_s; /* bytes / seconds */
    double bus_bytes_per_s;       /* what a rank's link carries, as nccl-tests counts */
    int bound_level;              /* of the fabric, whose bandwidth bounds it; -1: latency takes more than half */
    int outer_level;              /* the outermost level that it crosses */
} tc_collective_answer;

TC_API tc_collective_question tc_default_collective_question(void);

/* bytes: the whole buffer (what an all-reduce sums, what an all-gather ends with, what a rank of a reduce-scatter or an all-to-all starts
 * with, what a send carries), 0 to 1e15. Errors: a member or bytes out of range, an algorithm that the fabric lacks. */
TC_API TC_NODISCARD tc_code tc_collective_time(const tc_collective_question *question, double bytes,
                                               tc_collective_answer *out, tc_error *error);

#endif

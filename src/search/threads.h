/* threads.h - a loop on several threads, where it is long enough to pay.
 *
 * The caller works too, and alone at first: helpers are hired when the work has lasted for a while. They sleep between
 * loops, so that a machine with other work on it loses nothing to them. Built without threads, the caller does it all. */
#ifndef TC_SEARCH_THREADS_H
#define TC_SEARCH_THREADS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct tc_threads tc_threads;

/* Threads to use at most: `wanted`, never above TC_THREADS_A_CORE a core; 0: as many as the process may use cores. */
#define TC_THREADS_A_CORE 4
int tc_threads_count(int wanted);

/* hire: called before worker 1, 2, ... works, by the caller's thread; false: not this one, nor any more. NULL where no
 * memory is left. */
tc_threads *tc_threads_start(int most, bool (*hire)(void *context, int worker), void *context);
/* item(context, worker, i) for each i from `from` to below `to`, in any order; worker is 0 for the caller. */
void tc_threads_run(tc_threads *threads, void (*item)(void *context, int worker, int64_t index), int64_t from,
                    int64_t to);
/* The workers so far, the caller with them. */
int tc_threads_hired(const tc_threads *threads);
void tc_threads_end(tc_threads *threads);

#endif

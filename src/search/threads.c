/* threads.c - a loop on several threads.
 *
 * Indices are taken one by one from a shared counter. A loop ends when the counter is used up and no helper is at work; a helper that
 * wakes late finds nothing to do, and the next loop waits for it to say so. */
#if defined(__linux__)
#define _GNU_SOURCE /* pthread_getaffinity_np */
#endif
#include "search/threads.h"

#include <stdlib.h>

#include "base/clock.h"

#ifdef TC_THREADS
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define PATIENCE_S 0.004 /* what is done sooner is done before helpers are awake */

struct tc_threads {
    int most, hired; /* the caller included */
    bool (*hire)(void *context, int worker);
    void *context;
    double start;
    pthread_t *helper; /* of worker 1, 2, ... */
    pthread_mutex_t lock;
    pthread_cond_t wake, idle;
    void (*item)(void *context, int worker, int64_t index);
    atomic_int_fast64_t next;
    int64_t to;
    uint64_t loop; /* counts the loops */
    int at_work;   /* helpers that have seen this loop and are not done with it */
    bool ending;
};

typedef struct helper {
    tc_threads *threads;
    int worker;
} helper;

static int cores(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (pthread_getaffinity_np(pthread_self(), sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#else
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (online > 0) return online < 4096 ? (int)online : 4096;
#endif
    return 1;
}

static void *help(void *argument) {
    helper h = *(helper *)argument;
    tc_threads *t = h.threads;
    uint64_t seen = 0;
    free(argument);
    pthread_mutex_lock(&t->lock);
    for (;;) {
        while (!t->ending && t->loop == seen) pthread_cond_wait(&t->wake, &t->lock);
        if (t->ending) break;
        seen = t->loop;
        t->at_work++;
        int64_t to = t->to;
        pthread_mutex_unlock(&t->lock);
        for (int64_t i; (i = atomic_fetch_add(&t->next, 1)) < to;) t->item(t->context, h.worker, i);
        pthread_mutex_lock(&t->lock);
        if (--t->at_work == 0) pthread_cond_signal(&t->idle);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* All that may be hired; fewer where the system gives no more. */
static void hire_helpers(tc_threads *t) {
    while (t->hired < t->most) {
        helper *h = malloc(sizeof *h);
        if (h) *h = (helper){t, t->hired};
        if (!h || !t->hire(t->context, t->hired) || pthread_create(&t->helper[t->hired - 1], NULL, help, h) != 0) {
            free(h);
            t->most = t->hired;
            return;
        }
        t->hired++;
    }
}

tc_threads *tc_threads_start(int most, bool (*hire)(void *context, int worker), void *context) {
    tc_threads *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    *t = (tc_threads){.most = most, .hired = 1, .hire = hire, .context = context, .start = tc_now_s()};
    t->helper = calloc((size_t)most, sizeof *t->helper);
    if (!t->helper) t->most = 1;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->wake, NULL);
    pthread_cond_init(&t->idle, NULL);
    return t;
}

static void wait_for_helpers(tc_threads *t) {
    while (t->at_work > 0) pthread_cond_wait(&t->idle, &t->lock);
}

void tc_threads_run(tc_threads *t, void (*item)(void *context, int worker, int64_t index), int64_t from, int64_t to) {
    pthread_mutex_lock(&t->lock);
    wait_for_helpers(t);
    t->item = item;
    t->to = to;
    atomic_store(&t->next, from);
    t->loop++;
    if (t->hired > 1 && to - from > 1) pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
    for (int64_t i; (i = atomic_fetch_add(&t->next, 1)) < to;) {
        if (t->hired < t->most && to - i > 1 && tc_now_s() - t->start > PATIENCE_S) hire_helpers(t);
        item(t->context, 0, i);
    }
    pthread_mutex_lock(&t->lock);
    wait_for_helpers(t);
    pthread_mutex_unlock(&t->lock);
}

int tc_threads_hired(const tc_threads *t) { return t->hired; }

void tc_threads_end(tc_threads *t) {
    if (!t) return;
    pthread_mutex_lock(&t->lock);
    t->ending = true;
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
    for (int i = 1; i < t->hired; i++) pthread_join(t->helper[i - 1], NULL);
    pthread_cond_destroy(&t->wake);
    pthread_cond_destroy(&t->idle);
    pthread_mutex_destroy(&t->lock);
    free(t->helper);
    free(t);
}
#else
struct tc_threads {
    void *context;
};

static int cores(void) { return 1; }

tc_threads *tc_threads_start(int most, bool (*hire)(void *context, int worker), void *context) {
    (void)most, (void)hire;
    tc_threads *t = malloc(sizeof *t);
    if (t) t->context = context;
    return t;
}

void tc_threads_run(tc_threads *t, void (*item)(void *context, int worker, int64_t index), int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) item(t->context, 0, i);
}

int tc_threads_hired(const tc_threads *t) {
    (void)t;
    return 1;
}

void tc_threads_end(tc_threads *t) { free(t); }
#endif

int tc_threads_count(int wanted) {
    int machine = cores();
    int cap = TC_THREADS_A_CORE * machine;
    return wanted < 1 ? machine : wanted < cap ? wanted : cap;
}

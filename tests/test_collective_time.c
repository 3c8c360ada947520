/* test_collective_time.c - one collective asked for itself: the laws that its time keeps, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "near.h"
#include "network/collective.h"
#include "traincast_collective.h"

static tc_catalog *catalog;

static tc_collective_question question_of(const char *accelerator, int ranks) {
    tc_collective_question q = tc_default_collective_question();
    tc_error error;
    assert_int_equal(tc_catalog_accelerator(catalog, accelerator, &q.accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q.accelerator.fabric, &q.fabric, &error), TC_OK);
    q.ranks = ranks;
    return q;
}

static double seconds(const tc_collective_question *q, double bytes) {
    tc_collective_answer a;
    tc_error error;
    assert_int_equal(tc_collective_time(q, bytes, &a, &error), TC_OK);
    assert_true(a.latency_s <= a.seconds * (1 + 1e-12));
    return a.seconds;
}

static const char *const accelerators[] = {"h100-sxm", "ascend-910b2", "h20", "a100-sxm-80g", "tpu-v5p"};

static void laws(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof accelerators / sizeof accelerators[0]; k++)
        for (int operation = 0; operation < TC_COLLECTIVE_COUNT; operation++)
            for (int ranks = 2; ranks <= 512; ranks *= 4) {
                tc_collective_question q = question_of(accelerators[k], ranks), slow = q;
                q.operation = slow.operation = (tc_collective)operation;
                for (int l = 0; l < TC_MAX_LEVELS; l++) slow.share[l] = 0.5;
                assert_true(seconds(&q, 0) == 0);
                for (double bytes = 1; bytes < 1e11; bytes *= 7) {
                    double own = seconds(&q, bytes), halved = seconds(&slow, bytes);
                    assert_true(own > 0 && seconds(&q, 7 * bytes) >= own);
                    assert_true(halved >= own && halved <= 2 * own * (1 + 1e-9));
                }
            }
}

/* The best is never beaten by one that is asked for, beyond what a ring of all levels and a tree of domains share. */
static void algorithms(void **state) {
    (void)state;
    for (int ranks = 2; ranks <= 1024; ranks *= 2)
        for (double bytes = 1024; bytes < 1e11; bytes *= 4) {
            tc_collective_question q = question_of("h100-sxm", ranks);
            double best = seconds(&q, bytes);
            for (int a = TC_ALGORITHM_RING; a <= TC_ALGORITHM_TREE; a++) {
                q.algorithm = (tc_collective_algorithm)a;
                assert_true(seconds(&q, bytes) >= best * (1 - 1e-9));
            }
        }
    tc_collective_question ring = question_of("h100-sxm", 1024), tree = ring;
    ring.algorithm = TC_ALGORITHM_RING;
    tree.algorithm = TC_ALGORITHM_TREE;
    assert_true(seconds(&tree, 1024) < seconds(&ring, 1024) / 5); /* log n against n hops */
}

/* The same figure as a step's: bus bandwidth as nccl-tests counts. */
static void figures(void **state) {
    (void)state;
    tc_collective_question q = question_of("h100-sxm", 64);
    tc_collective_answer a;
    tc_error error;
    tc_group_path path = tc_path_of(&q.fabric, &q.accelerator.params, (tc_group){64, 1});
    assert_int_equal(tc_collective_time(&q, 1e9, &a, &error), TC_OK);
    assert_true(a.seconds == tc_all_reduce_seconds(&path, 1e9));
    assert_near(a.bus_bytes_per_s / (2.0 * 63 / 64 * 1e9 / a.seconds), 1, 1e-12);
    assert_int_equal(a.bound_level, 1);
    assert_int_equal(a.outer_level, 1);
    assert_int_equal(tc_collective_time(&q, 1, &a, &error), TC_OK);
    assert_int_equal(a.bound_level, -1);
    q.ranks = 8;
    assert_int_equal(tc_collective_time(&q, 1e9, &a, &error), TC_OK);
    assert_int_equal(a.outer_level, 0);
    q.stride = 8; /* one of each server */
    assert_int_equal(tc_collective_time(&q, 1e9, &a, &error), TC_OK);
    assert_int_equal(a.outer_level, 1);
}

static void refused(const tc_collective_question *q, double bytes, const char *place) {
    tc_collective_answer a;
    tc_error error = {0};
    assert_int_equal(tc_collective_time(q, bytes, &a, &error), TC_INVALID);
    assert_string_equal(error.place, place);
}

static void what_is_refused(void **state) {
    (void)state;
    tc_collective_question q = question_of("ascend-910b2", 8), bad = q;
    refused(&q, -1, "bytes");
    refused(&q, 1e16, "bytes");
    bad.ranks = 1;
    refused(&bad, 1, "question.ranks");
    bad = q;
    bad.share[1] = 0;
    refused(&bad, 1, "question.share[1]");
    bad = q;
    bad.algorithm = TC_ALGORITHM_SWITCHES; /* no such switches there */
    refused(&bad, 1, "question.algorithm");
    bad = q;
    bad.size = 1;
    refused(&bad, 1, "question");
    bad = q;
    bad.fabric.levels = 1;
    bad.ranks = 64; /* of a server of 8 */
    refused(&bad, 1, "question.ranks");
}

static int open_catalog(void **state) {
    tc_error error;
    (void)state;
    return tc_catalog_open(NULL, 0, &catalog, &error) != TC_OK;
}

static int close_catalog(void **state) {
    (void)state;
    tc_catalog_close(catalog);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(laws), cmocka_unit_test(algorithms), cmocka_unit_test(figures),
                                       cmocka_unit_test(what_is_refused)};
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}

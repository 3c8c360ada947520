/* test_schedule.c - every schedule can run, holds what is said, and has its published bubble; files have errors with a line. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "step/terms.h"
#include "step/timeline.h"

static tc_order make(int schedule, int stages, int chunks, int micro_batches) {
    tc_order order;
    tc_error error = {0};
    tc_code code = tc_order_make(schedule, stages, chunks, micro_batches, &order, &error);
    if (code) print_error("%s: %s\n", error.place, error.text);
    assert_int_equal(code, TC_OK);
    return order;
}

/* Idle seconds of a pipeline whose stages take f, b and w for a micro-batch, whatever their chunks. */
static double bubble(int schedule, int stages, int chunks, int m, double f, double b, double w) {
    tc_order order = make(schedule, stages, chunks, m);
    int nodes = order.stages * order.chunks, share = order.parts / order.stages;
    tc_node_cost cost[256];
    double end[64], last = 0;
    tc_error error = {0};
    for (int i = 0; i < nodes; i++)
        cost[i] = (tc_node_cost){.forward = f / share,
                                 .input = b / share,
                                 .weight = w / share,
                                 .paired_forward = f / share,
                                 .paired_input = b / share};
    tc_timeline_input in = {.order = &order, .cost = cost};
    assert_int_equal(tc_timeline_run(&in, NULL, end, NULL, &error), TC_OK);
    for (int s = 0; s < stages; s++) last = fmax(last, end[s]);
    tc_order_free(&order);
    return last - m * (f + b + w);
}

static void every_order_runs(void **state) {
    (void)state;
    unsigned random = 1;
    for (int i = 0; i < 4000; i++) {
        random = random * 1664525u + 1013904223u;
        int schedule = (int)(random >> 8) % TC_SCHEDULE_CUSTOM, stages = 1 + (int)(random >> 16) % 9,
            m = 1 + (int)(random >> 20) % 30;
        int chunks
            = schedule == TC_SCHEDULE_INTERLEAVED || schedule == TC_SCHEDULE_GPIPE ? 1 + (int)(random >> 27) % 4 : 1;
        if (schedule == TC_SCHEDULE_DUALPIPE) stages += stages % 2;
        tc_order order = make(schedule, stages, chunks, m);
        tc_error error = {0};
        tc_code code = tc_order_check(&order, NULL, NULL, NULL, &error);
        if (code)
            print_error("schedule %d, %d stages, %d chunks, %d micro-batches: %s %s\n", schedule, stages, chunks, m,
                        error.place, error.text);
        assert_int_equal(code, TC_OK);
        tc_order_free(&order);
    }
}

static void what_is_in_flight(void **state) {
    (void)state;
    for (int schedule = 0; schedule < TC_SCHEDULE_CUSTOM; schedule++)
        for (int stages = 2; stages <= 12; stages += 2)
            for (int m = 1; m <= 40; m += 13) {
                int chunks = schedule == TC_SCHEDULE_INTERLEAVED ? 3 : 1;
                tc_order order = make(schedule, stages, chunks, m);
                for (int s = 0; s < stages; s++) {
                    double held = tc_order_in_flight(&order, s),
                           said = tc_schedule_in_flight(schedule, stages, chunks, m, s);
                    if (held > said + 1e-9)
                        print_error("schedule %d, stage %d of %d, %d micro-batches: %g held, %g said\n", schedule, s,
                                    stages, m, held, said);
                    assert_true(held <= said + 1e-9);
                    if (tc_schedule_facts_of(schedule).closed_form) assert_near(held, said, 1e-9);
                }
                tc_order_free(&order);
            }
}

static void published_bubbles(void **state) {
    (void)state;
    for (int p = 2; p <= 16; p += 2)
        for (int times = 3; times <= 6; times += 3) {
            int m = times * p;
            /* Narayanan et al. 2021: (p - 1)(F + B), divided by the chunks of interleaving */
            assert_near(bubble(TC_SCHEDULE_GPIPE, p, 1, m, 1.1, 1.2, 0.9), (p - 1) * 3.2, 1e-9);
            assert_near(bubble(TC_SCHEDULE_1F1B, p, 1, m, 1.1, 1.2, 0.9), (p - 1) * 3.2, 1e-9);
            for (int v = 2; v <= 4; v++)
                assert_near(bubble(TC_SCHEDULE_INTERLEAVED, p, v, m, 1.1, 1.2, 0.9), (p - 1) * 3.2 / v, 1e-9);
            /* Qi et al. 2023, table 1: ZB-H1 (p - 1)(F + B - W), B the input gradient */
            assert_near(bubble(TC_SCHEDULE_ZB_H1, p, 1, m, 1, 1, 1), (p - 1) * 1.0, 1e-9);
            /* none within a stage; the stages start one forward after another, and the optimizer waits for the last */
            assert_near(bubble(TC_SCHEDULE_ZB_H2, p, 1, m, 1, 1, 1), (p - 1) * 1.0, 1e-9);
            /* DeepSeek-AI 2024, table 2: (p/2 - 1)(F&B + B - 3W); F&B = F + B where nothing is hidden */
            assert_near(bubble(TC_SCHEDULE_DUALPIPE, p, 1, m, 1, 1, 1), (p / 2 - 1) * 2.0, 1e-9);
            /* Qi et al. 2024, table 1: half of 1F1B's bubble at half of its memory, two thirds at a third; none */
            assert_true(bubble(TC_SCHEDULE_ZB_V, p, 1, m, 1, 1, 1) <= 0.5 * (p - 1) + 1e-9);
            assert_true(bubble(TC_SCHEDULE_V_HALF, p, 1, m, 1, 1, 1) <= 0.5 * 3 * (p - 1) + 0.5);
            assert_true(bubble(TC_SCHEDULE_V_MIN, p, 1, m, 1, 1, 1) <= 2. / 3 * 3 * (p - 1) + 1);
        }
    assert_near(tc_schedule_in_flight(TC_SCHEDULE_V_HALF, 32, 1, 128, 0) / 32, 0.5, 0.08);
    assert_near(tc_schedule_in_flight(TC_SCHEDULE_V_MIN, 32, 1, 128, 0) / 32, 1. / 3, 0.08);
}

static tc_code parse(const char *text, tc_order *order, tc_error *error) {
    memset(error, 0, sizeof *error);
    return tc_order_parse(text, strlen(text), "own.csv", order, error);
}

static void a_file(void **state) {
    (void)state;
    tc_order order;
    tc_error error;
    const char *text
        = "# 1F1B\n0F0,0F1,None,0B0,0F2,,0B1, 0F3,0B2,0B3\n\n1F0,1B0,1F1,1B1,1F2,1I2,1F3,1W2,1B3 # the last\r\n";
    assert_int_equal(parse(text, &order, &error), TC_OK);
    assert_int_equal(order.stages, 2);
    assert_int_equal(order.micro_batches, 4);
    assert_near(tc_order_in_flight(&order, 0), 2, 0);
    tc_order_free(&order);
    /* a V: parts 0 and 3 on the first stage */
    assert_int_equal(parse("0F0,3F0,3B0,0B0\n1F0,2F0,2B0,1B0\n", &order, &error), TC_OK);
    assert_int_equal(order.chunks, 2);
    assert_int_equal(order.parts, 4);
    tc_order_free(&order);
}

static void bad_files(void **state) {
    (void)state;
    const struct {
        const char *text, *place, *word;
    } bad[] = {{"", "own.csv:1", "no slots"},
               {"# nothing\n", "own.csv:1", "no slots"},
               {"0F0,0B0\n1F0,1X0\n", "own.csv:2", "'1X0' is no slot"},
               {"0F0,0B\n", "own.csv:1", "is no slot"},
               {"F0\n", "own.csv:1", "is no slot"},
               {"0F99999999999\n", "own.csv:1", "is no slot"},
               {"0F0,0B0\n0F1,0B1\n", "own.csv:2", "earlier line"},
               {"0F0,0B0\n2F0,2B0\n", "own.csv:2", "part 1 is on no stage"},
               {"0F0,0F0,0B0\n", "own.csv:1", "0F0 comes twice"},
               {"0B0,0F0\n", "own.csv:1", "before its forward"},
               {"0F0,0W0,0I0\n", "own.csv:1", "before its input gradient"},
               {"0F0,0I0\n", "own.csv:1", "lacks the weight gradient of micro-batch 0"},
               {"0F0,0B0,0F1\n", "own.csv:1", "lacks the input gradient of micro-batch 1"},
               {"0F0,0B0,0F1,0B1\n1F1,1B1,1F0,1B0\n", "own.csv:1", "waits for ever"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tc_order order;
        tc_error error;
        assert_int_equal(parse(bad[i].text, &order, &error), TC_INVALID);
        if (strcmp(error.place, bad[i].place) != 0 || !strstr(error.text, bad[i].word))
            print_error("%zu: %s: %s\n", i, error.place, error.text);
        assert_string_equal(error.place, bad[i].place);
        assert_non_null(strstr(error.text, bad[i].word));
    }
}

/* The worst order of lines: every slot waits for one on a later line, the last line begins. */
static void a_file_in_the_worst_order(void **state) {
    (void)state;
    for (int stages = 100; stages <= 800; stages *= 2) {
        enum { EACH = 4, SLOT = 16 };
        char *text = malloc((size_t)stages * 2 * EACH * SLOT), *at = text;
        assert_non_null(text);
        for (int s = stages - 1; s >= 0; s--)
            for (int i = 0; i < 2 * EACH; i++) {
                int micro_batch = i < EACH ? i : i - EACH;
                at += sprintf(at, "%d%c%d%c", s, i < EACH ? 'F' : 'B', micro_batch, i < 2 * EACH - 1 ? ',' : '\n');
            }
        tc_order order;
        tc_error error = {0};
        int64_t looks, slots = (int64_t)stages * 2 * EACH;
        assert_int_equal(tc_order_parse(text, (size_t)(at - text), "own.csv", &order, &error), TC_OK);
        assert_int_equal(tc_order_check(&order, NULL, NULL, &looks, &error), TC_OK);
        assert_true(looks >= slots && looks <= 2 * slots);
        tc_order_free(&order);
        free(text);
    }
}

static void impossible(void **state) {
    (void)state;
    tc_order order;
    tc_error error;
    assert_int_equal(tc_order_make(TC_SCHEDULE_DUALPIPE, 3, 1, 8, &order, &error), TC_INVALID);
    assert_string_equal(error.place, "--pp");
    assert_int_equal(tc_order_make(TC_SCHEDULE_1F1B, 4, 1, 0, &order, &error), TC_INVALID);
    assert_int_equal(tc_order_make(TC_SCHEDULE_CUSTOM, 4, 1, 4, &order, &error), TC_INVALID);
}

/* One rule for a forecast and for a search, and what it says. */
static void what_a_schedule_can_arrange(void **state) {
    (void)state;
    static const struct {
        int schedule;
        tc_schedule_ask ask; /* stages, vpp, layers, micro-batches, frozen */
        const char *place;   /* NULL: it can */
    } cases[] = {
        {TC_SCHEDULE_1F1B, {4, 1, 16, 3, true}, NULL},
        {TC_SCHEDULE_1F1B, {4, 2, 16, 8, false}, "--vpp"},
        {TC_SCHEDULE_1F1B, {1, 2, 16, 8, false}, "--vpp"},
        {TC_SCHEDULE_INTERLEAVED, {4, 2, 16, 6, true}, NULL},
        {TC_SCHEDULE_INTERLEAVED, {4, 1, 16, 8, false}, "--schedule"},
        {TC_SCHEDULE_ZB_V, {9, 1, 16, 4, false}, NULL}, /* embedding and head count as layers */
        {TC_SCHEDULE_ZB_V, {10, 1, 16, 4, false}, "--pp"},
        {TC_SCHEDULE_ZB_V, {1, 1, 16, 4, true}, NULL},
        {TC_SCHEDULE_ZB_H1, {4, 1, 16, 8, true}, "--schedule"},
        {TC_SCHEDULE_ZB_V, {4, 1, 16, 8, true}, "--schedule"},
        {TC_SCHEDULE_V_HALF, {4, 1, 16, 8, true}, "--schedule"},
        {TC_SCHEDULE_V_MIN, {4, 1, 16, 8, true}, "--schedule"},
        {TC_SCHEDULE_DUALPIPE, {4, 1, 16, 8, true}, "--schedule"},
        {TC_SCHEDULE_DUALPIPE, {18, 1, 16, 36, false}, NULL}, /* each part lies on two stages */
        {TC_SCHEDULE_DUALPIPE, {3, 1, 16, 8, false}, "--pp"},
        {TC_SCHEDULE_DUALPIPE, {4, 1, 16, 9, false}, "--global-batch"},
        {TC_SCHEDULE_DUALPIPE, {4, 1, 16, 6, false}, "--global-batch"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_error error = {.place = ""};
        tc_code code = tc_schedule_check(cases[i].schedule, &cases[i].ask, &error);
        assert_int_equal(code, cases[i].place ? TC_INVALID : TC_OK);
        assert_string_equal(error.place, cases[i].place ? cases[i].place : "");
        assert_int_equal(tc_schedule_check(cases[i].schedule, &cases[i].ask, NULL), code);
    }
}

static void no_bound_on_stages(void **state) {
    (void)state;
    tc_order order = make(TC_SCHEDULE_DUALPIPE, 4098, 1, 6);
    tc_error error;
    assert_int_equal(tc_order_check(&order, NULL, NULL, NULL, &error), TC_OK);
    tc_order_free(&order);
}

/* Of 4 chunks with 1 s of weights each and 2 s of compute a micro-batch: the first has its own forward beside it, which hides the share of
 * it that may hide; the others' have that of `ahead` micro-batches. Gradients of ZeRO-2 are scattered with each micro-batch, in one. */
static void virtual_stages_hide_collectives(void **state) {
    (void)state;
    tc_stack stack = {0};
    const int both = TC_OVERLAP_GRAD_REDUCE | TC_OVERLAP_PARAM_GATHER;
    static const struct {
        double chunks, ahead, share, forward, gather; /* exposed */
    } cases[] = {{1, 4, 0.75, 8, 1}, {4, 4, 0.75, 8, 0.25}, {4, 4, 0.75, 2, 0.5}, {4, 1, 0.75, 2, 2}, {4, 4, 0, 8, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        stack.params.dp_overlap = cases[i].share;
        tc_data_parallel d
            = {.gather = 4, .reduce = 4, .gathers = 2, .chunks = cases[i].chunks, .ahead = cases[i].ahead};
        tc_round window = {cases[i].forward, cases[i].forward};
        tc_exposed_traffic e = tc_traffic_exposed(&stack, both, &d, window);
        assert_near(e.gather, cases[i].gather, 1e-12);
        assert_near(e.reduce, cases[i].gather, 1e-12);
        e = tc_traffic_exposed(&stack, TC_OVERLAP_GRAD_REDUCE, &d, window);
        assert_near(e.gather, 4, 1e-12);
        d.reduce_every_micro_batch = true;
        e = tc_traffic_exposed(&stack, both, &d, window);
        assert_near(e.each, 4 - fmin(cases[i].share * 4, cases[i].forward), 1e-12);
    }
}

int main(void) {
    const struct CMUnitTest tests[]
        = {cmocka_unit_test(every_order_runs),   cmocka_unit_test(what_is_in_flight),
           cmocka_unit_test(published_bubbles),  cmocka_unit_test(a_file),
           cmocka_unit_test(bad_files),          cmocka_unit_test(a_file_in_the_worst_order),
           cmocka_unit_test(impossible),         cmocka_unit_test(what_a_schedule_can_arrange),
           cmocka_unit_test(no_bound_on_stages), cmocka_unit_test(virtual_stages_hide_collectives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

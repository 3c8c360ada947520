/* test_oracle.c - the order of jobs of one priority: by hand, and against an integer program: 200 small scenarios of rigid jobs whose times are
 * whole days, each solved by Cbc, which knows everything.
 *
 * x(j, p, s) is 1 where job j begins on day s on pool p:
 *
 *     minimise  sum of (s + days(j, p)) x(j, p, s)
 *     each job once; on every day and pool the devices of the jobs that run are no more than there are
 *
 * `reorder: true` has the same aim: jobs done soonest on average. */
#define _XOPEN_SOURCE 700
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "scenario_text.h"

enum { CASES = 200, MOST_JOBS = 5, MOST_POOLS = 3, MOST_DAYS = 12 };

static const char *const chips[MOST_POOLS] = {"h20", "h100-sxm", "a100-sxm-80g"};

typedef struct instance {
    int jobs, pools;
    int first[MOST_POOLS], more[MOST_POOLS], more_on[MOST_POOLS]; /* devices on day 0; that come on a later one */
    int devices[MOST_JOBS], days[MOST_JOBS][MOST_POOLS];
} instance;

static uint64_t seed;

static int between(int low, int high) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return low + (int)((seed >> 33) % (uint64_t)(high - low + 1));
}

static instance draw(int number) {
    instance in = {0};
    seed = 0x9e3779b97f4a7c15U * (uint64_t)(number + 1);
    in.jobs = between(2, MOST_JOBS);
    in.pools = between(1, MOST_POOLS);
    for (int p = 0; p < in.pools; p++) {
        in.first[p] = between(4, 10);
        in.more[p] = between(0, 1) * between(2, 8);
        in.more_on[p] = between(2, 10);
    }
    for (int j = 0; j < in.jobs; j++) {
        int most = 0;
        for (int p = 0; p < in.pools; p++) most = in.first[p] > most ? in.first[p] : most;
        in.devices[j] = between(1, most);
        for (int p = 0; p < in.pools; p++) in.days[j][p] = between(2, MOST_DAYS);
    }
    return in;
}

static int there(const instance *in, int pool, int day) {
    return in->first[pool] + (day >= in->more_on[pool] ? in->more[pool] : 0);
}

static tc_scenario *scenario_of(const instance *in, bool reorder) {
    char text[8000], *at = text;
    at += sprintf(at,
                  "format: 1\nname: test\nstart: \"2024-01-01\"\ncertain: true\nreorder: %s\nreserves:\n  bring_up: "
                  "\"0 "
                  "d\"\n  ablations: 0\n  evaluation: 0\npools:\n",
                  reorder ? "true" : "false");
    for (int p = 0; p < in->pools; p++) {
        at += sprintf(at,
                      "  - name: p%d\n    accelerator: %s\n    region: us\n    ownership: owned\n    mtbf: \"1e12 "
                      "s\"\n "
                      "   deliveries:\n      - {date: \"2024-01-01\", devices: %d}\n",
                      p, chips[p], in->first[p]);
        if (in->more[p] > 0)
            at += sprintf(at, "      - {date: \"2024-01-%02d\", devices: %d}\n", 1 + in->more_on[p], in->more[p]);
    }
    at += sprintf(at, "jobs:\n");
    for (int j = 0; j < in->jobs; j++) {
        at += sprintf(at,
                      "  - name: j%d\n    movable: false\n    min_devices: %d\n    max_devices: %d\n    candidates:\n  "
                      "    "
                      "- name: c\n        tokens: %.17g\n        rates:\n",
                      j, in->devices[j], in->devices[j], 86400. * in->devices[j]);
        for (int p = 0; p < in->pools; p++)
            at += sprintf(at, "          - {accelerator: %s, tokens_per_s: %.17g}\n", chips[p], 1. / in->days[j][p]);
    }
    return good_scenario(text);
}

static tc_plan plan_of(const tc_scenario *s) {
    tc_plan plan;
    tc_error error = {0};
    if (tc_plan_make(s, NULL, NULL, &plan, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
    return plan;
}

/* The sum of the days on which the jobs of a plan are done; each bound holds. */
static double sum_of(const instance *in, bool reorder) {
    tc_scenario *s = scenario_of(in, reorder);
    tc_plan plan = plan_of(s);
    double sum = 0;
    for (int j = 0; j < in->jobs; j++) {
        assert_true(plan.run[j].feasible);
        assert_true(plan.job[j].bound_s <= plan.run[j].finish_s + 1);
        sum += plan.run[j].finish_s / 86400;
    }
    tc_plan_free(&plan);
    tc_scenario_free(s);
    return sum;
}

/* Days on which a job may begin on a pool in a schedule that is no worse than a sum. */
static int last_start(const instance *in, int job, int pool, double sum) {
    for (int j = 0; j < in->jobs; j++) {
        int least = in->days[j][0];
        for (int p = 1; p < in->pools; p++) least = in->days[j][p] < least ? in->days[j][p] : least;
        if (j != job) sum -= least;
    }
    return (int)floor(sum + 0.01) - in->days[job][pool];
}

static void write_program(const instance *in, double sum, FILE *file) {
    int most = 0;
    fprintf(file, "Minimize\n obj:");
    for (int j = 0; j < in->jobs; j++)
        for (int p = 0; p < in->pools; p++)
            for (int s = 0; s <= last_start(in, j, p, sum); s++) {
                fprintf(file, " + %d x%d_%d_%d\n", s + in->days[j][p], j, p, s);
                most = s > most ? s : most;
            }
    fprintf(file, "Subject To\n");
    for (int j = 0; j < in->jobs; j++) {
        fprintf(file, " once%d:", j);
        for (int p = 0; p < in->pools; p++)
            for (int s = 0; s <= last_start(in, j, p, sum); s++) fprintf(file, " + x%d_%d_%d\n", j, p, s);
        fprintf(file, " = 1\n");
    }
    for (int p = 0; p < in->pools; p++)
        for (int t = 0; t < most + MOST_DAYS; t++) {
            bool any = false;
            for (int j = 0; j < in->jobs; j++)
                for (int s = t - in->days[j][p] + 1; s <= t; s++) {
                    if (s < 0 || s > last_start(in, j, p, sum)) continue;
                    if (!any) fprintf(file, " room%d_%d:", p, t);
                    any = true;
                    fprintf(file, " + %d x%d_%d_%d\n", in->devices[j], j, p, s);
                }
            if (any) fprintf(file, " <= %d\n", there(in, p, t));
        }
    fprintf(file, "Binary\n");
    for (int j = 0; j < in->jobs; j++)
        for (int p = 0; p < in->pools; p++)
            for (int s = 0; s <= last_start(in, j, p, sum); s++) fprintf(file, " x%d_%d_%d\n", j, p, s);
    fprintf(file, "End\n");
}

/* The least sum of days that any schedule has. */
static double optimum_of(const instance *in, double sum, const char *folder) {
    char program[128], answer[128], command[400];
    double optimum = NAN;
    snprintf(program, sizeof program, "%s/case.lp", folder);
    snprintf(answer, sizeof answer, "%s/answer", folder);
    snprintf(command, sizeof command, "cbc %s sec 20 solve solu %s >/dev/null 2>&1", program, answer);
    FILE *file = fopen(program, "w");
    assert_non_null(file);
    write_program(in, sum, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(system(command), 0);
    file = fopen(answer, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "Optimal - objective value %lf", &optimum), 1);
    fclose(file);
    remove(program);
    remove(answer);
    return optimum;
}

static void plans_are_near_the_optimum(void **unused) {
    (void)unused;
    char folder[] = "/tmp/traincast-oracle-XXXXXX";
    if (system("command -v cbc >/dev/null 2>&1") != 0) {
        print_message("cbc is not installed (Debian: coinor-cbc): the order of jobs is not compared\n");
        skip();
    }
    assert_non_null(mkdtemp(folder));
    int near = 0, nearer = 0;
    double worst = 1;
    for (int i = 0; i < CASES; i++) {
        instance in = draw(i);
        double given = sum_of(&in, false), sum = sum_of(&in, true), optimum = optimum_of(&in, sum, folder);
        assert_true(sum >= optimum - 0.01); /* or the program and the plan are not of one world */
        assert_true(sum <= given + 0.01);
        near += sum <= 1.05 * optimum + 0.01;
        nearer += given <= 1.05 * optimum + 0.01;
        worst = fmax(worst, sum / optimum);
    }
    rmdir(folder);
    print_message("%d of %d within 5 %% of the optimum (%d in the file's order), the worst %.2f of it\n", near, CASES,
                  nearer, worst);
    assert_true(near >= CASES * 95 / 100);
    assert_true(nearer < near);
}

/* Ten days and two on one pool: the file's order is kept where the first would pay for another, but not where a deadline is met by it. */
static void the_order_is_a_preference(void **unused) {
    (void)unused;
    static const struct {
        bool reorder;
        int deadline; /* of the second, in days; 0: none */
        double first, second;
    } cases[] = {{false, 0, 10, 12}, {true, 0, 12, 2}, {false, 5, 12, 2}, {false, 20, 10, 12}, {false, 1, 12, 2}};
    const instance in = {.jobs = 2, .pools = 1, .first = {8}, .more_on = {2}, .devices = {8, 8}, .days = {{10}, {2}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tc_scenario *s = scenario_of(&in, cases[i].reorder);
        if (cases[i].deadline > 0) s->job[1].deadline = s->start + cases[i].deadline - 1;
        tc_plan plan = plan_of(s);
        bool told = false;
        for (int k = 0; k < plan.assumed_count; k++)
            told = told || strstr(plan.assumed[k], "jobs of one priority choose in this order: j1, j0;");
        assert_true(fabs(plan.run[0].finish_s / 86400 - cases[i].first) < 1e-3);
        assert_true(fabs(plan.run[1].finish_s / 86400 - cases[i].second) < 1e-3);
        assert_true(told == (cases[i].second < cases[i].first));
        assert_true(fabs(plan.job[0].bound_s / 86400 - 10) < 1e-3); /* alone */
        assert_true(fabs(plan.job[1].bound_s / 86400 - 2) < 1e-3);
        tc_plan_free(&plan);
        s->job[0].priority = 1; /* who is first by priority stays it */
        plan = plan_of(s);
        assert_true(fabs(plan.run[0].finish_s / 86400 - 10) < 1e-3);
        tc_plan_free(&plan);
        tc_scenario_free(s);
    }
}

int main(void) {
    const struct CMUnitTest tests[]
        = {cmocka_unit_test(the_order_is_a_preference), cmocka_unit_test(plans_are_near_the_optimum)};
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}

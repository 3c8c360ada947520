/* test_calibrate.c - own measurements: the solver, bounds, contradictions, errors without a row, the folder, logs, kernels, gifts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/dense.h"
#include "base/file.h"
#include "calibrate/calibrate.h"
#include "calibrate/contribute.h"
#include "calibrate/logs.h"
#include "forecast/interval.h"
#include "validate/inputs.h"
#include "validate/lines.h"

#define RUNS TC_SOURCE_DIR "/data/runs/korthikanti22.jsonl"
#define KERNELS TC_SOURCE_DIR "/data/measurements/simumax.jsonl"

static tc_catalog *open_catalog(const char *folder) {
    tc_catalog *catalog;
    tc_error error;
    tc_code code = tc_catalog_open(&folder, folder != NULL, &catalog, &error);
    if (code) fail_msg("%s: %s", error.place, error.text);
    return catalog;
}

/* ---- the solver ------------------------------------------------------------------------------------- */

static void equations_are_solved(void **state) {
    (void)state;
    /* A x = b with x = (1, 2, 3) */
    double a[9] = {4, 0, 0, 2, 5, 0, 1, 3, 6}, b[3] = {4 + 4 + 3, 2 + 10 + 9, 1 + 6 + 18};
    assert_true(tc_dense_factor(a, 3));
    tc_dense_solve(a, 3, b);
    for (int i = 0; i < 3; i++) assert_true(fabs(b[i] - (i + 1)) < 1e-12);
    double indefinite[4] = {1, 0, 2, 1};
    assert_false(tc_dense_factor(indefinite, 2));
}

/* ---- steps -------------------------------------------------------------------------------------------- */

typedef struct fixture {
    tc_catalog *catalog;
    tc_conventions conventions;
    tc_published published;
    tc_calibration calibration;
} fixture;

/* The first `rows` of the source with their times as `factors` has them (NULL: as measured), calibrated; site: spread of the priors, 0:
 * the usual. */
static fixture *calibrate_with(int rows, const double *factors, double site) {
    fixture *f = calloc(1, sizeof *f);
    tc_error error;
    assert_non_null(f);
    f->catalog = open_catalog(NULL);
    f->calibration.set = tc_calibration_defaults();
    if (site > 0) f->calibration.set.site = site;
    assert_int_equal(tc_conventions_read(f->catalog, &f->conventions, &error), TC_OK);
    assert_int_equal(tc_published_read_file(&f->published, RUNS, &error), TC_OK);
    for (int i = 0; i < rows; i++) {
        f->published.runs[i].measured *= factors ? factors[i] : 1;
        tc_code code = tc_calibration_add_run(&f->calibration, f->catalog, &f->conventions, "runs",
                                              &f->published.runs[i], &error);
        if (code) fail_msg("%s: %s", error.place, error.text);
    }
    tc_code code = tc_calibrate(&f->calibration, f->catalog, &error);
    if (code) fail_msg("%s: %s", error.place, error.text);
    return f;
}

static fixture *calibrate(int rows, const double *factors) { return calibrate_with(rows, factors, 0); }

static void end(fixture *f) {
    tc_calibration_free(&f->calibration);
    tc_published_free(&f->published);
    tc_catalog_close(f->catalog);
    free(f);
}

static double error_of(const fixture *f, size_t member) { return tc_calibration_error(&f->calibration, member); }

static void check_bounds(const tc_calibration *c) {
    for (int k = 0; k < c->unknowns; k++) {
        const tc_unknown *u = &c->unknown[k];
        tc_parameter_range range = tc_parameter_range_of(u->parameter);
        double value
            = u->value == u->prior ? u->natural : tc_from_link(tc_linked_parameters[u->parameter].link, u->value);
        assert_true(value >= fmin(range.low, u->natural) * (1 - 1e-9));
        assert_true(value <= fmax(range.high, u->natural) * (1 + 1e-9));
        assert_true(u->sigma_after > 0 && u->sigma_after <= u->sigma * (1 + 1e-9));
    }
}

static void steps_are_foretold_better(void **state) {
    (void)state;
    fixture *f = calibrate(5, (const double[]){1.2, 1.2, 1.2, 1.2, 1.2});
    assert_true(error_of(f, offsetof(tc_observation, after)) < 0.5 * error_of(f, offsetof(tc_observation, before)));
    assert_true(error_of(f, offsetof(tc_observation, left_out)) < 0.7 * error_of(f, offsetof(tc_observation, before)));
    /* what has seen the row foretells it better */
    for (int i = 0; i < 5; i++)
        assert_true(fabs(f->calibration.rows[i].after) <= fabs(f->calibration.rows[i].left_out) + 1e-6);
    assert_true(f->calibration.scale < 1);
    assert_int_equal(f->calibration.pairs, 0);
    assert_true(f->calibration.proposals > 0 && f->calibration.next[0].reduction > 0
                && f->calibration.next[0].reduction < 1);
    for (int i = 1; i < f->calibration.proposals; i++)
        assert_true(f->calibration.next[i].reduction <= f->calibration.next[i - 1].reduction);
    check_bounds(&f->calibration);
    end(f);
}

/* The more rows say it, the further a parameter goes; a row alone moves it less. */
static void priors_hold_back_noise(void **state) {
    (void)state;
    fixture *one = calibrate(1, (const double[]){1.3}), *five = calibrate(5, (const double[]){1.3, 1.3, 1.3, 1.3, 1.3});
    assert_true(fabs(one->calibration.rows[0].after) > fabs(five->calibration.rows[0].after));
    end(one);
    end(five);
}

static void no_row_moves_a_parameter_out_of_its_range(void **state) {
    (void)state;
    static const double absurd[][4] = {{1e-4, 1e-4, 1e-4, 1e-4}, {1e4, 1e4, 1e4, 1e4}, {1e-4, 1e4, 1e-4, 1e4}};
    for (size_t i = 0; i < 2 * sizeof absurd / sizeof *absurd; i++) {
        bool loose = i >= sizeof absurd / sizeof *absurd; /* priors that hold nothing back: the bounds alone do */
        fixture *f = calibrate_with(4, absurd[i % (sizeof absurd / sizeof *absurd)], loose ? 100 : 0);
        int reached = 0;
        check_bounds(&f->calibration);
        for (int k = 0; k < f->calibration.unknowns; k++)
            reached += f->calibration.unknown[k].value <= f->calibration.unknown[k].low
                       || f->calibration.unknown[k].value >= f->calibration.unknown[k].high;
        if (loose && i % (sizeof absurd / sizeof *absurd) < 2) assert_true(reached > 0);
        assert_true(f->calibration.scale >= 1); /* such steps make no forecast more certain */
        end(f);
    }
}

static void contradictions_are_told(void **state) {
    (void)state;
    fixture *f = calibrate(4, (const double[]){1, 1, 2.5, 1});
    assert_true(f->calibration.pairs > 0);
    for (int i = 0; i < f->calibration.pairs; i++)
        assert_true(f->calibration.pair[i].a == 2 || f->calibration.pair[i].b == 2);
    assert_true(f->calibration.rows[2].outlier);
    assert_false(f->calibration.rows[0].outlier);
    /* one wrong row does not pull the others along */
    assert_true(fabs(f->calibration.rows[0].after) < 0.15 && fabs(f->calibration.rows[1].after) < 0.15);
    end(f);
}

/* ---- the folder ---------------------------------------------------------------------------------------- */

static void make_folder(char *folder, size_t size) {
    snprintf(folder, size, "test_calibrate.%d", (int)getpid());
    char fitted[80];
    snprintf(fitted, sizeof fitted, "%s/fitted", folder);
    assert_true(mkdir(folder, 0777) == 0 && mkdir(fitted, 0777) == 0);
}

static void remove_folder(const char *folder) {
    static const char *const files[] = {"/fitted/calibrated-device.yaml", "/fitted/calibrated-stack.yaml",
                                        "/fitted/calibration.yaml", "/fitted", ""};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[120];
        snprintf(path, sizeof path, "%s%s", folder, files[i]);
        remove(path);
    }
}

static double width_of(tc_catalog *catalog, const tc_case *step, const tc_accelerator *a, const tc_stack *stack) {
    const tc_interval_model *model;
    tc_error error;
    tc_case own = *step;
    tc_case_result result;
    own.cluster.accelerator = *a;
    own.stack = *stack;
    assert_int_equal(tc_catalog_interval(catalog, &model, &error), TC_OK);
    assert_int_equal(tc_case_predict(&own, &result, &error), TC_OK);
    tc_question q = tc_case_question(&own);
    tc_interval interval = tc_interval_of(model, &q, &result.step, (tc_guesses){0, 0});
    return log(interval.p90 / interval.p10);
}

static void every_command_can_take_the_folder(void **state) {
    (void)state;
    char folder[64];
    tc_error error;
    tc_accelerator before, after, expected, other[2];
    tc_stack stack_before, stack_after, stack_expected;
    fixture *f = calibrate(5, (const double[]){1.2, 1.2, 1.2, 1.2, 1.2});
    make_folder(folder, sizeof folder);
    assert_int_equal(tc_calibration_write(&f->calibration, folder, &error), TC_OK);
    tc_catalog *calibrated = open_catalog(folder);
    assert_int_equal(tc_catalog_accelerator(f->catalog, "a100-sxm-80g", &before, &error), TC_OK);
    assert_int_equal(tc_catalog_accelerator(calibrated, "a100-sxm-80g", &after, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(f->catalog, "megatron-lm", &stack_before, &error), TC_OK);
    assert_int_equal(tc_catalog_stack(calibrated, "megatron-lm", &stack_after, &error), TC_OK);
    expected = before;
    stack_expected = stack_before;
    tc_calibration_apply_device(&f->calibration, &expected);
    tc_calibration_apply_stack(&f->calibration, &stack_expected);
    for (int j = 0; j < TC_DEVICE_PARAMETERS; j++)
        if (((double *)&expected.params)[j] > 0)
            assert_true(fabs(((double *)&after.params)[j] / ((double *)&expected.params)[j] - 1) < 1e-7);
    for (int j = 0; j < TC_STACK_PARAMETERS; j++)
        if (((double *)&stack_expected.params)[j] > 0)
            assert_true(fabs(((double *)&stack_after.params)[j] / ((double *)&stack_expected.params)[j] - 1) < 1e-7);
    assert_true(after.params.gemm_fraction < before.params.gemm_fraction);
    /* others are as they were */
    assert_int_equal(tc_catalog_accelerator(f->catalog, "h100-sxm", &other[0], &error), TC_OK);
    assert_int_equal(tc_catalog_accelerator(calibrated, "h100-sxm", &other[1], &error), TC_OK);
    assert_memory_equal(&other[0].params, &other[1].params, sizeof other[0].params);
    /* the interval of a step like those is narrower, by the scale */
    const tc_case *step = f->calibration.rows[0].step;
    double was = width_of(f->catalog, step, &after, &stack_after),
           is = width_of(calibrated, step, &after, &stack_after);
    assert_true(fabs(is / was - f->calibration.scale) < 0.01);
    tc_catalog_close(calibrated);
    remove_folder(folder);
    end(f);
}

/* ---- kernels ------------------------------------------------------------------------------------------- */

static void kernels_move_their_chip(void **state) {
    (void)state;
    tc_catalog *catalog = open_catalog(NULL);
    tc_calibration c = {.set = tc_calibration_defaults()};
    tc_error error;
    char *text;
    size_t length;
    assert_int_equal(tc_file_read(KERNELS, (size_t)1 << 24, &text, &length, &error), TC_OK);
    tc_lines lines = tc_lines_of(text, length);
    for (const char *at; c.count < 40 && tc_lines_next(&lines, &at, &length);) {
        tc_json_document document;
        tc_measurement kernel;
        assert_int_equal(tc_json_open(&document, "kernels", lines.line, at, length, &error), TC_OK);
        tc_json json = tc_json_root(&document);
        assert_true(tc_measurement_is(&json));
        tc_measurement_read(&json, catalog, &kernel);
        assert_int_equal(document.code, TC_OK);
        kernel.seconds *= 1.3; /* a slower machine */
        if (!kernel.excluded) assert_int_equal(tc_calibration_add_kernel(&c, "kernels", &kernel, &error), TC_OK);
        tc_json_close(&document);
    }
    free(text);
    assert_int_equal(tc_calibrate(&c, catalog, &error), TC_OK);
    assert_int_equal(c.steps, 0);
    assert_true(tc_calibration_error(&c, offsetof(tc_observation, after))
                < 0.6 * tc_calibration_error(&c, offsetof(tc_observation, before)));
    for (int k = 0; k < c.unknowns; k++) assert_true(c.subject[c.unknown[k].subject].device);
    assert_true(c.scale == 1 && c.proposals == 0);
    check_bounds(&c);
    tc_calibration_free(&c);
    tc_catalog_close(catalog);
}

/* ---- logs ---------------------------------------------------------------------------------------------- */

static tc_code read_log(const char *text, tc_log_step *out, tc_error *error) {
    tc_arena arena = {0};
    tc_code code = tc_log_read("run.log", text, strlen(text), &arena, out, error);
    tc_arena_free(&arena);
    return code;
}

#define MEGATRON(n, ms)                                                                                                \
    " [2025-09-01 10:00:00] iteration " #n "/ 500 | consumed samples: 512 | elapsed time per iteration (ms): " #ms     \
    " | throughput per GPU (TFLOP/s/GPU): 412.3 | learning rate: 1.0E-04 | global batch size: 128 |\n"

static void logs_give_the_median_after_the_warm_up(void **state) {
    (void)state;
    tc_log_step log;
    tc_error error;
    assert_int_equal(read_log("starting\n" MEGATRON(1, 90000.0) MEGATRON(2, 1500.5) MEGATRON(3, 1500.0)
                                  MEGATRON(4, 1499.0) MEGATRON(5, 1502.0),
                              &log, &error),
                     TC_OK);
    assert_int_equal(log.metric, TC_METRIC_STEP_S);
    assert_int_equal(log.steps + log.warm_up, 5);
    assert_int_equal(log.warm_up, 1);
    assert_true(fabs(log.measured - 1.50025) < 1e-9);
    /* torchtitan colours its lines and parts thousands; ranks print the same step */
    assert_int_equal(read_log("[rank0]:\033[31mstep:  1  \033[32mloss: 12.1  \033[34mtps: 990  \033[36mtflops: "
                              "1\033[39m\n"
                              "[rank0]:\033[31mstep:  2  \033[34mtps: 7,480  tflops: 433.40\n"
                              "[rank1]:\033[31mstep:  2  \033[34mtps: 7,480  tflops: 433.40\n"
                              "[rank0]:\033[31mstep:  3  \033[34mtps: 1,107,482  tflops: 433.50\n",
                              &log, &error),
                     TC_OK);
    assert_int_equal(log.metric, TC_METRIC_TOKENS_PER_S_PER_DEVICE);
    assert_int_equal(log.steps, 2);
    assert_true(fabs(log.measured - (7480 + 1107482) / 2.0) < 1e-9);
    assert_int_equal(read_log("[INFO] [timer.py:260:stop] epoch=0/micro_step=20/global_step=20, "
                              "RunningAvgSamplesPerSec=58.73, CurrSamplesPerSec=61.25, MemAllocated=6.01GB\n",
                              &log, &error),
                     TC_OK);
    assert_int_equal(log.metric, TC_METRIC_SAMPLES_PER_S);
    assert_true(fabs(log.measured - 61.25) < 1e-9);
    assert_int_equal(read_log("completed step: 7, seconds: 4.125, TFLOP/s/device: 201.5, Tokens/s/device: 3971.8\n",
                              &log, &error),
                     TC_OK);
    assert_true(fabs(log.measured - 4.125) < 1e-9);
}

static void damaged_logs_are_named(void **state) {
    (void)state;
    tc_log_step log;
    tc_error error;
    assert_int_equal(read_log("nothing that trains\n", &log, &error), TC_INVALID);
    assert_string_equal(error.place, "run.log");
    assert_non_null(strstr(error.text, "torchtitan"));
    static const char *const damaged[] = {"nan", "-3", "0", "1e400", "", "|"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        char text[400];
        snprintf(text, sizeof text, "%s iteration 2/ 5 | elapsed time per iteration (ms): %s\n", MEGATRON(1, 1500.0),
                 damaged[i]);
        assert_int_equal(read_log(text, &log, &error), TC_INVALID);
        assert_string_equal(error.place, "run.log:2");
    }
}

/* ---- gifts ---------------------------------------------------------------------------------------------- */

static void gifts_hold_nothing_private(void **state) {
    (void)state;
    static const char secret[]
        = "{\"id\":\"SECRET\",\"source\":\"SECRET\",\"url\":\"https://"
          "SECRET\",\"group\":\"SECRET\",\"framework\":\"SECRET\","
          "\"notes\":\"SECRET "
          "compile=true\",\"intra_node\":\"SECRET\",\"accelerator\":\"h100-sxm\",\"devices\":8,\"host\":\"SECRET\","
          "\"model\":{\"name\":\"SECRET\",\"family\":\"llama\",\"layers\":32,\"hidden\":4096,\"heads\":32,\"kv_heads\":"
          "8,\"ffn\":14336,"
          "\"vocab\":128256,\"seq\":8192,\"comment\":\"SECRET\",\"vision\":{\"name\":\"SECRET\"}},\"global_batch\":16,"
          "\"micro_batch\":1,"
          "\"tp\":1,\"pp\":1,\"measured\":{\"step_s\":9.9,\"by\":\"SECRET\"},\"norm\":{\"stack\":\"torchtitan\","
          "\"dtype\":\"bf16\","
          "\"sharding\":\"zero3\",\"recompute\":\"full\",\"source_family\":\"SECRET\",\"memory\":{\"gib\":70.5,"
          "\"kind\":\"reserved\"}}}";
    tc_published published = {0}, again = {0};
    tc_error error;
    char *text = NULL;
    size_t length = 0;
    bool written;
    assert_int_equal(tc_published_read(&published, "mine", secret, strlen(secret), &error), TC_OK);
    FILE *file = open_memstream(&text, &length);
    assert_non_null(file);
    assert_int_equal(tc_contribute_run(file, &published.runs[0], secret, strlen(secret), 1, &written, &error), TC_OK);
    assert_int_equal(fclose(file), 0);
    assert_true(written);
    if (strstr(text, "SECRET")) fail_msg("%s", text);
    /* and is a row that says the same */
    assert_int_equal(tc_published_read(&again, "given", text, length, &error), TC_OK);
    assert_null(again.runs[0].refused);
    assert_true(again.runs[0].measured == 9.9 && again.runs[0].model.hidden == 4096 && again.runs[0].tp == 1);
    assert_int_equal(again.runs[0].stated.compiled, published.runs[0].stated.compiled);
    assert_true(again.runs[0].memory_gib == 70.5);
    free(text);
    tc_published_free(&again);
    tc_published_free(&published);
}

int main(void) {
    const struct CMUnitTest tests[]
        = {cmocka_unit_test(equations_are_solved),    cmocka_unit_test(steps_are_foretold_better),
           cmocka_unit_test(priors_hold_back_noise),  cmocka_unit_test(no_row_moves_a_parameter_out_of_its_range),
           cmocka_unit_test(contradictions_are_told), cmocka_unit_test(every_command_can_take_the_folder),
           cmocka_unit_test(kernels_move_their_chip), cmocka_unit_test(logs_give_the_median_after_the_warm_up),
           cmocka_unit_test(damaged_logs_are_named),  cmocka_unit_test(gifts_hold_nothing_private)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

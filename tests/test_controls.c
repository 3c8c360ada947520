/* test_controls.c - the rules' boundaries, published and computed figures of 62 parts, and what is not known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "near.h"
#include "run/controls.h"

static tc_controls controls;

static int read_controls(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_document document;
    tc_error error = {0};
    tc_code code = tc_document_read(TC_SOURCE_DIR "/data/controls.yaml", &arena, &document, &error);
    if (code == TC_OK) code = tc_controls_read(&document, &controls, &error);
    if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
    tc_arena_free(&arena);
    return code == TC_OK ? 0 : 1;
}

static const tc_control_result *rule(const tc_control_report *report, const char *slug) {
    for (int i = 0; i < report->rules; i++)
        if (strcmp(report->rule[i].rule, slug) == 0) return &report->rule[i];
    fail_msg("no rule %s", slug);
    return NULL;
}

/* A datacentre part of this TPP (as bf16) and performance density; pd 0 = die area not known. */
static tc_accelerator part(double tpp, double pd) {
    tc_accelerator a = {.size = sizeof a, .devices_per_package = 1, .datacentre = true};
    a.matmul_flops[TC_BF16] = tpp / 16 * 1e12;
    a.die_area_mm2 = pd > 0 ? tpp / pd : 0;
    return a;
}

static const char *class_2023(double tpp, double pd) {
    static char name[24];
    tc_accelerator a = part(tpp, pd);
    tc_control_report report = tc_controls_classify(&controls, &a, NULL);
    memcpy(name, rule(&report, "2023-11-17")->class_name, sizeof name);
    return name;
}

static void boundaries(void **state) {
    (void)state;
    assert_string_equal(class_2023(4800, 0), "3A090.a");
    assert_string_equal(class_2023(4799.99, 5.92 + 1e-9), "3A090.a");
    assert_string_equal(class_2023(4799.99, 5.92 - 1e-9), "3A090.b");
    assert_string_equal(class_2023(2400, 1.6 + 1e-9), "3A090.b");
    assert_string_equal(class_2023(2400, 1.6 - 1e-9), "none");
    assert_string_equal(class_2023(2399.99, 3.19), "none");
    assert_string_equal(class_2023(1600, 3.2 + 1e-9), "3A090.b");
    assert_string_equal(class_2023(1600, 5.92 + 1e-9), "3A090.a");
    assert_string_equal(class_2023(1599.99, 100), "none");
    assert_string_equal(class_2023(2000, 2.4), "none"); /* 1600 <= TPP < 2400, 1.6 <= PD < 3.2 */
}

/* A bound is met by equality: with figures whose ratio is exact in binary. */
static void bounds_are_inclusive(void **state) {
    (void)state;
    tc_accelerator a = part(4096, 0);
    a.die_area_mm2 = 1280; /* PD exactly 3.2 as a double */
    tc_control_report report = tc_controls_classify(&controls, &a, NULL);
    assert_near(report.pd, 3.2, 0);
    assert_string_equal(rule(&report, "2023-11-17")->class_name, "3A090.b");
}

static void missing_die_area_leaves_the_class_open(void **state) {
    (void)state;
    tc_accelerator a = part(3000, 0);
    tc_control_report report = tc_controls_classify(&controls, &a, NULL);
    const tc_control_result *result = rule(&report, "2023-11-17");
    assert_false(result->known);
    assert_string_equal(result->class_name, "unknown");
    assert_string_equal(result->reason, "needs the die area");
    assert_true(isnan(report.pd));
    assert_string_equal(class_2023(1599, 0), "none"); /* the area does not matter here */
    assert_string_equal(class_2023(5000, 0), "3A090.a");
}

static void parts_for_desktops(void **state) {
    (void)state;
    tc_accelerator a = part(4700, 8);
    a.datacentre = false;
    tc_control_report report = tc_controls_classify(&controls, &a, NULL);
    assert_string_equal(rule(&report, "2023-11-17")->class_name, "none"); /* note 2 to 3A090 */
    assert_non_null(strstr(rule(&report, "2023-11-17")->reason, "not for data centres"));
    a = part(5285, 8.68);
    a.datacentre = false;
    report = tc_controls_classify(&controls, &a, NULL);
    assert_string_equal(rule(&report, "2023-11-17")->class_name, "3A090.a");
    assert_non_null(strstr(rule(&report, "2023-11-17")->meaning, "NAC"));
    a.datacentre = true;
    report = tc_controls_classify(&controls, &a, NULL);
    assert_null(strstr(rule(&report, "2023-11-17")->meaning, "NAC"));
}

static void the_first_rule_looks_at_io(void **state) {
    (void)state;
    tc_accelerator a = part(4992, 6.04);
    a.io_bytes_per_s = 600e9;
    tc_control_report report = tc_controls_classify(&controls, &a, NULL);
    assert_string_equal(rule(&report, "2022-10-07")->class_name, "3A090");
    assert_string_equal(rule(&report, "2022-10-07")->reason, "TPP 4,992 >= 4,800; I/O 600 >= 600 GB/s");
    a.io_bytes_per_s = 400e9;
    report = tc_controls_classify(&controls, &a, NULL);
    assert_string_equal(rule(&report, "2022-10-07")->class_name, "none");
    a.io_bytes_per_s = 0;
    report = tc_controls_classify(&controls, &a, NULL);
    assert_string_equal(rule(&report, "2022-10-07")->class_name, "unknown");
    assert_string_equal(rule(&report, "2022-10-07")->reason, "needs the I/O bandwidth");
}

static void dies_of_a_package_are_added(void **state) {
    (void)state;
    tc_accelerator a = {.size = sizeof a, .devices_per_package = 2, .datacentre = true, .die_area_mm2 = 1331};
    a.matmul_flops[TC_BF16] = 353.9e12; /* matrix units of one die */
    a.memory_bytes_per_s = 1.6e12;
    tc_control_report report = tc_controls_classify(&controls, &a, NULL);
    assert_near(report.tpp, 2 * 353.9 * 16, 1e-6);
    assert_near(report.dram_bytes_per_s, 3.2e12, 1);
    a.advertised_flops[TC_BF16] = 752e12; /* with the vector units, per package */
    report = tc_controls_classify(&controls, &a, NULL);
    assert_near(report.tpp, 12032, 1e-6);
    assert_near(report.pd, 9.04, 0.005);
}

static void switches(void **state) {
    (void)state;
    tc_accelerator a = part(0, 0);
    a.matmul_flops[TC_BF16] = 2516.6e12;
    a.matmul_flops[TC_FP8] = 5033.2e12;
    a.fp6_flops = 10066.3e12;
    tc_control_report report = tc_controls_classify(&controls, &a, NULL);
    assert_string_equal(report.format, "fp6");
    assert_near(report.tpp, 60397.8, 1e-6);
    assert_near(report.tpp_without_fp6, 40265.6, 1e-6);
    report = tc_controls_classify(&controls, &a, &(tc_control_options){.ignore_fp6 = true});
    assert_string_equal(report.format, "bf16");
    a = part(0, 0);
    a.matmul_flops[TC_TF32] = 667e12;
    report = tc_controls_classify(&controls, &a, NULL);
    assert_near(report.tpp, 12673, 1e-6);
    assert_near(report.tpp_tf32_full, 21344, 1e-6);
    report = tc_controls_classify(&controls, &a, &(tc_control_options){.tf32_bits = 32});
    assert_near(report.tpp, 21344, 1e-6);
    a = part(0, 0);
    report = tc_controls_classify(&controls, &a, NULL);
    assert_true(isnan(report.tpp));
    assert_string_equal(rule(&report, "2023-11-17")->reason, "needs a peak rate; the die area");
}

/* ---- the table ------------------------------------------------------------------------- */

#define COLUMNS 21
enum {
    SLUG,
    FP32,
    TF32,
    BF16,
    FP16,
    FP8,
    INT8,
    FP6,
    FP4,
    DIE,
    DRAM,
    IO,
    DATACENTRE,
    FORMAT,
    TPP,
    PUBLISHED,
    PD,
    CLASS_2022,
    CLASS_2023,
    CLASS_2025,
    CLASS_2026
};

static double number(const char *text) { return *text ? strtod(text, NULL) : 0; }

static tc_accelerator read_part(char *const *field) {
    static const struct {
        int column, format;
    } rates[] = {{FP32, TC_FP32}, {TF32, TC_TF32}, {BF16, TC_BF16}, {FP16, TC_FP16},
                 {FP8, TC_FP8},   {INT8, TC_INT8}, {FP4, TC_NVFP4}};
    tc_accelerator a = {.size = sizeof a, .devices_per_package = 1};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        a.matmul_flops[rates[i].format] = number(field[rates[i].column]) * 1e12;
    a.fp6_flops = number(field[FP6]) * 1e12;
    a.die_area_mm2 = number(field[DIE]);
    a.memory_bytes_per_s = number(field[DRAM]) * 1e9;
    a.io_bytes_per_s = number(field[IO]) * 1e9;
    a.datacentre = strcmp(field[DATACENTRE], "yes") == 0;
    return a;
}

static void check_class(const tc_control_report *report, const char *slug, const char *want, const char *part_name) {
    const char *got = rule(report, slug)->class_name;
    if (strcmp(want, "-") == 0 || strcmp(got, want) == 0) return;
    print_error("%s under %s: %s instead of %s (%s)\n", part_name, slug, got, want, rule(report, slug)->reason);
    fail();
}

/* The catalog's file of the part gives the same TPP, and the same class unless it knows more or less of the die. */
static void check_catalog(tc_catalog *catalog, char *const *field) {
    tc_accelerator a;
    tc_error error = {0};
    if (tc_catalog_accelerator_known(catalog, field[SLUG], &a, &error) != TC_OK)
        fail_msg("%s: %s", error.place, error.text);
    tc_control_report report = tc_controls_classify(&controls, &a, NULL);
    assert_near(report.tpp / number(field[TPP]), 1, 0.01);
    if (!*field[DIE] == !(a.die_area_mm2 > 0)) check_class(&report, "2023-11-17", field[CLASS_2023], field[SLUG]);
}

static void check_row(char *const *field) {
    tc_accelerator a = read_part(field);
    tc_control_report report = tc_controls_classify(&controls, &a, NULL);
    double rounding = 0.005 * number(field[PD]) + 0.006;
    assert_string_equal(report.format, field[FORMAT]);
    assert_near(report.tpp, number(field[TPP]), 1);
    if (*field[PD]) assert_near(report.pd, number(field[PD]), rounding);
    check_class(&report, "2022-10-07", field[CLASS_2022], field[SLUG]);
    check_class(&report, "2023-11-17", field[CLASS_2023], field[SLUG]);
    check_class(&report, "2025-04-14", field[CLASS_2025], field[SLUG]);
    check_class(&report, "2026-01-15", field[CLASS_2026], field[SLUG]);
    /* Published figures come from rounded datasheets (5 %), and leave FP6 and TF32 out. */
    double published = number(field[PUBLISHED]);
    bool odd = strcmp(field[SLUG], "bi-v100") == 0 || strcmp(field[SLUG], "ascend-910c") == 0
               || strcmp(field[SLUG], "trn2") == 0;
    if (published > 0 && !odd)
        assert_near(report.tpp_without_fp6 / published, 1, strcmp(field[FORMAT], "fp6") == 0 ? 0.08 : 0.05);
}

static void every_part_of_the_table(void **state) {
    (void)state;
    FILE *file = fopen(TC_SOURCE_DIR "/tests/controls_vectors.tsv", "r");
    assert_non_null(file);
    tc_catalog *catalog;
    tc_error error;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, &error), TC_OK);
    char line[512];
    int rows = 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = 0;
        if (line[0] == '#' || strncmp(line, "slug\t", 5) == 0) continue;
        char *field[COLUMNS], *at = line;
        for (int i = 0; i < COLUMNS; i++) {
            assert_non_null(at);
            field[i] = at;
            at = strchr(at, '\t');
            if (at) *at++ = 0;
        }
        check_row(field);
        check_catalog(catalog, field);
        rows++;
    }
    fclose(file);
    tc_catalog_close(catalog);
    assert_int_equal(rows, 62);
}

static void every_rule_cites_its_source(void **state) {
    (void)state;
    assert_int_equal(controls.rules, 10);
    for (int i = 0; i < controls.rules; i++) assert_true(strlen(controls.rule[i].source) > 20);
}

/* ---- rules of 2024 to 2026 ---------------------------------------------------------------- */

static tc_control_report of_catalog(const char *slug) {
    tc_catalog *catalog;
    tc_accelerator a;
    tc_error error;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, &error), TC_OK);
    if (tc_catalog_accelerator_known(catalog, slug, &a, &error)) fail_msg("%s: %s", error.place, error.text);
    tc_control_report report = tc_controls_classify(&controls, &a, NULL);
    tc_catalog_close(catalog);
    return report;
}

static void chips_of_makers_elsewhere_are_no_export(void **state) {
    (void)state;
    static const char *const elsewhere[] = {"ascend-910b2", "mlu590", "kunlun-p800", "br104"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        tc_control_report report = of_catalog(elsewhere[i]);
        assert_false(report.exported);
        for (int k = 0; k < report.rules; k++) {
            if (report.rule[k].about != TC_CONTROL_EXPORT) continue;
            assert_false(report.rule[k].applies);
            assert_false(report.rule[k].licence);
        }
    }
    assert_true(of_catalog("h100-sxm").exported && of_catalog("mi300x").exported && of_catalog("gaudi2").exported);
}

static void guidance_of_may_2025(void **state) {
    (void)state;
    static const char *const named[]
        = {"ascend-910b", "ascend-910b1", "ascend-910b2", "ascend-910b3", "ascend-910b4", "ascend-910c"};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        tc_control_report report = of_catalog(named[i]);
        assert_true(rule(&report, "2025-05-13")->risk);
        assert_true(rule(&report, "2025-05-13")->applies);
    }
    static const char *const others[] = {"ascend-910", "ascend-950pr", "h20", "h100-sxm"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        tc_control_report report = of_catalog(others[i]);
        assert_false(rule(&report, "2025-05-13")->risk);
    }
}

static void other_rules(void **state) {
    (void)state;
    tc_control_report h100 = of_catalog("h100-sxm"), h200 = of_catalog("h200-sxm"), h20 = of_catalog("h20"),
                      l20 = of_catalog("l20"), ascend = of_catalog("ascend-910b2"), v100 = of_catalog("v100-sxm-32g"),
                      b200 = of_catalog("b200-sxm");
    assert_string_equal(rule(&h100, "2025-01-15")->class_name, "worldwide");
    assert_string_equal(rule(&h100, "2025-01-15")->until, "2025-05-13");
    assert_string_equal(rule(&h20, "2025-01-15")->class_name, "none");
    assert_true(rule(&h20, "2025-08-08")->applies);
    assert_false(rule(&h200, "2025-08-08")->applies);
    assert_true(rule(&h100, "2025-05-13-renting")->applies && !rule(&h100, "2025-05-13-renting")->licence);
    assert_false(rule(&ascend, "2025-05-13-renting")->applies);
    assert_true(rule(&ascend, "2019-05-16")->applies);
    assert_false(rule(&h100, "2019-05-16")->applies);
    /* case by case is a way to review a licence: what needs none is not reviewed */
    assert_string_equal(rule(&l20, "2026-01-15")->class_name, "none");
    assert_string_equal(rule(&v100, "2026-01-15")->class_name, "none");
    assert_string_equal(rule(&h20, "2026-01-15")->class_name, "case-by-case");
    assert_string_equal(rule(&h100, "2026-01-15")->class_name, "case-by-case");
    assert_string_equal(rule(&b200, "2026-01-15")->class_name, "denial");
}

/* A pool that a rule forbids from a day on is named; what is rented elsewhere is not an export. */
static void scenarios_against_the_rules(void **state) {
    (void)state;
    tc_catalog *catalog;
    tc_scenario *scenario;
    tc_error error;
    tc_pool_rule found[32];
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, &error), TC_OK);
    if (tc_scenario_load(catalog, "ascend-2024", &scenario, &error)) fail_msg("%s: %s", error.place, error.text);
    int count = tc_pool_rules(scenario, &controls, found, 32), ascend = 0, h20 = 0, rented = 0;
    for (int i = 0; i < count; i++) {
        const char *chip = scenario->pool[found[i].pool].cluster.accelerator.slug;
        bool guidance = strcmp(found[i].rule, "2025-05-13") == 0;
        ascend += guidance && found[i].forbids && strncmp(chip, "ascend-910b", 11) == 0;
        h20 += strcmp(found[i].rule, "2025-04-14") == 0 && strcmp(chip, "h20") == 0;
        rented += strcmp(found[i].rule, "2025-05-13-renting") == 0;
        assert_false(strncmp(chip, "ascend", 6) == 0 && strcmp(found[i].rule, "2023-11-17") == 0);
        assert_false(scenario->pool[found[i].pool].rented && strcmp(found[i].rule, "2023-11-17") == 0);
    }
    assert_true(ascend >= 1 && h20 >= 1 && rented >= 1);
    tc_scenario_free(scenario);
    tc_catalog_close(catalog);
}

/* Whatever a chip is called in an answer is explained in words. */
static void every_class_has_a_meaning(void **state) {
    (void)state;
    for (int i = 0; i < controls.rules; i++) {
        const tc_control_rule *r = &controls.rule[i];
        assert_true(strlen(r->otherwise_meaning) > 10);
        for (int k = 0; k < r->classes; k++) assert_true(strlen(r->class_of[k].meaning) > 10);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(boundaries),
                                       cmocka_unit_test(bounds_are_inclusive),
                                       cmocka_unit_test(missing_die_area_leaves_the_class_open),
                                       cmocka_unit_test(parts_for_desktops),
                                       cmocka_unit_test(the_first_rule_looks_at_io),
                                       cmocka_unit_test(dies_of_a_package_are_added),
                                       cmocka_unit_test(switches),
                                       cmocka_unit_test(every_part_of_the_table),
                                       cmocka_unit_test(every_rule_cites_its_source),
                                       cmocka_unit_test(chips_of_makers_elsewhere_are_no_export),
                                       cmocka_unit_test(guidance_of_may_2025),
                                       cmocka_unit_test(other_rules),
                                       cmocka_unit_test(scenarios_against_the_rules),
                                       cmocka_unit_test(every_class_has_a_meaning)};
    return cmocka_run_group_tests(tests, read_controls, NULL);
}

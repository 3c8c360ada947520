/* fuzz_scenario.c - any bytes as a scenario: an error with a place, or a plan whose pages can be written. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "fleet/scenario.h"
#include "report/plan_report.h"

/* Plans of large scenarios take their time: these are only read. */
static int is_small(const tc_scenario *s) {
    int candidates = 0, deliveries = 0;
    for (int i = 0; i < s->jobs; i++) candidates += s->job[i].candidates;
    for (int i = 0; i < s->pools; i++) deliveries += s->pool[i].deliveries;
    return candidates * deliveries <= 6;
}

static void plan(const tc_scenario *scenario) {
    tc_plan out;
    tc_error error = {0};
    tc_plan_options options = tc_default_plan_options();
    options.samples = 8;
    options.threads = 1;
    if (tc_plan_make(scenario, NULL, &options, &out, &error) != TC_OK) return;
    FILE *file = fopen("/dev/null", "w");
    if (file) {
        tc_report_plan(&(tc_target){.file = file, .data = "hash", .format = &tc_json_format}, &out);
        if (!tc_report_plan_text(file, &(tc_style){.width = 80}, &out)) abort();
        fclose(file);
    }
    tc_plan_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static tc_catalog *catalog;
    tc_error error = {0};
    if (!catalog && tc_catalog_open(NULL, 0, &catalog, &error) != TC_OK) abort();
    tc_arena arena = {0};
    tc_document document;
    tc_scenario *scenario = calloc(1, sizeof *scenario);
    if (!scenario) abort();
    tc_code code = tc_document_parse((const char *)data, size, "fuzz.yaml", &arena, &document, &error);
    if (code == TC_OK) code = tc_scenario_read(&document, scenario, &error);
    if (code == TC_OK) code = tc_scenario_resolve(&document, catalog, scenario, &error);
    if (code != TC_OK && (!error.place[0] || !error.text[0])) abort();
    if (code == TC_OK && is_small(scenario)) plan(scenario);
    tc_scenario_free(scenario);
    tc_arena_free(&arena);
    return 0;
}

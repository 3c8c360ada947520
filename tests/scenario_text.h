/* scenario_text.h - scenarios from texts, with the shipped catalog of fixture.h. */
#ifndef TC_TESTS_SCENARIO_TEXT_H
#define TC_TESTS_SCENARIO_TEXT_H

#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "fleet/currencies.h"
#include "fleet/scenario.h"

/* Read and resolved; the caller frees it with tc_scenario_free, also after an error. */
static inline tc_code read_scenario(const char *text, tc_scenario **out, tc_error *error) {
    tc_arena arena = {0};
    tc_document document, in_usd;
    bool any = false;
    *error = (tc_error){0};
    *out = calloc(1, sizeof **out);
    assert_non_null(*out);
    tc_code code = tc_document_parse(text, strlen(text), "test.yaml", &arena, &document, error);
    if (code == TC_OK) code = tc_currencies_convert(catalog, &document, *out, &in_usd, &any, error);
    if (any) document = in_usd;
    if (code == TC_OK) code = tc_scenario_read(&document, *out, error);
    if (code == TC_OK) code = tc_scenario_resolve(&document, catalog, *out, error);
    tc_arena_free(&arena);
    return code;
}

/* One without an error. */
static inline tc_scenario *good_scenario(const char *text) {
    tc_scenario *out;
    tc_error error;
    if (read_scenario(text, &out, &error) != TC_OK) fail_msg("%s: %s", error.place, error.text);
    return out;
}

#endif

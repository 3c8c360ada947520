/* fixture.h - the shipped catalog for a group of tests: cmocka_run_group_tests(tests, open_catalog, close_catalog). */
#ifndef TC_TESTS_FIXTURE_H
#define TC_TESTS_FIXTURE_H

#include "traincast.h"

static tc_catalog *catalog; /* *state too */

static inline int open_catalog(void **state) {
    tc_error error;
    tc_code code = tc_catalog_open(NULL, 0, &catalog, &error);
    *state = catalog;
    return code != TC_OK;
}

static inline int close_catalog(void **state) {
    (void)state;
    tc_catalog_close(catalog);
    return 0;
}

#endif

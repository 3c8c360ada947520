/* load.c - a scenario by slug or file, from the catalog. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/changes.h"
#include "fleet/currencies.h"
#include "fleet/scenario.h"

tc_code tc_scenario_load(tc_catalog *catalog, const char *slug_or_path, tc_scenario **out, tc_error *error) {
    return tc_scenario_load_changed(catalog, slug_or_path, NULL, out, error);
}

tc_code tc_scenario_load_changed(tc_catalog *catalog, const char *slug_or_path, const tc_scenario_changes *changes,
                                 tc_scenario **out, tc_error *error) {
    *out = NULL;
    const tc_document *document;
    const char *slug;
    tc_code code = tc_catalog_document(catalog, TC_KIND_SCENARIO, slug_or_path, &document, &slug, error);
    if (code != TC_OK) return code;
    tc_scenario *scenario = calloc(1, sizeof *scenario);
    if (!scenario) return tc_fail(error, TC_INTERNAL, slug_or_path, "out of memory");
    tc_document changed, in_usd;
    if (changes && changes->sets > 0) {
        code = tc_document_change(document, changes->set, changes->sets, &scenario->arena, &changed, error);
        document = &changed;
    }
    if (code == TC_OK) {
        bool any;
        code = tc_currencies_convert(catalog, document, scenario, &in_usd, &any, error);
        if (any) document = &in_usd;
    }
    if (code == TC_OK) code = tc_scenario_read_changed(document, changes, scenario, error);
    if (code == TC_OK) code = tc_scenario_resolve(document, catalog, scenario, error);
    if (code != TC_OK) {
        tc_scenario_free(scenario);
        return code;
    }
    if (!scenario->slug[0])
        memcpy(scenario->slug, slug, strlen(slug) < sizeof scenario->slug ? strlen(slug) : sizeof scenario->slug - 1);
    *out = scenario;
    return TC_OK;
}

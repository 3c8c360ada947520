/* load.c - a scenario by slug or file, from the catalog. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "fleet/scenario.h"

tc_code tc_scenario_load(tc_catalog *catalog, const char *slug_or_path, tc_scenario **out, tc_error *error) {
    *out = NULL;
    const tc_document *document;
    const char *slug;
    tc_code code = tc_catalog_document(catalog, TC_KIND_SCENARIO, slug_or_path, &document, &slug, error);
    if (code != TC_OK) return code;
    tc_scenario *scenario = calloc(1, sizeof *scenario);
    if (!scenario) return tc_fail(error, TC_INTERNAL, slug_or_path, "out of memory");
    code = tc_scenario_read(document, scenario, error);
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

/* data.c - economics.yaml, calendar.yaml and controls.yaml, which lie beside the catalog's folders. */
#include "catalog/catalog.h"
#include "run/controls.h"
#include "run/economics.h"
#include "run/risks.h"

/* file: NULL, or the user's file in place of the catalog's. */
static tc_code open_common(tc_catalog *catalog, const char *slug, const char *file, tc_arena *arena, tc_document *out,
                           tc_error *error) {
    if (file) return tc_document_read(file, arena, out, error);
    const tc_document *document;
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, slug, &document, NULL, error);
    if (code == TC_OK) *out = *document;
    return code;
}

tc_code tc_economics_load(tc_catalog *catalog, const char *file, const char *region, const char *home,
                          tc_economics *out, tc_error *error) {
    tc_arena arena = {0};
    tc_document document;
    tc_code code = open_common(catalog, "economics", file, &arena, &document, error);
    if (code == TC_OK) code = tc_economics_read(&document, region, home, out, error);
    tc_arena_free(&arena);
    return code;
}

tc_code tc_risks_load(tc_catalog *catalog, tc_risks *out, tc_error *error) {
    const tc_document *document;
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "calendar", &document, NULL, error);
    return code == TC_OK ? tc_risks_read(document, out, error) : code;
}

tc_code tc_controls_load(tc_catalog *catalog, tc_controls *out, tc_error *error) {
    const tc_document *document;
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "controls", &document, NULL, error);
    return code == TC_OK ? tc_controls_read(document, out, error) : code;
}

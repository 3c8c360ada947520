/* data.c - economics.yaml and controls.yaml lie beside the catalog's folders, so they are found by path. */
#include "run/data.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/embedded.h"
#include "run/controls.h"
#include "run/economics.h"

tc_code tc_run_document(const char *name, const char *file, tc_arena *arena, tc_document *out, tc_error *error) {
    if (file) return tc_document_read(file, arena, out, error);
    for (size_t i = 0; i < tc_embedded_count; i++) {
        const tc_embedded_file *embedded = &tc_embedded_files[i];
        if (strcmp(embedded->path, name) != 0) continue;
        char shown[256];
        snprintf(shown, sizeof shown, "data/%s", name);
        const char *place = tc_arena_copy(arena, shown, strlen(shown));
        if (!place) return tc_fail(error, TC_INTERNAL, shown, "out of memory");
        return tc_document_parse(tc_embedded_blob + embedded->offset, embedded->length, place, arena, out, error);
    }
    return tc_fail(error, TC_INTERNAL, name, "is not among the embedded data");
}

tc_code tc_economics_load(const char *file, const char *region, tc_economics *out, tc_error *error) {
    tc_arena arena = {0};
    tc_document document;
    tc_code code = tc_run_document("economics.yaml", file, &arena, &document, error);
    if (code == TC_OK) code = tc_economics_read(&document, region, out, error);
    tc_arena_free(&arena);
    return code;
}

tc_code tc_controls_load(const char *file, tc_controls *out, tc_error *error) {
    tc_arena arena = {0};
    tc_document document;
    tc_code code = tc_run_document("controls.yaml", file, &arena, &document, error);
    if (code == TC_OK) code = tc_controls_read(&document, out, error);
    tc_arena_free(&arena);
    return code;
}

tc_code tc_controls_accelerator(tc_catalog *catalog, const char *slug_or_path, tc_accelerator *out, tc_error *error) {
    const tc_document *document;
    const char *slug;
    *out = tc_default_accelerator();
    tc_code code = tc_catalog_document(catalog, TC_KIND_ACCELERATOR, slug_or_path, &document, &slug, error);
    if (code == TC_OK) code = tc_schema_read(&tc_accelerator_schema, document, out, error);
    if (code == TC_OK && !out->slug[0]) snprintf(out->slug, sizeof out->slug, "%s", slug);
    return code;
}

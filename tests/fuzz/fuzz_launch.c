/* fuzz_launch.c - any bytes as a launch script or a configuration of any framework: a question, or one error in a line. */
#include <stdlib.h>
#include <string.h>

#include "interop/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const files[] = {"a.sh", "a.json", "a.yaml", "a.toml", "a"};
    static tc_catalog *catalog;
    static tc_imported imported;
    tc_error error = {0};
    if (size == 0 || (!catalog && tc_catalog_open(NULL, 0, &catalog, &error))) return 0;
    const char *file = files[data[0] % (sizeof files / sizeof files[0])];
    tc_code code = tc_import_text(catalog, file, (const char *)data + 1, size - 1, NULL, &imported, &error);
    if (code && (!error.place[0] || !error.text[0] || strchr(error.text, '\n') || strchr(error.place, '\n'))) abort();
    if (!code && !imported.framework.slug) abort();
    tc_import_free(&imported);
    return 0;
}

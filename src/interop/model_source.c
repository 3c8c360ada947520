/* model_source.c - a model by slug, by the path of a data file, or by that of a Hugging Face config.json.
 *
 * The catalog stands below the foreign formats and does not know them: this is where they meet. */
#include <string.h>

#include "catalog/lookup.h"
#include "interop/hf.h"

tc_code tc_model_load(tc_catalog *catalog, const char *slug_or_path, tc_model *out, tc_error *error) {
    const char *ending = strrchr(slug_or_path, '.');
    tc_code code = tc_lookup_allowed(catalog, slug_or_path, error);
    if (code) return code;
    if (ending && strcmp(ending, ".json") == 0) return tc_hf_model_from_file(slug_or_path, out, error);
    return tc_catalog_model(catalog, slug_or_path, out, error);
}

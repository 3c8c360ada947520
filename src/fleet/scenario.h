/* scenario.h - a scenario from its file: values, then what they name. */
#ifndef TC_FLEET_SCENARIO_H
#define TC_FLEET_SCENARIO_H

#include "base/arena.h"
#include "catalog/document.h"
#include "traincast.h"

/* Reads the file's values and checks them; nothing of the catalog is needed. Zero-initialise; the
 * caller frees with tc_scenario_free, also after an error. */
TC_NODISCARD tc_code tc_scenario_read(const tc_document *document, tc_scenario *out, tc_error *error);
/* The same with what is asked beside it (NULL: nothing); the document has its `set` already. */
TC_NODISCARD tc_code tc_scenario_read_changed(const tc_document *document, const tc_scenario_changes *changes,
                                              tc_scenario *out, tc_error *error);

/* Finds what it names: accelerators, fabrics, stacks, models, regions. Errors have the place in the file. */
TC_NODISCARD tc_code tc_scenario_resolve(const tc_document *document, tc_catalog *catalog, tc_scenario *scenario,
                                         tc_error *error);

#endif

/* currencies.h - prices of a scenario that are in another currency than USD. */
#ifndef TC_FLEET_CURRENCIES_H
#define TC_FLEET_CURRENCIES_H

#include "catalog/document.h"
#include "traincast.h"

/* The document with prices and rentals of its pools in USD, at its own rates or those of economics.yaml; *any: some were not. The scenario gets
 * the rates that were used, and the copy in its arena. */
TC_NODISCARD tc_code tc_currencies_convert(tc_catalog *catalog, const tc_document *document, tc_scenario *scenario,
                                           tc_document *out, bool *any, tc_error *error);

#endif

/* economics.h - data/economics.yaml: what a run assumes where nobody says otherwise. */
#ifndef TC_RUN_ECONOMICS_H
#define TC_RUN_ECONOMICS_H

#include "catalog/document.h"
#include "traincast.h"

/* The figures of a region; region NULL is the file's default_region. */
TC_NODISCARD tc_code tc_economics_read(const tc_document *document, const char *region, const char *home,
                                       tc_economics *out, tc_error *error);

#endif

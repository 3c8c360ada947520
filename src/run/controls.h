/* controls.h - the thresholds of export-control rules, from data/controls.yaml. */
#ifndef TC_RUN_CONTROLS_H
#define TC_RUN_CONTROLS_H

#include "catalog/document.h"
#include "traincast.h"

TC_NODISCARD tc_code tc_controls_read(const tc_document *document, tc_controls *out, tc_error *error);

#endif

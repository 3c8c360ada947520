/* calibration.h - fitted/calibration.yaml of a folder that `traincast calibrate` wrote: intervals that own steps make narrower, and
 * the standard deviations of the calibrated parameters. */
#ifndef TC_CATALOG_CALIBRATION_H
#define TC_CATALOG_CALIBRATION_H

#include "catalog/interval_model.h"
#include "catalog/kinds.h"

/* The intervals into the model; the lists are of the arena. */
TC_NODISCARD tc_code tc_calibration_read(const tc_document *document, tc_arena *arena, tc_interval_model *out,
                                         tc_error *error);

#endif

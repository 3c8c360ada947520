/* inputs.h - the inputs of a run's forecast, one subject each: what the source states, then what was usual.
 *
 * In this order: shape, machine, recipe. A run that lacks what is needed gets a status and is left. */
#ifndef TC_VALIDATE_INPUTS_H
#define TC_VALIDATE_INPUTS_H

#include "validate/case.h"

/* c->job.model: by the shape that the row states, or the catalog's model of that name. */
TC_NODISCARD tc_code tc_case_shape(tc_catalog *catalog, tc_case *c, tc_error *error);
/* c->cluster: accelerator, fabric, links. */
TC_NODISCARD tc_code tc_case_machine(tc_catalog *catalog, tc_case *c, tc_error *error);
/* c->stack, c->job, c->layout: software, batch and formats, degrees. */
TC_NODISCARD tc_code tc_case_recipe(tc_catalog *catalog, tc_case *c, tc_error *error);

#endif

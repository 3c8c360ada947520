/* diffusers.h - the transformer/config.json of a diffusion model: diffusers' classes, and Wan's own. */
#ifndef TC_INTEROP_DIFFUSERS_H
#define TC_INTEROP_DIFFUSERS_H

#include "base/json.h"
#include "traincast.h"

/* Is it one: does it name a class of diffusers? */
bool tc_is_diffusers(const tc_json *json);
/* Fills the model; failures are the document's, as everywhere. */
void tc_diffusers_read(const tc_json *json, tc_model *out);

#endif

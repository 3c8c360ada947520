/* hf_towers.h - the vision and audio towers of a multimodal config.json. */
#ifndef TC_INTEROP_HF_TOWERS_H
#define TC_INTEROP_HF_TOWERS_H

#include "base/json.h"
#include "traincast.h"

/* Adds the towers of the file to a model whose main stack has been read, and names in left_out what of them it does not
 * know. A size that cannot be is recorded in the document. */
void tc_hf_read_towers(const tc_json *file, tc_model *model);

#endif

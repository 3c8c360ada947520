/* hf_mixers.h - classes of config.json whose layers are of several kinds. */
#ifndef TC_INTEROP_HF_MIXERS_H
#define TC_INTEROP_HF_MIXERS_H

#include "base/json.h"
#include "traincast.h"

/* Fills the model's blocks; usual: what every class has, experts included where the class's are read as usual. */
typedef void (*tc_hf_layers)(const tc_json *json, tc_model *model, const tc_block *usual, int layers);

/* NULL where the layers of the class are those of hf.c. */
tc_hf_layers tc_hf_layers_of(const char *type);

#endif

/* hf.h - a Hugging Face config.json as a model.
 *
 * The class is chosen by `model_type`, or by `architectures[0]` where that is absent; multimodal files
 * are read from their `text_config`. A size that decides the shape must be stated; the rest falls back
 * to the class's own default, as the file format means it.
 *
 * Layers of equal kind (dense or experts, window or full attention) become one run of blocks in the
 * order of the file. Patterns with more than TC_MAX_BLOCKS runs (a window in every other layer) become
 * one run a kind: counts, FLOPs and memory do not depend on the order.
 *
 * `seq` of the model is the context it was trained at first: original_max_position_embeddings where a
 * later stretch of the positions is stated, max_position_embeddings otherwise.
 */
#ifndef TC_INTEROP_HF_H
#define TC_INTEROP_HF_H

#include "traincast.h"

TC_NODISCARD tc_code tc_hf_model_from_file(const char *path, tc_model *out, tc_error *error);

/* `name` is the place of errors, and the model's name after its folders and ending are cut off. */
TC_NODISCARD tc_code tc_hf_model_from_text(const char *text, size_t length, const char *name, tc_model *out,
                                           tc_error *error);

#endif

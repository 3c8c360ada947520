/* inputs.h - a published run as inputs of the forecast: what the source states, then what was usual. */
#ifndef TC_VALIDATE_INPUTS_H
#define TC_VALIDATE_INPUTS_H

#include "validate/case.h"

/* Fills a case from a run; both and the conventions must outlive it. Errors of the catalog itself are returned; what the run lacks is a status. */
TC_NODISCARD tc_code tc_case_build(tc_catalog *catalog, const tc_conventions *conventions, const tc_published_run *run,
                                   tc_case *out, tc_error *error);

/* ---- one subject each, in this order; a run that lacks what is needed gets a status and is left ---- */

/* What kind of workload the run is, and its backbone; unsupported where a part of it is not modelled (kinds.c). */
TC_NODISCARD tc_code tc_case_workload(tc_catalog *catalog, tc_case *c, tc_error *error);
/* What the run has beside its backbone, once its recipe is known. */
TC_NODISCARD tc_code tc_case_features(tc_catalog *catalog, tc_case *c, tc_error *error);
/* Its fine-tuning; whether that kind is modelled. */
TC_NODISCARD tc_code tc_case_finetune(tc_catalog *catalog, tc_case *c, tc_error *error);
bool tc_case_knows_finetune(const char *kind);
/* Sequences of a sample of such fine-tuning, by its word or NULL. */
int tc_case_sequences(const char *kind);
/* Its vision tower, and the images of a sample. */
TC_NODISCARD tc_code tc_case_towers(tc_catalog *catalog, tc_case *c, tc_error *error);
/* The backbone of a language model, c->job.model: by the shape that the row states, or the catalog's model of that name. */
TC_NODISCARD tc_code tc_case_shape(tc_catalog *catalog, tc_case *c, tc_error *error);
/* As the row states it, and what is usual for its family where it does not. */
void tc_case_usual_model(tc_case *c, const tc_published_model *m, tc_model *model);
/* The same where layers are of several kinds. */
TC_NODISCARD tc_code tc_case_mixed(tc_catalog *catalog, tc_case *c, tc_error *error);
/* The same of a diffusion transformer: the catalog's model of that name, with the sample and blocks that the row states. */
TC_NODISCARD tc_code tc_case_latents(tc_catalog *catalog, tc_case *c, tc_error *error);
/* c->cluster: accelerator, fabric, links. */
TC_NODISCARD tc_code tc_case_machine(tc_catalog *catalog, tc_case *c, tc_error *error);
/* c->stack, c->job, c->layout: software, batch and formats, degrees. */
TC_NODISCARD tc_code tc_case_recipe(tc_catalog *catalog, tc_case *c, tc_error *error);
/* c->job.seq: the tokens that a step of samples of their own lengths waits for. After all features. */
void tc_case_pad(tc_case *c);

#endif

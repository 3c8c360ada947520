/* request.h - the job, cluster, layout and stack that the shared options describe. */
#ifndef TC_CLI_REQUEST_H
#define TC_CLI_REQUEST_H

#include "cli/commands.h"
#include "forecast/forecast.h"
#include "layout/fields.h"

/* An option's value, where it is given; else *out stays. A choice is the place of its word among those of the option. */
void tc_take_integer(const tc_context *context, tc_option_id id, int *out);
void tc_take_real(const tc_context *context, tc_option_id id, double *out);
void tc_take_choice(const tc_context *context, tc_option_id id, int *out);

/* The sample of a model of images or video, as the options say it. */
TC_NODISCARD tc_code tc_request_sample(const tc_context *context, tc_model *model);

/* Is it a Hugging Face config.json rather than a slug or a YAML file? */
bool tc_is_json_path(const char *name);

/* The option of a layout's field: they are options of their own names. */
tc_option_id tc_request_field(tc_layout_id id);

/* Does the command choose the layout? Then the layout's options are what it may not change. */
bool tc_request_searches(const tc_context *context);

/* A model by slug or path, with the layers that --layers leaves of it. */
TC_NODISCARD tc_code tc_request_model(tc_context *context, const char *name, tc_model *out);
/* --recompute alone: sets it in the layout if it is given. */
TC_NODISCARD tc_code tc_request_recompute(tc_context *context, tc_layout *layout);

/* What the options say of the job and its layout; devices, accelerator, fabric and stack stay open. */
TC_NODISCARD tc_code tc_request_job(tc_context *context, tc_question *out);

/* An accelerator by slug or path, with the fabric of the options, else its own. */
TC_NODISCARD tc_code tc_request_machine(tc_context *context, const char *name, tc_accelerator *accelerator,
                                        tc_fabric *fabric);

/* Adds the devices: an accelerator with the fabric and the stack of the options, else its own. */
TC_NODISCARD tc_code tc_request_devices(tc_context *context, const char *accelerator, tc_question *question);

/* The economics of the options' file and region, else of the accelerator's home. */
TC_NODISCARD tc_code tc_request_economics(tc_context *context, const tc_question *question, tc_economics *out);

/* What the options say of a whole run. */
void tc_request_run(const tc_context *context, tc_run_input *input);

/* What runs lose beside checkpoints and failures: that of the catalog, or nothing with --ideal. */
TC_NODISCARD tc_code tc_request_risks(const tc_context *context, tc_risks *out);

#endif

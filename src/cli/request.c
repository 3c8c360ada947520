/* request.c - options to the inputs of a forecast. No arithmetic: what is not given stays unset. */
#include "cli/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "catalog/catalog.h"
#include "cli/answer.h"
#include "interop/import.h"
#include "layout/fields.h"
#include "report/names.h"
#include "workload/finetune.h"

#define LARGEST_IMAGE 100000 /* pixels of a side */

/* ---- single options ------------------------------------------------------------- */

void tc_take_integer(const tc_context *context, tc_option_id id, int *out) {
    const tc_value *value = tc_given(context, id);
    if (value->given) *out = (int)value->integer;
}

void tc_take_real(const tc_context *context, tc_option_id id, double *out) {
    const tc_value *value = tc_given(context, id);
    if (value->given) *out = value->real;
}

void tc_take_choice(const tc_context *context, tc_option_id id, int *out) {
    const tc_value *value = tc_given(context, id);
    if (value->given) *out = tc_choice_find(tc_option_table[id].argument, value->text);
}

/* A choice whose words are those of a vocabulary. */
static void take_choice(const tc_context *context, tc_option_id id, tc_vocabulary vocabulary, int *out) {
    const tc_value *value = tc_given(context, id);
    if (value->given) *out = tc_value_of(vocabulary, value->text);
}

tc_option_id tc_request_field(tc_layout_id id) { return (tc_option_id)(TC_OPTION_TP + (int)id); }

static tc_code take_field(tc_context *context, tc_layout_id id, tc_layout *layout) {
    const tc_value *value = tc_given(context, tc_request_field(id));
    if (!value->given) return TC_OK;
    tc_layout_release(layout, id);
    tc_code code
        = tc_layout_set(layout, id, value->text, &context->stage_layers, tc_layout_fields[id].option, context->error);
    if (code || id != TC_LAYOUT_SCHEDULE || layout->schedule != TC_SCHEDULE_CUSTOM) return code;
    code = context->order ? TC_OK : tc_schedule_load(value->text, &context->order, context->error);
    layout->order = context->order;
    return code;
}
_Static_assert(TC_OPTION_GRAPHS - TC_OPTION_TP == TC_LAYOUT_GRAPHS, "options in the order of a layout's fields");

tc_code tc_request_recompute(tc_context *context, tc_layout *layout) {
    return take_field(context, TC_LAYOUT_RECOMPUTE, layout);
}

/* ---- the model -------------------------------------------------------------------- */

bool tc_is_json_path(const char *name) {
    size_t length = strlen(name);
    return length >= 5 && strcmp(name + length - 5, ".json") == 0;
}

tc_code tc_request_sample(const tc_context *context, tc_model *model) {
    int frames = TC_UNSET, height = TC_UNSET, width = TC_UNSET, text = TC_UNSET;
    tc_take_integer(context, TC_OPTION_FRAMES, &frames);
    tc_take_integer(context, TC_OPTION_HEIGHT, &height);
    tc_take_integer(context, TC_OPTION_WIDTH, &width);
    tc_take_integer(context, TC_OPTION_TEXT_TOKENS, &text);
    tc_code code = tc_model_set_sample(model, frames, height, width, context->error);
    if (code || text == TC_UNSET) return code;
    if (model->latents.stride == 0 && model->latents.text_tokens == 0)
        return tc_fail(context->error, TC_INVALID, "--text-tokens",
                       "is for a model of images or video, or with an encoder of text; leave it out");
    model->latents.text_tokens = text;
    return TC_OK;
}

/* A length beside frames, height and width says the same. */
static tc_code check_seq(const tc_context *context, const tc_job *job) {
    const tc_latents *l = &job->model.latents;
    bool sample = tc_given(context, TC_OPTION_FRAMES)->given || tc_given(context, TC_OPTION_HEIGHT)->given
                  || tc_given(context, TC_OPTION_WIDTH)->given;
    if (!sample || job->seq == TC_UNSET || job->seq == job->model.seq) return TC_OK;
    return tc_fail(context->error, TC_INVALID, "--seq", "%d, but %d x %d x %d are %d latent tokens; leave it out",
                   job->seq, l->frames, l->height, l->width, job->model.seq);
}

tc_code tc_request_model(tc_context *context, const char *name, tc_model *out) {
    const tc_value *layers = tc_given(context, TC_OPTION_LAYERS);
    const tc_value *given = tc_given(context, TC_OPTION_MODEL);
    bool scripted = context->imported && context->imported->has_model && name == given->text;
    if (scripted) *out = context->imported->question.job.model;
    tc_code code = scripted ? TC_OK : tc_model_load(context->catalog, name, out, context->error);
    return code || !layers->given ? code : tc_model_cut(out, (int)layers->integer, context->error);
}

/* "896" or "1280x720". */
static tc_code take_image_size(tc_context *context, tc_job *job) {
    const tc_value *value = tc_given(context, TC_OPTION_IMAGE_SIZE);
    if (!value->given) return TC_OK;
    char *end;
    long width = strtol(value->text, &end, 10), height = *end == 'x' ? strtol(end + 1, &end, 10) : width;
    if (*end || width < 1 || height < 1 || width > LARGEST_IMAGE || height > LARGEST_IMAGE)
        return tc_fail(context->error, TC_INVALID, "--image-size", "'%.40s' is no size; give pixels, 896 or 1280x720",
                       value->text);
    job->image_width = (int)width;
    job->image_height = (int)height;
    return TC_OK;
}

/* The towers whose names begin one of the parts of "frozen" or "vision=frozen,projector=trained". */
static tc_code take_tower_states(tc_context *context, tc_model *model) {
    const tc_value *value = tc_given(context, TC_OPTION_TOWERS);
    const char *text = value->given ? value->text : "";
    while (*text) {
        char name[24] = "", word[16] = "";
        size_t length = strcspn(text, ","), before = strcspn(text, "=,");
        bool named = text[before] == '=';
        snprintf(name, sizeof name, "%.*s", named ? (int)before : 0, text);
        snprintf(word, sizeof word, "%.*s", (int)(named ? length - before - 1 : length),
                 named ? text + before + 1 : text);
        int state = tc_value_of(TC_VOCABULARY_TOWER_STATE, word), found = 0;
        if (state < 0)
            return tc_fail(context->error, TC_INVALID, "--towers", "'%s' is no state; give trained, frozen or cached",
                           word);
        for (int i = 0; i < model->towers; i++)
            if (!named || strcmp(model->tower[i].name, name) == 0)
                model->tower[i].state = (tc_tower_state)state, found++;
        if (!found && model->towers > 0)
            return tc_fail(context->error, TC_INVALID, "--towers", "%s has no '%s'; its first is %s", model->slug, name,
                           model->tower[0].name);
        if (!found) return tc_fail(context->error, TC_INVALID, "--towers", "%s has none; leave it out", model->slug);
        text += length + (text[length] == ',');
    }
    return TC_OK;
}

/* ---- the request ------------------------------------------------------------------ */

bool tc_request_searches(const tc_context *context) {
    if (context->options->command == TC_COMMAND_SEARCH || context->options->command == TC_COMMAND_REQUIRE) return true;
    if (tc_answer_is_best(context)) return true;
    return context->options->command == TC_COMMAND_COMPARE && !context->answered
           && !tc_given(context, TC_OPTION_SAME_LAYOUT)->given;
}

static tc_code take_layout(tc_context *context, tc_layout *layout) {
    tc_code code = TC_OK;
    if (context->answered) *layout = context->answer;
    if (tc_request_searches(context)) return TC_OK;
    for (int id = 0; id < TC_LAYOUT_FIELDS && !code; id++) code = take_field(context, (tc_layout_id)id, layout);
    return code;
}

/* --finetune says all; --frozen-base alone is a base without gradients beside adapters of no size. */
static tc_code take_finetune(tc_context *context, tc_job *job) {
    const tc_value *value = tc_given(context, TC_OPTION_FINETUNE);
    bool scripted = context->imported && !value->given && context->imported->question.job.frozen_base;
    job->frozen_base = tc_given(context, TC_OPTION_FROZEN_BASE)->given || scripted;
    return value->given ? tc_finetune_parse(value->text, "--finetune", job, context->error) : TC_OK;
}

/* What a launch script says of the job that no option does. */
static void take_scripted(const tc_context *context, tc_job *job) {
    if (!context->imported) return;
    const tc_job *said = &context->imported->question.job;
    job->expert_capacity = said->expert_capacity;
    if (!tc_given(context, TC_OPTION_FINETUNE)->given) job->finetune = said->finetune;
}

tc_code tc_request_job(tc_context *context, tc_question *out) {
    *out = tc_default_question();
    tc_code code = tc_answer_read(context);
    if (code) return code;
    tc_take_integer(context, TC_OPTION_SEQ, &out->job.seq);
    take_choice(context, TC_OPTION_DTYPE, TC_VOCABULARY_DTYPE, &out->job.dtype);
    take_choice(context, TC_OPTION_ATTENTION, TC_VOCABULARY_ATTENTION_IMPL, &out->job.attention);
    tc_take_integer(context, TC_OPTION_EMA, &out->job.ema);
    const tc_value *cached = tc_given(context, TC_OPTION_CACHED_LATENTS);
    if (cached->given) out->job.cached_latents = cached->integer == 0; /* the first word is on */
    take_choice(context, TC_OPTION_OPTIMIZER, TC_VOCABULARY_OPTIMIZER, &out->job.optimizer);
    out->job.balanced_routing = tc_given(context, TC_OPTION_BALANCED_ROUTING)->given;
    take_scripted(context, &out->job);
    code = take_finetune(context, &out->job);
    if (code) return code;
    const tc_value *batch = tc_given(context, TC_OPTION_GLOBAL_BATCH);
    if (batch->given) out->job.global_batch = batch->integer;
    if (batch->low < batch->high && context->options->command != TC_COMMAND_SEARCH)
        return tc_fail(context->error, TC_INVALID, "--global-batch", "a range is for search; give one number");
    tc_take_integer(context, TC_OPTION_DEVICES, &out->cluster.devices);
    if (tc_given(context, TC_OPTION_DEVICES)->given && strchr(tc_given(context, TC_OPTION_DEVICES)->text, ','))
        return tc_fail(context->error, TC_INVALID, "--devices", "several are for search; give one number");
    if (tc_given(context, TC_OPTION_HOST_MEMORY)->given)
        out->cluster.host_memory_bytes = tc_given(context, TC_OPTION_HOST_MEMORY)->real;
    code = take_layout(context, &out->layout);
    if (code) return code;
    code = tc_catalog_interval(context->catalog, &out->interval, context->error);
    if (code) return code;
    if (tc_given(context, TC_OPTION_IMAGES)->given) out->job.images = tc_given(context, TC_OPTION_IMAGES)->real;
    code = take_image_size(context, &out->job);
    if (!code) code = tc_request_model(context, tc_given(context, TC_OPTION_MODEL)->text, &out->job.model);
    if (!code) code = take_tower_states(context, &out->job.model);
    if (!code) code = tc_request_sample(context, &out->job.model);
    return code ? code : check_seq(context, &out->job);
}

tc_code tc_request_machine(tc_context *context, const char *name, tc_accelerator *accelerator, tc_fabric *fabric) {
    const tc_value *given = tc_given(context, TC_OPTION_FABRIC);
    tc_code code = tc_catalog_accelerator(context->catalog, name, accelerator, context->error);
    if (code) return code;
    if (!given->given && !*accelerator->fabric)
        return tc_fail(context->error, TC_INVALID, "--fabric", "%s has none of its own; give one", accelerator->slug);
    return tc_catalog_fabric(context->catalog, given->given ? given->text : accelerator->fabric, fabric,
                             context->error);
}

tc_code tc_request_devices(tc_context *context, const char *accelerator, tc_question *q) {
    tc_cluster *cluster = &q->cluster;
    tc_code code = tc_request_machine(context, accelerator, &cluster->accelerator, &cluster->fabric);
    if (code) return code;
    const char *stack = tc_given(context, TC_OPTION_STACK)->text;
    q->stack_assumed = !stack;
    if (!stack)
        return tc_catalog_usual_stack(context->catalog, &cluster->accelerator, tc_kind_of(&q->job.model), &q->stack,
                                      context->error);
    code = tc_catalog_stack(context->catalog, stack, &q->stack, context->error);
    bool own = !code && context->imported && stack == context->imported->stack; /* its options are of that stack */
    return own ? tc_facts_to_stack(&context->imported->facts, &q->stack, context->error) : code;
}

/* ---- a whole run ------------------------------------------------------------------- */

tc_code tc_request_economics(tc_context *context, const tc_question *question, tc_economics *out) {
    return tc_economics_load(context->catalog, tc_given(context, TC_OPTION_ECONOMICS)->text,
                             tc_given(context, TC_OPTION_REGION)->text, question->cluster.accelerator.region, out,
                             context->error);
}

void tc_request_run(const tc_context *context, tc_run_input *input) {
    tc_take_real(context, TC_OPTION_TOKENS, &input->tokens);
    tc_take_real(context, TC_OPTION_MTBF, &input->mtbf_s);
    tc_take_real(context, TC_OPTION_RESTART, &input->restart_s);
    tc_take_real(context, TC_OPTION_REPAIR, &input->repair_s);
    const tc_value *policy = tc_given(context, TC_OPTION_ON_FAILURE);
    if (policy->given) input->on_failure = tc_choice_find(tc_option_table[TC_OPTION_ON_FAILURE].argument, policy->text);
    tc_take_real(context, TC_OPTION_CHECKPOINT_EVERY, &input->interval_s);
    tc_take_real(context, TC_OPTION_CHECKPOINT_TIME, &input->checkpoint_s);
    tc_take_real(context, TC_OPTION_STORAGE, &input->storage_bytes_per_s);
    tc_take_real(context, TC_OPTION_PRICE, &input->price_usd);
    tc_take_real(context, TC_OPTION_RENTAL, &input->rental_usd_per_h);
    tc_take_real(context, TC_OPTION_PUE, &input->pue);
    tc_take_real(context, TC_OPTION_ELECTRICITY, &input->usd_per_kwh);
    tc_take_real(context, TC_OPTION_CARBON, &input->kg_co2_per_kwh);
}

tc_code tc_request_risks(const tc_context *context, tc_risks *out) {
    *out = tc_risks_none();
    if (tc_given(context, TC_OPTION_IDEAL)->given) return TC_OK;
    return tc_risks_load(context->catalog, out, context->error);
}

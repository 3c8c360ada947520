/* answer.c - --layout FILE (best: best.c): an answer of `step`, `search` (its best) or `sweep`, or a layout alone, or a launch script of a
 * training framework. An answer brings its model, devices and stack too. A stack and a fabric go with their accelerator: another accelerator has its own. */
#include "cli/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "interop/import.h"
#include "interop/layout_json.h"
#include "layout/fields.h"

#define FILE_LIMIT ((size_t)64 << 20)

static const struct {
    const char *key;
    tc_option_id id;
} keys[] = {
    {"model", TC_OPTION_MODEL},
    {"fabric", TC_OPTION_FABRIC},
    {"stack", TC_OPTION_STACK},
    {"accelerator", TC_OPTION_ACCELERATOR},
    {"devices", TC_OPTION_DEVICES},
    {"dtype", TC_OPTION_DTYPE},
    {"optimizer", TC_OPTION_OPTIMIZER},
    {"attention", TC_OPTION_ATTENTION},
    {"seq", TC_OPTION_SEQ},
    {"frames", TC_OPTION_FRAMES},
    {"height", TC_OPTION_HEIGHT},
    {"width", TC_OPTION_WIDTH},
    {"text_tokens", TC_OPTION_TEXT_TOKENS},
    {"global_batch", TC_OPTION_GLOBAL_BATCH},
    {"finetune", TC_OPTION_FINETUNE},
    {"cached_latents", TC_OPTION_CACHED_LATENTS},
    {"ema", TC_OPTION_EMA},
    {"frozen_base", TC_OPTION_FROZEN_BASE},
    {"balanced_routing", TC_OPTION_BALANCED_ROUTING},
    {"layers", TC_OPTION_LAYERS},
    {"images", TC_OPTION_IMAGES},
    {"image_size", TC_OPTION_IMAGE_SIZE},
    {"towers", TC_OPTION_TOWERS},
};

static void take_value(const tc_json *json, const char *key, tc_option_id id, tc_value *value) {
    const tc_option *option = &tc_option_table[id];
    value->given = tc_json_value(json, key) != NULL;
    if (!value->given) return;
    switch (option->type) {
    case TC_TYPE_INTEGER:
    case TC_TYPE_INTEGERS:
    case TC_TYPE_RANGE:
        value->integer = tc_json_integer(json, key, (int64_t)option->lower, (int64_t)option->upper, 0);
        value->low = value->high = value->integer;
        value->text = "";
        break;
    case TC_TYPE_REAL:
        value->real = tc_json_number(json, key, option->lower, option->upper, 0);
        value->text = "";
        break;
    case TC_TYPE_SWITCH:
        value->integer = !tc_json_bool(json, key, 0); /* the first word is on */
        value->text = value->integer ? "off" : "on";
        break;
    case TC_TYPE_FLAG:
        value->given = tc_json_bool(json, key, 0);
        value->text = "";
        break;
    default:
        value->text = tc_json_string(json, key, "");
        if (option->type == TC_TYPE_CHOICE && tc_choice_find(option->argument, value->text) < 0)
            tc_json_fail(json, key, "'%.60s' is unknown; give one of %s", value->text, option->argument);
    }
}

/* The options of `json` that the command line does not give. `given`: what that gives. */
static void take_options(tc_context *context, const tc_json *json, const bool given[TC_OPTIONS]) {
    tc_value *value = context->options->value;
    bool elsewhere = given[TC_OPTION_ACCELERATOR] || given[TC_OPTION_ACCELERATORS]
                     || context->options->command == TC_COMMAND_COMPARE;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        tc_option_id id = keys[i].id;
        bool other_sample = given[TC_OPTION_FRAMES] || given[TC_OPTION_HEIGHT] || given[TC_OPTION_WIDTH];
        if (id == TC_OPTION_SEQ && other_sample) continue; /* the length is another, too */
        bool goes_with = id == TC_OPTION_FABRIC || id == TC_OPTION_STACK;
        if (given[id] || (goes_with && elsewhere) || !tc_json_value(json, keys[i].key)) continue;
        if (tc_option_table[id].commands >> context->options->command & 1u)
            take_value(json, keys[i].key, id, &value[id]);
    }
}

/* The object that has the layout among its members: the answer, or the best of a search. */
static tc_json holder_of(const tc_json *root) {
    const json_t *best = tc_json_value(root, "best");
    tc_json first = *root;
    if (!best || tc_json_value(root, "layout")) return first;
    if (json_array_size(best) == 0 || !json_is_object(json_array_get(best, 0)))
        tc_json_fail(root, "best", "holds no layout; give an answer with one");
    first.object = json_array_get(best, 0);
    snprintf(first.path, sizeof first.path, "$.best[0]");
    return first;
}

static tc_code take_answer(tc_context *context, const tc_json *root) {
    bool given[TC_OPTIONS];
    for (int i = 0; i < TC_OPTIONS; i++) given[i] = context->options->value[i].given;
    tc_json holder = holder_of(root), layout = *root;
    if (root->document->code) return root->document->code;
    if (tc_json_value(&holder, "layout")) {
        take_options(context, root, given);
        if (holder.object != root->object) take_options(context, &holder, given);
        layout = tc_json_child(&holder, "layout");
    } else if (!tc_json_value(root, "tp")) {
        tc_json_fail(root, NULL, "has no layout; give an answer of step or search, or its layout");
    }
    const char *path = NULL;
    context->answer = tc_default_layout();
    if (!root->document->code) tc_layout_read_json(&layout, &context->answer, &context->answer_layers, &path);
    if (given[TC_OPTION_DEVICES]) context->answer.dp = TC_UNSET;
    context->answered = true;
    if (root->document->code || !path) return root->document->code;
    tc_code code = tc_schedule_load(path, &context->answer_order, context->error);
    context->answer.order = context->answer_order;
    return code;
}

tc_code tc_read_stream(const char *path, char **text, size_t *length, tc_error *error) {
    const char *part = strstr(path, ".py#"); /* a function of a file */
    char file[1024];
    if (part && (size_t)(part + 3 - path) < sizeof file) {
        snprintf(file, sizeof file, "%.*s", (int)(part + 3 - path), path);
        return tc_file_read(file, FILE_LIMIT, text, length, error);
    }
    if (strcmp(path, "-") != 0) return tc_file_read(path, FILE_LIMIT, text, length, error);
    size_t room = 1 << 16;
    *length = 0;
    *text = malloc(room + 1);
    while (*text) {
        *length += fread(*text + *length, 1, room - *length, stdin);
        if (*length < room) {
            (*text)[*length] = '\0';
            return TC_OK;
        }
        char *grown = room < FILE_LIMIT ? realloc(*text, 2 * room + 1) : NULL;
        if (!grown) free(*text);
        *text = grown;
        room *= 2;
    }
    return tc_fail(error, TC_INVALID, "standard input", "is larger than %zu MiB; give an answer", FILE_LIMIT >> 20);
}

const char *tc_stream_name(const char *path) { return strcmp(path, "-") == 0 ? "standard input" : path; }

/* ---- launch scripts ------------------------------------------------------------------------------ */

/* An answer is an object with a layout in it; anything else is a script or a configuration. */
static bool is_script(tc_context *context, const char *name, const char *text, size_t length) {
    tc_json_document document;
    tc_error unused;
    if (tc_given(context, TC_OPTION_FORMAT)->given) return true;
    size_t i = strspn(text, " \t\r\n");
    if (i >= length || (text[i] != '{' && !tc_ends_with(name, ".json"))) return i < length;
    if (tc_json_open(&document, name, 0, text, length, &unused)) return false;
    tc_json root = tc_json_root(&document);
    bool answer = tc_json_value(&root, "layout") || tc_json_value(&root, "best") || tc_json_value(&root, "tp")
                  || tc_json_value(&root, "traincast");
    tc_json_close(&document);
    if (answer) return false;
    return tc_import_knows_json(context->catalog, name, text, length);
}

static void give(tc_context *context, tc_option_id id, const char *text) {
    tc_value *value = &context->options->value[id];
    if (text && !value->given && (tc_option_table[id].commands >> context->options->command & 1u))
        *value = (tc_value){.given = true, .text = text};
}

static void give_number(tc_context *context, tc_option_id id, int64_t number) {
    tc_value *value = &context->options->value[id];
    if (number > 0 && !value->given && (tc_option_table[id].commands >> context->options->command & 1u))
        *value = (tc_value){.given = true, .text = "", .integer = number, .low = number, .high = number};
}

/* What a script says and the command line does not. */
static tc_code take_script(tc_context *context, const char *name, const char *text, size_t length) {
    const tc_value *format = tc_given(context, TC_OPTION_FORMAT);
    context->imported = malloc(sizeof *context->imported);
    if (!context->imported) return tc_fail(context->error, TC_INTERNAL, name, "out of memory");
    tc_code code = tc_import_text(context->catalog, name, text, length, format->given ? format->text : NULL,
                                  context->imported, context->error);
    if (code) return code;
    tc_imported *in = context->imported;
    context->answer = in->question.layout;
    context->answered = true;
    if (tc_given(context, TC_OPTION_DEVICES)->given) context->answer.dp = TC_UNSET;
    if (tc_given(context, TC_OPTION_MODEL)->given) in->has_model = false;
    if (context->options->command != TC_COMMAND_COMPARE) give(context, TC_OPTION_STACK, in->stack);
    give(context, TC_OPTION_MODEL, in->has_model ? in->question.job.model.slug : in->model);
    give_number(context, TC_OPTION_DEVICES, in->question.cluster.devices);
    give_number(context, TC_OPTION_SEQ, in->question.job.seq);
    give_number(context, TC_OPTION_GLOBAL_BATCH, in->question.job.global_batch);
    give(context, TC_OPTION_DTYPE, in->facts.value[TC_FACT_DTYPE]);
    give(context, TC_OPTION_OPTIMIZER, in->facts.value[TC_FACT_OPTIMIZER]);
    give(context, TC_OPTION_ATTENTION, in->facts.value[TC_FACT_ATTENTION]);
    if (in->question.job.balanced_routing) give(context, TC_OPTION_BALANCED_ROUTING, "");
    return TC_OK;
}

bool tc_answer_is_best(const tc_context *context) {
    const tc_value *value = tc_given(context, TC_OPTION_LAYOUT);
    return value->given && value->text && strcmp(value->text, "best") == 0;
}

tc_code tc_answer_read(tc_context *context) {
    const tc_value *value = tc_given(context, TC_OPTION_LAYOUT);
    const char *name = value->given ? tc_stream_name(value->text) : NULL;
    char *text;
    size_t length;
    if (!value->given || context->answered) return TC_OK;
    if (tc_answer_is_best(context)) return tc_options_check_needed(context->options, context->error);
    tc_code code;
    if (context->layout_text) {
        code = tc_json_open(&context->answer_document, "$.layout", 0, context->layout_text,
                            strlen(context->layout_text), context->error);
    } else {
        code = tc_read_stream(value->text, &text, &length, context->error);
        if (code) return code;
        bool script = is_script(context, name, text, length);
        code = script ? take_script(context, name, text, length)
                      : tc_json_open(&context->answer_document, name, 0, text, length, context->error);
        free(text);
        if (!code && script) return tc_options_check_needed(context->options, context->error);
    }
    if (code) return code;
    tc_json root = tc_json_root(&context->answer_document);
    code = take_answer(context, &root);
    return code ? code : tc_options_check_needed(context->options, context->error);
}

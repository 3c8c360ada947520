/* ask.c - tc_ask_json: a question in JSON to the answer of `traincast COMMAND --json`.
 *
 * The members of the question are the command's options: {"command": "step", "model": "llama-3-8b", "accelerator":
 * "h100-sxm", "devices": 64, "tp": 8}. They go through the command line's own table, so that ranges, words and
 * messages are the same; the place of an error is the member's path. A model, an accelerator, a scenario and what else has
 * a file may be an object in the place of its slug: the file's content. */
#include "cli/ask.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "catalog/kinds.h"
#include "catalog/lookup.h"
#include "cli/output.h"

#define REQUEST "request"

static const struct {
    tc_command_id id;
    tc_code (*run)(tc_context *context);
} askable[] = {
    {TC_COMMAND_LIST, tc_command_list},
    {TC_COMMAND_SHOW, tc_command_show},
    {TC_COMMAND_STEP, tc_command_step},
    {TC_COMMAND_EXPLAIN, tc_command_explain},
    {TC_COMMAND_COMPARE, tc_command_compare},
    {TC_COMMAND_RUN, tc_command_run},
    {TC_COMMAND_SEARCH, tc_command_search},
    {TC_COMMAND_REQUIRE, tc_command_require},
    {TC_COMMAND_PLAN, tc_command_plan},
    {TC_COMMAND_REPORT, tc_command_report},
    {TC_COMMAND_CONTROLS, tc_command_controls},
    {TC_COMMAND_VALIDATE, tc_command_validate},
    {TC_COMMAND_INFER, tc_command_infer},
    {TC_COMMAND_COLLECTIVE, tc_command_collective},
    {TC_COMMAND_IMPORT, tc_command_import},
    {TC_COMMAND_LAUNCH, tc_command_launch},
    {TC_COMMAND_RL, tc_command_rl},
};

/* A command line in the making. */
typedef struct words {
    tc_arena *arena;
    int count, room;
    char **word;
    bool failed; /* no memory */
    const tc_ask_more *more;
    const tc_inline_file *given; /* objects in the place of slugs */
} words;

static void add_word(words *w, const char *text) {
    char *copy = text ? tc_arena_copy(w->arena, text, strlen(text)) : NULL;
    if (!copy || w->count == w->room) {
        w->failed = true;
        return;
    }
    w->word[w->count++] = copy;
}

/* An object in the place of a slug: of that name, by which the catalog finds it. NULL: no memory. */
static const char *add_given(words *w, const char *name, const json_t *object) {
    tc_inline_file *given = tc_arena_alloc(w->arena, sizeof *given);
    const char *copy = tc_arena_copy(w->arena, name, strlen(name));
    if (!given || !copy) {
        w->failed = true;
        return NULL;
    }
    *given = (tc_inline_file){copy, object, w->given};
    w->given = given;
    return copy;
}

/* A scalar as a command line has it; lists by commas. NULL: it is no such value. */
static const char *text_of(tc_arena *arena, const json_t *value) {
    char number[40];
    if (json_is_string(value)) return json_string_value(value);
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        return tc_arena_copy(arena, number, strlen(number));
    }
    if (json_is_real(value)) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
        const char *copy = text ? tc_arena_copy(arena, text, strlen(text)) : NULL;
        free(text);
        return copy;
    }
    if (json_is_boolean(value)) return json_is_true(value) ? "on" : "off";
    if (!json_is_array(value) || json_array_size(value) == 0) return NULL;
    char *list = NULL;
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        const char *text = json_is_array(item) || json_is_object(item) ? NULL : text_of(arena, item);
        size_t length = text ? strlen(text) : 0;
        char *grown = text ? tc_arena_alloc(arena, used + length + 2) : NULL;
        if (!grown) return NULL;
        if (used) memcpy(grown, list, used), grown[used++] = ',';
        memcpy(grown + used, text, length);
        used += length;
        list = grown;
    }
    return list;
}

/* Options of the program rather than of the question: the answer is JSON, the catalog is the caller's. */
static bool of_the_program(int id) {
    switch (id) {
#define OUTPUT(id, name, help, format) case TC_OPTION_##id:
#include "report/outputs.def"
#undef OUTPUT
    case TC_OPTION_HELP:
    case TC_OPTION_VERSION:
    case TC_OPTION_ASSERT: /* the caller has the answer */
    case TC_OPTION_TABLE:
    case TC_OPTION_MARKDOWN:
    case TC_OPTION_COLOR:
    case TC_OPTION_CATALOG:
    case TC_OPTION_OUTPUT: /* files */
    case TC_OPTION_SVG:
    case TC_OPTION_LAUNCH_OUTPUT:
    case TC_OPTION_REPORT_OUTPUT:
    case TC_OPTION_SERVING_FRONT:
    case TC_OPTION_COLLECTIVE_SVG:
    case TC_OPTION_ICS:
    case TC_OPTION_DATES_CSV:
    case TC_OPTION_MONTHS_CSV: return true;
    default: return false;
    }
}

/* "global_batch" as "--global-batch". */
static void option_name(const char *key, char *name, size_t size) {
    snprintf(name, size, "--%s", key);
    for (char *p = name; *p; p++)
        if (*p == '_') *p = '-';
}

/* Is a part of it the path of a file, "h20:fabric=mine.yaml" too? */
static bool has_path(const char *text) {
    char part[256];
    for (; *text; text += strcspn(text, ",:="), text += strspn(text, ",:=")) {
        snprintf(part, sizeof part, "%.*s", (int)strcspn(text, ",:="), text);
        if (tc_is_path(part) || strchr(part, '\\') || strstr(part, "..")) return true;
    }
    return false;
}

/* What a stranger may not say. */
static void check_stranger(const tc_json *root, const char *key, int id, const char *text) {
    const char *argument = tc_option_table[id].argument;
    if (id == TC_OPTION_THREADS)
        tc_json_fail(root, key, "is not for those who ask to choose; leave it out");
    else if (argument && strncmp(argument, "FILE", 4) == 0 && id != TC_OPTION_CHANGE) /* whose FILE is the catalog's */
        tc_json_fail(root, key, "is a file's, and no file is read here; leave it out");
    else if (argument && strstr(argument, "FILE") && id != TC_OPTION_CHANGE && has_path(text))
        tc_json_fail(root, key, "is a path, and no file is read here; give a slug, or an object");
}

/* accelerators: [{...}, "h20"]: names of the objects among them. */
static const char *list_with_objects(words *w, const char *key, const json_t *list) {
    json_t *names = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        char name[96];
        snprintf(name, sizeof name, "$.%.60s[%zu]", key, i);
        if (!json_is_object(item))
            json_array_append(names, item);
        else
            json_array_append_new(names, json_string(add_given(w, name, item) ? name : ""));
    }
    const char *text = text_of(w->arena, names);
    json_decref(names);
    return text;
}

/* Does the option take a slug or a file, so that an object may stand for it? */
static bool has_file(int id) {
    const char *argument = tc_option_table[id].argument;
    return id == TC_OPTION_ACCELERATORS || (argument && strncmp(argument, "SLUG|FILE", 9) == 0);
}

/* The command's own option of that name: --set of a plan is another than that of a step. */
static int option_of(const words *w, const char *name) {
    int command = -1;
    for (int i = 0; w->count > 1 && w->word[1] && i < TC_COMMANDS; i++)
        if (strcmp(tc_command_table[i].name, w->word[1]) == 0) command = i;
    return tc_option_find(name, strlen(name), command);
}

static void add_member(const tc_json *root, const char *key, const json_t *value, words *w) {
    char name[80];
    option_name(key, name, sizeof name);
    int id = option_of(w, name);
    if (json_is_null(value)) return;
    if (id < 0 || of_the_program(id)) {
        tc_json_fail(root, key, "is no option of the command; 'traincast help' lists what there is");
        return;
    }
    if (tc_option_table[id].type == TC_TYPE_LIST && json_is_array(value)) { /* given once for each element */
        for (size_t i = 0; i < json_array_size(value); i++) add_member(root, key, json_array_get(value, i), w);
        return;
    }
    bool flag = tc_option_table[id].type == TC_TYPE_FLAG;
    if (flag && !json_is_boolean(value)) tc_json_fail(root, key, "is a flag; give true or false");
    if (flag && !json_is_true(value)) return;
    char place[96];
    snprintf(place, sizeof place, "$.%.80s", key);
    const char *text = flag                                                   ? ""
                       : has_file(id) && json_is_object(value)                ? add_given(w, place, value)
                       : id == TC_OPTION_ACCELERATORS && json_is_array(value) ? list_with_objects(w, key, value)
                                                                              : text_of(w->arena, value);
    if (text && w->more->sealed) check_stranger(root, key, id, text);
    if (!text && !w->failed) tc_json_fail(root, key, "is no text, number or list of them");
    add_word(w, name);
    if (!flag) add_word(w, text ? text : "");
}

/* "arguments": the words after the command. */
static void add_arguments(const tc_json *root, const json_t *list, words *w) {
    if (list && !json_is_array(list)) tc_json_fail(root, "arguments", "is no list; write [\"h20\"]");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        char place[40];
        snprintf(place, sizeof place, "$.arguments[%zu]", i);
        const char *text = json_is_object(item) ? add_given(w, place, item) : json_string_value(item);
        if (!text || text[0] == '-') tc_json_fail(root, "arguments", "holds no word; write [\"h20\"]");
        if (text && w->more->sealed && has_path(text))
            tc_json_fail(root, "arguments", "holds a path, and no file is read here; give a slug, or an object");
        add_word(w, text ? text : "");
    }
}

/* The question as a command line. layout: the object of that name as text, to be freed, or NULL. */
static void write_words(const tc_json *root, words *w, char **layout) {
    const char *key;
    json_t *value;
    add_word(w, "traincast");
    add_word(w, w->more->command ? w->more->command : tc_json_string(root, "command", ""));
    add_arguments(root, tc_json_value(root, "arguments"), w);
    json_object_foreach((json_t *)(uintptr_t)root->object, key, value) {
        if (strcmp(key, "command") == 0 || strcmp(key, "arguments") == 0) continue;
        if (strcmp(key, "layout") == 0 && json_is_object(value)) {
            *layout = json_dumps(value, JSON_REAL_PRECISION(17));
            if (!*layout) w->failed = true;
            add_word(w, "--layout");
            add_word(w, "$.layout");
        } else {
            add_member(root, key, value, w);
        }
    }
    if (tc_json_value(root, "fields")) add_word(w, "--json"); /* whose they are */
}

/* An option as the member that it was. */
static void place_in_request(tc_error *error) {
    char path[sizeof error->place];
    if (strncmp(error->place, "$.", 2) == 0) { /* in an object: its only line says nothing */
        size_t name = strcspn(error->place, ":");
        const char *after = error->place + name + (error->place[name] != '\0');
        after += strspn(after, "0123456789");
        after += strspn(after, ": ");
        snprintf(path, sizeof path, "%s: %.*s%s%.180s", REQUEST, (int)(name < 60 ? name : 60), error->place,
                 *after ? "." : "", after);
        memcpy(error->place, path, sizeof path);
        return;
    }
    if (strncmp(error->place, "--", 2) != 0) return;
    snprintf(path, sizeof path, "%s: $.%.200s", REQUEST, error->place + 2);
    char *name = strstr(path, "$."); /* what follows the option's name is as it was given */
    for (char *p = name; *p && *p != ' '; p++)
        if (*p == '-') *p = '_';
    memcpy(error->place, path, sizeof path);
}

static tc_code run(tc_context *context, const tc_ask_more *more) {
    for (size_t i = 0; i < sizeof askable / sizeof askable[0]; i++)
        if ((int)askable[i].id == context->options->command) return tc_context_run(context, askable[i].run);
    if (more->trace && context->options->command == TC_COMMAND_TRACE) return tc_context_run(context, more->trace);
    return tc_fail(context->error, TC_INVALID, REQUEST ": $.command",
                   "cannot be asked so; give step, explain, compare, run, search, require, plan, infer, collective, "
                   "validate, "
                   "controls, list or show");
}

/* Runs the command line; what it printed goes to *answer. */
static tc_code answer_words(tc_catalog *catalog, words *w, const char *layout, char **answer, tc_error *error) {
    tc_options *options = malloc(sizeof *options);
    tc_output *output = malloc(sizeof *output);
    tc_code code = options && output ? tc_options_parse(w->count, w->word, options, error)
                                     : tc_fail(error, TC_INTERNAL, REQUEST, "out of memory");
    tc_context context = {.options = options,
                          .catalog = catalog,
                          .error = error,
                          .layout_text = layout,
                          .runs = w->more->runs,
                          .tell = w->more->tell,
                          .told = w->more->told};
    if (!code && w->more->sealed && w->more->threads > 0) options->value[TC_OPTION_THREADS].integer = w->more->threads;
    if (!code) {
        context.out = tc_output_open(output);
        context.target = (tc_target){.file = context.out,
                                     .format = &tc_json_format,
                                     .fields.asked = options->value[TC_OPTION_FIELDS].text};
        code = context.out ? run(&context, w->more) : TC_INTERNAL;
        bool complete = context.out && !ferror(context.out);
        if (context.out && fclose(context.out) != 0) complete = false;
        if (!code && (!complete || output->failed || context.target.out_of_memory)) code = TC_INTERNAL;
        if (code == TC_INTERNAL && !error->code) tc_fail(error, code, REQUEST, "out of memory");
        char *ended = code ? NULL : realloc(output->text, output->length + 1);
        if (!code && !ended) code = tc_fail(error, TC_INTERNAL, REQUEST, "out of memory");
        if (ended) {
            ended[output->length] = '\0';
            *answer = ended;
        } else {
            free(output->text);
        }
    }
    free(options);
    free(output);
    return code;
}

tc_code tc_ask_json(tc_catalog *catalog, const char *request, char **answer, tc_error *error) {
    static const tc_ask_more nothing_more = {.sealed = false};
    return tc_ask(catalog, request, &nothing_more, answer, error);
}

tc_code tc_ask_json_watched(tc_catalog *catalog, const char *request, bool (*tell)(void *told, double share),
                            void *told, char **answer, tc_error *error) {
    return tc_ask(catalog, request, &(tc_ask_more){.tell = tell, .told = told}, answer, error);
}

/* The answer of a trace is the trace. */
static void add_output(words *w) {
    if (!w->more->trace || w->count < 2 || !w->word[1] || strcmp(w->word[1], "trace") != 0) return;
    add_word(w, "--output");
    add_word(w, "-");
}

tc_code tc_ask(tc_catalog *catalog, const char *request, const tc_ask_more *more, char **answer, tc_error *error) {
    tc_error unused;
    tc_arena arena = {0};
    tc_json_document document;
    char *layout = NULL;
    *answer = NULL;
    if (!error) error = &unused;
    *error = (tc_error){.code = TC_OK};
    tc_code code = tc_json_open(&document, REQUEST, 0, request, strlen(request), error);
    if (code) return code;
    tc_json root = tc_json_root(&document);
    words w = {.arena = &arena, .room = 2 * (int)json_object_size(root.object) + 7, .more = more};
    const char *key;
    json_t *member; /* a list is an option for each of its elements, or arguments */
    json_object_foreach((json_t *)(uintptr_t)root.object, key, member) w.room += 2 * (int)json_array_size(member);
    w.word = tc_arena_alloc(&arena, (size_t)w.room * sizeof *w.word);
    if (w.word) write_words(&root, &w, &layout);
    if (w.word) add_output(&w);
    code = document.code;
    if (!code && (!w.word || w.failed)) code = tc_fail(error, TC_INTERNAL, REQUEST, "out of memory");
    catalog->given = w.given;
    catalog->sealed = more->sealed;
    if (!code) code = answer_words(catalog, &w, layout, answer, error);
    catalog->given = NULL;
    catalog->sealed = false;
    if (code) place_in_request(error);
    tc_json_close(&document);
    free(layout);
    tc_arena_free(&arena);
    return code;
}

void tc_answer_free(char *answer) { free(answer); }

/* openapi.c - build tool: the API of `traincast serve` as OpenAPI 3, from the tables that the program reads.
 *
 * usage: traincast-openapi JSON.md >openapi.json
 * A question is the options of its command (src/cli/options.def), less those that name files or are the program's own. An
 * answer is that of `--json`: docs/json.md lists its fields by the ends of their paths, which "x-fields" repeats. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

static const char *const commands[]
    = {"step",     "explain",  "trace", "compare", "run",        "search", "plan",  "infer",
       "controls", "validate", "list",  "show",    "collective", "report", "launch"};
enum { COMMANDS = sizeof commands / sizeof *commands, MOST_ROWS = 4000 };

static struct row { char command[16], field[120], type[24], unit[24], meaning[900]; } rows[MOST_ROWS];
static int row_count;

/* ---- docs/json.md ------------------------------------------------------------------------------------- */

/* The next cell of a line of a table, without its spaces and backquotes. */
static char *cell(char **at, char *out, size_t size) {
    char *from = *at + 1, *to = strstr(from, " |");
    size_t length = to ? (size_t)(to - from) : 0;
    while (length > 0 && (*from == ' ' || *from == '`')) from++, length--;
    while (length > 0 && (from[length - 1] == ' ' || from[length - 1] == '`')) length--;
    snprintf(out, size, "%.*s", (int)length, from);
    if (to) *at = to + 1;
    return out;
}

static int read_rows(const char *path) {
    char line[4096];
    FILE *file = fopen(path, "r");
    if (!file) return fprintf(stderr, "openapi: %s cannot be read\n", path), 1;
    while (fgets(line, sizeof line, file)) {
        char *at = line;
        struct row *row = &rows[row_count];
        if (strncmp(line, "| ", 2) != 0 || strncmp(line, "| ---", 5) == 0 || strncmp(line, "| command", 9) == 0)
            continue;
        cell(&at, row->command, sizeof row->command);
        cell(&at, row->field, sizeof row->field);
        cell(&at, row->type, sizeof row->type);
        cell(&at, row->unit, sizeof row->unit);
        cell(&at, row->meaning, sizeof row->meaning);
        if (++row_count == MOST_ROWS) break;
    }
    fclose(file);
    return row_count < 100;
}

/* ---- questions ------------------------------------------------------------------------------------------ */

static bool is_for_strangers(const tc_option *option) {
    static const char *const not []
        = {"--catalog", "--threads", "--csv", "--json",      "--table",      "--color",    "--help", "--version",
           "--output",  "--svg",     "--ics", "--dates-csv", "--months-csv", "--markdown", "--front"};
    if (option->argument && strncmp(option->argument, "FILE", 4) == 0 && strcmp(option->name, "--layout") != 0
        && strcmp(option->name, "--set") != 0)
        return false;
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (strcmp(option->name, not [i]) == 0) return false;
    return true;
}

static json_t *type_of(const char *word) { return json_pack("{s:s}", "type", word); }

static json_t *choices(const char *words) {
    json_t *list = json_array();
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, "|");
        json_array_append_new(list, json_stringn(at, n));
        at += n + (at[n] == '|');
    }
    return json_pack("{s:s, s:o}", "type", "string", "enum", list);
}

static json_t *number_or_text(const char *number) {
    return json_pack("{s:[{s:s}, {s:s}]}", "oneOf", "type", number, "type", "string");
}

static json_t *schema_of(const tc_option *option) {
    bool object = option->argument && strstr(option->argument, "SLUG|FILE") == option->argument;
    if (strcmp(option->name, "--layout") == 0) return type_of("object");
    if (strcmp(option->name, "--accelerators") == 0)
        return json_pack("{s:[{s:s}, {s:s, s:{s:[{s:s}, {s:s}]}}]}", "oneOf", "type", "string", "type", "array",
                         "items", "oneOf", "type", "string", "type", "object");
    if (object) return json_pack("{s:[{s:s}, {s:s}]}", "oneOf", "type", "string", "type", "object");
    switch (option->type) {
    case TC_TYPE_FLAG: return type_of("boolean");
    case TC_TYPE_SWITCH:
        return json_pack("{s:[{s:s}, {s:s, s:[s, s]}]}", "oneOf", "type", "boolean", "type", "string", "enum", "on",
                         "off");
    case TC_TYPE_CHOICE: return choices(option->argument);
    case TC_TYPE_INTEGER:
    case TC_TYPE_RANGE:
    case TC_TYPE_INTEGERS: return number_or_text("integer");
    case TC_TYPE_PERCENT:
    case TC_TYPE_REAL:
    case TC_TYPE_COUNT: return number_or_text("number");
    case TC_TYPE_LIST:
        return json_pack("{s:[{s:s}, {s:s, s:{s:s}}]}", "oneOf", "type", "string", "type", "array", "items", "type",
                         "string");
    default: return number_or_text("number");
    }
}

/* "--global-batch" as "global_batch". */
static const char *key_of(const tc_option *option, char *key, size_t size) {
    snprintf(key, size, "%s", option->name + 2);
    for (char *c = key; *c; c++)
        if (*c == '-') *c = '_';
    return key;
}

static json_t *question_of(int id) {
    const tc_command *command = &tc_command_table[id];
    json_t *properties = json_object(), *required = json_array();
    char key[80], text[600];
    if (command->most > 0)
        json_object_set_new(properties, "arguments",
                            json_pack("{s:s, s:s, s:i, s:{s:[{s:s}, {s:s}]}}", "type", "array", "description",
                                      command->arguments, "minItems", command->fewest, "items", "oneOf", "type",
                                      "string", "type", "object"));
    if (command->fewest > 0) json_array_append_new(required, json_string("arguments"));
    for (int i = 0; i < TC_OPTIONS; i++) {
        const tc_option *option = &tc_option_table[i];
        if (!(option->commands >> id & 1u) || !is_for_strangers(option)) continue;
        json_t *schema = schema_of(option);
        snprintf(text, sizeof text, "%s%s%s%s", option->help, option->fallback ? " (default: " : "",
                 option->fallback ? option->fallback : "", option->fallback ? ")" : "");
        json_object_set_new(schema, "description", json_string(text));
        json_object_set_new(properties, key_of(option, key, sizeof key), schema);
    }
    json_t *schema
        = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties, "additionalProperties", 0);
    if (json_array_size(required))
        json_object_set_new(schema, "required", required);
    else
        json_decref(required);
    return schema;
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

static json_t *answer_of(const char *command) {
    json_t *fields = json_array();
    for (int i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        if (strcmp(row->command, command) != 0 && strcmp(row->command, "any") != 0) continue;
        json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:s}", "field", row->field, "type", row->type, "unit",
                                                row->unit, "meaning", row->meaning));
    }
    return json_pack("{s:s, s:[s, s, s, s], s:{s:{s:s}, s:{s:s}, s:{s:s, s:b}, s:{s:s, s:{s:s}}}, s:o}", "type",
                     "object", "required", "traincast", "schema", "data", "assumed", "properties", "traincast", "type",
                     "string", "schema", "type", "string", "data", "type", "string", "nullable", 1, "assumed", "type",
                     "array", "items", "type", "string", "x-fields", fields);
}

/* A trace is that of Chrome. */
static json_t *trace_answer(void) {
    return json_pack("{s:s, s:[s, s], s:{s:{s:s, s:{s:s}}, s:{s:s}}}", "type", "object", "required", "traceEvents",
                     "step_s", "properties", "traceEvents", "type", "array", "items", "type", "object", "step_s",
                     "type", "number");
}

static json_t *content(json_t *schema) { return json_pack("{s:{s:o}}", "application/json", "schema", schema); }

static json_t *reference(const char *to) { return json_pack("{s:s}", "$ref", to); }

static json_t *path_of(const char *name) {
    tc_error error;
    int id = tc_command_find(name, &error);
    if (id < 0) return NULL;
    json_t *responses = json_object();
    json_t *answer = strcmp(name, "trace") == 0 ? trace_answer() : answer_of(name);
    json_object_set_new(responses, "200",
                        json_pack("{s:s, s:o}", "description", "the answer of the command with --json", "content",
                                  content(answer)));
    static const char *const refusals[][2] = {{"400", "the question is wrong"},
                                              {"401", "the server's key is missing"},
                                              {"403", "another page asks"},
                                              {"404", "a name is not in the catalog"},
                                              {"405", "the method is not POST"},
                                              {"413", "the question is too large"},
                                              {"415", "the question is no JSON"},
                                              {"421", "the host is not this server"},
                                              {"422", "the answer would be too large"},
                                              {"503", "too many questions wait, or the answer takes too long"}};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        json_object_set_new(responses, refusals[i][0],
                            json_pack("{s:s, s:o}", "description", refusals[i][1], "content",
                                      content(reference("#/components/schemas/Error"))));
    return json_pack("{s:{s:s, s:s, s:s, s:{s:b, s:o}, s:o}}", "post", "operationId", name, "summary",
                     tc_command_table[id].summary, "description", tc_command_table[id].text, "requestBody", "required",
                     1, "content", content(question_of(id)), "responses", responses);
}

int main(int argc, char **argv) {
    if (argc != 2 || read_rows(argv[1])) return fprintf(stderr, "usage: openapi docs/json.md\n"), 1;
    json_t *paths = json_object();
    for (int i = 0; i < COMMANDS; i++) {
        char path[40];
        snprintf(path, sizeof path, "/api/%s", commands[i]);
        if (json_object_set_new(paths, path, path_of(commands[i])))
            return fprintf(stderr, "openapi: %s is no command\n", commands[i]), 1;
    }
    json_t *error
        = json_pack("{s:s, s:[s], s:{s:{s:s, s:[s, s], s:{s:{s:s, s:s}, s:{s:s, s:s}}}}}", "type", "object", "required",
                    "error", "properties", "error", "type", "object", "required", "place", "text", "properties",
                    "place", "type", "string", "description", "the member that is wrong, \"$.model\"", "text", "type",
                    "string", "description", "what is wrong; what would be right");
    json_t *document = json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:{s:{s:o}, s:{s:{s:s, s:s}}}}", "openapi", "3.0.3",
                                 "info", "title", "traincast", "version", TC_VERSION, "description",
                                 "The answers of the program's commands. A question's members are the options of the "
                                 "command, \"global_batch\" for --global-batch. A model, an accelerator, "
                                 "a fabric, a stack or a scenario is a slug of the catalog, or an object with what its "
                                 "file would hold; a layout is an object. No path is read.",
                                 "paths", paths, "components", "schemas", "Error", error, "securitySchemes", "key",
                                 "type", "http", "scheme", "bearer");
    if (!document || json_dumpf(document, stdout, JSON_COMPACT) != 0)
        return fprintf(stderr, "openapi: out of memory\n"), 1;
    putchar('\n');
    json_decref(document);
    return 0;
}

/* read_tree.c - JSON and YAML, flattened: {"zero_optimization": {"stage": 3}} is zero_optimization.stage 3; lists of plain
 * values are one value with spaces, other lists have the place of each element in the path. */
#include "interop/read_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "catalog/document.h"
#include "interop/calculate.h"

#define PATH 400
#define LIST 2000
#define DEEPEST 16

static void extend(char *path, size_t used, const char *key, int place) {
    const char *link = used ? "." : "";
    if (key)
        snprintf(path + used, PATH - used, "%s%s", link, key);
    else
        snprintf(path + used, PATH - used, "%s%d", link, place);
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

static const char *json_text(const json_t *value, char *buffer, size_t size) {
    if (json_is_string(value)) return json_string_value(value);
    if (json_is_integer(value)) snprintf(buffer, size, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) snprintf(buffer, size, "%.15g", json_real_value(value));
    if (json_is_boolean(value)) snprintf(buffer, size, "%s", json_is_true(value) ? "true" : "false");
    if (json_is_null(value)) snprintf(buffer, size, "null");
    return buffer;
}

static void walk_json(const json_t *value, char *path, int depth, tc_settings *out) {
    char buffer[48] = "", list[LIST] = "";
    const char *key;
    json_t *child;
    size_t used = strlen(path), i;
    bool plain = true;
    if (depth > DEEPEST || used > PATH - 60) {
        tc_settings_note(out, "%.80s lies too deep and is left out", path);
        return;
    }
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, child) {
            extend(path, used, key, 0);
            walk_json(child, path, depth + 1, out);
            path[used] = '\0';
        }
        return;
    }
    if (!json_is_array(value)) {
        tc_settings_add(out, path, json_text(value, buffer, sizeof buffer), 0, 0);
        return;
    }
    json_array_foreach(value, i, child) {
        if (json_is_object(child) || json_is_array(child)) plain = false;
        if (plain) tc_append(list, LIST, "%s%s", i ? " " : "", json_text(child, buffer, sizeof buffer));
    }
    if (plain) {
        tc_settings_add(out, path, list, 0, 0);
        return;
    }
    json_array_foreach(value, i, child) {
        extend(path, used, NULL, (int)i);
        walk_json(child, path, depth + 1, out);
        path[used] = '\0';
    }
}

tc_code tc_read_json(const char *text, size_t length, tc_settings *out, tc_error *error) {
    char path[PATH] = "";
    tc_json_document document;
    tc_code code = tc_json_open(&document, out->file, 0, text, length, error);
    if (code) return code;
    walk_json(document.root, path, 0, out);
    tc_json_close(&document);
    return tc_settings_check(out, error);
}

/* ---- YAML --------------------------------------------------------------------------------------------- */

static void walk_yaml(const tc_node *node, char *path, int depth, tc_settings *out) {
    size_t used = strlen(path);
    char list[LIST] = "";
    if (depth > DEEPEST || used > PATH - 60) {
        tc_settings_note(out, "%.80s lies too deep and is left out", path);
        return;
    }
    if (node->kind == TC_NODE_SCALAR) {
        tc_settings_add(out, path, tc_node_is_null(node) ? "null" : node->text, node->line, 0);
        return;
    }
    bool plain = node->kind == TC_NODE_SEQUENCE;
    for (const tc_node *n = node->first; n && plain; n = n->next) {
        plain = n->kind == TC_NODE_SCALAR;
        if (plain) tc_append(list, LIST, "%s%s", *list ? " " : "", n->text);
    }
    if (plain) {
        tc_settings_add(out, path, list, node->line, 0);
        return;
    }
    for (const tc_node *n = node->first; n; n = n->next) {
        extend(path, used, n->key, n->index);
        walk_yaml(n, path, depth + 1, out);
        path[used] = '\0';
    }
}

/* ${...} of a value, worked out; false: it is none that is known. */
typedef struct resolver {
    tc_settings *settings;
    int depth;
} resolver;

static bool resolved(resolver *r, const char *text, size_t length, const char **out);

static bool number_of(resolver *r, const char *text, size_t length, int64_t *out) {
    const char *value;
    while (length && *text == ' ') text++, length--;
    while (length && text[length - 1] == ' ') length--;
    if (!resolved(r, text, length, &value)) return false;
    return tc_calculate(value, NULL, NULL, out);
}

/* The comma between two arguments, brackets left out. */
static const char *comma_of(const char *text, const char *end) {
    int depth = 0;
    for (; text < end; text++) {
        depth += (*text == '{') - (*text == '}');
        if (*text == ',' && depth == 0) return text;
    }
    return NULL;
}

static bool operated(resolver *r, const char *inner, const char *end, const char **out) {
    static const struct {
        const char *name;
        char op;
    } operators[] = {{"multiply:", '*'}, {"divide_ceil:", 'c'}, {"divide_floor:", '/'},
                     {"divide:", '/'},   {"add:", '+'},         {"subtract:", '-'}};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t n = strlen(operators[i].name);
        if ((size_t)(end - inner) < n || strncmp(inner, operators[i].name, n) != 0) continue;
        const char *comma = comma_of(inner + n, end);
        int64_t a, b;
        char number[32];
        if (!comma || !number_of(r, inner + n, (size_t)(comma - inner) - n, &a)
            || !number_of(r, comma + 1, (size_t)(end - comma - 1), &b))
            return false;
        if ((operators[i].op == '/' || operators[i].op == 'c') && b == 0) return false;
        if (llabs(a) > 1000000000 || llabs(b) > 1000000000) return false;
        int64_t value = operators[i].op == '*'   ? a * b
                        : operators[i].op == '+' ? a + b
                        : operators[i].op == '-' ? a - b
                        : operators[i].op == 'c' ? (a + b - 1) / b
                                                 : a / b;
        snprintf(number, sizeof number, "%lld", (long long)value);
        *out = tc_settings_copy(r->settings, number, strlen(number));
        return true;
    }
    return false;
}

static bool resolved(resolver *r, const char *text, size_t length, const char **out) {
    if (length < 3 || text[0] != '$' || text[1] != '{' || text[length - 1] != '}') {
        *out = tc_settings_copy(r->settings, text, length);
        return true;
    }
    if (++r->depth > 40) return false;
    const char *inner = text + 2, *end = text + length - 1;
    if (operated(r, inner, end, out)) return true;
    char name[PATH];
    while (inner < end && *inner == '.') inner++; /* of the same mapping: by its last key */
    snprintf(name, sizeof name, "%.*s", (int)(end - inner < PATH - 1 ? end - inner : PATH - 1), inner);
    for (int i = r->settings->count; i-- > 0;) {
        const tc_setting *s = &r->settings->list[i];
        bool same = strcmp(s->name, name) == 0;
        if (!same && tc_ends_with(s->name, name)) same = s->name[strlen(s->name) - strlen(name) - 1] == '.';
        if (!same && tc_ends_with(name, s->name)) same = name[strlen(name) - strlen(s->name) - 1] == '.';
        if (same && s->value) return resolved(r, s->value, strlen(s->value), out);
    }
    return false;
}

static void resolve_all(tc_settings *s) {
    for (int i = 0; i < s->count && !s->no_memory; i++) {
        const char *value = s->list[i].value;
        if (!value || !strstr(value, "${")) continue;
        resolver r = {s, 0};
        const char *out;
        if (value[0] == '$' && resolved(&r, value, strlen(value), &out) && !strstr(out, "${")) {
            s->list[i].value = out;
        } else {
            char text[200] = {TC_SETTING_UNKNOWN, 0};
            snprintf(text + 1, sizeof text - 1, "%.180s", value);
            s->list[i].value = tc_settings_copy(s, text, strlen(text));
        }
    }
}

tc_code tc_read_yaml(const char *text, size_t length, tc_settings *out, tc_error *error) {
    char path[PATH] = "";
    tc_document document;
    tc_code code = tc_document_parse(text, length, out->file, &out->arena, &document, error);
    if (code) return code;
    walk_yaml(document.root, path, 0, out);
    resolve_all(out);
    return tc_settings_check(out, error);
}

/* write_tree.c - settings of one section stand together: JSON and YAML nested, TOML in tables. */
#include "interop/write_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

#define DEEPEST 12

void tc_text_put_bytes(tc_text_buffer *b, const char *text, size_t length) {
    if (b->failed) return;
    if (b->used + length + 1 > b->room) {
        size_t room = 2 * (b->used + length) + 256;
        char *grown = realloc(b->text, room);
        if (!grown) {
            b->failed = true;
            return;
        }
        b->text = grown;
        b->room = room;
    }
    memcpy(b->text + b->used, text, length);
    b->used += length;
    b->text[b->used] = '\0';
}

void tc_text_put(tc_text_buffer *b, const char *text) { tc_text_put_bytes(b, text, strlen(text)); }

void tc_text_free(tc_text_buffer *b) {
    free(b->text);
    *b = (tc_text_buffer){.text = NULL};
}

static void indent(tc_text_buffer *out, int depth, const char *step) {
    for (int i = 0; i < depth; i++) tc_text_put(out, step);
}

/* A number or a truth value as it is; a text in quotes. */
static void put_scalar(tc_text_buffer *out, const char *value, bool yaml) {
    double number;
    bool plain = strcmp(value, "true") == 0 || strcmp(value, "false") == 0 || strcmp(value, "null") == 0
                 || strcmp(value, "[]") == 0 || tc_parse_number(value, &number, "", NULL) == TC_OK;
    bool word = yaml
                && strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == strlen(value)
                && *value;
    tc_text_put(out, plain || word ? "" : "\"");
    tc_text_put(out, value);
    tc_text_put(out, plain || word ? "" : "\"");
}

static size_t common(const char *a,
                     const char *b) { /* bytes of the sections that both are in, the last point included */
    size_t last = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '.') last = i + 1;
    return last;
}

static int sections(const char *name, size_t length) {
    int n = 0;
    for (size_t i = 0; i < length; i++) n += name[i] == '.';
    return n;
}

/* By section: a setting comes after the last one of its own section. */
static int sorted(const tc_settings *s, int *order) {
    int n = 0;
    for (int i = 0; i < s->count; i++) {
        if (s->list[i].name[0] == '-') continue; /* an argument */
        int at = n;
        size_t best = 0;
        for (int k = 0; k < n; k++) {
            size_t shared = common(s->list[order[k]].name, s->list[i].name);
            if (shared >= best && shared > 0) best = shared, at = k + 1;
        }
        memmove(order + at + 1, order + at, (size_t)(n - at) * sizeof *order);
        order[at] = i;
        n++;
    }
    return n;
}

static void write_nested(const tc_settings *s, const int *order, int count, bool yaml, tc_text_buffer *out) {
    const char *before = "";
    int depth = 0;
    if (!yaml) tc_text_put(out, "{\n");
    for (int i = 0; i < count; i++) {
        const char *name = s->list[order[i]].name, *value = s->list[order[i]].value;
        size_t shared = common(before, name);
        int keep = sections(name, shared);
        for (; depth > keep && !yaml; depth--) {
            tc_text_put(out, "\n");
            indent(out, depth, "  ");
            tc_text_put(out, "}");
        }
        depth = keep;
        if (i > 0) tc_text_put(out, yaml ? "\n" : ",\n");
        const char *at = name + shared;
        for (const char *point; (point = strchr(at, '.')); at = point + 1) {
            indent(out, yaml ? depth : depth + 1, "  ");
            tc_text_put(out, yaml ? "" : "\"");
            tc_text_put_bytes(out, at, (size_t)(point - at));
            tc_text_put(out, yaml ? ":\n" : "\": {\n");
            depth++;
        }
        indent(out, yaml ? depth : depth + 1, "  ");
        tc_text_put(out, yaml ? "" : "\"");
        tc_text_put(out, at);
        tc_text_put(out, yaml ? ": " : "\": ");
        put_scalar(out, value ? value : "true", yaml);
        before = name;
    }
    for (; depth > 0 && !yaml; depth--) {
        tc_text_put(out, "\n");
        indent(out, depth, "  ");
        tc_text_put(out, "}");
    }
    tc_text_put(out, yaml ? "\n" : "\n}\n");
}

static void write_toml(const tc_settings *s, const int *order, int count, tc_text_buffer *out) {
    const char *table = NULL;
    size_t length = 0;
    for (int i = 0; i < count; i++) {
        const char *name = s->list[order[i]].name, *point = strrchr(name, '.');
        size_t n = point ? (size_t)(point - name) : 0;
        if (!table || n != length || strncmp(table, name, n) != 0) {
            tc_text_put(out, table ? "\n" : "");
            if (n) tc_text_put(out, "[");
            tc_text_put_bytes(out, name, n);
            if (n) tc_text_put(out, "]\n");
            table = name;
            length = n;
        }
        tc_text_put(out, point ? point + 1 : name);
        tc_text_put(out, " = ");
        put_scalar(out, s->list[order[i]].value ? s->list[order[i]].value : "true", false);
        tc_text_put(out, "\n");
    }
}

/* config.KEY = VALUE: names of classes are made, "FullAC.Config()". */
static void write_python(const tc_settings *s, const int *order, int count, tc_text_buffer *out) {
    bool first = true;
    for (int i = 0; i < count; i++) {
        const char *value = s->list[order[i]].value ? s->list[order[i]].value : "true";
        double number;
        if (strcmp(s->list[order[i]].name, "preset") == 0) continue; /* of the template */
        bool made = strlen(value) > 7 && strcmp(value + strlen(value) - 7, ".Config") == 0;
        bool plain = made || strcmp(value, "None") == 0 || tc_parse_number(value, &number, "", NULL) == TC_OK;
        bool truth = strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
        tc_text_put(out, first ? "config." : "\n    config.");
        first = false;
        tc_text_put(out, s->list[order[i]].name);
        tc_text_put(out, " = ");
        tc_text_put(out, plain || truth ? "" : "\"");
        tc_text_put(out, truth ? (*value == 't' ? "True" : "False") : value);
        tc_text_put(out, made ? "()" : plain || truth ? "" : "\"");
    }
}

void tc_write_tree(tc_syntax syntax, const tc_settings *s, tc_text_buffer *out) {
    int *order = malloc(((size_t)s->count + 1) * sizeof *order);
    if (!order) {
        out->failed = true;
        return;
    }
    int count = sorted(s, order);
    if (syntax == TC_SYNTAX_PYTHON)
        write_python(s, order, count, out);
    else if (syntax == TC_SYNTAX_TOML)
        write_toml(s, order, count, out);
    else if (syntax == TC_SYNTAX_JSON || syntax == TC_SYNTAX_YAML)
        write_nested(s, order, count, syntax == TC_SYNTAX_YAML, out);
    free(order);
}

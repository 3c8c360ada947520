/* yaml.c - libyaml's events into the tree of a data file. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "catalog/document.h"

#define PLACE_SIZE sizeof(((tc_error *)0)->place)

/* ---- text ----------------------------------------------------------------------- */

/* UTF-8 without control characters, and not empty. */
static tc_code check_text(const char *text, size_t length, const char *file, tc_error *error) {
    char place[PLACE_SIZE];
    if (length > TC_DOCUMENT_MAX_BYTES) {
        tc_document_write_place(file, 1, "", place, sizeof place);
        return tc_fail(error, TC_INVALID, place, "is larger than %zu MB; give a data file of ordinary size",
                       TC_DOCUMENT_MAX_BYTES >> 20);
    }
    const unsigned char *p = (const unsigned char *)text;
    int line = 1;
    for (size_t i = 0; i < length;) {
        if (p[i] >= 0x20 && p[i] < 0x7f) { /* nearly all of a data file */
            i++;
            continue;
        }
        size_t step;
        uint32_t code_point;
        tc_glyph glyph = tc_utf8_next(text + i, length - i, &step, &code_point);
        bool control = (p[i] < 0x20 && p[i] != '\n' && p[i] != '\r' && p[i] != '\t') || p[i] == 0x7f;
        if (glyph == TC_GLYPH_CUT || glyph == TC_GLYPH_BROKEN || control) {
            tc_document_write_place(file, line, "", place, sizeof place);
            return tc_fail(error, TC_INVALID, place,
                           "holds the byte 0x%02x, which is no UTF-8 text; give a YAML text file", p[i]);
        }
        if (p[i] == '\n') line++;
        i += step;
    }
    return TC_OK;
}

/* ---- parsing -------------------------------------------------------------------- */

typedef struct builder {
    yaml_parser_t parser;
    const char *text;
    size_t length;
    const char *file;
    tc_arena *arena;
    tc_error *error;
    tc_node *root, *open; /* the innermost mapping or sequence that is not closed */
    const char *key;      /* read, waiting for its value */
    int key_line, key_column;
    int depth, nodes, documents; /* so far */
    bool done;
} builder;

/* Fails at a line, in the innermost open node and its waiting key. */
static tc_code fail_event(builder *b, const yaml_event_t *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static tc_code fail_event(builder *b, const yaml_event_t *event, const char *format, ...) {
    int line = b->key ? b->key_line : (int)event->start_mark.line + 1;
    tc_node element = {.parent = b->open, .index = b->open ? b->open->count : 0}; /* the one that would come next */
    bool in_sequence = b->open && b->open->kind == TC_NODE_SEQUENCE;
    va_list args;
    va_start(args, format);
    tc_code code
        = tc_document_fail_at(b->file, NULL, line, in_sequence ? &element : b->open, b->key, b->error, format, args);
    va_end(args);
    return code;
}

static tc_code fail_memory(builder *b) { return tc_fail(b->error, TC_INTERNAL, b->file, "out of memory"); }

/* Adds a node to the open one, under the waiting key; NULL when memory is out. */
static tc_node *add_node(builder *b, tc_node_kind kind, const yaml_event_t *event) {
    tc_node *node = tc_arena_alloc(b->arena, sizeof *node);
    if (!node) return NULL;
    b->nodes++;
    node->kind = kind;
    node->line = b->key ? b->key_line : (int)event->start_mark.line + 1;
    node->column = b->key ? b->key_column : (int)event->start_mark.column + 1;
    node->key = b->key;
    node->parent = b->open;
    b->key = NULL;
    if (!b->open) {
        b->root = node;
        return node;
    }
    node->index = b->open->count++;
    if (b->open->last)
        b->open->last->next = node;
    else
        b->open->first = node;
    b->open->last = node;
    return node;
}

static tc_code on_scalar(builder *b, const yaml_event_t *event) {
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(value, 0, length)) return fail_event(b, event, "holds a NUL character; write plain text");
    char *text = tc_arena_copy(b->arena, value, length);
    if (!text) return fail_memory(b);
    if (b->open && b->open->kind == TC_NODE_MAPPING && !b->key) {
        if (!length) return fail_event(b, event, "a key is empty; write 'key: value'");
        b->key = text;
        b->key_line = (int)event->start_mark.line + 1;
        b->key_column = (int)event->start_mark.column + 1;
        return TC_OK;
    }
    tc_node *node = add_node(b, TC_NODE_SCALAR, event);
    if (!node) return fail_memory(b);
    node->text = text;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return TC_OK;
}

static tc_code on_start(builder *b, const yaml_event_t *event, tc_node_kind kind) {
    if (b->open && b->open->kind == TC_NODE_MAPPING && !b->key)
        return fail_event(b, event, "a key is no plain word; write 'key: value'");
    if (b->depth == TC_DOCUMENT_MAX_DEPTH)
        return fail_event(b, event, "is nested deeper than %d levels; a data file is flat", TC_DOCUMENT_MAX_DEPTH);
    tc_node *node = add_node(b, kind, event);
    if (!node) return fail_memory(b);
    b->open = node;
    b->depth++;
    return TC_OK;
}

static int by_key_then_index(const void *a, const void *b) {
    const tc_node *x = *(const tc_node *const *)a, *y = *(const tc_node *const *)b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* The first child whose key an earlier one has; NULL where all are unique. */
static tc_code find_duplicate(builder *b, const tc_node *mapping, const tc_node **first, const tc_node **second) {
    *first = *second = NULL;
    if (mapping->count <= 16) { /* the common case: no memory, no sort */
        for (const tc_node *y = mapping->first; y; y = y->next)
            for (const tc_node *x = mapping->first; x != y; x = x->next)
                if (strcmp(x->key, y->key) == 0) {
                    *first = x;
                    *second = y;
                    return TC_OK;
                }
        return TC_OK;
    }
    const tc_node **sorted = malloc((size_t)mapping->count * sizeof *sorted);
    if (!sorted) return fail_memory(b);
    int n = 0;
    for (const tc_node *child = mapping->first; child; child = child->next) sorted[n++] = child;
    qsort(sorted, (size_t)n, sizeof *sorted, by_key_then_index);
    for (int i = 1; i < n; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0 && (!*second || sorted[i]->index < (*second)->index)) {
            *first = sorted[i - 1];
            *second = sorted[i];
        }
    free(sorted);
    return TC_OK;
}

static tc_code on_end(builder *b) {
    tc_node *closed = b->open;
    b->open = (tc_node *)closed->parent;
    b->depth--;
    if (closed->kind != TC_NODE_MAPPING) return TC_OK;
    const tc_node *first, *second;
    tc_code code = find_duplicate(b, closed, &first, &second);
    if (code != TC_OK || !second) return code;
    tc_document document = {.file = b->file};
    return tc_document_fail(&document, second, NULL, b->error, "is given twice, first in line %d; keep one of the two",
                            first->line);
}

/* Anchors and tags on any node. */
static tc_code check_decoration(builder *b, const yaml_event_t *event, const yaml_char_t *anchor,
                                const yaml_char_t *tag) {
    if (anchor)
        return fail_event(b, event, "has the anchor '&%.40s'; anchors are not read, write the value out",
                          (const char *)anchor);
    if (tag)
        return fail_event(b, event, "has the tag '%.40s'; tags are not read, write the plain value", (const char *)tag);
    return TC_OK;
}

static tc_code on_event(builder *b, const yaml_event_t *event) {
    tc_code code = TC_OK;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++b->documents > 1) return fail_event(b, event, "a second document begins; give one document a file");
        return TC_OK;
    case YAML_ALIAS_EVENT:
        return fail_event(b, event, "is the alias '*%.40s'; aliases are not read, write the value out",
                          (const char *)event->data.alias.anchor);
    case YAML_SCALAR_EVENT:
        code = check_decoration(b, event, event->data.scalar.anchor, event->data.scalar.tag);
        return code != TC_OK ? code : on_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        code = check_decoration(b, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        return code != TC_OK ? code : on_start(b, event, TC_NODE_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        code = check_decoration(b, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        return code != TC_OK ? code : on_start(b, event, TC_NODE_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return on_end(b);
    case YAML_STREAM_END_EVENT: b->done = true; return TC_OK;
    default: return TC_OK;
    }
}

/* The last line with text in it, from 0: libyaml puts the end of the text into the line after it. */
static size_t last_line(const builder *b) {
    size_t line = 0;
    for (size_t i = 0; i + 1 < b->length; i++) line += b->text[i] == '\n';
    return line;
}

static tc_code fail_syntax(builder *b) {
    const yaml_parser_t *parser = &b->parser;
    if (parser->error == YAML_MEMORY_ERROR) return fail_memory(b);
    yaml_event_t at = {.start_mark = parser->problem_mark};
    if (at.start_mark.line > last_line(b)) at.start_mark.line = last_line(b);
    b->key = NULL;
    if (parser->context)
        return fail_event(b, &at, "is no valid YAML: %s %s (begun in line %zu); check indentation, quotes and brackets",
                          parser->problem, parser->context, parser->context_mark.line + 1);
    return fail_event(b, &at, "is no valid YAML: %s; check indentation, quotes and brackets",
                      parser->problem ? parser->problem : "it cannot be read");
}

static tc_code build(builder *b) {
    while (!b->done) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event)) return fail_syntax(b);
        tc_code code = on_event(b, &event);
        if (code == TC_OK && b->nodes > TC_DOCUMENT_MAX_NODES)
            code = fail_event(b, &event, "the file has more than %d values; give one of ordinary size",
                              TC_DOCUMENT_MAX_NODES);
        yaml_event_delete(&event);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

tc_code tc_document_parse(const char *text, size_t length, const char *file, tc_arena *arena, tc_document *out,
                          tc_error *error) {
    *out = (tc_document){.file = file};
    tc_code code = check_text(text, length, file, error);
    if (code != TC_OK) return code;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        text += 3;
        length -= 3;
    }
    builder b = {.text = text, .length = length, .file = file, .arena = arena, .error = error};
    if (!yaml_parser_initialize(&b.parser)) return fail_memory(&b);
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, length);
    code = build(&b);
    yaml_parser_delete(&b.parser);
    if (code != TC_OK) return code;
    if (!b.root) return tc_document_fail(out, NULL, NULL, error, "is empty; a data file begins with 'format: 1'");
    if (b.root->kind != TC_NODE_MAPPING)
        return tc_document_fail(out, b.root, NULL, error,
                                "holds no 'key: value' lines; a data file begins with 'format: 1'");
    out->root = b.root;
    return tc_document_index_sources(out, arena, error);
}

tc_code tc_document_read(const char *path, tc_arena *arena, tc_document *out, tc_error *error) {
    char *text = NULL;
    size_t length = 0;
    tc_code code = tc_file_read(path, TC_DOCUMENT_MAX_BYTES, &text, &length, error);
    if (code != TC_OK) return code;
    const char *file = tc_arena_copy(arena, path, strlen(path));
    code = file ? tc_document_parse(text, length, file, arena, out, error)
                : tc_fail(error, TC_INTERNAL, path, "out of memory");
    free(text);
    return code;
}

bool tc_document_peek(const char *text, size_t length, const char *key, char *buffer, size_t size) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return false;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    bool found = false, is_key = true, is_wanted = false;
    buffer[0] = '\0';
    for (int depth = 0, going = 1; going;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) break;
        const char *value = event.type == YAML_SCALAR_EVENT ? (const char *)event.data.scalar.value : "";
        if (event.type == YAML_MAPPING_START_EVENT || event.type == YAML_SEQUENCE_START_EVENT) depth++;
        if (event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT) {
            depth--;
            if (depth == 1) is_key = true;
        } else if (depth == 1 && event.type == YAML_SCALAR_EVENT) {
            if (is_key) {
                is_wanted = strcmp(value, key) == 0;
            } else if (is_wanted) {
                snprintf(buffer, size, "%s", value);
                found = true;
            }
            is_key = !is_key;
        }
        going = !found && event.type != YAML_STREAM_END_EVENT && depth <= TC_DOCUMENT_MAX_DEPTH;
        yaml_event_delete(&event);
    }
    bool exhausted = parser.error == YAML_MEMORY_ERROR;
    yaml_parser_delete(&parser);
    return !exhausted;
}

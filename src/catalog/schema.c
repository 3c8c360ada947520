/* schema.c - reads a document by a table of its fields. */
#include "catalog/schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/vocabulary.h"

#define FORMAT_VERSION 1
#define MAX_FIELDS 160
#define MAX_PATH 160
#define MAX_NUMBER 1e30

/* One document, or one element of a list in it. */
typedef struct reader {
    const tc_schema *schema;
    const tc_document *document;
    char *out;       /* NULL: check only */
    tc_arena *arena; /* of the elements of grown lists; NULL: the schema has none */
    tc_error *error;
    const tc_node *root;
    bool seen[MAX_FIELDS];
} reader;

static tc_code read_tree(const reader *parent, const tc_schema *schema, const tc_node *root, void *out);

static const char *kind_name(const tc_node *node) {
    if (node->kind == TC_NODE_MAPPING) return "a mapping";
    if (node->kind == TC_NODE_SEQUENCE) return "a list";
    return tc_node_is_null(node) || !node->text[0] ? "empty" : "text";
}

/* ---- figures ---------------------------------------------------------------------- */

/* A figure is a mapping with `value`, or with `mid` where it is not certain; nothing else in the formats has these keys. */
static const tc_node *value_of(const tc_node *node) {
    if (node->kind != TC_NODE_MAPPING) return NULL;
    const tc_node *value = tc_node_get(node, "value");
    return value ? value : tc_node_get(node, "mid");
}

static bool is_figure(const tc_node *node) { return value_of(node) != NULL; }

const tc_node *tc_figure_value(const tc_node *node) { return is_figure(node) ? value_of(node) : node; }

static tc_code check_source(const reader *r, const tc_node *name) {
    if (name->kind != TC_NODE_SCALAR || tc_node_is_null(name))
        return tc_document_fail(r->document, name, NULL, r->error, "is %s; write a key of 'sources'", kind_name(name));
    if (tc_document_source(r->document, name->text)) return TC_OK;
    const char *keys[256];
    int n = 0;
    for (const tc_document *d = r->document; d; d = d->shared)
        for (int i = 0; i < d->sources && n < (int)(sizeof keys / sizeof *keys); i++) keys[n++] = d->source[i]->key;
    const char *nearest = n ? tc_nearest(name->text, keys, n) : NULL;
    if (nearest)
        return tc_document_fail(r->document, name, NULL, r->error,
                                "'%.60s' is no key of 'sources'; did you mean '%.60s'?", name->text, nearest);
    return tc_document_fail(r->document, name, NULL, r->error,
                            "'%.60s' is no key of 'sources'; add a line '%.60s: \"where the figure is from\"' there",
                            name->text, name->text);
}

/* One, or a list of them. */
static tc_code check_sources(const reader *r, const tc_node *source) {
    if (source->kind != TC_NODE_SEQUENCE) return check_source(r, source);
    for (const tc_node *name = source->first; name; name = name->next) {
        tc_code code = check_source(r, name);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

static bool is_one_of(const char *word, const char *const *words) {
    while (*words && strcmp(*words, word) != 0) words++;
    return *words != NULL;
}

/* Source and note of a figure, and that there is nothing else in it. */
static tc_code check_figure(const reader *r, const tc_field *field, const tc_node *node) {
    if (!is_figure(node)) {
        if (!field->sourced || node->line < 0) return TC_OK; /* below 0: a change, whose source is who makes it */
        const char *example = node->kind == TC_NODE_SCALAR ? node->text : "...";
        return tc_document_fail(r->document, node, NULL, r->error,
                                "has no source; write {value: \"%.40s\", source: NAME} with NAME under 'sources'",
                                example);
    }
    const tc_node *source = tc_node_get(node, "source");
    bool spread = field->type == TC_FIELD_SPREAD && !tc_node_get(node, "value");
    const char *const certain[] = {"value", "source", "note", NULL}, *const uncertain[]
                                                                     = {"low", "mid", "high", "source", "note", NULL};
    for (const tc_node *child = node->first; child; child = child->next)
        if (!is_one_of(child->key, spread ? uncertain : certain))
            return tc_document_fail(r->document, child, NULL, r->error, "'%.60s' is unknown; a figure has %s",
                                    child->key, spread ? "low, mid, high, source and note" : "value, source and note");
    if (!source) {
        if (!field->sourced) return TC_OK;
        return tc_document_fail(r->document, node, NULL, r->error,
                                "has no source; add 'source: NAME' with NAME under 'sources'");
    }
    return check_sources(r, source);
}

char *tc_figure_source(const tc_document *document, const tc_node *node, char *buffer, size_t size) {
    const tc_node *source = tc_node_get(node, "source");
    size_t used = 0;
    buffer[0] = 0;
    if (!source || !is_figure(node)) return buffer;
    const tc_node *name = source->kind == TC_NODE_SEQUENCE ? source->first : source;
    for (; name && used < size; name = source->kind == TC_NODE_SEQUENCE ? name->next : NULL) {
        const tc_node *found = name->kind == TC_NODE_SCALAR ? tc_document_source(document, name->text) : NULL;
        if (!found || found->kind != TC_NODE_SCALAR) continue;
        int written = snprintf(buffer + used, size - used, "%s%s", used ? "; " : "", found->text);
        used += written > 0 ? (size_t)written : 0;
    }
    return buffer;
}

/* ---- scalars ---------------------------------------------------------------------- */

static const char *expected_form(const tc_field *field) {
    switch (field->type) {
    case TC_FIELD_INTEGER: return "a whole number such as 8";
    case TC_FIELD_BOOLEAN: return "true or false";
    case TC_FIELD_ENUM: return "one of its words";
    case TC_FIELD_NUMBER:
    case TC_FIELD_SPREAD: return tc_dimension_example(field->dimension);
    default: return "text";
    }
}

/* The scalar of a field, plain or in a figure. */
static tc_code get_scalar(const reader *r, const tc_field *field, const tc_node *node, const tc_node **out) {
    const tc_node *value = tc_figure_value(node);
    bool text = field->type == TC_FIELD_STRING || field->type == TC_FIELD_ENUM;
    if (value != node && text && !field->sourced) /* nobody would read its source or note */
        return tc_document_fail(r->document, node, NULL, r->error, "is a figure; write %s alone, without 'value'",
                                field->type == TC_FIELD_ENUM ? "the word" : "the text");
    if (value->kind == TC_NODE_SCALAR && !tc_node_is_null(value)
        && (value->text[0] || field->type == TC_FIELD_STRING)) {
        *out = value;
        return TC_OK;
    }
    if (field->type == TC_FIELD_NUMBER || field->type == TC_FIELD_SPREAD)
        return tc_document_fail(r->document, value, NULL, r->error, "is %s; write a value such as \"%s\"",
                                kind_name(value), expected_form(field));
    return tc_document_fail(r->document, value, NULL, r->error, "is %s; write %s", kind_name(value),
                            expected_form(field));
}

/* Passes the text of a unit or number error on, with the node's place. */
static tc_code fail_quantity(const tc_document *document, const tc_node *node, const tc_error *cause, tc_error *error) {
    return tc_document_fail(document, node, NULL, error, "%s", cause->text);
}

tc_code tc_figure_number(const tc_field *field, const tc_document *document, const tc_node *node, double *out,
                         tc_error *error) {
    const tc_node *value = tc_figure_value(node);
    tc_error cause;
    tc_code code = TC_INVALID;
    if (value->kind != TC_NODE_SCALAR)
        return tc_document_fail(document, value, NULL, error, "is %s; write a value such as \"%s\"", kind_name(value),
                                expected_form(field));
    if (field->plain_si) code = tc_parse_number(value->text, out, "", &cause);
    if (code != TC_OK) code = tc_parse_quantity(value->text, field->dimension, out, "", &cause);
    return code == TC_OK ? TC_OK : fail_quantity(document, value, &cause, error);
}

static tc_code check_range(const reader *r, const tc_field *field, const tc_node *value, double number) {
    double max = field->max > 0 ? field->max : MAX_NUMBER;
    if (number >= field->min && number <= max) return TC_OK;
    char low[48], high[48];
    if (field->type == TC_FIELD_INTEGER) {
        tc_format_number(field->min, 15, low, sizeof low);
        tc_format_number(max, 15, high, sizeof high);
    } else {
        tc_format_quantity(field->min, field->dimension, low, sizeof low);
        tc_format_quantity(max, field->dimension, high, sizeof high);
    }
    return tc_document_fail(r->document, value, NULL, r->error, "'%.80s' is out of range; write %s to %s", value->text,
                            low, high);
}

static tc_code read_whole(const reader *r, const tc_field *field, const tc_node *value, int64_t *out) {
    tc_error cause;
    double max = field->max > 0 ? field->max : 2147483647.0;
    if (value->kind != TC_NODE_SCALAR)
        return tc_document_fail(r->document, value, NULL, r->error, "is %s; write a whole number such as 8",
                                kind_name(value));
    if (tc_parse_integer(value->text, (int64_t)field->min, (int64_t)max, out, "", &cause) == TC_OK) return TC_OK;
    return fail_quantity(r->document, value, &cause, r->error);
}

static tc_code read_number(const reader *r, const tc_field *field, const tc_node *value, char *target) {
    double number = 0;
    int64_t whole = 0;
    tc_code code;
    if (field->whole) {
        code = read_whole(r, field, value, &whole);
        number = (double)whole;
        if (code == TC_OK && target) memcpy(target, &number, sizeof number);
        return code;
    }
    code = tc_figure_number(field, r->document, value, &number, r->error);
    if (code == TC_OK) code = check_range(r, field, value, number);
    if (code == TC_OK && target) memcpy(target, &number, sizeof number);
    return code;
}

/* Certain, or p10, p50 and p90 in order. value: of the figure. */
static tc_code read_spread(const reader *r, const tc_field *field, const tc_node *node, const tc_node *value,
                           char *target) {
    tc_spread spread;
    tc_code code = read_number(r, field, value, (char *)&spread.mid);
    spread.low = spread.high = spread.mid;
    bool certain = value == node || tc_node_get(node, "value");
    for (int i = 0; i < 2 && !certain && code == TC_OK; i++) {
        const char *key = i ? "high" : "low";
        const tc_node *end = tc_node_get(node, key);
        double *number = i ? &spread.high : &spread.low;
        if (!end)
            return tc_document_fail(r->document, node, key, r->error,
                                    "is missing; write low, mid and high (p10, p50, p90), or a value alone");
        code = read_number(r, field, end, (char *)number);
        if (code == TC_OK && (i ? *number < spread.mid : *number > spread.mid))
            return tc_document_fail(r->document, end, NULL, r->error,
                                    "'%.60s' is %s mid; write low, mid and high (p10, p50, p90) in order", end->text,
                                    i ? "below" : "above");
    }
    if (code == TC_OK && target) memcpy(target, &spread, sizeof spread);
    return code;
}

static tc_code read_integer(const reader *r, const tc_field *field, const tc_node *value, char *target) {
    int64_t number = 0;
    tc_code code = read_whole(r, field, value, &number);
    if (code != TC_OK) return code;
    int stored = (int)number;
    if (target) memcpy(target, &stored, sizeof stored);
    return TC_OK;
}

static tc_code read_boolean(const reader *r, const tc_field *field, const tc_node *value, char *target) {
    bool is_true = strcmp(value->text, "true") == 0;
    if (!is_true && strcmp(value->text, "false") != 0)
        return tc_document_fail(r->document, value, NULL, r->error, "'%.60s' is neither; write true or false",
                                value->text);
    if (target && field->bit) {
        int bits;
        memcpy(&bits, target, sizeof bits);
        bits = is_true ? bits | field->bit : bits & ~field->bit;
        memcpy(target, &bits, sizeof bits);
    } else if (target) {
        memcpy(target, &is_true, sizeof is_true);
    }
    return TC_OK;
}

/* The index of a word in the field's names; -1: it is none. */
static int find_word(const tc_field *field, const char *word, size_t length) {
    for (int i = 0; field->names[i]; i++)
        if (strncmp(field->names[i], word, length) == 0 && !field->names[i][length]) return i;
    return -1;
}

static tc_code fail_word(const reader *r, const tc_field *field, const tc_node *value, const char *word) {
    char list[256] = "";
    int n = 0;
    for (; field->names[n]; n++) tc_append(list, sizeof list, "%s%s", n ? ", " : "", field->names[n]);
    const char *nearest = tc_nearest(word, field->names, n),
               *also = field->type == TC_FIELD_WORDS ? "; joined by +, or any, or no" : "";
    if (nearest)
        return tc_document_fail(r->document, value, NULL, r->error,
                                "'%.60s' is unknown; did you mean '%s'? (one of %s%s)", word, nearest, list, also);
    return tc_document_fail(r->document, value, NULL, r->error, "'%.60s' is unknown; write one of %s%s", word, list,
                            also);
}

static tc_code read_enum(const reader *r, const tc_field *field, const tc_node *value, char *target) {
    int found = find_word(field, value->text, strlen(value->text));
    if (found < 0) return fail_word(r, field, value, value->text);
    if (target) memcpy(target, &found, sizeof found);
    return TC_OK;
}

static tc_code read_words(const reader *r, const tc_field *field, const tc_node *value, char *target) {
    int bits = 0;
    if (strcmp(value->text, "any") == 0) {
        for (int i = 0; field->names[i]; i++) bits |= 1 << i;
    } else if (strcmp(value->text, "no") != 0) {
        for (const char *word = value->text;;) {
            size_t length = strcspn(word, "+");
            int found = find_word(field, word, length);
            if (found < 0) {
                char wrong[64];
                snprintf(wrong, sizeof wrong, "%.*s", length < sizeof wrong ? (int)length : (int)sizeof wrong - 1,
                         word);
                return fail_word(r, field, value, wrong);
            }
            bits |= 1 << found;
            if (!word[length]) break;
            word += length + 1;
        }
    }
    if (target) memcpy(target, &bits, sizeof bits);
    return TC_OK;
}

static tc_code read_operators(const reader *r, const tc_node *value, char *target) {
    int operators = 0;
    if (strcmp(value->text, "none") != 0 && !tc_operator_groups_parse(value->text, &operators))
        return tc_document_fail(r->document, value, NULL, r->error,
                                "'%.60s' is no list of operators such as norm+position+attention+activation, or none",
                                value->text);
    if (target) memcpy(target, &operators, sizeof operators);
    return TC_OK;
}

static tc_code read_string(const reader *r, const tc_field *field, const tc_node *value, char *target) {
    size_t length = strlen(value->text);
    if (length == 0) return tc_document_fail(r->document, value, NULL, r->error, "is empty; write a short text");
    if (length >= field->size)
        return tc_document_fail(r->document, value, NULL, r->error, "is %zu bytes long; write at most %zu", length,
                                field->size - 1);
    for (size_t i = 0; target && i <= length; i++) /* a name is one line */
        target[i] = value->text[i] && strchr("\n\r\t", value->text[i]) ? ' ' : value->text[i];
    return TC_OK;
}

static tc_code read_format(const reader *r, const tc_node *node) {
    if (node->kind != TC_NODE_SCALAR || strcmp(node->text, "1") != 0)
        return tc_document_fail(r->document, node, NULL, r->error,
                                "'%.20s' is not a version that this program reads; write %d",
                                node->kind == TC_NODE_SCALAR ? node->text : kind_name(node), FORMAT_VERSION);
    return TC_OK;
}

/* ---- compounds -------------------------------------------------------------------- */

static tc_code check_texts(const reader *r, const tc_node *node, int depth) {
    if (node->kind == TC_NODE_SCALAR && (depth == 0 || !tc_node_is_null(node))) return TC_OK;
    if (node->kind == TC_NODE_SCALAR || depth > 0)
        return tc_document_fail(r->document, node, NULL, r->error, "is %s; write text", kind_name(node));
    for (const tc_node *child = node->first; child; child = child->next) {
        tc_code code = check_texts(r, child, depth + 1);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

static tc_code read_list(const reader *r, const tc_field *field, const tc_node *node) {
    if (node->kind != TC_NODE_SEQUENCE)
        return tc_document_fail(r->document, node, NULL, r->error, "is %s; write a list, each element after '- '",
                                kind_name(node));
    if (node->count < (int)field->min || node->count > (int)field->max)
        return tc_document_fail(r->document, node, NULL, r->error, "has %d elements; write %d to %d", node->count,
                                (int)field->min, (int)field->max);
    char *target = r->out && field->offset != TC_NOT_STORED ? r->out + field->offset : NULL;
    if (target && field->grown) {
        char *elements = r->arena ? tc_arena_alloc(r->arena, (size_t)node->count * field->size) : NULL;
        if (!elements) return tc_fail(r->error, TC_INTERNAL, r->document->file, "out of memory");
        memcpy(target, &elements, sizeof elements);
        target = elements;
    }
    for (const tc_node *child = node->first; child; child = child->next) {
        if (target) {
            memset(target, 0, field->size);
            if (field->start) field->start(target);
        }
        tc_code code = read_tree(r, field->element, child, target);
        if (code != TC_OK) return code;
        if (target) target += field->size;
    }
    if (r->out && field->offset != TC_NOT_STORED) memcpy(r->out + field->count_offset, &node->count, sizeof(int));
    return TC_OK;
}

static tc_code read_names(const reader *r, const tc_field *field, const tc_node *node) {
    const tc_field text = {.type = TC_FIELD_STRING, .size = TC_NAME_SIZE};
    if (node->kind != TC_NODE_SEQUENCE || node->count < (int)field->min || node->count > (int)field->max)
        return tc_document_fail(r->document, node, NULL, r->error, "is no list of %d to %d names; write [a, b]",
                                (int)field->min, (int)field->max);
    char *elements = r->out ? tc_arena_alloc(r->arena, (size_t)node->count * field->size) : NULL;
    if (r->out && !elements) return tc_fail(r->error, TC_INTERNAL, r->document->file, "out of memory");
    size_t at = 0;
    for (const tc_node *child = node->first; child; child = child->next, at += field->size) {
        const tc_node *value = NULL;
        tc_code code = get_scalar(r, &text, child, &value);
        if (code == TC_OK) code = read_string(r, &text, value, elements ? elements + at : NULL);
        if (code != TC_OK) return code;
    }
    if (!r->out) return TC_OK;
    memcpy(r->out + field->offset, &elements, sizeof elements);
    memcpy(r->out + field->count_offset, &node->count, sizeof(int));
    return TC_OK;
}

static tc_code read_map(const reader *r, const tc_field *field, const tc_node *node) {
    if (node->kind != TC_NODE_MAPPING)
        return tc_document_fail(r->document, node, NULL, r->error, "is %s; write 'name: {...}' lines", kind_name(node));
    for (const tc_node *child = node->first; child; child = child->next) {
        tc_code code = read_tree(r, field->element, child, NULL);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

static tc_code read_field(const reader *r, const tc_field *field, const tc_node *node) {
    switch (field->type) {
    case TC_FIELD_FORMAT: return read_format(r, node);
    case TC_FIELD_TEXTS: return check_texts(r, node, 0);
    case TC_FIELD_SOURCE: return check_sources(r, node);
    case TC_FIELD_LIST: return read_list(r, field, node);
    case TC_FIELD_NAMES: return read_names(r, field, node);
    case TC_FIELD_MAP: return read_map(r, field, node);
    default: break;
    }
    const tc_node *value = NULL;
    tc_code code = get_scalar(r, field, node, &value);
    if (code != TC_OK) return code;
    char *target = r->out && field->offset != TC_NOT_STORED ? r->out + field->offset : NULL;
    switch (field->type) {
    case TC_FIELD_INTEGER: code = read_integer(r, field, value, target); break;
    case TC_FIELD_NUMBER: code = read_number(r, field, value, target); break;
    case TC_FIELD_SPREAD: code = read_spread(r, field, node, value, target); break;
    case TC_FIELD_BOOLEAN: code = read_boolean(r, field, value, target); break;
    case TC_FIELD_ENUM: code = read_enum(r, field, value, target); break;
    case TC_FIELD_OPERATORS: code = read_operators(r, value, target); break;
    case TC_FIELD_WORDS: code = read_words(r, field, value, target); break;
    default: code = read_string(r, field, value, target); break;
    }
    return code == TC_OK ? check_figure(r, field, node) : code;
}

/* ---- keys ------------------------------------------------------------------------- */

/* Does the path lie in the section? Returns the rest of it, or NULL. */
static const char *rest_of_path(const char *path, const char *section) {
    size_t length = strlen(section);
    if (length == 0) return path;
    if (strncmp(path, section, length) != 0 || path[length] != '.') return NULL;
    return path + length + 1;
}

/* What follows the section's key in the field's path, or in its path of before: "" where it is the field itself, NULL
 * where it is another. */
static const char *behind_key(const tc_field *field, const char *section, const char *key) {
    const char *paths[] = {field->path, field->before};
    size_t length = strlen(key);
    for (int i = 0; i < 2 && paths[i]; i++) {
        const char *rest = rest_of_path(paths[i], section);
        if (rest && strncmp(rest, key, length) == 0 && (!rest[length] || rest[length] == '.')) return rest + length;
    }
    return NULL;
}

static tc_code fail_unknown_key(const reader *r, const tc_node *node, const char *section) {
    char names[MAX_FIELDS][48], list[320] = "";
    const char *pointers[MAX_FIELDS];
    int n = 0;
    for (int i = 0; i < r->schema->count && n < MAX_FIELDS; i++) {
        const char *rest = rest_of_path(r->schema->fields[i].path, section);
        if (!rest) continue;
        snprintf(names[n], sizeof names[n], "%.*s", (int)strcspn(rest, "."), rest);
        bool known = false;
        for (int k = 0; k < n; k++) known = known || strcmp(names[k], names[n]) == 0;
        if (known) continue;
        tc_append(list, sizeof list, "%s%s", n ? ", " : "", names[n]);
        pointers[n] = names[n];
        n++;
    }
    const char *nearest = tc_nearest(node->key, pointers, n);
    if (nearest)
        return tc_document_fail(r->document, node, NULL, r->error, "'%.60s' is unknown; did you mean '%s'?", node->key,
                                nearest);
    return tc_document_fail(r->document, node, NULL, r->error, "'%.60s' is unknown; the keys here are %s", node->key,
                            list);
}

static const tc_field *find_field(const tc_schema *schema, const char *path) {
    for (int i = 0; i < schema->count; i++)
        if (strcmp(schema->fields[i].path, path) == 0) return &schema->fields[i];
    for (int i = 0; i < schema->count; i++)
        if (schema->fields[i].before && strcmp(schema->fields[i].before, path) == 0) return &schema->fields[i];
    return NULL;
}

/* Keys of format 1 that were named otherwise before 0.2: no unit in a key, one word for one thing. */
static const struct renamed {
    const char *before, *now;
} renamed[] = {
    {"sequence", "seq"},
    {"gemm_energy_j", "gemm_energy"},
    {"launch_s", "launch"},
    {"link_step_s", "link_step"},
    {"network_step_s", "network_step"},
    {"host_memory_bytes_per_s", "host_memory_bandwidth"},
    {"expert_s", "expert_overhead"},
    {"host_s_per_kernel", "host_per_kernel"},
    {"host_s_per_step", "host_per_step"},
    {"framework_bytes", "framework_memory"},
    {"peer_bytes", "peer_memory"},
    {"storage_per_device", "storage_bandwidth"},
    {"weight_bytes_per_parameter", "weights_per_parameter"},
    {"amortisation_years", "amortisation"},
    {"grid_kg_co2_per_kwh", "grid_carbon"},
};

/* Gives a key that the section does not know its present name, where that is known; readers then find it by it. */
static tc_code rename_key(const reader *r, const tc_node *mapping, tc_node *child, const char *section,
                          bool *is_renamed) {
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++) {
        if (strcmp(child->key, renamed[i].before) != 0) continue;
        char path[MAX_PATH];
        snprintf(path, sizeof path, "%s%s%s", section, section[0] ? "." : "", renamed[i].now);
        if (!find_field(r->schema, path)) continue;
        if (tc_node_get(mapping, renamed[i].now))
            return tc_document_fail(r->document, child, NULL, r->error,
                                    "is the old name of '%s', which is given too; keep that one", renamed[i].now);
        child->key = renamed[i].now;
        *is_renamed = true;
    }
    return TC_OK;
}

static tc_code read_section(reader *r, const tc_node *mapping, const char *section);

/* Reads a child of the section; renamed: it has its present name already. */
static tc_code read_child(reader *r, const tc_node *mapping, tc_node *child, const char *section, bool renamed_before) {
    bool is_section = false;
    for (int i = 0; i < r->schema->count; i++) {
        const tc_field *field = &r->schema->fields[i];
        const char *rest = behind_key(field, section, child->key);
        is_section = is_section || (rest && *rest);
        if (!rest || *rest) continue;
        if (r->seen[i])
            return tc_document_fail(r->document, child, NULL, r->error,
                                    "is given twice, as '%s' and where it stood before; keep the first", field->path);
        r->seen[i] = true;
        return read_field(r, field, child);
    }
    if (is_section) {
        char path[MAX_PATH];
        snprintf(path, sizeof path, "%s%s%s", section, section[0] ? "." : "", child->key);
        return read_section(r, child, path);
    }
    bool is_renamed = false;
    tc_code code = renamed_before ? TC_OK : rename_key(r, mapping, child, section, &is_renamed);
    if (code != TC_OK) return code;
    return is_renamed ? read_child(r, mapping, child, section, true) : fail_unknown_key(r, child, section);
}

/* Reads the children of a mapping whose path in the schema is section. */
static tc_code read_section(reader *r, const tc_node *mapping, const char *section) {
    if (mapping->kind != TC_NODE_MAPPING)
        return tc_document_fail(r->document, mapping, NULL, r->error, "is %s; write 'key: value' lines in it",
                                kind_name(mapping));
    for (tc_node *child = mapping->first; child; child = child->next) {
        tc_code code = read_child(r, mapping, child, section, false);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

/* A value that a missing field could have. */
static char *example_value(const tc_field *field, char *buffer, size_t size) {
    bool number = field->type == TC_FIELD_NUMBER || field->type == TC_FIELD_SPREAD,
         quoted = number && field->dimension != TC_DIMENSION_NONE;
    const char *text = field->type == TC_FIELD_ENUM      ? field->names[0]
                       : number                          ? tc_dimension_example(field->dimension)
                       : field->type == TC_FIELD_INTEGER ? "8"
                       : field->type == TC_FIELD_BOOLEAN ? "true"
                       : field->type == TC_FIELD_FORMAT  ? "1"
                       : field->type == TC_FIELD_SOURCE  ? "NAME"
                       : field->type == TC_FIELD_WORDS   ? "any"
                                                         : "...";
    snprintf(buffer, size, "%s%s%s%s%s", field->sourced ? "{value: " : "", quoted ? "\"" : "", text, quoted ? "\"" : "",
             field->sourced ? ", source: NAME}" : "");
    return buffer;
}

/* What must be there and is not. The place is the nearest section that is there. */
static tc_code check_needed(const reader *r) {
    for (int i = 0; i < r->schema->count; i++) {
        const tc_field *field = &r->schema->fields[i];
        if (r->seen[i] || field->need == TC_NEED_NEVER) continue;
        char section[MAX_PATH];
        snprintf(section, sizeof section, "%s", field->path);
        char *dot = strrchr(section, '.');
        if (dot) *dot = 0;
        const tc_node *at = dot ? tc_node_find(r->root, section) : r->root;
        if (!at && field->need == TC_NEED_IN_SECTION) continue;
        const char *missing = at ? (dot ? field->path + (dot - section) + 1 : field->path) : field->path;
        char example[64];
        return tc_document_fail(r->document, at ? at : r->root, missing, r->error, "is missing; write '%s: %s'",
                                strrchr(field->path, '.') ? strrchr(field->path, '.') + 1 : field->path,
                                example_value(field, example, sizeof example));
    }
    return TC_OK;
}

static tc_code read_tree(const reader *parent, const tc_schema *schema, const tc_node *root, void *out) {
    reader r = {.schema = schema,
                .document = parent->document,
                .out = out,
                .arena = parent->arena,
                .error = parent->error,
                .root = root};
    if (schema->count > MAX_FIELDS)
        return tc_fail(r.error, TC_INTERNAL, schema->kind, "the schema has more than %d fields", MAX_FIELDS);
    tc_code code = read_section(&r, root, "");
    return code == TC_OK ? check_needed(&r) : code;
}

tc_code tc_schema_read_grown(const tc_schema *schema, const tc_document *document, void *out, tc_arena *arena,
                             tc_error *error) {
    const tc_node *first = document->root->first;
    if (!first || strcmp(first->key, "format") != 0)
        return tc_document_fail(document, first ? document->root : NULL, "format", error,
                                "is not the first key; begin the file with 'format: %d'", FORMAT_VERSION);
    const reader whole = {.document = document, .arena = arena, .error = error};
    return read_tree(&whole, schema, document->root, out);
}

tc_code tc_schema_read(const tc_schema *schema, const tc_document *document, void *out, tc_error *error) {
    return tc_schema_read_grown(schema, document, out, NULL, error);
}

tc_code tc_schema_read_element(const tc_schema *schema, const tc_document *document, const tc_node *element, void *out,
                               tc_error *error) {
    const reader whole = {.document = document, .error = error};
    return read_tree(&whole, schema, element, out);
}

const tc_field *tc_schema_field(const tc_schema *schema, const tc_node *node) {
    const tc_node *chain[TC_DOCUMENT_MAX_DEPTH + 2];
    int depth = 0;
    for (; node && node->parent && depth < TC_DOCUMENT_MAX_DEPTH + 2; node = node->parent) chain[depth++] = node;
    const tc_field *field = NULL;
    char path[MAX_PATH] = "";
    while (depth-- > 0) {
        if (field && field->element) { /* an element of a list or a map: paths begin anew */
            schema = field->element;
            field = NULL;
            path[0] = 0;
            continue;
        }
        size_t used = strlen(path);
        snprintf(path + used, sizeof path - used, "%s%s", used ? "." : "", chain[depth]->key ? chain[depth]->key : "");
        field = find_field(schema, path);
    }
    return field;
}

/* controls_data.c - reads data/controls.yaml by its schema. */
#include <math.h>

#include "base/calendar.h"
#include "base/error.h"
#include "catalog/schema.h"
#include "run/controls.h"

#define FORMAT_WORD(id, word, bits, scale_bits, next) word,
static const char *const abouts[] = {"export", "chips", "makers", "renting", "memory", NULL}; /* tc_control_about */
static const char *const formats[] = {TC_FORMATS(FORMAT_WORD) "fp6", NULL};

#define BOUND(where, unit, side, figure)                                                                               \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_NUMBER, .dimension = unit,                                                     \
        .offset = offsetof(tc_control_clause, side) + (figure) * sizeof(double), .min = 0, .max = 1e18                 \
    }
#define BOUNDS(name, unit, figure) BOUND(name "_from", unit, from, figure), BOUND(name "_below", unit, below, figure)

static const tc_field clause_fields[] = {
    BOUNDS("tpp", TC_DIMENSION_NONE, TC_CONTROL_TPP),
    BOUNDS("pd", TC_DIMENSION_NONE, TC_CONTROL_PD),
    BOUNDS("io", TC_DIMENSION_BYTES_PER_S, TC_CONTROL_IO),
    BOUNDS("dram", TC_DIMENSION_BYTES_PER_S, TC_CONTROL_DRAM),
    BOUNDS("dram_and_io", TC_DIMENSION_BYTES_PER_S, TC_CONTROL_DRAM_AND_IO),
    {.path = "datacentre", .type = TC_FIELD_BOOLEAN, .offset = offsetof(tc_control_clause, datacentre)},
    {.path = "named", .type = TC_FIELD_STRING, .offset = offsetof(tc_control_clause, named), .size = 160},
    {.path = "makers", .type = TC_FIELD_STRING, .offset = offsetof(tc_control_clause, makers), .size = 160},
};
static const tc_schema clause_schema = {"clause", clause_fields, sizeof clause_fields / sizeof *clause_fields};

static void start_clause(void *element) {
    tc_control_clause *clause = element;
    for (int i = 0; i < TC_CONTROL_FIGURES; i++) {
        clause->from[i] = -INFINITY;
        clause->below[i] = INFINITY;
    }
}

static const tc_field class_fields[] = {
    {.path = "name",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_control_class, name),
     .size = 24},
    {.path = "meaning",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_control_class, meaning),
     .size = 400},
    {.path = "licence", .type = TC_FIELD_BOOLEAN, .offset = offsetof(tc_control_class, licence)},
    {.path = "risk", .type = TC_FIELD_BOOLEAN, .offset = offsetof(tc_control_class, risk)},
    {.path = "not_datacentre",
     .type = TC_FIELD_STRING,
     .offset = offsetof(tc_control_class, not_datacentre),
     .size = 160},
    {.path = "clauses",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_control_class, clause),
     .size = sizeof(tc_control_clause),
     .min = 1,
     .max = TC_CONTROL_CLAUSES,
     .element = &clause_schema,
     .count_offset = offsetof(tc_control_class, clauses),
     .start = start_clause},
};
static const tc_schema class_schema = {"class", class_fields, sizeof class_fields / sizeof *class_fields};

static const tc_field rule_fields[] = {
    {.path = "slug",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_control_rule, slug),
     .size = 24},
    {.path = "date",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_control_rule, date),
     .size = 16},
    {.path = "until", .type = TC_FIELD_STRING, .sourced = true, .offset = offsetof(tc_control_rule, until), .size = 16},
    {.path = "about", .type = TC_FIELD_ENUM, .offset = offsetof(tc_control_rule, about), .names = abouts},
    {.path = "reviews", .type = TC_FIELD_BOOLEAN, .offset = offsetof(tc_control_rule, reviews)},
    {.path = "name",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_control_rule, name),
     .size = 64},
    {.path = "classes",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_control_rule, class_of),
     .size = sizeof(tc_control_class),
     .min = 1,
     .max = TC_CONTROL_CLASSES,
     .element = &class_schema,
     .count_offset = offsetof(tc_control_rule, classes)},
    {.path = "otherwise.name",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_control_rule, otherwise),
     .size = 24},
    {.path = "otherwise.meaning",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_control_rule, otherwise_meaning),
     .size = 240},
};
static const tc_schema rule_schema = {"rule", rule_fields, sizeof rule_fields / sizeof *rule_fields};

static const tc_field format_fields[] = {
    {.path = "format",
     .type = TC_FIELD_ENUM,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_control_bits, format),
     .names = formats},
    {.path = "bits",
     .type = TC_FIELD_NUMBER,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_control_bits, bits),
     .min = 1,
     .max = 128},
    {.path = "also_bits",
     .type = TC_FIELD_NUMBER,
     .offset = offsetof(tc_control_bits, also_bits),
     .min = 1,
     .max = 128},
};
static const tc_schema format_schema = {"format", format_fields, sizeof format_fields / sizeof *format_fields};

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    {.path = "slug", .type = TC_FIELD_STRING, .offset = TC_NOT_STORED, .size = 64},
    {.path = "name", .type = TC_FIELD_STRING, .offset = TC_NOT_STORED, .size = 128},
    {.path = "makers",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_controls, makers),
     .size = 160},
    {.path = "destination",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_controls, destination),
     .size = 32},
    {.path = "formats",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_controls, format),
     .size = sizeof(tc_control_bits),
     .min = 1,
     .max = TC_CONTROL_FORMATS,
     .element = &format_schema,
     .count_offset = offsetof(tc_controls, formats)},
    {.path = "rules",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_controls, rule),
     .size = sizeof(tc_control_rule),
     .min = 1,
     .max = TC_CONTROL_RULES,
     .element = &rule_schema,
     .count_offset = offsetof(tc_controls, rules)},
};
static const tc_schema schema = {"controls", fields, sizeof fields / sizeof *fields};

tc_code tc_controls_read(const tc_document *document, tc_controls *out, tc_error *error) {
    *out = (tc_controls){0};
    tc_code code = tc_schema_read(&schema, document, out, error);
    if (code != TC_OK) return code;
    const tc_node *node = tc_node_get(document->root, "rules")->first;
    int32_t last = INT32_MIN;
    for (int i = 0; i < out->rules; i++, node = node->next) {
        const tc_node *date = tc_node_get(node, "date");
        int32_t day;
        if (!tc_date_parse(out->rule[i].date, &day))
            return tc_document_fail(document, date, NULL, error, "'%s' is no day; write one such as \"2023-11-17\"",
                                    out->rule[i].date);
        int32_t end;
        if (*out->rule[i].until && (!tc_date_parse(out->rule[i].until, &end) || end <= day))
            return tc_document_fail(document, tc_node_get(node, "until"), NULL, error,
                                    "'%s' is no day after the rule's; write one such as \"2025-05-13\"",
                                    out->rule[i].until);
        if (day < last)
            return tc_document_fail(document, date, NULL, error,
                                    "'%s' is before that of the rule before it; order the rules by date",
                                    out->rule[i].date);
        last = day;
        tc_figure_source(document, date, out->rule[i].source, sizeof out->rule[i].source);
    }
    return TC_OK;
}

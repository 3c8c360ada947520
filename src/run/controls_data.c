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
    TC_PATH_IN(where, NUMBER, tc_control_clause, side[figure], 0, 1e18, .dimension = unit)
#define BOUNDS(name, unit, figure) BOUND(name "_from", unit, from, figure), BOUND(name "_below", unit, below, figure)

static const tc_field clause_fields[] = {
    BOUNDS("tpp", TC_DIMENSION_NONE, TC_CONTROL_TPP),
    BOUNDS("pd", TC_DIMENSION_NONE, TC_CONTROL_PD),
    BOUNDS("io", TC_DIMENSION_BYTES_PER_S, TC_CONTROL_IO),
    BOUNDS("dram", TC_DIMENSION_BYTES_PER_S, TC_CONTROL_DRAM),
    BOUNDS("dram_and_io", TC_DIMENSION_BYTES_PER_S, TC_CONTROL_DRAM_AND_IO),
    TC_PATH("datacentre", BOOLEAN, tc_control_clause, datacentre),
    TC_PATH_TEXT("named", tc_control_clause, named),
    TC_PATH_TEXT("makers", tc_control_clause, makers),
};
static const tc_schema clause_schema = TC_SCHEMA("clause", clause_fields);

static void start_clause(void *element) {
    tc_control_clause *clause = element;
    for (int i = 0; i < TC_CONTROL_FIGURES; i++) {
        clause->from[i] = -INFINITY;
        clause->below[i] = INFINITY;
    }
}

static const tc_field class_fields[] = {
    TC_PATH_TEXT("name", tc_control_class, name, TC_NEEDED),
    TC_PATH_TEXT("meaning", tc_control_class, meaning, TC_NEEDED),
    TC_PATH("licence", BOOLEAN, tc_control_class, licence),
    TC_PATH("risk", BOOLEAN, tc_control_class, risk),
    TC_PATH_TEXT("not_datacentre", tc_control_class, not_datacentre),
    TC_PATH_LIST("clauses", tc_control_class, clause, clauses, 1, TC_CONTROL_CLAUSES, &clause_schema, TC_NEEDED,
                 .start = start_clause),
};
static const tc_schema class_schema = TC_SCHEMA("class", class_fields);

static const tc_field rule_fields[] = {
    TC_PATH_TEXT("slug", tc_control_rule, slug, TC_NEEDED),
    TC_PATH_TEXT("date", tc_control_rule, date, TC_NEEDED, TC_SOURCED),
    TC_PATH_TEXT("until", tc_control_rule, until, TC_SOURCED),
    TC_PATH_WORD("about", tc_control_rule, about, abouts),
    TC_PATH("reviews", BOOLEAN, tc_control_rule, reviews),
    TC_PATH_TEXT("name", tc_control_rule, name, TC_NEEDED),
    TC_PATH_LIST("classes", tc_control_rule, class_of, classes, 1, TC_CONTROL_CLASSES, &class_schema, TC_NEEDED),
    TC_PATH_TEXT("otherwise.name", tc_control_rule, otherwise, TC_NEEDED),
    TC_PATH_TEXT("otherwise.meaning", tc_control_rule, otherwise_meaning, TC_NEEDED),
};
static const tc_schema rule_schema = TC_SCHEMA("rule", rule_fields);

static const tc_field format_fields[] = {
    TC_PATH_WORD("format", tc_control_bits, format, formats, TC_NEEDED),
    TC_PATH_IN("bits", NUMBER, tc_control_bits, bits, 1, 128, TC_NEEDED, TC_SOURCED),
    TC_PATH_IN("also_bits", NUMBER, tc_control_bits, also_bits, 1, 128),
};
static const tc_schema format_schema = TC_SCHEMA("format", format_fields);

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_CHECKED("slug", STRING, .size = 64),
    TC_PATH_CHECKED("name", STRING, .size = 128),
    TC_PATH_TEXT("makers", tc_controls, makers, TC_NEEDED),
    TC_PATH_TEXT("destination", tc_controls, destination, TC_NEEDED),
    TC_PATH_LIST("formats", tc_controls, format, formats, 1, TC_CONTROL_FORMATS, &format_schema, TC_NEEDED),
    TC_PATH_LIST("rules", tc_controls, rule, rules, 1, TC_CONTROL_RULES, &rule_schema, TC_NEEDED),
};
static const tc_schema schema = TC_SCHEMA("controls", fields);

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

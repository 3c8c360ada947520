/* parameters.c - the physical parameters of devices and stacks, resolved from layers of files. */
#include "catalog/parameters.h"

#include <string.h>

#include "base/error.h"

static const tc_parameter device_parameters[] = {
#define TC_DEVICE_PARAM(name, key, dimension, link, least, text)                                                       \
    {key, text, TC_DIMENSION_##dimension, offsetof(tc_device_params, name)},
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
};

static const tc_parameter stack_parameters[] = {
#define TC_STACK_PARAM(name, key, dimension, link, least, text)                                                        \
    {key, text, TC_DIMENSION_##dimension, offsetof(tc_stack_params, name)},
#include "traincast_params.h"
#undef TC_STACK_PARAM
};

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))

_Static_assert(COUNT(device_parameters) <= TC_MAX_PARAMETERS, "room for each device parameter");
_Static_assert(COUNT(stack_parameters) <= TC_MAX_PARAMETERS, "room for each stack parameter");

const tc_parameter_table tc_device_parameter_table = {device_parameters, COUNT(device_parameters)};
const tc_parameter_table tc_stack_parameter_table = {stack_parameters, COUNT(stack_parameters)};

/* changes: what changes of the document brought alone (a line below 0). */
static tc_code apply(const tc_parameter_table *table, const tc_document *document, const tc_node *mapping, bool changes,
                     tc_resolved *resolved, tc_error *error) {
    for (const tc_node *child = mapping ? mapping->first : NULL; child; child = child->next) {
        if (changes && child->line >= 0) continue;
        for (int i = 0; i < table->count; i++) {
            const tc_parameter *p = &table->parameters[i];
            if (strcmp(p->key, child->key) != 0) continue;
            const tc_field field
                = {.path = p->key, .type = TC_FIELD_NUMBER, .dimension = p->dimension, .plain_si = true};
            tc_code code = tc_figure_number(&field, document, child, &resolved[i].value, error);
            if (code != TC_OK) return code;
            resolved[i].document = document;
            resolved[i].node = child;
        }
    }
    return TC_OK;
}

tc_code tc_parameters_apply(const tc_parameter_table *table, const tc_document *document, const tc_node *mapping,
                            tc_resolved *resolved, tc_error *error) {
    return apply(table, document, mapping, false, resolved, error);
}

tc_code tc_parameters_apply_changes(const tc_parameter_table *table, const tc_document *document,
                                    const tc_node *mapping, tc_resolved *resolved, tc_error *error) {
    return apply(table, document, mapping, true, resolved, error);
}

tc_code tc_parameters_store(const tc_parameter_table *table, const tc_resolved *resolved, const char *generic_file,
                            void *out, tc_error *error) {
    for (int i = 0; i < table->count; i++) {
        if (!resolved[i].document)
            return tc_fail(error, TC_INVALID, generic_file,
                           "lacks parameters.%s; add it, every other file falls back on it", table->parameters[i].key);
        memcpy((char *)out + table->parameters[i].offset, &resolved[i].value, sizeof(double));
    }
    return TC_OK;
}

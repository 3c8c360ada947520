/* parameters.h - the physical parameters of devices and stacks, resolved from layers of files.
 *
 * A parameter is given by several files; the last one that has it wins:
 * device: architectures/generic.yaml and its fitted values, architectures/ARCH.yaml and its fitted values,
 *         the accelerator's fitted values (fitted/device.yaml), its own `parameters`, what own measurements made of them
 *         (fitted/calibrated-device.yaml);
 * stack:  stacks/generic.yaml and its fitted values, the stack's own file, its fitted values (fitted/stack.yaml), those of own
 *         measurements (fitted/calibrated-stack.yaml). */
#ifndef TC_CATALOG_PARAMETERS_H
#define TC_CATALOG_PARAMETERS_H

#include "catalog/schema.h"

typedef struct tc_parameter {
    const char *key, *text; /* key: in the files */
    tc_dimension dimension;
    size_t offset; /* of the double in tc_device_params or tc_stack_params */
} tc_parameter;

typedef struct tc_parameter_table {
    const tc_parameter *parameters;
    int count;
} tc_parameter_table;

extern const tc_parameter_table tc_device_parameter_table, tc_stack_parameter_table, tc_serving_parameter_table;

#define TC_MAX_PARAMETERS 64

/* Where the value of a parameter came from. */
typedef struct tc_resolved {
    double value;
    const tc_document *document; /* NULL: no file has it */
    const tc_node *node;
} tc_resolved;

/* One schema line for each parameter, under a section: used with traincast_params.h. A plain number is in SI, as
 * files of format 1 may have it. */
#define TC_PARAMETER_MAX_FRACTION 1.0
#define TC_PARAMETER_MAX_POSITIVE 1e15
#define TC_PARAMETER_MAX_SHARE 1.0
#define TC_PARAMETER_MAX_FIGURE 1e15
#define TC_PARAMETER_MIN_FROM_0 0
#define TC_PARAMETER_MIN_ABOVE_0 1e-6
#define TC_PARAMETER_FIELD(section, is_sourced, name, key, of_dimension, link, least, text)                            \
    TC_PATH_CHECKED(section key, NUMBER, .dimension = TC_DIMENSION_##of_dimension, .plain_si = true,                   \
                    .sourced = is_sourced, .min = TC_PARAMETER_MIN_##least, .max = TC_PARAMETER_MAX_##link)

/* Lays the values of a mapping (NULL: none) over resolved; unknown keys were refused by the schema. */
TC_NODISCARD tc_code tc_parameters_apply(const tc_parameter_table *table, const tc_document *document,
                                         const tc_node *mapping, tc_resolved *resolved, tc_error *error);
/* The same of what changes of the document (changes.h) brought alone. */
TC_NODISCARD tc_code tc_parameters_apply_changes(const tc_parameter_table *table, const tc_document *document,
                                                 const tc_node *mapping, tc_resolved *resolved, tc_error *error);
/* Stores the values in the struct; fails where a parameter has none, naming the generic file. */
TC_NODISCARD tc_code tc_parameters_store(const tc_parameter_table *table, const tc_resolved *resolved,
                                         const char *generic_file, void *out, tc_error *error);

#endif

/* fabric.c - the format of data/fabrics: levels from the inside out. */
#include "base/vocabulary.h"
#include "catalog/kinds.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof(list)[0]))

static void start_level(void *element) {
    tc_level *level = element;
    level->oversubscription = 1;
}

static const tc_field level_fields[] = {
    {.path = "name",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_level, name),
     .size = sizeof(((tc_level *)0)->name)},
    {.path = "size",
     .type = TC_FIELD_INTEGER,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_level, size),
     .max = 10000000},
    {.path = "topology",
     .type = TC_FIELD_ENUM,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_level, topology),
     .names = tc_topology_names},
    {.path = "bandwidth",
     .type = TC_FIELD_NUMBER,
     .dimension = TC_DIMENSION_BYTES_PER_S,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_level, bytes_per_s),
     .min = 1e6,
     .max = 1e15},
    {.path = "latency",
     .type = TC_FIELD_NUMBER,
     .dimension = TC_DIMENSION_SECONDS,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_level, latency_s),
     .min = 0,
     .max = 1},
    {.path = "oversubscription",
     .type = TC_FIELD_NUMBER,
     .offset = offsetof(tc_level, oversubscription),
     .min = 1,
     .max = 1000},
    {.path = "in_network_reduction", .type = TC_FIELD_BOOLEAN, .offset = offsetof(tc_level, in_network_reduction)},
    {.path = "dims", .type = TC_FIELD_INTEGER, .offset = offsetof(tc_level, dims), .max = 6},
};

static const tc_schema level_schema = {"level", level_fields, COUNT(level_fields)};

static const tc_field fabric_fields[] = {
    TC_SCHEMA_HEAD,
    {.path = "slug",
     .type = TC_FIELD_STRING,
     .offset = offsetof(tc_fabric, slug),
     .size = sizeof(((tc_fabric *)0)->slug)},
    {.path = "name",
     .type = TC_FIELD_STRING,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_fabric, name),
     .size = sizeof(((tc_fabric *)0)->name)},
    {.path = "levels",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_fabric, level),
     .size = sizeof(tc_level),
     .min = 1,
     .max = TC_MAX_LEVELS,
     .element = &level_schema,
     .count_offset = offsetof(tc_fabric, levels),
     .start = start_level},
};

const tc_schema tc_fabric_schema = {"fabric", fabric_fields, COUNT(fabric_fields)};

/* Levels grow from the inside out; only the outermost may be without limit. */
static tc_code check_level(const tc_document *document, const tc_node *node, const tc_fabric *fabric, int i,
                           tc_error *error) {
    const tc_level *level = &fabric->level[i];
    const tc_node *size = tc_node_get(node, "size");
    if (level->size == 0 && i + 1 < fabric->levels)
        return tc_document_fail(document, size, NULL, error,
                                "0 means no limit, which only the outermost level may have; write its devices");
    if (i > 0 && level->size != 0 && level->size <= fabric->level[i - 1].size)
        return tc_document_fail(document, size, NULL, error,
                                "%d devices are no more than the %d of the level inside; list levels from the inside "
                                "out",
                                level->size, fabric->level[i - 1].size);
    if (level->topology == TC_TOPOLOGY_TORUS && level->dims == 0)
        return tc_document_fail(document, node, "dims", error, "is missing; a torus has dims, write 'dims: 3'");
    return TC_OK;
}

tc_code tc_fabric_read(const tc_document *document, tc_fabric *out, tc_error *error) {
    *out = tc_default_fabric();
    tc_code code = tc_schema_read(&tc_fabric_schema, document, out, error);
    const tc_node *node = code == TC_OK ? tc_node_get(document->root, "levels")->first : NULL;
    for (int i = 0; node && code == TC_OK; node = node->next, i++) code = check_level(document, node, out, i, error);
    return code;
}

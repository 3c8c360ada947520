/* fabric.c - the format of data/fabrics: levels from the inside out. */
#include "base/vocabulary.h"
#include "catalog/kinds.h"

static void start_level(void *element) {
    tc_level *level = element;
    level->oversubscription = 1;
}

static const tc_field level_fields[] = {
    TC_PATH_TEXT("name", tc_level, name, TC_NEEDED),
    TC_PATH_IN("size", INTEGER, tc_level, size, 0, 10000000, TC_NEEDED),
    TC_PATH_WORD("topology", tc_level, topology, tc_topology_names, TC_NEEDED),
    TC_PATH_IN("bandwidth", NUMBER, tc_level, bytes_per_s, 1e6, 1e15, .dimension = TC_DIMENSION_BYTES_PER_S, TC_NEEDED,
               TC_SOURCED),
    TC_PATH_IN("latency", NUMBER, tc_level, latency_s, 0, 1, .dimension = TC_DIMENSION_SECONDS, TC_NEEDED, TC_SOURCED),
    TC_PATH_IN("oversubscription", NUMBER, tc_level, oversubscription, 1, 1000),
    TC_PATH("in_network_reduction", BOOLEAN, tc_level, in_network_reduction),
    TC_PATH_IN("dims", INTEGER, tc_level, dims, 0, 6),
};

static const tc_schema level_schema = TC_SCHEMA("level", level_fields);

static const tc_field fabric_fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_TEXT("slug", tc_fabric, slug),
    TC_PATH_TEXT("name", tc_fabric, name, TC_NEEDED),
    TC_PATH_LIST("levels", tc_fabric, level, levels, 1, TC_MAX_LEVELS, &level_schema, TC_NEEDED, .start = start_level),
};

const tc_schema tc_fabric_schema = TC_SCHEMA("fabric", fabric_fields);

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

/* accelerator.c - the formats of data/accelerators, data/architectures and data/fitted/device.yaml.
 *
 * Figures of `device` are of one device as software sees it, those of `package`
 * of what is bought. The bounds only catch a wrong prefix (MB for GB); they are
 * far from any chip. */
#include <stdio.h>
#include <string.h>

#include "catalog/kinds.h"
#include "catalog/parameters.h"

#define FIGURE(path_, dimension_, member, low, high)                                                                   \
    TC_PATH_IN(path_, NUMBER, tc_accelerator, member, low, high, .dimension = dimension_, TC_SOURCED)
#define STRING(path_, member, need_) TC_PATH_TEXT(path_, tc_accelerator, member, .need = need_)
#define RATE(path_, member) FIGURE(path_, TC_DIMENSION_FLOPS, member, 1e9, 1e20)

#define MATMUL_RATE(id, word, bits, scale_bits, next) RATE("device.matmul." word, matmul_flops[TC_##id]),
#define ADVERTISED_RATE(id, word, bits, scale_bits, next) RATE("package.advertised." word, advertised_flops[TC_##id]),

static const tc_field accelerator_fields[] = {
    TC_SCHEMA_HEAD,
    STRING("slug", slug, TC_NEED_NEVER),
    STRING("name", name, TC_NEED_ALWAYS),
    STRING("vendor", vendor, TC_NEED_NEVER),
    STRING("architecture", architecture, TC_NEED_NEVER),
    STRING("released", released, TC_NEED_NEVER),
    STRING("fabric", fabric, TC_NEED_NEVER),
    STRING("stack", stack, TC_NEED_NEVER),
    STRING("region", region, TC_NEED_NEVER),
    TC_PATH_IN("device.per_package", INTEGER, tc_accelerator, devices_per_package, 1, 64),
    FIGURE("device.memory", TC_DIMENSION_BYTES, memory_bytes, 1e8, 1e14),
    FIGURE("device.memory_bandwidth", TC_DIMENSION_BYTES_PER_S, memory_bytes_per_s, 1e9, 1e15),
    FIGURE("device.cache", TC_DIMENSION_BYTES, cache_bytes, 1e3, 1e12),
    TC_PATH_IN("device.cores", INTEGER, tc_accelerator, cores, 1, 10000000, TC_SOURCED),
    FIGURE("device.clock", TC_DIMENSION_HERTZ, clock_hz, 1e7, 1e11),
    FIGURE("device.held_clock", TC_DIMENSION_HERTZ, held_clock_hz, 1e7, 1e11),
    TC_FORMATS(MATMUL_RATE) RATE("device.vector", vector_flops),
    FIGURE("device.host_bandwidth", TC_DIMENSION_BYTES_PER_S, host_bytes_per_s, 1e6, 1e15),
    FIGURE("package.tdp", TC_DIMENSION_WATTS, tdp_w, 1, 1e6),
    FIGURE("package.die_area", TC_DIMENSION_MM2, die_area_mm2, 1, 1e6),
    FIGURE("package.io_bandwidth", TC_DIMENSION_BYTES_PER_S, io_bytes_per_s, 1e6, 1e15),
    FIGURE("package.price", TC_DIMENSION_USD, price_usd, 1, 1e9),
    FIGURE("package.rental", TC_DIMENSION_USD_PER_H, rental_usd_per_h, 1e-4, 1e5),
    TC_FORMATS(ADVERTISED_RATE) RATE("package.fp6", fp6_flops),
    TC_PATH("package.datacentre", BOOLEAN, tc_accelerator, datacentre),
    FIGURE("reliability.mtbf", TC_DIMENSION_SECONDS, mtbf_s, 60, 1e11),
#define TC_DEVICE_PARAM(...) TC_PARAMETER_FIELD("parameters.", true, __VA_ARGS__),
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
};

static const tc_field architecture_fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_CHECKED("slug", STRING, .size = 32),
    TC_PATH_CHECKED("name", STRING, TC_NEEDED, .size = 96),
    TC_PATH_CHECKED("stack", STRING, .size = 64),
#define TC_DEVICE_PARAM(...) TC_PARAMETER_FIELD("parameters.", true, __VA_ARGS__),
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
};

static const tc_field level_fields[] = {
#define TC_DEVICE_PARAM(...) TC_PARAMETER_FIELD("", false, __VA_ARGS__),
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
};

static const tc_schema level_schema = TC_SCHEMA("fitted parameters", level_fields);

static const tc_field fitted_fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_CHECKED("fitted_on", TEXTS, TC_NEEDED),
    TC_PATH_CHECKED("runs_hash", TEXTS, TC_NEEDED),
#define TC_DEVICE_PARAM(...) TC_PARAMETER_FIELD("generic.", false, __VA_ARGS__),
#include "traincast_params.h"
#undef TC_DEVICE_PARAM
    TC_PATH_CHECKED("architectures", MAP, .element = &level_schema),
    TC_PATH_CHECKED("accelerators", MAP, .element = &level_schema),
};

const tc_schema tc_accelerator_schema = TC_SCHEMA("accelerator", accelerator_fields);
const tc_schema tc_architecture_schema = TC_SCHEMA("architecture", architecture_fields);
const tc_schema tc_fitted_device_schema = TC_SCHEMA("fitted device parameters", fitted_fields);

tc_code tc_accelerator_read(const tc_document *document, tc_accelerator *out, tc_error *error) {
    *out = tc_default_accelerator();
    return tc_schema_read(&tc_accelerator_schema, document, out, error);
}

static bool has_matmul(const tc_accelerator *accelerator) {
    for (int i = 0; i < TC_DTYPES; i++)
        if (accelerator->matmul_flops[i] > 0) return true;
    return false;
}

const char *tc_accelerator_lacks(const tc_accelerator *accelerator) {
    if (!(accelerator->memory_bytes > 0)) return "memory";
    if (!(accelerator->memory_bytes_per_s > 0)) return "memory_bandwidth";
    return has_matmul(accelerator) ? NULL : "matmul";
}

bool tc_accelerator_is_complete(const tc_accelerator *accelerator) { return tc_accelerator_lacks(accelerator) == NULL; }

tc_code tc_accelerator_check(const tc_document *document, const tc_accelerator *accelerator, tc_error *error) {
    if (tc_accelerator_is_complete(accelerator)) return TC_OK;
    const tc_node *device = tc_node_get(document->root, "device");
    const char *missing = tc_accelerator_lacks(accelerator),
               *line = strcmp(missing, "memory") == 0   ? "memory: {value: \"80 GiB\", source: NAME}'"
                       : strcmp(missing, "matmul") == 0 ? "bf16: {value: \"312 TFLOP/s\", source: NAME}' in it"
                                                        : "memory_bandwidth: {value: \"1.6 TB/s\", source: NAME}'";
    char key[32];
    snprintf(key, sizeof key, "%s%s", device ? "" : "device.", missing);
    return tc_document_fail(document, device, key, error, "is missing, and no forecast can do without it; write '%s",
                            line);
}

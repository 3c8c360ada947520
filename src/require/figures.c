/* figures.c - the figures of a chip that can be asked for: where they stand, and what multiplies them. */
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "base/vocabulary.h"
#include "traincast.h"

/* The same in the figures that follow from it: what is advertised of a format is its peak with more. */
static void scale_peak(tc_question *q, double factor) {
    int dtype = q->job.dtype;
    q->cluster.accelerator.matmul_flops[dtype] *= factor;
    q->cluster.accelerator.advertised_flops[dtype] *= factor;
}

void tc_require_scale(tc_question *q, tc_required figure, double factor) {
    tc_accelerator *a = &q->cluster.accelerator;
    tc_fabric *fabric = &q->cluster.fabric;
    switch (figure) {
    case TC_REQUIRED_PEAK: scale_peak(q, factor); break;
    case TC_REQUIRED_BANDWIDTH: a->memory_bytes_per_s *= factor; break;
    case TC_REQUIRED_MEMORY: a->memory_bytes *= factor; break;
    case TC_REQUIRED_LINKS: fabric->level[0].bytes_per_s *= factor; break;
    case TC_REQUIRED_NETWORK:
        for (int i = 1; i < fabric->levels; i++) fabric->level[i].bytes_per_s *= factor;
        break;
    case TC_REQUIRED_POWER: a->tdp_w *= factor; break;
    case TC_REQUIRED_PEAK_AND_POWER:
        scale_peak(q, factor);
        a->tdp_w *= factor;
        break;
    case TC_REQUIRED_FIGURES: break;
    }
}

double tc_require_figure(const tc_question *q, tc_required figure) {
    const tc_accelerator *a = &q->cluster.accelerator;
    const tc_fabric *fabric = &q->cluster.fabric;
    switch (figure) {
    case TC_REQUIRED_PEAK: return a->matmul_flops[q->job.dtype];
    case TC_REQUIRED_BANDWIDTH: return a->memory_bytes_per_s;
    case TC_REQUIRED_MEMORY: return a->memory_bytes;
    case TC_REQUIRED_LINKS: return fabric->levels > 0 ? fabric->level[0].bytes_per_s : 0;
    case TC_REQUIRED_NETWORK: return fabric->levels > 1 ? fabric->level[1].bytes_per_s : 0;
    case TC_REQUIRED_POWER: return a->tdp_w;
    case TC_REQUIRED_PEAK_AND_POWER: return a->tdp_w > 0 ? a->matmul_flops[q->job.dtype] : 0;
    case TC_REQUIRED_FIGURES: break;
    }
    return 0;
}

const char *tc_required_name(tc_required figure) {
    static const char *const names[TC_REQUIRED_FIGURES]
        = {"matmul peak", "memory bandwidth", "memory", "scale-up links", "network", "power", "peak and power"};
    return (unsigned)figure < TC_REQUIRED_FIGURES ? names[figure] : "";
}

bool tc_required_set(const tc_question *q, tc_required figure, double factor, int i, char *buffer, size_t size) {
    const tc_accelerator *a = &q->cluster.accelerator;
    const tc_fabric *fabric = &q->cluster.fabric;
    const bool peak = figure == TC_REQUIRED_PEAK || figure == TC_REQUIRED_PEAK_AND_POWER;
    char path[96] = "", number[48];
    double value = tc_require_figure(q, figure);
    tc_dimension dimension = TC_DIMENSION_BYTES_PER_S;
    if (peak && i == 0) {
        snprintf(path, sizeof path, "accelerator.device.matmul.%s", tc_dtype_names[q->job.dtype]);
        dimension = TC_DIMENSION_FLOPS;
    } else if ((figure == TC_REQUIRED_PEAK_AND_POWER && i == 1) || (figure == TC_REQUIRED_POWER && i == 0)) {
        snprintf(path, sizeof path, "accelerator.package.tdp");
        dimension = TC_DIMENSION_WATTS;
        value = a->tdp_w;
    } else if (figure == TC_REQUIRED_BANDWIDTH && i == 0) {
        snprintf(path, sizeof path, "accelerator.device.memory_bandwidth");
    } else if (figure == TC_REQUIRED_MEMORY && i == 0) {
        snprintf(path, sizeof path, "accelerator.device.memory");
        dimension = TC_DIMENSION_BYTES;
    } else if ((figure == TC_REQUIRED_LINKS && i == 0) || (figure == TC_REQUIRED_NETWORK && i + 1 < fabric->levels)) {
        int level = figure == TC_REQUIRED_NETWORK ? i + 1 : 0;
        snprintf(path, sizeof path, "fabric.levels[%d].bandwidth", level);
        value = fabric->level[level].bytes_per_s;
    }
    if (!*path || !(value > 0)) return false;
    if (figure == TC_REQUIRED_MEMORY) factor *= 1.0005; /* four digits are no less than what is needed */
    tc_format_quantity(value * factor, dimension, number, sizeof number);
    snprintf(buffer, size, "%s=%s", path, number);
    return true;
}

/* machine.c - a published run's machine: its accelerator, the fabric between the devices, as many devices as the software saw. */
#include <stdio.h>

#include "validate/assume.h"
#include "validate/inputs.h"

/* The software sees a device of the catalog as several (the cores of a TPU chip), or several as one. */
static void split_device(tc_cluster *cluster, double parts) {
    tc_accelerator *a = &cluster->accelerator;
    for (int d = 0; d < TC_DTYPES; d++) a->matmul_flops[d] /= parts;
    a->vector_flops /= parts;
    a->memory_bytes /= parts;
    a->memory_bytes_per_s /= parts;
    a->cache_bytes /= parts;
    a->cores = (int)(a->cores / parts) > 0 ? (int)(a->cores / parts) : 1;
    for (int l = 0; l < cluster->fabric.levels; l++) {
        tc_level *level = &cluster->fabric.level[l];
        level->bytes_per_s /= parts;
        level->size = (int)(level->size * parts);
    }
}

#define BYTES_PER_GBIT 0.125e9

tc_code tc_case_machine(tc_catalog *catalog, tc_case *c, tc_error *error) {
    const tc_published_run *run = c->run;
    c->cluster = tc_default_cluster();
    if (run->devices <= 0) return tc_case_end(c, TC_CASE_SKIPPED, "devices");
    c->cluster.devices = run->parallel_devices > 0 ? run->parallel_devices : run->devices;
    if (!run->accelerator) return tc_case_end(c, TC_CASE_SKIPPED, "accelerator");
    const char *bin = run->stated.bin;
    if (bin) tc_case_assume(c, "%s, the usual bin of the machine", bin);
    tc_code code = tc_catalog_accelerator(catalog, bin ? bin : run->accelerator, &c->cluster.accelerator, error);
    if (code == TC_NOT_FOUND) {
        char reason[160];
        snprintf(reason, sizeof reason, "accelerator %s is not in the catalog", run->accelerator);
        return tc_case_end(c, TC_CASE_UNSUPPORTED, reason);
    }
    if (code) return code;
    const char *named = run->stated.fabric;
    code = tc_catalog_fabric(catalog, named ? named : c->cluster.accelerator.fabric, &c->cluster.fabric, error);
    if (code) return code;
    if (run->parallel_devices > 0 && run->parallel_devices != run->devices)
        split_device(&c->cluster, (double)run->parallel_devices / run->devices);
    tc_fabric *fabric = &c->cluster.fabric;
    int node = run->devices_per_node;
    /* a fabric whose innermost level is the node takes the node's real size */
    if (node > 1 && fabric->levels > 1 && fabric->level[0].size <= 16 && node < fabric->level[0].size)
        fabric->level[0].size = node;
    double rate = run->stated.device_gbit_s * BYTES_PER_GBIT;
    if (run->stated.node_gbit_s > 0)
        rate = run->stated.node_gbit_s * BYTES_PER_GBIT / (node > 0 ? node : fabric->level[0].size);
    if (rate > 0 && fabric->levels > 1) fabric->level[fabric->levels - 1].bytes_per_s = rate;
    return TC_OK;
}

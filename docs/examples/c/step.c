/* step.c - traincast.h: one training step of a model of the catalog, and why another layout cannot be had.
 *
 * cc -std=c17 step.c $(pkg-config --cflags --libs traincast) -o step && ./step */
#include <stdio.h>
#include <traincast.h>

int main(void) {
    tc_catalog *catalog = NULL;
    tc_error error;
    tc_question q = tc_default_question();
    tc_step step;
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_catalog_model(catalog, "llama-3-8b", &q.job.model, &error)
        || tc_catalog_accelerator(catalog, "h100-sxm", &q.cluster.accelerator, &error)
        || tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &error)
        || tc_catalog_stack(catalog, "torchtitan", &q.stack, &error)
        || tc_catalog_interval(catalog, &q.interval, &error))
        goto failed;
    q.cluster.devices = 64;
    q.job.global_batch = 128;
    q.layout.sharding = TC_SHARD_ZERO3;
    if (tc_forecast(&q, &step, &error)) goto failed;
    printf("%s: %.2f B parameters\n", q.job.model.name, tc_model_count(&q.job.model).parameters / 1e9);
    printf("%.3f s a step (%.3f to %.3f), %.1f %% MFU\n", step.step_s, step.step_s_p10, step.step_s_p90, step.mfu_pct);
    printf("matrix products %.3f s, data-parallel communication %.3f s\n", step.breakdown.gemm, step.breakdown.dp_comm);
    printf("%.1f of %.1f GiB, fits with probability %.2f\n", step.memory.reserved / (1 << 30),
           step.memory.usable / (1 << 30), step.fits_probability);
    for (int i = 0; i < step.assumed_count; i++) printf("assumed: %s\n", step.assumed[i]);

    tc_beyond lacks[4];
    tc_layout other = step.layout;
    other.offload = TC_OFFLOAD_ACTIVATIONS;
    size_t n = tc_beyond_stack(&q, &other, lacks, 4);
    for (size_t i = 0; i < n && i < 4; i++) printf("not with offloaded activations: %s\n", lacks[i].text);

    q.layout.tp = 3; /* an error is a value with a place */
    if (tc_forecast(&q, &step, &error) == TC_INVALID) printf("%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 1;
}

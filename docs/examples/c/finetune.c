/* finetune.c - traincast_finetune.h: adapters beside a frozen model, with its weights in 4 bit, and without.
 *
 * cc -std=c17 finetune.c $(pkg-config --cflags --libs traincast) -o finetune && ./finetune */
#include <stdio.h>
#include <traincast.h>

int main(void) {
    tc_catalog *catalog = NULL;
    tc_error error;
    tc_question q = tc_default_question();
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_catalog_model(catalog, "llama-3.1-8b", &q.job.model, &error)
        || tc_catalog_accelerator(catalog, "a100-sxm-80g", &q.cluster.accelerator, &error)
        || tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &error)
        || tc_catalog_stack(catalog, "llama-factory", &q.stack, &error))
        goto failed;
    q.cluster.devices = 1;
    q.job.seq = 2048;
    q.job.global_batch = 16;
    q.job.frozen_base = true;
    q.job.finetune.rank = 16;
    q.job.finetune.targets = TC_ADAPTED_ALL;
    const struct {
        const char *name;
        double bits;
    } bases[] = {{"LoRA, 16-bit base", 0}, {"QLoRA, NF4 base", 4.5}};
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        tc_step step;
        q.job.finetune.base_bits = bases[i].bits;
        if (tc_forecast(&q, &step, &error)) goto failed;
        printf("%s: %.2f s a step, %.1f GiB\n", bases[i].name, step.step_s, step.memory.reserved / (1 << 30));
    }
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 1;
}

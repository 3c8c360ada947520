/* mixed.c - traincast_mixed.h: one job on two pools of different devices, and what would make it faster.
 *
 * cc -std=c17 mixed.c $(pkg-config --cflags --libs traincast) -o mixed && ./mixed */
#include <stdio.h>
#include <traincast.h>

int main(void) {
    static tc_mixed mixed;
    static tc_mixed_change change[TC_MIXED_CHANGES];
    tc_catalog *catalog = NULL;
    tc_error error;
    tc_question q = tc_default_question();
    tc_pool other = tc_default_pool();
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_catalog_model(catalog, "llama-2-7b", &q.job.model, &error)
        || tc_catalog_accelerator(catalog, "h100-sxm", &q.cluster.accelerator, &error)
        || tc_catalog_fabric(catalog, q.cluster.accelerator.fabric, &q.cluster.fabric, &error)
        || tc_catalog_stack(catalog, "megatron-core", &q.stack, &error)
        || tc_catalog_accelerator(catalog, "h20", &other.accelerator, &error)
        || tc_catalog_fabric(catalog, other.accelerator.fabric, &other.fabric, &error))
        goto failed;
    q.job.global_batch = 512;
    q.cluster.devices = 32;
    other.devices = 64;
    other.stack = q.stack;
    q.cluster.other = &other;
    q.cluster.others = 1;
    q.cluster.mixing = (tc_mixing){.across = TC_ACROSS_DATA, .link = {.bytes_per_s = 400e9 / 8, .oversubscription = 1}};
    if (tc_forecast_mixed(&q, &mixed, &error)) goto failed;
    printf("%.3f s a step, %.0f %% of what the pools have alone\n", mixed.step.step_s, 100 * mixed.of_parts);
    for (int i = 0; i < mixed.pools; i++)
        printf("pool %d: %lld sequences, waits %.3f s\n", i, (long long)mixed.share[i].sequences,
               mixed.share[i].waits_s);
    int n = tc_mixed_changes(&q, &mixed, change);
    for (int i = 0; i < n && i < 3; i++) printf("%s: %+.1f %%\n", change[i].what, change[i].gain_pct);
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 1;
}

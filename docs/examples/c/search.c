/* search.c - traincast_search.h: the three best layouts of a job, out of all.
 *
 * cc -std=c17 search.c $(pkg-config --cflags --libs traincast) -o search && ./search */
#include <stdio.h>
#include <traincast.h>

int main(void) {
    tc_catalog *catalog = NULL;
    tc_error error;
    tc_search_input input = tc_default_search_input();
    tc_question *q = &input.question;
    tc_search found;
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_catalog_model(catalog, "llama-2-7b", &q->job.model, &error)
        || tc_catalog_accelerator(catalog, "h20", &q->cluster.accelerator, &error)
        || tc_catalog_fabric(catalog, q->cluster.accelerator.fabric, &q->cluster.fabric, &error)
        || tc_catalog_stack(catalog, "megatron-core", &q->stack, &error)
        || tc_catalog_interval(catalog, &q->interval, &error))
        goto failed;
    q->cluster.devices = 32;
    q->job.global_batch = 256;
    input.top = 3;
    input.fit = TC_FIT;
    if (tc_search_fix(&input.fixed, "cp=1", "--fix", &error) || tc_search_run(&input, &found, &error)) goto failed;
    printf("%lld layouts, %lld forecast\n", (long long)found.space, (long long)found.evaluated);
    for (int i = 0; i < found.best_count; i++) {
        const tc_found *best = &found.best[i];
        const tc_layout *l = &best->step.layout;
        printf("TP %d, PP %d, DP %d, micro-batch %d: %.3f s a step, %.1f %% MFU, %.1f GiB\n", l->tp, l->pp, l->dp,
               l->micro_batch, best->expected_step_s, best->step.mfu_pct, best->step.memory.reserved / (1 << 30));
    }
    tc_search_free(&found);
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 1;
}

/* serving.c - traincast_serving.h: what eight devices serve of a model, and the best layout within objectives.
 *
 * cc -std=c17 serving.c $(pkg-config --cflags --libs traincast) -o serving && ./serving */
#include <stdio.h>
#include <traincast.h>

int main(void) {
    static tc_serving_search best; /* room for fronts: too large for a stack that is small */
    tc_catalog *catalog = NULL;
    tc_error error;
    tc_serving_question q = tc_default_serving_question();
    tc_accelerator *chip = &q.cluster.accelerator;
    tc_serving_answer a;
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_catalog_model(catalog, "llama-3.1-8b", &q.model, &error)
        || tc_catalog_accelerator(catalog, "h100-sxm", chip, &error)
        || tc_catalog_fabric(catalog, chip->fabric, &q.cluster.fabric, &error)
        || tc_catalog_engine(catalog, "vllm@2025-06", chip, &q.engine, &error))
        goto failed;
    q.cluster.devices = 8;
    q.input_tokens = 1000;
    q.output_tokens = 250;
    q.concurrency = 64;
    if (tc_infer(&q, &a, &error)) goto failed;
    printf("first token %.0f ms, %.1f ms a token, %.0f tokens/s of all, bound by %s\n", 1e3 * a.ttft_s, 1e3 * a.tpot_s,
           a.output_tokens_per_s, tc_serving_bound_names[a.bound]);
    q.concurrency = TC_UNSET; /* the most that the objectives allow */
    q.ttft_s = 1;
    q.tpot_s = 0.03;
    if (tc_infer_search(&q, TC_GOAL_RATE, &best, &error)) goto failed;
    if (best.count > 0)
        printf("within 1 s and 30 ms: TP %d, %d replicas, %.1f requests/s\n", best.best[0].tp,
               best.best[0].devices / best.best[0].tp / best.best[0].pp, best.best[0].requests_per_s);
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 1;
}

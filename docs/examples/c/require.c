/* require.c - traincast_require.h: what more of each figure of a chip is worth, and what one of them must be for a step of six tenths.
 *
 * cc -std=c17 require.c $(pkg-config --cflags --libs traincast) -o require && ./require */
#include <stdio.h>
#include <traincast.h>

static tc_worths worths;
static tc_require required;

int main(void) {
    tc_catalog *catalog = NULL;
    tc_error error;
    tc_require_input input = tc_default_require_input();
    tc_question *q = &input.search.question;
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_catalog_model(catalog, "llama-2-7b", &q->job.model, &error)
        || tc_catalog_accelerator(catalog, "h20", &q->cluster.accelerator, &error)
        || tc_catalog_fabric(catalog, q->cluster.accelerator.fabric, &q->cluster.fabric, &error)
        || tc_catalog_stack(catalog, "megatron-core", &q->stack, &error)
        || tc_catalog_interval(catalog, &q->interval, &error))
        goto failed;
    q->cluster.devices = 64;
    q->job.global_batch = 128;
    if (tc_require_worth(&input.search, &worths, &error)) goto failed;
    printf("today %.2f s a step\n", worths.today_s);
    for (int i = 0; i < worths.count; i++)
        printf("%-18s x %.2f: %.2f s, elasticity %.2f\n", tc_required_name(worths.worth[i].figure),
               worths.worth[i].factor, worths.worth[i].step_s, worths.worth[i].elasticity);
    input.target_s = 0.6 * worths.today_s;
    if (tc_require_find(&input, &required, &error)) goto failed;
    for (int i = 0; i < required.alone_count; i++)
        printf("%-18s %s: %.3g today, %.3g for %.2f s\n", tc_required_name(required.alone[i].figure),
               required.alone[i].reached ? "does it" : "is not enough", required.alone[i].today,
               required.alone[i].value, required.alone[i].step_s);
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 1;
}

/* validate.c - traincast_validate.h: how far the forecast is from runs that somebody measured.
 *
 * cc -std=c17 validate.c $(pkg-config --cflags --libs traincast) -o validate && ./validate [RUNS.jsonl] */
#include <stdio.h>
#include <string.h>
#include <traincast.h>

/* One of the runs of Korthikanti et al. 2022, without what the forecast does not need. */
static const char row[]
    = "{\"id\": \"gpt3-175b\", \"accelerator\": \"a100-sxm-80g\", \"devices\": 64, \"devices_per_node\": 8, "
      "\"model\": {\"name\": \"GPT-3 175B\", \"family\": \"gpt\", \"layers\": 96, \"hidden\": 12288, \"heads\": 96, "
      "\"vocab\": 51200, \"seq\": 2048}, \"global_batch\": 64, \"micro_batch\": 1, \"tp\": 8, \"pp\": 8, \"dp\": 1, "
      "\"recompute\": \"full\", \"measured\": {\"step_s\": 18.13}, \"norm\": {\"stack\": \"megatron-lm\", "
      "\"source_family\": \"korthikanti22\", \"dtype\": \"bf16\", \"recompute\": \"full\", \"sharding\": "
      "\"none\", "
      "\"counts\": true}}\n";

static tc_validation result;

int main(int argc, char **argv) {
    tc_catalog *catalog = NULL;
    tc_published *published = NULL;
    tc_error error;
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_published_open(&published, &error)) goto failed;
    if (argc > 1 ? tc_published_read_file(published, argv[1], &error)
                 : tc_published_read(published, "row", row, strlen(row), &error))
        goto failed;
    if (tc_validate(catalog, published, &result, &error)) goto failed;
    for (int i = 0; i < result.count; i++) {
        const tc_scored_run *r = &result.runs[i];
        if (r->status != TC_CASE_OK)
            printf("%s: %s: %s\n", r->id, tc_case_status_name(r->status), r->reason);
        else
            printf("%s on %s: %.1f s forecast (80 %%: %.1f to %.1f), %+.0f %%\n", r->id, r->accelerator, r->step_s,
                   r->step_s_p10, r->step_s_p90, r->error_pct);
    }
    if (result.n > 0) printf("%d of %d runs count; mean error %.0f %%\n", result.n, result.count, result.mape_pct);
    tc_published_close(published);
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_published_close(published);
    tc_catalog_close(catalog);
    return 1;
}

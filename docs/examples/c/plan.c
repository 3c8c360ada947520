/* plan.c - traincast_plan.h: what a fleet can train, and when it is done.
 *
 * cc -std=c17 plan.c $(pkg-config --cflags --libs traincast) -o plan && ./plan [SCENARIO] */
#include <math.h>
#include <stdio.h>
#include <traincast.h>

int main(int argc, char **argv) {
    tc_catalog *catalog = NULL;
    tc_error error;
    tc_scenario *scenario = NULL;
    const tc_interval_model *interval;
    tc_plan plan;
    tc_plan_options options = tc_default_plan_options();
    options.samples = 64; /* calendars: a look; the default is as many as the dates' standard errors ask for */
    if (tc_catalog_open(NULL, 0, &catalog, &error)
        || tc_scenario_load(catalog, argc > 1 ? argv[1] : "startup-rented", &scenario, &error)
        || tc_catalog_interval(catalog, &interval, &error) || tc_plan_make(scenario, interval, &options, &plan, &error))
        goto failed;
    for (int j = 0; j < plan.jobs; j++) {
        const tc_plan_run *run = &plan.run[j];
        printf("job %d: ", j + 1);
        if (!run->feasible) {
            printf("not feasible: %s\n", run->why);
            continue;
        }
        printf("%d days from the first step to the last", (int)(run->finish - run->start) + 1);
        if (plan.outlook)
            printf(", done %.0f to %.0f days after the start in eight of ten calendars",
                   tc_outlook_quantile(plan.outlook, j, 0.1) / 86400,
                   tc_outlook_quantile(plan.outlook, j, 0.9) / 86400);
        if (isfinite(run->cost_usd)) printf(", %.0f US dollars", run->cost_usd);
        printf("\n");
    }
    tc_plan_free(&plan);
    tc_scenario_free(scenario);
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_scenario_free(scenario);
    tc_catalog_close(catalog);
    return 1;
}

/* run.c - traincast_run.h: a whole run with failures, money and energy, and what export rules say of the device.
 *
 * cc -std=c17 run.c $(pkg-config --cflags --libs traincast) -o run && ./run */
#include <stdio.h>
#include <traincast.h>

int main(void) {
    tc_catalog *catalog = NULL;
    tc_error error;
    tc_question q = tc_default_question();
    tc_accelerator *chip = &q.cluster.accelerator;
    tc_economics economics;
    tc_step step;
    tc_run run;
    tc_controls controls;
    if (tc_catalog_open(NULL, 0, &catalog, &error) || tc_catalog_model(catalog, "llama-2-7b", &q.job.model, &error)
        || tc_catalog_accelerator(catalog, "h100-sxm", chip, &error)
        || tc_catalog_fabric(catalog, chip->fabric, &q.cluster.fabric, &error)
        || tc_catalog_stack(catalog, "megatron-core", &q.stack, &error)
        || tc_catalog_interval(catalog, &q.interval, &error)
        || tc_economics_load(catalog, NULL, NULL, chip->region, &economics, &error)
        || tc_controls_load(catalog, &controls, &error))
        goto failed;
    q.cluster.devices = 256;
    q.job.global_batch = 512;
    if (tc_forecast(&q, &step, &error)) goto failed;
    tc_run_input input = tc_run_input_of(&q, &step);
    input.tokens = 1e12;
    if (tc_risks_load(catalog, &input.risks, &error) || tc_run_forecast(&input, &economics, &run, &error)) goto failed;
    printf("%.1f days (%.1f to %.1f), goodput %.2f, %.1f failures\n", run.wall_s / 86400, run.p10.wall_s / 86400,
           run.p90.wall_s / 86400, run.goodput, run.failures);
    printf("a checkpoint every %.0f steps; %.0f device-hours, %.0f MWh\n", run.interval_steps, run.device_hours,
           run.mwh);
    if (run.owned_usd > 0) printf("%.0f US dollars on devices of one's own\n", run.owned_usd); /* NaN: not known */

    tc_control_report report = tc_controls_classify(&controls, chip, NULL);
    printf("TPP %.0f\n", report.tpp);
    for (int i = 0; i < report.rules; i++)
        if (report.rule[i].applies) printf("%s: %s\n", report.rule[i].date, report.rule[i].class_name);
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 1;
}

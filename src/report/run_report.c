/* run_report.c - a whole training run: days, failures, money, energy. What is not known is "-" and null. */
#include "report/run_report.h"

#include <math.h>
#include <string.h>

#include "layout/fields.h"
#include "report/format.h"
#include "report/pools_text.h"
#include "report/names.h"
#include "report/step_report.h"

#define DAY 86400.0

/* What a failure does: for programs, and for people where it is not the usual. */
static const char *const failure_words[TC_FAILURE_POLICIES][2]
    = {{"spare", ""}, {"wait", "; the job waits for the repair"}, {"shrink", "; it goes on with a replica less"}};

/* ---- JSON ------------------------------------------------------------------------------ */

static void write_time(tc_writer *writer, const tc_run_input *in, const tc_run *run) {
    tc_write_number(writer, "days", run->wall_s / DAY);
    tc_write_number(writer, "days_p10", run->p10.wall_s / DAY);
    tc_write_number(writer, "days_p90", run->p90.wall_s / DAY);
    tc_write_number(writer, "wall_s", run->wall_s);
    tc_write_number(writer, "wall_s_p10", run->p10.wall_s);
    tc_write_number(writer, "wall_s_p90", run->p90.wall_s);
    tc_write_number(writer, "ideal_s", run->ideal_s);
    tc_write_number(writer, "goodput", run->goodput);
    tc_write_number(writer, "goodput_failures", run->goodput_failures);
    tc_write_number(writer, "operations_share", run->operations_share);
    tc_write_number(writer, "checkpoint_share", run->checkpoint_share);
    tc_write_number(writer, "lost_share", run->lost_share);
    tc_write_number(writer, "restart_share", run->restart_share);
    tc_write_number(writer, "failures", run->failures);
    tc_write_string(writer, "on_failure", failure_words[in->on_failure][0]);
    tc_write_number(writer, "job_mtbf_s", run->job_mtbf_s);
    tc_write_number(writer, "checkpoint_bytes", run->checkpoint_bytes);
    tc_write_number(writer, "checkpoint_s", run->checkpoint_s);
    tc_write_number(writer, "checkpoint_interval_s", run->interval_s);
    tc_write_number(writer, "checkpoint_interval_steps", run->interval_steps);
    tc_write_number(writer, "interval_young_s", run->interval_young_s);
    tc_write_number(writer, "interval_daly_s", run->interval_daly_s);
}

static void write_money(tc_writer *writer, const tc_run *run) {
    tc_write_number(writer, "device_hours", run->device_hours);
    tc_write_number(writer, "owned_usd", run->owned_usd);
    tc_write_number(writer, "owned_usd_p10", run->p10.owned_usd);
    tc_write_number(writer, "owned_usd_p90", run->p90.owned_usd);
    tc_write_number(writer, "owned_capital_usd", run->capital_usd);
    tc_write_number(writer, "owned_energy_usd", run->energy_usd);
    tc_write_number(writer, "rented_usd", run->rented_usd);
    tc_write_number(writer, "rented_usd_p10", run->p10.rented_usd);
    tc_write_number(writer, "rented_usd_p90", run->p90.rented_usd);
    tc_write_number(writer, "owned_usd_per_million_tokens", run->owned_usd_per_million_tokens);
    tc_write_number(writer, "rented_usd_per_million_tokens", run->rented_usd_per_million_tokens);
    tc_write_object(writer, "cost_usd"); /* old names, until 0.2 */
    tc_write_number(writer, "owned", run->owned_usd);
    tc_write_number(writer, "owned_p10", run->p10.owned_usd);
    tc_write_number(writer, "owned_p90", run->p90.owned_usd);
    tc_write_number(writer, "owned_capital", run->capital_usd);
    tc_write_number(writer, "owned_energy", run->energy_usd);
    tc_write_number(writer, "rented", run->rented_usd);
    tc_write_number(writer, "rented_p10", run->p10.rented_usd);
    tc_write_number(writer, "rented_p90", run->p90.rented_usd);
    tc_write_number(writer, "owned_per_million_tokens", run->owned_usd_per_million_tokens);
    tc_write_number(writer, "rented_per_million_tokens", run->rented_usd_per_million_tokens);
    tc_write_close(writer);
    tc_write_number(writer, "power_w", run->power_w);
    tc_write_number(writer, "energy_mwh", run->mwh);
    tc_write_number(writer, "energy_mwh_p10", run->p10.mwh);
    tc_write_number(writer, "energy_mwh_p90", run->p90.mwh);
    tc_write_number(writer, "co2_t", run->tonnes_co2);
    tc_write_number(writer, "co2_t_p10", run->p10.tonnes_co2);
    tc_write_number(writer, "co2_t_p90", run->p90.tonnes_co2);
}

void tc_write_run(tc_writer *writer, const tc_run *run) {
    tc_write_number(writer, "days", run->wall_s / DAY);
    tc_write_number(writer, "days_p10", run->p10.wall_s / DAY);
    tc_write_number(writer, "days_p90", run->p90.wall_s / DAY);
    tc_write_number(writer, "goodput", run->goodput);
    tc_write_number(writer, "goodput_failures", run->goodput_failures);
    tc_write_number(writer, "failures", run->failures);
    tc_write_number(writer, "device_hours", run->device_hours);
    tc_write_number(writer, "owned_usd", run->owned_usd);
    tc_write_number(writer, "owned_usd_p10", run->p10.owned_usd);
    tc_write_number(writer, "owned_usd_p90", run->p90.owned_usd);
    tc_write_number(writer, "rented_usd", run->rented_usd);
    tc_write_number(writer, "rented_usd_p10", run->p10.rented_usd);
    tc_write_number(writer, "rented_usd_p90", run->p90.rented_usd);
    tc_write_number(writer, "energy_mwh", run->mwh);
    tc_write_number(writer, "energy_mwh_p10", run->p10.mwh);
    tc_write_number(writer, "energy_mwh_p90", run->p90.mwh);
    tc_write_number(writer, "co2_t", run->tonnes_co2);
}

void tc_report_run(tc_target *target, const tc_question *question, const tc_run_input *input, const tc_run *run) {
    const tc_step *step = &input->step;
    tc_writer writer = tc_write_begin(target, "run/1", NULL);
    tc_write_array(&writer, "assumed");
    for (int i = 0; i < step->assumed_count; i++) tc_write_string(&writer, NULL, step->assumed[i]);
    for (int i = 0; i < run->assumed_count; i++) tc_write_string(&writer, NULL, run->assumed[i]);
    tc_write_close(&writer);
    tc_write_string(&writer, "model", question->job.model.slug);
    char pools[TC_POOLS_TEXT];
    tc_write_string(&writer, "accelerator", tc_pools_slugs(&input->cluster, pools, sizeof pools));
    tc_write_integer(&writer, "devices", run->devices);
    tc_write_integer(&writer, "packages", run->packages);
    tc_write_string(&writer, "fabric", input->cluster.fabric.slug);
    tc_write_string(&writer, "stack", question->stack.slug);
    tc_write_string(&writer, "optimizer", tc_optimizer_word(question));
    tc_write_number(&writer, "tokens", run->tokens);
    tc_write_number(&writer, "steps", run->steps);
    tc_write_step_time(&writer, step);
    tc_write_evidence(&writer, step);
    tc_write_number(&writer, "mfu_pct", step->mfu_pct);
    tc_write_step_memory(&writer, step);
    tc_write_fits(&writer, step->fits_probability, step->fits);
    write_time(&writer, input, run);
    write_money(&writer, run);
    if (input->cluster.others > 0) tc_write_number(&writer, "egress_usd", run->egress_usd);
    tc_write_layout(&writer, "layout", &step->layout);
    tc_write_beyond(&writer, question, &step->layout);
    tc_write_end(&writer);
}

/* ---- text ------------------------------------------------------------------------------- */

typedef struct interval_text {
    char s[80];
} interval_text;

/* " (80 % interval 5.1 d to 7.5 d)"; empty where there is none. */
static interval_text interval(double p10, double p90, tc_text (*format)(double)) {
    interval_text out = {""};
    if (!isnan(p10) && !isnan(p90))
        snprintf(out.s, sizeof out.s, " (80 %% interval %.24s to %.24s)", format(p10).s, format(p90).s);
    return out;
}

static void print_time(FILE *file, const tc_style *style, const tc_run_input *in, const tc_run *run) {
    const tc_step *step = &in->step;
    tc_print_linef(file, style, "duration", "%.20s of wall-clock time%s, %.20s of it steps: goodput %.20s",
                   tc_format_seconds(run->wall_s).s, interval(run->p10.wall_s, run->p90.wall_s, tc_format_seconds).s,
                   tc_format_seconds(run->ideal_s).s, tc_format_percent(100 * run->goodput).s);
    double step_p10 = step->step_s_p10 > 0 ? step->step_s_p10 : NAN,
           step_p90 = step->step_s_p90 > 0 ? step->step_s_p90 : NAN;
    tc_print_linef(file, style, "steps", "%.20s steps of %.20s tokens, %.20s each%s at %.20s MFU",
                   tc_format_count(run->steps).s, tc_format_short(step->tokens_per_step).s,
                   tc_format_seconds(step->step_s).s, interval(step_p10, step_p90, tc_format_seconds).s,
                   tc_format_percent(step->mfu_pct).s);
    tc_print_step_memory(file, style, step);
    tc_print_linef(file, style, "failures", "%.20s expected, one every %.20s%s",
                   tc_format_significant(run->failures, 3).s, tc_format_seconds(run->job_mtbf_s).s,
                   failure_words[in->on_failure][1]);
    tc_print_linef(file, style, "checkpoints", "every %.20s (%.20s steps) of %.20s, %.20s each",
                   tc_format_seconds(run->interval_s).s, tc_format_count(run->interval_steps).s,
                   tc_format_gib(run->checkpoint_bytes).s, tc_format_seconds(run->checkpoint_s).s);
    tc_print_linef(file, style, "lost", "%.20s to checkpoints, %.20s to work done twice, %.20s to restarts",
                   tc_format_percent(100 * run->checkpoint_share).s, tc_format_percent(100 * run->lost_share).s,
                   tc_format_percent(100 * run->restart_share).s);
    if (run->operations_share == 0) return;
    tc_print_linef(file, style, "operations", "%.20s to hangs, maintenance, waiting, disruptions, rollbacks and rework",
                   tc_format_percent(100 * run->operations_share).s);
}

static tc_text three_digits(double value) { return tc_format_significant(value, 3); }

static void print_money(FILE *file, const tc_style *style, const tc_run *run) {
    if (!isnan(run->owned_usd))
        tc_print_linef(file, style, "owned", "%.24s%s: hardware %.24s, electricity %.24s; %.24s per million tokens",
                       tc_format_usd(run->owned_usd).s,
                       interval(run->p10.owned_usd, run->p90.owned_usd, tc_format_usd).s,
                       tc_format_usd(run->capital_usd).s, tc_format_usd(run->energy_usd).s,
                       tc_format_usd(run->owned_usd_per_million_tokens).s);
    if (!isnan(run->rented_usd))
        tc_print_linef(file, style, "rented", "%.24s%s, %.24s per million tokens", tc_format_usd(run->rented_usd).s,
                       interval(run->p10.rented_usd, run->p90.rented_usd, tc_format_usd).s,
                       tc_format_usd(run->rented_usd_per_million_tokens).s);
    if (!isnan(run->mwh))
        tc_print_linef(file, style, "energy", "%.24s MWh%s at %.24s kW, %.24s t CO2",
                       tc_format_significant(run->mwh, 3).s, interval(run->p10.mwh, run->p90.mwh, three_digits).s,
                       tc_format_significant(run->power_w / 1e3, 3).s, tc_format_significant(run->tonnes_co2, 3).s);
    tc_print_linef(file, style, "used", "%.24s device-hours", tc_format_count(run->device_hours).s);
}

void tc_report_run_text(FILE *file, const tc_style *style, const tc_question *question, const tc_run_input *input,
                        const tc_run *run) {
    char text[512], pools[TC_POOLS_TEXT];
    tc_print_headingf(file, style, "%.120s on %.300s: %.20s tokens", question->job.model.name,
                      tc_pools_text(&input->cluster, pools, sizeof pools), tc_format_short(run->tokens).s);
    snprintf(text, sizeof text, "%s; %s", input->cluster.fabric.name, question->stack.name);
    if (input->cluster.others == 0) tc_print_wrapped(file, style, 0, 2, text);
    fputc('\n', file);
    print_time(file, style, input, run);
    print_money(file, style, run);
    if (run->egress_usd > 0) tc_print_linef(file, style, "egress", "%.24s, in both", tc_format_usd(run->egress_usd).s);
    if (input->cluster.others == 0) {
        tc_print_line(file, style, "layout", tc_layout_text(&input->step.layout, text, sizeof text));
        tc_print_beyond(file, style, question, &input->step.layout);
    }
    tc_print_distance(file, style, &input->step);
    if (!isnan(run->p10.wall_s))
        tc_print_line(file, style, "intervals",
                      run->operations_share != 0
                          ? "of the step, of operations and of failures; storage, prices and the grid count as they "
                            "stand"
                          : "of the step alone; failures, storage, prices and the grid count as they stand");
    tc_print_assumed(file, style, &input->step);
    tc_print_bullets(file, style, input->step.assumed_count > 0 ? NULL : "\nAssumed: neither given nor in the data",
                     run->assumed[0], sizeof run->assumed[0], run->assumed_count);
}

/* run.c - from one step to the whole job.
 *
 *     steps    = tokens / tokens per step, rounded up
 *     ideal    = steps x step time;  wall = ideal / goodput (goodput.c)
 *     M        = MTBF of a package / packages: any failure stops the job
 *     d        = fixed time + checkpoint bytes / storage bandwidth, training standing still
 *     power    = packages x TDP x (server / package power) x utilisation x PUE
 *     owned    = packages x price x (server / package price) / (1 - network share)
 *                x wall / amortisation + energy x electricity price
 *     rented   = packages x rental x wall, energy included
 *
 * The power model is that of the rated server power times a measured mean load:
 * Newkirk et al. 2025 (arXiv 2506.14551) measured 76 % of the rated 10.2 kW of an 8 x H100
 * node in training; the price model that of Cottier et al. 2024 (arXiv 2405.21015), linear
 * amortisation. The figures are data (data/economics.yaml).
 *
 * Of several pools each sum runs over their packages, and failures add up: 1 / M = sum of packages / MTBF.
 *
 * Ignored: idle time of owned devices outside the run, storage and staff, the resale value,
 * and the lower power of devices that wait for a restart. */
#include "run/goodput.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/error.h"
#include "layout/question_members.h"
#include "run/members.h"
#include "run/operations.h"
#include "run/upkeep.h"
#include "run/upkeep.h"
#include "workload/finetune.h"
#include "workload/optimizer.h"

#define SECONDS_PER_HOUR 3600.0
#define SECONDS_PER_DAY 86400.0
#define SECONDS_PER_YEAR (365.25 * SECONDS_PER_DAY)
#define JOULES_PER_MWH 3.6e9

tc_run_input tc_default_run_input(void) {
    const double unset = TC_UNSET;
    return (tc_run_input){.size = sizeof(tc_run_input),
                          .cluster = tc_default_cluster(),
                          .tokens = unset,
                          .parameters = unset,
                          .optimizer_bytes = unset,
                          .checkpoint_bytes = unset,
                          .storage_bytes_per_s = unset,
                          .checkpoint_s = unset,
                          .interval_s = unset,
                          .restart_s = unset,
                          .on_failure = TC_FAILURE_SPARE,
                          .repair_s = unset,
                          .mtbf_s = unset,
                          .price_usd = unset,
                          .rental_usd_per_h = unset,
                          .server_price = unset,
                          .network_share = unset,
                          .amortisation_s = unset,
                          .server_power = unset,
                          .power_utilisation = unset,
                          .pue = unset,
                          .usd_per_kwh = unset,
                          .kg_co2_per_kwh = unset,
                          .risks = tc_risks_none()};
}

static void assume(tc_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void assume(tc_run *run, const char *format, ...) {
    if (run->assumed_count == TC_RUN_ASSUMED_MAX) return;
    va_list args;
    va_start(args, format);
    vsnprintf(run->assumed[run->assumed_count++], sizeof run->assumed[0], format, args);
    va_end(args);
}

/* The given value, else the default, which is then told: "label VALUE unit (default)". region: NULL where
 * the default is the same everywhere. */
static double given(tc_run *run, double value, double fallback, const char *label, double scale, int decimals,
                    const char *unit, const tc_economics *region) {
    if (value >= 0) return value;
    assume(run, "%s %s%s%s (%s%s%s)", label, tc_decimal_text(fallback / scale, decimals).s, *unit ? " " : "", unit,
           region ? "region " : "default", region ? region->region : "",
           region && region->at_home ? ", where it is sold" : "");
    return fallback;
}

static tc_code check(const tc_run_input *in, tc_error *error) {
    if (!(in->tokens > 0) || !isfinite(in->tokens))
        return tc_fail(error, TC_INVALID, "--tokens", "no number of tokens to train; a positive count");
    if (!(in->step.step_s > 0) || !isfinite(in->step.step_s) || !(in->step.tokens_per_step > 0))
        return tc_fail(error, TC_INVALID, "step", "the step has no time or no tokens; both positive");
    if (in->cluster.devices < 1) return tc_fail(error, TC_INVALID, "--devices", "no devices; 1 or more");
    if (!(in->parameters >= 0) && !(in->checkpoint_bytes >= 0))
        return tc_fail(error, TC_INVALID, "parameters", "no parameters and no checkpoint size; one of the two");
    if (in->network_share >= 1)
        return tc_fail(error, TC_INVALID, "--network-share", "the network cannot be the whole price; below 1");
    return TC_OK;
}

/* Whose figure a default of failures or storage is. */
static const char *fleet_text(const tc_economics *economics, char *text, size_t size) {
    snprintf(text, size, "%s%s", economics->fleet[0] ? "default, that of " : "default", economics->fleet);
    return text;
}

/* The packages of pool i: 0 is the cluster's own. */
typedef struct pool_packages {
    const tc_accelerator *chip;
    double packages;
} pool_packages;

static pool_packages packages_at(const tc_cluster *cluster, const tc_run *run, int i) {
    if (i > 0) {
        const tc_pool *pool = &cluster->other[i - 1];
        return (pool_packages){&pool->accelerator, tc_packages_of(&pool->accelerator, pool->devices)};
    }
    if (cluster->others == 0) return (pool_packages){&cluster->accelerator, run->packages};
    return (pool_packages){&cluster->accelerator, tc_packages_of(&cluster->accelerator, cluster->devices)};
}

/* Where a package's MTBF comes from: the user, the accelerator's file, the default. */
static double package_mtbf(const tc_run_input *in, const tc_accelerator *chip, const tc_economics *economics,
                           tc_run *run) {
    if (in->mtbf_s >= 0) return in->mtbf_s;
    if (chip->mtbf_s > 0) return chip->mtbf_s;
    char of[96];
    assume(run, "MTBF of a package%s%s %s h (%s)", in->one_of_many ? "" : " of ", in->one_of_many ? "" : chip->slug,
           tc_decimal_text(economics->mtbf_s / SECONDS_PER_HOUR, 0).s, fleet_text(economics, of, sizeof of));
    return economics->mtbf_s;
}

/* Between failures of any package of any pool. */
static double job_mtbf(const tc_run_input *in, const tc_economics *economics, tc_run *run) {
    double rate = 0;
    for (int i = 0; i <= in->cluster.others; i++) {
        pool_packages pool = packages_at(&in->cluster, run, i);
        double mtbf = package_mtbf(in, pool.chip, economics, run);
        if (in->cluster.others == 0) return mtbf / run->packages;
        rate += pool.packages / mtbf;
    }
    return 1 / rate;
}

tc_run_input tc_run_input_of(const tc_question *q, const tc_step *step) {
    tc_run_input in = tc_default_run_input();
    if (tc_members_check(&tc_job_members, &q->job, "job", NULL)
        || tc_members_check(&tc_cluster_members, &q->cluster, "cluster", NULL)
        || tc_members_check(&tc_stack_members, &q->stack, "stack", NULL))
        return in; /* no forecast takes them */
    in.step = *step;
    in.cluster = q->cluster;
    in.parameters = tc_trained_parameters(&q->job);
    in.optimizer_bytes = tc_model_state_bytes(&q->stack, q->job.finetune.state_bits, q->job.optimizer,
                                              q->layout.sharding > TC_SHARD_NONE, &q->job.model);
    return in;
}

static double checkpoint_time(const tc_run_input *in, const tc_economics *economics, tc_run *run) {
    run->checkpoint_bytes = in->checkpoint_bytes;
    if (!(run->checkpoint_bytes >= 0)) {
        double optimizer = in->optimizer_bytes >= 0 ? in->optimizer_bytes : 12;
        run->checkpoint_bytes = in->parameters * (economics->weight_bytes + optimizer);
        if (in->parameters <= 0)
            assume(run, "checkpoint of the adapter alone, so small that its size is taken as 0");
        else
            assume(run, "checkpoint of %s bytes per parameter: weights %s, optimizer state %s",
                   tc_decimal_text(economics->weight_bytes + optimizer, 1).s,
                   tc_decimal_text(economics->weight_bytes, 1).s, tc_decimal_text(optimizer, 1).s);
    }
    if (in->checkpoint_s >= 0 || run->checkpoint_bytes <= 0) return fmax(in->checkpoint_s, 0);
    if (in->storage_bytes_per_s > 0)
        return economics->checkpoint_fixed_s + run->checkpoint_bytes / in->storage_bytes_per_s;
    char of[96];
    double most = economics->storage_most_bytes_per_s;
    if (most > 0 && economics->storage_bytes_per_s * run->devices > most)
        assume(run, "checkpoint storage %s TB/s, the most of a cluster (%s)", tc_decimal_text(most / 1e12, 1).s,
               fleet_text(economics, of, sizeof of));
    else
        assume(run, "checkpoint storage %s MB/s per device (%s)",
               tc_decimal_text(economics->storage_bytes_per_s / 1e6, 1).s, fleet_text(economics, of, sizeof of));
    return tc_checkpoint_s(economics, run->checkpoint_bytes, run->devices);
}

static tc_code reliability(const tc_run_input *in, const tc_economics *economics, tc_run *run, tc_goodput *out,
                           tc_error *error) {
    run->job_mtbf_s = job_mtbf(in, economics, run);
    double restart
        = given(run, in->restart_s, economics->restart_s, "time from a failure to the next step", 60, 1, "min", NULL);
    run->checkpoint_s = checkpoint_time(in, economics, run);
    tc_failure_policy policy = {.on_failure = in->on_failure, .replicas = in->step.layout.dp};
    if (in->on_failure != TC_FAILURE_SPARE)
        policy.repair_s = given(run, in->repair_s, economics->repair_s, "repair of what fails", 3600, 1, "h", NULL);
    tc_goodput goodput
        = tc_goodput_with(&policy, in->step.step_s, run->job_mtbf_s, run->checkpoint_s, restart, in->interval_s);
    if (!(goodput.fraction > 1e-6 && goodput.fraction < 1 + 1e-6))
        return tc_fail(error, TC_INVALID, "goodput",
                       "a failure every %s s, %s s to restart and %s s to write a checkpoint: the job"
                       " never ends; fewer or more reliable devices, or a faster restart",
                       tc_decimal_text(run->job_mtbf_s, 1).s, tc_decimal_text(restart, 1).s,
                       tc_decimal_text(run->checkpoint_s, 1).s);
    run->interval_young_s = tc_interval_young(run->checkpoint_s, run->job_mtbf_s);
    run->interval_daly_s = tc_interval_daly(run->checkpoint_s, run->job_mtbf_s);
    run->interval_s = goodput.interval_s;
    run->interval_steps = goodput.interval_steps;
    run->goodput_failures = goodput.fraction;
    run->failures = goodput.failures_per_useful_s * run->ideal_s;
    *out = goodput;
    return TC_OK;
}

static void energy(const tc_run_input *in, const tc_economics *economics, tc_run *run) {
    double rated_w = 0;
    run->power_w = run->mwh = run->tonnes_co2 = NAN;
    for (int i = 0; i <= in->cluster.others; i++) {
        pool_packages pool = packages_at(&in->cluster, run, i);
        rated_w += pool.chip->tdp_w > 0 ? pool.packages * pool.chip->tdp_w : NAN;
    }
    if (isnan(rated_w)) {
        assume(run, "no power, energy or CO2: the accelerator's file has no TDP");
        return;
    }
    double server = given(run, in->server_power, economics->server_power,
                          "rated power of a server over that of its packages", 1, 2, "", NULL);
    double load = given(run, in->power_utilisation, economics->power_utilisation,
                        "mean power in training, of the rated power:", 0.01, 0, "%", NULL);
    double pue = given(run, in->pue, economics->pue, "PUE", 1, 2, "", economics);
    double carbon = given(run, in->kg_co2_per_kwh, economics->kg_co2_per_kwh, "grid", 1, 4, "kg CO2/kWh", economics);
    run->power_w = rated_w * server * load * pue;
    run->mwh = run->power_w * run->wall_s / JOULES_PER_MWH;
    run->tonnes_co2 = run->mwh * carbon; /* MWh x kg/kWh = t */
}

/* Of all packages, what one costs: what was given, else what the accelerator's file says; NaN: not known. */
static double sum_of(const tc_run_input *in, const tc_run *run, double given_usd, size_t offset) {
    double sum = 0;
    for (int i = 0; i <= in->cluster.others; i++) {
        pool_packages pool = packages_at(&in->cluster, run, i);
        double own = *(const double *)(const void *)((const char *)pool.chip + offset);
        sum += pool.packages * (given_usd >= 0 ? given_usd : own > 0 ? own : NAN);
    }
    return sum;
}

static void money(const tc_run_input *in, const tc_economics *economics, tc_run *run) {
    double price = sum_of(in, run, in->price_usd, offsetof(tc_accelerator, price_usd));
    double rental = sum_of(in, run, in->rental_usd_per_h, offsetof(tc_accelerator, rental_usd_per_h));
    run->capital_usd = run->energy_usd = run->owned_usd = run->rented_usd = NAN;
    run->egress_usd = in->egress_usd * run->steps;
    if (isnan(price) && !in->rented_only)
        assume(run, "no cost of owning: neither a price nor the accelerator's file gives one");
    if (!isnan(price)) {
        double server = given(run, in->server_price, economics->server_price,
                              "price of a server over that of its packages", 1, 2, "", NULL);
        double network = given(run, in->network_share, economics->network_share,
                               "share of the network in the price of a cluster", 0.01, 0, "%", NULL);
        double life = given(run, in->amortisation_s, economics->amortisation_s, "amortised over", SECONDS_PER_YEAR, 1,
                            "years", NULL);
        double electricity
            = given(run, in->usd_per_kwh, economics->usd_per_kwh, "electricity", 1, 4, "USD/kWh", economics);
        run->capital_usd = price * server / (1 - network) * run->wall_s / life;
        run->energy_usd = run->mwh * 1000 * electricity;
        run->owned_usd = run->capital_usd + run->energy_usd + run->egress_usd;
    }
    if (isnan(rental) && !in->owned_only)
        assume(run, "no cost of renting: neither a rental price nor the accelerator's file gives one");
    run->rented_usd = rental * run->wall_s / SECONDS_PER_HOUR + run->egress_usd;
    run->owned_usd_per_million_tokens = run->owned_usd / (run->tokens / 1e6);
    run->rented_usd_per_million_tokens = run->rented_usd / (run->tokens / 1e6);
}

/* Steps, failures, checkpoints: what the run needs where nothing else goes wrong. */
static tc_code take_steps(const tc_run_input *in, const tc_economics *economics, tc_run *run, tc_goodput *goodput,
                          tc_error *error) {
    run->devices = tc_cluster_devices(&in->cluster);
    run->packages = tc_packages_of(&in->cluster.accelerator, in->cluster.devices);
    for (int i = 0; i < in->cluster.others; i++)
        run->packages += tc_packages_of(&in->cluster.other[i].accelerator, in->cluster.other[i].devices);
    run->tokens = in->tokens;
    run->steps = fmax(1, ceil(in->tokens / in->step.tokens_per_step));
    run->ideal_s = run->steps * in->step.step_s;
    return reliability(in, economics, run, goodput, error);
}

/* What the time goes to. The failures of the first weeks are counted as they are; operations have the rest. */
static void take_shares(const tc_run_input *in, const tc_goodput *goodput, tc_run *run) {
    double useful = run->ideal_s / run->wall_s, more = tc_early_failures(&in->risks, goodput, run->ideal_s);
    tc_overhead overhead = tc_overhead_of(goodput);
    double lost = goodput->lost_share / goodput->fraction, restart = goodput->restart_share / goodput->fraction;
    if (!tc_risks_of_run(&in->risks)) useful = goodput->fraction;
    run->failures *= more;
    run->goodput = useful;
    run->checkpoint_share = overhead.checkpoint * useful;
    run->lost_share = lost * more * useful;
    run->restart_share = restart * more * useful;
    double rest = 1 - useful - run->checkpoint_share - run->lost_share - run->restart_share;
    run->operations_share = tc_risks_of_run(&in->risks) ? rest : 0;
}

static void assume_operations(const tc_risks *risks, tc_run *run) {
    assume(run, "operations: %s %% of the time useful (%s to %s), public runs",
           tc_decimal_text(100 * risks->operations.mid, 0).s, tc_decimal_text(100 * risks->operations.low, 0).s,
           tc_decimal_text(100 * risks->operations.high, 0).s);
    assume(run, "a disruption every %s d (%s d each), a rollback every %s d (%s d), rework with probability %s",
           tc_decimal_text(risks->disruptions_every_s / SECONDS_PER_DAY, 0).s,
           tc_decimal_text(risks->disruption_s.mid / SECONDS_PER_DAY, 1).s,
           tc_decimal_text(risks->rollbacks_every_s / SECONDS_PER_DAY, 0).s,
           tc_decimal_text(risks->rollback_s.mid / SECONDS_PER_DAY, 1).s, tc_decimal_text(risks->rework_chance, 2).s);
}

tc_upkeep tc_upkeep_of(const tc_run_input *in, const tc_economics *economics) {
    int devices = in->cluster.accelerator.devices_per_package > 1 ? in->cluster.accelerator.devices_per_package : 1;
    double load = in->power_utilisation >= 0 ? in->power_utilisation : economics->power_utilisation;
    tc_run hour = {.packages = 1, .tokens = 1, .wall_s = SECONDS_PER_HOUR};
    energy(in, economics, &hour);
    money(in, economics, &hour);
    double kwh = in->usd_per_kwh >= 0 ? in->usd_per_kwh : economics->usd_per_kwh,
           carbon = in->kg_co2_per_kwh >= 0 ? in->kg_co2_per_kwh : economics->kg_co2_per_kwh;
    return (tc_upkeep){.usd_per_h = (in->rented_only ? hour.rented_usd : hour.capital_usd) / devices,
                       .mw_at_work = hour.mwh / devices,
                       .mw_idle = load > 0 ? hour.mwh / devices * economics->power_idle / load : 0,
                       .usd_per_mwh = in->rented_only ? 0 : 1000 * kwh,
                       .tonnes_per_mwh = carbon};
}

/* All that follows from how long the run takes. */
static void take_wall(const tc_run_input *in, const tc_economics *economics, double wall_s, tc_run *run) {
    run->wall_s = wall_s;
    run->device_hours = run->devices * wall_s / SECONDS_PER_HOUR;
    energy(in, economics, run);
    money(in, economics, run);
}

static tc_run_end end_of(const tc_run_input *in, const tc_economics *economics, const tc_run *run, double wall_s) {
    tc_run other = *run;
    if (isnan(wall_s)) return (tc_run_end){NAN, NAN, NAN, NAN, NAN};
    take_wall(in, economics, wall_s, &other);
    return (tc_run_end){other.wall_s, other.owned_usd, other.rented_usd, other.mwh, other.tonnes_co2};
}

/* Checkpoints and failures follow the step time, so the run is forecast again with it. */
static double wall_of(const tc_run_input *in, const tc_economics *economics, double step_s) {
    tc_run_input other = *in;
    tc_run run = {0};
    tc_goodput goodput;
    other.step.step_s = step_s;
    if (check(&other, NULL) || take_steps(&other, economics, &run, &goodput, NULL)) return NAN;
    return run.ideal_s / goodput.fraction;
}

tc_code tc_run_forecast(const tc_run_input *in, const tc_economics *economics, tc_run *out, tc_error *error) {
    tc_code code = tc_members_check(&tc_run_input_members, in, "input", error);
    if (!code) code = tc_members_check(&tc_economics_members, economics, "economics", error);
    if (!code) code = check(in, error);
    tc_run run = {0};
    tc_goodput goodput;
    if (!code) code = take_steps(in, economics, &run, &goodput, error);
    if (code) return code;
    double wall_s = run.ideal_s / goodput.fraction, p10_s, p90_s;
    if (tc_risks_of_run(&in->risks)) {
        tc_run_quantiles q = tc_operations_quantiles(&in->risks, &in->step, &goodput, run.ideal_s);
        wall_s = q.p50_s, p10_s = q.p10_s, p90_s = q.p90_s;
        assume_operations(&in->risks, &run);
    } else {
        p10_s = wall_of(in, economics, in->step.step_s_p10);
        p90_s = wall_of(in, economics, in->step.step_s_p90);
    }
    if (!isfinite(wall_s))
        return tc_fail(error, TC_INVALID, "--tokens", "the run takes no finite time; fewer tokens, or a faster step");
    take_wall(in, economics, wall_s, &run);
    take_shares(in, &goodput, &run);
    run.p10 = end_of(in, economics, &run, p10_s);
    run.p90 = end_of(in, economics, &run, p90_s);
    *out = run;
    return TC_OK;
}

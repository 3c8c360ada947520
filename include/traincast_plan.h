/* traincast_plan.h - chapter of traincast.h: a fleet, what it serves and what it shall train; the calendar: which pool
 * trains what, from when, until when.
 *
 * The file of a scenario: docs/scenarios.md has the table of its keys. A figure whose source is `assumed` is an
 * assumption of the scenario: every report lists it. Deterministic: deliveries come on their dates. The p10 and p90 of a
 * finish are those of the same calendar with all steps at an end of their 80 % interval: nothing is drawn.
 * Example: docs/examples/c/plan.c. */
#ifndef TRAINCAST_PLAN_H
#define TRAINCAST_PLAN_H

#include "traincast.h"
#include "traincast_run.h"

/* More than these is taken for a slip of the pen; nothing has room for so many unless a file asks for it. */
#define TC_SCENARIO_MOST_POOLS 1000
#define TC_SCENARIO_MOST_DELIVERIES 20000 /* of a pool */
#define TC_SCENARIO_MOST_SERVINGS 1000
#define TC_SCENARIO_MOST_JOBS 10000
#define TC_SCENARIO_MOST_CANDIDATES 1000 /* of a job */

#define TC_SCENARIO_MOST_PHASES 50 /* of a candidate */
#define TC_SCENARIO_MOST_RATES 200
#define TC_SCENARIO_MOST_CURRENCIES 32
#define TC_SCENARIO_MOST_ACTUALS 100000
#define TC_SCENARIO_MOST_LINKS 1000
#define TC_SCENARIO_MOST_RENTALS 100
#define TC_SCENARIO_MOST_PRICES 200 /* of a rental */

typedef struct tc_delivery {
    int32_t day;
    int devices;      /* that arrive, not in all: the middle of `count` */
    tc_spread count;  /* certain: all alike */
    int32_t promised; /* the day on which the promise was first made */
    bool firm;        /* comes on its day */
    int line;         /* of the pool, that it is of; a line with `every` is a stream */
} tc_delivery;

/* As the file has it: one delivery, or one every month or week. */
typedef struct tc_delivery_line {
    char date[16], from[16], until[16], promised_date[16];
    int every;      /* 0: month, 1: week; -1: a single one */
    tc_spread each; /* devices of each delivery */
    int devices;    /* the middle of that */
    int ordered;    /* devices of the whole order; those of all its deliveries where the file has none */
    int32_t promised;
    bool firm;        /* of a rented pool unless the file says otherwise */
    int first, count; /* in the pool's deliveries */
} tc_delivery_line;

typedef struct tc_scenario_pool {
    char name[48], accelerator[160], fabric[160], stack[160], region[32], supplier[64];
    int rented;                                 /* ownership: 0 owned, 1 rented */
    double price_usd, rental_usd_per_h, mtbf_s; /* of a package; TC_UNSET: the accelerator's */
    double market_usd_per_h;                    /* for which more of its packages are rented; TC_UNSET: not known */
    int on_failure;                             /* tc_on_failure */
    double repair_s;                            /* TC_UNSET: the region's economics' */
    bool regional;                              /* the rental is the region's, which the file does not give */
    char until_date[16];
    int32_t until;     /* first day without the pool; INT32_MAX = stays */
    bool new_platform; /* new to the team: the first delivery takes longer, and the platform may fail */
    bool controlled;   /* its chips are sold across an export control: a rule may stop them */
    bool controlled_given;
    int lines, deliveries;
    tc_delivery_line *line;
    tc_delivery *delivery;             /* by day */
    tc_cluster cluster;                /* resolved; devices 0 */
    tc_stack software[TC_MODEL_KINDS]; /* resolved: the stack, or what it has for models of the kind */
    tc_economics economics;
    tc_risks risks;     /* the scenario's, with the pool's own on top */
    double bring_up_s;  /* of the calendar without risks: the scenario's, or the middle of the pool's own */
    tc_spread bring_up; /* with them */
} tc_scenario_pool;

/* A load over the day, each hour relative to the peak hour: a word of data/serving_profiles.yaml. */
typedef struct tc_serving_profile {
    char slug[32];
    double hour[24];
    double weekend; /* load of Saturday and Sunday, of a weekday's */
} tc_serving_profile;

/* What a device does of a service, forecast: the layout that serves most within the objectives. All 0: nothing is forecast. */
typedef struct tc_served {
    double requests_per_s, output_tokens_per_s;       /* of a device */
    double prefill_tokens_per_s, decode_tokens_per_s; /* of a device, each alone */
    double ttft_s, ttft_s_p95, tpot_s, tpot_s_p95;
    double prefill_share; /* of the devices, that prefill alone */
    int weights;          /* tc_weight_format; TC_UNSET: nothing is forecast */
    int tp, pp, ep;
} tc_served;

/* Devices kept for serving: given, or from the demand; of a served model by a forecast, else by rates of a device. */
typedef struct tc_scenario_serving {
    char name[48], pool_name[48], profile_name[32], from_date[16], until_date[16];
    char model_slug[160], engine_name[160]; /* empty: rates are given; the generic engine */
    int weights;                            /* tc_weight_format; TC_UNSET: as the model's checkpoint has them */
    int kv;                                 /* tc_dtype; TC_UNSET: 16 bit */
    double ttft_s, tpot_s;                  /* objectives, of the p95; TC_UNSET: none */
    int draft_tokens;
    double accepted_tokens; /* TC_UNSET: by draft_tokens */
    int pool;
    int devices_given;       /* 0: from the demand */
    double tokens_per_day;   /* in and out, mean of a day; TC_UNSET: from users or requests */
    double in_share;         /* of tokens_per_day, those that come in */
    double requests_per_day; /* mean of a day; TC_UNSET: from users or tokens */
    double monthly_users, daily_share, turns_per_day;
    double tokens_in, cached_share, tokens_out;       /* per turn */
    double peak_factor;                               /* peak over mean; TC_UNSET: that of the profile */
    double prefill_tokens_per_s, decode_tokens_per_s; /* of a device */
    double utilisation;                               /* of its rates; TC_UNSET: all, of a forecast */
    tc_spread growth;                                 /* of the load, per month: 0.2 is 20 % more */
    int32_t from, until;    /* first day, and first day without; INT32_MIN, INT32_MAX: always */
    bool night_training;    /* what is free at night trains */
    bool firm;              /* the plan fails where it is not met */
    double met_probability; /* with which a firm service must be met */
    tc_serving_profile profile;
    /* derived */
    int devices;    /* at the peak */
    tc_spread need; /* devices that are needed over those: the error of the forecast rate; certain: all alike */
    tc_served served;
    double peak_requests_per_s; /* TC_UNSET: what a request is, is not given */
    double peak_prefill_tokens_per_s, peak_decode_tokens_per_s;
} tc_scenario_serving;

/* Devices that serve in an hour of the day, 0 to 23, as the plan begins; weekend: of a Saturday or Sunday. */
TC_API int tc_serving_devices_at(const tc_scenario_serving *serving, int hour, bool weekend);

/* A part of a candidate's training with a workload of its own, in the order of training. */
typedef struct tc_scenario_phase {
    char name[48];
    int seq, global_batch;     /* TC_UNSET: the candidate's */
    int frames, height, width; /* of a model of images or video, in place of seq; likewise */
    double tokens, share;      /* as given, one of the two; resolved: tokens, and the share of the candidate's */
} tc_scenario_phase;

/* What a device does of work whose step is not forecast. */
typedef struct tc_scenario_rate {
    char accelerator[160]; /* resolved: the slug */
    tc_spread tokens_per_s;
} tc_scenario_rate;

typedef struct tc_scenario_candidate {
    char name[48], model_slug[160], unit[16];
    int seq;                   /* TC_UNSET: the model's */
    int layers;                /* to which the model is cut; TC_UNSET: all */
    int frames, height, width; /* of a model of images or video, in place of seq; likewise */
    bool cached_latents;       /* its encoders ran before */
    bool encoders_in_step;     /* they run in the step; with neither of the two: the software's way */
    int global_batch;          /* sequences; TC_UNSET without a model */
    int dtype;
    bool dtype_default;      /* none given: bf16 */
    char finetune_text[128]; /* as --finetune; empty: all weights */
    tc_finetune finetune;    /* of it, as in tc_job, with the next two */
    bool frozen_base;
    int document;
    double tokens, tokens_per_parameter; /* one of the two; the other TC_UNSET. Of the unit */
    int phases, rates;
    tc_scenario_phase *phase;              /* none: one like the candidate */
    tc_scenario_rate *rate;                /* in place of a model: devices train at these rates */
    tc_model *model;                       /* resolved, in the scenario's arena; NULL where there are rates */
    char rl_program[32], rl_algorithm[16]; /* of reinforcement learning; empty: none */
    int rl_prompts, rl_responses;          /* of a step, which has as many updates as global_batch makes of them */
    double rl_tokens_in, rl_tokens_out, rl_most_tokens_out; /* of a sample, in the mean; TC_UNSET: no limit */
    struct tc_rl_question *rl;   /* resolved, in the scenario's arena, without devices; NULL: none */
    struct tc_engine *rl_engine; /* [pools] */
    double parameters, active_parameters;
} tc_scenario_candidate;

/* The name of a pool, found. */
typedef struct tc_scenario_name {
    char name[48];
    int pool;
} tc_scenario_name;

/* What joins two pools, at one site or at two. */
typedef struct tc_scenario_link {
    char from[48], to[48];
    int a, b;     /* pools */
    tc_link link; /* latency_s TC_UNSET: that of data/mixing.yaml */
    double km, usd_per_gb;
} tc_scenario_link;

enum { TC_CONTRACT_ON_DEMAND, TC_CONTRACT_RESERVED, TC_CONTRACT_INTERRUPTIBLE };

/* A price of a package from a day on. */
typedef struct tc_rental_price {
    char from_date[16];
    int32_t from;
    double usd_per_h;
} tc_rental_price;

/* Devices of a pool's kind that could be rented: what the plan tries. */
typedef struct tc_scenario_rental {
    char name[48], pool_name[48], from_date[16];
    int pool, devices;
    int32_t from;         /* the first day of which it may begin */
    int contract;         /* TC_CONTRACT_ON_DEMAND and so on */
    double usd_per_h;     /* of a package; TC_UNSET: what more of the pool's are rented for */
    double minimum_s;     /* of a reserved one: the least that is paid */
    double start_up_s;    /* until they train; TC_UNSET: the pool's bring-up */
    double interruptions; /* of an interruptible one: in 30 days, of all its devices at once */
    double back_s;        /* until they are back */
    int prices;
    tc_rental_price *price; /* by day: in place of usd_per_h from that day on */
} tc_scenario_rental;

/* In which form a job may use several pools at once. */
enum { TC_TOGETHER_ANY, TC_TOGETHER_DATA, TC_TOGETHER_PIPELINE, TC_TOGETHER_NO };

typedef struct tc_scenario_job {
    char name[48], after[48], not_before_date[16], deadline_date[16], pool_name[48];
    int after_job;                /* -1 none */
    int32_t not_before, deadline; /* INT32_MIN, INT32_MAX: none */
    int priority;                 /* higher first */
    int pool;                     /* it trains there only; -1: on any */
    int not_ons;
    tc_scenario_name *not_on; /* pools that it must not train on */
    int togethers;
    tc_scenario_name *together;   /* pools that it may use at once */
    int mixed;                    /* TC_TOGETHER_ANY and so on, where there are such */
    int min_devices, max_devices; /* 0: any */
    bool movable;                 /* from pool to pool */
    int choose; /* 0: the first candidate that is in time; 1: of those that are, the one with the least loss by the first scaling law */
    int candidates;
    tc_scenario_candidate *candidate; /* in the order of preference */
} tc_scenario_job;

/* What was seen by a day, in all since the beginning: of a pool, or of a job. */
typedef struct tc_actual {
    char date[16], pool_name[48], job_name[48];
    int32_t day;
    int pool, job;       /* one of the two; the other -1 */
    int devices, usable; /* of a pool: delivered so far, and training or ready to; TC_UNSET: not said */
    tc_spread
        count; /* devices where they were not counted to the piece, `devices` being the middle; all 0: to the piece */
    double tokens; /* of a job: so far; TC_UNSET: not said */
    int failures;  /* TC_UNSET: not said */
} tc_actual;

/* Its arrays lie in its arena where it comes from a file. */
typedef struct tc_scenario {
    char slug[64], name[128], story[1600], start_date[16], as_of_date[16], horizon_date[16];
    int32_t start;
    int32_t as_of;   /* what lies before is known; the start where the file has none */
    int32_t horizon; /* what is not done by then is never done; five years after the start */
    bool certain;    /* no spread and no risk: the calendar alone */
    bool reorder;    /* jobs of one priority choose in the order that ends them soonest on average */
    double bring_up_s, ablation_share, evaluation_share;
    tc_spread bring_up; /* with risks; a single figure is its middle, and the usual spread lies about it */
    bool bring_up_given;
    bool any;          /* also layouts that a pool's stack cannot run */
    double fit;        /* how likely a layout must fit the memory; TC_FIT where the file has none */
    double batch_band; /* share by which a global batch may move to what a layout divides */
    double unique_tokens,
        served_tokens; /* of the most capable model: tokens of data there are, tokens that it is to serve;
                                            0: no limit, none */
    tc_risks risks;    /* the catalog's, with the scenario's own on top */
    int pools, servings, jobs, actuals;
    tc_scenario_pool *pool;
    tc_scenario_serving *serving;
    tc_scenario_job *job;
    tc_actual *actual; /* by day */
    int rentals;
    tc_scenario_rental *rental;
    int links;
    tc_scenario_link *link;
    char tuning[24];  /* of the software that joins kinds of accelerators; empty: the first of data/mixing.yaml */
    tc_mixing mixing; /* resolved: what it loses; the latency of a link that has none */
    int currencies;
    tc_currency *currency; /* that the file gives; prices are in USD all the same */
    char converted[200];   /* "1 CNY = 0.1409 USD": of which other currencies prices were given; empty: none */
    int assumptions;
    const char **assumption; /* "ascend-910b: devices 4,300: note" */
    tc_arena arena;
} tc_scenario;

/* INFINITY: never. */
typedef struct tc_percentiles {
    double p10, p50, p90;
} tc_percentiles;

/* Reads a scenario by slug or file, checks it and finds what it names. Free it with tc_scenario_free. */
TC_API TC_NODISCARD tc_code tc_scenario_load(tc_catalog *catalog, const char *slug_or_path, tc_scenario **out,
                                             tc_error *error);
/* What is asked beside the file. */
typedef struct tc_scenario_changes {
    const char *const *set; /* "pools.h20.deliveries[0].devices=4096": values changed before the file is read */
    int sets;
    const char *actual; /* a CSV file of what was seen so far; NULL: none */
    bool certain;       /* no spread and no risk */
} tc_scenario_changes;
TC_API TC_NODISCARD tc_code tc_scenario_load_changed(tc_catalog *catalog, const char *slug_or_path,
                                                     const tc_scenario_changes *changes, tc_scenario **out,
                                                     tc_error *error);
TC_API void tc_scenario_free(tc_scenario *scenario);

/* ---- what may happen --------------------------------------------------------- */

/* What a date depends on. */
typedef enum tc_driver {
    TC_DRIVER_DELIVERIES, /* what comes, on its day or late */
    TC_DRIVER_PACE,       /* of streams */
    TC_DRIVER_STOPS,      /* by regulation */
    TC_DRIVER_BRING_UP,   /* and acceptance */
    TC_DRIVER_STEP,       /* the error of the step times */
    TC_DRIVER_OPERATIONS, /* what runs lose */
    TC_DRIVER_SERVING,
    TC_DRIVERS
} tc_driver;

/* What a job's end waited for, going back from it: what made the last rise of its rate possible, of those by a twentieth or more. */
typedef enum tc_gate_kind {
    TC_GATE_WORK,     /* nothing: all that it ever used was there when it could begin */
    TC_GATE_NEVER,    /* it is not done before the horizon */
    TC_GATE_DELIVERY, /* of a line of a pool */
    TC_GATE_HERE,     /* devices that had come before: brought up, repaired */
    TC_GATE_PLATFORM, /* a new platform that had to work first */
    TC_GATE_SERVICE,  /* a service that ended or left devices */
    TC_GATE_JOB       /* the end of another job */
} tc_gate_kind;

typedef struct tc_gate {
    tc_gate_kind kind;
    int pool, line; /* of a delivery; line: of the pool */
    int job;        /* the other one */
    double share;   /* of the calendars */
} tc_gate;

/* Two drivers that matter together: what both explain less what each does. */
typedef struct tc_interaction {
    tc_driver a, b;
    double share;
} tc_interaction;

enum { TC_PAIRS = 3 };

/* The calendars of a job. Times in seconds since the scenario's start. */
typedef struct tc_outlook_job {
    tc_percentiles start_s, finish_s, finish_error_s; /* _error: standard errors, from 16 batches */
    double never;                                     /* probability that it is not done before the horizon */
    double by_deadline;                               /* that it is done by its deadline; NaN: it has none */
    double moves;                                     /* from pool to pool, on average */
    tc_percentiles device_hours, cost_usd, energy_mwh, tonnes_co2; /* until done or the horizon; NaN: not known */
    double *finish;                                                /* [samples], ascending */
    double *sampled; /* [samples]: the same in the order of the samples, which is one for all plans of a seed */
    double *on_pool; /* [pools]: probability that it ends there */
    double share[TC_DRIVERS];   /* of the variance of min(finish, horizon), first order */
    double swing_s[TC_DRIVERS]; /* p90 less p10, were nothing else uncertain */
    double interactions;        /* what the shares leave */
    int pairs;                  /* of the first drivers, where the shares of a job are below 0.8 */
    tc_interaction pair[TC_PAIRS];
    int gates; /* the most frequent first */
    tc_gate *gate;
} tc_outlook_job;

/* Devices of a pool that work, at the turn of each month. */
typedef struct tc_outlook_month {
    int32_t day;
    int p10, p50, p90;
} tc_outlook_month;

typedef struct tc_outlook {
    int samples;
    int64_t seed;
    int jobs, pools, months;
    tc_outlook_job *job;
    tc_outlook_month *month; /* [pools][months] */
    bool drivers;            /* shares are known */
    double *met; /* [pools]: probability that all that is to be served on it can be, until all jobs are done */
} tc_outlook;

/* What would make a job done by a day. */
typedef enum tc_lever_kind {
    TC_LEVER_TOKENS,  /* amount: share of what is left of the tokens that is not trained */
    TC_LEVER_EARLIER, /* amount: seconds by which all that is still to come comes earlier */
    TC_LEVER_DEVICES, /* amount: devices for training that the pool has more from a day on */
    TC_LEVER_RENT, /* amount: devices of the pool's kind that are rented from a day on until the job is done, brought up first; NaN: too late */
    TC_LEVER_MORE  /* as TC_LEVER_DEVICES; what so many bring */
} tc_lever_kind;

typedef struct tc_lever {
    tc_lever_kind kind;
    int job, pool; /* pool -1: all */
    double amount;
    int32_t from, by;
    double probability, before; /* that the job is done by the day: with the lever, without */
    double p50_s, p50_before_s;
    double cost_usd;         /* that the job costs more on average; NaN: not known; of TC_LEVER_RENT the rent alone */
    double rental_usd_per_h; /* of a device; NaN: nothing is rented */
} tc_lever;

/* A model that could be trained instead of all jobs: a public one that stands for its shape. */
typedef struct tc_best_shape {
    const char *model; /* slug */
    const char *why;   /* it is left out; NULL: it was judged */
    double parameters, active_parameters;
    double tokens_p50;                      /* trained by the day */
    double loss_p10, loss_p50, loss_p90;    /* nats per token, by a scaling law; INFINITY: nothing is trained */
    double probability;                     /* that it gets as good as the reference; -1: there is none */
    double ratio_p10, ratio_p50, ratio_p90; /* effective compute over the reference's; NaN without one */
    double decades;                         /* of compute beyond what the law was fitted on, at tokens_p50 */
    double tokens_per_parameter;            /* active ones, at tokens_p50 */
    double epochs; /* how often each token is seen, at tokens_p50; 0: there is no limit of data */
    bool within;   /* of the noise of the best */
} tc_best_shape;

/* How good a model gets by the end of a day, if nothing else trains. */
typedef struct tc_best_by {
    int32_t day;
    int shapes, judged;    /* the best first, those that were left out last */
    tc_best_shape *shape;  /* [shapes] */
    bool any;              /* the first one is trained in time in at least a tenth of the futures */
    const char *reference; /* the best public model on the day as of which is planned; NULL: none */
    double reference_tokens, reference_parameters, reference_active;
} tc_best_by;

/* The probability that a job is done by a moment. */
TC_API double tc_outlook_done_by(const tc_outlook *outlook, int job, double moment_s);
/* The moment by which it is done with a probability; INFINITY: it never is. */
TC_API double tc_outlook_quantile(const tc_outlook *outlook, int job, double probability);

/* ---- the calendar -------------------------------------------------------- */

/* A time in which a run has one layout. */
typedef struct tc_plan_phase {
    int32_t from, to;    /* days; to is the day on which the next phase begins or the run ends */
    double from_s, to_s; /* since the scenario's start */
    int pool;
    int stage;     /* of the candidate's phases; 0 where it has none */
    int devices;   /* that the layout uses */
    int available; /* that the pool has for training */
    tc_step step;
    /* Of step.step_s after the choice of the best of many forecasts, as in tc_found; 0: not known, as of what is not planned. */
    double expected_step_s, expected_step_s_p10, expected_step_s_p90;
    double tokens, tokens_per_s, goodput;
} tc_plan_phase;

/* The same run with all steps at an end of their 80 % interval. */
typedef struct tc_plan_end {
    bool known; /* false: the steps have no interval, or it is not done before its pool ends */
    int32_t start, finish;
    double start_s, finish_s;
    double cost_usd, energy_mwh, tonnes_co2; /* NaN: not known */
} tc_plan_end;

/* A candidate of a job on a pool, alone or at its place in the calendar. */
typedef struct tc_plan_run {
    bool feasible;
    char why[200]; /* where it is not feasible */
    int job, candidate, pool;
    int32_t start, finish; /* the day of the first step and that of the last */
    double start_s, finish_s;
    int phases;
    tc_plan_phase *phase;                                            /* in the plan's arena */
    double device_hours, cost_usd, energy_mwh, tonnes_co2, failures; /* NaN: not known */
    double goodput;                                                  /* of the whole */
    tc_plan_end p10, p90;
    int evaluated;
    int enough_devices; /* where there are too few: with so many there is a layout; 0 = with none */
} tc_plan_run;

typedef struct tc_plan_job {
    int chosen; /* index in runs, or -1 */
    bool late;  /* no candidate meets the deadline: the earliest is planned */
    double
        bound_s; /* no plan could have it done before on the expected supply: alone on all its pools, moves for nothing; INFINITY */
} tc_plan_job;

typedef struct tc_plan_pool {
    int total, serving, training;    /* devices after the last delivery */
    int delivered_now, training_now; /* on the scenario's first day */
    int serving_missing;             /* devices that serving wants and the pool never has */
    tc_percentiles pace; /* of its stream, in parts of what was ordered, as what was seen leaves it; NaN: it has none */
} tc_plan_pool;

/* What devices of a pool are used for. */
typedef enum tc_use {
    TC_USE_TRAINING, /* of jobs */
    TC_USE_SERVING,
    TC_USE_RESERVE, /* ablations and evaluation */
    TC_USE_IDLE,    /* that work, and nobody uses */
    TC_USE_OUT,     /* that have come, but are brought up, repaired, or stand by as spares */
    TC_USES
} tc_use;

/* A month of a pool: means over the calendars, so that uses, months and pools add up. NaN: not known. */
typedef struct tc_plan_month {
    int32_t day; /* its first, or the day as of which is planned */
    double device_hours[TC_USES], cost_usd[TC_USES], energy_mwh[TC_USES], tonnes_co2;
} tc_plan_month;

/* What a rule of the catalog's controls.yaml says of a pool from a day on. */
typedef struct tc_pool_rule {
    int pool;
    int32_t from;   /* the rule's day */
    int32_t until;  /* INT32_MAX: it holds on */
    bool forbids;   /* what is delivered from then on needs a licence, or its use is at risk */
    int deliveries; /* of the pool, in these days */
    char rule[24];
    char text[720];
} tc_pool_rule;

/* The rules that concern the pools of a scenario from its first day on, by pool and day; writes at most `room` and returns how
 * many there are. What is rented in another country is no export, nor is a chip of a maker elsewhere. */
TC_API int tc_pool_rules(const tc_scenario *scenario, const tc_controls *controls, tc_pool_rule *out, int room);

/* A time in which a job on several pools at once has the same devices. */
typedef struct tc_at_once_phase {
    int32_t from, to;
    double from_s, to_s;
    int stage;                 /* of the candidate's phases */
    int devices[TC_MAX_POOLS]; /* beside tc_at_once.pool; 0: the pool does nothing */
    int64_t sequences[TC_MAX_POOLS];
    tc_layout layout[TC_MAX_POOLS];
    double step_s, exposed_s; /* exposed_s: of the link */
    double efficiency;        /* of the software */
    double of_parts;          /* throughput of what the pools have alone, each with its share; 0: not known */
    double tokens, tokens_per_s, goodput;
} tc_at_once_phase;

/* A job as it would go on several pools at once, in the middle future, from its first possible day on; the other jobs keep what
 * they have in the calendar. */
typedef struct tc_at_once {
    int job, candidate; /* the planned one */
    int across;         /* tc_across */
    int pools;
    int pool[TC_MAX_POOLS];
    bool feasible;
    char why[200]; /* it is not */
    int32_t start, finish;
    double start_s, finish_s;
    double finish_p10_s, finish_p90_s; /* all steps at an end of their 80 % interval; NaN: they have none */
    double planned_s;                  /* when the plan has it done, on one pool at a time; INFINITY: never */
    int phases;
    tc_at_once_phase *phase; /* in the plan's arena */
    double device_hours, cost_usd, egress_usd, energy_mwh, tonnes_co2, failures,
        goodput; /* of all pools; NaN: not known */
} tc_at_once;

/* A rental of the scenario, taken from a day on, for a job. */
typedef struct tc_plan_rental {
    int rental, job;
    int32_t from;
    int worth;                               /* devices that are always there and would do as much */
    double p50_s, p50_without_s;             /* when the job is done in half of the calendars */
    double probability, probability_without; /* by its deadline; NaN: it has none */
    double paid_s;                           /* that is paid for */
    double usd_per_device_h, rent_usd;
    double
        owned_usd; /* the same devices owned for as long as the job takes: capital and power; NaN: no price is known */
    double break_even_s; /* of use, from which owning is cheaper; INFINITY: never */
} tc_plan_rental;

typedef struct tc_plan {
    const tc_scenario *scenario;
    int rules; /* of the caller, who may set them for reports (tc_pool_rules); 0: none */
    const tc_pool_rule *rule;
    bool feasible;      /* a job at least is planned */
    bool complete;      /* every job is */
    bool served;        /* every firm service is met with the probability that it asks for */
    tc_plan_pool *pool; /* [scenario->pools] */
    int candidates;     /* every candidate on every pool, alone from the start */
    tc_plan_run *candidate;
    int jobs;
    tc_plan_job *job; /* [jobs] */
    tc_plan_run *run; /* [jobs]: the calendar */
    int rentals;
    tc_plan_rental
        *rental; /* own, rent or wait: each contract from its first day and the next three months on, by job */
    int at_onces;
    tc_at_once *at_once; /* of each job that may use several pools at once, in each form */
    int assumed_count, advice_count;
    const char **assumed, **advice;
    int64_t seed;
    int samples; /* calendars; 3 where the scenario is certain: at the steps' p50, p10 and p90 */
    int days;
    const int32_t *day; /* [days]: those that were asked for */
    int levers;
    tc_lever *lever;      /* [levers]: what it would take; what more devices bring */
    tc_outlook *outlook;  /* NULL: the scenario is certain */
    int months;           /* until all jobs are done in nine of ten calendars */
    tc_plan_month *month; /* [pools][months] */
    int bests;
    tc_best_by *best; /* [bests]: the most capable model by each day that was asked for */
    const char *best_assumed[4];
    tc_arena arena;
} tc_plan;

typedef struct tc_plan_options {
    size_t size;
    int samples; /* calendars; 0: 1,024, and 4,096 where the dates' standard errors ask for it */
    int64_t seed;
    int threads; /* 0: all */
    int days;
    const int32_t *day; /* [days]: how likely is it that jobs are done by then */
    double
        take; /* what would it take to be done with this probability by the days above and by deadlines; 0: not asked */
    bool value;   /* what 1,000 more devices would bring, from each month on */
    bool drivers; /* what the dates depend on: as many calendars again for each driver */
    int best_days;
    const int32_t *best_day; /* [best_days]: which model is the most capable by then; needs the catalog */
    tc_catalog *catalog;
    /* Hears before every candidate on every pool, and every shape of the most capable model, how many are done, of how many; NULL: nobody. False: the others are not looked at,
     * `assumed` says so, and the calendar is of what was found. */
    bool (*tell)(void *context, int done, int all);
    void *context;
    bool
        take_by_median; /* of a job without a deadline, where no day is given: `take` is asked of the day by which half the calendars have it done */
} tc_plan_options;

TC_API tc_plan_options tc_default_plan_options(void);

/* interval: of the catalog (tc_catalog_interval); NULL: none. options: NULL: the defaults. The scenario must be resolved and outlive the
 * plan. A plan in which nothing is feasible is no error. */
TC_API TC_NODISCARD tc_code tc_plan_make(const tc_scenario *scenario, const tc_interval_model *interval,
                                         const tc_plan_options *options, tc_plan *out, tc_error *error);
/* The probability that all that is to be served on the pool of a service can be, until all jobs are done. */
TC_API double tc_plan_met(const tc_plan *plan, int serving);
/* The probability that a job is done on a day or before; where nothing was drawn, 0 or 1. */
TC_API double tc_plan_done_by(const tc_plan *plan, int job, int32_t day);
TC_API void tc_plan_free(tc_plan *plan);

#endif

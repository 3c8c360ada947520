/* traincast_run.h - chapter of traincast.h: from one step to the whole job (days, goodput, money, energy, CO2), and the
 * export-control figures and classes of an accelerator.
 * Example: docs/examples/c/run.c. */
#ifndef TRAINCAST_RUN_H
#define TRAINCAST_RUN_H

#include "traincast.h"

/* What a region's defaults say; read from data/economics.yaml, never from C. */
typedef struct tc_economics {
    size_t size;
    char region[32];
    bool at_home;                    /* the region is the accelerator's home, not one that was asked for */
    char fleet[64];                  /* whose failures and storage these are */
    double mtbf_s;                   /* between job-stopping failures of one package */
    double restart_s;                /* from a failure to the first new step */
    double repair_s;                 /* until what failed is back */
    double storage_bytes_per_s;      /* checkpoint bandwidth, per device */
    double storage_most_bytes_per_s; /* of a whole cluster, however large; 0: no limit */
    double checkpoint_fixed_s;       /* that training stands still for a checkpoint of any size */
    double weight_bytes;             /* per parameter in a checkpoint, beside the optimizer's state */
    double server_price;             /* price of a server per price of its packages */
    double network_share;            /* of the price of the whole cluster */
    double amortisation_s;
    double server_power;      /* rated power of a server per rated power of its packages */
    double power_utilisation; /* mean power while training, of the rated power */
    double power_idle;        /* power of what works and does nothing, of the rated power */
    double pue;
    double usd_per_kwh;
    double kg_co2_per_kwh;
} tc_economics;

/* What a job does when a device fails. */
typedef enum tc_on_failure {
    TC_FAILURE_SPARE,  /* a hot spare takes its place */
    TC_FAILURE_WAIT,   /* the job stands still until it is repaired */
    TC_FAILURE_SHRINK, /* it goes on with a data-parallel replica less until it is repaired */
    TC_FAILURE_POLICIES
} tc_on_failure;

/* What one unit of a currency is worth. */
typedef struct tc_currency {
    char code[8]; /* "CNY" */
    double usd;
} tc_currency;

/* ---- what is not certain ----------------------------------------------------------- */

/* A figure that is not certain: its p10, p50 and p90. All alike: certain. Where low is above 0 each side of mid is log-normal,
 * else normal and cut at 0. */
typedef struct tc_spread {
    double low, mid, high;
} tc_spread;

/* What public records say of deliveries, of bringing devices up and of what runs lose; the defaults are those of
 * data/calendar.yaml, each with its source and the number of cases behind it. tc_risks_none(): nothing of it happens. */
typedef struct tc_risks {
    size_t size;
    double on_time;                   /* probability that a promised delivery comes on its day */
    tc_spread slip;                   /* of one that does not: its delay / (promised day - day of the promise) */
    tc_spread slip_of_lot_s;          /* a late delivery's own delay, beside its supplier's */
    tc_spread partial;                /* share of a late delivery that comes on its day all the same */
    double pace, pace_shape;          /* of a stream: what comes / what was ordered by then; gamma: mean and shape */
    double lot;                       /* devices that come together */
    double memory_of_pace;            /* weight of what was seen a month ago */
    double stops_per_year;            /* of all deliveries of a supplier, by a rule */
    double stops_per_year_controlled; /* where the chip is sold across an export control */
    double reopens;                   /* probability that a stop ends */
    tc_spread reopens_after_s;
    double shocks_per_year;      /* after which a stream has a new pace */
    tc_spread bring_up_s;        /* from the delivery until its devices train */
    tc_spread bring_up_new_s;    /* of the first delivery of a platform that is new to the team */
    double new_platform_works;   /* probability that a large run succeeds on it */
    tc_spread bad;               /* share of a delivery that fails acceptance */
    tc_spread bad_back_s;        /* until it is repaired */
    double spares;               /* share of the devices that stands by */
    tc_spread operations;        /* useful share of a run's time, hardware failures and checkpoints apart; of a team */
    double weekly_noise;         /* its log-normal sd from week to week */
    double memory_of_weeks;      /* of a run's pace so far: weeks that count */
    double pace_changes_every_s; /* after which it is another: devices, sequences, a bug */
    double pace_change;          /* log-normal sd of the new one about the old */
    double disruptions_every_s;
    tc_spread disruption_s; /* a stop of the whole run: an outage, a maintenance, a hang over a weekend */
    double rollbacks_every_s;
    tc_spread rollback_s;  /* lost by a loss spike or bad data */
    double rework_chance;  /* that tokens are trained again */
    tc_spread rework;      /* their share of the run's tokens */
    double failures_shape; /* gamma shape of the rate of failures about its MTBF */
    double early_failures; /* failures in the first weeks, against later */
    double early_failures_for_s;
    double serving_day_noise;       /* log-normal sd of a day's load */
    tc_spread serving_growth_error; /* added to the growth per month that a service is given */
} tc_risks;

/* No risk at all: everything comes on its day and runs lose nothing but what fails. */
TC_API tc_risks tc_risks_none(void);
/* The defaults, of the catalog's calendar.yaml. */
TC_API TC_NODISCARD tc_code tc_risks_load(tc_catalog *catalog, tc_risks *out, tc_error *error);

/* ---- the run ------------------------------------------------------------------------ */

/* A value below zero (TC_UNSET) is taken from the accelerator or the economics, and `assumed` says so. */
typedef struct tc_run_input {
    size_t size;
    tc_step step;
    tc_cluster cluster;
    double tokens;           /* to train; must be given */
    double parameters;       /* of the checkpoint, those that are trained; must be given unless checkpoint_bytes is */
    double optimizer_bytes;  /* per parameter, master copy included: tc_stack.optimizer_bytes */
    double checkpoint_bytes; /* unset: parameters x (weight_bytes + optimizer_bytes) */
    double storage_bytes_per_s; /* of the whole cluster; unset: economics x devices */
    double checkpoint_s;        /* that training stands still; unset: bytes / bandwidth */
    double interval_s;          /* of computing between two checkpoints; unset: the best one */
    double restart_s;
    int on_failure;          /* tc_on_failure */
    double repair_s;         /* of what failed: TC_FAILURE_WAIT and TC_FAILURE_SHRINK */
    double mtbf_s;           /* of one package */
    double price_usd;        /* of one package, bought */
    double rental_usd_per_h; /* of one package, rented, energy included */
    double egress_usd;       /* of a step, for what leaves a pool (tc_mixed) */
    double server_price, network_share, amortisation_s;
    double server_power, power_utilisation, pue, usd_per_kwh, kg_co2_per_kwh;
    tc_risks risks; /* what a run loses beside checkpoints and failures, those of runs alone; the default is none */
    bool rented_only, owned_only; /* what the other way would cost is no question: that it is unknown is not said */
    bool one_of_many;             /* an assumption that several accelerators share does not name this one */
} tc_run_input;

#define TC_RUN_ASSUMED_MAX 32

/* An end of the run's 80 % interval: of the step alone without risks, else of all that is not certain of it. NaN: the step has
 * no interval and nothing else is uncertain, or not known. */
typedef struct tc_run_end {
    double wall_s, owned_usd, rented_usd, mwh, tonnes_co2;
} tc_run_end;

/* NaN: not known, for want of a price or of a power that nobody gave. */
typedef struct tc_run {
    double steps, tokens;
    int devices, packages;
    double ideal_s;          /* the steps alone */
    double wall_s;           /* with checkpoints, lost work, restarts and operations: the median */
    double goodput;          /* ideal_s / wall_s */
    double goodput_failures; /* what checkpoints and failing devices alone would leave */
    double checkpoint_share, lost_share, restart_share; /* of wall_s; with goodput and operations they sum to 1 */
    double operations_share; /* hangs, maintenance, waiting, disruptions, rollbacks, rework */
    double job_mtbf_s;
    double failures; /* expected while computing or writing checkpoints */
    double checkpoint_bytes, checkpoint_s;
    double interval_young_s, interval_daly_s; /* the two published optima */
    double interval_s;                        /* used: whole steps */
    double interval_steps;
    double device_hours;
    double capital_usd, energy_usd; /* owned */
    double egress_usd;              /* of either: what leaves the pools */
    double owned_usd, rented_usd;
    double owned_usd_per_million_tokens, rented_usd_per_million_tokens;
    double power_w; /* of the whole installation while training */
    double mwh, tonnes_co2;
    tc_run_end p10, p90;
    int assumed_count;
    char assumed[TC_RUN_ASSUMED_MAX][160];
} tc_run;

TC_API tc_run_input tc_default_run_input(void);
/* The same of a forecast: its step, cluster and what of the model a checkpoint holds; nothing of a frozen base, nor of a
 * question with a member out of its bounds. */
TC_API tc_run_input tc_run_input_of(const tc_question *question, const tc_step *step);

/* TC_INVALID where tokens, step or devices are not positive, or the job fails faster than it restarts. */
TC_API TC_NODISCARD tc_code tc_run_forecast(const tc_run_input *input, const tc_economics *economics, tc_run *out,
                                            tc_error *error);

/* The defaults of a region. file: NULL is the catalog's economics.yaml; region: NULL is the accelerator's home, where the
 * file has that, else the file's default. home: of the accelerator; "" where it has none. */
TC_API TC_NODISCARD tc_code tc_economics_load(tc_catalog *catalog, const char *file, const char *region,
                                              const char *home, tc_economics *out, tc_error *error);

/* ---- export controls ------------------------------------------------------
 * Rule by dated rule. The thresholds are data (data/controls.yaml). What the arithmetic gives is shown,
 * with the figures that decide; a figure that is not known leaves the class open. */

/* What a rule looks at. */
typedef enum tc_control_figure {
    TC_CONTROL_TPP,         /* total processing performance: TOPS x bits */
    TC_CONTROL_PD,          /* performance density: TPP / applicable die area in mm2 */
    TC_CONTROL_IO,          /* aggregate bidirectional chip-to-chip bandwidth, bytes/s */
    TC_CONTROL_DRAM,        /* memory bandwidth of the package, bytes/s */
    TC_CONTROL_DRAM_AND_IO, /* the two together */
    TC_CONTROL_FIGURES
} tc_control_figure;

typedef enum tc_control_format {
    TC_CONTROL_FP6 = TC_DTYPES, /* the other formats are those of tc_dtype */
    TC_CONTROL_FORMATS
} tc_control_format;

#define TC_CONTROL_CLAUSES 4
#define TC_CONTROL_CLASSES 4
#define TC_CONTROL_RULES 16

/* All bounds hold: from (inclusive) and below (exclusive). A bound that is not set is +-infinity. */
typedef struct tc_control_clause {
    double from[TC_CONTROL_FIGURES], below[TC_CONTROL_FIGURES];
    bool datacentre;  /* only of parts for data centres */
    char named[160];  /* only of chips of these slugs, "h20+mi308x"; "": any */
    char makers[160]; /* only of these makers, "Huawei+Hygon"; "": any */
} tc_control_clause;

/* What a rule is about. */
typedef enum tc_control_about {
    TC_CONTROL_EXPORT,  /* of chips, by their figures; of a maker elsewhere nothing is exported */
    TC_CONTROL_CHIPS,   /* chips that it names, whoever made them */
    TC_CONTROL_MAKERS,  /* who may be supplied */
    TC_CONTROL_RENTING, /* use from afar, in a cloud */
    TC_CONTROL_MEMORY,  /* stacks of memory, sold apart from a chip */
    TC_CONTROL_ABOUTS
} tc_control_about;

typedef struct tc_control_class {
    char name[24], meaning[400], not_datacentre[160];
    bool licence; /* such a part needs one */
    bool risk;    /* using it may break a rule */
    int clauses;
    tc_control_clause clause[TC_CONTROL_CLAUSES];
} tc_control_class;

typedef struct tc_control_rule {
    char slug[24], date[16], until[16], name[64], source[400];
    int about;    /* tc_control_about */
    bool reviews; /* it says how licences are reviewed that earlier rules ask for */
    int classes;
    tc_control_class class_of[TC_CONTROL_CLASSES]; /* in order: the first that applies */
    char otherwise[24], otherwise_meaning[240];
} tc_control_rule;

typedef struct tc_control_bits {
    int format;             /* tc_dtype or TC_CONTROL_FP6 */
    double bits, also_bits; /* also_bits: another reading of the rule; 0 = none */
} tc_control_bits;

typedef struct tc_controls {
    int formats, rules;
    tc_control_bits format[TC_CONTROL_FORMATS]; /* the first wins where two give the same */
    tc_control_rule rule[TC_CONTROL_RULES];
    char makers[160];     /* in the United States, whose chips are exported: "NVIDIA+AMD" */
    char destination[32]; /* region of economics.yaml that the rules are about */
} tc_controls;

/* The catalog's controls.yaml. */
TC_API TC_NODISCARD tc_code tc_controls_load(tc_catalog *catalog, tc_controls *out, tc_error *error);

typedef struct tc_control_options {
    bool ignore_fp6;  /* as most published TPP figures do, though the rule's text counts it */
    double tf32_bits; /* 0: as the data say (19) */
} tc_control_options;

typedef struct tc_control_result {
    char rule[24], date[16], until[16], name[64], source[400];
    int about;
    bool
        applies; /* it says something of this chip; false of a maker elsewhere: class_name is what its figures would give */
    bool licence, risk;
    bool known; /* false: a figure is missing, class_name is "unknown" */
    char class_name[24];
    char meaning[576]; /* with the note on parts that are not for data centres */
    char reason[240];  /* the bounds that decide, with the part's figures; or what is missing */
} tc_control_result;

/* NaN: not known. Figures of one package. No rules and nothing known where a member of what came in is out of its bounds. */
typedef struct tc_control_report {
    double tpp, tops, bits;
    char format[8]; /* that decides the TPP */
    double tpp_without_fp6;
    double tpp_tf32_full; /* with TF32 at its other reading (32 bit); NaN without TF32 */
    double die_area_mm2, pd;
    double io_bytes_per_s, dram_bytes_per_s;
    bool datacentre;
    bool exported; /* made by a maker whose chips the rules are about */
    int rules;
    tc_control_result rule[TC_CONTROL_RULES];
} tc_control_report;

TC_API tc_control_report tc_controls_classify(const tc_controls *controls, const tc_accelerator *accelerator,
                                              const tc_control_options *options);

#endif

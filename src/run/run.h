/* run.h - from one step to the whole job: days, goodput, money, energy, CO2. */
#ifndef TC_RUN_RUN_H
#define TC_RUN_RUN_H

#include "traincast.h"

/* What a region's defaults say; read from data/economics.yaml, never from C. */
typedef struct tc_economics {
    size_t size;
    char region[32];
    bool at_home;               /* the region is the accelerator's home, not one that was asked for */
    char fleet[64];             /* whose failures and storage these are */
    double mtbf_s;              /* between job-stopping failures of one package */
    double restart_s;           /* from a failure to the first new step */
    double storage_bytes_per_s; /* checkpoint bandwidth, per device */
    double weight_bytes;        /* per parameter in a checkpoint, beside the optimizer's state */
    double server_price;        /* price of a server per price of its packages */
    double network_share;       /* of the price of the whole cluster */
    double amortisation_s;
    double server_power;      /* rated power of a server per rated power of its packages */
    double power_utilisation; /* mean power while training, of the rated power */
    double pue;
    double usd_per_kwh;
    double kg_co2_per_kwh;
} tc_economics;

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
    double mtbf_s;           /* of one package */
    double price_usd;        /* of one package, bought */
    double rental_usd_per_h; /* of one package, rented, energy included */
    double server_price, network_share, amortisation_s;
    double server_power, power_utilisation, pue, usd_per_kwh, kg_co2_per_kwh;
} tc_run_input;

#define TC_RUN_ASSUMED_MAX 32

/* The same run, were each step as fast or as slow as an end of its 80 % interval. NaN: the step has none, or not known. */
typedef struct tc_run_end {
    double wall_s, owned_usd, rented_usd, mwh, tonnes_co2;
} tc_run_end;

/* NaN: not known, for want of a price or of a power that nobody gave. */
typedef struct tc_run {
    double steps, tokens;
    int devices, packages;
    double ideal_s;                                     /* the steps alone */
    double wall_s;                                      /* with checkpoints, lost work and restarts */
    double goodput;                                     /* ideal_s / wall_s */
    double checkpoint_share, lost_share, restart_share; /* of wall_s; with goodput they sum to 1 */
    double job_mtbf_s;
    double failures; /* expected while computing or writing checkpoints */
    double checkpoint_bytes, checkpoint_s;
    double interval_young_s, interval_daly_s; /* the two published optima */
    double interval_s;                        /* used: whole steps */
    double interval_steps;
    double device_hours;
    double capital_usd, energy_usd; /* owned */
    double owned_usd, rented_usd;
    double owned_usd_per_million_tokens, rented_usd_per_million_tokens;
    double power_w; /* of the whole installation while training */
    double mwh, tonnes_co2;
    tc_run_end p10, p90;
    int assumed_count;
    char assumed[TC_RUN_ASSUMED_MAX][160];
} tc_run;

TC_API tc_run_input tc_default_run_input(void);
/* The same of a forecast: its step, cluster and what of the model a checkpoint holds; nothing of a frozen base. */
TC_API tc_run_input tc_run_input_of(const tc_question *question, const tc_step *step);

/* TC_INVALID where tokens, step or devices are not positive, or the job fails faster than it restarts. */
TC_API TC_NODISCARD tc_code tc_run_forecast(const tc_run_input *input, const tc_economics *economics, tc_run *out,
                                            tc_error *error);

/* The defaults of a region. file: NULL is the catalog's economics.yaml; region: NULL is the accelerator's home, where the
 * file has that, else the file's default. home: of the accelerator; "" where it has none. */
TC_API TC_NODISCARD tc_code tc_economics_load(tc_catalog *catalog, const char *file, const char *region,
                                              const char *home, tc_economics *out, tc_error *error);

/* ---- goodput alone: the fleet asks for it often ------------------------------- */

/* Seconds of wall-clock time per second of useful work, split. */
typedef struct tc_goodput {
    double fraction; /* useful share of the wall-clock time */
    double checkpoint_share, lost_share, restart_share;
    double failures_per_useful_s;
    double interval_s, interval_steps;
} tc_goodput;

/* Best interval of computing between checkpoints: Young 1974 and Daly 2006 (see run.c). */
double tc_interval_young(double checkpoint_s, double mtbf_s);
double tc_interval_daly(double checkpoint_s, double mtbf_s);

/* interval_s below zero: the whole number of steps with the least expected wall-clock time.
 * mtbf_s of the whole job; infinite: nothing fails. fraction is 0 where the job never ends. */
tc_goodput tc_goodput_of(double step_s, double mtbf_s, double checkpoint_s, double restart_s, double interval_s);

#endif

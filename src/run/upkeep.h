/* upkeep.h - what a device costs and draws by the hour, of `run`'s own formulas. */
#ifndef TC_RUN_UPKEEP_H
#define TC_RUN_UPKEEP_H

#include "traincast.h"

/* What a device costs an hour whatever it does, and what it draws. NaN: not known. */
typedef struct tc_upkeep {
    double usd_per_h;           /* its share of the capital, or its rental, energy included */
    double mw_at_work, mw_idle; /* of the installation, PUE included */
    double usd_per_mwh;         /* 0 where it is rented */
    double tonnes_per_mwh;
} tc_upkeep;

/* Of devices that are owned, or rented where the input says rented_only. Its step is not looked at. */
tc_upkeep tc_upkeep_of(const tc_run_input *input, const tc_economics *economics);

#define TC_JOULES_PER_KWH 3.6e6

/* What so many devices come in: they are sold by the package. */
static inline int tc_packages_of(const tc_accelerator *chip, int devices) {
    int each = chip->devices_per_package > 1 ? chip->devices_per_package : 1;
    return (devices + each - 1) / each;
}

/* What packages cost to own, with their servers and their share of the network, over their life: USD/s. */
static inline double tc_capital_usd_per_s(const tc_economics *e, double packages, double price_usd) {
    return packages * price_usd * e->server_price / (1 - e->network_share) / e->amortisation_s;
}

/* Electricity for what devices draw, with the rest of their servers and of the data centre: USD for J, USD/s for W. */
static inline double tc_electricity_usd(const tc_economics *e, double of_devices) {
    return of_devices * e->server_power * e->pue / TC_JOULES_PER_KWH * e->usd_per_kwh;
}

#endif

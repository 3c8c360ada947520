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

#endif

/* levers.h - what it would take to be done in time: one lever at a time, on the same futures. */
#ifndef TC_FLEET_LEVERS_H
#define TC_FLEET_LEVERS_H

#include "fleet/outlook.h"

/* What makes a job done by the end of `day` with the probability `likely`: fewer tokens, all deliveries earlier, more devices on
 * each pool from now on. Levers that cannot do it are left out. In the arena. */
TC_NODISCARD tc_code tc_levers_find(const tc_outlook_input *input, int job, int32_t day, double likely, tc_arena *arena,
                                    tc_lever **out, int *levers, tc_error *error);

/* What 1,000 more devices of the pool where a job is planned would bring, from the turn of each month on until it is done. */
TC_NODISCARD tc_code tc_levers_value(const tc_outlook_input *input, int job, int pool, int32_t day, tc_arena *arena,
                                     tc_lever **out, int *levers, tc_error *error);

#endif

/* reading.h - what the parts of a scenario's reading share: where they are, and errors with their place. */
#ifndef TC_FLEET_READING_H
#define TC_FLEET_READING_H

#include "base/arena.h"
#include "catalog/document.h"
#include "traincast.h"

typedef struct tc_reading {
    const tc_document *document;
    tc_scenario *scenario;
    tc_error *error;
    int room_deliveries, room_assumptions; /* of the pool at hand; of the scenario */
    int64_t delivered;                     /* devices of the pool at hand */
} tc_reading;

/* The element of the list under `key`; NULL: there is none. */
const tc_node *tc_reading_element(const tc_node *parent, const char *key, int index);
/* The day of a date that may be absent: then *day stays. */
TC_NODISCARD tc_code tc_reading_day(const tc_reading *r, const tc_node *parent, const char *key, const char *text,
                                    int32_t *day);
TC_NODISCARD tc_code tc_reading_no_memory(const tc_reading *r);
int tc_reading_pool(const tc_scenario *scenario, const char *name); /* -1: none of that name */
int tc_reading_job(const tc_scenario *scenario, const char *name);

/* A catalog error gets the place of the name in the file, unless it has a place of its own (a broken file). */
TC_NODISCARD tc_code tc_reading_pass_on(const tc_reading *r, const tc_node *parent, const char *key, tc_code code,
                                        const tc_error *cause);
/* What a slug or path of the file means: a path begins at the file's folder. Cut where it is too long to be one. */
const char *tc_reading_placed(const tc_reading *r, const char *slug_or_path, char *room, size_t size);

/* pools.c: their deliveries in order, and what a pool's file says of them. */
TC_NODISCARD tc_code tc_reading_check_pool(tc_reading *r, const tc_node *node, int index);
/* rentals.c */
TC_NODISCARD tc_code tc_reading_check_rental(const tc_reading *r, const tc_node *node, int index);
/* jobs.c; links before jobs. */
TC_NODISCARD tc_code tc_reading_check_link(const tc_reading *r, const tc_node *node, tc_scenario_link *link);
TC_NODISCARD tc_code tc_reading_check_job(const tc_reading *r, const tc_node *node, int index);
/* serving.c: a service as the file has it; then, its pool being resolved, how many devices it takes. */
TC_NODISCARD tc_code tc_reading_check_serving(const tc_reading *r, const tc_node *node, tc_scenario_serving *serving);
TC_NODISCARD tc_code tc_reading_resolve_serving(tc_reading *r, struct tc_catalog *catalog, const tc_node *node,
                                                int index);
/* reinforced.c: a candidate that is trained by reinforcement, once its model and the pools are resolved. */
TC_NODISCARD tc_code tc_reading_resolve_rl(const tc_reading *r, struct tc_catalog *catalog, const tc_node *node,
                                           tc_scenario_candidate *candidate);
/* assumptions.c: what is assumed, and what nobody but the user says. */
TC_NODISCARD tc_code tc_reading_note_assumptions(tc_reading *r);
TC_NODISCARD tc_code tc_reading_assume(tc_reading *r, const char *text); /* a line, unless it is there */
/* actuals.c: what was seen so far; file: a CSV beside the scenario's own, NULL: none. */
TC_NODISCARD tc_code tc_reading_take_actuals(tc_reading *r, const char *file);

#endif

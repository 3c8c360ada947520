/* space_parts.h - the parts of a space, for each other: axes.c, placement.c, choices.c, shapes.c. */
#ifndef TC_SEARCH_SPACE_PARTS_H
#define TC_SEARCH_SPACE_PARTS_H

#include "search/space.h"

static inline int smaller(int a, int b) { return a < b ? a : b; }
static inline int larger(int a, int b) { return a > b ? a : b; }

/* ---- axes.c ---- */

/* Devices, batches and formats, each with the values of its axes. */
TC_NODISCARD tc_code tc_space_variants(tc_space *space, tc_error *error);
/* The weight of each number of devices. */
TC_NODISCARD tc_code tc_space_weigh(tc_space *space, tc_error *error);

/* ---- placement.c ---- */

/* Lists the splits of the layers, and by number of chunks which of them differ. */
TC_NODISCARD tc_code tc_space_splits(tc_space *space, tc_error *error);
/* The splits of so many chunks. With virtual stages all must come out alike, unless their number is fixed. */
unsigned tc_split_bits(const tc_space *space, int chunks, int vpp);
/* How many splits there are to try; a schedule takes those that differ under it. */
int tc_split_count(const tc_space *space, const tc_stages *stages);
/* Chunks of the model under a schedule. */
int tc_split_chunks(const tc_stages *stages, int schedule);

/* The most data-parallel ranks on so many stages; 0: none. */
int tc_most_ranks(const tc_space *space, const tc_shape *shape, int pp);

/* ILLEGAL: a rule forbids it; ABSENT: that is no configuration at all. */
typedef enum tc_legality { TC_STAGES_LEGAL, TC_STAGES_ILLEGAL, TC_STAGES_ABSENT } tc_legality;
/* May the shape have pp stages and dp ranks? ILLEGAL sets why. */
tc_legality tc_stages_legality(const tc_space *space, const tc_shape *shape, int pp, int dp, tc_stages *out,
                               tc_rejection *why);
/* May a legal pipeline run with vpp virtual stages? */
tc_legality tc_virtual_legality(const tc_space *space, const tc_shape *shape, tc_stages *stages, int vpp);

/* The most virtual stages that are tried on each of so many stages. */
int tc_most_virtual(const tc_space *space, int pp);

/* ---- choices.c ---- */

/* What the schedules that are allowed can do: see tc_space. */
void tc_space_note_schedules(tc_space *space);

#endif

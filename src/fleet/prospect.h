/* prospect.h - a workload on a kind of device: the layouts that the search chose for it, by number of devices.
 *
 * A workload is a candidate of a job, or one of its phases. Candidates, phases and pools that ask the search the same question - model,
 * length, batch and number format; accelerator, fabric, stack and failures - have one prospect: equal choices are made once. */
#ifndef TC_FLEET_PROSPECT_H
#define TC_FLEET_PROSPECT_H

#include "base/arena.h"
#include "fleet/choose_layout.h"
#include "traincast.h"

/* A number of devices that was asked about. */
typedef struct tc_chosen {
    int devices;
    tc_choice *choice;
} tc_chosen;

struct tc_prospects;

typedef struct tc_prospect {
    const struct tc_prospects *all; /* it is one of; NULL: alone */
    const tc_scenario *scenario;
    const tc_scenario_candidate *candidate; /* of those that share it, the first; so is the pool */
    const tc_scenario_pool *pool;
    tc_question question;
    int most; /* devices that may be asked about */
    /* of what is usual, and of the whole space */
    struct tc_chosen_list {
        int count, room;
        tc_chosen *chosen; /* by devices, ascending */
        tc_search_cache *cache;
    } list[2];
    bool usual_only;         /* where nothing usual fits, nothing does */
    const tc_choice *before; /* the last one that found a layout */
    int64_t evaluated;
} tc_prospect;

/* stage: a phase of the candidate; 0 where it has none. */
TC_NODISCARD bool tc_prospect_init(tc_prospect *prospect, const tc_scenario *scenario,
                                   const tc_interval_model *interval, const tc_scenario_candidate *candidate, int stage,
                                   int pool, int most);
void tc_prospect_close(tc_prospect *prospect);

/* The layout of so many devices, its interval with it; whole: out of the whole space. That nothing is found is no error. */
TC_NODISCARD tc_code tc_prospect_choose(tc_prospect *prospect, int devices, bool whole, tc_arena *arena,
                                        const tc_choice **out, tc_error *error);

/* What is to be expected of a choice that it made, out of the whole space; others are left as they are. */
TC_NODISCARD tc_code tc_prospect_expect(tc_prospect *prospect, const tc_choice *choice, tc_error *error);

/* Whether the search may be asked about so many devices: it has been, or has not yet been asked too often. */
bool tc_prospect_may_choose(const tc_prospect *prospect, int devices, bool whole);

/* With how many devices, more than these, there would be a layout: a power of two times those there are; 0: with none that was tried. */
TC_NODISCARD tc_code tc_prospect_enough(tc_prospect *prospect, int devices, int *out, tc_error *error);

/* reinforced.c: the choice of an update as a step of reinforcement learning. */
TC_NODISCARD tc_code tc_prospect_reinforce(const tc_prospect *prospect, tc_choice *choice, tc_error *error);

/* Between failures of a package of a pool, s; and what a checkpoint of the workload takes. */
double tc_package_mtbf(const tc_scenario_pool *pool);
/* With which a candidate is trained there. */
const tc_stack *tc_pool_software(const tc_scenario_pool *pool, const tc_scenario_candidate *candidate);
double tc_prospect_checkpoint_bytes(const tc_prospect *prospect);

/* Whether two pools ask the search the same questions. */
bool tc_pools_alike(const tc_scenario_pool *a, const tc_scenario_pool *b);

/* ---- the prospects of a scenario ------------------------------------------------------- */

typedef struct tc_prospects {
    int count, room;
    tc_prospect **prospect;
} tc_prospects;

/* That of a stage of a candidate on a pool: one that there is, or a new one. NULL: out of memory. */
tc_prospect *tc_prospects_find(tc_prospects *all, const tc_scenario *scenario, const tc_interval_model *interval,
                               const tc_scenario_candidate *candidate, int stage, int pool, int most, tc_arena *arena);
void tc_prospects_close(tc_prospects *all);

/* ---- stages ------------------------------------------------------------------------------ */

/* A candidate trains in one stage, or in its phases. */
static inline int tc_stages_of(const tc_scenario_candidate *candidate) {
    return candidate->phases > 0 ? candidate->phases : 1;
}

static inline double tc_stage_tokens(const tc_scenario_candidate *candidate, int stage) {
    return candidate->phases > 0 ? candidate->phase[stage].tokens : candidate->tokens;
}

#endif

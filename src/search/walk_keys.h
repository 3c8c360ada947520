/* walk_keys.h - which configuration of a space, as one number. */
#ifndef TC_SEARCH_WALK_KEYS_H
#define TC_SEARCH_WALK_KEYS_H

#include "search/best.h"
#include "search/space.h"

typedef struct tc_position {
    bool fewer; /* of the space of fewer devices */
    int64_t shape;
    int pp_index, dp, vpp, split, recompute, schedule, sharding, offload, overlap;
} tc_position;

/* Of two alike the one with more ranks comes first. */
tc_key tc_key_of(const tc_position *position);

/* The layout, stack and cluster that a key names, for a forecast in full. */
TC_NODISCARD tc_code tc_walk_decode(const tc_space *space, tc_key key, tc_found *out, tc_error *error);
/* Is it a configuration of the space of fewer devices? */
static inline bool tc_key_of_fewer(tc_key key) { return key.high >> 63; }

#endif

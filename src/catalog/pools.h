/* pools.h - a cluster of several pools as a file says it, and what mixing them loses (data/mixing.yaml). */
#ifndef TC_CATALOG_POOLS_H
#define TC_CATALOG_POOLS_H

#include "catalog/catalog.h"

#define TC_POOL_TEXT 256

/* A pool in words: "" what is not given. */
typedef struct tc_pool_words {
    char accelerator[TC_POOL_TEXT], fabric[TC_POOL_TEXT], stack[TC_POOL_TEXT];
    char layout[TC_POOL_TEXT]; /* "tp=8,pp=4" */
    int devices;
} tc_pool_words;

typedef struct tc_cluster_words {
    char slug[64], name[96];
    int pools;
    tc_pool_words pool[TC_MAX_POOLS];
    tc_link link; /* distance_m and usd_per_byte from kilometres and dollars per GB */
    double distance_km, usd_per_gb;
    int across;      /* tc_across */
    char tuning[24]; /* "": the default */
    int local_steps;
} tc_cluster_words;

/* Words of tc_across, the last NULL. */
extern const char *const tc_across_words[];

/* Nothing given. */
tc_cluster_words tc_cluster_words_none(void);
/* Reads a file such as docs/examples/two-pools.yaml. */
TC_NODISCARD tc_code tc_cluster_words_read(const char *path, tc_cluster_words *out, tc_error *error);

/* The tuning's efficiency and the link's latency, where nothing is said, of data/mixing.yaml. "": the first of the file.
 * place: of the option, for a tuning that is not there. */
TC_NODISCARD tc_code tc_mixing_load(tc_catalog *catalog, const char *tuning, const char *place, tc_mixing *out,
                                    tc_error *error);

#endif

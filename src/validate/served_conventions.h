/* served_conventions.h - what was usual, where a published serving row does not say: data/served.yaml. */
#ifndef TC_VALIDATE_SERVED_CONVENTIONS_H
#define TC_VALIDATE_SERVED_CONVENTIONS_H

#include "catalog/catalog.h"

#define TC_SERVED_LIST_MAX 48

typedef struct tc_served_engine {
    char phrase[40], engine[40];
} tc_served_engine;

typedef struct tc_served_hybrid {
    char slug[40]; /* how names of its models begin */
    double attends;
    int window;
} tc_served_hybrid;

typedef struct tc_served_device {
    char slug[40], is[40];
} tc_served_device;

typedef struct tc_served_lengths {
    char phrase[40];
    double input, output; /* 0: not known */
} tc_served_lengths;

typedef struct tc_served_cache {
    char engine[40];
} tc_served_cache;

/* Of a benchmark's percentiles. */
typedef struct tc_served_limits {
    char benchmark[40], scenario[40];
    double ttft_s, tpot_s;
} tc_served_limits;

typedef struct tc_served_conventions {
    char slug[32], name[64];
    int engines, caches, groups, hybrids, devices, lengths, limits;
    tc_served_limits limit[TC_SERVED_LIST_MAX];
    tc_served_engine engine[TC_SERVED_LIST_MAX];
    tc_served_cache cache[TC_SERVED_LIST_MAX], group[TC_SERVED_LIST_MAX];
    tc_served_hybrid hybrid[TC_SERVED_LIST_MAX];
    tc_served_device device[TC_SERVED_LIST_MAX];
    tc_served_lengths length[TC_SERVED_LIST_MAX];
} tc_served_conventions;

TC_NODISCARD tc_code tc_served_conventions_read(tc_catalog *catalog, tc_served_conventions *out, tc_error *error);

#endif

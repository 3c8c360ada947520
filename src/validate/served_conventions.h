/* served_conventions.h - what was usual, where a published serving row does not say: data/served.yaml. */
#ifndef TC_VALIDATE_SERVED_CONVENTIONS_H
#define TC_VALIDATE_SERVED_CONVENTIONS_H

#include "catalog/catalog.h"

#define TC_SERVED_LIST_MAX 48

typedef struct tc_served_engine {
    char phrase[40], engine[40];
    char as_of[16]; /* "2023-11": the month that counts, not the row's; "" */
} tc_served_engine;

typedef struct tc_served_release {
    char engine[40], release[16];
    char benchmark[40], model[40]; /* of these alone; "": of any */
    char as_of[16];                /* "2025-12" */
} tc_served_release;

typedef struct tc_served_hybrid {
    char slug[40]; /* how names of its models begin */
    double attends;
    int window;    /* 0: none */
    char like[40]; /* a model of the catalog, whose recurrence it has; "" */
} tc_served_hybrid;

typedef struct tc_served_alias {
    char slug[40], is[40];
} tc_served_alias;

typedef struct tc_served_lengths {
    char phrase[40];
    double input, output; /* 0: not known */
} tc_served_lengths;

typedef struct tc_served_cache {
    char engine[40], architecture[40];
    double bits; /* of weights, at most */
} tc_served_cache;

/* An engine of which something is usual. */
typedef struct tc_served_usual {
    char engine[40];
} tc_served_usual;

typedef struct tc_served_format {
    char format[40];
} tc_served_format;

/* Speculation whose drafts are looked up in what was seen before: no layer runs for them. */
typedef struct tc_served_lookup {
    char phrase[40];
    double drafted; /* tokens that it proposes, of the most that it may */
} tc_served_lookup;

/* A benchmark whose notes name it decodes beams: rows of one request, of which one token comes a step. */
typedef struct tc_served_beams {
    char phrase[40];
    double width;
} tc_served_beams;

/* Requests of a test of queued ones. */
typedef struct tc_served_test {
    char engine[40];
    int input, output;
    double requests;
} tc_served_test;

/* Of a benchmark's percentiles. */
typedef struct tc_served_limits {
    char benchmark[40], scenario[40];
    double ttft_s, tpot_s;
} tc_served_limits;

/* What a published benchmark's scripts set an engine to, from so many clients on; 0: as it is by itself. */
typedef struct tc_served_setting {
    char benchmark[40]; /* the rows' group */
    char engine[40], architecture[40];
    int apart; /* 1: workers that decode, where others prefill; else engines that do both */
    int clients, poll_steps, balance_steps, chunk_tokens, prompt_tokens, most_requests;
    int fuses_reductions; /* 1: all-reduces norm */
    int evicts; /* 1: a request begins where its prompt has room, and gives its place up where outputs have none */
    int seen;   /* prompts at its start that are those of tests before, found in a cache */
} tc_served_setting;

typedef struct tc_served_conventions {
    char slug[32], name[64];
    int engines, releases, caches, groups, places, alone, hybrids, models, devices, lengths, limits, tests, settings,
        lookups, beamed;
    tc_served_limits limit[TC_SERVED_LIST_MAX];
    tc_served_engine engine[TC_SERVED_LIST_MAX];
    tc_served_release release[TC_SERVED_LIST_MAX];
    tc_served_cache cache[TC_SERVED_LIST_MAX];
    tc_served_usual group[TC_SERVED_LIST_MAX], place[TC_SERVED_LIST_MAX];
    tc_served_format experts_alone[TC_SERVED_LIST_MAX];
    tc_served_hybrid hybrid[TC_SERVED_LIST_MAX];
    tc_served_alias model[TC_SERVED_LIST_MAX], device[TC_SERVED_LIST_MAX];
    tc_served_test test[TC_SERVED_LIST_MAX];
    tc_served_lookup lookup[TC_SERVED_LIST_MAX];
    tc_served_beams beams[TC_SERVED_LIST_MAX];
    tc_served_setting setting[TC_SERVED_LIST_MAX];
    tc_served_lengths length[TC_SERVED_LIST_MAX];
} tc_served_conventions;

TC_NODISCARD tc_code tc_served_conventions_read(tc_catalog *catalog, tc_served_conventions *out, tc_error *error);

#endif

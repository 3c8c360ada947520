/* batching.h - a replica under a load: what each step holds, how long requests take, how many run at once. */
#ifndef TC_SERVING_BATCHING_H
#define TC_SERVING_BATCHING_H

#include "serving/rank.h"

/* A replica and its requests, all positive. */
typedef struct tc_service {
    const tc_serving_question *question;
    const tc_rank *rank;
    double uncached, cached; /* tokens of a prompt that are computed, that are not */
    double outputs;          /* tokens after the first, which the prefill yields; 0: prefill alone */
    double context;          /* of a running request, in the mean */
    double accepted, drafts; /* tokens of a step; time of its drafts, relative to it */
    double chunk;            /* of prompts in a step that decodes; 0: prompts have steps of their own */
    double input_scv, output_scv, arrival_scv;
    double replicas;        /* that decode */
    double prefills;        /* instances that prefill alone; 0: replicas do both */
    double transfer_s;      /* of keys and values to the replica that decodes */
    double most;            /* requests that run at once in a replica */
    double room_tokens;     /* of keys and values, of all of them */
    double prompt_s;        /* the prefill of a request alone */
    double shared_prompt_s; /* the same of each of as many as one step takes */
} tc_service;

/* A replica at a load. */
typedef struct tc_state {
    double batch;  /* requests that decode, in the mean */
    double rate;   /* requests/s of the replica */
    double step_s; /* without prompts, at the batch that a request sees */
    double tpot_s, tpot_p95_s;
    double ttft_s, ttft_p95_s; /* waits, prefill, transfer; infinite: more arrive than are served */
    double wait_s;             /* of it, before the prefill */
    double prompt_work_s;      /* that a prompt takes from those that decode */
    double busy;               /* of the time */
} tc_state;

/* Seconds of a step with these requests, host included; the prefill of a prompt with nothing else. */
double tc_decode_step(const tc_service *s, double requests, tc_serving_parts *parts);
/* The same with so many tokens of prompts, whose query-key pairs are `share` of those of the mean prompt. */
double tc_step_seconds(const tc_service *s, double requests, double prompt, double share);
double tc_prompt_seconds(const tc_service *s, double requests, tc_serving_parts *parts);

/* Decode steps that the first prompt of replicas that share experts waits for theirs, with so many requests in each. */
double tc_held_steps(const tc_service *s, double requests);

/* With a mean of so many requests that decode, which come at random. */
tc_state tc_state_of_batch(const tc_service *s, double batch);
/* With so many requests/s; with so many requests in the replica at any time. */
tc_state tc_state_of_rate(const tc_service *s, double rate);
tc_state tc_state_of_concurrency(const tc_service *s, double requests);
/* All start together, in a batch. */
tc_state tc_state_of_static(const tc_service *s, double requests);
/* The most that meet the objectives (infinite: none), and whether one request does. */
tc_state tc_state_of_objectives(const tc_service *s, double ttft_s, double tpot_s, bool *meets);

#endif

/* phases.h - what the phases of a step take on a number of devices. */
#ifndef TC_RL_PHASES_H
#define TC_RL_PHASES_H

#include "rl/lengths.h"
#include "traincast_rl.h"

typedef struct tc_generated {
    double prefill_s, decode_s; /* of all responses of a step; the longest decides the end */
    double steady_s;            /* of both where the next responses begin as soon as others end */
    double requests, slots;     /* of a replica */
    double spread;              /* an end of the 80 % interval over the middle */
    double power_w;             /* of the devices while they generate, in the mean; NaN: not known */
    int devices, tp, pp, ep, replicas;
    bool fits;
} tc_generated;

/* All responses of a step on so many devices, by the degrees of the question, or by those that are done first. share: of a device's memory
 * for the engine. */
TC_NODISCARD tc_code tc_rl_generate(const tc_rl_question *q, const tc_lengths *lengths, int devices, double share,
                                    tc_generated *out, tc_error *error);

typedef struct tc_trained {
    double update_s, critic_update_s;     /* of all updates of a step */
    double forward_s, values_s, reward_s; /* one pass of actor, critic, reward model over all sequences */
    tc_step step;                         /* one update of the actor */
} tc_trained;

/* The layout's data-parallel degree follows from the devices. */
TC_NODISCARD tc_code tc_rl_train(const tc_rl_question *q, const tc_layout *layout, int devices, tc_trained *out,
                                 tc_error *error);

/* The job of an update on so many data-parallel ranks: sequences of the mean length, a batch that they divide. */
void tc_rl_job(const tc_rl_question *q, const tc_layout *layout, int dp, tc_job *job);

/* Energy and money of an answer whose times stand; generating_w: what the devices draw that generate. */
void tc_rl_money(const tc_rl_question *q, double generating_w, tc_rl_answer *out);

/* Devices of a replica of the training. */
int tc_rl_ranks(const tc_layout *layout);

#endif

/* traincast_rl.h - chapter of traincast.h: a step of reinforcement learning as phases: generation by the decode model, passes of the
 * models that judge, training; on the same devices or on two groups of them.
 *
 * A step has prompts x responses sequences. All training and judging is of sequences of the mean length, packed without waste; generation
 * ends with the longest response.
 * Example: docs/examples/c/rl.c. */
#ifndef TRAINCAST_RL_H
#define TRAINCAST_RL_H

#include "traincast.h"
#include "traincast_serving.h"

/* clang-format off */
/* Algorithms: ROW(ID, word, a reference model, a critic, a reward model). */
#define TC_RL_ALGORITHMS(ROW) \
    ROW(GRPO, "grpo", true, false, false)  /* Shao et al. 2024, arXiv 2402.03300, equation 3 */ \
    ROW(PPO, "ppo", true, true, true)      /* Ouyang et al. 2022, arXiv 2203.02155, section 3.4 */ \
    ROW(DAPO, "dapo", false, false, false) /* Yu et al. 2025, arXiv 2503.14476: no divergence; its resampling is not counted */
/* Where the phases run: ROW(ID, word). */
#define TC_RL_PLACEMENTS(ROW) \
    ROW(COLOCATED, "colocated")       /* one after the other on all devices */ \
    ROW(ONE_STEP_OFF, "one-step-off") /* generation of the next step beside the training of this one, on devices of their own */ \
    ROW(ASYNC, "async")               /* generation never waits: no longest response, weights as they come */
/* Phases of a step: ROW(member, name, is it of the devices that generate where they are apart). */
#define TC_RL_PHASES_OF(ROW) \
    ROW(transfer, "weights to the engine", true) \
    ROW(prefill, "prompts", true) \
    ROW(decode, "responses", true) \
    ROW(reward, "reward model", false) \
    ROW(old_log_probs, "old log-probabilities", false) \
    ROW(reference, "reference model", false) \
    ROW(values, "values of the critic", false) \
    ROW(critic_update, "updates of the critic", false) \
    ROW(update, "updates", false)
/* clang-format on */

#define TC_RL_ALGORITHM_ID(id, word, reference, critic, reward) TC_RL_##id,
typedef enum tc_rl_algorithm { TC_RL_ALGORITHMS(TC_RL_ALGORITHM_ID) TC_RL_ALGORITHM_COUNT } tc_rl_algorithm;
#define TC_RL_PLACEMENT_ID(id, word) TC_RL_##id,
typedef enum tc_rl_placement { TC_RL_PLACEMENTS(TC_RL_PLACEMENT_ID) TC_RL_PLACEMENT_COUNT } tc_rl_placement;
#define TC_RL_PHASE_ID(member, name, generates) TC_RL_PHASE_##member,
typedef enum tc_rl_phase { TC_RL_PHASES_OF(TC_RL_PHASE_ID) TC_RL_PHASES } tc_rl_phase;
TC_API extern const char *const tc_rl_algorithm_names[TC_RL_ALGORITHM_COUNT + 1];
TC_API extern const char *const tc_rl_placement_names[TC_RL_PLACEMENT_COUNT + 1];
TC_API extern const char *const tc_rl_phase_names[TC_RL_PHASES + 1];

/* A program that trains by reinforcement: data/reinforcement.yaml. */
typedef struct tc_rl_program {
    char slug[32], name[64], stack[64], engine[64]; /* stack, engine: that it is built on, slugs */
    double engine_memory_share;                     /* of a device's memory, that the engine may have beside training */
    double overhead;                                /* of the phases' sum, between them, on the same devices */
    double wake_s;                                  /* until an engine that slept, or got new weights, generates */
    double sync_s;                                  /* between the two groups of devices, each step */
    double transfer_fraction;                       /* of the fabric's bandwidth, that new weights reach */
    double generation_fraction, training_fraction;  /* of the pace that engine and stack have alone */
    double response_cv; /* coefficient of variation of the responses' lengths before they are cut at the longest */
} tc_rl_program;

typedef struct tc_rl_question {
    size_t size;
    tc_question training; /* of the actor, and all devices; its sequence and batch follow from the lengths */
    tc_serving_question
        generation; /* accelerator, fabric, engine, formats (weights unset: as they are trained), degrees; the rest follows */
    bool other_devices; /* generation has an accelerator of its own: generation_devices are beside the others */
    tc_rl_program program;
    int algorithm, placement;
    int prompts, responses;             /* of a step; responses to each prompt */
    double input_tokens, output_tokens; /* means */
    double most_output_tokens;          /* TC_UNSET: no limit */
    double output_cv;                   /* TC_UNSET: the program's; 0: all alike */
    int updates, epochs;                /* optimizer's steps of a step in each epoch; passes over its sequences */
    int reference;                      /* 0 or 1; TC_UNSET: as the algorithm has it */
    const tc_model *critic, *reward;    /* of PPO; NULL: as the actor; not owned */
    int ahead;                          /* async: steps that generation may be ahead of training; 1 or more */
    int generation_devices;             /* of all, or beside them; TC_UNSET: searched */
    double generation_tokens_per_s;     /* of a device that generates, in place of the decode model; TC_UNSET */
    bool search_layout;                 /* of training: the search's best; else that of the question */
    double price_usd,
        rental_usd_per_h; /* of a package that trains, and of one that generates if of the same kind; TC_UNSET: the accelerator's */
    const tc_economics *economics; /* NULL: no energy, no money but rent; not owned */
} tc_rl_question;

TC_API tc_rl_question tc_default_rl_question(void);

#define TC_RL_ASSUMED_MAX 24

typedef struct tc_rl_answer {
    double step_s, step_s_p10, step_s_p90; /* the ends: 80 % interval */
    double phase_s[TC_RL_PHASES];
    double overhead_s;               /* between phases, or between the two groups of devices */
    double generation_s, training_s; /* what each side takes; colocated: their sum and the overhead are the step */
    double longest_tokens;           /* expected of the longest response */
    double tokens_per_step;          /* prompts and responses */
    double tokens_per_s_per_device;  /* of these, of all devices */
    double samples_per_s;
    double decode_tokens_per_s_per_device; /* of those that generate, over prompts and responses */
    int devices, generation_devices, training_devices;
    int tp, pp, ep, replicas;     /* of the engine */
    double requests;              /* of a replica, in a step */
    double slots;                 /* of them, that fit at once */
    double energy_j;              /* of the devices in a step; NaN: not known, here and of money */
    double owned_usd, rented_usd; /* of a step, for all devices */
    bool fits;                    /* training, and the engine */
    tc_step training;             /* one update of the actor */
    int splits;                   /* that were tried */
    int assumed_count;
    char assumed[TC_RL_ASSUMED_MAX][128];
} tc_rl_answer;

/* TC_INVALID with an option as place where a layout is impossible. What does not fit is no error. */
TC_API TC_NODISCARD tc_code tc_rl_forecast(const tc_rl_question *question, tc_rl_answer *out, tc_error *error);

/* A program of data/reinforcement.yaml by its word. */
TC_API TC_NODISCARD tc_code tc_rl_program_load(tc_catalog *catalog, const char *word, tc_rl_program *out,
                                               tc_error *error);

#endif

/* rl.c - phases to a step of reinforcement learning.
 *
 * On the same devices: the phases one after the other, and what lies between them (1 to 7 % of their sum in published logs). On two groups: the
 * longer side, and the exchange between them; generation then is of the step after. Asynchronous: generation goes on without an end, so that no
 * longest response is waited for. Which devices generate is searched: every split that leaves whole model replicas to training, at
 * most SPLITS of them, by the step's time.
 *
 * The 80 % interval: those of generation and training, independent, by their shares of the step. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "rl/members.h"
#include "rl/phases.h"
#include "traincast_search.h"
#include "workload/operators.h"

#define SPLITS 48
#define SEARCHED_SHARE 0.625 /* of the devices, on which the layout is searched that splits share */

#define ALGORITHM(id, word, reference, critic, reward) word,
#define PLACEMENT(id, word) word,
const char *const tc_rl_algorithm_names[TC_RL_ALGORITHM_COUNT + 1] = {TC_RL_ALGORITHMS(ALGORITHM) NULL};
const char *const tc_rl_placement_names[TC_RL_PLACEMENT_COUNT + 1] = {TC_RL_PLACEMENTS(PLACEMENT) NULL};
#undef ALGORITHM
#undef PLACEMENT
const char *const tc_rl_phase_names[TC_RL_PHASES + 1] = {
#define NAME(member, name, generates) name,
    TC_RL_PHASES_OF(NAME) NULL
#undef NAME
};
static const bool generates[TC_RL_PHASES] = {
#define SIDE(member, name, generates) generates,
    TC_RL_PHASES_OF(SIDE)
#undef SIDE
};

tc_rl_question tc_default_rl_question(void) {
    return (tc_rl_question){.size = sizeof(tc_rl_question),
                            .training = tc_default_question(),
                            .generation = tc_default_serving_question(),
                            .prompts = 512,
                            .responses = 16,
                            .input_tokens = 256,
                            .output_tokens = 2048,
                            .most_output_tokens = TC_UNSET,
                            .output_cv = TC_UNSET,
                            .updates = 1,
                            .epochs = 1,
                            .reference = TC_UNSET,
                            .ahead = 1,
                            .generation_devices = TC_UNSET,
                            .generation_tokens_per_s = TC_UNSET,
                            .price_usd = TC_UNSET,
                            .rental_usd_per_h = TC_UNSET,
                            .program = {.slug = "generic",
                                        .engine_memory_share = 0.6,
                                        .transfer_fraction = 0.5,
                                        .overhead = 0.04,
                                        .training_fraction = 1,
                                        .generation_fraction = 1,
                                        .response_cv = 0.7}};
}

static void assume(tc_rl_answer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void assume(tc_rl_answer *out, const char *format, ...) {
    if (out->assumed_count == TC_RL_ASSUMED_MAX) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->assumed[out->assumed_count++], sizeof out->assumed[0], format, arguments);
    va_end(arguments);
}

static bool has_reference(const tc_rl_question *q) {
    static const bool usual[] = {
#define ROW(id, word, reference, critic, reward) reference,
        TC_RL_ALGORITHMS(ROW)
#undef ROW
    };
    return q->reference == TC_UNSET ? usual[q->algorithm] : q->reference;
}

/* ---- the sides ------------------------------------------------------------------------------------ */

/* The new weights, to each rank of the engine over the narrowest level that they pass. */
static double transfer_s(const tc_rl_question *q, const tc_generated *g, bool apart) {
    const tc_fabric *f = &q->generation.cluster.fabric, *from = &q->training.cluster.fabric;
    double parameters = tc_model_count(&q->training.job.model).parameters, rate = f->level[0].bytes_per_s;
    if (apart && f->levels > 0) rate = f->level[f->levels - 1].bytes_per_s;
    if (apart && from->levels > 0) rate = fmin(rate, from->level[from->levels - 1].bytes_per_s);
    double seconds = q->program.wake_s;
    if (f->levels > 0 && rate > 0)
        seconds += 2 * parameters / (g->tp * g->pp) / (rate * q->program.transfer_fraction); /* in 16 bit */
    return seconds;
}

typedef struct sides {
    tc_generated generated;
    tc_trained trained;
    int generation_devices, training_devices;
} sides;

static tc_code find_sides(const tc_rl_question *q, const tc_lengths *l, const tc_layout *layout, sides *s,
                          tc_error *error) {
    bool apart = q->placement != TC_RL_COLOCATED;
    tc_code code = tc_rl_train(q, layout, s->training_devices, &s->trained, error);
    if (code) return code;
    return tc_rl_generate(q, l, s->generation_devices, apart ? 1 : q->program.engine_memory_share, &s->generated,
                          error);
}

static void fill_phases(const tc_rl_question *q, const sides *s, tc_rl_answer *out) {
    bool apart = q->placement != TC_RL_COLOCATED, async = q->placement == TC_RL_ASYNC;
    const tc_generated *g = &s->generated;
    double *phase = out->phase_s, tokens = (double)q->prompts * q->responses * q->output_tokens;
    phase[TC_RL_PHASE_transfer] = transfer_s(q, g, apart);
    phase[TC_RL_PHASE_prefill] = g->prefill_s;
    phase[TC_RL_PHASE_decode] = async ? g->steady_s - g->prefill_s : g->decode_s;
    if (q->generation_tokens_per_s > 0) {
        phase[TC_RL_PHASE_prefill] = 0;
        phase[TC_RL_PHASE_decode] = tokens / (q->generation_tokens_per_s * s->generation_devices);
    }
    phase[TC_RL_PHASE_reward] = s->trained.reward_s;
    phase[TC_RL_PHASE_old_log_probs] = s->trained.forward_s;
    phase[TC_RL_PHASE_reference] = has_reference(q) ? s->trained.forward_s : 0;
    phase[TC_RL_PHASE_values] = s->trained.values_s;
    phase[TC_RL_PHASE_critic_update] = s->trained.critic_update_s;
    phase[TC_RL_PHASE_update] = s->trained.update_s;
    out->generation_s = out->training_s = 0;
    for (int i = 0; i < TC_RL_PHASES; i++) *(generates[i] ? &out->generation_s : &out->training_s) += phase[i];
}

/* An end of the interval over the middle: shares of independent errors. */
static double spread_of(const tc_rl_question *q, const sides *s, const tc_rl_answer *out, bool upper) {
    const tc_step *step = &s->trained.step;
    double of_training
        = step->step_s_p90 > 0 ? (upper ? step->step_s_p90 / step->step_s : step->step_s / step->step_s_p10) : 1;
    double of_generation = q->generation_tokens_per_s > 0 ? 1 : s->generated.spread;
    double sum = out->generation_s + out->training_s, share = sum > 0 ? out->generation_s / sum : 0;
    if (q->placement != TC_RL_COLOCATED) share = out->generation_s > out->training_s ? 1 : 0;
    return exp(hypot(share * log(of_generation), (1 - share) * log(of_training)));
}

static void fill_answer(const tc_rl_question *q, const tc_lengths *l, const sides *s, tc_rl_answer *out) {
    double sequences = (double)q->prompts * q->responses;
    fill_phases(q, s, out);
    bool apart = q->placement != TC_RL_COLOCATED;
    double longer = fmax(out->generation_s, out->training_s), sum = out->generation_s + out->training_s;
    out->overhead_s = !apart                               ? q->program.overhead * sum
                      : q->placement == TC_RL_ONE_STEP_OFF ? q->program.sync_s
                                                           : q->program.overhead * longer;
    out->step_s = (apart ? longer : sum) + out->overhead_s;
    out->step_s_p10 = out->step_s / spread_of(q, s, out, false);
    out->step_s_p90 = out->step_s * spread_of(q, s, out, true);
    out->generation_devices = s->generation_devices;
    out->training_devices = s->training_devices;
    out->devices = q->training.cluster.devices + (q->other_devices ? q->generation_devices : 0);
    out->longest_tokens = tc_lengths_longest(l, sequences, 0);
    out->tokens_per_step = sequences * (q->input_tokens + q->output_tokens);
    out->tokens_per_s_per_device = out->tokens_per_step / out->step_s / out->devices;
    out->samples_per_s = sequences / out->step_s;
    double generating = out->phase_s[TC_RL_PHASE_prefill] + out->phase_s[TC_RL_PHASE_decode];
    out->decode_tokens_per_s_per_device = sequences * q->output_tokens / generating / s->generation_devices;
    out->tp = s->generated.tp, out->pp = s->generated.pp, out->ep = s->generated.ep;
    out->replicas = s->generated.replicas;
    out->requests = s->generated.requests;
    out->slots = s->generated.slots;
    out->training = s->trained.step;
    out->fits = s->generated.fits && s->trained.step.fits;
    tc_rl_money(q, s->generated.power_w, out);
}

/* ---- layout and split ------------------------------------------------------------------------------ */

/* The usual best of the search for an update. */
static tc_code search_layout(const tc_rl_question *q, int devices, tc_layout *layout, tc_error *error) {
    tc_search_input input = tc_default_search_input();
    input.question = q->training;
    input.question.cluster.devices = devices;
    tc_rl_job(q, &q->training.layout, 1, &input.question.job);
    input.usual = input.uncounted = true;
    input.fit = TC_FIT;
    tc_search_move_batch(&input, 0.05);
    tc_search search;
    tc_code code = tc_search_run(&input, &search, error);
    if (code) return code;
    if (search.best_count == 0) {
        tc_search_free(&search);
        return tc_fail(error, TC_INVALID, "--devices", "no usual layout trains the actor on %d; give more, or a layout",
                       devices);
    }
    *layout = search.best[0].step.layout;
    layout->micro_batch = layout->dp = layout->hsdp = TC_UNSET;
    tc_search_free(&search);
    return TC_OK;
}

static bool sooner(const tc_rl_answer *a, const tc_rl_answer *b) {
    if (a->fits != b->fits) return a->fits;
    return a->step_s < b->step_s;
}

/* Every split, or SPLITS of them, evenly. */
static tc_code search_split(const tc_rl_question *q, const tc_lengths *l, const tc_layout *layout, tc_rl_answer *out,
                            tc_error *error) {
    int ranks = tc_rl_ranks(layout), devices = q->training.cluster.devices, most = (devices - 1) / ranks, tried = 0;
    tc_error first = {.code = TC_OK};
    bool found = false;
    for (int i = 1; i <= most && i <= SPLITS; i++) {
        int replicas = most <= SPLITS ? i : (int)((int64_t)i * most / SPLITS);
        sides s = {.training_devices = replicas * ranks, .generation_devices = devices - replicas * ranks};
        tc_rl_answer answer = {0};
        tc_error cause = {.code = TC_OK};
        tried++;
        if (find_sides(q, l, layout, &s, &cause) != TC_OK) {
            if (!first.code) first = cause;
            continue;
        }
        fill_answer(q, l, &s, &answer);
        if (found && !sooner(&answer, out)) continue;
        *out = answer;
        found = true;
    }
    out->splits = tried;
    if (found) return TC_OK;
    if (!first.code)
        return tc_fail(error, TC_INVALID, "--devices",
                       "%d leave none to generate beside tp x pp x cp = %d that train; give more", devices, ranks);
    if (error) *error = first;
    return first.code;
}

static void say_assumed(const tc_rl_question *q, tc_rl_answer *out) {
    if (q->output_cv == TC_UNSET)
        assume(out, "lengths of responses: log-normal, coefficient of variation %.2g, cut at the longest",
               q->program.response_cv);
    if (!(q->most_output_tokens > 0)) assume(out, "no limit to a response's length");
    if (q->generation.engine_assumed)
        assume(out, "engine %.60s: none was named, so that the interval is wide", q->generation.engine.name);
    if (q->reference == TC_UNSET)
        assume(out, "%s reference model (%s)", has_reference(q) ? "a" : "no", tc_rl_algorithm_names[q->algorithm]);
    if (q->algorithm == TC_RL_PPO && !q->critic) assume(out, "the critic is as large as the actor");
    if (q->algorithm == TC_RL_PPO && !q->reward) assume(out, "the reward model is as large as the actor");
    if (q->algorithm != TC_RL_PPO) assume(out, "rewards by rules, beside the devices: they take no time");
    if (q->algorithm == TC_RL_DAPO) assume(out, "prompts that are sampled again are not counted");
    if (q->placement == TC_RL_COLOCATED)
        assume(out, "the engine may have %.0f %% of a device's memory while it generates (%.30s)",
               100 * q->program.engine_memory_share, q->program.slug);
    if (q->placement == TC_RL_COLOCATED)
        assume(out, "between the phases %.1f %% of their sum (%.30s)", 100 * q->program.overhead, q->program.slug);
    if (q->generation_devices == TC_UNSET && q->placement != TC_RL_COLOCATED)
        assume(out, "%d devices generate: the shortest step of %d splits", out->generation_devices, out->splits);
    if (q->generation.tp == TC_UNSET) assume(out, "the engine's tp %d, ep %d (the soonest)", out->tp, out->ep);
    if (q->search_layout) assume(out, "the training's layout: the best usual one of the search");
}

/* ---- all ----------------------------------------------------------------------------------------------- */

static tc_code check(const tc_rl_question *q, tc_error *error) {
    tc_code code = tc_members_check(&tc_rl_question_members, q, "question", error);
    if (code) return code;
    if (!tc_model_generates(&q->training.job.model))
        return tc_fail(error, TC_INVALID, "--model",
                       "%.80s generates no tokens one after another; give a language model",
                       q->training.job.model.name);
    if (q->most_output_tokens > 0 && q->most_output_tokens < q->output_tokens)
        return tc_fail(error, TC_INVALID, "--output-tokens", "%.6g in the mean, at most %.6g; the mean is the smaller",
                       q->output_tokens, q->most_output_tokens);
    double sequences = (double)q->prompts * q->responses;
    if (sequences < q->updates || sequences > 1e8)
        return tc_fail(error, TC_INVALID, "--prompts", "%d x %d responses; from the %d updates to 1e8 sequences",
                       q->prompts, q->responses, q->updates);
    if (q->input_tokens + q->output_tokens > 1e8)
        return tc_fail(error, TC_INVALID, "--output-tokens", "more than 1e8 tokens of a sequence; give fewer");
    if (q->other_devices && q->generation_devices == TC_UNSET)
        return tc_fail(error, TC_INVALID, "--generation-devices",
                       "are missing beside an accelerator of their own; give a number");
    if ((q->other_devices || q->generation_devices > 0) && q->placement == TC_RL_COLOCATED)
        return tc_fail(error, TC_INVALID, "--placement",
                       "colocated has no devices that generate alone; give one-step-off or async");
    if (!q->other_devices && q->generation_devices >= q->training.cluster.devices)
        return tc_fail(error, TC_INVALID, "--generation-devices", "%d of %d leave none to train; give fewer",
                       q->generation_devices, q->training.cluster.devices);
    return TC_OK;
}

tc_code tc_rl_forecast(const tc_rl_question *q, tc_rl_answer *out, tc_error *error) {
    *out = (tc_rl_answer){0};
    tc_code code = check(q, error);
    if (code) return code;
    double cv = q->output_cv >= 0 ? q->output_cv : q->program.response_cv;
    tc_lengths l = tc_lengths_of(q->output_tokens, q->most_output_tokens, cv);
    bool apart = q->placement != TC_RL_COLOCATED,
         split = apart && !q->other_devices && q->generation_devices == TC_UNSET;
    int devices = q->training.cluster.devices;
    sides s = {.training_devices = devices, .generation_devices = devices};
    if (q->other_devices)
        s.generation_devices = q->generation_devices;
    else if (q->generation_devices > 0)
        s.generation_devices = q->generation_devices, s.training_devices = devices - q->generation_devices;
    tc_layout layout = q->training.layout;
    int searched = split ? (int)ceil(SEARCHED_SHARE * devices) : s.training_devices;
    if (q->search_layout && (code = search_layout(q, searched, &layout, error))) return code;
    if (split) {
        code = search_split(q, &l, &layout, out, error);
    } else {
        if (q->search_layout) s.training_devices -= s.training_devices % tc_rl_ranks(&layout);
        code = find_sides(q, &l, &layout, &s, error);
        if (!code) fill_answer(q, &l, &s, out);
    }
    if (!code) say_assumed(q, out);
    return code;
}

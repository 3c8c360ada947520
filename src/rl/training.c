/* training.c - updates and passes that are forward only, by the forecast of a training step.
 *
 * Sequences have the mean length; as many go into a micro-batch as PACKED tokens hold. A pass without a backward is what a step of
 * direct preference optimisation takes more than one without its reference model, of which it has one pass over two sequences a sample. A
 * critic and a reward model have one output in place of the vocabulary: the same step with that head, of half as many pairs. */
#include <math.h>

#include "base/error.h"
#include "rl/phases.h"

#define PACKED 8192 /* tokens of a micro-batch, where none is given */

static int positive(int degree) { return degree > 0 ? degree : 1; }

int tc_rl_ranks(const tc_layout *l) { return positive(l->tp) * positive(l->pp) * positive(l->cp); }

static int common_divisor(int a, int b) { return b ? common_divisor(b, a % b) : a; }

/* A length that context and sequence parallelism divide. */
static int length_of(const tc_rl_question *q, const tc_layout *l) {
    int of = (positive(l->cp) > 1 ? 2 * l->cp : 1) * positive(l->tp);
    int tokens = (int)fmax(round(q->input_tokens + q->output_tokens), 1);
    return (tokens + of - 1) / of * of;
}

void tc_rl_job(const tc_rl_question *q, const tc_layout *layout, int dp, tc_job *job) {
    double sequences = (double)q->prompts * q->responses, batch = ceil(sequences / q->updates);
    job->seq = length_of(q, layout);
    job->global_batch = (int64_t)(ceil(batch / dp) * dp);
}

/* A step of the question with an objective. */
static tc_code step_of(tc_question *question, int preference, tc_step *out, tc_error *error) {
    question->job.finetune.preference = preference;
    return tc_forecast(question, out, error);
}

/* One pass forward over a batch. */
static tc_code forward_of(tc_question *question, double *seconds, tc_error *error) {
    tc_step with, without;
    tc_code code = step_of(question, TC_PREFERENCE_DPO, &with, error);
    if (!code) code = step_of(question, TC_PREFERENCE_ORPO, &without, error);
    if (!code) *seconds = fmax(with.step_s - without.step_s, 0) / 2;
    return code;
}

/* A model with one output: an update and a pass over a batch. */
static tc_code of_judge(tc_question question, const tc_model *model, double *update_s, double *forward_s,
                        tc_error *error) {
    tc_step step;
    if (model) question.job.model = *model;
    tc_code code = step_of(&question, TC_PREFERENCE_REWARD, &step, error);
    if (code) return code;
    *update_s = step.step_s / 2;
    return forward_of(&question, forward_s, error);
}

/* What nobody chose: the largest micro-batch of PACKED tokens that fits, else recompute of all with it, else of one sequence. */
static tc_code choose_memory(tc_question *question, int dp, tc_step *step, tc_error *error) {
    tc_layout *l = &question->layout;
    bool batch_open = l->micro_batch == TC_UNSET, recompute_open = l->recompute == TC_UNSET;
    int64_t of_rank = question->job.global_batch / dp,
            largest = batch_open ? PACKED / question->job.seq : l->micro_batch;
    int preference = question->job.finetune.preference;
    if (largest < 1) largest = 1;
    for (int full = 0; full <= (recompute_open ? 1 : 0); full++)
        for (int64_t m = largest; m >= 1; m--) {
            if (of_rank % m && batch_open) continue;
            l->micro_batch = (int)m;
            if (full) l->recompute = TC_RECOMPUTE_FULL;
            tc_code code = step_of(question, preference, step, error);
            if (code || step->fits) return code;
            if (!batch_open) break;
        }
    return TC_OK;
}

tc_code tc_rl_train(const tc_rl_question *q, const tc_layout *layout, int devices, tc_trained *out, tc_error *error) {
    tc_question question = q->training;
    int ranks = tc_rl_ranks(layout);
    if (devices < ranks || devices % ranks)
        return tc_fail(error, TC_INVALID, "--devices", "%d are no multiple of tp x pp x cp = %d; give one that is",
                       devices, ranks);
    int dp = devices / ranks;
    question.cluster.devices = devices;
    question.layout = *layout;
    question.layout.dp = dp;
    if (layout->ep > 1) /* as far as the ranks allow */
        question.layout.ep = common_divisor(layout->ep, positive(layout->tp) * positive(layout->cp) * dp);
    tc_rl_job(q, layout, dp, &question.job);
    double unused;
    *out = (tc_trained){0};
    tc_code code = choose_memory(&question, dp, &out->step, error);
    question.interval = NULL;
    if (!code) code = forward_of(&question, &out->forward_s, error);
    bool critic = q->algorithm == TC_RL_PPO;
    if (!code && critic) code = of_judge(question, q->critic, &out->critic_update_s, &out->values_s, error);
    if (!code && critic) code = of_judge(question, q->reward, &unused, &out->reward_s, error);
    double pace = q->updates / q->program.training_fraction; /* all sequences, in batches of an update */
    out->update_s = out->step.step_s * q->epochs * pace;
    out->critic_update_s *= q->epochs * pace;
    out->forward_s *= pace;
    out->values_s *= pace;
    out->reward_s *= pace;
    return code;
}

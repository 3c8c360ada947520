/* reinforced.c - a candidate that is trained by reinforcement: its step is that of src/rl, colocated, with the layout that the search chooses
 * for an update. What is counted are tokens of prompts and responses that were trained on. The engine is the program's, on each pool's chip. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fleet/prospect.h"
#include "fleet/reading.h"
#include "traincast_rl.h"

static int word_of(const char *const *words, const char *text) {
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0) return i;
    return -1;
}

tc_code tc_reading_resolve_rl(const tc_reading *r, tc_catalog *catalog, const tc_node *node,
                              tc_scenario_candidate *candidate) {
    const tc_node *section = tc_node_get(node, "rl");
    tc_error cause = {0};
    if (!section) return TC_OK;
    if (!candidate->model || candidate->phases > 0 || candidate->model->latents.stride > 0)
        return tc_document_fail(r->document, section, NULL, r->error,
                                "is for a language model in one phase; leave it, or the phases, out");
    tc_rl_question *q = candidate->rl = tc_arena_alloc(&r->scenario->arena, sizeof *q);
    if (!q) return tc_reading_no_memory(r);
    *q = tc_default_rl_question();
    tc_code code = tc_rl_program_load(catalog, candidate->rl_program[0] ? candidate->rl_program : "generic",
                                      &q->program, &cause);
    if (code) return tc_document_fail(r->document, tc_node_get(section, "program"), NULL, r->error, "%s", cause.text);
    q->algorithm = candidate->rl_algorithm[0] ? word_of(tc_rl_algorithm_names, candidate->rl_algorithm) : TC_RL_GRPO;
    if (q->algorithm < 0)
        return tc_document_fail(r->document, tc_node_get(section, "algorithm"), NULL, r->error,
                                "'%s' is unknown; write grpo, ppo or dapo", candidate->rl_algorithm);
    if (candidate->rl_prompts > 0) q->prompts = candidate->rl_prompts;
    if (candidate->rl_responses > 0) q->responses = candidate->rl_responses;
    q->updates = (int)fmax(round((double)q->prompts * q->responses / candidate->global_batch), 1);
    candidate->seq = (int)fmax(round(candidate->rl_tokens_in + candidate->rl_tokens_out), 1);
    q->input_tokens = candidate->rl_tokens_in;
    q->output_tokens = candidate->rl_tokens_out;
    q->most_output_tokens = candidate->rl_most_tokens_out;
    if (q->most_output_tokens > 0 && q->most_output_tokens < q->output_tokens)
        return tc_document_fail(r->document, tc_node_get(section, "most_tokens_out"), NULL, r->error,
                                "is less than the mean, tokens_out; write a larger one");
    q->generation.model = *candidate->model;
    candidate->rl_engine
        = tc_arena_alloc(&r->scenario->arena, (size_t)r->scenario->pools * sizeof *candidate->rl_engine);
    if (!candidate->rl_engine) return tc_reading_no_memory(r);
    for (int i = 0; i < r->scenario->pools && !code; i++)
        code = tc_catalog_engine(catalog, q->program.engine, &r->scenario->pool[i].cluster.accelerator,
                                 &candidate->rl_engine[i], &cause);
    return tc_reading_pass_on(r, node, "rl", code, &cause);
}

/* Devices of a prospect to a step, in the place of that of an update. */
tc_code tc_prospect_reinforce(const tc_prospect *p, tc_choice *out, tc_error *error) {
    int pool = (int)(p->pool - p->scenario->pool);
    tc_rl_answer a;
    tc_rl_question *q = malloc(sizeof *q);
    if (!q) return tc_fail(error, TC_INTERNAL, "plan", "out of memory");
    *q = *p->candidate->rl;
    q->training = p->question;
    q->training.cluster.devices = out->devices;
    q->training.layout = out->step.layout;
    q->training.layout.dp = q->training.layout.hsdp = TC_UNSET;
    q->generation.cluster = p->question.cluster;
    q->generation.engine = p->candidate->rl_engine[pool];
    tc_error why;
    tc_code code = tc_rl_forecast(q, &a, &why);
    int updates_of_step = q->updates;
    free(q);
    if (code == TC_INTERNAL) return tc_fail(error, code, "plan", "%s", why.text);
    out->found = !code && a.fits;
    if (!out->found) {
        snprintf(out->why, sizeof out->why, "%.150s", code ? why.text : "the engine does not fit beside the training");
        return TC_OK;
    }
    double share
        = updates_of_step * a.training.step_s / a.step_s; /* share of the time in which the peak is asked for */
    out->step.mfu_pct *= share;
    out->step.hfu_pct *= share;
    out->step.tflops_per_device *= share;
    out->step.tokens_per_step = a.tokens_per_step;
    out->step.step_s = a.step_s;
    out->step.step_s_p10 = a.step_s_p10;
    out->step.step_s_p90 = a.step_s_p90;
    return TC_OK;
}

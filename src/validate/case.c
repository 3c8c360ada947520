/* case.c - a built case as a question, and the forecast in the source's terms. */
#include "validate/case.h"

#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "base/units.h"
#include "workload/optimizer.h"

const char *tc_case_status_name(tc_case_status status) {
    static const char *const names[] = {"ok", "skipped", "unsupported"};
    return status <= TC_CASE_UNSUPPORTED ? names[status] : NULL;
}

bool tc_case_is_built(const tc_case *c) { return c->stack.size > 0 && c->layout.size > 0; }

tc_question tc_case_question(const tc_case *c) {
    return (tc_question){.size = sizeof(tc_question),
                         .job = c->job,
                         .cluster = c->cluster,
                         .layout = c->layout,
                         .stack = c->stack};
}

tc_guesses tc_case_guesses(const tc_case *c) {
    int open = 0;
    for (unsigned rest = c->open; rest; rest &= rest - 1) open++;
    int listed = open + ((c->open & TC_CASE_OPEN_LAYOUT) != 0); /* tp and pp */
    return (tc_guesses){.layout = open, .others = c->assumed_count > listed ? c->assumed_count - listed : 0};
}

/* ---- the forecast in the source's terms ---------------------------------------- */

static double in_metric(const tc_case *c, const tc_step *step) {
    double devices = c->run->devices;
    switch (c->run->metric) {
    case TC_METRIC_STEP_S: return step->step_s;
    case TC_METRIC_TOKENS_PER_S_PER_DEVICE:
        return step->tokens_per_step / step->step_s / devices / (c->padding > 0 ? c->padding : 1);
    case TC_METRIC_SAMPLES_PER_S: return (double)step->global_batch / step->step_s;
    case TC_METRIC_TFLOPS_PER_DEVICE:
    case TC_METRIC_MFU_PCT: {
        double flops = step->model_flops[c->run->flops] / step->step_s / devices;
        if (c->run->metric == TC_METRIC_TFLOPS_PER_DEVICE) return flops / 1e12;
        /* MFU is against the 16-bit peak, but for sources that say the 8-bit one */
        const tc_accelerator *a = &c->cluster.accelerator;
        double peak = tc_peak_flops(a, TC_BF16);
        return 100 * flops / peak;
    }
    default: return 0;
    }
}

bool tc_case_states_memory(const tc_case *c) {
    const unsigned open = TC_CASE_OPEN_MICRO_BATCH | TC_CASE_OPEN_LAYOUT | TC_CASE_OPEN_RECOMPUTE;
    bool alone = c->cluster.devices <= c->layout.tp * c->layout.pp;
    return !(c->open & open) && c->run->micro_batch != TC_UNSET && !c->unknown_lengths
           && (alone || c->run->sharding != TC_UNSET);
}

/* What the source calls memory; where it does not say, what the stack's log calls so. */
static double in_memory_kind(const tc_case *c, const tc_memory *m) {
    tc_memory_log log = c->stack.history.memory_log;
    double states = m->parameters + m->gradients + m->optimizer;
    switch (c->run->memory_kind) {
    case TC_MEMORY_DEVICE: log = TC_LOG_DEVICE; break;
    case TC_MEMORY_RESERVED: log = log == TC_LOG_ALLOCATED ? log : TC_LOG_RESERVED; break; /* all that its log has */
    case TC_MEMORY_ALLOCATED: log = log == TC_LOG_FIRST_STEP ? TC_LOG_FIRST_STEP : TC_LOG_ALLOCATED; break;
    default: break;
    }
    if (log == TC_LOG_DEVICE) return m->reserved;
    if (log == TC_LOG_RESERVED) return m->reserved - m->framework;
    double moments = tc_optimizer_figures_of(&c->stack, c->job.optimizer)->state_bytes,
           bytes = tc_state_bytes(&c->stack, c->job.finetune.state_bits, c->job.optimizer,
                                  c->layout.sharding != TC_SHARD_NONE, false);
    if (log == TC_LOG_ALLOCATED || bytes <= moments) return m->allocated;
    double before = m->allocated - m->optimizer * moments / bytes;
    return before > states ? before : states;
}

/* A reading of more than a device has is of its package: a card's two chips, each a device. */
static int devices_read(const tc_case *c) {
    double gib = c->cluster.accelerator.memory_bytes / TC_GIB;
    int package = c->cluster.accelerator.devices_per_package;
    return c->run->memory_gib > gib && c->run->memory_gib <= package * gib ? package : 1;
}

tc_code tc_case_predict(const tc_case *c, tc_case_result *out, tc_error *error) {
    if (c->out_of_memory) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    tc_question q = tc_case_question(c);
    tc_code code = tc_forecast(&q, &out->step, error);
    if (code) return code;
    if (c->stated.longest_sample > 0) { /* whose memory counts */
        tc_step longest;
        q.job.seq = c->stated.longest_sample;
        if (tc_forecast(&q, &longest, error) == TC_OK) out->step.memory = longest.memory;
    }
    out->predicted = in_metric(c, &out->step);
    double ratio
        = c->run->metric == TC_METRIC_STEP_S ? out->predicted / c->run->measured : c->run->measured / out->predicted;
    out->error_pct = 100 * (ratio - 1);
    out->memory_gib = devices_read(c) * in_memory_kind(c, &out->step.memory) / TC_GIB;
    return TC_OK;
}

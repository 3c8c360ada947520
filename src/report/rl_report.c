/* rl_report.c - phases of a step of reinforcement learning as a page and as JSON. */
#include "report/rl_report.h"

#include <math.h>

#include "base/vocabulary.h"
#include "layout/fields.h"
#include "report/format.h"
#include "report/step_report.h"
#include "run/upkeep.h"

static const char *const phase_keys[] = {
#define KEY(member, name, generates) #member,
    TC_RL_PHASES_OF(KEY)
#undef KEY
};
static const bool generates[] = {
#define SIDE(member, name, generates) generates,
    TC_RL_PHASES_OF(SIDE)
#undef SIDE
};

/* ---- JSON ------------------------------------------------------------------------------------ */

static void write_question(tc_writer *w, const tc_rl_question *q) {
    tc_write_string(w, "model", q->training.job.model.slug);
    tc_write_string(w, "accelerator", q->training.cluster.accelerator.slug);
    tc_write_string(w, "generation_accelerator", q->generation.cluster.accelerator.slug);
    tc_write_string(w, "stack", q->training.stack.slug);
    tc_write_string(w, "engine", q->generation.engine.slug);
    tc_write_string(w, "dtype", tc_dtype_names[q->training.job.dtype]);
    tc_write_string(w, "program", q->program.slug);
    tc_write_string(w, "algorithm", tc_rl_algorithm_names[q->algorithm]);
    tc_write_string(w, "placement", tc_rl_placement_names[q->placement]);
    tc_write_integer(w, "prompts", q->prompts);
    tc_write_integer(w, "responses", q->responses);
    tc_write_integer(w, "updates", q->updates);
    tc_write_integer(w, "epochs", q->epochs);
}

static void write_engine(tc_writer *w, const tc_rl_answer *a) {
    tc_write_object(w, "engine_layout");
    tc_write_integer(w, "tp", a->tp);
    tc_write_integer(w, "pp", a->pp);
    tc_write_integer(w, "ep", a->ep);
    tc_write_integer(w, "replicas", a->replicas);
    tc_write_number(w, "requests_per_replica", a->requests);
    tc_write_number(w, "slots_per_replica", a->slots);
    tc_write_close(w);
}

void tc_report_rl(tc_target *target, const tc_rl_question *q, const tc_rl_answer *a) {
    tc_writer w = tc_write_begin(target, "rl/1", NULL);
    tc_write_texts(&w, "assumed", a->assumed[0], sizeof a->assumed[0], a->assumed_count);
    write_question(&w, q);
    tc_write_integer(&w, "devices", a->devices);
    tc_write_integer(&w, "generation_devices", a->generation_devices);
    tc_write_integer(&w, "training_devices", a->training_devices);
    tc_write_number(&w, "step_s", a->step_s);
    tc_write_number(&w, "step_s_p10", a->step_s_p10);
    tc_write_number(&w, "step_s_p90", a->step_s_p90);
    tc_write_object(&w, "phases_s");
    for (int i = 0; i < TC_RL_PHASES; i++) tc_write_number(&w, phase_keys[i], a->phase_s[i]);
    tc_write_close(&w);
    tc_write_number(&w, "overhead_s", a->overhead_s);
    tc_write_number(&w, "generation_s", a->generation_s);
    tc_write_number(&w, "training_s", a->training_s);
    tc_write_number(&w, "tokens_per_step", a->tokens_per_step);
    tc_write_number(&w, "tokens_per_s_per_device", a->tokens_per_s_per_device);
    tc_write_number(&w, "samples_per_s", a->samples_per_s);
    tc_write_number(&w, "generated_tokens_per_s_per_device", a->decode_tokens_per_s_per_device);
    tc_write_number(&w, "longest_response", a->longest_tokens);
    tc_write_number(&w, "energy_kwh", a->energy_j / TC_JOULES_PER_KWH);
    tc_write_number(&w, "owned_usd", a->owned_usd);
    tc_write_number(&w, "rented_usd", a->rented_usd);
    tc_write_number(&w, "owned_usd_per_million_tokens", 1e6 * a->owned_usd / a->tokens_per_step);
    tc_write_number(&w, "rented_usd_per_million_tokens", 1e6 * a->rented_usd / a->tokens_per_step);
    write_engine(&w, a);
    tc_write_number(&w, "update_step_s", a->training.step_s);
    tc_write_number(&w, "memory_gib_per_device", a->training.memory.reserved / 1073741824.0);
    tc_write_bool(&w, "fits", a->fits);
    tc_write_layout(&w, "layout", &a->training.layout);
    tc_write_end(&w);
}

/* ---- text -------------------------------------------------------------------------------------- */

static void print_head(FILE *file, const tc_style *style, const tc_rl_question *q, const tc_rl_answer *a) {
    char text[512];
    tc_print_headingf(file, style, "%.100s trained by %s on %d x %.80s", q->training.job.model.name,
                      tc_rl_algorithm_names[q->algorithm], q->training.cluster.devices,
                      q->training.cluster.accelerator.name);
    if (q->placement == TC_RL_COLOCATED)
        snprintf(text, sizeof text, "%.60s, %.60s; phases one after the other on all devices", q->training.stack.name,
                 q->generation.engine.name);
    else
        snprintf(text, sizeof text, "%.60s, %.60s; %s: %d train, %d generate (%.80s)", q->training.stack.name,
                 q->generation.engine.name, tc_rl_placement_names[q->placement], a->training_devices,
                 a->generation_devices, q->generation.cluster.accelerator.name);
    tc_print_wrapped(file, style, 0, 2, text);
}

static bool print_phases(FILE *file, const tc_style *style, const tc_rl_answer *a) {
    tc_table table = {0};
    double sum = a->generation_s + a->training_s + a->overhead_s;
    for (int i = 0; i <= TC_RL_PHASES; i++) {
        double seconds = i < TC_RL_PHASES ? a->phase_s[i] : a->overhead_s;
        char name[64];
        if (!(seconds > 0)) continue;
        snprintf(name, sizeof name, "  %s", i < TC_RL_PHASES ? tc_rl_phase_names[i] : "between them");
        tc_table_row_begin(&table);
        tc_cell(&table, "  phase", TC_FLEXIBLE, name);
        tc_cell(&table, "time", TC_RIGHT, tc_format_seconds(seconds).s);
        tc_cell(&table, "share", TC_RIGHT, tc_format_percent(100 * seconds / sum).s);
        tc_cell(&table, "", TC_LEFT, i == TC_RL_PHASES ? "" : generates[i] ? "generation" : "training");
    }
    fputc('\n', file);
    bool fine = tc_table_print(&table, file, style);
    fputc('\n', file);
    return fine;
}

/* What is not known is left out. */
static void print_money(FILE *file, const tc_style *style, const tc_rl_answer *a) {
    char text[320];
    size_t used = 0;
    if (!isnan(a->owned_usd))
        used += (size_t)snprintf(text, sizeof text, "$%s a step owned", tc_format_significant(a->owned_usd, 3).s);
    if (!isnan(a->rented_usd))
        used += (size_t)snprintf(text + used, sizeof text - used, "%s$%s rented", used ? ", " : "",
                                 tc_format_significant(a->rented_usd, 3).s);
    if (!isnan(a->energy_j))
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s kWh of the devices", used ? "; " : "",
                                 tc_format_significant(a->energy_j / TC_JOULES_PER_KWH, 3).s);
    if (used) tc_print_line(file, style, "money", text);
}

static void print_sides(FILE *file, const tc_style *style, const tc_rl_question *q, const tc_rl_answer *a) {
    char layout[512];
    if (q->placement != TC_RL_COLOCATED) {
        bool longer = a->generation_s > a->training_s;
        tc_print_linef(file, style, "sides", "generation %s, training %s: the %s waits %s of a step",
                       tc_format_seconds(a->generation_s).s, tc_format_seconds(a->training_s).s,
                       longer ? "training" : "generation", tc_format_seconds(fabs(a->generation_s - a->training_s)).s);
    }
    tc_print_linef(file, style, "responses", "%s in the mean, the longest of a step %s",
                   tc_format_significant(q->output_tokens, 4).s, tc_format_significant(a->longest_tokens, 4).s);
    tc_print_linef(file, style, "throughput",
                   "%s tokens/s a device of all, %s generated tokens/s of one that generates",
                   tc_format_significant(a->tokens_per_s_per_device, 4).s,
                   tc_format_significant(a->decode_tokens_per_s_per_device, 4).s);
    tc_print_linef(file, style, "engine", "%d x TP %d PP %d EP %d, %s requests each, %s of them at once", a->replicas,
                   a->tp, a->pp, a->ep, tc_format_significant(a->requests, 4).s,
                   tc_format_significant(fmin(a->slots, a->requests), 4).s);
    tc_print_line(file, style, "training", tc_layout_text(&a->training.layout, layout, sizeof layout));
    tc_print_linef(file, style, "memory", "%s a device while it trains: %s",
                   tc_format_gib(a->training.memory.reserved).s,
                   a->fits ? "fits" : "does NOT fit, or the engine does not");
    print_money(file, style, a);
}

bool tc_report_rl_text(FILE *file, const tc_style *style, const tc_rl_question *q, const tc_rl_answer *a) {
    char text[256];
    print_head(file, style, q, a);
    snprintf(text, sizeof text, "%s (80 %% interval %s to %s); %d prompts x %d responses, %d update%s",
             tc_format_seconds(a->step_s).s, tc_format_seconds(a->step_s_p10).s, tc_format_seconds(a->step_s_p90).s,
             q->prompts, q->responses, q->updates * q->epochs, q->updates * q->epochs > 1 ? "s" : "");
    fputc('\n', file);
    tc_print_line(file, style, "step", text);
    bool fine = print_phases(file, style, a);
    print_sides(file, style, q, a);
    tc_print_bullets(file, style, "\nAssumed: neither given nor in the data", a->assumed[0], sizeof a->assumed[0],
                     a->assumed_count);
    return fine;
}

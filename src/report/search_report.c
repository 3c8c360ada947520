/* search_report.c - a search for programs: what was looked through, the best layouts and families of them, what each gains
 * and loses. */
#include "report/search_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "layout/fields.h"
#include "report/names.h"
#include "report/run_report.h"
#include "report/search_rows.h"
#include "report/step_report.h"

const char *tc_objective_name(tc_objective objective) {
    static const char *const names[TC_OBJECTIVES] = {"time", "memory", "cost", "energy"};
    return names[objective];
}

static int64_t rejected(const tc_search *search) {
    int64_t sum = 0;
    for (int i = 0; i < TC_REJECTIONS; i++) sum += search->rejected[i];
    return sum;
}

double tc_search_rate(const tc_search *search) {
    return search->seconds > 0 ? (double)(search->evaluated + rejected(search)) / search->seconds : 0;
}

static void write_axes(tc_writer *writer, const tc_search *search) {
    tc_write_object(writer, "axes");
    for (int i = 0; i < TC_SEARCH_AXES && search->axis[i].name; i++)
        tc_write_string(writer, search->axis[i].name, search->axis[i].values);
    tc_write_close(writer);
}

static void write_machine(tc_writer *writer, const tc_search_input *in) {
    tc_write_string(writer, "accelerator", in->question.cluster.accelerator.slug);
    tc_write_string(writer, "fabric", in->question.cluster.fabric.slug);
    tc_write_string(writer, "stack", in->question.stack.slug);
}

static void write_problem(tc_writer *writer, const tc_search_input *in) {
    tc_write_string(writer, "model", in->question.job.model.slug);
    write_machine(writer, in);
    tc_write_integer(writer, "devices", in->question.cluster.devices);
    tc_write_integer(writer, "global_batch", in->question.job.global_batch);
    tc_write_string(writer, "dtype", tc_name(TC_VOCABULARY_DTYPE, in->question.job.dtype));
    tc_write_integer(writer, "seq",
                     in->question.job.seq == TC_UNSET ? in->question.job.model.seq : in->question.job.seq);
    tc_write_job_choices(writer, &in->question);
    tc_write_string(writer, "objective", in->pareto ? "pareto" : tc_objective_name(in->objective));
}

const char *tc_found_options(const tc_question *q, const tc_found *found, char *buffer, size_t size) {
    tc_layout_options(&found->step.layout, &q->stack.defaults, buffer, size);
    size_t used = strlen(buffer);
    if (found->devices != q->cluster.devices && used < size)
        used += (size_t)snprintf(buffer + used, size - used, " --devices %d", found->devices);
    if (found->step.global_batch != q->job.global_batch && used < size)
        used += (size_t)snprintf(buffer + used, size - used, " --global-batch %lld",
                                 (long long)found->step.global_batch);
    if (found->dtype != q->job.dtype && used < size)
        snprintf(buffer + used, size - used, " --dtype %s", tc_name(TC_VOCABULARY_DTYPE, found->dtype));
    return buffer[0] == ' ' ? buffer + 1 : buffer;
}

/* A layout that was given to be compared: what the best gains and loses against it. */
static void write_given(tc_writer *writer, const tc_question *question, const tc_step *given, const tc_search *search) {
    if (!given) return;
    tc_write_object(writer, "given");
    tc_write_layout(writer, "layout", &given->layout);
    tc_write_beyond(writer, question, &given->layout);
    tc_write_step_time(writer, given);
    tc_write_number(writer, "mfu_pct", given->mfu_pct);
    tc_write_step_memory(writer, given);
    tc_write_fits(writer, given->fits_probability, given->fits);
    if (search->best_count > 0)
        tc_write_number(writer, "best_faster_pct", 100 * (given->step_s / search->best[0].step.step_s - 1));
    tc_write_close(writer);
}

/* What a layout gains and loses against another: differences, negative is less. */
static void write_against(tc_writer *writer, const tc_found *found, const tc_found *next) {
    tc_write_object(writer, "against_next");
    tc_write_number(writer, "step_s", found->step.step_s - next->step.step_s);
    tc_write_number(writer, "mfu_pct", found->step.mfu_pct - next->step.mfu_pct);
    tc_write_number(writer, "memory_gib_per_device",
                    (found->step.memory.reserved - next->step.memory.reserved) / TC_GIB);
    tc_write_close(writer);
}

tc_question tc_row_question(const tc_search_input *in, const tc_found *found) {
    tc_question question = in->question;
    question.job.dtype = found->dtype;
    return question;
}

void tc_write_expected(tc_writer *writer, const tc_found *found) {
    tc_write_interval(writer, "expected_step_s", found->expected_step_s);
    tc_write_interval(writer, "expected_step_s_p10", found->expected_step_s_p10);
    tc_write_interval(writer, "expected_step_s_p90", found->expected_step_s_p90);
}

const tc_search_input *tc_row_input(const tc_search_answer *answer, const tc_search_input *in, int i) {
    return answer->parts > 0 ? answer->part[answer->part_of[i]].input : in;
}

const char *tc_row_options(const tc_search_answer *answer, const tc_search_input *in, const tc_found *found,
                           char *buffer, size_t size) {
    if (answer->parts == 0) return tc_found_options(&in->question, found, buffer, size);
    char layout[TC_FOUND_OPTIONS];
    tc_question q = in->question;
    q.cluster.devices = found->devices;
    snprintf(buffer, size, "--accelerator %s --stack %s --devices %d %s", q.cluster.accelerator.slug, q.stack.slug,
             found->devices, tc_found_options(&q, found, layout, sizeof layout));
    return buffer;
}

static void write_found(tc_writer *writer, const tc_search_answer *answer, const tc_search_input *in,
                        const tc_found *found, const tc_run *run, const tc_found *next) {
    const tc_step *step = &found->step;
    char options[TC_ROW_OPTIONS];
    tc_question question = tc_row_question(in, found);
    tc_write_object(writer, NULL);
    if (answer->parts > 0) write_machine(writer, in);
    tc_write_layout(writer, "layout", &step->layout);
    tc_write_beyond(writer, &question, &step->layout);
    tc_write_string(writer, "options", tc_row_options(answer, in, found, options, sizeof options));
    tc_write_string(writer, "offload", tc_name(TC_VOCABULARY_OFFLOAD, step->layout.offload));
    tc_write_string(writer, "overlap", tc_name(TC_VOCABULARY_OVERLAP, found->step.layout.overlap));
    tc_write_integer(writer, "devices", found->devices);
    tc_write_integer(writer, "idle_devices", found->idle);
    tc_write_integer(writer, "global_batch", step->global_batch);
    tc_write_string(writer, "dtype", tc_name(TC_VOCABULARY_DTYPE, found->dtype));
    tc_write_step_time(writer, step);
    tc_write_expected(writer, found);
    tc_write_evidence(writer, step);
    tc_write_number(writer, "mfu_pct", step->mfu_pct);
    tc_write_number(writer, "tokens_per_s_per_device", step->tokens_per_s_per_device);
    tc_write_step_memory(writer, step);
    tc_write_fits(writer, step->fits_probability, step->fits);
    tc_write_number(writer, "objective", found->objective);
    if (run) tc_write_run(writer, run);
    if (next) write_against(writer, found, next);
    tc_write_close(writer);
}

/* The best of each family: what it gains and loses against the first; negative is less. */
static void write_cluster(tc_writer *writer, const tc_search_answer *answer, const tc_search_input *in,
                          const tc_search *search, int i) {
    const tc_found *found = &search->cluster[i], *first = &search->cluster[0];
    const tc_step *step = &found->step;
    char options[TC_ROW_OPTIONS];
    tc_write_object(writer, NULL);
    tc_write_layout(writer, "layout", &step->layout);
    tc_write_string(writer, "options", tc_row_options(answer, in, found, options, sizeof options));
    tc_write_integer(writer, "members", search->members[i]);
    tc_write_integer(writer, "devices", found->devices);
    tc_write_integer(writer, "idle_devices", found->idle);
    tc_write_step_time(writer, step);
    tc_write_expected(writer, found);
    tc_write_number(writer, "mfu_pct", step->mfu_pct);
    tc_write_step_memory(writer, step);
    tc_write_fits(writer, step->fits_probability, step->fits);
    tc_write_object(writer, "against_first");
    tc_write_number(writer, "step_s", step->step_s - first->step.step_s);
    tc_write_number(writer, "memory_gib_per_device", (step->memory.reserved - first->step.memory.reserved) / TC_GIB);
    tc_write_number(writer, "bubble_s", step->breakdown.bubble - first->step.breakdown.bubble);
    tc_write_close(writer);
    tc_write_close(writer);
}

static void write_advice(tc_writer *writer, const tc_advice *advice) {
    tc_write_object(writer, NULL);
    tc_write_string(writer, "text", advice->text);
    tc_write_string(writer, "options", *advice->options ? advice->options : NULL);
    tc_write_close(writer);
}

bool tc_has_target(const tc_search_answer *answer) { return answer->wall_s > 0 || answer->tokens_per_s > 0; }

static void write_goal(tc_writer *writer, const tc_search_answer *answer) {
    if (answer->tokens > 0) tc_write_number(writer, "tokens", answer->tokens);
    if (!tc_has_target(answer)) return;
    tc_write_object(writer, "target");
    if (answer->wall_s > 0) tc_write_number(writer, "wall_s", answer->wall_s);
    if (answer->tokens_per_s > 0) tc_write_number(writer, "tokens_per_s", answer->tokens_per_s);
    tc_write_integer(writer, "most_devices", answer->most_devices);
    tc_write_bool(writer, "reached", answer->reached);
    tc_write_close(writer);
}

/* The i-th line that the k-th of the best assumes, of its step and of its run; NULL: there is none. */
static const char *assumed_line(const tc_search_answer *answer, const tc_search *search, int k, int i) {
    const tc_step *step = &search->best[k].step;
    if (i < step->assumed_count) return step->assumed[i];
    i -= step->assumed_count;
    return answer->run && i < answer->run[k].assumed_count ? answer->run[k].assumed[i] : NULL;
}

const char *tc_new_line(const tc_search_answer *answer, const tc_search *search, int k, int i) {
    const char *line = assumed_line(answer, search, k, i);
    for (int before = 0; before < k && line; before++)
        for (int n = 0; assumed_line(answer, search, before, n); n++)
            if (strcmp(assumed_line(answer, search, before, n), line) == 0) return "";
    return line;
}

static void write_assumed(tc_writer *writer, const tc_step *assumed, const tc_search_answer *answer,
                          const tc_search *search) {
    tc_write_array(writer, "assumed");
    for (int i = 0; i < assumed->assumed_count; i++) tc_write_string(writer, NULL, assumed->assumed[i]);
    for (int i = 0; answer->parts == 0 && answer->run && i < answer->run->assumed_count; i++)
        tc_write_string(writer, NULL, answer->run->assumed[i]);
    for (int k = 0; answer->parts > 0 && k < search->best_count; k++)
        for (int i = 0; tc_new_line(answer, search, k, i); i++)
            if (*tc_new_line(answer, search, k, i)) tc_write_string(writer, NULL, tc_new_line(answer, search, k, i));
    tc_write_close(writer);
}

static void write_counts(tc_writer *writer, const tc_search *search) {
    tc_write_integer(writer, "space", search->space);
    tc_write_integer(writer, "evaluated", search->evaluated);
    tc_write_integer(writer, "evaluated_idle", search->evaluated_fewer);
    tc_write_object(writer, "rejected");
    for (int i = 0; i < TC_REJECTIONS; i++)
        if (search->rejected[i] > 0) tc_write_integer(writer, tc_rejection_name((tc_rejection)i), search->rejected[i]);
    tc_write_close(writer);
    tc_write_integer(writer, "pruned", search->pruned);
}

/* Each of several searches. */
static void write_parts(tc_writer *writer, const tc_search_answer *answer) {
    if (answer->parts == 0) return;
    tc_write_array(writer, "searches");
    for (int i = 0; i < answer->parts; i++) {
        tc_write_object(writer, NULL);
        write_machine(writer, answer->part[i].input);
        tc_write_integer(writer, "devices", answer->part[i].input->question.cluster.devices);
        const tc_search *search = answer->part[i].search;
        write_counts(writer, search);
        tc_write_interval(writer, "best_expected_step_s", search->best_count > 0 ? search->best[0].expected_step_s : 0);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

static void write_timing(tc_writer *writer, const tc_search *search) {
    tc_write_object(writer, "timing");
    tc_write_bool(writer, "stopped", search->stopped);
    tc_write_number(writer, "seconds", search->seconds);
    tc_write_number(writer, "configs_per_s", tc_search_rate(search));
    tc_write_integer(writer, "threads", search->threads);
    tc_write_integer(writer, "ranks", 1);
    tc_write_close(writer);
}

void tc_report_search(tc_target *target, const tc_search_input *in, const tc_step *assumed, const tc_step *given,
                      const tc_search_answer *answer, const tc_search *search) {
    tc_writer writer = tc_write_begin(target, "search/1", "best");
    write_assumed(&writer, assumed, answer, search);
    write_problem(&writer, in);
    write_goal(&writer, answer);
    if (answer->parts == 0) write_axes(&writer, search);
    write_counts(&writer, search);
    write_parts(&writer, answer);
    tc_write_array(&writer, "best");
    for (int i = 0; i < search->best_count; i++)
        write_found(&writer, answer, tc_row_input(answer, in, i), &search->best[i],
                    answer->run ? &answer->run[i] : NULL, i + 1 < search->best_count ? &search->best[i + 1] : NULL);
    tc_write_close(&writer);
    if (answer->parts == 0) {
        tc_write_array(&writer, "clusters");
        for (int i = 0; i < search->cluster_count; i++) write_cluster(&writer, answer, in, search, i);
        tc_write_close(&writer);
    }
    if (search->best_count == 0 || search->advice_count > 0 || *answer->advice.text) {
        tc_write_array(&writer, "advice");
        for (int i = 0; i < search->advice_count; i++) write_advice(&writer, &search->advice[i]);
        if (*answer->advice.text) write_advice(&writer, &answer->advice);
        tc_write_close(&writer);
    }
    write_given(&writer, &in->question, given, search);
    write_timing(&writer, search);
    tc_write_end(&writer);
}

void tc_report_space(tc_target *target, const tc_search_input *in, const tc_search *search) {
    tc_writer writer = tc_write_begin(target, "search-space/1", NULL);
    tc_write_lines(&writer, "assumed", NULL, 0);
    write_problem(&writer, in);
    write_axes(&writer, search);
    tc_write_integer(&writer, "space", search->space);
    tc_write_end(&writer);
}

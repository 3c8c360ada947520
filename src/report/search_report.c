/* search_report.c - a search: what was looked through, the best layouts, what each gains and loses against the next. */
#include "report/search_report.h"

#include <math.h>
#include <string.h>

#include "base/units.h"
#include "layout/fields.h"
#include "report/format.h"
#include "report/names.h"
#include "report/run_report.h"
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

static double rate(const tc_search *search) {
    return search->seconds > 0 ? (double)(search->evaluated + rejected(search)) / search->seconds : 0;
}

/* ---- JSON ------------------------------------------------------------------------ */

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

#define OPTIONS (TC_FOUND_OPTIONS + 200)

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

/* The question in the format that was found. */
static tc_question question_of(const tc_search_input *in, const tc_found *found) {
    tc_question question = in->question;
    question.job.dtype = found->dtype;
    return question;
}

void tc_write_expected(tc_writer *writer, const tc_found *found) {
    tc_write_interval(writer, "expected_step_s", found->expected_step_s);
    tc_write_interval(writer, "expected_step_s_p10", found->expected_step_s_p10);
    tc_write_interval(writer, "expected_step_s_p90", found->expected_step_s_p90);
}

/* The search that found the i-th of the best. */
static const tc_search_input *input_of(const tc_search_answer *answer, const tc_search_input *in, int i) {
    return answer->parts > 0 ? answer->part[answer->part_of[i]].input : in;
}

/* The options of step; of several searches those of the machine too. */
static const char *options_of(const tc_search_answer *answer, const tc_search_input *in, const tc_found *found,
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
    char options[OPTIONS];
    tc_question question = question_of(in, found);
    tc_write_object(writer, NULL);
    if (answer->parts > 0) write_machine(writer, in);
    tc_write_layout(writer, "layout", &step->layout);
    tc_write_beyond(writer, &question, &step->layout);
    tc_write_string(writer, "options", options_of(answer, in, found, options, sizeof options));
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

static void write_advice(tc_writer *writer, const tc_advice *advice) {
    tc_write_object(writer, NULL);
    tc_write_string(writer, "text", advice->text);
    tc_write_string(writer, "options", *advice->options ? advice->options : NULL);
    tc_write_close(writer);
}

static bool has_target(const tc_search_answer *answer) { return answer->wall_s > 0 || answer->tokens_per_s > 0; }

static void write_goal(tc_writer *writer, const tc_search_answer *answer) {
    if (answer->tokens > 0) tc_write_number(writer, "tokens", answer->tokens);
    if (!has_target(answer)) return;
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

/* Of several searches: lines that none before says. */
static const char *new_line(const tc_search_answer *answer, const tc_search *search, int k, int i) {
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
        for (int i = 0; new_line(answer, search, k, i); i++)
            if (*new_line(answer, search, k, i)) tc_write_string(writer, NULL, new_line(answer, search, k, i));
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
    tc_write_number(writer, "seconds", search->seconds);
    tc_write_number(writer, "configs_per_s", rate(search));
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
        write_found(&writer, answer, input_of(answer, in, i), &search->best[i], answer->run ? &answer->run[i] : NULL,
                    i + 1 < search->best_count ? &search->best[i + 1] : NULL);
    tc_write_close(&writer);
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

/* ---- text ------------------------------------------------------------------------------ */

static void print_title(FILE *file, const tc_style *style, const tc_search_input *in) {
    char text[320];
    snprintf(text, sizeof text, "%s on %d x %s, %s sequences a step", in->question.job.model.name,
             in->question.cluster.devices, in->question.cluster.accelerator.name,
             tc_format_count((double)in->question.job.global_batch).s);
    tc_print_heading(file, style, text);
    snprintf(text, sizeof text, "%s; %s", in->question.cluster.fabric.name, in->question.stack.name);
    tc_print_wrapped(file, style, 0, 2, text);
}

/* "Llama 2 7B on H20 and H100 SXM, 512 to 1,024 devices, 512 sequences a step" */
static void print_title_of_parts(FILE *file, const tc_style *style, const tc_search_answer *answer) {
    const tc_search_input *in = answer->part[0].input;
    char text[400];
    int fewest = in->question.cluster.devices, most = fewest;
    size_t used = (size_t)snprintf(text, sizeof text, "%.80s on ", in->question.job.model.name);
    for (int i = 0; i < answer->parts; i++) {
        const tc_cluster *cluster = &answer->part[i].input->question.cluster;
        fewest = cluster->devices < fewest ? cluster->devices : fewest;
        most = cluster->devices > most ? cluster->devices : most;
        bool said
            = i > 0
              && strcmp(answer->part[i - 1].input->question.cluster.accelerator.slug, cluster->accelerator.slug) == 0;
        if (said || used >= sizeof text - 120) continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.48s", i ? ", " : "", cluster->accelerator.name);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "; %.20s", tc_format_count(fewest).s);
    if (most > fewest) used += (size_t)snprintf(text + used, sizeof text - used, " to %.20s", tc_format_count(most).s);
    snprintf(text + used, sizeof text - used, " devices, %.20s sequences a step",
             tc_format_count((double)in->question.job.global_batch).s);
    tc_print_heading(file, style, text);
}

void tc_report_space_text(FILE *file, const tc_style *style, const tc_search_input *in, const tc_search *search) {
    print_title(file, style, in);
    char text[96];
    snprintf(text, sizeof text, "\nThe space: %s layouts", tc_format_count((double)search->space).s);
    tc_print_heading(file, style, text);
    for (int i = 0; i < TC_SEARCH_AXES && search->axis[i].name; i++) {
        char label[32];
        snprintf(label, sizeof label, "  %-18s ", search->axis[i].name);
        tc_print_tone(file, style, TC_TONE_FAINT, label);
        tc_print_wrapped(file, style, 21, 21, search->axis[i].values);
    }
}

static void print_counts(FILE *file, const tc_style *style, const tc_search *search) {
    char text[400];
    size_t used
        = (size_t)snprintf(text, sizeof text, "%s layouts: %s forecast, %s proven worse without",
                           tc_format_count((double)search->space).s, tc_format_count((double)search->evaluated).s,
                           tc_format_count((double)search->pruned).s);
    static const char *const words[TC_REJECTIONS] = {"do not fit",
                                                     "offload more than a server holds",
                                                     "do not divide the batch",
                                                     "do not divide the experts",
                                                     "do not fill an interleaved pipeline",
                                                     "break another rule"};
    for (int i = 0; i < TC_REJECTIONS && used < sizeof text; i++)
        if (search->rejected[i] > 0)
            used += (size_t)snprintf(text + used, sizeof text - used, ", %s %s",
                                     tc_format_count((double)search->rejected[i]).s, words[i]);
    if (search->evaluated_fewer > 0 && used < sizeof text)
        used += (size_t)snprintf(text + used, sizeof text - used, "; %s more that leave devices idle",
                                 tc_format_count((double)search->evaluated_fewer).s);
    if (used < sizeof text)
        snprintf(text + used, sizeof text - used, "; %s, %s a second on %d thread%s",
                 tc_format_seconds(search->seconds).s, tc_format_short(rate(search)).s, search->threads,
                 search->threads == 1 ? "" : "s");
    tc_print_wrapped(file, style, 0, 2, text);
}

static tc_text objective_text(const tc_search_input *in, const tc_found *found) {
    if (in->objective == TC_OBJECTIVE_COST) return tc_format_usd(found->objective);
    tc_text out;
    if (in->objective == TC_OBJECTIVE_ENERGY)
        snprintf(out.s, sizeof out.s, "%.32s J", tc_format_short(found->objective).s);
    else
        snprintf(out.s, sizeof out.s, "-");
    return out;
}

static bool several_stacks(const tc_search_answer *answer) {
    for (int i = 1; i < answer->parts; i++)
        if (strcmp(answer->part[i].input->question.stack.slug, answer->part[0].input->question.stack.slug) != 0)
            return true;
    return false;
}

static bool print_table(FILE *file, const tc_style *style, const tc_search_input *in, const tc_search_answer *answer,
                        const tc_search *search) {
    tc_table table = {0};
    bool stacks = several_stacks(answer);
    bool objective = !in->pareto && (in->objective == TC_OBJECTIVE_COST || in->objective == TC_OBJECTIVE_ENERGY);
    tc_table_column(&table, "", TC_RIGHT);
    if (answer->parts > 0) tc_table_column(&table, "accelerator", TC_LEFT);
    if (answer->parts > 0) tc_table_column(&table, "devices", TC_RIGHT);
    if (stacks) tc_table_column(&table, "stack", TC_LEFT);
    if (objective) tc_table_column(&table, tc_objective_name(in->objective), TC_RIGHT);
    tc_table_column(&table, "expected", TC_RIGHT);
    tc_table_column(&table, "80 %", TC_RIGHT);
    tc_table_column(&table, "MFU", TC_RIGHT);
    tc_table_column(&table, "memory", TC_RIGHT);
    tc_table_column(&table, "80 %", TC_RIGHT | TC_OPTIONAL);
    tc_table_column(&table, "layout", TC_LEFT);
    for (int i = 0; i < search->best_count; i++) {
        const tc_found *found = &search->best[i];
        char text[256];
        tc_table_row_begin(&table);
        tc_table_cell(&table, tc_format_count(i + 1).s);
        const tc_question *q = &input_of(answer, in, i)->question;
        if (answer->parts > 0) tc_table_cell(&table, q->cluster.accelerator.slug);
        if (answer->parts > 0) tc_table_cell(&table, tc_format_count(found->devices).s);
        if (stacks) tc_table_cell(&table, q->stack.slug);
        if (objective) tc_table_cell(&table, objective_text(in, found).s);
        tc_table_cell(&table, tc_format_seconds(found->expected_step_s).s);
        tc_table_cell(&table,
                      tc_format_range(found->expected_step_s_p10, found->expected_step_s_p90, tc_format_seconds).s);
        tc_table_cell(&table, tc_format_percent(found->step.mfu_pct).s);
        tc_table_cell(&table, tc_format_gib(found->step.memory.reserved).s);
        tc_table_cell(&table, tc_format_range(found->step.memory_p10, found->step.memory_p90, tc_format_gib).s);
        tc_table_cell(&table, tc_layout_degrees_text(&found->step.layout, text, sizeof text));
    }
    return tc_table_print(&table, file, style);
}

/* "0.8 % faster, 4.2 GiB more" */
static void print_against(FILE *file, const tc_found *found, const tc_found *next) {
    double time = 100 * (next->step.step_s / found->step.step_s - 1),
           bytes = found->step.memory.reserved - next->step.memory.reserved;
    fprintf(file, "; against the next: %s %s, %s %s", tc_format_percent(fabs(time)).s, time >= 0 ? "faster" : "slower",
            tc_format_gib(fabs(bytes)).s, bytes > 0 ? "more" : "less");
}

static void print_beyond(FILE *file, const tc_style *style, const tc_search_input *in, const tc_found *found) {
    char text[TC_BEYOND_TEXT];
    tc_question question = question_of(in, found);
    if (!*tc_beyond_text(&question, &found->step.layout, text, sizeof text)) return;
    fputs("     ", file);
    tc_print_wrapped(file, style, 5, 5, text);
}

static void print_distance(FILE *file, const tc_style *style, const tc_step *step) {
    char text[TC_DISTANCE_TEXT];
    if (!*tc_distance_text(step, text, sizeof text)) return;
    fputs("     ", file);
    tc_print_wrapped(file, style, 5, 5, text);
}

/* "40.3 d, 12 failures, $1.2M bought, $2.0M rented, 830 MWh" */
static void print_run(FILE *file, const tc_style *style, const tc_run *run) {
    char text[240], usd[2][40] = {"", ""}, energy[40] = "";
    if (!isnan(run->owned_usd)) snprintf(usd[0], sizeof usd[0], ", %.24s bought", tc_format_usd(run->owned_usd).s);
    if (!isnan(run->rented_usd)) snprintf(usd[1], sizeof usd[1], ", %.24s rented", tc_format_usd(run->rented_usd).s);
    if (!isnan(run->mwh)) snprintf(energy, sizeof energy, ", %.24s MWh", tc_format_significant(run->mwh, 3).s);
    snprintf(text, sizeof text, "%.24s, %.24s failures%s%s%s", tc_format_seconds(run->wall_s).s,
             tc_format_significant(run->failures, 3).s, usd[0], usd[1], energy);
    fputs("     ", file);
    tc_print_wrapped(file, style, 5, 5, text);
}

static void print_target(FILE *file, const tc_style *style, const tc_search_input *in, const tc_search_answer *answer) {
    char text[400], target[80];
    if (!has_target(answer)) return;
    if (answer->wall_s > 0)
        snprintf(target, sizeof target, "%.24s tokens in %.24s", tc_format_short(answer->tokens).s,
                 tc_format_seconds(answer->wall_s).s);
    else
        snprintf(target, sizeof target, "%.24s tokens a second", tc_format_short(answer->tokens_per_s).s);
    const char *kind = in->objective == TC_OBJECTIVE_COST ? "cheapest" : "fewest";
    if (answer->reached)
        snprintf(text, sizeof text, "%s: %d devices, the %s of at most %d.", target, in->question.cluster.devices, kind,
                 answer->most_devices);
    else
        snprintf(text, sizeof text, "%s: not on %d devices%s%s.", target, answer->most_devices,
                 *answer->advice.text ? "; " : "", answer->advice.text);
    tc_print_tone(file, style, answer->reached ? TC_TONE_STRONG : TC_TONE_BAD, text);
    fputs("\n\n", file);
}

static void print_layouts(FILE *file, const tc_style *style, const tc_search_input *first,
                          const tc_search_answer *answer, const tc_search *search) {
    for (int i = 0; i < search->best_count; i++) {
        const tc_search_input *in = input_of(answer, first, i);
        const tc_found *found = &search->best[i];
        char text[OPTIONS];
        fprintf(file, "%3d  ", i + 1);
        tc_print_wrapped(file, style, 5, 5, tc_layout_text(&found->step.layout, text, sizeof text));
        fprintf(file, "     overlap %s", tc_name(TC_VOCABULARY_OVERLAP, found->step.layout.overlap));
        const tc_layout *l = &found->step.layout;
        if (l->cp > 1 && l->cp_kind == TC_CP_BOTH)
            fprintf(file, ", context by ring and all-to-all of %d", l->cp_all_to_all);
        else if (l->cp > 1)
            fprintf(file, ", context by %s", tc_name(TC_VOCABULARY_CP_KIND, l->cp_kind));
        if (found->idle > 0)
            fprintf(file, ", %s devices, %s idle", tc_format_count(found->devices).s, tc_format_count(found->idle).s);
        else if (in->fewest_devices > 0 || in->most_global_batch > 0 || in->dtypes)
            fprintf(file, ", %d devices, batch %lld, %s", found->devices, (long long)found->step.global_batch,
                    tc_name(TC_VOCABULARY_DTYPE, found->dtype));
        if (i + 1 < search->best_count) print_against(file, found, &search->best[i + 1]);
        fputs("\n     ", file);
        tc_print_wrapped(file, style, 5, 5, options_of(answer, in, found, text, sizeof text));
        print_beyond(file, style, in, found);
        print_distance(file, style, &found->step);
        if (answer->run) print_run(file, style, &answer->run[i]);
    }
}

static void print_given(FILE *file, const tc_style *style, const tc_step *given, const tc_search *search) {
    if (!given) return;
    char text[800], layout[512];
    double gain = 100 * (given->step_s / search->best[0].step.step_s - 1);
    snprintf(text, sizeof text, "Given: %s; %.20s a step, %.20s MFU, %.24s%s. The best is %.20s %s.",
             tc_layout_text(&given->layout, layout, sizeof layout), tc_format_seconds(given->step_s).s,
             tc_format_percent(given->mfu_pct).s, tc_format_gib(given->memory.reserved).s,
             given->fits ? "" : ", which does not fit", tc_format_percent(fabs(gain)).s,
             gain >= 0 ? "faster" : "slower");
    fputc('\n', file);
    tc_print_wrapped(file, style, 0, 2, text);
}

static void print_advice(FILE *file, const tc_style *style, const tc_search *search) {
    if (search->advice_count > 0) tc_print_heading(file, style, "What would");
    for (int i = 0; i < search->advice_count; i++) {
        const tc_advice *advice = &search->advice[i];
        char text[sizeof advice->text + sizeof advice->options + 4];
        snprintf(text, sizeof text, "%s%s%s", advice->text, *advice->options ? ": " : "", advice->options);
        tc_print_bullet(file, style, text);
    }
}

/* The best of each search, also where none of its layouts is among the best of all. */
static void print_parts(FILE *file, const tc_style *style, const tc_search_answer *answer) {
    bool stacks = several_stacks(answer);
    tc_print_heading(file, style, "\nThe best of each");
    for (int i = 0; i < answer->parts; i++) {
        const tc_search *search = answer->part[i].search;
        const tc_question *q = &answer->part[i].input->question;
        char text[320], layout[160] = "no layout fits";
        if (search->best_count > 0) tc_layout_degrees_text(&search->best[0].step.layout, layout, sizeof layout);
        snprintf(text, sizeof text, "%.48s on %.20s%s%.40s: %.20s%s%.150s", q->cluster.accelerator.slug,
                 tc_format_count(q->cluster.devices).s, stacks ? ", " : "", stacks ? q->stack.slug : "",
                 search->best_count > 0 ? tc_format_seconds(search->best[0].expected_step_s).s : "",
                 search->best_count > 0 ? ", " : "", layout);
        tc_print_bullet(file, style, text);
    }
}

static void print_assumed_of_parts(FILE *file, const tc_style *style, const tc_search_answer *answer,
                                   const tc_search *search) {
    bool heading = false;
    for (int k = 0; k < search->best_count; k++)
        for (int i = 0; new_line(answer, search, k, i); i++) {
            const char *line = new_line(answer, search, k, i);
            if (!*line) continue;
            if (!heading) tc_print_heading(file, style, "\nAssumed, for some or all: neither given nor in the data");
            heading = true;
            tc_print_bullet(file, style, line);
        }
}

bool tc_report_search_text(FILE *file, const tc_style *style, const tc_search_input *in, const tc_step *assumed,
                           const tc_step *given, const tc_search_answer *answer, const tc_search *search) {
    if (answer->parts > 0)
        print_title_of_parts(file, style, answer);
    else
        print_title(file, style, in);
    print_counts(file, style, search);
    fputc('\n', file);
    print_target(file, style, in, answer);
    if (search->best_count == 0) {
        tc_print_tone(file, style, TC_TONE_BAD, "No layout fits.\n");
        print_advice(file, style, search);
        return true;
    }
    if (!print_table(file, style, in, answer, search)) return false;
    fputc('\n', file);
    print_layouts(file, style, in, answer, search);
    print_given(file, style, given, search);
    if (answer->parts > 0) {
        print_parts(file, style, answer);
        print_advice(file, style, search);
        print_assumed_of_parts(file, style, answer, search);
        return true;
    }
    tc_print_assumed(file, style, assumed);
    if (answer->run)
        tc_print_bullets(file, style, assumed->assumed_count > 0 ? NULL : "\nAssumed: neither given nor in the data",
                         answer->run->assumed[0], sizeof answer->run->assumed[0], answer->run->assumed_count);
    return true;
}

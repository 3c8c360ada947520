/* search_page.c - a search for people: the best of each family of layouts, or the best one by one; advice where nothing fits. */
#include "report/search_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "layout/fields.h"
#include "report/format.h"
#include "report/names.h"
#include "report/search_rows.h"
#include "report/step_report.h"

static void print_title(FILE *file, const tc_style *style, const tc_search_input *in) {
    tc_print_headingf(file, style, "%s on %d x %s, %s sequences a step", in->question.job.model.name,
                      in->question.cluster.devices, in->question.cluster.accelerator.name,
                      tc_format_count((double)in->question.job.global_batch).s);
    tc_print_wrappedf(file, style, 0, 2, "%s; %s", in->question.cluster.fabric.name, in->question.stack.name);
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
    tc_print_headingf(file, style, "\nThe space: %s layouts", tc_format_count((double)search->space).s);
    for (int i = 0; i < TC_SEARCH_AXES && search->axis[i].name; i++) {
        char label[32];
        snprintf(label, sizeof label, "  %-18s ", search->axis[i].name);
        tc_print_tone(file, style, TC_TONE_FAINT, label);
        tc_print_wrapped(file, style, 21, 21, search->axis[i].values);
    }
}

static void print_counts(FILE *file, const tc_style *style, const tc_search *search) {
    char text[400];
    snprintf(text, sizeof text, "%s layouts: %s forecast, %s proven worse without",
             tc_format_count((double)search->space).s, tc_format_count((double)search->evaluated).s,
             tc_format_count((double)search->pruned).s);
    static const char *const words[TC_REJECTIONS] = {"do not fit",
                                                     "offload more than a server holds",
                                                     "do not divide the batch",
                                                     "do not divide the experts",
                                                     "do not fill an interleaved pipeline",
                                                     "break another rule"};
    for (int i = 0; i < TC_REJECTIONS; i++)
        if (search->rejected[i] > 0)
            tc_append(text, sizeof text, ", %s %s", tc_format_count((double)search->rejected[i]).s, words[i]);
    if (search->evaluated_fewer > 0)
        tc_append(text, sizeof text, "; %s more that leave devices idle",
                  tc_format_count((double)search->evaluated_fewer).s);
    tc_append(text, sizeof text, "; %s, %s a second on %d thread%s", tc_format_seconds(search->seconds).s,
              tc_format_short(tc_search_rate(search)).s, search->threads, search->threads == 1 ? "" : "s");
    if (search->stopped)
        tc_print_wrapped(file, style, 0, 2, "Stopped before all were looked at: the best of those that were.");
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
    for (int i = 0; i < search->best_count; i++) {
        const tc_found *found = &search->best[i];
        char text[256];
        tc_table_row_begin(&table);
        tc_cell(&table, "", TC_RIGHT, tc_format_count(i + 1).s);
        const tc_question *q = &tc_row_input(answer, in, i)->question;
        if (answer->parts > 0) tc_cell(&table, "accelerator", TC_LEFT, q->cluster.accelerator.slug);
        if (answer->parts > 0) tc_cell(&table, "devices", TC_RIGHT, tc_format_count(found->devices).s);
        if (stacks) tc_cell(&table, "stack", TC_LEFT, q->stack.slug);
        if (objective) tc_cell(&table, tc_objective_name(in->objective), TC_RIGHT, objective_text(in, found).s);
        tc_cell(&table, "expected", TC_RIGHT, tc_format_seconds(found->expected_step_s).s);
        tc_cell(&table, "80 %", TC_RIGHT,
                tc_format_range(found->expected_step_s_p10, found->expected_step_s_p90, tc_format_seconds).s);
        tc_cell(&table, "MFU", TC_RIGHT, tc_format_percent(found->step.mfu_pct).s);
        tc_cell(&table, "memory", TC_RIGHT, tc_format_gib(found->step.memory.reserved).s);
        tc_cell(&table, "80 %", TC_RIGHT | TC_OPTIONAL,
                tc_format_range(found->step.memory_p10, found->step.memory_p90, tc_format_gib).s);
        tc_cell(&table, "layout", TC_LEFT, tc_layout_degrees_text(&found->step.layout, text, sizeof text));
    }
    return tc_table_print(&table, file, style);
}

/* "; against the next: 0.8 % faster, 4.2 GiB more" */
static void add_against_next(char *text, size_t size, const tc_found *found, const tc_found *next) {
    double time = 100 * (next->step.step_s / found->step.step_s - 1),
           bytes = found->step.memory.reserved - next->step.memory.reserved;
    tc_append(text, size, "; against the next: %s %s, %s %s", tc_format_percent(fabs(time)).s,
              time >= 0 ? "faster" : "slower", tc_format_gib(fabs(bytes)).s, bytes > 0 ? "more" : "less");
}

/* "; against the first: 1.4 % slower, 4.2 GiB less, 310 ms more bubble" */
static void add_against_first(char *text, size_t size, const tc_found *found, const tc_found *first) {
    double time = 100 * (found->step.step_s / first->step.step_s - 1),
           bytes = found->step.memory.reserved - first->step.memory.reserved,
           bubble = found->step.breakdown.bubble - first->step.breakdown.bubble;
    tc_append(text, size, "; against the first: %s %s, %s %s", tc_format_percent(fabs(time)).s,
              time >= 0 ? "slower" : "faster", tc_format_gib(fabs(bytes)).s, bytes > 0 ? "more" : "less");
    if (fabs(bubble) > 0.001 * first->step.step_s)
        tc_append(text, size, ", %s %s bubble", tc_format_seconds(fabs(bubble)).s, bubble > 0 ? "more" : "less");
}

static void print_beyond(FILE *file, const tc_style *style, const tc_search_input *in, const tc_found *found) {
    char text[TC_BEYOND_TEXT];
    tc_question question = tc_row_question(in, found);
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
    if (!tc_has_target(answer)) return;
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
        const tc_search_input *in = tc_row_input(answer, first, i);
        const tc_found *found = &search->best[i];
        char text[TC_ROW_OPTIONS];
        fprintf(file, "%3d  ", i + 1);
        tc_print_wrapped(file, style, 5, 5, tc_layout_text(&found->step.layout, text, sizeof text));
        char about[480] = "";
        const tc_layout *l = &found->step.layout;
        tc_append(about, sizeof about, "overlap %s", tc_name(TC_VOCABULARY_OVERLAP, l->overlap));
        if (l->cp > 1 && l->cp_kind == TC_CP_BOTH)
            tc_append(about, sizeof about, ", context by ring and all-to-all of %d", l->cp_all_to_all);
        else if (l->cp > 1)
            tc_append(about, sizeof about, ", context by %s", tc_name(TC_VOCABULARY_CP_KIND, l->cp_kind));
        if (found->idle > 0)
            tc_append(about, sizeof about, ", %s devices, %s idle", tc_format_count(found->devices).s,
                      tc_format_count(found->idle).s);
        else if (in->fewest_devices > 0 || in->most_global_batch > 0 || in->dtypes)
            tc_append(about, sizeof about, ", %d devices, batch %lld, %s", found->devices,
                      (long long)found->step.global_batch, tc_name(TC_VOCABULARY_DTYPE, found->dtype));
        if (!answer->plain && i > 0)
            add_against_first(about, sizeof about, found, &search->best[0]);
        else if (answer->plain && i + 1 < search->best_count)
            add_against_next(about, sizeof about, found, &search->best[i + 1]);
        fputs("     ", file);
        tc_print_wrapped(file, style, 5, 5, about);
        fputs("     ", file);
        tc_print_wrapped(file, style, 5, 5, tc_row_options(answer, in, found, text, sizeof text));
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
        tc_print_bulletf(file, style, "%s%s%s", advice->text, *advice->options ? ": " : "", advice->options);
    }
}

/* The best of each search, also where none of its layouts is among the best of all. */
static void print_parts(FILE *file, const tc_style *style, const tc_search_answer *answer) {
    bool stacks = several_stacks(answer);
    tc_print_heading(file, style, "\nThe best of each");
    for (int i = 0; i < answer->parts; i++) {
        const tc_search *search = answer->part[i].search;
        const tc_question *q = &answer->part[i].input->question;
        char layout[160] = "no layout fits";
        if (search->best_count > 0) tc_layout_degrees_text(&search->best[0].step.layout, layout, sizeof layout);
        tc_print_bulletf(file, style, "%.48s on %.20s%s%.40s: %.20s%s%.150s", q->cluster.accelerator.slug,
                         tc_format_count(q->cluster.devices).s, stacks ? ", " : "", stacks ? q->stack.slug : "",
                         search->best_count > 0 ? tc_format_seconds(search->best[0].expected_step_s).s : "",
                         search->best_count > 0 ? ", " : "", layout);
    }
}

static void print_assumed_of_parts(FILE *file, const tc_style *style, const tc_search_answer *answer,
                                   const tc_search *search) {
    bool heading = false;
    for (int k = 0; k < search->best_count; k++)
        for (int i = 0; tc_new_line(answer, search, k, i); i++) {
            const char *line = tc_new_line(answer, search, k, i);
            if (!*line) continue;
            if (!heading) tc_print_heading(file, style, "\nAssumed, for some or all: neither given nor in the data");
            heading = true;
            tc_print_bullet(file, style, line);
        }
}

/* The layouts of a page: the best one by one, or the best of each family. */
static bool print_list(FILE *file, const tc_style *style, const tc_search_input *in, const tc_search_answer *answer,
                       const tc_search *search) {
    tc_search_answer list = *answer;
    tc_search of = *search;
    list.plain = answer->plain || answer->parts > 0;
    if (!list.plain) {
        of.best = search->cluster;
        of.best_count = search->cluster_count;
        list.run = answer->cluster_run;
    }
    if (!print_table(file, style, in, &list, &of)) return false;
    fputc('\n', file);
    print_layouts(file, style, in, &list, &of);
    return true;
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
    if (!print_list(file, style, in, answer, search)) return false;
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

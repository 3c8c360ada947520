/* against_report.c - other simulators beside the forecast, on the same published runs. */
#include "report/against_report.h"

#include <math.h>
#include <string.h>

#include "report/format.h"

static const char our_name[] = "traincast, fitted";
static const char *const memory_names[TC_MEMORY_STATED] = {"allocated", "reserved, device or not stated"};

/* ---- JSON ------------------------------------------------------------------------------------ */

/* The errors under keys that begin with `who` ("", "ours_"). */
static void write_errors(tc_writer *writer, const char *who, const tc_error_summary *s) {
    const struct {
        const char *key;
        double value;
    } rows[] = {{"macro_mape_pct", s->macro_mape_pct},
                {"mape_pct", s->mape_pct},
                {"median_ape_pct", s->median_ape_pct},
                {"bias_pct", s->bias_pct},
                {"within20_pct", s->within20_pct}};
    char key[48];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(key, sizeof key, "%s%s", who, rows[i].key);
        tc_write_number(writer, key, rows[i].value);
    }
}

static void write_memory(tc_writer *writer, const tc_tool_score *t) {
    static const char *const keys[TC_MEMORY_STATED] = {"allocated", "reserved"};
    char key[64];
    for (int k = 0; k < TC_MEMORY_STATED; k++) {
        snprintf(key, sizeof key, "memory_%s_n", keys[k]);
        tc_write_integer(writer, key, t->memory[k].n);
        snprintf(key, sizeof key, "memory_%s_mape_pct", keys[k]);
        tc_write_number(writer, key, t->memory[k].mape_pct);
        snprintf(key, sizeof key, "ours_memory_%s_mape_pct", keys[k]);
        tc_write_number(writer, key, t->our_memory[k].mape_pct);
    }
    tc_write_integer(writer, "oom_n", t->oom.n);
    tc_write_number(writer, "fit_accuracy_pct", t->oom.accuracy_pct);
    tc_write_number(writer, "ours_fit_accuracy_pct", t->our_oom.accuracy_pct);
}

static void write_tools(tc_writer *writer, const tc_against *a) {
    tc_write_array(writer, "tools");
    for (int i = 0; i < a->tools; i++) {
        const tc_tool_score *t = &a->tool[i];
        tc_write_object(writer, NULL);
        tc_write_string(writer, "tool", t->predictions->tool);
        tc_write_string(writer, "version", t->predictions->version[0] ? t->predictions->version : NULL);
        tc_write_string(writer, "file", t->predictions->path);
        tc_write_integer(writer, "rows", t->predictions->count);
        tc_write_integer(writer, "known", t->known);
        tc_write_integer(writer, "expressed", t->expressed);
        tc_write_number(writer, "coverage_pct", t->coverage_pct);
        tc_write_integer(writer, "n", t->theirs.n);
        tc_write_integer(writer, "families", t->theirs.families);
        write_errors(writer, "", &t->theirs);
        write_errors(writer, "ours_", &t->ours);
        write_memory(writer, t);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

static void write_common_row(tc_writer *writer, const char *tool, const tc_error_summary *s) {
    tc_write_object(writer, NULL);
    tc_write_string(writer, "tool", tool);
    tc_write_integer(writer, "n", s->n);
    tc_write_integer(writer, "families", s->families);
    write_errors(writer, "", s);
    tc_write_close(writer);
}

static void write_common(tc_writer *writer, const tc_against *a) {
    tc_write_array(writer, "common");
    for (int i = 0; i < a->tools; i++) write_common_row(writer, a->tool[i].predictions->tool, &a->tool[i].common);
    write_common_row(writer, our_name, &a->common);
    tc_write_close(writer);
}

static void write_families(tc_writer *writer, const tc_against *a) {
    tc_write_array(writer, "by_family");
    for (int f = 0; f < a->families; f++) {
        const tc_family_beside *family = &a->family[f];
        tc_write_object(writer, NULL);
        tc_write_string(writer, "family", family->name);
        tc_write_integer(writer, "n", family->ours.n);
        tc_write_number(writer, "mape_pct", family->ours.mape_pct);
        tc_write_array(writer, "tools");
        for (int i = 0; i < a->tools; i++) {
            tc_write_object(writer, NULL);
            tc_write_string(writer, "tool", a->tool[i].predictions->tool);
            tc_write_integer(writer, "n", family->tool[i].n);
            tc_write_number(writer, "mape_pct", family->tool[i].mape_pct);
            tc_write_close(writer);
        }
        tc_write_close(writer);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

void tc_report_against(tc_target *target, const tc_against *a) {
    tc_writer writer = tc_write_begin(target, "validate-against/1", "tools");
    tc_write_lines(&writer, "assumed", NULL, 0); /* what was assumed differs by run: `validate` lists it there */
    tc_write_integer(&writer, "scored", a->scored);
    write_tools(&writer, a);
    write_common(&writer, a);
    write_families(&writer, a);
    tc_write_end(&writer);
}

/* ---- people ----------------------------------------------------------------------------------- */

static void headline(const tc_against *a, char *text, size_t size) {
    snprintf(text, size,
             "%d simulators beside the forecast on %.16s published runs. Errors are of the step's time; macro: mean "
             "over sources; bias: positive where the forecast is too slow; runs that a tool's authors measured for it "
             "are left out",
             a->tools, tc_format_count(a->scored).s);
}

/* share_pct: NaN is none. */
static void error_row(tc_table *table, const tc_style *style, const char *name, const tc_error_summary *s,
                      double share_pct) {
    const char *none = style->markdown ? "" : NULL;
    tc_table_row_begin(table);
    tc_cell(table, style->markdown ? "" : "simulator", TC_LEFT | TC_FLEXIBLE, name);
    tc_cell(table, "runs", TC_RIGHT, tc_format_count(s->n).s);
    tc_cell(table, style->markdown ? "of all" : "share", TC_RIGHT,
            isnan(share_pct) ? none : tc_format_percent(share_pct).s);
    tc_cell(table, "macro", TC_RIGHT, tc_format_percent(s->macro_mape_pct).s);
    tc_cell(table, "median", TC_RIGHT, tc_format_percent(s->median_ape_pct).s);
    tc_cell(table, "bias", TC_RIGHT, tc_format_signed_percent(s->bias_pct).s);
    tc_cell(table, "within 20 %", TC_RIGHT, tc_format_percent(s->within20_pct).s);
}

static bool print_memory(FILE *file, const tc_style *style, const tc_against *a) {
    tc_table table = {0};
    for (int i = 0; i < a->tools; i++) {
        const tc_tool_score *t = &a->tool[i];
        for (int k = 0; k < TC_MEMORY_STATED + 1; k++) {
            bool oom = k == TC_MEMORY_STATED;
            int n = oom ? t->oom.n : t->memory[k].n;
            if (!n) continue;
            tc_table_row_begin(&table);
            tc_cell(&table, style->markdown ? "" : "memory", TC_LEFT | TC_FLEXIBLE, t->predictions->tool);
            tc_cell(&table, "stated", TC_LEFT | TC_FLEXIBLE, oom ? "fits or not, told right" : memory_names[k]);
            tc_cell(&table, "runs", TC_RIGHT, tc_format_count(n).s);
            tc_cell(&table, "error", TC_RIGHT, tc_format_percent(oom ? t->oom.accuracy_pct : t->memory[k].mape_pct).s);
            tc_cell(&table, "ours", TC_RIGHT,
                    tc_format_percent(oom ? t->our_oom.accuracy_pct : t->our_memory[k].mape_pct).s);
        }
    }
    fputc('\n', file);
    return tc_table_print(&table, file, style);
}

#define MOST_TOOLS 16 /* columns of the table of families */

/* In Markdown the numbers of runs stand in brackets. */
static bool print_families(FILE *file, const tc_style *style, const tc_against *a) {
    tc_table table = {0};
    int tools = a->tools < MOST_TOOLS ? a->tools : MOST_TOOLS;
    const char *format = style->markdown ? "%s (%d)" : "%s";
    for (int f = 0; f < a->families; f++) {
        const tc_family_beside *family = &a->family[f];
        tc_table_row_begin(&table);
        tc_cell(&table, "source", TC_LEFT | TC_FLEXIBLE, family->name);
        if (!style->markdown) tc_cell(&table, "runs", TC_RIGHT, tc_format_count(family->ours.n).s);
        tc_cellf(&table, "ours", TC_RIGHT, format, tc_format_percent(family->ours.mape_pct).s, family->ours.n);
        for (int i = 0; i < tools; i++)
            tc_cellf(&table, a->tool[i].predictions->tool, TC_RIGHT, family->tool[i].n ? format : "-",
                     tc_format_percent(family->tool[i].mape_pct).s, family->tool[i].n);
    }
    fputc('\n', file);
    return tc_table_print(&table, file, style);
}

static void print_about(FILE *file, const tc_style *style, const char *title, const char *about) {
    if (style->markdown) fprintf(file, "\n## %s\n\n%s\n", title, about);
}

bool tc_report_against_text(FILE *file, const tc_style *style, const tc_against *a) {
    char text[320];
    tc_table own = {0}, common = {0};
    headline(a, text, sizeof text);
    if (style->markdown)
        fprintf(file, "# Beside other simulators\n\nWritten by `traincast validate --against DIR --markdown`.\n\n%s.\n",
                text);
    else
        tc_print_wrappedf(file, style, 0, 0, "%s.", text);
    print_about(file, style, "What each can say",
                "Each simulator on the runs that it expresses, the forecast of here on the same below it.");
    error_row(&own, style, our_name, &a->ours, 100);
    for (int i = 0; i < a->tools; i++) {
        error_row(&own, style, a->tool[i].predictions->tool, &a->tool[i].theirs, a->tool[i].coverage_pct);
        error_row(&own, style, style->markdown ? "ours on the same" : "  ours on the same", &a->tool[i].ours, NAN);
    }
    fputc('\n', file);
    if (!tc_table_print(&own, file, style)) return false;
    print_about(file, style, "The same runs", "Runs that all of them express.");
    fputs(style->markdown ? "\n" : "\nRuns that all of them can say:\n", file);
    for (int i = 0; i < a->tools; i++) error_row(&common, style, a->tool[i].predictions->tool, &a->tool[i].common, NAN);
    error_row(&common, style, our_name, &a->common, NAN);
    if (!tc_table_print(&common, file, style)) return false;
    print_about(file, style, "Memory",
                "Mean error of runs that state it, ours on the same beside; of groups that say which runs ended for "
                "want of memory, how many are told right (mean of those that ran and those that did not).");
    if (!print_memory(file, style, a)) return false;
    print_about(file, style, "By source", "Mean error, in brackets of how many runs.");
    return print_families(file, style, a);
}

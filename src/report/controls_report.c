/* controls_report.c - export-control figures and classes: a page for one accelerator, a table for several. */
#include "report/controls_report.h"

#include <math.h>
#include <string.h>

#include "report/format.h"

static const char disclaimer[]
    = "What the arithmetic of the published rules gives, from public figures; not legal advice.";

static const char not_exported[] = "Made by a maker outside the United States: buying it from there is not an export, "
                                   "and no class is given to it; what its "
                                   "figures would give is in brackets.";
static const char not_exported_of_table[] = "In brackets: what the figures of a chip would give whose maker is outside "
                                            "the United States. Buying it from there is not an "
                                            "export, and no class is given to it.";

static const char *const about_words[TC_CONTROL_ABOUTS] = {"export", "chips", "makers", "renting", "memory"};

/* ---- JSON ------------------------------------------------------------------------------ */

static void write_rules(tc_writer *writer, const tc_control_report *report) {
    tc_write_array(writer, "rules");
    for (int i = 0; i < report->rules; i++) {
        const tc_control_result *rule = &report->rule[i];
        tc_write_object(writer, NULL);
        tc_write_string(writer, "rule", rule->rule);
        tc_write_string(writer, "date", rule->date);
        tc_write_string(writer, "until", *rule->until ? rule->until : NULL);
        tc_write_string(writer, "about", about_words[rule->about]);
        tc_write_bool(writer, "applies", rule->applies);
        tc_write_bool(writer, "needs_licence", rule->licence);
        tc_write_bool(writer, "use_at_risk", rule->risk);
        tc_write_string(writer, "name", rule->name);
        tc_write_string(writer, "class", rule->class_name);
        tc_write_bool(writer, "known", rule->known);
        tc_write_string(writer, "meaning", rule->meaning);
        tc_write_string(writer, "reason", rule->reason);
        tc_write_string(writer, "source", rule->source);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

void tc_report_controls(tc_target *target, const tc_controls_item *items, int n) {
    tc_writer writer = tc_write_begin(target, "controls/1", "items.rules");
    tc_write_lines(&writer, "assumed", NULL, 0);
    tc_write_string(&writer, "note", disclaimer);
    tc_write_array(&writer, "items");
    for (int i = 0; i < n; i++) {
        const tc_control_report *r = &items[i].report;
        tc_write_object(&writer, NULL);
        tc_write_string(&writer, "slug", items[i].slug);
        tc_write_string(&writer, "name", items[i].name);
        tc_write_number(&writer, "tpp", r->tpp);
        tc_write_string(&writer, "tpp_format", r->format);
        tc_write_number(&writer, "tpp_tops", r->tops);
        tc_write_number(&writer, "tpp_bits", r->bits);
        tc_write_number(&writer, "tpp_without_fp6", r->tpp_without_fp6);
        tc_write_number(&writer, "tpp_tf32_full", r->tpp_tf32_full);
        tc_write_number(&writer, "die_area_mm2", r->die_area_mm2);
        tc_write_number(&writer, "performance_density", r->pd);
        tc_write_number(&writer, "io_bytes_per_s", r->io_bytes_per_s);
        tc_write_number(&writer, "dram_bytes_per_s", r->dram_bytes_per_s);
        tc_write_bool(&writer, "datacentre", r->datacentre);
        tc_write_bool(&writer, "judged_as_export", r->exported);
        write_rules(&writer, r);
        tc_write_close(&writer);
    }
    tc_write_end(&writer);
}

/* ---- text ------------------------------------------------------------------------------- */

static void print_page(FILE *file, const tc_style *style, const tc_controls_item *item) {
    const tc_control_report *r = &item->report;
    tc_print_headingf(file, style, "%s (%s)", item->name, item->slug);
    fprintf(file, "\n  TPP                  %s", tc_format_significant(r->tpp, 5).s);
    if (!isnan(r->tpp)) {
        fprintf(file, " = %s TOPS", tc_format_significant(r->tops, 5).s);
        fprintf(file, " x %s bits (%s)", tc_format_significant(r->bits, 3).s, r->format);
    }
    fprintf(file, "\n  performance density  %s", tc_format_significant(r->pd, 4).s);
    fprintf(file, " per mm2 (die area %s mm2)", tc_format_significant(r->die_area_mm2, 4).s);
    fprintf(file, "\n  chip-to-chip I/O     %s, both directions", tc_format_rate(r->io_bytes_per_s).s);
    fprintf(file, "\n  memory bandwidth     %s", tc_format_rate(r->dram_bytes_per_s).s);
    fprintf(file, "\n  for data centres     %s\n", r->datacentre ? "yes" : "no");
    if (!r->exported) {
        fputc('\n', file);
        tc_print_wrapped(file, style, 0, 2, not_exported);
    }
    for (int i = 0; i < r->rules; i++) {
        const tc_control_result *rule = &r->rule[i];
        bool concerns = rule->applies || (!r->exported && rule->about == TC_CONTROL_MEMORY);
        if (!concerns && (r->exported || rule->about != TC_CONTROL_EXPORT)) continue;
        tc_print_headingf(file, style, "\n%s%s%s %s: %s%s%s", rule->date, *rule->until ? " to " : "", rule->until,
                          rule->name, concerns ? "" : "no export (by its figures ", rule->class_name,
                          concerns ? "" : ")");
        if (*rule->meaning && concerns) tc_print_wrapped(file, style, 0, 2, rule->meaning);
        if (*rule->reason) tc_print_wrapped(file, style, 0, 2, rule->reason);
    }
}

/* A column of the table: what figures decide. */
static bool has_column(const tc_control_result *rule) { return rule->about == TC_CONTROL_EXPORT; }

static bool print_table(FILE *file, const tc_style *style, const tc_controls_item *items, int n) {
    tc_table table = {0};
    for (int k = 0; k < n; k++) {
        const tc_control_report *r = &items[k].report;
        tc_table_row_begin(&table);
        tc_cell(&table, "accelerator", TC_LEFT | TC_FLEXIBLE, items[k].slug);
        tc_cell(&table, "TPP", TC_RIGHT, tc_format_count(r->tpp).s);
        tc_cell(&table, "density", TC_RIGHT, tc_format_fixed(r->pd, 2).s);
        for (int i = 0; i < r->rules; i++) {
            const tc_control_result *rule = &r->rule[i];
            char text[32];
            if (!has_column(rule)) continue;
            snprintf(text, sizeof text, r->exported ? "%s" : "(%s)", rule->class_name);
            tc_cell_tone(&table, rule->date, *rule->until ? TC_OPTIONAL : TC_LEFT, text,
                         rule->known ? TC_TONE_PLAIN : TC_TONE_FAINT);
        }
    }
    return tc_table_print(&table, file, style);
}

/* Was the class of this rule told for an accelerator before? */
static bool is_told(const tc_controls_item *items, int before, int rule, const char *class_name) {
    for (int k = 0; k < before; k++)
        if (strcmp(items[k].report.rule[rule].class_name, class_name) == 0) return true;
    return false;
}

/* What the classes mean that are in the table, and which accelerators other rules name. */
static void print_meanings(FILE *file, const tc_style *style, const tc_controls_item *items, int n) {
    bool elsewhere = false;
    for (int k = 0; k < n; k++) elsewhere = elsewhere || !items[k].report.exported;
    for (int i = 0; i < items[0].report.rules; i++) {
        const tc_control_result *first = &items[0].report.rule[i];
        bool named = false;
        for (int k = 0; k < n; k++) named = named || items[k].report.rule[i].applies;
        if (!has_column(first) && !named && first->about != TC_CONTROL_MEMORY) continue;
        tc_print_headingf(file, style, "\n%s%s%s %s", first->date, *first->until ? " to " : "", first->until,
                          first->name);
        for (int k = 0; k < n; k++) {
            const tc_control_result *r = &items[k].report.rule[i];
            if ((!has_column(r) && !r->applies && (r->about != TC_CONTROL_MEMORY || k > 0))
                || is_told(items, k, i, r->class_name))
                continue;
            tc_print_bulletf(file, style, "%s: %s", r->class_name, *r->meaning ? r->meaning : r->reason);
        }
    }
    if (!elsewhere) return;
    fputc('\n', file);
    tc_print_wrapped(file, style, 0, 0, not_exported_of_table);
}

bool tc_report_controls_text(FILE *file, const tc_style *style, const tc_controls_item *items, int n) {
    if (n == 1)
        print_page(file, style, &items[0]);
    else if (!print_table(file, style, items, n))
        return false;
    if (n > 1) print_meanings(file, style, items, n);
    fputc('\n', file);
    tc_print_wrapped(file, style, 0, 0, disclaimer);
    return true;
}

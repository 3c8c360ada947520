/* import_report.c - a launch script as a question: its facts by group, and what became of each of its options. */
#include "report/import_report.h"

#include <stdlib.h>
#include <string.h>

#include "layout/fields.h"
#include "report/step_report.h"

typedef enum list { UNDERSTOOD, IGNORED } list;

/* "--micro-batch-size 2", with its line. */
static const char *setting_text(const tc_setting *s, char *buffer, size_t size) {
    char value[120];
    size_t n = 0;
    for (const char *p = s->value ? s->value : ""; *p && n + 1 < sizeof value; p++)
        if (*p != TC_SETTING_UNKNOWN) value[n++] = *p;
    while (n > 0 && (value[n - 1] & 0x80) && n + 4 >= sizeof value) n--; /* no half character at the cut */
    value[n] = '\0';
    snprintf(buffer, size, "%.100s%s%s", s->name, n ? " " : "", value);
    return buffer;
}

static void write_settings(tc_writer *w, const char *key, const tc_settings *s, list which) {
    char text[240];
    tc_write_array(w, key);
    for (int i = 0; i < s->count; i++)
        if (s->list[i].used == (which == UNDERSTOOD))
            tc_write_string(w, NULL, setting_text(&s->list[i], text, sizeof text));
    tc_write_close(w);
}

/* "etp 4: Megatron-LM's default" */
static bool is_told(const tc_imported *in, int i) {
    const tc_fact_row *r = &tc_fact_rows[i];
    bool plain = r->neutral && in->facts.value[i] && strcmp(r->neutral, in->facts.value[i]) == 0;
    return in->facts.assumed[i] && in->facts.value[i] && !plain && !(r->group == TC_FACT_GROUP_MODEL && !in->has_model);
}

static void write_assumed(tc_writer *w, const tc_imported *in) {
    char text[200];
    tc_write_array(w, "assumed");
    for (int i = 0; i < TC_FACTS; i++) {
        if (!is_told(in, i)) continue;
        snprintf(text, sizeof text, "%s %.80s: the default of %.60s", tc_fact_rows[i].name, in->facts.value[i],
                 in->framework.name);
        tc_write_string(w, NULL, text);
    }
    for (int i = 0; i < in->settings.note_count; i++) tc_write_string(w, NULL, in->settings.notes[i]);
    tc_write_close(w);
}

/* A fact as JSON has it: a number, a truth value, else a text. */
static void write_fact(tc_writer *w, const tc_facts *f, tc_fact fact) {
    const char *value = f->value[fact];
    char *end;
    double number = strtod(value, &end);
    if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)
        tc_write_bool(w, tc_fact_rows[fact].name, value[1] == 'n');
    else if (*value && !*end)
        tc_write_number(w, tc_fact_rows[fact].name, number);
    else
        tc_write_string(w, tc_fact_rows[fact].name, value);
}

static void write_group(tc_writer *w, const char *key, const tc_facts *f, tc_fact_group group) {
    tc_write_object(w, key);
    for (int i = 0; i < TC_FACTS; i++)
        if (tc_fact_rows[i].group == group && f->value[i] && i != TC_FACT_MICRO_BATCH && i != TC_FACT_ACCUMULATION)
            write_fact(w, f, (tc_fact)i);
}

/* That it is named by; NULL: by none. */
static const char *model_name(const tc_imported *in) { return in->model ? in->model : in->facts.value[TC_FACT_NAME]; }

static void write_model(tc_writer *w, const tc_imported *in) {
    if (!in->has_model && !model_name(in)) {
        tc_write_null(w, "model");
        return;
    }
    if (in->has_model)
        write_group(w, "model", &in->facts, TC_FACT_GROUP_MODEL);
    else
        tc_write_object(w, "model");
    if (in->has_model)
        tc_write_string(w, "like", in->like);
    else
        tc_write_string(w, "name", model_name(in));
    tc_write_close(w);
}

void tc_report_import(tc_target *target, const tc_imported *in) {
    tc_writer w = tc_write_begin(target, "import/1", NULL);
    write_assumed(&w, in);
    tc_write_string(&w, "framework", in->framework.slug);
    tc_write_string(&w, "release", in->framework.release);
    write_model(&w, in);
    write_group(&w, "job", &in->facts, TC_FACT_GROUP_JOB);
    if (in->question.cluster.devices > 0) tc_write_integer(&w, "devices", in->question.cluster.devices);
    if (in->question.job.global_batch != TC_UNSET) tc_write_integer(&w, "sequences", in->question.job.global_batch);
    tc_write_close(&w);
    tc_write_layout(&w, "layout", &in->question.layout);
    write_group(&w, "stack", &in->facts, TC_FACT_GROUP_STACK);
    tc_write_string(&w, "name", in->stack);
    tc_write_close(&w);
    write_settings(&w, "understood", &in->settings, UNDERSTOOD);
    write_settings(&w, "ignored", &in->settings, IGNORED);
    tc_write_end(&w);
}

/* ---- text ---------------------------------------------------------------------------------------- */

static void print_group(FILE *file, const tc_style *style, const char *label, const tc_imported *in,
                        tc_fact_group group) {
    char text[1200] = "";
    size_t used = 0;
    for (int i = 0; i < TC_FACTS; i++) {
        const char *value = in->facts.value[i], *neutral = tc_fact_rows[i].neutral;
        if (tc_fact_rows[i].group != group || !value || (neutral && strcmp(neutral, value) == 0) || used >= sizeof text)
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %.100s", used ? ", " : "", tc_fact_rows[i].name,
                                 value);
    }
    for (char *p = text; *p; p++)
        if (*p == '_') *p = ' ';
    if (used) tc_print_line(file, style, label, text);
}

static void print_settings(FILE *file, const tc_style *style, const char *label, const tc_settings *s, list which) {
    char text[240];
    bool first = true;
    for (int i = 0; i < s->count; i++) {
        if (s->list[i].used != (which == UNDERSTOOD)) continue;
        tc_print_line(file, style, first ? label : "", setting_text(&s->list[i], text, sizeof text));
        first = false;
    }
}

void tc_report_import_text(FILE *file, const tc_style *style, const tc_imported *in) {
    tc_print_linef(file, style, "framework", "%.80s (%.120s)", in->framework.name, in->framework.release);
    if (in->has_model) print_group(file, style, "model", in, TC_FACT_GROUP_MODEL);
    if (in->has_model && in->like) tc_print_linef(file, style, "", "the sizes of %.80s", in->like);
    if (!in->has_model && model_name(in)) tc_print_line(file, style, "model", model_name(in));
    print_group(file, style, "job", in, TC_FACT_GROUP_JOB);
    if (in->question.cluster.devices > 0) tc_print_linef(file, style, "devices", "%d", in->question.cluster.devices);
    print_group(file, style, "layout", in, TC_FACT_GROUP_LAYOUT);
    tc_print_line(file, style, "stack", in->stack);
    print_group(file, style, "", in, TC_FACT_GROUP_STACK);
    print_settings(file, style, "ignored", &in->settings, IGNORED);
    bool first = true;
    for (int i = 0; i < TC_FACTS; i++) {
        if (!is_told(in, i)) continue;
        tc_print_linef(file, style, first ? "assumed" : "", "%s %.80s: the default of %.60s", tc_fact_rows[i].name,
                       in->facts.value[i], in->framework.name);
        first = false;
    }
    for (int i = 0; i < in->settings.note_count; i++, first = false)
        tc_print_line(file, style, first ? "assumed" : "", in->settings.notes[i]);
}

/* launch_report.c - the files of a launch, and what they do not say. */
#include "report/launch_report.h"

#include "report/step_report.h"

void tc_report_launch(tc_target *target, const tc_question *q, const tc_step *step, const tc_launch *l) {
    tc_writer w = tc_write_begin(target, "launch/1", "files");
    tc_write_assumed(&w, step);
    tc_write_string(&w, "framework", l->framework.slug);
    tc_write_string(&w, "release", l->framework.release);
    tc_write_string(&w, "model", q->job.model.slug);
    tc_write_integer(&w, "devices", q->cluster.devices);
    tc_write_layout(&w, "layout", &step->layout);
    tc_write_step_time(&w, step);
    tc_write_step_memory(&w, step);
    tc_write_lines(&w, "unsaid", l->unsaid, l->unsaid_count);
    tc_write_array(&w, "files");
    for (int i = 0; i < l->files; i++) {
        tc_write_object(&w, NULL);
        tc_write_string(&w, "name", l->file[i].name);
        tc_write_string(&w, "text", l->file[i].text);
        tc_write_close(&w);
    }
    tc_write_end(&w);
}

void tc_report_launch_text(FILE *file, const tc_launch *l) {
    for (int i = 0; i < l->files; i++)
        fprintf(file, "%s# ---- %s ----\n%s", i ? "\n" : "", l->file[i].name, l->file[i].text);
}

void tc_report_launch_names(FILE *file, const char *folder, const tc_launch *l) {
    for (int i = 0; i < l->files; i++) fprintf(file, "%s/%s\n", folder, l->file[i].name);
    for (int i = 0; i < l->unsaid_count; i++) fprintf(file, "%s\n", l->unsaid[i]);
}

/* plan_files.c - the files of `traincast plan`: --svg, --ics, --dates-csv, --months-csv. */
#include "cli/plan_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "report/plan_ics.h"
#include "report/plan_svg.h"

static bool write_ics(FILE *file, const tc_plan *plan) {
    tc_report_plan_ics(file, plan);
    return true;
}

static bool write_dates(FILE *file, const tc_plan *plan) {
    tc_target target = {.file = file};
    tc_report_plan_dates_csv(&target, plan);
    return !target.out_of_memory;
}

static bool write_months(FILE *file, const tc_plan *plan) {
    tc_target target = {.file = file};
    tc_report_plan_months_csv(&target, plan);
    return !target.out_of_memory;
}

static const struct {
    tc_option_id id;
    const char *words;
    bool drawn; /* tells of what was drawn alone */
    bool (*write)(FILE *file, const tc_plan *plan);
} files[] = {{TC_OPTION_ICS, "days of the plan for a calendar program", false, write_ics},
             {TC_OPTION_DATES_CSV, "the date of each job for each per cent", true, write_dates},
             {TC_OPTION_MONTHS_CSV, "devices that work, by pool and month", true, write_months}};

enum { FILES = sizeof files / sizeof files[0] };

static bool is_output(const tc_context *context, int file) {
    const char *path = tc_given(context, files[file].id)->text;
    return path && strcmp(path, "-") == 0;
}

bool tc_plan_files_are_output(const tc_context *context) {
    for (int i = 0; i < FILES; i++)
        if (is_output(context, i)) return true;
    return false;
}

tc_code tc_plan_files_check(const tc_context *context) {
    const char *taken = context->target.format ? "the answer" : NULL;
    for (int i = 0; i < FILES; i++) {
        const char *name = tc_option_table[files[i].id].name;
        if (!is_output(context, i)) continue;
        if (taken) return tc_fail(context->error, TC_INVALID, name, "- is already %s's; give a file", taken);
        taken = name;
    }
    return TC_OK;
}

static tc_code cannot_write(const tc_context *context, const char *path, int reason) {
    bool place = reason == ENOENT || reason == ENOTDIR || reason == EISDIR || reason == EACCES || reason == EROFS;
    return tc_fail(context->error, place ? TC_INVALID : TC_INTERNAL, path, "cannot be written: %s%s",
                   strerror(reason ? reason : EIO), place ? "; a file in an existing folder is needed" : "");
}

static tc_code write_file(tc_context *context, const tc_plan *plan, int index) {
    const char *path = tc_given(context, files[index].id)->text;
    if (!path) return TC_OK;
    if (files[index].drawn && !plan->outlook)
        return tc_fail(context->error, TC_INVALID, tc_option_table[files[index].id].name,
                       "has nothing to tell: nothing is uncertain in this scenario");
    if (is_output(context, index))
        return files[index].write(context->out, plan) ? TC_OK
                                                      : tc_fail(context->error, TC_INTERNAL, "plan", "out of memory");
    errno = 0;
    FILE *file = fopen(path, "wb");
    if (!file) return cannot_write(context, path, errno);
    bool complete = files[index].write(file, plan), written = !ferror(file);
    int reason = errno;
    if (fclose(file) != 0 && written) written = false, reason = errno;
    if (!complete) return tc_fail(context->error, TC_INTERNAL, "plan", "out of memory");
    return written ? TC_OK : cannot_write(context, path, reason);
}

static tc_code write_pictures(tc_context *context, const tc_plan *plan) {
    const char *folder = tc_given(context, TC_OPTION_SVG)->text;
    struct stat status;
    if (!folder) return TC_OK;
    if (mkdir(folder, 0777) != 0 && (errno != EEXIST || stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)))
        return tc_fail(context->error, TC_INVALID, folder, "is no folder and cannot be made one: %s", strerror(errno));
    return tc_report_plan_svg(plan, folder, context->error);
}

/* Below an answer for people: what lies where, and what does not. */
static void tell(const tc_context *context, const tc_plan *plan) {
    const char *folder = tc_given(context, TC_OPTION_SVG)->text, *gap = "\n";
    for (int i = 0; folder && i < TC_PICTURES; i++) {
        tc_plan_picture picture = (tc_plan_picture)i;
        const char *missing = tc_plan_picture_missing(plan, picture);
        fprintf(context->out, "%s%s/%s%s%s\n", gap, folder, tc_plan_picture_file(picture),
                missing ? " is left out: " : ": ", missing ? missing : tc_plan_picture_words(picture));
        gap = "";
    }
    for (int i = 0; i < FILES; i++) {
        const char *path = tc_given(context, files[i].id)->text;
        if (!path) continue;
        fprintf(context->out, "%s%s: %s\n", gap, path, files[i].words);
        gap = "";
    }
}

tc_code tc_plan_files_write(tc_context *context, const tc_plan *plan) {
    tc_code code = write_pictures(context, plan);
    for (int i = 0; i < FILES && code == TC_OK; i++) code = write_file(context, plan, i);
    if (code == TC_OK && !context->target.format && !tc_plan_files_are_output(context)) tell(context, plan);
    return code;
}

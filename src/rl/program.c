/* program.c - reads data/reinforcement.yaml: programs that train by reinforcement. What one does not say is what `generic` has. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/vocabulary.h"
#include "catalog/catalog.h"
#include "catalog/schema.h"
#include "rl/program.h"

#define MOST_PROGRAMS 32

#define TEXT(where, needed, member) TC_PATH_TEXT(where, tc_rl_program, member, .need = needed)
#define FIGURE(where, unit, member, low, high)                                                                         \
    TC_PATH_IN(where, NUMBER, tc_rl_program, member, low, high, .dimension = unit, TC_SOURCED)

static const tc_field program_fields[] = {
    TEXT("slug", TC_NEED_ALWAYS, slug),
    TEXT("name", TC_NEED_ALWAYS, name),
    TEXT("stack", TC_NEED_ALWAYS, stack),
    TEXT("engine", TC_NEED_ALWAYS, engine),
    TC_PATH_CHECKED("source", SOURCE, TC_NEEDED),
    FIGURE("engine_memory_share", TC_DIMENSION_NONE, engine_memory_share, 0.05, 1),
    FIGURE("overhead", TC_DIMENSION_NONE, overhead, 0, 1),
    FIGURE("wake", TC_DIMENSION_SECONDS, wake_s, 0, 1e4),
    FIGURE("sync", TC_DIMENSION_SECONDS, sync_s, 0, 1e4),
    FIGURE("transfer_fraction", TC_DIMENSION_NONE, transfer_fraction, 1e-4, 1),
    FIGURE("generation_fraction", TC_DIMENSION_NONE, generation_fraction, 0.05, 1),
    FIGURE("training_fraction", TC_DIMENSION_NONE, training_fraction, 0.05, 1),
    FIGURE("response_cv", TC_DIMENSION_NONE, response_cv, 0, 5),
};
static const tc_schema program_schema = TC_SCHEMA("program", program_fields);

static void start_program(void *element) {
    tc_rl_program *p = element;
    p->engine_memory_share = p->overhead = p->wake_s = p->sync_s = p->transfer_fraction = p->response_cv = TC_UNSET;
    p->generation_fraction = p->training_fraction = TC_UNSET;
}

typedef struct programs_file {
    char slug[32], name[96];
    int count;
    tc_rl_program program[MOST_PROGRAMS];
} programs_file;

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_TEXT("slug", programs_file, slug),
    TC_PATH_TEXT("name", programs_file, name),
    TC_PATH_LIST("programs", programs_file, program, count, 1, MOST_PROGRAMS, &program_schema, TC_NEEDED,
                 .start = start_program),
};
static const tc_schema schema = TC_SCHEMA("reinforcement", fields);

static void fill(double *value, double usual) {
    if (*value < 0) *value = usual;
}

static tc_code read_programs(tc_catalog *catalog, programs_file *file, tc_error *error) {
    const tc_document *document;
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "reinforcement", &document, NULL, error);
    *file = (programs_file){.count = 0};
    if (code == TC_OK) code = tc_schema_read(&schema, document, file, error);
    const tc_rl_program *usual = &file->program[0];
    for (int i = 0; i < file->count && code == TC_OK; i++) {
        tc_rl_program *p = &file->program[i];
        fill(&p->engine_memory_share, usual->engine_memory_share);
        fill(&p->overhead, usual->overhead);
        fill(&p->wake_s, usual->wake_s);
        fill(&p->sync_s, usual->sync_s);
        fill(&p->transfer_fraction, usual->transfer_fraction);
        fill(&p->generation_fraction, usual->generation_fraction);
        fill(&p->training_fraction, usual->training_fraction);
        fill(&p->response_cv, usual->response_cv);
    }
    return code;
}

tc_code tc_rl_program_load(tc_catalog *catalog, const char *word, tc_rl_program *out, tc_error *error) {
    programs_file file;
    const char *words[MOST_PROGRAMS];
    char list[512] = "";
    tc_code code = read_programs(catalog, &file, error);
    if (code != TC_OK) return code;
    for (int i = 0; i < file.count; i++) {
        words[i] = file.program[i].slug;
        tc_append(list, sizeof list, "%s%s", i ? ", " : "", words[i]);
        if (strcmp(words[i], word) != 0) continue;
        *out = file.program[i];
        return TC_OK;
    }
    const char *nearest = tc_nearest(word, words, file.count);
    return tc_fail(error, TC_INVALID, "--program", "'%.40s' is unknown; %s%s%s one of %s", word,
                   nearest ? "did you mean '" : "write", nearest ? nearest : "", nearest ? "'?" : "", list);
}

static bool begins(const char *text, const char *name) {
    while (*name) {
        while (*name && !isalnum((unsigned char)*name)) name++;
        while (*text && !isalnum((unsigned char)*text)) text++;
        if (!*name) return true;
        if (tolower((unsigned char)*text++) != tolower((unsigned char)*name++)) return false;
    }
    return true;
}

tc_code tc_rl_program_of(tc_catalog *catalog, const char *text, tc_rl_program *out, tc_error *error) {
    programs_file file;
    tc_code code = read_programs(catalog, &file, error);
    if (code != TC_OK) return code;
    *out = file.program[0];
    for (int i = 1; i < file.count; i++)
        if (begins(text, file.program[i].name)) *out = file.program[i];
    return TC_OK;
}

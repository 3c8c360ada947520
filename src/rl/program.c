/* program.c - reads data/reinforcement.yaml: programs that train by reinforcement. What one does not say is what `generic` has. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "catalog/catalog.h"
#include "catalog/schema.h"
#include "rl/program.h"

#define MOST_PROGRAMS 32

#define TEXT(where, needed, member)                                                                                    \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_STRING, .need = needed, .offset = offsetof(tc_rl_program, member),             \
        .size = sizeof(((tc_rl_program *)0)->member)                                                                   \
    }
#define FIGURE(where, unit, member, low, high)                                                                         \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_NUMBER, .dimension = unit, .sourced = true,                                    \
        .offset = offsetof(tc_rl_program, member), .min = low, .max = high                                             \
    }

static const tc_field program_fields[] = {
    TEXT("slug", TC_NEED_ALWAYS, slug),
    TEXT("name", TC_NEED_ALWAYS, name),
    TEXT("stack", TC_NEED_ALWAYS, stack),
    TEXT("engine", TC_NEED_ALWAYS, engine),
    {.path = "source", .type = TC_FIELD_SOURCE, .need = TC_NEED_ALWAYS, .offset = TC_NOT_STORED},
    FIGURE("engine_memory_share", TC_DIMENSION_NONE, engine_memory_share, 0.05, 1),
    FIGURE("overhead", TC_DIMENSION_NONE, overhead, 0, 1),
    FIGURE("wake", TC_DIMENSION_SECONDS, wake_s, 0, 1e4),
    FIGURE("sync", TC_DIMENSION_SECONDS, sync_s, 0, 1e4),
    FIGURE("transfer_fraction", TC_DIMENSION_NONE, transfer_fraction, 1e-4, 1),
    FIGURE("generation_fraction", TC_DIMENSION_NONE, generation_fraction, 0.05, 1),
    FIGURE("training_fraction", TC_DIMENSION_NONE, training_fraction, 0.05, 1),
    FIGURE("response_cv", TC_DIMENSION_NONE, response_cv, 0, 5),
};
static const tc_schema program_schema = {"program", program_fields, sizeof program_fields / sizeof *program_fields};

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
    {.path = "slug", .type = TC_FIELD_STRING, .offset = offsetof(programs_file, slug), .size = 32},
    {.path = "name", .type = TC_FIELD_STRING, .offset = offsetof(programs_file, name), .size = 96},
    {.path = "programs",
     .type = TC_FIELD_LIST,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(programs_file, program),
     .size = sizeof(tc_rl_program),
     .min = 1,
     .max = MOST_PROGRAMS,
     .element = &program_schema,
     .start = start_program,
     .count_offset = offsetof(programs_file, count)},
};
static const tc_schema schema = {"reinforcement", fields, sizeof fields / sizeof *fields};

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
    size_t used = 0;
    tc_code code = read_programs(catalog, &file, error);
    if (code != TC_OK) return code;
    for (int i = 0; i < file.count; i++) {
        words[i] = file.program[i].slug;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
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

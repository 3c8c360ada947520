/* settings.c - a list of names and values. */
#include "interop/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define MOST_NOTES 200

void tc_settings_open(tc_settings *s, const char *file) { *s = (tc_settings){.file = file}; }

void tc_settings_free(tc_settings *s) {
    tc_arena_free(&s->arena);
    *s = (tc_settings){.file = NULL};
}

const char *tc_settings_copy(tc_settings *s, const char *text, size_t length) {
    const char *copy = tc_arena_copy(&s->arena, text, length);
    if (!copy) s->no_memory = true;
    return copy ? copy : "";
}

void tc_settings_add(tc_settings *s, const char *name, const char *value, int line, int group) {
    if (s->count == TC_SETTINGS_MOST) {
        s->too_many = true;
        return;
    }
    tc_setting *grown = tc_arena_grow(&s->arena, s->list, s->count, &s->room, sizeof *grown);
    if (!grown) {
        s->no_memory = true;
        return;
    }
    s->list = grown;
    grown[s->count++] = (tc_setting){.name = tc_settings_copy(s, name, strlen(name)),
                                     .value = value ? tc_settings_copy(s, value, strlen(value)) : NULL,
                                     .line = line,
                                     .group = group};
}

void tc_settings_note(tc_settings *s, const char *format, ...) {
    char text[256];
    va_list list;
    if (s->note_count == MOST_NOTES) return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    for (int i = 0; i < s->note_count; i++)
        if (strcmp(s->notes[i], text) == 0) return;
    const char **grown = tc_arena_grow(&s->arena, s->notes, s->note_count, &s->note_room, sizeof *grown);
    if (!grown) {
        s->no_memory = true;
        return;
    }
    s->notes = grown;
    grown[s->note_count++] = tc_settings_copy(s, text, strlen(text));
}

tc_code tc_settings_check(const tc_settings *s, tc_error *error) {
    if (s->no_memory) return tc_fail(error, TC_INTERNAL, s->file, "out of memory");
    if (s->too_many) return tc_fail(error, TC_INVALID, s->file, "sets more than %d options", TC_SETTINGS_MOST);
    return TC_OK;
}

/* Frameworks take "--nproc-per-node" for "--nproc_per_node". */
bool tc_setting_named(const char *a, const char *b) {
    while (*a == '-') a++; /* "--training.steps" of a command is training.steps of a file */
    while (*b == '-') b++;
    while (*a && (*a == *b || (*a == '_' && *b == '-') || (*a == '-' && *b == '_'))) a++, b++;
    return !*a && !*b;
}

tc_setting *tc_settings_find(const tc_settings *s, const char *name) {
    for (int i = s->count; i-- > 0;)
        if (tc_setting_named(s->list[i].name, name)) return &s->list[i];
    return NULL;
}

tc_code tc_setting_fail(const tc_settings *s, const tc_setting *setting, tc_error *error, const char *format, ...) {
    char text[400], place[300];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (setting->line > 0)
        snprintf(place, sizeof place, "%.150s:%d: %.100s", s->file, setting->line, setting->name);
    else
        snprintf(place, sizeof place, "%.150s: %.100s", s->file, setting->name);
    return tc_fail(error, TC_INVALID, place, "%s", text);
}

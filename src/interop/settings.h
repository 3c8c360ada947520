/* settings.h - what a launch script or a configuration file sets: names and values, in its order.
 *
 * Arguments keep their dashes ("--micro-batch-size"), keys of a tree have points between them ("training.steps"); a value of
 * several words has spaces between these. */
#ifndef TC_INTEROP_SETTINGS_H
#define TC_INTEROP_SETTINGS_H

#include "base/arena.h"
#include "traincast.h"

/* In the value of a setting: a part that only a run of the script would tell. */
#define TC_SETTING_UNKNOWN '\x01'
#define TC_SETTINGS_MOST 20000

typedef struct tc_setting {
    const char *name;
    const char *value; /* NULL: a flag without one */
    int line;          /* 0: not known */
    bool used;         /* understood */
    int group;         /* the command that it is an argument of, from 1; 0: of the file */
} tc_setting;

typedef struct tc_settings {
    tc_arena arena;
    const char *file; /* for the places of errors */
    tc_setting *list;
    int count, room;
    const char **notes; /* what could not be followed, a sentence each */
    int note_count, note_room;
    bool no_memory, too_many;
} tc_settings;

void tc_settings_open(tc_settings *settings, const char *file);
void tc_settings_free(tc_settings *settings);

/* Adds one; texts are copied. */
void tc_settings_add(tc_settings *settings, const char *name, const char *value, int line, int group);
void tc_settings_note(tc_settings *settings, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* TC_INTERNAL where memory ran out, TC_INVALID where there were too many. */
TC_NODISCARD tc_code tc_settings_check(const tc_settings *settings, tc_error *error);

/* The last one of the name, dashes and underscores alike; NULL: none. */
tc_setting *tc_settings_find(const tc_settings *settings, const char *name);
bool tc_setting_named(const char *a, const char *b);
/* "FILE:LINE: --option" as the place of an error. */
tc_code tc_setting_fail(const tc_settings *settings, const tc_setting *setting, tc_error *error, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

/* A copy of so many bytes in the settings' memory; "" where there is none left. */
const char *tc_settings_copy(tc_settings *settings, const char *text, size_t length);

#endif

/* options.h - the command line: two tables (commands.def, options.def) and the parser they drive.
 *
 * Help, manual page and completion (help.h) read the same tables. */
#ifndef TC_CLI_OPTIONS_H
#define TC_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "traincast.h"

typedef enum tc_command_id {
#define COMMAND(id, ...) TC_COMMAND_##id,
#include "cli/commands.def"
#undef COMMAND
    TC_COMMANDS
} tc_command_id;

typedef enum tc_option_id {
#define OPTION(id, ...) TC_OPTION_##id,
#include "cli/options.def"
#undef OPTION
    TC_OPTIONS
} tc_option_id;

typedef enum tc_option_type {
    TC_TYPE_FLAG,
    TC_TYPE_SWITCH, /* on or off; alone: on */
    TC_TYPE_TEXT,
    TC_TYPE_CHOICE,
    TC_TYPE_INTEGER,
    TC_TYPE_RANGE,    /* an integer, or LOW..HIGH */
    TC_TYPE_INTEGERS, /* one or several, "512,1024" */
    TC_TYPE_PERCENT,  /* 5 or 5% */
    TC_TYPE_REAL,
    TC_TYPE_COUNT,
    TC_TYPE_SECONDS,
    TC_TYPE_BYTES_PER_S,
    TC_TYPE_BYTES,
    TC_TYPE_LIST
} tc_option_type;

typedef struct tc_option {
    const char *name;     /* "--tp" */
    const char *argument; /* "N", or the values of a choice: "flash|plain"; NULL for a flag */
    tc_option_type type;
    double lower, upper; /* of numbers, inclusive */
    const char *group;
    uint32_t commands;    /* that take it: bit 1 << tc_command_id */
    uint32_t needed;      /* that cannot do without it */
    const char *fallback; /* the default in words; NULL if there is none */
    const char *help;
    const char *example;
} tc_option;

typedef struct tc_context tc_context;

typedef struct tc_command {
    const char *name;
    const char *arguments;
    int fewest, most;
    const char *group;
    const char *summary, *text;
    const char *examples; /* one a line */
} tc_command;

extern const tc_command tc_command_table[TC_COMMANDS];
extern const tc_option tc_option_table[TC_OPTIONS];

#define TC_POSITIONALS_MAX 4096
#define TC_LIST_MAX 16
#define TC_SETS_MAX 1024

typedef struct tc_value {
    bool given;
    const char *text;
    int64_t integer;   /* of a range the middle, of several the largest */
    int64_t low, high; /* of a range; the integer, if it is none */
    double real;
} tc_value;

typedef struct tc_options {
    int command; /* tc_command_id; -1: none given */
    tc_value value[TC_OPTIONS];
    int positionals;
    const char *positional[TC_POSITIONALS_MAX]; /* the words after the command */
    int catalogs;
    const char *catalog[TC_LIST_MAX];
    int sets;
    const char *set[TC_SETS_MAX]; /* of a scenario, or of the catalog's files */
} tc_options;

/* Reads a command line. The result points into argv. With --help or --version the
 * number of words and missing options are not checked. */
TC_NODISCARD tc_code tc_options_parse(int argc, char **argv, tc_options *out, tc_error *error);

/* Takes a value for an option in place of what it has. The text stays the caller's. */
TC_NODISCARD tc_code tc_options_set(tc_options *options, tc_option_id id, const char *text, tc_error *error);

/* Do they name pools, of which there may be several: --cluster, or an accelerator with its devices, "h20:256"? */
bool tc_pools_asked(const tc_options *options);

/* Are all options there that the command cannot do without? */
TC_NODISCARD tc_code tc_options_check_needed(const tc_options *options, tc_error *error);

/* The command's id, or -1; error is set with the nearest name. */
int tc_command_find(const char *name, tc_error *error);

/* The option whose name is the first `length` bytes of `word`, or -1. A name may be that of two options, of different
 * commands: that of `command` then (-1: not known yet). */
int tc_option_find(const char *word, size_t length, int command);

/* The one command of an option whose name is also that of an option of others; -1: it is none. */
int tc_own_command(int id);

/* The index of `word` in "a|b|c", or -1. */
int tc_choice_find(const char *choices, const char *word);

#endif

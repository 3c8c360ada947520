/* help.c - the help texts, written from the tables of commands and options. */
#include "cli/help.h"

#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "report/format.h"

#define HELP_COLUMN 26

const char tc_help_counts[]
    = "Counts may end in k, M, B or T, powers of 1,000, or in Ki, Mi or Gi, powers of 1,024: 8k is "
      "8,000 and 8Ki is 8,192.";

static bool takes(int command, const tc_option *option) { return command < 0 || (option->commands >> command & 1u); }

/* One a line, or over several with a backslash at the end where the terminal is too narrow. */
static void print_examples(FILE *file, const tc_style *style, const char *examples) {
    for (const char *p = examples; *p;) {
        size_t n = strcspn(p, "\n");
        int room = style->width > 0 ? style->width - 4 : 0; /* "  " and " \" */
        fputs("  ", file);
        while (room > 0 && (int)n > room + 2) {
            size_t cut = (size_t)room;
            while (cut > 0 && p[cut] != ' ') cut--;
            if (cut == 0) break;
            fprintf(file, "%.*s \\\n    ", (int)cut, p);
            p += cut + 1, n -= cut + 1;
            room = style->width - 6;
        }
        fprintf(file, "%.*s\n", (int)n, p);
        p += n + (p[n] == '\n');
    }
}

/* "  NAME ARGUMENT" and, beside or below it, the text. */
static void print_entry(FILE *file, const tc_style *style, const char *left, const char *text) {
    fputs("  ", file);
    tc_print_tone(file, style, TC_TONE_STRONG, left);
    int column = 2 + tc_text_width(left);
    if (column > HELP_COLUMN - 2) {
        fputc('\n', file);
        column = 0;
    }
    tc_print_wrapped(file, style, column, HELP_COLUMN, text);
}

static void print_option(FILE *file, const tc_style *style, const tc_option *option, int command) {
    char left[160], text[512];
    bool needed = command >= 0 && (option->needed >> command & 1u);
    /* A search varies what is not given of a layout. */
    bool layout = strcmp(option->group, "Layout") == 0, varied = command == TC_COMMAND_SEARCH && layout;
    const char *fallback = needed || varied                        ? NULL
                           : command == TC_COMMAND_INFER && layout ? "chosen"
                                                                   : option->fallback;
    snprintf(left, sizeof left, "%s%s%s", option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    snprintf(text, sizeof text, "%s%s%s%s", option->help,
             needed     ? " (needed)"
             : fallback ? " (default: "
                        : "",
             fallback ? fallback : "", fallback ? ")" : "");
    print_entry(file, style, left, text);
}

int tc_help_options(int command, int option[TC_OPTIONS]) {
    bool listed[TC_OPTIONS] = {false};
    int n = 0;
    for (int i = 0; i < TC_OPTIONS; i++) {
        if (listed[i] || !takes(command, &tc_option_table[i])) continue;
        const char *group = tc_option_table[i].group;
        for (int j = i; j < TC_OPTIONS; j++) {
            if (!takes(command, &tc_option_table[j]) || strcmp(tc_option_table[j].group, group) != 0) continue;
            listed[j] = true;
            option[n++] = j;
        }
    }
    return n;
}

static void print_options(FILE *file, const tc_style *style, int command) {
    const char *group = "";
    bool counts = false;
    int option[TC_OPTIONS], n = tc_help_options(command, option);
    for (int i = 0; i < n; i++) {
        const tc_option *o = &tc_option_table[option[i]];
        if (strcmp(group, o->group) != 0) {
            group = o->group;
            tc_print_headingf(file, style, "\n%s options", group);
        }
        print_option(file, style, o, command);
        counts = counts || o->type == TC_TYPE_INTEGER || o->type == TC_TYPE_INTEGERS || o->type == TC_TYPE_RANGE
                 || o->type == TC_TYPE_COUNT;
    }
    if (!counts) return;
    fputc('\n', file);
    tc_print_wrapped(file, style, 0, 0, tc_help_counts);
}

static void print_command_help(FILE *file, const tc_style *style, int id) {
    const tc_command *command = &tc_command_table[id];
    tc_print_tone(file, style, TC_TONE_STRONG, "Usage: ");
    tc_print_wrappedf(file, style, 7, 7, "traincast %s%s%s [OPTION...]", command->name, *command->arguments ? " " : "",
                      command->arguments);
    fputc('\n', file);
    tc_print_wrapped(file, style, 0, 0, command->text);
    tc_print_heading(file, style, strchr(command->examples, '\n') ? "\nExamples" : "\nExample");
    print_examples(file, style, command->examples);
    print_options(file, style, id);
}

static void print_program_help(FILE *file, const tc_style *style) {
    tc_print_tone(file, style, TC_TONE_STRONG, "Usage: ");
    fputs("traincast COMMAND [ARGUMENT...] [OPTION...]\n\n", file);
    tc_print_wrapped(file, style, 0, 0,
                     "Forecasts the training of large models on any accelerator fleet, from public figures alone: does "
                     "it fit, how fast "
                     "is a step, what does it cost, when is it done.");
    const char *group = "";
    for (int i = 0; i < TC_COMMANDS; i++) {
        const tc_command *command = &tc_command_table[i];
        if (strcmp(group, command->group) != 0) {
            group = command->group;
            tc_print_headingf(file, style, "\n%s", group);
        }
        print_entry(file, style, command->name, command->summary);
    }
    tc_print_heading(file, style, "\nExample");
    print_examples(file, style, tc_command_table[TC_COMMAND_STEP].examples);
    fputs("\n'traincast COMMAND --help' lists the options of a command and shows examples.\n", file);
}

void tc_help_print(FILE *file, const tc_style *style, int command) {
    if (command >= 0)
        print_command_help(file, style, command);
    else
        print_program_help(file, style);
}

tc_code tc_command_help(tc_context *context) {
    int command = -1;
    if (context->options->positionals > 0) {
        command = tc_command_find(context->options->positional[0], context->error);
        if (command < 0) return TC_INVALID;
    }
    tc_help_print(context->out, &context->style, command);
    return TC_OK;
}

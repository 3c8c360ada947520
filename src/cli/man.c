/* man.c - the manual pages as roff source, written from the tables: traincast(1), and one for each command.
 *
 * Both groff and mandoc take them without a warning, but for the date, which no page has: the version stands for it,
 * and the same program writes the same bytes (tests/test_man.sh). */
#include <ctype.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/help.h"

/* Text as roff source: no line of it is a request, dashes stay ASCII minus signs, long choices may break at a bar. */
static void roff(FILE *file, const char *text) {
    if (*text == '.' || *text == '\'') fputs("\\&", file);
    for (const char *p = text; *p; p++) {
        if (*p == '\\')
            fputs("\\e", file);
        else if (*p == '-')
            fputs("\\-", file);
        else if (*p == '"')
            fputs("\\(dq", file);
        else if (*p == '|')
            fputs("|\\:", file);
        else
            fputc(*p, file);
    }
}

static void roff_line(FILE *file, const char *text) {
    roff(file, text);
    fputc('\n', file);
}

static void roff_examples(FILE *file, const char *examples) {
    fputs(".nf\n.RS\n", file);
    for (const char *p = examples; *p;) {
        char line[256];
        size_t n = strcspn(p, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, p);
        roff_line(file, line);
        p += n + (p[n] == '\n');
    }
    fputs(".RE\n.fi\n", file);
}

/* ---- options -------------------------------------------------------------------------- */

/* command: whose page it is; -1: the program's, which says who takes it. */
static void write_option(FILE *file, const tc_option *option, int command) {
    fputs(".TP\n.B ", file);
    roff(file, option->name);
    if (option->argument) {
        fputc(' ', file);
        roff(file, option->argument);
    }
    fputc('\n', file);
    roff(file, option->help);
    bool needed = command < 0 ? option->needed != 0 : (option->needed >> command & 1u) != 0;
    if (needed) fputs("; needed", file);
    if (option->fallback && (command < 0 || !needed)) {
        fputs("; default: ", file);
        roff(file, option->fallback);
    }
    fputs(".\n", file);
    if (command >= 0 || option->commands == ~0u) return;
    fputs("Taken by", file);
    const char *separator = " ";
    for (int i = 0; i < TC_COMMANDS; i++) {
        if (!(option->commands >> i & 1u)) continue;
        fprintf(file, "%s%s", separator, tc_command_table[i].name);
        separator = ", ";
    }
    fputs(".\n", file);
}

static void write_options(FILE *file, int command) {
    fputs(".SH OPTIONS\nA value follows its option as the next word or after an equals sign.\n", file);
    roff_line(file, tc_help_counts);
    int option[TC_OPTIONS], n = tc_help_options(command, option);
    const char *group = "";
    for (int i = 0; i < n; i++) {
        const tc_option *o = &tc_option_table[option[i]];
        if (strcmp(group, o->group) != 0) fprintf(file, ".SS %s\n", group = o->group);
        write_option(file, o, command);
    }
}

/* ---- what every page has ------------------------------------------------------------------- */

/* The name of a page in capitals: "TRAINCAST-STEP". */
static void write_head(FILE *file, const char *command, const char *about) {
    fputs(".\\\" Written by 'traincast man'.\n.TH TRAINCAST", file);
    if (command) fputs("\\-", file);
    for (const char *p = command ? command : ""; *p; p++) fputc(toupper((unsigned char)*p), file);
    fprintf(file, " 1 \"\" \"traincast %s\" \"User Commands\"\n.SH NAME\ntraincast", TC_VERSION);
    if (command) fprintf(file, "\\-%s", command);
    fputs(" \\- ", file);
    roff_line(file, about);
    fputs(".SH SYNOPSIS\n.B traincast", file);
}

static void write_tail(FILE *file) {
    fputs(".SH EXIT STATUS\n.TP\n.B 0\nsuccess; a layout that does not fit is an answer, not an error\n.TP\n.B 1\n"
          "internal error, or the output could not be written\n.TP\n.B 2\nwrong usage, bad input or impossible "
          "degrees; one line on "
          "standard error says what and where\n.TP\n.B 3\nnothing feasible was found\n.TP\n.B 4\nthe condition of "
          "\\-\\-assert does not hold\n",
          file);
    fputs(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colour unless \\-\\-color=always\n.TP\n.B COLUMNS\nwidth of "
          "tables\n.TP\n"
          ".B XDG_DATA_HOME\n$XDG_DATA_HOME/traincast (default ~/.local/share/traincast) holds your own data files\n"
          ".SH FILES\nAll data are inside the program. Your own files, laid out as the folder data/ of the source, "
          "extend and override "
          "them.\n.SH SEE ALSO\n",
          file);
}

/* ---- the pages ------------------------------------------------------------------------------- */

static void write_program(FILE *file) {
    write_head(file, NULL, "forecast the training of large models on any accelerator fleet");
    fputs("\n.I COMMAND\n[\\fIARGUMENT\\fR...] [\\fIOPTION\\fR...]\n.SH DESCRIPTION\n"
          "Forecasts, from public figures alone, whether a training job fits a fleet of accelerators, how fast a "
          "step is, what it "
          "costs and when it is done. No accelerator and no profiling run is needed.\n.SH COMMANDS\n",
          file);
    for (int i = 0; i < TC_COMMANDS; i++) {
        const tc_command *command = &tc_command_table[i];
        fprintf(file, ".SS traincast %s%s", command->name, *command->arguments ? " " : "");
        roff_line(file, command->arguments);
        roff_line(file, command->text);
        roff_examples(file, command->examples);
    }
    write_options(file, -1);
    write_tail(file);
    for (int i = 0; i < TC_COMMANDS; i++)
        fprintf(file, ".BR traincast\\-%s (1)%s\n", tc_command_table[i].name, i + 1 < TC_COMMANDS ? "," : "");
}

static void write_command(FILE *file, int id) {
    const tc_command *command = &tc_command_table[id];
    write_head(file, command->name, command->summary);
    fprintf(file, " %s\n", command->name);
    if (*command->arguments) roff_line(file, command->arguments);
    for (int i = 0; i < TC_OPTIONS; i++) {
        const tc_option *option = &tc_option_table[i];
        if (!(option->needed >> id & 1u)) continue;
        fputs("\\fB", file);
        roff(file, option->name);
        fputs("\\fR \\fI", file);
        roff(file, option->argument);
        fputs("\\fR\n", file);
    }
    fputs("[\\fIOPTION\\fR...]\n.SH DESCRIPTION\n", file);
    roff_line(file, command->text);
    fputs(strchr(command->examples, '\n') ? ".SH EXAMPLES\n" : ".SH EXAMPLE\n", file);
    roff_examples(file, command->examples);
    write_options(file, id);
    write_tail(file);
    fputs(".BR traincast (1)", file);
    for (int i = 0; i < TC_COMMANDS; i++)
        if (i != id && strcmp(tc_command_table[i].group, command->group) == 0)
            fprintf(file, ",\n.BR traincast\\-%s (1)", tc_command_table[i].name);
    fputc('\n', file);
}

tc_code tc_command_man(tc_context *context) {
    const tc_options *options = context->options;
    int command = options->positionals > 0 ? tc_command_find(options->positional[0], context->error) : -1;
    if (options->positionals > 0 && command < 0) return TC_INVALID;
    if (command < 0)
        write_program(context->out);
    else
        write_command(context->out, command);
    return TC_OK;
}

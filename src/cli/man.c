/* man.c - the manual page as roff source, written from the tables. */
#include <string.h>

#include "cli/commands.h"
#include "cli/help.h"

/* ---- the manual page ------------------------------------------------------------ */

/* Text as roff source: no line of it is a request, and dashes stay ASCII minus signs. */
static void roff(FILE *file, const char *text) {
    if (*text == '.' || *text == '\'') fputs("\\&", file);
    for (const char *p = text; *p; p++) {
        if (*p == '\\')
            fputs("\\e", file);
        else if (*p == '-')
            fputs("\\-", file);
        else
            fputc(*p, file);
    }
}

static void roff_examples(FILE *file, const char *examples) {
    fputs(".PP\n.nf\n.RS\n", file);
    for (const char *p = examples; *p;) {
        char line[256];
        size_t n = strcspn(p, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, p);
        roff(file, line);
        fputc('\n', file);
        p += n + (p[n] == '\n');
    }
    fputs(".RE\n.fi\n", file);
}

static void man_commands(FILE *file) {
    fputs(".SH COMMANDS\n", file);
    for (int i = 0; i < TC_COMMANDS; i++) {
        const tc_command *command = &tc_command_table[i];
        fprintf(file, ".SS traincast %s ", command->name);
        roff(file, command->arguments);
        fputc('\n', file);
        roff(file, command->text);
        fputc('\n', file);
        roff_examples(file, command->examples);
    }
}

static void man_option(FILE *file, const tc_option *option) {
    fputs(".TP\n.B ", file);
    roff(file, option->name);
    if (option->argument) {
        fputc(' ', file);
        roff(file, option->argument);
    }
    fputc('\n', file);
    roff(file, option->help);
    if (option->needed) fputs("; needed", file);
    if (option->fallback) {
        fputs("; default: ", file);
        roff(file, option->fallback);
    }
    fputs(".\n", file);
    if (option->commands == ~0u) return;
    fputs("Taken by", file);
    const char *separator = " ";
    for (int i = 0; i < TC_COMMANDS; i++) {
        if (!(option->commands >> i & 1u)) continue;
        fprintf(file, "%s%s", separator, tc_command_table[i].name);
        separator = ", ";
    }
    fputs(".\n", file);
}

tc_code tc_command_man(tc_context *context) {
    FILE *file = context->out;
    fprintf(file,
            ".\\\" Written by 'traincast man'.\n.TH TRAINCAST 1 \"\" \"traincast %s\" \"User Commands\"\n.SH "
            "NAME\ntraincast \\- "
            "forecast the training of large models on any accelerator fleet\n.SH SYNOPSIS\n.B traincast\n"
            ".I COMMAND\n[\\fIARGUMENT\\fR...] [\\fIOPTION\\fR...]\n.SH DESCRIPTION\n"
            "Forecasts, from public figures alone, whether a training job fits a fleet of accelerators, how fast a "
            "step is, what it "
            "costs and when it is done. No accelerator and no profiling run is needed.\n",
            TC_VERSION);
    man_commands(file);
    fputs(".SH OPTIONS\nA value follows its option as the next word or after an equals sign.\n", file);
    roff(file, tc_help_counts);
    fputc('\n', file);
    for (int i = 0; i < TC_OPTIONS; i++) man_option(file, &tc_option_table[i]);
    fputs(".SH EXIT STATUS\n.TP\n.B 0\nsuccess; a layout that does not fit is an answer, not an error\n.TP\n.B 1\n"
          "internal error, or the output could not be written\n.TP\n.B 2\nwrong usage, bad input or impossible "
          "degrees; one line on "
          "standard error says what and where\n.TP\n.B 3\nnothing feasible was found\n",
          file);
    fputs(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colour unless \\-\\-color=always\n.TP\n.B COLUMNS\nwidth of "
          "tables\n.TP\n"
          ".B XDG_DATA_HOME\n$XDG_DATA_HOME/traincast (default ~/.local/share/traincast) holds your own data files\n"
          ".SH FILES\nAll data are inside the program. Your own files, laid out as the folder data/ of the source, "
          "extend and override "
          "them.\n",
          file);
    return TC_OK;
}

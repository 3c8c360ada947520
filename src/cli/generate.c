/* generate.c - the manual page and the completion scripts, written from the tables. */
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"

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

/* ---- completion ------------------------------------------------------------------- */

/* The words a choice or the first argument of a command can be, separated by blanks. */
static void write_words(FILE *file, const char *alternatives) {
    for (const char *p = alternatives; *p && *p != ' '; p++) fputc(*p == '|' ? ' ' : *p, file);
}

static bool lists_words(const tc_command *command) { return *command->arguments >= 'a' && *command->arguments <= 'z'; }

static void write_command_names(FILE *file) {
    for (int i = 0; i < TC_COMMANDS; i++) fprintf(file, "%s%s", i ? " " : "", tc_command_table[i].name);
}

/* Which catalog an option's or a command's slugs are from: for completion by `traincast list`. */
static const char *slug_kind(const tc_option *option) {
    static const struct {
        const char *option, *kind;
    } kinds[] = {{"--model", "models"},
                 {"--accelerator", "accelerators"},
                 {"--accelerators", "accelerators"},
                 {"--fabric", "fabrics"},
                 {"--stack", "stacks"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].option, option->name) == 0) return kinds[i].kind;
    return NULL;
}

static void complete_bash(FILE *file) {
    fputs("# bash completion for traincast; written by 'traincast completion bash'.\n"
          "_traincast_slugs() { traincast list \"$1\" --color=never 2>/dev/null | awk 'NR > 1 && NF && !/^\\(/ {print "
          "$1}'; }\n"
          "_traincast() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} "
          "words=\n"
          "    case $previous in\n",
          file);
    for (int i = 0; i < TC_OPTIONS; i++) {
        const tc_option *option = &tc_option_table[i];
        if (!option->argument) continue;
        fprintf(file, "    %s) ", option->name);
        if (slug_kind(option))
            fprintf(file, "COMPREPLY=($(compgen -f -W \"$(_traincast_slugs %s)\" -- \"$current\"))", slug_kind(option));
        else if (option->type == TC_TYPE_CHOICE) {
            fputs("COMPREPLY=($(compgen -W \"", file);
            write_words(file, option->argument);
            fputs("\" -- \"$current\"))", file);
        } else
            fputs("COMPREPLY=($(compgen -f -- \"$current\"))", file);
        fputs("; return ;;\n", file);
    }
    fputs("    esac\n    if [ \"$COMP_CWORD\" = 1 ]; then words=\"", file);
    write_command_names(file);
    fputs("\"; else case $command in\n", file);
    for (int c = 0; c < TC_COMMANDS; c++) {
        fprintf(file, "    %s) words=\"", tc_command_table[c].name);
        if (lists_words(&tc_command_table[c])) {
            write_words(file, tc_command_table[c].arguments);
            fputc(' ', file);
        }
        for (int i = 0; i < TC_OPTIONS; i++)
            if (tc_option_table[i].commands >> c & 1u) fprintf(file, "%s ", tc_option_table[i].name);
        fputs("\" ;;\n", file);
    }
    fputs("    esac; fi\n    COMPREPLY=($(compgen -f -W \"$words\" -- \"$current\"))\n}\ncomplete -o filenames -F "
          "_traincast traincast\n",
          file);
}

/* Text inside single quotes, for zsh and fish; `also` are further characters to put a backslash before. */
static void write_quoted(FILE *file, const char *text, const char *also) {
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            fputs("'\\''", file);
        else
            fprintf(file, "%s%c", strchr(also, *p) ? "\\" : "", *p);
    }
}

static void complete_zsh(FILE *file) {
    fputs("#compdef traincast\n# zsh completion for traincast; written by 'traincast completion zsh'.\n"
          "_traincast() {\n    local -a commands\n    commands=(\n",
          file);
    for (int i = 0; i < TC_COMMANDS; i++) {
        fprintf(file, "        '%s:", tc_command_table[i].name);
        write_quoted(file, tc_command_table[i].summary, ":\\");
        fputs("'\n", file);
    }
    fputs("    )\n    if (( CURRENT == 2 )); then _describe command commands; return; fi\n    case $words[2] in\n",
          file);
    for (int c = 0; c < TC_COMMANDS; c++) {
        fprintf(file, "    %s) _arguments", tc_command_table[c].name);
        for (int i = 0; i < TC_OPTIONS; i++) {
            const tc_option *option = &tc_option_table[i];
            if (!(option->commands >> c & 1u)) continue;
            fprintf(file, " \\\n        '%s%s[", option->name, option->argument ? "=" : "");
            write_quoted(file, option->help, "[]\\");
            fputc(']', file);
            if (option->type == TC_TYPE_CHOICE) {
                fputs(":value:(", file);
                write_words(file, option->argument);
                fputc(')', file);
            } else if (option->argument) {
                fputs(":value:_files", file);
            }
            fputc('\'', file);
        }
        if (lists_words(&tc_command_table[c])) {
            fputs(" \\\n        '2:what:(", file);
            write_words(file, tc_command_table[c].arguments);
            fputs(")'", file);
        }
        fputs(" \\\n        '*:file:_files' ;;\n", file);
    }
    fputs("    esac\n}\n_traincast \"$@\"\n", file);
}

static void complete_fish(FILE *file) {
    fputs("# fish completion for traincast; written by 'traincast completion fish'.\n", file);
    for (int c = 0; c < TC_COMMANDS; c++) {
        fprintf(file, "complete -c traincast -n __fish_use_subcommand -f -a %s -d '", tc_command_table[c].name);
        write_quoted(file, tc_command_table[c].summary, "\\");
        fputs("'\n", file);
        if (!lists_words(&tc_command_table[c])) continue;
        fprintf(file, "complete -c traincast -n '__fish_seen_subcommand_from %s' -a '", tc_command_table[c].name);
        write_words(file, tc_command_table[c].arguments);
        fputs("'\n", file);
    }
    for (int i = 0; i < TC_OPTIONS; i++) {
        const tc_option *option = &tc_option_table[i];
        fputs("complete -c traincast -n '__fish_seen_subcommand_from", file);
        for (int c = 0; c < TC_COMMANDS; c++)
            if (option->commands >> c & 1u) fprintf(file, " %s", tc_command_table[c].name);
        fprintf(file, "' -l %s%s -d '", option->name + 2, option->argument ? " -r" : "");
        write_quoted(file, option->help, "\\");
        fputc('\'', file);
        if (option->type == TC_TYPE_CHOICE) {
            fputs(" -f -a '", file);
            write_words(file, option->argument);
            fputc('\'', file);
        }
        fputc('\n', file);
    }
}

tc_code tc_command_completion(tc_context *context) {
    const char *shell = context->options->positional[0];
    switch (tc_choice_find(tc_command_table[TC_COMMAND_COMPLETION].arguments, shell)) {
    case 0: complete_bash(context->out); return TC_OK;
    case 1: complete_zsh(context->out); return TC_OK;
    case 2: complete_fish(context->out); return TC_OK;
    default:
        return tc_fail(context->error, TC_INVALID, "completion", "there is none for '%.60s'; give bash, zsh or fish",
                       shell);
    }
}

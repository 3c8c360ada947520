/* completion.c - completion scripts for bash, zsh and fish, written from the tables of commands and options.
 *
 * A value is offered what it can be: the words of its vocabulary, the slugs of the catalog as `traincast list` has
 * them at that moment, files where it may be one, and nothing where it is a number. Each script has one function,
 * _traincast_offer KIND WORDS LIST FILES, which does that; an empty text is "none of these". */
#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "cli/commands.h"

/* What a value or an argument can be. */
typedef struct offer {
    const char *slugs;         /* the kind for `traincast list`; NULL: none */
    const char *words;         /* "a|b|N|FILE": those in small letters; NULL: none */
    const char *const *others; /* words of a vocabulary; NULL: none */
    bool list, files;          /* several, separated by commas; files too */
} offer;

/* Words that may begin a value of --fix: the axes of the search. */
static const char *const axes[]
    = {"tp=",      "pp=",       "cp=",           "ep=",          "etp=",         "dp=",
       "vpp=",     "stages=",   "first-layers=", "last-layers=", "micro-batch=", "sequence-parallel=",
       "cp-kind=", "sharding=", "recompute=",    "schedule=",    "offload=",     "overlap=",
       NULL};

static offer offer_of(const tc_option *option) {
    static const struct {
        tc_option_id id;
        const char *slugs;
        const char *const *others;
    } more[] = {{TC_OPTION_MODEL, "models", NULL},
                {TC_OPTION_ACCELERATOR, "accelerators", NULL},
                {TC_OPTION_ACCELERATORS, "accelerators", NULL},
                {TC_OPTION_FABRIC, "fabrics", NULL},
                {TC_OPTION_STACK, "stacks", NULL},
                {TC_OPTION_ENGINE, "engines", NULL},
                {TC_OPTION_RECOMPUTE, NULL, tc_operator_group_names},
                {TC_OPTION_GRAPHS, NULL, tc_operator_group_names},
                {TC_OPTION_ALLOW_SCHEDULES, NULL, tc_schedule_names},
                {TC_OPTION_DTYPES, NULL, tc_dtype_names},
                {TC_OPTION_FIX, NULL, axes}};
    const char *argument = option->argument;
    bool text = option->type == TC_TYPE_TEXT || option->type == TC_TYPE_SWITCH || option->type == TC_TYPE_CHOICE
                || option->type == TC_TYPE_LIST;
    if (!text) return (offer){NULL, NULL, NULL, false, false};
    offer o = {.words = argument, .files = strstr(argument, "FILE") != NULL || strcmp(argument, "DIR") == 0};
    o.list = strstr(argument, "...") != NULL || strstr(argument, "OPERATORS") != NULL;
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        if (&tc_option_table[more[i].id] == option) o.slugs = more[i].slugs, o.others = more[i].others;
    return o;
}

/* Of a command's first argument: `show` has a second one, which each script has a line for. */
static offer offer_of_argument(const tc_command *command) {
    const char *argument = command->arguments;
    return (offer){.slugs = strstr(argument, "SCENARIO")      ? "scenarios"
                            : strstr(argument, "ACCELERATOR") ? "accelerators"
                                                              : NULL,
                   .words = strcspn(argument, " ") > 0 && islower((unsigned char)*argument) ? argument : NULL,
                   .files = (*argument && !islower((unsigned char)*argument) && !strstr(argument, "COMMAND"))};
}

/* ---- writing -------------------------------------------------------------------------------- */

/* "a|b:N|FILE" as "a b:": what a person types as it stands. */
static void put_words(FILE *file, const offer *o) {
    const char *separator = "";
    for (const char *p = o->words; p && *p && *p != ' ';) {
        size_t n = strcspn(p, "| "), fixed = 0;
        while (fixed < n && !isupper((unsigned char)p[fixed])) fixed++;
        bool usable = fixed > 0 && (fixed == n || p[fixed - 1] == ':') && *p != '-';
        if (usable) fprintf(file, "%s%.*s", separator, (int)fixed, p), separator = " ";
        p += n + (p[n] == '|');
    }
    for (int i = 0; o->others && o->others[i]; i++) {
        if (strcmp(o->others[i], "custom") == 0) continue; /* a schedule that is a file */
        fprintf(file, "%s%s", separator, o->others[i]);
        separator = " ";
    }
}

static void put_command_names(FILE *file) {
    for (int i = 0; i < TC_COMMANDS; i++) fprintf(file, "%s%s", i ? " " : "", tc_command_table[i].name);
}

/* KIND WORDS LIST FILES as four shell words. */
static void put_offer(FILE *file, const offer *o) {
    fprintf(file, "\"%s\" \"", o->slugs ? o->slugs : "");
    put_words(file, o);
    fprintf(file, "\" \"%s\" \"%s\"", o->list ? "," : "", o->files ? "files" : "");
}

/* Text inside single quotes; `also` are further characters to put a backslash before. */
static void put_quoted(FILE *file, const char *text, const char *also) {
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            fputs("'\\''", file);
        else
            fprintf(file, "%s%c", strchr(also, *p) ? "\\" : "", *p);
    }
}

static bool takes(int command, const tc_option *option) { return option->commands >> command & 1u; }

/* Is its argument the name of a command? */
static bool takes_command(int command) { return command == TC_COMMAND_HELP || command == TC_COMMAND_MAN; }

static const char slugs_of[]
    = "traincast list \"$1\" --color=never 2>/dev/null | awk 'NR > 1 && NF && !/^\\(/ {print $1}'";

/* ---- bash ------------------------------------------------------------------------------------- */

static void complete_bash(FILE *file) {
    fprintf(file,
            "# bash completion for traincast; written by 'traincast completion bash'.\n"
            "_traincast_offer() {\n"
            "    local words=$2 prefix= last=$current\n"
            "    [ -z \"$1\" ] || words=\"$words $(set -- \"$1\"; %s)\"\n"
            "    if [ -n \"$3\" ]; then\n"
            "        last=${current##*,} prefix=${current%%\"${current##*,}\"}\n"
            "        compopt -o nospace 2>/dev/null\n"
            "    fi\n"
            "    mapfile -t COMPREPLY < <(compgen -P \"$prefix\" -W \"$words\" -- \"$last\")\n"
            "    [ -n \"$4\" ] || return 0\n"
            "    [ ${#COMPREPLY[@]} != 0 ] || compopt -o filenames 2>/dev/null\n"
            "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$current\")\n"
            "}\n"
            "_traincast() {\n"
            "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} "
            "command=${COMP_WORDS[1]}\n"
            "    COMPREPLY=()\n"
            "    if [ \"$current\" = = ]; then current=; elif [ \"$previous\" = = ]; then "
            "previous=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
            "    if [ \"$COMP_CWORD\" = 1 ]; then _traincast_offer \"\" \"",
            slugs_of);
    put_command_names(file);
    fputs("\"; return; fi\n    case $command:$previous in\n", file);
    for (int own = 1; own >= 0; own--) /* of two options with one name, that of one command first */
        for (int i = 0; i < TC_OPTIONS; i++) {
            const tc_option *option = &tc_option_table[i];
            int command = tc_own_command(i);
            if (!option->argument || (command >= 0) != own) continue;
            offer o = offer_of(option);
            fprintf(file, "    %s:%s) _traincast_offer ", own ? tc_command_table[command].name : "*", option->name);
            put_offer(file, &o);
            fputs("; return ;;\n", file);
        }
    fputs("    esac\n    local options=\n    case $command in\n", file);
    for (int c = 0; c < TC_COMMANDS; c++) {
        offer o = offer_of_argument(&tc_command_table[c]);
        fprintf(file, "    %s) options=\"", tc_command_table[c].name);
        for (int i = 0; i < TC_OPTIONS; i++)
            if (takes(c, &tc_option_table[i])) fprintf(file, "%s ", tc_option_table[i].name);
        fputs("\"\n", file);
        if (c == TC_COMMAND_SHOW)
            fputs("        if [ \"$COMP_CWORD\" = 3 ]; then _traincast_offer \"${COMP_WORDS[2]}s\" \"\" \"\" files; "
                  "return; fi\n",
                  file);
        if (takes_command(c)) {
            fputs("        [[ $current = -* ]] || _traincast_offer \"\" \"", file);
            put_command_names(file);
            fputs("\"\n", file);
        } else if (o.words || o.slugs || o.files) {
            fprintf(file, "        [[ $current = -*%s ]] || _traincast_offer ", o.words ? " || $COMP_CWORD != 2" : "");
            put_offer(file, &o);
            fputc('\n', file);
        }
        fputs("        ;;\n", file);
    }
    fputs("    esac\n"
          "    [ ${#COMPREPLY[@]} != 0 ] || mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
          "}\ncomplete -F _traincast traincast\n",
          file);
}

/* ---- zsh ---------------------------------------------------------------------------------------- */

static void zsh_offer(FILE *file, const char *label, const offer *o) {
    if (!o->slugs && !o->words && !o->others && !o->files) {
        fprintf(file, ":%s: ", label); /* a number: nothing to offer */
        return;
    }
    fprintf(file, ":%s:{_traincast_offer ", label);
    put_offer(file, o);
    fputc('}', file);
}

static void complete_zsh(FILE *file) {
    fprintf(file,
            "#compdef traincast\n# zsh completion for traincast; written by 'traincast completion zsh'.\n"
            "_traincast_offer() {\n"
            "    local -a offered\n"
            "    offered=(${=2})\n"
            "    [[ -z $1 ]] || offered+=(${(f)\"$(set -- \"$1\"; %s)\"})\n"
            "    [[ -z $3 ]] || compset -P '*,'\n"
            "    (( ! $#offered )) || compadd -a offered\n"
            "    [[ -z $4 ]] || _files\n"
            "}\n"
            "_traincast() {\n    local -a commands\n    commands=(\n",
            slugs_of);
    for (int i = 0; i < TC_COMMANDS; i++) {
        fprintf(file, "        '%s:", tc_command_table[i].name);
        put_quoted(file, tc_command_table[i].summary, ":\\");
        fputs("'\n", file);
    }
    fputs("    )\n    if (( CURRENT == 2 )); then _describe command commands; return; fi\n    case $words[2] in\n",
          file);
    for (int c = 0; c < TC_COMMANDS; c++) {
        fprintf(file, "    %s) _arguments", tc_command_table[c].name);
        for (int i = 0; i < TC_OPTIONS; i++) {
            const tc_option *option = &tc_option_table[i];
            if (!takes(c, option)) continue;
            fprintf(file, " \\\n        '%s%s[", option->name, option->argument ? "=" : "");
            put_quoted(file, option->help, "[]\\");
            fputc(']', file);
            offer o = option->argument ? offer_of(option) : (offer){NULL, NULL, NULL, false, false};
            if (option->argument) zsh_offer(file, "value", &o);
            fputc('\'', file);
        }
        offer o = offer_of_argument(&tc_command_table[c]);
        if (takes_command(c)) {
            fputs(" \\\n        '2:command:{_describe command commands}'", file);
        } else if (o.words || o.slugs || o.files) {
            fprintf(file, " \\\n        '%s", o.words ? "2" : "*");
            zsh_offer(file, "argument", &o);
            fputc('\'', file);
        }
        if (c == TC_COMMAND_SHOW)
            fputs(" \\\n        '3:entry:{_traincast_offer \"${words[3]}s\" \"\" \"\" files}'", file);
        fputs(" ;;\n", file);
    }
    fputs("    esac\n}\n_traincast \"$@\"\n", file);
}

/* ---- fish ----------------------------------------------------------------------------------------- */

/* What follows -a: a command that offers, one a line. */
static void fish_offer(FILE *file, const offer *o) {
    if (!o->slugs && !o->words && !o->others) return;
    fprintf(file, " -a \"(%s__traincast_offer '%s' ", o->list ? "__fish_complete_list , \\\"" : "",
            o->slugs ? o->slugs : "");
    put_words(file, o);
    fprintf(file, "%s)\"", o->list ? "\\\"" : "");
}

static void complete_fish(FILE *file) {
    fputs("# fish completion for traincast; written by 'traincast completion fish'.\n"
          "function __traincast_offer\n"
          "    for word in $argv[2..]; echo $word; end\n"
          "    test -z \"$argv[1]\"; or traincast list $argv[1] --color=never 2>/dev/null | awk 'NR > 1 && NF && "
          "!/^\\(/ {print $1}'\n"
          "end\ncomplete -c traincast -f\n",
          file);
    for (int c = 0; c < TC_COMMANDS; c++) {
        fprintf(file, "complete -c traincast -n __fish_use_subcommand -a %s -d '", tc_command_table[c].name);
        put_quoted(file, tc_command_table[c].summary, "\\");
        fputs("'\n", file);
        offer o = offer_of_argument(&tc_command_table[c]);
        if (takes_command(c)) {
            fprintf(file, "complete -c traincast -n '__fish_seen_subcommand_from %s' -a '", tc_command_table[c].name);
            put_command_names(file);
            fputs("'\n", file);
        }
        if (c == TC_COMMAND_SHOW)
            fputs("complete -c traincast -n '__fish_seen_subcommand_from show; and test (count (commandline -opc)) = "
                  "3' -F -a "
                  "\"(__traincast_offer (commandline -opc)[3]s)\"\n",
                  file);
        if (!o.words && !o.slugs && !o.files) continue;
        fprintf(file, "complete -c traincast -n '__fish_seen_subcommand_from %s%s'%s", tc_command_table[c].name,
                o.words ? "; and test (count (commandline -opc)) = 2" : "", o.files ? " -F" : "");
        fish_offer(file, &o);
        fputc('\n', file);
    }
    for (int i = 0; i < TC_OPTIONS; i++) {
        const tc_option *option = &tc_option_table[i];
        fputs("complete -c traincast -n '__fish_seen_subcommand_from", file);
        for (int c = 0; c < TC_COMMANDS; c++)
            if (takes(c, option)) fprintf(file, " %s", tc_command_table[c].name);
        offer o = option->argument ? offer_of(option) : (offer){NULL, NULL, NULL, false, false};
        fprintf(file, "' -l %s%s", option->name + 2, !option->argument ? "" : o.files ? " -r -F" : " -x");
        if (option->argument) fish_offer(file, &o);
        fputs(" -d '", file);
        put_quoted(file, option->help, "\\");
        fputs("'\n", file);
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

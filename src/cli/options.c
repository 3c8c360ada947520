/* options.c - parses a command line after the two tables. */
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"

#define BIT(id) (1u << TC_COMMAND_##id)

_Static_assert(TC_COMMANDS < 32, "an option's commands are 32 bits");

const tc_command tc_command_table[TC_COMMANDS] = {
#define COMMAND(id, name, function, arguments, fewest, most, group, summary, text, examples)                           \
    {name, arguments, fewest, most, group, summary, text, examples},
#include "cli/commands.def"
#undef COMMAND
};

#define WORD_OR(id, word) word "|"
#define OR_WEIGHTS(id, word, bits, experts, products) "|" word
#define OR_ALGORITHM(id, word, reference, critic, reward) "|" word
#define OR_PLACEMENT(id, word) "|" word
#define OR_FORMAT(id, word, bits, scale_bits, next) "|" word

const tc_option tc_option_table[TC_OPTIONS] = {
#define OPTION(id, name, argument, type, lower, upper, group, commands, needed, fallback, help, example)               \
    {name, argument, TC_TYPE_##type, lower, upper, group, commands, needed, fallback, help, example},
#include "cli/options.def"
#undef OPTION
};

/* ---- names -------------------------------------------------------------------- */

int tc_command_find(const char *name, tc_error *error) {
    const char *names[TC_COMMANDS];
    for (int i = 0; i < TC_COMMANDS; i++) {
        names[i] = tc_command_table[i].name;
        if (strcmp(name, names[i]) == 0) return i;
    }
    const char *nearest = tc_nearest(name, names, TC_COMMANDS);
    if (nearest)
        tc_fail(error, TC_INVALID, "command", "there is no '%.60s'; did you mean '%s'?", name, nearest);
    else
        tc_fail(error, TC_INVALID, "command", "there is no '%.60s'; 'traincast help' lists what there is", name);
    return -1;
}

int tc_option_find(const char *word, size_t length, int command) {
    int found = -1;
    for (int i = 0; i < TC_OPTIONS; i++) {
        if (strlen(tc_option_table[i].name) != length || strncmp(word, tc_option_table[i].name, length) != 0) continue;
        if (command >= 0 && tc_option_table[i].commands >> command & 1u) return i;
        if (found < 0) found = i;
    }
    return found;
}

/* Do two options of different commands have the name? */
static bool is_shared(int id) {
    for (int i = 0; i < TC_OPTIONS; i++)
        if (i != id && strcmp(tc_option_table[i].name, tc_option_table[id].name) == 0) return true;
    return false;
}

int tc_own_command(int id) {
    uint32_t commands = tc_option_table[id].commands;
    if (!is_shared(id) || commands & (commands - 1)) return -1;
    int command = 0;
    while (!(commands >> command & 1u)) command++;
    return command;
}

static tc_code unknown_option(const char *word, size_t length, int command, tc_error *error) {
    char name[80];
    snprintf(name, sizeof name, "%.*s", (int)(length < 64 ? length : 64), word);
    const char *names[TC_OPTIONS];
    int n = 0;
    for (int i = 0; i < TC_OPTIONS; i++)
        if (command < 0 || (tc_option_table[i].commands >> command & 1u)) names[n++] = tc_option_table[i].name;
    const char *nearest = tc_nearest(name, names, n);
    if (nearest) return tc_fail(error, TC_INVALID, name, "no such option; did you mean %s?", nearest);
    if (command < 0) return tc_fail(error, TC_INVALID, name, "no such option; 'traincast help' lists what there is");
    return tc_fail(error, TC_INVALID, name, "no such option; 'traincast %s --help' lists what there is",
                   tc_command_table[command].name);
}

int tc_choice_find(const char *choices, const char *word) {
    size_t length = strlen(word);
    int index = 0;
    for (const char *p = choices;; index++) {
        size_t n = strcspn(p, "|");
        if (n == length && strncmp(p, word, n) == 0) return index;
        if (!p[n]) return -1;
        p += n + 1;
    }
}

/* ---- values ------------------------------------------------------------------- */

/* A number, or a quantity with its unit, within the option's bounds. */
static tc_code read_real(const tc_option *option, const char *text, double *out, tc_error *error) {
    tc_code code;
    if (option->type == TC_TYPE_SECONDS) {
        code = tc_parse_quantity(text, TC_DIMENSION_SECONDS, out, option->name, error);
    } else if (option->type == TC_TYPE_BYTES) {
        code = tc_parse_quantity(text, TC_DIMENSION_BYTES, out, option->name, error);
    } else if (option->type == TC_TYPE_BYTES_PER_S) {
        code = tc_parse_quantity(text, TC_DIMENSION_BYTES_PER_S, out, option->name, error);
    } else {
        bool read = option->type == TC_TYPE_COUNT ? tc_parse_count(text, out)
                                                  : tc_parse_number(text, out, option->name, NULL) == TC_OK;
        code = read ? TC_OK : TC_INVALID;
        if (!read)
            return tc_fail(error, TC_INVALID, option->name, "'%.60s' is no number; for example %s", text,
                           option->example);
    }
    if (code) return code;
    if (*out >= option->lower && *out <= option->upper) return TC_OK;
    return tc_fail(error, TC_INVALID, option->name, "'%.60s' is out of range; for example %s", text, option->example);
}

/* "a|b|c" as "a, b or c" */
static void choices_in_words(const char *choices, char *out, size_t size) {
    size_t used = 0;
    out[0] = '\0';
    for (const char *p = choices; used + 1 < size;) {
        size_t n = strcspn(p, "|");
        const char *next = p[n] ? p + n + 1 : NULL;
        const char *link = p == choices ? "" : next ? ", " : " or ";
        used += (size_t)snprintf(out + used, size - used, "%s%.*s", link, (int)n, p);
        if (!next) return;
        p = next;
    }
}

/* "3840" or "3648..4032" */
static tc_code read_range(const tc_option *option, const char *text, tc_value *value, tc_error *error) {
    int64_t lower = (int64_t)option->lower, upper = (int64_t)option->upper;
    const char *dots = strstr(text, "..");
    char low[32];
    snprintf(low, sizeof low, "%.*s", dots ? (int)(dots - text) : (int)strlen(text), text);
    tc_code code = tc_parse_integer(low, lower, upper, &value->low, option->name, error);
    value->integer = value->high = value->low;
    if (code || !dots) return code;
    code = tc_parse_integer(dots + 2, value->low, upper, &value->high, option->name, error);
    value->integer = value->low + (value->high - value->low) / 2;
    return code;
}

/* "512" or "512,1024" */
static tc_code read_integers(const tc_option *option, const char *text, tc_value *value, tc_error *error) {
    tc_code code = TC_OK;
    for (const char *at = text; !code; at += strcspn(at, ",") + 1) {
        char number[32];
        int64_t one;
        size_t length = strcspn(at, ",");
        snprintf(number, sizeof number, "%.*s", length < sizeof number ? (int)length : (int)sizeof number - 1, at);
        code = tc_parse_integer(number, (int64_t)option->lower, (int64_t)option->upper, &one, option->name, error);
        if (!code && one > value->integer) value->integer = one;
        if (!at[length]) break;
    }
    return code;
}

static tc_code read_percent(const tc_option *option, const char *text, double *out, tc_error *error) {
    char number[32];
    size_t length = strlen(text);
    if (length > 0 && text[length - 1] == '%') length--;
    snprintf(number, sizeof number, "%.*s", length < sizeof number ? (int)length : (int)sizeof number - 1, text);
    return read_real(option, number, out, error);
}

/* One more of an option that may be repeated. */
static tc_code add(const tc_option *option, const char *text, const char **list, int *count, int most,
                   tc_error *error) {
    if (*count == most) return tc_fail(error, TC_INVALID, option->name, "is given too often; at most %d times", most);
    list[(*count)++] = text;
    return TC_OK;
}

static tc_code store(tc_options *options, int id, const char *text, tc_error *error) {
    const tc_option *option = &tc_option_table[id];
    tc_value *value = &options->value[id];
    if (value->given && option->type != TC_TYPE_LIST)
        return tc_fail(error, TC_INVALID, option->name, "is given twice; give it once");
    value->given = true;
    value->text = text;
    if (options->command < 0 && is_shared(id)) return TC_OK; /* check_line() knows whose it is */
    switch (option->type) {
    case TC_TYPE_INTEGER:
        return tc_parse_integer(text, (int64_t)option->lower, (int64_t)option->upper, &value->integer, option->name,
                                error);
    case TC_TYPE_RANGE: return read_range(option, text, value, error);
    case TC_TYPE_INTEGERS: return read_integers(option, text, value, error);
    case TC_TYPE_PERCENT: return read_percent(option, text, &value->real, error);
    case TC_TYPE_REAL:
    case TC_TYPE_COUNT:
    case TC_TYPE_SECONDS:
    case TC_TYPE_BYTES:
    case TC_TYPE_BYTES_PER_S: return read_real(option, text, &value->real, error);
    case TC_TYPE_SWITCH:
    case TC_TYPE_CHOICE:
        value->integer = tc_choice_find(option->argument, text);
        if (value->integer < 0) {
            char words[160];
            choices_in_words(option->argument, words, sizeof words);
            return tc_fail(error, TC_INVALID, option->name, "'%.60s' is unknown; give %s", text, words);
        }
        return TC_OK;
    case TC_TYPE_LIST:
        if (id == TC_OPTION_CATALOG) return add(option, text, options->catalog, &options->catalogs, TC_LIST_MAX, error);
        return add(option, text, options->set, &options->sets, TC_SETS_MAX, error);
    case TC_TYPE_FLAG:
    case TC_TYPE_TEXT: break;
    }
    return TC_OK;
}

tc_code tc_options_set(tc_options *options, tc_option_id id, const char *text, tc_error *error) {
    options->value[id] = (tc_value){.given = false};
    return store(options, (int)id, text, error);
}

/* ---- the line ------------------------------------------------------------------ */

/* Reads the option argv[*i]; advances *i over a value of its own. */
static tc_code parse_option(int argc, char **argv, int *i, tc_options *out, tc_error *error) {
    const char *word = argv[*i];
    size_t length = strcspn(word, "=");
    int id = strcmp(word, "-h") == 0 ? TC_OPTION_HELP : tc_option_find(word, length, out->command);
    if (id < 0) return unknown_option(word, length, out->command, error);
    const tc_option *option = &tc_option_table[id];
    const char *text = word[length] ? word + length + 1 : NULL;
    if (option->type == TC_TYPE_FLAG) {
        if (text) return tc_fail(error, TC_INVALID, option->name, "takes no value; give %s alone", option->name);
        return store(out, id, "", error);
    }
    bool alone = option->type == TC_TYPE_SWITCH && !text;
    if (alone && (*i + 1 == argc || tc_choice_find(option->argument, argv[*i + 1]) < 0))
        return store(out, id, "on", error);
    if (!text && *i + 1 < argc && strncmp(argv[*i + 1], "--", 2) != 0) text = argv[++*i];
    if (!text || !*text)
        return tc_fail(error, TC_INVALID, option->name, "needs a value; for example %s", option->example);
    return store(out, id, text, error);
}

static tc_code add_word(const char *word, tc_options *out, tc_error *error) {
    if (out->command < 0) {
        out->command = tc_command_find(word, error);
        return out->command < 0 ? TC_INVALID : TC_OK;
    }
    if (out->positionals == TC_POSITIONALS_MAX)
        return tc_fail(error, TC_INVALID, tc_command_table[out->command].name, "too many arguments; give at most %d",
                       TC_POSITIONALS_MAX);
    out->positional[out->positionals++] = word;
    return TC_OK;
}

/* One format of output, not two. */
static tc_code check_formats(const tc_options *options, tc_error *error) {
    static const tc_option_id formats[] = {
        TC_OPTION_MARKDOWN,
#define OUTPUT(id, name, help, format) TC_OPTION_##id,
#include "report/outputs.def"
#undef OUTPUT
    };
    const char *first = NULL;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const char *name = tc_option_table[formats[i]].name;
        if (!options->value[formats[i]].given) continue;
        if (first) return tc_fail(error, TC_INVALID, first, "and %s are two formats; give one of them", name);
        first = name;
    }
    if (options->value[TC_OPTION_TABLE].given && !options->value[TC_OPTION_CSV].given)
        return tc_fail(error, TC_INVALID, "--table", "goes with --csv; add it");
    const tc_value *fields = &options->value[TC_OPTION_FIELDS];
    if (fields->given && !options->value[TC_OPTION_JSON].given)
        return tc_fail(error, TC_INVALID, "--fields", "goes with --json; add it");
    return TC_OK;
}

/* "h20:256" */
static bool names_pools(const char *text) {
    for (const char *colon = strchr(text, ':'); colon; colon = strchr(colon + 1, ':')) {
        const char *at = colon + 1;
        if (strcspn(at, "0123456789") == 0 && strchr(":,", at[strspn(at, "0123456789kMi")])) return true;
        if (strncmp(at, "devices=", 8) == 0) return true;
    }
    return false;
}

bool tc_pools_asked(const tc_options *options) {
    if (!(tc_option_table[TC_OPTION_CLUSTER].commands >> options->command & 1u)) return false;
    const tc_value *accelerator = &options->value[TC_OPTION_ACCELERATOR];
    return options->value[TC_OPTION_CLUSTER].given || (accelerator->given && names_pools(accelerator->text));
}

tc_code tc_options_check_needed(const tc_options *options, tc_error *error) {
    bool pools = tc_pools_asked(options); /* they say which and how many */
    for (int i = 0; i < TC_OPTIONS; i++)
        if (!(pools && (i == TC_OPTION_ACCELERATOR || i == TC_OPTION_DEVICES))
            && (tc_option_table[i].needed >> options->command & 1u) && !options->value[i].given)
            return tc_fail(error, TC_INVALID, tc_option_table[i].name, "is needed; for example %s",
                           tc_option_table[i].example);
    return TC_OK;
}

/* Every given option belongs to the command, and the number of words is right. */
static tc_code check_line(tc_options *options, tc_error *error) {
    const tc_command *command = &tc_command_table[options->command];
    for (int i = 0; i < TC_OPTIONS; i++) { /* what was given before the command was known */
        if (!options->value[i].given || !is_shared(i)) continue;
        const char *name = tc_option_table[i].name, *text = options->value[i].text;
        options->value[i].given = false;
        int own = tc_option_find(name, strlen(name), options->command);
        bool listed = tc_option_table[own].type == TC_TYPE_LIST; /* its values are there: two lists of a name are one */
        if (listed) options->value[own].given = true;
        tc_code code = listed ? TC_OK : store(options, own, text, error);
        if (code) return code;
    }
    for (int i = 0; i < TC_OPTIONS; i++)
        if (options->value[i].given && !(tc_option_table[i].commands >> options->command & 1u))
            return unknown_option(tc_option_table[i].name, strlen(tc_option_table[i].name), options->command, error);
    if (options->value[TC_OPTION_HELP].given || options->value[TC_OPTION_VERSION].given) return TC_OK;
    /* an answer may bring them */
    tc_code code = options->value[TC_OPTION_LAYOUT].given ? TC_OK : tc_options_check_needed(options, error);
    if (code) return code;
    if (options->positionals < command->fewest)
        return tc_fail(error, TC_INVALID, command->name, "something is missing; give: traincast %s %s", command->name,
                       command->arguments);
    if (options->positionals > command->most) {
        const char *extra = options->positional[command->most];
        return tc_fail(error, TC_INVALID, command->name, "'%.60s' is one argument too many; give: traincast %s%s%s",
                       extra, command->name, *command->arguments ? " " : "",
                       *command->arguments ? command->arguments : " and options only");
    }
    return check_formats(options, error);
}

tc_code tc_options_parse(int argc, char **argv, tc_options *out, tc_error *error) {
    *out = (tc_options){.command = -1};
    bool words_only = false;
    for (int i = 1; i < argc; i++) {
        tc_code code = TC_OK;
        if (!words_only && strcmp(argv[i], "--") == 0)
            words_only = true;
        else if (!words_only && argv[i][0] == '-' && argv[i][1])
            code = parse_option(argc, argv, &i, out, error);
        else
            code = add_word(argv[i], out, error);
        if (code) return code;
    }
    if (out->command >= 0) return check_line(out, error);
    if (out->value[TC_OPTION_HELP].given || out->value[TC_OPTION_VERSION].given) return TC_OK;
    return tc_fail(error, TC_INVALID, "command", "none is given; 'traincast help' lists what there is");
}

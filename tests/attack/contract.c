/* contract.c - one hostile input through one command line, and what every answer keeps:
 *
 * exit code 0, 2 or 3 (1 is for a machine without memory or room, or a store that it damaged); an error has a place and a text, one line that can be
 * shown, and comes without output; an output is UTF-8 without control characters, without "nan", "inf" or "(null)" that the
 * input does not hold; JSON parses; lines of CSV have as many cells; a step's time is a number above 0. */
#include <ctype.h>
#include <ftw.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attack.h"
#include "base/utf8.h"
#include "cli/program.h"

enum { WORDS = 600 };

static tc_catalog *catalog;
static char work[512], start[512];

/* ---- the work folder ------------------------------------------------------------------------------------- */

static void die(const char *what) {
    perror(what);
    abort();
}

void attack_begin(const char *parent, const char *source) {
    char data[600], chip[600], sweep[600];
    static const char *const unset[] = {"XDG_DATA_HOME", "COLUMNS", "OMP_NUM_THREADS", "LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++) unsetenv(unset[i]);
    if (!getcwd(start, sizeof start)) die("getcwd");
    char *path = realpath(source, NULL);
    if (!path) die(source);
    snprintf(data, sizeof data, "%s/data", path);
    snprintf(chip, sizeof chip, "%s/data/accelerators/nvidia/h20.yaml", path);
    snprintf(sweep, sizeof sweep, "%s/tests/attack/sweep-small.yaml", path);
    free(path);
    if (snprintf(work, sizeof work, "%s/traincast-attack-XXXXXX", parent) >= (int)sizeof work || !mkdtemp(work))
        die(parent);
    setenv("HOME", work, 1);
    if (chdir(work) || mkdir("catalog", 0700) || mkdir("catalog/accelerators", 0700)
        || mkdir("catalog/architectures", 0700) || mkdir("catalog/engines", 0700) || mkdir("catalog/frameworks", 0700)
        || mkdir("catalog/fitted", 0700) || symlink(data, "data") || symlink(chip, "catalog/accelerators/own.yaml")
        || symlink(sweep, "sweep-small.yaml"))
        die(work);
    if (!freopen("/dev/null", "r", stdin)) die("/dev/null");
    tc_error error;
    if (tc_catalog_open(NULL, 0, &catalog, &error)) die(error.text);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at) {
    (void)status, (void)type, (void)at;
    return remove(path);
}

void attack_end(void) {
    tc_catalog_close(catalog);
    if (chdir(start) == 0) nftw(work, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Of files made by earlier inputs, none is left that a command reads. */
static void write_input(const attack_kind *kind, const char *bytes, size_t size) {
    FILE *file = fopen(kind->file, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) die(kind->file);
    remove("s.sqlite");
    remove("store.sqlite-wal");
    remove("store.sqlite-shm");
}

/* A file of the catalog's folder is read by all later commands. */
static void remove_input(const attack_kind *kind) { remove(kind->file); }

/* ---- the command line ------------------------------------------------------------------------------------- */

static uint64_t hash_of(const char *bytes, size_t size) {
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
    return hash ^ hash >> 32;
}

const char *attack_command(const attack_kind *kind, const char *bytes, size_t size) {
    uint64_t count = 0;
    if (!kind->commands) return "";
    while (kind->commands[count]) count++;
    return kind->commands[hash_of(bytes, size) % count];
}

/* An option's file is made in the work folder, whatever its name says. */
static void stay_here(char **argv, int argc) {
    static const char *const made[]
        = {"--output", "--svg", "--store", "--heat-map", "--front", "--ics", "--dates-csv", "--months-csv"};
    for (int i = 1; i < argc; i++) /* a server would never end: attack_serve.c attacks it */
        if (strcmp(argv[i], "serve") == 0) argv[i] = (char *)(uintptr_t) "help";
    for (int i = 1; i < argc; i++)
        for (size_t k = 0; k < sizeof made / sizeof *made; k++) {
            size_t length = strlen(made[k]);
            char *value = strncmp(argv[i], made[k], length) == 0 && argv[i][length] == '=' ? argv[i] + length + 1
                          : i > 1 && strcmp(argv[i - 1], made[k]) == 0                     ? argv[i]
                                                                                           : NULL;
            for (char *p = value; p && *p; p++)
                if (*p == '/' || *p == '.') *p = '_';
            if (value && strlen(value) > 200) value[200] = '\0';
        }
}

/* Splits the text in place. */
static int split(char *text, char *ends, char **argv, const char *file) {
    static char path[400]; /* '@' once, and with what follows it */
    int argc = 0;
    char *rest = NULL;
    argv[argc++] = (char *)(uintptr_t) "traincast";
    for (char *word = strtok_r(text, ends, &rest); word && argc < WORDS; word = strtok_r(NULL, ends, &rest))
        argv[argc++] = word[0] == '@' && snprintf(path, sizeof path, "%s%s", file, word + 1) > 0 ? path : word;
    return argc;
}

/* ---- what is wrong with an answer -------------------------------------------------------------------------- */

typedef struct judge {
    const char *input;
    size_t input_size;
    char *why;
    size_t why_size;
    bool broken, refused;
} judge;

static void __attribute__((format(printf, 2, 3))) blame(judge *j, const char *format, ...) {
    va_list args;
    if (j->broken) return;
    j->broken = true;
    va_start(args, format);
    vsnprintf(j->why, j->why_size, format, args);
    va_end(args);
}

/* Is the word in the text, not as a part of another? */
static const char *find_word(const char *text, size_t size, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= size; i++)
        if (strncasecmp(text + i, word, length) == 0 && (i == 0 || !isalnum((unsigned char)text[i - 1]))
            && (i + length == size || !isalnum((unsigned char)text[i + length])))
            return text + i;
    return NULL;
}

static void check_words(judge *j, const char *text, size_t size) {
    static const char *const never[] = {"nan", "inf", "(null)"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        const char *at = find_word(text, size, never[i]);
        if (!at || memmem(j->input, j->input_size, never[i], strlen(never[i]))
            || (i < 2 && (find_word(j->input, j->input_size, never[i]))))
            continue;
        const char *from = at - text > 30 ? at - 30 : text;
        size_t shown = (size_t)(text + size - from);
        blame(j, "'%s' in the output: %.*s", never[i], (int)(shown < 60 ? shown : 60), from);
    }
}

static void check_shown(judge *j, const char *text, size_t size, bool colour) {
    for (size_t left = size, length; left > 0; text += length, left -= length) {
        uint32_t code_point;
        tc_glyph glyph = tc_utf8_next(text, left, &length, &code_point);
        if (glyph == TC_GLYPH_SHOWN || *text == '\n' || (colour && *text == '\x1b')) continue;
        if (*text == '\r' && left > 1 && text[1] == '\n') continue; /* lines of iCalendar */
        blame(j, "a character that cannot be shown: U+%04x", (unsigned)code_point);
        return;
    }
}

static void check_error(judge *j, const char *place, const char *text) {
    j->refused = true;
    if (!place[0] || !text[0]) blame(j, "an error without place or text: '%s': '%s'", place, text);
    check_shown(j, place, strlen(place), false);
    check_shown(j, text, strlen(text), false);
    if (strchr(place, '\n') || strchr(text, '\n')) blame(j, "an error of more than a line: %s", text);
}

static void check_json(judge *j, const char *text, size_t size, bool has_step) {
    json_error_t error;
    json_t *root = json_loadb(text, size, 0, &error);
    if (!root) {
        int at = error.position > 40 ? error.position - 40 : 0;
        blame(j, "no JSON: %s: %.60s", error.text, text + at);
        return;
    }
    json_t *step = json_object_get(root, "step_s");
    double step_s = json_number_value(step);
    if (has_step && !(step_s > 0 && isfinite(step_s))) blame(j, "step_s is %g", json_is_number(step) ? step_s : 0.0);
    json_decref(root);
}

/* Cells of the line at *at, which moves behind it; quoted ones may hold commas and lines. */
static int cells(const char **at, const char *end) {
    int count = 1;
    bool quoted = false;
    const char *p = *at;
    for (; p < end && (quoted || *p != '\n'); p++) {
        if (*p == '"') quoted = !quoted;
        count += !quoted && *p == ',';
    }
    *at = p < end ? p + 1 : end;
    return count;
}

static void check_csv(judge *j, const char *text, size_t size) {
    const char *at = text, *end = text + size;
    int first = at < end ? cells(&at, end) : 0;
    while (at < end) {
        int count = cells(&at, end);
        if (count != first) blame(j, "CSV: %d cells below %d headings", count, first);
    }
}

static bool given(char **argv, int argc, const char *word) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], word) == 0) return true;
    return false;
}

static void check_output(judge *j, char **argv, int argc, const tc_page *page) {
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file) die("memory");
    tc_print_visible(file, &page->style, page->output.text, page->output.length);
    if (fclose(file)) die("memory");
    const char *command = argc > 1 ? argv[1] : "";
    bool trace = strcmp(command, "trace") == 0, json = given(argv, argc, "--json"), csv = given(argv, argc, "--csv");
    bool help = given(argv, argc, "--help") || given(argv, argc, "--version") || strcmp(command, "help") == 0;
    if (size == 0 || text[size - 1] != '\n') blame(j, "an output of %zu bytes without a last line", size);
    check_shown(j, text, size, page->style.colour);
    if (help) {
    } else if (trace && text[0] == '{') {
        check_json(j, text, size, false);
    } else if (json && !trace) {
        check_json(j, text, size, strcmp(command, "step") == 0);
    } else {
        if (csv && !trace) check_csv(j, text, size);
        check_words(j, text, size);
    }
    free(text);
}

static void check_page(judge *j, char **argv, int argc, const tc_page *page, bool may_fail) {
    switch (page->exit_code) {
    case TC_EXIT_OK:
    case TC_EXIT_INFEASIBLE: check_output(j, argc > 0 ? argv : NULL, argc, page); break;
    case TC_EXIT_USAGE: check_error(j, page->error.place, page->error.text); break;
    case TC_EXIT_INTERNAL: /* a damaged file */
        check_error(j, page->error.place, page->error.text);
        if (may_fail) break;
        /* fall through */
    default: blame(j, "exit %d: %s: %s", page->exit_code, page->error.place, page->error.text);
    }
}

/* ---- one attack ---------------------------------------------------------------------------------------------- */

static void ask(judge *j, const char *bytes, size_t size) {
    char *request = strndup(bytes, size), *answer;
    tc_error error;
    tc_code code = tc_ask_json(catalog, request, &answer, &error);
    if (code == TC_INTERNAL) blame(j, "internal: %s: %s", error.place, error.text);
    if (code) check_error(j, error.place, error.text);
    if (code && answer) blame(j, "an answer beside an error");
    if (!code) check_json(j, answer, strlen(answer), false);
    tc_answer_free(answer);
    free(request);
}

static void run(judge *j, const attack_kind *kind, const char *bytes, size_t size) {
    static tc_page page;
    char *text = kind->commands ? strdup(attack_command(kind, bytes, size)) : strndup(bytes, size), *argv[WORDS];
    char ends[] = " ";
    if (!kind->commands) ends[0] = '\n';
    int argc = split(text, ends, argv, kind->file);
    if (!kind->commands) stay_here(argv, argc);
    tc_program_run(argc, argv, catalog, &page);
    size_t length = strlen(j->why);
    check_page(j, argv, argc, &page, kind->store);
    if (j->broken && kind->commands) { /* the command line tells what the bytes do not */
        length = strlen(j->why);
        snprintf(j->why + length, j->why_size - length, " [%s]", attack_command(kind, bytes, size));
    }
    free(page.output.text);
    free(text);
}

attack_result attack_run(const attack_kind *kind, const char *bytes, size_t size, char *why, size_t why_size) {
    judge j = {.input = bytes, .input_size = size, .why = why, .why_size = why_size};
    why[0] = '\0';
    if (kind->commands) write_input(kind, bytes, size);
    if (strcmp(kind->name, "ask") == 0)
        ask(&j, bytes, size);
    else
        run(&j, kind, bytes, size);
    if (kind->commands) remove_input(kind);
    return j.broken ? ATTACK_BROKEN : j.refused ? ATTACK_REFUSED : ATTACK_ANSWERED;
}

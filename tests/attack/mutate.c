/* mutate.c - hostile versions of YAML, JSON and lists: every scalar and key can become what a file should not hold.
 *
 * The text is not parsed, only cut into words, so that what is hostile elsewhere in it stays. */
#include <stdio.h>
#include <string.h>

#include "attack.h"

/* ---- words ------------------------------------------------------------------------------------------- */

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static size_t end_of_line(const char *text, size_t size, size_t i) {
    while (i < size && text[i] != '\n') i++;
    return i;
}

/* From a quote to behind its partner. */
static size_t end_of_quoted(const char *text, size_t size, size_t i) {
    char quote = text[i++];
    while (i < size && text[i] != quote) i += text[i] == '\\' && quote == '"' && i + 1 < size ? 2 : 1;
    return i < size ? i + 1 : size;
}

static bool ends_plain(const char *text, size_t size, size_t i, int depth) {
    char c = text[i], next = i + 1 < size ? text[i + 1] : '\n';
    if (c == '\n') return true;
    if (c == ':' && blank(next)) return true;
    if (c == '#' && blank(text[i - 1])) return true;
    return c == ',' || (depth > 0 && (c == ']' || c == '}'));
}

static size_t end_of_plain(const char *text, size_t size, size_t i, int depth) {
    size_t begin = i++;
    while (i < size && !ends_plain(text, size, i, depth)) i++;
    while (i > begin + 1 && blank(text[i - 1])) i--;
    return i;
}

int attack_tokens(const char *text, size_t size, attack_token *token, int most) {
    int count = 0, depth = 0;
    for (size_t i = 0; i < size && count < most;) {
        char c = text[i];
        bool begins = i == 0 || blank(text[i - 1]);
        depth += c == '{' || c == '[' ? 1 : (c == '}' || c == ']') && depth > 0 ? -1 : 0;
        if (blank(c) || strchr("{}[],:", c) || (c == '-' && begins && i + 1 < size && blank(text[i + 1]))) {
            i++;
        } else if (c == '#' && begins) {
            i = end_of_line(text, size, i);
        } else {
            attack_token *t = &token[count++];
            t->begin = i;
            i = c == '"' || c == '\'' ? end_of_quoted(text, size, i) : end_of_plain(text, size, i, depth);
            t->end = i;
            while (i < size && (text[i] == ' ' || text[i] == '\t')) i++;
            t->key = (i < size && text[i] == ':') || strncmp(text + t->begin, "--", 2) == 0;
        }
    }
    return count;
}

/* ---- what is put in a word's place -------------------------------------------------------------------- */

#define LONG_WORD "$long"      /* 70,000 letters */
#define ANOTHER "$another"     /* another word of the file */
#define FIGURE "$figure"       /* {value: the word} */
#define LIST "$list"           /* [the word, the word] */
#define DEEP "$deep"           /* [[[[... */
#define GONE "$gone"           /* a key goes with its value */
#define TWICE "$twice"         /* and comes twice */
#define RENAMED "$renamed"     /* a letter more */
#define EXCHANGED "$exchanged" /* with another word */
#define SWAPPED "$swapped"     /* another number, its unit stays */

static const char *const hostile[] = {
    "0",
    "-1",
    "1",
    "2",
    "3",
    "0.5",
    "-0.0",
    "1e-320",
    "1e-9",
    "1e308",
    "-1e308",
    "1e999",
    "nan",
    "-nan",
    ".nan",
    ".inf",
    "inf",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967296",
    "4294967297",
    "1000000000",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "1e18",
    "0x10",
    "1_000",
    "010",
    "12abc",
    "\"0\"",
    "\"\"",
    "''",
    "null",
    "~",
    "true",
    "false",
    "{}",
    "[]",
    "[1, 2]",
    "[[]]",
    "{value: 1}",
    "{value: word, source: recalled}",
    "{\"value\": 1}",
    "*a",
    "&a 1",
    "!!str 5",
    "|",
    "- 1",
    "\"a: b\"",
    "%s%n",
    "\"%s%n\"",
    "\"\\e[2J\"",
    "\"\\u202e\"",
    "\"\\x9b\"",
    "\"\\u0000\"",
    "\xff\xfe",
    "\"<script>&\"",
    "\"=cmd()\"",
    "../x",
    "/dev/null",
    "\".\"",
    "custom",
    "none",
    "all",
    "\"0 B\"",
    "\"-1 GiB\"",
    "\"1e400 TB/s\"",
    "\"1e300 YB/s\"",
    "\"1e-300 B/s\"",
    "\"5\"",
    "\"0 s\"",
    "\"1e300 d\"",
    "\"1 %\"",
    "\"1e9 %\"",
    "\"0 W\"",
    "\"1e300 TFLOP/s\"",
    "\"0 FLOP/s\"",
    "\"0 USD/h\"",
    "2024-02-30",
    "\"9999-12-31\"",
    "\"0001-01-01\"",
    "\"2147483647\"",
    LONG_WORD,
    FIGURE,
    LIST,
    DEEP,
    GONE,
    TWICE,
    RENAMED,
};

/* What may be an answer still, as often as all others together; keys are seldom anything but the last ones. */
static const char *const likely[] = {SWAPPED, ANOTHER, SWAPPED, EXCHANGED};
static const char *const of_keys[] = {GONE, TWICE, RENAMED, ANOTHER, EXCHANGED};

enum { VERSIONS = sizeof hostile / sizeof *hostile, LIKELY = sizeof likely / sizeof *likely, OF_KEYS = 5 };

int attack_versions(void) { return 2 * VERSIONS; }

static const char *version_of(const attack_token *t, int version, uint64_t random) {
    if (t->key && random % 8) return of_keys[version % OF_KEYS];
    return version < VERSIONS ? hostile[version] : likely[version % LIKELY];
}

typedef struct output {
    char *text;
    size_t size, room;
} output;

static void put(output *o, const char *bytes, size_t size) {
    if (size > o->room - o->size) size = o->room - o->size;
    memcpy(o->text + o->size, bytes, size);
    o->size += size;
}

static void put_text(output *o, const char *text) { put(o, text, strlen(text)); }

/* Behind the value of a key: in a list or an object what ends it, else the lines that are further in. */
static size_t end_of_value(const char *text, size_t size, size_t key, size_t i) {
    size_t line = key, indent = 0;
    while (line > 0 && text[line - 1] != '\n') line--;
    while (line + indent < key && (text[line + indent] == ' ' || text[line + indent] == '-')) indent++;
    if (line + indent < key) { /* not the first word of its line */
        for (int depth = 0; i < size; i++) {
            if (text[i] == '"') i = end_of_quoted(text, size, i) - 1;
            if (i >= size) break;
            if (text[i] == '{' || text[i] == '[') depth++;
            if ((text[i] == '}' || text[i] == ']') && depth-- == 0) return i;
            if (depth == 0 && (text[i] == ',' || text[i] == '\n')) return i + 1;
        }
        return size;
    }
    for (i = end_of_line(text, size, i); i + 1 < size; i = end_of_line(text, size, i + 1)) {
        size_t deeper = 0;
        while (i + 1 + deeper < size && text[i + 1 + deeper] == ' ') deeper++;
        if (deeper <= indent) return i + 1;
    }
    return size;
}

/* A number of another size in front of what follows it: "96 GiB" to "1e300 GiB". */
static void put_number(output *o, const char *word, size_t size, uint64_t random) {
    static const char *const number[] = {"2",
                                         "4",
                                         "8",
                                         "1000",
                                         "0.5",
                                         "0",
                                         "-1",
                                         "1e300",
                                         "1e-300",
                                         "0.0001",
                                         "1000000",
                                         "nan",
                                         "99999999999999999999",
                                         "1e19",
                                         "7"};
    size_t i = 0, j;
    while (i < size && (word[i] < '0' || word[i] > '9')) i++;
    for (j = i; j < size && strchr("0123456789.eE", word[j]); j++) {}
    put(o, word, i);
    if (i == size) return;
    put_text(o, number[random % (sizeof number / sizeof *number)]);
    put(o, word + j, size - j);
}

static void put_long(output *o) {
    char letters[1000];
    memset(letters, 'a', sizeof letters);
    for (int i = 0; i < 70; i++) put(o, letters, sizeof letters);
}

/* A word of the same sort, if a few tries find one. */
static const attack_token *another(const attack_token *tokens, int count, bool key, uint64_t random) {
    const attack_token *t = &tokens[random % (uint64_t)count];
    for (int i = 1; t->key != key && i < 20; i++) t = &tokens[(random + (uint64_t)i) % (uint64_t)count];
    return t;
}

/* Two words, the first one in front, each in the other's place. */
static size_t put_exchanged(const char *text, size_t size, const attack_token *first, const attack_token *second,
                            char *out, size_t room) {
    output o = {out, 0, room};
    put(&o, text, first->begin);
    if (first == second) {
        put(&o, text + first->begin, size - first->begin);
        return o.size;
    }
    put(&o, text + second->begin, second->end - second->begin);
    put(&o, text + first->end, second->begin - first->end);
    put(&o, text + first->begin, first->end - first->begin);
    put(&o, text + second->end, size - second->end);
    return o.size;
}

size_t attack_mutate(const char *text, size_t size, const attack_token *tokens, int count, int at, int version,
                     uint64_t random, char *out, size_t room) {
    if (tokens[at].key && text[tokens[at].begin] == '-' && random / 5 % 4 && at + 1 < count)
        at++; /* an option's value */
    const attack_token *t = &tokens[at], *other = another(tokens, count, t->key, random);
    const char *word = text + t->begin, *with = version_of(t, version, random / 3);
    size_t length = t->end - t->begin, behind = t->end;
    output o = {out, 0, room};
    put(&o, text, t->begin);
    if (strcmp(with, GONE) == 0) {
        if (t->key) behind = end_of_value(text, size, t->begin, t->end);
    } else if (strcmp(with, TWICE) == 0) {
        size_t end = t->key ? end_of_value(text, size, t->begin, t->end) : t->end;
        put(&o, word, end - t->begin);
        if (t->key && end > t->begin && text[end - 1] != ',' && text[end - 1] != '\n') put_text(&o, ", ");
        behind = t->begin;
    } else if (strcmp(with, ANOTHER) == 0) {
        put(&o, text + other->begin, other->end - other->begin);
    } else if (strcmp(with, EXCHANGED) == 0) {
        if (other->begin <= t->begin) return put_exchanged(text, size, other, t, out, room);
        return put_exchanged(text, size, t, other, out, room);
    } else if (strcmp(with, FIGURE) == 0) {
        put_text(&o, *word == '"' ? "{\"value\": " : "{value: ");
        put(&o, word, length);
        put_text(&o, "}");
    } else if (strcmp(with, LIST) == 0) {
        put_text(&o, "[");
        put(&o, word, length);
        put_text(&o, ", ");
        put(&o, word, length);
        put_text(&o, "]");
    } else if (strcmp(with, DEEP) == 0) {
        for (int i = 0; i < 3000; i++) put_text(&o, "[");
    } else if (strcmp(with, LONG_WORD) == 0) {
        put_long(&o);
    } else if (strcmp(with, RENAMED) == 0) {
        put(&o, word, length - (*word == '"'));
        put_text(&o, *word == '"' ? "s\"" : "s");
    } else if (strcmp(with, SWAPPED) == 0) { /* a word has none */
        put_number(&o, word, length, random / 7);
    } else {
        bool quote
            = text[0] == '{' && random % 4 && !strchr("\"[{tfn0123456789-", with[0]); /* JSON knows no bare words */
        if (quote) put_text(&o, "\"");
        put_text(&o, with);
        if (quote) put_text(&o, "\"");
    }
    put(&o, text + behind, size - behind);
    return o.size;
}

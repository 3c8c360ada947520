/* assert.c - a condition on an answer: a parser by descent, over the answer as jansson has it.
 *
 * Both sides of && and || are always read, so that a mistyped field is an error wherever it stands. */
#include "cli/assert.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

#define PLACE "--assert"
#define DEEPEST 64 /* parentheses and negations */
#define MOST_KEYS 256

typedef struct reader {
    const char *at;
    const json_t *answer;
    char *values;
    size_t used, size;
    int depth;
    tc_error *error; /* of the first failure */
} reader;

/* A field, or what stands for itself; `own` is freed by the comparison. */
typedef struct operand {
    const json_t *value;
    json_t *own;
    char name[80];
} operand;

static void blanks(reader *r) {
    while (isspace((unsigned char)*r->at)) r->at++;
}

static bool take(reader *r, const char *word) {
    blanks(r);
    if (strncmp(r->at, word, strlen(word)) != 0) return false;
    r->at += strlen(word);
    return true;
}

static tc_code fail_here(reader *r) {
    if (!*r->at)
        return tc_fail(r->error, TC_INVALID, PLACE,
                       "ends where a field or a value is needed; for example 'step_s<12 && fits'");
    return tc_fail(r->error, TC_INVALID, PLACE,
                   "'%.40s' is no field, number, \"text\", true, false or null; for example 'step_s<12 && fits'",
                   r->at);
}

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

static tc_code fail_key(reader *r, const json_t *object, const char *key) {
    const char *known[MOST_KEYS], *name, *nearest;
    json_t *unused;
    int n = 0;
    json_object_foreach((json_t *)(uintptr_t)object, name, unused) if (n < MOST_KEYS) known[n++] = name;
    nearest = tc_nearest(key, known, n);
    if (nearest)
        return tc_fail(r->error, TC_INVALID, PLACE, "the answer has no '%.60s'; did you mean '%s'?", key, nearest);
    return tc_fail(r->error, TC_INVALID, PLACE, "the answer has no '%.60s'; --json shows what it has", key);
}

/* "best[0].layout.tp" */
static tc_code read_field(reader *r, operand *out) {
    const json_t *value = r->answer;
    const char *start = r->at;
    do {
        char key[64];
        size_t length = 0;
        while (is_name(r->at[length])) length++;
        if (length == 0 || length >= sizeof key) return fail_here(r);
        snprintf(key, sizeof key, "%.*s", (int)length, r->at);
        const json_t *object = value;
        value = json_object_get(object, key);
        if (!value) return fail_key(r, object, key);
        r->at += length;
        while (*r->at == '[') {
            char *end;
            long index = strtol(r->at + 1, &end, 10);
            value = index >= 0 ? json_array_get(value, (size_t)index) : NULL;
            if (*end != ']' || !value)
                return tc_fail(r->error, TC_INVALID, PLACE, "the answer has no '%.*s'; count from [0]",
                               (int)(strcspn(start, "]") + 1 < 60 ? strcspn(start, "]") + 1 : 60), start);
            r->at = end + 1;
        }
    } while (*r->at == '.' && r->at++);
    snprintf(out->name, sizeof out->name, "%.*s", (int)(r->at - start), start);
    out->value = value;
    return TC_OK;
}

static tc_code read_text(reader *r, operand *out) {
    char quote = *r->at++;
    const char *end = strchr(r->at, quote);
    if (!end) return tc_fail(r->error, TC_INVALID, PLACE, "'%.40s' has no closing quote", r->at - 1);
    out->value = out->own = json_stringn(r->at, (size_t)(end - r->at));
    r->at = end + 1;
    return TC_OK;
}

static tc_code read_operand(reader *r, operand *out) {
    static const struct {
        const char *word;
        json_t *(*make)(void);
    } words[] = {{"true", json_true}, {"false", json_false}, {"null", json_null}};
    *out = (operand){.value = NULL};
    blanks(r);
    if (*r->at == '"' || *r->at == '\'') {
        tc_code code = read_text(r, out);
        if (code) return code;
    } else if (isdigit((unsigned char)*r->at) || *r->at == '-' || *r->at == '+' || *r->at == '.') {
        char *end;
        double number = strtod(r->at, &end);
        if (end == r->at || is_name(*end)) return fail_here(r);
        out->value = out->own = json_real(number);
        r->at = end;
    } else {
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            size_t length = strlen(words[i].word);
            if (strncmp(r->at, words[i].word, length) != 0 || is_name(r->at[length])) continue;
            out->value = out->own = words[i].make();
            r->at += length;
        }
        if (!out->value) return is_name(*r->at) ? read_field(r, out) : fail_here(r);
    }
    return out->value ? TC_OK
                      : tc_fail(r->error, TC_INVALID, PLACE, "a number that is not finite, or no UTF-8; give another");
}

static void note(reader *r, const operand *o) {
    char text[96];
    if (!o->name[0] || r->used >= r->size) return;
    r->used += (size_t)snprintf(r->values + r->used, r->size - r->used, "%s%s is %s", r->used ? ", " : "", o->name,
                                tc_json_show(o->value, text, sizeof text));
}

typedef enum comparison { LESS, LESS_OR_EQUAL, MORE, MORE_OR_EQUAL, EQUAL, UNEQUAL, NONE } comparison;

static comparison take_comparison(reader *r) {
    static const struct {
        const char *word;
        comparison which;
    } words[]
        = {{"<=", LESS_OR_EQUAL}, {">=", MORE_OR_EQUAL}, {"==", EQUAL}, {"!=", UNEQUAL}, {"<", LESS}, {">", MORE}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (take(r, words[i].word)) return words[i].which;
    return NONE;
}

static bool ordered(double a, comparison which, double b) {
    switch (which) {
    case LESS: return a < b;
    case LESS_OR_EQUAL: return a <= b;
    case MORE: return a > b;
    case MORE_OR_EQUAL: return a >= b;
    case EQUAL: return a == b;
    default: return a != b;
    }
}

static tc_code compare(reader *r, const operand *a, comparison which, const operand *b, bool *holds) {
    char left[96], right[96];
    bool equality = which == EQUAL || which == UNEQUAL;
    if (json_is_number(a->value) && json_is_number(b->value)) {
        *holds = ordered(json_number_value(a->value), which, json_number_value(b->value));
    } else if (equality) {
        *holds = (json_equal(a->value, b->value) != 0) == (which == EQUAL);
    } else if (json_is_null(a->value) || json_is_null(b->value)) {
        *holds = false;
    } else {
        return tc_fail(r->error, TC_INVALID, PLACE, "%s and %s are no two numbers; compare them by == or !=",
                       tc_json_show(a->value, left, sizeof left), tc_json_show(b->value, right, sizeof right));
    }
    return TC_OK;
}

static tc_code read_either(reader *r, bool *holds);

static tc_code read_comparison(reader *r, bool *holds) {
    operand a, b = {.value = NULL};
    tc_code code = read_operand(r, &a);
    if (!code) note(r, &a);
    comparison which = code ? NONE : take_comparison(r);
    if (!code && which != NONE) {
        code = read_operand(r, &b);
        if (!code) note(r, &b);
        if (!code) code = compare(r, &a, which, &b, holds);
    } else if (!code && json_is_boolean(a.value)) {
        *holds = json_is_true(a.value);
    } else if (!code) {
        code = tc_fail(r->error, TC_INVALID, PLACE, "'%.60s' is neither true nor false; compare it, as in 'step_s<12'",
                       a.name[0] ? a.name : "a value");
    }
    json_decref(a.own);
    json_decref(b.own);
    return code;
}

static tc_code read_one(reader *r, bool *holds) {
    if (r->depth == DEEPEST)
        return tc_fail(r->error, TC_INVALID, PLACE, "is nested deeper than %d; write it flat", DEEPEST);
    r->depth++;
    tc_code code;
    blanks(r);
    if (r->at[0] == '!' && r->at[1] != '=') {
        r->at++;
        code = read_one(r, holds);
        *holds = !*holds;
    } else if (take(r, "(")) {
        code = read_either(r, holds);
        if (!code && !take(r, ")"))
            code = tc_fail(r->error, TC_INVALID, PLACE, "'%.40s' stands where ')' is needed; close it", r->at);
    } else {
        code = read_comparison(r, holds);
    }
    r->depth--;
    return code;
}

static tc_code read_both(reader *r, bool *holds) {
    tc_code code = read_one(r, holds);
    while (!code && take(r, "&&")) {
        bool next = false;
        code = read_one(r, &next);
        *holds = *holds && next;
    }
    return code;
}

static tc_code read_either(reader *r, bool *holds) {
    tc_code code = read_both(r, holds);
    while (!code && take(r, "||")) {
        bool next = false;
        code = read_both(r, &next);
        *holds = *holds || next;
    }
    return code;
}

tc_code tc_assert_holds(const char *condition, const char *answer, size_t length, bool *holds, char *values,
                        size_t size, tc_error *error) {
    tc_json_document document;
    *holds = false;
    values[0] = '\0';
    tc_code code = tc_json_open(&document, PLACE, 0, answer, length, error);
    if (code) return code;
    reader r = {.at = condition, .answer = document.root, .values = values, .size = size, .error = error};
    code = read_either(&r, holds);
    blanks(&r);
    if (!code && *r.at)
        code = tc_fail(error, TC_INVALID, PLACE, "'%.40s' is not understood; join conditions by && or ||", r.at);
    tc_json_close(&document);
    return code;
}

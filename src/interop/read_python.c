/* read_python.c - Python files as far as they are plain data: calls with named arguments, and assignments.
 *
 * `return Trainer.Config(training=TrainingConfig(steps=3000))` is training.steps 3000; a call itself is its name ("FullAC.Config"); an argument without a
 * name has its place. `config.training.steps = 5` is the same. A variable that was given a call stands for its arguments. Nothing is run:
 * what is no constant, no sum or product of whole numbers and no call is left open. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "interop/calculate.h"
#include "interop/read_tree.h"

#define PATH 300
#define DEEPEST 24

typedef struct python {
    const char *at, *end;
    int line, depth;
    bool active; /* the function is the one that is asked for */
    tc_settings *out;
} python;

static void skip_blanks(python *p, bool lines) {
    while (p->at < p->end) {
        if (*p->at == '#')
            while (p->at < p->end && *p->at != '\n') p->at++;
        else if (*p->at == ' ' || *p->at == '\t' || *p->at == '\r' || (*p->at == '\n' && lines))
            p->line += *p->at++ == '\n';
        else if (*p->at == '\\' && p->at + 1 < p->end && p->at[1] == '\n')
            p->at += 2, p->line++;
        else
            break;
    }
}

static void skip_string(python *p) {
    char quote = *p->at;
    bool triple = p->end - p->at >= 3 && p->at[1] == quote && p->at[2] == quote;
    p->at += triple ? 3 : 1;
    while (p->at < p->end) {
        if (*p->at == '\\' && p->at + 1 < p->end) {
            p->at += 2;
        } else if (*p->at == quote && (!triple || (p->end - p->at >= 3 && p->at[1] == quote && p->at[2] == quote))) {
            p->at += triple ? 3 : 1;
            return;
        } else {
            if (!triple && *p->at == '\n') return;
            p->line += *p->at++ == '\n';
        }
    }
}

/* To the comma, bracket or line that ends an expression. */
static void skip_expression(python *p) {
    int depth = 0;
    while (p->at < p->end) {
        char c = *p->at;
        if (c == '"' || c == '\'') {
            skip_string(p);
            continue;
        }
        if (c == '#') {
            skip_blanks(p, false);
            continue;
        }
        if (depth == 0 && (c == ',' || c == ')' || c == ']' || c == '}' || c == '\n')) return;
        depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
        p->line += c == '\n';
        p->at++;
    }
}

static size_t name_length(const python *p) {
    size_t n = 0;
    while (p->at + n < p->end && (isalnum((unsigned char)p->at[n]) || p->at[n] == '_' || p->at[n] == '.')) n++;
    return n > 0 && !isdigit((unsigned char)*p->at) ? n : 0;
}

static void emit(const python *p, const char *path, const char *value, int line) {
    if (p->active && *path) tc_settings_add(p->out, path, value, line, 0);
}

/* What was said of a variable, said of the path too. */
static bool copy_variable(const python *p, const char *path, const char *name, size_t length) {
    bool any = false;
    int count = p->out->count;
    for (int i = 0; i < count; i++) {
        const char *n = p->out->list[i].name;
        char full[PATH];
        if (strncmp(n, name, length) != 0 || (n[length] && n[length] != '.')) continue;
        snprintf(full, sizeof full, "%s%s", path, n + length);
        if (p->active) tc_settings_add(p->out, full, p->out->list[i].value, p->out->list[i].line, 0);
        any = true;
    }
    return any;
}

static void parse_value(python *p, char *path);

static void extend(char *path, size_t used, const char *name, size_t length) {
    if (used + length + 2 < PATH) snprintf(path + used, PATH - used, "%s%.*s", used ? "." : "", (int)length, name);
}

/* "(a=1, b=f(2))" or "[1, 2]", from behind the bracket. */
static void parse_arguments(python *p, char *path, char close) {
    size_t used = strlen(path);
    char place[16];
    for (int i = 0; p->at < p->end; i++) {
        skip_blanks(p, true);
        if (p->at >= p->end || *p->at == close) break;
        const char *start = p->at;
        size_t n = name_length(p);
        const char *after = p->at + n;
        while (after < p->end && *after == ' ') after++;
        bool named = n && close == ')' && after < p->end && *after == '=' && after + 1 < p->end && after[1] != '=';
        snprintf(place, sizeof place, "%d", i);
        if (named) {
            extend(path, used, p->at, n);
            p->at = after + 1;
        } else {
            extend(path, used, place, strlen(place));
        }
        parse_value(p, path);
        path[used] = '\0';
        skip_blanks(p, true);
        if (p->at < p->end && *p->at == ',') p->at++;
        if (p->at == start) p->at++; /* nothing that an argument begins with */
    }
    if (p->at < p->end) p->at++;
}

static void parse_text(python *p, const char *path, const char *start, int line) {
    char text[200];
    size_t n = 0;
    skip_string(p);
    const char *end = p->at;
    while (start < end && (*start == '"' || *start == '\'')) start++;
    while (end > start && (end[-1] == '"' || end[-1] == '\'')) end--;
    for (; start < end && n + 1 < sizeof text; start++)
        if (*start != '\n') text[n++] = *start;
    text[n] = '\0';
    emit(p, path, text, line);
    skip_expression(p);
}

static void parse_value(python *p, char *path) {
    skip_blanks(p, true);
    int line = p->line;
    const char *start = p->at;
    if (p->at >= p->end || ++p->depth > DEEPEST) {
        skip_expression(p);
        p->depth--;
        return;
    }
    size_t n = name_length(p);
    if (*p->at == '"' || *p->at == '\'') {
        parse_text(p, path, start, line);
    } else if (*p->at == '[') {
        p->at++;
        parse_arguments(p, path, ']');
        skip_expression(p);
    } else if (n && p->at + n < p->end && p->at[n] == '(') {
        char name[120];
        snprintf(name, sizeof name, "%.*s", (int)(n < 119 ? n : 119), p->at);
        emit(p, path, name, line);
        p->at += n + 1;
        parse_arguments(p, path, ')');
        skip_expression(p);
    } else {
        char text[200];
        int64_t number;
        skip_expression(p);
        size_t length = (size_t)(p->at - start);
        while (length && isspace((unsigned char)start[length - 1])) length--;
        snprintf(text, sizeof text, "%.*s", (int)(length < 199 ? length : 199), start);
        if (strcmp(text, "True") == 0)
            emit(p, path, "true", line);
        else if (strcmp(text, "False") == 0)
            emit(p, path, "false", line);
        else if (tc_calculate(text, NULL, NULL, &number)) {
            snprintf(text, sizeof text, "%lld", (long long)number);
            emit(p, path, text, line);
        } else if (strcmp(text, "None") == 0 || (*text && strspn(text, "0123456789.eE+-") == strlen(text))) {
            emit(p, path, text, line);
        } else if (n != length || !copy_variable(p, path, start, n)) {
            memmove(text + 1, text, strlen(text) < 198 ? strlen(text) + 1 : 198);
            text[0] = TC_SETTING_UNKNOWN;
            text[199] = '\0';
            emit(p, path, text, line);
        }
    }
    p->depth--;
}

/* A line at its first word: a definition, a return, an assignment; others are passed over. */
static void parse_line(python *p, const char *wanted, const char **names, int *count, int room) {
    size_t n = name_length(p);
    char path[PATH] = "";
    if (n == 3 && strncmp(p->at, "def", 3) == 0) {
        p->at += 3;
        skip_blanks(p, false);
        n = name_length(p);
        const char *name = tc_settings_copy(p->out, p->at, n);
        p->active = !wanted || strcmp(name, wanted) == 0;
        if (*count < room) names[(*count)++] = name;
        if (p->active) tc_settings_add(p->out, "preset", name, p->line, 0);
        while (p->at < p->end && *p->at != ':' && *p->at != '\n') p->at++;
        return;
    }
    if (n == 6 && strncmp(p->at, "return", 6) == 0) {
        p->at += 6;
        skip_blanks(p, false);
        n = name_length(p);
        if (n && p->at + n < p->end && p->at[n] == '(') {
            p->at += n + 1;
            parse_arguments(p, path, ')');
        }
        return;
    }
    const char *start = p->at, *after = p->at + n;
    while (after < p->end && *after == ' ') after++;
    if (!n || after >= p->end || *after != '=' || after + 1 >= p->end || after[1] == '=') {
        while (p->at < p->end && *p->at != '\n') {
            if (*p->at == '"' || *p->at == '\'')
                skip_string(p);
            else
                p->at++;
        }
        return;
    }
    p->at = after + 1;
    const char *point = memchr(start, '.', n);
    if (point) /* of a configuration */
        snprintf(path, sizeof path, "%.*s", (int)(start + n - point - 1), point + 1);
    else
        snprintf(path, sizeof path, "%.*s", (int)n, start);
    int before = p->out->count;
    parse_value(p, path);
    if (!point && p->out->count == before + 1 && p->out->list[before].value
        && strcmp(p->out->list[before].name, "config") == 0)
        p->out->list[before].name = "preset"; /* config = llama3_8b() */
}

tc_code tc_read_python(const char *text, size_t length, const char *function, tc_settings *out, tc_error *error) {
    python p = {text, text + length, 1, 0, !function, out};
    const char *names[64];
    int count = 0;
    while (p.at < p.end && !out->no_memory && !out->too_many) {
        const char *start = p.at;
        skip_blanks(&p, true);
        if (p.at < p.end) parse_line(&p, function, names, &count, 64);
        if (p.at == start) p.at++;
    }
    bool found = !function;
    char list[300] = "";
    for (int i = 0; i < count; i++) {
        found = found || strcmp(names[i], function) == 0;
        tc_append(list, sizeof list, "%s%.40s", i ? ", " : "", names[i]);
    }
    if (!found) return tc_fail(error, TC_INVALID, out->file, "has no function '%.60s'; it has %.250s", function, list);
    if (!function && count > 1)
        return tc_fail(error, TC_INVALID, out->file, "has several functions; give FILE.py#NAME, of %.250s", list);
    return tc_settings_check(out, error);
}

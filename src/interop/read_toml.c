/* read_toml.c - the part of TOML 1.0 that configuration files have: tables, dotted keys, strings, numbers, truth values,
 * lists, inline tables. No Debian library of C reads it. Dates are texts. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "interop/read_tree.h"

#define PATH 300
#define VALUE 4000
#define DEEPEST 8

typedef struct toml {
    const char *at, *end;
    int line, depth;
    tc_settings *out;
    tc_error *error;
} toml;

static tc_code wrong(const toml *t, const char *what) {
    char place[300];
    snprintf(place, sizeof place, "%.200s:%d", t->out->file, t->line);
    return tc_fail(t->error, TC_INVALID, place, "%s", what);
}

static void skip_blanks(toml *t, bool lines) {
    while (t->at < t->end) {
        if (*t->at == '#')
            while (t->at < t->end && *t->at != '\n') t->at++;
        else if (*t->at == ' ' || *t->at == '\t' || *t->at == '\r' || (lines && *t->at == '\n'))
            t->line += *t->at++ == '\n';
        else
            break;
    }
}

/* A quoted text, its quotes apart, appended. */
static tc_code read_string(toml *t, char *out, size_t size) {
    char quote = *t->at;
    size_t used = strlen(out);
    bool triple = t->end - t->at >= 3 && t->at[1] == quote && t->at[2] == quote;
    t->at += triple ? 3 : 1;
    for (;;) {
        if (t->at >= t->end || (!triple && *t->at == '\n')) return wrong(t, "a text has no end");
        if (*t->at == quote && (!triple || (t->end - t->at >= 3 && t->at[1] == quote && t->at[2] == quote))) break;
        if (*t->at == '\\' && quote == '"' && t->at + 1 < t->end) t->at++;
        t->line += *t->at == '\n';
        if (used + 1 < size) out[used++] = *t->at;
        t->at++;
    }
    t->at += triple ? 3 : 1;
    out[used] = '\0';
    return TC_OK;
}

/* a.b."c" appended to path. */
static tc_code read_key(toml *t, char *path) {
    for (;;) {
        size_t used = strlen(path);
        skip_blanks(t, false);
        if (used > PATH - 80) return wrong(t, "a key is too long");
        if (used) path[used++] = '.', path[used] = '\0';
        if (t->at < t->end && (*t->at == '"' || *t->at == '\'')) {
            tc_code code = read_string(t, path, PATH);
            if (code) return code;
        } else {
            size_t start = used;
            while (t->at < t->end && (isalnum((unsigned char)*t->at) || *t->at == '_' || *t->at == '-')
                   && used + 1 < PATH)
                path[used++] = *t->at++;
            path[used] = '\0';
            if (used == start) return wrong(t, "is no key; write name = value");
        }
        skip_blanks(t, false);
        if (t->at >= t->end || *t->at != '.') return TC_OK;
        t->at++;
    }
}

static tc_code read_pair(toml *t, const char *table);

/* One value as text, appended; tables go out as settings of their own. */
static tc_code read_value(toml *t, const char *path, char *out, bool *table) {
    size_t used = strlen(out);
    tc_code code = TC_OK;
    skip_blanks(t, false);
    if (t->at >= t->end) return wrong(t, "a value is missing");
    if (*t->at == '"' || *t->at == '\'') return read_string(t, out, VALUE);
    if (*t->at == '[' || *t->at == '{') {
        bool list = *t->at++ == '[';
        char close = list ? ']' : '}';
        if (++t->depth > DEEPEST) return wrong(t, "lists and tables lie too deep");
        if (!list) *table = true;
        for (bool first = true;; first = false) {
            skip_blanks(t, true);
            if (t->at >= t->end) return wrong(t, "a list or a table has no end");
            if (*t->at == close) break;
            if (!first && list && out[0] && strlen(out) + 2 < VALUE) strcat(out, " ");
            code = list ? read_value(t, path, out, table) : read_pair(t, path);
            if (code) return code;
            skip_blanks(t, true);
            if (t->at < t->end && *t->at == ',')
                t->at++;
            else if (t->at >= t->end || *t->at != close)
                return wrong(t, "a comma or the end of a list is missing");
        }
        t->at++;
        t->depth--;
        return TC_OK;
    }
    size_t start = used;
    while (t->at < t->end && !strchr(" \t\r\n,]}#", *t->at)) {
        if (*t->at != '_' && used + 1 < VALUE) out[used++] = *t->at;
        t->at++;
    }
    out[used] = '\0';
    return used == start ? wrong(t, "a value is missing") : TC_OK;
}

static tc_code read_pair(toml *t, const char *table) {
    char path[PATH], value[VALUE] = "";
    bool is_table = false;
    snprintf(path, sizeof path, "%s", table);
    tc_code code = read_key(t, path);
    if (code) return code;
    if (t->at >= t->end || *t->at != '=') return wrong(t, "is no setting; write name = value");
    t->at++;
    int line = t->line;
    code = read_value(t, path, value, &is_table);
    if (!code && !is_table) tc_settings_add(t->out, path, value, line, 0);
    return code;
}

tc_code tc_read_toml(const char *text, size_t length, tc_settings *out, tc_error *error) {
    toml t = {text, text + length, 1, 0, out, error};
    char table[PATH] = "";
    for (;;) {
        skip_blanks(&t, true);
        if (t.at >= t.end) return tc_settings_check(out, error);
        tc_code code;
        if (*t.at == '[') {
            bool twice = t.at + 1 < t.end && t.at[1] == '[';
            t.at += twice ? 2 : 1;
            table[0] = '\0';
            code = read_key(&t, table);
            if (code) return code;
            for (int i = 0; i < (twice ? 2 : 1); i++)
                if (t.at >= t.end || *t.at++ != ']') return wrong(&t, "is no table; write [name]");
        } else {
            code = read_pair(&t, table);
            if (code) return code;
        }
        skip_blanks(&t, false);
        if (t.at < t.end && *t.at != '\n') return wrong(&t, "more follows a value than a line has");
    }
}

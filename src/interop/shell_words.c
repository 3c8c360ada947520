/* shell_words.c - expansion of words as POSIX shells and bash do it (POSIX.1-2017, 2.6; bash manual, "Shell Parameter
 * Expansion"): quotes, $NAME, ${NAME:-word}, lists, $((...)). Commands, globs, substrings and positions are not run: they become a mark. */
#include "interop/shell_words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interop/calculate.h"

void tc_words_add(tc_shell *shell, tc_words *w, const char *text) {
    if (w->count == TC_SHELL_MOST_WORDS) {
        shell->too_large = true;
        return;
    }
    const char **grown = tc_arena_grow(&shell->settings->arena, w->word, w->count, &w->room, sizeof *grown);
    if (!grown) {
        shell->settings->no_memory = true;
        return;
    }
    w->word = grown;
    grown[w->count++] = text;
}

tc_variable *tc_shell_variable(tc_shell *shell, const char *name, size_t length) {
    for (tc_variable *v = shell->variables; v; v = v->next)
        if (strncmp(v->name, name, length) == 0 && !v->name[length]) return v;
    return NULL;
}

static const char *join(tc_shell *shell, const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    shell->bytes += n + m;
    if (shell->bytes > TC_SHELL_MOST_BYTES) {
        shell->too_large = true;
        return "";
    }
    char *text = tc_arena_alloc(&shell->settings->arena, n + m + 1);
    if (!text) {
        shell->settings->no_memory = true;
        return "";
    }
    memcpy(text, a, n);
    memcpy(text + n, b, m);
    return text;
}

void tc_shell_assign(tc_shell *shell, const char *name, size_t length, const tc_words *words, bool list, bool append) {
    tc_variable *v = tc_shell_variable(shell, name, length);
    if (!v) {
        v = tc_arena_alloc(&shell->settings->arena, sizeof *v);
        if (!v) {
            shell->settings->no_memory = true;
            return;
        }
        v->name = tc_settings_copy(shell->settings, name, length);
        v->next = shell->variables;
        shell->variables = v;
        append = false;
    }
    const char *text = words->count > 0 ? words->word[0] : "";
    if (append && !list && v->value.count > 0) {
        v->value.word[0] = join(shell, v->value.word[0], text);
        return;
    }
    if (!append) v->value = (tc_words){NULL, 0, 0};
    if (!list) tc_words_add(shell, &v->value, text);
    for (int i = 0; list && i < words->count; i++) tc_words_add(shell, &v->value, words->word[i]);
}

/* ---- where things end ------------------------------------------------------------------------- */

static const char *skip_double(const char *at, const char *end) {
    while (at < end && *at != '"') {
        if (*at == '\\' && at + 1 < end)
            at += 2;
        else if ((*at == '$' && at + 1 < end && (at[1] == '(' || at[1] == '{')) || *at == '`')
            at = tc_shell_skip(at, end);
        else
            at++;
    }
    return at < end ? at + 1 : end;
}

/* To the bracket that closes, brackets and quotes in between left out. Without recursion: depth is the text's own. */
static const char *skip_brackets(const char *at, const char *end, char open, char close) {
    int depth = 0;
    while (at < end) {
        char c = *at++;
        if (c == '\\' && at < end) {
            at++;
        } else if (c == '\'') {
            while (at < end && *at != '\'') at++;
            if (at < end) at++;
        } else if (c == '"') {
            while (at < end && *at != '"') at += *at == '\\' && at + 1 < end ? 2 : 1;
            if (at < end) at++;
        } else if (c == open) {
            depth++;
        } else if (c == close && --depth == 0) {
            return at;
        }
    }
    return end;
}

const char *tc_shell_skip(const char *at, const char *end) {
    if (at >= end) return end;
    if (*at == '\'') {
        const char *close = memchr(at + 1, '\'', (size_t)(end - at - 1));
        return close ? close + 1 : end;
    }
    if (*at == '"') return skip_double(at + 1, end);
    if (*at == '`') {
        const char *close = memchr(at + 1, '`', (size_t)(end - at - 1));
        return close ? close + 1 : end;
    }
    if (*at == '$' && at + 1 < end && at[1] == '(') return skip_brackets(at + 1, end, '(', ')');
    if (*at == '$' && at + 1 < end && at[1] == '{') return skip_brackets(at + 1, end, '{', '}');
    return at + 1;
}

/* ---- expansion ----------------------------------------------------------------------------------- */

/* Fields in the making. */
typedef struct maker {
    tc_shell *shell;
    tc_words *out;
    char *text;
    size_t used, room;
    bool started; /* a field has begun, be it empty */
    bool split;
} maker;

static void put(maker *m, const char *text, size_t length) {
    tc_shell *shell = m->shell;
    m->started = true;
    shell->bytes += length;
    if (shell->bytes > TC_SHELL_MOST_BYTES) shell->too_large = true;
    if (shell->too_large) return;
    if (m->used + length > m->room) {
        size_t room = 2 * (m->used + length) + 64;
        char *grown = realloc(m->text, room);
        if (!grown) {
            shell->settings->no_memory = true;
            return;
        }
        m->text = grown;
        m->room = room;
    }
    if (length) memcpy(m->text + m->used, text, length);
    m->used += length;
}

static void end_field(maker *m) {
    if (!m->started) return;
    tc_words_add(m->shell, m->out, tc_settings_copy(m->shell->settings, m->text ? m->text : "", m->used));
    m->used = 0;
    m->started = false;
}

/* A value that was put in: outside quotes it is split at blanks. */
static void put_value(maker *m, const char *value, bool quoted) {
    if (quoted || !m->split) {
        put(m, value, strlen(value));
        return;
    }
    while (*value) {
        size_t n = strcspn(value, " \t\n");
        if (n) put(m, value, n);
        value += n;
        if (*value) end_field(m);
        value += strspn(value, " \t\n");
    }
}

/* What only a run would tell, as it stands there. */
static void put_unknown(maker *m, const char *raw, size_t length) {
    char mark = TC_SETTING_UNKNOWN;
    put(m, &mark, 1);
    put(m, raw, length < 80 ? length : 80);
}

static void expand(maker *m, const char *raw, size_t length, bool quoted);

static bool variable_number(void *context, const char *name, size_t length, int64_t *out) {
    tc_shell *shell = context;
    const tc_variable *v = tc_shell_variable(shell, name, length);
    if (!v || v->value.count == 0 || shell->depth >= TC_SHELL_DEEPEST) return false;
    shell->depth++;
    bool known = tc_calculate(v->value.word[0], variable_number, shell, out);
    shell->depth--;
    return known;
}

/* $((...)) and $(expr ...), without their brackets. */
static bool put_arithmetic(maker *m, const char *raw, size_t length) {
    char number[32];
    int64_t value;
    const char *text = tc_shell_text(m->shell, raw, length);
    if (strchr(text, TC_SETTING_UNKNOWN) || !tc_calculate(text, variable_number, m->shell, &value)) return false;
    snprintf(number, sizeof number, "%lld", (long long)value);
    put(m, number, strlen(number));
    return true;
}

static void put_command(maker *m, const char *raw, size_t length) {
    bool done = false;
    if (length > 5 && raw[2] == '(' && raw[length - 2] == ')')
        done = put_arithmetic(m, raw + 3, length - 5);
    else if (length > 8 && strncmp(raw + 2, "expr ", 5) == 0)
        done = put_arithmetic(m, raw + 7, length - 8);
    if (!done) put_unknown(m, raw, length);
}

/* All words of a list: fields of their own. */
static void put_list(maker *m, const tc_words *w, bool quoted) {
    for (int i = 0; i < w->count && !m->shell->too_large; i++) {
        if (i > 0 && m->split) end_field(m);
        if (i > 0 && !m->split) put(m, " ", 1);
        put_value(m, w->word[i], quoted);
    }
}

/* The element of "[...]" after a list's name; 0: the first, -1: all, -2: unknown. */
static int element_of(maker *m, const char *index, size_t length) {
    if (length == 1 && (*index == '@' || *index == '*')) return -1;
    int64_t value;
    const char *text = tc_shell_text(m->shell, index, length);
    return tc_calculate(text, variable_number, m->shell, &value) && value >= 0 && value < TC_SHELL_MOST_WORDS
               ? (int)value
               : -2;
}

/* The text of a ${...}, braces apart. */
static void put_parameter(maker *m, const char *raw, size_t length, bool quoted) {
    const char *inner = raw + 2, *end = raw + length - 1;
    bool count = inner < end && *inner == '#' && end - inner > 1;
    if (count) inner++;
    const char *name = inner;
    while (inner < end && (isalnum((unsigned char)*inner) || *inner == '_')) inner++;
    size_t n = (size_t)(inner - name);
    int element = 0;
    if (inner < end && *inner == '[') {
        const char *close = memchr(inner, ']', (size_t)(end - inner));
        if (!close) close = end - 1;
        element = element_of(m, inner + 1, (size_t)(close - inner - 1));
        inner = close + 1;
    }
    bool positional = n > 0 && isdigit((unsigned char)*name);
    const tc_variable *v = n > 0 && !positional ? tc_shell_variable(m->shell, name, n) : NULL;
    bool set = v && (element < 0 || element < v->value.count);
    const char *value = set && element >= 0 && v->value.count > 0 ? v->value.word[element] : "";
    if (count && inner == end) {
        char number[24];
        snprintf(number, sizeof number, "%zu", element == -1 && set ? (size_t)v->value.count : strlen(value));
        if (set)
            put(m, number, strlen(number));
        else
            put_unknown(m, raw, length);
        return;
    }
    bool colon = inner < end && *inner == ':';
    if (colon) inner++;
    char op = inner < end ? *inner : '\0';
    bool empty = !set || (colon && element >= 0 && !*value);
    if (n == 0 || element == -2 || (op && !strchr("-=+?", op))) {
        put_unknown(m, raw, length);
    } else if (op == '+') {
        if (!empty) expand(m, inner + 1, (size_t)(end - inner - 1), quoted);
    } else if ((op == '-' || op == '=') && empty) {
        expand(m, inner + 1, (size_t)(end - inner - 1), quoted);
        if (op == '=') {
            const char *text = tc_shell_text(m->shell, inner + 1, (size_t)(end - inner - 1));
            tc_words one = {&text, 1, 1};
            tc_shell_assign(m->shell, name, n, &one, false, false);
        }
    } else if (!set) {
        put_unknown(m, raw, length);
    } else if (element == -1) {
        put_list(m, &v->value, quoted);
    } else {
        if (quoted) m->started = true;
        put_value(m, value, quoted);
    }
}

static size_t put_dollar(maker *m, const char *at, const char *end, bool quoted) {
    if (at + 1 >= end) {
        put(m, "$", 1);
        return 1;
    }
    if (at[1] == '(' || at[1] == '{') {
        size_t length = (size_t)(tc_shell_skip(at, end) - at);
        bool closed = at[length - 1] == (at[1] == '(' ? ')' : '}') && length > 2;
        if (!closed)
            put_unknown(m, at, length);
        else if (at[1] == '(')
            put_command(m, at, length);
        else
            put_parameter(m, at, length, quoted);
        return length;
    }
    if (at[1] == '#') {
        put(m, "0", 1);
        return 2;
    }
    if (at[1] == '@' || at[1] == '*') return 2; /* the script's own arguments: none */
    const char *name = at + 1;
    size_t n = 0;
    while (name + n < end && (isalnum((unsigned char)name[n]) || name[n] == '_')) n++;
    if (n > 0 && isdigit((unsigned char)*name)) n = 1;
    if (n == 0 && !strchr("?$!-", at[1])) {
        put(m, "$", 1);
        return 1;
    }
    const tc_variable *v = n ? tc_shell_variable(m->shell, name, n) : NULL;
    if (!v || v->value.count == 0) {
        if (v)
            m->started = m->started || quoted;
        else
            put_unknown(m, at, n ? n + 1 : 2);
        return n ? n + 1 : 2;
    }
    if (quoted) m->started = true;
    put_value(m, v->value.word[0], quoted);
    return n + 1;
}

static void expand_double(maker *m, const char *at, const char *end) {
    m->started = true;
    while (at < end && !m->shell->too_large) {
        if (*at == '\\' && at + 1 < end && strchr("$`\"\\\n", at[1])) {
            if (at[1] != '\n') put(m, at + 1, 1);
            at += 2;
        } else if (*at == '$') {
            at += put_dollar(m, at, end, true);
        } else if (*at == '`') {
            const char *close = tc_shell_skip(at, end);
            put_unknown(m, at, (size_t)(close - at));
            at = close;
        } else {
            put(m, at++, 1);
        }
    }
}

static void expand(maker *m, const char *at, size_t length, bool quoted) {
    const char *end = at + length;
    if (m->shell->depth >= TC_SHELL_DEEPEST) {
        m->shell->too_large = true;
        return;
    }
    m->shell->depth++;
    while (at < end && !m->shell->too_large) {
        const char *close = tc_shell_skip(at, end);
        if (*at == '\'' && !quoted) {
            m->started = true;
            put(m, at + 1, (size_t)(close - at - 1) - (close[-1] == '\'' && close > at + 1));
            at = close;
        } else if (*at == '"' && !quoted) {
            expand_double(m, at + 1, close[-1] == '"' && close > at + 1 ? close - 1 : close);
            at = close;
        } else if (*at == '\\' && at + 1 < end) {
            if (at[1] != '\n' && at[1] != '\r') put(m, at + 1, 1);
            at += 2;
        } else if (*at == '`') {
            put_unknown(m, at, (size_t)(close - at));
            at = close;
        } else if (*at == '$') {
            at += put_dollar(m, at, end, quoted);
        } else if (m->split && !quoted && (*at == ' ' || *at == '\t' || *at == '\n')) {
            end_field(m);
            at++;
        } else {
            put(m, at++, 1);
        }
    }
    m->shell->depth--;
}

void tc_shell_expand(tc_shell *shell, const char *raw, size_t length, bool split, tc_words *out) {
    maker m = {.shell = shell, .out = out, .split = split};
    if (!split) m.started = true;
    expand(&m, raw, length, false);
    end_field(&m);
    free(m.text);
}

const char *tc_shell_text(tc_shell *shell, const char *raw, size_t length) {
    tc_words one = {NULL, 0, 0};
    tc_shell_expand(shell, raw, length, false, &one);
    return one.count > 0 ? one.word[0] : "";
}

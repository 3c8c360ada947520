/* read_shell.c - a shell script, read and never run: assignments, conditions that its own variables decide, commands.
 *
 * What it does not follow: loops, functions' arguments, sourced files, the output of commands. */
#include "interop/read_shell.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "interop/calculate.h"
#include "interop/shell_words.h"

#define DEEPEST_BLOCK 64

typedef enum truth { NO, YES, UNKNOWN } truth;
typedef enum block_kind { BLOCK_IF, BLOCK_CASE, BLOCK_LOOP } block_kind;

typedef struct block {
    block_kind kind;
    bool active;    /* its commands count */
    bool taken;     /* a branch of it was */
    bool undecided; /* a condition is not known: no branch after it */
    bool asking;    /* its condition is being read */
    truth so_far;
    char link;           /* what joins the next part of the condition: 'a', 'o' or another */
    const char *subject; /* of a case */
    bool matched;        /* one of the patterns before "|" */
} block;

typedef struct reader {
    tc_shell shell;
    block block[DEEPEST_BLOCK];
    int blocks;
    int group;
    bool too_deep;
} reader;

/* A word as it is written. */
typedef struct raw {
    const char *at;
    size_t length;
    int line;
} raw;

#define MOST_RAW 4096
typedef struct command {
    raw word[MOST_RAW];
    int count;
    char end; /* what ended it: '\n', ';', '&' (and &&), '|', 'o' (||), 'a' (&&), ')', 0 */
} command;

static bool is_raw(const raw *r, const char *word) {
    return strlen(word) == r->length && memcmp(r->at, word, r->length) == 0;
}

static bool counts(const reader *r) {
    for (int i = 0; i < r->blocks; i++)
        if (!r->block[i].active || r->block[i].asking) return false;
    return true;
}

/* ---- words ------------------------------------------------------------------------------------------ */

static void skip_comment(tc_shell *s) {
    while (s->at < s->end && *s->at != '\n') s->at++;
}

static void count_lines(tc_shell *s, const char *from, const char *to) {
    for (; from < to; from++) s->line += *from == '\n';
}

/* The length of "NAME=" or "NAME+=" or "NAME[i]=" at the beginning; 0: it is no assignment. */
static size_t assignment(const char *at, const char *end) {
    const char *p = at;
    if (p < end && isdigit((unsigned char)*p)) return 0;
    while (p < end && (isalnum((unsigned char)*p) || *p == '_')) p++;
    if (p == at) return 0;
    if (p < end && *p == '+') p++;
    return p < end && *p == '=' ? (size_t)(p + 1 - at) : 0;
}

static raw next_word(tc_shell *s) {
    const char *start = s->at;
    int line = s->line;
    size_t head = assignment(s->at, s->end);
    if (head && s->at + head < s->end && s->at[head] == '(') { /* a list */
        const char *p = s->at + head + 1;
        while (p < s->end && *p != ')') {
            if (*p == '#' && isspace((unsigned char)p[-1])) {
                while (p < s->end && *p != '\n') p++;
            } else {
                p = *p == '\\' && p + 1 < s->end ? p + 2 : tc_shell_skip(p, s->end);
            }
        }
        s->at = p < s->end ? p + 1 : p;
    }
    while (s->at < s->end && !strchr(" \t\r\n;&|()<>", *s->at)) {
        if (*s->at == '\\' && s->at + 1 < s->end)
            s->at += 2;
        else
            s->at = tc_shell_skip(s->at, s->end);
    }
    count_lines(s, start, s->at);
    return (raw){start, (size_t)(s->at - start), line};
}

/* "<< 'EOF'" and its lines. */
static void skip_here_document(tc_shell *s) {
    char word[64] = "";
    bool dash = s->at < s->end && *s->at == '-';
    if (dash) s->at++;
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t')) s->at++;
    raw end = next_word(s);
    size_t n = 0;
    for (size_t i = 0; i < end.length && n + 1 < sizeof word; i++)
        if (!strchr("'\"\\", end.at[i])) word[n++] = end.at[i];
    if (n == 0) return;
    const char *line = memchr(s->at, '\n', (size_t)(s->end - s->at));
    while (line) {
        const char *text = line + 1, *next = memchr(text, '\n', (size_t)(s->end - text));
        const char *stop = next ? next : s->end;
        while (dash && text < stop && *text == '\t') text++;
        if ((size_t)(stop - text) == n && memcmp(text, word, n) == 0) { /* what is left of the command's line is lost */
            count_lines(s, s->at, stop);
            s->at = stop;
            return;
        }
        line = next;
    }
    count_lines(s, s->at, s->end);
    s->at = s->end;
}

/* "> file", "2>&1", "<<EOF". */
static void skip_redirection(tc_shell *s) {
    char c = *s->at++;
    if (c == '<' && s->end - s->at >= 2 && s->at[0] == '<' && s->at[1] == '<') {
        s->at += 2;
    } else if (c == '<' && s->at < s->end && *s->at == '<') {
        s->at++;
        skip_here_document(s);
        return;
    } else {
        while (s->at < s->end && strchr(">&|", *s->at)) s->at++;
    }
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t')) s->at++;
    if (s->at < s->end && *s->at == '(')
        s->at++; /* a process: its commands are read as others */
    else
        next_word(s);
}

/* Reads up to what ends a simple command. False: the text is at its end. */
static bool next_command(tc_shell *s, command *c) {
    c->count = 0;
    c->end = 0;
    while (s->at < s->end) {
        char now = *s->at;
        if (now == ' ' || now == '\t' || now == '\r') {
            s->at++;
        } else if (now == '\\' && s->at + 1 < s->end && (s->at[1] == '\n' || s->at[1] == '\r')) {
            s->at += s->at[1] == '\r' && s->at + 2 < s->end && s->at[2] == '\n' ? 3 : 2;
            s->line++;
        } else if (now == '#') {
            skip_comment(s);
        } else if (now == '<' || now == '>') {
            skip_redirection(s);
        } else if (strchr("\n;&|()", now)) {
            bool twice = s->at + 1 < s->end && s->at[1] == now;
            c->end = now == '&' && twice ? 'a' : now == '|' && twice ? 'o' : now == ';' && twice ? 'e' : now;
            s->at += twice && now != '\n' && now != '(' && now != ')' ? 2 : 1;
            s->line += now == '\n';
            return true;
        } else {
            raw word = next_word(s);
            if (word.length == 0) s->at++; /* nothing that starts a word */
            bool number
                = word.length == 1 && isdigit((unsigned char)*word.at) && s->at < s->end && strchr("<>", *s->at);
            if (word.length && !number && c->count < MOST_RAW) c->word[c->count++] = word;
        }
    }
    return c->count > 0;
}

/* ---- conditions ---------------------------------------------------------------------------------------- */

static truth compare(const char *a, const char *op, const char *b) {
    if (strchr(a, TC_SETTING_UNKNOWN) || strchr(b, TC_SETTING_UNKNOWN)) return UNKNOWN;
    if (strcmp(op, "=") == 0 || strcmp(op, "==") == 0) {
        if (strpbrk(b, "*?[")) return UNKNOWN;
        return strcmp(a, b) == 0;
    }
    if (strcmp(op, "!=") == 0) return strpbrk(b, "*?[") ? UNKNOWN : strcmp(a, b) != 0;
    int64_t x, y;
    if (!tc_calculate(a, NULL, NULL, &x) || !tc_calculate(b, NULL, NULL, &y)) return UNKNOWN;
    static const char *const operators[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
    const bool result[] = {x == y, x != y, x<y, x <= y, x> y, x >= y};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (strcmp(op, operators[i]) == 0) return result[i];
    return UNKNOWN;
}

/* "[ a = b ]", "[[ -n x ]]", "true"; a part of one between && and ||. */
static truth condition(reader *r, const command *c, int from) {
    tc_words w = {NULL, 0, 0};
    bool no = false;
    for (int i = from; i < c->count; i++) {
        const raw *word = &c->word[i];
        if (is_raw(word, "[") || is_raw(word, "[[") || is_raw(word, "]") || is_raw(word, "]]") || is_raw(word, "test"))
            continue;
        if (is_raw(word, "!"))
            no = !no;
        else
            tc_words_add(&r->shell, &w, tc_shell_text(&r->shell, word->at, word->length));
    }
    truth t = UNKNOWN;
    if (w.count == 1) {
        if (strcmp(w.word[0], "true") == 0) t = YES;
        if (strcmp(w.word[0], "false") == 0) t = NO;
    } else if (w.count == 2 && !strchr(w.word[1], TC_SETTING_UNKNOWN)) {
        if (strcmp(w.word[0], "-n") == 0) t = w.word[1][0] != '\0';
        if (strcmp(w.word[0], "-z") == 0) t = w.word[1][0] == '\0';
    } else if (w.count == 3) {
        t = compare(w.word[0], w.word[1], w.word[2]);
    }
    return t == UNKNOWN || !no ? t : t == YES ? NO : YES;
}

static truth joined(truth a, char link, truth b) {
    if (link == 'a') return a == NO || b == NO ? NO : a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
    if (link == 'o') return a == YES || b == YES ? YES : a == UNKNOWN || b == UNKNOWN ? UNKNOWN : NO;
    return b;
}

/* ---- blocks ------------------------------------------------------------------------------------------------ */

static block *innermost(reader *r, block_kind kind) {
    return r->blocks > 0 && r->block[r->blocks - 1].kind == kind ? &r->block[r->blocks - 1] : NULL;
}

static block *open_block(reader *r, block_kind kind) {
    if (r->blocks == DEEPEST_BLOCK) {
        r->too_deep = true;
        return NULL;
    }
    block *b = &r->block[r->blocks++];
    *b = (block){.kind = kind, .active = true};
    return b;
}

static void ask(reader *r, block *b, const command *c, int from) {
    b->so_far = condition(r, c, from);
    b->link = c->end;
}

static void end_question(reader *r, block *b, int line) {
    b->asking = false;
    b->active = !b->taken && !b->undecided && b->so_far == YES;
    if (b->so_far == YES) b->taken = true;
    if (b->so_far != UNKNOWN || b->undecided || b->taken) return;
    b->undecided = true;
    if (counts(r) || r->blocks == 1)
        tc_settings_note(r->shell.settings, "line %d: only a run decides this condition; its branches are left out",
                         line);
}

/* The patterns of a case, up to the bracket. */
static bool pattern_matches(reader *r, const block *b, const command *c) {
    for (int i = 0; i < c->count; i++) {
        const char *p = tc_shell_text(&r->shell, c->word[i].at, c->word[i].length);
        if (strcmp(p, "*") == 0 || strcmp(p, b->subject) == 0) return true;
    }
    return false;
}

static void do_command(reader *r, const command *c, int from);

/* Words that open, part and close blocks. False: the command begins with none. */
static bool do_keyword(reader *r, const command *c, int from) {
    const raw *first = &c->word[from];
    block *b;
    if (is_raw(first, "if")) {
        if (!(b = open_block(r, BLOCK_IF))) return true;
        b->asking = true;
        ask(r, b, c, from + 1);
    } else if (is_raw(first, "elif") && (b = innermost(r, BLOCK_IF))) {
        b->asking = true;
        ask(r, b, c, from + 1);
    } else if (is_raw(first, "then") && (b = innermost(r, BLOCK_IF))) {
        end_question(r, b, first->line);
        do_command(r, c, from + 1);
    } else if (is_raw(first, "else") && (b = innermost(r, BLOCK_IF))) {
        b->active = !b->taken && !b->undecided;
        b->taken = true;
        do_command(r, c, from + 1);
    } else if (is_raw(first, "fi") && innermost(r, BLOCK_IF)) {
        r->blocks--;
    } else if (is_raw(first, "for") || is_raw(first, "while") || is_raw(first, "until")) {
        if ((b = open_block(r, BLOCK_LOOP))) b->active = false;
        tc_settings_note(r->shell.settings, "line %d: a loop is left out", first->line);
    } else if (is_raw(first, "do") && innermost(r, BLOCK_LOOP)) {
        do_command(r, c, from + 1);
    } else if (is_raw(first, "done") && innermost(r, BLOCK_LOOP)) {
        r->blocks--;
    } else if (is_raw(first, "case") && c->count - from >= 2) {
        if (!(b = open_block(r, BLOCK_CASE))) return true;
        b->subject = tc_shell_text(&r->shell, c->word[from + 1].at, c->word[from + 1].length);
        b->active = false;
        b->undecided = strchr(b->subject, TC_SETTING_UNKNOWN) != NULL;
        if (b->undecided)
            tc_settings_note(r->shell.settings, "line %d: only a run decides this case; its branches are left out",
                             first->line);
        if (c->end == ')' && c->count - from > 3) { /* the first pattern on the same line */
            command pattern = {.count = 0};
            for (int i = from + 3; i < c->count; i++) pattern.word[pattern.count++] = c->word[i];
            b->active = !b->undecided && pattern_matches(r, b, &pattern);
            b->taken = b->active;
        }
    } else if (is_raw(first, "esac") && innermost(r, BLOCK_CASE)) {
        r->blocks--;
    } else {
        return false;
    }
    return true;
}

/* ---- commands ------------------------------------------------------------------------------------------------- */

static void assign(reader *r, const raw *word, size_t head) {
    const char *value = word->at + head, *end = word->at + word->length;
    size_t name = head - 1;
    bool append = word->at[name - 1] == '+';
    tc_words words = {NULL, 0, 0};
    if (append) name--;
    bool list = value < end && *value == '(' && end[-1] == ')';
    if (!list) {
        tc_shell_expand(&r->shell, value, (size_t)(end - value), false, &words);
        tc_shell_assign(&r->shell, word->at, name, &words, false, append);
        return;
    }
    tc_shell inner = r->shell;
    inner.at = value + 1;
    inner.end = end - 1;
    while (inner.at < inner.end) {
        if (strchr(" \t\r\n;&|()<>", *inner.at)) {
            inner.at++;
        } else if (*inner.at == '#') {
            skip_comment(&inner);
        } else if (*inner.at == '\\' && inner.at + 1 < inner.end && strchr("\r\n", inner.at[1])) {
            inner.at += 2;
        } else {
            const char *before = inner.at;
            while (inner.at < inner.end && !strchr(" \t\r\n", *inner.at))
                inner.at
                    = *inner.at == '\\' && inner.at + 1 < inner.end ? inner.at + 2 : tc_shell_skip(inner.at, inner.end);
            tc_shell_expand(&r->shell, before, (size_t)(inner.at - before), true, &words);
        }
    }
    tc_shell_assign(&r->shell, word->at, name, &words, true, append);
}

static bool is_option(const char *word) {
    return word[0] == '-' && (word[1] == '-' || isalpha((unsigned char)word[1]));
}

static bool is_program(const char *word) {
    size_t n = strlen(word);
    return n > 3 && strcmp(word + n - 3, ".py") == 0;
}

/* "++trainer.devices=8" */
static size_t override_length(const char *word) {
    size_t lead = strspn(word, "+~"), n = lead;
    if (!isalpha((unsigned char)word[n])) return 0;
    while (isalnum((unsigned char)word[n]) || word[n] == '_' || word[n] == '.' || word[n] == '-') n++;
    return word[n] == '=' ? n : 0;
}

static void add_named(reader *r, const char *word, size_t length, const char *value, int line) {
    const char *name = tc_settings_copy(r->shell.settings, word, length);
    tc_settings_add(r->shell.settings, name, value, line, r->group);
}

/* Words first to last as one value, blanks between them. */
static const char *joined_words(reader *r, const tc_words *w, int first, int last) {
    size_t bytes = 0, used = 0;
    if (last - first == 1) return w->word[first];
    for (int k = first; k < last; k++) bytes += strlen(w->word[k]) + 1;
    char *all = tc_arena_alloc(&r->shell.settings->arena, bytes + 1);
    if (!all) {
        r->shell.settings->no_memory = true;
        return "";
    }
    for (int k = first; k < last; k++) {
        if (k > first) all[used++] = ' ';
        memcpy(all + used, w->word[k], strlen(w->word[k]));
        used += strlen(w->word[k]);
    }
    return all;
}

/* The options of a command's words. */
static void add_options(reader *r, const tc_words *w, const int *line) {
    bool any = false;
    for (int i = 0; i < w->count; i++) any = any || is_option(w->word[i]) || override_length(w->word[i]);
    if (!any) return;
    r->group++;
    for (int i = 0; i < w->count;) {
        const char *word = w->word[i];
        size_t name = override_length(word);
        if (name) add_named(r, word + strspn(word, "+~"), name - strspn(word, "+~"), word + name + 1, line[i]);
        if (!is_option(word)) {
            i++;
            continue;
        }
        const char *equals = strchr(word, '=');
        int first = ++i;
        if (equals) {
            add_named(r, word, (size_t)(equals - word), equals + 1, line[i - 1]);
            continue;
        }
        while (i < w->count && !is_option(w->word[i]) && !is_program(w->word[i])
               && (i == first || !override_length(w->word[i])))
            i++;
        const char *value = i == first ? NULL : joined_words(r, w, first, i);
        add_named(r, word, strlen(word), value, line[first - 1]);
    }
}

static bool prints(const raw *word) { return is_raw(word, "echo") || is_raw(word, "printf"); }

static void run_simple(reader *r, const command *c, int from) {
    static const char *const declares[] = {"export", "local", "declare", "readonly", "typeset"};
    int i = from;
    bool declared = false;
    for (size_t k = 0; k < sizeof declares / sizeof declares[0]; k++)
        declared = declared || is_raw(&c->word[i], declares[k]);
    if (declared) i++;
    for (; i < c->count; i++) {
        size_t head = assignment(c->word[i].at, c->word[i].at + c->word[i].length);
        if (head)
            assign(r, &c->word[i], head);
        else if (!declared)
            break;
    }
    if (declared || i == c->count || prints(&c->word[i])) return;
    tc_words words = {NULL, 0, 0};
    int *line = NULL, lines = 0;
    for (; i < c->count && !r->shell.too_large; i++) {
        int before = words.count;
        tc_shell_expand(&r->shell, c->word[i].at, c->word[i].length, true, &words);
        int *grown = words.count > lines ? realloc(line, (size_t)words.count * sizeof *line) : line;
        if (!grown && words.count > 0) {
            r->shell.settings->no_memory = true;
            break;
        }
        line = grown;
        lines = words.count;
        for (int k = before; k < words.count; k++) line[k] = c->word[i].line;
    }
    if (!r->shell.settings->no_memory && !r->shell.too_large) add_options(r, &words, line);
    free(line);
}

static void do_command(reader *r, const command *c, int from) {
    while (from < c->count
           && (is_raw(&c->word[from], "{") || is_raw(&c->word[from], "}") || is_raw(&c->word[from], "!")
               || is_raw(&c->word[from], "time")))
        from++;
    if (from >= c->count || r->too_deep) return;
    if (do_keyword(r, c, from)) return;
    block *b = r->blocks > 0 ? &r->block[r->blocks - 1] : NULL;
    if (b && b->asking) {
        b->so_far = joined(b->so_far, b->link, condition(r, c, from));
        b->link = c->end;
    } else if (counts(r)) {
        run_simple(r, c, from);
    }
}

/* A command that ends with a bracket within a case: a pattern. */
static bool do_pattern(reader *r, const command *c) {
    block *b = innermost(r, BLOCK_CASE);
    if (!b || (c->end != ')' && c->end != '|') || b->active || (c->count > 0 && is_raw(&c->word[0], "case")))
        return false;
    bool matches = !b->undecided && !b->taken && (b->matched || pattern_matches(r, b, c));
    b->matched = matches && c->end == '|';
    if (c->end == '|') return true;
    b->active = matches;
    b->taken = b->taken || matches;
    return true;
}

/* "#SBATCH --nodes=4" */
static void read_directives(tc_settings *s, const char *text, size_t length) {
    static const char mark[] = "#SBATCH";
    int line = 1;
    for (const char *at = text, *end = text + length; at < end; line++) {
        const char *next = memchr(at, '\n', (size_t)(end - at)), *stop = next ? next : end;
        if ((size_t)(stop - at) > sizeof mark && memcmp(at, mark, sizeof mark - 1) == 0) {
            char name[64] = "", value[120] = "", key[80];
            int n = sscanf(at + sizeof mark - 1, " %60[^= \t\r\n]%*1[ =\t]%110[^ \t\r\n#]", name, value);
            snprintf(key, sizeof key, "sbatch:%s", name);
            if (n >= 1) tc_settings_add(s, key, n == 2 ? value : NULL, line, 0);
        }
        at = stop + 1;
    }
}

tc_code tc_read_shell(const char *text, size_t length, tc_settings *out, tc_error *error) {
    reader *r = calloc(1, sizeof *r);
    command *c = malloc(sizeof *c);
    if (!r || !c) {
        free(r);
        free(c);
        return tc_fail(error, TC_INTERNAL, out->file, "out of memory");
    }
    r->shell = (tc_shell){.settings = out, .at = text, .end = text + length, .line = 1};
    read_directives(out, text, length);
    while (next_command(&r->shell, c) && !r->shell.too_large && !r->too_deep && !out->no_memory) {
        if (!do_pattern(r, c)) do_command(r, c, 0);
        block *b = innermost(r, BLOCK_CASE);
        if (b && c->end == 'e') b->active = false;
    }
    bool too_large = r->shell.too_large || r->too_deep;
    free(r);
    free(c);
    if (too_large)
        return tc_fail(error, TC_INVALID, out->file, "its variables or blocks grow too large; give a plainer script");
    return tc_settings_check(out, error);
}

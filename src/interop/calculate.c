/* calculate.c - a recursive descent over the operators' levels. Nothing of it has an effect: no assignment, no ++. */
#include "interop/calculate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MOST 1000000000000000000LL
#define LARGEST 9e17
#define DEEPEST 60

typedef struct scan {
    const char *at;
    tc_name_value *name;
    void *context;
    int depth;
    bool failed;
} scan;

static int64_t conditional(scan *s);

static int64_t fail(scan *s) {
    s->failed = true;
    return 0;
}

static bool take(scan *s, const char *symbol) {
    while (isspace((unsigned char)*s->at)) s->at++;
    size_t n = strlen(symbol);
    if (strncmp(s->at, symbol, n) != 0) return false;
    char next = s->at[n];
    if (n == 1 && strchr("<>*&|", *symbol) && (next == *symbol || (strchr("<>", *symbol) && next == '='))) return false;
    if (n == 1 && *symbol == '!' && next == '=') return false;
    s->at += n;
    return true;
}

static int64_t times(scan *s, int64_t a, int64_t b) {
    double real = (double)a * (double)b;
    return real > LARGEST || real < -LARGEST ? fail(s) : a * b;
}

static int64_t number(scan *s) {
    char *end;
    long long value = strtoll(s->at, &end, 10);
    if (end == s->at || isalnum((unsigned char)*end) || *end == '_' || value > MOST) return fail(s);
    s->at = end;
    return value;
}

static int64_t primary(scan *s) {
    int64_t value = 0;
    if (++s->depth > DEEPEST) return fail(s);
    if (take(s, "(")) {
        value = conditional(s);
        if (!take(s, ")")) fail(s);
    } else if (take(s, "-")) {
        value = -primary(s);
    } else if (take(s, "+")) {
        value = primary(s);
    } else if (take(s, "!")) {
        value = !primary(s);
    } else if (isdigit((unsigned char)*s->at)) {
        value = number(s);
    } else {
        size_t n = 0;
        while (isalnum((unsigned char)s->at[n]) || s->at[n] == '_') n++;
        if (n == 0 || !s->name || !s->name(s->context, s->at, n, &value)) return fail(s);
        s->at += n;
        if (value > MOST || value < -MOST) return fail(s);
    }
    s->depth--;
    return value;
}

static int64_t power(scan *s) {
    int64_t base = primary(s), value = 1;
    if (!take(s, "**")) return base;
    int64_t exponent = primary(s);
    if (exponent < 0 || exponent > 62) return fail(s);
    for (int64_t i = 0; i < exponent && !s->failed; i++) value = times(s, value, base);
    return value;
}

static int64_t product(scan *s) {
    int64_t value = power(s);
    while (!s->failed) {
        if (take(s, "*")) {
            value = times(s, value, power(s));
        } else if (take(s, "/")) {
            int64_t by = power(s);
            value = by ? value / by : fail(s);
        } else if (take(s, "%")) {
            int64_t by = power(s);
            value = by ? value % by : fail(s);
        } else {
            break;
        }
    }
    return value;
}

static int64_t sum(scan *s) {
    int64_t value = product(s);
    while (!s->failed) {
        if (take(s, "+"))
            value += product(s);
        else if (take(s, "-"))
            value -= product(s);
        else
            break;
        if (value > MOST || value < -MOST) return fail(s);
    }
    return value;
}

static int64_t compared(scan *s) {
    int64_t value = sum(s);
    while (!s->failed) {
        if (take(s, "=="))
            value = value == sum(s);
        else if (take(s, "!="))
            value = value != sum(s);
        else if (take(s, "<="))
            value = value <= sum(s);
        else if (take(s, ">="))
            value = value >= sum(s);
        else if (take(s, "<"))
            value = value < sum(s);
        else if (take(s, ">"))
            value = value > sum(s);
        else
            break;
    }
    return value;
}

static int64_t both(scan *s) {
    int64_t value = compared(s);
    while (!s->failed && take(s, "&&")) {
        int64_t other = compared(s);
        value = value && other;
    }
    return value;
}

static int64_t either(scan *s) {
    int64_t value = both(s);
    while (!s->failed && take(s, "||")) {
        int64_t other = both(s);
        value = value || other;
    }
    return value;
}

static int64_t conditional(scan *s) {
    if (++s->depth > DEEPEST) return fail(s);
    int64_t value = either(s);
    if (!s->failed && take(s, "?")) {
        int64_t yes = conditional(s);
        int64_t no = take(s, ":") ? conditional(s) : fail(s);
        value = value ? yes : no;
    }
    s->depth--;
    return value;
}

bool tc_calculate(const char *text, tc_name_value *name, void *context, int64_t *out) {
    scan s = {.at = text, .name = name, .context = context};
    int64_t value = conditional(&s);
    while (isspace((unsigned char)*s.at)) s.at++;
    if (s.failed || *s.at) return false;
    *out = value;
    return true;
}

/* members.c - walks the table of a struct's members. */
#include "base/members.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"

static int64_t integer_at(const tc_member *m, const char *at) {
    int64_t wide;
    int32_t narrow;
    if (m->kind == TC_MEMBER_WIDE) memcpy(&wide, at, sizeof wide);
    if (m->kind == TC_MEMBER_WIDE) return wide;
    memcpy(&narrow, at, sizeof narrow);
    return narrow;
}

static double figure_at(const char *at) {
    double value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* One element of the member, which is no struct. */
static inline bool fits(const tc_member *m, const char *at) {
    double value;
    switch (m->kind) {
    case TC_MEMBER_INTEGER:
    case TC_MEMBER_WIDE: value = (double)integer_at(m, at); return value >= m->floor && value <= m->upper;
    case TC_MEMBER_FIGURE:
        value = figure_at(at);
        return (value >= m->lower && value <= m->upper) || (m->unset && value == TC_UNSET);
    case TC_MEMBER_SWITCH: return *(const unsigned char *)at <= 1;
    case TC_MEMBER_TEXT: return at[m->size - 1] == '\0' || memchr(at, '\0', m->size); /* most are zero to their end */
    default: return true;
    }
}

static const char *number_text(double value, char *text, size_t size) {
    if (isnan(value)) return "NaN";
    if (isinf(value)) return value > 0 ? "infinity" : "-infinity";
    tc_format_number(value, 6, text, size);
    return text;
}

static tc_code complain(const tc_member *m, const char *at, tc_error *error) {
    char value[48], low[48], high[48];
    bool unset = m->unset || (m->kind != TC_MEMBER_FIGURE && m->floor < m->lower);
    const char *or_unset = unset ? ", or TC_UNSET" : "";
    switch (m->kind) {
    case TC_MEMBER_INTEGER:
    case TC_MEMBER_WIDE:
        return tc_fail(error, TC_INVALID, m->name, "%lld%s%s; %lld to %lld%s", (long long)integer_at(m, at),
                       m->noun ? " is no " : " is out of bounds", m->noun ? m->noun : "", (long long)m->lower,
                       (long long)m->upper, or_unset);
    case TC_MEMBER_FIGURE:
        return tc_fail(error, TC_INVALID, m->name, "%s is out of bounds; %s to %s%s",
                       number_text(figure_at(at), value, sizeof value), number_text(m->lower, low, sizeof low),
                       number_text(m->upper, high, sizeof high), or_unset);
    case TC_MEMBER_SWITCH:
        return tc_fail(error, TC_INVALID, m->name, "the byte %u is neither false nor true; 0 or 1",
                       (unsigned)*(const unsigned char *)at);
    default:
        return tc_fail(error, TC_INVALID, m->name, "the text does not end in its %u bytes; end it with NUL",
                       (unsigned)m->size);
    }
}

/* "NAME." or "NAME[INDEX]." before the place of an error inside. */
static void put_before(tc_error *error, const char *name, int index) {
    char inside[160], at[16] = "";
    snprintf(inside, sizeof inside, "%.159s", error->place);
    if (index >= 0) snprintf(at, sizeof at, "[%d]", index);
    snprintf(error->place, sizeof error->place, "%.100s%s%s%s", name, at, inside[0] ? "." : "", inside);
}

/* Elements of the member that are in use; their count has its own row, before this one. */
static int elements(const tc_member *m, const char *value) {
    int used;
    if (m->used == TC_ALL) return m->count;
    memcpy(&used, value + m->used, sizeof used);
    return used;
}

static bool size_is(const tc_members *table, const tc_member *m, const char *value, size_t *size) {
    memcpy(size, value + m->offset, sizeof *size);
    return *size == table->size;
}

/* The first element of the member, and their size; NULL: a pointer to none. */
static const char *first_of(const tc_member *m, const char *value, size_t *size) {
    const char *at = value + m->offset;
    *size = m->size;
    if (m->kind != TC_MEMBER_ARRAY) return at;
    memcpy(&at, value + m->offset, sizeof at);
    *size = m->of->size;
    return at;
}

static bool sound(const tc_members *table, const char *value);

static bool sound_structs(const tc_member *m, const char *value) {
    size_t size;
    const char *at = first_of(m, value, &size);
    for (int i = 0, n = elements(m, value); i < n; i++, at += size)
        if (!at || !sound(m->of, at)) return false;
    return true;
}

/* Every forecast asks this, so that it is a short loop; why not is for the other walk to say. */
static bool sound(const tc_members *table, const char *value) {
    for (const tc_member *m = table->member, *end = m + table->count; m < end; m++) {
        const char *at = value + m->offset;
        size_t size;
        switch (m->kind) {
        case TC_MEMBER_FIGURE:
            for (int i = 0; i < m->count; i++)
                if (!fits(m, at + sizeof(double) * (size_t)i)) return false;
            break;
        case TC_MEMBER_STRUCT:
        case TC_MEMBER_ARRAY:
            if (!sound_structs(m, value)) return false;
            break;
        case TC_MEMBER_SIZE:
            if (!size_is(table, m, value, &size)) return false;
            break;
        default:
            if (!fits(m, at)) return false;
        }
    }
    return !table->rules || table->rules(value, NULL) == TC_OK;
}

static tc_code check(const tc_members *table, const char *value, tc_error *error);

static tc_code check_member(const tc_member *m, const char *value, tc_error *error) {
    size_t size;
    const char *at = first_of(m, value, &size);
    for (int i = 0, n = elements(m, value); i < n; i++, at += size) {
        tc_code code = TC_OK;
        if (!at) return tc_fail(error, TC_INVALID, m->name, "is NULL, where %d are counted; an array of so many", n);
        if (m->kind == TC_MEMBER_STRUCT || m->kind == TC_MEMBER_ARRAY) {
            code = check(m->of, at, error);
            if (code) put_before(error, m->name, m->count > 1 || m->kind == TC_MEMBER_ARRAY ? i : -1);
        } else if (!fits(m, at)) {
            code = complain(m, at, error);
            if (m->count > 1) error->place[0] = '\0', put_before(error, m->name, i);
        }
        if (code) return code;
    }
    return TC_OK;
}

static tc_code check(const tc_members *table, const char *value, tc_error *error) {
    for (int i = 0; i < table->count; i++) {
        const tc_member *m = &table->member[i];
        size_t size;
        if (m->kind == TC_MEMBER_SIZE && !size_is(table, m, value, &size))
            return tc_fail(error, TC_INVALID, "", "its size is %zu, not %zu; start from %s of this library's header",
                           size, table->size, table->start);
        tc_code code = check_member(m, value, error);
        if (code) return code;
    }
    return table->rules ? table->rules(value, error) : TC_OK;
}

tc_code tc_members_check(const tc_members *table, const void *value, const char *place, tc_error *error) {
    if (sound(table, value)) return TC_OK;
    if (!error) return TC_INVALID;
    tc_code code = check(table, value, error);
    put_before(error, place, -1);
    return code;
}

static bool alike(const tc_member *m, const char *a, const char *b) {
    size_t size;
    const char *x = first_of(m, a, &size), *y = first_of(m, b, &size);
    int n = elements(m, a);
    if (m->kind == TC_MEMBER_POINTER) return true;
    if (m->kind == TC_MEMBER_TEXT) return strncmp(x, y, m->size) == 0;
    if (n != elements(m, b)) return false;
    for (int i = 0; i < n; i++, x += size, y += size) {
        bool same = m->of ? tc_members_alike(m->of, x, y) : memcmp(x, y, size) == 0;
        if (!same) return false;
    }
    return true;
}

bool tc_members_alike(const tc_members *table, const void *a, const void *b) {
    for (int i = 0; i < table->count; i++)
        if (!alike(&table->member[i], a, b)) return false;
    return true;
}

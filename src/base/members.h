/* members.h - the members of a public struct as a table: what each may be, so that no caller's struct is believed.
 *
 * A struct of the C interface has one table of its members; tc_members_check() walks it, and the structs inside it, and names the
 * first member that is out of its bounds: an enumeration beyond its words, a count beyond its array, a degree that would
 * overflow, a figure that is negative, infinite or no number, a text that does not end, a `size` of another version.
 * Bounds only keep the arithmetic defined; what is legal of a layout is said elsewhere (layout/legal.h). What several
 * members must be together is a table's `rules`. Adding a member to a public struct is a row here: a test looks for gaps. */
#ifndef TC_BASE_MEMBERS_H
#define TC_BASE_MEMBERS_H

#include "traincast.h"

typedef enum tc_member_kind {
    TC_MEMBER_SIZE,    /* size_t: that of the struct */
    TC_MEMBER_INTEGER, /* int or an enumeration: lower to upper */
    TC_MEMBER_WIDE,    /* int64_t: the same */
    TC_MEMBER_FIGURE,  /* double: lower to upper, never NaN */
    TC_MEMBER_SWITCH,  /* bool: its byte is 0 or 1 */
    TC_MEMBER_TEXT,    /* char[], which ends in it */
    TC_MEMBER_STRUCT,  /* by a table of its own */
    TC_MEMBER_ARRAY,   /* pointer to an array of structs by a table of their own, counted by `used` */
    TC_MEMBER_POINTER  /* what it points to is the caller's word */
} tc_member_kind;

struct tc_members;

typedef struct tc_member {
    const char *name;
    const char *noun; /* INTEGER: "99 is no format"; NULL: out of bounds */
    const struct tc_members *of;
    double lower, upper;
    double floor; /* INTEGER: at least that; what is below `lower` is TC_UNSET, or refused later by an option's name */
    uint32_t offset, size; /* size: of one element */
    uint32_t used;         /* offset of the int that counts the elements in use; TC_ALL: the whole array */
    uint16_t count;        /* elements of an array; else 1 */
    uint8_t kind;          /* tc_member_kind */
    bool unset;            /* FIGURE: TC_UNSET too */
    bool needed;           /* INTEGER: not 0 where its struct is in use, as the rules of the struct around say */
} tc_member;

typedef struct tc_members {
    const char *start; /* the function that makes such a struct */
    const tc_member *member;
    int count;
    size_t size;
    /* What members must be together; the place is that of the member, below the struct. NULL: nothing. */
    tc_code (*rules)(const void *value, tc_error *error);
} tc_members;

/* Checks the struct at value, which messages call `place`. */
TC_NODISCARD tc_code tc_members_check(const tc_members *table, const void *value, const char *place, tc_error *error);

/* Whether every member is the same in both, arrays up to their counts; what a POINTER points to is not looked at. */
bool tc_members_alike(const tc_members *table, const void *a, const void *b);

#define TC_ALL UINT32_MAX
#define TC_MOST_FIGURE 1e30     /* no physical quantity in SI is near it, and products of a few do not overflow */
#define TC_MOST_DEGREE 10000000 /* devices, degrees, widths of a model */
#define TC_MOST_TOKENS 1000000000
#define TC_MOST_YEAR 9999

/* Rows. `type` is the struct; arrays[]: all elements alike. */
#define TC_MEMBER_AT(type, member_)                                                                                    \
    .name = #member_, .offset = offsetof(type, member_), .size = sizeof(((type *)0)->member_), .count = 1,             \
    .used = TC_ALL
#define TC_ARRAY_AT(type, member_, used_)                                                                              \
    .name = #member_, .offset = offsetof(type, member_), .size = sizeof(((type *)0)->member_[0]),                      \
    .count = (uint16_t)(sizeof(((type *)0)->member_) / sizeof(((type *)0)->member_[0])), .used = used_
#define TC_SIZE(type)                                                                                                  \
    { TC_MEMBER_AT(type, size), .kind = TC_MEMBER_SIZE }
#define TC_INTEGER_FROM(type, member_, floor_, low, high)                                                              \
    TC_MEMBER_AT(type, member_),                                                                                       \
        .kind = sizeof(((type *)0)->member_) == sizeof(int64_t) ? TC_MEMBER_WIDE : TC_MEMBER_INTEGER, .floor = floor_, \
        .lower = low, .upper = high
#define TC_INTEGER(type, member_, low, high)                                                                           \
    { TC_INTEGER_FROM(type, member_, low, low, high) }
#define TC_INTEGER_NEEDED(type, member_, high)                                                                         \
    { TC_INTEGER_FROM(type, member_, 0, 0, high), .needed = true }
#define TC_INTEGER_OR_UNSET(type, member_, low, high)                                                                  \
    { TC_INTEGER_FROM(type, member_, TC_UNSET, low, high) }
/* An enumeration: 0 to last. */
#define TC_WORD(type, member_, last, noun_)                                                                            \
    { TC_INTEGER_FROM(type, member_, 0, 0, last), .noun = noun_ }
#define TC_WORD_OR_UNSET(type, member_, last, noun_)                                                                   \
    { TC_INTEGER_FROM(type, member_, TC_UNSET, 0, last), .noun = noun_ }
#define TC_FIGURE_IN(type, member_, low, high)                                                                         \
    { TC_MEMBER_AT(type, member_), .kind = TC_MEMBER_FIGURE, .lower = low, .upper = high }
#define TC_FIGURE(type, member_) TC_FIGURE_IN(type, member_, 0, TC_MOST_FIGURE)
#define TC_FIGURE_OR_UNSET(type, member_)                                                                              \
    { TC_MEMBER_AT(type, member_), .kind = TC_MEMBER_FIGURE, .upper = TC_MOST_FIGURE, .unset = true }
#define TC_FIGURES(type, member_)                                                                                      \
    { TC_ARRAY_AT(type, member_, TC_ALL), .kind = TC_MEMBER_FIGURE, .upper = TC_MOST_FIGURE }
#define TC_SWITCH(type, member_)                                                                                       \
    { TC_MEMBER_AT(type, member_), .kind = TC_MEMBER_SWITCH }
#define TC_TEXT(type, member_)                                                                                         \
    { TC_MEMBER_AT(type, member_), .kind = TC_MEMBER_TEXT }
#define TC_POINTER(type, member_)                                                                                      \
    { TC_MEMBER_AT(type, member_), .kind = TC_MEMBER_POINTER }
#define TC_STRUCT(type, member_, table)                                                                                \
    { TC_MEMBER_AT(type, member_), .kind = TC_MEMBER_STRUCT, .of = &(table) }
/* An array of structs, of which the member `counted` says how many are in use. */
#define TC_STRUCTS(type, member_, counted, table)                                                                      \
    { TC_ARRAY_AT(type, member_, offsetof(type, counted)), .kind = TC_MEMBER_STRUCT, .of = &(table) }
/* A pointer to such an array. */
#define TC_ROW_ARRAY(type, member_, counted, table)                                                                    \
    {                                                                                                                  \
        .name = #member_, .offset = offsetof(type, member_), .size = sizeof(((type *)0)->member_), .count = 1,         \
        .used = offsetof(type, counted), .kind = TC_MEMBER_ARRAY, .of = &(table)                                       \
    }
#define TC_ALL_STRUCTS(type, member_, table)                                                                           \
    { TC_ARRAY_AT(type, member_, TC_ALL), .kind = TC_MEMBER_STRUCT, .of = &(table) }
#define TC_MEMBERS(type, rows, start_, rules_)                                                                         \
    {                                                                                                                  \
        .start = start_, .member = rows, .count = (int)(sizeof(rows) / sizeof(rows)[0]), .size = sizeof(type),         \
        .rules = rules_                                                                                                \
    }

#endif

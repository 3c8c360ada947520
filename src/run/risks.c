/* risks.c - reads data/calendar.yaml; what is certain. */
#include "run/risks.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

typedef struct risks_file {
    char slug[32], name[96];
    tc_risks risks;
} risks_file;

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    {.path = "slug", .type = TC_FIELD_STRING, .offset = offsetof(risks_file, slug), .size = 32},
    {.path = "name", .type = TC_FIELD_STRING, .offset = offsetof(risks_file, name), .size = 96},
    {.path = "controlled.makers", .type = TC_FIELD_TEXTS, .offset = TC_NOT_STORED},
    {.path = "controlled.regions", .type = TC_FIELD_TEXTS, .offset = TC_NOT_STORED},
#define NUMBER(key, unit, member, low, high)                                                                           \
    TC_RISK_FIELD(NUMBER, "risks.", key, unit, TC_NEED_ALWAYS, true, risks_file, member, low, high)
#define SPREAD(key, unit, member, low, high)                                                                           \
    TC_RISK_FIELD(SPREAD, "risks.", key, unit, TC_NEED_ALWAYS, true, risks_file, member, low, high)
#include "run/risks.def"
#undef NUMBER
#undef SPREAD
};
static const tc_schema schema = {"calendar", fields, sizeof fields / sizeof *fields};

tc_code tc_risks_read(const tc_document *document, tc_risks *out, tc_error *error) {
    risks_file file = {.risks = {.size = sizeof(tc_risks)}};
    tc_code code = tc_schema_read(&schema, document, &file, error);
    if (code == TC_OK) *out = file.risks;
    return code;
}

tc_risks tc_risks_unknown(void) {
    tc_risks out = {.size = sizeof out};
#define NUMBER(key, unit, member, low, high) out.member = NAN;
#define SPREAD(key, unit, member, low, high) out.member = (tc_spread){NAN, NAN, NAN};
#include "run/risks.def"
#undef NUMBER
#undef SPREAD
    return out;
}

void tc_risks_fill(tc_risks *to, const tc_risks *from) {
#define NUMBER(key, unit, member, low, high)                                                                           \
    if (isnan(to->member)) to->member = from->member;
#define SPREAD(key, unit, member, low, high)                                                                           \
    if (isnan(to->member.mid)) to->member = from->member;
#include "run/risks.def"
#undef NUMBER
#undef SPREAD
}

tc_risks tc_risks_none(void) {
    const tc_spread none = {0, 0, 0}, all = {1, 1, 1};
    return (tc_risks){.size = sizeof(tc_risks),
                      .on_time = 1,
                      .slip = none,
                      .partial = none,
                      .pace = 1,
                      .pace_shape = __builtin_inf(),
                      .lot = 1,
                      .memory_of_pace = 1,
                      .new_platform_works = 1,
                      .operations = all,
                      .memory_of_weeks = 6,
                      .disruptions_every_s = __builtin_inf(),
                      .rollbacks_every_s = __builtin_inf(),
                      .failures_shape = __builtin_inf(),
                      .early_failures = 1};
}

static bool is_in(const tc_node *list, const char *text) {
    for (const tc_node *child = list ? list->first : NULL; child; child = child->next)
        if (child->kind == TC_NODE_SCALAR && strcmp(child->text, text) == 0) return true;
    return false;
}

bool tc_risks_controlled(const tc_document *document, const char *maker, const char *region) {
    const tc_node *controlled = tc_node_get(document->root, "controlled");
    return is_in(tc_node_get(controlled, "makers"), maker) && is_in(tc_node_get(controlled, "regions"), region);
}

/* ---- members ------------------------------------------------------------------------------- */

static const tc_member spread[] = {
    TC_FIGURE_IN(tc_spread, low, -TC_MOST_FIGURE, TC_MOST_FIGURE),
    TC_FIGURE_IN(tc_spread, mid, -TC_MOST_FIGURE, TC_MOST_FIGURE),
    TC_FIGURE_IN(tc_spread, high, -TC_MOST_FIGURE, TC_MOST_FIGURE),
};

static tc_code check_spread(const void *value, tc_error *error) {
    const tc_spread *s = value;
    if (s->low <= s->mid && s->mid <= s->high) return TC_OK;
    return tc_fail(error, TC_INVALID, "mid", "is not between low and high; p10, p50 and p90 in order");
}

const tc_members tc_spread_members = TC_MEMBERS(tc_spread, spread, NULL, check_spread);

static const tc_member risks[] = {
    TC_SIZE(tc_risks),
#define NUMBER(key, unit, member_, low, high)                                                                          \
    {TC_MEMBER_AT(tc_risks, member_), .kind = TC_MEMBER_FIGURE, .lower = low, .upper = __builtin_inf()},
#define SPREAD(key, unit, member, low, high) TC_STRUCT(tc_risks, member, tc_spread_members),
#include "run/risks.def"
#undef NUMBER
#undef SPREAD
};

const tc_members tc_risks_members = TC_MEMBERS(tc_risks, risks, "tc_risks_load()", NULL);

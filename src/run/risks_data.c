/* risks_data.c - reads data/calendar.yaml by its schema; risks that somebody gave in part. */
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
    TC_PATH_TEXT("slug", risks_file, slug),
    TC_PATH_TEXT("name", risks_file, name),
    TC_PATH_CHECKED("controlled.makers", TEXTS),
    TC_PATH_CHECKED("controlled.regions", TEXTS),
#define NUMBER(key, unit, member, low, high)                                                                           \
    TC_RISK_FIELD(NUMBER, "risks.", key, unit, TC_NEED_ALWAYS, true, risks_file, member, low, high)
#define SPREAD(key, unit, member, low, high)                                                                           \
    TC_RISK_FIELD(SPREAD, "risks.", key, unit, TC_NEED_ALWAYS, true, risks_file, member, low, high)
#include "run/risks.def"
#undef NUMBER
#undef SPREAD
};
static const tc_schema schema = TC_SCHEMA("calendar", fields);

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

static bool is_in(const tc_node *list, const char *text) {
    for (const tc_node *child = list ? list->first : NULL; child; child = child->next)
        if (child->kind == TC_NODE_SCALAR && strcmp(child->text, text) == 0) return true;
    return false;
}

bool tc_risks_controlled(const tc_document *document, const char *maker, const char *region) {
    const tc_node *controlled = tc_node_get(document->root, "controlled");
    return is_in(tc_node_get(controlled, "makers"), maker) && is_in(tc_node_get(controlled, "regions"), region);
}

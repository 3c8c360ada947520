/* risks.h - the rows of tc_risks for the schemas that read them, and the reading of calendar.yaml. */
#ifndef TC_RUN_RISKS_H
#define TC_RUN_RISKS_H

#include "catalog/schema.h"
#include "run/members.h"

/* A row of a schema: a risk at `prefix`key of the member `risks` of `owner`. need: TC_NEED_... */
#define TC_RISK_FIELD(kind, prefix, key, unit, needed, is_sourced, owner, member, low, high)                           \
    TC_PATH_IN(prefix key, kind, owner, risks.member, low, high, .dimension = unit, .need = needed, .plain_si = true,  \
               .sourced = is_sourced, .own_figure = !(is_sourced)),

/* Every figure unknown (NaN); and those that are, taken from another. */
tc_risks tc_risks_unknown(void);
void tc_risks_fill(tc_risks *to, const tc_risks *from);

TC_NODISCARD tc_code tc_risks_read(const tc_document *document, tc_risks *out, tc_error *error);

/* Does a chip of the maker cross an export control on its way to the region? By calendar.yaml. */
bool tc_risks_controlled(const tc_document *calendar, const char *maker, const char *region);

#endif

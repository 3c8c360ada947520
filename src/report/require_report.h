/* require_report.h - what a chip must be to take a time, as a page for a person and as JSON. */
#ifndef TC_REPORT_REQUIRE_REPORT_H
#define TC_REPORT_REQUIRE_REPORT_H

#include "report/table.h"
#include "report/writer.h"
#include "traincast.h"

/* A requirement with what it was asked of. */
typedef struct tc_required_answer {
    tc_question question;
    const tc_question *like; /* whose step is the target; NULL: a time was given */
    tc_require require;
    double price_usd, price_at_target_usd; /* NaN: not known */
    bool prices;                           /* there is something to compare with */
} tc_required_answer;

void tc_report_require(tc_target *target, const tc_required_answer *answer);
/* False if memory ran out. */
bool tc_report_require_text(FILE *file, const tc_style *style, const tc_required_answer *answer);

#endif

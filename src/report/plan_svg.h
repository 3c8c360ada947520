/* plan_svg.h - the pictures of a plan, each a file that stands alone. */
#ifndef TC_REPORT_PLAN_SVG_H
#define TC_REPORT_PLAN_SVG_H

#include <stdio.h>

#include "traincast_plan.h"

typedef enum tc_plan_picture {
    TC_PICTURE_CALENDAR,
    TC_PICTURE_S_CURVE,
    TC_PICTURE_DEVICES,
    TC_PICTURE_DRIVERS,
    TC_PICTURE_MONEY,
    TC_PICTURE_FLEET,
    TC_PICTURE_TOKENS,
    TC_PICTURES
} tc_plan_picture;

/* The name of its file, and what it shows. */
const char *tc_plan_picture_file(tc_plan_picture picture);
const char *tc_plan_picture_words(tc_plan_picture picture);

/* Why there is no such picture of this plan; NULL: there is. */
const char *tc_plan_picture_missing(const tc_plan *plan, tc_plan_picture picture);

/* The picture, which must not be missing. Write errors stay in the stream. */
void tc_draw_plan_picture(FILE *file, const tc_plan *plan, tc_plan_picture picture);

/* Every picture that is not missing, into a folder that is there. What cannot be written is an error whose place is the file. */
TC_NODISCARD tc_code tc_report_plan_svg(const tc_plan *plan, const char *directory, tc_error *error);

#endif

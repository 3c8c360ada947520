/* members.c - the members of the input of a requirement. */
#include "require/members.h"

#include "base/error.h"
#include "search/members.h"
#include "traincast.h"

static const tc_member require[] = {
    TC_SIZE(tc_require_input),
    TC_STRUCT(tc_require_input, search, tc_search_input_members),
    TC_FIGURE_IN(tc_require_input, target_s, 0, 1e12),
    TC_FIGURE(tc_require_input, most_tpp),
    TC_FIGURE(tc_require_input, most_pd),
    TC_FIGURE(tc_require_input, most_power_w),
    TC_FIGURE(tc_require_input, most_area_mm2),
    TC_POINTER(tc_require_input, controls),
};

static tc_code check_require(const void *value, tc_error *error) {
    const tc_require_input *in = value;
    if (!(in->target_s > 0)) return tc_fail(error, TC_INVALID, "target_s", "0; give seconds a step, above 0");
    if ((in->most_tpp > 0 || in->most_pd > 0) && !in->controls)
        return tc_fail(error, TC_INVALID, "controls", "is NULL; limits of TPP and its density need them");
    if (in->search.dtypes)
        return tc_fail(error, TC_INVALID, "search.dtypes", "is a set; a requirement is of one format");
    return TC_OK;
}

const tc_members tc_require_input_members
    = TC_MEMBERS(tc_require_input, require, "tc_default_require_input()", check_require);

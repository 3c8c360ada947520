/* members.c - what the members of a layout may be: by the table of its fields. What is legal together: legal.c. */
#include "layout/members.h"

#include "base/error.h"
#include "base/vocabulary.h"
#include "layout/fields.h"

#define MOST_BITS (TC_GRAPHS_ALL | TC_GROUP_ALL)
/* What is below one is legal.c's to refuse, which names the option. */
#define OF_NUMBER(member, low, high)                                                                                   \
    { TC_INTEGER_FROM(tc_layout, member, -TC_MOST_DEGREE, low, high) }
#define OF_SWITCH(member, lower, upper) TC_INTEGER_OR_UNSET(tc_layout, member, lower, upper)
#define OF_WORD(member, lower, upper) TC_INTEGER_OR_UNSET(tc_layout, member, lower, upper)
#define OF_GROUPS(member, lower, upper) TC_INTEGER_OR_UNSET(tc_layout, member, 0, MOST_BITS)
#define OF_LIST(member, lower, upper) TC_POINTER(tc_layout, member)

static const tc_member layout[] = {
    TC_SIZE(tc_layout),
#define LAYOUT_FIELD(id, member, kind, lower, upper, ...) OF_##kind(member, lower, upper),
#include "layout/fields.def"
#undef LAYOUT_FIELD
    TC_INTEGER_OR_UNSET(tc_layout, hsdp, 0, TC_MOST_DEGREE),
    {TC_MEMBER_AT(tc_layout, recompute_layers), .kind = TC_MEMBER_FIGURE, .upper = TC_MOST_DEGREE, .unset = true},
    TC_INTEGER(tc_layout, recompute_operators, 0, TC_GROUP_ALL),
    TC_INTEGER_OR_UNSET(tc_layout, cp_all_to_all, 0, TC_MOST_DEGREE),
    TC_INTEGER(tc_layout, offload_operators, 0, TC_GROUP_ALL),
    TC_INTEGER_OR_UNSET(tc_layout, stage_count, 0, TC_MOST_DEGREE),
    TC_POINTER(tc_layout, order),
};

static tc_code check_layout(const void *value, tc_error *error) {
    const tc_layout *l = value;
    if (l->stage_layers ? l->stage_count > 0 : l->stage_count <= 0) return TC_OK;
    return tc_fail(error, TC_INVALID, "stage_count", "%d with%s stage_layers; as many as the list has", l->stage_count,
                   l->stage_layers ? "" : "out");
}

const tc_members tc_layout_members = TC_MEMBERS(tc_layout, layout, "tc_default_layout()", check_layout);

const char *tc_layout_open_choice(const tc_layout *l) {
    for (int id = TC_LAYOUT_FIRST_CHOICE; id < TC_LAYOUT_FIELDS; id++)
        if (id != TC_LAYOUT_SCHEDULE && tc_layout_get(l, (tc_layout_id)id) == TC_UNSET) return tc_layout_fields[id].key;
    return NULL;
}

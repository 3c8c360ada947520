/* members.c - what the members of a run, of a region's economics and of the export rules may be. */
#include "run/members.h"

#include "base/error.h"
#include "layout/question_members.h"

static const tc_member economics[] = {
    TC_SIZE(tc_economics),
    TC_TEXT(tc_economics, region),
    TC_SWITCH(tc_economics, at_home),
    TC_TEXT(tc_economics, fleet),
    TC_FIGURE_IN(tc_economics, mtbf_s, 0, __builtin_inf()),
    TC_FIGURE(tc_economics, restart_s),
    TC_FIGURE(tc_economics, repair_s),
    TC_FIGURE(tc_economics, storage_bytes_per_s),
    TC_FIGURE(tc_economics, storage_most_bytes_per_s),
    TC_FIGURE(tc_economics, checkpoint_fixed_s),
    TC_FIGURE(tc_economics, weight_bytes),
    TC_FIGURE(tc_economics, server_price),
    TC_FIGURE_IN(tc_economics, network_share, 0, 0.999),
    TC_FIGURE_IN(tc_economics, amortisation_s, 1, TC_MOST_FIGURE),
    TC_FIGURE(tc_economics, server_power),
    TC_FIGURE(tc_economics, power_utilisation),
    TC_FIGURE(tc_economics, power_idle),
    TC_FIGURE(tc_economics, pue),
    TC_FIGURE(tc_economics, usd_per_kwh),
    TC_FIGURE(tc_economics, kg_co2_per_kwh),
};

const tc_members tc_economics_members = TC_MEMBERS(tc_economics, economics, "tc_economics_load()", NULL);

/* What is below zero is unset; goodput.c knows an infinite MTBF, and run.c says what must be given. */
#define GIVEN(member_)                                                                                                 \
    { TC_MEMBER_AT(tc_run_input, member_), .kind = TC_MEMBER_FIGURE, .lower = TC_UNSET, .upper = TC_MOST_FIGURE }

static const tc_member run[] = {
    TC_SIZE(tc_run_input),
    TC_STRUCT(tc_run_input, step, tc_step_members),
    TC_STRUCT(tc_run_input, cluster, tc_cluster_members),
    GIVEN(tokens),
    GIVEN(parameters),
    GIVEN(optimizer_bytes),
    GIVEN(checkpoint_bytes),
    GIVEN(storage_bytes_per_s),
    GIVEN(checkpoint_s),
    GIVEN(interval_s),
    GIVEN(restart_s),
    TC_WORD(tc_run_input, on_failure, TC_FAILURE_POLICIES - 1, "policy"),
    GIVEN(repair_s),
    TC_FIGURE_IN(tc_run_input, mtbf_s, TC_UNSET, __builtin_inf()),
    GIVEN(price_usd),
    GIVEN(rental_usd_per_h),
    TC_FIGURE(tc_run_input, egress_usd),
    GIVEN(server_price),
    GIVEN(network_share),
    GIVEN(amortisation_s),
    GIVEN(server_power),
    GIVEN(power_utilisation),
    GIVEN(pue),
    GIVEN(usd_per_kwh),
    GIVEN(kg_co2_per_kwh),
    TC_STRUCT(tc_run_input, risks, tc_risks_members),
    TC_SWITCH(tc_run_input, rented_only),
    TC_SWITCH(tc_run_input, owned_only),
    TC_SWITCH(tc_run_input, one_of_many),
};

static tc_code check_run(const void *value, tc_error *error) {
    const tc_run_input *in = value;
    if (in->amortisation_s < 0 || in->amortisation_s >= 1) return TC_OK;
    return tc_fail(error, TC_INVALID, "amortisation_s", "the price is divided by it; a second or more");
}

const tc_members tc_run_input_members = TC_MEMBERS(tc_run_input, run, "tc_default_run_input()", check_run);

/* ---- export controls ------------------------------------------------------------------------- */

static const tc_member bits[] = {
    TC_WORD(tc_control_bits, format, TC_CONTROL_FORMATS - 1, "format"),
    TC_FIGURE(tc_control_bits, bits),
    TC_FIGURE(tc_control_bits, also_bits),
};

#define BOUNDS(member_)                                                                                                \
    {                                                                                                                  \
        TC_ARRAY_AT(tc_control_clause, member_, TC_ALL), .kind = TC_MEMBER_FIGURE, .lower = -__builtin_inf(),          \
                                                         .upper = __builtin_inf()                                      \
    }

static const tc_member clause[] = {
    BOUNDS(from),
    BOUNDS(below),
    TC_SWITCH(tc_control_clause, datacentre),
    TC_TEXT(tc_control_clause, named),
    TC_TEXT(tc_control_clause, makers),
};

static const tc_members bits_members = TC_MEMBERS(tc_control_bits, bits, NULL, NULL),
                        clause_members = TC_MEMBERS(tc_control_clause, clause, NULL, NULL);

static const tc_member class_of[] = {
    TC_TEXT(tc_control_class, name),
    TC_TEXT(tc_control_class, meaning),
    TC_TEXT(tc_control_class, not_datacentre),
    TC_SWITCH(tc_control_class, licence),
    TC_SWITCH(tc_control_class, risk),
    TC_INTEGER(tc_control_class, clauses, 0, TC_CONTROL_CLAUSES),
    TC_STRUCTS(tc_control_class, clause, clauses, clause_members),
};

static const tc_members class_members = TC_MEMBERS(tc_control_class, class_of, NULL, NULL);

static const tc_member rule[] = {
    TC_TEXT(tc_control_rule, slug),
    TC_TEXT(tc_control_rule, date),
    TC_TEXT(tc_control_rule, until),
    TC_TEXT(tc_control_rule, name),
    TC_TEXT(tc_control_rule, source),
    TC_WORD(tc_control_rule, about, TC_CONTROL_ABOUTS - 1, "subject of a rule"),
    TC_SWITCH(tc_control_rule, reviews),
    TC_INTEGER(tc_control_rule, classes, 0, TC_CONTROL_CLASSES),
    TC_STRUCTS(tc_control_rule, class_of, classes, class_members),
    TC_TEXT(tc_control_rule, otherwise),
    TC_TEXT(tc_control_rule, otherwise_meaning),
};

static const tc_members rule_members = TC_MEMBERS(tc_control_rule, rule, NULL, NULL);

static const tc_member controls[] = {
    TC_INTEGER(tc_controls, formats, 0, TC_CONTROL_FORMATS),
    TC_INTEGER(tc_controls, rules, 0, TC_CONTROL_RULES),
    TC_STRUCTS(tc_controls, format, formats, bits_members),
    TC_STRUCTS(tc_controls, rule, rules, rule_members),
    TC_TEXT(tc_controls, makers),
    TC_TEXT(tc_controls, destination),
};

const tc_members tc_controls_members = TC_MEMBERS(tc_controls, controls, NULL, NULL);

static const tc_member control_options[] = {
    TC_SWITCH(tc_control_options, ignore_fp6),
    TC_FIGURE(tc_control_options, tf32_bits),
};

const tc_members tc_control_options_members = TC_MEMBERS(tc_control_options, control_options, NULL, NULL);

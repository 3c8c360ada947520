/* plan_rentals.c - what each contract brings each job, and what it costs. */
#include "report/plan_rentals.h"

#include <math.h>

#include "base/calendar.h"
#include "report/format.h"
#include "report/plan_words.h"
#include "run/economics.h"

static double days_sooner(const tc_plan_rental *r) { return (r->p50_without_s - r->p50_s) / 86400; }

/* ---- for programs --------------------------------------------------------------------------- */

static void write_one(tc_writer *writer, const tc_plan *plan, const tc_plan_rental *r) {
    const tc_scenario *s = plan->scenario;
    const tc_scenario_rental *of = &s->rental[r->rental];
    tc_write_object(writer, NULL);
    tc_write_string(writer, "rental", of->name);
    tc_write_string(writer, "job", s->job[r->job].name);
    tc_write_string(writer, "pool", s->pool[of->pool].name);
    tc_write_string(writer, "contract", tc_contract_names[of->contract]);
    tc_write_integer(writer, "devices", of->devices);
    tc_write_integer(writer, "worth_devices", r->worth);
    tc_write_day(writer, "from", true, r->from);
    tc_write_moment(writer, "finish_p50", s, r->p50_s);
    tc_write_moment(writer, "finish_p50_without", s, r->p50_without_s);
    tc_write_number(writer, "p50_days_earlier", days_sooner(r));
    tc_write_number(writer, "probability_by_deadline", r->probability);
    tc_write_number(writer, "probability_without", r->probability_without);
    tc_write_number(writer, "paid_days", r->paid_s / 86400);
    tc_write_number(writer, "rental_usd_per_h", r->usd_per_device_h);
    tc_write_number(writer, "rent_usd", r->rent_usd);
    tc_write_number(writer, "owned_usd", r->owned_usd);
    tc_write_number(writer, "break_even_days", r->break_even_s / 86400);
    tc_write_close(writer);
}

void tc_write_rentals(tc_writer *writer, const tc_plan *plan) {
    if (plan->scenario->rentals == 0) return;
    tc_write_array(writer, "rentals");
    for (int i = 0; i < plan->rentals; i++) write_one(writer, plan, &plan->rental[i]);
    tc_write_close(writer);
}

/* ---- for people ----------------------------------------------------------------------------- */

/* wait: the job without any contract. */
static void add_row(tc_table *table, const tc_plan *plan, const tc_plan_rental *r, bool wait) {
    const tc_scenario_rental *of = &plan->scenario->rental[r->rental];
    double even = r->break_even_s / (30.4375 * 86400), sooner = days_sooner(r);
    tc_table_row_begin(table);
    tc_cell(table, "job", TC_LEFT | TC_FLEXIBLE, plan->scenario->job[r->job].name);
    tc_cell(table, "contract", TC_LEFT | TC_FLEXIBLE, wait ? "wait" : of->name);
    tc_cell(table, "devices", TC_RIGHT | TC_OPTIONAL, wait ? "-" : tc_format_count(of->devices).s);
    tc_cell(table, "from", TC_LEFT, wait ? "-" : tc_format_day(r->from).s);
    tc_cell(table, "an hour", TC_RIGHT | TC_OPTIONAL, wait ? "-" : tc_format_usd(r->usd_per_device_h).s);
    tc_cell(table, "done, 50 %", TC_LEFT, tc_format_moment(plan->scenario, wait ? r->p50_without_s : r->p50_s, 0).s);
    tc_cell(table, "sooner", TC_RIGHT, !wait && isfinite(sooner) ? tc_format_fixed(sooner, 1).s : "-");
    tc_cell_tone(table, "rent", TC_RIGHT, wait ? "-" : tc_format_money(r->rent_usd).s,
                 wait ? TC_TONE_PLAIN : TC_TONE_STRONG);
    tc_cell(table, "owned", TC_RIGHT, wait || isnan(r->owned_usd) ? "-" : tc_format_money(r->owned_usd).s);
    tc_cell(table, "even", TC_RIGHT, wait || isnan(even) ? "-" : isinf(even) ? "never" : tc_format_fixed(even, 0).s);
}

/* What the terms of a contract do, where they do anything. */
static void print_terms(FILE *file, const tc_style *style, const tc_plan *plan) {
    const tc_scenario *s = plan->scenario;
    for (int i = 0; i < s->rentals; i++) {
        const tc_scenario_rental *r = &s->rental[i];
        char text[400];
        if (r->contract == TC_CONTRACT_RESERVED && r->minimum_s > 0) {
            snprintf(text, sizeof text, "%.47s: paid for %.20s days at least, at the price of the first", r->name,
                     tc_format_fixed(r->minimum_s / 86400, 0).s);
            tc_print_bullet(file, style, text);
        }
        if (r->contract != TC_CONTRACT_INTERRUPTIBLE) continue;
        for (int k = 0; k < plan->rentals; k++) {
            if (plan->rental[k].rental != i) continue;
            snprintf(text, sizeof text,
                     "%.47s: its devices are taken %.20s times in 30 days and are back after %.20s; each time the job "
                     "restarts twice: %.20s devices do as much as %.20s that stay",
                     r->name, tc_format_fixed(r->interruptions, 0).s, tc_format_seconds(r->back_s).s,
                     tc_format_count(r->devices).s, tc_format_count(plan->rental[k].worth).s);
            tc_print_bullet(file, style, text);
            break;
        }
    }
}

bool tc_print_rentals(FILE *file, const tc_style *style, const tc_plan *plan) {
    if (plan->rentals == 0) return true;
    tc_table table = {0};
    for (int i = 0; i < plan->rentals; i++) {
        if (i == 0 || plan->rental[i - 1].job != plan->rental[i].job) add_row(&table, plan, &plan->rental[i], true);
        add_row(&table, plan, &plan->rental[i], false);
    }
    tc_print_heading(file, style, "\nOwn, rent or wait");
    if (!tc_table_print(&table, file, style)) return false;
    tc_print_wrapped(file, style, 0, 0,
                     "sooner: days; owned: capital and power of the same devices for as long; even: months of use from "
                     "which owning is cheaper");
    print_terms(file, style, plan);
    return true;
}

/* plan_months.c - what the devices of a fleet are used for by month, for people and for programs. */
#include "report/plan_months.h"

#include <math.h>
#include <stdio.h>

#include "base/calendar.h"
#include "report/plan_words.h"

const char *tc_use_words(tc_use use) {
    static const char *const words[TC_USES] = {[TC_USE_TRAINING] = "training",
                                               [TC_USE_SERVING] = "serving",
                                               [TC_USE_RESERVE] = "reserve",
                                               [TC_USE_IDLE] = "idle",
                                               [TC_USE_OUT] = "out"};
    return words[use];
}

/* ---- sums ---------------------------------------------------------------------------------------- */

static double sum_of(const double value[TC_USES]) {
    double sum = 0;
    for (int use = 0; use < TC_USES; use++) sum += value[use];
    return sum;
}

double tc_month_cost(const tc_plan_month *month) { return sum_of(month->cost_usd); }

double tc_month_energy(const tc_plan_month *month) { return sum_of(month->energy_mwh); }

static double unused_cost(const tc_plan_month *m) { return m->cost_usd[TC_USE_IDLE] + m->cost_usd[TC_USE_OUT]; }

static void add(tc_plan_month *to, const tc_plan_month *month) {
    for (int use = 0; use < TC_USES; use++) {
        to->device_hours[use] += month->device_hours[use];
        to->cost_usd[use] += month->cost_usd[use];
        to->energy_mwh[use] += month->energy_mwh[use];
    }
    to->tonnes_co2 += month->tonnes_co2;
}

tc_plan_month tc_months_sum(const tc_plan *plan, int pool, int first, int months) {
    tc_plan_month sum = {.day = plan->month[first].day};
    for (int p = 0; p < plan->scenario->pools; p++)
        for (int m = first; m < first + months && m < plan->months; m++)
            if (pool < 0 || pool == p) add(&sum, &plan->month[p * plan->months + m]);
    return sum;
}

int tc_months_together(const tc_plan *plan, int most) {
    static const int width[] = {1, 3, 6, 12};
    for (size_t i = 0; i < sizeof width / sizeof *width; i++)
        if ((plan->months + width[i] - 1) / width[i] <= most) return width[i];
    return 12;
}

/* ---- for programs ------------------------------------------------------------------------------------ */

void tc_write_plan_month(tc_writer *writer, const tc_plan_month *m) {
    for (int use = 0; use < TC_USES; use++) {
        char key[48];
        snprintf(key, sizeof key, "%s_device_hours", tc_use_words((tc_use)use));
        tc_write_number(writer, key, m ? m->device_hours[use] : NAN);
    }
    tc_write_number(writer, "cost_usd", m ? tc_month_cost(m) : NAN);
    tc_write_number(writer, "unused_cost_usd", m ? unused_cost(m) : NAN);
    tc_write_number(writer, "energy_mwh", m ? tc_month_energy(m) : NAN);
    tc_write_number(writer, "co2_t", m ? m->tonnes_co2 : NAN);
}

void tc_write_plan_months(tc_writer *writer, const tc_plan *plan, int pool) {
    tc_write_array(writer, "months");
    for (int m = 0; m < plan->months; m++) {
        const tc_plan_month month = tc_months_sum(plan, pool, m, 1);
        tc_write_object(writer, NULL);
        tc_write_string(writer, "date", tc_format_day(month.day).s);
        tc_write_plan_month(writer, &month);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

/* ---- for people ------------------------------------------------------------------------------------------ */

enum { MOST_ROWS = 13 };

static void add_row(tc_table *table, const char *heading, const char *name, const tc_plan_month *m) {
    double cost = tc_month_cost(m);
    tc_table_row_begin(table);
    tc_cell(table, heading, TC_LEFT | TC_FLEXIBLE, name);
    for (int use = 0; use < TC_USES; use++)
        tc_cell(table, tc_use_words((tc_use)use), TC_RIGHT,
                m->device_hours[use] >= 0.5 ? tc_format_short(m->device_hours[use]).s : "-");
    tc_cell_tone(table, "cost", TC_RIGHT, tc_format_money(cost).s, TC_TONE_STRONG);
    tc_cell(table, "unused", TC_RIGHT, cost > 0 ? tc_format_percent(100 * unused_cost(m) / cost).s : "-");
    tc_cell(table, "MWh", TC_RIGHT, tc_format_short(tc_month_energy(m)).s);
    tc_cell(table, "t CO2", TC_RIGHT | TC_OPTIONAL, tc_format_short(m->tonnes_co2).s);
}

bool tc_print_plan_months(FILE *file, const tc_style *style, const tc_plan *plan) {
    if (plan->months == 0) return true;
    int together = tc_months_together(plan, MOST_ROWS);
    tc_table months = {0}, pools = {0};
    const char *heading = together == 1 ? "month" : together == 3 ? "3 months" : together == 6 ? "6 months" : "year";
    tc_print_heading(file, style, "\nWhat the devices do and cost, in device-hours: means over the calendars");
    for (int m = 0; m < plan->months; m += together) {
        const tc_plan_month sum = tc_months_sum(plan, -1, m, together);
        tc_text name = tc_format_day(sum.day);
        name.s[7] = 0;
        add_row(&months, heading, name.s, &sum);
    }
    if (!tc_table_print(&months, file, style)) return false;
    for (int p = 0; p < plan->scenario->pools; p++) {
        const tc_plan_month sum = tc_months_sum(plan, p, 0, plan->months);
        add_row(&pools, "pool", plan->scenario->pool[p].name, &sum);
    }
    const tc_plan_month all = tc_months_sum(plan, -1, 0, plan->months);
    if (plan->scenario->pools > 1) add_row(&pools, "pool", "all", &all);
    fputc('\n', file);
    if (!tc_table_print(&pools, file, style)) return false;
    tc_print_wrappedf(file, style, 0, 0,
                      "reserve: ablations, evaluation; out: brought up, repaired or spare; unused: idle and out; %.20s "
                      "t "
                      "CO2 in all",
                      tc_format_short(all.tonnes_co2).s);
    return true;
}

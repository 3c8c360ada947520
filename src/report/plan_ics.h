/* plan_ics.h - a plan's dates for a calendar program, and as CSV. */
#ifndef TC_REPORT_PLAN_ICS_H
#define TC_REPORT_PLAN_ICS_H

#include <stdio.h>

#include "report/writer.h"
#include "traincast_plan.h"

/* iCalendar (RFC 5545): of each job its start, the days on which it is done in half and in nine tenths of the calendars and its
 * deadline; the deliveries. The same plan gives the same bytes, and an event the same UID as last week. */
void tc_report_plan_ics(FILE *file, const tc_plan *plan);

/* A line for each job and each whole per cent from 1 to 99: job, probability_pct, date; empty where it is never done. */
void tc_write_plan_dates(tc_writer *writer, const tc_plan *plan);
void tc_report_plan_dates_csv(tc_target *target, const tc_plan *plan);
/* A line for each pool and month: pool, date, p10, p50, p90 of the devices that work. Nothing where nothing was drawn. */
void tc_report_plan_months_csv(tc_target *target, const tc_plan *plan);

#endif

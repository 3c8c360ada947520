/* plan_words.h - the words and figures of a calendar under uncertainty, as all of its reports say them. */
#ifndef TC_REPORT_PLAN_WORDS_H
#define TC_REPORT_PLAN_WORDS_H

#include "report/format.h"
#include "report/writer.h"
#include "traincast_plan.h"

/* "stops by regulation"; TC_DRIVERS is what no driver alone explains. */
const char *tc_driver_words(int driver);
/* The same as programs read it: "bring-up". */
const char *tc_driver_name(int driver);

/* "93 %", "0.8 %": the digits that so many samples support; "< 0.3 %" where none, "> 99.7 %" where all of them are. */
tc_text tc_format_probability(double probability, int samples);

/* "62 %" of a variance; "< 6 %" below what so many samples tell from nothing. */
tc_text tc_format_share(double share, int samples);
bool tc_share_is_seen(double share, int samples);

/* Are the swings of a job's drivers those of its end? Where some calendars never end, the variance, and with it the swings, is
 * that of the horizon. */
bool tc_swings_are_days(const tc_outlook_job *job);

/* Of an outlook's months the first that was not over when the plan was made: what lies before was seen, not drawn. */
int tc_plan_first_month(const tc_plan *plan);

/* The day of a moment since the scenario's start. */
int32_t tc_plan_day(const tc_scenario *scenario, double seconds);

/* A day as a text, null where it is not known; the day of a moment, null where it never comes. */
void tc_write_day(tc_writer *writer, const char *key, bool known, int32_t day);
void tc_write_moment(tc_writer *writer, const char *key, const tc_scenario *scenario, double seconds);

/* "2024-11-06"; the month or the year alone where the standard error leaves no more; "never". error_s 0: the day. */
tc_text tc_format_moment(const tc_scenario *scenario, double seconds, double error_s);

/* "2024-11-06" */
tc_text tc_format_day(int32_t day);

/* "$7.71 M" */
tc_text tc_format_money(double usd);

/* "1,000 more devices for training in h20 from 2024-11-01 on"; of one that is no rent. */
void tc_lever_what(const tc_plan *plan, const tc_lever *lever, char *text, size_t size);
/* The same with its job, day, probabilities and cost. */
void tc_lever_text(const tc_plan *plan, const tc_lever *lever, char *text, size_t size);
/* What an end waited for: "h20: the delivery of 2024-08-31". */
void tc_gate_text(const tc_plan *plan, const tc_gate *gate, char *text, size_t size);

/* The drivers of a job, the greatest share first. */
void tc_drivers_by_share(const tc_outlook_job *job, int order[TC_DRIVERS]);

#endif

/* step_report.h - one step's forecast as a page for a person and as JSON. */
#ifndef TC_REPORT_STEP_REPORT_H
#define TC_REPORT_STEP_REPORT_H

#include <stdio.h>

#include "report/format.h"
#include "report/writer.h"
#include "report/table.h"
#include "traincast.h"

/* data: the catalog's hash. */
void tc_report_step(tc_target *target, const tc_question *question, const tc_step *step);
void tc_report_step_text(FILE *file, const tc_style *style, const tc_question *question, const tc_step *step);

/* All of its members. */
void tc_write_step(tc_writer *writer, const tc_question *question, const tc_step *step);
/* Its lines: time, throughput, memory, batch; where time and memory go, and what was assumed. */
void tc_print_step_head(FILE *file, const tc_style *style, const tc_question *question, const tc_step *step);
void tc_print_step_parts(FILE *file, const tc_style *style, const tc_step *step);

/* ---- parts that other reports share ------------------------------------------------ */

/* "optimizer", "attention", "frozen_base", "balanced_routing" */
void tc_write_job_choices(tc_writer *writer, const tc_question *question);
/* "layout": {"tp", ...}: every degree and choice that is set. */
void tc_write_layout(tc_writer *writer, const char *key, const tc_layout *layout);
/* "frames", "height", "width", "text_tokens" of a model of images or video. */
void tc_write_sample(tc_writer *writer, const tc_model *model);
/* The optimizer of a question: its own, else that of the stack. */
const char *tc_optimizer_word(const tc_question *question);
/* An end of an 80 % interval; null where it is not above zero: there is none. */
void tc_write_interval(tc_writer *writer, const char *key, double value);
/* "step_s", "step_s_p10", "step_s_p90"; "memory_gib_per_device" and _p10, _p90 */
void tc_write_step_time(tc_writer *writer, const tc_step *step);
void tc_write_step_memory(tc_writer *writer, const tc_step *step);
/* "likely fits (96 %)", "may fit (70 %)", "unlikely to fit (12 %)", "does NOT fit". Returns buffer. */
const char *tc_fit_text(double probability, char *buffer, size_t size);

/* For tables, "96 %": never 100; and its tone. */
tc_text tc_fit_percent(double probability);
tc_tone tc_fit_tone(double probability);

/* fits and fits_probability. */
void tc_write_fits(tc_writer *writer, double probability, bool fits);

/* "  memory       24.5 GiB of 64.0 GiB per device: fits", and its interval on a line of its own */
void tc_print_step_memory(FILE *file, const tc_style *style, const tc_step *step);
/* What the question's stack lacks for a resolved layout: "beyond_stack": [sentences], and a line where there are any. */
void tc_write_beyond(tc_writer *writer, const tc_question *question, const tc_layout *layout);
void tc_print_beyond(FILE *file, const tc_style *style, const tc_question *question, const tc_layout *layout);
/* The sentences in one, "; " between them; "" where the stack can run it. Returns buffer. */
#define TC_BEYOND_TEXT 1024
const char *tc_beyond_text(const tc_question *question, const tc_layout *layout, char *buffer, size_t size);
/* "evidence", "distance", "distance_reasons": what the interval rests on, and how far the layout is from published runs. */
void tc_write_evidence(tc_writer *writer, const tc_step *step);
/* A line on how far it is; none of a layout within what they do. */
void tc_print_distance(FILE *file, const tc_style *style, const tc_step *step);
/* "1.5 from published runs: no published run has ...; ...", or "". Returns buffer. */
#define TC_DISTANCE_TEXT 440
const char *tc_distance_text(const tc_step *step, char *buffer, size_t size);
/* What was neither given nor in the data: a list of the page, and "assumed": [...] */
void tc_print_assumed(FILE *file, const tc_style *style, const tc_step *step);
void tc_write_assumed(tc_writer *writer, const tc_step *step);

#endif

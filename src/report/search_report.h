/* search_report.h - the best layouts as a page for a person and as JSON. */
#ifndef TC_REPORT_SEARCH_REPORT_H
#define TC_REPORT_SEARCH_REPORT_H

#include <stdio.h>

#include "report/writer.h"
#include "report/table.h"
#include "traincast.h"

/* One of several searches in one. */
typedef struct tc_search_part {
    const tc_search_input *input;
    const tc_search *search;
} tc_search_part;

/* What a search was asked beside the best layouts. */
typedef struct tc_search_answer {
    const tc_run *run;           /* of each of the best; NULL: not asked */
    const tc_run *cluster_run;   /* of each of the clusters */
    bool plain;                  /* a page lists the best one by one, not the clusters */
    double tokens;               /* of the runs; 0: none */
    double wall_s, tokens_per_s; /* the target; 0 and 0: none */
    int most_devices;            /* that there are for it; the question's devices are those that reach it */
    bool reached;
    tc_advice advice; /* where it is not; no text: none */
    int parts;        /* several accelerators, numbers of devices, stacks: so many searches; 0: one */
    const tc_search_part *part;
    const int *part_of; /* of which each of the best is */
} tc_search_answer;

/* assumed: what was neither given nor in the data, as in a step (tc_step.assumed). given: a layout that the best are
 * compared with, or NULL. */
void tc_report_search(tc_target *target, const tc_search_input *input, const tc_step *assumed, const tc_step *given,
                      const tc_search_answer *answer, const tc_search *search);
/* False if memory ran out. */
bool tc_report_search_text(FILE *file, const tc_style *style, const tc_search_input *input, const tc_step *assumed,
                           const tc_step *given, const tc_search_answer *answer, const tc_search *search);

/* The axes and how many layouts they make. */
void tc_report_space_text(FILE *file, const tc_style *style, const tc_search_input *input, const tc_search *search);
void tc_report_space(tc_target *target, const tc_search_input *input, const tc_search *search);

/* The options of `step` that ask for a layout that was found, beside those of the question. Returns a part of the buffer. */
#define TC_FOUND_OPTIONS 640
const char *tc_found_options(const tc_question *question, const tc_found *found, char *buffer, size_t size);
/* expected_step_s and its ends. */
void tc_write_expected(tc_writer *writer, const tc_found *found);

const char *tc_objective_name(tc_objective objective);

#endif

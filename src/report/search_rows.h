/* search_rows.h - what a row of a search says, for programs and for people alike. */
#ifndef TC_REPORT_SEARCH_ROWS_H
#define TC_REPORT_SEARCH_ROWS_H

#include "report/writer.h"
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

/* The search that found the i-th of the best. */
const tc_search_input *tc_row_input(const tc_search_answer *answer, const tc_search_input *input, int i);
/* The question in the format that was found. */
tc_question tc_row_question(const tc_search_input *input, const tc_found *found);
/* The options of `step` that ask for a layout that was found, beside those of the question. Returns a part of the buffer. */
#define TC_FOUND_OPTIONS 640
const char *tc_found_options(const tc_question *question, const tc_found *found, char *buffer, size_t size);
/* The same; of several searches those of the machine too. */
#define TC_ROW_OPTIONS (TC_FOUND_OPTIONS + 200)
const char *tc_row_options(const tc_search_answer *answer, const tc_search_input *input, const tc_found *found,
                           char *buffer, size_t size);
/* expected_step_s and its ends. */
void tc_write_expected(tc_writer *writer, const tc_found *found);
/* Of several searches, the i-th line that the k-th of the best assumes: "" where one before says it, NULL after the last. */
const char *tc_new_line(const tc_search_answer *answer, const tc_search *search, int k, int i);
bool tc_has_target(const tc_search_answer *answer);
/* Layouts a second. */
double tc_search_rate(const tc_search *search);

#endif

/* pace.h - what a run's progress so far says of the rest: the weekly update. */
#ifndef TC_RUN_PACE_H
#define TC_RUN_PACE_H

#include "traincast.h"

enum { TC_PACE_SPELLS = 12 };

/* The run's pace since its last change, if that was then: a normal-gamma law of the logarithm of what is done in a second. */
typedef struct tc_spell {
    double weight;      /* probability */
    double mean;        /* of the logarithm */
    double weeks;       /* that it rests on */
    double alpha, beta; /* of the gamma law of 1 / noise^2, a week's */
} tc_spell;

typedef struct tc_pace {
    const tc_risks *risks; /* must live as long */
    double ideal;          /* what is done in a second where nothing is lost; 0: not known */
    double seen_s;         /* since the start */
    int spells;
    tc_spell spell[TC_PACE_SPELLS]; /* the likeliest first */
} tc_pace;

/* Before the first week. ideal: what is done in a second of steps alone, in any unit; 0: nobody knows. */
tc_pace tc_pace_start(const tc_risks *risks, double ideal);

/* `done` in `elapsed_s` seconds, about a week: days that are seen alone count as noise. */
void tc_pace_see(tc_pace *pace, double elapsed_s, double done);

/* Is enough seen for a forecast? Of a run whose ideal nobody knows three weeks must have been. */
bool tc_pace_known(const tc_pace *pace);

/* Seconds until `left` is done, of a sample: its pace, the noise of its weeks, stops, rework. */
double tc_pace_rest(const tc_pace *pace, double left, uint64_t seed, uint64_t stream, uint32_t sample);

#endif

/* distance.h - how far a layout lies from those of published runs.
 *
 * On an axis: the doublings between the layout's number and the nearest that runs of two sources reach; of a choice:
 * 2 where no source has published it, 1 where one has. The distance is the root of the sum of their squares: 0 within
 * what published runs do on every axis. Ignored: that a combination may be new where each of its numbers is not.
 *
 * A far layout has a wider interval: its width, in logs, times sqrt(1 + (widening x distance)^2). */
#ifndef TC_FORECAST_DISTANCE_H
#define TC_FORECAST_DISTANCE_H

#include "catalog/published_layouts.h"

/* A layout as the table of published runs counts it. */
typedef struct tc_layout_traits {
    double value[TC_AXES];       /* 0: the layout has none */
    unsigned chosen[TC_CHOICES]; /* bits: 1 << word */
} tc_layout_traits;

/* Of a resolved layout, with that many micro-batches a rank and step. */
tc_layout_traits tc_layout_traits_of(const tc_question *question, const tc_layout *layout, int64_t micro_batches);

/* One thing in which a layout is far: what it is, and a sentence. */
typedef struct tc_far {
    double distance;
    char text[112];
} tc_far;

/* The distance; and its reasons, the largest first, at most `room` (NULL, 0: none asked for). */
double tc_layout_distance(const tc_published_layouts *published, const tc_layout_traits *traits, tc_far *reasons,
                          int room, int *count);

/* Of the interval's width in logs; at least 1. */
double tc_distance_widens(const tc_published_layouts *published, double distance);

/* Fills distance and its reasons of a forecast from the question's model. */
void tc_distance_apply(const tc_question *question, tc_step *step);

#endif

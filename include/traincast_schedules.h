/* traincast_schedules.h - the built-in pipeline schedules, one table: the enumeration, the words, the options' lists.
 *
 * ROW(ID, word), in the order in which they are listed and tried. Adding a schedule is a row here, and its rule (facts,
 * order of a stage, micro-batches in flight) in the table of src/layout/schedule.c. */
#ifndef TRAINCAST_SCHEDULES_H
#define TRAINCAST_SCHEDULES_H

/* clang-format off */
#define TC_SCHEDULES(ROW) \
    ROW(GPIPE, "gpipe") \
    ROW(1F1B, "1f1b") \
    ROW(INTERLEAVED, "interleaved") \
    ROW(ZB_H1, "zb-h1") \
    ROW(ZB_H2, "zb-h2") \
    ROW(ZB_V, "zb-v") \
    ROW(V_HALF, "v-half") \
    ROW(V_MIN, "v-min") \
    ROW(DUALPIPE, "dualpipe")
/* clang-format on */

#endif

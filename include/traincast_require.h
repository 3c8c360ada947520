/* traincast_require.h - chapter of traincast.h: what a chip must be for a step to take a given time.
 * Example: docs/examples/c/require.c.
 *
 * The inverse of the forecast: a figure of the chip is raised (or lowered, where it is better than needed) until the best of all layouts
 * meets the target; the layout is searched again for every value. */
#ifndef TRAINCAST_REQUIRE_H
#define TRAINCAST_REQUIRE_H

#include "traincast.h"

typedef enum tc_required {
    TC_REQUIRED_PEAK,      /* of the matrix units, in the format of the job */
    TC_REQUIRED_BANDWIDTH, /* of the memory */
    TC_REQUIRED_MEMORY,
    TC_REQUIRED_LINKS,          /* the innermost level of the fabric */
    TC_REQUIRED_NETWORK,        /* the levels outside it, all by one factor: the figure is the first one's */
    TC_REQUIRED_POWER,          /* of a package */
    TC_REQUIRED_PEAK_AND_POWER, /* both by one factor: a peak that the power does not hold down; the figure is the peak */
    TC_REQUIRED_FIGURES
} tc_required;

/* No figure is raised to more than so many times today's: beyond it no chip is designed. */
#define TC_REQUIRE_MOST 10.0
/* How near the least value an answer is. */
#define TC_REQUIRE_TOLERANCE 0.004
#define TC_REQUIRE_POINTS 12

typedef struct tc_require_input {
    size_t size;
    tc_search_input search; /* of the chip: its question, what is fixed, how likely it must fit */
    double target_s;        /* seconds a step, above 0 */
    /* Limits of a package; 0: none. Then the answer has a front of chips within them. */
    double most_tpp, most_pd, most_power_w, most_area_mm2;
    const tc_controls *controls; /* needed with most_tpp and most_pd: how TPP is counted */
} tc_require_input;

TC_API tc_require_input tc_default_require_input(void);

/* A figure that is changed alone. */
typedef struct tc_requirement {
    tc_required figure;
    double today, value; /* SI; value: what meets the target, else the most that was tried */
    double at_most;      /* what step_s is with TC_REQUIRE_MOST times as much; 0: nothing fits */
    bool reached;
    double step_s; /* with value; 0: nothing fits */
    tc_layout layout;
    int devices; /* that the layout uses */
} tc_requirement;

/* A chip within the limits that meets the target, or comes as near as they allow. */
typedef struct tc_require_point {
    double peak_flops, bytes_per_s, memory_bytes;
    double step_s;
    tc_layout layout;
    int devices;
} tc_require_point;

typedef struct tc_require {
    double target_s, today_s; /* today_s 0: nothing fits */
    tc_layout today_layout;
    int today_devices;
    int alone_count;
    tc_requirement alone[TC_REQUIRED_FIGURES]; /* those that the chip has */
    bool together_reached;
    double factor, together_s; /* of all figures in `alone` up to TC_REQUIRED_POWER, by one factor */
    tc_layout together_layout;
    int together_devices;
    /* Limits. */
    double limited_peak_flops, limited_power_w; /* the most peak and power that they allow; 0: any */
    bool limits_reached;                        /* a chip within them meets the target */
    int points;
    tc_require_point point[TC_REQUIRE_POINTS]; /* the least peak first; where none meets the target the nearest alone */
    int64_t searches, forecasts;
    double seconds;
} tc_require;

TC_API TC_NODISCARD tc_code tc_require_find(const tc_require_input *input, tc_require *out, tc_error *error);

/* More of a figure, the layout searched again. */
typedef struct tc_worth {
    tc_required figure;
    double factor;     /* of the figure */
    double step_s;     /* the best layout's with it; 0: nothing fits */
    double elasticity; /* d ln(throughput) / d ln(figure); 0 where nothing fits today */
    tc_layout layout;
    int devices; /* that the layout uses */
} tc_worth;

typedef struct tc_worths {
    double today_s; /* 0: nothing fits */
    tc_layout today_layout;
    int today_devices;
    int count;
    tc_worth worth[TC_REQUIRED_FIGURES]; /* of the figures that the chip has */
} tc_worths;

/* What a tenth more of each figure, and a quarter more memory, is worth. TC_INVALID where the input is. */
TC_API TC_NODISCARD tc_code tc_require_worth(const tc_search_input *input, tc_worths *out, tc_error *error);

/* The question with a figure of its cluster multiplied. */
TC_API void tc_require_scale(tc_question *question, tc_required figure, double factor);
/* The figure of a question; 0: it has none. */
TC_API double tc_require_figure(const tc_question *question, tc_required figure);
/* "memory bandwidth". */
TC_API const char *tc_required_name(tc_required figure);
/* The i-th value of --set that makes the change, from 0: "accelerator.device.memory_bandwidth=3.2 TB/s"; false: there are fewer. */
TC_API bool tc_required_set(const tc_question *question, tc_required figure, double factor, int i, char *buffer,
                            size_t size);

/* The price of a package at which a step of `step_s` on the question's devices costs as much, capital and power, as one of `like_s` on
 * those of `like`, whose price is like_usd (0: its own). NaN: a price or a power is not known; below 0: it never pays. */
TC_API double tc_require_price(const tc_question *question, double step_s, const tc_economics *economics,
                               const tc_question *like, double like_s, const tc_economics *like_economics,
                               double like_usd);

#endif

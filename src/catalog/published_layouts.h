/* published_layouts.h - data/fitted/layouts.yaml as values: which layouts published runs had.
 *
 * An axis is a number of a layout; its range is what runs of two sources reach, so that nobody's single experiment
 * makes a practice. A choice is a word of a layout, counted by the sources whose runs had it. */
#ifndef TC_CATALOG_PUBLISHED_LAYOUTS_H
#define TC_CATALOG_PUBLISHED_LAYOUTS_H

#include "traincast.h"

/* ID, key in the file, what no published run does, # being the number: below the range (NULL: what lies there is common), and above it. */
#define TC_LAYOUT_AXES(X)                                                                                              \
    X(TP, tensor_parallel, NULL, "has a tensor-parallel degree above #")                                               \
    X(PP, pipeline_stages, NULL, "has more than # pipeline stages")                                                    \
    X(CP, context_parallel, NULL, "has a context-parallel degree above #")                                             \
    X(CP_TOKENS, context_parallel_tokens, "uses context parallelism on fewer than # tokens a rank",                    \
      "uses context parallelism on more than # tokens a rank")                                                         \
    X(EP, expert_parallel, NULL, "has an expert-parallel degree above #")                                              \
    X(DP, data_parallel, NULL, "has a data-parallel degree above #")                                                   \
    X(DEVICES, devices, NULL, "is on more than # devices")                                                             \
    X(MICRO_BATCH, micro_batch, NULL, "has more than # sequences in a micro-batch")                                    \
    X(TOKENS, micro_batch_tokens, "has fewer than # tokens a rank in a micro-batch",                                   \
      "has more than # tokens a rank in a micro-batch")                                                                \
    X(VPP, virtual_stages, NULL, "has more than # virtual stages a device")                                            \
    X(CHUNK_LAYERS, layers_per_virtual_stage, "has fewer than # layers in a virtual stage",                            \
      "has more than # layers in a virtual stage")                                                                     \
    X(PER_STAGE, micro_batches_per_stage, "has fewer than # micro-batches a pipeline stage", NULL)

typedef enum tc_layout_axis {
#define TC_LAYOUT_AXIS_ID(id, key, below, above) TC_AXIS_##id,
    TC_LAYOUT_AXES(TC_LAYOUT_AXIS_ID)
#undef TC_LAYOUT_AXIS_ID
        TC_AXES
} tc_layout_axis;

/* ID, key, words, what a run does that has one of them, # being the word. */
#define TC_LAYOUT_CHOICES(X)                                                                                           \
    X(SHARDING, sharding, tc_sharding_names, "has sharding #")                                                         \
    X(RECOMPUTE, recompute, tc_recompute_names, "has recompute #")                                                     \
    X(SCHEDULE, schedule, tc_schedule_names, "has schedule #")                                                         \
    X(CP_KIND, cp_kind, tc_cp_kind_names, "has context parallelism by #")                                              \
    X(HOST, host, tc_on_host_names, "has # on the host")

typedef enum tc_layout_choice {
#define TC_LAYOUT_CHOICE_ID(id, key, words, text) TC_CHOICE_##id,
    TC_LAYOUT_CHOICES(TC_LAYOUT_CHOICE_ID)
#undef TC_LAYOUT_CHOICE_ID
        TC_CHOICES
} tc_layout_choice;

/* What may be on the host; a layout can have several. */
typedef enum tc_on_host { TC_ON_HOST_STATES, TC_ON_HOST_STEP, TC_ON_HOST_ACTIVATIONS } tc_on_host;

extern const char *const tc_layout_axis_names[], *const tc_layout_choice_names[];
extern const char *const *const tc_layout_choice_words[TC_CHOICES];

enum { TC_CHOICE_WORDS = 16 };

typedef struct tc_axis_range {
    double least, low, high, most; /* of all runs; low, high: what two sources reach */
} tc_axis_range;

typedef struct tc_published_layouts {
    bool known;
    tc_axis_range axis[TC_AXES]; /* high 0: no run has it */
    int sources[TC_CHOICES][TC_CHOICE_WORDS];
    double widening; /* of the interval of a step by distance */
} tc_published_layouts;

#endif

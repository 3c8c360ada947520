/* layout.h - how a job is spread over a cluster: degrees, stages, what is legal. No seconds here. */
#ifndef TC_LAYOUT_LAYOUT_H
#define TC_LAYOUT_LAYOUT_H

#include "network/collective.h"
#include "workload/towers.h"

/* A resolved layout: no TC_UNSET left, every degree legal. */
typedef struct tc_placement {
    tc_layout layout;
    int seq;                             /* the longest; a step's operators have shard.seq tokens */
    int64_t global_batch, micro_batches; /* micro-batches per rank and step */
    int attention;                       /* tc_attention_impl */
    int optimizer;
    int layers;
    tc_shard shard;
    tc_images images;   /* of a sample: what towers run on */
    double shard_group; /* ranks over which optimizer states are split; 1 = not */
} tc_placement;

/* What is kept in host memory. */
static inline bool tc_states_on_host(const tc_layout *l) {
    return l->offload != TC_OFFLOAD_NONE && l->offload != TC_OFFLOAD_ACTIVATIONS;
}
static inline bool tc_step_on_host(const tc_layout *l) {
    return l->offload == TC_OFFLOAD_OPTIMIZER || l->offload == TC_OFFLOAD_ALL;
}
static inline bool tc_activations_on_host(const tc_layout *l) {
    return l->offload == TC_OFFLOAD_ACTIVATIONS || l->offload == TC_OFFLOAD_ALL;
}

/* Fills the unset fields from the stack's defaults and checks every degree.
 * assumed: room for TC_ASSUMED_MAX lines, *assumed_count is raised. */
TC_NODISCARD tc_code tc_layout_resolve(const tc_question *question, tc_placement *out, char (*assumed)[96],
                                       int *assumed_count, tc_error *error);

/* The chunks that the pipeline cuts the model into: one a stage, or several (virtual stages).
 * tc_chunk_of: the i-th of a stage, -1 if it has none. DualPipe: its own; the mirrored stage's comes on top. */
int tc_model_chunks(const tc_placement *placement);
int tc_stage_chunks(const tc_placement *placement);
int tc_chunk_of(const tc_placement *placement, int stage, int i);
/* Does a stage compute nothing while it sends? */
bool tc_waits_for_sends(const tc_placement *placement);
/* DualPipe: every stage also holds what the mirrored stage does. */
bool tc_holds_mirror(const tc_placement *placement);
/* Does the layout say what the first, the last or all chunks hold? Else layers are spread evenly. */
static inline bool tc_stages_given(const tc_layout *l) {
    return l->stage_layers || l->first_layers != TC_UNSET || l->last_layers != TC_UNSET;
}

/* Layers spread over chunks: `base` each, the remainder one more in the middle chunks from `first` on. */
typedef struct tc_even_split {
    int base, extra, first;
} tc_even_split;

/* How the layers lie on the chunks, for asking of one chunk after the other. */
typedef struct tc_chunking {
    const int *given; /* layers of each chunk; NULL: as the rest says */
    int chunks, layers;
    int before, after; /* layers of the first and the last chunk, where they are given: -1 where not */
    int even;          /* chunks between them */
    tc_even_split split;
    int held;    /* what counts as layers of the last one */
    bool filled; /* it is nothing but that */
} tc_chunking;

tc_chunking tc_chunking_of(const tc_model *model, const tc_placement *placement);
/* Layers of each run of the model on a chunk. */
void tc_chunk_blocks(const tc_model *model, const tc_chunking *chunking, int chunk, int counts[TC_MAX_BLOCKS]);

/* The ends of a pipeline whose stages are cut evenly with embedding and head counted as so many layers (Megatron-LM's
 * --account-for-embedding- and -loss-in-pipeline-split: 1); a module of multi-token prediction counts as two more. chunks: at least 2.
 * even: all chunks come out alike in this count. False where an end would hold less than no layer. */
typedef struct tc_ends {
    int first, last; /* layers of the first and the last chunk */
    bool even;
} tc_ends;
bool tc_ends_of(const tc_model *model, int chunks, int embedding, int head, tc_ends *out);

/* What lies on a pipeline stage. */
typedef struct tc_stage_share {
    int blocks[TC_MAX_BLOCKS]; /* of each run of the model */
    bool embedding, head;
} tc_stage_share;

tc_stage_share tc_stage_share_of(const tc_model *model, const tc_placement *placement, int stage);

/* The groups of ranks, tensor parallel innermost, then context, data, pipeline. */
tc_group tc_tp_group(const tc_placement *placement);
/* Context parallelism: all-to-all within groups, rings between them; one of them is a single rank unless both are in use. */
tc_group tc_cp_all_to_all_group(const tc_placement *placement);
tc_group tc_cp_ring_group(const tc_placement *placement);
tc_group tc_dp_group(const tc_placement *placement); /* data x context: gradients of dense weights */
tc_group tc_ep_group(const tc_placement *placement);
tc_group tc_expert_dp_group(const tc_placement *placement); /* gradients of expert weights */
tc_group tc_pp_group(const tc_placement *placement);

/* Micro-batches whose activations stage s holds at its peak, in units of a whole stage. */
/* How often the pipeline is filled and emptied in a step, each time for so many micro-batches. */
static inline int64_t tc_pipeline_rounds(const tc_placement *p) {
    return p->layout.flush > 0 && p->layout.pp > 1 ? p->micro_batches / p->layout.flush : 1;
}

double tc_micro_batches_in_flight(const tc_placement *placement, int stage);

#endif

/* traincast_parts.h - the parts of a step's time, one table: what a micro-batch's slots and a step are the sum of.
 *
 * ROW(member, label, loss, bound, feature): the member of tc_breakdown, which is its key in JSON; its name for people; what
 * that is followed by as a loss between the device's peak and what is achieved (of the others all seconds are lost); what
 * a step that is mostly it is bound by; which difficulty of a forecast it counts to (src/catalog/interval_model.h).
 * Sums are in this order. Adding a part is a row here and its seconds in src/step/: costs.c for a part of a micro-batch,
 * terms.c for one of a step. */
#ifndef TRAINCAST_PARTS_H
#define TRAINCAST_PARTS_H

/* clang-format off */
/* Of a micro-batch on a stage. The host has a share in the step as well. */
#define TC_SLOT_PARTS(ROW) \
    ROW(gemm, "matrix products", " below peak", "compute", PRODUCTS) \
    ROW(attention, "attention", " below peak", "compute", ATTENTION) \
    ROW(memory_bound, "memory-bound operators", "", "memory bandwidth", MEMORY) \
    ROW(launch, "kernel launches", "", "kernel launches", HOST) \
    ROW(host, "host", "", "the host", HOST) \
    ROW(recompute, "recompute", "", "compute", RECOMPUTE) \
    ROW(tp_comm, "tensor-parallel comm.", "", "tensor-parallel communication", LAYER_EXCHANGE) \
    ROW(cp_comm, "context-parallel comm.", "", "context-parallel communication", LAYER_EXCHANGE) \
    ROW(ep_comm, "expert-parallel comm.", "", "expert-parallel communication", EXPERT_EXCHANGE)
/* Of a step, beside its micro-batches. */
#define TC_STEP_PARTS(ROW) \
    ROW(pp_comm, "pipeline comm.", "", "pipeline communication", PIPELINE) \
    ROW(dp_comm, "data-parallel comm.", "", "data-parallel communication", DATA_EXCHANGE) \
    ROW(bubble, "pipeline bubble", "", "the pipeline bubble", PIPELINE) \
    ROW(optimizer, "optimizer", "", "memory bandwidth", MEMORY) \
    ROW(offload, "offload to the host", "", "offload to the host", HOST) \
    ROW(straggler, "waiting for stragglers", "", "stragglers", NONE)
#define TC_PARTS(ROW) TC_SLOT_PARTS(ROW) TC_STEP_PARTS(ROW)
/* clang-format on */

/* Their indices, and how many there are. */
#define TC_PART_ID(member, label, loss, bound, feature) TC_PART_##member,
enum { TC_PARTS(TC_PART_ID) TC_PARTS_ALL };

#endif

/* trace.c - Chrome trace events, streamed.
 *
 * Format: "Trace Event Format" (Google, catapult project) as Perfetto reads it. A slot shows as compute, then
 * what stays exposed of its tensor, context and expert communication, each in its own lane. Times are
 * rounded to whole nanoseconds, begin and end each, so that spans which touch stay touching.
 */
#include "report/trace.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "report/format.h"
#include "report/json.h"
#include "step/live_memory.h"

#define BUFFER ((size_t)1 << 16)
#define NANOSECONDS_MAX 9.2e18   /* of an int64_t */
#define EVENT_MAX ((size_t)1024) /* bytes of one event at most */

typedef enum lane_id {
    LANE_COMPUTE,
    LANE_TP,
    LANE_CP,
    LANE_EP,
    LANE_SEND_DOWN,
    LANE_SEND_UP,
    LANE_RECEIVE_DOWN,
    LANE_RECEIVE_UP,
    LANE_DP,
    LANE_HOST,
    LANE_POOLS, /* the last: only where pools exchange gradients */
    LANES
} lane_id;

static const char *const lane_names[LANES] = {"compute",
                                              "tensor-parallel comm.",
                                              "context-parallel comm.",
                                              "expert-parallel comm.",
                                              "send to next stage",
                                              "send to previous stage",
                                              "receive from previous stage",
                                              "receive from next stage",
                                              "data-parallel comm.",
                                              "host link",
                                              "link between pools"};

/* What a span of a node's slot carries: the arguments, ready as text. */
typedef struct slot_text {
    char args[TC_SLOT_KINDS][160];
} slot_text;

/* Seconds of a slot by lane; what is left of its length is data-parallel. */
typedef struct slot_parts {
    double seconds[LANES];
} slot_parts;

typedef struct tracer {
    const tc_trace_part *in;
    tc_sink sink;
    size_t used;
    bool failed, first;
    int64_t spans;
    int64_t last[LANES]; /* of the stage at hand: end of the lane's last span, ns */
    char buffer[BUFFER + EVENT_MAX];
} tracer;

static const tc_costs *costs_of(const tc_trace_part *in, int stage) {
    return in->joint ? in->joint->stage[stage] : in->costs;
}

/* Of a send from a stage to the next one, down, or back to the one before. */
static double send_seconds(const tc_trace_part *in, int stage, bool down) {
    if (!in->joint) return in->times->send_s;
    int from = down ? stage : stage - 1;
    return from >= 0 ? in->joint->sends[from] : 0;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static void flush(tracer *t) {
    if (!t->failed && t->used > 0) t->failed = !t->sink.write(t->sink.context, t->buffer, t->used);
    t->used = 0;
}

static bool put_bytes(void *tracer_of, const char *bytes, size_t length) {
    tracer *t = tracer_of;
    memcpy(t->buffer + t->used, bytes, length);
    t->used += length;
    return true;
}

static void put_text(tracer *t, const char *text) { put_bytes(t, text, strlen(text)); }

static void put_integer(tracer *t, int64_t value) {
    char digits[24];
    int n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (n > 0) t->buffer[t->used++] = digits[--n];
}

/* Nanoseconds as microseconds with three decimals. */
static void put_microseconds(tracer *t, int64_t ns) {
    put_integer(t, ns / 1000);
    int64_t rest = ns % 1000;
    if (rest == 0) return;
    t->buffer[t->used++] = '.';
    t->buffer[t->used++] = (char)('0' + rest / 100);
    t->buffer[t->used++] = (char)('0' + rest / 10 % 10);
    t->buffer[t->used++] = (char)('0' + rest % 10);
}

static void begin_event(tracer *t) {
    if (t->used >= BUFFER) flush(t);
    put_text(t, t->first ? "\n" : ",\n");
    t->first = false;
}

static int64_t nanoseconds(double seconds) { return seconds > 0 ? (int64_t)llround(seconds * 1e9) : 0; }

/* ---- events ----------------------------------------------------------------------------------- */

typedef struct span {
    const char *name;
    int micro_batch; /* -1: none */
    const char *category;
    int stage;
    lane_id lane;
    double begin, end;
    const char *args; /* NULL or a JSON object */
} span;

static void put_span(tracer *t, const span *s) {
    int64_t begin = nanoseconds(s->begin), end = nanoseconds(s->end);
    if (begin < t->last[s->lane]) begin = t->last[s->lane];
    if (end <= begin) return;
    t->last[s->lane] = end;
    begin_event(t);
    put_text(t, "{\"name\":\"");
    put_text(t, s->name);
    if (s->micro_batch >= 0) {
        t->buffer[t->used++] = ' ';
        put_integer(t, s->micro_batch);
    }
    put_text(t, "\",\"cat\":\"");
    put_text(t, s->category);
    put_text(t, "\",\"ph\":\"X\",\"ts\":");
    put_microseconds(t, begin);
    put_text(t, ",\"dur\":");
    put_microseconds(t, end - begin);
    put_text(t, ",\"pid\":");
    put_integer(t, t->in->first + s->stage);
    put_text(t, ",\"tid\":");
    put_integer(t, s->lane);
    if (s->args) {
        put_text(t, ",\"args\":");
        put_text(t, s->args);
    }
    put_text(t, "}");
    t->spans++;
}

static void put_name(tracer *t, const char *what, int stage, int lane, const char *name) {
    char text[320];
    begin_event(t);
    snprintf(text, sizeof text, "{\"name\":\"%s\",\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"args\":{\"name\":\"%.100s\"}}",
             what, t->in->first + stage, lane, name);
    put_text(t, text);
}

static void put_sort_index(tracer *t, const char *what, int stage, int lane, int index) {
    char text[200];
    begin_event(t);
    snprintf(text, sizeof text, "{\"name\":\"%s\",\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"args\":{\"sort_index\":%d}}",
             what, t->in->first + stage, lane, index);
    put_text(t, text);
}

/* {"name":...,"ph":"C","ts":...,"pid":...,"args":{KEY:VALUE,...}} */
static void begin_counter(tracer *t, const char *name, int stage, double at) {
    begin_event(t);
    put_text(t, "{\"name\":\"");
    put_text(t, name);
    put_text(t, "\",\"ph\":\"C\",\"ts\":");
    put_microseconds(t, nanoseconds(at));
    put_text(t, ",\"pid\":");
    put_integer(t, t->in->first + stage);
    put_text(t, ",\"args\":{");
}

/* A whole number; an exponent where nobody reads the digits. */
static void write_amount(double value, char out[32]) {
    tc_format_double(out, 32, value < 1e21 ? "%.0f" : "%.16e", value);
}

static void put_count(tracer *t, const char *key, double value, bool last) {
    put_text(t, "\"");
    put_text(t, key);
    put_text(t, "\":");
    if (value < 1e18) {
        put_integer(t, value > 0 ? (int64_t)llround(value) : 0);
    } else {
        char text[32];
        write_amount(value, text);
        put_text(t, text);
    }
    put_text(t, last ? "}}" : ",");
}

/* ---- slots --------------------------------------------------------------------------------------- */

static void split_parts(const tc_parts *p, double beyond, slot_parts *out) {
    memset(out, 0, sizeof *out);
    out->seconds[LANE_COMPUTE] = tc_parts_busy(p);
    out->seconds[LANE_TP] = p->tp_comm;
    out->seconds[LANE_CP] = p->cp_comm;
    out->seconds[LANE_EP] = p->ep_comm;
    out->seconds[LANE_HOST] = beyond;
}

/* FLOPs and bytes of a forward of a chunk of the model. */
static void chunk_amounts(const tc_costs *f, int chunk, double *flops, double *bytes) {
    const tc_model *model = &f->q->job.model;
    int counts[TC_MAX_BLOCKS + 2];
    const tc_chunking chunking = tc_chunking_of(model, f->p);
    tc_chunk_pieces(f, &chunking, chunk, counts);
    *flops = *bytes = 0;
    for (int i = 0; i < model->blocks + 2; i++) {
        const tc_operators *ops = i < model->blocks    ? &f->set.block[i]
                                  : i == model->blocks ? &f->set.embedding
                                                       : &f->set.head;
        double times = counts[i];
        for (int k = 0; k < ops->count; k++) {
            const tc_operator *op = &ops->op[k];
            *flops += times * op->flops;
            *bytes += times * tc_operator_bytes(op, f->rates.element_bytes, f->rates.element_bytes);
        }
    }
    for (int k = 0; k < 3 && chunk == 0; k++) /* towers: on a rank, those that share them by tensor parallelism alike */
        *flops += f->set.towers.flops[k] * f->p->shard.sequences / f->p->layout.tp;
}

static void describe(const tc_costs *f, double flops, double bytes, double seconds, char out[160]) {
    double peak = tc_peak_flops(&f->q->cluster.accelerator, f->q->job.dtype);
    char efficiency[24], flops_text[32], bytes_text[32];
    tc_format_double(efficiency, sizeof efficiency, "%.4f", seconds > 0 && peak > 0 ? flops / seconds / peak : 0);
    write_amount(flops, flops_text);
    write_amount(bytes, bytes_text);
    snprintf(out, 160, "{\"flops\":%s,\"bytes\":%s,\"efficiency\":%s}", flops_text, bytes_text, efficiency);
}

/* The parts and the arguments of every kind of slot of a node. Backward: input gradient and weight gradient each as a forward. */
static void prepare_node(const tc_costs *f, int chunk, slot_parts parts[TC_SLOT_KINDS], slot_text *text) {
    tc_pass pass;
    double offload, flops, bytes;
    tc_node_cost_of(f, chunk, &pass, &offload);
    split_parts(&pass.forward, offload / 2, &parts[TC_SLOT_FORWARD]);
    split_parts(&pass.backward, offload / 2, &parts[TC_SLOT_BACKWARD]);
    parts[TC_SLOT_INPUT] = parts[TC_SLOT_BACKWARD];
    parts[TC_SLOT_INPUT].seconds[LANE_COMPUTE] -= pass.weight_s;
    memset(&parts[TC_SLOT_WEIGHT], 0, sizeof parts[0]);
    parts[TC_SLOT_WEIGHT].seconds[LANE_COMPUTE] = pass.weight_s;
    chunk_amounts(f, chunk, &flops, &bytes);
    double weight = f->q->job.frozen_base ? 0 : 1;
    const double times[TC_SLOT_KINDS] = {1, 1 + weight, 1, weight};
    for (int k = 0; k < TC_SLOT_KINDS; k++)
        describe(f, times[k] * flops, times[k] * bytes, parts[k].seconds[LANE_COMPUTE], text->args[k]);
}

static const char *const slot_names[TC_SLOT_KINDS] = {"F", "B", "I", "W"};
static const char *const slot_categories[TC_SLOT_KINDS] = {"forward", "backward", "input gradient", "weight gradient"};

/* A slot: compute, then what stays exposed of each communication. */
static void put_slot(tracer *t, int stage, const tc_slot *slot, double begin, double end, const slot_parts *parts,
                     const char *name, const char *args) {
    static const lane_id lanes[] = {LANE_COMPUTE, LANE_TP, LANE_CP, LANE_EP, LANE_HOST};
    static const char *const names[] = {NULL, "TP", "CP", "EP", "offload"};
    double at = begin;
    for (size_t i = 0; i < sizeof lanes / sizeof lanes[0]; i++) {
        double seconds = parts->seconds[lanes[i]];
        if (slot->paired && lanes[i] == LANE_EP)
            seconds = seconds < end - at ? seconds : end - at; /* the rest is hidden */
        if (seconds <= 0) continue;
        double until = at + seconds < end ? at + seconds : end;
        span s = {i ? names[i] : name,
                  slot->micro_batch,
                  i ? "communication" : slot_categories[slot->kind],
                  stage,
                  lanes[i],
                  at,
                  until,
                  i ? NULL : args};
        put_span(t, &s);
        at = until;
    }
    if (end - at < 1e-9) return;
    span rest = {"weights and gradients", slot->micro_batch, "communication", stage, LANE_DP, at, end, NULL};
    put_span(t, &rest);
}

static const tc_schedule_node *node_of(const tc_order *o, int stage, const tc_slot *slot) {
    return &o->node[stage * o->chunks + slot->chunk];
}

/* The neighbour that a slot sends to, or -1; *down: towards higher stages. */
static int receiver_of(const tc_order *o, int stage, const tc_slot *slot, bool *down) {
    const tc_schedule_node *n = node_of(o, stage, slot);
    int to = slot->kind == TC_SLOT_FORWARD ? n->next : slot->kind == TC_SLOT_WEIGHT ? -1 : n->previous;
    if (to < 0 || o->node[to].stage == stage) return -1;
    *down = slot->kind == TC_SLOT_FORWARD ? n->down : !o->node[to].down;
    return o->node[to].stage;
}

/* Bytes of one send of activations. */
static double send_bytes(const tc_costs *f) {
    const tc_placement *p = f->p;
    return p->shard.sequences * p->shard.seq / p->layout.cp * f->q->job.model.hidden * f->rates.element_bytes
           / p->layout.tp;
}

static void put_send(tracer *t, const char *name, int stage, lane_id lane, const tc_slot *slot, double send,
                     const tc_slot_time *time, double start, const char *args) {
    double end = start + time->sent;
    span s = {name, slot->micro_batch, "send", stage, lane, end - send, end, args};
    put_span(t, &s);
}

static void put_link(tracer *t, int stage, double begin, double end, double bytes) {
    double rate = end > begin ? bytes / (end - begin) : 0;
    begin_counter(t, "pipeline link, bytes/s", stage, begin);
    put_count(t, "sent", rate, true);
    begin_counter(t, "pipeline link, bytes/s", stage, end);
    put_count(t, "sent", 0, true);
}

static void put_stage_slots(tracer *t, int stage, double start) {
    const tc_order *o = &t->in->slots->order;
    const tc_slot_time *time = t->in->slots->time;
    enum { CHUNKS = 32 };
    slot_parts parts[CHUNKS][TC_SLOT_KINDS];
    slot_text text[CHUNKS];
    char names[CHUNKS][TC_SLOT_KINDS][24], sent[32], args[80];
    for (int c = 0; c < o->chunks && c < CHUNKS; c++) {
        int part = o->node[stage * o->chunks + c].part;
        if (part >= 0) prepare_node(costs_of(t->in, stage), part, parts[c], &text[c]);
        for (int k = 0; k < TC_SLOT_KINDS; k++)
            snprintf(names[c][k], sizeof names[c][k], o->chunks > 1 ? "%s chunk %d mb" : "%s mb", slot_names[k], c);
    }
    double bytes = send_bytes(costs_of(t->in, stage));
    write_amount(bytes, sent);
    snprintf(args, sizeof args, "{\"bytes\":%s}", sent);
    for (int64_t i = o->first[stage]; i < o->first[stage + 1]; i++) {
        const tc_slot *slot = &o->slot[i];
        int c = slot->chunk < CHUNKS ? slot->chunk : CHUNKS - 1;
        put_slot(t, stage, slot, start + time[i].begin, start + time[i].end, &parts[c][slot->kind],
                 names[c][slot->kind], text[c].args[slot->kind]);
        bool down = true;
        if (receiver_of(o, stage, slot, &down) < 0 || t->in->times->send_s <= 0) continue;
        double send = send_seconds(t->in, stage, down);
        put_send(t, slot->kind == TC_SLOT_FORWARD ? "activations" : "gradients", stage,
                 down ? LANE_SEND_DOWN : LANE_SEND_UP, slot, send, &time[i], start, args);
        put_link(t, stage, start + time[i].sent - send, start + time[i].sent, bytes);
    }
}

/* Receives of a stage: the sends of its neighbours, in their order. */
static void put_receives(tracer *t, int stage, double start) {
    const tc_order *o = &t->in->slots->order;
    if (t->in->times->send_s <= 0) return;
    int neighbours[2] = {(stage + o->stages - 1) % o->stages, (stage + 1) % o->stages};
    for (int n = 0; n < 2; n++) {
        int from = neighbours[n];
        if (from == stage) continue;
        double clock = start + t->in->times->stage[from].lead_s - t->in->times->stage[stage].lead_s;
        for (int64_t i = o->first[from]; i < o->first[from + 1]; i++) {
            bool down = true;
            if (receiver_of(o, from, &o->slot[i], &down) != stage || down != (n == 0)) continue;
            put_send(t, o->slot[i].kind == TC_SLOT_FORWARD ? "activations" : "gradients", stage,
                     down ? LANE_RECEIVE_DOWN : LANE_RECEIVE_UP, &o->slot[i], send_seconds(t->in, from, down),
                     &t->in->slots->time[i], clock, NULL);
        }
    }
}

/* ---- what is around the slots -------------------------------------------------------------------------- */

typedef struct memory_lane {
    tracer *t;
    tc_live_fixed fixed;
    int stage;
} memory_lane;

static void put_memory(void *context, const tc_live_point *p, int64_t slot) {
    memory_lane *lane = context;
    const tc_states *s = &lane->fixed.states;
    (void)slot;
    begin_counter(lane->t, "memory, bytes", lane->stage, p->at_s);
    put_count(lane->t, "states", s->parameters + s->gradients + s->optimizer + s->buffers + s->framework, false);
    put_count(lane->t, "activations", p->activations + p->working, false);
    put_count(lane->t, "logits", p->logits, true);
}

static void put_before(tracer *t, int stage) {
    const tc_step_times *times = t->in->times;
    const tc_stage_times *s = &times->stage[stage];
    span host = {"host", -1, "host", stage, LANE_COMPUTE, 0, times->host_s, NULL};
    put_span(t, &host);
    span gather
        = {"gather weights", -1, "communication", stage, LANE_DP, times->host_s, times->host_s + s->gather_s, NULL};
    put_span(t, &gather);
}

/* The pools wait for the last one, and exchange gradients; what compute hides of that begins before it is waited for. */
static void put_meeting(tracer *t, int stage) {
    const tc_step_times *times = t->in->times;
    double own = fmax(times->stage[stage].reduce_end, times->stage[stage].end);
    span wait = {"wait for other pools", -1, "wait", stage, LANE_COMPUTE, own, t->in->meet_s, NULL};
    span link = {"gradients between pools",
                 -1,
                 "communication",
                 stage,
                 LANE_POOLS,
                 times->sync_s - t->in->link_s,
                 times->sync_s,
                 NULL};
    put_span(t, &wait);
    put_span(t, &link);
}

static void put_after(tracer *t, int stage) {
    const tc_step_times *times = t->in->times;
    const tc_stage_times *s = &times->stage[stage];
    double slowest = times->sync_s + times->straggler_s, waited = slowest + t->in->lost_s;
    span reduce = {"reduce gradients", -1, "communication", stage, LANE_DP, s->reduce_begin, s->reduce_end, NULL};
    put_span(t, &reduce);
    span straggler = {"wait for the slowest rank", -1, "wait", stage, LANE_COMPUTE, times->sync_s, slowest, NULL};
    if (t->in->meet_s > 0) put_meeting(t, stage);
    put_span(t, &straggler);
    span lost = {"software that mixes kinds", -1, "wait", stage, LANE_COMPUTE, slowest, waited, NULL};
    put_span(t, &lost);
    span optimizer = {"optimizer", -1, "optimizer", stage, LANE_COMPUTE, waited, waited + s->optimizer_s, NULL};
    if (s->optimizer_s >= times->optimizer_s) optimizer.end = times->step_s;
    put_span(t, &optimizer);
}

/* With no optimizer (frozen weights) the step ends when all have met. */
static void put_end(tracer *t, int stage) {
    const tc_step_times *times = t->in->times;
    if (stage > 0 || times->optimizer_s > 0 || t->last[LANE_COMPUTE] >= nanoseconds(times->step_s)) return;
    span end = {"wait for all stages", -1, "wait", stage, LANE_COMPUTE, times->sync_s - 1e-9, times->step_s, NULL};
    put_span(t, &end);
}

static void put_stage_names(tracer *t, int stage) {
    char name[160];
    int64_t first = 0, ranks = 0;
    for (int s = 0; s <= stage; s++) { /* of a pool: they are counted anew where one begins */
        const tc_layout *l = &costs_of(t->in, s)->p->layout;
        bool begins = t->in->pool && s > 0 && strcmp(t->in->pool[s], t->in->pool[s - 1]) != 0;
        first = begins ? 0 : first + ranks;
        ranks = (int64_t)l->tp * l->cp * l->dp;
    }
    snprintf(name, sizeof name, "%.60s%sstage %d (ranks %lld-%lld)", t->in->pool ? t->in->pool[stage] : "",
             t->in->pool ? ", " : "", stage, (long long)first, (long long)(first + ranks - 1));
    put_name(t, "process_name", stage, 0, name);
    put_sort_index(t, "process_sort_index", stage, 0, t->in->first + stage);
    for (int i = 0; i < (t->in->meet_s > 0 ? LANES : LANE_POOLS); i++) {
        put_name(t, "thread_name", stage, i, lane_names[i]);
        put_sort_index(t, "thread_sort_index", stage, i, i);
    }
}

static void put_head(tracer *t, const tc_trace_input *in) {
    char text[400], step[32];
    tc_format_double(step, sizeof step, "%.12g", in->step->step_s);
    snprintf(text, sizeof text,
             "{\"traincast\":\"%s\",\"schema\":\"traincast.trace/"
             "1\",\"data\":\"%.80s\",\"step_s\":%s,\"displayTimeUnit\":\"ms\",\"assumed\":[",
             TC_VERSION, in->data ? in->data : "", step);
    put_text(t, text);
    for (int i = 0; i < in->step->assumed_count; i++) {
        if (i) put_text(t, ",");
        tc_json_quote(in->step->assumed[i], put_bytes, t);
    }
    put_text(t, "],\"traceEvents\":[");
}

tc_code tc_trace_check(const tc_step *step, tc_error *error) {
    if (step->step_s < NANOSECONDS_MAX / 1e9) return TC_OK;
    return tc_fail(error, TC_INVALID, "--output",
                   "a step of %.0f years, which a trace cannot count in nanoseconds; ask for one below 292 years",
                   step->step_s / (365.25 * 86400));
}

static void put_stage(tracer *t, int stage) {
    const tc_trace_part *in = t->in;
    const tc_costs *costs = costs_of(in, stage);
    memset(t->last, 0, sizeof t->last);
    put_stage_names(t, stage);
    put_before(t, stage);
    put_stage_slots(t, stage, in->times->host_s);
    put_receives(t, stage, in->times->host_s);
    put_after(t, stage);
    put_end(t, stage);
    memory_lane memory = {.t = t, .fixed = tc_live_fixed_of(costs, stage), .stage = stage};
    if (tc_live_walk(costs, &in->slots->order, in->slots->time, in->times->host_s, stage, put_memory, &memory, NULL))
        t->failed = true;
}

int64_t tc_report_trace(const tc_trace_input *in, tc_sink sink) {
    tracer t = {.in = &in->part[0], .sink = sink, .first = true};
    put_head(&t, in);
    flush(&t);
    for (int i = 0; i < in->parts; i++) {
        t.in = &in->part[i];
        for (int s = 0; s < t.in->times->stages; s++) put_stage(&t, s);
    }
    put_text(&t, "\n]}\n");
    flush(&t);
    return t.failed ? -1 : t.spans;
}

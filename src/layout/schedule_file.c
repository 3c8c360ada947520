/* schedule_file.c - a user's own schedule, in the notation of PyTorch's pipeline schedules.
 *
 * One line a stage, its slots separated by commas: part of the model, what is done, micro-batch.
 *   # two stages, four micro-batches, 1F1B
 *   0F0,0F1,0B0,0F2,0B1,0F3,0B2,0B3
 *   1F0,1B0,1F1,1B1,1F2,1B2,1F3,1B3
 * F forward, I input gradient, W weight gradient, B both (torch.distributed.pipelining,
 * _PipelineSchedule._dump_csv). Empty slots and "None" are idle units: they are skipped, since
 * when a slot runs follows from the order. '#' begins a comment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "layout/schedule.h"

#define FILE_LIMIT ((size_t)64 << 20)
#define PARTS_MAX 4096
#define MICRO_BATCHES_MAX 1000000

/* A slot as the file has it. */
typedef struct raw_slot {
    int part, micro_batch;
    tc_slot_kind kind;
} raw_slot;

typedef struct reader {
    const char *path;
    int line, stages, parts, micro_batches;
    bool split;
    raw_slot *slot;
    size_t count, room;
    size_t first[PARTS_MAX + 1]; /* of each stage */
    int line_of[PARTS_MAX];
    int stage_of[PARTS_MAX]; /* of each part, plus one; 0 = nowhere */
    int chunk_of[PARTS_MAX];
    int chunks[PARTS_MAX]; /* of each stage */
} reader;

static tc_code fail_at(const reader *r, int line, tc_error *error, const char *text) {
    char place[320];
    snprintf(place, sizeof place, "%.300s:%d", r->path, line);
    return tc_fail(error, TC_INVALID, place, "%s", text);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* Digits at *at as a number below `limit`, or -1. */
static int read_number(const char **at, const char *end, int limit) {
    int value = -1;
    while (*at < end && **at >= '0' && **at <= '9') {
        value = (value < 0 ? 0 : value) * 10 + (**at - '0');
        if (value >= limit) return -1;
        ++*at;
    }
    return value;
}

static tc_code read_slot(reader *r, const char *from, const char *to, tc_error *error) {
    static const char kinds[] = "FBIW";
    raw_slot slot = {.part = -1};
    const char *at = from;
    slot.part = read_number(&at, to, PARTS_MAX);
    const char *kind = at < to && *at ? strchr(kinds, *at) : NULL;
    if (kind) at++;
    slot.micro_batch = read_number(&at, to, MICRO_BATCHES_MAX);
    if (slot.part < 0 || !kind || slot.micro_batch < 0 || at != to) {
        char text[200];
        snprintf(text, sizeof text, "'%.*s' is no slot; give part, F, B, I or W, and micro-batch, for example 0F3",
                 (int)(to - from < 40 ? to - from : 40), from);
        return fail_at(r, r->line, error, text);
    }
    slot.kind = (tc_slot_kind)(kind - kinds);
    if (slot.part >= r->parts) r->parts = slot.part + 1;
    if (slot.micro_batch >= r->micro_batches) r->micro_batches = slot.micro_batch + 1;
    r->split = r->split || slot.kind > TC_SLOT_BACKWARD;
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 1024;
        raw_slot *moved = realloc(r->slot, room * sizeof *moved);
        if (!moved) return tc_fail(error, TC_INTERNAL, "memory", "none is left for a schedule");
        r->slot = moved;
        r->room = room;
    }
    r->slot[r->count++] = slot;
    return TC_OK;
}

static tc_code read_line(reader *r, const char *from, const char *to, tc_error *error) {
    const char *comment = memchr(from, '#', (size_t)(to - from));
    if (comment) to = comment;
    while (from < to && is_blank(*from)) from++;
    while (to > from && is_blank(to[-1])) to--;
    if (from == to) return TC_OK;
    if (r->stages == PARTS_MAX) return fail_at(r, r->line, error, "more than 4096 stages; give fewer");
    r->line_of[r->stages] = r->line;
    r->first[r->stages++] = r->count;
    while (from < to) {
        const char *comma = memchr(from, ',', (size_t)(to - from)), *end = comma ? comma : to, *last = end;
        while (from < last && is_blank(*from)) from++;
        while (last > from && is_blank(last[-1])) last--;
        bool idle = from == last || (last - from == 4 && memcmp(from, "None", 4) == 0);
        tc_code code = idle ? TC_OK : read_slot(r, from, last, error);
        if (code) return code;
        from = comma ? comma + 1 : to;
    }
    return TC_OK;
}

/* Each part of the model is on one stage. */
static tc_code place_parts(reader *r, tc_error *error) {
    r->first[r->stages] = r->count;
    for (int s = 0; s < r->stages; s++)
        for (size_t i = r->first[s]; i < r->first[s + 1]; i++) {
            int part = r->slot[i].part;
            if (r->stage_of[part] == s + 1) continue;
            if (r->stage_of[part])
                return fail_at(r, r->line_of[s], error,
                               "a part of the model is also on an earlier line; give each to one stage");
            r->stage_of[part] = s + 1;
            r->chunk_of[part] = r->chunks[s]++;
        }
    for (int part = 0; part < r->parts; part++)
        if (!r->stage_of[part]) {
            char text[96];
            snprintf(text, sizeof text, "part %d is on no stage; number the parts from 0 without a gap", part);
            return fail_at(r, r->line, error, text);
        }
    return TC_OK;
}

static tc_code build_order(const reader *r, tc_order *out, tc_error *error) {
    int chunks = 1;
    for (int s = 0; s < r->stages; s++)
        if (r->chunks[s] > chunks) chunks = r->chunks[s];
    *out = (tc_order){.stages = r->stages,
                      .chunks = chunks,
                      .parts = r->parts,
                      .micro_batches = r->micro_batches,
                      .period = 1};
    size_t nodes = (size_t)r->stages * (size_t)chunks;
    out->node = calloc(nodes, sizeof *out->node);
    out->first = calloc((size_t)r->stages + 1, sizeof *out->first);
    out->slot = calloc(r->count, sizeof *out->slot);
    if (!out->node || !out->first || !out->slot)
        return tc_fail(error, TC_INTERNAL, "memory", "none is left for a schedule");
    for (size_t i = 0; i < nodes; i++)
        out->node[i] = (tc_schedule_node){.stage = (int)i / chunks, .part = -1, .next = -1, .previous = -1};
    for (int part = 0, last = -1; part < r->parts; part++) {
        int stage = r->stage_of[part] - 1, here = stage * chunks + r->chunk_of[part];
        tc_schedule_node *n = &out->node[here];
        n->part = part;
        n->previous = last;
        n->down = part + 1 < r->parts ? r->stage_of[part + 1] - 1 > stage : true;
        if (last >= 0) out->node[last].next = here;
        last = here;
    }
    for (int s = 0; s <= r->stages; s++) out->first[s] = (int64_t)r->first[s];
    for (size_t i = 0; i < r->count; i++)
        out->slot[i] = (tc_slot){.micro_batch = r->slot[i].micro_batch,
                                 .chunk = (uint16_t)r->chunk_of[r->slot[i].part],
                                 .kind = (uint8_t)r->slot[i].kind};
    return TC_OK;
}

tc_code tc_order_parse(const char *text, size_t length, const char *path, tc_order *out, tc_error *error) {
    *out = (tc_order){.stages = 0};
    reader *r = calloc(1, sizeof *r);
    if (!r) return tc_fail(error, TC_INTERNAL, "memory", "none is left for a schedule");
    r->path = path;
    tc_code code = TC_OK;
    for (const char *at = text, *end = text + length; at < end && !code;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        r->line++;
        code = read_line(r, at, newline ? newline : end, error);
        at = newline ? newline + 1 : end;
    }
    if (!code && r->count == 0)
        code
            = fail_at(r, r->line > 0 ? r->line : 1, error, "no slots; give a line for each stage, for example 0F0,0B0");
    if (!code) code = place_parts(r, error);
    if (!code) code = build_order(r, out, error);
    if (!code) code = tc_order_check(out, path, r->line_of, NULL, error);
    free(r->slot);
    free(r);
    if (code) tc_order_free(out);
    return code;
}

tc_code tc_schedule_load(const char *path, tc_order **out, tc_error *error) {
    *out = NULL;
    char *text;
    size_t length;
    tc_code code = tc_file_read(path, FILE_LIMIT, &text, &length, error);
    if (code) return code;
    tc_order *order = calloc(1, sizeof *order);
    code = order ? tc_order_parse(text, length, path, order, error)
                 : tc_fail(error, TC_INTERNAL, "memory", "none is left for a schedule");
    free(text);
    if (code) {
        free(order);
    } else {
        snprintf(order->path, sizeof order->path, "%.255s", path);
        *out = order;
    }
    return code;
}

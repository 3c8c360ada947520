/* pipeline.c - the stage that sets the rhythm of a pipeline, and whether the closed form of its schedule is the timeline's.
 *
 * Seconds of chunks are sums over what they are made of (tc_chunk_pieces): their passes are summed once, the chunks then
 * take a few products each.
 */
#include "step/pipeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layout/schedule.h"

void tc_chunk_kinds_of(const tc_costs *costs, tc_chunk_kinds *out) {
    const tc_chunking chunking = tc_chunking_of(&costs->q->job.model, costs->p);
    int stages = costs->p->layout.pp, count = costs->q->job.model.blocks + 2;
    size_t bytes = (size_t)count * sizeof **out->counts;
    out->chunks = tc_stage_chunks(costs->p);
    out->kinds = 0;
    if ((int64_t)stages * out->chunks > TC_KNOWN_CHUNKS) return;
    for (int s = 0, at = 0; s < stages; s++)
        for (int i = 0; i < out->chunks; i++, at++) {
            int chunk = tc_chunk_of(costs->p, s, i), kind = at > 0 && out->kind[at - 1] >= 0 ? out->kind[at - 1] : 0;
            out->kind[at] = -1;
            if (chunk < 0) continue;
            if (out->kinds == TC_CHUNK_KINDS) {
                out->kinds = 0;
                return;
            }
            int *own = out->counts[out->kinds];
            tc_chunk_pieces(costs, &chunking, chunk, own);
            /* most are of the kind of the one before */
            if (out->kinds > 0 && memcmp(out->counts[kind], own, bytes) != 0)
                for (kind = 0; kind < out->kinds && memcmp(out->counts[kind], own, bytes) != 0;) kind++;
            out->kind[at] = (signed char)kind;
            if (kind == out->kinds) out->kinds++;
        }
}

/* Seconds of what chunks are made of. */
typedef struct pieces {
    int count;
    tc_round pass[TC_MAX_BLOCKS + 2];
    tc_round occupied[TC_MAX_BLOCKS + 2]; /* of these, the links of data parallelism */
    bool occupies;                        /* at all */
    const tc_chunk_kinds *kinds;
    tc_chunking chunking;          /* where kinds are not known */
    tc_round kind[TC_CHUNK_KINDS]; /* seconds of a chunk of each */
} pieces;

static void add_rounds(tc_round *sum, const tc_round *each, const int *times, int count) {
    for (int i = 0; i < count; i++) {
        sum->forward += times[i] * each[i].forward;
        sum->backward += times[i] * each[i].backward;
    }
}

static pieces pieces_of(const tc_costs *costs, const tc_chunk_kinds *kinds) {
    pieces p;
    p.count = costs->q->job.model.blocks + 2;
    p.occupies = false;
    p.kinds = kinds;
    for (int i = 0; i < p.count; i++) {
        const tc_pass *pass = tc_piece(costs, i);
        p.pass[i] = (tc_round){tc_parts_sum(&pass->forward), tc_parts_sum(&pass->backward)};
        p.occupied[i] = (tc_round){pass->forward_occupied, pass->backward_occupied};
        p.occupies = p.occupies || pass->backward_occupied > 0;
    }
    for (int i = 0; i < kinds->kinds; i++) {
        p.kind[i] = (tc_round){0, 0};
        add_rounds(&p.kind[i], p.pass, kinds->counts[i], p.count);
    }
    if (kinds->kinds == 0) p.chunking = tc_chunking_of(&costs->q->job.model, costs->p);
    return p;
}

/* The sums of tc_chunk_pass, of chunk i of a stage; occupied, if not NULL, grows by the chunk's. False: the stage has none. */
static bool chunk_seconds(const tc_costs *costs, const pieces *p, int stage, int i, tc_round *seconds,
                          tc_round *occupied) {
    int room[TC_MAX_BLOCKS + 2];
    const int *counts = room;
    if (p->kinds->kinds > 0) {
        int kind = p->kinds->kind[stage * p->kinds->chunks + i];
        if (kind < 0) return false;
        *seconds = p->kind[kind];
        counts = p->kinds->counts[kind];
    } else {
        int chunk = tc_chunk_of(costs->p, stage, i);
        if (chunk < 0) return false;
        tc_chunk_pieces(costs, &p->chunking, chunk, room);
        *seconds = (tc_round){0, 0};
        add_rounds(seconds, p->pass, room, p->count);
    }
    if (occupied && p->occupies) add_rounds(occupied, p->occupied, counts, p->count);
    return true;
}

/* occupied, if not NULL, grows by what the stage's own collectives take of the links of data parallelism. */
static tc_stage_seconds stage_seconds(const tc_costs *costs, const pieces *p, int stage, tc_round *occupied) {
    tc_stage_seconds t = {.forward = 0};
    if (tc_holds_mirror(costs->p)) {
        tc_pass pass;
        tc_stage_pass(costs, stage, &pass);
        if (occupied)
            *occupied
                = (tc_round){occupied->forward + pass.forward_occupied, occupied->backward + pass.backward_occupied};
        t.first_forward = t.last_forward = t.forward = tc_parts_sum(&pass.forward);
        t.first_backward = t.last_backward = t.backward = tc_parts_sum(&pass.backward);
        return t;
    }
    for (int c = 0; c < p->kinds->chunks; c++) {
        tc_round own;
        if (!chunk_seconds(costs, p, stage, c, &own, occupied)) continue;
        if (c == 0) t.first_forward = own.forward, t.first_backward = own.backward;
        t.last_forward = own.forward;
        t.last_backward = own.backward;
        t.forward += own.forward;
        t.backward += own.backward;
    }
    return t;
}

/* The closed form that goes with the chunks: is there one for schedule i? */
static bool has_form(const tc_costs *costs, int i, int chunks) {
    int stages = costs->p->layout.pp;
    if (!tc_schedule_facts_of(i).closed_form || stages > TC_CLOSED_STAGES
        || costs->p->layout.schedule == TC_SCHEDULE_CUSTOM)
        return false;
    return stages == 1 || (i == TC_SCHEDULE_INTERLEAVED ? chunks > 1 : chunks == 1);
}

static double rest_of(double seconds, double taken) { return seconds > taken ? seconds - taken : 0; }

/* The pipeline without its forms. */
static void find_pipeline(const tc_costs *costs, const tc_chunk_kinds *kinds, tc_stage_seconds stage[TC_CLOSED_STAGES],
                          tc_pipeline *line) {
    const pieces p = pieces_of(costs, kinds);
    memset(line, 0, sizeof *line);
    line->costs = costs;
    line->send_s = tc_stage_send_seconds(costs);
    line->closed_s = line->compute_s = -1;
    for (int i = 0; i < TC_SCHEDULE_CUSTOM; i++) line->form_s[i] = -1;
    int last = costs->p->layout.pp - 1;
    bool apart = tc_schedule_facts_of(costs->p->layout.schedule).apart;
    double most = -1, sends = costs->paths.pp_shared ? kinds->chunks * line->send_s : 0;
    for (int s = 0; s <= last; s++) {
        tc_round occupied = {sends, sends};
        tc_stage_seconds t = stage_seconds(costs, &p, s, &occupied);
        tc_round free = {rest_of(t.forward, occupied.forward), rest_of(t.backward, occupied.backward)};
        if (s < TC_CLOSED_STAGES) stage[s] = t;
        if (s < TC_FILL_STAGES) line->free[s] = free;
        if (s < last && s < TC_FILL_STAGES && !apart) {
            line->fill_s[s + 1] = line->fill_s[s] + t.first_forward + line->send_s;
            line->drain_s[s + 1] = line->drain_s[s] + t.first_backward + line->send_s;
        }
        if (t.forward + t.backward > most) {
            most = t.forward + t.backward;
            line->forward_s = t.forward;
            line->backward_s = t.backward;
            line->slowest = s;
            line->free[TC_FILL_STAGES] = free;
        }
    }
    tc_pass slowest;
    tc_stage_pass(costs, line->slowest, &slowest);
    line->forward = slowest.forward;
    line->backward = slowest.backward;
    line->slowest_s = line->forward_s + line->backward_s;
}

/* Stages apart from each other set the rhythm among faster ones: what one waits for the other hides, which the longest
 * path through a single stage does not see. */
static bool several_stages_lead(const tc_stage_seconds *stage, int stages, int slowest) {
    double first = stage[slowest].forward + stage[slowest].backward, second = 0, least = first;
    for (int s = 0; s < stages; s++) {
        double seconds = stage[s].forward + stage[s].backward;
        if (seconds < least) least = seconds;
        if (abs(s - slowest) > 1 && seconds > second) second = seconds;
    }
    return second > 0.9 * first && least < 0.8 * first;
}

/* Layers of several kinds that alternate come out different on every stage where there are not as many of a kind for each. */
static bool alternates_unevenly(const tc_model *model, int stages) {
    for (int i = 0; i < model->blocks; i++)
        if (model->block[i].alternates && model->block[i].count % stages) return true;
    return false;
}

/* Is the closed form of the layout's schedule the timeline's? Not of interleaving, in which a light pair of chunks of one
 * stage waits for a heavy pair of another. */
static bool holds(const tc_costs *costs, const tc_stage_seconds *stage, int slowest) {
    const tc_layout *l = &costs->p->layout;
    if (l->pp == 1) return !tc_activations_on_host(l);
    if (tc_stages_given(l)) return false;        /* stages that lead may stand anywhere, and wait for each other */
    if (tc_activations_on_host(l)) return false; /* slots that wait for the host link are not in it */
    if (l->schedule == TC_SCHEDULE_GPIPE) return true;
    if (costs->p->layers < l->pp) return false;
    /* towers on the first stage, double and single blocks, or uneven stages without a head that would lead: as stages that
     * are given */
    const tc_model *model = &costs->q->job.model;
    if (model->towers > 0) return false;
    if (model->latents.stride > 0 && (model->blocks > 1 || costs->p->layers % l->pp)) return false;
    if (alternates_unevenly(model, l->pp)) return false;
    return l->schedule == TC_SCHEDULE_1F1B && !several_stages_lead(stage, l->pp, slowest);
}

/* A round through the pipeline in the closed form, as often as it is filled and emptied: stage 0 begins and ends it. */
static double form_seconds(const tc_costs *costs, int schedule, const tc_stage_seconds *stage, int chunks,
                           double send_s) {
    int64_t rounds = tc_pipeline_rounds(costs->p);
    return (double)rounds
           * tc_closed_form(schedule, stage, costs->p->layout.pp, chunks, costs->p->micro_batches / rounds, send_s);
}

void tc_staged_pipeline_again(const tc_costs *costs, tc_staged_pipeline *of) {
    tc_pipeline *line = &of->line;
    int schedule = costs->p->layout.schedule;
    if (!has_form(costs, schedule, of->chunks)) return;
    line->closed_s = form_seconds(costs, schedule, of->stage, of->chunks, line->send_s);
    line->compute_s = line->send_s > 0 ? form_seconds(costs, schedule, of->stage, of->chunks, 0) : line->closed_s;
}

void tc_staged_pipeline_of(const tc_costs *costs, tc_staged_pipeline *out) {
    tc_chunk_kinds kinds;
    tc_chunk_kinds_of(costs, &kinds);
    out->chunks = kinds.chunks;
    find_pipeline(costs, &kinds, out->stage, &out->line);
    if (has_form(costs, costs->p->layout.schedule, out->chunks))
        out->line.exact = holds(costs, out->stage, out->line.slowest);
    tc_staged_pipeline_again(costs, out);
}

tc_pipeline tc_pipeline_of(const tc_costs *costs) {
    tc_staged_pipeline staged;
    tc_staged_pipeline_of(costs, &staged);
    return staged.line;
}

tc_pipeline tc_pipeline_sketch(const tc_costs *costs, const tc_chunk_kinds *kinds) {
    tc_stage_seconds stage[TC_CLOSED_STAGES];
    tc_pipeline line;
    find_pipeline(costs, kinds, stage, &line);
    for (int i = 0; i < TC_SCHEDULE_CUSTOM; i++)
        if (has_form(costs, i, kinds->chunks))
            line.form_s[i] = form_seconds(costs, i, stage, kinds->chunks, line.send_s);
    return line;
}

tc_least_seconds tc_pipeline_least(const tc_costs *costs, const tc_chunk_kinds *kinds) {
    const pieces p = pieces_of(costs, kinds);
    double m = (double)costs->p->micro_batches, above = 0;
    tc_least_seconds least = {0, 0};
    for (int s = 0; s < costs->p->layout.pp; s++) {
        tc_stage_seconds t = stage_seconds(costs, &p, s, NULL);
        double work = m * (t.forward + t.backward);
        least.work = fmax(least.work, work);
        least.filled = fmax(least.filled, above + work);
        above += t.first_forward + t.first_backward;
    }
    return least;
}

double tc_mean_stage_seconds(const tc_costs *costs, bool paired) {
    double sum = 0, comm = 0;
    for (int i = 0; i < costs->q->job.model.blocks + 2; i++) {
        const tc_pass *pass = tc_piece(costs, i);
        double times = tc_model_pieces(&costs->q->job.model, i);
        sum += times * (tc_parts_sum(&pass->forward) + tc_parts_sum(&pass->backward));
        if (paired) comm += times * (pass->forward.ep_comm + pass->backward.ep_comm);
    }
    return fmax(sum - comm, comm) / costs->p->layout.pp;
}

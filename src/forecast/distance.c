/* distance.c - how far a layout lies from those of published runs. */
#include "forecast/distance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/vocabulary.h"
#include "catalog/interval_model.h"
#include "layout/layout.h"

/* Sources that make a practice, as of the ranges of the axes. */
#define ENOUGH_SOURCES 2

static double layers_of_chunk(const tc_question *q, const tc_layout *l) {
    return (double)tc_layer_count(&q->job.model) / ((double)l->pp * l->vpp);
}

tc_layout_traits tc_layout_traits_of(const tc_question *q, const tc_layout *l, int64_t micro_batches) {
    tc_layout_traits t = {.value = {0}};
    double seq = q->job.seq > 0 ? q->job.seq : q->job.model.seq, tokens = seq / l->cp;
    t.value[TC_AXIS_TP] = l->tp;
    t.value[TC_AXIS_PP] = l->pp;
    t.value[TC_AXIS_CP] = l->cp;
    t.value[TC_AXIS_CP_TOKENS] = l->cp > 1 ? tokens : 0;
    t.value[TC_AXIS_EP] = l->ep;
    t.value[TC_AXIS_DP] = l->dp;
    t.value[TC_AXIS_DEVICES] = (double)l->tp * l->pp * l->cp * l->dp;
    t.value[TC_AXIS_MICRO_BATCH] = l->micro_batch;
    t.value[TC_AXIS_TOKENS] = l->micro_batch * tokens;
    t.value[TC_AXIS_VPP] = l->vpp;
    t.value[TC_AXIS_CHUNK_LAYERS] = layers_of_chunk(q, l);
    t.value[TC_AXIS_PER_STAGE] = l->pp > 1 ? (double)micro_batches / l->pp : 0;
    if (l->dp > 1) t.chosen[TC_CHOICE_SHARDING] = 1u << l->sharding;
    t.chosen[TC_CHOICE_RECOMPUTE] = 1u << l->recompute;
    if (l->pp > 1 && l->schedule != TC_SCHEDULE_CUSTOM) t.chosen[TC_CHOICE_SCHEDULE] = 1u << l->schedule;
    if (l->cp > 1) t.chosen[TC_CHOICE_CP_KIND] = 1u << l->cp_kind;
    t.chosen[TC_CHOICE_HOST]
        = (unsigned)tc_states_on_host(l) << TC_ON_HOST_STATES | (unsigned)tc_step_on_host(l) << TC_ON_HOST_STEP
          | (unsigned)(tc_activations_on_host(l) || l->offload_operators) << TC_ON_HOST_ACTIVATIONS;
    return t;
}

/* ---- reasons ------------------------------------------------------------------------------------ */

typedef struct axis_text {
    const char *below, *above;
} axis_text;

#define AXIS_SENTENCE(id, key, below, above) {below, above},
static const axis_text axis_sentence[TC_AXES] = {TC_LAYOUT_AXES(AXIS_SENTENCE)};
#define CHOICE_SENTENCE(id, key, words, text) text,
static const char *const choice_sentence[TC_CHOICES] = {TC_LAYOUT_CHOICES(CHOICE_SENTENCE)};
#define CHOICE_WORDS(id, key, words, text) words,
static const char *const *const choice_words[TC_CHOICES] = {TC_LAYOUT_CHOICES(CHOICE_WORDS)};

/* "no published run has more than 64 pipeline stages" */
static void tell(tc_far *far, bool somebody, const char *text, const char *value) {
    int before = (int)strcspn(text, "#");
    snprintf(far->text, sizeof far->text, "%s %.*s%s%s",
             somebody ? "only one source has a published run that" : "no published run", before, text, value,
             text + before + 1);
}

/* The reasons found so far, the largest first. */
typedef struct reasons {
    tc_far *item;
    int room, count;
    double squares;
} reasons;

/* Room for one of that distance, or NULL. */
static tc_far *take_reason(reasons *r, double distance) {
    r->squares += distance * distance;
    int at = r->count < r->room ? r->count++ : r->room;
    while (at > 0 && r->item[at - 1].distance < distance) at--;
    if (at == r->room) return NULL;
    memmove(r->item + at + 1, r->item + at, (size_t)(r->count - at - 1) * sizeof *r->item);
    r->item[at].distance = distance;
    return &r->item[at];
}

static void look_at_axis(const tc_axis_range *range, const axis_text *sentence, double value, reasons *r) {
    if (value <= 0 || range->high <= 0) return;
    bool above = value > range->high;
    const char *text = above ? sentence->above : sentence->below;
    double far = above ? log2(value / range->high) : log2(range->low / value);
    if (!text || far <= 0) return;
    tc_far *reason = take_reason(r, far);
    if (!reason) return;
    bool somebody = above ? value <= range->most : value >= range->least;
    double limit = above ? (somebody ? range->high : range->most) : somebody ? range->low : range->least;
    tell(reason, somebody, text, tc_decimal_text(limit, 2).s);
}

static void look_at_choice(const tc_published_layouts *published, int choice, unsigned chosen, reasons *r) {
    for (int word = 0; word < TC_CHOICE_WORDS; word++) {
        int sources = published->sources[choice][word];
        if (!(chosen >> word & 1) || sources >= ENOUGH_SOURCES) continue;
        tc_far *reason = take_reason(r, ENOUGH_SOURCES - sources);
        if (reason) tell(reason, sources > 0, choice_sentence[choice], choice_words[choice][word]);
    }
}

double tc_layout_distance(const tc_published_layouts *published, const tc_layout_traits *traits, tc_far *item, int room,
                          int *count) {
    reasons r = {item, room, 0, 0};
    for (int i = 0; i < TC_AXES && published->known; i++)
        look_at_axis(&published->axis[i], &axis_sentence[i], traits->value[i], &r);
    for (int i = 0; i < TC_CHOICES && published->known; i++) look_at_choice(published, i, traits->chosen[i], &r);
    if (count) *count = r.count;
    return sqrt(r.squares);
}

double tc_distance_widens(const tc_published_layouts *published, double distance) {
    double more = published->widening * distance;
    return sqrt(1 + more * more);
}

void tc_distance_apply(const tc_question *q, tc_step *step) {
    step->distance = 0;
    step->distance_count = 0;
    if (!q->interval) return;
    tc_layout_traits traits = tc_layout_traits_of(q, &step->layout, step->micro_batches);
    tc_far reason[TC_DISTANCE_REASONS];
    step->distance
        = tc_layout_distance(&q->interval->layouts, &traits, reason, TC_DISTANCE_REASONS, &step->distance_count);
    for (int i = 0; i < step->distance_count; i++)
        memcpy(step->distance_reason[i], reason[i].text, sizeof reason[i].text);
}

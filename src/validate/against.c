/* against.c - scores other simulators and the forecast on the same runs. */
#include "validate/against.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define WITHIN_PCT 20

/* Errors of some runs, in room for all. */
typedef struct sample {
    tc_error_row *row;
    double *value;
    int n;
} sample;

static bool make_sample(const tc_validation *v, tc_arena *arena, sample *out) {
    size_t n = (size_t)v->count + 1;
    *out = (sample){.row = tc_arena_alloc(arena, n * sizeof *out->row),
                    .value = tc_arena_alloc(arena, n * sizeof *out->value)};
    return out->row && out->value;
}

static void add(sample *s, const tc_scored_run *run, double error_pct) {
    if (isfinite(error_pct)) s->row[s->n++] = (tc_error_row){run->run->source_family, error_pct, true};
}

static int families_of(const sample *s) {
    int families = 0;
    for (int i = 0; i < s->n; i++) {
        int k = 0;
        while (strcmp(s->row[k].family, s->row[i].family) != 0) k++;
        families += k == i;
    }
    return families;
}

/* Empties the sample. False: out of memory. */
static bool summarise(sample *s, tc_error_summary *out) {
    double absolute = 0, sum = 0;
    int within = 0, n = s->n;
    for (int i = 0; i < n; i++) {
        double error = s->row[i].error_pct;
        absolute += fabs(error);
        sum += error;
        within += fabs(error) <= WITHIN_PCT;
    }
    *out = (tc_error_summary){.n = n, .families = families_of(s), .mape_pct = n ? absolute / n : NAN};
    out->bias_pct = n ? sum / n : NAN;
    out->within20_pct = n ? 100.0 * within / n : NAN;
    s->n = 0;
    return tc_macro_error(s->row, n, false, &out->macro_mape_pct)
           && tc_median_error(s->row, n, false, &out->median_ape_pct);
}

/* ---- a run ------------------------------------------------------------------------------------- */

static bool scored(const tc_scored_run *r) { return r->forecast && r->counts && !isnan(r->error_pct); }

/* NULL: the tool has no row of it, or says why it cannot. */
static const tc_prediction *expressed(const tc_tool_score *t, const tc_scored_run *r) {
    const tc_prediction *p = tc_prediction_of(t->predictions, r->run->id);
    return p && p->step_s > 0 ? p : NULL;
}

static double error_of(const tc_prediction *p, const tc_scored_run *r) {
    double measured_s = r->step_s / (1 + r->error_pct / 100);
    return 100 * (p->step_s / measured_s - 1);
}

/* ---- a tool ------------------------------------------------------------------------------------ */

static bool score_time(const tc_validation *v, tc_tool_score *t, int all, sample *theirs, sample *ours) {
    for (int i = 0; i < v->count; i++) {
        const tc_scored_run *r = &v->runs[i];
        t->known += tc_prediction_of(t->predictions, r->run->id) != NULL;
        const tc_prediction *p = expressed(t, r);
        if (!p) continue;
        t->expressed++;
        if (!scored(r)) continue;
        t->expressed_scored++;
        if (p->own) continue;
        add(theirs, r, error_of(p, r));
        add(ours, r, r->error_pct);
    }
    t->coverage_pct = all ? 100.0 * t->expressed_scored / all : NAN;
    return summarise(theirs, &t->theirs) && summarise(ours, &t->ours);
}

static bool score_memory(const tc_validation *v, tc_tool_score *t, sample *theirs, sample *ours) {
    for (int k = 0; k < TC_MEMORY_STATED; k++) {
        for (int i = 0; i < v->count; i++) {
            const tc_scored_run *r = &v->runs[i];
            const tc_prediction *p = tc_prediction_of(t->predictions, r->run->id);
            if (!r->memory_scored || !p || p->own || p->memory_gib <= 0
                || (r->run->memory_kind == TC_MEMORY_ALLOCATED) != (k == TC_STATED_ALLOCATED))
                continue;
            add(theirs, r, 100 * (p->memory_gib / r->run->memory_gib - 1));
            add(ours, r, r->memory_error_pct);
        }
        if (!summarise(theirs, &t->memory[k]) || !summarise(ours, &t->our_memory[k])) return false;
    }
    return true;
}

static double accuracy(const int right[2], const int all[2]) {
    return all[0] && all[1] ? 50.0 * right[0] / all[0] + 50.0 * right[1] / all[1] : NAN;
}

/* Of groups that say which runs ended for want of memory: a tool forecasts that one fits by its bytes. */
static void score_oom(const tc_validation *v, tc_tool_score *t) {
    int all[2] = {0}, theirs[2] = {0}, ours[2] = {0};
    for (int i = 0; i < v->count; i++) {
        const tc_scored_run *r = &v->runs[i];
        const tc_prediction *p = r->oom_scored ? tc_prediction_of(t->predictions, r->run->id) : NULL;
        if (!p || p->own || p->memory_gib <= 0) continue;
        bool ran = !r->run->out_of_memory;
        all[ran]++;
        theirs[ran] += (p->memory_gib <= r->capacity_gib) == ran;
        ours[ran] += r->fits == ran;
    }
    t->oom = (tc_oom_summary){all[0] + all[1], accuracy(theirs, all)};
    t->our_oom = (tc_oom_summary){all[0] + all[1], accuracy(ours, all)};
}

static tc_code check_known(const tc_tool_score *t, tc_error *error) {
    if (t->known) return TC_OK;
    return tc_fail(error, TC_INVALID, t->predictions->path, "no id of it (%.60s, ...) is a run at hand; ids of %s",
                   t->predictions->row[0].id, "`traincast validate --json` are needed");
}

/* ---- all of them ------------------------------------------------------------------------------- */

static bool all_express(const tc_against *a, const tc_scored_run *r) {
    for (int t = 0; t < a->tools; t++) {
        const tc_prediction *p = expressed(&a->tool[t], r);
        if (!p || p->own) return false;
    }
    return scored(r);
}

static bool score_common(tc_against *a, sample *s) {
    for (int t = -1; t < a->tools; t++) {
        for (int i = 0; i < a->validation->count; i++) {
            const tc_scored_run *r = &a->validation->runs[i];
            if (all_express(a, r)) add(s, r, t < 0 ? r->error_pct : error_of(expressed(&a->tool[t], r), r));
        }
        if (!summarise(s, t < 0 ? &a->common : &a->tool[t].common)) return false;
    }
    return true;
}

static int by_runs(const void *a, const void *b) {
    const tc_family_beside *x = a, *y = b;
    return x->ours.n != y->ours.n ? (x->ours.n < y->ours.n) - (x->ours.n > y->ours.n) : strcmp(x->name, y->name);
}

static bool score_families(tc_against *a, tc_arena *arena, sample *s) {
    const tc_validation *v = a->validation;
    a->family = tc_arena_alloc(arena, ((size_t)v->family_rows + 1) * sizeof *a->family);
    if (!a->family) return false;
    for (; a->families < v->family_rows; a->families++) {
        tc_family_beside *f = &a->family[a->families];
        f->name = v->by_family[a->families].name;
        f->tool = tc_arena_alloc(arena, ((size_t)a->tools + 1) * sizeof *f->tool);
        if (!f->tool) return false;
        for (int t = -1; t < a->tools; t++) {
            for (int i = 0; i < v->count; i++) {
                const tc_scored_run *r = &v->runs[i];
                if (!scored(r) || strcmp(r->run->source_family, f->name) != 0) continue;
                const tc_prediction *p = t < 0 ? NULL : expressed(&a->tool[t], r);
                if (t < 0)
                    add(s, r, r->error_pct);
                else if (p && !p->own)
                    add(s, r, error_of(p, r));
            }
            if (!summarise(s, t < 0 ? &f->ours : &f->tool[t])) return false;
        }
    }
    qsort(a->family, (size_t)a->families, sizeof *a->family, by_runs);
    return true;
}

tc_code tc_against_score(const tc_validation *v, const tc_predictions *predictions, int tools, tc_arena *arena,
                         tc_against *out, tc_error *error) {
    sample theirs, ours;
    *out = (tc_against){.validation = v,
                        .tools = tools,
                        .tool = tc_arena_alloc(arena, ((size_t)tools + 1) * sizeof *out->tool)};
    if (!out->tool || !make_sample(v, arena, &theirs) || !make_sample(v, arena, &ours))
        return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    for (int i = 0; i < v->count; i++) {
        if (!scored(&v->runs[i])) continue;
        out->scored++;
        add(&ours, &v->runs[i], v->runs[i].error_pct);
    }
    bool remembered = summarise(&ours, &out->ours);
    for (int i = 0; i < tools && remembered; i++) {
        tc_tool_score *t = &out->tool[i];
        t->predictions = &predictions[i];
        remembered = score_time(v, t, out->scored, &theirs, &ours) && score_memory(v, t, &theirs, &ours);
        score_oom(v, t);
        tc_code code = check_known(t, error);
        if (code) return code;
    }
    if (!remembered || !score_common(out, &ours) || !score_families(out, arena, &ours))
        return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    return TC_OK;
}

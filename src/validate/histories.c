/* histories.c - forecasts whole runs from what their sources say, and compares the days.
 *
 * A history becomes a published run (published.h) and goes the way of those: shape, machine, recipe, what is open settled by the
 * forecast. What it leaves out comes from, in this order: the recipe of a published run of the same model on the same
 * accelerator; the software of one of the same vendor; the conventions of data/conventions.yaml. The days are those of `run`: the
 * step with its interval, failures, checkpoints and operations. Where nobody says how the run was laid out, or what shape the
 * model has, the step is as much slower and as uncertain as such runs turned out to be. */
#include "validate/histories.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "forecast/interval.h"
#include "validate/inputs.h"
#include "validate/sizes.h"
#include "workload/operators.h"

#define DAY 86400.0
#define ASSUMED_MAX 1024
#define EXPERT_RANKS 8 /* of a mixture of which no more than a size is known: a server's devices */

/* One history on its way. */
typedef struct task {
    tc_catalog *catalog;
    const tc_conventions *conventions;
    const tc_published_run *runs;
    int run_count;
    const tc_history *row;
    tc_published_run run;
    bool size_alone, has_recipe; /* no more than a size is known; a published run says how it was run */
    char stack[64];              /* the run's, where no other text holds it */
    char assumed[ASSUMED_MAX];
} task;

static void assume(task *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void assume(task *t, const char *format, ...) {
    size_t used = strlen(t->assumed);
    va_list args;
    va_start(args, format);
    if (used > 0 && used + 3 < sizeof t->assumed)
        used += (size_t)snprintf(t->assumed + used, sizeof t->assumed - used, "; ");
    if (used < sizeof t->assumed) vsnprintf(t->assumed + used, sizeof t->assumed - used, format, args);
    va_end(args);
}

/* ---- what published runs say of the same model ---------------------------------------- */

/* "llama1-65b" and "llama-65b", "starcoder-15b" and "starcoderbase-15b": letters that the one begins with, if not the other. */
static bool akin(const char *a, const char *b) {
    size_t n = 0;
    while (isalpha((unsigned char)a[n]) && a[n] == b[n]) n++;
    return n > 2 && (!isalpha((unsigned char)a[n]) || !isalpha((unsigned char)b[n]));
}

/* The model by its shape, under a name that is akin. */
static bool same_model(const tc_published_model *m, const char *slug, const tc_model *model) {
    const tc_block *last = &model->block[model->blocks - 1];
    return akin(m->name, slug) && m->layers == tc_layer_count(model) && m->hidden == model->hidden
           && m->heads == last->attention.heads;
}

/* Of the same model on the same accelerator, by name before shape, the nearest number of devices; NULL. */
static const tc_published_run *find_sister(const task *t, const tc_model *model) {
    const tc_published_run *best = NULL;
    double least = INFINITY;
    for (int i = 0; i < t->run_count; i++) {
        const tc_published_run *run = &t->runs[i];
        bool named = strcmp(run->model.name, t->row->model) == 0;
        if (run->refused || run->out_of_memory || run->frozen_base || !run->accelerator || run->devices <= 0) continue;
        if (strcmp(run->accelerator, t->row->accelerator) != 0
            || (!named && !same_model(&run->model, t->row->model, model)))
            continue;
        int seq = t->row->seq > 0 ? t->row->seq : model->seq;
        double far = fabs(log((double)run->devices / t->row->devices)) + (named ? 0 : 100)
                     + (run->model.seq > 0 && run->model.seq != seq ? 1000 : 0);
        if (far >= least) continue;
        least = far;
        best = run;
    }
    return best;
}

static bool same_vendor(tc_catalog *catalog, const char *a, const char *b) {
    tc_accelerator x, y;
    tc_error ignored;
    return !tc_catalog_accelerator(catalog, a, &x, &ignored) && !tc_catalog_accelerator(catalog, b, &y, &ignored)
           && strcmp(x.vendor, y.vendor) == 0;
}

/* The software that most published runs of the model had on this vendor's accelerators, and their first year. */
static void take_software(task *t) {
    int most = 0;
    for (int i = 0; i < t->run_count; i++) {
        const tc_published_run *run = &t->runs[i];
        if (run->refused || !run->stack || !run->stack[0] || strcmp(run->model.name, t->row->model) != 0) continue;
        int n = 0;
        for (int k = 0; k < t->run_count; k++)
            n += t->runs[k].stack && strcmp(t->runs[k].stack, run->stack) == 0
                 && strcmp(t->runs[k].model.name, t->row->model) == 0;
        if (n <= most || !run->accelerator || !same_vendor(t->catalog, run->accelerator, t->row->accelerator)) continue;
        most = n;
        t->run.stack = run->stack;
        if (!t->run.year) t->run.year = run->year;
    }
    if (most > 0) assume(t, "stack %s (published runs of the model)", t->run.stack);
}

/* The usual software of the accelerator in the run's year. */
static tc_code take_usual_software(task *t, tc_error *error) {
    tc_accelerator accelerator;
    tc_error why;
    tc_code code = tc_catalog_accelerator(t->catalog, t->row->accelerator, &accelerator, &why);
    if (code == TC_INTERNAL) return tc_fail(error, code, why.place, "%s", why.text);
    if (code || !accelerator.stack[0]) return TC_OK; /* the case says what is wrong with it */
    tc_stack stack;
    code = tc_catalog_stack(t->catalog, accelerator.stack, &stack, error);
    if (code) return code;
    snprintf(t->stack, sizeof t->stack, "%s", stack.slug);
    for (int i = 0; i < t->conventions->softwares && t->run.year > 0; i++) {
        const tc_software *software = &t->conventions->software[i];
        if (strcmp(software->slug, stack.slug) == 0 && t->run.year < software->before)
            snprintf(t->stack, sizeof t->stack, "%s", software->was);
    }
    t->run.stack = t->stack;
    assume(t, "stack %s (usual on the accelerator)", t->stack);
    return TC_OK;
}

/* ---- a history as a published run ------------------------------------------------------ */

static tc_published_run unstated_run(void) {
    const int unset = TC_UNSET;
    return (tc_published_run){.id = "",
                              .group = "",
                              .source_family = "",
                              .source_kind = "",
                              .model = {.name = "",
                                        .family = "",
                                        .tied_embeddings = unset,
                                        .shared_experts = unset,
                                        .dense_layers = unset},
                              .global_batch = unset,
                              .micro_batch = unset,
                              .tp = unset,
                              .pp = unset,
                              .cp = unset,
                              .dp = unset,
                              .ep = unset,
                              .etp = unset,
                              .vpp = unset,
                              .sequence_parallel = unset,
                              .flash_attention = unset,
                              .dtype = unset,
                              .sharding = unset,
                              .recompute = unset,
                              .stated = tc_stated_none(),
                              .flops = TC_FLOPS_UNKNOWN};
}

static void open_layout(tc_published_run *run) {
    run->tp = run->pp = run->cp = run->dp = run->ep = run->etp = run->vpp = run->micro_batch = TC_UNSET;
    run->stated.schedule = TC_UNSET;
}

/* The recipe of a published run, on the history's devices; a layout that they cannot hold is left open. */
static void take_recipe(task *t, const tc_published_run *sister) {
    tc_published_run *run = &t->run;
    tc_published_run own = *run;
    *run = *sister;
    run->model = own.model;
    run->model.family = sister->model.family;
    if (own.year) run->year = own.year;
    run->chips = 0;
    if (sister->parallel_devices > 0)
        run->parallel_devices = (int)((double)sister->parallel_devices / sister->devices * t->row->devices + 0.5);
    run->memory_gib = 0;
    t->has_recipe = true;
    int ranks = (run->tp > 0 ? run->tp : 1) * (run->pp > 0 ? run->pp : 1) * (run->cp > 0 ? run->cp : 1);
    bool other = (t->row->tp > 0 && t->row->tp != run->tp) || (t->row->pp > 0 && t->row->pp != run->pp);
    if (other || t->row->devices % ranks != 0) open_layout(run);
    assume(t, "recipe of %s (published run of the model)", sister->id);
}

/* A slug that may be looked up: no path. */
static bool is_slug(const char *text) { return *text && *text != '.' && !strchr(text, '/') && !strchr(text, ' '); }

/* What the row calls its model: the catalog's, or words with a size. NULL, or why there is none. */
static tc_code take_model(task *t, const char **reason, tc_error *error) {
    tc_model *model = malloc(sizeof *model);
    if (!model) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    tc_error why;
    *reason = NULL;
    tc_code code = is_slug(t->row->model) ? tc_catalog_model(t->catalog, t->row->model, model, &why) : TC_NOT_FOUND;
    const tc_published_run *sister = code == TC_OK ? find_sister(t, model) : NULL;
    if (code == TC_OK) {
        t->run.model.name = t->row->model;
        t->run.model.seq = model->seq;
        if (sister)
            take_recipe(t, sister);
        else
            take_software(t);
    } else if (code == TC_INTERNAL) {
        if (error) *error = why;
    } else {
        tc_size_words words;
        const tc_family *family = tc_conventions_family(t->conventions, "");
        *reason = tc_size_read(t->row->model, &words);
        t->size_alone = true;
        if (!*reason) {
            tc_size_shape(&words, &t->conventions->usual, family->vocab, &t->run.model);
            assume(t, "%d layers of %d (usual shape of the size)", t->run.model.layers, t->run.model.hidden);
            if (t->run.model.experts % EXPERT_RANKS == 0 && t->row->devices % EXPERT_RANKS == 0
                && t->run.model.experts > 0)
                t->run.ep = EXPERT_RANKS;
        }
    }
    free(model);
    return code == TC_INTERNAL ? code : TC_OK;
}

/* The multiple of the data-parallel ranks, as far as they are known, that is nearest to the batch. */
static void take_batch(task *t) {
    tc_published_run *run = &t->run;
    const tc_usual *usual = &t->conventions->usual;
    int64_t batch = t->row->global_batch > 0 ? t->row->global_batch : run->global_batch;
    if (batch <= 0) {
        double tokens = fmax(usual->batch_tokens, usual->batch_tokens_per_device * t->row->devices);
        batch = (int64_t)(tokens / run->model.seq + 0.5);
        assume(t, "%g M tokens a step (usual)", tokens / 1e6);
    }
    int devices = run->parallel_devices > 0 ? run->parallel_devices : t->row->devices;
    int known = (run->tp > 0 ? run->tp : 1) * (run->pp > 0 ? run->pp : 1) * (run->cp > 0 ? run->cp : 1);
    int64_t ranks = devices / known > 0 ? devices / known : 1;
    int64_t whole = run->micro_batch > 0 ? ranks * run->micro_batch : ranks;
    if (batch % whole != 0) {
        run->micro_batch = TC_UNSET;
        while (ranks * 2 > batch * 3 && ranks % 2 == 0) ranks /= 2;
        int64_t times = (batch + ranks / 2) / ranks;
        int64_t nearest = ranks * (times > 0 ? times : 1);
        if (nearest != batch && t->row->global_batch > 0)
            assume(t, "global batch %lld, which the devices can share", (long long)nearest);
        batch = nearest;
    }
    run->global_batch = batch;
}

static tc_code take_history(task *t, const char **reason, tc_error *error) {
    const tc_history *row = t->row;
    tc_published_run *run = &t->run;
    *run = unstated_run();
    run->year = row->year;
    tc_code code = take_model(t, reason, error);
    if (code || *reason) return code;
    run->id = row->id;
    run->accelerator = row->accelerator;
    run->devices = row->devices;
    if (row->tp > 0) run->tp = row->tp;
    if (row->pp > 0) run->pp = row->pp;
    if (row->stack[0]) run->stack = row->stack;
    if (!run->stack && (code = take_usual_software(t, error))) return code;
    if (row->seq > 0) run->model.seq = row->seq;
    if (run->model.seq <= 0) {
        bool early = run->year > 0 && run->year < t->conventions->modern_year;
        run->model.seq = early ? t->conventions->usual.seq_early : t->conventions->usual.seq;
        assume(t, "sequences of %d tokens (usual)", run->model.seq);
    }
    take_batch(t);
    run->metric = TC_METRIC_TOKENS_PER_S_PER_DEVICE;
    run->measured = run->tokens_per_s_per_device = 1; /* nothing is scored by it */
    return TC_OK;
}

/* ---- the days -------------------------------------------------------------------------- */

/* The step as such runs turned out: slower by the spread's median, its interval wider by the spread. */
static void widen(const tc_spread *by, tc_step *step) {
    double low = log(step->step_s_p10 / step->step_s), high = log(step->step_s_p90 / step->step_s);
    double less = log(by->low / by->mid), more = log(by->high / by->mid);
    step->step_s *= by->mid;
    step->step_s_p10 = step->step_s * exp(-sqrt(low * low + less * less));
    step->step_s_p90 = step->step_s * exp(sqrt(high * high + more * more));
}

typedef struct basis {
    const tc_interval_model *interval;
    tc_risks risks;
} basis;

static tc_code forecast_days(const task *t, const basis *b, const tc_case *c, const tc_case_result *result,
                             tc_scored_history *out, tc_error *error) {
    tc_question q = tc_case_question(c);
    tc_step step = result->step;
    q.interval = b->interval;
    tc_interval_apply(&q, &step);
    if (t->size_alone)
        widen(&t->conventions->usual.size_alone, &step);
    else if (c->open & TC_CASE_OPEN_LAYOUT)
        widen(&t->conventions->usual.layout_open, &step);
    else if (!t->has_recipe)
        widen(&t->conventions->usual.recipe_open, &step);
    tc_economics economics;
    tc_run run;
    tc_code code = tc_economics_load(t->catalog, NULL, NULL, q.cluster.accelerator.region, &economics, error);
    if (code) return code;
    tc_run_input in = tc_run_input_of(&q, &step);
    in.tokens = t->row->tokens;
    in.risks = b->risks;
    code = tc_run_forecast(&in, &economics, &run, error);
    if (code) return code;
    out->days = run.wall_s / DAY;
    out->days_p10 = run.p10.wall_s / DAY;
    out->days_p90 = run.p90.wall_s / DAY;
    out->covered = out->actual_days >= out->days_p10 && out->actual_days <= out->days_p90;
    return TC_OK;
}

/* The case of the run, settled and forecast; where its layout cannot be run as it is stated, once more with the layout open. */
static tc_code forecast_case(task *t, tc_case *c, tc_case_result *result, tc_error *error) {
    for (int attempt = 0;; attempt++) {
        tc_error why = {0};
        tc_code code = tc_case_build(t->catalog, t->conventions, &t->run, c, error);
        if (code || c->status) return code;
        tc_case_settle(c);
        code = tc_case_predict(c, result, &why);
        if (code == TC_OK) return TC_OK;
        if (code == TC_INTERNAL) return tc_fail(error, code, why.place, "%s", why.text);
        if (attempt > 0 || (t->run.tp == TC_UNSET && t->run.pp == TC_UNSET)) {
            c->status = TC_CASE_UNSUPPORTED;
            snprintf(c->reason, sizeof c->reason, "%.150s", why.text);
            return TC_OK;
        }
        open_layout(&t->run);
        t->run.global_batch = TC_UNSET;
        take_batch(t);
        assume(t, "another layout: as stated it is not known how it ran");
    }
}

static const char *missing(const tc_history *row) {
    if (row->refused) return row->refused;
    if (row->skip) return row->skip;
    if (row->devices <= 0) return row->device_hours > 0 ? "devices: device-hours alone" : "devices";
    if (row->days <= 0 && row->device_hours <= 0) return "days";
    if (row->tokens <= 0) return "tokens";
    if (!row->accelerator[0]) return "accelerator";
    if (!row->model[0]) return "model";
    return NULL;
}

static tc_code score(task *t, const basis *b, tc_case *c, tc_arena *arena, tc_scored_history *out, tc_error *error) {
    const tc_history *row = t->row;
    const char *reason = missing(row);
    tc_code code = TC_OK;
    *out = (tc_scored_history){.row = row,
                               .reason = "",
                               .assumed = "",
                               .actual_days = NAN,
                               .days = NAN,
                               .days_p10 = NAN,
                               .days_p90 = NAN,
                               .covered = -1};
    if (row->days > 0) out->actual_days = row->days;
    if (!reason) code = take_history(t, &reason, error);
    if (code) return code;
    if (reason) {
        out->status = TC_CASE_SKIPPED;
        out->reason = reason;
        return TC_OK;
    }
    if (row->days <= 0) {
        out->actual_days = row->device_hours / 24 / row->devices;
        assume(t, "days: device-hours over devices");
    }
    tc_case_result result;
    code = forecast_case(t, c, &result, error);
    if (code) return code;
    out->status = c->status;
    out->reason = tc_arena_copy(arena, c->reason, strlen(c->reason));
    if (!c->status) {
        tc_error why = {0};
        code = forecast_days(t, b, c, &result, out, &why);
        if (code == TC_INTERNAL) return tc_fail(error, code, why.place, "%s", why.text);
        if (code) out->status = TC_CASE_UNSUPPORTED, out->reason = tc_arena_copy(arena, why.text, strlen(why.text));
        for (int i = 0; i < c->assumed_count; i++) assume(t, "%s", c->assumed[i]);
    }
    out->assumed = tc_arena_copy(arena, t->assumed, strlen(t->assumed));
    return out->reason && out->assumed ? TC_OK : tc_fail(error, TC_INTERNAL, "validate", "out of memory");
}

static void summarise(tc_histories *h, double *ratios) {
    int covered = 0;
    for (int i = 0; i < h->count; i++) {
        if (h->run[i].covered < 0) continue;
        covered += h->run[i].covered;
        ratios[h->n++] = h->run[i].actual_days / h->run[i].days;
    }
    qsort(ratios, (size_t)h->n, sizeof *ratios, tc_by_value);
    h->p10_ratio = tc_quantile(ratios, h->n, 0.1);
    h->median_ratio = tc_quantile(ratios, h->n, 0.5);
    h->p90_ratio = tc_quantile(ratios, h->n, 0.9);
    h->coverage80_pct = h->n ? 100.0 * covered / h->n : NAN;
}

tc_code tc_histories_score(tc_catalog *catalog, const tc_history_list *rows, const tc_published_run *runs, int count,
                           tc_arena *arena, tc_histories *out, tc_error *error) {
    size_t room = (size_t)rows->count + 1;
    *out = (tc_histories){.run = tc_arena_alloc(arena, room * sizeof *out->run), .count = rows->count};
    double *ratios = tc_arena_alloc(arena, room * sizeof *ratios);
    tc_conventions *conventions = tc_arena_alloc(arena, sizeof *conventions);
    task *t = tc_arena_alloc(arena, sizeof *t);
    tc_case *c = tc_arena_alloc(arena, sizeof *c);
    if (!out->run || !ratios || !conventions || !t || !c)
        return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    basis b;
    tc_code code = tc_conventions_read(catalog, conventions, error);
    if (!code) code = tc_risks_load(catalog, &b.risks, error);
    if (!code) code = tc_catalog_interval(catalog, &b.interval, error);
    for (int i = 0; i < rows->count && !code; i++) {
        *t = (task){.catalog = catalog,
                    .conventions = conventions,
                    .runs = runs,
                    .run_count = count,
                    .row = &rows->row[i]};
        code = score(t, &b, c, arena, &out->run[i], error);
    }
    if (!code) summarise(out, ratios);
    return code;
}

/* served_case.c - a published serving row as a question.
 *
 * What a source states is taken as it is. What it leaves out comes from the catalog's model of that name, the conventions of
 * data/served.yaml, and the engine as it was at the row's date; each is listed. */
#include "validate/served_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "validate/inputs.h"
#include "workload/operators.h"

static void assume(tc_served_case *c, const char *format, const char *value) {
    if (c->assumed_count >= TC_ASSUMED_MAX) return;
    char clipped[41];
    snprintf(clipped, sizeof clipped, "%.40s", value);
    snprintf(c->assumed[c->assumed_count++], sizeof c->assumed[0], format, clipped);
}

static void assume_number(tc_served_case *c, const char *format, double value) {
    char text[24];
    snprintf(text, sizeof text, "%.0f", value);
    assume(c, format, text);
}

static tc_code end(tc_served_case *c, tc_case_status status, const char *reason) {
    c->status = status;
    snprintf(c->reason, sizeof c->reason, "%.190s", reason);
    return TC_OK;
}

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

/* ---- the model ------------------------------------------------------------------------------- */

/* The catalog's model of the row's name, if its shape is the row's. */
static tc_code known_model(tc_catalog *catalog, const tc_served_conventions *served, tc_served_case *c, bool *found,
                           tc_error *error) {
    const tc_served_model *m = &c->row->model;
    const char *name = m->name;
    tc_error ignored;
    *found = false;
    if (!name[0] || strchr(name, '/') || name[0] == '.') return TC_OK;
    for (int i = 0; i < served->models; i++)
        if (strcmp(name, served->model[i].slug) == 0) name = served->model[i].is;
    tc_model known = tc_default_model();
    tc_code code = tc_catalog_model(catalog, name, &known, &ignored);
    if (code == TC_INTERNAL && error) *error = ignored;
    if (code) return code == TC_INTERNAL ? code : TC_OK;
    *found = (m->layers <= 0 || m->layers == tc_layer_count(&known)) && (m->hidden <= 0 || m->hidden == known.hidden);
    if (*found) c->question.model = known;
    return TC_OK;
}

/* Leading dense layers of a mixture, from all parameters that the source states: what the experts of all layers leave over. */
static int dense_layers(const tc_served_row *row) {
    const tc_served_model *m = &row->model;
    double experts = 3.0 * m->hidden * m->expert_ffn * m->experts, dense = 3.0 * m->hidden * m->ffn;
    if (row->model.parameters <= 0 || m->experts <= 0 || m->ffn <= m->expert_ffn || experts <= dense) return 0;
    double mixer = m->kv_rank > 0 ? 0 : 2.0 * m->hidden * m->head_dim * (m->heads + m->kv_heads),
           rest = row->model.parameters - 2.0 * m->vocab * m->hidden - m->layers * mixer;
    double layers = m->layers - (rest - m->layers * dense) / (experts - dense);
    return layers > 0.5 && layers < 6 ? (int)(layers + 0.5) : 0;
}

static int heads_of(int heads, double width) { return heads * width < 8 ? 8 : 8 * (int)(heads * width / 8 + 0.5); }

/* Gives a block the recurrence of a model of the catalog, its heads by the hidden width. */
static tc_code take_recurrence(tc_catalog *catalog, const char *like, double hidden, tc_block *block, bool *found,
                               tc_error *error) {
    tc_model known = tc_default_model();
    tc_code code = tc_catalog_model(catalog, like, &known, error);
    *found = false;
    for (int i = 0; i < known.blocks && !code && !*found; i++) {
        const tc_block *b = &known.block[i];
        double width = hidden / known.hidden;
        *found = b->mixer == TC_MIXER_DELTA || b->mixer == TC_MIXER_STATE_SPACE || b->mixer == TC_MIXER_LINEAR;
        if (!*found) continue;
        block->mixer = b->mixer;
        block->delta = b->delta;
        block->state_space = b->state_space;
        block->linear = b->linear;
        block->delta.value_heads = heads_of(b->delta.value_heads, width);
        block->delta.key_heads = heads_of(b->delta.key_heads, width);
        block->state_space.heads = heads_of(b->state_space.heads, width);
        block->linear.heads = heads_of(b->linear.heads, width);
    }
    return code;
}

/* Most layers of some models attend to all tokens in no layer but every fourth or eighth. */
static tc_code split_hybrid(tc_catalog *catalog, const tc_served_conventions *served, tc_served_case *c,
                            tc_error *error) {
    tc_model *model = &c->question.model;
    const tc_served_hybrid *hybrid = NULL;
    for (int i = 0; i < served->hybrids && !hybrid; i++)
        if (begins(c->row->model.name, served->hybrid[i].slug)) hybrid = &served->hybrid[i];
    if (!hybrid || model->blocks >= TC_MAX_BLOCKS) return TC_OK;
    tc_block *last = &model->block[model->blocks - 1], other = *last;
    int full = (int)(last->count * hybrid->attends + 0.5);
    bool recurs = false;
    if (full < 1 || full >= last->count) return TC_OK;
    other.count = last->count - full;
    tc_code code
        = hybrid->like[0] ? take_recurrence(catalog, hybrid->like, model->hidden, &other, &recurs, error) : TC_OK;
    if (code) return code;
    if (!recurs) other.attention.window = hybrid->window;
    last->count = full;
    model->block[model->blocks++] = other;
    assume(c, "%s layers attend to all tokens", (snprintf(c->reason, sizeof c->reason, "%d", full), c->reason));
    if (recurs) assume(c, "the others recur as those of %s", hybrid->like);
    c->reason[0] = 0;
    return TC_OK;
}

/* As a training run would state it. */
static tc_published_model stated_model(const tc_served_row *row) {
    const tc_served_model *m = &row->model;
    tc_published_model out = {.name = m->name,
                              .family = m->kv_rank > 0 ? "mla-moe" : "llama",
                              .layers = m->layers,
                              .hidden = m->hidden,
                              .heads = m->heads,
                              .kv_heads = m->kv_heads,
                              .head_dim = m->head_dim,
                              .ffn = m->ffn,
                              .vocab = m->vocab,
                              .seq = 4096,
                              .tied_embeddings = TC_UNSET,
                              .experts = m->experts,
                              .experts_per_token = m->experts_per_token,
                              .expert_ffn = m->expert_ffn,
                              .shared_experts = TC_UNSET,
                              .shared_expert_ffn = m->shared_ffn,
                              .dense_layers = dense_layers(row),
                              .mixers.mtp = TC_UNSET};
    out.mla.q_rank = m->q_rank;
    out.mla.kv_rank = m->kv_rank;
    out.mla.nope_dim = m->nope_dim;
    out.mla.rope_dim = m->rope_dim;
    out.mla.v_dim = m->v_dim;
    return out;
}

/* A model by the shape that the row states. */
static tc_code shaped_model(tc_catalog *catalog, const tc_conventions *conventions, const tc_served_conventions *served,
                            tc_served_case *c, tc_error *error) {
    const tc_served_model *m = &c->row->model;
    if (m->layers <= 0) return end(c, TC_CASE_SKIPPED, "model.layers");
    if (m->hidden <= 0 || m->heads <= 0)
        return end(c, TC_CASE_SKIPPED, m->hidden <= 0 ? "model.hidden" : "model.heads");
    tc_published_run run = {.model = stated_model(c->row)};
    tc_case *shape = calloc(1, sizeof *shape);
    if (!shape) return tc_fail(error, TC_INTERNAL, "validate", "out of memory");
    shape->run = &run;
    shape->conventions = conventions;
    shape->family = tc_conventions_family(conventions, run.model.family);
    shape->job = tc_default_job();
    tc_code code = tc_case_shape(catalog, shape, error);
    if (!code && shape->status) code = end(c, shape->status, shape->reason);
    if (!code) {
        c->question.model = shape->job.model;
        for (int i = 0; i < shape->assumed_count; i++) assume(c, "%s", shape->assumed[i]);
        code = split_hybrid(catalog, served, c, error);
    }
    free(shape);
    return code;
}

static tc_code fill_model(tc_catalog *catalog, const tc_conventions *conventions, const tc_served_conventions *served,
                          tc_served_case *c, tc_error *error) {
    bool found;
    tc_code code = known_model(catalog, served, c, &found, error);
    if (code || found) return code;
    return shaped_model(catalog, conventions, served, c, error);
}

/* ---- the machine and the engine ------------------------------------------------------------------ */

static tc_code fill_machine(tc_catalog *catalog, const tc_served_conventions *served, tc_served_case *c,
                            tc_error *error) {
    const tc_served_row *row = c->row;
    tc_cluster *cluster = &c->question.cluster;
    if (row->devices <= 0) return end(c, TC_CASE_SKIPPED, "devices");
    if (!row->accelerator) return end(c, TC_CASE_SKIPPED, "accelerator");
    cluster->devices = row->devices;
    const char *slug = row->accelerator;
    for (int i = 0; i < served->devices; i++)
        if (strcmp(slug, served->device[i].slug) == 0) slug = served->device[i].is;
    if (slug != row->accelerator) assume(c, "%s, whose devices are the same", slug);
    char reason[128];
    snprintf(reason, sizeof reason, "accelerator %.60s is not in the catalog", row->accelerator);
    if (strchr(slug, '/') || slug[0] == '.') return end(c, TC_CASE_UNSUPPORTED, reason);
    tc_code code = tc_catalog_accelerator(catalog, slug, &cluster->accelerator, error);
    if (code == TC_NOT_FOUND) return end(c, TC_CASE_UNSUPPORTED, reason);
    if (code == TC_INVALID) return end(c, TC_CASE_UNSUPPORTED, error ? error->text : reason);
    if (code) return code;
    return tc_catalog_fabric(catalog, cluster->accelerator.fabric, &cluster->fabric, error);
}

static void small_letters(const char *text, char *out, size_t size) {
    size_t i = 0;
    for (; text[i] && i + 1 < size; i++) out[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
    out[i] = 0;
}

static const tc_served_engine *engine_of(const tc_served_conventions *served, const tc_served_row *row) {
    char words[128];
    small_letters(row->framework ? row->framework : "", words, sizeof words);
    for (int i = 0; i < served->engines; i++)
        if (strstr(words, served->engine[i].phrase)) return &served->engine[i];
    return NULL;
}

static const char *engine_slug(const tc_served_conventions *served, const tc_served_row *row) {
    const tc_served_engine *engine = engine_of(served, row);
    return engine ? engine->engine : NULL;
}

/* The month of the release that a row names, "2025-12"; NULL where it names none that is known, or is no younger. */
static const char *month_of_release(const tc_served_conventions *served, const tc_served_row *row, const char *slug) {
    for (int i = 0; i < served->releases && slug && row->release; i++) {
        const tc_served_release *r = &served->release[i];
        int year = 0, month = 0;
        if (strcmp(r->engine, slug) != 0 || !strstr(row->release, r->release)) continue;
        if (r->benchmark[0] && (!row->group || strcmp(r->benchmark, row->group) != 0)) continue;
        if (r->model[0] && strcmp(r->model, row->model.name) != 0) continue;
        if (sscanf(r->as_of, "%4d-%2d", &year, &month) == 2 && 100 * year + month < row->date) return r->as_of;
    }
    return NULL;
}

static tc_code fill_engine(tc_catalog *catalog, const tc_served_conventions *served, tc_served_case *c,
                           tc_error *error) {
    const tc_served_row *row = c->row;
    const tc_served_engine *known = engine_of(served, row);
    const char *slug = known ? known->engine : NULL;
    char dated[96];
    c->question.engine_assumed = !slug;
    if (!slug) assume(c, "engine: %s", row->framework ? "one that is not known" : "not stated");
    if (!slug) slug = "generic";
    int month = row->date % 100 ? row->date % 100 : 6;
    const char *release = known && known->as_of[0] ? known->as_of : month_of_release(served, row, slug);
    if (release)
        snprintf(dated, sizeof dated, "%.60s@%.15s", slug, release);
    else if (row->date)
        snprintf(dated, sizeof dated, "%.60s@%04d-%02d", slug, row->date / 100 % 10000, month % 100);
    else
        snprintf(dated, sizeof dated, "%.60s", slug);
    if (!row->date) assume(c, "%s as it is today", slug);
    return tc_catalog_engine(catalog, dated, &c->question.cluster.accelerator, &c->question.engine, error);
}

/* ---- formats ---------------------------------------------------------------------------------------- */

static const double format_bits[TC_WEIGHT_FORMAT_COUNT] = {
#define BITS_OF(id, word, bits, experts, products) bits,
    TC_WEIGHT_FORMATS(BITS_OF)};

static int weight_format(const char *words) {
    int found = -1;
    for (int i = 0; i < TC_WEIGHT_FORMAT_COUNT; i++) /* the longest word: w8a8 int8, fp4 weights */
        if (begins(words, tc_weight_format_names[i])
            && (found < 0 || strlen(tc_weight_format_names[i]) > strlen(tc_weight_format_names[found])))
            found = i;
    return found;
}

static tc_code fill_formats(const tc_served_conventions *served, tc_served_case *c) {
    const tc_served_row *row = c->row;
    tc_serving_question *q = &c->question;
    char words[64];
    if (!row->weight_dtype) {
        q->weights = tc_serving_weights(q);
        assume(c, "weights in %s", tc_weight_format_names[q->weights]);
    } else {
        small_letters(row->weight_dtype, words, sizeof words);
        int format = weight_format(words);
        char reason[128];
        snprintf(reason, sizeof reason, "weight_dtype %.60s is not known", row->weight_dtype);
        if (format < 0) return end(c, TC_CASE_UNSUPPORTED, reason);
        q->weights = format;
    }
    for (int i = 0; i < served->alone; i++) {
        bool latent = q->model.block[q->model.blocks - 1].mixer == TC_MIXER_LATENT;
        if (latent && strcmp(served->experts_alone[i].format, tc_weight_format_names[q->weights]) == 0)
            q->weights = TC_WEIGHTS_NVFP4_EXPERTS;
    }
    const char *kv = row->kv_dtype;
    if (kv) {
        q->kv = begins(kv, "fp8") ? TC_FP8 : begins(kv, "int8") ? TC_INT8 : begins(kv, "nvfp4") ? TC_NVFP4 : TC_BF16;
        return TC_OK;
    }
    const char *slug = engine_slug(served, row), *architecture = q->cluster.accelerator.architecture;
    for (int i = 0; i < served->caches && slug; i++) {
        const tc_served_cache *known = &served->cache[i];
        bool any = strcmp(known->architecture, "any") == 0, there = any || !strcmp(known->architecture, architecture);
        bool narrow = q->weights == TC_WEIGHTS_FP8 || q->weights == TC_WEIGHTS_NVFP4 || q->weights == TC_WEIGHTS_FP4
                      || q->weights == TC_WEIGHTS_NVFP4_EXPERTS || (q->weights == TC_WEIGHTS_MXFP4 && !any);
        if (there && narrow && format_bits[q->weights] <= known->bits && strcmp(known->engine, slug) == 0)
            q->kv = TC_FP8;
    }
    assume(c, "keys and values in %s bit", q->kv == TC_FP8 ? "8" : "16");
    return TC_OK;
}

/* ---- the load ----------------------------------------------------------------------------------------- */

#define USUAL_OUTPUT 1024 /* of benchmarks of an engine's speed */

static tc_code fill_lengths(const tc_served_conventions *served, tc_served_case *c) {
    const tc_served_row *row = c->row;
    tc_serving_question *q = &c->question;
    double input = row->input_len, output = row->output_len;
    for (int i = 0; i < served->lengths; i++) {
        const tc_served_lengths *known = &served->length[i];
        if (!strstr(row->notes, known->phrase)) continue;
        if (input <= 0) assume_number(c, "%s tokens of input, the benchmark's", input = known->input);
        if (output <= 0 && known->output > 0)
            assume_number(c, "%s tokens of output, the benchmark's", output = known->output);
    }
    bool prompts_alone = row->phase == TC_SERVED_PREFILL;
    if (input <= 0) return end(c, TC_CASE_SKIPPED, "input_len");
    bool alone = row->load == TC_LOAD_STATIC || row->concurrency == 1;
    if (output <= 0 && row->phase == TC_SERVED_MIXED && (row->measured[TC_SERVED_TPOT_MS] <= 0 || !alone))
        return end(c, TC_CASE_SKIPPED, "output_len");
    if (output <= 0 && !prompts_alone) assume_number(c, "%s tokens of output", output = USUAL_OUTPUT);
    q->input_tokens = input;
    q->output_tokens = output > 0 ? output : 1;
    q->input_scv = q->output_scv = row->length_cv * row->length_cv;
    if (!isnan(row->cached_share)) q->cached_share = row->cached_share;
    return TC_OK;
}

/* A benchmark that asks for the most that its limits allow. */
static void fill_limits(const tc_served_conventions *served, tc_served_case *c) {
    char words[256];
    small_letters(c->row->notes, words, sizeof words);
    for (int i = 0; i < served->limits; i++) {
        const tc_served_limits *l = &served->limit[i];
        const char *at = strstr(words, "benchmark ");
        if (!at || !begins(at + strlen("benchmark "), l->benchmark) || !strstr(words, l->scenario)) continue;
        c->limited = true;
        c->ttft_limit_s = l->ttft_s;
        c->tpot_limit_s = l->tpot_s;
        return;
    }
}

static const tc_served_lookup *lookup_of(const tc_served_conventions *served, const char *words) {
    for (int i = 0; i < served->lookups; i++)
        if (strstr(words, served->lookup[i].phrase)) return &served->lookup[i];
    return NULL;
}

/* Beams are rows of a step as drafts are, none of which is accepted: keys of the prompt are read once for all. */
static void fill_beams(const tc_served_conventions *served, tc_served_case *c) {
    for (int i = 0; i < served->beamed; i++) {
        if (!strstr(c->row->notes, served->beams[i].phrase)) continue;
        c->question.draft_tokens = (int)served->beams[i].width - 1;
        c->question.accepted_tokens = 1;
        c->question.draft_share = 0;
        assume_number(c, "%s beams, the benchmark's", served->beams[i].width);
        return;
    }
}

static void fill_speculation(const tc_served_conventions *served, tc_served_case *c) {
    const tc_served_row *row = c->row;
    tc_serving_question *q = &c->question;
    if (!row->speculative) assume(c, "%s", "no speculation");
    if (row->accepted <= 1 && (!row->speculative || strcmp(row->speculative, "none") == 0)) return;
    double drafts = row->drafts;
    const tc_served_lookup *lookup = row->speculative ? lookup_of(served, row->speculative) : NULL;
    if (drafts <= 0) assume(c, "%s", "one drafted token");
    if (drafts <= 0) drafts = 1;
    if (lookup) {
        drafts *= lookup->drafted;
        q->draft_share = 0;
        assume_number(c, "%s drafted tokens a step", drafts);
    }
    q->draft_tokens = (int)ceil(drafts);
    if (row->accepted >= 1)
        q->accepted_tokens = row->accepted;
    else if (row->accept_rate > 0)
        q->accepted_tokens = 1 + drafts * row->accept_rate;
}

static tc_code fill_load(const tc_served_conventions *served, tc_served_case *c) {
    const tc_served_row *row = c->row;
    tc_serving_question *q = &c->question;
    tc_code code = fill_lengths(served, c);
    if (code || c->status) return code;
    q->phase = row->phase == TC_SERVED_PREFILL  ? TC_PHASE_PREFILL
               : row->phase == TC_SERVED_DECODE ? TC_PHASE_DECODE
               : row->load == TC_LOAD_STATIC    ? TC_PHASE_STATIC
               : row->load == TC_LOAD_QUEUED    ? TC_PHASE_OFFLINE
                                                : TC_PHASE_MIXED;
    if (row->load == TC_LOAD_OPEN)
        q->rate = row->rate;
    else if (row->concurrency > 0)
        q->concurrency = row->concurrency;
    else if (q->phase == TC_PHASE_PREFILL)
        q->concurrency = 1;
    else if (q->phase == TC_PHASE_MIXED || q->phase == TC_PHASE_STATIC || q->phase == TC_PHASE_DECODE)
        return end(c, TC_CASE_SKIPPED, "concurrency");
    fill_speculation(served, c);
    fill_beams(served, c);
    return TC_OK;
}

/* Engines that compile for a number of cores fill the heads up to a multiple of it. */
static void pad_heads(tc_served_case *c) {
    int tp = c->question.tp;
    for (int i = 0; i < c->question.model.blocks && tp > 1; i++) {
        tc_attention *a = &c->question.model.block[i].attention;
        if (c->question.model.block[i].mixer != TC_MIXER_ATTENTION || a->heads % tp == 0) continue;
        a->heads = (a->heads + tp - 1) / tp * tp;
        if (a->heads % a->kv_heads) a->kv_heads = a->heads;
        if (i == 0) assume_number(c, "%s heads, padded to the ranks", a->heads);
    }
}

/* The workers that prefill become a question of their own; the row's degrees are those of a worker that decodes. */
static void split_workers(tc_served_case *c) {
    const tc_served_workers *w = &c->row->workers;
    c->question.cluster.devices = w->decode * w->decode_devices;
    c->prefill = c->question;
    c->prefill.cluster.devices = w->prefill * w->prefill_devices;
    c->prefill.tp = w->prefill_tp > 0 ? w->prefill_tp : w->prefill_devices;
    c->prefill.pp = 1;
    if (tc_has_experts(&c->question.model)) c->prefill.ep = w->prefill_ep > 0 ? w->prefill_ep : w->prefill_devices;
    c->prefill.output_tokens = 1;
    c->prefill.engine.poll_steps = 0; /* steps of prompts look for others each time */
    c->prefill.draft_tokens = 0;
    c->prefill.concurrency = TC_UNSET;
    c->prefill.phase = TC_PHASE_MIXED;
    c->question.phase = TC_PHASE_DECODE;
    c->split = true;
}

static bool fits(const tc_serving_question *q) {
    tc_serving_answer answer;
    tc_error ignored;
    return tc_infer(q, &answer, &ignored) == TC_OK && answer.fits;
}

/* What ran did fit: experts that the row leaves on too few ranks are spread over all that attend alone; 16-bit weights of a model
 * that is published in 8 bit were misread from its name. */
static void make_fit(tc_served_case *c) {
    tc_serving_question *q = &c->question, tried = *q;
    const tc_served_row *row = c->row;
    if (q->tp == TC_UNSET || fits(q)) return;
    tried.ep = q->tp * row->dp;
    if (row->dp > 1 && tried.ep != q->ep && tc_has_experts(&q->model) && fits(&tried)) {
        q->ep = tried.ep;
        assume_number(c, "experts over %s devices", q->ep);
        return;
    }
    tried.ep = q->ep;
    tried.weights = TC_WEIGHTS_FP8;
    if ((q->weights != TC_WEIGHTS_BF16 && q->weights != TC_WEIGHTS_FP16) || !fits(&tried)) return;
    q->weights = TC_WEIGHTS_FP8;
    assume(c, "weights in %s, as they would not fit otherwise", tc_weight_format_names[q->weights]);
}

/* Engines whose throughput of mixtures of experts is measured with attention of each rank alone, though the row names them ranks
 * of tensor parallelism: tp counts the devices of the group. */
static void fill_attention_groups(const tc_served_conventions *served, tc_served_case *c) {
    const tc_served_row *row = c->row;
    tc_serving_question *q = &c->question;
    bool usual = false;
    for (int i = 0; i < served->groups && (row->load == TC_LOAD_QUEUED || row->load == TC_LOAD_OPEN); i++)
        usual = usual || (row->ep > 1 && strcmp(q->engine.generation, served->group[i].engine) == 0);
    if (row->tp <= 1 || row->pp > 1 || !tc_has_experts(&q->model)) return;
    if (!usual && !(row->dp <= 1 && row->ep <= 1 && strstr(row->notes, "attention data parallel"))) return;
    q->tp = 1;
    q->ep = row->tp;
    if (usual) assume(c, "%s", "attention of each rank alone");
}

/* Requests that ran at once in a replica by the row's own figures (Little's law); 0 where it lacks one of them. */
static double running_by_row(const tc_served_case *c) {
    const tc_served_row *row = c->row;
    double rate = row->measured[TC_SERVED_REQUESTS_PER_S], e2e = row->measured[TC_SERVED_E2E_MS],
           ttft = row->measured[TC_SERVED_TTFT_MS];
    int size = (c->question.tp > 0 ? c->question.tp : 1) * (c->question.pp > 0 ? c->question.pp : 1);
    return e2e > ttft && ttft > 0 ? rate * (e2e - ttft) / 1e3 * size / row->devices : 0;
}

/* Several nodes, of which the row does not say what they do: each as tensor parallelism, a pipeline or attention alone. */
static bool is_open_layout(const tc_served_case *c) {
    const tc_served_row *row = c->row;
    const tc_fabric *f = &c->question.cluster.fabric;
    bool counts_time = row->load != TC_LOAD_QUEUED && !c->limited;
    return row->tp == TC_UNSET && counts_time && f->levels > 0 && f->level[0].size > 0
           && row->devices > f->level[0].size;
}

/* What the test was: how many requests, and whether they came faster than they were served. */
static void fill_test(const tc_served_conventions *served, tc_served_case *c) {
    const tc_served_row *row = c->row;
    const char *slug = engine_slug(served, row);
    double served_rate = row->measured[TC_SERVED_REQUESTS_PER_S];
    if (served_rate <= 0) served_rate = row->measured[TC_SERVED_OUTPUT_TOKENS_PER_S] / c->question.output_tokens;
    c->requests = row->requests;
    c->overloaded = !c->limited && served_rate > 0 && served_rate < 0.9 * row->rate;
    for (int i = 0; i < served->tests && slug && row->load == TC_LOAD_QUEUED && c->requests <= 0; i++) {
        const tc_served_test *t = &served->test[i];
        if (strcmp(t->engine, slug) == 0 && t->input == row->input_len && t->output == row->output_len)
            assume_number(c, "%s requests, the benchmark's", c->requests = t->requests);
    }
    for (int i = 0; i < served->places && slug; i++)
        c->own_places = c->own_places || (c->split && strcmp(served->place[i].engine, slug) == 0);
}

static void set(int *member, int value) {
    if (value > 0) *member = value;
}

/* Prompts that are found in the cache of the replica that they come to; none where a recurrence's states would have to be kept. */
static int found_of(const tc_served_case *c, int seen) {
    const tc_model *m = &c->question.model;
    for (int i = 0; i < m->blocks; i++) {
        tc_mixer_kind mixer = m->block[i].mixer;
        if (mixer != TC_MIXER_ATTENTION && mixer != TC_MIXER_LATENT && mixer != TC_MIXER_NONE) return 0;
    }
    return c->row->dp > 1 ? seen / c->row->dp : seen;
}

/* What the benchmark's own scripts set the engine to: the last that holds for as many clients counts. Workers apart have others. */
static void fill_settings(const tc_served_conventions *served, tc_served_case *c) {
    const tc_served_row *row = c->row;
    const char *slug = engine_slug(served, row), *architecture = c->question.cluster.accelerator.architecture;
    tc_engine *e = &c->question.engine;
    bool any = false;
    for (int i = 0; i < served->settings && slug; i++) {
        const tc_served_setting *s = &served->setting[i];
        bool there = strcmp(s->architecture, "any") == 0 || strcmp(s->architecture, architecture) == 0;
        if (!there || strcmp(s->benchmark, row->group) != 0 || strcmp(s->engine, slug) != 0) continue;
        if (row->concurrency < s->clients || (row->disaggregated == 1) != (s->apart > 0)) continue;
        set(&e->poll_steps, s->poll_steps);
        set(&e->balance_steps, s->balance_steps);
        set(&e->chunk_tokens, s->chunk_tokens);
        set(&e->prompt_tokens, s->prompt_tokens);
        set(&e->most_requests, s->most_requests);
        if (s->fuses_reductions > 0) e->fuses_reductions = true;
        if (s->evicts > 0) e->reserves_output = false;
        set(&c->seen, found_of(c, s->seen));
        any = true;
    }
    if (any) assume(c, "settings of %s's scripts", row->group);
}

static void fill_degrees(const tc_served_conventions *served, tc_served_case *c) {
    const tc_served_row *row = c->row;
    tc_serving_question *q = &c->question;
    const tc_served_workers *w = &row->workers;
    q->tp = row->tp;
    q->pp = row->pp == TC_UNSET ? 1 : row->pp;
    q->ep = row->ep;
    if (row->disaggregated == 1 && w->prefill > 0 && w->prefill_devices > 0 && w->decode > 0 && w->decode_devices > 0)
        split_workers(c);
    fill_attention_groups(served, c);
    if (row->most_requests > 0 && row->most_requests >= running_by_row(c)) q->engine.most_requests = row->most_requests;
    set(&q->engine.graph_requests, row->graph_requests);
    q->dp = TC_UNSET; /* of all devices; the row's own is of a worker */
    if (row->tp == TC_UNSET) assume(c, "tp %s", "chosen");
    if (!c->question.engine.paged) pad_heads(c);
    make_fit(c);
}

tc_code tc_served_case_build(tc_catalog *catalog, const tc_conventions *conventions,
                             const tc_served_conventions *served, const tc_served_row *row, tc_served_case *c,
                             tc_error *error) {
    memset(c, 0, sizeof *c);
    c->row = row;
    c->question = tc_default_serving_question();
    tc_served_metric scored[TC_SERVED_METRICS];
    if (row->refused) return end(c, TC_CASE_SKIPPED, row->refused);
    if (tc_served_scored(row, scored) == 0) return end(c, TC_CASE_SKIPPED, "measured");
    tc_code code = fill_model(catalog, conventions, served, c, error);
    if (!code && !c->status) code = fill_machine(catalog, served, c, error);
    if (!code && !c->status) code = fill_engine(catalog, served, c, error);
    if (!code && !c->status) code = fill_formats(served, c);
    if (!code && !c->status) code = fill_load(served, c);
    if (!code && !c->status) fill_settings(served, c);
    if (!code && !c->status) fill_degrees(served, c);
    if (!code && !c->status && row->load == TC_LOAD_OPEN) fill_limits(served, c);
    if (!code && !c->status) fill_test(served, c);
    if (!code && !c->status && is_open_layout(c))
        return end(c, TC_CASE_UNSUPPORTED, "the layout over several nodes is not stated");
    return code;
}

/* facts.c - job, layout and stack as facts, and back. */
#include "interop/facts.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "base/vocabulary.h"
#include "layout/fields.h"
#include "layout/layout.h"
#include "layout/schedule.h"
#include "workload/finetune.h"
#include "workload/operators.h"

#define MOST 1000000000
#define USUAL_NODE 8 /* devices of a server whose fabric does not say */

const tc_fact_row tc_fact_rows[TC_FACTS] = {
#define FACT(id, name, group, neutral) {name, neutral, TC_FACT_GROUP_##group},
#include "interop/facts.def"
#undef FACT
};

tc_fact tc_fact_find(const char *name, size_t length) {
    for (int i = 0; i < TC_FACTS; i++)
        if (strncmp(tc_fact_rows[i].name, name, length) == 0 && !tc_fact_rows[i].name[length]) return (tc_fact)i;
    return TC_FACTS;
}

void tc_facts_set(tc_facts *f, tc_fact fact, const char *format, ...) {
    char text[512];
    va_list list;
    va_start(list, format);
    int n = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    f->value[fact] = tc_arena_copy(f->arena, text, n < 0 ? 0 : strlen(text));
    if (!f->value[fact]) f->no_memory = true;
}

bool tc_facts_is(const tc_facts *f, tc_fact fact, const char *word) {
    return f->value[fact] && strcmp(f->value[fact], word) == 0;
}

tc_code tc_facts_fail(const tc_facts *f, tc_fact fact, tc_error *error, const char *format, ...) {
    char text[300];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return tc_fail(error, TC_INVALID, f->place[fact] ? f->place[fact] : tc_fact_rows[fact].name, "%s", text);
}

tc_code tc_facts_number(const tc_facts *f, tc_fact fact, int64_t low, int64_t high, int64_t missing, int64_t *out,
                        tc_error *error) {
    *out = missing;
    if (!f->value[fact]) return TC_OK;
    return tc_parse_integer(f->value[fact], low, high, out, f->place[fact] ? f->place[fact] : tc_fact_rows[fact].name,
                            error);
}

/* ---- a question into facts ------------------------------------------------------------------------ */

static void set_switch(tc_facts *f, tc_fact fact, bool on) { tc_facts_set(f, fact, "%s", on ? "on" : "off"); }

static void of_cluster(tc_facts *f, const tc_question *q) {
    const tc_fabric *fabric = &q->cluster.fabric;
    int node = fabric->levels > 0 && fabric->level[0].size > 0 ? fabric->level[0].size : USUAL_NODE;
    int devices = q->cluster.devices;
    if (node > devices || devices % node || node > 64) node = devices % USUAL_NODE == 0 ? USUAL_NODE : 1;
    if (devices < USUAL_NODE) node = devices;
    tc_facts_set(f, TC_FACT_DEVICES, "%d", devices);
    tc_facts_set(f, TC_FACT_DEVICES_PER_NODE, "%d", node);
    tc_facts_set(f, TC_FACT_NODES, "%d", devices / node);
}

/* "lora:r=16,targets=all" in its parts; what says more stays whole. */
static void of_finetune(tc_facts *f, const char *text) {
    char kind[24], targets[80];
    int rank, used = 0;
    bool parts = sscanf(text, "%20[a-z-]:r=%9d,targets=%70[a-z_+]%n", kind, &rank, targets, &used) == 3 && !text[used];
    tc_facts_set(f, TC_FACT_FINETUNE, "%s", parts ? kind : text);
    if (!parts) return;
    tc_facts_set(f, TC_FACT_LORA_RANK, "%d", rank);
    tc_facts_set(f, TC_FACT_LORA_TARGETS, "%s", targets);
}

static void of_job(tc_facts *f, const tc_question *q, const tc_step *step) {
    const tc_job *job = &q->job;
    const tc_layout *l = &step->layout;
    int seq = job->seq == TC_UNSET ? job->model.seq : job->seq;
    int optimizer = job->optimizer == TC_UNSET ? (int)q->stack.optimizer : job->optimizer;
    int attention = job->attention == TC_UNSET ? (int)q->stack.attention : job->attention;
    char text[TC_FINETUNE_TEXT];
    tc_facts_set(f, TC_FACT_SEQ, "%d", seq);
    tc_facts_set(f, TC_FACT_MICRO_BATCH, "%d", l->micro_batch);
    tc_facts_set(f, TC_FACT_GLOBAL_BATCH, "%lld", (long long)step->global_batch);
    tc_facts_set(f, TC_FACT_ACCUMULATION, "%lld", (long long)step->micro_batches);
    if (l->pp == 1) tc_facts_set(f, TC_FACT_DEVICE_BATCH, "%.12g", (double)l->micro_batch / ((double)l->tp * l->cp));
    tc_facts_set(f, TC_FACT_TOKENS_OF_MICRO_BATCH, "%lld", (long long)seq * l->micro_batch);
    tc_facts_set(f, TC_FACT_TOKENS_OF_STEP, "%lld", (long long)seq * (long long)step->global_batch);
    tc_facts_set(f, TC_FACT_DTYPE, "%s", tc_dtype_names[job->dtype]);
    tc_facts_set(f, TC_FACT_OPTIMIZER, "%s", tc_optimizer_names[optimizer]);
    tc_facts_set(f, TC_FACT_ATTENTION, "%s", tc_attention_impl_names[attention]);
    of_finetune(f, tc_finetune_text(job, text, sizeof text));
    set_switch(f, TC_FACT_BALANCED, job->balanced_routing && tc_has_experts(&job->model));
    if (job->expert_capacity > 0) tc_facts_set(f, TC_FACT_CAPACITY, "%g", job->expert_capacity);
}

#define MOST_CHUNKS 1024

/* Layers of each chunk of the pipeline; returns their number, 0: too many to say. */
static int chunk_layers(const tc_question *q, const tc_layout *l, int *layers) {
    tc_placement p = {.layout = *l, .layers = tc_layer_count(&q->job.model)};
    const tc_chunking chunking = tc_chunking_of(&q->job.model, &p);
    int chunks = chunking.chunks;
    if (chunks > MOST_CHUNKS) return 0;
    for (int c = 0; c < chunks; c++) {
        int counts[TC_MAX_BLOCKS];
        tc_chunk_blocks(&q->job.model, &chunking, c, counts);
        layers[c] = 0;
        for (int b = 0; b < q->job.model.blocks; b++) layers[c] += counts[b];
    }
    return chunks;
}

/* Stages as "Et*3|t*4|t*3L": of embedding, layers, modules of multi-token prediction and loss; and as "3,4,3". */
static void say_stages(tc_facts *f, const tc_question *q, const int *layers, int chunks) {
    char text[500] = "E", list[500] = "";
    size_t used = 1, length = 0;
    for (int i = 0; i < chunks && used < sizeof text && length < sizeof list; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 layers[i] > 1 ? "%st*%d"
                                 : layers[i]   ? "%st"
                                               : "%s",
                                 i ? "|" : "", layers[i]);
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%d", i ? "," : "", layers[i]);
    }
    for (int i = 0; i < q->job.model.mtp_layers && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "m");
    if (used < sizeof text) used += (size_t)snprintf(text + used, sizeof text - used, "L");
    if (used < sizeof text) tc_facts_set(f, TC_FACT_STAGES_TEXT, "%s", text);
    if (length < sizeof list) tc_facts_set(f, TC_FACT_STAGE_LAYERS, "%s", list);
}

static void of_pipeline(tc_facts *f, const tc_question *q, const tc_layout *l) {
    int layers[MOST_CHUNKS] = {0};
    tc_facts_set(f, TC_FACT_PP, "%d", l->pp);
    tc_facts_set(f, TC_FACT_VPP, "%d", l->vpp);
    if (l->pp == 1) return;
    tc_facts_set(f, TC_FACT_SCHEDULE, "%s", tc_schedule_names[l->schedule]);
    if (l->flush != TC_UNSET) tc_facts_set(f, TC_FACT_FLUSH, "%d", l->flush);
    int chunks = chunk_layers(q, l, layers), last = chunks - 1;
    bool middle = true, even;
    for (int i = 2; i < last; i++) middle = middle && layers[i] == layers[1];
    even = middle && chunks > 0 && layers[0] == layers[last] && (chunks < 3 || layers[0] == layers[1]);
    if (even && l->vpp > 1) tc_facts_set(f, TC_FACT_CHUNK_LAYERS, "%d", layers[0]);
    if (even) return;
    if (middle && l->vpp == 1 && chunks == l->pp) {
        if (chunks < 3 || layers[0] != layers[1]) tc_facts_set(f, TC_FACT_FIRST_LAYERS, "%d", layers[0]);
        if (chunks > 2 && layers[last] != layers[1]) tc_facts_set(f, TC_FACT_LAST_LAYERS, "%d", layers[last]);
    } else {
        say_stages(f, q, layers, chunks);
    }
}

static void of_data(tc_facts *f, const tc_layout *l) {
    int ranks = l->dp * l->cp;
    if (ranks == 1) return;
    int group = l->sharding == TC_SHARD_HSDP ? l->hsdp : l->sharding == TC_SHARD_NONE ? 1 : ranks;
    tc_facts_set(f, TC_FACT_SHARDING, "%s", tc_sharding_names[l->sharding]);
    if (l->sharding == TC_SHARD_HSDP) tc_facts_set(f, TC_FACT_HSDP, "%d", l->hsdp);
    if (l->sharding == TC_SHARD_NONE ? l->cp == 1 : group % l->cp == 0) { /* of data-parallel ranks */
        tc_facts_set(f, TC_FACT_SHARD_DEGREE, "%d", l->sharding == TC_SHARD_NONE ? 1 : group / l->cp);
        tc_facts_set(f, TC_FACT_REPLICAS, "%d", ranks / group);
    }
    tc_facts_set(f, TC_FACT_OVERLAP, "%s", tc_overlap_names[l->overlap]);
}

static void of_recompute(tc_facts *f, const tc_question *q, const tc_layout *l) {
    char groups[TC_OPERATORS_TEXT];
    tc_facts_set(f, TC_FACT_RECOMPUTE, "%s", tc_recompute_names[l->recompute]);
    if (l->recompute == TC_RECOMPUTE_OPERATORS)
        tc_facts_set(f, TC_FACT_RECOMPUTE_OPERATORS, "%s",
                     tc_operator_groups_text(l->recompute_operators, groups, sizeof groups));
    if (l->recompute != TC_RECOMPUTE_LAYERS) return;
    int layers = (int)l->recompute_layers, chunks = l->pp * l->vpp;
    tc_facts_set(f, TC_FACT_RECOMPUTE_LAYERS, "%d", layers);
    if (layers % chunks == 0 && layers <= tc_layer_count(&q->job.model))
        tc_facts_set(f, TC_FACT_RECOMPUTE_PER_CHUNK, "%d", layers / chunks);
}

static void of_layout(tc_facts *f, const tc_question *q, const tc_layout *l) {
    char value[TC_LAYOUT_VALUE];
    bool experts = tc_has_experts(&q->job.model);
    tc_facts_set(f, TC_FACT_TP, "%d", l->tp);
    tc_facts_set(f, TC_FACT_CP, "%d", l->cp);
    tc_facts_set(f, TC_FACT_EP, "%d", l->ep);
    if (experts) tc_facts_set(f, TC_FACT_ETP, "%d", l->etp);
    if (l->tp > 1) set_switch(f, TC_FACT_SEQUENCE_PARALLEL, l->sequence_parallel > 0);
    if (l->cp > 1) tc_facts_set(f, TC_FACT_CP_KIND, "%s", tc_cp_kind_names[l->cp_kind]);
    if (l->cp > 1 && l->cp_kind == TC_CP_BOTH) tc_facts_set(f, TC_FACT_CP_ALL_TO_ALL, "%d", l->cp_all_to_all);
    of_pipeline(f, q, l);
    of_data(f, l);
    of_recompute(f, q, l);
    tc_facts_set(f, TC_FACT_OFFLOAD, "%s", tc_offload_names[l->offload]);
    tc_facts_set(f, TC_FACT_GRAPHS, "%s", tc_layout_value(l, TC_LAYOUT_GRAPHS, value, sizeof value));
}

static void of_stack(tc_facts *f, const tc_question *q) {
    const tc_stack_memory *m = &q->stack.memory;
    const tc_stack_kernels *k = &q->stack.kernels;
    tc_facts_set(f, TC_FACT_GRAD_BYTES, "%d", m->grad_bytes);
    bool split = q->layout.sharding > TC_SHARD_NONE && m->sharded_optimizer_bytes > 0;
    tc_facts_set(f, TC_FACT_STATE_BYTES, "%g", split ? m->sharded_optimizer_bytes : m->optimizer_bytes);
    tc_facts_set(f, TC_FACT_LOGITS_BYTES, "%d", m->logits_bytes);
    set_switch(f, TC_FACT_CHUNKED_LOSS, m->chunked_loss || q->job.finetune.chunked_loss);
    if (q->job.dtype == TC_FP8) tc_facts_set(f, TC_FACT_FP8_RECIPE, "%s", tc_fp8_recipe_names[k->fp8_recipe]);
    set_switch(f, TC_FACT_TP_FUSED, k->fused_tensor_parallel);
    set_switch(f, TC_FACT_TP_OVERLAP, k->overlap_tensor_parallel);
    if (!tc_has_experts(&q->job.model)) return;
    set_switch(f, TC_FACT_GROUPED_EXPERTS, !k->sequential_experts);
    tc_facts_set(f, TC_FACT_DISPATCH, "%s",
                 k->dispatcher >= TC_DISPATCHER_DEEPEP      ? "hierarchical"
                 : k->dispatcher == TC_DISPATCHER_ALLGATHER ? "gather"
                                                            : "exchange");
    set_switch(f, TC_FACT_EP_OVERLAP, k->overlap_experts);
}

void tc_facts_of_question(tc_facts *f, const tc_question *q, const tc_step *step) {
    of_cluster(f, q);
    tc_facts_of_model(f, &q->job.model, q->job.seq == TC_UNSET ? q->job.model.seq : q->job.seq);
    of_job(f, q, step);
    of_layout(f, q, &step->layout);
    of_stack(f, q);
}

/* ---- facts into a question --------------------------------------------------------------------------- */

static tc_code to_word(const tc_facts *f, tc_fact fact, const char *const *words, int *out, tc_error *error) {
    if (!f->value[fact]) return TC_OK;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], f->value[fact]) == 0) {
            *out = i;
            return TC_OK;
        }
    return tc_facts_fail(f, fact, error, "'%.60s' is unknown here", f->value[fact]);
}

static tc_code to_int(const tc_facts *f, tc_fact fact, int64_t low, int64_t high, int *out, tc_error *error) {
    int64_t value;
    tc_code code = tc_facts_number(f, fact, low, high, *out, &value, error);
    if (!code && f->value[fact]) *out = (int)value;
    return code;
}

/* By the layout's own table, which has the facts' names. */
static tc_code to_field(const tc_facts *f, tc_fact fact, tc_layout *l, int **list, tc_error *error) {
    tc_layout_id id = tc_layout_find(tc_fact_rows[fact].name);
    if (!f->value[fact] || id == TC_LAYOUT_FIELDS) return TC_OK;
    return tc_layout_set(l, id, f->value[fact], list, f->place[fact] ? f->place[fact] : tc_fact_rows[fact].name, error);
}

/* "Et*3|(tt|)*2,m|L" as layers of each chunk: "3,2,2,0". Brackets are written out first. */
static bool write_out(const char *text, char *out, size_t size) {
    size_t used = 0, open = SIZE_MAX;
    for (const char *p = text; *p; p++) {
        if (*p == ',' || *p == ' ' || *p == '"') continue;
        if (*p == '(') {
            if (open != SIZE_MAX) return false;
            open = used;
        } else if (*p == '*' || *p == ')') {
            size_t start = *p == ')' ? open : used - 1;
            if (*p == ')' && open == SIZE_MAX) return false;
            if (*p == '*' && used == 0) return false;
            size_t length = used - start;
            if (*p == ')') open = SIZE_MAX;
            if (*p == ')' && p[1] != '*') continue;
            if (*p == ')') p++;
            char *end;
            long times = strtol(p + 1, &end, 10);
            if (end == p + 1 || times < 0 || times > 10000 || used + length * (size_t)times >= size) return false;
            used = start;
            char part[512];
            if (length >= sizeof part) return false;
            memcpy(part, out + start, length);
            for (long i = 0; i < times; i++, used += length) memcpy(out + used, part, length);
            p = end - 1;
        } else if (strchr("EtmL|", *p)) {
            if (used + 1 >= size) return false;
            out[used++] = *p;
        } else {
            return false;
        }
    }
    out[used] = '\0';
    return open == SIZE_MAX;
}

/* Sets vpp and stage_layers from the notation. */
static tc_code to_stages(const tc_facts *f, tc_layout *l, int **list, tc_error *error) {
    char text[20000], layers[8000] = "";
    if (!f->value[TC_FACT_STAGES_TEXT]) return TC_OK;
    if (!write_out(f->value[TC_FACT_STAGES_TEXT], text, sizeof text))
        return tc_facts_fail(f, TC_FACT_STAGES_TEXT, error, "'%.60s' is no layout of stages, as Et*3|t*4|t*3L is",
                             f->value[TC_FACT_STAGES_TEXT]);
    int chunks = 0, n = 0;
    size_t used = 0;
    for (const char *p = text;; p++) {
        if (*p == 't') n++;
        if (*p && *p != '|') continue;
        used += (size_t)snprintf(layers + used, sizeof layers - used, "%s%d", chunks ? "," : "", n);
        chunks++;
        n = 0;
        if (!*p || used + 16 > sizeof layers) break;
    }
    if (l->pp < 1 || chunks % l->pp)
        return tc_facts_fail(f, TC_FACT_STAGES_TEXT, error, "%d stages are no multiple of the %d of the pipeline",
                             chunks, l->pp);
    int fixed = l->schedule == TC_UNSET
                    ? 0
                    : tc_schedule_facts_of(l->schedule).chunks; /* the schedule's own number of chunks */
    l->vpp = chunks / l->pp == fixed ? 1 : chunks / l->pp;
    return tc_layout_set(l, TC_LAYOUT_STAGE_LAYERS, layers, list, f->place[TC_FACT_STAGES_TEXT], error);
}

int tc_facts_noops(const tc_facts *f) {
    int n = 0;
    for (const char *p = f->value[TC_FACT_NOOP_LAYERS]; p && *p; p++)
        n += isdigit((unsigned char)*p) && !isdigit((unsigned char)p[1]);
    return n;
}

/* Layers evenly over the chunks, those that do nothing counted: what is left of each is its number. */
static tc_code to_noops(const tc_facts *f, const tc_question *q, tc_layout *l, int **list, tc_error *error) {
    int noops = tc_facts_noops(f), counts[MOST_CHUNKS];
    char text[8 * MOST_CHUNKS] = "";
    if (noops == 0 || l->pp <= 1) return TC_OK;
    tc_placement p = {.layout = *l};
    if (p.layout.schedule == TC_UNSET) p.layout.schedule = TC_SCHEDULE_1F1B;
    int chunks = tc_model_chunks(&p), slots = tc_layer_count(&q->job.model) + noops;
    if (chunks > MOST_CHUNKS || slots % chunks)
        return tc_facts_fail(f, TC_FACT_NOOP_LAYERS, error, "%d layers are no multiple of %d chunks", slots, chunks);
    for (int c = 0; c < chunks; c++) counts[c] = slots / chunks;
    for (const char *at = f->value[TC_FACT_NOOP_LAYERS]; *at;) {
        char *end;
        long place = strtol(at, &end, 10);
        if (end == at || place < 0 || place >= slots || counts[place / (slots / chunks)]-- == 0)
            return tc_facts_fail(f, TC_FACT_NOOP_LAYERS, error, "'%.60s' are no layers", f->value[TC_FACT_NOOP_LAYERS]);
        at = end + strspn(end, ", ");
    }
    for (int c = 0; c < chunks; c++) tc_append(text, sizeof text, "%s%d", c ? "," : "", counts[c]);
    return tc_layout_set(l, TC_LAYOUT_STAGE_LAYERS, text, list, f->place[TC_FACT_NOOP_LAYERS], error);
}

static tc_code to_pipeline(const tc_facts *f, const tc_question *q, tc_layout *l, int **list, tc_error *error) {
    int64_t layers;
    tc_code code = to_field(f, TC_FACT_PP, l, list, error);
    if (!code) code = to_field(f, TC_FACT_VPP, l, list, error);
    if (!code) code = to_field(f, TC_FACT_FLUSH, l, list, error);
    if (!code) code = to_field(f, TC_FACT_FIRST_LAYERS, l, list, error);
    if (!code) code = to_field(f, TC_FACT_LAST_LAYERS, l, list, error);
    if (!code) code = to_field(f, TC_FACT_STAGE_LAYERS, l, list, error);
    if (!code && l->pp > 1) code = to_field(f, TC_FACT_SCHEDULE, l, NULL, error);
    if (!code) code = to_stages(f, l, list, error);
    if (!code) code = tc_facts_number(f, TC_FACT_CHUNK_LAYERS, 1, 100000, 0, &layers, error);
    if (!code && layers == 0) code = to_noops(f, q, l, list, error);
    if (code || layers == 0 || l->pp <= 1) return code;
    int all = tc_layer_count(&q->job.model);
    if (all < 1) return tc_facts_fail(f, TC_FACT_CHUNK_LAYERS, error, "of how many layers is not known; give --model");
    all += tc_facts_noops(f);
    if (all % (l->pp * layers))
        return tc_facts_fail(f, TC_FACT_CHUNK_LAYERS, error, "%d layers are no multiple of %d stages x %lld", all,
                             l->pp, (long long)layers);
    l->vpp = (int)(all / (l->pp * layers));
    return to_noops(f, q, l, list, error);
}

/* none, zero3, or hsdp of what frameworks call degrees of sharding and of replication. */
static tc_code to_sharding(const tc_facts *f, tc_layout *l, tc_error *error) {
    int64_t replicas, group, n;
    tc_code code = to_field(f, TC_FACT_SHARDING, l, NULL, error);
    if (code && strcmp(f->value[TC_FACT_SHARDING], "hsdp") == 0) { /* its groups follow */
        l->sharding = TC_SHARD_HSDP;
        code = TC_OK;
    }
    if (!code) code = tc_facts_number(f, TC_FACT_HSDP, 1, MOST, 0, &n, error);
    if (!code) code = tc_facts_number(f, TC_FACT_REPLICAS, -1, MOST, 0, &replicas, error);
    if (!code) code = tc_facts_number(f, TC_FACT_SHARD_DEGREE, -1, MOST, 0, &group, error);
    if (code || l->sharding != TC_SHARD_HSDP) return code;
    int64_t ranks = l->dp == TC_UNSET ? 0 : (int64_t)l->dp * l->cp;
    if (n == 0 && group > 0) n = group * l->cp;
    if (n == 0 && replicas > 0 && ranks > 0 && ranks % replicas == 0) n = ranks / replicas;
    if (n == 0 || n > MOST)
        return tc_facts_fail(f, TC_FACT_SHARDING, error,
                             "the ranks of a shard group are not known; say how many devices there are");
    l->hsdp = (int)n;
    if (n == 1) l->sharding = TC_SHARD_NONE;
    if (n == ranks) l->sharding = TC_SHARD_ZERO3;
    return TC_OK;
}

static tc_code to_recompute(const tc_facts *f, const tc_question *q, tc_layout *l, tc_error *error) {
    int64_t per, layers;
    tc_code code = tc_facts_number(f, TC_FACT_RECOMPUTE_PER_CHUNK, 0, 100000, -1, &per, error);
    if (!code) code = tc_facts_number(f, TC_FACT_RECOMPUTE_LAYERS, 0, 100000, -1, &layers, error);
    if (code || !f->value[TC_FACT_RECOMPUTE]) return code;
    if (tc_facts_is(f, TC_FACT_RECOMPUTE, "operators")) {
        const char *words = f->value[TC_FACT_RECOMPUTE_OPERATORS];
        if (!words || !*words) {
            l->recompute = TC_RECOMPUTE_NONE;
            return TC_OK;
        }
        if (tc_operator_groups_parse(words, &l->recompute_operators)) {
            l->recompute = TC_RECOMPUTE_OPERATORS;
            if (l->recompute_operators == TC_GROUP_ATTENTION) l->recompute = TC_RECOMPUTE_SELECTIVE;
            return TC_OK;
        }
        return tc_facts_fail(f, TC_FACT_RECOMPUTE_OPERATORS, error, "'%.60s' is no list of operators", words);
    }
    if (!tc_facts_is(f, TC_FACT_RECOMPUTE, "layers"))
        return to_word(f, TC_FACT_RECOMPUTE, tc_recompute_names, &l->recompute, error);
    int all = tc_layer_count(&q->job.model);
    if (layers < 0 && per >= 0) layers = per * l->pp * (l->vpp > 0 ? l->vpp : 1);
    if (layers < 0) return tc_facts_fail(f, TC_FACT_RECOMPUTE, error, "of how many layers is not said");
    l->recompute = layers == 0 ? TC_RECOMPUTE_NONE : all > 0 && layers >= all ? TC_RECOMPUTE_FULL : TC_RECOMPUTE_LAYERS;
    if (l->recompute == TC_RECOMPUTE_LAYERS) l->recompute_layers = (double)layers;
    return TC_OK;
}

static tc_code to_context(const tc_facts *f, tc_layout *l, tc_error *error) {
    tc_code code = to_field(f, TC_FACT_CP, l, NULL, error);
    if (code || l->cp == 1 || !f->value[TC_FACT_CP_KIND]) return code;
    code = to_word(f, TC_FACT_CP_KIND, tc_cp_kind_names, &l->cp_kind, error);
    if (!code && l->cp_kind == TC_CP_BOTH) {
        if (!f->value[TC_FACT_CP_ALL_TO_ALL])
            return tc_facts_fail(f, TC_FACT_CP_KIND, error, "the ranks of an all-to-all are not said");
        code = to_int(f, TC_FACT_CP_ALL_TO_ALL, 1, MOST, &l->cp_all_to_all, error);
        if (!code && l->cp_all_to_all == 1) l->cp_kind = TC_CP_RING;
        if (!code && l->cp_all_to_all >= l->cp) l->cp_kind = TC_CP_ALL_TO_ALL;
    }
    return code;
}

static tc_code to_devices(const tc_facts *f, tc_question *q, tc_error *error) {
    int64_t nodes, each, devices;
    tc_code code = tc_facts_number(f, TC_FACT_NODES, 1, 10000000, 0, &nodes, error);
    if (!code) code = tc_facts_number(f, TC_FACT_DEVICES_PER_NODE, 1, 10000000, 0, &each, error);
    if (!code) code = tc_facts_number(f, TC_FACT_DEVICES, 1, 10000000, 0, &devices, error);
    if (code) return code;
    if (devices == 0 && nodes > 0 && each > 0) devices = nodes * each;
    if (devices > 10000000)
        return tc_facts_fail(f, TC_FACT_NODES, error, "%lld devices; at most 10000000", (long long)devices);
    if (devices > 0) q->cluster.devices = (int)devices;
    return TC_OK;
}

/* Replicas of the model, where the devices are known. */
static void set_dp(tc_question *q) {
    const tc_layout *l = &q->layout;
    int64_t group = (int64_t)l->tp * l->pp * l->cp;
    if (q->cluster.devices > 0 && group > 0 && q->cluster.devices % group == 0)
        q->layout.dp = (int)(q->cluster.devices / group);
}

static tc_code to_batch(const tc_facts *f, tc_question *q, tc_error *error) {
    int64_t tokens, accumulation, step;
    tc_layout *l = &q->layout;
    tc_code code = to_int(f, TC_FACT_SEQ, 1, 100000000, &q->job.seq, error);
    if (!code) code = to_int(f, TC_FACT_MICRO_BATCH, 1, 1000000, &l->micro_batch, error);
    if (!code) code = tc_facts_number(f, TC_FACT_TOKENS_OF_MICRO_BATCH, 1, (int64_t)1 << 50, 0, &tokens, error);
    if (!code) code = tc_facts_number(f, TC_FACT_TOKENS_OF_STEP, 1, (int64_t)1 << 50, 0, &step, error);
    if (!code) code = tc_facts_number(f, TC_FACT_ACCUMULATION, 1, MOST, 0, &accumulation, error);
    if (code) return code;
    int64_t local;
    code = tc_facts_number(f, TC_FACT_LOCAL_BATCH, 1, MOST, 0, &local, error);
    if (code) return code;
    double each = 0;
    if (f->value[TC_FACT_DEVICE_BATCH])
        code = tc_parse_number(f->value[TC_FACT_DEVICE_BATCH], &each,
                               f->place[TC_FACT_DEVICE_BATCH] ? f->place[TC_FACT_DEVICE_BATCH] : "device_batch", error);
    if (code) return code;
    each *= (double)l->tp * l->cp * l->pp;
    if (each > 0 && each < 1000000) l->micro_batch = each < 1 ? 1 : (int)(each + 0.5);
    if (local > 0 && l->pp <= 1 && local < 1000000) l->micro_batch = (int)local;
    if (local > 0 && l->micro_batch == TC_UNSET) l->micro_batch = 1;
    int seq = q->job.seq != TC_UNSET ? q->job.seq : q->job.model.seq;
    if (tokens > 0 && seq > 0 && tokens / seq < 1000000) l->micro_batch = tokens < seq ? 1 : (int)(tokens / seq);
    int64_t batch;
    code = tc_facts_number(f, TC_FACT_GLOBAL_BATCH, 1, MOST, TC_UNSET, &batch, error);
    if (code) return code;
    if (batch == TC_UNSET && step > 0 && seq > 0 && step >= seq) batch = step / seq;
    if (batch == TC_UNSET && local > 0 && l->dp > 0) batch = local * l->dp;
    if (batch == TC_UNSET && accumulation > 0 && l->micro_batch > 0 && l->dp > 0)
        batch = accumulation * l->micro_batch * l->dp;
    if (batch != TC_UNSET && (batch < 1 || batch > MOST))
        return tc_facts_fail(f, TC_FACT_ACCUMULATION, error, "%lld sequences a step; at most %d", (long long)batch,
                             MOST);
    if (batch != TC_UNSET) q->job.global_batch = batch;
    return TC_OK;
}

static tc_code to_finetune(const tc_facts *f, tc_job *job, tc_error *error) {
    char text[200];
    int64_t rank;
    tc_code code = tc_facts_number(f, TC_FACT_LORA_RANK, 0, 100000, 0, &rank, error);
    if (code) return code;
    const char *kind = f->value[TC_FACT_FINETUNE], *targets = f->value[TC_FACT_LORA_TARGETS],
               *bits = f->value[TC_FACT_BASE_BITS];
    if (!kind || strcmp(kind, "full") == 0) return TC_OK;
    bool adapters = strstr(kind, "lora") != NULL;
    bool quantized = adapters && bits && strcmp(bits, "0") != 0 && !strstr(kind, "qlora");
    size_t stem = strlen(kind) - (adapters ? 4 : 0);
    if (!adapters || strchr(kind, ':')) {
        snprintf(text, sizeof text, "%.150s", kind);
    } else {
        snprintf(text, sizeof text, "%.*s%s", (int)(quantized && stem < 40 ? stem : strlen(kind)), kind,
                 quantized ? "qlora" : "");
        char rest[150];
        snprintf(rest, sizeof rest, ":r=%lld%s%.80s%s%.10s", (long long)(rank > 0 ? rank : 16),
                 targets ? ",targets=" : "", targets ? targets : "", quantized ? ",bits=" : "", quantized ? bits : "");
        strncat(text, rest, sizeof text - strlen(text) - 1);
        for (char *p = strstr(text, ",targets="); p && *p; p++) /* "q_proj v_proj" */
            if (*p == ' ') *p = '+';
    }
    return tc_finetune_parse(text, f->place[TC_FACT_FINETUNE] ? f->place[TC_FACT_FINETUNE] : "finetune", job, error);
}

static tc_code to_job(const tc_facts *f, tc_job *job, tc_error *error) {
    tc_code code = to_word(f, TC_FACT_DTYPE, tc_dtype_names, &job->dtype, error);
    if (!code) code = to_word(f, TC_FACT_OPTIMIZER, tc_optimizer_names, &job->optimizer, error);
    if (!code) code = to_word(f, TC_FACT_ATTENTION, tc_attention_impl_names, &job->attention, error);
    if (!code && f->value[TC_FACT_BALANCED]) job->balanced_routing = tc_facts_is(f, TC_FACT_BALANCED, "on");
    if (!code && f->value[TC_FACT_CAPACITY])
        code = tc_parse_number(f->value[TC_FACT_CAPACITY], &job->expert_capacity,
                               f->place[TC_FACT_CAPACITY] ? f->place[TC_FACT_CAPACITY] : "expert_capacity", error);
    if (!code && !(job->expert_capacity >= 0 && job->expert_capacity <= 1000))
        return tc_facts_fail(f, TC_FACT_CAPACITY, error, "a capacity of %g; give 0 to 1000", job->expert_capacity);
    return code ? code : to_finetune(f, job, error);
}

tc_code tc_facts_to_question(const tc_facts *f, tc_question *q, int **list, tc_error *error) {
    tc_layout *l = &q->layout;
    tc_code code = to_devices(f, q, error);
    if (!code) code = to_field(f, TC_FACT_TP, l, NULL, error);
    if (!code) code = to_context(f, l, error);
    if (!code) code = to_pipeline(f, q, l, list, error);
    if (!code) code = to_field(f, TC_FACT_EP, l, NULL, error);
    if (!code && tc_has_experts(&q->job.model)) code = to_field(f, TC_FACT_ETP, l, NULL, error);
    if (code) return code;
    set_dp(q);
    code = to_batch(f, q, error);
    if (!code && l->tp > 1) code = to_field(f, TC_FACT_SEQUENCE_PARALLEL, l, NULL, error);
    if (!code) code = to_sharding(f, l, error);
    if (!code) code = to_recompute(f, q, l, error);
    if (!code) code = to_field(f, TC_FACT_OFFLOAD, l, NULL, error);
    if (!code) code = to_field(f, TC_FACT_OVERLAP, l, NULL, error);
    if (!code) code = to_field(f, TC_FACT_GRAPHS, l, NULL, error);
    return code ? code : to_job(f, &q->job, error);
}

tc_code tc_facts_to_stack(const tc_facts *f, tc_stack *stack, tc_error *error) {
    tc_stack_memory *m = &stack->memory;
    tc_stack_kernels *k = &stack->kernels;
    int recipe = (int)k->fp8_recipe;
    tc_code code = to_int(f, TC_FACT_GRAD_BYTES, 1, 8, &m->grad_bytes, error);
    if (!code && f->value[TC_FACT_GRAD_BYTES]) m->main_grad_bytes = m->grad_bytes;
    if (!code) code = to_int(f, TC_FACT_LOGITS_BYTES, 0, 16, &m->logits_bytes, error);
    if (!code) code = to_word(f, TC_FACT_FP8_RECIPE, tc_fp8_recipe_names, &recipe, error);
    if (!code && f->value[TC_FACT_STATE_BYTES])
        code = tc_parse_number(f->value[TC_FACT_STATE_BYTES], &m->optimizer_bytes, "state_bytes", error);
    if (!code && !(m->optimizer_bytes >= 0 && m->optimizer_bytes <= 64))
        return tc_facts_fail(f, TC_FACT_STATE_BYTES, error, "%g bytes; give 0 to 64", m->optimizer_bytes);
    if (code) return code;
    if (f->value[TC_FACT_STATE_BYTES]) m->sharded_optimizer_bytes = 0; /* the fact is of this run */
    k->fp8_recipe = (tc_fp8_recipe)recipe;
    if (f->value[TC_FACT_CHUNKED_LOSS]) m->chunked_loss = tc_facts_is(f, TC_FACT_CHUNKED_LOSS, "on");
    if (f->value[TC_FACT_TP_FUSED]) k->fused_tensor_parallel = tc_facts_is(f, TC_FACT_TP_FUSED, "on");
    if (f->value[TC_FACT_TP_OVERLAP]) k->overlap_tensor_parallel = tc_facts_is(f, TC_FACT_TP_OVERLAP, "on");
    if (f->value[TC_FACT_GROUPED_EXPERTS]) k->sequential_experts = !tc_facts_is(f, TC_FACT_GROUPED_EXPERTS, "on");
    if (f->value[TC_FACT_EP_OVERLAP]) k->overlap_experts = tc_facts_is(f, TC_FACT_EP_OVERLAP, "on");
    if (tc_facts_is(f, TC_FACT_DISPATCH, "exchange")) k->dispatcher = TC_DISPATCHER_ALLTOALL;
    if (tc_facts_is(f, TC_FACT_DISPATCH, "gather")) k->dispatcher = TC_DISPATCHER_ALLGATHER;
    if (tc_facts_is(f, TC_FACT_DISPATCH, "hierarchical") && k->dispatcher < TC_DISPATCHER_DEEPEP)
        k->dispatcher = TC_DISPATCHER_DEEPEP; /* HybridEP stays: a fact does not tell them apart */
    return TC_OK;
}

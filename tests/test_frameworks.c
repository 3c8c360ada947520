/* test_frameworks.c - launch scripts of every framework: what is written comes back, and is among the framework's own options.
 *
 * The recorded options (data/frameworks/options, made by tools/framework_options.py from public sources) say which there are and
 * what each takes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "base/file.h"
#include "base/vocabulary.h"
#include "catalog/lookup.h"
#include "forecast/forecast.h"
#include "interop/import.h"
#include "interop/launch.h"
#include "layout/fields.h"

#define FRAMEWORKS 32
#ifdef TC_INSTRUMENTED
#define LAYOUTS 200
#define DAMAGED 2000
#else
#define LAYOUTS 1000
#define DAMAGED 10000
#endif
#define TRIES 400000

/* Scripts of our own writing, and what they say. */
static const struct {
    const char *path, *framework, *facts;
} scripts[] = {
    {"docs/examples/llama3-8b.sh", "megatron-lm",
     "nodes=8 devices_per_node=8 tp=2 pp=2 vpp=1 global_batch=256 micro_batch=1 layers=32 kv_heads=8 head_dim=128 "
     "vocab=128256 "
     "dtype=fp8 sharding=zero1 overlap=all recompute=selective sequence_parallel=on grad_bytes=2 logits_bytes=0 "
     "gated=on tied=off bias=off"},
    {"tests/launch/moe.sh", "mindspeed-llm",
     "nodes=32 devices_per_node=16 tp=2 pp=8 ep=32 cp=1 layers=61 experts=256 first_dense=3 schedule=zb-v "
     "offload=states recompute=layers "
     "latent_attention=on vocab=129280 attention=flash dispatch=exchange ep_overlap=on mtp_layers=1"},
    {"tests/launch/zero2.json", "deepspeed",
     "sharding=zero2 micro_batch=4 accumulation=2 dtype=bf16 offload=optimizer overlap=grad-reduce"},
    {"tests/launch/llama.toml", "torchtitan",
     "slug=llama-3-8b seq=8192 local_batch=1 tp=2 pp=2 schedule=interleaved recompute=full dtype=fp8 sharding=zero3 "
     "chunk_layers=8"},
    {"tests/launch/sft.yaml", "llama-factory",
     "model=Qwen/Qwen3-8B seq=2048 micro_batch=2 accumulation=4 finetune=lora lora_rank=16 sharding=zero3 dtype=bf16 "
     "recompute=full"},
    {"tests/launch/fsdp.yaml", "fsdp", "devices=16 sharding=zero3 offload=optimizer dtype=bf16"},
    {"tests/launch/tpu.sh", "maxtext",
     "slug=llama-2-70b device_batch=4 seq=4096 recompute=operators "
     "recompute_operators=norm+position+attention+mlp-up+activation"},
    {"tests/launch/gpt3.yaml", "megatron-bridge",
     "nodes=128 devices_per_node=8 tp=4 pp=8 vpp=6 ffn=49152 global_batch=2048 seq=2048 sharding=zero1 overlap=all "
     "dtype=bf16 sequence_parallel=on"},
    {"tests/launch/swift.sh", "ms-swift",
     "model=Qwen/Qwen3-30B-A3B-Base pp=2 ep=8 micro_batch=1 global_batch=16 recompute=full seq=8192 "
     "sequence_parallel=on sharding=zero1"},
    {"tests/launch/fsdp2.sh", "mindspeed-fsdp2",
     "micro_batch=4 accumulation=1 ep=2 sharding=zero3 chunked_loss=on attention=flash"},
    {"tests/launch/preset.py", "torchtitan",
     "slug=llama-3.1-405b tp=8 recompute=full micro_batch_tokens=16384 seq=8192 chunked_loss=on tp_overlap=on"},
};

static unsigned random_state;

static unsigned draw(unsigned below) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 10) % below;
}

typedef struct question {
    tc_question q;
    tc_opened opened;
} question;

static const char *slugs[FRAMEWORKS];
static int frameworks(void) {
    int n = tc_framework_slugs(catalog, slugs, FRAMEWORKS);
    assert_in_range(n, 1, FRAMEWORKS);
    return n;
}

/* ---- the recorded options ----------------------------------------------------------------------- */

static char *recorded(const char *slug) {
    char path[300], *text;
    size_t length;
    tc_error error;
    snprintf(path, sizeof path, TC_SOURCE_DIR "/data/frameworks/options/%s.tsv", slug);
    if (tc_file_read(path, 1 << 24, &text, &length, &error)) fail_msg("%s: %s", error.place, error.text);
    return text;
}

/* The row of an option: "\nOPTION\tKIND\tCHOICES\tDEFAULT". */
static const char *row_of(const char *table, const char *option) {
    char key[300];
    snprintf(key, sizeof key, "\n%s\t", option);
    return strstr(table, key);
}

static void check_option(const char *slug, const char *table, const char *option, const char *value) {
    char choices[9000];
    const char *row = row_of(table, option);
    if (!row) fail_msg("%s: %s is no option of the framework", slug, option);
    const char *at = strchr(row + 1, '\t');
    bool flag = strncmp(at + 1, "flag", 4) == 0, truth = strncmp(at + 1, "bool", 4) == 0;
    at = strchr(at + 1, '\t') + 1;
    snprintf(choices, sizeof choices, "|%.*s|", (int)strcspn(at, "\t"), at);
    if (flag && value && strcmp(value, "true") != 0)
        fail_msg("%s: %s is a flag and takes no '%s'", slug, option, value);
    if (!value || truth || choices[1] == '|' || strpbrk(value, "=")) return;
    char wanted[200];
    snprintf(wanted, sizeof wanted, "|%s|", value);
    if (!strstr(choices, wanted)) fail_msg("%s: %s takes no '%s' but %s", slug, option, value, choices);
}

static void check_mapping(const char *slug, const char *table, const tc_node *set) {
    for (const tc_node *n = set ? set->first : NULL; n; n = n->next)
        check_option(slug, table, n->key, strcmp(n->text, "any") == 0 ? NULL : n->text);
}

/* Is the case the first of its word: the one that is written? */
static bool is_written(const tc_node *cases, const tc_node *c) {
    if (tc_node_text(c, "read")) return false;
    for (const tc_node *n = cases->first; n != c; n = n->next)
        if (!tc_node_text(n, "read") && strcmp(tc_node_text(n, "is"), tc_node_text(c, "is")) == 0) return false;
    return true;
}

static void every_written_option_is_recorded(void **state) {
    (void)state;
    int n = frameworks();
    for (int i = 0; i < n; i++) {
        tc_framework fw;
        tc_error error;
        char *table = recorded(slugs[i]);
        if (tc_framework_load(catalog, slugs[i], &fw, &error)) fail_msg("%s: %s", error.place, error.text);
        check_mapping(slugs[i], table, tc_framework_section(&fw, "always"));
        for (int k = 0; k < fw.rows; k++) {
            const tc_node *row = fw.row[k];
            const tc_node *cases = tc_node_get(row, "cases"), *words = tc_node_get(row, "words");
            if (tc_node_text(row, "read")) continue;
            const char *option = tc_node_text(row, "option");
            if (option) check_option(slugs[i], table, option, NULL);
            for (const tc_node *w = words ? words->first : NULL; w; w = w->next)
                check_option(slugs[i], table, option, w->text);
            for (const tc_node *c = cases ? cases->first : NULL; c; c = c->next)
                if (is_written(cases, c)) check_mapping(slugs[i], table, tc_node_get(c, "set"));
        }
        free(table);
    }
}

/* ---- round trips ----------------------------------------------------------------------------------- */

static const char *const models[]
    = {"llama-3-8b", "mixtral-8x7b", "deepseek-v3", "gpt3-175b", "qwen3-30b-a3b", "qwen2.5-7b", "llama-3.1-405b"};

static const char *const videos[] = {"wan2.1-t2v-1.3b", "wan2.1-t2v-14b"};

/* A random layout of a model that people train, within what the framework's stack can run. */
static bool draw_question(question *q, const char *stack) {
    static const int dtypes[] = {TC_BF16, TC_BF16, TC_FP16, TC_FP8, TC_MXFP8};
    tc_error error;
    *q = (question){.q = tc_default_question()};
    tc_layout *l = &q->q.layout;
    assert_int_equal(tc_catalog_accelerator(catalog, "h100-sxm", &q->q.cluster.accelerator, &error), TC_OK);
    assert_int_equal(tc_catalog_fabric(catalog, q->q.cluster.accelerator.fabric, &q->q.cluster.fabric, &error), TC_OK);
    bool video = strstr(stack, "-mm") != NULL;
    const char *model = video ? videos[draw(2)] : models[draw(sizeof models / sizeof models[0])];
    assert_int_equal(tc_catalog_model(catalog, model, &q->q.job.model, &error), TC_OK);
    if (tc_catalog_stack(catalog, stack, &q->q.stack, &error)) fail_msg("%s: %s", error.place, error.text);
    int dp = 1 << draw(6);
    l->tp = draw(2) ? 1 : 1 << draw(4);
    l->pp = draw(2) ? 1 : 1 << draw(4);
    l->cp = draw(3) ? 1 : 1 << draw(4);
    if (draw(2) == 0) l->ep = 1 << draw(5);
    if (draw(4) == 0) l->etp = 1 << draw(3);
    l->vpp = l->pp == 1 || draw(3) ? 1 : 1 + (int)draw(4);
    l->recompute = (int)draw(TC_RECOMPUTE_OPERATORS + 1);
    l->recompute_layers = 1 + draw(20);
    l->recompute_operators = 1 + (int)draw(TC_GROUP_ALL);
    if (draw(2)) l->recompute_operators = 1 << draw(12);
    l->sharding = (int)draw(TC_SHARD_HSDP + 1);
    l->hsdp = 1 << draw(5);
    l->micro_batch = 1 << draw(3);
    l->sequence_parallel = (int)draw(2);
    l->offload = draw(4) ? TC_OFFLOAD_NONE : (int)draw(TC_OFFLOAD_ALL + 1);
    l->cp_kind = (int)draw(3);
    l->cp_all_to_all = 1 << draw(3);
    l->overlap = (int)draw(TC_OVERLAPS);
    l->graphs = draw(4) ? 0 : TC_GRAPHS_ALL;
    if (draw(5) == 0) l->schedule = (int)draw(TC_SCHEDULE_CUSTOM);
    static const tc_layout_id choices[]
        = {TC_LAYOUT_SEQUENCE_PARALLEL, TC_LAYOUT_SHARDING, TC_LAYOUT_RECOMPUTE, TC_LAYOUT_CP_KIND,
           TC_LAYOUT_OFFLOAD,           TC_LAYOUT_OVERLAP,  TC_LAYOUT_GRAPHS};
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        if (draw(3)) tc_layout_clear(l, choices[i]); /* the stack's own */
    if (l->pp > 1 && draw(6) == 0) l->first_layers = (int)draw(6);
    if (l->pp > 1 && draw(6) == 0) l->last_layers = (int)draw(6);
    q->q.cluster.devices = l->tp * l->pp * l->cp * dp;
    q->q.job.global_batch = (int64_t)dp * l->micro_batch * l->pp * (1 + (int64_t)draw(12));
    if (!video) q->q.job.seq = 1 << (11 + draw(4));
    q->q.job.dtype = dtypes[draw(5)];
    if (q->q.job.model.learned_positions > 0 && q->q.job.seq > q->q.job.model.learned_positions)
        q->q.job.seq = q->q.job.model.learned_positions;
    if (tc_open(&q->q, &q->opened, &error) != TC_OK) return false;
    const tc_layout *m = &q->opened.placement.layout; /* of two ways to say the same, the other one */
    if (m->sharding == TC_SHARD_HSDP && (m->hsdp == 1 || m->hsdp == m->dp * m->cp)) return false;
    if (m->recompute == TC_RECOMPUTE_OPERATORS && m->recompute_operators == TC_GROUP_ATTENTION) return false;
    return tc_beyond_stack(&q->q, m, NULL, 0) == 0;
}

static void check_same(const char *slug, const question *before, const tc_imported *after, const char *text) {
    const tc_layout *l = &before->opened.placement.layout;
    tc_question q = before->q;
    tc_opened *opened = malloc(sizeof *opened);
    tc_error error;
    char why[1000] = "";
    q.layout = after->question.layout;
    q.job.seq = after->question.job.seq;
    q.job.global_batch = after->question.job.global_batch;
    q.job.dtype = after->question.job.dtype;
    q.cluster.devices = after->question.cluster.devices;
    if (after->has_model || after->model) q.job.model = after->question.job.model;
    const tc_node *script = tc_framework_section(&after->framework, "script"); /* what no file says */
    for (const tc_node *n = script ? script->first : NULL; n; n = n->next) {
        tc_layout_id id = tc_layout_find(n->text);
        if (id < TC_LAYOUT_FIELDS) tc_layout_inherit(&q.layout, l, id);
        if (strcmp(n->text, "global_batch") == 0) q.job.global_batch = before->opened.placement.global_batch;
        if (strcmp(n->text, "seq") == 0) q.job.seq = before->q.job.seq;
    }
    if (tc_open(&q, opened, &error)) snprintf(why, sizeof why, "%s: %s", error.place, error.text);
    for (int i = 0; i < TC_LAYOUT_FIELDS && !why[0]; i++) {
        char a[200], b[200];
        const tc_layout *m = &opened->placement.layout;
        bool even = i == TC_LAYOUT_STAGE_LAYERS || i == TC_LAYOUT_FIRST_LAYERS
                    || i == TC_LAYOUT_LAST_LAYERS; /* two ways to say it */
        bool data = i == TC_LAYOUT_SHARDING || i == TC_LAYOUT_OVERLAP;
        if (i == TC_LAYOUT_OVERLAP && l->sharding == TC_SHARD_NONE) continue; /* nothing is gathered */
        bool matters = data ? l->dp * l->cp > 1 : tc_layout_matters(l, (tc_layout_id)i);
        if (i == TC_LAYOUT_ETP && !tc_has_experts(&before->q.job.model)) matters = false;
        if (!even && matters && !tc_layout_field_equal(l, m, (tc_layout_id)i))
            snprintf(why, sizeof why, "%s is %s, and was %s", tc_layout_fields[i].key,
                     tc_layout_value(m, (tc_layout_id)i, a, sizeof a),
                     tc_layout_value(l, (tc_layout_id)i, b, sizeof b));
    }
    const tc_chunking had = tc_chunking_of(&before->q.job.model, &before->opened.placement);
    const tc_chunking has = tc_chunking_of(&q.job.model, &opened->placement);
    for (int c = 0; c < had.chunks && !why[0]; c++) {
        int x[TC_MAX_BLOCKS], y[TC_MAX_BLOCKS], sum[2] = {0, 0};
        tc_chunk_blocks(&before->q.job.model, &had, c, x);
        tc_chunk_blocks(&q.job.model, &has, c, y);
        for (int b = 0; b < before->q.job.model.blocks; b++) sum[0] += x[b];
        for (int b = 0; b < q.job.model.blocks; b++) sum[1] += y[b];
        if (sum[0] != sum[1]) snprintf(why, sizeof why, "chunk %d has %d layers, and had %d", c, sum[1], sum[0]);
    }
    if (!why[0]
        && (opened->placement.seq != before->opened.placement.seq || q.job.dtype != before->q.job.dtype
            || opened->placement.global_batch != before->opened.placement.global_batch))
        snprintf(why, sizeof why, "seq, format or batch differ");
    double a = tc_model_count(&before->q.job.model).parameters, b = tc_model_count(&q.job.model).parameters;
    if (!why[0] && fabs(a - b) > 1e-5 * a)
        snprintf(why, sizeof why, "the model has %.0f parameters, and had %.0f", b, a);
    free(opened);
    if (why[0]) fprintf(stderr, "%s\n", text);
    if (why[0]) fail_msg("%s: %s", slug, why);
}

/* The files as `launch` prints them. */
static char *print_all(const tc_launch *l) {
    size_t bytes = 1;
    for (int i = 0; i < l->files; i++) bytes += strlen(l->file[i].name) + strlen(l->file[i].text) + 20;
    char *text = malloc(bytes);
    text[0] = '\0';
    for (int i = 0; i < l->files; i++)
        sprintf(text + strlen(text), "%s# ---- %s ----\n%s", i ? "\n" : "", l->file[i].name, l->file[i].text);
    return text;
}

static void layouts_come_back(void **state) {
    (void)state;
    int n = frameworks();
    question *q = malloc(sizeof *q);
    tc_launch *launch = malloc(sizeof *launch);
    tc_imported *imported = malloc(sizeof *imported);
    for (int i = 0; i < n; i++) {
        int done = 0, lacks = 0;
        tc_framework fw;
        tc_error error;
        random_state = 7;
        assert_int_equal(tc_framework_load(catalog, slugs[i], &fw, &error), TC_OK);
        for (int k = 0; k < TRIES && done < LAYOUTS; k++) {
            tc_step step = {.step_s = 1};
            if (!draw_question(q, fw.stack)) continue;
            step.layout = q->opened.placement.layout;
            step.global_batch = q->opened.placement.global_batch;
            step.micro_batches = q->opened.placement.micro_batches;
            tc_code code = tc_launch_write(catalog, slugs[i], &q->q, &step, launch, &error);
            if (code) {
                assert_int_equal(code, TC_INVALID);
                assert_int_equal(strncmp(error.place, "--", 2), 0);
                if (getenv("TC_LACKS")) print_message("LACK %s %.90s\n", slugs[i], error.text);
                lacks++;
            } else {
                char *text = print_all(launch);
                code = tc_import_text(catalog, "launch", text, strlen(text), slugs[i], imported, &error);
                if (code) fprintf(stderr, "%s\n", text);
                if (code) fail_msg("%s: %s: %s", slugs[i], error.place, error.text);
                check_same(slugs[i], q, imported, text);
                tc_import_free(imported);
                free(text);
                done++;
            }
            tc_launch_free(launch);
        }
        print_message("%s: %d layouts came back, %d have no options\n", slugs[i], done, lacks);
        assert_int_equal(done, LAYOUTS);
    }
    free(q);
    free(launch);
    free(imported);
}

/* ---- damaged scripts ---------------------------------------------------------------------------------- */

static char *fixture(const char *path, size_t *length) {
    char full[300], *text;
    tc_error error;
    snprintf(full, sizeof full, TC_SOURCE_DIR "/%s", path);
    if (tc_file_read(full, 1 << 20, &text, length, &error)) fail_msg("%s: %s", error.place, error.text);
    return text;
}

/* One to four small damages: a byte changed, a piece cut out, said twice, or moved; something that scripts have put in. */
static size_t damage(char *text, size_t length, size_t room) {
    static const char *const bits[] = {"$(",
                                       "${",
                                       "\"",
                                       "'",
                                       "`",
                                       "((",
                                       "))",
                                       "\\\n",
                                       "--",
                                       "=",
                                       ";;",
                                       "if ",
                                       "fi\n",
                                       "case x in",
                                       "done",
                                       "-1",
                                       "999999999999999999999",
                                       "1e400",
                                       "[0]*",
                                       "|",
                                       "<<EOF\n",
                                       "\xff",
                                       "${A:-${A}}",
                                       "$((1/0))",
                                       "0",
                                       "nan",
                                       "{",
                                       "}",
                                       "#",
                                       "&&",
                                       "A=(",
                                       "\t",
                                       "null",
                                       "${x[99999999]}"};
    for (unsigned k = 1 + draw(4); k > 0 && length > 8; k--) {
        size_t at = draw((unsigned)length), n = 1 + draw(12);
        if (at + n > length) n = length - at;
        const char *bit = bits[draw(sizeof bits / sizeof bits[0])];
        switch (draw(5)) {
        case 0: text[at] = (char)(' ' + draw(95)); break;
        case 1:
            memmove(text + at, text + at + n, length - at - n);
            length -= n;
            break;
        case 2:
            if (length + n > room) break;
            memmove(text + at + n, text + at, length - at);
            length += n;
            break;
        case 3: length = draw(8) ? length : at + 1; break;
        default:
            n = strlen(bit);
            if (length + n > room) break;
            memmove(text + at + n, text + at, length - at);
            memcpy(text + at, bit, n);
            length += n;
        }
    }
    return length;
}

static bool one_line(const char *text) { return *text && !strchr(text, '\n'); }

static void damaged_scripts_are_refused_in_a_line(void **state) {
    (void)state;
    int n = (int)(sizeof scripts / sizeof scripts[0]), read = 0, refused = 0;
    tc_imported *imported = malloc(sizeof *imported);
    random_state = 11;
    for (int i = 0; i < n; i++) {
        size_t length;
        char *original = fixture(scripts[i].path, &length), *text = malloc(2 * length + 400);
        for (int k = 0; k < DAMAGED / n; k++) {
            tc_error error = {.code = TC_OK};
            memcpy(text, original, length);
            size_t size = damage(text, length, 2 * length + 300);
            tc_code code = tc_import_text(catalog, scripts[i].path, text, size, NULL, imported, &error);
            if (code) {
                assert_int_equal(code, TC_INVALID);
                if (!one_line(error.place) || !one_line(error.text)) fail_msg("'%s': '%s'", error.place, error.text);
                refused++;
            } else {
                read++;
            }
            tc_import_free(imported);
        }
        free(original);
        free(text);
    }
    print_message("%d damaged scripts were read, %d refused\n", read, refused);
    free(imported);
}

/* Nothing is lost: what a script says, as its author meant it. */
static void scripts_say_what_they_mean(void **state) {
    (void)state;
    tc_imported *imported = malloc(sizeof *imported);
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        size_t length;
        tc_error error;
        char *text = fixture(scripts[i].path, &length);
        if (tc_import_text(catalog, scripts[i].path, text, length, NULL, imported, &error))
            fail_msg("%s: %s", error.place, error.text);
        assert_string_equal(imported->framework.slug, scripts[i].framework);
        for (const char *at = scripts[i].facts; *at;) { /* "tp=2 pp=2" */
            char name[40], value[80];
            int used = 0;
            assert_int_equal(sscanf(at, " %39[^=]=%79s%n", name, value, &used), 2);
            tc_fact fact = tc_fact_find(name, strlen(name));
            assert_int_not_equal(fact, TC_FACTS);
            const char *said = imported->facts.value[fact];
            if (!said || strcmp(said, value) != 0)
                fail_msg("%s: %s is %s, not %s", scripts[i].path, name, said ? said : "unknown", value);
            at += used;
        }
        tc_import_free(imported);
        free(text);
    }
    free(imported);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_written_option_is_recorded),
        cmocka_unit_test(layouts_come_back),
        cmocka_unit_test(scripts_say_what_they_mean),
        cmocka_unit_test(damaged_scripts_are_refused_in_a_line),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}

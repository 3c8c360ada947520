/* test_published.c - the fields of a run, the choice of its metric, the shipped runs, and one clear
 * error with file, line and field for each bad line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "near.h"
#include "workload/operators.h"
#include "workload/towers.h"
#include "validate/inputs.h"
#include "validate/score.h"

static tc_published_run read_one(tc_published *published, const char *line) {
    tc_error error = {0};
    tc_code code = tc_published_read(published, "r.jsonl", line, strlen(line), &error);
    if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
    assert_int_equal(code, TC_OK);
    return published->runs[published->count - 1];
}

static void every_field(void **state) {
    (void)state;
    tc_published published = {0};
    tc_published_run run
        = read_one(&published,
                   "{\"id\":\"a\",\"source\":\"A table, "
                   "2023\",\"url\":\"https://arxiv.org/abs/2401.10241\",\"source_kind\":\"paper\",\"group\":\"g\","
                   "\"accelerator\":\"a100-sxm-80g\",\"devices\":512,\"devices_per_node\":8,\"chips\":256,\"parallel_"
                   "devices\":1024,"
                   "\"intra_node\":\"NVLink\",\"inter_node\":\"HDR\",\"framework\":\"Megatron\","
                   "\"model\":{\"name\":\"m\",\"family\":\"mla-moe\",\"params_b\":671,\"active_params_b\":37.5,"
                   "\"layers\":61,\"hidden\":7168,"
                   "\"heads\":128,\"kv_heads\":128,\"head_dim\":192,\"ffn\":18432,\"ffn_kind\":\"swiglu\",\"vocab\":"
                   "129280,\"seq\":4096,"
                   "\"tied_embeddings\":false,\"experts\":256,\"experts_per_token\":8,\"expert_ffn\":2048,\"shared_"
                   "experts\":1,\"dense_layers\":3,"
                   "\"mla\":{\"q_lora\":1536,\"kv_lora\":512,\"qk_nope\":128,\"qk_rope\":64,\"v\":128}},"
                   "\"dtype\":\"fp8 "
                   "e4m3\",\"global_batch\":15360,\"micro_batch\":1,\"tp\":1,\"pp\":16,\"cp\":1,\"dp\":32,\"ep\":64,"
                   "\"etp\":1,\"vpp\":2,"
                   "\"sequence_parallel\":true,\"sharding\":\"distributed-optimizer\",\"recompute\":\"partial: "
                   "21\",\"flash_attention\":false,"
                   "\"optimizer\":\"adamw\",\"offload\":\"none\",\"measured\":{\"step_s\":12.5,\"mfu_pct\":40,\"hfu_"
                   "pct\":50},"
                   "\"norm\":{\"accelerator_certain\":false,\"stack\":\"megatron-lm\",\"source_family\":\"f\","
                   "\"flops\":\"hardware\",\"dtype\":\"fp8\","
                   "\"recompute\":\"partial\",\"recompute_layers\":[21,80],\"sharding\":\"zero1\",\"frozen_base\":true,"
                   "\"memory\":{\"gib\":70.5,\"unit_certain\":true,\"kind\":\"allocated\"},\"counts\":true}}");
    assert_string_equal(run.id, "a");
    assert_string_equal(run.group, "g");
    assert_string_equal(run.source_family, "f");
    assert_string_equal(run.stack, "megatron-lm");
    assert_int_equal(run.year, 2024);
    assert_false(run.accelerator_certain);
    assert_int_equal(run.model.layers, 61);
    assert_int_equal(run.model.experts, 256);
    assert_int_equal(run.model.shared_experts, 1);
    assert_int_equal(run.model.dense_layers, 3);
    assert_int_equal(run.model.mla.q_rank, 1536);
    assert_int_equal(run.model.mla.v_dim, 128);
    assert_near(run.model.active_params_b, 37.5, 0);
    assert_int_equal(run.devices, 512);
    assert_int_equal(run.parallel_devices, 1024);
    assert_int_equal(run.global_batch, 15360);
    assert_int_equal(run.pp, 16);
    assert_int_equal(run.etp, 1);
    assert_int_equal(run.vpp, 2);
    assert_int_equal(run.sequence_parallel, 1);
    assert_int_equal(run.flash_attention, 0);
    assert_int_equal(run.dtype, TC_FP8);
    assert_int_equal(run.sharding, TC_SHARD_ZERO1);
    assert_int_equal(run.recompute, TC_RECOMPUTE_LAYERS);
    assert_int_equal(run.recompute_layers, 21);
    assert_int_equal(run.recompute_of, 80);
    assert_true(run.frozen_base && run.counts && run.memory_unit_certain);
    assert_int_equal(run.flops, TC_FLOPS_HARDWARE);
    assert_int_equal(run.metric, TC_METRIC_STEP_S);
    assert_near(run.measured, 12.5, 0);
    assert_near(run.memory_gib, 70.5, 0);
    assert_int_equal(run.memory_kind, TC_MEMORY_ALLOCATED);
    tc_published_free(&published);
}

static void what_is_not_stated_is_unset(void **state) {
    (void)state;
    tc_published published = {0};
    tc_published_run run
        = read_one(&published,
                   "{\"id\":\"a\",\"tp\":null,\"model\":{\"dense_layers\":-1},\"measured\":null,\"unknown\":[1]}");
    assert_string_equal(run.group, "a");
    assert_string_equal(run.source_family, "a");
    assert_null(run.stack);
    assert_null(run.accelerator);
    assert_int_equal(run.model.layers, 0);
    assert_int_equal(run.model.dense_layers, 0);
    assert_int_equal(run.model.shared_experts, TC_UNSET);
    assert_int_equal(run.devices, 0);
    assert_int_equal(run.tp, TC_UNSET);
    assert_int_equal(run.global_batch, TC_UNSET);
    assert_int_equal(run.sequence_parallel, TC_UNSET);
    assert_int_equal(run.dtype, TC_UNSET);
    assert_int_equal(run.recompute, TC_UNSET);
    assert_int_equal(run.flops, TC_FLOPS_UNKNOWN);
    assert_int_equal(run.metric, TC_METRIC_NONE);
    assert_null(tc_metric_name(run.metric));
    assert_true(run.accelerator_certain && run.counts);
    tc_published_free(&published);
}

static void the_first_stated_metric(void **state) {
    (void)state;
    static const struct {
        const char *line;
        tc_metric metric;
        double value;
    } cases[] = {
        {"{\"id\":\"a\",\"measured\":{\"mfu_pct\":40,\"step_s\":2}}", TC_METRIC_STEP_S, 2},
        {"{\"id\":\"a\",\"measured\":{\"tokens_per_s_per_device\":9},\"derived\":{\"step_s\":3}}", TC_METRIC_STEP_S, 3},
        {"{\"id\":\"a\",\"measured\":{\"step_s\":2},\"derived\":{\"step_s\":3}}", TC_METRIC_STEP_S, 2},
        {"{\"id\":\"a\",\"measured\":{\"samples_per_s\":5,\"tokens_per_s_per_device\":9}}",
         TC_METRIC_TOKENS_PER_S_PER_DEVICE, 9},
        {"{\"id\":\"a\",\"measured\":{\"samples_per_s\":5,\"mfu_pct\":9}}", TC_METRIC_SAMPLES_PER_S, 5},
        {"{\"id\":\"a\",\"measured\":{\"tflops_per_device\":5,\"mfu_pct\":9},\"norm\":{\"flops\":\"6nd\"}}",
         TC_METRIC_TFLOPS_PER_DEVICE, 5},
        {"{\"id\":\"a\",\"measured\":{\"mfu_pct\":9},\"norm\":{\"flops\":\"full\"}}", TC_METRIC_MFU_PCT, 9},
        {"{\"id\":\"a\",\"measured\":{\"tflops_per_device\":5,\"mfu_pct\":9},\"norm\":{\"flops\":\"unknown\"}}",
         TC_METRIC_NONE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published published = {0};
        tc_published_run run = read_one(&published, cases[i].line);
        assert_int_equal(run.metric, cases[i].metric);
        assert_near(run.measured, cases[i].value, 0);
        tc_published_free(&published);
    }
    assert_string_equal(tc_metric_name(TC_METRIC_MFU_PCT), "mfu_pct");
}

static void out_of_memory_never_counts(void **state) {
    (void)state;
    tc_published published = {0};
    tc_published_run run = read_one(&published, "{\"id\":\"a\",\"quality\":\"oom\",\"norm\":{\"counts\":true}}");
    assert_true(run.out_of_memory);
    assert_false(run.counts);
    tc_published_free(&published);
}

static void years(void **state) {
    (void)state;
    static const struct {
        const char *line;
        int year;
    } cases[] = {
        {"{\"id\":\"a\",\"source\":\"Results 2022, seen 2023-01\"}", 2023},
        {"{\"id\":\"a\",\"source\":\"batch 20480, 2048 devices\"}", 0},
        {"{\"id\":\"a\",\"source\":\"x 2022\",\"year\":2021}", 2021},
        {"{\"id\":\"a\"}", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published published = {0};
        assert_int_equal(read_one(&published, cases[i].line).year, cases[i].year);
        tc_published_free(&published);
    }
}

static void lines_are_counted(void **state) {
    (void)state;
    tc_published p = {0};
    static const char text[] = "\n{\"id\":\"a\"}\r\n  \n{\"id\":\"b\"}";
    assert_int_equal(tc_published_read(&p, "r.jsonl", text, sizeof text - 1, NULL), TC_OK);
    assert_int_equal(tc_published_read(&p, "s.jsonl", text, sizeof text - 1, NULL), TC_OK);
    assert_int_equal(p.count, 4);
    assert_int_equal(p.runs[0].line, 2);
    assert_int_equal(p.runs[3].line, 4);
    assert_string_equal(p.runs[1].id, "b");
    tc_published_free(&p);
}

/* A wrong row is refused with its place; the others are scored. */
static void one_wrong_row(void **state) {
    (void)state;
    tc_published p = {0};
    static const char text[] = "{\"id\":\"a\",\"chips\":\"many\"}\n{\"id\":\"b\"}\nno JSON\n"
                               "{\"id\":\"d\",\"norm\":{\"dispatcher\":\"deepp\"}}";
    assert_int_equal(tc_published_read(&p, "r.jsonl", text, sizeof text - 1, NULL), TC_OK);
    assert_int_equal(p.count, 4);
    assert_string_equal(p.runs[0].refused, "r.jsonl:1: $.chips: \"many\"; a whole number from 1 to 10000000 is needed");
    assert_false(p.runs[0].counts);
    assert_null(p.runs[1].refused);
    assert_non_null(strstr(p.runs[2].refused, "r.jsonl:3: not JSON"));
    assert_string_equal(p.runs[2].id, "r.jsonl:3");
    assert_non_null(strstr(p.runs[3].refused, "$.norm.dispatcher"));
    assert_non_null(strstr(p.runs[3].refused, "nearest: deepep"));
    tc_published_free(&p);
}

/* Rows that lack what a forecast needs are skipped, whatever they lack. */
static void rows_that_lack_a_field(void **state) {
    (void)state;
    static const struct {
        const char *row, *reason;
    } cases[] = {
        {"{\"id\":\"a\",\"devices\":64,\"model\":{\"layers\":96,\"hidden\":12288,\"heads\":96}}", "accelerator"},
        {"{\"id\":\"a\"}", "model.layers"},
        {"{\"id\":\"a\",\"accelerator\":\"none-such\",\"devices\":8,\"model\":{\"name\":\"llama-3-8b\"}}",
         "accelerator none-such is not in the catalog"},
        {"{\"id\":\"b\"}\n{\"id\":7}", "r.jsonl:2: $.id: 7; a text in quotes is needed"},
    };
    tc_catalog *catalog;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, NULL), TC_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        tc_validation v;
        assert_int_equal(tc_published_read(&p, "r.jsonl", cases[i].row, strlen(cases[i].row), NULL), TC_OK);
        assert_int_equal(tc_validate(catalog, &p, &v, NULL), TC_OK);
        assert_int_not_equal(v.runs[p.count - 1].status, TC_CASE_OK);
        assert_string_equal(v.runs[p.count - 1].reason, cases[i].reason);
        assert_int_equal(v.n, 0);
        tc_published_free(&p);
    }
    tc_catalog_close(catalog);
}

/* The catalog, with what is usual in its runs; closed by the caller. */
static tc_catalog *open_usual(tc_conventions *usual) {
    tc_catalog *catalog;
    assert_int_equal(tc_catalog_open(NULL, 0, &catalog, NULL), TC_OK);
    assert_int_equal(tc_conventions_read(catalog, usual, NULL), TC_OK);
    return catalog;
}

/* What families leave unsaid comes from data/conventions.yaml; a year of release that is no year is none. */
static void conventions(void **state) {
    (void)state;
    static const struct {
        const char *model, *assumed;
        int vocab, q_rank, positions;
    } cases[] = {
        {"\"family\":\"gpt\",\"hidden\":4096", "vocabulary 51200 (family's)", 51200, 0, TC_POSITIONS_LEARNED},
        {"\"family\":\"llama\",\"hidden\":4096", "vocabulary 32000 (family's)", 32000, 0, TC_POSITIONS_ROTARY},
        {"\"family\":\"mla-moe\",\"hidden\":4096,\"vocab\":9", "MLA ranks 1536/512, head 128 + 64", 9, 1536,
         TC_POSITIONS_ROTARY},
        {"\"family\":\"mla-moe\",\"hidden\":2048,\"vocab\":9", "MLA ranks -/512, head 128 + 64", 9, 0,
         TC_POSITIONS_ROTARY},
    };
    static tc_conventions usual;
    static tc_case c;
    tc_catalog *catalog = open_usual(&usual);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[320];
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"devices\":8,\"model\":{%s,\"layers\":4,\"heads\":32,"
                 "\"ffn\":1024,\"seq\":2048}}",
                 cases[i].model);
        tc_published_run run = read_one(&p, row);
        assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
        assert_true(tc_case_is_built(&c));
        assert_string_equal(c.assumed[0], cases[i].assumed);
        assert_int_equal(c.job.model.vocab, cases[i].vocab);
        assert_int_equal(c.job.model.block[0].latent.q_rank, cases[i].q_rank);
        assert_int_equal(c.job.model.positions, cases[i].positions);
        tc_published_free(&p);
    }
    tc_catalog_close(catalog);
}

/* Diffusion rows as others write them: the sample by fields or notes, encoders by notes or the stack; nobody's sample is not the model's. */
static void samples_as_strangers_write_them(void **state) {
    (void)state;
    static const struct {
        const char *name, *rest, *stack;
        int seq, cached, layers; /* seq 0: skipped */
    } cases[] = {
        {"wan2.1-t2v-14b", "\"notes\":\"81 frames 480x832\"", "mindspeed-mm", 32760, 1, 40},
        {"wan2.1-t2v-14b", "\"notes\":\"81 frames 480x832; VAE encode on the fly\"", "mindspeed-mm", 32760, 0, 40},
        {"wan2.1-t2v-14b", "\"notes\":\"81 frames 480x832\"", "fsdp", 32760, 0, 40},
        {"wan2.1-t2v-14b", "\"notes\":\"no size\"", "mindspeed-mm", 0, 0, 0},
        {"wan2.1-t2v-14b", "\"notes\":\"buckets, 480x832\"", "mindspeed-mm", 0, 0, 0},
        {"hunyuanvideo-t2v-13b", "\"notes\":\"93 frames 480x848\"", "mindspeed-mm", 38160, 1, 6},
        {"cogvideox-5b", "\"framework\":\"MindSpore (MindONE)\",\"notes\":\"49 frames 480x720\"", "mindspore", 17550, 1,
         42},
    };
    static tc_conventions usual;
    static tc_case c;
    tc_catalog *catalog = open_usual(&usual);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[512], layers[24] = "";
        if (cases[i].layers) snprintf(layers, sizeof layers, ",\"layers\":%d", cases[i].layers);
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"ascend-910b\",\"devices\":8,\"measured\":{\"samples_per_s\":1},%s,"
                 "\"norm\":{\"stack\":\"%s\"},\"model\":{\"family\":\"dit-video\",\"name\":\"%s\"%s}}",
                 cases[i].rest, cases[i].stack, cases[i].name, layers);
        tc_published_run run = read_one(&p, row);
        assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
        assert_int_equal(c.status, cases[i].seq ? TC_CASE_OK : TC_CASE_SKIPPED);
        if (cases[i].seq) {
            assert_int_equal(c.job.model.seq, cases[i].seq);
            assert_int_equal(tc_latents_cached(&c.job, &c.stack), cases[i].cached);
            assert_int_equal(tc_layer_count(&c.job.model), cases[i].layers);
        }
        tc_published_free(&p);
    }
    tc_catalog_close(catalog);
}

/* Layers spread over the devices that the degrees leave over, one at work at a time; a length that is no cutoff is that of a sample; memory that
 * the card's tool shows. */
static void tuned_on_devices(void **state) {
    (void)state;
    static const struct {
        const char *rest, *notes;
        int seq, pp, flush, kind;
    } cases[] = {
        {"\"dp\":1", "natural length", 1024, 4, 1, TC_MEMORY_RESERVED},
        {"\"dp\":2", "natural length; memory as the card tool shows it", 1024, 2, 1, TC_MEMORY_DEVICE},
        {"\"dp\":4", "natural length", 1024, 1, TC_UNSET, TC_MEMORY_RESERVED},
        {"\"dp\":1,\"sharding\":\"zero3\"", "natural length", 1024, 1, TC_UNSET, TC_MEMORY_RESERVED},
        {"\"tp\":4", "natural length", 1304, 1, TC_UNSET, TC_MEMORY_RESERVED},
    };
    static tc_conventions usual;
    static tc_case c;
    tc_catalog *catalog = open_usual(&usual);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[900];
        bool zero3 = strstr(cases[i].rest, "zero3") != NULL;
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"devices\":4,\"global_batch\":4,\"micro_batch\":1,"
                 "\"notes\":\"%s\",%s,\"measured\":{},\"norm\":{\"sharding\":\"%s\",\"memory\":{\"gib\":9,"
                 "\"unit_certain\":true,\"kind\":\"reserved\"}},\"model\":{\"layers\":4,\"heads\":32,\"hidden\":4096,"
                 "\"ffn\":1024,\"seq\":%d,\"finetune\":{\"kind\":\"lora\"}}}",
                 cases[i].notes, cases[i].rest, zero3 ? "zero3" : "none", cases[i].seq == 1304 ? 1304 : 4096);
        tc_published_run run = read_one(&p, row);
        assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
        assert_int_equal(c.job.seq, cases[i].seq);
        assert_int_equal(c.layout.pp, cases[i].pp);
        assert_int_equal(c.layout.flush, cases[i].flush);
        assert_int_equal(run.memory_kind, cases[i].kind);
        tc_published_free(&p);
    }
    tc_catalog_close(catalog);
}

/* A reading of more than a device has is of its card, where that has several. */
static void memory_of_a_card(void **state) {
    (void)state;
    static const double gib[] = {20, 50, 70}; /* of chips of 32: more than two have is no card's */
    static tc_conventions usual;
    static tc_case c;
    double forecast[3];
    tc_catalog *catalog = open_usual(&usual);
    for (int i = 0; i < 3; i++) {
        tc_published p = {0};
        tc_case_result result;
        tc_error error;
        char row[700];
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"bi-v150\",\"devices\":4,\"global_batch\":4,\"micro_batch\":1,\"tp\":"
                 "1,\"pp\":1,"
                 "\"measured\":{\"step_s\":1},\"norm\":{\"sharding\":\"none\",\"recompute\":\"none\",\"memory\":{"
                 "\"gib\":%g,"
                 "\"unit_certain\":true,\"kind\":\"device\"}},\"model\":{\"layers\":4,\"heads\":32,\"hidden\":4096,"
                 "\"ffn\":1024,\"vocab\":32000,\"seq\":1024}}",
                 gib[i]);
        tc_published_run run = read_one(&p, row);
        assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
        assert_int_equal(tc_case_predict(&c, &result, &error), TC_OK);
        forecast[i] = result.memory_gib;
        tc_published_free(&p);
    }
    assert_near(forecast[1], 2 * forecast[0], 1e-9);
    assert_near(forecast[2], forecast[0], 1e-9);
    tc_catalog_close(catalog);
}

/* Where the mean of the lengths is stated: stages of a pipeline wait for the longest of their micro-batches, ranks for the longest of their sums. */
static void samples_of_uneven_lengths(void **state) {
    (void)state;
#define TOWER ",\"vision\":{\"layers\":2,\"hidden\":64,\"heads\":1,\"patch\":14"
    static const struct {
        const char *layout, *norm, *vision;
        int seq, rows;
    } cases[] = {
        {"\"pp\":1,\"global_batch\":4,\"devices\":1", "", "", 1000, 1},
        {"\"pp\":4,\"global_batch\":16,\"devices\":4", "", "", 1452, 1}, /* 1 + 0.45 x 1.004 */
        {"\"pp\":4,\"global_batch\":16,\"devices\":16", "", "", 1678,
         1}, /* and 0.45 x 1.004 / 2 for four ranks of four */
        {"\"pp\":1,\"global_batch\":64,\"devices\":4", "", "", 1113, 1}, /* 0.45 x 1.004 / 4 */
        /* ranks that meet in every micro-batch: 0.45 x 1.004, and the largest of 16, 0.45 x 1.784 */
        {"\"pp\":1,\"global_batch\":64,\"devices\":4", ",\"sharding\":\"zero3\"", "", 1452, 1},
        {"\"pp\":1,\"global_batch\":64,\"devices\":4", ",\"sharding\":\"zero2\"", "", 1452, 1},
        {"\"pp\":4,\"global_batch\":16,\"devices\":16", ",\"stack\":\"mindspeed-mm\"", "", 1803, 1},
        {"\"pp\":1,\"global_batch\":64,\"devices\":4", "", TOWER ",\"image_size\":56}", 1111,
         1}, /* 16 tokens of every sample */
        {"\"pp\":1,\"global_batch\":64,\"devices\":4", "", TOWER ",\"tokens_per_image\":500}", 1056, 1}, /* 0.225 / 4 */
        {"\"pp\":1,\"global_batch\":64,\"devices\":4", "", TOWER "}", 1053,
         1}, /* 0.21 x 1.004 / 4: images of natural size */
        /* of micro-batches of 4, padded: (1 + 0.45 x 1.784) / (1 + 0.45 x 1.004) where 4 ranks meet */
        {"\"pp\":1,\"global_batch\":64,\"devices\":4", ",\"padded_length\":true,\"sharding\":\"zero3\"", "", 1242, 4},
        /* 208, 112 and 160 tokens of images in squares, 167 on average: hypot(0.833 x 0.45, 0.167 x 0.277) x 1.004 / 4 */
        {"\"pp\":1,\"global_batch\":64,\"devices\":4", "", TOWER ",\"image_size\":56,\"tiles\":12}", 1095, 1},
    };
    static tc_conventions usual;
    static tc_case c;
    tc_catalog *catalog = open_usual(&usual);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[900];
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",%s,\"micro_batch\":%d,\"tp\":1,\"norm\":{\"mean_length\":"
                 "true%s},"
                 "\"measured\":{\"tokens_per_s_per_device\":100},\"model\":{\"layers\":4,\"heads\":32,\"hidden\":4096,"
                 "\"ffn\":1024,\"seq\":1000,\"finetune\":{\"kind\":\"full\"}%s}}",
                 cases[i].layout, cases[i].rows, cases[i].norm, cases[i].vision);
        tc_published_run run = read_one(&p, row);
        assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
        assert_string_equal(c.reason, "");
        assert_in_range(c.job.seq, cases[i].seq - 1, cases[i].seq + 1);
        assert_near(c.padding > 0 ? c.padding : 1, c.job.seq / 1000.0, 1e-3);
        tc_published_free(&p);
    }
    tc_catalog_close(catalog);
}

/* Samples of their own lengths: nobody says how many tokens a step has, but memory is that of the longest of the data set, where it is known. A
 * run that ran out of memory met a long one. */
static void samples_of_natural_lengths(void **state) {
    (void)state;
    static const struct {
        const char *dataset, *rest, *reason;
        int seq;
    } cases[] = {
        {"'swift/self-cognition#500'", "\"step_s\":1}", "tokens of a step: samples of natural lengths", 131},
        {"'AI-ModelScope/alpaca-gpt4-data-zh#500' 'swift/self-cognition#500'", "\"step_s\":1}",
         "tokens of a step: samples of natural lengths", 607},
        {"'mine' 'swift/self-cognition#500'", "\"step_s\":1}", "tokens of a step: samples of natural lengths", 4096},
        {"alpaca", "\"tokens_per_s_per_device\":100}", "", 4096},
        {"alpaca", "\"step_s\":1},\"micro_batch\":4,\"framework\":\"mean length\"", "", 5947}, /* 1 + 0.45 x 1.004 */
        {"alpaca", "\"step_s\":1},\"quality\":\"oom\"", "tokens of a step: samples of natural lengths", 4096},
    };
    static tc_conventions usual;
    static tc_case c;
    tc_catalog *catalog = open_usual(&usual);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[640];
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"devices\":1,\"global_batch\":4,\"notes\":\"natural "
                 "length\","
                 "\"norm\":{},\"model\":{\"layers\":4,\"heads\":32,\"hidden\":4096,\"ffn\":1024,\"seq\":4096,"
                 "\"finetune\":{\"kind\":\"full\",\"dataset\":\"%s\"}},\"measured\":{%s}",
                 cases[i].dataset, cases[i].rest);
        tc_published_run run = read_one(&p, row);
        assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
        assert_string_equal(c.reason, cases[i].reason);
        assert_int_equal(c.job.seq, cases[i].seq);
        tc_published_free(&p);
    }
    tc_catalog_close(catalog);
}

/* Memory counts where micro-batch and its tokens, layout, recompute and sharding are stated; a packed sequence holds both of a pair. */
static void memory_that_counts(void **state) {
    (void)state;
    static const struct {
        const char *dataset, *finetune, *rest, *norm;
        bool counts;
        int seq;
    } cases[] = {
        {"self-cognition", "full\"", "\"tp\":1,\"pp\":1,\"micro_batch\":1",
         "\"recompute\":\"full\",\"sharding\":\"zero3\"", true, 131},
        {"mine", "full\"", "\"tp\":1,\"pp\":1,\"micro_batch\":1", "\"recompute\":\"full\",\"sharding\":\"zero3\"",
         false, 4096},
        {"self-cognition", "full\"", "\"tp\":1,\"pp\":1,\"micro_batch\":1", "\"sharding\":\"zero3\"", false, 131},
        {"self-cognition", "full\"", "\"tp\":1,\"pp\":1,\"micro_batch\":1", "\"recompute\":\"full\"", false, 131},
        {"self-cognition", "full\"", "\"tp\":1,\"pp\":1", "\"recompute\":\"full\",\"sharding\":\"zero3\"", false, 131},
        {"mine", "dpo-full\",\"packed\":true", "\"tp\":1,\"pp\":1,\"micro_batch\":1",
         "\"natural_lengths\":false,\"packed\":true,\"recompute\":\"full\",\"sharding\":\"zero3\"", true, 2048},
    };
    static tc_conventions usual;
    static tc_case c;
    tc_catalog *catalog = open_usual(&usual);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[800];
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"devices\":8,\"global_batch\":8,%s,\"notes\":\"natural "
                 "length\","
                 "\"norm\":{%s},\"model\":{\"layers\":4,\"heads\":32,\"hidden\":4096,\"ffn\":1024,\"seq\":4096,"
                 "\"finetune\":{\"dataset\":\"%s\",\"kind\":\"%s}},\"measured\":{\"step_s\":1}}",
                 cases[i].rest, cases[i].norm, cases[i].dataset, cases[i].finetune);
        tc_published_run run = read_one(&p, row);
        assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
        assert_int_equal(c.job.seq, cases[i].seq);
        assert_int_equal(tc_case_states_memory(&c), cases[i].counts);
        tc_published_free(&p);
    }
    tc_catalog_close(catalog);
}

/* Where the longest sample is shorter than the stated length, its images are part of that one. */
static void images_of_short_samples(void **state) {
    (void)state;
    static tc_conventions usual;
    static tc_case c;
    tc_catalog *catalog = open_usual(&usual);
    tc_published p = {0};
    tc_published_run run = read_one(&p, "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"devices\":1,\"micro_batch\":1,"
                                        "\"global_batch\":1,\"notes\":\"natural length\","
                                        "\"norm\":{\"recompute\":\"full\",\"sharding\":\"none\"},\"model\":{\"family\":"
                                        "\"vlm\",\"layers\":4,\"heads\":32,\"hidden\":4096,"
                                        "\"ffn\":1024,\"seq\":4096,\"vision\":{\"layers\":2,\"hidden\":1024,\"heads\":"
                                        "16,\"image_size\":336,\"patch\":14},"
                                        "\"finetune\":{\"kind\":\"full\",\"dataset\":\"latex_ocr\"}},\"measured\":{"
                                        "\"mem_gb_per_device\":9}}");
    tc_case_result result;
    assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
    assert_int_equal(c.job.seq, 400);
    tc_case_settle(&c);
    assert_int_equal(tc_case_predict(&c, &result, NULL), TC_OK);
    tc_published_free(&p);
    tc_catalog_close(catalog);
}

/* What is not modelled is named, and never forecast as a llama; what is goes through. */
static void only_what_is_modelled_is_forecast(void **state) {
    (void)state;
    static const struct {
        const char *model, *reason;
    } cases[] = {
        {"\"family\":\"vlm\",\"vision\":{\"layers\":24,\"hidden\":1024,\"heads\":16,\"image_size\":336}", ""},
        {"\"family\":\"hyena\"", "family hyena is not modelled yet"},
        {"\"family\":\"llama\",\"rl\":{\"algorithm\":\"grpo\",\"samples_per_prompt\":16}",
         "reinforcement learning (grpo) is not modelled yet"},
        {"\"family\":\"llama\",\"mamba_layers\":2", "state-space layers is not modelled yet"},
        {"\"family\":\"moe\",\"index\":{\"topk\":2048}", "sparse attention with an index is not modelled yet"},
        {"\"family\":\"llama\",\"audio\":{\"layers\":32}", "the audio tower is not modelled yet"},
        {"\"family\":\"llama\",\"latent_tokens\":17550", "latents of images and video is not modelled yet"},
        {"\"family\":\"llama\",\"finetune\":{\"kind\":\"loha\"}", "fine-tuning loha is not modelled yet"},
        {"\"family\":\"llama\",\"finetune\":{\"kind\":\"lora\",\"rank\":8,\"base_bits\":16}", ""},
        {"\"family\":\"gemma\"", ""},
        {"\"family\":\"hybrid-mamba\",\"pattern\":\"M-M*\",\"mamba_layers\":2,\"ssm_heads\":128,\"ssm_head_dim\":64",
         ""},
        {"\"family\":\"hybrid-gdn\",\"linear_layers\":3,\"attention_layers\":1,\"gdn\":{\"key_heads\":16,\"key_dim\":"
         "128}",
         ""},
        {"\"family\":\"sparse-mla-moe\"", "family sparse-mla-moe is not modelled yet"},
        {"\"family\":\"moe\"", ""},
        {"\"name\":\"mine\"", ""},
    };
    static tc_conventions usual;
    static tc_case c;
    tc_catalog *catalog = open_usual(&usual);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[512];
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"devices\":8,\"measured\":{\"mfu_pct\":40},"
                 "\"norm\":{\"flops\":\"6nd\"},\"model\":{%s,\"layers\":4,\"heads\":32,\"hidden\":4096,\"ffn\":1024,"
                 "\"seq\":2048}}",
                 cases[i].model);
        tc_published_run run = read_one(&p, row);
        assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
        assert_string_equal(c.reason, cases[i].reason);
        assert_int_equal(c.status, cases[i].reason[0] ? TC_CASE_UNSUPPORTED : TC_CASE_OK);
        tc_published_free(&p);
    }
    tc_catalog_close(catalog);
}

/* What a model has beside its sizes is read, whether it is modelled or not. */
static void the_extensions_of_a_model_are_read(void **state) {
    (void)state;
    tc_published p = {0};
    const tc_published_run run = read_one(
        &p, "{\"id\":\"a\",\"model\":{\"frames\":49,\"height\":480,\"width\":720,\"latent_tokens\":17550,\"text_"
            "tokens\":226,"
            "\"cross_attention\":true,\"cond\":\"adaLN\",\"vae\":\"4x8x8\",\"window\":128,\"mtp\":1,\"shared_expert_"
            "ffn\":3712,"
            "\"vision\":{\"name\":\"vit\",\"layers\":32,\"patch\":14,\"merge\":2,\"tokens_per_image\":256,"
            "\"full_attention_blocks\":[7,15]},"
            "\"finetune\":{\"kind\":\"qlora\",\"rank\":64,\"targets\":\"all-linear\",\"base_bits\":4,\"packed\":true,"
            "\"trainable\":4194304},"
            "\"rl\":{\"algorithm\":\"grpo\",\"prompts\":64,\"samples_per_prompt\":32,\"mean_total_len\":812.5}}}");
    const tc_published_model *m = &run.model;
    assert_int_equal(m->latents.frames, 49);
    assert_int_equal(m->latents.latent_tokens, 17550);
    assert_int_equal(m->latents.cross_attention, 1);
    assert_string_equal(m->latents.vae, "4x8x8");
    assert_int_equal(m->mixers.window, 128);
    assert_int_equal(m->mixers.mtp, 1);
    assert_int_equal(m->shared_expert_ffn, 3712);
    assert_true(m->vision.stated && !m->audio.stated);
    assert_int_equal(m->vision.tokens_per_image, 256);
    assert_int_equal(m->vision.full_attention_blocks, 2);
    assert_string_equal(m->finetune.kind, "qlora");
    assert_int_equal(m->finetune.rank, 64);
    assert_int_equal(m->finetune.base_bits, 4);
    assert_int_equal(m->finetune.packed, 1);
    assert_int_equal(m->finetune.use_dora, TC_UNSET);
    assert_near(m->finetune.trainable, 4194304, 0);
    assert_string_equal(m->rl.algorithm, "grpo");
    assert_near(m->rl.mean_total_len, 812.5, 0);
    tc_published_free(&p);
}

/* A chip's year of release that is no year counts as none, whatever number it is. */
static void a_release_that_is_no_year(void **state) {
    (void)state;
    static char text[65536];
    static tc_conventions usual;
    static tc_case c;
    static const char path[] = "./released-in-no-year.yaml";
    char row[512];
    FILE *in = fopen(TC_SOURCE_DIR "/data/accelerators/nvidia/a100-sxm-80g.yaml", "r");
    assert_non_null(in);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    while (fgets(text, sizeof text, in))
        fputs(strncmp(text, "released:", 9) ? text : "released: \"2147483646\"\n", out);
    fclose(in);
    fclose(out);
    tc_catalog *catalog;
    tc_published p = {0};
    snprintf(row, sizeof row,
             "{\"id\":\"a\",\"accelerator\":\"%s\",\"devices\":8,\"norm\":{\"stack\":\"megatron-lm\"},\"model\":{"
             "\"family\":"
             "\"gpt\",\"layers\":4,\"heads\":32,\"hidden\":4096,\"seq\":2048}}",
             path);
    tc_published_run run = read_one(&p, row);
    catalog = open_usual(&usual);
    assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
    assert_true(tc_case_is_built(&c));
    assert_string_equal(c.stack.slug, "megatron-lm"); /* and not what it became in later years */
    tc_published_free(&p);
    tc_catalog_close(catalog);
    remove(path);
}

static bool is_key_of_norm(const char *key) {
    static const char *const others[]
        = {"read",      "accelerator_certain", "stack",    "source_family", "flops",  "dtype",
           "recompute", "recompute_layers",    "sharding", "frozen_base",   "memory", "counts"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(others[i], key) == 0) return true;
    return tc_stated_find(key) != NULL;
}

/* A misspelt key would be ignored: none in our own files. */
static void known_keys(const char *path) {
    FILE *file = fopen(path, "r");
    char line[65536];
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        json_t *row = json_loads(line, 0, NULL);
        const char *key;
        json_t *value;
        assert_non_null(row);
        json_object_foreach(json_object_get(row, "norm"), key, value) if (!is_key_of_norm(key))
            fail_msg("%s: norm.%s is no field", path, key);
        json_decref(row);
    }
    fclose(file);
}

/* The shipped files: all are read, as many as their README says; nobody reads their texts again. */
static void shipped_runs(void **state) {
    (void)state;
    DIR *folder = opendir(TC_SOURCE_DIR "/data/runs");
    assert_non_null(folder);
    tc_published p = {0};
    int out_of_memory = 0, scored = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".jsonl")) continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/data/runs/%s", TC_SOURCE_DIR, entry->d_name);
        tc_error error = {0};
        tc_code code = tc_published_read_file(&p, path, &error);
        if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
        assert_int_equal(code, TC_OK);
        known_keys(path);
    }
    closedir(folder);
    for (int i = 0; i < p.count; i++) {
        if (p.runs[i].refused) fail_msg("%s", p.runs[i].refused);
        out_of_memory += p.runs[i].out_of_memory;
        scored += p.runs[i].counts && p.runs[i].metric != TC_METRIC_NONE;
        assert_non_null(p.runs[i].accelerator);
        if (!p.runs[i].texts_read) fail_msg("%s: no norm.read; run `make normalise`", p.runs[i].id);
    }
    assert_null(p.words);
    assert_true(p.count >= 3850); /* none is lost */
    assert_int_equal(out_of_memory, 340);
    assert_true(scored >= 2300);
    tc_published_free(&p);
}

/* Every field of the vocabulary stands in the README of the runs. */
static void documented_fields(void **state) {
    (void)state;
    static char text[65536];
    FILE *file = fopen(TC_SOURCE_DIR "/data/runs/README.md", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    for (int i = 0; i < tc_stated_field_count; i++) {
        char key[64];
        snprintf(key, sizeof key, "| `%s` |", tc_stated_fields[i].key);
        if (!strstr(text, key)) fail_msg("data/runs/README.md lacks the field %s", key);
    }
}

static void refuse(const char *text, size_t length, const char *place, const char *part) {
    tc_published p = {0};
    tc_error error = {0};
    assert_int_equal(tc_published_read(&p, "r.jsonl", text, length, &error), TC_INVALID);
    if (strcmp(error.place, place) != 0 || !strstr(error.text, part)) print_error("%s: %s\n", error.place, error.text);
    assert_string_equal(error.place, place);
    assert_non_null(strstr(error.text, part));
    assert_int_equal(p.count, 0);
    tc_published_free(&p);
}

static void bad_lines(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"", "r.jsonl", "no run"},
        {"\n \n", "r.jsonl", "no run"},
        {"\n{\"id\":", "r.jsonl:2", "not JSON"},
        {"[]\n{", "r.jsonl:1", "a JSON object"},
        {"{\"id\":\"a\",\"id\":\"b\"}", "r.jsonl:1", "duplicate"},
        {"{}", "r.jsonl:1: $.id", "missing"},
        {"{\"id\":7}", "r.jsonl:1: $.id", "text in quotes"},
        {"{\"id\":\"a\",\"devices\":-8}", "r.jsonl:1: $.devices", "-8; a whole number"},
        {"{\"id\":\"a\",\"devices\":0}", "r.jsonl:1: $.devices", "from 1"},
        {"{\"id\":\"a\",\"devices\":true}", "r.jsonl:1: $.devices", "whole number"},
        {"{\"id\":\"a\",\"devices\":8.5}", "r.jsonl:1: $.devices", "8.5"},
        {"{\"id\":\"a\",\"tp\":\"8\"}", "r.jsonl:1: $.tp", "\"8\""},
        {"{\"id\":\"a\",\"global_batch\":1e30}", "r.jsonl:1: $.global_batch", "1e+30"},
        {"{\"id\":\"a\",\"model\":3}", "r.jsonl:1: $.model", "an object"},
        {"{\"id\":\"a\",\"model\":{\"layers\":99999999}}", "r.jsonl:1: $.model.layers", "from 1 to 10000000"},
        {"{\"id\":\"a\",\"model\":{\"mla\":{\"kv_lora\":\"x\"}}}", "r.jsonl:1: $.model.mla.kv_lora", "whole number"},
        {"{\"id\":\"a\",\"model\":{\"experts\":4,\"experts_per_token\":8}}", "r.jsonl:1: $.model.experts_per_token",
         "at most the 4"},
        {"{\"id\":\"a\",\"sequence_parallel\":1}", "r.jsonl:1: $.sequence_parallel", "true or false"},
        {"{\"id\":\"a\",\"measured\":{\"step_s\":0}}", "r.jsonl:1: $.measured.step_s", "above 0"},
        {"{\"id\":\"a\",\"measured\":{\"step_s\":-1}}", "r.jsonl:1: $.measured.step_s", "-1; a number from 0"},
        {"{\"id\":\"a\",\"measured\":{\"step_s\":NaN}}", "r.jsonl:1", "not JSON"},
        {"{\"id\":\"a\",\"measured\":{\"step_s\":1e300}}", "r.jsonl:1: $.measured.step_s", "1e+300"},
        {"{\"id\":\"a\",\"norm\":{\"dtype\":\"bf61\"}}", "r.jsonl:1: $.norm.dtype", "nearest: bf16"},
        {"{\"id\":\"a\",\"norm\":{\"recompute\":\"some\"}}", "r.jsonl:1: $.norm.recompute",
         "none, selective, full, partial"},
        {"{\"id\":\"a\",\"norm\":{\"recompute_layers\":[5,4]}}", "r.jsonl:1: $.norm.recompute_layers",
         "[recomputed, layers]"},
        {"{\"id\":\"a\",\"norm\":{\"compiled\":\"yes\"}}", "r.jsonl:1: $.norm.compiled", "true or false"},
        {"{\"id\":\"a\",\"norm\":{\"fused\":\"norms\"}}", "r.jsonl:1: $.norm.fused", "norm+activation"},
        {"{\"id\":\"a\",\"norm\":{\"date\":\"2025-13\"}}", "r.jsonl:1: $.norm.date", "2025-07"},
        {"{\"id\":\"a\",\"norm\":{\"window\":0}}", "r.jsonl:1: $.norm.window", "from 1"},
        {"{\"id\":\"a\",\"norm\":{\"schedule\":\"zb-1\"}}", "r.jsonl:1: $.norm.schedule", "zb-h1"},
        {"{\"id\":\"a\",\"norm\":{\"memory\":{\"gib\":-3}}}", "r.jsonl:1: $.norm.memory.gib", "-3"},
        {"{\"id\":\"a\",\"norm\":{\"memory\":{\"kind\":\"total\"}}}", "r.jsonl:1: $.norm.memory.kind", "allocated"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(cases[i][0], strlen(cases[i][0]), cases[i][1], cases[i][2]);
    refuse("\x7f\0ELF", 5, "r.jsonl:1", "not JSON");
}

static void bad_files(void **state) {
    (void)state;
    tc_published p = {0};
    assert_int_equal(tc_published_read_file(&p, TC_SOURCE_DIR "/tests/none.jsonl", NULL), TC_NOT_FOUND);
    assert_int_equal(tc_published_read_file(&p, TC_SOURCE_DIR "/tests", NULL), TC_INVALID);
    tc_published_free(&p);
}

/* A row whose texts were read says what its norm says; in another, texts fill what norm leaves out. */
static void texts_are_read_once(void **state) {
    (void)state;
    static const struct {
        const char *norm;
        int compiled;
    } cases[] = {{"\"read\":true", TC_UNSET}, {"\"compiled\":false", 0}, {"\"dtype\":\"bf16\"", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published published = {0};
        char line[128];
        snprintf(line, sizeof line, "{\"id\":\"a\",\"notes\":\"torch.compile\",\"norm\":{%s}}", cases[i].norm);
        assert_int_equal(read_one(&published, line).stated.compiled, cases[i].compiled);
        tc_published_free(&published);
    }
}

/* torchtitan trains in 8 bit with its model compiled, unless a source says that it did not. */
static void compiled_by_format(void **state) {
    (void)state;
    static const struct {
        const char *norm, *stack;
        bool assumed;
    } cases[] = {{"\"dtype\":\"fp8\"", "torchtitan-compile", true},
                 {"\"dtype\":\"fp8\",\"compiled\":true", "torchtitan-compile", false},
                 {"\"dtype\":\"fp8\",\"compiled\":false", "torchtitan", false},
                 {"\"dtype\":\"bf16\"", "torchtitan", false}};
    static tc_conventions usual;
    static tc_case c;
    tc_catalog *catalog = open_usual(&usual);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tc_published p = {0};
        char row[400];
        snprintf(row, sizeof row,
                 "{\"id\":\"a\",\"accelerator\":\"h100-sxm\",\"devices\":8,\"norm\":{\"stack\":\"torchtitan\",\"read\":"
                 "true,%s},"
                 "\"model\":{\"family\":\"llama\",\"hidden\":4096,\"vocab\":9,\"layers\":4,\"heads\":32,\"ffn\":1024,"
                 "\"seq\":2048}}",
                 cases[i].norm);
        tc_published_run run = read_one(&p, row);
        assert_int_equal(tc_case_build(catalog, &usual, &run, &c, NULL), TC_OK);
        assert_string_equal(c.stack.slug, cases[i].stack);
        bool said = false;
        for (int k = 0; k < c.assumed_count; k++) said |= strncmp(c.assumed[k], "compiled", 8) == 0;
        assert_int_equal(said, cases[i].assumed);
        tc_published_free(&p);
    }
    tc_catalog_close(catalog);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field),
        cmocka_unit_test(what_is_not_stated_is_unset),
        cmocka_unit_test(the_first_stated_metric),
        cmocka_unit_test(out_of_memory_never_counts),
        cmocka_unit_test(years),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(one_wrong_row),
        cmocka_unit_test(rows_that_lack_a_field),
        cmocka_unit_test(conventions),
        cmocka_unit_test(samples_as_strangers_write_them),
        cmocka_unit_test(tuned_on_devices),
        cmocka_unit_test(memory_of_a_card),
        cmocka_unit_test(samples_of_uneven_lengths),
        cmocka_unit_test(samples_of_natural_lengths),
        cmocka_unit_test(memory_that_counts),
        cmocka_unit_test(images_of_short_samples),
        cmocka_unit_test(only_what_is_modelled_is_forecast),
        cmocka_unit_test(the_extensions_of_a_model_are_read),
        cmocka_unit_test(a_release_that_is_no_year),
        cmocka_unit_test(shipped_runs),
        cmocka_unit_test(documented_fields),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(texts_are_read_once),
        cmocka_unit_test(compiled_by_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

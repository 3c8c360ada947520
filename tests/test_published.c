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
#include "validate/published.h"
#include "validate/words.h"

static tc_published_run read_one(tc_arena *arena, const char *line) {
    tc_published_run *runs = NULL;
    int count = 0;
    tc_error error = {0};
    tc_code code = tc_published_read("r.jsonl", line, strlen(line), arena, &runs, &count, &error);
    if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
    assert_int_equal(code, TC_OK);
    assert_int_equal(count, 1);
    return runs[0];
}

static void every_field(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_published_run run
        = read_one(&arena,
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
    tc_arena_free(&arena);
}

static void what_is_not_stated_is_unset(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_published_run run
        = read_one(&arena,
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
    tc_arena_free(&arena);
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
        tc_arena arena = {0};
        tc_published_run run = read_one(&arena, cases[i].line);
        assert_int_equal(run.metric, cases[i].metric);
        assert_near(run.measured, cases[i].value, 0);
        tc_arena_free(&arena);
    }
    assert_string_equal(tc_metric_name(TC_METRIC_MFU_PCT), "mfu_pct");
}

static void out_of_memory_never_counts(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_published_run run = read_one(&arena, "{\"id\":\"a\",\"quality\":\"oom\",\"norm\":{\"counts\":true}}");
    assert_true(run.out_of_memory);
    assert_false(run.counts);
    tc_arena_free(&arena);
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
        tc_arena arena = {0};
        assert_int_equal(read_one(&arena, cases[i].line).year, cases[i].year);
        tc_arena_free(&arena);
    }
}

static void lines_are_counted(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_published_run *runs;
    int count;
    static const char text[] = "\n{\"id\":\"a\"}\r\n  \n{\"id\":\"b\"}";
    assert_int_equal(tc_published_read("r.jsonl", text, sizeof text - 1, &arena, &runs, &count, NULL), TC_OK);
    assert_int_equal(count, 2);
    assert_int_equal(runs[0].line, 2);
    assert_int_equal(runs[1].line, 4);
    assert_string_equal(runs[1].id, "b");
    tc_arena_free(&arena);
}

/* The shipped files: all are read, as many as their README says. */
static void shipped_runs(void **state) {
    (void)state;
    DIR *folder = opendir(TC_SOURCE_DIR "/data/runs");
    assert_non_null(folder);
    int total = 0, out_of_memory = 0, scored = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".jsonl")) continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/data/runs/%s", TC_SOURCE_DIR, entry->d_name);
        tc_arena arena = {0};
        tc_published_run *runs;
        int count;
        tc_error error = {0};
        tc_code code = tc_published_read_file(path, &arena, &runs, &count, &error);
        if (code != TC_OK) print_error("%s: %s\n", error.place, error.text);
        assert_int_equal(code, TC_OK);
        for (int i = 0; i < count; i++) {
            total++;
            out_of_memory += runs[i].out_of_memory;
            scored += runs[i].counts && runs[i].metric != TC_METRIC_NONE;
            assert_non_null(runs[i].accelerator);
            assert_true(runs[i].url[0] != 0);
        }
        tc_arena_free(&arena);
    }
    closedir(folder);
    assert_int_equal(total, 3597);
    assert_int_equal(out_of_memory, 340);
    assert_in_range(scored, 2900, 3257);
}

static void refuse(const char *text, size_t length, const char *place, const char *part) {
    tc_arena arena = {0};
    tc_published_run *runs;
    int count;
    tc_error error = {0};
    assert_int_equal(tc_published_read("r.jsonl", text, length, &arena, &runs, &count, &error), TC_INVALID);
    if (strcmp(error.place, place) != 0 || !strstr(error.text, part)) print_error("%s: %s\n", error.place, error.text);
    assert_string_equal(error.place, place);
    assert_non_null(strstr(error.text, part));
    tc_arena_free(&arena);
}

static void bad_lines(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"", "r.jsonl", "no run"},
        {"\n \n", "r.jsonl", "no run"},
        {"{\"id\":\"a\"}\n{\"id\":", "r.jsonl:2", "not JSON"},
        {"{\"id\":\"a\"}\n[]", "r.jsonl:2", "a JSON object"},
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
        {"{\"id\":\"a\",\"norm\":{\"memory\":{\"gib\":-3}}}", "r.jsonl:1: $.norm.memory.gib", "-3"},
        {"{\"id\":\"a\",\"norm\":{\"memory\":{\"kind\":\"total\"}}}", "r.jsonl:1: $.norm.memory.kind", "allocated"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(cases[i][0], strlen(cases[i][0]), cases[i][1], cases[i][2]);
    refuse("\x7f\0ELF", 5, "r.jsonl:1", "not JSON");
}

static void bad_files(void **state) {
    (void)state;
    tc_arena arena = {0};
    tc_published_run *runs;
    int count;
    tc_error error = {0};
    assert_int_equal(tc_published_read_file(TC_SOURCE_DIR "/tests/none.jsonl", &arena, &runs, &count, &error),
                     TC_NOT_FOUND);
    assert_int_equal(tc_published_read_file(TC_SOURCE_DIR "/tests", &arena, &runs, &count, &error), TC_INVALID);
    tc_arena_free(&arena);
}

/* Words of sources as they stand in data/runs. */
static void words(void **state) {
    (void)state;
    assert_int_equal(tc_words_hierarchical_dispatch("plain all-to-all; force-balanced router"), 0);
    assert_int_equal(tc_words_hierarchical_dispatch("HybridEP dispatcher"), 1);
    assert_int_equal(tc_words_hierarchical_dispatch("dense"), TC_UNSET);
    assert_int_equal(tc_words_hierarchical_dispatch(
                         "recompute taken from repo recipe X at tag v0.2.0: moe_a2a_overlap=True"),
                     0);
    assert_int_equal(tc_words_hierarchical_dispatch(
                         "recompute taken from repo recipe X at tag v0.4.2: moe_flex_dispatcher_backend=hybridep"),
                     1);
    assert_int_equal(tc_words_overlap("Gradient all-reduce NOT overlapped with back-propagation"), 0);
    assert_int_equal(tc_words_overlap("overlap-grad-reduce and overlap-param-gather"), 1);
    assert_int_equal(tc_words_overlap("EP overlap off"), TC_UNSET);
    assert_int_equal(tc_words_schedule("Table 4, schedule 1F1B-I. First and last stage hold one layer fewer"),
                     TC_SCHEDULE_INTERLEAVED);
    assert_int_equal(tc_words_schedule("FSDP 64, PP 8 Interleaved1F1B, EP 32"), TC_SCHEDULE_INTERLEAVED);
    assert_int_equal(tc_words_schedule("Pipeline schedule 1f1b; interleaved with VPP 2 ran out of memory"),
                     TC_SCHEDULE_1F1B);
    assert_int_equal(tc_words_schedule("zerobubble-1.5b-zb-1p-m24"), TC_SCHEDULE_ZB_H1);
    assert_int_equal(tc_words_schedule("Table 4, schedule ZB-2p"), TC_SCHEDULE_ZB_H2);
    assert_int_equal(tc_words_schedule("zbv-formatted"), TC_SCHEDULE_ZB_V);
    assert_int_equal(tc_words_schedule("schedules-method=dualpipev"), TC_SCHEDULE_ZB_V);
    assert_int_equal(tc_words_schedule("DualPipe; MTP depth 1"), TC_SCHEDULE_DUALPIPE);
    assert_int_equal(tc_words_schedule("interleave-sliding-window=4096"), TC_UNSET);
    assert_string_equal(tc_words_fabric("AWS EFA 400 Gb/s per node (p4d)", "a100-sxm-40g"), "aws-p4d-efa");
    assert_string_equal(tc_words_fabric("DGX-2 NVSwitch", "v100-sxm-32g"), "dgx-2");
    assert_null(tc_words_fabric("AWS EFA", "mi300x"));
    assert_null(tc_words_fabric(NULL, "a100-sxm-40g"));
    assert_int_equal(tc_words_shard_group("MiCS: parameters sharded over groups of 128 GPUs"), 128);
    assert_int_equal(tc_words_shard_group("4 replicas"), 0);
    tc_said_recipe said = tc_words_recipe(
        "flags: use-mc2, context-parallel-algo=ulysses_cp_algo, moe-expert-capacity-factor=0.5, moe-grouped-gemm, "
        "reset-position-ids, sliding-window=4096, noop-layers=1,15, mtp-num-layers=1; train-iters 15");
    assert_true(said.fused_tensor_parallel && said.documents && !said.full_mask);
    assert_int_equal(said.cp_kind, TC_CP_ALL_TO_ALL);
    assert_true(said.expert_capacity == 0.5);
    assert_int_equal(said.sequential_experts, 0);
    assert_int_equal(said.window, 4096);
    assert_int_equal(said.noop_layers, 2);
    assert_int_equal(said.mtp_layers, 1);
    said = tc_words_recipe("megatron_cp_algo, cp-attention-mask-type=general");
    assert_true(said.full_mask && said.cp_kind == TC_CP_RING && said.noop_layers == 0 && said.window == 0);
    assert_int_equal(said.offloaded_operators, 0);
    assert_int_equal(said.quantised_inputs, TC_UNSET);
    assert_int_equal(tc_words_recipe("partial:+swap-attention").offloaded_operators, TC_GROUP_QKV | TC_GROUP_ATTENTION);
    assert_int_equal(tc_words_recipe("nvfp4: saves quantized activations").quantised_inputs, 1);
    tc_said_recompute again = tc_words_recompute("partial: +recompute-activation-function 1 layers");
    assert_true(again.kind == TC_RECOMPUTE_OPERATORS && again.operators == TC_GROUP_ACTIVATION
                && again.layers_a_chunk == 1);
    assert_true(tc_words_recompute("partial: +recompute-activation-function +recompute-norm").layers_a_chunk == 0);
    bool fused;
    assert_int_equal(tc_words_loss("the loss frees the 16-bit logits", &fused), TC_LOSS_COMPILED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field),
        cmocka_unit_test(what_is_not_stated_is_unset),
        cmocka_unit_test(the_first_stated_metric),
        cmocka_unit_test(out_of_memory_never_counts),
        cmocka_unit_test(years),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(shipped_runs),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

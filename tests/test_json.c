/* test_json.c - the fields of every answer are those of docs/json.md, with its types and the units that their keys say;
 * and but for a few of plans that fail or have work whose step is not forecast, runs out of memory and a schedule's file, every row is a field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/writer.h"

#ifndef TC_PROGRAM /* the build says where it is */
#define TC_PROGRAM "traincast"
#endif

#define MOST_ROWS 1400

/* A row of the table: the parts between its bars. */
typedef struct row {
    char command[16], path[96], type[24], unit[16];
    bool seen;
} row;

static row rows[MOST_ROWS];
static int count, unknown, different;

static void copy_cell(char *out, size_t size, const char *from, const char *to) {
    while (from < to && (*from == ' ' || *from == '`')) from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '`')) to--;
    assert_true((size_t)(to - from) < size);
    memcpy(out, from, (size_t)(to - from));
    out[to - from] = '\0';
}

static void read_table(void) {
    char line[512];
    FILE *file = fopen(TC_SOURCE_DIR "/docs/json.md", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (line[0] != '|' || !strchr(line, '`')) continue;
        assert_true(count < MOST_ROWS);
        row *r = &rows[count++];
        char *const cells[] = {r->command, r->path, r->type, r->unit};
        const size_t sizes[] = {sizeof r->command, sizeof r->path, sizeof r->type, sizeof r->unit};
        const char *from = line + 1;
        for (int i = 0; i < 4; i++) {
            const char *to = strchr(from, '|');
            assert_non_null(to);
            copy_cell(cells[i], sizes[i], from, to);
            from = to + 1;
        }
    }
    fclose(file);
}

/* Does the pattern hold for the whole path? '*' is a key, '**' any path, from a point on. */
static bool matches(const char *pattern, const char *path) {
    for (; *pattern; pattern++, path++) {
        if (strncmp(pattern, "**", 2) == 0) {
            for (; *path; path++)
                if (matches(pattern + 2, path)) return true;
            return pattern[2] == '\0';
        }
        if (*pattern == '*') {
            while (*path && *path != '.') path++;
            path--;
        } else if (*pattern != *path) {
            return false;
        }
    }
    return !*path;
}

static int parts_of(const char *path) {
    int n = 1;
    for (; (path = strchr(path, '.')) != NULL; path++) n++;
    return n;
}

/* The row with most keys that the path ends with, without '*' where there is one. */
static row *row_of(const char *command, const char *path) {
    row *best = NULL;
    for (int i = 0; i < count; i++) {
        row *r = &rows[i];
        bool own = strcmp(r->command, command) == 0;
        if (!own && strcmp(r->command, "any") != 0) continue;
        bool found = false;
        for (const char *end = path; end && !found; end = strchr(end, '.') ? strchr(end, '.') + 1 : NULL)
            found = matches(r->path, end);
        int parts = parts_of(r->path), most = best ? parts_of(best->path) : 0;
        if (found && (parts > most || (parts == most && !strchr(r->path, '*')))) best = r;
    }
    return best;
}

static void check_value(const char *command, const char *path, const json_t *value) {
    row *r = row_of(command, path);
    const char *type = json_is_string(value)    ? "text"
                       : json_is_number(value)  ? "number"
                       : json_is_boolean(value) ? "bool"
                                                : "null";
    if (!r) {
        unknown++;
        print_error("%s: %s (%s) is not in docs/json.md\n", command, path, type);
        return;
    }
    r->seen = true;
    char unit[24];
    bool figure = strcmp(command, "show") == 0; /* its unit stands beside it */
    if (!strstr(r->type, type) && strcmp(r->type, "any") != 0) {
        different++;
        print_error("%s: %s is %s; docs/json.md says %s\n", command, path, type, r->type);
    } else if (json_is_number(value) && !figure && strcmp(tc_field_unit(path, unit, sizeof unit), r->unit) != 0) {
        different++;
        print_error("%s: %s is in '%s' by its name; docs/json.md says '%s'\n", command, path, unit, r->unit);
    }
}

static void walk(const char *command, const char *path, json_t *value) {
    char inside[256];
    if (json_is_object(value)) {
        const char *key;
        json_t *member;
        json_object_foreach(value, key, member) {
            snprintf(inside, sizeof inside, "%s%s%s", path, *path ? "." : "", key);
            walk(command, inside, member);
        }
    } else if (json_is_array(value)) {
        snprintf(inside, sizeof inside, "%s[]", path);
        for (size_t i = 0; i < json_array_size(value); i++) walk(command, inside, json_array_get(value, i));
    } else {
        check_value(command, path, value);
    }
}

static void check_answer(const char *arguments) {
    char line[512], command[16];
    snprintf(line, sizeof line, "cd '%s' && '%s' %s --json", TC_SOURCE_DIR, TC_PROGRAM, arguments);
    snprintf(command, sizeof command, "%.*s", (int)strcspn(arguments, " "), arguments);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    json_error_t error;
    json_t *answer = json_loadf(pipe, JSON_REJECT_DUPLICATES, &error);
    pclose(pipe);
    if (!answer) fail_msg("%s: %s", arguments, error.text);
    walk(command, "", answer);
    json_decref(answer);
}

#ifdef TC_HAVE_SQLITE
/* One search that finds a layout and one that does not. */
static void check_sweep(void) {
    char folder[] = "/tmp/traincast-json-XXXXXX", path[64], store[64], arguments[192];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/sweep.yaml", folder);
    snprintf(store, sizeof store, "%s/store.sqlite", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("format: 1\nmodels: [llama-2-7b, gpt3-175b]\naccelerators: [a100-sxm-80g]\ndevices: [8]\n"
          "global_batches: [8]\n",
          file);
    fclose(file);
    snprintf(arguments, sizeof arguments, "sweep %s --set a100-sxm-80g.memory=79GiB --quiet --store %s", path, store);
    check_answer(arguments);
    remove(path);
    remove(store);
    remove(folder);
}
#endif

#define JOB " --model llama-2-7b --accelerator a100-sxm-80g --devices 64 --global-batch 512 "

#define POOLS " --model llama-2-7b --accelerator a100-sxm-80g:32,h20:32 --global-batch 256 "

static void every_field_is_in_the_table(void **state) {
    (void)state;
    static const char *const commands[] = {
        "step" JOB "--tp 2 --pp 2 --first-layers 15 --last-layers 17",
        "step" JOB "--pp 2 --stage-layers 15,17 --sharding hsdp:4 --recompute norm --offload all --graphs norm",
        "step --model qwen2.5-vl-7b --accelerator h100-sxm --devices 8 --images 2 --layers 4 --towers vision=frozen",
        "step" JOB "--cp 4 --cp-kind both:2 --recompute 4",
        "step" JOB "--finetune dpo-lora:r=8",
        "step" POOLS "--link 400Gb/s:km=100:usd_per_gb=0.01",
        "step" POOLS "--link 400Gb/s --across pipeline --tuning ideal --pp 2",
        "run" POOLS "--link 400Gb/s --tokens 1T",
        "search" POOLS "--link 400Gb/s",
        "explain" POOLS "--link 400Gb/s",
        "run" JOB "--tp 2 --tokens 1T",
        "run --model gpt2-124m --accelerator ascend-910b3 --devices 8 --tokens 10B",
        "search --model llama-2-7b --accelerator h100-sxm,h20 --devices 8,16 --global-batch 64 --tokens 1T",
        "compare --model llama-2-7b --devices 64 --accelerators a100-sxm-80g,h20,ascend-910b2,rtx4090",
        "explain" JOB "--tp 2",
        "trace" JOB "--output /dev/null",
        "search" JOB "--fix tp=2",
        "require" JOB "--like h100-sxm --fix tp=2 --limit power=500",
        "step" JOB "--set accelerator.memory_bandwidth=3TB/s --set stack.host_per_step=9ms",
        "search --model gpt3-175b --accelerator a100-sxm-80g --devices 8 --global-batch 8",
        "search" JOB "--tokens 1T --for 1000d",
        "search" JOB "--for-tokens-per-s 1000 --fix tp=2",
        "search" JOB "--space",
        "plan ascend-2024",
        "plan two-pools-h100-h20 --samples 64 --by 2025-10-20 --take 0.8 --dates",
        "plan startup-rented --samples 64 --certain",
        "plan docs/examples/two-sites.yaml --samples 64 --set jobs[0].mixed=data",
        "plan startup-rented --samples 64 --best-by 2026-03-31",
        "plan startup-rented --samples 64 --set pools[0].deliveries[0].devices=192 --since startup-rented",
        "report startup-rented --samples 64",
        "plan startup-rented startup-rented --samples 64 --set pools[0].deliveries[0].devices=192",
        "validate data/runs/torchtitan.jsonl data/runs/mindspeed-llm.jsonl data/runs/hagemann23.jsonl",
        "validate data/serving/vllm-recipes.jsonl data/serving/vllm-nvidia-spark.jsonl",
        "validate --sweeps data/runs/bigscience.jsonl",
        "validate data/runs/torchtitan.jsonl data/runs/mindspeed-llm.jsonl --explain",
        "validate --against tests/attack/predictions.jsonl data/runs/korthikanti22.jsonl",
        "validate --histories data/histories/runs.jsonl",
        "validate --progress data/histories/progress.jsonl",
        "controls",
        "list accelerators",
        "list fabrics",
        "list models",
        "infer --model qwen3-32b --accelerator h20 --devices 8 --engine vllm --concurrency 64",
        "collective --accelerator h100-sxm --devices 64",
        "calibrate data/runs/bigscience.jsonl",
        "calibrate tests/calibrate/contradiction.jsonl",
        "calibrate tests/calibrate/kernels.jsonl",
        "infer --model deepseek-v3 --accelerator h20 --devices 16 --dtype fp8 --tp 8 --rate 1e6",
        "infer --model qwen3-32b --accelerator h20 --devices 8 --phase prefill --rental 2",
        "infer --model wan2.1-t2v-14b --accelerator h100-sxm --devices 8 --frames 81 --height 480 --width 832",
        ("compare --serve --model llama-3.1-8b --devices 8 --accelerators h20,h100-sxm:engine=vllm,ascend-910b2 "
         "--ttft 2s --tpot 50ms"),
        "rl --model llama-3.1-8b --accelerator h100-sxm --devices 16 --tp 1 --program nemo-rl --output-tokens 1060..4k",
        "infer --model deepseek-v2-lite --accelerator h20 --devices 16 --rate 5 --search devices",
        "infer --model qwen3-32b --accelerator h20 --devices 8 --engine vllm --rate 2 --simulate --requests 1000",
        "import docs/examples/llama3-8b.sh",
        "launch megatron-lm --model mixtral-8x7b --accelerator h100-sxm --devices 64 --ep 8 --pp 2 --stack torchtitan",
        "list engines",
        "list stacks",
        "list scenarios",
        "show model gpt2-124m",
        "show model qwen2.5-vl-7b",
        "show model tests/hf/qwen3-8b-v5.json",
        "show model tests/hf/flux.1-dev.json",
        "step --model wan2.1-t2v-1.3b --accelerator h100-sxm --devices 8 --ema 1",
        "step --model flux.1-dev --accelerator h100-sxm --devices 8 --buckets 1x512x512=0.5,1x256x256=0.5",
        "show model tests/hf/llama-speech-tiny.json",
        "show model tests/hf/deepseek-v3.json",
        "explain --model llama-2-7b --accelerator rtx4090 --devices 8 --global-batch 64 --searched",
        "show accelerator h20",
        "show fabric hgx-h20",
        "show stack fsdp-compile",
        "show engine vllm",
        "show scenario ascend-2024",
        "--version",
    };
    read_table();
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) check_answer(commands[i]);
#ifdef TC_HAVE_SQLITE
    check_sweep();
#endif
    assert_int_equal(unknown, 0);
    assert_int_equal(different, 0);
}

static void every_row_is_a_field(void **state) {
    (void)state;
    int unseen = 0;
    for (int i = 0; i < count; i++) {
        if (rows[i].seen) continue;
        unseen++;
        print_message("no answer here has %s: %s\n", rows[i].command, rows[i].path);
    }
    assert_in_range(unseen, 0, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_in_the_table),
        cmocka_unit_test(every_row_is_a_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* kinds.c - what there is to attack: each kind of file with the commands that read it. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attack.h"
#include "cli/options.h"
#include "cli/program.h"

#define JOB "--accelerator h100-sxm --devices 8 --threads 1"
#define JOBS_8 "--accelerator h100-sxm --devices 8"
#define ONE_LAYOUT "--global-batch 32 --fix tp=2,pp=1,cp=1,ep=1,recompute=full,sharding=zero3,offload=none"
#define LARGE "--accelerator mi355x --devices 8 --threads 1"
#define COMMANDS(...)                                                                                                  \
    .commands = (const char *const[]) { __VA_ARGS__, NULL }
#define MODEL_COMMANDS                                                                                                 \
    COMMANDS("step --model @ " JOB, "step --model @ --json " JOB, "step --model @ --csv --pp 2 --tp 2 " JOB,           \
             "step --model @ --ep 4 --sharding zero3 --recompute full --json " JOB, "explain --model @ " JOB,          \
             "explain --model @ --pp 2 --json " JOB, "trace --model @ --pp 2 --output - " JOB,                         \
             "trace --model @ --pp 2 --global-batch 16 --svg - " JOB, "run --model @ --tokens 1T --json " JOB,         \
             "run --model @ --tokens 1B " JOB, "infer --model @ --json " JOBS_8,                                       \
             "infer --model @ --ttft 2s --tpot 80ms " JOBS_8, "rl --model @ --prompts 8 --responses 4 --json " JOBS_8, \
             "search --model @ --json " LARGE " " ONE_LAYOUT, "search --model @ " LARGE " " ONE_LAYOUT,                \
             "compare --model @ --devices 8 --accelerators h100-sxm,h20,ascend-910b2", "show model @",                 \
             "show model @ --json")
#define CHIP "--model llama-2-7b --accelerator @ --devices 8 --threads 1"
#define OWN "--catalog catalog"
#define OWN_JOB "--model mixtral-8x7b --accelerator h100-sxm --devices 8 --threads 1 " OWN

const attack_kind attack_kinds[] = {
    {.name = "model", .seeds = "data/models/*.yaml", .file = "input.yaml", MODEL_COMMANDS},
    {.name = "hf", .seeds = "tests/hf/*.json", .file = "input.json", MODEL_COMMANDS},
    {.name = "accelerator",
     .seeds = "data/accelerators/*/*.yaml",
     .file = "input.yaml",
     COMMANDS("require --target 1s --global-batch 4 --threads 1 --fix "
              "tp=1,pp=1,recompute=none,sharding=none,offload=none " CHIP,
              "step " CHIP, "step --json --set accelerator.memory_bandwidth=3TB/s " CHIP, "step --json " CHIP,
              "step --csv --tp 2 --dtype fp8 " CHIP, "step --offload all --graphs all --json " CHIP,
              "explain --json " CHIP, "explain " CHIP, "run --tokens 2T --json " CHIP,
              "run --tokens 2T --region china " CHIP,
              "infer --model llama-2-7b --accelerator @ --devices 8 --rate 2 --json", "trace --pp 2 --output - " CHIP,
              "trace --pp 2 --svg - " CHIP, "search --json --objective energy " CHIP " " ONE_LAYOUT,
              "search --objective cost " CHIP " " ONE_LAYOUT,
              "compare --model llama-2-7b --devices 8 --accelerators @,h20", "show accelerator @",
              "show accelerator @ --json")},
    {.name = "accelerator-of-folder",
     .seeds = "data/accelerators/*/*.yaml",
     .file = "catalog/accelerators/input.yaml",
     COMMANDS("list accelerators " OWN, "list accelerators --json " OWN, "controls input " OWN,
              "controls input --json " OWN, "controls --csv " OWN,
              "compare --model gpt2-124m --devices 8 --accelerators input,h20 --json " OWN)},
    {.name = "fabric",
     .seeds = "data/fabrics/*.yaml",
     .file = "input.yaml",
     COMMANDS("step --fabric @ --tp 2 --json --model llama-2-7b " JOB,
              "step --fabric @ --model llama-2-7b --accelerator h20 --devices 64 --tp 8",
              "explain --fabric @ --json --cp 2 --model mixtral-8x7b --ep 8 --accelerator h20 --devices 64 --pp 2",
              "search --fabric @ --json --model llama-2-7b " LARGE " " ONE_LAYOUT,
              "trace --fabric @ --output - --pp 4 --model llama-2-7b --accelerator h20 --devices 64",
              "run --fabric @ --json --tokens 2T --model llama-2-7b --accelerator h20 --devices 64", "show fabric @",
              "show fabric @ --json")},
    {.name = "cluster",
     .seeds = "docs/examples/two-pools.yaml",
     .file = "input.yaml",
     COMMANDS("step --cluster @ --json --model llama-2-7b --global-batch 512",
              "step --cluster @ --model llama-2-7b --global-batch 512 --across pipeline",
              "run --cluster @ --json --model llama-2-7b --global-batch 512 --tokens 1T",
              "explain --cluster @ --json --model llama-2-7b --global-batch 512")},
    {.name = "stack",
     .seeds = "data/stacks/*.yaml",
     .file = "input.yaml",
     COMMANDS("step --stack @ --json --model llama-2-7b " JOB, "step --stack @ --tp 2 --pp 2 --model llama-2-7b " JOB,
              "explain --stack @ --json --model mixtral-8x7b --ep 8 " JOB,
              "search --stack @ --json --model llama-2-7b " LARGE " " ONE_LAYOUT,
              "trace --stack @ --pp 2 --output - --model llama-2-7b " JOB,
              "run --stack @ --json --tokens 2T --model llama-2-7b " JOB, "show stack @", "show stack @ --json")},
    {.name = "engine",
     .seeds = "data/engines/*.yaml",
     .file = "input.yaml",
     COMMANDS("infer --engine @ --json --model llama-2-7b " JOBS_8,
              "infer --engine @ --concurrency 64 --model mixtral-8x7b " JOBS_8,
              "infer --engine @ --ttft 2s --model deepseek-v2-lite --dtype fp8 --disaggregated 1:3 --tp 1 " JOBS_8,
              "show engine @", "show engine @ --json")},
    {.name = "engine-of-folder",
     .seeds = "data/engines/generic.yaml",
     .file = "catalog/engines/generic.yaml",
     COMMANDS("infer --json --model llama-2-7b " JOBS_8 " " OWN,
              "infer --engine vllm --model mixtral-8x7b " JOBS_8 " " OWN)},
    {.name = "lengths",
     .seeds = "tests/attack/lengths.csv",
     .file = "input.csv",
     COMMANDS("infer --input-tokens @ --output-tokens @ --json --model llama-2-7b " JOBS_8)},
    {.name = "arrivals",
     .seeds = "tests/attack/arrivals.*",
     .file = "input.csv",
     COMMANDS("infer --simulate --arrivals @ --requests 200 --json --model llama-2-7b " JOBS_8,
              "infer --simulate --arrivals @ --requests 200 --router least --model llama-2-7b " JOBS_8)},
    {.name = "served",
     .seeds = "data/serving/*.jsonl",
     .file = "input.jsonl",
     COMMANDS("validate @", "validate --json @")},
    {.name = "architecture",
     .seeds = "data/architectures/*.yaml",
     .file = "catalog/architectures/hopper.yaml",
     COMMANDS("step --json " OWN_JOB, "step --dtype fp8 --attention plain " OWN_JOB, "explain --pp 2 --json " OWN_JOB,
              "search --json " OWN_JOB " " ONE_LAYOUT)},
    {.name = "optimizers",
     .seeds = "data/optimizers.yaml",
     .file = "catalog/optimizers.yaml",
     COMMANDS("step --json --optimizer muon " OWN_JOB, "step --optimizer adafactor " OWN_JOB,
              "step --json --optimizer lamb " OWN_JOB, "explain --sharding zero1 --json " OWN_JOB)},
    {.name = "sources",
     .seeds = "data/sources.yaml",
     .file = "catalog/sources.yaml",
     COMMANDS("show accelerator own " OWN, "show accelerator own --json " OWN,
              "step --json --accelerator own --model gpt2-124m --devices 8 " OWN)},
    {.name = "controls",
     .seeds = "data/controls.yaml",
     .file = "catalog/controls.yaml",
     COMMANDS("controls h20 h100-sxm " OWN, "controls --json " OWN)},
    {.name = "economics",
     .seeds = "data/economics.yaml",
     .file = "input.yaml",
     COMMANDS("run --economics @ --json --tokens 2T --model llama-2-7b " JOB,
              "run --economics @ --tokens 2T --region china --model llama-2-7b " JOB,
              "search --economics @ --json --objective cost --model llama-2-7b " LARGE " " ONE_LAYOUT,
              "search --economics @ --objective energy --model llama-2-7b " LARGE " " ONE_LAYOUT)},
    {.name = "scenario", /* of small fleets and models: a plan of the others takes seconds */
     .seeds = "data/scenarios/[!at]*.yaml",
     .file = "input.yaml",
     COMMANDS("plan @ --samples 16", "plan @ --samples 16 --json", "plan @ --certain --csv",
              "report @ --samples 16 --output -", "show scenario @", "show scenario @ --json")},
    {.name = "scaling",
     .seeds = "data/scaling.yaml",
     .file = "catalog/scaling.yaml",
     COMMANDS("plan startup-rented --samples 16 --threads 1 --best-by 2026-03-31 --json " OWN,
              "plan startup-rented --samples 16 --threads 1 --certain --best-by 2026-03-31 " OWN)},
    {.name = "sweep",
     .seeds = "tests/attack/sweep*.yaml",
     .file = "input.yaml",
     COMMANDS("sweep @ --store s.sqlite --quiet --threads 1 --json",
              "sweep @ --store s.sqlite --quiet --threads 1 --csv",
              "sweep @ --store s.sqlite --quiet --threads 1 --heat-map h.svg --front f.svg")},
    {.name = "store",
     .file = "store.sqlite",
     .store = true,
     COMMANDS("sweep sweep-small.yaml --store @ --quiet --threads 1 --json",
              "sweep sweep-small.yaml --store @ --quiet --threads 1 --csv",
              "sweep sweep-small.yaml --store @ --quiet --threads 1 --heat-map h.svg --front f.svg")},
    {.name = "runs",
     .seeds = "data/runs/*.jsonl",
     .file = "input.jsonl",
     .lines = true,
     COMMANDS("validate @ --threads 1", "validate @ --json --threads 1", "validate @ --markdown --threads 1",
              "validate @ --csv --threads 1", "validate @ --sweeps --json --threads 1")},
    {.name = "own-steps",
     .seeds = "tests/calibrate/*.jsonl",
     .file = "input.jsonl",
     .lines = true,
     COMMANDS("calibrate @", "calibrate @ --json")},
    {.name = "own-log",
     .seeds = "tests/calibrate/*.log",
     .file = "input.log",
     COMMANDS("calibrate @ --json --model llama-2-7b --tp 2 " JOBS_8)},
    {.name = "calibration",
     .seeds = "tests/calibrate/calibration.yaml",
     .file = "catalog/fitted/calibration.yaml",
     COMMANDS("step --json " OWN_JOB, "step --stack megatron-core " OWN_JOB,
              "calibrate data/runs/korthikanti22.jsonl --json " OWN)},
    {.name = "predictions",
     .seeds = "tests/attack/predictions.jsonl",
     .file = "input.jsonl",
     COMMANDS("validate data/runs/korthikanti22.jsonl --against @ --threads 1",
              "validate data/runs/korthikanti22.jsonl --against @ --json --threads 1",
              "validate data/runs/korthikanti22.jsonl --against @ --markdown --threads 1")},
    {.name = "histories",
     .seeds = "data/histories/runs.jsonl",
     .file = "input.jsonl",
     COMMANDS("validate --histories @ --json --threads 1", "validate --histories @ --threads 1",
              "validate --histories @ --markdown --threads 1")},
    {.name = "progress",
     .seeds = "data/histories/progress.jsonl",
     .file = "input.jsonl",
     COMMANDS("validate --progress @ --json --threads 1", "validate --progress @ --threads 1")},
    {.name = "schedule",
     .file = "input.csv",
     COMMANDS("step --json --model gpt2-124m --pp 2 --global-batch 4 --dp 1 --micro-batch 1 --accelerator h20 "
              "--devices 2 --schedule @",
              "trace --output - --model gpt2-124m --pp 2 --global-batch 4 --dp 1 --micro-batch 1 --accelerator h20 "
              "--devices 2 --schedule @",
              "explain --model gpt2-124m --pp 2 --global-batch 4 --micro-batch 1 --accelerator h20 --devices 2 "
              "--schedule @")},
    {.name = "layout",
     .file = "input.json",
     COMMANDS("step --layout @", "step --json --layout @", "explain --json --layout @",
              "run --tokens 1T --json --layout @", "trace --output - --layout @",
              "search --json --threads 1 --layout @ " ONE_LAYOUT)},
    {.name = "script",
     .seeds = "tests/launch/*.sh",
     .file = "input.sh",
     COMMANDS("import @", "import @ --json", "step --json --layout @ --devices 64 --accelerator h100-sxm",
              "explain --layout @ --devices 64 --accelerator h20")},
    {.name = "framework",
     .seeds = "data/frameworks/[!lp]*.yaml",
     .file = "catalog/frameworks/megatron-lm.yaml",
     COMMANDS("launch megatron-lm --json --model mixtral-8x7b --ep 8 --tp 2 --pp 2 --accelerator h20 --devices 32 " OWN,
              "launch megatron-lm --model llama-2-7b " JOB " " OWN,
              "import data/frameworks/launchers.yaml --json " OWN)},
    {.name = "options", .file = "input.txt"},
    {.name = "ask", .file = "input.json"},
    {.name = NULL},
};

const attack_kind *attack_kind_find(const char *name) {
    for (const attack_kind *k = attack_kinds; k->name; k++)
        if (strcmp(k->name, name) == 0) return k;
    return NULL;
}

/* ---- seeds that are no files --------------------------------------------------------------------------- */

static const char *const schedules[] = {
    "0F0,0F1,0B0,0F2,0B1,0F3,0B2,0B3\n1F0,1B0,1F1,1B1,1F2,1B2,1F3,1B3\n",
    "# zero bubble\n0F0,0F1,0I0,0W0,0F2,0I1,0W1,0F3,0I2,0W2,0I3,0W3\n1F0,1I0,1W0,1F1,1I1,1W1,1F2,1I2,1W2,1F3,1I3,1W3\n",
    ("0F0,0F1,2F0,2F1,0F2,0F3,2B0,2F2,2B1,2F3,0B0,0B1,2B2,2B3,0B2,0B3\n1F0,1F1,3F0,3B0,3F1,3B1,1F2,1F3,1B0,3F2,3B2,3F3,"
     "3B3,1B1,1B2,1B3\n"),
};

static const char *const questions[] = {
    ("{\"command\": \"step\", \"model\": \"llama-3-8b\", \"accelerator\": \"h100-sxm\", \"devices\": 64, \"tp\": 8, "
     "\"layout\": {\"pp\": 2, \"sharding\": \"zero1\"}}"),
    ("{\"command\": \"search\", \"model\": \"gpt2-124m\", \"accelerator\": \"h20\", \"devices\": 8, \"global_batch\": "
     "8, \"fix\": [\"tp=1\", \"pp=1\"], \"threads\": 1}"),
    "{\"command\": \"controls\", \"arguments\": [\"h20\", \"a100-sxm-80g\"]}",
    "{\"command\": \"show\", \"arguments\": [\"model\", \"gpt2-124m\"], \"seq\": 1024}",
    ("{\"command\": \"infer\", \"model\": \"gpt2-124m\", \"accelerator\": \"h20\", \"devices\": 8, \"dtype\": "
     "\"w8a8\", "
     "\"concurrency\": 16, \"engine\": \"vllm\", \"input_tokens\": 512}"),
    ("{\"command\": \"run\", \"model\": \"gpt2-124m\", \"accelerator\": \"h20\", \"devices\": 8, \"tokens\": \"10B\", "
     "\"mtbf\": \"50000 h\", \"price\": 25000.5, \"frozen_base\": true}"),
    ("{\"command\": \"step\", \"model\": \"gpt2-124m\", \"accelerator\": \"h20\", \"devices\": 8, \"finetune\": "
     "\"dpo-qlora:r=8,targets=q+v,bits=8\"}"),
    "{\"command\": \"compare\", \"model\": \"gpt2-124m\", \"devices\": 8, \"accelerators\": [\"h20\", \"h100-sxm\"]}",
    ("{\"command\": \"explain\", \"model\": \"gpt2-124m\", \"accelerator\": \"h20\", \"devices\": 8, \"overlap\": "
     "[\"grad-reduce\"], \"sequence_parallel\": false}"),
};

static const char *const layouts_of[] = {
    "step --json --model llama-2-7b --accelerator h100-sxm --devices 64 --tp 2 --pp 4 --vpp 2 --global-batch 64",
    "step --json --model mixtral-8x7b --accelerator h20 --devices 64 --ep 8 --sharding hsdp:4 --recompute 5",
    ("step --json --model llama-2-7b --accelerator h20 --devices 64 --pp 2 --stage-layers 15,17 --cp 2 --cp-kind ring "
     "--schedule zb-h1"),
};

/* The answer of a command line, as a text. */
static char *answer_of(const char *command) {
    static tc_page page;
    char words[512], *argv[64];
    int argc = 0;
    snprintf(words, sizeof words, "traincast %s", command);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    tc_program_run(argc, argv, NULL, &page);
    if (page.exit_code != TC_EXIT_OK) abort();
    char *text = realloc(page.output.text, page.output.length + 1);
    text[page.output.length] = '\0';
    return text;
}

/* ---- command lines -------------------------------------------------------------------------------------- */

static attack_seed seed_of(char *text) { return (attack_seed){text, strlen(text)}; }

enum { SEED_ROOM = 1 << 22, FIRST_LINES = 3, LINE = 4096, RANDOM_LINES = 400 };

static void add_line(char *text, const char *word, size_t length) {
    size_t used = strlen(text);
    if (used + length + 2 > LINE) abort();
    memcpy(text + used, word, length);
    memcpy(text + used + length, "\n", 2);
}

/* Adds the words of a shell's line, without the program's name: one a line, quoted ones whole. */
static void add_words(char *text, const char *line, size_t length) {
    const char *end = line + length;
    while (line < end) {
        char until = *line == '\'' ? '\'' : ' ';
        const char *word = line + (until == '\''), *behind = memchr(word, until, (size_t)(end - word));
        if (!behind) behind = end;
        if (behind > word && strncmp(word, "traincast", 9) != 0) add_line(text, word, (size_t)(behind - word));
        line = behind + 1;
    }
}

static char *words_of(const char *line, size_t length) {
    char *text = calloc(1, LINE);
    add_words(text, line, length);
    return text;
}

static unsigned draw(uint64_t *state, unsigned below) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*state >> 33) % below;
}

/* An option with a value that it may have; another one for a number, a word or a switch. */
static void add_option(char *text, const tc_option *o, uint64_t *state) {
    static const char *const number[] = {"1", "2", "4", "8", "16", "3", "64", "256"};
    char value[200];
    const char *v = value;
    if (o->type == TC_TYPE_INTEGER || o->type == TC_TYPE_INTEGERS) {
        v = number[draw(state, sizeof number / sizeof *number)];
    } else if (o->type == TC_TYPE_CHOICE) {
        const char *choice = o->argument;
        for (unsigned skip = draw(state, 6); skip > 0 && strchr(choice, '|'); skip--) choice = strchr(choice, '|') + 1;
        snprintf(value, sizeof value, "%.*s", (int)strcspn(choice, "|"), choice);
    } else if (o->type == TC_TYPE_SWITCH) {
        v = draw(state, 2) ? "on" : "off";
    } else {
        add_words(text, o->example ? o->example : o->name, strlen(o->example ? o->example : o->name));
        return;
    }
    add_line(text, o->name, strlen(o->name));
    add_line(text, v, strlen(v));
}

/* What a command line begins with: short work for a search, the first example of others. */
static const char *begin_of(unsigned command) {
    if (command == TC_COMMAND_SEARCH)
        return "search --model gpt2-124m --accelerator h20 --devices 8 --global-batch 8 --threads 1 --fix "
               "tp=1,cp=1,recompute=none";
    if (command == TC_COMMAND_SWEEP) return "sweep sweep-small.yaml --store s.sqlite --threads 1 --quiet";
    if (command == TC_COMMAND_MEASURE) return "measure --script"; /* kernels take seconds, as they should */
    if (command == TC_COMMAND_VALIDATE) return "validate data/runs/korthikanti22.jsonl --threads 1";
    return tc_command_table[command].examples;
}

/* A command and some of its options. */
static char *random_line(uint64_t seed) {
    uint64_t state = seed * 977 + 5;
    unsigned c = draw(&state, TC_COMMANDS), more = draw(&state, 5);
    const char *example = begin_of(c);
    char *text = words_of(example, strcspn(example, "\n"));
    for (unsigned tries = 0; more > 0 && tries < 400; tries++) {
        const tc_option *o = &tc_option_table[draw(&state, TC_OPTIONS)];
        if (!(o->commands >> c & 1u) || strstr(text, o->name) || strcmp(o->name, "--help") == 0
            || strcmp(o->name, "--version") == 0)
            continue;
        add_option(text, o, &state);
        more--;
    }
    return text;
}

static int example_lines(attack_seed *seed, int most) {
    int count = 0;
    for (unsigned c = 0; c < TC_COMMANDS && count < most; c++)
        seed[count++] = seed_of(words_of(begin_of(c), strcspn(begin_of(c), "\n")));
    for (int i = 0; i < RANDOM_LINES && count < most; i++) seed[count++] = seed_of(random_line((uint64_t)i));
    return count;
}

static attack_seed read_seed(const char *path, bool first_lines) {
    FILE *file = fopen(path, "rb");
    attack_seed seed = {NULL, 0};
    if (!file) return seed;
    seed.bytes = malloc(SEED_ROOM);
    seed.size = seed.bytes ? fread(seed.bytes, 1, SEED_ROOM, file) : 0;
    fclose(file);
    const char *end = seed.bytes;
    for (int line = 0;
         first_lines && line < FIRST_LINES && (end = memchr(end, '\n', seed.size - (size_t)(end - seed.bytes)));) {
        end++;
        if (++line == FIRST_LINES) seed.size = (size_t)(end - seed.bytes);
    }
    return seed;
}

static int read_seeds(const attack_kind *kind, const char *source, attack_seed *seed, int most) {
    char pattern[1024];
    glob_t found;
    int count = 0;
    snprintf(pattern, sizeof pattern, "%s/%s", source, kind->seeds);
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && count < most; i++)
            seed[count++] = read_seed(found.gl_pathv[i], kind->lines);
    globfree(&found);
    return count;
}

int attack_seeds(const attack_kind *kind, const char *source, const char *folder, attack_seed *seed, int most) {
    int count = 0;
    if (kind->seeds) return read_seeds(kind, source, seed, most);
    if (kind->store) return attack_make_store(source, folder, seed);
    if (strcmp(kind->name, "options") == 0) return example_lines(seed, most);
#define COPY(list, copy)                                                                                               \
    for (size_t i = 0; i < sizeof list / sizeof *list && count < most; i++) seed[count++] = seed_of(copy(list[i]))
    if (strcmp(kind->name, "schedule") == 0) COPY(schedules, strdup);
    if (strcmp(kind->name, "ask") == 0) COPY(questions, strdup);
    if (strcmp(kind->name, "layout") == 0) COPY(layouts_of, answer_of);
    return count;
}

/* attack_faults.c - allocations that fail, one after the other, under whole command lines.
 *
 *   attack_faults PROGRAM SHIM SOURCE_DIR [--faults N] [--seconds S] [--folder DIR]
 *
 * Of each command line's allocations N are failed, spread over all of them (0: every one), alone or with all that come after
 * it. The answer is the right one, or exit 1 with one line on standard error and nothing on standard output; never a shorter
 * answer, a crash, another error or a hang. What a sweep kept before it failed is gone on with. Exit 1 if anything was found. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOB "--model gpt2-124m --accelerator a100-sxm-80g --devices 8"
#define SMALL "--global-batch 8 --fix tp=1,recompute=none,sharding=none,offload=none"
#define SWEEP "sweep %/tests/attack/sweep-small.yaml --store s.sqlite --quiet --threads 1"

/* '%' is the source folder. */
static const char *const commands[] = {
    "step " JOB,
    "step --json --model mixtral-8x7b --accelerator h20 --devices 64 --ep 8 --pp 2",
    "step --csv " JOB,
    "explain " JOB,
    "explain --pp 2 --json " JOB,
    "trace --pp 2 --output - " JOB,
    "trace --pp 2 --svg - " JOB,
    "compare --model gpt2-124m --devices 8 --json",
    "compare --model gpt2-124m --devices 8",
    "run --tokens 10B " JOB,
    "run --tokens 10B --json " JOB,
    "infer --concurrency 8 --engine vllm@2024-12 --input-tokens %/tests/attack/lengths.csv " JOB,
    "infer --rate 2 --search devices " JOB,
    "rl --prompts 8 --responses 4 --output-tokens 64..128 --algorithm ppo " JOB,
    "infer --simulate --requests 300 --arrivals %/tests/attack/arrivals.csv --json " JOB,
    "validate %/data/serving/vllm-recipes.jsonl",
    "infer --rate 2 --search cost --json " JOB,
    "search --threads 1 --json " SMALL " " JOB,
    "search --threads 3 --json " SMALL " " JOB,
    "require --threads 1 --like h20 --json " SMALL " " JOB,
    "search --threads 1 --json --model gpt2-124m --accelerator h20,l40s --devices 1,2 --global-batch 4 --tokens 1B "
    "--fix tp=1",
    "search --threads 1 --json --pareto --allow-schedules all " SMALL " " JOB,
    "search --model gpt3-175b --accelerator a100-sxm-80g --devices 1 --global-batch 1 --threads 1 --json",
    SWEEP " --csv",
    SWEEP " --json",
    "validate %/data/runs/korthikanti22.jsonl --threads 1",
    "validate %/data/runs/torchtitan.jsonl --json --threads 2",
    "validate %/data/runs/korthikanti22.jsonl --against %/tests/attack/predictions.jsonl --json --threads 1",
    "validate --progress %/data/histories/progress.jsonl --json",
    "controls h20 ascend-910b2",
    "controls --json",
    "list accelerators",
    "list fabrics --json",
    "list models",
    "list stacks",
    "list scenarios --csv",
    "show accelerator h20",
    "show model deepseek-v3 --json",
    "show stack megatron-core",
    "show fabric hgx-h20 --json",
    "show scenario ascend-2024",
    "step --model %/tests/hf/qwen3-8b-v5.json --accelerator h20 --devices 8 --stage-layers 18,18 --pp 2",
    "step --accelerator %/docs/examples/my-accelerator.yaml --model %/docs/examples/my-model.yaml --fabric hgx-h20 "
    "--devices 8",
    "step --catalog %/tests/intervals " JOB,
    "run --tokens 1T --economics %/data/economics.yaml --region china " JOB,
    /* the library's own: attack_ask */
    "ask {\"command\":\"step\",\"model\":\"gpt2-124m\",\"accelerator\":\"h100-sxm\",\"devices\":8}",
    "ask {\"command\":\"explain\",\"model\":\"mixtral-8x7b\",\"accelerator\":\"h20\",\"devices\":64,\"ep\":8}",
    "ask {\"command\":\"list\",\"arguments\":[\"stacks\"]}",
    "ask "
    "{\"command\":\"step\",\"layout\":{\"tp\":2,\"pp\":2},\"model\":\"llama-2-7b\",\"accelerator\":\"h20\",\"devices\":"
    "8}",
    "help step",
    "completion bash",
    "man",
    /* in the long run alone: 10,000s of allocations in one search */
    "plan two-pools-h100-h20",
    "plan two-pools-h100-h20 --json",
    "report two-pools-h100-h20 --json",
};

enum {
    SPREAD = 15485863 /* a prime */,
    COMMANDS = sizeof commands / sizeof *commands,
    LONG_ONES = 3,
    TEXT = 1 << 22,
    NO_PROGRAM = 98,
    LIMIT_S = 20
};

typedef struct answer {
    int status; /* of waitpid */
    size_t out_size, err_size;
    char *out, err[4096];
} answer;

static char *program, *asker, *shim, *source;
static char folder[512];

static size_t read_file(const char *path, char *text, size_t room) {
    int file = open(path, O_RDONLY);
    ssize_t size = 0, n;
    while (file >= 0 && (n = read(file, text + size, room - 1 - (size_t)size)) > 0) size += n;
    if (file >= 0) close(file);
    text[size] = '\0';
    return (size_t)size;
}

static void into(const char *path, int to) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, to) < 0) _exit(NO_PROGRAM);
    close(file);
}

/* In the child: at 0, nothing fails, but it is counted; at -1, without the shim. */
static void become(char **argv, long at, bool on) {
    char number[32];
    snprintf(number, sizeof number, "%ld", at);
    into("out", STDOUT_FILENO);
    into("err", STDERR_FILENO);
    alarm(LIMIT_S);
    if (at >= 0) {
        setenv("LD_PRELOAD", shim, 1);
        if (at > 0) setenv("TC_FAIL_AT", number, 1);
        if (on) setenv("TC_FAIL_ON", "1", 1);
        if (at == 0) setenv("TC_FAULT_COUNT", "count", 1);
    }
    execv(strcmp(argv[1], "ask") == 0 ? asker : program, argv);
    _exit(NO_PROGRAM);
}

/* "seconds": and what follows it in its line are how long it took. */
static size_t without_times(char *text, size_t size) {
    static const char *const names[] = {"\"seconds\": ", "\"configs_per_s\": "};
    for (size_t i = 0; i < 2; i++) {
        char *at = strstr(text, names[i]);
        size_t length = at ? strcspn(at, "\n") : 0;
        if (!at) continue;
        memmove(at, at + length, size - (size_t)(at - text) - length + 1);
        size -= length;
    }
    return size;
}

static void run(const char *command, long at, bool on, answer *a) {
    char words[1024], *argv[64], *word = words;
    int argc = 0;
    size_t used = 0;
    for (const char *p = command; *p && used < sizeof words - 512; p++)
        if (*p == '%')
            used += (size_t)snprintf(words + used, sizeof words - used, "%s", source);
        else
            words[used++] = *p;
    words[used] = '\0';
    argv[argc++] = (char *)(uintptr_t) "traincast";
    for (char *rest = NULL; (word = strtok_r(rest ? NULL : words, " ", &rest)) && argc < 63;) argv[argc++] = word;
    argv[argc] = NULL;
    pid_t pid = fork();
    if (pid == 0) become(argv, at, on);
    if (pid < 0 || waitpid(pid, &a->status, 0) != pid) perror("fork"), exit(2);
    if (WIFEXITED(a->status) && WEXITSTATUS(a->status) == NO_PROGRAM)
        fprintf(stderr, "%s cannot be run\n", program), exit(2);
    a->out_size = read_file("out", a->out, TEXT);
    a->err_size = read_file("err", a->err, sizeof a->err);
    a->out_size = without_times(a->out, a->out_size);
}

static bool is_right(const answer *a, const answer *right) {
    return a->status == right->status && a->out_size == right->out_size && a->err_size == 0
           && memcmp(a->out, right->out, a->out_size) == 0;
}

/* Exit 1, one line, nothing beside it. */
static bool is_error(const answer *a) {
    char *end = strchr(a->err, '\n');
    return WIFEXITED(a->status) && WEXITSTATUS(a->status) == 1 && a->out_size == 0
           && strncmp(a->err, "traincast: ", 11) == 0 && end && (size_t)(end + 1 - a->err) == a->err_size;
}

static void forget_store(void) {
    remove("s.sqlite");
    remove("s.sqlite-wal");
    remove("s.sqlite-shm");
}

static void report(const char *command, long at, bool on, long count, const answer *a, const char *what) {
    printf("FAIL: traincast %s: allocation %ld of %ld%s fails: %s %d, %zu bytes: %.200s%s\n", command, at, count,
           on ? " and all later ones" : "", WIFSIGNALED(a->status) ? "signal" : "exit",
           WIFSIGNALED(a->status) ? WTERMSIG(a->status) : WEXITSTATUS(a->status), a->out_size, a->err, what);
    fflush(stdout);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Fails allocations of one command line; returns how many. */
static long attack(const char *command, long faults, double until, long *found) {
    static answer right, counted, a;
    char number[32];
    long tried = 0;
    bool sweeps = strncmp(command, "sweep", 5) == 0;
    if (!right.out) right.out = malloc(TEXT), counted.out = malloc(TEXT), a.out = malloc(TEXT);
    forget_store();
    run(command, -1, false, &right);
    forget_store();
    run(command, 0, false, &counted);
    read_file("count", number, sizeof number);
    long count = strtol(number, NULL, 10), most = faults > 0 && faults < 2 * count ? faults : 2 * count;
    if (!is_right(&counted, &right) || count == 0) {
        report(command, 0, false, count, &counted, " (nothing failed)");
        ++*found;
        return 0;
    }
    /* spread over all of them, however early it ends; every second one alone */
    for (long i = 0; i < most && now() < until; i++) {
        long at = 1 + i / 2 * SPREAD % count, on = i % 2;
        forget_store();
        run(command, at, on, &a);
        tried++;
        bool well = is_right(&a, &right) || is_error(&a);
        if (!well) report(command, at, on, count, &a, ""), ++*found;
        if (!sweeps || !well || is_right(&a, &right)) continue;
        run(command, -1, false, &a); /* goes on with what it kept */
        if (!is_right(&a, &right)) report(command, at, on, count, &a, " (in the start that went on)"), ++*found;
    }
    return tried;
}

/* Where nothing can be preloaded, as into a program with the address sanitizer, there is nothing to attack. */
static bool can_preload(void) {
    answer a = {.out = malloc(TEXT)};
    char number[32];
    remove("count");
    run("--version", 0, false, &a);
    free(a.out);
    return a.status == 0 && a.err_size == 0 && read_file("count", number, sizeof number) > 0;
}

static char *whole_path(const char *path) {
    char *whole = realpath(path, NULL);
    if (!whole) perror(path), exit(2);
    return whole;
}

/* attack_ask is built beside this program. */
static char *asker_beside(const char *self) {
    const char *slash = strrchr(self, '/');
    size_t room = strlen(self) + sizeof "attack_ask";
    char *path = malloc(room);
    if (!path) perror(self), exit(2);
    snprintf(path, room, "%.*sattack_ask", slash ? (int)(slash + 1 - self) : 0, self);
    char *whole = whole_path(path);
    free(path);
    return whole;
}

int main(int argc, char **argv) {
    long faults = 60, tried = 0, found = 0;
    double seconds = 1e9, begin = now();
    const char *parent = "/tmp";
    if (argc < 4) return fprintf(stderr, "attack_faults PROGRAM SHIM SOURCE_DIR\n"), 2;
    for (int i = 4; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--faults") == 0) faults = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--seconds") == 0) seconds = strtod(argv[i + 1], NULL);
        if (strcmp(argv[i], "--folder") == 0) parent = argv[i + 1];
    }
    program = whole_path(argv[1]), shim = whole_path(argv[2]), source = whole_path(argv[3]);
    asker = asker_beside(argv[0]);
    snprintf(folder, sizeof folder, "%s/traincast-faults-XXXXXX", parent);
    if (!mkdtemp(folder) || chdir(folder)) return perror(folder), 2;
    setenv("HOME", folder, 1);
    unsetenv("XDG_DATA_HOME");
    unsetenv("COLUMNS");
    if (can_preload()) {
        int count = COMMANDS - (faults > 0 ? LONG_ONES : 0);
        for (int i = 0; i < count; i++) {
            double left = begin + seconds - now();
            long n = attack(commands[i], faults, now() + left / (count - i), &found);
            if (faults == 0 || seconds < 1e9) printf("%s: %ld allocations failed\n", commands[i], n), fflush(stdout);
            tried += n;
        }
        printf("attack_faults: %ld allocations failed under %d command lines, %ld ended in another way than the right "
               "answer or exit 1 and one line\n",
               tried, count, found);
    } else {
        printf("attack_faults: nothing can be preloaded into %s: nothing to attack\n", program);
    }
    static const char *const made[] = {"out", "err", "count"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) remove(made[i]);
    forget_store();
    if (chdir("/") == 0) rmdir(folder);
    return found > 0;
}

/* attack_files.c - every scalar and key of every shipped file, one hostile version after the other, through every command.
 *
 *   attack_files SOURCE_DIR --list
 *   attack_files SOURCE_DIR --kind K --input FILE
 *   attack_files SOURCE_DIR [--kind K] [--rounds N | --inputs N] [--seconds S] [--seed N] [--folder DIR] [--seeds DIR]
 *
 * A round changes each word of each file once, which version and which command drawn; --inputs N takes so many of a
 * round for each kind, spread over it. Each kind runs in a process of its own, which after a crash or a hang goes on behind the
 * input that did it. --seeds DIR only writes what each kind begins with. Exit 1 if anything was found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attack.h"

enum {
    SEEDS = 2000,
    TOKENS = 20000,
    STORE_CASES = 1000,
    ROOM = 1 << 23,
    NAME = 1024,
    CPU_LIMIT_S = 10,
    FOUND_MAX = 12
};

typedef struct settings {
    const char *source, *kind, *folder, *seeds, *input;
    long rounds, inputs;
    double seconds;
    uint64_t seed;
} settings;

/* What a worker tells, over its death. */
typedef struct progress {
    long next;                   /* index of the input that comes next */
    long tried, answered, found; /* inputs of all workers */
    double longest_s;
    char longest[NAME], last[NAME]; /* what is being tried, for the report of a crash */
} progress;

/* ---- seeds ------------------------------------------------------------------------------------------ */

static int write_seeds(const settings *s, const attack_kind *kind) {
    static attack_seed seed[SEEDS];
    char path[1024];
    int count = attack_seeds(kind, s->source, s->folder, seed, SEEDS);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s-%d", s->seeds, kind->name, i);
        FILE *file = fopen(path, "wb");
        if (!file || fwrite(seed[i].bytes, 1, seed[i].size, file) != seed[i].size || fclose(file))
            return perror(path), 1;
        free(seed[i].bytes);
    }
    return count == 0;
}

/* ---- a worker ------------------------------------------------------------------------------------------ */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t draw(uint64_t *state) {
    *state = (*state ^ *state >> 31) * 0x9e3779b97f4a7c15u + 1442695040888963407u;
    return *state >> 20;
}

static void keep(const settings *s, const attack_kind *kind, long found, const char *bytes, size_t size) {
    char path[1024];
    snprintf(path, sizeof path, "%s/found-%s-%ld", s->folder, kind->name, found);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) perror(path);
}

typedef struct cases {
    attack_seed seed[SEEDS];
    attack_token *token[SEEDS];
    int tokens[SEEDS], seeds;
    long total; /* tokens of all */
} cases;

static void open_cases(const settings *s, const attack_kind *kind, cases *c) {
    static attack_token token[TOKENS];
    c->seeds = attack_seeds(kind, s->source, s->folder, c->seed, SEEDS);
    for (int i = 0; i < c->seeds; i++) {
        c->tokens[i] = kind->store ? STORE_CASES : attack_tokens(c->seed[i].bytes, c->seed[i].size, token, TOKENS);
        size_t bytes = (size_t)c->tokens[i] * sizeof *token;
        c->token[i] = malloc(bytes + 1);
        if (!kind->store) memcpy(c->token[i], token, bytes);
        c->total += c->tokens[i];
    }
}

/* One more word changed. */
static size_t change_again(char *out, size_t size, size_t room, uint64_t *state) {
    static attack_token token[TOKENS];
    static char twice[ROOM];
    int count = attack_tokens(out, size, token, TOKENS);
    if (count == 0) return size;
    int again = (int)(draw(state) % (uint64_t)count), version = (int)(draw(state) % (uint64_t)attack_versions());
    size = attack_mutate(out, size, token, count, again, version, draw(state), twice, room);
    memcpy(out, twice, size);
    return size;
}

/* The hostile input of that index; name: what it is. */
static size_t make_input(const attack_kind *kind, const cases *c, uint64_t seed, long index, char out[ROOM],
                         char name[NAME]) {
    uint64_t state = seed ^ (uint64_t)index * 0xd1342543de82ef95u;
    long at = index % c->total;
    int i = 0;
    draw(&state);
    while (at >= c->tokens[i]) at -= c->tokens[i++];
    const attack_seed *from = &c->seed[i];
    if (kind->store) {
        snprintf(name, NAME, "store %ld", index);
        return attack_damage_store(from->bytes, from->size, draw(&state), out, ROOM);
    }
    int version = (int)(draw(&state) % (uint64_t)attack_versions());
    const attack_token *t = &c->token[i][at];
    int shown = t->end - t->begin < 60 ? (int)(t->end - t->begin) : 60;
    snprintf(name, NAME, "seed %d, word %ld '%.*s', version %d", i, at, shown, from->bytes + t->begin, version);
    size_t size
        = attack_mutate(from->bytes, from->size, c->token[i], c->tokens[i], (int)at, version, draw(&state), out, ROOM);
    return draw(&state) % 4 ? size : change_again(out, size, ROOM, &state);
}

static void limit_cpu(void) {
    struct itimerval limit = {.it_value.tv_sec = CPU_LIMIT_S}; /* SIGPROF ends the worker */
    setitimer(ITIMER_PROF, &limit, NULL);
}

static void work(const settings *s, const attack_kind *kind, const cases *c, long stride, double until, progress *p) {
    static char out[ROOM];
    long rounds = s->rounds > 0 ? s->rounds : 1000000000L, end = stride > 1 ? c->total : rounds * c->total;
    attack_begin(s->folder, s->source);
    for (; p->next < end && p->found < FOUND_MAX && now() < until;) {
        char why[2048];
        long index = p->next;
        p->next += stride;
        size_t size = make_input(kind, c, s->seed, index, out, p->last);
        limit_cpu();
        p->tried++;
        double start = now();
        attack_result result = attack_run(kind, out, size, why, sizeof why);
        if (now() - start > p->longest_s) {
            p->longest_s = now() - start;
            memcpy(p->longest, p->last, sizeof p->longest);
        }
        p->answered += result == ATTACK_ANSWERED;
        if (result != ATTACK_BROKEN) continue;
        keep(s, kind, p->found, out, size);
        printf("FAIL: %s: %s: %s; kept as found-%s-%ld\n", kind->name, p->last, why, kind->name, p->found++);
        fflush(stdout);
    }
    attack_end();
}

/* Runs workers until all is tried; a dead one's input counts as found. */
static void attack(const settings *s, const attack_kind *kind, double until, progress *p) {
    static cases c;
    memset(&c, 0, sizeof c);
    memset(p, 0, sizeof *p);
    open_cases(s, kind, &c);
    long stride = s->inputs > 0 && c.total > s->inputs ? c.total / s->inputs : 1;
    p->next = stride > 1 ? (long)(s->seed % (uint64_t)stride) : 0;
    for (bool more = c.total > 0; more;) {
        int status;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            work(s, kind, &c, stride, until, p);
            exit(0);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid) return;
        more = !(WIFEXITED(status) && WEXITSTATUS(status) == 0) && p->found < FOUND_MAX;
        if (!more) continue;
        static char out[ROOM];
        size_t size = make_input(kind, &c, s->seed, p->next - stride, out, p->last);
        keep(s, kind, p->found, out, size);
        printf("FAIL: %s: %s: %s: %s %d; kept as found-%s-%ld\n", kind->name, p->last, attack_command(kind, out, size),
               WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
               kind->name, p->found++);
    }
    for (int i = 0; i < c.seeds; i++) free(c.seed[i].bytes), free(c.token[i]);
}

/* One input again, as it was kept. */
static int run_input(const settings *s) {
    const attack_kind *kind = s->kind ? attack_kind_find(s->kind) : NULL;
    static char bytes[ROOM];
    char why[2048];
    FILE *file = fopen(s->input, "rb");
    if (!kind || !file) return fprintf(stderr, "--input FILE needs --kind K\n"), 2;
    size_t size = fread(bytes, 1, ROOM, file);
    fclose(file);
    printf("%s: %s\n", kind->name, attack_command(kind, bytes, size));
    fflush(stdout);
    attack_begin(s->folder, s->source);
    attack_result result = attack_run(kind, bytes, size, why, sizeof why);
    attack_end();
    printf("%s %s\n", result == ATTACK_BROKEN ? "broken:" : result == ATTACK_REFUSED ? "refused" : "answered", why);
    return result == ATTACK_BROKEN;
}

/* ---- the command line -------------------------------------------------------------------------------------- */

static bool take(settings *s, const char *name, const char *value) {
    if (strcmp(name, "--kind") == 0)
        s->kind = value;
    else if (strcmp(name, "--rounds") == 0)
        s->rounds = strtol(value, NULL, 10);
    else if (strcmp(name, "--inputs") == 0)
        s->inputs = strtol(value, NULL, 10);
    else if (strcmp(name, "--seconds") == 0)
        s->seconds = strtod(value, NULL);
    else if (strcmp(name, "--seed") == 0)
        s->seed = strtoull(value, NULL, 10);
    else if (strcmp(name, "--folder") == 0)
        s->folder = value;
    else if (strcmp(name, "--input") == 0)
        s->input = value;
    else if (strcmp(name, "--seeds") == 0)
        s->seeds = value;
    else
        return false;
    return true;
}

int main(int argc, char **argv) {
    settings s = {.source = argc > 1 ? argv[1] : ".", .folder = "/tmp", .rounds = 1, .seed = 1};
    bool list = argc == 3 && strcmp(argv[2], "--list") == 0; /* the kinds, a word each */
    for (const attack_kind *k = attack_kinds; list && k->name; k++) puts(k->name);
    if (list) return 0;
    for (int i = 2; i + 1 < argc; i += 2)
        if (!take(&s, argv[i], argv[i + 1])) return fprintf(stderr, "%s: unknown\n", argv[i]), 2;
    if (s.input) return run_input(&s);
    progress *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return perror("mmap"), 2;
    long tried = 0, answered = 0, found = 0;
    int kinds = 0, left = 0;
    double begin = now();
    for (const attack_kind *k = attack_kinds; k->name; k++) left += !s.kind || strcmp(s.kind, k->name) == 0;
    for (const attack_kind *k = attack_kinds; k->name; k++) {
        if (s.kind && strcmp(s.kind, k->name) != 0) continue;
        if (s.seeds) {
            if (write_seeds(&s, k)) return 1;
            continue;
        }
        /* of the seconds that are left, each kind gets its part */
        double until = s.seconds > 0 ? now() + (begin + s.seconds - now()) / left : now() + 1e9;
        left--;
        double start = now();
        attack(&s, k, until, p);
        printf("%s: %ld inputs, %ld answered, %ld found, %.0f s, longest %.1f s: %s\n", k->name, p->tried, p->answered,
               p->found, now() - start, p->longest_s, p->longest);
        if (p->tried == 0) printf("FAIL: %s: nothing was tried\n", k->name), found++;
        tried += p->tried, answered += p->answered, found += p->found, kinds++;
    }
    if (!s.seeds)
        printf("attack_files: %ld hostile inputs of %d kinds, %ld answered, %ld found\n", tried, kinds, answered,
               found);
    return found > 0;
}

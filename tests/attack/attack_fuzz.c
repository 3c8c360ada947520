/* attack_fuzz.c - the attack under libFuzzer: ATTACK_KIND says on what, ATTACK_SOURCE where the data
 * are, ATTACK_FOLDER below what to work. Words and keys are changed as such. `attack_files --seeds` writes what to begin with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attack.h"

enum { TOKENS = 20000 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

static const attack_kind *kind;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    const char *name = getenv("ATTACK_KIND"), *folder = getenv("ATTACK_FOLDER"), *source = getenv("ATTACK_SOURCE");
    kind = name ? attack_kind_find(name) : NULL;
    if (!kind) {
        fprintf(stderr, "ATTACK_KIND is no kind of attack\n");
        exit(2);
    }
    attack_begin(folder ? folder : "/tmp", source ? source : ".");
    atexit(attack_end);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char why[2048];
    if (attack_run(kind, (const char *)data, size, why, sizeof why) != ATTACK_BROKEN) return 0;
    fprintf(stderr, "broken: %s: %s\n", kind->name, why);
    abort();
}

static uint64_t next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 24;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
    static attack_token token[TOKENS];
    static char out[1 << 20];
    uint64_t state = seed * 2654435761u + 12345;
    if (kind->store && seed % 4) {
        size = attack_damage_store((const char *)data, size, next(&state), out, room < sizeof out ? room : sizeof out);
        memcpy(data, out, size);
        return size;
    }
    for (int changes = 1 + (int)(next(&state) % 3); changes > 0; changes--) {
        int count = attack_tokens((const char *)data, size, token, TOKENS);
        if (kind->store || count == 0 || next(&state) % 6 == 0) {
            size = LLVMFuzzerMutate(data, size, room);
            continue;
        }
        int at = (int)(next(&state) % (uint64_t)count), version = (int)(next(&state) % (uint64_t)attack_versions());
        size_t length = attack_mutate((const char *)data, size, token, count, at, version, next(&state), out,
                                      room < sizeof out ? room : sizeof out);
        memcpy(data, out, length);
        size = length;
    }
    return size;
}

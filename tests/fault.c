/* fault.c - preloaded into the program by attack_faults: the TC_FAIL_AT-th allocation fails; with TC_FAIL_ON all later ones too.
 *
 * How many there were goes to the file TC_FAULT_COUNT, if it is given. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long count;
static long fail_at;
static bool fail_on;
static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);

/* dlsym may allocate before calloc is known: from here, never given back. */
static char early[4096];
static size_t early_used;

__attribute__((constructor)) static void start(void) {
    *(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
    *(void **)&real_realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");
    const char *at = getenv("TC_FAIL_AT");
    fail_at = at ? strtol(at, NULL, 10) : 0;
    fail_on = getenv("TC_FAIL_ON") != NULL;
    count = 0;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("TC_FAULT_COUNT");
    long n = count;
    fail_at = 0;
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", n);
    fclose(file);
}

static bool fails(void) {
    long n = atomic_fetch_add(&count, 1) + 1;
    if (fail_at == 0 || n < fail_at || (n > fail_at && !fail_on)) return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) {
    if (!real_malloc) start();
    return fails() ? NULL : real_malloc(size);
}

void *calloc(size_t n, size_t size) {
    if (!real_calloc) { /* zero, being static */
        size_t at = early_used;
        early_used += (n * size + 15) / 16 * 16;
        return early_used <= sizeof early ? early + at : NULL;
    }
    return fails() ? NULL : real_calloc(n, size);
}

void *realloc(void *block, size_t size) {
    if (!real_realloc) start();
    return fails() ? NULL : real_realloc(block, size);
}

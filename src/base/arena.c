/* arena.c - a list of blocks that double in size. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct tc_arena_block {
    tc_arena_block *next;
    size_t used, room;
    max_align_t data[];
};

#define FIRST_BLOCK ((size_t)16384)

void *tc_arena_alloc(tc_arena *arena, size_t bytes) {
    const size_t align = sizeof(max_align_t);
    if (bytes > SIZE_MAX / 2) return NULL;
    bytes = (bytes + align - 1) / align * align;
    tc_arena_block *block = arena->first;
    if (!block || block->room - block->used < bytes) {
        size_t room = block ? 2 * block->room : FIRST_BLOCK;
        if (room < bytes) room = bytes;
        block = calloc(1, sizeof *block + room);
        if (!block) return NULL;
        block->room = room;
        block->next = arena->first;
        arena->first = block;
    }
    void *memory = (char *)block->data + block->used;
    block->used += bytes;
    return memory;
}

void *tc_arena_grow(tc_arena *arena, void *array, int count, int *room, size_t element) {
    if (count < *room) return array;
    int more = count < 8 ? 16 : 2 * count;
    void *longer = tc_arena_alloc(arena, (size_t)more * element);
    if (!longer) return NULL;
    if (count > 0) memcpy(longer, array, (size_t)count * element);
    *room = more;
    return longer;
}

char *tc_arena_copy(tc_arena *arena, const char *text, size_t length) {
    char *copy = tc_arena_alloc(arena, length + 1);
    if (copy) memcpy(copy, text, length);
    return copy;
}

void tc_arena_free(tc_arena *arena) {
    while (arena->first) {
        tc_arena_block *next = arena->first->next;
        free(arena->first);
        arena->first = next;
    }
}

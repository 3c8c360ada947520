/* arena.h - memory that lives as long as its owner: allocate often, free once. */
#ifndef TC_BASE_ARENA_H
#define TC_BASE_ARENA_H

#include "traincast.h"

typedef struct tc_arena_block tc_arena_block;

/* Zeroed memory aligned for any type, or NULL when none is left. */
void *tc_arena_alloc(tc_arena *arena, size_t bytes);
char *tc_arena_copy(tc_arena *arena, const char *text, size_t length);
void tc_arena_free(tc_arena *arena);

#endif

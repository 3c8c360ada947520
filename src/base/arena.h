/* arena.h - memory that lives as long as its owner: allocate often, free once. */
#ifndef TC_BASE_ARENA_H
#define TC_BASE_ARENA_H

#include "traincast.h"

typedef struct tc_arena_block tc_arena_block;

/* Zeroed memory aligned for any type, or NULL when none is left. */
void *tc_arena_alloc(tc_arena *arena, size_t bytes);
/* The array of `count` elements with room for one more: itself, or a copy twice as long; NULL when no memory is left. *room: its
 * elements, 0 for an array that is not there yet. */
void *tc_arena_grow(tc_arena *arena, void *array, int count, int *room, size_t element);
char *tc_arena_copy(tc_arena *arena, const char *text, size_t length);
void tc_arena_free(tc_arena *arena);

#endif

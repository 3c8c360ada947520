/* ages.h - a stack is a program at a date.
 *
 * A stack's file says what the program is now. Its `ages`, the newest first, say what was otherwise until the end of a month - kernels,
 * graphs, dispatcher, overlap, what is kept in memory -, or which stack it became from a month on. "megatron-core@2025-09" is the
 * program of that month: the ages that had not ended, the oldest last. Parameters have no age: they are fitted for a stack, and what
 * differs between its ages is known. */
#ifndef TC_CATALOG_AGES_H
#define TC_CATALOG_AGES_H

#include "catalog/kinds.h"

/* "2025-09" as 202509; a year alone counts as its July. 0 where it is no date. */
int tc_stack_date(const char *text);

/* "megatron-core@2025-09": the date, and the name without it (room bytes). TC_INVALID where something else stands behind the sign;
 * date 0 without one. */
TC_NODISCARD tc_code tc_stack_name_split(const char *text, char *name, size_t room, int *date, tc_error *error);

/* Each age has a date, and they follow one another. */
TC_NODISCARD tc_code tc_stack_ages_check(const tc_document *document, tc_error *error);
/* The stack that the document's became by then; NULL. */
const char *tc_stack_becomes(const tc_document *document, int date);
/* What was otherwise at that date, over what the stack is now. */
TC_NODISCARD tc_code tc_stack_ages_apply(const tc_stack_chain *chain, int date, tc_stack *stack, tc_error *error);

#endif

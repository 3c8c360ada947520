/* store.h - the results of sweeps in an SQLite file.
 *
 * One row a search, written in a transaction of its own with a write-ahead log: a process that is
 * killed leaves whole rows only. A row that is there is never written again. */
#ifndef TC_STORE_STORE_H
#define TC_STORE_STORE_H

#include "sweep/sweep.h"

typedef struct tc_store tc_store;

/* Opens the file, or makes it. Errors name the file. */
TC_NODISCARD tc_code tc_store_open(const char *path, tc_store **out, tc_error *error);
void tc_store_close(tc_store *store);

TC_NODISCARD tc_code tc_store_put(tc_store *store, const tc_sweep_row *row, const char *data, tc_error *error);
/* found: whether the key is there; row may be NULL. */
TC_NODISCARD tc_code tc_store_get(tc_store *store, const char *key, tc_sweep_row *row, bool *found, tc_error *error);

#endif

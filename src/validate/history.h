/* history.h - whole training runs as their sources tell them, one JSON object a line: how many days, on what, of how many tokens.
 *
 * Keys: `id`, `url`, `accelerator`, `devices`, `model` (a slug of the catalog, or words with a size), `tokens`, `seq`,
 * `global_batch` (sequences), `tp`, `pp`, `start` ("2022-03-11"), `days` (elapsed), `device_hours`, `stack`; and what makes days
 * no measure of a fleet: `fleet_change` (text), `mixed_fleet`, `elastic`, `ideal` (true). Others are ignored. */
#ifndef TC_VALIDATE_HISTORY_H
#define TC_VALIDATE_HISTORY_H

#include "base/arena.h"
#include "traincast.h"

typedef struct tc_history {
    int line;
    const char *refused;                          /* "FILE:LINE: field: ..."; NULL */
    const char *id, *accelerator, *model, *stack; /* "" where not stated */
    const char *skip;                             /* why its days cannot be compared; NULL */
    int devices, seq, tp, pp, year;               /* 0 where not stated */
    int64_t global_batch;                         /* 0 */
    double tokens, days, device_hours;            /* 0 */
} tc_history;

typedef struct tc_history_list {
    tc_history *row;
    int count;
} tc_history_list;

/* All rows of a text, in the arena; one that is wrong is refused and the others go on. `path` is for places. */
TC_NODISCARD tc_code tc_history_read(const char *path, const char *text, size_t length, tc_arena *arena,
                                     tc_history_list *out, tc_error *error);

#endif

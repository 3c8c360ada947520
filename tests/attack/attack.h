/* attack.h - hostile inputs through the whole program in one process: bytes as a file or a list of options, a command
 * line, its output, and the contract that every answer keeps. */
#ifndef TC_ATTACK_H
#define TC_ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what there is to attack (kinds.c) ------------------------------------------------------------- */

typedef struct attack_kind {
    const char *name;
    const char *seeds; /* files to begin with, below the source folder; NULL: attack_seeds makes them */
    const char *file;  /* where the bytes lie, in the work folder; below "catalog/": a data file of one's own */
    bool lines;        /* the first few of a seed alone */
    bool store;        /* a store of a sweep: bytes, not words; a damaged one may be exit 1 */
    const char *const *commands; /* '@': the file; NULL at the end. NULL: the bytes are a list of options */
} attack_kind;

extern const attack_kind attack_kinds[];
const attack_kind *attack_kind_find(const char *name);

typedef struct attack_seed {
    char *bytes;
    size_t size;
} attack_seed;

/* What it begins with, from files or made: examples of the help, answers of the program. folder: where there is room for a file
 * on the way. The caller frees the bytes. */
int attack_seeds(const attack_kind *kind, const char *source, const char *folder, attack_seed *seed, int most);

/* ---- one attack (contract.c) ------------------------------------------------------------------------ */

/* Makes an empty folder below `parent` the current one, with the shipped data at "data"; nothing is written elsewhere. */
void attack_begin(const char *parent, const char *source);
void attack_end(void); /* and removes it */

typedef enum attack_result { ATTACK_BROKEN, ATTACK_REFUSED, ATTACK_ANSWERED } attack_result;

/* Runs the bytes; which of the kind's commands follows from them. Broken is the contract; why: in a line. */
attack_result attack_run(const attack_kind *kind, const char *bytes, size_t size, char *why, size_t why_size);

/* The command line that the bytes go through; empty: they are one, or a question. */
const char *attack_command(const attack_kind *kind, const char *bytes, size_t size);

/* ---- hostile versions of a file (mutate.c) ------------------------------------------------------------- */

typedef struct attack_token {
    size_t begin, end; /* quotes included */
    bool key;
} attack_token;

/* The scalars and keys of a YAML or JSON text, or the words of a list. Returns how many. */
int attack_tokens(const char *text, size_t size, attack_token *token, int most);

/* How many hostile versions of one token there are; further ones draw from `random` what they put there. */
int attack_versions(void);

/* The text with one token in a hostile version: another value, another kind, gone, twice, renamed. Returns its length, at
 * most `room`; 0 where there is none. */
size_t attack_mutate(const char *text, size_t size, const attack_token *tokens, int count, int at, int version,
                     uint64_t random, char *out, size_t room);

/* A store of a sweep with hostile bytes, rows or columns (store.c). Returns its length. */
size_t attack_damage_store(const char *bytes, size_t size, uint64_t random, char *out, size_t room);

/* A finished store of sweep-small.yaml; false without SQLite. */
bool attack_make_store(const char *source, const char *folder, attack_seed *seed);

#endif

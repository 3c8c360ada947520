/* store.c - hostile versions of a sweep's store: bytes flipped or cut off, values and columns that it should not hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"
#include "cli/program.h"

#ifdef TC_HAVE_SQLITE
#include <sqlite3.h>

#define MADE "made.sqlite"
#define STORE_ROOM ((size_t)1 << 20)

static uint64_t next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static size_t read_made(char *out, size_t room) {
    FILE *file = fopen(MADE, "rb");
    size_t size = file ? fread(out, 1, room, file) : 0;
    if (file) fclose(file);
    return size;
}

static bool write_made(const char *bytes, size_t size) {
    FILE *file = fopen(MADE, "wb");
    bool written = file && fwrite(bytes, 1, size, file) == size;
    return file && fclose(file) == 0 && written;
}

bool attack_make_store(const char *source, const char *folder, attack_seed *seed) {
    static tc_page page;
    char sweep[600], store[600];
    snprintf(sweep, sizeof sweep, "%s/tests/attack/sweep-small.yaml", source);
    snprintf(store, sizeof store, "%s/traincast-store-XXXXXX", folder);
    int made = mkstemp(store); /* an empty file is an empty store */
    if (made < 0) perror(store), abort();
    close(made);
    char *argv[] = {"traincast", "sweep", sweep, "--store", store, "--quiet", "--threads", "1"};
    tc_program_run(8, argv, NULL, &page);
    free(page.output.text);
    FILE *file = fopen(store, "rb");
    if (page.exit_code || !file) fprintf(stderr, "%s: %s\n", page.error.place, page.error.text), abort();
    seed->bytes = malloc(STORE_ROOM);
    seed->size = fread(seed->bytes, 1, STORE_ROOM, file);
    fclose(file);
    remove(store);
    return true;
}

/* The table's columns by name, as many as fit; returns how many. */
static int read_columns(sqlite3 *db, char column[][64], int most) {
    sqlite3_stmt *statement;
    int count = 0;
    if (sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_info('search')", -1, &statement, NULL)) return 0;
    while (count < most && sqlite3_step(statement) == SQLITE_ROW)
        snprintf(column[count++], sizeof column[0], "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return count;
}

static void change_rows(sqlite3 *db, uint64_t *state) {
    static const char *const value[] = {"NULL",       "0",
                                        "-1",         "1",
                                        "9e999",      "-9e999",
                                        "1e308",      "1e-308",
                                        "2147483648", "9223372036854775807",
                                        "'x'",        "''",
                                        "'nan'",      "'inf'",
                                        "x'ff00fe'",  "'<script>&'",
                                        "'=cmd()'",   "char(27) || '[2J'",
                                        "char(8238)", "hex(zeroblob(40000))",
                                        "'found'",    "'infeasible'",
                                        "'failed'",   "'both:0'",
                                        "'hsdp:-1'",  "'hsdp'",
                                        "'2,3'",      "0.5"};
    char column[80][64], sql[512];
    int columns = read_columns(db, column, 80);
    if (columns == 0) return;
    for (uint64_t changes = 1 + next(state) % 4; changes > 0; changes--) {
        const char *c = column[next(state) % (uint64_t)columns];
        snprintf(sql, sizeof sql, "UPDATE search SET %s = %s %s", c,
                 value[next(state) % (sizeof value / sizeof *value)],
                 next(state) % 2 ? "" : "WHERE abs(random()) % 3 = 0");
        sqlite3_exec(db, sql, NULL, NULL, NULL);
    }
}

static void change_table(sqlite3 *db, uint64_t *state) {
    static const char *const change[]
        = {"ALTER TABLE search DROP COLUMN %s",
           "ALTER TABLE search RENAME COLUMN %s TO other",
           "ALTER TABLE search RENAME TO other",
           "DROP TABLE search",
           "DELETE FROM search WHERE abs(random()) %% 2",
           "CREATE VIEW v AS SELECT %s FROM search",
           "CREATE TRIGGER t BEFORE INSERT ON search BEGIN SELECT RAISE(ABORT, '%s'); END",
           "PRAGMA user_version = 99",
           "ALTER TABLE search RENAME TO o; CREATE VIEW search AS SELECT * FROM o",
           "DROP TABLE search; CREATE TABLE search (key, %s)",
           "DELETE FROM search; CREATE TRIGGER t AFTER INSERT ON search BEGIN UPDATE search SET %s = 9e999; END",
           "CREATE UNIQUE INDEX i ON search (abs(%s) * 0)",
           "DELETE FROM search; PRAGMA page_size = 512; VACUUM"};
    char column[80][64], sql[512];
    int columns = read_columns(db, column, 80);
    if (columns == 0) return;
    const char *format = change[next(state) % (sizeof change / sizeof *change)];
    char *at = strstr(format, "%s");
    snprintf(sql, sizeof sql, "%.*s%s%s", at ? (int)(at - format) : (int)strlen(format), format,
             at ? column[next(state) % (uint64_t)columns] : "", at ? at + 2 : "");
    sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static size_t damage_rows(const char *bytes, size_t size, uint64_t *state, char *out, size_t room) {
    sqlite3 *db;
    if (!write_made(bytes, size)) return 0;
    if (sqlite3_open(MADE, &db) == SQLITE_OK) {
        sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
        if (next(state) % 3)
            change_rows(db, state);
        else
            change_table(db, state);
    }
    sqlite3_close(db);
    size = read_made(out, room);
    remove(MADE);
    return size;
}

static size_t damage_bytes(const char *bytes, size_t size, uint64_t *state, char *out, size_t room) {
    if (size > room) size = room;
    memcpy(out, bytes, size);
    uint64_t what = next(state) % 8;
    if (what == 0) return next(state) % (size + 1);
    if (what == 1 && size > 512) { /* a block of it lost */
        memset(out + next(state) % (size - 512), next(state) % 2 ? 0 : 255, 512);
        return size;
    }
    for (uint64_t flips = 1 + next(state) % 16; flips > 0 && size > 0; flips--) {
        size_t at = next(state) % (what < 4 && size > 200 ? 200 : size); /* the head more often */
        char flipped = (char)((unsigned char)out[at] ^ (1u << next(state) % 8)), drawn = (char)next(state);
        out[at] = next(state) % 2 ? flipped : drawn;
    }
    return size;
}

size_t attack_damage_store(const char *bytes, size_t size, uint64_t random, char *out, size_t room) {
    uint64_t state = random;
    return next(&state) % 2 ? damage_rows(bytes, size, &state, out, room)
                            : damage_bytes(bytes, size, &state, out, room);
}
#else
bool attack_make_store(const char *source, const char *folder, attack_seed *seed) {
    (void)source, (void)folder, (void)seed;
    return false;
}

size_t attack_damage_store(const char *bytes, size_t size, uint64_t random, char *out, size_t room) {
    (void)random;
    if (size > room) size = room;
    memcpy(out, bytes, size);
    return size;
}
#endif

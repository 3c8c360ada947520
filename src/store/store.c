/* store.c - one table, `search`: what a sweep's row says, a column each. */
#include "store/store.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "base/vocabulary.h"
#include "layout/fields.h"

#define BUSY_MS 60000

struct tc_store {
    sqlite3 *db;
    sqlite3_stmt *put, *get;
    char path[256];
};

typedef enum column_kind { TEXT, INTEGER, INTEGER64, REAL, WORD, LAYOUT } column_kind;

/* A column and the member that it holds. Words are written as the options spell them. */
typedef struct column {
    const char *name;
    column_kind kind;
    size_t offset, size; /* size: of a text; offset of LAYOUT: its tc_layout_id */
    const char *const *words;
} column;

static const char *const status_words[] = {"found", "infeasible", "failed", NULL};

#define AT(member) offsetof(tc_sweep_row, member)
#define TEXT_OF(name, member)                                                                                          \
    { name, TEXT, AT(member), sizeof(((tc_sweep_row *)0)->member), NULL }
static const column columns[] = {
    TEXT_OF("key", key),
    TEXT_OF("model", model),
    TEXT_OF("accelerator", accelerator),
    {"devices", INTEGER, AT(devices), 0, NULL},
    {"global_batch", INTEGER, AT(global_batch), 0, NULL},
    {"dtype", WORD, AT(dtype), 0, tc_dtype_names},
    {"seq", INTEGER, AT(seq), 0, NULL},
    TEXT_OF("fabric", fabric),
    TEXT_OF("stack", stack),
    {"status", WORD, AT(status), 0, status_words},
    TEXT_OF("note", note),
    {"space", INTEGER64, AT(space), 0, NULL},
    {"rejected_memory", INTEGER64, AT(rejected_memory), 0, NULL},
#define LAYOUT_FIELD(id, member, ...) {#member, LAYOUT, TC_LAYOUT_##id, 0, NULL},
#include "layout/fields.def"
#undef LAYOUT_FIELD
    {"step_s", REAL, AT(step_s), 0, NULL},
    {"step_s_p10", REAL, AT(step_s_p10), 0, NULL},
    {"step_s_p90", REAL, AT(step_s_p90), 0, NULL},
    {"mfu_pct", REAL, AT(mfu_pct), 0, NULL},
    {"tokens_per_s_per_device", REAL, AT(tokens_per_s_per_device), 0, NULL},
    {"memory_bytes", REAL, AT(memory_bytes), 0, NULL},
    {"fits_probability", REAL, AT(fits_probability), 0, NULL},
    {"idle_devices", INTEGER, AT(idle_devices), 0, NULL},
    TEXT_OF("beyond_stack", beyond_stack),
    TEXT_OF("options", options),
    TEXT_OF("changes", set),
};
#define COLUMNS ((int)(sizeof columns / sizeof columns[0]))
#define SQL_SIZE 4096

/* right: what would be. A wrong file is a usage error, a disk that fails is none. */
static tc_code fail(const tc_store *s, tc_error *error, const char *what, const char *right) {
    int reason = s->db ? sqlite3_errcode(s->db) & 0xff : SQLITE_NOMEM;
    bool usage = reason == SQLITE_CANTOPEN || reason == SQLITE_NOTADB || reason == SQLITE_READONLY
                 || reason == SQLITE_PERM || reason == SQLITE_AUTH || reason == SQLITE_ERROR;
    return tc_fail(error, usage ? TC_INVALID : TC_INTERNAL, s->path, "%s: %.300s; %s", what,
                   s->db ? sqlite3_errmsg(s->db) : "out of memory", right);
}

/* ---- statements --------------------------------------------------------------------- */

static void append(char sql[SQL_SIZE], const char *text) { strncat(sql, text, SQL_SIZE - strlen(sql) - 1); }

static bool is_number(const column *c) {
    return c->kind == LAYOUT && tc_layout_fields[c->offset].kind <= TC_LAYOUT_KIND_SWITCH;
}

static bool is_text(const column *c) {
    return c->kind == TEXT || c->kind == WORD || (c->kind == LAYOUT && !is_number(c));
}

static const char *type_of(const column *c) { return is_text(c) ? "TEXT" : c->kind == REAL ? "REAL" : "INTEGER"; }

/* "model TEXT, devices INTEGER, ..." or the names, or a question mark each. */
static void append_columns(char sql[SQL_SIZE], bool types, bool marks) {
    for (int i = 0; i < COLUMNS; i++) {
        if (i) append(sql, ", ");
        append(sql, marks ? "?" : columns[i].name);
        if (!types) continue;
        append(sql, " ");
        append(sql, type_of(&columns[i]));
        if (i == 0) append(sql, " PRIMARY KEY");
    }
}

/* The table, or what the table of an older program lacks. */
static bool make_table(tc_store *s) {
    char sql[SQL_SIZE] = "CREATE TABLE IF NOT EXISTS search (";
    append_columns(sql, true, false);
    append(sql, ", version TEXT, data TEXT) WITHOUT ROWID");
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK) return false;
    for (int i = 0; i < COLUMNS; i++) {
        snprintf(sql, sizeof sql, "ALTER TABLE search ADD COLUMN %s %s", columns[i].name, type_of(&columns[i]));
        sqlite3_exec(s->db, sql, NULL, NULL, NULL); /* fails where it is there */
    }
    /* where it wrote a value in two columns; each fails where there never was the second */
    static const char *const joins[] = {
        ("UPDATE search SET offload = CASE offload WHEN 'none' THEN 'activations' ELSE 'all' END, "
         "offload_activations = 0 WHERE offload_activations"),
        "UPDATE search SET sharding = 'hsdp:' || hsdp WHERE sharding = 'hsdp'",
        "UPDATE search SET cp_kind = 'both:' || cp_all_to_all WHERE cp_kind = 'both'",
        "UPDATE search SET recompute = CAST(recompute_layers AS INTEGER) WHERE recompute = 'layers'",
    };
    for (size_t i = 0; i < sizeof joins / sizeof joins[0]; i++) sqlite3_exec(s->db, joins[i], NULL, NULL, NULL);
    return true;
}

static bool prepare(tc_store *s, bool writable) {
    char put[SQL_SIZE] = "INSERT OR IGNORE INTO search (", get[SQL_SIZE] = "SELECT ";
    append_columns(put, false, false);
    append(put, ", version, data) VALUES (");
    append_columns(put, false, true);
    append(put, ", ?, ?)");
    append_columns(get, false, false);
    append(get, " FROM search WHERE key = ?");
    return (!writable || sqlite3_prepare_v2(s->db, put, -1, &s->put, NULL) == SQLITE_OK)
           && sqlite3_prepare_v2(s->db, get, -1, &s->get, NULL) == SQLITE_OK;
}

/* A medium that cannot be written: what is in the store can still be read. */
static bool open_read_only(tc_store *s, const char *path) {
    char uri[3 * 4096 + 32] = "file:";
    size_t used = strlen(uri);
    for (const char *p = path; *p && used + 32 < sizeof uri; p++)
        used += (size_t)snprintf(uri + used, 4, strchr("%?#", *p) ? "%%%02x" : "%c", (unsigned char)*p);
    snprintf(uri + used, sizeof uri - used, "?immutable=1");
    sqlite3_close(s->db);
    return sqlite3_open_v2(uri, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK && prepare(s, false);
}

static tc_code open_writable(tc_store *s, tc_error *error) {
    if (sqlite3_busy_timeout(s->db, BUSY_MS) != SQLITE_OK
        || sqlite3_exec(s->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", NULL, NULL, NULL) != SQLITE_OK)
        return fail(s, error, "is no store", "give a file that a sweep made, or one that is not there yet");
    if (!make_table(s)) return fail(s, error, "cannot be written", "give a file that may be written");
    return prepare(s, true) ? TC_OK : fail(s, error, "is a store of another version", "give another file");
}

tc_code tc_store_open(const char *path, tc_store **out, tc_error *error) {
    tc_store *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s) return tc_fail(error, TC_INTERNAL, "--store", "out of memory");
    tc_utf8_cut(s->path, sizeof s->path, path);
    tc_code code = sqlite3_open(path, &s->db) == SQLITE_OK
                       ? open_writable(s, error)
                       : fail(s, error, "cannot be opened", "give a file in a folder that may be written");
    int reason = s->db ? sqlite3_errcode(s->db) & 0xff : SQLITE_NOMEM;
    if (code && (reason == SQLITE_CANTOPEN || reason == SQLITE_READONLY) && open_read_only(s, path)) code = TC_OK;
    if (code)
        tc_store_close(s);
    else
        *out = s;
    return code;
}

void tc_store_close(tc_store *s) {
    if (!s) return;
    sqlite3_finalize(s->put);
    sqlite3_finalize(s->get);
    sqlite3_close(s->db);
    free(s);
}

/* ---- rows ------------------------------------------------------------------------------ */

static int bind_field(sqlite3_stmt *put, int at, const column *c, const tc_layout *l) {
    tc_layout_id id = (tc_layout_id)c->offset;
    char value[TC_LAYOUT_VALUE];
    if (!tc_layout_is_set(l, id)) return sqlite3_bind_null(put, at);
    if (is_number(c)) return sqlite3_bind_int(put, at, tc_layout_get(l, id));
    return sqlite3_bind_text(put, at, tc_layout_value(l, id, value, sizeof value), -1, SQLITE_TRANSIENT);
}

static int bind(sqlite3_stmt *put, int at, const column *c, const tc_sweep_row *row) {
    const void *member = (const char *)row + c->offset;
    switch (c->kind) {
    case TEXT: return sqlite3_bind_text(put, at, member, -1, SQLITE_TRANSIENT);
    case INTEGER: return sqlite3_bind_int(put, at, *(const int *)member);
    case INTEGER64: return sqlite3_bind_int64(put, at, *(const int64_t *)member);
    case REAL: return sqlite3_bind_double(put, at, *(const double *)member);
    case LAYOUT: return bind_field(put, at, c, &row->layout);
    case WORD: return sqlite3_bind_text(put, at, c->words[*(const int *)member], -1, SQLITE_STATIC);
    }
    return SQLITE_ERROR;
}

/* The word's number, the first one's where an older program wrote none; -1: it is none of them. */
static int word_of(const char *const *words, const char *word) {
    for (int i = 0; word && words[i]; i++)
        if (strcmp(words[i], word) == 0) return i;
    return word ? -1 : 0;
}

static void take_field(sqlite3_stmt *get, int at, const column *c, tc_layout *l) {
    tc_layout_id id = (tc_layout_id)c->offset;
    const char *text = (const char *)sqlite3_column_text(get, at);
    tc_error unused;
    tc_layout_clear(l, id);
    if (is_number(c) && text)
        *tc_layout_member(l, id) = sqlite3_column_int(get, at);
    else if (text && tc_layout_set(l, id, text, NULL, "", &unused))
        tc_layout_clear(l, id);
}

/* False: what the column holds is no value of it. */
static bool take(sqlite3_stmt *get, int at, const column *c, tc_sweep_row *row) {
    void *member = (char *)row + c->offset;
    const char *text = is_text(c) ? (const char *)sqlite3_column_text(get, at) : NULL;
    switch (c->kind) {
    case TEXT:
        if (text) strncat(member, text, c->size - 1);
        break;
    case INTEGER: *(int *)member = sqlite3_column_int(get, at); break;
    case INTEGER64: *(int64_t *)member = sqlite3_column_int64(get, at); break;
    case REAL: *(double *)member = sqlite3_column_double(get, at); break;
    case LAYOUT: take_field(get, at, c, &row->layout); break;
    case WORD: *(int *)member = word_of(c->words, text); return *(int *)member >= 0;
    }
    return true;
}

/* The row that the statement stands on. A text that memory runs out for reads as none. */
static tc_code take_row(tc_store *s, tc_sweep_row *row, tc_error *error) {
    memset(row, 0, sizeof *row);
    for (int i = 0; i < COLUMNS; i++) {
        bool taken = take(s->get, i, &columns[i], row);
        if (sqlite3_errcode(s->db) == SQLITE_NOMEM) return tc_fail(error, TC_INTERNAL, s->path, "out of memory");
        if (!taken)
            return tc_fail(error, TC_INVALID, s->path, "is damaged: '%.40s' is no %s; give another file",
                           (const char *)sqlite3_column_text(s->get, i), columns[i].name);
    }
    return TC_OK;
}

tc_code tc_store_put(tc_store *s, const tc_sweep_row *row, const char *data, tc_error *error) {
    if (!s->put)
        return tc_fail(error, TC_INVALID, s->path,
                       "lacks results and cannot be written; give a store that may be written");
    bool bound = true;
    for (int i = 0; i < COLUMNS; i++) bound = bound && bind(s->put, i + 1, &columns[i], row) == SQLITE_OK;
    bound = bound && sqlite3_bind_text(s->put, COLUMNS + 1, TC_VERSION, -1, SQLITE_STATIC) == SQLITE_OK
            && sqlite3_bind_text(s->put, COLUMNS + 2, data, -1, SQLITE_TRANSIENT) == SQLITE_OK;
    bool done = bound && sqlite3_step(s->put) == SQLITE_DONE;
    tc_code code = done ? TC_OK : fail(s, error, "a result cannot be written", "give a store that may be written");
    sqlite3_reset(s->put);
    return code;
}

tc_code tc_store_get(tc_store *s, const char *key, tc_sweep_row *row, bool *found, tc_error *error) {
    *found = false;
    if (sqlite3_bind_text(s->get, 1, key, -1, SQLITE_TRANSIENT) != SQLITE_OK)
        return fail(s, error, "cannot be read", "give a file that a sweep made");
    int result = sqlite3_step(s->get);
    *found = result == SQLITE_ROW;
    tc_code code = TC_OK;
    if (result == SQLITE_ROW && row)
        code = take_row(s, row, error);
    else if (result != SQLITE_ROW && result != SQLITE_DONE)
        code = fail(s, error, "cannot be read", "give a file that a sweep made");
    sqlite3_reset(s->get);
    return code;
}

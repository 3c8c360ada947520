/* csv.c - an answer as CSV (RFC 4180): one list of it as a table, or all its figures as lines of key, value and unit.
 *
 * A table has a line for each object of the list (tc_writer.table: "best", "jobs.phases") and a column for each value
 * that one of them has, under its key in JSON. Objects inside are laid flat, the object's name and a dot before
 * theirs; a layout's values stand under their own names. Of "jobs.phases" a line has the job's values too, and a job
 * without phases is a line. Lists of texts or numbers are one cell, "; " between them; lists of objects are left out.
 * What is null, or not said of a line, is empty. An answer without a table is a line for each value: key is its path
 * in JSON ("layout.tp", "assumed[0]"); a figure of the catalog ({"value", "unit", "source"}) is one line. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "report/writer.h"

#define PATH_SIZE 512
#define LIST_SEPARATOR "; "

typedef struct column {
    struct column *next;
    const char *name;
} column;

typedef struct cell {
    struct cell *next;
    const column *column;
    const char *text;
    bool string;
    int depth; /* at which it was written */
} cell;

typedef struct row {
    struct row *next;
    cell *first, *last;
} row;

/* What is open. */
typedef struct level {
    size_t path; /* length of the path outside */
    bool array;  /* and how many elements it had */
    int elements;
    bool skipped; /* in a list of objects that is no table */
    bool around;  /* an element of a list around the table, and whether a line came of it */
    bool used;
    row *before; /* the last line before it */
} level;

typedef struct csv {
    tc_arena arena;
    column *columns;
    row *first, *last; /* lines; last is open while `open` is above 0 */
    row around;        /* the cells of the lists around the table */
    int open;          /* depth of the open line's object */
    int figure;        /* depth of the figure whose line is open */
    bool found;        /* the table */
    char path[PATH_SIZE];
    level level[TC_WRITER_DEPTH];
} csv;

/* A cell: quoted where it must be (RFC 4180), and with an apostrophe before what a spreadsheet would run. */
static void put_text(FILE *file, const char *text) {
    const char *quote = strpbrk(text, ",\"\n\r") ? "\"" : "";
    fputs(quote, file);
    if (*text && strchr("=+-@\t\r", *text)) fputc('\'', file);
    for (; *text; text++) {
        if (*text == '"') fputc('"', file);
        fputc(*text, file);
    }
    fputs(quote, file);
}

/* ---- lines and cells ---------------------------------------------------------------------- */

/* The column of a name; a new one stands after the one before it in the line, else at the end. */
static column *column_of(csv *c, const char *name, const column *before) {
    column **at = &c->columns;
    for (column *found = c->columns; found; at = &found->next, found = found->next)
        if (strcmp(found->name, name) == 0) return found;
    for (column **after = &c->columns; before && *after; after = &(*after)->next)
        if (*after == before) at = &(*after)->next;
    column *made = tc_arena_alloc(&c->arena, sizeof *made);
    char *copy = tc_arena_copy(&c->arena, name, strlen(name));
    if (!made || !copy) return NULL;
    *made = (column){*at, copy};
    return *at = made;
}

static bool append(csv *c, row *to, const cell *from) {
    cell *made = tc_arena_alloc(&c->arena, sizeof *made);
    if (!made) return false;
    *made = *from;
    made->next = NULL;
    if (to->last)
        to->last->next = made;
    else
        to->first = made;
    to->last = made;
    return true;
}

/* A value of a line. A second one of the same name is more of a list, or else (a layout's and an old name beside it)
 * the same again. */
static bool add_cell(csv *c, row *to, const char *name, const char *text, bool string, int depth) {
    const column *at = column_of(c, name, to->last ? to->last->column : NULL);
    if (!at) return false;
    cell *same = to->first;
    while (same && same->column != at) same = same->next;
    if (same && !(depth > 0 && c->level[depth - 1].array)) return true;
    size_t had = same ? strlen(same->text) : 0, length = strlen(text);
    char *copy = tc_arena_alloc(&c->arena, had + sizeof LIST_SEPARATOR + length);
    if (!copy) return false;
    if (same) memcpy(copy, same->text, had), memcpy(copy + had, LIST_SEPARATOR, sizeof LIST_SEPARATOR);
    memcpy(copy + strlen(copy), text, length + 1);
    if (same) same->text = copy, same->string = true;
    return same || append(c, to, &(cell){.column = at, .text = copy, .string = string, .depth = depth});
}

static bool add_row(csv *c, const row *around) {
    row *made = tc_arena_alloc(&c->arena, sizeof *made);
    if (!made) return false;
    if (c->last)
        c->last->next = made;
    else
        c->first = made;
    c->last = made;
    for (const cell *i = around->first; i; i = i->next)
        if (!append(c, made, i)) return false;
    return true;
}

/* ---- the walk ------------------------------------------------------------------------------ */

/* Is the path the list `table`, or one around it? */
static bool leads_to(const char *path, const char *table) {
    size_t n = strlen(path);
    return n > 0 && strncmp(path, table, n) == 0 && (!table[n] || table[n] == '.');
}

/* The name of a column: the path within the table's outermost list; a layout's values by their own names. */
static const char *column_name(const char *path, char *buffer, size_t size) {
    const char *inside = strchr(path, '.');
    buffer[0] = '\0';
    for (const char *key = inside ? inside + 1 : path; key;) {
        const char *dot = strchr(key, '.');
        size_t n = dot ? (size_t)(dot - key) + 1 : strlen(key);
        if (!(n == 7 && memcmp(key, "layout.", 7) == 0)) tc_append(buffer, size, "%.*s", (int)n, key);
        key = dot ? dot + 1 : NULL;
    }
    return buffer;
}

/* Puts the key, or without a table the number of an element, behind the path; returns the length before. */
static size_t enter(tc_writer *writer, const char *key) {
    csv *c = writer->state;
    size_t length = strlen(c->path);
    if (key)
        snprintf(c->path + length, sizeof c->path - length, "%s%s", length ? "." : "", key);
    else if (!writer->table && writer->depth > 0)
        snprintf(c->path + length, sizeof c->path - length, "[%d]", c->level[writer->depth - 1].elements);
    if (writer->depth > 0) c->level[writer->depth - 1].elements++;
    return length;
}

static void begin(tc_writer *writer) {
    writer->state = calloc(1, sizeof(csv));
    writer->target->out_of_memory = !writer->state;
}

static void fail(tc_writer *writer) { writer->target->out_of_memory = true; }

/* What there is so far; NULL once memory ran out, since a line may be missing: nothing of it is printed. */
static csv *state_of(const tc_writer *writer) { return writer->target->out_of_memory ? NULL : writer->state; }

static void open_level(tc_writer *writer, const char *key, bool array) {
    csv *c = state_of(writer);
    if (!c) return;
    level *outside = writer->depth > 0 ? &c->level[writer->depth - 1] : NULL, *l = &c->level[writer->depth];
    *l = (level){.path = enter(writer, key), .array = array, .skipped = outside && outside->skipped};
    if (!writer->table || l->skipped) return;
    bool is_table = strcmp(c->path, writer->table) == 0;
    c->found = c->found || is_table;
    if (array) return;
    if (!c->open && is_table) {
        c->open = writer->depth + 1;
        if (!add_row(c, &c->around)) fail(writer);
    } else if (!c->open && outside && outside->array && leads_to(c->path, writer->table)) {
        l->around = true;
        l->before = c->last;
    } else {
        l->skipped = outside && outside->array;
    }
}

static void close_level(tc_writer *writer) {
    csv *c = state_of(writer);
    if (!c) return;
    const level *l = &c->level[writer->depth];
    c->path[l->path] = '\0';
    if (c->open == writer->depth + 1) {
        c->open = 0;
        for (int i = 0; i < writer->depth; i++) c->level[i].used = true;
    }
    if (c->figure == writer->depth + 1) c->figure = 0;
    if (!l->around) return;
    if (!l->used && !add_row(c, &c->around)) fail(writer);
    cell *kept = NULL;
    for (cell *i = c->around.first; i && i->depth <= writer->depth; i = i->next) kept = i;
    c->around.last = kept;
    if (kept)
        kept->next = NULL;
    else
        c->around.first = NULL;
}

/* Without a table: a line of key, value and unit. outside: length of the path around the value. */
static bool add_figure(tc_writer *writer, const char *key, size_t outside, const char *text, bool string) {
    csv *c = writer->state;
    char unit[24] = "";
    if (key && c->figure == writer->depth) return add_cell(c, c->last, key, text, string, 0);
    c->figure = key && strcmp(key, "value") == 0 ? writer->depth : 0;
    if (c->figure) c->path[outside] = '\0'; /* the object's own path */
    if (!string) tc_field_unit(c->path, unit, sizeof unit);
    return add_row(c, &c->around) && add_cell(c, c->last, "key", c->path, true, 0)
           && add_cell(c, c->last, "value", text, string, 0)
           && (c->figure || add_cell(c, c->last, "unit", unit, true, 0));
}

static void add_value(tc_writer *writer, const char *key, const char *text, bool string) {
    csv *c = state_of(writer);
    if (!c) return;
    char name[PATH_SIZE];
    const level *l = &c->level[writer->depth - 1];
    size_t outside = enter(writer, key);
    bool complete = true;
    if (!text) text = "";
    if (!writer->table) {
        complete = add_figure(writer, key, outside, text, string);
    } else if (!l->skipped && c->open) {
        complete = add_cell(c, c->last, column_name(c->path, name, sizeof name), text, string, writer->depth);
    } else if (!l->skipped && l->around) {
        column_name(c->path, name, sizeof name);
        for (row *line = l->before ? l->before->next : c->first; line && complete; line = line->next)
            complete = add_cell(c, line, name, text, string, writer->depth); /* what follows the list */
        complete = complete && add_cell(c, &c->around, name, text, string, writer->depth);
    }
    if (!complete) fail(writer);
    c->path[outside] = '\0';
}

static void print_row(FILE *file, const csv *c, const row *line) {
    for (const column *i = c->columns; i; i = i->next) {
        const cell *found = line->first;
        while (found && found->column != i) found = found->next;
        if (i != c->columns) fputc(',', file);
        if (found && found->string)
            put_text(file, found->text);
        else if (found)
            fputs(found->text, file);
    }
    fputs("\n", file);
}

static void end(tc_writer *writer) {
    csv *c = writer->state;
    if (!c) return;
    writer->target->no_such_table = writer->table && !c->found && !writer->target->out_of_memory;
    for (const column *i = c->columns; i; i = i->next) {
        put_text(writer->file, i->name);
        fputc(i->next ? ',' : '\n', writer->file);
    }
    for (const row *line = c->first; line; line = line->next) print_row(writer->file, c, line);
    tc_arena_free(&c->arena);
    free(c);
    writer->state = NULL;
}

const tc_output_format tc_csv_format = {begin, open_level, close_level, add_value, end};

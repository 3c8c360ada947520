/* normalise.c - reads the texts of published runs into their `norm`, once: `make normalise`.
 *
 * usage: traincast-normalise [--field KEY] ... RUNS.jsonl ...
 *
 * A row without `norm.read` gets the fields that data/words.yaml finds in its texts, and the mark; fields that it has, stay. A row
 * with the mark is left as it is, so that what a person corrects stays corrected; with --field such rows get those fields where they
 * lack them (for a field that is new). Nothing else of a line changes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "validate/published.h"

enum { LARGEST_FILE = 256 << 20, MOST_FIELDS = 64 };

typedef struct choice {
    const char *field[MOST_FIELDS]; /* of --field */
    int count;
} choice;

static bool is_chosen(const choice *c, const char *key) {
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->field[i], key) == 0) return true;
    return false;
}

/* Past the JSON value that begins at `at`: a text, or anything else with all its brackets closed. */
static const char *past_value(const char *at) {
    int depth = 0;
    do {
        if (*at == '"')
            for (at++; *at && *at != '"'; at++) at += *at == '\\' && at[1];
        else
            depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
        if (*at) at++;
    } while (*at && (depth > 0 || !strchr(",}]", *at)));
    return at;
}

/* The object under a key of the line's own, or NULL. */
static const char *find_object(const char *line, const char *key) {
    char quoted[32];
    int length = snprintf(quoted, sizeof quoted, "\"%s\"", key);
    for (const char *at = strchr(line, '{'); at && *at && *at != '}';) {
        at += 1 + strspn(at + 1, " \t");
        bool is_it = strncmp(at, quoted, (size_t)length) == 0;
        const char *value = past_value(at); /* stops behind the value: the key and its colon have no comma */
        if (is_it) {
            const char *object = strchr(at, ':') + 1;
            object += strspn(object, " \t");
            return *object == '{' ? object : NULL;
        }
        at = value;
    }
    return NULL;
}

/* `,"compiled":true,...` of what is stated and the object does not have. */
static void write_fields(FILE *out, const choice *c, const tc_published_run *run, const char *object, bool is_empty) {
    char text[256], quoted[40];
    size_t length = object ? (size_t)(past_value(object) - object) : 0;
    for (int i = 0; i < tc_stated_field_count; i++) {
        const tc_stated_field *field = &tc_stated_fields[i];
        if (!tc_stated_is_set(&run->stated, field) || (run->texts_read && !is_chosen(c, field->key))) continue;
        snprintf(quoted, sizeof quoted, "\"%s\":", field->key);
        const char *there = object ? strstr(object, quoted) : NULL;
        if (there && there < object + length) continue;
        fprintf(out, "%s%s", is_empty ? "" : ",", tc_stated_text(&run->stated, field, text, sizeof text));
        is_empty = false;
    }
    if (!run->texts_read) fprintf(out, "%s\"read\":true", is_empty ? "" : ",");
}

static void write_line(FILE *out, const choice *c, const tc_published_run *run, const char *line) {
    const char *object = find_object(line, "norm");
    const char *end = object ? past_value(object) - 1 : strrchr(line, '}');
    fprintf(out, "%.*s", (int)(end - line), line);
    if (!object) fputs(",\"norm\":{", out);
    write_fields(out, c, run, object, object ? strspn(object + 1, " \t") == (size_t)(end - object - 1) : true);
    fprintf(out, "%s%s\n", object ? "" : "}", end);
}

/* Writes the file again; 2 where a row is wrong. */
static int normalise(const char *path, const choice *c) {
    char *text, *save = NULL;
    size_t length;
    tc_error error;
    tc_published published = {.read_again = c->count > 0};
    if (tc_file_read(path, LARGEST_FILE, &text, &length, &error)
        || tc_published_read(&published, path, text, length, &error)) {
        fprintf(stderr, "traincast-normalise: %s: %s\n", error.place, error.text);
        return 2;
    }
    for (int i = 0; i < published.count; i++)
        if (published.runs[i].refused) {
            fprintf(stderr, "traincast-normalise: %s\n", published.runs[i].refused);
            return 2;
        }
    FILE *out = fopen(path, "w");
    if (!out) return perror(path), 1;
    int run = 0;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (line[strspn(line, " \t\r")]) write_line(out, c, &published.runs[run++], line);
    free(text);
    tc_published_free(&published);
    return fclose(out) ? (perror(path), 1) : 0;
}

int main(int argc, char **argv) {
    choice c = {.count = 0};
    int i = 1, code = 0;
    for (; i + 1 < argc && strcmp(argv[i], "--field") == 0; i += 2) {
        if (!tc_stated_find(argv[i + 1]) || c.count == MOST_FIELDS) {
            fprintf(stderr, "traincast-normalise: --field %s: no field of src/validate/stated.def\n", argv[i + 1]);
            return 2;
        }
        c.field[c.count++] = argv[i + 1];
    }
    if (i == argc) {
        fprintf(stderr, "usage: traincast-normalise [--field KEY] ... RUNS.jsonl ...\n");
        return 2;
    }
    for (; i < argc && !code; i++) code = normalise(argv[i], &c);
    return code;
}

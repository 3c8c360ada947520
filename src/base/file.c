/* file.c - reads a file in growing pieces: pipes have no size to ask for. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

#define FIRST_PIECE ((size_t)65536)

/* Doubles the room of *text; one byte beyond `room` is kept for the closing 0. */
static bool grow(char **text, size_t *room) {
    size_t larger = *room ? 2 * *room : FIRST_PIECE;
    char *moved = realloc(*text, larger + 1);
    if (!moved) return false;
    *text = moved;
    *room = larger;
    return true;
}

static tc_code read_stream(FILE *stream, const char *path, size_t limit, char **text, size_t *length, tc_error *error) {
    size_t room = 0;
    for (;;) {
        if (*length == room && !grow(text, &room)) return tc_fail(error, TC_INTERNAL, path, "out of memory");
        size_t got = fread(*text + *length, 1, room - *length, stream);
        *length += got;
        if (*length > limit)
            return tc_fail(error, TC_INVALID, path, "larger than %zu bytes; is this the right file?", limit);
        if (got == 0) break;
    }
    if (ferror(stream))
        return tc_fail(error, TC_INVALID, path, "cannot be read: %s; a readable file is needed", strerror(errno));
    (*text)[*length] = 0;
    return TC_OK;
}

tc_code tc_file_read(const char *path, size_t limit, char **text, size_t *length, tc_error *error) {
    *text = NULL;
    *length = 0;
    struct stat status;
    FILE *stream = fopen(path, "rb");
    if (!stream && errno == ENOMEM) return tc_fail(error, TC_INTERNAL, path, "out of memory");
    if (!stream)
        return tc_fail(error, errno == ENOENT ? TC_NOT_FOUND : TC_INVALID, path,
                       "cannot be opened: %s; a readable file is needed", strerror(errno));
    tc_code code = TC_OK;
    if (fstat(fileno(stream), &status) == 0 && S_ISDIR(status.st_mode))
        code = tc_fail(error, TC_INVALID, path, "is a folder; a file is needed");
    if (code == TC_OK) code = read_stream(stream, path, limit, text, length, error);
    fclose(stream);
    if (code != TC_OK) {
        free(*text);
        *text = NULL;
        *length = 0;
    }
    return code;
}

bool tc_path_from_file(const char *file, const char *path, char *out, size_t size) {
    const char *slash = strrchr(file, '/');
    int folder = slash && path[0] != '/' ? (int)(slash - file) + 1 : 0;
    bool fits = snprintf(out, size, "%.*s%s", folder, file, path) < (int)size;
    struct stat status;
    if (folder > 0 && (!fits || stat(out, &status) != 0) && stat(path, &status) == 0)
        return snprintf(out, size, "%s", path) < (int)size;
    return fits;
}

/* ---- folders ----------------------------------------------------------------------------------- */

bool tc_file_is_folder(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool ends_in(const char *name, const char *ending) {
    size_t n = strlen(name), k = strlen(ending);
    return name[0] != '.' && n > k && strcmp(name + n - k, ending) == 0;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static const char *join(const char *folder, const char *name, tc_arena *arena) {
    size_t n = strlen(folder), k = strlen(name);
    bool slash = n > 0 && folder[n - 1] == '/';
    char *path = tc_arena_alloc(arena, n + k + 2);
    if (path) snprintf(path, n + k + 2, "%s%s%s", folder, slash ? "" : "/", name);
    return path;
}

tc_code tc_file_list(const char *folder, const char *ending, tc_arena *arena, const char ***paths, int *count,
                     tc_error *error) {
    int room = 0;
    DIR *directory = opendir(folder);
    *paths = NULL;
    *count = 0;
    if (!directory)
        return tc_fail(error, errno == ENOENT ? TC_NOT_FOUND : TC_INVALID, folder,
                       "cannot be opened: %s; a folder is needed", strerror(errno));
    for (const struct dirent *entry; (entry = readdir(directory));) {
        if (!ends_in(entry->d_name, ending)) continue;
        const char **grown = tc_arena_grow(arena, *paths, *count, &room, sizeof **paths);
        const char *path = grown ? join(folder, entry->d_name, arena) : NULL;
        if (!path) {
            closedir(directory);
            return tc_fail(error, TC_INTERNAL, folder, "out of memory");
        }
        *paths = grown;
        (*paths)[(*count)++] = path;
    }
    closedir(directory);
    if (*count) qsort(*paths, (size_t)*count, sizeof **paths, by_text);
    return TC_OK;
}

/* files.c - files inside the program, by name. */
#include "serve/files.h"

#include <string.h>

static const char *type_of(const char *path) {
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".wasm", "application/wasm"},
    };
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t n = strlen(types[i].ending);
        if (length > n && strcmp(path + length - n, types[i].ending) == 0) return types[i].type;
    }
    return "text/plain; charset=utf-8";
}

static tc_served_file find(const tc_embedded *files, const char *path) {
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->files[i].path, path) == 0)
            return (tc_served_file){files->strings + files->files[i].offset, files->files[i].length, type_of(path),
                                    files->hash};
    return (tc_served_file){.text = NULL};
}

tc_served_file tc_served_find(const tc_serve_input *input, const char *path) {
    static const char data[] = "/data/";
    if (strcmp(path, "/") == 0) return find(input->pages, "index.html");
    if (strncmp(path, data, sizeof data - 1) != 0) return find(input->pages, path + 1);
    return find(input->runs, path + sizeof data - 1);
}

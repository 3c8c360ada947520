/* embed.c - build tool: joins data files into one blob with an index.
 *
 * usage: embed DATA_DIR LIST NAME BLOB INDEX.c BLOB.S
 * NAME is that of the tc_embedded which the index defines. The index is sorted by kind (the first folder) and
 * slug, so that a lookup is a binary search and start-up costs nothing. Each file ends with a NUL in the blob,
 * so that it can be read as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { TOOL, DATA_DIR, LIST, NAME, BLOB, INDEX, ASSEMBLY, ARGUMENTS };

typedef struct entry {
    char path[512], relative[512]; /* relative: to DATA_DIR */
    char slug[128];
    unsigned long offset, length;
} entry;

static int fail(const char *what, const char *path) {
    fprintf(stderr, "embed: %s: %s\n", path, what);
    return 1;
}

/* Length of the first folder, 0 for a file beside the folders. */
static size_t folder_length(const char *relative) {
    const char *slash = strchr(relative, '/');
    return slash ? (size_t)(slash - relative) : 0;
}

static int by_folder_and_slug(const void *a, const void *b) {
    const entry *x = a, *y = b;
    size_t n = folder_length(x->relative), m = folder_length(y->relative);
    int order = memcmp(x->relative, y->relative, n < m ? n : m);
    if (order == 0) order = (n > m) - (n < m);
    if (order == 0) order = strcmp(x->slug, y->slug);
    return order ? order : strcmp(x->relative, y->relative);
}

static entry *read_list(const char *path, size_t root, size_t *count) {
    size_t room = 0;
    entry *entries = NULL;
    char line[512];
    FILE *list = fopen(path, "r");
    while (list && fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        if (!line[0]) continue;
        if (*count == room) {
            room = room ? 2 * room : 256;
            entries = realloc(entries, room * sizeof *entries);
            if (!entries) return NULL;
        }
        entry *e = &entries[(*count)++];
        memset(e, 0, sizeof *e);
        snprintf(e->path, sizeof e->path, "%s", line);
        snprintf(e->relative, sizeof e->relative, "%s", line + root);
        const char *slash = strrchr(e->path, '/'), *dot = strrchr(slash, '.');
        snprintf(e->slug, sizeof e->slug, "%.*s", (int)(dot - slash - 1), slash + 1);
    }
    if (list) fclose(list);
    return entries;
}

/* Appends the file to the blob; false where it cannot be read. */
static int append(entry *e, FILE *blob, unsigned long offset, uint64_t *hash) {
    char buffer[65536];
    size_t n;
    FILE *in = fopen(e->path, "rb");
    if (!in) return 0;
    *hash = tc_hash_bytes(*hash, e->relative, strlen(e->relative));
    e->offset = offset;
    while ((n = fread(buffer, 1, sizeof buffer, in)) > 0) {
        fwrite(buffer, 1, n, blob);
        *hash = tc_hash_bytes(*hash, buffer, n);
        e->length += n;
    }
    fclose(in);
    fputc(0, blob);
    return 1;
}

static void write_index(FILE *out, const char *name, const entry *entries, size_t count, uint64_t hash) {
    fprintf(out,
            "#include \"catalog/embedded.h\"\n\nextern const char %s_blob[];\n\n"
            "static const tc_embedded_file files[] = {\n",
            name);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "    {\"%s\", \"%s\", %lu, %lu},\n", entries[i].relative, entries[i].slug, entries[i].offset,
                entries[i].length);
    fprintf(out, "    {0, 0, 0, 0}\n};\n\nconst tc_embedded %s = {files, %zu, %s_blob, \"%016llx\"};\n", name, count,
            name, (unsigned long long)hash);
}

static void write_assembly(FILE *out, const char *name, const char *blob) {
    fprintf(out,
            "#if defined(__APPLE__)\n#define SYMBOL _%s_blob\n.section __DATA,__const\n#else\n"
            "#define SYMBOL %s_blob\n.section .rodata\n.section .note.GNU-stack,\"\",%%progbits\n.section "
            ".rodata\n#endif\n"
            ".globl SYMBOL\n#if !defined(__APPLE__)\n.hidden SYMBOL\n#endif\n.balign 16\nSYMBOL:\n.incbin "
            "\"%s\"\n.byte 0\n",
            name, name, blob);
}

int main(int argc, char **argv) {
    if (argc != ARGUMENTS) return fail("usage: embed DATA_DIR LIST NAME BLOB INDEX.c BLOB.S", argv[TOOL]);
    size_t count = 0;
    entry *entries = read_list(argv[LIST], strlen(argv[DATA_DIR]) + 1, &count);
    if (!entries) return fail("cannot be read", argv[LIST]);
    qsort(entries, count, sizeof *entries, by_folder_and_slug);

    FILE *blob = fopen(argv[BLOB], "wb"), *index = fopen(argv[INDEX], "w"), *assembly = fopen(argv[ASSEMBLY], "w");
    if (!blob || !index || !assembly) return fail("cannot be written", argv[BLOB]);
    uint64_t hash = TC_HASH_START;
    unsigned long offset = 0;
    for (size_t i = 0; i < count; i++) {
        if (!append(&entries[i], blob, offset, &hash)) return fail("cannot be read", entries[i].path);
        offset += entries[i].length + 1;
    }
    write_index(index, argv[NAME], entries, count, hash);
    write_assembly(assembly, argv[NAME], argv[BLOB]);
    free(entries);
    if (fclose(blob) || fclose(index) || fclose(assembly)) return fail("cannot be written", argv[BLOB]);
    return 0;
}

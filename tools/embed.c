/* embed.c - build tool: joins the data files into one blob with an index.
 *
 * usage: embed DATA_DIR LIST BLOB INDEX.c BLOB.S
 * The index is sorted by path, so that a lookup is a binary search and start-up
 * costs nothing. Each file ends with a NUL in the blob, so that it can be read as text. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    char path[512];
    unsigned long offset, length;
} entry;

static int by_path(const void *a, const void *b) { return strcmp(((const entry *)a)->path, ((const entry *)b)->path); }

static int fail(const char *what, const char *path) {
    fprintf(stderr, "embed: %s: %s\n", path, what);
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 6) return fail("usage: embed DATA_DIR LIST BLOB INDEX.c BLOB.S", argv[0]);
    size_t root = strlen(argv[1]) + 1, count = 0, room = 0;
    entry *entries = NULL;
    FILE *list = fopen(argv[2], "r");
    if (!list) return fail("cannot be read", argv[2]);
    char line[512];
    while (fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        if (!line[0]) continue;
        if (count == room) {
            room = room ? 2 * room : 256;
            entries = realloc(entries, room * sizeof *entries);
            if (!entries) return fail("out of memory", argv[2]);
        }
        memset(&entries[count], 0, sizeof *entries);
        memcpy(entries[count++].path, line, strlen(line) + 1);
    }
    fclose(list);
    qsort(entries, count, sizeof *entries, by_path);

    FILE *blob = fopen(argv[3], "wb"), *index = fopen(argv[4], "w"), *asm_file = fopen(argv[5], "w");
    if (!blob || !index || !asm_file) return fail("cannot be written", argv[3]);
    uint64_t hash = 14695981039346656037u; /* FNV-1a over paths and contents */
    unsigned long offset = 0;
    for (size_t i = 0; i < count; i++) {
        FILE *in = fopen(entries[i].path, "rb");
        if (!in) return fail("cannot be read", entries[i].path);
        const char *relative = entries[i].path + root;
        for (const char *p = relative; *p; p++) hash = (hash ^ (unsigned char)*p) * 1099511628211u;
        char buffer[65536];
        size_t n;
        entries[i].offset = offset;
        while ((n = fread(buffer, 1, sizeof buffer, in)) > 0) {
            fwrite(buffer, 1, n, blob);
            for (size_t k = 0; k < n; k++) hash = (hash ^ (unsigned char)buffer[k]) * 1099511628211u;
            entries[i].length += n;
        }
        fclose(in);
        fputc(0, blob);
        offset += entries[i].length + 1;
    }
    fprintf(index, "#include \"catalog/embedded.h\"\n\nconst tc_embedded_file tc_embedded_files[] = {\n");
    for (size_t i = 0; i < count; i++)
        fprintf(index, "    {\"%s\", %lu, %lu},\n", entries[i].path + root, entries[i].offset, entries[i].length);
    fprintf(index,
            "    {0, 0, 0}\n};\nconst size_t tc_embedded_count = %zu;\nconst char tc_embedded_hash[] = \"%016llx\";\n",
            count, (unsigned long long)hash);
    fprintf(asm_file,
            "#if defined(__APPLE__)\n#define SYMBOL _tc_embedded_blob\n.section __DATA,__const\n#else\n"
            "#define SYMBOL tc_embedded_blob\n.section .rodata\n.section .note.GNU-stack,\"\",%%progbits\n.section "
            ".rodata\n#endif\n"
            ".globl SYMBOL\n#if !defined(__APPLE__)\n.hidden SYMBOL\n#endif\n.balign 16\nSYMBOL:\n.incbin "
            "\"%s\"\n.byte 0\n",
            argv[3]);
    free(entries);
    if (fclose(blob) || fclose(index) || fclose(asm_file)) return fail("cannot be written", argv[3]);
    return 0;
}

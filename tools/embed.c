/* embed.c - build tool: joins data files into one object with an index.
 *
 * usage: embed DATA_DIR LIST NAME BASE
 * Writes BASE.c, which defines the tc_embedded NAME, and what it points to: BASE.strings, BASE.nodes and BASE.S, which
 * includes both. Data files (.yaml) are stored as trees (src/catalog/packed.h), read by the parser that reads a user's file;
 * others as texts, each with a NUL after it. The index is sorted by kind (the first folder) and slug, so that a lookup is a
 * binary search and start-up costs nothing. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "catalog/packed.h"

enum { TOOL, DATA_DIR, LIST, NAME, BASE, ARGUMENTS };

typedef struct entry {
    char path[512], relative[512]; /* relative: to DATA_DIR */
    char slug[128];
    size_t offset, length; /* as in tc_embedded_file */
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

/* ---- what is written -------------------------------------------------------------------------- */

typedef struct output {
    char *strings; /* all of them, each with a NUL */
    size_t used, room;
    uint32_t *slots; /* of strings, by their hash; 0: free, otherwise the offset + 1 */
    size_t slot_count, string_count;
    tc_packed_node *nodes;
    size_t node_count, node_room;
    uint64_t hash; /* of paths and contents */
} output;

static void *grow(void *array, size_t *room, size_t wanted, size_t element) {
    if (wanted <= *room) return array;
    *room = wanted > 2 * *room ? wanted : 2 * *room;
    void *more = realloc(array, *room * element);
    if (!more) exit(fail("out of memory", "data"));
    return more;
}

static uint32_t add_bytes(output *out, const char *bytes, size_t length) {
    out->strings = grow(out->strings, &out->room, out->used + length + 1, 1);
    size_t offset = out->used;
    memcpy(out->strings + offset, bytes, length);
    out->strings[offset + length] = 0;
    out->used += length + 1;
    return (uint32_t)offset;
}

static uint32_t *slot_of(const output *out, const char *text) {
    size_t at = (size_t)tc_hash_bytes(TC_HASH_START, text, strlen(text)) & (out->slot_count - 1);
    while (out->slots[at] && strcmp(out->strings + out->slots[at] - 1, text) != 0)
        at = (at + 1) & (out->slot_count - 1);
    return &out->slots[at];
}

/* Twice the slots when half of them are taken. */
static void make_room_for_string(output *out) {
    if (2 * (out->string_count + 1) <= out->slot_count) return;
    uint32_t *old = out->slots;
    size_t count = out->slot_count;
    out->slot_count = count ? 2 * count : 4096;
    out->slots = calloc(out->slot_count, sizeof *out->slots);
    if (!out->slots) exit(fail("out of memory", "data"));
    for (size_t i = 0; i < count; i++)
        if (old[i]) *slot_of(out, out->strings + old[i] - 1) = old[i];
    free(old);
}

/* The offset of the string; one of each is kept. */
static uint32_t add_string(output *out, const char *text) {
    make_room_for_string(out);
    uint32_t *slot = slot_of(out, text);
    if (!*slot) {
        *slot = add_bytes(out, text, strlen(text)) + 1;
        out->string_count++;
    }
    return *slot - 1;
}

static void add_tree(output *out, const tc_node *node) {
    size_t at = out->node_count++;
    out->nodes = grow(out->nodes, &out->node_room, out->node_count, sizeof *out->nodes);
    tc_packed_node packed = {.place = TC_PACKED_KIND(node->kind, node->quoted, node->column),
                             .line = (uint32_t)node->line,
                             .key = node->key ? add_string(out, node->key) : TC_PACKED_NONE};
    if (node->kind == TC_NODE_SCALAR) packed.text_or_nodes = add_string(out, node->text);
    for (const tc_node *child = node->first; child; child = child->next) add_tree(out, child);
    if (node->kind != TC_NODE_SCALAR) packed.text_or_nodes = (uint32_t)(out->node_count - at - 1);
    out->nodes[at] = packed;
}

static char *read_text(const char *path, size_t *length) {
    FILE *in = fopen(path, "rb");
    char *text = NULL;
    size_t room = 0, n;
    *length = 0;
    if (!in) return NULL;
    do {
        text = grow(text, &room, *length + 65536, 1);
        n = fread(text + *length, 1, 65536, in);
        *length += n;
    } while (n > 0);
    fclose(in);
    return text;
}

static int add_file(entry *e, output *out) {
    size_t length;
    char *text = read_text(e->path, &length);
    if (!text) return fail("cannot be read", e->path);
    out->hash = tc_hash_bytes(out->hash, e->relative, strlen(e->relative));
    out->hash = tc_hash_bytes(out->hash, text, length);
    if (tc_ends_with(e->path, ".yaml")) {
        tc_arena arena = {0};
        tc_document document;
        tc_error error = {0};
        if (tc_document_parse(text, length, e->path, &arena, &document, &error) != TC_OK)
            return fail(error.text, error.place);
        e->offset = out->node_count;
        add_tree(out, document.root);
        e->length = out->node_count - e->offset;
        tc_arena_free(&arena);
    } else {
        e->offset = add_bytes(out, text, length);
        e->length = length;
    }
    free(text);
    return 0;
}

static void write_index(FILE *file, const char *name, const entry *entries, size_t count, const output *out) {
    fprintf(file, "#include \"catalog/packed.h\"\n\nextern const char %s_strings[];\n", name);
    if (out->nodes) fprintf(file, "extern const tc_packed_node %s_nodes[];\n", name);
    fprintf(file, "\nstatic const tc_embedded_file files[] = {\n");
    for (size_t i = 0; i < count; i++)
        fprintf(file, "    {\"%s\", \"%s\", %zu, %zu},\n", entries[i].relative, entries[i].slug, entries[i].offset,
                entries[i].length);
    fprintf(file, "    {0, 0, 0, 0}\n};\n\nconst tc_embedded %s = {files, %zu, %s_strings, ", name, count, name);
    fprintf(file, out->nodes ? "%s_nodes" : "0", name);
    fprintf(file, ", \"%016llx\"};\n", (unsigned long long)out->hash);
}

/* A symbol whose bytes are a file's. */
static void write_symbol(FILE *file, const char *name, const char *base, const char *part) {
    fprintf(file,
            "#if defined(__APPLE__)\n#define SYMBOL _%s_%s\n.section __DATA,__const\n"
            "#else\n#define SYMBOL %s_%s\n#if defined(__wasm__)\n.section .rodata.%s_%s,\"\",@\n#else\n.section "
            ".rodata\n#endif\n.hidden SYMBOL\n#endif\n"
            ".globl SYMBOL\n.p2align 4\nSYMBOL:\n.incbin \"%s.%s\"\n.byte 0\n"
            "#if defined(__wasm__)\n.size SYMBOL, . - SYMBOL\n#endif\n#undef SYMBOL\n",
            name, part, name, part, name, part, base, part);
}

static void write_assembly(FILE *file, const char *name, const char *base, const output *out) {
    fprintf(file, "#if defined(__ELF__) && !defined(__wasm__)\n.section .note.GNU-stack,\"\",%%progbits\n#endif\n");
    write_symbol(file, name, base, "strings");
    if (out->nodes) write_symbol(file, name, base, "nodes");
}

static FILE *create(const char *base, const char *suffix) {
    char path[1024];
    snprintf(path, sizeof path, "%s.%s", base, suffix);
    FILE *file = fopen(path, "wb");
    if (!file) exit(fail("cannot be written", path));
    return file;
}

int main(int argc, char **argv) {
    if (argc != ARGUMENTS) return fail("usage: embed DATA_DIR LIST NAME BASE", argv[TOOL]);
    size_t count = 0;
    entry *entries = read_list(argv[LIST], strlen(argv[DATA_DIR]) + 1, &count);
    if (!entries) return fail("cannot be read", argv[LIST]);
    qsort(entries, count, sizeof *entries, by_folder_and_slug);

    output out = {.hash = TC_HASH_START};
    for (size_t i = 0; i < count; i++)
        if (add_file(&entries[i], &out) != 0) return 1;
    FILE *strings = create(argv[BASE], "strings"), *nodes = create(argv[BASE], "nodes"),
         *index = create(argv[BASE], "c"), *assembly = create(argv[BASE], "S");
    int written = fwrite(out.strings, 1, out.used, strings) == out.used;
    if (out.nodes) written = written && fwrite(out.nodes, sizeof *out.nodes, out.node_count, nodes) == out.node_count;
    write_index(index, argv[NAME], entries, count, &out);
    write_assembly(assembly, argv[NAME], argv[BASE], &out);
    if (fclose(strings) || fclose(nodes) || fclose(index) || fclose(assembly) || !written)
        return fail("cannot be written", argv[BASE]);
    free(entries);
    free(out.strings);
    free(out.slots);
    free(out.nodes);
    return 0;
}

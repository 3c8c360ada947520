/* catalog.c - the catalog's handle: structs of accelerators, fabrics, models and stacks, and lists of them. */
#include "catalog/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "catalog/ages.h"
#include "catalog/calibration.h"
#include "catalog/interval_model.h"
#include "catalog/layers.h"
#include "catalog/packed.h"

static tc_code fail_memory(tc_error *error) { return tc_fail(error, TC_INTERNAL, "catalog", "out of memory"); }

/* ---- the handle ----------------------------------------------------------------------------------- */

tc_code tc_catalog_open(const char *const *dirs, int ndirs, tc_catalog **out, tc_error *error) {
    *out = NULL;
    tc_catalog *catalog = calloc(1, sizeof *catalog);
    if (!catalog) return fail_memory(error);
    tc_code code = tc_entries_open(dirs, ndirs, &catalog->arena, &catalog->entries, error);
    if (code == TC_OK)
        *out = catalog;
    else
        tc_catalog_close(catalog);
    return code;
}

void tc_catalog_close(tc_catalog *catalog) {
    if (!catalog) return;
    tc_entries_free(&catalog->entries);
    tc_arena_free(&catalog->arena);
    free(catalog);
}

const char *tc_catalog_hash(const tc_catalog *catalog) { return catalog->entries.hash; }

void tc_catalog_ignore_fitted(tc_catalog *catalog) {
    catalog->ignore_fitted = true;
    for (int i = 0; i < catalog->entries.count; i++) catalog->entries.entry[i].value = NULL;
}

void tc_catalog_ignore_fitted_serving(tc_catalog *catalog) { catalog->ignore_fitted_serving = true; }

/* ---- structs -------------------------------------------------------------------------------------- */

static tc_code store_slug(const tc_data_file *file, char *out, size_t size, tc_error *error) {
    if (strlen(file->slug) >= size)
        return tc_document_fail(file->document, NULL, "slug", error,
                                "'%.100s' is too long; name the file with at most %zu bytes", file->slug, size - 1);
    snprintf(out, size, "%s", file->slug);
    return TC_OK;
}

/* What the architecture says: the usual stack where the accelerator's file names none. */
static tc_code take_architecture(tc_catalog *catalog, tc_accelerator *accelerator, tc_error *error) {
    const tc_document *architecture;
    const char *slug = accelerator->architecture[0] ? accelerator->architecture : "generic";
    tc_code code = tc_lookup_helper(catalog, TC_KIND_ARCHITECTURE, slug, NULL, &architecture, error);
    const char *stack = code == TC_OK && architecture ? tc_node_text(architecture->root, "stack") : NULL;
    if (stack && !accelerator->stack[0]) snprintf(accelerator->stack, sizeof accelerator->stack, "%s", stack);
    return code;
}

/* The paths of other files in an accelerator's file begin at its folder. */
static tc_code place_path(const tc_document *document, const char *key, char *path, size_t size, tc_error *error) {
    char given[256];
    if (!tc_is_path(path)) return TC_OK;
    snprintf(given, sizeof given, "%s", path);
    if (tc_path_from_file(document->file, given, path, size)) return TC_OK;
    return tc_document_fail(document, tc_node_get(document->root, key), NULL, error,
                            "is %zu characters or more with its folder; write a shorter path", size);
}

/* How a kind's file becomes its struct; resolved: the parameters, of accelerators and stacks. */
typedef tc_code read_struct(tc_catalog *catalog, const tc_data_file *file, tc_arena *own, void *out,
                            tc_resolved *resolved, tc_error *error);

static tc_code read_accelerator(tc_catalog *catalog, const tc_data_file *file, tc_arena *own, void *out,
                                tc_resolved *resolved, tc_error *error) {
    (void)own;
    tc_accelerator *a = out;
    tc_code code = tc_accelerator_read(file->document, a, error);
    if (code == TC_OK) code = store_slug(file, a->slug, sizeof a->slug, error);
    if (code == TC_OK) code = place_path(file->document, "fabric", a->fabric, sizeof a->fabric, error);
    if (code == TC_OK) code = place_path(file->document, "stack", a->stack, sizeof a->stack, error);
    if (code == TC_OK) code = take_architecture(catalog, a, error);
    if (code == TC_OK) code = tc_resolve_device(catalog, file->document, file->slug, resolved, error);
    if (code != TC_OK) return code;
    return tc_parameters_store(&tc_device_parameter_table, resolved, "architectures/generic.yaml", &a->params, error);
}

static tc_code read_stack(tc_catalog *catalog, const tc_data_file *file, tc_arena *own, void *out,
                          tc_resolved *resolved, tc_error *error) {
    tc_stack *stack = out;
    tc_stack_chain chain;
    tc_code code = tc_stack_chain_open(catalog, file, own, &chain, error);
    if (code == TC_OK) code = tc_stack_read(&chain, stack, error);
    const tc_document *optimizers = NULL;
    if (code == TC_OK) code = tc_lookup_helper(catalog, TC_KIND_COMMON, "optimizers", NULL, &optimizers, error);
    if (code == TC_OK && optimizers) code = tc_optimizers_read(optimizers, stack->optimizers, error);
    if (code == TC_OK) code = store_slug(file, stack->slug, sizeof stack->slug, error);
    if (code == TC_OK) code = tc_resolve_stack(catalog, &chain, resolved, error);
    if (code != TC_OK) return code;
    return tc_parameters_store(&tc_stack_parameter_table, resolved, "stacks/generic.yaml", &stack->params, error);
}

static tc_code read_fabric(tc_catalog *catalog, const tc_data_file *file, tc_arena *own, void *out,
                           tc_resolved *resolved, tc_error *error) {
    (void)catalog, (void)own, (void)resolved;
    tc_fabric *fabric = out;
    tc_code code = tc_fabric_read(file->document, fabric, error);
    return code == TC_OK ? store_slug(file, fabric->slug, sizeof fabric->slug, error) : code;
}

static tc_code read_model(tc_catalog *catalog, const tc_data_file *file, tc_arena *own, void *out,
                          tc_resolved *resolved, tc_error *error) {
    (void)catalog, (void)own, (void)resolved;
    tc_model *model = out;
    tc_code code = tc_model_read(file->document, model, error);
    return code == TC_OK ? store_slug(file, model->slug, sizeof model->slug, error) : code;
}

/* The struct of a file; that of a slug stays with its entry, for many runs ask for the same few. Files given by path
 * are read anew: they may have changed; so is all of a question that changes files (sets.h). */
static tc_code get(tc_catalog *c, tc_kind kind, const char *slug_or_path, read_struct *read, void *out, size_t size,
                   tc_error *e) {
    tc_arena own = {0};
    tc_data_file file;
    tc_resolved resolved[TC_MAX_PARAMETERS] = {0};
    tc_code code = tc_lookup(c, kind, slug_or_path, &own, &file, e);
    bool kept = code == TC_OK && file.entry && !c->sets;
    if (kept && file.entry->value) {
        memcpy(out, file.entry->value, size);
        return TC_OK;
    }
    if (code == TC_OK) code = read(c, &file, &own, out, resolved, e);
    void *copy = code == TC_OK && kept ? tc_arena_alloc(&c->arena, size) : NULL;
    if (copy) file.entry->value = memcpy(copy, out, size);
    tc_arena_free(&own);
    return code;
}

tc_code tc_catalog_accelerator_known(tc_catalog *c, const char *slug_or_path, tc_accelerator *out, tc_error *e) {
    return get(c, TC_KIND_ACCELERATOR, slug_or_path, read_accelerator, out, sizeof *out, e);
}

tc_code tc_catalog_accelerator(tc_catalog *c, const char *slug_or_path, tc_accelerator *out, tc_error *e) {
    tc_arena own = {0};
    tc_data_file file;
    tc_code code = tc_catalog_accelerator_known(c, slug_or_path, out, e);
    if (code != TC_OK || tc_accelerator_is_complete(out)) return code;
    code = tc_lookup(c, TC_KIND_ACCELERATOR, slug_or_path, &own, &file, e);
    if (code == TC_OK) code = tc_accelerator_check(file.document, out, e);
    tc_arena_free(&own);
    return code;
}

#define LONGEST_STACK 4096 /* a path, or a name with a date */

/* A stack's documents, and which one stands for it at the date: what it became. */
static tc_code open_chain(tc_catalog *c, char *name, int date, tc_arena *own, tc_stack_chain *chain, tc_error *e) {
    tc_data_file file;
    tc_code code = tc_lookup(c, TC_KIND_STACK, name, own, &file, e);
    const char *becomes = code == TC_OK && date ? tc_stack_becomes(file.document, date) : NULL;
    if (becomes) {
        snprintf(name, LONGEST_STACK, "%s", becomes);
        code = tc_lookup(c, TC_KIND_STACK, name, own, &file, e);
    }
    return code == TC_OK ? tc_stack_chain_open(c, &file, own, chain, e) : code;
}

/* A stack as it was in a month, by name. */
static void at_month(const char *slug, int date, char *out, size_t size) {
    snprintf(out, size, "%.40s@%04d-%02d", slug, date / 100, date % 100);
}

tc_code tc_catalog_stack(tc_catalog *c, const char *slug_or_path, tc_stack *out, tc_error *e) {
    char name[LONGEST_STACK];
    int date;
    tc_stack_chain chain;
    tc_arena own = {0};
    tc_code code = tc_stack_name_split(slug_or_path, name, sizeof name, &date, e);
    if (code != TC_OK || !date) return code ? code : get(c, TC_KIND_STACK, name, read_stack, out, sizeof *out, e);
    code = open_chain(c, name, date, &own, &chain, e);
    if (code == TC_OK) code = get(c, TC_KIND_STACK, name, read_stack, out, sizeof *out, e);
    if (code == TC_OK) code = tc_stack_ages_apply(&chain, date, out, e);
    if (code == TC_OK) {
        at_month(out->slug, date, name, sizeof name);
        snprintf(out->slug, sizeof out->slug, "%.63s", name);
    }
    tc_arena_free(&own);
    return code;
}

tc_code tc_catalog_stack_for(tc_catalog *catalog, const char *slug_or_path, tc_model_kind kind, tc_stack *out,
                             tc_error *error) {
    char name[LONGEST_STACK];
    tc_code code = tc_catalog_stack(catalog, slug_or_path, out, error);
    if (code) return code;
    const tc_stack_history *h = &out->history;
    const char *other = kind == TC_MODEL_OF_LATENTS ? h->of_latents : kind == TC_MODEL_OF_IMAGES ? h->of_images : "";
    if (!other[0]) return TC_OK;
    if (h->asked)
        at_month(other, h->asked, name, sizeof name);
    else
        snprintf(name, sizeof name, "%s", other);
    return tc_catalog_stack(catalog, name, out, error);
}

const char *tc_usual_stack(const tc_accelerator *accelerator) {
    return accelerator->stack[0] ? accelerator->stack : "generic";
}

tc_code tc_catalog_usual_stack(tc_catalog *catalog, const tc_accelerator *accelerator, tc_model_kind kind,
                               tc_stack *out, tc_error *error) {
    return tc_catalog_stack_for(catalog, tc_usual_stack(accelerator), kind, out, error);
}

tc_code tc_catalog_fabric(tc_catalog *c, const char *slug_or_path, tc_fabric *out, tc_error *e) {
    return get(c, TC_KIND_FABRIC, slug_or_path, read_fabric, out, sizeof *out, e);
}

tc_code tc_catalog_model(tc_catalog *c, const char *slug_or_path, tc_model *out, tc_error *e) {
    return get(c, TC_KIND_MODEL, slug_or_path, read_model, out, sizeof *out, e);
}

/* ---- intervals --------------------------------------------------------------------------------------- */

/* A document of the fit; NULL where there is none. */
static tc_code find_fitted(tc_catalog *c, const char *slug, const tc_document **out, tc_error *error) {
    tc_error absent;
    *out = NULL;
    tc_code code = tc_catalog_document(c, TC_KIND_FITTED, slug, out, NULL, &absent);
    if (code == TC_NOT_FOUND) return TC_OK;
    if (code && error) *error = absent;
    return code;
}

tc_code tc_catalog_interval(tc_catalog *c, const tc_interval_model **out, tc_error *error) {
    const tc_document *intervals, *selection, *layouts, *calibration;
    *out = c->interval;
    if (*out) return TC_OK;
    tc_code code = find_fitted(c, "intervals", &intervals, error);
    if (!code) code = find_fitted(c, "selection", &selection, error);
    if (!code) code = find_fitted(c, "layouts", &layouts, error);
    if (!code) code = find_fitted(c, "calibration", &calibration, error);
    if (code || !intervals) return code;
    tc_interval_model *model = tc_arena_alloc(&c->arena, sizeof *model);
    if (!model) return fail_memory(error);
    code = tc_interval_model_read(intervals, &c->arena, model, error);
    if (!code && selection) code = tc_selection_read(selection, model, error);
    if (!code && layouts) code = tc_published_layouts_read(layouts, &model->layouts, error);
    if (!code && calibration) code = tc_calibration_read(calibration, &c->arena, model, error);
    if (!code) *out = c->interval = model;
    return code;
}

/* ---- for list and show ------------------------------------------------------------------------------ */

tc_code tc_catalog_document(tc_catalog *catalog, tc_kind kind, const char *slug_or_path, const tc_document **out,
                            const char **slug, tc_error *error) {
    tc_data_file file;
    char name[LONGEST_STACK];
    int date;
    tc_code code = TC_OK;
    if (kind == TC_KIND_STACK && !(code = tc_stack_name_split(slug_or_path, name, sizeof name, &date, error)))
        slug_or_path = name;
    if (code == TC_OK) code = tc_lookup(catalog, kind, slug_or_path, &catalog->arena, &file, error);
    if (code == TC_OK && tc_kind_schema(kind)) code = tc_schema_read(tc_kind_schema(kind), file.document, NULL, error);
    if (code != TC_OK) return code;
    *out = file.document;
    if (slug) *slug = file.slug;
    return TC_OK;
}

tc_code tc_catalog_stack_chain(tc_catalog *catalog, const char *slug_or_path, tc_stack_chain *out, tc_error *error) {
    char name[LONGEST_STACK];
    int date;
    tc_code code = tc_stack_name_split(slug_or_path, name, sizeof name, &date, error);
    return code == TC_OK ? open_chain(catalog, name, 0, &catalog->arena, out, error) : code;
}

static const char *parameter_source(tc_catalog *catalog, const tc_resolved *from) {
    char source[512];
    const char *fitted_on = tc_node_text(from->document->root, "fitted_on");
    if (fitted_on)
        snprintf(source, sizeof source, "fitted on %s", fitted_on);
    else
        tc_figure_source(from->document, from->node, source, sizeof source);
    return tc_arena_copy(&catalog->arena, source, strlen(source));
}

static tc_code read_resolved(tc_catalog *catalog, tc_kind kind, const char *slug_or_path, tc_resolved *resolved,
                             tc_error *error) {
    union {
        tc_accelerator accelerator;
        tc_stack stack;
    } out;
    tc_data_file file;
    if (kind != TC_KIND_STACK && kind != TC_KIND_ACCELERATOR)
        return tc_fail(error, TC_INVALID, tc_kind_name(kind), "has no parameters; accelerators and stacks have");
    char name[LONGEST_STACK];
    int date;
    tc_code code = tc_stack_name_split(slug_or_path, name, sizeof name, &date, error);
    if (code == TC_OK) code = tc_lookup(catalog, kind, name, &catalog->arena, &file, error);
    if (code != TC_OK) return code;
    read_struct *read = kind == TC_KIND_STACK ? read_stack : read_accelerator;
    return read(catalog, &file, &catalog->arena, &out, resolved, error);
}

tc_code tc_catalog_parameters(tc_catalog *catalog, tc_kind kind, const char *slug_or_path,
                              const tc_catalog_parameter **items, int *count, tc_error *error) {
    tc_resolved resolved[TC_MAX_PARAMETERS] = {0};
    const tc_parameter_table *table = kind == TC_KIND_STACK ? &tc_stack_parameter_table : &tc_device_parameter_table;
    tc_code code = read_resolved(catalog, kind, slug_or_path, resolved, error);
    if (code != TC_OK) return code;
    tc_catalog_parameter *list = tc_arena_alloc(&catalog->arena, (size_t)table->count * sizeof *list);
    if (!list) return fail_memory(error);
    for (int i = 0; i < table->count; i++) {
        list[i].name = table->parameters[i].key;
        list[i].text = table->parameters[i].text;
        list[i].value = resolved[i].value;
        list[i].dimension = table->parameters[i].dimension;
        list[i].source = parameter_source(catalog, &resolved[i]);
        list[i].note = tc_node_text(resolved[i].node, "note");
        list[i].file = resolved[i].document->file;
        if (!list[i].source) return fail_memory(error);
    }
    *items = list;
    *count = table->count;
    return TC_OK;
}

/* The file's `name`, without reading all of it; NULL where there is none. */
static tc_code name_of(tc_catalog *catalog, const tc_entry *e, const char **name, tc_error *error) {
    char *text, buffer[128];
    size_t length;
    if (e->embedded) {
        *name = tc_packed_text(&tc_embedded_data, tc_packed_find(&tc_embedded_data, e->embedded, "name"));
        return TC_OK;
    }
    tc_code code = tc_file_read(e->path, TC_DOCUMENT_MAX_BYTES, &text, &length, error);
    if (code != TC_OK) return code;
    bool read = tc_document_peek(text, length, "name", buffer, sizeof buffer);
    free(text);
    *name = read && buffer[0] ? tc_arena_copy(&catalog->arena, buffer, strlen(buffer)) : NULL;
    return read && (*name || !buffer[0]) ? TC_OK : fail_memory(error);
}

/* The item of an entry; its name is the slug where the file does not give one. */
static tc_code make_item(tc_catalog *catalog, const tc_entry *e, tc_catalog_item *item, tc_error *error) {
    tc_code code = name_of(catalog, e, &item->name, error);
    if (code != TC_OK) return code;
    if (!item->name) item->name = e->slug;
    item->slug = e->slug;
    item->origin = e->origin;
    item->path = tc_entry_path(e, &catalog->arena);
    return item->path ? TC_OK : fail_memory(error);
}

tc_code tc_catalog_list(tc_catalog *catalog, tc_kind kind, const tc_catalog_item **items, int *count, tc_error *error) {
    const tc_entry *first = tc_entries_of_kind(&catalog->entries, kind, count);
    *items = catalog->items[kind];
    if (*items) return TC_OK;
    tc_catalog_item *list = tc_arena_alloc(&catalog->arena, (size_t)(*count + 1) * sizeof *list);
    if (!list) return fail_memory(error);
    tc_code code = TC_OK;
    for (int i = 0; i < *count && code == TC_OK; i++) code = make_item(catalog, &first[i], &list[i], error);
    if (code == TC_OK) *items = catalog->items[kind] = list;
    return code;
}

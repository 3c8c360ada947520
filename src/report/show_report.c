/* show_report.c - one catalog entry: its file, figure by figure, with every source; for models also what is counted.
 *
 * The file's tree is followed as it is; its schema says which texts are numbers and in which
 * unit. Numbers that have no source of their own have the file's. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/latents.h"
#include "base/text.h"
#include "base/utf8.h"
#include "report/catalog_report.h"
#include "report/format.h"
#include "report/names.h"
#include "report/show_parts.h"
#include "report/step_report.h"
#include "report/towers_report.h"

typedef struct view {
    const tc_document *document;
    const tc_schema *schema; /* NULL: none, the texts speak for themselves */
    char sources[2048];      /* of the whole file, in one line */
    tc_stack_chain chain;    /* of a stack: its bases before it; otherwise empty */
} view;

static const tc_node *child_text(const tc_node *node, const char *key) {
    const tc_node *child = tc_node_get(node, key);
    return child && child->kind == TC_NODE_SCALAR ? child : NULL;
}

static bool is_figure(const tc_node *node) { return tc_figure_value(node) != node; }

/* Keys of the root that are printed on their own or not at all. */
static bool is_head(const tc_node *node) {
    static const char *const head[] = {"format", "slug", "name", "sources", "notes", "aliases"};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        if (node->key && strcmp(node->key, head[i]) == 0) return true;
    return false;
}

/* ---- sources ------------------------------------------------------------------------- */

#define MOST_SHARED 128

/* The shared sources that a file's figures name, in that order. */
typedef struct shared_sources {
    const tc_node *source[MOST_SHARED];
    int count;
} shared_sources;

static void add_shared(const tc_document *document, const tc_node *name, shared_sources *out) {
    const tc_node *found = name->kind == TC_NODE_SCALAR ? tc_document_source(document, name->text) : NULL;
    if (!found || found->kind != TC_NODE_SCALAR || out->count == MOST_SHARED) return;
    if (found->parent->parent == document->root) return; /* its own */
    for (int i = 0; i < out->count; i++)
        if (out->source[i] == found) return;
    out->source[out->count++] = found;
}

static void collect_shared(const tc_document *document, const tc_node *node, shared_sources *out) {
    const tc_node *source = is_figure(node) ? tc_node_get(node, "source") : NULL;
    if (source && source->kind != TC_NODE_SEQUENCE) add_shared(document, source, out);
    for (const tc_node *name = source ? source->first : NULL; name; name = name->next) add_shared(document, name, out);
    for (const tc_node *child = node->first; child; child = child->next) collect_shared(document, child, out);
}

/* All that the file has, own before shared, in one line. */
static void join_sources(const tc_document *document, char *out, size_t size) {
    const tc_node *sources = tc_node_get(document->root, "sources");
    shared_sources shared = {.count = 0};
    out[0] = '\0';
    for (const tc_node *s = sources ? sources->first : NULL; s; s = s->next)
        if (s->kind == TC_NODE_SCALAR) tc_append(out, size, "%s%s", *out ? "; " : "", s->text);
    collect_shared(document, document->root, &shared);
    for (int i = 0; i < shared.count; i++) tc_append(out, size, "%s%s", *out ? "; " : "", shared.source[i]->text);
}

void tc_report_sources(tc_catalog *catalog, tc_kind kind, const char *slug_or_path, char *out, size_t size) {
    const tc_document *document;
    const char *slug;
    tc_error unused;
    out[0] = '\0';
    if (tc_catalog_document(catalog, kind, slug_or_path, &document, &slug, &unused) == TC_OK)
        join_sources(document, out, size);
}

static tc_code open_view(tc_catalog *catalog, tc_kind kind, const char *slug_or_path, view *out, const char **slug,
                         tc_error *error) {
    tc_code code = tc_catalog_document(catalog, kind, slug_or_path, &out->document, slug, error);
    if (code) return code;
    out->schema = tc_kind_schema(kind);
    out->chain.count = 0;
    join_sources(out->document, out->sources, sizeof out->sources);
    return kind == TC_KIND_STACK ? tc_catalog_stack_chain(catalog, slug_or_path, &out->chain, error) : TC_OK;
}

/* ---- what a stack has from its bases ------------------------------------------------------ */

/* Does a section of the root inherit, key by key, from those of the bases? generic.yaml, the first, states them all;
 * parameters are told apart. */
static bool is_inherited(const view *v, const char *section) {
    const tc_node *generic = v->chain.count > 1 ? tc_node_get(v->chain.document[0]->root, section) : NULL;
    return generic && generic->kind == TC_NODE_MAPPING && !is_head(generic) && strcmp(section, "parameters") != 0;
}

/* Is the key given by the stack itself, or by a base that stands nearer than `base`? */
static bool is_overridden(const view *v, const char *section, const char *key, int base) {
    for (int i = v->chain.count - 1; i > base; i--)
        if (tc_node_get(tc_node_get(v->chain.document[i]->root, section), key)) return true;
    return false;
}

/* Is the value the base's alone, whatever is built on it? */
static bool is_own(const view *v, const tc_node *node) {
    const tc_field *field
        = tc_schema_field(v->schema, node->kind == TC_NODE_MAPPING && node->first ? node->first : node);
    return field && field->own;
}

/* The next value that a section has from a base, nearest base first; *base and node are where the last one was
 * (count - 1 and NULL at the start). NULL at the end. */
static const tc_node *next_inherited(const view *v, const char *section, int *base, const tc_node *node) {
    for (;;) {
        if (node) node = node->next;
        while (!node && --*base >= 0) {
            const tc_node *of_base = tc_node_get(v->chain.document[*base]->root, section);
            node = of_base ? of_base->first : NULL;
        }
        if (!node || !(is_overridden(v, section, node->key, *base) || is_own(v, node))) return node;
    }
}

/* ---- JSON ------------------------------------------------------------------------------ */

void tc_write_figure(tc_writer *writer, const char *key, double value, const char *unit, const char *source,
                     const char *note) {
    tc_write_object(writer, key);
    tc_write_number(writer, "value", value);
    tc_write_string(writer, "unit", unit);
    tc_write_string(writer, "source", source && *source ? source : NULL);
    if (note) tc_write_string(writer, "note", note);
    tc_write_close(writer);
}

/* The number in a scalar and its unit; false if it is text. */
static bool read_number(const view *v, const tc_field *field, const tc_node *node, double *value, const char **unit) {
    const tc_node *scalar = tc_figure_value(node);
    tc_dimension dimension = TC_DIMENSION_NONE;
    if (scalar->kind != TC_NODE_SCALAR) return false;
    if (field) {
        if (field->type == TC_FIELD_NUMBER) {
            dimension = field->dimension;
            *unit = tc_dimension_unit(dimension);
            return tc_figure_number(field, v->document, node, value, NULL) == TC_OK;
        }
        *unit = tc_dimension_unit(TC_DIMENSION_NONE);
        return field->type == TC_FIELD_INTEGER && tc_parse_number(scalar->text, value, "", NULL) == TC_OK;
    }
    for (int d = TC_DIMENSION_NONE; d < TC_DIMENSIONS && !v->schema; d++)
        if (!(scalar->quoted && d == TC_DIMENSION_NONE && !strchr(scalar->text, '%'))
            && tc_parse_quantity(scalar->text, (tc_dimension)d, value, "", NULL) == TC_OK) {
            *unit = tc_dimension_unit((tc_dimension)d);
            return true;
        }
    return false;
}

static void write_scalar(tc_writer *writer, const char *key, const view *v, const tc_node *node) {
    const tc_field *field = v->schema ? tc_schema_field(v->schema, node) : NULL;
    const tc_node *scalar = tc_figure_value(node), *note = is_figure(node) ? child_text(node, "note") : NULL;
    char source[2048];
    double value;
    const char *unit;
    tc_figure_source(v->document, node, source, sizeof source);
    if (read_number(v, field, node, &value, &unit))
        tc_write_figure(writer, key, value, unit, *source ? source : v->sources, note ? note->text : NULL);
    else if (tc_node_is_null(scalar))
        tc_write_null(writer, key);
    else if (!scalar->quoted && (strcmp(scalar->text, "true") == 0 || strcmp(scalar->text, "false") == 0))
        tc_write_bool(writer, key, scalar->text[0] == 't');
    else
        tc_write_string(writer, key, scalar->text);
}

static bool is_scalar(const tc_node *node) { return tc_figure_value(node)->kind == TC_NODE_SCALAR; }

static void write_node(tc_writer *writer, const view *v, const tc_node *node);

static void write_inherited(tc_writer *writer, const view *v, const char *section) {
    view base_view = {.schema = v->schema};
    int base = v->chain.count - 1;
    for (const tc_node *node = NULL; (node = next_inherited(v, section, &base, node));) {
        base_view.document = v->chain.document[base];
        join_sources(base_view.document, base_view.sources, sizeof base_view.sources);
        write_node(writer, &base_view, node);
    }
}

static void write_node(tc_writer *writer, const view *v, const tc_node *node) {
    if (is_scalar(node)) {
        write_scalar(writer, node->key, v, node);
        return;
    }
    if (node->kind == TC_NODE_MAPPING)
        tc_write_object(writer, node->key);
    else
        tc_write_array(writer, node->key);
    for (const tc_node *child = node->first; child; child = child->next) write_node(writer, v, child);
    if (node->parent == v->document->root && is_inherited(v, node->key)) write_inherited(writer, v, node->key);
    tc_write_close(writer);
}

static tc_code write_parameters(tc_writer *writer, tc_catalog *catalog, tc_kind kind, const char *slug_or_path,
                                tc_error *error) {
    const tc_catalog_parameter *items;
    int count;
    tc_code code = tc_catalog_parameters(catalog, kind, slug_or_path, &items, &count, error);
    if (code) return code;
    tc_write_object(writer, "parameters");
    for (int i = 0; i < count; i++)
        tc_write_figure(writer, items[i].name, items[i].value, tc_dimension_unit(items[i].dimension), items[i].source,
                        items[i].note);
    tc_write_close(writer);
    return TC_OK;
}

void tc_write_counts(tc_writer *writer, const tc_model_figures *m) {
    tc_model_size size = tc_model_count(m->model);
    tc_write_number(writer, "parameters", size.parameters);
    tc_write_number(writer, "active_parameters", size.active_parameters);
    tc_write_number(writer, "mtp_parameters", size.mtp_parameters);
    tc_write_number(writer, "embedding_parameters", size.embedding_parameters);
    tc_write_tower_counts(writer, m->model);
    tc_write_integer(writer, "seq", m->seq);
    tc_write_sample(writer, m->model);
    tc_write_object(writer, "flops_per_token");
    for (int i = TC_FLOPS_6ND; i <= TC_FLOPS_HARDWARE; i++)
        tc_write_number(writer, tc_name(TC_VOCABULARY_FLOPS_CONVENTION, i),
                        tc_model_flops_per_token(m->model, m->seq, (tc_flops_convention)i, m->recompute,
                                                 m->recompute_layers));
    tc_write_close(writer);
}

static const char meaning_of_full[] = "matrix products and full attention";

static const char *hardware_note(const tc_model_figures *m, char *buffer, size_t size) {
    const char *name = tc_name(TC_VOCABULARY_RECOMPUTE, m->recompute);
    snprintf(buffer, size, "hardware FLOPs with recompute %s", name ? name : "none");
    return buffer;
}

tc_writer tc_begin_show(tc_target *target, tc_kind kind, const char *slug, const char *name, const char *path,
                        const tc_model_figures *model) {
    char note[64];
    tc_writer writer = tc_write_begin(target, "show/1", NULL);
    tc_write_array(&writer, "assumed");
    if (model) tc_write_string(&writer, NULL, hardware_note(model, note, sizeof note));
    tc_write_close(&writer);
    tc_write_string(&writer, "kind", tc_kind_name(kind));
    tc_write_string(&writer, "slug", slug);
    tc_write_string(&writer, "name", name);
    tc_write_string(&writer, "file", path);
    return writer;
}

/* The file's own entries, without its head and what is written otherwise. */
static void write_entries(tc_writer *writer, const view *v, tc_kind kind) {
    for (const tc_node *node = v->document->root->first; node; node = node->next) {
        bool parameters = strcmp(node->key, "parameters") == 0;
        if (is_head(node) || (parameters && (kind == TC_KIND_ACCELERATOR || kind == TC_KIND_STACK))) continue;
        if (parameters && kind == TC_KIND_MODEL && is_scalar(node))
            write_scalar(writer, "parameters_published", v, node); /* "parameters" is what is counted */
        else if (kind == TC_KIND_MODEL && strcmp(node->key, "seq") == 0)
            write_scalar(writer, "sequence", v, node); /* "seq" is that of the count */
        else
            write_node(writer, v, node);
    }
    const tc_node *section = v->chain.count > 1 ? v->chain.document[0]->root->first : NULL;
    for (; section; section = section->next) {
        if (tc_node_get(v->document->root, section->key) || !is_inherited(v, section->key)) continue;
        tc_write_object(writer, section->key);
        write_inherited(writer, v, section->key);
        tc_write_close(writer);
    }
}

static void write_sources(tc_writer *writer, const view *v) {
    const tc_node *own = tc_node_get(v->document->root, "sources");
    shared_sources shared = {.count = 0};
    collect_shared(v->document, v->document->root, &shared);
    if (own && own->kind != TC_NODE_MAPPING) {
        write_node(writer, v, own);
        return;
    }
    if (!own && shared.count == 0) return;
    tc_write_object(writer, "sources");
    for (const tc_node *child = own ? own->first : NULL; child; child = child->next) write_node(writer, v, child);
    for (int i = 0; i < shared.count; i++) tc_write_string(writer, shared.source[i]->key, shared.source[i]->text);
    tc_write_close(writer);
}

tc_code tc_report_show(tc_target *target, tc_catalog *catalog, tc_kind kind, const char *slug_or_path,
                       const tc_model_figures *model, tc_error *error) {
    static const char *const tail[] = {"notes", "aliases"};
    view v;
    const char *slug;
    tc_code code = open_view(catalog, kind, slug_or_path, &v, &slug, error);
    if (code) return code;
    const char *name = tc_node_text(v.document->root, "name");
    tc_writer writer = tc_begin_show(target, kind, slug, name ? name : slug, v.document->file, model);
    if (model) tc_write_counts(&writer, model);
    write_entries(&writer, &v, kind);
    if (kind == TC_KIND_ACCELERATOR || kind == TC_KIND_STACK)
        code = write_parameters(&writer, catalog, kind, slug_or_path, error);
    write_sources(&writer, &v);
    for (size_t i = 0; i < sizeof tail / sizeof tail[0]; i++) {
        const tc_node *node = tc_node_get(v.document->root, tail[i]);
        if (node) write_node(&writer, &v, node);
    }
    tc_write_end(&writer);
    return code;
}

/* ---- text ------------------------------------------------------------------------------ */

#define VALUE_COLUMN 30
#define REMARK_COLUMN 44

void tc_print_pair(FILE *file, const tc_style *style, const char *label, const char *text, const char *remark) {
    int column = 2 + tc_text_width(label);
    fprintf(file, "  %s", label);
    if (column >= VALUE_COLUMN) fputc(' ', file), column++;
    if (!*remark) {
        tc_print_wrapped(file, style, column, VALUE_COLUMN, text);
        return;
    }
    fprintf(file, "%*s%s", column < VALUE_COLUMN ? VALUE_COLUMN - column : 0, "", text);
    column = (column < VALUE_COLUMN ? VALUE_COLUMN : column) + tc_text_width(text);
    if (column >= REMARK_COLUMN) fputs("  ", file), column += 2;
    tc_print_wrapped(file, style, column, REMARK_COLUMN, remark);
}

/* "[epoch, mle] the note" */
static void describe_source(const tc_node *node, char *out, size_t size) {
    const tc_node *source = is_figure(node) ? tc_node_get(node, "source") : NULL,
                  *note = is_figure(node) ? child_text(node, "note") : NULL;
    out[0] = '\0';
    if (source) {
        const tc_node *name = source->kind == TC_NODE_SEQUENCE ? source->first : source;
        for (int i = 0; name; i++) {
            tc_append(out, size, "%s%s", i ? ", " : "[", name->text ? name->text : "");
            name = source->kind == TC_NODE_SEQUENCE ? name->next : NULL;
        }
        tc_append(out, size, "]");
    }
    if (note) tc_append(out, size, "%s%s", *out ? " " : "", note->text);
}

/* A mapping or list of plain scalars fits on a line: "heads 32, head_dim 128". */
static bool is_flat(const tc_node *node) {
    if (node->kind == TC_NODE_SCALAR || is_figure(node)) return false;
    for (const tc_node *child = node->first; child; child = child->next)
        if (child->kind != TC_NODE_SCALAR) return false;
    return node->count > 0;
}

static void flatten(const tc_node *node, char *out, size_t size) {
    out[0] = '\0';
    for (const tc_node *child = node->first; child; child = child->next)
        tc_append(out, size, "%s%s%s%s", *out ? ", " : "", child->key ? child->key : "", child->key ? " " : "",
                  child->text);
}

/* A mapping of scalars and figures. */
static bool is_shallow(const tc_node *node) {
    if (node->kind != TC_NODE_MAPPING) return false;
    for (const tc_node *child = node->first; child; child = child->next)
        if (!is_scalar(child)) return false;
    return true;
}

/* "date 2024-07-31, devices 30000 [reuters] the note" */
static void flatten_shallow(const tc_node *node, char *out, size_t size) {
    out[0] = '\0';
    for (const tc_node *child = node->first; child; child = child->next) {
        char remark[1024];
        describe_source(child, remark, sizeof remark);
        tc_append(out, size, "%s%s %s%s%s", *out ? ", " : "", child->key, tc_figure_value(child)->text,
                  *remark ? " " : "", remark);
    }
}

static void print_tree(FILE *file, const tc_style *style, const tc_node *node, const char *prefix, int depth) {
    char label[160], text[2048];
    if (node->key)
        snprintf(label, sizeof label, "%s%s%.60s", prefix, *prefix ? "." : "", node->key);
    else
        snprintf(label, sizeof label, "%s %d", prefix, node->index + 1);
    if (is_scalar(node)) {
        describe_source(node, text, sizeof text);
        tc_print_pair(file, style, label, tc_figure_value(node)->text, text);
        return;
    }
    if (is_flat(node)) {
        flatten(node, text, sizeof text);
        tc_print_pair(file, style, label, text, "");
        return;
    }
    if (depth > 1 && !node->key && is_shallow(node)) { /* of a list in a list */
        flatten_shallow(node, text, sizeof text);
        tc_print_pair(file, style, label, text, "");
        return;
    }
    bool section = depth == 0 && node->kind == TC_NODE_MAPPING;
    if (section || !node->key) {
        fputc('\n', file);
        tc_print_heading(file, style, label);
    }
    for (const tc_node *child = node->first; child; child = child->next)
        print_tree(file, style, child, section || !node->key ? "" : label, depth + 1);
}

/* What the sections have from the bases, with the name of each. */
static void print_inherited(FILE *file, const tc_style *style, const view *v) {
    const tc_node *section = v->chain.count > 1 ? v->chain.document[0]->root->first : NULL;
    for (; section; section = section->next) {
        if (!is_inherited(v, section->key)) continue;
        char heading[96], remark[96], text[512];
        snprintf(heading, sizeof heading, "\n%.60s of its bases", section->key);
        int base = v->chain.count - 1, printed = 0;
        for (const tc_node *node = NULL; (node = next_inherited(v, section->key, &base, node)); printed++) {
            if (printed == 0) tc_print_heading(file, style, heading);
            snprintf(remark, sizeof remark, "%.80s", v->chain.slug[base]);
            if (!is_scalar(node)) flatten(node, text, sizeof text);
            tc_print_pair(file, style, node->key, is_scalar(node) ? tc_figure_value(node)->text : text, remark);
        }
    }
}

static void print_entry(FILE *file, const tc_style *style, const char *key, const char *text) {
    int width = tc_text_width(key);
    fprintf(file, "  %-12s%s", key, width > 12 ? " " : "");
    tc_print_wrapped(file, style, width > 12 ? width + 3 : 14, 15, text);
}

/* Notes or sources, and shared ones below (NULL: none). */
static void print_texts(FILE *file, const tc_style *style, const tc_node *node, const shared_sources *shared,
                        const char *heading) {
    if (!node && (!shared || shared->count == 0)) return;
    tc_print_heading(file, style, heading);
    if (node && node->kind == TC_NODE_SCALAR) tc_print_wrapped(file, style, 0, 2, node->text);
    for (const tc_node *child = node ? node->first : NULL; child; child = child->next)
        print_entry(file, style, child->key ? child->key : "-", child->kind == TC_NODE_SCALAR ? child->text : "...");
    for (int i = 0; shared && i < shared->count; i++)
        print_entry(file, style, shared->source[i]->key, shared->source[i]->text);
}

/* "81 x 480 x 832 pixels are 21 x 30 x 52 latent tokens", and what a sample takes. */
static void print_sample(FILE *file, const tc_style *style, const tc_model_figures *m) {
    const tc_latents *l = &m->model->latents;
    if (l->stride == 0) return;
    int side = l->stride * l->patch;
    char text[128];
    snprintf(text, sizeof text, "%d x %d x %d pixels", l->frames, l->height, l->width);
    tc_print_pair(file, style, "a sample", text, "");
    snprintf(text, sizeof text, "%d x %d x %d", tc_latent_frames(l), l->height / side, l->width / side);
    tc_print_pair(file, style, "latent tokens", text, tc_format_count((double)tc_latent_tokens(l)).s);
    tc_print_pair(file, style, "text tokens", tc_format_count(l->text_tokens).s, "");
    double flops = tc_model_flops_per_token(m->model, m->seq, TC_FLOPS_FULL, TC_RECOMPUTE_NONE, 0) * m->seq;
    snprintf(text, sizeof text, "%.24s TFLOP", tc_format_significant(flops / 1e12, 4).s);
    tc_print_pair(file, style, "FLOPs per sample, full", text, meaning_of_full);
}

void tc_print_counts(FILE *file, const tc_style *style, const tc_model_figures *m) {
    static const char *const meaning[]
        = {"6 x active parameters", meaning_of_full, "attention halved for causality", ""};
    tc_model_size size = tc_model_count(m->model);
    char label[64], note[64];
    tc_print_heading(file, style, "\ncounted");
    tc_print_pair(file, style, "parameters", tc_format_count(size.parameters).s, tc_format_short(size.parameters).s);
    tc_print_pair(file, style, "active per token", tc_format_count(size.active_parameters).s,
                  tc_format_short(size.active_parameters).s);
    if (size.mtp_parameters > 0)
        tc_print_pair(file, style, "multi-token prediction", tc_format_count(size.mtp_parameters).s, "apart");
    tc_print_tower_counts(file, style, m->model);
    for (int i = TC_FLOPS_6ND; i <= TC_FLOPS_HARDWARE; i++) {
        double flops
            = tc_model_flops_per_token(m->model, m->seq, (tc_flops_convention)i, m->recompute, m->recompute_layers);
        snprintf(label, sizeof label, "FLOPs per token, %s", tc_name(TC_VOCABULARY_FLOPS_CONVENTION, i));
        char text[64];
        snprintf(text, sizeof text, "%.24s GFLOP", tc_format_significant(flops / 1e9, 4).s);
        tc_print_pair(file, style, label, text,
                      i == TC_FLOPS_HARDWARE ? hardware_note(m, note, sizeof note) + strlen("hardware FLOPs ")
                                             : meaning[i]);
    }
    print_sample(file, style, m);
    tc_print_pair(file, style, "at a sequence length of", tc_format_count(m->seq).s, "tokens, forward and backward");
}

#define MOST_PARAMETERS 64

/* The first parameter with the same source as parameter i. */
static int first_with_source(const tc_catalog_parameter *items, int i) {
    for (int k = 0; k < i; k++)
        if (strcmp(items[k].source, items[i].source) == 0) return k;
    return i;
}

/* Their sources are long and shared: they are numbered, and told once below. */
static tc_code print_parameters(FILE *file, const tc_style *style, tc_catalog *catalog, tc_kind kind,
                                const char *slug_or_path, tc_error *error) {
    const tc_catalog_parameter *items;
    int count, number[MOST_PARAMETERS], numbers = 0;
    tc_code code = tc_catalog_parameters(catalog, kind, slug_or_path, &items, &count, error);
    if (code) return code;
    if (count > MOST_PARAMETERS) count = MOST_PARAMETERS;
    tc_print_heading(file, style, "\nparameters of the forecast");
    for (int i = 0; i < count; i++) {
        char value[48], remark[512];
        int first = first_with_source(items, i);
        number[i] = first < i ? number[first] : ++numbers;
        tc_format_quantity(items[i].value, items[i].dimension, value, sizeof value);
        snprintf(remark, sizeof remark, "[%d] %s", number[i], items[i].text);
        tc_print_pair(file, style, items[i].name, value, remark);
    }
    for (int i = 0; i < count; i++) {
        if (first_with_source(items, i) < i) continue;
        char label[16];
        snprintf(label, sizeof label, "[%d]", number[i]);
        fprintf(file, "  %-5s", label);
        tc_print_wrapped(file, style, 7, 7, items[i].source);
    }
    return TC_OK;
}

tc_code tc_report_show_text(FILE *file, const tc_style *style, tc_catalog *catalog, tc_kind kind,
                            const char *slug_or_path, const tc_model_figures *model, tc_error *error) {
    view v;
    const char *slug;
    tc_code code = open_view(catalog, kind, slug_or_path, &v, &slug, error);
    if (code) return code;
    const tc_node *root = v.document->root;
    const char *name = tc_node_text(root, "name");
    bool resolved = kind == TC_KIND_ACCELERATOR || kind == TC_KIND_STACK;
    char shown[121], shown_slug[81];
    tc_print_headingf(file, style, "%s (%s %s)", tc_utf8_cut(shown, sizeof shown, name ? name : slug),
                      tc_kind_name(kind), tc_utf8_cut(shown_slug, sizeof shown_slug, slug));
    tc_print_tone(file, style, TC_TONE_FAINT, v.document->file);
    fputc('\n', file);
    bool any = false;
    for (int pass = 0; pass < 2; pass++) /* what is said in a line first, then the sections */
        for (const tc_node *node = root->first; node; node = node->next) {
            bool line = is_scalar(node) || is_flat(node);
            if (is_head(node) || line != (pass == 0) || (resolved && strcmp(node->key, "parameters") == 0)) continue;
            if (line && !any) fputc('\n', file);
            any = true;
            print_tree(file, style, node, "", 0);
        }
    print_inherited(file, style, &v);
    if (model) tc_print_counts(file, style, model);
    if (resolved) code = print_parameters(file, style, catalog, kind, slug_or_path, error);
    shared_sources shared = {.count = 0};
    collect_shared(v.document, root, &shared);
    print_texts(file, style, tc_node_get(root, "notes"), NULL, "\nnotes");
    print_texts(file, style, tc_node_get(root, "sources"), &shared, "\nsources");
    return code;
}

/* list_report.c - the entries of one kind, a line each with the figures that tell them apart. */
#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "report/catalog_report.h"
#include "report/format.h"
#include "report/names.h"

/* What a line shows of an entry; which member holds follows from the kind. */
typedef struct entry {
    const tc_catalog_item *item;
    tc_accelerator accelerator;
    tc_fabric fabric;
    tc_model model;
    tc_stack stack;
} entry;

static tc_code load_entry(tc_catalog *catalog, tc_kind kind, const tc_catalog_item *item, entry *out, tc_error *error) {
    out->item = item;
    switch (kind) {
    case TC_KIND_ACCELERATOR: return tc_catalog_accelerator_known(catalog, item->slug, &out->accelerator, error);
    case TC_KIND_FABRIC: return tc_catalog_fabric(catalog, item->slug, &out->fabric, error);
    case TC_KIND_MODEL: return tc_catalog_model(catalog, item->slug, &out->model, error);
    case TC_KIND_STACK: return tc_catalog_stack(catalog, item->slug, &out->stack, error);
    default: return TC_OK;
    }
}

/* ---- JSON -------------------------------------------------------------------------- */

/* 0 means unknown in an accelerator. */
static void write_known(tc_writer *writer, const char *key, double value) {
    if (value > 0)
        tc_write_number(writer, key, value);
    else
        tc_write_null(writer, key);
}

static void write_accelerator(tc_writer *writer, const tc_accelerator *a) {
    tc_write_bool(writer, "complete", tc_accelerator_is_complete(a));
    if (tc_accelerator_lacks(a)) tc_write_string(writer, "lacks", tc_accelerator_lacks(a));
    tc_write_string(writer, "vendor", a->vendor);
    tc_write_string(writer, "architecture", a->architecture);
    tc_write_string(writer, "released", *a->released ? a->released : NULL);
    tc_write_integer(writer, "devices_per_package", a->devices_per_package);
    write_known(writer, "memory_bytes", a->memory_bytes);
    write_known(writer, "memory_bytes_per_s", a->memory_bytes_per_s);
    tc_write_object(writer, "matmul_flops");
    for (int i = 0; i < TC_DTYPES; i++)
        if (a->matmul_flops[i] > 0) tc_write_number(writer, tc_name(TC_VOCABULARY_DTYPE, i), a->matmul_flops[i]);
    tc_write_close(writer);
    write_known(writer, "tdp_w", a->tdp_w);
    tc_write_string(writer, "fabric", *a->fabric ? a->fabric : NULL);
}

static void write_fabric(tc_writer *writer, const tc_fabric *f) {
    tc_write_array(writer, "levels");
    for (int i = 0; i < f->levels; i++) {
        tc_write_object(writer, NULL);
        tc_write_string(writer, "name", f->level[i].name);
        tc_write_integer(writer, "size", f->level[i].size);
        tc_write_string(writer, "topology", tc_name(TC_VOCABULARY_TOPOLOGY, (int)f->level[i].topology));
        tc_write_number(writer, "bytes_per_s", f->level[i].bytes_per_s);
        tc_write_number(writer, "latency_s", f->level[i].latency_s);
        tc_write_number(writer, "oversubscription", f->level[i].oversubscription);
        tc_write_close(writer);
    }
    tc_write_close(writer);
}

static int layers_of(const tc_model *model) {
    int layers = 0;
    for (int i = 0; i < model->blocks; i++) layers += model->block[i].count;
    return layers;
}

static void write_model(tc_writer *writer, const tc_model *m) {
    tc_model_size size = tc_model_count(m);
    tc_write_string(writer, "family", m->family);
    tc_write_number(writer, "parameters", size.parameters);
    tc_write_number(writer, "active_parameters", size.active_parameters);
    tc_write_integer(writer, "layers", layers_of(m));
    tc_write_integer(writer, "hidden", m->hidden);
    tc_write_integer(writer, "vocab", m->vocab);
    tc_write_integer(writer, "seq", m->seq);
}

static void write_stack(tc_writer *writer, const tc_stack *s) {
    tc_write_string(writer, "sharding", tc_name(TC_VOCABULARY_SHARDING, s->defaults.sharding));
    tc_write_string(writer, "recompute", tc_name(TC_VOCABULARY_RECOMPUTE, s->defaults.recompute));
    tc_write_string(writer, "attention", tc_name(TC_VOCABULARY_ATTENTION_IMPL, (int)s->attention));
    tc_write_string(writer, "optimizer", tc_name(TC_VOCABULARY_OPTIMIZER, (int)s->optimizer));
    tc_write_integer(writer, "micro_batch", s->defaults.micro_batch);
}

tc_code tc_report_list(tc_target *target, tc_catalog *catalog, tc_kind kind, tc_error *error) {
    const tc_catalog_item *items;
    int count;
    tc_code code = tc_catalog_list(catalog, kind, &items, &count, error);
    if (code) return code;
    tc_writer writer = tc_write_begin(target, "list/1", kind == TC_KIND_FABRIC ? "items.levels" : "items");
    tc_write_lines(&writer, "assumed", NULL, 0);
    tc_write_string(&writer, "kind", tc_kind_name(kind));
    tc_write_array(&writer, "items");
    for (int i = 0; i < count; i++) {
        entry e;
        code = load_entry(catalog, kind, &items[i], &e, error);
        if (code) break;
        tc_write_object(&writer, NULL);
        tc_write_string(&writer, "slug", items[i].slug);
        tc_write_string(&writer, "name", items[i].name);
        if (kind == TC_KIND_ACCELERATOR) write_accelerator(&writer, &e.accelerator);
        if (kind == TC_KIND_FABRIC) write_fabric(&writer, &e.fabric);
        if (kind == TC_KIND_MODEL) write_model(&writer, &e.model);
        if (kind == TC_KIND_STACK) write_stack(&writer, &e.stack);
        tc_write_string(&writer, "origin", items[i].origin);
        tc_write_close(&writer);
    }
    tc_write_end(&writer);
    return code;
}

/* ---- text ---------------------------------------------------------------------------- */

static void add_columns(tc_table *table, tc_kind kind) {
    tc_table_column(table, "slug", TC_LEFT);
    tc_table_column(table, "name", TC_LEFT | TC_FLEXIBLE);
    if (kind == TC_KIND_ACCELERATOR) {
        tc_table_column(table, "memory", TC_RIGHT);
        tc_table_column(table, "bandwidth", TC_RIGHT);
        tc_table_column(table, "16-bit peak", TC_RIGHT);
        tc_table_column(table, "package", TC_RIGHT | TC_OPTIONAL);
        tc_table_column(table, "since", TC_LEFT | TC_OPTIONAL);
    } else if (kind == TC_KIND_FABRIC) {
        tc_table_column(table, "levels, from the inside out (per device, one direction)", TC_LEFT | TC_FLEXIBLE);
    } else if (kind == TC_KIND_MODEL) {
        tc_table_column(table, "parameters", TC_RIGHT);
        tc_table_column(table, "active", TC_RIGHT);
        tc_table_column(table, "layers", TC_RIGHT | TC_OPTIONAL);
        tc_table_column(table, "hidden", TC_RIGHT | TC_OPTIONAL);
        tc_table_column(table, "tokens", TC_RIGHT | TC_OPTIONAL);
    } else if (kind == TC_KIND_STACK) {
        tc_table_column(table, "sharding", TC_LEFT);
        tc_table_column(table, "recompute", TC_LEFT | TC_OPTIONAL);
        tc_table_column(table, "attention", TC_LEFT | TC_OPTIONAL);
    }
}

static void accelerator_cells(tc_table *table, const tc_accelerator *a) {
    char package[64];
    tc_table_cell(table, a->memory_bytes > 0 ? tc_format_gib(a->memory_bytes).s : "-");
    tc_table_cell(table, a->memory_bytes_per_s > 0 ? tc_format_rate(a->memory_bytes_per_s).s : "-");
    tc_table_cell(table, tc_peak_flops(a, TC_BF16) > 0 ? tc_format_flops(tc_peak_flops(a, TC_BF16)).s : "-");
    snprintf(package, sizeof package, "%.20s W/%d", a->tdp_w > 0 ? tc_format_count(a->tdp_w).s : "-",
             a->devices_per_package);
    tc_table_cell(table, package);
    tc_table_cell(table, *a->released ? a->released : "-");
}

static void fabric_cell(tc_table *table, const tc_fabric *f) {
    char text[256] = "";
    size_t used = 0;
    for (int i = 0; i < f->levels && used < sizeof text; i++) {
        char size[16] = "all";
        if (f->level[i].size > 0) snprintf(size, sizeof size, "%d", f->level[i].size);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s: %s at %.20s", i ? "; " : "", f->level[i].name,
                                 size, tc_format_rate(f->level[i].bytes_per_s).s);
    }
    tc_table_cell(table, text);
}

static void model_cells(tc_table *table, const tc_model *m) {
    tc_model_size size = tc_model_count(m);
    tc_table_cell(table, tc_format_short(size.parameters).s);
    tc_table_cell(table, tc_format_short(size.active_parameters).s);
    tc_table_cell(table, tc_format_count(layers_of(m)).s);
    tc_table_cell(table, tc_format_count(m->hidden).s);
    tc_table_cell(table, tc_format_count(m->seq).s);
}

static void stack_cells(tc_table *table, const tc_stack *s) {
    tc_table_cell(table, tc_name(TC_VOCABULARY_SHARDING, s->defaults.sharding));
    tc_table_cell(table, tc_name(TC_VOCABULARY_RECOMPUTE, s->defaults.recompute));
    tc_table_cell(table, tc_name(TC_VOCABULARY_ATTENTION_IMPL, (int)s->attention));
}

tc_code tc_report_list_text(FILE *file, const tc_style *style, tc_catalog *catalog, tc_kind kind, tc_error *error) {
    const tc_catalog_item *items;
    int count;
    tc_code code = tc_catalog_list(catalog, kind, &items, &count, error);
    tc_table table = {0};
    char lacking[512] = "";
    size_t used = 0;
    add_columns(&table, kind);
    for (int i = 0; i < count && !code; i++) {
        entry e;
        code = load_entry(catalog, kind, &items[i], &e, error);
        if (code) break;
        const char *lacks = kind == TC_KIND_ACCELERATOR ? tc_accelerator_lacks(&e.accelerator) : NULL;
        if (lacks && used < sizeof lacking)
            used += (size_t)snprintf(lacking + used, sizeof lacking - used, "%s%s (%s)",
                                     used ? ", " : " No forecast yet, for want of a figure: ", items[i].slug, lacks);
        tc_table_row_begin(&table);
        tc_table_cell(&table, items[i].slug);
        tc_table_cell(&table, items[i].name);
        if (kind == TC_KIND_ACCELERATOR) accelerator_cells(&table, &e.accelerator);
        if (kind == TC_KIND_FABRIC) fabric_cell(&table, &e.fabric);
        if (kind == TC_KIND_MODEL) model_cells(&table, &e.model);
        if (kind == TC_KIND_STACK) stack_cells(&table, &e.stack);
    }
    if (code) {
        tc_arena_free(&table.arena);
        return code;
    }
    if (!tc_table_print(&table, file, style)) return tc_fail(error, TC_INTERNAL, "list", "out of memory");
    if (kind != TC_KIND_ACCELERATOR) return TC_OK;
    char note[640];
    snprintf(note, sizeof note,
             "Memory, bandwidth and dense peak are of one device; package: its power and its devices.%s%s", lacking,
             *lacking ? "." : "");
    fputc('\n', file);
    tc_print_wrapped(file, style, 0, 0, note);
    return TC_OK;
}

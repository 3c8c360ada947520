/* list_report.c - the entries of one kind, a line each with the figures that tell them apart. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/formats.h"
#include "base/text.h"
#include "report/catalog_report.h"
#include "report/names.h"
#include "report/rows.h"

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

/* 0 means unknown in an accelerator. */
static double known(double value) { return value > 0 ? value : NAN; }

static void tell_accelerator(const tc_rows *rows, const tc_accelerator *a) {
    tc_writer *writer = rows->writer;
    if (writer) {
        tc_write_bool(writer, "complete", tc_accelerator_is_complete(a));
        if (tc_accelerator_lacks(a)) tc_write_string(writer, "lacks", tc_accelerator_lacks(a));
        tc_write_string(writer, "vendor", a->vendor);
        tc_write_string(writer, "architecture", a->architecture);
        tc_write_string(writer, "released", *a->released ? a->released : NULL);
        tc_write_integer(writer, "devices_per_package", a->devices_per_package);
    }
    tc_tell_number(rows, "memory_bytes", "memory", TC_RIGHT, known(a->memory_bytes), tc_format_gib);
    tc_tell_number(rows, "memory_bytes_per_s", "bandwidth", TC_RIGHT, known(a->memory_bytes_per_s), tc_format_rate);
    if (writer) {
        tc_write_object(writer, "matmul_flops");
        for (int i = 0; i < TC_DTYPES; i++)
            if (a->matmul_flops[i] > 0) tc_write_number(writer, tc_name(TC_VOCABULARY_DTYPE, i), a->matmul_flops[i]);
        tc_write_close(writer);
        tc_write_number(writer, "tdp_w", known(a->tdp_w));
        tc_write_string(writer, "fabric", *a->fabric ? a->fabric : NULL);
        return;
    }
    tc_cell(rows->table, "16-bit peak", TC_RIGHT, tc_format_flops(known(tc_peak_flops(a, TC_BF16))).s);
    tc_cellf(rows->table, "package", TC_RIGHT | TC_OPTIONAL, "%.20s W/%d", tc_format_count(known(a->tdp_w)).s,
             a->devices_per_package);
    tc_cell(rows->table, "since", TC_LEFT | TC_OPTIONAL, *a->released ? a->released : NULL);
}

static void write_levels(tc_writer *writer, const tc_fabric *f) {
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

static void tell_fabric(const tc_rows *rows, const tc_fabric *f) {
    char text[256] = "";
    if (rows->writer) write_levels(rows->writer, f);
    for (int i = 0; i < f->levels; i++) {
        char size[16] = "all";
        if (f->level[i].size > 0) snprintf(size, sizeof size, "%d", f->level[i].size);
        tc_append(text, sizeof text, "%s%s: %s at %.20s", i ? "; " : "", f->level[i].name, size,
                  tc_format_rate(f->level[i].bytes_per_s).s);
    }
    tc_tell_text(rows, NULL, "levels, from the inside out (per device, one direction)", TC_LEFT | TC_FLEXIBLE, text);
}

static void tell_model(const tc_rows *rows, const tc_model *m) {
    tc_model_size size = tc_model_count(m);
    int layers = 0;
    for (int i = 0; i < m->blocks; i++) layers += m->block[i].count;
    tc_tell_text(rows, "family", NULL, 0, m->family);
    tc_tell_number(rows, "parameters", "parameters", TC_RIGHT, size.parameters, tc_format_short);
    tc_tell_number(rows, "active_parameters", "active", TC_RIGHT, size.active_parameters, tc_format_short);
    tc_tell_count(rows, "layers", "layers", TC_RIGHT | TC_OPTIONAL, layers);
    tc_tell_count(rows, "hidden", "hidden", TC_RIGHT | TC_OPTIONAL, m->hidden);
    tc_tell_count(rows, "vocab", NULL, 0, m->vocab);
    tc_tell_count(rows, "seq", "tokens", TC_RIGHT | TC_OPTIONAL, m->seq);
}

static void tell_stack(const tc_rows *rows, const tc_stack *s) {
    tc_tell_text(rows, "sharding", "sharding", TC_LEFT, tc_name(TC_VOCABULARY_SHARDING, s->defaults.sharding));
    tc_tell_text(rows, "recompute", "recompute", TC_LEFT | TC_OPTIONAL,
                 tc_name(TC_VOCABULARY_RECOMPUTE, s->defaults.recompute));
    tc_tell_text(rows, "attention", "attention", TC_LEFT | TC_OPTIONAL,
                 tc_name(TC_VOCABULARY_ATTENTION_IMPL, (int)s->attention));
    tc_tell_text(rows, "optimizer", NULL, 0, tc_name(TC_VOCABULARY_OPTIMIZER, (int)s->optimizer));
    tc_tell_count(rows, "micro_batch", NULL, 0, s->defaults.micro_batch);
}

/* Every entry of the kind; lacking: those of which a figure is wanting, in a sentence. */
static tc_code tell_entries(const tc_rows *rows, tc_catalog *catalog, tc_kind kind, char *lacking, size_t room,
                            tc_error *error) {
    const tc_catalog_item *items;
    int count;
    size_t used = 0;
    tc_code code = tc_catalog_list(catalog, kind, &items, &count, error);
    for (int i = 0; i < count && !code; i++) {
        entry e;
        code = load_entry(catalog, kind, &items[i], &e, error);
        if (code) break;
        const char *lacks = kind == TC_KIND_ACCELERATOR ? tc_accelerator_lacks(&e.accelerator) : NULL;
        if (lacks && used < room)
            used += (size_t)snprintf(lacking + used, room - used, "%s%s (%s)",
                                     used ? ", " : " No forecast yet, for want of a figure: ", items[i].slug, lacks);
        tc_rows_begin(rows);
        tc_tell_text(rows, "slug", "slug", TC_LEFT, items[i].slug);
        tc_tell_text(rows, "name", "name", TC_LEFT | TC_FLEXIBLE, items[i].name);
        if (kind == TC_KIND_ACCELERATOR) tell_accelerator(rows, &e.accelerator);
        if (kind == TC_KIND_FABRIC) tell_fabric(rows, &e.fabric);
        if (kind == TC_KIND_MODEL) tell_model(rows, &e.model);
        if (kind == TC_KIND_STACK) tell_stack(rows, &e.stack);
        tc_tell_text(rows, "origin", NULL, 0, items[i].origin);
        tc_rows_end(rows);
    }
    return code;
}

tc_code tc_report_list(tc_target *target, tc_catalog *catalog, tc_kind kind, tc_error *error) {
    char lacking[512] = "";
    tc_writer writer = tc_write_begin(target, "list/1", kind == TC_KIND_FABRIC ? "items.levels" : "items");
    tc_write_lines(&writer, "assumed", NULL, 0);
    tc_write_string(&writer, "kind", tc_kind_name(kind));
    tc_write_array(&writer, "items");
    tc_code code = tell_entries(&(tc_rows){.writer = &writer}, catalog, kind, lacking, sizeof lacking, error);
    tc_write_end(&writer);
    return code;
}

tc_code tc_report_list_text(FILE *file, const tc_style *style, tc_catalog *catalog, tc_kind kind, tc_error *error) {
    char lacking[512] = "";
    tc_table table = {0};
    tc_code code = tell_entries(&(tc_rows){.table = &table}, catalog, kind, lacking, sizeof lacking, error);
    if (code) {
        tc_arena_free(&table.arena);
        return code;
    }
    if (!tc_table_print(&table, file, style)) return tc_fail(error, TC_INTERNAL, "list", "out of memory");
    if (kind != TC_KIND_ACCELERATOR) return TC_OK;
    fputc('\n', file);
    tc_print_wrappedf(file, style, 0, 0,
                      "Memory, bandwidth and dense peak are of one device; package: its power and its devices.%s%s",
                      lacking, *lacking ? "." : "");
    return TC_OK;
}

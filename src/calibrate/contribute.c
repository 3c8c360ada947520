/* contribute.c - rows to give away.
 *
 * What is kept is listed, not what is dropped: numbers and truth values under the keys of data/runs/README.md, and words that are of a
 * vocabulary or slugs of the embedded catalog. Notes, titles, addresses and names of runs are never written. */
#include "calibrate/contribute.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/vocabulary.h"
#include "catalog/embedded.h"
#include "catalog/kinds.h"

static const char *const figures[] = {"devices",
                                      "devices_per_node",
                                      "chips",
                                      "parallel_devices",
                                      "global_batch",
                                      "micro_batch",
                                      "tp",
                                      "pp",
                                      "cp",
                                      "dp",
                                      "ep",
                                      "etp",
                                      "vpp",
                                      "sequence_parallel",
                                      "flash_attention",
                                      "year",
                                      "measured",
                                      "derived",
                                      NULL};
/* Texts of a model that are words of the format. */
static const char *const model_words[] = {"family", "ffn_kind", "kind", "targets", "quant", "pattern", NULL};
static const char *const norm_words[] = {"dtype", "recompute", "sharding", "flops", "kind", "date", NULL};

static bool is_listed(const char *const *list, const char *word) {
    for (int i = 0; list[i]; i++)
        if (strcmp(list[i], word) == 0) return true;
    return false;
}

/* Is it a slug of the program's own catalog? Others are their owner's business. */
static bool is_public(tc_kind kind, const char *slug) {
    for (size_t i = 0; slug && i < tc_embedded_data.count; i++) {
        const tc_embedded_file *file = &tc_embedded_data.files[i];
        if (tc_kind_holds(kind, file->path) && strcmp(file->slug, slug) == 0) return true;
    }
    return false;
}

static bool is_public_stack(const char *stack) {
    char slug[64];
    snprintf(slug, sizeof slug, "%.*s", stack ? (int)strcspn(stack, "@") : 0, stack ? stack : "");
    return is_public(TC_KIND_STACK, slug);
}

/* Numbers, truth values and their objects; texts under the keys of `words`. NULL: out of memory. */
static json_t *figures_of(const json_t *value, const char *const *words, int depth) {
    json_t *out = json_is_array(value) ? json_array() : json_object();
    const char *key;
    json_t *child;
    size_t index;
    if (json_is_array(value)) {
        json_array_foreach(value, index, child) {
            if (json_is_number(child)) json_array_append(out, child);
        }
        return out;
    }
    json_object_foreach((json_t *)value, key, child) {
        if (json_is_number(child) || json_is_boolean(child) || (json_is_string(child) && is_listed(words, key)))
            json_object_set(out, key, child);
        else if ((json_is_object(child) || json_is_array(child)) && depth < 3)
            json_object_set_new(out, key, figures_of(child, words, depth + 1));
    }
    return out;
}

/* The fields of norm that the recipe says, those that were found in texts too; slugs only of the catalog. */
static void add_stated(json_t *norm, const tc_stated *stated) {
    for (int i = 0; i < tc_stated_field_count; i++) {
        const tc_stated_field *field = &tc_stated_fields[i];
        char text[256], object[300];
        if (!tc_stated_is_set(stated, field)) continue;
        if (field->kind == TC_STATED_NAME) {
            const char *name = *(const char *const *)((const char *)stated + field->offset);
            if (!is_public(TC_KIND_ACCELERATOR, name) && !is_public(TC_KIND_FABRIC, name)) continue;
        }
        snprintf(object, sizeof object, "{%s}", tc_stated_text(stated, field, text, sizeof text));
        json_t *one = json_loads(object, 0, NULL);
        if (one) json_object_update(norm, one);
        json_decref(one);
    }
}

static tc_code write_row(FILE *file, json_t *row, json_t *model, json_t *norm, int number, double seconds,
                         tc_error *error) {
    char id[48];
    unsigned long long bits = 0;
    memcpy(&bits, &seconds, sizeof seconds);
    snprintf(id, sizeof id, "contributed-%08llx-%d", bits * 0x9e3779b97f4a7c15u >> 32, number);
    json_object_set_new(row, "id", json_string(id));
    json_object_set_new(row, "group", json_string("contributed"));
    json_object_set_new(row, "model", model);
    json_object_set_new(norm, "read", json_true());
    json_object_set_new(row, "norm", norm);
    char *text = json_dumps(row, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(10));
    json_decref(row);
    if (!text) return tc_fail(error, TC_INTERNAL, "--contribute", "out of memory");
    fprintf(file, "%s\n", text);
    free(text);
    return TC_OK;
}

tc_code tc_contribute_run(FILE *file, const tc_published_run *run, const char *text, size_t length, int number,
                          bool *written, tc_error *error) {
    json_error_t why;
    *written = is_public(TC_KIND_ACCELERATOR, run->accelerator) && (!run->stack || is_public_stack(run->stack));
    if (!*written) return TC_OK;
    json_t *given = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why), *row = json_object();
    if (!given || !row) return tc_fail(error, TC_INTERNAL, "--contribute", "out of memory");
    for (int i = 0; figures[i]; i++) {
        json_t *value = json_object_get(given, figures[i]);
        if (json_is_object(value))
            json_object_set_new(row, figures[i], figures_of(value, figures + 18, 0)); /* no texts */
        else if (json_is_number(value) || json_is_boolean(value))
            json_object_set(row, figures[i], value);
    }
    json_object_set_new(row, "accelerator", json_string(run->accelerator));
    json_t *model = figures_of(json_object_get(given, "model"), model_words, 0);
    if (is_public(TC_KIND_MODEL, run->model.name)) json_object_set_new(model, "name", json_string(run->model.name));
    json_t *norm = figures_of(json_object_get(given, "norm"), norm_words, 0);
    if (run->stack) json_object_set_new(norm, "stack", json_string(run->stack));
    json_object_set_new(norm, "source_family", json_string("contributed"));
    add_stated(norm, &run->stated);
    json_decref(given);
    return write_row(file, row, model, norm, number, run->measured, error);
}

tc_code tc_contribute_step(FILE *file, const tc_case *step, const char *model_slug, int number, bool *written,
                           tc_error *error) {
    static const char *const recomputes[] = {"none", "selective", "full"};
    const tc_layout *l = &step->layout;
    const struct {
        const char *key;
        int value;
    } degrees[] = {{"tp", l->tp}, {"pp", l->pp},   {"cp", l->cp},
                   {"ep", l->ep}, {"vpp", l->vpp}, {"micro_batch", l->micro_batch}};
    *written = is_public(TC_KIND_ACCELERATOR, step->cluster.accelerator.slug) && is_public_stack(step->stack.slug)
               && is_public(TC_KIND_MODEL, model_slug);
    if (!*written) return TC_OK;
    json_t *row = json_object(), *model = json_object(), *norm = json_object(), *measured = json_object();
    if (!row || !model || !norm || !measured) return tc_fail(error, TC_INTERNAL, "--contribute", "out of memory");
    json_object_set_new(row, "accelerator", json_string(step->cluster.accelerator.slug));
    json_object_set_new(row, "devices", json_integer(step->cluster.devices));
    if (step->job.global_batch > 0) json_object_set_new(row, "global_batch", json_integer(step->job.global_batch));
    for (size_t i = 0; i < sizeof degrees / sizeof *degrees; i++)
        if (degrees[i].value > 0) json_object_set_new(row, degrees[i].key, json_integer(degrees[i].value));
    if (l->sequence_parallel >= 0) json_object_set_new(row, "sequence_parallel", json_boolean(l->sequence_parallel));
    json_object_set_new(model, "name", json_string(model_slug));
    json_object_set_new(model, "seq", json_integer(step->job.seq > 0 ? step->job.seq : step->job.model.seq));
    json_object_set_new(measured, tc_metric_name(step->run->metric), json_real(step->run->measured));
    json_object_set_new(row, "measured", measured);
    json_object_set_new(norm, "stack", json_stringn(step->stack.slug, strcspn(step->stack.slug, "@")));
    json_object_set_new(norm, "source_family", json_string("contributed"));
    if (step->job.dtype >= 0) json_object_set_new(norm, "dtype", json_string(tc_dtype_names[step->job.dtype]));
    if (l->sharding >= 0) json_object_set_new(norm, "sharding", json_string(tc_sharding_names[l->sharding]));
    if (l->recompute >= 0 && l->recompute <= TC_RECOMPUTE_FULL)
        json_object_set_new(norm, "recompute", json_string(recomputes[l->recompute]));
    return write_row(file, row, model, norm, number, step->run->measured, error);
}

/* scaling.c - reads data/scaling.yaml; what a law needs to know of a model of the catalog. */
#include "base/calendar.h"
#include "catalog/catalog.h"
#include "catalog/schema.h"
#include "fleet/capability.h"

#define TEXT(key, struct_, member) TC_PATH_TEXT(key, struct_, member, TC_NEEDED)
#define FIGURE(key, struct_, member, low, high)                                                                        \
    TC_PATH_IN(key, NUMBER, struct_, member, low, high, TC_NEEDED, TC_SOURCED)
#define LIST(key, struct_, member, number, most, schema)                                                               \
    TC_PATH_LIST(key, struct_, member, number, 1, most, schema, TC_NEEDED)

static const tc_field law_fields[] = {
    TEXT("slug", tc_scaling_law, slug),
    FIGURE("floor", tc_scaling_law, floor, 0, 100),
    FIGURE("parameters_factor", tc_scaling_law, parameters_factor, 1e-9, 1e15),
    FIGURE("parameters_exponent", tc_scaling_law, parameters_exponent, 0.01, 2),
    FIGURE("tokens_factor", tc_scaling_law, tokens_factor, 1e-9, 1e15),
    FIGURE("tokens_exponent", tc_scaling_law, tokens_exponent, 0.01, 2),
    FIGURE("fitted_flops", tc_scaling_law, fitted_flops, 1e15, 1e29),
    FIGURE("exponent_error", tc_scaling_law, exponent_error, 0, 0.1),
    FIGURE("split_error", tc_scaling_law, split_error, 0, 0.1),
    FIGURE("ratio_error", tc_scaling_law, ratio_error, 0, 2),
};
static const tc_schema law_schema = TC_SCHEMA("law", law_fields);

static const tc_field shape_fields[] = {TEXT("model", tc_scaling_shape, model)};
static const tc_schema shape_schema = TC_SCHEMA("shape", shape_fields);

static const tc_field public_fields[] = {
    TEXT("model", tc_scaling_public, model),
    TC_PATH_TEXT("released", tc_scaling_public, released, TC_NEEDED, TC_SOURCED),
    FIGURE("tokens", tc_scaling_public, tokens, 1e6, 1e18),
};
static const tc_schema public_schema = TC_SCHEMA("public model", public_fields);

#define LEVERAGE(key, member, low, high) FIGURE("leverage." key, tc_scaling, leverage.member, low, high)
static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_CHECKED("slug", STRING, .size = 64),
    TC_PATH_CHECKED("name", STRING, .size = 128),
    LIST("laws", tc_scaling, law, laws, TC_SCALING_LAWS, &law_schema),
    FIGURE("repetition", tc_scaling, repetition, 0.1, 1e6),
    FIGURE("most_tokens_per_parameter", tc_scaling, most_tokens_per_parameter, 1, 1e9),
    FIGURE("flat", tc_scaling, flat, 0, 1),
    LEVERAGE("exponent", exponent, -10, 10),
    LEVERAGE("compute", compute, -1, 1),
    LEVERAGE("granularity", granularity, -10, 10),
    LEVERAGE("granularity_squared", granularity_squared, -10, 10),
    LEVERAGE("least", least, 1e-9, 1),
    LEVERAGE("most", most, 1, 1e29),
    LEVERAGE("fitted_flops", fitted_flops, 1e15, 1e29),
    TC_PATH_IN("leverage.kept", SPREAD, tc_scaling, leverage.kept, 0, 2, TC_NEEDED, TC_SOURCED),
    LIST("shapes", tc_scaling, shape, shapes, TC_SCALING_SHAPES, &shape_schema),
    LIST("public", tc_scaling, public, publics, TC_SCALING_PUBLIC, &public_schema),
};
static const tc_schema schema = TC_SCHEMA("scaling", fields);

tc_code tc_scaling_load(tc_catalog *catalog, tc_scaling *out, tc_error *error) {
    *out = (tc_scaling){0};
    const tc_document *document;
    tc_code code = tc_catalog_document(catalog, TC_KIND_COMMON, "scaling", &document, NULL, error);
    if (code == TC_OK) code = tc_schema_read(&schema, document, out, error);
    if (code != TC_OK) return code;
    const tc_node *node = tc_node_get(document->root, "public")->first;
    for (int i = 0; i < out->publics; i++, node = node->next)
        if (!tc_date_parse(out->public[i].released, &out->public[i].day))
            return tc_document_fail(document, tc_node_get(node, "released"), NULL, error,
                                    "'%s' is no day; write one such as \"2024-07-23\"", out->public[i].released);
    return TC_OK;
}

tc_capability_shape tc_capability_shape_of(const tc_model *model) {
    tc_model_size size = tc_model_count(model);
    tc_capability_shape shape = {size.active_parameters, size.parameters, 1, 1};
    int layers = 0; /* of the largest run of blocks with experts, which stands for all */
    for (int i = 0; i < model->blocks; i++) {
        const tc_block *block = &model->block[i];
        const tc_experts *e = &block->experts;
        if (!(block->ffn & TC_FFN_EXPERTS) || e->experts < 1 || e->ffn < 1 || block->count <= layers) continue;
        layers = block->count;
        double shared = (double)e->shared_ffn / e->ffn;
        shape.activation = (e->top_k + shared) / (e->experts + shared);
        shape.granularity = 2.0 * model->hidden / e->ffn;
    }
    return shape;
}

tc_code tc_capability_best_public(tc_catalog *catalog, const tc_scaling *scaling, int law, int32_t day, int *public,
                                  tc_capability_shape *shape, tc_error *error) {
    const tc_capability_setting setting = {.scaling = scaling, .law = law};
    double least = 0;
    *public = -1;
    for (int i = 0; i < scaling->publics; i++) {
        const tc_scaling_public *item = &scaling->public[i];
        if (item->day > day) continue;
        tc_model model;
        tc_code code = tc_catalog_model(catalog, item->model, &model, error);
        if (code != TC_OK) return code;
        tc_capability_shape of = tc_capability_shape_of(&model);
        double loss = tc_capability_of(&setting, &of, item->tokens).loss;
        if (*public >= 0 && !(loss < least)) continue;
        *public = i, *shape = of, least = loss;
    }
    return TC_OK;
}

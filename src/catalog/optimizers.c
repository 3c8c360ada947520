/* optimizers.c - the format of data/optimizers.yaml: figures of every optimizer, for all stacks. */
#include "base/vocabulary.h"
#include "catalog/kinds.h"

typedef struct item {
    int optimizer;
    tc_optimizer_figures figures;
} item;

typedef struct optimizers_file {
    int count;
    item item[TC_OPTIMIZER_NONE];
} optimizers_file;

#define FIGURE(where, needed, kind, member, high)                                                                      \
    {                                                                                                                  \
        .path = where, .type = kind, .need = needed, .sourced = true, .offset = offsetof(item, figures.member),        \
        .max = high                                                                                                    \
    }

static const tc_field item_fields[] = {
    TC_PATH_WORD("slug", item, optimizer, tc_optimizer_names, TC_NEEDED),
    FIGURE("state", TC_NEED_ALWAYS, TC_FIELD_NUMBER, state_bytes, 64),
    FIGURE("state_of_ends", TC_NEED_ALWAYS, TC_FIELD_NUMBER, end_state_bytes, 64),
    FIGURE("extra", TC_NEED_ALWAYS, TC_FIELD_NUMBER, extra_bytes, 1000),
    FIGURE("unfused", TC_NEED_ALWAYS, TC_FIELD_NUMBER, unfused_bytes, 1000),
    FIGURE("foreach", TC_NEED_NEVER, TC_FIELD_NUMBER, foreach_passes, 1000),
    FIGURE("newton_schulz", TC_NEED_NEVER, TC_FIELD_INTEGER, newton_schulz, 100),
};
static const tc_schema item_schema = TC_SCHEMA("optimizer", item_fields);

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_CHECKED("slug", STRING, .size = 64),
    TC_PATH_CHECKED("name", STRING, .size = 96),
    TC_PATH_LIST("optimizers", optimizers_file, item, count, TC_OPTIMIZER_NONE, TC_OPTIMIZER_NONE, &item_schema,
                 TC_NEEDED),
};
static const tc_schema schema = TC_SCHEMA("optimizers", fields);

tc_code tc_optimizers_read(const tc_document *document, tc_optimizer_figures out[TC_OPTIMIZER_NONE], tc_error *error) {
    optimizers_file file = {0};
    tc_code code = tc_schema_read(&schema, document, &file, error);
    for (int i = 0; code == TC_OK && i < file.count; i++) {
        if (file.item[i].optimizer == TC_OPTIMIZER_NONE)
            return tc_document_fail(document, NULL, "optimizers", error, "'none' has no figures; leave it out");
        for (int k = 0; k < i; k++)
            if (file.item[k].optimizer == file.item[i].optimizer)
                return tc_document_fail(document, NULL, "optimizers", error, "'%s' comes twice; give each one once",
                                        tc_optimizer_names[file.item[i].optimizer]);
        out[file.item[i].optimizer] = file.item[i].figures;
    }
    return code;
}

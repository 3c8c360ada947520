/* kinds.c - the kinds of data files: name, folder, format. */
#include "catalog/kinds.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

static const struct kind {
    const char *name, *folder;
    const tc_schema *schema;
} kinds[TC_FILE_KINDS] = {
    [TC_KIND_ACCELERATOR] = {"accelerator", "accelerators", &tc_accelerator_schema},
    [TC_KIND_ARCHITECTURE] = {"architecture", "architectures", &tc_architecture_schema},
    [TC_KIND_FABRIC] = {"fabric", "fabrics", &tc_fabric_schema},
    [TC_KIND_MODEL] = {"model", "models", &tc_model_schema},
    [TC_KIND_STACK] = {"stack", "stacks", &tc_stack_schema},
    [TC_KIND_ENGINE] = {"engine", "engines", &tc_engine_schema},
    [TC_KIND_SCENARIO] = {"scenario", "scenarios", NULL},
    [TC_KIND_FRAMEWORK] = {"framework", "frameworks", NULL},
    [TC_KIND_FITTED] = {"fitted", "fitted", NULL},
    [TC_KIND_COMMON] = {"common", "", NULL},
};

const char *tc_kind_name(tc_kind kind) { return kinds[kind].name; }

const char *tc_kind_folder(tc_kind kind) { return kinds[kind].folder; }

const tc_schema *tc_kind_schema(tc_kind kind) { return kinds[kind].schema; }

int tc_kind_find(const char *word) {
    for (int i = 0; i < TC_KINDS; i++)
        if (strcmp(word, kinds[i].name) == 0 || strcmp(word, kinds[i].folder) == 0) return i;
    return -1;
}

bool tc_is_path(const char *slug_or_path) {
    const char *slash = strchr(slug_or_path, '/');
    bool hub_name = slash && slash[1] && !strchr(slash + 1, '/') && isalnum((unsigned char)slug_or_path[0]);
    return (slash && !hub_name) || tc_ends_with(slug_or_path, ".yaml") || tc_ends_with(slug_or_path, ".json");
}

bool tc_kind_holds(tc_kind kind, const char *path) {
    size_t length = strlen(kinds[kind].folder);
    if (length == 0) return !strchr(path, '/');
    return strncmp(path, kinds[kind].folder, length) == 0 && path[length] == '/';
}

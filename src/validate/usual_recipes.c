/* usual_recipes.c - reads data/recipes.yaml, and finds the recipes of a row in it. */
#include "validate/usual_recipes.h"

#include <stdlib.h>
#include <string.h>

#include "base/members.h"
#include "base/text.h"
#include "base/vocabulary.h"
#include "catalog/ages.h"
#include "catalog/schema.h"
#include "layout/supports.h"

static const char *const of_names[] = {"dense",       "experts", "recurrent", "pretraining", "adapters",
                                       "full-tuning", "packed",  "split",     NULL};    /* tc_recipe_of */
static const char *const recomputes[] = {"none", "selective", "full", "partial", NULL}; /* as in `norm` */

/* What of an entry the schema reads; its lists and settings are read where they stand. */
typedef struct entry {
    int of, formats;
    int recompute;               /* that the row states; TC_UNSET: any, or none */
    int tp, pp, ep, micro_batch; /* 0: any */
} entry;

#define DEGREE(member) TC_PATH_IN(#member, INTEGER, entry, member, 1, TC_MOST_DEGREE)

static const tc_field entry_fields[] = {
    TC_PATH_CHECKED("stacks", TEXTS, TC_NEEDED),
    TC_PATH_CHECKED("models", TEXTS),
    TC_PATH_CHECKED("chips", TEXTS),
    TC_PATH_CHECKED("frameworks", TEXTS),
    TC_PATH("recompute", ENUM, entry, recompute, .names = recomputes),
    TC_PATH("of", WORDS, entry, of, .names = of_names),
    TC_PATH("formats", WORDS, entry, formats, .names = tc_dtype_names),
    DEGREE(tp),
    DEGREE(pp),
    DEGREE(ep),
    DEGREE(micro_batch),
    TC_PATH_CHECKED("from", STRING, .size = TC_STACK_DATE),
    TC_PATH_CHECKED("until", STRING, .size = TC_STACK_DATE),
    TC_PATH_CHECKED("source", SOURCE, TC_NEEDED),
    TC_PATH_CHECKED("notes", TEXTS),
    TC_PATH_CHECKED("says", TEXTS, TC_NEEDED),
};
static const tc_schema entry_schema = TC_SCHEMA("recipe", entry_fields);

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TC_PATH_CHECKED("slug", TEXTS, TC_NEEDED),
    TC_PATH_CHECKED("name", TEXTS, TC_NEEDED),
    TC_PATH_CHECKED("recipes", LIST, TC_NEEDED, .max = 400, .element = &entry_schema),
};
static const tc_schema schema = TC_SCHEMA("recipes", fields);

static int recompute_of(const char *text) {
    for (int i = 0; recomputes[i]; i++)
        if (strcmp(recomputes[i], text) == 0) return i;
    return TC_UNSET;
}

/* Sequences of a micro-batch; TC_UNSET where that is no number from 1. */
static int micro_batch_of(const char *text) {
    char *end;
    long value = strtol(text, &end, 10);
    return *end || value < 1 || value > TC_MOST_DEGREE ? TC_UNSET : (int)value;
}

static tc_code check_setting(const tc_document *document, const tc_node *setting, tc_error *error) {
    tc_stated ignored = tc_stated_none();
    const tc_stated_field *field = tc_stated_find(setting->key);
    bool word = setting->kind == TC_NODE_SCALAR
                && (field                                      ? tc_stated_set(&ignored, field, setting->text)
                    : strcmp(setting->key, "recompute") == 0   ? recompute_of(setting->text) != TC_UNSET
                    : strcmp(setting->key, "micro_batch") == 0 ? micro_batch_of(setting->text) != TC_UNSET
                                                               : false);
    return word ? TC_OK : tc_document_fail(document, setting, NULL, error, "is no word of the fields of `norm`");
}

tc_code tc_usual_recipes_check(const tc_document *document, tc_error *error) {
    tc_code code = tc_schema_read(&schema, document, NULL, error);
    const tc_node *list = tc_node_get(document->root, "recipes");
    for (const tc_node *n = !code ? list->first : NULL; n && !code; n = n->next) {
        const char *const dates[] = {"from", "until"};
        for (int d = 0; d < 2 && !code; d++)
            if (tc_node_text(n, dates[d]) && !tc_stack_date(tc_node_text(n, dates[d])))
                code = tc_document_fail(document, n, dates[d], error, "is no date; write a month, as in 2025-09");
        const tc_node *says = tc_node_get(n, "says");
        if (!code && says->kind != TC_NODE_MAPPING)
            code = tc_document_fail(document, says, NULL, error, "a mapping of settings is needed");
        for (const tc_node *s = !code ? says->first : NULL; s && !code; s = s->next)
            code = check_setting(document, s, error);
    }
    return code;
}

/* How a text of a list is that of a row: it is the same, begins it, or is somewhere in it; as people write names. */
typedef enum match { IS, BEGINS, WITHIN } match;

static bool matches(const char *text, const char *name, match how) {
    return how == WITHIN ? tc_says(name, text) : how == BEGINS ? tc_name_begins(name, text) : tc_same_name(name, text);
}

/* Is there no such list, or is one of its texts the row's? */
static bool lists(const tc_node *of, const char *key, const char *name, match how) {
    const tc_node *list = tc_node_get(of, key);
    if (!list) return true;
    const tc_node *text = list->kind == TC_NODE_SCALAR ? list : list->first;
    for (; text; text = text == list ? NULL : text->next)
        if (matches(text->text, name ? name : "", how)) return true;
    return false;
}

/* How far a recipe may be from the row: of its degrees and month; of its degrees; of its month. */
typedef enum nearness { BOTH, DEGREES, MONTH, NEARNESSES } nearness;

static bool is_degree(int of, int stated) { return of == 0 || stated == TC_UNSET || of == stated; }

static bool is_then(const tc_node *n, int date) {
    const char *from = tc_node_text(n, "from"), *until = tc_node_text(n, "until");
    if (!from && !until) return true;
    return date > 0 && (!from || date >= tc_stack_date(from)) && (!until || date <= tc_stack_date(until));
}

static bool holds(const tc_document *document, const tc_node *n, const tc_recipe_row *row, nearness near) {
    entry e = {.recompute = TC_UNSET};
    tc_error ignored;
    if (!lists(n, "frameworks", row->framework, WITHIN)) return false;
    if (!lists(n, "stacks", row->stack, IS) || !lists(n, "models", row->model, BEGINS)) return false;
    if (!lists(n, "chips", row->accelerator, BEGINS) || (near != DEGREES && !is_then(n, row->date))) return false;
    if (tc_schema_read_element(&entry_schema, document, n, &e, &ignored) != TC_OK) return false;
    if (e.recompute != TC_UNSET && e.recompute != row->recompute) return false;
    bool degrees = near == MONTH
                   || (is_degree(e.tp, row->tp) && is_degree(e.pp, row->pp) && is_degree(e.ep, row->ep)
                       && is_degree(e.micro_batch, row->micro_batch));
    return degrees && (e.of & ~row->of) == 0 && (!e.formats || tc_set_has(e.formats, row->dtype));
}

/* Partial recompute and partial graphs go with what they are of. */
static bool goes_with(const char *key, const tc_stated *stated, int recompute) {
    if (strncmp(key, "recompute_", 10) == 0) return recompute == TC_RECOMPUTE_LAYERS;
    return strcmp(key, "graphed") != 0 || stated->cuda_graphs == TC_GRAPHS_PARTIAL;
}

static void list(const char *key, char *taken, size_t size) {
    tc_append(taken, size, "%s%s", taken[0] ? ", " : "", key);
}

/* Fills from one entry. */
static void take(const tc_node *n, tc_stated *stated, tc_recipe_set *set, char *taken, size_t size) {
    for (const tc_node *s = tc_node_get(n, "says")->first; s; s = s->next) {
        const tc_stated_field *field = tc_stated_find(s->key);
        bool instead = tc_node_text(n, "recompute"); /* the row's word stands for another */
        bool sequences = !field && strcmp(s->key, "micro_batch") == 0;
        bool known = field       ? tc_stated_is_set(stated, field)
                     : sequences ? set->micro_batch != TC_UNSET
                                 : set->recompute != TC_UNSET && !instead;
        if (known || !goes_with(s->key, stated, set->recompute)) continue;
        if (field)
            (void)tc_stated_set(stated, field, s->text);
        else if (sequences)
            set->micro_batch = micro_batch_of(s->text);
        else
            set->recompute = recompute_of(s->text);
        list(s->key, taken, size);
    }
}

/* The micro-batch that a recipe with degrees is for. */
static void take_micro_batch(const tc_node *n, tc_recipe_set *set, char *taken, size_t size) {
    const char *text = tc_node_text(n, "micro_batch");
    if (!text || set->micro_batch != TC_UNSET) return;
    set->micro_batch = micro_batch_of(text);
    list("micro_batch", taken, size);
}

void tc_usual_recipes_take(const tc_document *document, const tc_recipe_row *row, tc_stated *stated, tc_recipe_set *set,
                           char *taken, size_t size) {
    const tc_node *list = tc_node_get(document->root, "recipes"), *found = NULL;
    taken[0] = 0;
    int near = BOTH;
    for (; near < NEARNESSES && list && !found; near += !found)
        for (const tc_node *n = list->first; n && !found; n = n->next)
            if (tc_node_get(n, "tp") && holds(document, n, row, (nearness)near)) found = n;
    if (found) take(found, stated, set, taken, size);
    if (found && near != MONTH) take_micro_batch(found, set, taken, size);
    for (const tc_node *n = list ? list->first : NULL; n; n = n->next)
        if (!tc_node_get(n, "tp") && holds(document, n, row, BOTH)) take(n, stated, set, taken, size);
}

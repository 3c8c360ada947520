/* import.c - which syntax, which framework, which command; then the framework's table does the rest. */
#include "interop/import.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/utf8.h"
#include "catalog/lookup.h"
#include "interop/read_shell.h"
#include "interop/read_tree.h"
#include "workload/operators.h"

#define MOST_FRAMEWORKS 64
#define LONGEST ((size_t)4 << 20)

/* ---- the syntax --------------------------------------------------------------------------------- */

static tc_syntax syntax_of(const char *file, const char *text, size_t length) {
    if (tc_ends_with(file, ".json")) return TC_SYNTAX_JSON;
    if (tc_ends_with(file, ".yaml") || tc_ends_with(file, ".yml")) return TC_SYNTAX_YAML;
    if (tc_ends_with(file, ".toml")) return TC_SYNTAX_TOML;
    if (tc_ends_with(file, ".py") || strstr(file, ".py#")) return TC_SYNTAX_PYTHON;
    if (tc_ends_with(file, ".sh") || tc_ends_with(file, ".sbatch") || tc_ends_with(file, ".slurm"))
        return TC_SYNTAX_ARGUMENTS;
    size_t i = 0;
    while (i < length && isspace((unsigned char)text[i])) i++;
    if (i < length && text[i] == '{') return TC_SYNTAX_JSON;
    if (i < length && text[i] == '[') return TC_SYNTAX_TOML;
    for (const char *at = text, *end = text + length; at < end;) { /* the first line that says something */
        const char *next = memchr(at, '\n', (size_t)(end - at)), *stop = next ? next : end;
        if (*at != '#' && *at != '\n' && *at != '\r') {
            size_t n = 0;
            while (at + n < stop && (isalnum((unsigned char)at[n]) || at[n] == '_')) n++;
            return n > 0 && at + n < stop && at[n] == ':' ? TC_SYNTAX_YAML : TC_SYNTAX_ARGUMENTS;
        }
        at = stop + 1;
    }
    return TC_SYNTAX_ARGUMENTS;
}

static tc_code read_settings(tc_syntax syntax, const char *text, size_t length, tc_settings *out, tc_error *error) {
    switch (syntax) {
    case TC_SYNTAX_JSON: return tc_read_json(text, length, out, error);
    case TC_SYNTAX_YAML: return tc_read_yaml(text, length, out, error);
    case TC_SYNTAX_TOML: return tc_read_toml(text, length, out, error);
    case TC_SYNTAX_PYTHON:
        return tc_read_python(text, length, strchr(out->file, '#') ? strchr(out->file, '#') + 1 : NULL, out, error);
    case TC_SYNTAX_ARGUMENTS: break;
    }
    return tc_read_shell(text, length, out, error);
}

/* Several files in one text, as `launch` prints them: "# ---- launch.sh ----" before each. */
static const char *next_part(const char *at, const char *end, char *name, size_t size) {
    static const char mark[] = "# ---- ";
    while (at < end) {
        const char *next = memchr(at, '\n', (size_t)(end - at)), *stop = next ? next : end;
        if ((size_t)(stop - at) > sizeof mark + 5 && memcmp(at, mark, sizeof mark - 1) == 0
            && memcmp(stop - 5, " ----", 5) == 0) {
            snprintf(name, size, "%.*s", (int)(stop - 5 - at) - (int)sizeof mark + 1, at + sizeof mark - 1);
            return at;
        }
        at = stop + 1;
    }
    return end;
}

static tc_code read_parts(const char *file, const char *text, size_t length, tc_syntax *syntax, tc_settings *out,
                          tc_error *error) {
    const char *end = text + length;
    char name[80], next_name[80];
    const char *at = next_part(text, end, name, sizeof name);
    if (at == end) {
        *syntax = syntax_of(file, text, length);
        return read_settings(*syntax, text, length, out, error);
    }
    *syntax = TC_SYNTAX_ARGUMENTS;
    while (at < end) {
        const char *body = memchr(at, '\n', (size_t)(end - at));
        body = body ? body + 1 : end;
        const char *next = next_part(body, end, next_name, sizeof next_name);
        tc_syntax part = syntax_of(name, body, (size_t)(next - body));
        if (part != TC_SYNTAX_ARGUMENTS) *syntax = part;
        tc_code code = read_settings(part, body, (size_t)(next - body), out, error);
        if (code) return code;
        snprintf(name, sizeof name, "%s", next_name);
        at = next;
    }
    return TC_OK;
}

/* ---- the framework --------------------------------------------------------------------------------- */

static int groups_of(const tc_settings *s) {
    int most = 0;
    for (int i = 0; i < s->count; i++)
        if (s->list[i].group > most) most = s->list[i].group;
    return most;
}

/* The command with the most options that the framework knows; their number in *known. */
static int best_group(const tc_framework *fw, const tc_settings *s, int *known) {
    int best = 0;
    *known = 0;
    for (int g = 0; g <= groups_of(s); g++) {
        int n = tc_framework_knows(fw, s, g);
        if (n > *known) best = g, *known = n;
    }
    return best;
}

/* One command stays, and what the whole file says. */
static void keep_group(const tc_framework *fw, tc_settings *s, int group) {
    int kept = 0, dropped = 0;
    for (int i = 0; i < s->count; i++) {
        if (s->list[i].group == 0 || s->list[i].group == group) {
            s->list[kept++] = s->list[i];
        } else if (s->list[i].group != dropped) {
            dropped = s->list[i].group;
            if (tc_framework_knows(fw, s, dropped) > 0)
                tc_settings_note(s, "line %d: another command, with %.60s, is left out", s->list[i].line,
                                 s->list[i].name);
        }
    }
    s->count = kept;
}

static tc_code choose_framework(tc_catalog *catalog, const char *format, tc_imported *out, tc_error *error) {
    const char *slugs[MOST_FRAMEWORKS];
    int n = tc_framework_slugs(catalog, slugs, MOST_FRAMEWORKS), most = 0, group = 0;
    if (n > MOST_FRAMEWORKS) n = MOST_FRAMEWORKS;
    if (format) {
        tc_code code = tc_framework_load(catalog, format, &out->framework, error);
        group = code ? 0 : best_group(&out->framework, &out->settings, &most);
        if (!code) keep_group(&out->framework, &out->settings, group);
        return code;
    }
    for (int i = 0; i < n; i++) {
        tc_framework fw;
        int known;
        tc_code code = tc_framework_load(catalog, slugs[i], &fw, error);
        if (code) return code;
        int best = best_group(&fw, &out->settings, &known);
        if (known <= most) continue;
        most = known;
        group = best;
        out->framework = fw;
    }
    if (most == 0)
        return tc_fail(error, TC_INVALID, out->settings.file,
                       "has no option of a framework that is known; give a launch script, or --format with its "
                       "framework");
    keep_group(&out->framework, &out->settings, group);
    return TC_OK;
}

/* What the framework has and no forecast can take: its options, and why. */
static tc_code refuse(const tc_imported *in, tc_error *error) {
    const tc_node *refused = tc_framework_section(&in->framework, "refused");
    for (const tc_node *n = refused && refused->kind == TC_NODE_MAPPING ? refused->first : NULL; n; n = n->next) {
        const tc_setting *s = tc_settings_find(&in->settings, n->key);
        if (s && n->kind == TC_NODE_SCALAR && !(s->value && (tc_says(s->value, "false") || tc_says(s->value, "none"))))
            return tc_setting_fail(&in->settings, s, error, "%s", n->text);
    }
    return TC_OK;
}

/* What it has that no forecast counts, said in a sentence; and the stack that an option makes of its own. */
static void take_notes(tc_imported *in) {
    const tc_node *noted = tc_framework_section(&in->framework, "noted"),
                  *variants = tc_framework_section(&in->framework, "variants");
    in->stack = in->framework.stack;
    for (const tc_node *n = noted && noted->kind == TC_NODE_MAPPING ? noted->first : NULL; n; n = n->next) {
        tc_setting *s = tc_settings_find(&in->settings, n->key);
        if (!s || n->kind != TC_NODE_SCALAR || (s->value && (tc_says(s->value, "false") || tc_says(s->value, "none"))))
            continue;
        s->used = true;
        tc_settings_note(&in->settings, "%.80s: %.150s", s->name, n->text);
    }
    for (const tc_node *n = variants && variants->kind == TC_NODE_MAPPING ? variants->first : NULL; n; n = n->next) {
        tc_setting *s = tc_settings_find(&in->settings, n->key);
        if (!s || n->kind != TC_NODE_SCALAR || (s->value && !tc_says(s->value, "true"))) continue;
        s->used = true;
        in->stack = n->text;
    }
}

/* ---- the model ------------------------------------------------------------------------------------------ */

static bool is_number(const tc_node *node, const char *key, int value) {
    const char *text = tc_node_text(node, key);
    return text && strtol(text, NULL, 10) == value;
}

/* Of the catalog's models, the one with the same width, layers, heads and experts: it says the vocabulary, and its name. */
static tc_code find_like(tc_catalog *catalog, const tc_model *model, bool has_vocab, tc_model *like, const char **slug,
                         tc_error *error) {
    int count = 0;
    const tc_entry *e = tc_entries_of_kind(&catalog->entries, TC_KIND_MODEL, &count);
    *slug = NULL;
    for (int i = 0; i < count && !*slug; i++) {
        const tc_document *d = NULL;
        tc_code code = tc_lookup_helper(catalog, TC_KIND_MODEL, e[i].slug, NULL, &d, error);
        if (code) return code;
        if (!d || !is_number(d->root, "hidden", model->hidden)) continue;
        if (has_vocab && !is_number(d->root, "vocab", model->vocab)) continue;
        code = tc_catalog_model(catalog, e[i].slug, like, error);
        if (code) return code;
        const tc_block *a = &model->block[model->blocks - 1], *b = &like->block[like->blocks - 1];
        bool same = tc_layer_count(like) == tc_layer_count(model) && a->mixer == b->mixer && a->ffn == b->ffn
                    && like->latents.stride == 0 && a->attention.heads == b->attention.heads
                    && a->attention.kv_heads == b->attention.kv_heads && a->latent.kv_rank == b->latent.kv_rank
                    && a->experts.experts == b->experts.experts && a->experts.ffn == b->experts.ffn
                    && (a->ffn == TC_FFN_EXPERTS || a->dense.ffn == b->dense.ffn);
        if (same) *slug = e[i].slug;
    }
    return TC_OK;
}

static tc_code take_model(tc_catalog *catalog, tc_imported *out, tc_error *error) {
    tc_model *model = &out->question.job.model, *like = malloc(sizeof *like);
    if (!like) return tc_fail(error, TC_INTERNAL, out->settings.file, "out of memory");
    tc_code code = tc_facts_to_model(&out->facts, model, &out->has_model, error);
    if (!code && out->has_model && tc_facts_noops(&out->facts) > 0)
        tc_facts_set(&out->facts, TC_FACT_LAYERS, "%d", tc_layer_count(model));
    if (!code && out->has_model) code = find_like(catalog, model, model->vocab > 0, like, &out->like, error);
    if (!code && out->has_model && model->vocab == 0 && out->like) {
        model->vocab = like->vocab;
        tc_facts_set(&out->facts, TC_FACT_VOCAB, "%d", like->vocab);
        tc_settings_note(&out->settings, "vocabulary %d: that of %.60s, which has the same sizes", like->vocab,
                         out->like);
    }
    const char *name = out->facts.value[TC_FACT_NAME] ? out->facts.value[TC_FACT_NAME] : out->facts.value[TC_FACT_SLUG];
    if (!code && !out->has_model && name) {
        tc_error unused;
        if (tc_catalog_model(catalog, name, model, &unused) == TC_OK)
            out->model = name;
        else
            tc_settings_note(&out->settings, "model %.80s is not in the catalog; give --model", name);
        if (!out->model) *model = tc_default_model();
    }
    free(like);
    return code;
}

/* Defaults of what is not there. */
static void leave_out(tc_facts *f) {
    static const tc_fact latent[]
        = {TC_FACT_Q_RANK, TC_FACT_KV_RANK, TC_FACT_NOPE_DIM, TC_FACT_ROPE_DIM, TC_FACT_V_DIM};
    static const tc_fact heads[] = {TC_FACT_KV_HEADS, TC_FACT_HEAD_DIM};
    static const tc_fact experts[]
        = {TC_FACT_TOP_K,         TC_FACT_EXPERT_FFN,      TC_FACT_SHARED_FFN, TC_FACT_SHARED_GATE, TC_FACT_ROUTER_BIAS,
           TC_FACT_EXPERT_LAYERS, TC_FACT_GROUPED_EXPERTS, TC_FACT_DISPATCH,   TC_FACT_EP_OVERLAP,  TC_FACT_ETP};
    bool is_latent = tc_facts_is(f, TC_FACT_LATENT, "on");
    const char *count = f->value[TC_FACT_EXPERTS];
    bool has_experts = count && strcmp(count, "0") != 0;
    bool named = !f->value[TC_FACT_LAYERS]; /* by a name: what it has is not known here */
    for (size_t i = 0; i < sizeof latent / sizeof latent[0] && !is_latent; i++) f->value[latent[i]] = NULL;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0] && is_latent; i++) f->value[heads[i]] = NULL;
    for (size_t i = 0; i < sizeof experts / sizeof experts[0] && !has_experts && !named; i++)
        f->value[experts[i]] = NULL;
    if (!tc_facts_is(f, TC_FACT_DTYPE, "fp8")) f->value[TC_FACT_FP8_RECIPE] = NULL;
    bool tuned = f->value[TC_FACT_FINETUNE] && strstr(f->value[TC_FACT_FINETUNE], "lora");
    if (!tuned) f->value[TC_FACT_LORA_RANK] = f->value[TC_FACT_LORA_TARGETS] = NULL;
}

/* UTF-8 without control characters: what is told of it reaches terminals and JSON. */
static tc_code check_text(const char *file, const char *text, size_t length, tc_error *error) {
    int line = 1;
    for (size_t i = 0, step; i < length; i += step) {
        uint32_t point;
        tc_glyph glyph = tc_utf8_next(text + i, length - i, &step, &point);
        line += text[i] == '\n';
        if (glyph == TC_GLYPH_SHOWN || strchr("\t\n\r\f", text[i]) || (i == 0 && point == 0xFEFF)) continue;
        if (glyph == TC_GLYPH_HIDDEN && point > 127) continue; /* joins and marks of scripts' comments */
        char place[300];
        snprintf(place, sizeof place, "%.250s:%d", file, line);
        return tc_fail(error, TC_INVALID, place, "has bytes that no text has; give a launch script in UTF-8");
    }
    return TC_OK;
}

/* ---- all of it --------------------------------------------------------------------------------------------- */

tc_code tc_import_text(tc_catalog *catalog, const char *file, const char *text, size_t length, const char *format,
                       tc_imported *out, tc_error *error) {
    *out = (tc_imported){.question = tc_default_question()};
    out->question.layout = tc_default_layout();
    tc_settings_open(&out->settings, file);
    out->facts.arena = &out->arena;
    if (length > LONGEST)
        return tc_fail(error, TC_INVALID, file, "is larger than %zu MiB; give a launch script", LONGEST >> 20);
    if (length == 0) return tc_fail(error, TC_INVALID, file, "is empty");
    tc_code good = check_text(file, text, length, error);
    if (good) return good;
    tc_framework named = {0};
    tc_syntax syntax = TC_SYNTAX_ARGUMENTS;
    tc_code code = format ? tc_framework_load(catalog, format, &named, error) : TC_OK;
    if (!code) code = read_parts(file, text, length, &syntax, &out->settings, error);
    if (!code) code = choose_framework(catalog, format, out, error);
    if (!code) code = refuse(out, error);
    if (!code) code = tc_framework_read(&out->framework, &out->settings, &out->facts, error);
    if (!code) take_notes(out);
    if (!code) code = take_model(catalog, out, error);
    if (!code) leave_out(&out->facts);
    if (!code) code = tc_facts_to_question(&out->facts, &out->question, &out->stage_layers, error);
    if (!code && out->facts.no_memory) code = tc_fail(error, TC_INTERNAL, file, "out of memory");
    return code ? code : tc_settings_check(&out->settings, error);
}

void tc_import_free(tc_imported *imported) {
    tc_settings_free(&imported->settings);
    tc_arena_free(&imported->arena);
    free(imported->stage_layers);
    imported->stage_layers = NULL;
}

bool tc_import_knows_json(tc_catalog *catalog, const char *file, const char *text, size_t length) {
    tc_imported *in = malloc(sizeof *in);
    tc_error unused;
    if (!in) return false;
    *in = (tc_imported){.has_model = false};
    tc_settings_open(&in->settings, file);
    bool knows = tc_read_json(text, length, &in->settings, &unused) == TC_OK
                 && choose_framework(catalog, NULL, in, &unused) == TC_OK;
    tc_import_free(in);
    free(in);
    return knows;
}

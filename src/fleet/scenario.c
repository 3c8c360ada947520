/* scenario.c - reads a scenario by its schema, then checks what a schema cannot: dates and their
 * order, names that refer to each other, one of two keys. */
#include "fleet/scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/file.h"
#include "base/members.h"
#include "base/vocabulary.h"
#include "catalog/kinds.h"

static const char *const ownerships[] = {"owned", "rented", NULL};

/* ---- the format -------------------------------------------------------------------- */

#define TEXT(where, needed, type_of, member)                                                                           \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_STRING, .need = needed, .offset = offsetof(type_of, member),                   \
        .size = sizeof(((type_of *)0)->member)                                                                         \
    }
#define FIGURE(where, unit, needed, type_of, member, low, high)                                                        \
    {                                                                                                                  \
        .path = where, .type = TC_FIELD_NUMBER, .dimension = unit, .need = needed, .sourced = true,                    \
        .offset = offsetof(type_of, member), .min = low, .max = high                                                   \
    }
#define SCHEMA(kind, fields)                                                                                           \
    { kind, fields, sizeof fields / sizeof *(fields) }

static const char *const periods[] = {"month", NULL};

#define BATCH_BAND 0.05 /* share by which a global batch may move, unless the file says otherwise */

static const tc_field delivery_fields[] = {
    TEXT("date", TC_NEED_NEVER, tc_delivery_line, date),
    {.path = "every", .type = TC_FIELD_ENUM, .offset = offsetof(tc_delivery_line, every), .names = periods},
    TEXT("from", TC_NEED_NEVER, tc_delivery_line, from),
    TEXT("until", TC_NEED_NEVER, tc_delivery_line, until),
    {.path = "devices",
     .type = TC_FIELD_INTEGER,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_delivery_line, devices),
     .min = 1,
     .max = 1e7},
};
static const tc_schema delivery_schema = SCHEMA("delivery", delivery_fields);

static void start_delivery(void *element) { ((tc_delivery_line *)element)->every = -1; }

static const tc_field pool_fields[] = {
    TEXT("name", TC_NEED_ALWAYS, tc_scenario_pool, name),
    TEXT("accelerator", TC_NEED_ALWAYS, tc_scenario_pool, accelerator),
    TEXT("fabric", TC_NEED_NEVER, tc_scenario_pool, fabric),
    TEXT("stack", TC_NEED_NEVER, tc_scenario_pool, stack),
    TEXT("region", TC_NEED_NEVER, tc_scenario_pool, region),
    {.path = "ownership",
     .type = TC_FIELD_ENUM,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_scenario_pool, rented),
     .names = ownerships},
    FIGURE("price", TC_DIMENSION_USD, TC_NEED_NEVER, tc_scenario_pool, price_usd, 0, 1e9),
    FIGURE("rental", TC_DIMENSION_USD_PER_H, TC_NEED_NEVER, tc_scenario_pool, rental_usd_per_h, 0, 1e6),
    FIGURE("mtbf", TC_DIMENSION_SECONDS, TC_NEED_NEVER, tc_scenario_pool, mtbf_s, 60, 1e12),
    TEXT("until", TC_NEED_NEVER, tc_scenario_pool, until_date),
    {.path = "deliveries",
     .type = TC_FIELD_LIST,
     .grown = true,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_scenario_pool, line),
     .size = sizeof(tc_delivery_line),
     .min = 1,
     .max = TC_SCENARIO_MOST_DELIVERIES,
     .element = &delivery_schema,
     .count_offset = offsetof(tc_scenario_pool, lines),
     .start = start_delivery},
};
static const tc_schema pool_schema = SCHEMA("pool", pool_fields);

static void start_pool(void *element) {
    tc_scenario_pool *pool = element;
    pool->price_usd = pool->rental_usd_per_h = pool->mtbf_s = TC_UNSET;
    pool->until = INT32_MAX;
}

#define DEMAND(where, member, low, high)                                                                               \
    FIGURE("demand." where, TC_DIMENSION_NONE, TC_NEED_IN_SECTION, tc_scenario_serving, member, low, high)

static const tc_field serving_fields[] = {
    TEXT("name", TC_NEED_ALWAYS, tc_scenario_serving, name),
    TEXT("pool", TC_NEED_ALWAYS, tc_scenario_serving, pool_name),
    {.path = "devices",
     .type = TC_FIELD_INTEGER,
     .sourced = true,
     .offset = offsetof(tc_scenario_serving, devices_given),
     .min = 1,
     .max = 1e7},
    DEMAND("monthly_users", monthly_users, 0, 1e11),
    DEMAND("daily_share", daily_share, 0, 1),
    DEMAND("turns_per_day", turns_per_day, 0, 1e6),
    DEMAND("tokens_in", tokens_in, 0, 1e8),
    DEMAND("cached_share", cached_share, 0, 1),
    DEMAND("tokens_out", tokens_out, 0, 1e8),
    DEMAND("peak_factor", peak_factor, 1, 1000),
    DEMAND("prefill_tokens_per_s", prefill_tokens_per_s, 1e-3, 1e9),
    DEMAND("decode_tokens_per_s", decode_tokens_per_s, 1e-3, 1e9),
    DEMAND("utilisation", utilisation, 1e-3, 1),
};
static const tc_schema serving_schema = SCHEMA("serving", serving_fields);

static const tc_field candidate_fields[] = {
    TEXT("name", TC_NEED_ALWAYS, tc_scenario_candidate, name),
    TEXT("model", TC_NEED_ALWAYS, tc_scenario_candidate, model_slug),
    {.path = "seq", .type = TC_FIELD_INTEGER, .offset = offsetof(tc_scenario_candidate, seq), .min = 1, .max = 1e8},
    {.path = "global_batch",
     .type = TC_FIELD_INTEGER,
     .need = TC_NEED_ALWAYS,
     .sourced = true,
     .offset = offsetof(tc_scenario_candidate, global_batch),
     .min = 1,
     .max = 1e8},
    {.path = "dtype", .type = TC_FIELD_ENUM, .offset = offsetof(tc_scenario_candidate, dtype), .names = tc_dtype_names},
    FIGURE("tokens", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_candidate, tokens, 1e6, 1e18),
    FIGURE("tokens_per_parameter", TC_DIMENSION_NONE, TC_NEED_NEVER, tc_scenario_candidate, tokens_per_parameter, 1e-3,
           1e6),
};
static const tc_schema candidate_schema = SCHEMA("candidate", candidate_fields);

static void start_candidate(void *element) {
    tc_scenario_candidate *candidate = element;
    candidate->seq = TC_UNSET;
    candidate->dtype = TC_UNSET;
    candidate->tokens = candidate->tokens_per_parameter = TC_UNSET;
}

static const tc_field job_fields[] = {
    TEXT("name", TC_NEED_ALWAYS, tc_scenario_job, name),
    TEXT("after", TC_NEED_NEVER, tc_scenario_job, after),
    TEXT("not_before", TC_NEED_NEVER, tc_scenario_job, not_before_date),
    TEXT("deadline", TC_NEED_NEVER, tc_scenario_job, deadline_date),
    {.path = "candidates",
     .type = TC_FIELD_LIST,
     .grown = true,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_scenario_job, candidate),
     .size = sizeof(tc_scenario_candidate),
     .min = 1,
     .max = TC_SCENARIO_MOST_CANDIDATES,
     .element = &candidate_schema,
     .count_offset = offsetof(tc_scenario_job, candidates),
     .start = start_candidate},
};
static const tc_schema job_schema = SCHEMA("job", job_fields);

static void start_job(void *element) {
    tc_scenario_job *job = element;
    job->after_job = -1;
    job->not_before = INT32_MIN;
    job->deadline = INT32_MAX;
}

static const tc_field fields[] = {
    TC_SCHEMA_HEAD,
    TEXT("slug", TC_NEED_NEVER, tc_scenario, slug),
    TEXT("name", TC_NEED_ALWAYS, tc_scenario, name),
    TEXT("story", TC_NEED_NEVER, tc_scenario, story),
    TEXT("start", TC_NEED_ALWAYS, tc_scenario, start_date),
    {.path = "any", .type = TC_FIELD_BOOLEAN, .offset = offsetof(tc_scenario, any)},
    {.path = "fit", .type = TC_FIELD_NUMBER, .offset = offsetof(tc_scenario, fit), .min = 0.01, .max = 0.99},
    {.path = "batch_band", .type = TC_FIELD_NUMBER, .offset = offsetof(tc_scenario, batch_band), .min = 0, .max = 0.9},
    FIGURE("reserves.bring_up", TC_DIMENSION_SECONDS, TC_NEED_IN_SECTION, tc_scenario, bring_up_s, 0, 86400. * 3650),
    FIGURE("reserves.ablations", TC_DIMENSION_NONE, TC_NEED_IN_SECTION, tc_scenario, ablation_share, 0, 0.95),
    FIGURE("reserves.evaluation", TC_DIMENSION_NONE, TC_NEED_IN_SECTION, tc_scenario, evaluation_share, 0, 0.95),
    {.path = "pools",
     .type = TC_FIELD_LIST,
     .grown = true,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_scenario, pool),
     .size = sizeof(tc_scenario_pool),
     .min = 1,
     .max = TC_SCENARIO_MOST_POOLS,
     .element = &pool_schema,
     .count_offset = offsetof(tc_scenario, pools),
     .start = start_pool},
    {.path = "serving",
     .type = TC_FIELD_LIST,
     .grown = true,
     .offset = offsetof(tc_scenario, serving),
     .size = sizeof(tc_scenario_serving),
     .min = 0,
     .max = TC_SCENARIO_MOST_SERVINGS,
     .element = &serving_schema,
     .count_offset = offsetof(tc_scenario, servings)},
    {.path = "jobs",
     .type = TC_FIELD_LIST,
     .grown = true,
     .need = TC_NEED_ALWAYS,
     .offset = offsetof(tc_scenario, job),
     .size = sizeof(tc_scenario_job),
     .min = 1,
     .max = TC_SCENARIO_MOST_JOBS,
     .element = &job_schema,
     .count_offset = offsetof(tc_scenario, jobs),
     .start = start_job},
};
static const tc_schema schema = SCHEMA("scenario", fields);

/* ---- checks --------------------------------------------------------------------------- */

typedef struct checker {
    const tc_document *document;
    tc_scenario *scenario;
    tc_error *error;
    int room_deliveries, room_assumptions; /* of the pool at hand; of the scenario */
    int64_t delivered;                     /* devices of the pool at hand */
} checker;

static const tc_node *element(const tc_node *parent, const char *key, int index) {
    const tc_node *node = tc_node_get(parent, key);
    for (node = node ? node->first : NULL; node && index > 0; index--) node = node->next;
    return node;
}

/* The day of a date that may be absent. */
static tc_code take_day(const checker *c, const tc_node *parent, const char *key, const char *text, int32_t *day) {
    if (!text[0] || tc_date_parse(text, day)) return TC_OK;
    return tc_document_fail(c->document, tc_node_get(parent, key), NULL, c->error,
                            "'%s' is no day of the calendar; write one such as \"2024-09-30\"", text);
}

/* One delivery of the line at `at`; key: where its day stands. */
static tc_code add_delivery(checker *c, const tc_node *at, const char *key, tc_scenario_pool *pool,
                            tc_delivery_line *line, int32_t day) {
    const tc_delivery *before = pool->deliveries > 0 ? &pool->delivery[pool->deliveries - 1] : NULL;
    const tc_node *date = tc_node_get(at, key);
    char text[TC_DATE_SIZE], earlier[TC_DATE_SIZE] = "";
    tc_date_format(day, text);
    if (before) tc_date_format(before->day, earlier);
    if (before && day <= before->day)
        return tc_document_fail(c->document, date, NULL, c->error,
                                "'%s' is not after %s, the delivery before it; order the deliveries by date", text,
                                earlier);
    if (day >= pool->until)
        return tc_document_fail(c->document, date, NULL, c->error,
                                "'%s' is not before %s, when the pool ends; leave the delivery out", text,
                                pool->until_date);
    if (c->delivered + line->devices > TC_MOST_DEGREE)
        return tc_document_fail(c->document, tc_node_get(at, "devices"), NULL, c->error,
                                "brings the pool to more than 10,000,000 devices; write a smaller number");
    if (pool->deliveries == TC_SCENARIO_MOST_DELIVERIES)
        return tc_document_fail(c->document, date, NULL, c->error,
                                "makes more than %d deliveries of a pool; leave some out", TC_SCENARIO_MOST_DELIVERIES);
    tc_delivery *deliveries
        = tc_arena_grow(&c->scenario->arena, pool->delivery, pool->deliveries, &c->room_deliveries, sizeof *deliveries);
    if (!deliveries) return tc_fail(c->error, TC_INTERNAL, c->document->file, "out of memory");
    pool->delivery = deliveries;
    pool->delivery[pool->deliveries++] = (tc_delivery){day, line->devices};
    c->delivered += line->devices;
    line->count++;
    return TC_OK;
}

/* The day of the month of `from`, some months later; the month's last where it has fewer days. */
static int32_t months_later(int32_t from, int months) {
    int year, month, day;
    tc_date_from_day(from, &year, &month, &day);
    month += months - 1;
    year += month / 12;
    month = month % 12 + 1;
    int last = tc_days_in_month(year, month);
    return tc_day_from_date(year, month, day < last ? day : last);
}

/* A delivery every month, first and last day included. */
static tc_code add_monthly(checker *c, const tc_node *at, tc_scenario_pool *pool, tc_delivery_line *line) {
    int32_t from = 0, until = 0;
    const char *missing = !line->from[0] ? "from" : !line->until[0] ? "until" : NULL;
    if (missing || line->date[0])
        return tc_document_fail(c->document, at, missing, c->error,
                                missing ? "is missing; write the first and the last day, 'from' and 'until'"
                                        : "has 'date' beside 'every'; write 'from' and 'until' instead");
    tc_code code = take_day(c, at, "from", line->from, &from);
    if (code == TC_OK) code = take_day(c, at, "until", line->until, &until);
    if (code == TC_OK && until < from)
        code = tc_document_fail(c->document, tc_node_get(at, "until"), NULL, c->error,
                                "'%s' is before %s, the first; write a later day", line->until, line->from);
    for (int month = 0; code == TC_OK && months_later(from, month) <= until; month++)
        code = add_delivery(c, at, "from", pool, line, months_later(from, month));
    return code;
}

static tc_code add_line(checker *c, const tc_node *at, tc_scenario_pool *pool, tc_delivery_line *line) {
    int32_t day = 0;
    line->first = pool->deliveries;
    if (line->every >= 0) return add_monthly(c, at, pool, line);
    const char *extra = line->from[0] ? "from" : line->until[0] ? "until" : NULL;
    if (extra)
        return tc_document_fail(c->document, tc_node_get(at, extra), NULL, c->error,
                                "needs 'every: month' beside it; a single delivery has 'date'");
    if (!line->date[0])
        return tc_document_fail(c->document, at, "date", c->error, "is missing; write 'date: \"2024-09-30\"'");
    tc_code code = take_day(c, at, "date", line->date, &day);
    return code == TC_OK ? add_delivery(c, at, "date", pool, line, day) : code;
}

static tc_code check_pool(checker *c, int index) {
    tc_scenario_pool *pool = &c->scenario->pool[index];
    const tc_node *node = element(c->document->root, "pools", index);
    for (int i = 0; i < index; i++)
        if (strcmp(c->scenario->pool[i].name, pool->name) == 0)
            return tc_document_fail(c->document, tc_node_get(node, "name"), NULL, c->error,
                                    "'%s' is the name of an earlier pool too; give each pool its own", pool->name);
    tc_code code = take_day(c, node, "until", pool->until_date, &pool->until);
    const tc_node *at = element(node, "deliveries", 0);
    c->room_deliveries = 0;
    c->delivered = 0;
    for (int i = 0; i < pool->lines && code == TC_OK; i++, at = at->next) code = add_line(c, at, pool, &pool->line[i]);
    return code;
}

static int find_pool(const tc_scenario *scenario, const char *name) {
    for (int i = 0; i < scenario->pools; i++)
        if (strcmp(scenario->pool[i].name, name) == 0) return i;
    return -1;
}

/* Devices of a chatbot: users -> turns -> tokens at the peak -> devices at the utilisation. */
static void size_serving(tc_scenario_serving *s) {
    double turns_per_s = s->monthly_users * s->daily_share * s->turns_per_day / 86400 * s->peak_factor;
    s->peak_prefill_tokens_per_s = turns_per_s * s->tokens_in * (1 - s->cached_share);
    s->peak_decode_tokens_per_s = turns_per_s * s->tokens_out;
    double devices = ceil(
        (s->peak_prefill_tokens_per_s / s->prefill_tokens_per_s + s->peak_decode_tokens_per_s / s->decode_tokens_per_s)
        / s->utilisation);
    s->devices = devices < 1e7 ? (int)devices : 10000000;
}

static tc_code check_serving(const checker *c, int index) {
    tc_scenario_serving *serving = &c->scenario->serving[index];
    const tc_node *node = element(c->document->root, "serving", index), *demand = tc_node_get(node, "demand");
    serving->pool = find_pool(c->scenario, serving->pool_name);
    if (serving->pool < 0)
        return tc_document_fail(c->document, tc_node_get(node, "pool"), NULL, c->error,
                                "'%s' is none of the pools; write the name of one", serving->pool_name);
    if (!demand == !serving->devices_given)
        return tc_document_fail(c->document, node, NULL, c->error, "has %s; write either 'devices' or 'demand'",
                                demand ? "both devices and demand" : "neither devices nor demand");
    if (demand)
        size_serving(serving);
    else
        serving->devices = serving->devices_given;
    return TC_OK;
}

static tc_code check_job(const checker *c, int index) {
    tc_scenario_job *job = &c->scenario->job[index];
    const tc_node *node = element(c->document->root, "jobs", index);
    for (int i = 0; i < index; i++) {
        if (strcmp(c->scenario->job[i].name, job->name) == 0)
            return tc_document_fail(c->document, tc_node_get(node, "name"), NULL, c->error,
                                    "'%s' is the name of an earlier job too; give each job its own", job->name);
        if (strcmp(c->scenario->job[i].name, job->after) == 0) job->after_job = i;
    }
    if (job->after[0] && job->after_job < 0)
        return tc_document_fail(c->document, tc_node_get(node, "after"), NULL, c->error,
                                "'%s' is no job above this one; write the name of an earlier job", job->after);
    tc_code code = take_day(c, node, "not_before", job->not_before_date, &job->not_before);
    if (code == TC_OK) code = take_day(c, node, "deadline", job->deadline_date, &job->deadline);
    for (int i = 0; i < job->candidates && code == TC_OK; i++) {
        const tc_scenario_candidate *candidate = &job->candidate[i];
        const tc_node *at = element(node, "candidates", i);
        if ((candidate->tokens > 0) == (candidate->tokens_per_parameter > 0))
            code = tc_document_fail(c->document, at, NULL, c->error,
                                    "has %s; write either 'tokens' or 'tokens_per_parameter'",
                                    candidate->tokens > 0 ? "both" : "neither");
        for (int k = 0; k < i && code == TC_OK; k++)
            if (strcmp(job->candidate[k].name, candidate->name) == 0)
                code = tc_document_fail(c->document, tc_node_get(at, "name"), NULL, c->error,
                                        "'%s' is the name of an earlier candidate too; give each its own",
                                        candidate->name);
    }
    return code;
}

/* ---- assumptions ----------------------------------------------------------------------- */

#define ASSUMED "assumed"

/* The name that a person gave to the innermost named mapping around a node: a pool, a job. */
static const char *owner_of(const tc_node *node) {
    for (; node; node = node->parent) {
        const char *name = node->parent ? tc_node_text(node, "name") : NULL;
        if (name) return name;
    }
    return NULL;
}

static bool is_assumed(const tc_node *figure) {
    const tc_node *source = tc_node_get(figure, "source");
    if (!source || !tc_node_get(figure, "value")) return false;
    if (source->kind == TC_NODE_SCALAR) return strcmp(source->text, ASSUMED) == 0;
    for (const tc_node *s = source->first; s; s = s->next)
        if (s->kind == TC_NODE_SCALAR && strcmp(s->text, ASSUMED) == 0) return true;
    return false;
}

static tc_code add_assumption(checker *c, const char *text) {
    tc_scenario *s = c->scenario;
    for (int i = 0; i < s->assumptions; i++)
        if (strcmp(s->assumption[i], text) == 0) return TC_OK;
    const char **lines = tc_arena_grow(&s->arena, s->assumption, s->assumptions, &c->room_assumptions, sizeof *lines);
    const char *copy = tc_arena_copy(&s->arena, text, strlen(text));
    if (!lines || !copy) return tc_fail(c->error, TC_INTERNAL, c->document->file, "out of memory");
    s->assumption = lines;
    s->assumption[s->assumptions++] = copy;
    return TC_OK;
}

/* "POOL: key value: note" */
static tc_code note_figure(checker *c, const tc_node *figure) {
    const char *owner = owner_of(figure), *note = tc_node_text(figure, "note"), *value = tc_node_text(figure, "value");
    char text[640], key[48];
    snprintf(key, sizeof key, "%s", figure->key ? figure->key : "value");
    for (char *p = key; *p; p++)
        if (*p == '_') *p = ' ';
    snprintf(text, sizeof text, "%s%s%s %s%s%s", owner ? owner : "", owner ? ": " : "", key, value ? value : "",
             note ? ": " : "", note ? note : "");
    return add_assumption(c, text);
}

static bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

/* Assumed deliveries of a pool that follow each other with the same note are one line. */
static tc_code note_deliveries(checker *c, const tc_node *list) {
    const char *owner = owner_of(list);
    const tc_scenario_pool *pool = &c->scenario->pool[list->parent->index];
    for (const tc_node *first = list->first, *next; first; first = next) {
        const tc_node *figure = tc_node_get(first, "devices");
        next = first->next;
        if (!is_assumed(figure)) continue;
        const char *note = tc_node_text(figure, "note");
        const tc_delivery *begin = &pool->delivery[pool->line[first->index].first];
        int64_t devices = 0;
        int count = 0;
        for (const tc_node *d = first; d && is_assumed(tc_node_get(d, "devices")); d = d->next) {
            if (!same_text(note, tc_node_text(tc_node_get(d, "devices"), "note"))) break;
            const tc_delivery_line *line = &pool->line[d->index];
            devices += (int64_t)line->count * line->devices;
            count += line->count;
            next = d->next;
        }
        char text[640], many[32] = "", day[TC_DATE_SIZE], last[TC_DATE_SIZE];
        tc_date_format(begin->day, day);
        tc_date_format(begin[count - 1].day, last);
        if (count > 1) snprintf(many, sizeof many, " in %d deliveries", count);
        snprintf(text, sizeof text, "%s: %s devices%s, %s%s%s%s%s", owner ? owner : "",
                 tc_decimal_text((double)devices, 0).s, many, day, count > 1 ? " to " : "", count > 1 ? last : "",
                 note ? ": " : "", note ? note : "");
        tc_code code = add_assumption(c, text);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

static tc_code note_assumptions(checker *c, const tc_node *node) {
    if (node->key && strcmp(node->key, "deliveries") == 0) return note_deliveries(c, node);
    if (is_assumed(node)) return note_figure(c, node);
    for (const tc_node *child = node->first; child; child = child->next) {
        tc_code code = note_assumptions(c, child);
        if (code != TC_OK) return code;
    }
    return TC_OK;
}

/* ---- reading ------------------------------------------------------------------------------ */

tc_code tc_scenario_read(const tc_document *document, tc_scenario *out, tc_error *error) {
    out->batch_band = BATCH_BAND;
    checker c = {.document = document, .scenario = out, .error = error};
    tc_code code = tc_schema_read_grown(&schema, document, out, &out->arena, error);
    if (code != TC_OK) return code;
    if (!(out->fit > 0)) out->fit = TC_FIT;
    code = take_day(&c, document->root, "start", out->start_date, &out->start);
    if (code == TC_OK && out->ablation_share + out->evaluation_share > 0.95)
        code = tc_document_fail(document, tc_node_get(document->root, "reserves"), NULL, error,
                                "leaves less than 5 %% of the devices to the jobs; write smaller shares");
    for (int i = 0; i < out->pools && code == TC_OK; i++) code = check_pool(&c, i);
    for (int i = 0; i < out->servings && code == TC_OK; i++) code = check_serving(&c, i);
    for (int i = 0; i < out->jobs && code == TC_OK; i++) code = check_job(&c, i);
    return code == TC_OK ? note_assumptions(&c, document->root) : code;
}

/* A catalog error gets the place of the name in the file, unless it has a place of its own (a broken file). */
static tc_code pass_on(const checker *c, const tc_node *parent, const char *key, tc_code code, const tc_error *cause) {
    const tc_node *node = tc_node_get(parent, key);
    return tc_document_pass_on(c->document, node ? node : parent, code, cause, c->error);
}

/* What a slug or path of the file means: a path begins at the file's folder. Cut where it is too long to be one. */
static const char *placed(const checker *c, const char *slug_or_path, char *room, size_t size) {
    if (!tc_is_path(slug_or_path)) return slug_or_path;
    return tc_path_from_file(c->document->file, slug_or_path, room, size) ? room : slug_or_path;
}

static tc_code resolve_pool(const checker *c, tc_catalog *catalog, int index) {
    tc_scenario_pool *pool = &c->scenario->pool[index];
    const tc_node *node = element(c->document->root, "pools", index);
    tc_error cause = {0};
    char path[1024];
    pool->cluster = tc_default_cluster();
    tc_accelerator *chip = &pool->cluster.accelerator;
    tc_code code = tc_catalog_accelerator(catalog, placed(c, pool->accelerator, path, sizeof path), chip, &cause);
    code = pass_on(c, node, "accelerator", code, &cause);
    if (code != TC_OK) return code;
    const char *fabric = pool->fabric[0] ? placed(c, pool->fabric, path, sizeof path) : chip->fabric;
    if (!fabric[0])
        return tc_document_fail(c->document, node, "fabric", c->error,
                                "is missing, and %s has none of its own; add 'fabric: SLUG'", pool->accelerator);
    code = pass_on(c, node, "fabric", tc_catalog_fabric(catalog, fabric, &pool->cluster.fabric, &cause), &cause);
    if (code != TC_OK) return code;
    const char *stack = pool->stack[0] ? placed(c, pool->stack, path, sizeof path) : "generic";
    code = pass_on(c, node, "stack", tc_catalog_stack(catalog, stack, &pool->software, &cause), &cause);
    if (code != TC_OK) return code;
    pool->cluster.devices = 0;
    code = tc_economics_load(catalog, NULL, pool->region[0] ? pool->region : NULL, pool->cluster.accelerator.region,
                             &pool->economics, &cause);
    return pass_on(c, node, "region", code, &cause);
}

static tc_code resolve_candidate(const checker *c, tc_catalog *catalog, const tc_node *node,
                                 tc_scenario_candidate *candidate) {
    tc_error cause = {0};
    char path[1024];
    candidate->model = tc_arena_alloc(&c->scenario->arena, sizeof *candidate->model);
    if (!candidate->model) return tc_fail(c->error, TC_INTERNAL, c->document->file, "out of memory");
    const char *model = placed(c, candidate->model_slug, path, sizeof path);
    tc_code code = tc_catalog_model(catalog, model, candidate->model, &cause);
    code = pass_on(c, node, "model", code, &cause);
    if (code != TC_OK) return code;
    tc_model_size size = tc_model_count(candidate->model);
    candidate->parameters = size.parameters;
    candidate->active_parameters = size.active_parameters;
    candidate->dtype_default = candidate->dtype == TC_UNSET;
    if (candidate->dtype_default) candidate->dtype = TC_BF16;
    if (candidate->seq == TC_UNSET) candidate->seq = candidate->model->seq;
    if (!(candidate->tokens > 0)) candidate->tokens = candidate->tokens_per_parameter * size.active_parameters;
    return TC_OK;
}

tc_code tc_scenario_resolve(const tc_document *document, tc_catalog *catalog, tc_scenario *scenario, tc_error *error) {
    checker c = {.document = document, .scenario = scenario, .error = error};
    tc_code code = TC_OK;
    for (int i = 0; i < scenario->pools && code == TC_OK; i++) code = resolve_pool(&c, catalog, i);
    for (int i = 0; i < scenario->jobs && code == TC_OK; i++)
        for (int k = 0; k < scenario->job[i].candidates && code == TC_OK; k++) {
            const tc_node *node = element(element(document->root, "jobs", i), "candidates", k);
            code = resolve_candidate(&c, catalog, node, &scenario->job[i].candidate[k]);
        }
    return code;
}

void tc_scenario_free(tc_scenario *scenario) {
    if (!scenario) return;
    tc_arena_free(&scenario->arena);
    free(scenario);
}

/* collective.c - `traincast collective`: the time of one collective by size, algorithm and placement. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/picture.h"
#include "cli/request.h"
#include "report/collective_report.h"

#define FEWEST_BYTES 1024.0
#define MOST_BYTES (4.0 * 1024 * 1024 * 1024)
#define FACTOR 4

/* "64MiB", or "1KiB..4GiB", by factors of 4. */
static tc_code take_sizes(tc_context *context, tc_collective_table *table) {
    const tc_value *value = tc_given(context, TC_OPTION_BYTES);
    double low = FEWEST_BYTES, high = MOST_BYTES;
    if (value->given) {
        char first[64];
        const char *dots = strstr(value->text, "..");
        snprintf(first, sizeof first, "%.*s", dots ? (int)(dots - value->text) : (int)strlen(value->text), value->text);
        tc_code code = tc_parse_quantity(first, TC_DIMENSION_BYTES, &low, "--bytes", context->error);
        if (!code && dots) code = tc_parse_quantity(dots + 2, TC_DIMENSION_BYTES, &high, "--bytes", context->error);
        if (code) return code;
        if (!dots) high = low;
    }
    if (!(low >= 1) || !(high >= low) || high > 1e15)
        return tc_fail(context->error, TC_INVALID, "--bytes",
                       "'%.60s' is no range from 1 byte to 1 PB; give 1KiB..4GiB", value->text);
    for (double bytes = low; bytes <= high * (1 + 1e-12) && table->count < TC_COLLECTIVE_ROWS; bytes *= FACTOR)
        table->row[table->count++].bytes = bytes;
    return TC_OK;
}

/* The level of that name; -1: none. */
static int find_level(const tc_fabric *fabric, const char *name, size_t length) {
    for (int l = 0; l < fabric->levels; l++)
        if (strlen(fabric->level[l].name) == length && strncmp(fabric->level[l].name, name, length) == 0) return l;
    return -1;
}

/* "node=0.5,cluster=0.8": of the levels' bandwidth what is left; reciprocal: how many share it. */
static tc_code take_shares(tc_context *context, tc_option_id id, bool reciprocal, tc_collective_question *q) {
    const tc_value *value = tc_given(context, id);
    const char *option = tc_option_table[id].name;
    for (const char *at = value->given ? value->text : ""; *at; at += strcspn(at, ","), at += *at == ',') {
        size_t name = strcspn(at, "=,"), length = strcspn(at, ",");
        char number[40];
        double share;
        int level = find_level(&q->fabric, at, name);
        if (at[name] != '=')
            return tc_fail(context->error, TC_INVALID, option, "'%.*s' is no LEVEL=NUMBER; for example %s",
                           (int)(length < 60 ? length : 60), at, tc_option_table[id].example);
        if (level < 0) {
            char known[160] = "";
            for (int l = 0; l < q->fabric.levels; l++)
                snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", l ? ", " : "",
                         q->fabric.level[l].name);
            return tc_fail(context->error, TC_INVALID, option, "'%.*s' is no level of %s; it has %s",
                           (int)(name < 60 ? name : 60), at, q->fabric.slug, known);
        }
        snprintf(number, sizeof number, "%.*s", (int)(length - name - 1 < 39 ? length - name - 1 : 39), at + name + 1);
        tc_code code = tc_parse_number(number, &share, option, context->error);
        if (code) return code;
        if (reciprocal ? !(share >= 1 && share <= 1e6) : !(share > 0 && share <= 1))
            return tc_fail(context->error, TC_INVALID, option, "'%s' is out of range; give %s", number,
                           reciprocal ? "1 to 1,000,000" : "a share above 0 to 1");
        q->share[level] *= reciprocal ? 1 / share : share;
    }
    return TC_OK;
}

static tc_code take_question(tc_context *context, tc_collective_question *q) {
    *q = tc_default_collective_question();
    const tc_value *ranks = tc_given(context, TC_OPTION_DEVICES);
    tc_code code
        = tc_request_machine(context, tc_given(context, TC_OPTION_ACCELERATOR)->text, &q->accelerator, &q->fabric);
    if (code) return code;
    if (strchr(ranks->text, ',') || ranks->integer < 2)
        return tc_fail(context->error, TC_INVALID, "--devices", "'%.40s' is no number of ranks; give 2 or more",
                       ranks->text);
    q->ranks = (int)ranks->integer;
    int operation = (int)q->operation, algorithm = (int)q->algorithm;
    tc_take_integer(context, TC_OPTION_STRIDE, &q->stride);
    tc_take_choice(context, TC_OPTION_OPERATION, &operation);
    tc_take_choice(context, TC_OPTION_ALGORITHM, &algorithm);
    q->operation = (tc_collective)operation;
    q->algorithm = (tc_collective_algorithm)algorithm;
    code = take_shares(context, TC_OPTION_DEGRADE, false, q);
    return code ? code : take_shares(context, TC_OPTION_SHARED_BY, true, q);
}

static void draw(FILE *file, const void *table) { tc_report_collective_svg(file, table); }

tc_code tc_command_collective(tc_context *context) {
    tc_collective_table *table = calloc(1, sizeof *table);
    if (!table) return tc_fail(context->error, TC_INTERNAL, "collective", "out of memory");
    bool instead = false;
    tc_code code = take_question(context, &table->question);
    if (!code) code = take_sizes(context, table);
    for (int i = 0; i < table->count && !code; i++)
        code = tc_collective_time(&table->question, table->row[i].bytes, &table->row[i].answer, context->error);
    if (!code) code = tc_picture_write(context, TC_OPTION_COLLECTIVE_SVG, draw, table, &instead);
    if (!code && context->target.format && !instead) tc_report_collective(&context->target, table);
    if (!code && !context->target.format && !instead
        && !tc_report_collective_text(context->out, &context->style, table))
        code = tc_fail(context->error, TC_INTERNAL, "collective", "out of memory");
    free(table);
    return code;
}

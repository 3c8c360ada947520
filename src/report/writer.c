/* writer.c - the walk through an answer, the same for every format; what a number looks like, and its unit. */
#include "report/writer.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "report/format.h"
#include "traincast.h"

static void open_level(tc_writer *writer, const char *key, bool array) {
    assert(writer->depth < TC_WRITER_DEPTH);
    tc_fields *fields = &writer->target->fields;
    bool taken = !fields->asked || tc_fields_take(fields, writer->depth, key, true, false);
    if (taken) writer->target->format->open(writer, key, array);
    writer->closing[writer->depth++] = taken ? (array ? ']' : '}') : '\0';
    if (taken) writer->empty = true;
}

static bool is_taken(tc_writer *writer, const char *key, bool null) {
    tc_fields *fields = &writer->target->fields;
    return !fields->asked || tc_fields_take(fields, writer->depth, key, false, null);
}

static void write_value(tc_writer *writer, const char *key, const char *text, bool string) {
    writer->target->format->value(writer, key, text, string);
    writer->empty = false;
}

void tc_write_object(tc_writer *writer, const char *key) { open_level(writer, key, false); }

void tc_write_array(tc_writer *writer, const char *key) { open_level(writer, key, true); }

void tc_write_close(tc_writer *writer) {
    assert(writer->depth > 0);
    writer->depth--;
    if (!writer->closing[writer->depth]) return; /* left out */
    if (writer->target->fields.asked && writer->empty && writer->closing[writer->depth] == ']')
        tc_fields_empty_list(&writer->target->fields, writer->depth);
    writer->target->format->close(writer);
    writer->empty = false;
}

void tc_write_string(tc_writer *writer, const char *key, const char *text) {
    if (is_taken(writer, key, !text)) write_value(writer, key, text, true);
}

void tc_write_number(tc_writer *writer, const char *key, double value) {
    char text[40] = "0"; /* no "-0" */
    if (!is_taken(writer, key, !isfinite(value))) return;
    if (isfinite(value) && fabs(value) < 9007199254740992.0 && value == floor(value) && value != 0)
        tc_format_double(text, sizeof text, "%.0f", value);
    else if (value != 0)
        tc_format_double(text, sizeof text, "%.10g", value);
    write_value(writer, key, isfinite(value) ? text : NULL, false);
}

void tc_write_integer(tc_writer *writer, const char *key, int64_t value) {
    char text[24];
    if (!is_taken(writer, key, false)) return;
    snprintf(text, sizeof text, "%lld", (long long)value);
    write_value(writer, key, text, false);
}

void tc_write_bool(tc_writer *writer, const char *key, bool value) {
    if (is_taken(writer, key, false)) write_value(writer, key, value ? "true" : "false", false);
}

void tc_write_null(tc_writer *writer, const char *key) {
    if (is_taken(writer, key, true)) write_value(writer, key, NULL, false);
}

void tc_write_known(tc_writer *writer, const char *key, int value) {
    if (value < 0)
        tc_write_null(writer, key);
    else
        tc_write_bool(writer, key, value == 1);
}

void tc_write_lines(tc_writer *writer, const char *key, const char *const *lines, int count) {
    tc_write_array(writer, key);
    for (int i = 0; i < count; i++) tc_write_string(writer, NULL, lines[i]);
    tc_write_close(writer);
}

void tc_write_texts(tc_writer *writer, const char *key, const char *first, size_t stride, int count) {
    tc_write_array(writer, key);
    for (int i = 0; i < count; i++) tc_write_string(writer, NULL, first + (size_t)i * stride);
    tc_write_close(writer);
}

tc_writer tc_write_begin(tc_target *target, const char *schema, const char *table) {
    tc_writer writer = {.file = target->file, .target = target, .table = target->table ? target->table : table};
    char name[64];
    snprintf(name, sizeof name, "traincast.%s", schema);
    if (target->format->begin) target->format->begin(&writer);
    const char *asked = target->fields.asked;
    target->fields = (tc_fields){.asked = NULL}; /* every answer has its head */
    tc_write_object(&writer, NULL);
    tc_write_string(&writer, "traincast", TC_VERSION);
    tc_write_string(&writer, "schema", name);
    tc_write_string(&writer, "data", target->data);
    if (target->sets > 0) tc_write_lines(&writer, "set", target->set, target->sets);
    target->fields.asked = asked;
    return writer;
}

void tc_write_end(tc_writer *writer) {
    while (writer->depth > 0) tc_write_close(writer);
    writer->target->format->end(writer);
}

/* ---- units ------------------------------------------------------------------------------ */

/* Words of keys that say a unit, "" where there is none although the object around has one. */
static const char *const units[][2] = {
    {"s", "s"},           {"seconds", "s"}, {"hours", "h"},    {"days", "d"},        {"pct", "%"},
    {"gib", "GiB"},       {"bytes", "B"},   {"usd", "USD"},    {"mwh", "MWh"},       {"kwh", "kWh"},
    {"joules", "J"},      {"w", "W"},       {"co2", "t"},      {"flops", "FLOP"},    {"tflops", "TFLOP/s"},
    {"tokens", "tokens"}, {"mm2", "mm2"},   {"tops", "TOP/s"}, {"mfu", "%"},         {"stage", ""},
    {"km", "km"},         {"in", ""},       {"peaks", "GiB"},  {"matmul", "FLOP/s"}, {"until", ""},
    {"bits", "bits"},
};

/* The unit that the words of one key say, first word first; NULL if none does. */
static const char *unit_of_key(const char *key, size_t length, char *buffer, size_t size) {
    for (size_t start = 0, end; start < length; start = end + 1) {
        for (end = start; end < length && key[end] != '_' && key[end] != '['; end++) {}
        if (end - start == 3 && memcmp(key + start, "per", 3) == 0) { /* what follows is what it is of */
            bool rate = length - end == 2 && memcmp(key + end, "_s", 2) == 0;
            if (rate) snprintf(buffer, size, "1/s");
            return rate ? buffer : NULL;
        }
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            if (strlen(units[i][0]) != end - start || memcmp(key + start, units[i][0], end - start) != 0) continue;
            bool rate = length - end >= 6 && memcmp(key + end, "_per_s", 6) == 0
                        && (end + 6 == length || key[end + 6] == '_');
            snprintf(buffer, size, "%s%s", units[i][1], rate ? "/s" : "");
            return buffer;
        }
    }
    return NULL;
}

const char *tc_field_unit(const char *path, char *buffer, size_t size) {
    for (size_t end = strlen(path); end > 0; end--) {
        size_t start = end;
        while (start > 0 && path[start - 1] != '.') start--;
        const char *unit = unit_of_key(path + start, end - start, buffer, size);
        if (unit) return unit;
        if ((end = start) == 0) break;
    }
    buffer[0] = '\0';
    return buffer;
}

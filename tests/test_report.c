/* test_report.c - numbers as text, JSON, tables and wrapped paragraphs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "layout/fields.h"
#include "report/text_calendar.h"
#include "report/format.h"
#include "report/json.h"
#include "report/names.h"
#include "report/step_report.h"
#include "report/table.h"
#include "traincast.h"

/* ---- quantities ------------------------------------------------------------------------- */

static void test_quantities_read_well(void **state) {
    (void)state;
    assert_string_equal(tc_format_seconds(0).s, "0 s");
    assert_string_equal(tc_format_seconds(2.5e-6).s, "2.50 us");
    assert_string_equal(tc_format_seconds(0.9999).s, "1.00 s"); /* rounds up into the next unit */
    assert_string_equal(tc_format_seconds(0.812).s, "812 ms");
    assert_string_equal(tc_format_seconds(599).s, "599 s");
    assert_string_equal(tc_format_range(0.94, 1.52, tc_format_seconds).s, "940 ms-1.52 s");
    assert_string_equal(tc_format_range(1.1, 1.52, tc_format_seconds).s, "1.10-1.52 s");
    assert_string_equal(tc_format_range(0, 1.52, tc_format_seconds).s, "-");
    assert_string_equal(tc_format_seconds(600).s, "10.0 min");
    assert_string_equal(tc_format_seconds(7200).s, "2.00 h");
    assert_string_equal(tc_format_seconds(172800).s, "2.00 d");
    assert_string_equal(tc_format_gib(80.0 * 1024 * 1024 * 1024).s, "80.0 GiB");
    assert_string_equal(tc_format_gib(512.0 * 1024 * 1024).s, "512 MiB");
    assert_string_equal(tc_format_rate(2.039e12).s, "2.04 TB/s");
    assert_string_equal(tc_format_flops(312e12).s, "312 TFLOP/s");
    assert_string_equal(tc_format_short(124439808).s, "124 M");
    assert_string_equal(tc_format_count(124439808).s, "124,439,808");
    assert_string_equal(tc_format_percent(45.24).s, "45.2 %");
    assert_string_equal(tc_format_usd(1234567.4).s, "$1,234,567");
    assert_string_equal(tc_format_usd(0.01234).s, "$0.0123");
    assert_string_equal(tc_format_significant(9.999, 3).s, "10.0");
    assert_string_equal(tc_format_significant(-0.00012345, 3).s, "-0.000123");
}

static void test_what_is_not_known_is_a_dash(void **state) {
    (void)state;
    assert_string_equal(tc_format_seconds(NAN).s, "-");
    assert_string_equal(tc_format_usd(INFINITY).s, "-");
    assert_string_equal(tc_format_percent(NAN).s, "-");
    assert_string_equal(tc_format_count(1e300).s, "-");
}

static void test_width_counts_columns(void **state) {
    (void)state;
    assert_int_equal(tc_text_width("abc"), 3);
    assert_int_equal(tc_text_width("\xc3\xa9"), 1);     /* e acute */
    assert_int_equal(tc_text_width("\xe6\x98\x87"), 2); /* a CJK character */
    assert_int_equal(tc_text_width("e\xcc\x81"), 1);    /* e and a combining acute */
}

/* ---- text that others wrote ---------------------------------------------------------------- */

static void test_text_is_cut_between_characters(void **state) {
    (void)state;
    char out[8];
    assert_string_equal(tc_utf8_cut(out, sizeof out, "abc"), "abc");
    assert_string_equal(tc_utf8_cut(out, 4, "ab\xc3\xa9"), "ab");
    assert_string_equal(tc_utf8_cut(out, 5, "ab\xc3\xa9"), "ab\xc3\xa9");
    assert_string_equal(tc_utf8_cut(out, 4, "\xf0\x9f\x98\x80"), "");
    tc_error error;
    tc_fail(&error, TC_INVALID, "place\xc2", "'%.3s' is unknown", "ab\xc3\xa9");
    assert_string_equal(error.place, "place");
    assert_string_equal(error.text, "'ab' is unknown");
    tc_fail(&error, TC_INVALID, "a\xff z", "\x1b[2J \xc2\x9b \xe2\x80\xae \xc3\xa9");
    assert_string_equal(error.place, "a? z");
    assert_string_equal(error.text, "?[2J ? ? \xc3\xa9");
}

static void test_xml_is_escaped(void **state) {
    (void)state;
    char out[64], small[8];
    assert_string_equal(tc_format_xml(out, sizeof out, "<a href='x'>&\"\x1b\xff\xc3\xa9\xc3"),
                        "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9");
    assert_string_equal(tc_format_xml(small, sizeof small, "ab<<"), "ab&lt;"); /* no half an entity */
}

static void test_only_tones_reach_a_terminal(void **state) {
    (void)state;
    static const char text[] = "\x1b[1mbold\x1b[0m \x1b[2J\x1b]0;t\a \xc2\x9b \xe2\x80\x8b \xe6\x98\x87\n";
    for (int colour = 0; colour < 2; colour++) {
        char *out = NULL;
        size_t length = 0;
        FILE *file = open_memstream(&out, &length);
        tc_style style = {.colour = colour};
        tc_print_visible(file, &style, text, sizeof text - 1);
        fclose(file);
        assert_string_equal(out, colour ? "\x1b[1mbold\x1b[0m \xef\xbf\xbd[2J\xef\xbf\xbd]0;t\xef\xbf\xbd "
                                          "\xef\xbf\xbd \xef\xbf\xbd \xe6\x98\x87\n"
                                        : "\xef\xbf\xbd[1mbold\xef\xbf\xbd[0m \xef\xbf\xbd[2J\xef\xbf\xbd]0;t"
                                          "\xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd \xe6\x98\x87\n");
        free(out);
    }
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void test_json_is_valid_and_exact(void **state) {
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    tc_target target = {.file = file, .data = "0123", .format = &tc_json_format};
    tc_writer writer = tc_write_begin(&target, "test/1", NULL);
    tc_write_array(&writer, "assumed");
    tc_write_close(&writer);
    tc_write_string(&writer, "text", "quote \" backslash \\ tab \t line \n bell \a");
    tc_write_string(&writer, "broken", "\xff\xc3(");
    tc_write_string(&writer, "none", NULL);
    tc_write_number(&writer, "integral", 671026419200.0);
    tc_write_number(&writer, "real", 0.1 + 0.2);
    tc_write_number(&writer, "nan", NAN);
    tc_write_number(&writer, "infinite", -INFINITY);
    tc_write_number(&writer, "zero", -0.0);
    tc_write_bool(&writer, "yes", true);
    tc_write_array(&writer, "list");
    tc_write_integer(&writer, NULL, -5);
    tc_write_object(&writer, NULL);
    tc_write_end(&writer); /* closes what is open */
    fclose(file);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "traincast")), TC_VERSION);
    assert_string_equal(json_string_value(json_object_get(root, "schema")), "traincast.test/1");
    assert_string_equal(json_string_value(json_object_get(root, "text")),
                        "quote \" backslash \\ tab \t line \n bell \a");
    assert_string_equal(json_string_value(json_object_get(root, "broken")), "\xef\xbf\xbd\xef\xbf\xbd(");
    assert_true(json_is_null(json_object_get(root, "none")));
    assert_true(json_integer_value(json_object_get(root, "integral")) == 671026419200);
    assert_non_null(strstr(text, "\"real\": 0.3,"));
    assert_true(json_is_null(json_object_get(root, "nan")));
    assert_true(json_is_null(json_object_get(root, "infinite")));
    assert_non_null(strstr(text, "\"zero\": 0,"));
    assert_int_equal(json_array_size(json_object_get(root, "list")), 2);
    assert_non_null(strstr(text, "\"assumed\": [],"));
    json_decref(root);
    free(text);
}

/* What is written of an answer of objects, lists, an empty list and a null, and the field that is missed ("": none). */
static void assert_fields(const char *fields, const char *expected, const char *missed) {
    char *text = NULL, missing[40] = "";
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    tc_target target = {.file = file, .data = "0123", .format = &tc_json_format, .fields.asked = fields};
    tc_writer w = tc_write_begin(&target, "test/1", NULL);
    tc_write_number(&w, "step_s", 2);
    tc_write_number(&w, "step", 1);
    tc_write_object(&w, "memory");
    tc_write_number(&w, "kept", 3);
    tc_write_number(&w, "step_s", 4);
    tc_write_close(&w);
    tc_write_array(&w, "best");
    for (int i = 0; i < 2; i++) {
        tc_write_object(&w, NULL);
        tc_write_integer(&w, "tp", i);
        tc_write_bool(&w, "fits", i);
        tc_write_close(&w);
    }
    tc_write_close(&w);
    tc_write_array(&w, "none");
    tc_write_close(&w);
    tc_write_null(&w, "mixed");
    tc_write_end(&w);
    fclose(file);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_int_equal(json_object_del(root, "traincast") | json_object_del(root, "schema")
                         | json_object_del(root, "data"),
                     0); /* the head is always there */
    char *rest = json_dumps(root, JSON_COMPACT);
    assert_string_equal(rest, expected);
    tc_fields_missing(&target.fields, missing, sizeof missing);
    assert_string_equal(missing, missed);
    free(rest);
    json_decref(root);
    free(text);
}

static void test_fields_alone_are_written(void **state) {
    (void)state;
    assert_fields("step_s", "{\"step_s\":2}", "");
    assert_fields("memory.step_s", "{\"memory\":{\"step_s\":4}}", "");
    assert_fields("memory,step", "{\"step\":1,\"memory\":{\"kept\":3,\"step_s\":4}}", "");
    assert_fields("memory,memory.kept", "{\"memory\":{\"kept\":3,\"step_s\":4}}", "");
    assert_fields("best.tp", "{\"best\":[{\"tp\":0},{\"tp\":1}]}", "");
    assert_fields("best", "{\"best\":[{\"tp\":0,\"fits\":false},{\"tp\":1,\"fits\":true}]}", "");
    assert_fields("none.tp,mixed.step_s", "{\"none\":[],\"mixed\":null}", "");
    assert_fields("step_s,stepp_s", "{\"step_s\":2}", "stepp_s");
    assert_fields("ste", "{}", "ste");
    assert_fields("memory.kep", "{\"memory\":{}}", "memory.kep");
    assert_fields("step_s.x", "{}", "step_s.x");
    assert_fields(",step", "{\"step\":1}", "");
}

/* ---- CSV ------------------------------------------------------------------------------------ */

/* Two jobs, the second without phases, and what stands around them. */
static char *csv_of(const char *own_table, const char *asked, bool *no_such_table) {
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    tc_target target = {.file = file, .data = "0123", .format = &tc_csv_format, .table = asked};
    tc_writer w = tc_write_begin(&target, "test/1", own_table);
    tc_write_lines(&w, "assumed", (const char *const[]){"a, b", "say \"c\""}, 2);
    tc_write_array(&w, "jobs");
    for (int i = 0; i < 2; i++) {
        tc_write_object(&w, NULL);
        tc_write_string(&w, "name", i ? "=cmd()" : "one");
        tc_write_number(&w, "days", i ? NAN : -2.5);
        tc_write_array(&w, "phases");
        for (int k = 0; k < 2 && !i; k++) {
            tc_write_object(&w, NULL);
            if (k) tc_write_string(&w, "pool", "p,q");
            tc_write_object(&w, "layout");
            tc_write_integer(&w, "tp", 8 + k);
            tc_write_close(&w);
            tc_write_integer(&w, "tp", 8 + k); /* beside the layout too: no second column, and no list */
            tc_write_array(&w, "list");
            tc_write_integer(&w, NULL, 1);
            tc_write_integer(&w, NULL, 2);
            tc_write_close(&w);
            tc_write_array(&w, "objects"); /* no cell */
            tc_write_object(&w, NULL);
            tc_write_integer(&w, "x", 1);
            tc_write_close(&w);
            tc_write_close(&w);
            tc_write_close(&w);
        }
        tc_write_close(&w);
        tc_write_bool(&w, "late", i);
        tc_write_close(&w);
    }
    tc_write_close(&w);
    tc_write_object(&w, "breakdown_s");
    tc_write_number(&w, "gemm", 0.5);
    tc_write_close(&w);
    tc_write_end(&w);
    fclose(file);
    assert_false(target.out_of_memory);
    *no_such_table = target.no_such_table;
    return text;
}

static void test_csv_is_a_list_laid_flat(void **state) {
    (void)state;
    bool none;
    char *text = csv_of("jobs.phases", NULL, &none);
    assert_false(none);
    assert_string_equal(text, "name,days,phases.pool,phases.tp,phases.list,late\n"
                              "one,-2.5,,8,1; 2,false\n"
                              "one,-2.5,\"p,q\",9,1; 2,false\n"
                              "'=cmd(),,,,,true\n");
    free(text);
    text = csv_of("jobs.phases", "jobs", &none);
    assert_string_equal(text, "name,days,late\none,-2.5,false\n'=cmd(),,true\n");
    free(text);
    text = csv_of("jobs.phases", "jobs.phase", &none);
    assert_true(none);
    free(text);
}

static void test_csv_without_a_list_is_figures(void **state) {
    (void)state;
    bool none;
    char *text = csv_of(NULL, NULL, &none);
    assert_false(none);
    assert_string_equal(strstr(text, "data,"), "data,0123,\n"
                                               "assumed[0],\"a, b\",\n"
                                               "assumed[1],\"say \"\"c\"\"\",\n"
                                               "jobs[0].name,one,\n"
                                               "jobs[0].days,-2.5,d\n"
                                               "jobs[0].phases[0].layout.tp,8,\n"
                                               "jobs[0].phases[0].tp,8,\n"
                                               "jobs[0].phases[0].list[0],1,\n"
                                               "jobs[0].phases[0].list[1],2,\n"
                                               "jobs[0].phases[0].objects[0].x,1,\n"
                                               "jobs[0].phases[1].pool,\"p,q\",\n"
                                               "jobs[0].phases[1].layout.tp,9,\n"
                                               "jobs[0].phases[1].tp,9,\n"
                                               "jobs[0].phases[1].list[0],1,\n"
                                               "jobs[0].phases[1].list[1],2,\n"
                                               "jobs[0].phases[1].objects[0].x,1,\n"
                                               "jobs[0].late,false,\n"
                                               "jobs[1].name,'=cmd(),\n"
                                               "jobs[1].days,,d\n"
                                               "jobs[1].late,true,\n"
                                               "breakdown_s.gemm,0.5,s\n");
    free(text);
}

static void test_keys_say_their_unit(void **state) {
    (void)state;
    const char *const units[][2] = {
        {"step_s_p10", "s"},
        {"memory_gib_per_device", "GiB"},
        {"memory_gib.optimizer", "GiB"},
        {"memory_gib.stage", ""},
        {"tokens_per_s_per_device", "tokens/s"},
        {"items.memory_bytes_per_s", "B/s"},
        {"cost_usd.owned_p10", "USD"},
        {"flops_per_step.6nd", "FLOP"},
        {"devices", ""},
        {"layout.stage_layers[1]", ""},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        char unit[24];
        assert_string_equal(tc_field_unit(units[i][0], unit, sizeof unit), units[i][1]);
    }
}

/* ---- tables and paragraphs --------------------------------------------------------------------- */

static char *print_table(tc_style style) {
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    tc_table table = {0};
    tc_table_row_begin(&table);
    tc_cell(&table, "slug", TC_LEFT, "x1");
    tc_cell(&table, "a long name", TC_LEFT | TC_FLEXIBLE, "twenty-six letters in here");
    tc_cell_tone(&table, "n", TC_RIGHT | TC_OPTIONAL, "1,000", TC_TONE_BAD);
    tc_table_row_begin(&table);
    tc_cell(&table, "slug", TC_LEFT, "y");
    tc_cell(&table, "a long name", TC_LEFT | TC_FLEXIBLE, NULL);
    assert_true(tc_table_print(&table, file, &style));
    fclose(file);
    return text;
}

static void test_table_fits_its_width(void **state) {
    (void)state;
    char *wide = print_table((tc_style){.width = 0});
    assert_string_equal(wide, "slug  a long name                     n\n"
                              "x1    twenty-six letters in here  1,000\n"
                              "y     -\n");
    char *narrow = print_table((tc_style){.width = 30});
    assert_string_equal(narrow, "slug  a long name            n\n"
                                "x1    twenty-six lett..  1,000\n"
                                "y     -\n");
    free(wide);
    free(narrow);
}

static void test_table_as_markdown(void **state) {
    (void)state;
    char *text = print_table((tc_style){.markdown = true});
    assert_string_equal(text, "| slug | a long name | n |\n| --- | --- | ---: |\n"
                              "| x1 | twenty-six letters in here | 1,000 |\n| y | - |  |\n");
    free(text);
}

/* A row of which nothing is known, above one that has more columns than any before. */
static void test_rows_make_columns(void **state) {
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    tc_style style = {.width = 0};
    tc_table table = {0}, empty = {0};
    tc_table_row_begin(&table);
    tc_cell(&table, "chip", TC_LEFT, "a");
    tc_table_dashes(&table);
    tc_table_row_begin(&table);
    tc_cell(&table, "chip", TC_LEFT, "b");
    tc_cellf(&table, "step", TC_RIGHT, "%d s", 12);
    assert_true(tc_table_print(&table, file, &style));
    assert_true(tc_table_print(&empty, file, &style));
    fclose(file);
    assert_string_equal(text, "chip  step\na        -\nb     12 s\n");
    free(text);
}

static void test_table_leaves_columns_out(void **state) {
    (void)state;
    char *text = print_table((tc_style){.width = 20});
    assert_non_null(strstr(text, "(1 more column in a wider terminal"));
    assert_null(strstr(text, "1,000"));
    free(text);
}

static void test_colour_only_when_asked_for(void **state) {
    (void)state;
    char *plain = print_table((tc_style){.colour = false}), *coloured = print_table((tc_style){.colour = true});
    assert_null(strchr(plain, 0x1b));
    assert_non_null(strstr(coloured, "\x1b[31m1,000\x1b[0m"));
    free(plain);
    free(coloured);
}

static void test_calendar_fits_its_width(void **state) {
    (void)state;
    for (int width = 30; width < 100; width++) {
        tc_style style = {.width = width};
        tc_text_calendar c = tc_text_calendar_of(NULL, &style, 20000, 1e7);
        assert_int_equal(TC_TEXT_CALENDAR_LABEL + c.columns, width);
    }
}

static void test_paragraphs_wrap(void **state) {
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    tc_style style = {.width = 30};
    tc_print_wrapped(file, &style, 0, 4, "one two three four five six seven eight nine ten");
    fclose(file);
    assert_string_equal(text, "    one two three four five\n    six seven eight nine ten\n");
    free(text);
}

/* ---- names and layouts ---------------------------------------------------------------------------- */

static void test_names_are_bounded(void **state) {
    (void)state;
    assert_string_equal(tc_name(TC_VOCABULARY_DTYPE, TC_INT8), "int8");
    assert_null(tc_name(TC_VOCABULARY_DTYPE, TC_DTYPES));
    assert_null(tc_name(TC_VOCABULARY_SCHEDULE, TC_UNSET));
    assert_int_equal(tc_value_of(TC_VOCABULARY_SHARDING, "hsdp"), TC_SHARD_HSDP);
    assert_int_equal(tc_value_of(TC_VOCABULARY_SHARDING, "zero"), TC_UNSET);
}

static void test_layout_in_words(void **state) {
    (void)state;
    char text[256];
    tc_layout layout = {.tp = 8,
                        .pp = 4,
                        .cp = 1,
                        .ep = 1,
                        .dp = 2,
                        .vpp = 1,
                        .first_layers = 7,
                        .last_layers = TC_UNSET,
                        .micro_batch = 1,
                        .sequence_parallel = 1,
                        .sharding = TC_SHARD_HSDP,
                        .hsdp = 8,
                        .recompute = TC_RECOMPUTE_LAYERS,
                        .recompute_layers = 12,
                        .schedule = TC_SCHEDULE_1F1B};
    assert_string_equal(tc_layout_text(&layout, text, sizeof text),
                        "TP 8, PP 4, DP 2, micro-batch 1, sharding hsdp:8, recompute 12 layers, sequence parallel, "
                        "1f1b, 7 layers on the first stage");
    assert_string_equal(tc_layout_degrees_text(&layout, text, sizeof text), "TP 8, PP 4, DP 2");
    layout.tp = layout.pp = layout.dp = 1;
    assert_string_equal(tc_layout_degrees_text(&layout, text, sizeof text), "one device");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantities_read_well),
        cmocka_unit_test(test_what_is_not_known_is_a_dash),
        cmocka_unit_test(test_width_counts_columns),
        cmocka_unit_test(test_text_is_cut_between_characters),
        cmocka_unit_test(test_xml_is_escaped),
        cmocka_unit_test(test_only_tones_reach_a_terminal),
        cmocka_unit_test(test_json_is_valid_and_exact),
        cmocka_unit_test(test_fields_alone_are_written),
        cmocka_unit_test(test_table_fits_its_width),
        cmocka_unit_test(test_table_as_markdown),
        cmocka_unit_test(test_rows_make_columns),
        cmocka_unit_test(test_table_leaves_columns_out),
        cmocka_unit_test(test_colour_only_when_asked_for),
        cmocka_unit_test(test_calendar_fits_its_width),
        cmocka_unit_test(test_paragraphs_wrap),
        cmocka_unit_test(test_names_are_bounded),
        cmocka_unit_test(test_layout_in_words),
        cmocka_unit_test(test_csv_is_a_list_laid_flat),
        cmocka_unit_test(test_csv_without_a_list_is_figures),
        cmocka_unit_test(test_keys_say_their_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

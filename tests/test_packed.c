/* test_packed.c - the trees that the build made of the data files equal what the parser makes of the files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "catalog/packed.h"

static int compared;

static void assert_same(const tc_node *a, const tc_node *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->quoted, b->quoted);
    assert_int_equal(a->line, b->line);
    assert_int_equal(a->column, b->column);
    assert_int_equal(a->index, b->index);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->key != NULL, b->key != NULL);
    if (a->key) assert_string_equal(a->key, b->key);
    if (a->kind == TC_NODE_SCALAR) assert_string_equal(a->text, b->text);
    assert_int_equal(a->parent != NULL, b->parent != NULL);
    compared++;
    const tc_node *y = b->first, *last = NULL;
    for (const tc_node *x = a->first; x; last = x, x = x->next, y = y->next) {
        assert_ptr_equal(x->parent, a);
        assert_same(x, y);
    }
    assert_ptr_equal(last, a->last);
    assert_null(y);
}

static void test_every_file(void **state) {
    (void)state;
    for (size_t i = 0; i < tc_embedded_data.count; i++) {
        const tc_embedded_file *file = &tc_embedded_data.files[i];
        tc_arena arena = {0};
        tc_document parsed, unpacked;
        tc_error error = {0};
        char path[600];
        snprintf(path, sizeof path, TC_SOURCE_DIR "/data/%s", file->path);
        assert_int_equal(tc_document_read(path, &arena, &parsed, &error), TC_OK);
        assert_int_equal(tc_document_unpack(&tc_embedded_data, file, path, &arena, &unpacked, &error), TC_OK);
        assert_same(unpacked.root, parsed.root);
        assert_int_equal(unpacked.sources, parsed.sources);
        for (int s = 0; s < parsed.sources; s++) assert_string_equal(unpacked.source[s]->key, parsed.source[s]->key);
        for (const tc_node *child = parsed.root->first; child; child = child->next) {
            const tc_packed_node *found = tc_packed_find(&tc_embedded_data, file, child->key);
            const char *text = tc_packed_text(&tc_embedded_data, found);
            assert_non_null(found);
            assert_int_equal(text != NULL, child->kind == TC_NODE_SCALAR);
            if (text) assert_string_equal(text, child->text);
        }
        assert_null(tc_packed_find(&tc_embedded_data, file, "no such key"));
        tc_arena_free(&arena);
    }
    assert_true(compared > 30000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* ask.h - questions to the library as JSON, and what their answers hold. */
#ifndef TC_TESTS_ASK_H
#define TC_TESTS_ASK_H

#include <stdarg.h>
#include <stdio.h>

#include <jansson.h>

#include "fixture.h"

/* The answer to a question that is written as by printf; freed by the caller. */
static inline json_t *ask(const char *format, ...) {
    char request[1024], *text;
    tc_error error;
    va_list values;
    va_start(values, format);
    vsnprintf(request, sizeof request, format, values);
    va_end(values);
    if (tc_ask_json(catalog, request, &text, &error)) fail_msg("%s: %s: %s", request, error.place, error.text);
    json_t *answer = json_loads(text, 0, NULL);
    tc_answer_free(text);
    assert_non_null(answer);
    return answer;
}

/* Element i of a list of the answer; NULL: it has none. */
static inline const json_t *at(const json_t *answer, const char *list, size_t i) {
    return json_array_get(json_object_get(answer, list), i);
}

static inline double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static inline const char *text(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

#endif

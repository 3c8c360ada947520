/* text.c - texts that grow within their room. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void tc_append(char *text, size_t size, const char *format, ...) {
    size_t used = strlen(text);
    va_list values;
    va_start(values, format);
    vsnprintf(text + used, size - used, format, values);
    va_end(values);
}

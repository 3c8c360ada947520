/* pools_text.c - the pools of a cluster in words. */
#include "report/pools_text.h"
#include "base/text.h"

#include <stdio.h>

const char *tc_pools_text(const tc_cluster *c, char *buffer, size_t size) {
    snprintf(buffer, size, "%d x %s", c->devices, c->accelerator.name);
    for (int i = 0; i < c->others; i++)
        tc_append(buffer, size, "%s%d x %s", i + 1 < c->others ? ", " : " and ", c->other[i].devices,
                  c->other[i].accelerator.name);
    return buffer;
}

const char *tc_pools_slugs(const tc_cluster *c, char *buffer, size_t size) {
    snprintf(buffer, size, "%s", c->accelerator.slug);
    if (c->others > 0) tc_append(buffer, size, ":%d", c->devices);
    for (int i = 0; i < c->others; i++)
        tc_append(buffer, size, ",%s:%d", c->other[i].accelerator.slug, c->other[i].devices);
    return buffer;
}

/* assume.c - the list of what had to be assumed for a run, and the reason where it ends. */
#include "validate/assume.h"

#include <stdio.h>

void tc_case_assume(tc_case *c, const char *format, const char *value) {
    if (c->assumed_count >= TC_ASSUMED_MAX) return;
    char clipped[41];
    snprintf(clipped, sizeof clipped, "%.40s", value);
    snprintf(c->assumed[c->assumed_count++], sizeof c->assumed[0], format, clipped);
}

void tc_case_assume_number(tc_case *c, const char *format, int value) {
    char text[24];
    snprintf(text, sizeof text, "%d", value);
    tc_case_assume(c, format, text);
}

tc_code tc_case_end(tc_case *c, tc_case_status status, const char *reason) {
    c->status = status;
    snprintf(c->reason, sizeof c->reason, "%s", reason);
    return TC_OK;
}

/* assume.h - the list of what had to be assumed for a run, and the reason where it ends. */
#ifndef TC_VALIDATE_ASSUME_H
#define TC_VALIDATE_ASSUME_H

#include "validate/case.h"

/* `format` has one %s. */
void tc_case_assume(tc_case *c, const char *format, const char *value);
void tc_case_assume_number(tc_case *c, const char *format, int value);

/* The run cannot be scored. Returns TC_OK. */
tc_code tc_case_end(tc_case *c, tc_case_status status, const char *reason);

#endif

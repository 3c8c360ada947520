/* assert.h - --assert: what must hold of an answer, for scripts and CI. */
#ifndef TC_CLI_ASSERT_H
#define TC_CLI_ASSERT_H

#include <stddef.h>

#include "traincast.h"

/* Whether the condition holds of the answer, a JSON text. Fields are paths of the answer ("best[0].layout.tp"), compared by < <= > >= == !=
 * with numbers, "texts", true, false, null or other fields, joined by && || ! and parentheses. A figure that is null is neither
 * less nor more than anything. values: what the fields were, "step_s is 39.4, fits is true".
 * TC_INVALID: no such condition, a field that the answer lacks, kinds that do not compare; its place is "--assert". */
TC_NODISCARD tc_code tc_assert_holds(const char *condition, const char *answer, size_t length, bool *holds,
                                     char *values, size_t size, tc_error *error);

#endif

/* near.h - doubles compared with an absolute tolerance; cmocka's own compares floats. */
#ifndef TC_TESTS_NEAR_H
#define TC_TESTS_NEAR_H

#include <math.h>

#define assert_near(got, want, tolerance) near_at((got), (want), (tolerance), __FILE__, __LINE__)

static void near_at(double got, double want, double tolerance, const char *file, int line) {
    if (fabs(got - want) <= tolerance) return;
    print_error("%s:%d: %.17g is not within %g of %.17g\n", file, line, got, tolerance, want);
    fail();
}

#endif

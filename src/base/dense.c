/* dense.c - Cholesky's factor of a small matrix: G. H. Golub, C. F. Van Loan, Matrix Computations, 4th ed., algorithm 4.2.1. */
#include "base/dense.h"

#include <math.h>
#include <stddef.h>

bool tc_dense_factor(double *a, int n) {
    size_t width = (size_t)n;
    for (size_t j = 0; j < width; j++) {
        double pivot = a[j * width + j];
        for (size_t k = 0; k < j; k++) pivot -= a[j * width + k] * a[j * width + k];
        if (!(pivot > 0) || !isfinite(pivot)) return false;
        a[j * width + j] = pivot = sqrt(pivot);
        for (size_t i = j + 1; i < width; i++) {
            double sum = a[i * width + j];
            for (size_t k = 0; k < j; k++) sum -= a[i * width + k] * a[j * width + k];
            a[i * width + j] = sum / pivot;
        }
    }
    return true;
}

void tc_dense_solve(const double *l, int n, double *b) {
    size_t width = (size_t)n;
    for (size_t i = 0; i < width; i++) {
        for (size_t k = 0; k < i; k++) b[i] -= l[i * width + k] * b[k];
        b[i] /= l[i * width + i];
    }
    for (size_t i = width; i-- > 0;) {
        for (size_t k = i + 1; k < width; k++) b[i] -= l[k * width + i] * b[k];
        b[i] /= l[i * width + i];
    }
}

/* chosen.c - the expected step of a layout that was chosen. */
#include "forecast/chosen.h"

#include <math.h>

double tc_chosen_factor(const tc_interval_model *model, const double *values, int n, double value) {
    if (!model || !(model->shrinkage > 0) || n < 1) return 1;
    double least = HUGE_VAL, weights = 0, sum = 0, width = log(model->field);
    for (int i = 0; i < n; i++) least = fmin(least, values[i]);
    for (int i = 0; i < n; i++) {
        double behind = log(values[i] / least), weight = fmax(0, 1 - behind / width);
        weights += weight;
        sum += weight * behind;
    }
    return exp(model->shrinkage * fmax(0, sum / weights - log(value / least)));
}

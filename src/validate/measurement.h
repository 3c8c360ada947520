/* measurement.h - a measured kernel or collective (data/measurements), and what the model makes of it. */
#ifndef TC_VALIDATE_MEASUREMENT_H
#define TC_VALIDATE_MEASUREMENT_H

#include "base/json.h"
#include "catalog/catalog.h"
#include "workload/operators.h"

typedef enum tc_measurement_kind {
    TC_MEASURED_GEMM,
    TC_MEASURED_GROUPED_GEMM,
    TC_MEASURED_ATTENTION,
    TC_MEASURED_MEMORY,
    TC_MEASURED_ALL_REDUCE,
    TC_MEASURED_ALL_GATHER,
    TC_MEASURED_REDUCE_SCATTER,
    TC_MEASURED_ALL_TO_ALL,
    TC_MEASURED_SEND,
    TC_MEASURED_KINDS
} tc_measurement_kind;
extern const char *const tc_measurement_names[TC_MEASURED_KINDS];

typedef enum tc_measured_pass {
    TC_PASS_PRODUCT,
    TC_PASS_FORWARD,
    TC_PASS_BACKWARD,
    TC_PASS_BOTH,
    TC_PASSES
} tc_measured_pass;

typedef struct tc_measurement {
    tc_measurement_kind kind;
    tc_measured_pass pass;
    int dtype;
    tc_accelerator accelerator; /* its parameters are what the forecast goes by */
    tc_fabric fabric;
    tc_operator op;    /* GEMM, attention */
    double accumulate; /* bytes of an element that the result is added to; 0: is written */
    int ranks, level;
    double bytes;   /* memory: read and written; collectives: the buffer */
    double host_s;  /* of the benchmark, within the time */
    double seconds; /* measured */
    bool excluded;  /* its source says why it is not used */
} tc_measurement;

/* Is the object a measurement rather than a run? It names a `kind`. */
bool tc_measurement_is(const tc_json *json);
/* Reads one; what is wrong fails in the document. */
void tc_measurement_read(const tc_json *json, tc_catalog *catalog, tc_measurement *out);
/* The forecast; NaN where the device has no such format. */
double tc_measurement_seconds(const tc_measurement *measurement);

#endif

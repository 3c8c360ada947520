/* write.c - a calibration as a folder for --catalog: values, their standard deviations, and the steps that intervals rest on. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "calibrate/calibrate.h"
#include "forecast/interval.h"

enum { LONGEST_PATH = 4096 };

/* A file being written; the first failure is kept. */
typedef struct output {
    char path[LONGEST_PATH];
    FILE *file;
    tc_error *error;
} output;

static tc_code begin(const tc_calibration *c, output *o, const char *folder, const char *name, tc_error *error) {
    o->error = error;
    if (snprintf(o->path, sizeof o->path, "%s/fitted/%s", folder, name) >= (int)sizeof o->path)
        return tc_fail(error, TC_INVALID, "--output", "is too long a path");
    o->file = fopen(o->path, "w");
    if (!o->file) return tc_fail(error, TC_INVALID, o->path, "cannot be written: %s", strerror(errno));
    uint64_t hash = TC_HASH_START;
    for (int i = 0; i < c->count; i++)
        hash = tc_hash_bytes(hash, (const char *)&c->rows[i].measured_s, sizeof c->rows[i].measured_s);
    fprintf(o->file,
            "# written by traincast calibrate; for --catalog\nformat: 1\nfitted_on: \"%d steps and %d kernels of your "
            "own\"\nruns_hash: \"%016llx\"\n",
            c->steps, c->count - c->steps, (unsigned long long)hash);
    return TC_OK;
}

static tc_code end(output *o) {
    bool failed = ferror(o->file) != 0;
    if (fclose(o->file) != 0) failed = true;
    return failed ? tc_fail(o->error, TC_INVALID, o->path, "cannot be written; is the disk full?") : TC_OK;
}

static void write_line(FILE *file, const char *indent, const tc_linked_parameter *p, const char *format, double value) {
    char text[40];
    snprintf(text, sizeof text, format, value);
    bool has_unit = p->dimension != TC_DIMENSION_NONE;
    fprintf(file, "%s%s: %s%s%s\n", indent, p->key, text, has_unit ? " " : "",
            has_unit ? tc_dimension_unit(p->dimension) : "");
}

/* The subjects of one sort with what `deviations` says: values, or their standard deviations. */
static void write_subjects(const tc_calibration *c, FILE *file, bool device, const char *indent, bool deviations) {
    char deeper[16];
    snprintf(deeper, sizeof deeper, "%s  ", indent);
    for (int s = 0; s < c->subjects; s++) {
        bool begun = false;
        if (c->subject[s].device != device) continue;
        for (int k = 0; k < c->unknowns; k++) {
            const tc_unknown *u = &c->unknown[k];
            const tc_linked_parameter *p = &tc_linked_parameters[u->parameter];
            if (u->subject != s) continue;
            if (!begun) fprintf(file, "%s%s:\n", indent, c->subject[s].slug);
            begun = true;
            double value = u->value == u->prior ? u->natural : tc_from_link(p->link, u->value);
            if (deviations)
                write_line(file, deeper, p, "%.2g", u->sigma_after / tc_link_slope(p->link, value));
            else
                write_line(file, deeper, p, "%.9g", value);
        }
    }
}

/* A section without a member would be no section. */
static bool has_unknowns(const tc_calibration *c, bool device) {
    bool any = false;
    for (int k = 0; k < c->unknowns; k++) any = any || c->subject[c->unknown[k].subject].device == device;
    return any;
}

static tc_code write_values(const tc_calibration *c, const char *folder, bool device, tc_error *error) {
    output o;
    tc_code code = begin(c, &o, folder, device ? "calibrated-device.yaml" : "calibrated-stack.yaml", error);
    if (code) return code;
    if (has_unknowns(c, device)) fprintf(o.file, "%s:\n", device ? "accelerators" : "stacks");
    write_subjects(c, o.file, device, "  ", false);
    return end(&o);
}

/* The steps of a chip with a stack, by where their time goes. */
static void write_interval(const tc_calibration *c, FILE *file, int chip, int stack) {
    fprintf(file, "  - accelerator: %s\n    stack: %s\n    scale: %.4f\n    steps:\n", c->subject[chip].slug,
            c->subject[stack].slug, c->scale);
    for (int i = 0; i < c->count; i++) {
        const tc_observation *o = &c->rows[i];
        tc_case_result result;
        tc_error ignored;
        if (!o->step || o->chip != chip || o->stack != stack || tc_case_predict(o->step, &result, &ignored)) continue;
        double features[TC_INTERVAL_FEATURES];
        tc_question q = tc_case_question(o->step);
        tc_interval_features(&q, &result.step, (tc_evidence){1, 1, 1, {0, 0}}, features);
        fputs("      - {", file);
        for (int f = TC_INTERVAL_FEATURES - TC_INTERVAL_SHARES; f < TC_INTERVAL_FEATURES; f++)
            fprintf(file, "%s%s: %.4f", f > TC_INTERVAL_FEATURES - TC_INTERVAL_SHARES ? ", " : "",
                    tc_interval_feature_names[f], fmin(1, fmax(0, features[f])));
        fputs("}\n", file);
    }
}

static bool has_steps(const tc_calibration *c, int chip, int stack) {
    for (int i = 0; i < c->count; i++)
        if (c->rows[i].step && c->rows[i].chip == chip && c->rows[i].stack == stack) return true;
    return false;
}

static tc_code write_rest(const tc_calibration *c, const char *folder, tc_error *error) {
    output o;
    tc_code code = begin(c, &o, folder, "calibration.yaml", error);
    if (code) return code;
    fputs("# the width of the interval of steps whose time goes where that of the measured ones goes, relative to "
          "before\n"
          "intervals:\n",
          o.file);
    for (int chip = 0; chip < c->subjects; chip++)
        for (int stack = 0; stack < c->subjects; stack++)
            if (has_steps(c, chip, stack)) write_interval(c, o.file, chip, stack);
    fputs("# standard deviations of the values in calibrated-device.yaml and calibrated-stack.yaml\n"
          "device:\n  accelerators:\n",
          o.file);
    write_subjects(c, o.file, true, "    ", true);
    fputs("stack:\n  stacks:\n", o.file);
    write_subjects(c, o.file, false, "    ", true);
    return end(&o);
}

tc_code tc_calibration_write(const tc_calibration *c, const char *folder, tc_error *error) {
    tc_code code = write_values(c, folder, true, error);
    if (!code) code = write_values(c, folder, false, error);
    return code ? code : write_rest(c, folder, error);
}

/* controls.c - the formula of the rules on an accelerator's figures.
 *
 *     TPP = max over formats of TOPS x bit length, all processing units of the package, dense
 *     PD  = TPP / applicable die area (logic dies; mm2)
 *
 * TOPS counts a multiply-accumulate as two, so it is the datasheet's figure. Advertised
 * figures count where they differ from the matrix peak (Ascend's include the vector units),
 * for the rule counts every unit on the circuit.
 *
 * A clause is a conjunction of bounds in three-valued logic: a bound on a figure that is not
 * known is neither met nor failed, unless another bound already fails.
 *
 * Ignored: fp64 (never the largest among the parts of the catalog, but for ties), integer
 * formats below 8 bit, and what only a person can judge (design intent, end use, destination). */
#include "run/controls.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/vocabulary.h"
#include "layout/question_members.h"
#include "run/members.h"

typedef enum truth { NO, UNKNOWN, YES } truth;

/* The rules speak of a length, not of a vendor's format. */
static const char *format_name(int format) {
    return format == TC_CONTROL_FP6 ? "fp6"
           : format == TC_NVFP4     ? "fp4"
           : format < TC_DTYPES     ? tc_dtype_names[format]
                                    : "";
}

/* ---- figures of the part --------------------------------------------------------- */

/* Operations per second of a package in a format; 0 where it has none. */
static double package_flops(const tc_accelerator *a, int format) {
    double devices = a->devices_per_package > 1 ? a->devices_per_package : 1;
    if (format == TC_CONTROL_FP6) return a->fp6_flops;
    double flops = a->advertised_flops[format] > 0 ? a->advertised_flops[format] : a->matmul_flops[format] * devices;
    if (format == TC_FP32 && a->vector_flops * devices > flops) flops = a->vector_flops * devices;
    return flops;
}

/* The largest TOPS x bits; formats of equal performance (rates are rounded in datasheets) keep their order. */
static double most(const tc_controls *controls, const tc_accelerator *a, bool fp6, double tf32_bits, int *format,
                   double *bits) {
    double best = 0;
    for (int i = 0; i < controls->formats; i++) {
        const tc_control_bits *f = &controls->format[i];
        if (f->format == TC_CONTROL_FP6 && !fp6) continue;
        double length = f->format == TC_TF32 && tf32_bits > 0 ? tf32_bits : f->bits;
        double tpp = package_flops(a, f->format) / 1e12 * length;
        if (!(tpp > best * (1 + 1e-12))) continue;
        best = tpp;
        *format = f->format;
        *bits = length;
    }
    return best > 0 ? best : NAN;
}

static double tf32_full(const tc_controls *controls, const tc_accelerator *a, bool fp6) {
    int format;
    double bits;
    if (!(package_flops(a, TC_TF32) > 0)) return NAN;
    for (int i = 0; i < controls->formats; i++)
        if (controls->format[i].format == TC_TF32 && controls->format[i].also_bits > 0)
            return most(controls, a, fp6, controls->format[i].also_bits, &format, &bits);
    return NAN;
}

static double known(double value) { return value > 0 ? value : NAN; }

static void measure(const tc_controls *controls, const tc_accelerator *a, const tc_control_options *options,
                    tc_control_report *out) {
    double devices = a->devices_per_package > 1 ? a->devices_per_package : 1, bits = NAN;
    int format = TC_CONTROL_FORMATS;
    out->tpp = most(controls, a, !options->ignore_fp6, options->tf32_bits, &format, &bits);
    out->bits = bits;
    out->tops = out->tpp / bits;
    snprintf(out->format, sizeof out->format, "%s", format_name(format));
    out->tpp_without_fp6 = most(controls, a, false, options->tf32_bits, &format, &bits);
    out->tpp_tf32_full = tf32_full(controls, a, !options->ignore_fp6);
    out->die_area_mm2 = known(a->die_area_mm2);
    out->pd = out->tpp / out->die_area_mm2;
    out->io_bytes_per_s = known(a->io_bytes_per_s);
    out->dram_bytes_per_s = known(a->memory_bytes_per_s * devices);
    out->datacentre = a->datacentre;
}

/* ---- rules -------------------------------------------------------------------------- */

typedef struct figure_text {
    const char *name, *unit, *missing;
    double scale;
    int decimals;
} figure_text;

static const figure_text figures[TC_CONTROL_FIGURES] = {
    [TC_CONTROL_TPP] = {"TPP", "", "a peak rate", 1, 0},
    [TC_CONTROL_PD] = {"PD", "", "the die area", 1, 2},
    [TC_CONTROL_IO] = {"I/O", " GB/s", "the I/O bandwidth", 1e9, 0},
    [TC_CONTROL_DRAM] = {"DRAM", " GB/s", "the memory bandwidth", 1e9, 0},
    [TC_CONTROL_DRAM_AND_IO] = {"DRAM + I/O", " GB/s", "the memory and I/O bandwidth", 1e9, 0},
};

static void append(char *text, size_t size, const char *piece) {
    size_t used = strlen(text);
    if (used && strstr(text, piece)) return; /* once is enough */
    snprintf(text + used, size - used, "%s%s", used ? "; " : "", piece);
}

/* "TPP 2,368 < 4,800" */
static void append_bound(char *text, size_t size, tc_control_figure which, double value, const char *sign,
                         double bound) {
    const figure_text *f = &figures[which];
    char piece[120];
    /* a value next to its bound shows the places that set them apart */
    int decimals = f->decimals;
    while (decimals < 6 && value != bound
           && strcmp(tc_decimal_text(value / f->scale, decimals).s, tc_decimal_text(bound / f->scale, decimals).s) == 0)
        decimals++;
    snprintf(piece, sizeof piece, "%s %s %s %s%s", f->name, tc_decimal_text(value / f->scale, decimals).s, sign,
             tc_decimal_text(bound / f->scale, decimals).s, f->unit);
    append(text, size, piece);
}

typedef struct verdict {
    char met[240], failed[240];
    unsigned missing; /* a bit for each figure */
} verdict;

/* Is the text one of "a+b"? */
static bool is_one_of(const char *list, const char *text) {
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, "+");
        if (length > 0 && strncmp(at, text, length) == 0 && !text[length]) return true;
        at += length + (at[length] == '+');
    }
    return false;
}

static truth hold(const tc_control_clause *clause, const tc_accelerator *a, const tc_control_report *part,
                  const double *figure, verdict *v) {
    char met[240] = "";
    unsigned missing = 0;
    if (*clause->named && !is_one_of(clause->named, a->slug)) return NO;
    if (*clause->makers && !is_one_of(clause->makers, a->vendor)) return NO;
    if (clause->datacentre && !part->datacentre) {
        append(v->failed, sizeof v->failed, "not for data centres");
        return NO;
    }
    for (int i = 0; i < TC_CONTROL_FIGURES; i++) {
        bool from = !isinf(clause->from[i]), below = !isinf(clause->below[i]);
        if (!from && !below) continue;
        if (isnan(figure[i])) {
            missing |= 1u << i;
        } else if (from && figure[i] < clause->from[i]) {
            append_bound(v->failed, sizeof v->failed, (tc_control_figure)i, figure[i], "<", clause->from[i]);
            return NO;
        } else if (below && figure[i] >= clause->below[i]) {
            append_bound(v->failed, sizeof v->failed, (tc_control_figure)i, figure[i], ">=", clause->below[i]);
            return NO;
        } else {
            if (from) append_bound(met, sizeof met, (tc_control_figure)i, figure[i], ">=", clause->from[i]);
            if (below) append_bound(met, sizeof met, (tc_control_figure)i, figure[i], "<", clause->below[i]);
        }
    }
    v->missing |= missing;
    if (missing) return UNKNOWN;
    append(v->met, sizeof v->met, met);
    return YES;
}

static void set_class(tc_control_result *out, const char *name, const char *meaning, const char *more,
                      const char *reason) {
    snprintf(out->class_name, sizeof out->class_name, "%s", name);
    snprintf(out->meaning, sizeof out->meaning, "%s%s%s", meaning, *more ? "; " : "", more);
    snprintf(out->reason, sizeof out->reason, "%s", reason);
    out->known = true;
}

/* "needs the die area" */
static void tell_missing(unsigned missing, char *text, size_t size) {
    char list[200] = "";
    for (int i = 0; i < TC_CONTROL_FIGURES; i++)
        if (missing >> i & 1u) append(list, sizeof list, figures[i].missing);
    snprintf(text, size, "needs %s", list);
}

static void judge(const tc_control_rule *rule, const tc_accelerator *a, const tc_control_report *part,
                  const double *figure, tc_control_result *out) {
    memcpy(out->rule, rule->slug, sizeof out->rule);
    memcpy(out->date, rule->date, sizeof out->date);
    memcpy(out->until, rule->until, sizeof out->until);
    out->about = rule->about;
    memcpy(out->name, rule->name, sizeof out->name);
    memcpy(out->source, rule->source, sizeof out->source);
    verdict v = {"", "", 0};
    for (int c = 0; c < rule->classes; c++) {
        const tc_control_class *class_of = &rule->class_of[c];
        truth best = NO;
        for (int k = 0; k < class_of->clauses && best != YES; k++) {
            truth t = hold(&class_of->clause[k], a, part, figure, &v);
            if (t > best) best = t;
        }
        if (best == YES) {
            set_class(out, class_of->name, class_of->meaning, part->datacentre ? "" : class_of->not_datacentre, v.met);
            out->licence = class_of->licence;
            out->risk = class_of->risk;
            out->applies = true;
            return;
        }
        if (best == UNKNOWN) { /* this class or a later one: nothing can be said */
            snprintf(out->class_name, sizeof out->class_name, "unknown");
            snprintf(out->meaning, sizeof out->meaning, "%s or less", class_of->name);
            tell_missing(v.missing, out->reason, sizeof out->reason);
            return;
        }
    }
    set_class(out, rule->otherwise, rule->otherwise_meaning, "", v.failed);
    out->applies = rule->about == TC_CONTROL_EXPORT;
}

/* Where no earlier rule in force asks for a licence there is none to be reviewed. */
static bool needs_licence(const tc_control_report *report, int before) {
    bool unknown = false;
    for (int i = 0; i < before; i++) {
        const tc_control_result *r = &report->rule[i];
        if (*r->until && strcmp(r->until, report->rule[before].date) <= 0) continue;
        if (r->about == TC_CONTROL_EXPORT && r->licence) return true;
        unknown = unknown || (r->about == TC_CONTROL_EXPORT && !r->known);
    }
    return unknown;
}

static void judge_all(const tc_controls *controls, const tc_accelerator *a, const double *figure,
                      tc_control_report *out) {
    bool exported = !*a->vendor || !*controls->makers || is_one_of(controls->makers, a->vendor);
    for (int i = 0; i < controls->rules; i++) {
        const tc_control_rule *rule = &controls->rule[i];
        tc_control_result *r = &out->rule[i];
        judge(rule, a, out, figure, r);
        if (rule->reviews && !needs_licence(out, i))
            set_class(r, "none", "needs no licence by the rules in force: nothing is reviewed", "", "");
    }
    out->exported = exported;
    for (int i = 0; i < controls->rules && !exported; i++) {
        tc_control_result *r = &out->rule[i];
        if (r->about == TC_CONTROL_EXPORT || r->about == TC_CONTROL_RENTING) r->applies = r->licence = false;
    }
}

static tc_control_report nothing_known(void) {
    return (tc_control_report){.tpp = NAN,
                               .tops = NAN,
                               .bits = NAN,
                               .tpp_without_fp6 = NAN,
                               .tpp_tf32_full = NAN,
                               .die_area_mm2 = NAN,
                               .pd = NAN,
                               .io_bytes_per_s = NAN,
                               .dram_bytes_per_s = NAN};
}

tc_control_report tc_controls_classify(const tc_controls *controls, const tc_accelerator *accelerator,
                                       const tc_control_options *options) {
    const tc_control_options defaults = {0};
    tc_control_report out = {0};
    if (tc_members_check(&tc_controls_members, controls, "", NULL)
        || tc_members_check(&tc_accelerator_members, accelerator, "", NULL)
        || (options && tc_members_check(&tc_control_options_members, options, "", NULL)))
        return nothing_known();
    measure(controls, accelerator, options ? options : &defaults, &out);
    const double figure[TC_CONTROL_FIGURES] = {[TC_CONTROL_TPP] = out.tpp,
                                               [TC_CONTROL_PD] = out.pd,
                                               [TC_CONTROL_IO] = out.io_bytes_per_s,
                                               [TC_CONTROL_DRAM] = out.dram_bytes_per_s,
                                               [TC_CONTROL_DRAM_AND_IO] = out.dram_bytes_per_s + out.io_bytes_per_s};
    judge_all(controls, accelerator, figure, &out);
    out.rules = controls->rules;
    return out;
}

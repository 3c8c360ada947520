/* controls.h - export-control figures and classes of an accelerator, rule by dated rule.
 *
 * The thresholds are data (data/controls.yaml). What the arithmetic gives is shown,
 * with the figures that decide; a figure that is not known leaves the class open. */
#ifndef TC_RUN_CONTROLS_H
#define TC_RUN_CONTROLS_H

#include "catalog/document.h"
#include "traincast.h"

/* What a rule looks at. */
typedef enum tc_control_figure {
    TC_CONTROL_TPP,         /* total processing performance: TOPS x bits */
    TC_CONTROL_PD,          /* performance density: TPP / applicable die area in mm2 */
    TC_CONTROL_IO,          /* aggregate bidirectional chip-to-chip bandwidth, bytes/s */
    TC_CONTROL_DRAM,        /* memory bandwidth of the package, bytes/s */
    TC_CONTROL_DRAM_AND_IO, /* the two together */
    TC_CONTROL_FIGURES
} tc_control_figure;

typedef enum tc_control_format {
    TC_CONTROL_FP6 = TC_DTYPES, /* the other formats are those of tc_dtype */
    TC_CONTROL_FORMATS
} tc_control_format;

#define TC_CONTROL_CLAUSES 4
#define TC_CONTROL_CLASSES 4
#define TC_CONTROL_RULES 8

/* All bounds hold: from (inclusive) and below (exclusive). A bound that is not set is +-infinity. */
typedef struct tc_control_clause {
    double from[TC_CONTROL_FIGURES], below[TC_CONTROL_FIGURES];
    bool datacentre; /* only of parts for data centres */
} tc_control_clause;

typedef struct tc_control_class {
    char name[24], meaning[320], not_datacentre[160];
    int clauses;
    tc_control_clause clause[TC_CONTROL_CLAUSES];
} tc_control_class;

typedef struct tc_control_rule {
    char slug[24], date[16], name[64], source[400];
    int classes;
    tc_control_class class_of[TC_CONTROL_CLASSES]; /* in order: the first that applies */
    char otherwise[24], otherwise_meaning[160];
} tc_control_rule;

typedef struct tc_control_bits {
    int format;             /* tc_dtype or TC_CONTROL_FP6 */
    double bits, also_bits; /* also_bits: another reading of the rule; 0 = none */
} tc_control_bits;

typedef struct tc_controls {
    int formats, rules;
    tc_control_bits format[TC_CONTROL_FORMATS]; /* the first wins where two give the same */
    tc_control_rule rule[TC_CONTROL_RULES];
} tc_controls;

TC_NODISCARD tc_code tc_controls_read(const tc_document *document, tc_controls *out, tc_error *error);
/* The catalog's controls.yaml. */
TC_API TC_NODISCARD tc_code tc_controls_load(tc_catalog *catalog, tc_controls *out, tc_error *error);

typedef struct tc_control_options {
    bool ignore_fp6;  /* as most published TPP figures do, though the rule's text counts it */
    double tf32_bits; /* 0: as the data say (19) */
} tc_control_options;

typedef struct tc_control_result {
    char rule[24], date[16], name[64], source[400];
    bool known; /* false: a figure is missing, class_name is "unknown" */
    char class_name[24];
    char meaning[480]; /* with the note on parts that are not for data centres */
    char reason[240];  /* the bounds that decide, with the part's figures; or what is missing */
} tc_control_result;

/* NaN: not known. Figures of one package. */
typedef struct tc_control_report {
    double tpp, tops, bits;
    char format[8]; /* that decides the TPP */
    double tpp_without_fp6;
    double tpp_tf32_full; /* with TF32 at its other reading (32 bit); NaN without TF32 */
    double die_area_mm2, pd;
    double io_bytes_per_s, dram_bytes_per_s;
    bool datacentre;
    int rules;
    tc_control_result rule[TC_CONTROL_RULES];
} tc_control_report;

TC_API tc_control_report tc_controls_classify(const tc_controls *controls, const tc_accelerator *accelerator,
                                              const tc_control_options *options);

#endif

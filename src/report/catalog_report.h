/* catalog_report.h - what the catalog holds: lists of a kind, and one entry figure by figure. */
#ifndef TC_REPORT_CATALOG_REPORT_H
#define TC_REPORT_CATALOG_REPORT_H

#include <stdio.h>

#include "catalog/catalog.h"
#include "report/table.h"
#include "report/writer.h"

TC_NODISCARD tc_code tc_report_list(tc_target *target, tc_catalog *catalog, tc_kind kind, tc_error *error);
TC_NODISCARD tc_code tc_report_list_text(FILE *file, const tc_style *style, tc_catalog *catalog, tc_kind kind,
                                         tc_error *error);

/* What is counted of a model at a sequence length. */
typedef struct tc_model_figures {
    const tc_model *model;
    int seq;
    int recompute; /* of the hardware convention */
    double recompute_layers;
} tc_model_figures;

/* model: for TC_KIND_MODEL, NULL otherwise. */
TC_NODISCARD tc_code tc_report_show(tc_target *target, tc_catalog *catalog, tc_kind kind, const char *slug_or_path,
                                    const tc_model_figures *model, tc_error *error);
TC_NODISCARD tc_code tc_report_show_text(FILE *file, const tc_style *style, tc_catalog *catalog, tc_kind kind,
                                         const char *slug_or_path, const tc_model_figures *model, tc_error *error);

/* The sources of an entry's file, its own before shared ones, "; " between them; empty: it has none, or there is no such entry. */
void tc_report_sources(tc_catalog *catalog, tc_kind kind, const char *slug_or_path, char *out, size_t size);

/* A model that no catalog file describes, such as an imported config.json: every figure's source is `path`. */
void tc_report_model(tc_target *target, const char *path, const tc_model_figures *model);
void tc_report_model_text(FILE *file, const tc_style *style, const char *path, const tc_model_figures *model);

#endif

/* import.h - a launch script or a configuration of a training framework as a question. */
#ifndef TC_INTEROP_IMPORT_H
#define TC_INTEROP_IMPORT_H

#include "interop/framework.h"

typedef struct tc_imported {
    tc_arena arena;
    tc_settings settings; /* what is not `used` was ignored */
    tc_framework framework;
    tc_facts facts;
    tc_question question;     /* job, layout, devices; accelerator and fabric stay open, the stack is that of `stack` */
    bool has_model;           /* else `model` names one, or nothing does */
    const char *model, *like; /* a name the catalog knows; the catalog's model of the same sizes; NULL: none */
    const char *stack;        /* whose forecast it gets */
    int *stage_layers;
} tc_imported;

/* format: a framework's slug; NULL: the one most of whose options the text has. Released by tc_import_free, also after an error. */
TC_NODISCARD tc_code tc_import_text(tc_catalog *catalog, const char *file, const char *text, size_t length,
                                    const char *format, tc_imported *out, tc_error *error);
/* Has it options of a framework? An object in JSON that is no answer of this program may also be a mistake. */
bool tc_import_knows_json(tc_catalog *catalog, const char *file, const char *text, size_t length);
void tc_import_free(tc_imported *imported);

#endif

/* names.h - the enums of traincast.h as options and output spell them. */
#ifndef TC_REPORT_NAMES_H
#define TC_REPORT_NAMES_H

typedef enum tc_vocabulary {
    TC_VOCABULARY_DTYPE,
    TC_VOCABULARY_SHARDING,
    TC_VOCABULARY_RECOMPUTE,
    TC_VOCABULARY_SCHEDULE,
    TC_VOCABULARY_CP_KIND,
    TC_VOCABULARY_OFFLOAD,
    TC_VOCABULARY_OVERLAP,
    TC_VOCABULARY_ATTENTION_IMPL,
    TC_VOCABULARY_OPTIMIZER,
    TC_VOCABULARY_TOPOLOGY,
    TC_VOCABULARY_TOWER_STATE,
    TC_VOCABULARY_FLOPS_CONVENTION
} tc_vocabulary;

/* The name of a value; NULL for TC_UNSET and anything else outside the enum. */
const char *tc_name(tc_vocabulary vocabulary, int value);
/* The value of a name, or TC_UNSET. */
int tc_value_of(tc_vocabulary vocabulary, const char *name);

#endif

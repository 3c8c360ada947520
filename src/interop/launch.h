/* launch.h - a question as the files that start it: a framework's launch script or configuration, environment, Slurm. */
#ifndef TC_INTEROP_LAUNCH_H
#define TC_INTEROP_LAUNCH_H

#include "interop/framework.h"

#define TC_LAUNCH_FILES 8
#define TC_LAUNCH_UNSAID 32

typedef struct tc_launch_file {
    const char *name, *text;
} tc_launch_file;

typedef struct tc_launch {
    tc_arena arena;
    tc_settings settings;
    tc_framework framework;
    tc_facts facts;
    int files;
    tc_launch_file file[TC_LAUNCH_FILES];
    int unsaid_count;
    const char
        *unsaid[TC_LAUNCH_UNSAID]; /* what the framework has no option for and the forecast rests on, a sentence each */
} tc_launch;

/* The files of a framework for a question and its forecast. TC_INVALID where it cannot say the layout: the option that it lacks is
 * named. Released by tc_launch_free, also after an error. */
TC_NODISCARD tc_code tc_launch_write(tc_catalog *catalog, const char *framework, const tc_question *question,
                                     const tc_step *step, tc_launch *out, tc_error *error);
void tc_launch_free(tc_launch *launch);

#endif

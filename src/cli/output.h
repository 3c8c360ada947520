/* output.h - what a command prints, collected in memory until it is known that the command succeeds. */
#ifndef TC_CLI_OUTPUT_H
#define TC_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

typedef struct tc_output {
    char *text;
    size_t length, room;
    bool failed;         /* memory ran out: nothing that came later was kept */
    char buffer[BUFSIZ]; /* the stream's, so that it needs no memory of its own */
} tc_output;

/* A stream into memory; NULL if there is none left. After fclose, text and length are the output's, and failed says
 * whether some of it is missing; the caller frees text. */
FILE *tc_output_open(tc_output *output);

#endif

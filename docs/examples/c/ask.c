/* ask.c - traincast.h: a question in JSON to the answer of the program, as bindings of other languages ask; with progress.
 *
 * cc -std=c17 ask.c $(pkg-config --cflags --libs traincast) -o ask && ./ask */
#include <stdio.h>
#include <traincast.h>

static bool tell(void *told, double share) {
    *(double *)told = share;
    return true; /* false: end with what there is */
}

int main(void) {
    static const char question[] = "{\"command\": \"search\", \"model\": \"llama-2-7b\", \"accelerator\": \"h20\","
                                   " \"devices\": 16, \"global_batch\": 64, \"top\": 1}";
    tc_catalog *catalog = NULL;
    tc_error error;
    char *answer;
    double told = 0;
    if (tc_catalog_open(NULL, 0, &catalog, &error)
        || tc_ask_json_watched(catalog, question, tell, &told, &answer, &error))
        goto failed;
    fputs(answer, stdout);
    tc_answer_free(answer);
    if (tc_ask_json(catalog, "{\"command\": \"step\", \"devices\": -1}", &answer, &error) == TC_OK)
        tc_answer_free(answer);
    else
        printf("%s: %s\n", error.place, error.text); /* "request: $.devices: ..." */
    tc_catalog_close(catalog);
    return 0;
failed:
    fprintf(stderr, "%s: %s\n", error.place, error.text);
    tc_catalog_close(catalog);
    return 1;
}

/* serve.c - `traincast serve`: the page and the answers over HTTP, until someone ends it. */
#include "base/error.h"
#include "cli/commands.h"

#ifdef TC_HAVE_MICROHTTPD
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/ask.h"
#include "serve/job.h"
#include "serve/serve.h"

#define LISTEN "127.0.0.1:8080"
#define KEY_BYTES ((size_t)4096)
#define SHORTEST_KEY 16
#define LONGEST_KEY 256

static volatile sig_atomic_t asked_to_stop;

static void take_signal(int number) {
    (void)number;
    asked_to_stop = 1;
}

static bool stopped(void) { return asked_to_stop != 0; }

typedef struct served {
    tc_catalog *catalog;
    int threads; /* of a search */
    bool open;
    FILE *out;
} served;

static tc_code ask(void *of, const char *command, const char *question, char **answer, tc_error *error) {
    const served *s = of;
    tc_ask_more more = {.command = command,
                        .runs = &tc_embedded_runs,
                        .trace = tc_command_trace,
                        .sealed = true,
                        .threads = s->threads};
    tc_code code = tc_ask(s->catalog, question, &more, answer, error);
    static const char of_request[] = "request: ";
    if (code && strncmp(error->place, of_request, sizeof of_request - 1) == 0)
        memmove(error->place, error->place + sizeof of_request - 1, strlen(error->place) - sizeof of_request + 2);
    return code;
}

/* Parses what most questions need, so that each process finds it parsed. */
static void warm_up(served *s) {
    static const char *const questions[][2] = {
        {"list", "{\"arguments\": [\"accelerators\"]}"},
        {"list", "{\"arguments\": [\"models\"]}"},
        {"list", "{\"arguments\": [\"stacks\"]}"},
        {"controls", "{}"},
        {"step", "{\"model\": \"llama-3-70b\", \"accelerator\": \"h20\", \"devices\": 64, \"tp\": 8, \"pp\": 4}"},
        {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h100-sxm\", \"devices\": 64}"},
        {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"ascend-910b\", \"devices\": 64}"},
    };
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        char *answer = NULL;
        tc_error error;
        if (ask(s, questions[i][0], questions[i][1], &answer, &error)) continue; /* they will be told themselves */
        tc_answer_free(answer);
    }
}

static void open_page(const char *url) {
#if defined(__APPLE__)
    const char *const opener = "open";
#else
    const char *const opener = "xdg-open";
#endif
    if (fork() != 0) return;
    execlp(opener, opener, url, (char *)NULL);
    _exit(1);
}

static void started(void *of, const char *url) {
    const served *s = of;
    fprintf(stdout, "%s\n", url);
    fflush(stdout);
    if (s->open) open_page(url);
}

/* "127.0.0.1:8080" or "[::1]:8080" */
static tc_code take_listen(const tc_context *context, char *host, size_t size, int *port) {
    const tc_value *value = tc_given(context, TC_OPTION_LISTEN);
    const char *text = value->given ? value->text : LISTEN, *colon = strrchr(text, ':');
    bool bracket = text[0] == '[' && colon && colon > text + 2 && colon[-1] == ']';
    char *end;
    long number = colon && colon[1] ? strtol(colon + 1, &end, 10) : -1;
    size_t length = !colon ? 0 : bracket ? (size_t)(colon - text) - 2 : (size_t)(colon - text);
    if (number < 0 || number > 65535 || *end || length == 0 || length >= size)
        return tc_fail(context->error, TC_INVALID, "--listen", "'%.80s' is no address and port; for example " LISTEN,
                       text);
    snprintf(host, size, "%.*s", (int)length, text + (bracket ? 1 : 0));
    *port = (int)number;
    return TC_OK;
}

/* The first line of the file. */
static tc_code take_key(const tc_context *context, const char *host, char **key) {
    const tc_value *value = tc_given(context, TC_OPTION_KEY_FILE);
    size_t length;
    *key = NULL;
    if (!value->given && tc_serve_is_loopback(host)) return TC_OK;
    if (!value->given)
        return tc_fail(context->error, TC_INVALID, "--key-file",
                       "is needed where other machines reach the server; give a file with a key of %d characters or "
                       "more",
                       SHORTEST_KEY);
    tc_code code = tc_file_read(value->text, KEY_BYTES, key, &length, context->error);
    if (code) return code;
    (*key)[strcspn(*key, "\r\n")] = '\0';
    length = strlen(*key);
    if (length >= SHORTEST_KEY && length <= LONGEST_KEY) return TC_OK;
    free(*key);
    *key = NULL;
    return tc_fail(context->error, TC_INVALID, "--key-file", "has a first line of %zu characters; a key has %d to %d",
                   length, SHORTEST_KEY, LONGEST_KEY);
}

static void on_signals(void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

tc_code tc_command_serve(tc_context *context) {
    static const char *const commands[]
        = {"step",   "explain", "trace",    "compare",  "run",  "search", "plan",       "report",
           "launch", "infer",   "controls", "validate", "list", "show",   "collective", NULL};
    char host[128], *key = NULL;
    int port = 0;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    served s = {.out = context->out, .open = tc_given(context, TC_OPTION_OPEN)->given};
    s.threads = cores > TC_JOBS_LONG ? (int)(cores / TC_JOBS_LONG) : 1;
    tc_code code = take_listen(context, host, sizeof host, &port);
    if (!code) code = take_key(context, host, &key);
    if (code) return code;
    code = tc_catalog_open(NULL, 0, &s.catalog, context->error);
    if (!code) {
        warm_up(&s);
        tc_serve_input input = {.host = host,
                                .port = port,
                                .key = key,
                                .access_log = tc_given(context, TC_OPTION_ACCESS_LOG)->given ? stderr : NULL,
                                .pages = &tc_embedded_pages,
                                .runs = &tc_embedded_runs,
                                .ask = ask,
                                .commands = commands,
                                .context = &s,
                                .stopped = stopped,
                                .started = started};
        on_signals(take_signal);
        code = tc_serve(&input, context->error);
        tc_catalog_close(s.catalog);
    }
    free(key);
    return code;
}

#else

tc_code tc_command_serve(tc_context *context) {
    return tc_fail(context->error, TC_INVALID, "serve",
                   "this program was built without libmicrohttpd; install libmicrohttpd-dev and build again");
}
#endif

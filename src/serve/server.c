/* server.c - the loop: libmicrohttpd speaks HTTP, jobs answer, and who is slow is cut off.
 *
 * A connection has so many seconds to bring a request whole, so many to take its answer; a byte now and then does not
 * prolong them. While a question is being answered its connection sleeps; that its client has left shows as an end of
 * its stream, and the job is killed. */
#include "serve/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "serve/check.h"
#include "serve/files.h"
#include "serve/job.h"
#include "serve/mhd.h"

#define MOST_CONNECTIONS 256 /* the others wait to be taken */
#define REQUEST_S 10         /* for a request to come whole, idle time between two included */
#define ANSWER_S 60          /* for an answer to be taken */
#define IDLE_S 15            /* without a byte either way */
#define GRACE_S 5            /* for what is being answered when the server is to stop */
#define CONNECTION_BYTES ((size_t)32768)

/* Where scripts come from, and that nobody frames the page. Styles that scripts set are no inline styles. */
#define POLICY                                                                                                         \
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "                  \
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

typedef enum phase { RECEIVING, WORKING, SENDING } phase;

/* A connection, from its first byte to its last. */
typedef struct client {
    struct client *next, *before;
    struct server *server;
    int socket;
    phase phase;
    double since; /* in that phase */
    bool cut;
} client;

typedef struct request {
    struct server *server;
    client *client;
    struct MHD_Connection *connection;
    char *body;
    size_t length, room;
    tc_refusal refusal;
    tc_answering *job;
    bool ready; /* the job is done */
    bool pipelined;
    char method[8], path[128];
    double began;
    unsigned status;
    size_t sent;
} request;

typedef struct server {
    const tc_serve_input *input;
    tc_mhd mhd;
    struct MHD_Daemon *daemon;
    tc_rules rules;
    tc_answerings jobs;
    client *clients;
    bool resumed; /* a connection goes on in the next round, which need not wait */
    fd_set readable;
} server;

/* ---- answers ------------------------------------------------------------------------------------------ */

static void add(server *s, struct MHD_Response *response, const char *name, const char *value) {
    (void)s->mhd.add_response_header(response, name, value);
}

/* text: MHD_RESPMEM_PERSISTENT where it stays, MUST_FREE where it is the answer's. */
static enum MHD_Result send_text(request *r, unsigned status, const char *type, const char *tag, char *text,
                                 size_t length, enum MHD_ResponseMemoryMode mode) {
    server *s = r->server;
    struct MHD_Response *response = s->mhd.create_response_from_buffer(length, text, mode);
    if (!response) {
        if (mode == MHD_RESPMEM_MUST_FREE) free(text);
        return MHD_NO;
    }
    add(s, response, "Content-Type", type);
    add(s, response, "Content-Security-Policy", POLICY);
    add(s, response, "X-Content-Type-Options", "nosniff");
    add(s, response, "Referrer-Policy", "no-referrer");
    add(s, response, "Cross-Origin-Resource-Policy", "same-origin");
    add(s, response, "Cross-Origin-Opener-Policy", "same-origin");
    add(s, response, "Cache-Control", tag ? "no-cache" : "no-store");
    if (tag) add(s, response, "ETag", tag);
    if (status == 401) add(s, response, "WWW-Authenticate", "Basic realm=\"traincast\", charset=\"UTF-8\"");
    if (status == 405) add(s, response, "Allow", strncmp(r->path, "/api/", 5) == 0 ? "POST" : "GET, HEAD");
    if (status == 503) add(s, response, "Retry-After", "5");
    enum MHD_Result result = s->mhd.queue_response(r->connection, status, response);
    s->mhd.destroy_response(response);
    r->status = status;
    r->sent = length;
    r->client->phase = SENDING;
    r->client->since = tc_now_s();
    return result;
}

/* A text as JSON has it. Returns its end in `out`, which has room for six times as much. */
static char *quote(char *out, const char *text) {
    *out++ = '"';
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') *out++ = '\\';
        if (c < 0x20)
            out += snprintf(out, 7, "\\u%04x", c);
        else
            *out++ = (char)c;
    }
    *out++ = '"';
    return out;
}

static enum MHD_Result send_error(request *r, unsigned status, const char *place, const char *text) {
    static const char head[] = "{\"error\": {\"place\": ", middle[] = ", \"text\": ";
    char *out = malloc(sizeof head + sizeof middle + 6 * (strlen(place) + strlen(text)) + 16), *at = out;
    if (!out) return MHD_NO;
    memcpy(at, head, sizeof head - 1);
    at = quote(at + sizeof head - 1, place);
    memcpy(at, middle, sizeof middle - 1);
    at = quote(at + sizeof middle - 1, text);
    memcpy(at, "}}\n", 3);
    return send_text(r, status, "application/json; charset=utf-8", NULL, out, (size_t)(at + 3 - out),
                     MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result send_file(request *r) {
    tc_served_file file = tc_served_find(r->server->input, r->path);
    char tag[40];
    if (strcmp(r->path, "/healthz") == 0) {
        static char fine[] = "{\"status\": \"ok\"}\n";
        return send_text(r, 200, "application/json", NULL, fine, sizeof fine - 1, MHD_RESPMEM_PERSISTENT);
    }
    if (!file.text)
        return send_error(r, 404, "path", "is none of the server's; the page is at /, questions go to /api/COMMAND");
    snprintf(tag, sizeof tag, "\"%s\"", file.tag);
    const char *have = r->server->mhd.lookup_connection_value(r->connection, MHD_HEADER_KIND, "If-None-Match");
    if (have && strcmp(have, tag) == 0)
        return send_text(r, 304, file.type, tag, (char[]){""}, 0, MHD_RESPMEM_PERSISTENT);
    return send_text(r, 200, file.type, tag, (char *)(uintptr_t)file.text, file.length, MHD_RESPMEM_PERSISTENT);
}

static unsigned status_of(tc_code code) { return code == TC_NOT_FOUND ? 404 : code == TC_INTERNAL ? 500 : 400; }

static enum MHD_Result send_answer(request *r) {
    tc_answering *job = r->job;
    enum MHD_Result result;
    switch (job->end) {
    case TC_JOB_ANSWERED:
        result
            = send_text(r, 200, "application/json; charset=utf-8", NULL, job->text, job->length, MHD_RESPMEM_MUST_FREE);
        job->text = NULL;
        break;
    case TC_JOB_REFUSED:
        result = send_error(r, status_of(job->code), job->text, job->text + strlen(job->text) + 1);
        break;
    case TC_JOB_LATE:
        result = send_error(r, 503, "request", "took longer than the server allows; ask for less, or again later");
        break;
    case TC_JOB_TOO_LARGE:
        result = send_error(r, 422, "request", "has an answer larger than the server sends; ask for less");
        break;
    default:
        result = send_error(r, 500, "request",
                            "could not be answered; it needed more memory than the server allows, or met a fault");
    }
    tc_answering_drop(&r->server->jobs, job);
    r->job = NULL;
    return result;
}

/* ---- questions ------------------------------------------------------------------------------------------ */

static bool is_command(const tc_serve_input *input, const char *word) {
    for (const char *const *c = input->commands; *c; c++)
        if (strcmp(*c, word) == 0) return true;
    return false;
}

static enum MHD_Result ask(request *r) {
    server *s = r->server;
    const char *command = r->path + strlen("/api/");
    if (!is_command(s->input, command))
        return send_error(r, 404, "path", "names no command that can be asked; openapi.json lists them");
    if (strlen(r->body ? r->body : "") != r->length) return send_error(r, 400, "request", "has a NUL in it; send JSON");
    r->job = tc_answering_ask(&s->jobs, command, r->body ? r->body : "", r);
    if (!r->job) return send_error(r, 503, "server", "has too many questions waiting; ask again later");
    r->client->phase = WORKING;
    r->client->since = tc_now_s();
    s->mhd.suspend_connection(r->connection);
    return MHD_YES;
}

static void job_ended(tc_answering *job) {
    request *r = job->of;
    r->ready = r->server->resumed = true;
    r->server->mhd.resume_connection(r->connection);
}

static enum MHD_Result receive(request *r, const char *bytes, size_t length) {
    if (r->length + length > TC_SERVE_QUESTION) {
        r->refusal = (tc_refusal){413, "request", "is larger than 1 MiB; ask for less"};
        return MHD_YES;
    }
    if (r->room < r->length + length + 1) {
        size_t room = 2 * (r->length + length) + 4096;
        char *grown = realloc(r->body, room);
        if (!grown) return MHD_NO;
        r->body = grown;
        r->room = room;
    }
    memcpy(r->body + r->length, bytes, length);
    r->length += length;
    r->body[r->length] = '\0';
    return MHD_YES;
}

static const char *header(request *r, const char *name) {
    return r->server->mhd.lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

static request *open_request(server *s, struct MHD_Connection *connection, const char *path, const char *method) {
    const union MHD_ConnectionInfo *info = s->mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    request *r = info && info->socket_context ? calloc(1, sizeof *r) : NULL;
    if (!r) return NULL;
    *r = (request){.server = s, .client = info->socket_context, .connection = connection, .began = tc_now_s()};
    r->client->phase = RECEIVING;
    snprintf(r->method, sizeof r->method, "%s", method);
    snprintf(r->path, sizeof r->path, "%s", path);
    tc_asked asked = {.method = method,
                      .path = path,
                      .host = header(r, "Host"),
                      .origin = header(r, "Origin"),
                      .site = header(r, "Sec-Fetch-Site"),
                      .type = header(r, "Content-Type"),
                      .length = header(r, "Content-Length"),
                      .authorization = header(r, "Authorization")};
    r->refusal = tc_check_request(&s->rules, &asked);
    if (!r->refusal.status && strlen(path) >= sizeof r->path)
        r->refusal = (tc_refusal){404, "path", "is none of the server's"};
    return r;
}

static enum MHD_Result handle(void *of, struct MHD_Connection *connection, const char *path, const char *method,
                              const char *version, const char *bytes, size_t *length, void **state) {
    (void)version;
    request *r = *state;
    if (!r) {
        *state = r = open_request(of, connection, path, method);
        if (!r) return MHD_NO;
        if (r->refusal.status) return send_error(r, r->refusal.status, r->refusal.place, r->refusal.text);
        return MHD_YES; /* the body comes next */
    }
    if (*length > 0) {
        enum MHD_Result result = r->refusal.status ? MHD_YES : receive(r, bytes, *length);
        *length = 0;
        return result;
    }
    if (r->ready) return send_answer(r);
    if (r->refusal.status) return send_error(r, r->refusal.status, r->refusal.place, r->refusal.text);
    return strncmp(r->path, "/api/", 5) == 0 ? ask(r) : send_file(r);
}

/* ---- the log ----------------------------------------------------------------------------------------- */

/* Time, method, path without what was asked, status, bytes, milliseconds. */
static void write_log(const request *r) {
    FILE *log = r->server->input->access_log;
    if (!log) return;
    char when[32], path[sizeof r->path];
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    snprintf(path, sizeof path, "%s", r->path);
    for (char *c = path; *c; c++)
        if (*c <= ' ' || *c > '~') *c = '?';
    fprintf(log, "%s %s %s %u %zu %.1f ms\n", when, r->method, path, r->status, r->sent, 1e3 * (tc_now_s() - r->began));
    fflush(log);
}

static void request_ended(void *of, struct MHD_Connection *connection, void **state,
                          enum MHD_RequestTerminationCode why) {
    (void)of, (void)connection, (void)why;
    request *r = *state;
    if (!r) return;
    write_log(r);
    if (r->job) tc_answering_drop(&r->server->jobs, r->job);
    r->client->phase = RECEIVING;
    r->client->since = tc_now_s();
    free(r->body);
    free(r);
    *state = NULL;
}

/* ---- connections ---------------------------------------------------------------------------------------- */

static void connection_changed(void *of, struct MHD_Connection *connection, void **context,
                               enum MHD_ConnectionNotificationCode what) {
    server *s = of;
    client *c = *context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info
            = s->mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = c = info ? calloc(1, sizeof *c) : NULL;
        if (!c) return;
        *c = (client){.next = s->clients, .server = s, .socket = info->connect_fd, .since = tc_now_s()};
        if (c->next) c->next->before = c;
        s->clients = c;
    } else if (c) {
        if (c->next) c->next->before = c->before;
        *(c->before ? &c->before->next : &s->clients) = c->next;
        free(c);
        *context = NULL;
    }
}

/* Cuts off who brings nothing, or takes nothing, for too long. */
static void cut_slow(server *s) {
    double now = tc_now_s();
    for (client *c = s->clients; c; c = c->next) {
        double most = c->phase == RECEIVING ? REQUEST_S : ANSWER_S;
        if (c->cut || c->phase == WORKING || now - c->since < most) continue;
        c->cut = true;
        shutdown(c->socket, SHUT_RDWR);
    }
}

/* Kills what is being answered for clients that have left; the connection wakes up and ends. */
static void drop_left(server *s) {
    for (tc_answering *job = s->jobs.first; job; job = job->next) {
        request *r = job->of;
        char byte;
        if (job->done || r->pipelined || !FD_ISSET(r->client->socket, &s->readable)) continue;
        ssize_t n = recv(r->client->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (n > 0) r->pipelined = true; /* the next request is there already */
        if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) continue;
        job->started = job->asked = -1e9; /* late: the next round ends it */
    }
}

static bool pipe_is_ready(int pipe, void *context) {
    const server *s = context;
    return FD_ISSET(pipe, &s->readable);
}

/* ---- the loop --------------------------------------------------------------------------------------------- */

static void watch(fd_set *set, int fd, int *most) {
    if (fd < 0 || fd >= FD_SETSIZE) return;
    FD_SET(fd, set);
    if (fd > *most) *most = fd;
}

static void wait_and_serve(server *s) {
    fd_set writable, broken;
    int most = -1;
    MHD_UNSIGNED_LONG_LONG wait = 200;
    FD_ZERO(&s->readable);
    FD_ZERO(&writable);
    FD_ZERO(&broken);
    (void)s->mhd.get_fdset2(s->daemon, &s->readable, &writable, &broken, &most, FD_SETSIZE);
    for (const tc_answering *job = s->jobs.first; job; job = job->next) {
        const request *r = job->of;
        if (job->done) continue;
        watch(&s->readable, job->pipe, &most);
        if (!r->pipelined) watch(&s->readable, r->client->socket, &most);
    }
    if (s->mhd.get_timeout(s->daemon, &wait) != MHD_YES || wait > 200) wait = 200;
    if (s->resumed) wait = 0;
    s->resumed = false;
    struct timeval timeout = {0, (suseconds_t)(wait * 1000)};
    if (select(most + 1, &s->readable, &writable, &broken, &timeout) < 0) {
        FD_ZERO(&s->readable);
        FD_ZERO(&writable);
        FD_ZERO(&broken);
    }
    drop_left(s);
    (void)s->mhd.run_from_select(s->daemon, &s->readable, &writable, &broken);
    tc_answerings_go_on(&s->jobs, pipe_is_ready, s, job_ended);
    cut_slow(s);
}

/* ---- start and stop ---------------------------------------------------------------------------------------- */

bool tc_serve_is_loopback(const char *host) {
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

typedef union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address;

static tc_code take_address(const tc_serve_input *input, address *out, tc_error *error) {
    const char *host = strcmp(input->host, "localhost") == 0 ? "127.0.0.1" : input->host;
    *out = (address){.v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)input->port)}};
    if (strchr(host, ':') && inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) return TC_OK;
    *out = (address){.v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)input->port)}};
    if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) return TC_OK;
    return tc_fail(error, TC_INVALID, "--listen", "'%.80s' is no address; for example 127.0.0.1:8080", input->host);
}

static void say_nothing(void *of, const char *format, va_list arguments) { (void)of, (void)format, (void)arguments; }

static tc_code listen_at(server *s, tc_error *error) {
    address at;
    tc_code code = take_address(s->input, &at, error);
    if (code) return code;
    unsigned flags = MHD_ALLOW_SUSPEND_RESUME | (at.any.sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    s->daemon
        = s->mhd.start_daemon(flags, (uint16_t)s->input->port, NULL, NULL, handle, s, MHD_OPTION_EXTERNAL_LOGGER,
                              say_nothing, NULL, MHD_OPTION_SOCK_ADDR, &at.any, MHD_OPTION_CONNECTION_LIMIT,
                              (unsigned)MOST_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
                              MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, MHD_OPTION_LISTENING_ADDRESS_REUSE,
                              1u, MHD_OPTION_NOTIFY_CONNECTION, connection_changed, s, MHD_OPTION_NOTIFY_COMPLETED,
                              request_ended, s, MHD_OPTION_END);
    if (!s->daemon)
        return tc_fail(error, TC_INVALID, "--listen", "%.80s:%d cannot be listened on: %s; give another port",
                       s->input->host, s->input->port, strerror(errno ? errno : EADDRINUSE));
    const union MHD_DaemonInfo *info = s->mhd.get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    s->rules.port = info ? info->port : s->input->port;
    return TC_OK;
}

/* No new connections; what is being answered may end. */
static void stop(server *s) {
    int socket = s->mhd.quiesce_daemon(s->daemon);
    if (socket >= 0) close(socket);
    for (double end = tc_now_s() + GRACE_S; s->jobs.first && tc_now_s() < end;) wait_and_serve(s);
    for (double end = tc_now_s() + 0.5; s->clients && tc_now_s() < end;) wait_and_serve(s);
    while (s->jobs.first) { /* their connections wake up, to be closed */
        request *r = s->jobs.first->of;
        bool asleep = !s->jobs.first->done;
        tc_answering_drop(&s->jobs, s->jobs.first);
        r->job = NULL;
        r->refusal = (tc_refusal){503, "server", "is stopping"};
        if (asleep) s->mhd.resume_connection(r->connection);
    }
    wait_and_serve(s);
    s->mhd.stop_daemon(s->daemon);
}

tc_code tc_serve(const tc_serve_input *input, tc_error *error) {
    server s = {.input = input, .rules = {.host = input->host, .port = input->port, .key = input->key}};
    s.jobs.input = input;
    if (!tc_serve_is_loopback(input->host)) gethostname(s.rules.name, sizeof s.rules.name - 1);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > FD_SETSIZE) {
        files.rlim_cur = FD_SETSIZE; /* select() sees no others */
        setrlimit(RLIMIT_NOFILE, &files);
    }
    tc_code code = tc_mhd_load(&s.mhd, error);
    errno = 0;
    if (!code) code = listen_at(&s, error);
    if (code) return code;
    char url[128];
    snprintf(url, sizeof url, strchr(input->host, ':') ? "http://[%s]:%d/" : "http://%s:%d/", input->host,
             s.rules.port);
    input->started(input->context, url);
    while (!input->stopped()) wait_and_serve(&s);
    stop(&s);
    return TC_OK;
}

/* attack_serve.c - hostile requests to `traincast serve`: wrong hosts, origins, methods and sizes, broken and slow requests,
 * paths, malformed questions, a thousand connections at once, clients that leave.
 *
 * usage: attack_serve PROGRAM [--requests N] [--soak SECONDS] [--seed N]
 * Holds: every answer has a status that its request may have, and no path of this machine; good questions are answered as
 * before; slow clients are cut off; nothing stays of who left; memory and descriptors are at the end what they were; the
 * program ends cleanly on SIGTERM. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_S 30    /* for which an answer is waited */
#ifdef TC_INSTRUMENTED /* ten times slower, and the sanitizer keeps freed memory for a while (256 MB) */
#define CUT_S 120
#define GROWTH_KB 300000
#else
#define CUT_S 20       /* by which a slow client is gone: the server says 10 */
#define GROWTH_KB 8192 /* of the server's memory, at most */
#endif
#define PARALLEL 1000
#define SLOW 40

static struct {
    pid_t process;
    int port;
    long requests, findings;
    uint64_t random;
    bool soaking;
} attack = {.random = 1};

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void __attribute__((format(printf, 1, 2))) finding(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("finding: ", stdout);
    vprintf(format, arguments);
    fputc('\n', stdout);
    va_end(arguments);
    attack.findings++;
}

/* splitmix64 */
static uint64_t draw(void) {
    uint64_t z = attack.random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- the server ------------------------------------------------------------------------------------- */

static bool start_server(const char *program) {
    int ends[2];
    char url[128] = "";
    if (pipe(ends) != 0) return false;
    attack.process = fork();
    if (attack.process == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(program, program, "serve", "--listen", "127.0.0.1:0", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t n;
    while (used + 1 < sizeof url && (n = read(ends[0], url + used, sizeof url - 1 - used)) > 0) {
        used += (size_t)n;
        if (strchr(url, '\n')) break;
    }
    close(ends[0]);
    const char *colon = strrchr(url, ':');
    attack.port = colon ? (int)strtol(colon + 1, NULL, 10) : 0;
    return attack.port > 0;
}

/* A figure of /proc, -1 where there is none. */
static long memory_kb(void) {
    char path[64], line[256];
    long kb = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)attack.process);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmRSS:", 6) == 0) kb = strtol(line + 6, NULL, 10);
    if (file) fclose(file);
    return kb;
}

static bool has_children(void) {
    char path[96], line[256] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)attack.process, (int)attack.process);
    FILE *file = fopen(path, "r");
    bool some = file && fgets(line, sizeof line, file) && line[0];
    if (file) fclose(file);
    return some;
}

/* ---- a request --------------------------------------------------------------------------------------- */

static int connect_server(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)attack.port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0) return fd;
    close(fd);
    return -1;
}

static void send_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
        if (n <= 0) return; /* it was cut off: what it said is read next */
        bytes += n;
        length -= (size_t)n;
    }
}

static char answer[1 << 23];

/* The status; 0: the connection ended without one, -1: nothing came in time. */
static int receive(int fd) {
    size_t used = 0;
    double end = now_s() + ANSWER_S;
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int left = (int)(1e3 * (end - now_s()));
        if (left <= 0 || poll(&wait, 1, left) <= 0) return -1;
        ssize_t n = recv(fd, answer + used, sizeof answer - 1 - used, 0);
        if (n <= 0) break;
        used += (size_t)n;
        answer[used] = '\0';
        const char *body = strstr(answer, "\r\n\r\n"), *length = strstr(answer, "Content-Length:");
        if (body && length && length < body && used >= (size_t)(body + 4 - answer) + strtoul(length + 15, NULL, 10))
            break;
    }
    answer[used] = '\0';
    return strncmp(answer, "HTTP/1.", 7) == 0 ? (int)strtol(answer + 9, NULL, 10) : 0;
}

static void check_answer(const char *what, int status) {
    if (status == -1) finding("%s: no answer", what);
    if (status >= 500 && status != 503 && status != 505) finding("%s: HTTP %d: %.200s", what, status, answer);
    if (strstr(answer, "/proc/") || strstr(answer, "root:x:") || strstr(answer, TC_SOURCE_DIR))
        finding("%s: an answer with something of this machine", what);
}

/* whole: nothing is missing of it; otherwise its end is told, or the server would wait for more. */
static int ask(const char *what, const char *bytes, size_t length, bool whole) {
    int fd = connect_server();
    if (fd < 0) {
        finding("%s: no connection: %s", what, strerror(errno));
        return -1;
    }
    send_all(fd, bytes, length);
    if (!whole) shutdown(fd, SHUT_WR);
    int status = receive(fd);
    close(fd);
    attack.requests++;
    check_answer(what, status);
    return status;
}

static char text[1 << 21];

static int ask_text(const char *what) { return ask(what, text, strlen(text), true); }

/* A question of its own server, into text. */
static void write_question(const char *command, const char *question) {
    snprintf(text, sizeof text,
             "POST /api/%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
             "Connection: close\r\n\r\n%s",
             command, attack.port, strlen(question), question);
}

static const char STEP[] = "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 64, \"tp\": 2}";

static void check_alive(void) {
    static char first[4096];
    write_question("step", STEP);
    int status = ask_text("a good question");
    const char *body = strstr(answer, "\r\n\r\n");
    if (status != 200 || !body) finding("a good question: HTTP %d", status);
    if (status == 200 && body && !first[0]) snprintf(first, sizeof first, "%s", body);
    if (status == 200 && body && strncmp(first, body, sizeof first - 1) != 0)
        finding("a good question has another answer");
}

/* ---- what is wrong with a request --------------------------------------------------------------------- */

/* A request, and what it may be answered; 0: nothing at all. %P: the port. */
static const struct {
    const char *request;
    int status[4];
} requests[] = {
    {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", {421}},
    {"GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", {421}},
    {"GET / HTTP/1.1\r\nHost: localhost.evil.example:%P\r\n\r\n", {421}},
    {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {421}},
    {"GET / HTTP/1.1\r\nHost: []:%P\r\n\r\n", {421}},
    {"GET / HTTP/1.1\r\n\r\n", {400, 421}},
    {"GET / HTTP/1.0\r\n\r\n", {400, 421}},
    {"GET / HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {200}},
    {"GET / HTTP/1.1\r\nHost: LOCALHOST:%P\r\nOrigin: http://localhost:%P\r\n\r\n", {200}},
    {"GET / HTTP/1.1\r\nHost: localhost:%P\r\nOrigin: https://evil.example\r\n\r\n", {403}},
    {"GET / HTTP/1.1\r\nHost: localhost:%P\r\nOrigin: null\r\n\r\n", {403}},
    {"POST /api/step HTTP/1.1\r\nHost: localhost:%P\r\nSec-Fetch-Site: cross-site\r\nContent-Type: "
     "application/json\r\nContent-Length: 2\r\n\r\n{}",
     {403}},
    {"POST /api/step HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", {415}},
    {"POST /api/step HTTP/1.1\r\nHost: localhost:%P\r\nContent-Length: 2\r\n\r\n{}", {415}},
    {"POST /api/step HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: application/json\r\nContent-Length: "
     "999999999999\r\n\r\n{}",
     {413, 400}},
    {"POST /api/step HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: application/json\r\nContent-Length: "
     "1048577\r\n\r\n{}",
     {413}},
    {"POST /api/step HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n{}",
     {400}},
    {"POST /api/step HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: application/json\r\nContent-Length: "
     "0x10\r\n\r\n{}",
     {400}},
    {"POST /api/step HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: application/json\r\nTransfer-Encoding: "
     "chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
     {0, 400}},
    {"POST /api/step HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: application/json\r\nTransfer-Encoding: "
     "chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
     {400}},
    {"GET /api/step HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {405}},
    {"DELETE / HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {405}},
    {"PUT /api/step HTTP/1.1\r\nHost: localhost:%P\r\nContent-Length: 2\r\n\r\n{}", {405}},
    {"OPTIONS /api/step HTTP/1.1\r\nHost: localhost:%P\r\nOrigin: "
     "http://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n",
     {403}},
    {"TRACE / HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {405}},
    {"BREW /pot HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {405}},
    {"GET /../../../../etc/passwd HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {404}},
    {"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {404}},
    {"GET /data/../../../etc/passwd HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {404}},
    {"GET //etc/passwd HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {404}},
    {"GET /data/ HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {404}},
    {"GET /app.js%00.html HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {404, 400, 200}},
    {"GET http://evil.example/ HTTP/1.1\r\nHost: localhost:%P\r\n\r\n", {404, 400}},
    {"POST /api/serve HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
     {404}},
    {"POST /api/sweep HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
     {404}},
    {"POST /api/ HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
     {404}},
    {"POST /api/step/../plan HTTP/1.1\r\nHost: localhost:%P\r\nContent-Type: application/json\r\nContent-Length: "
     "2\r\n\r\n{}",
     {404}},
    {"GET / HTTP/9.9\r\nHost: localhost:%P\r\n\r\n", {505, 200, 400}},
    {"\r\n\r\n\r\n", {0, 400}},
    {"\x16\x03\x01\x02", {0, 400}},
    {"GET", {0}},
    {"GET / HTTP/1.1\r\nHost", {0}},
};

static void send_wrong_request(size_t index) {
    const char *from = requests[index].request;
    size_t used = 0;
    for (; *from && used + 8 < sizeof text; from++) {
        if (from[0] == '%' && from[1] == 'P')
            used += (size_t)snprintf(text + used, 8, "%d", attack.port), from++;
        else
            text[used++] = *from;
    }
    text[used] = '\0';
    bool whole = requests[index].status[0] != 0;
    int status = ask("a wrong request", text, used, whole);
    for (size_t i = 0; i < 4; i++)
        if (requests[index].status[i] == status) return;
    if (status >= 0) finding("HTTP %d for: %.120s", status, requests[index].request);
}

static const struct {
    const char *command, *question;
} questions[] = {
    {"step", ""},
    {"step", "{"},
    {"step", "[]"},
    {"step", "null"},
    {"step", "{\"model\": \"\xff\xfe\"}"},
    {"step", "{\"model\": \"a\\u0000b\"}"},
    {"step", "{\"model\": {\"model\": {\"model\": {}}}}"},
    {"step", "{\"model\": \"/etc/passwd\", \"accelerator\": \"h20\", \"devices\": 8}"},
    {"step", "{\"model\": \"config.json\", \"accelerator\": \"h20\", \"devices\": 8}"},
    {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"../../x.yaml\", \"devices\": 8}"},
    {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"layout\": \"/etc/passwd\"}"},
    {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"schedule\": \"/etc/passwd\"}"},
    {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"catalog\": \"/\"}"},
    {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"threads\": 64}"},
    {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 1e300}"},
    {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": -1}"},
    {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": {\"format\": 1, \"name\": \"x\", \"fabric\": "
             "\"/etc/passwd.yaml\"}, \"devices\": 8}"},
    {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"set\": [\"/etc/passwd.x=1\"]}"},
    {"step", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"set\": "
             "[\"accelerator.fabric=/etc/x.yaml\"]}"},
    {"run", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"tokens\": 1e12, \"economics\": "
            "\"/etc/passwd\"}"},
    {"infer",
     "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"input_tokens\": \"/etc/passwd\"}"},
    {"infer", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"front\": \"/tmp/front.svg\"}"},
    {"compare", "{\"model\": \"llama-3-8b\", \"devices\": 8, \"accelerators\": [\"h20:fabric=/etc/x.yaml\"]}"},
    {"plan", "{\"arguments\": [\"/etc/passwd\"]}"},
    {"plan", "{\"arguments\": [\"ascend-2024\"], \"svg\": \"/tmp/pictures\"}"},
    {"plan", "{\"arguments\": [\"ascend-2024\"], \"ics\": \"-\"}"},
    {"plan", "{\"arguments\": [\"ascend-2024\"], \"actual\": \"/etc/passwd\"}"},
    {"plan", "{\"arguments\": [\"ascend-2024\"], \"since\": \"/etc/passwd.yaml\"}"},
    {"plan", "{\"arguments\": [\"ascend-2024\"], \"set\": \"pools.h20.accelerator=../x.yaml\"}"},
    {"plan", "{\"arguments\": [{\"format\": 1, \"name\": \"x\", \"start\": \"2024-01-01\", \"pools\": [{\"name\": "
             "\"a\", \"accelerator\": "
             "\"/etc/passwd.yaml\", \"ownership\": \"owned\", \"deliveries\": [{\"date\": \"2024-01-01\", \"devices\": "
             "8}]}]}]}"},
    {"report", "{\"arguments\": [\"startup-rented\"], \"output\": \"/tmp/report.html\"}"},
    {"report", "{\"arguments\": [\"startup-rented\"], \"output\": \"-\"}"},
    {"launch",
     "{\"arguments\": [\"/etc/passwd\"], \"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8}"},
    {"launch",
     "{\"arguments\": [\"megatron-lm\"], \"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, "
     "\"output\": \"/tmp/run\"}"},
    {"validate", "{\"arguments\": [\"/etc/passwd\"]}"},
    {"trace", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"output\": \"/tmp/x.json\"}"},
    {"trace", "{\"model\": \"llama-3-8b\", \"accelerator\": \"h20\", \"devices\": 8, \"svg\": \"/tmp/x.svg\"}"},
    {"list", "{\"arguments\": [\"--help\"]}"},
    {"show", "{\"arguments\": [\"accelerator\", \"/etc/passwd\"]}"},
    {"show", "{\"arguments\": [\"model\", \"./x/y/config.json\"]}"},
};

static void send_wrong_question(size_t index) {
    write_question(questions[index].command, questions[index].question);
    int status = ask_text(questions[index].question);
    if (status != 400 && status != 404) finding("HTTP %d for the question %.150s", status, questions[index].question);
    const char *body = strstr(answer, "\r\n\r\n");
    if (!body || strncmp(body + 4, "{\"error\": {\"place\": \"", 21) != 0)
        finding("no error in JSON for %.150s", questions[index].question);
}

/* A good request with some bytes changed, removed or doubled. */
static void send_mutant(void) {
    write_question("step", STEP);
    size_t length = strlen(text);
    for (uint64_t i = 0, n = 1 + draw() % 6; i < n; i++) {
        size_t at = (size_t)(draw() % length);
        uint64_t how = draw() % 3;
        if (how == 0) text[at] = (char)(draw() & 0xff);
        if (how == 1) memmove(text + at, text + at + 1, --length - at);
        if (how == 2) memmove(text + at + 1, text + at, length++ - at);
    }
    ask("a mutant", text, length, false);
}

/* A header, and a question, of more bytes than there is room for. */
static void send_large(void) {
    int used = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: localhost:%d\r\nX-Large: ", attack.port);
    memset(text + used, 'a', 100000);
    snprintf(text + used + 100000, 8, "\r\n\r\n");
    int status = ask_text("a large header");
    if (status == 200) finding("a header of 100 kB was taken");
    used = snprintf(text, sizeof text,
                    "POST /api/step HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: application/json\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n130000\r\n",
                    attack.port);
    memset(text + used, '[', 0x130000);
    status = ask("a large question", text, (size_t)used + 0x130000, true);
    if (status != 413 && status != 400 && status != 0) finding("HTTP %d for a question of 1.2 MB", status);
    static char deep[400000];
    memset(deep, '[', sizeof deep - 1);
    write_question("step", deep);
    status = ask_text("a deep question");
    if (status != 400) finding("HTTP %d for a question nested 400,000 times", status);
}

/* ---- many at once, slow ones, those who leave ------------------------------------------------------------ */

static void send_parallel(void) {
    static int fd[PARALLEL];
    int answered = 0;
    write_question("step", STEP);
    for (int i = 0; i < PARALLEL; i++) {
        fd[i] = connect_server();
        if (fd[i] >= 0) send_all(fd[i], text, strlen(text));
    }
    for (int i = 0; i < PARALLEL; i++) {
        int status = fd[i] >= 0 ? receive(fd[i]) : -1;
        if (fd[i] >= 0) close(fd[i]);
        check_answer("one of a thousand connections", fd[i] >= 0 ? status : 0);
        answered += status == 200;
        attack.requests++;
    }
    printf("%d of %d connections at once were answered, the others told to come again\n", answered, PARALLEL);
    if (answered < PARALLEL / 10) finding("only %d of %d connections were answered", answered, PARALLEL);
}

static int slow[SLOW];
static double slow_since;

static void open_slow(void) {
    slow_since = now_s();
    for (int i = 0; i < SLOW; i++) {
        slow[i] = connect_server();
        snprintf(text, sizeof text,
                 i % 2 ? "GET / HT"
                       : "POST /api/step HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: "
                         "application/json\r\nContent-Length: 100\r\n\r\n{",
                 attack.port);
        send_all(slow[i], text, strlen(text));
    }
}

/* A byte now and then does not keep them. */
static void wait_for_slow(void) {
    int left = SLOW;
    while (left > 0 && now_s() - slow_since < CUT_S) {
        left = 0;
        for (int i = 0; i < SLOW; i++) {
            if (slow[i] < 0) continue;
            char byte;
            if (recv(slow[i], &byte, 1, MSG_DONTWAIT) == 0 || send(slow[i], "x", 1, MSG_NOSIGNAL) < 0) {
                close(slow[i]);
                slow[i] = -1;
            } else {
                left++;
            }
        }
        usleep(200000);
    }
    printf("slow clients were cut off after %.0f s\n", now_s() - slow_since);
    for (int i = 0; i < SLOW; i++)
        if (slow[i] >= 0) close(slow[i]);
    if (left > 0) finding("%d of %d slow clients are there after %d s", left, SLOW, CUT_S);
}

/* What they asked for ends with them. */
static void leave(void) {
    write_question("search", "{\"model\": \"llama-3-70b\", \"accelerator\": \"h20\", \"devices\": 4096, "
                             "\"global_batch\": 4096, \"exhaustive\": true}");
    for (int i = 0; i < 12; i++) {
        int fd = connect_server();
        send_all(fd, text, strlen(text));
        usleep(50000);
        close(fd);
        attack.requests++;
    }
    double end = now_s() + 5;
    while (has_children() && now_s() < end) usleep(50000);
    if (has_children()) finding("what was asked goes on after its client has left");
}

static void stop_server(void) {
    int status = 0;
    double end = now_s() + 20;
    kill(attack.process, SIGTERM);
    while (waitpid(attack.process, &status, WNOHANG) == 0 && now_s() < end) usleep(20000);
    if (now_s() >= end) {
        finding("it did not end on SIGTERM");
        kill(attack.process, SIGKILL);
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        finding("it ended with status %d", status);
    }
}

/* Good questions, some two hundred a second. */
static void soak(double seconds) {
    double end = now_s() + seconds;
    long first = memory_kb();
    while (now_s() < end) {
        double next = now_s() + 1;
        for (int i = 0; i < 200; i++) check_alive();
        while (now_s() < next) usleep(1000);
    }
    printf("soak: %ld kB before, %ld kB after\n", first, memory_kb());
}

int main(int argc, char **argv) {
    long wanted = 10000;
    double seconds = 0;
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--requests") == 0) wanted = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--soak") == 0) seconds = strtod(argv[i + 1], NULL);
        if (strcmp(argv[i], "--seed") == 0) attack.random = strtoull(argv[i + 1], NULL, 10);
    }
    struct rlimit files = {4096, 4096};
    setrlimit(RLIMIT_NOFILE, &files);
    if (argc < 2 || !start_server(argv[1])) {
        puts("attack_serve: the server does not start");
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    check_alive();
    open_slow();
    long before = memory_kb();
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) send_wrong_request(i);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) send_wrong_question(i);
    send_large();
    check_alive();
    send_parallel();
    check_alive();
    leave();
    check_alive();
    while (attack.requests < wanted) {
        send_mutant();
        if (attack.requests % 500 == 0) check_alive();
        if (attack.requests % 7 == 0) send_wrong_request((size_t)(draw() % (sizeof requests / sizeof *requests)));
    }
    if (seconds > 0) soak(seconds);
    wait_for_slow();
    check_alive();
    long after = memory_kb();
    if (before > 0 && after - before > GROWTH_KB) finding("its memory grew from %ld to %ld kB", before, after);
    stop_server();
    printf("%ld requests, %ld findings; memory %ld kB before, %ld kB after\n", attack.requests, attack.findings, before,
           after);
    return attack.findings > 0;
}

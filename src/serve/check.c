/* check.c - the rules for a request.
 *
 * Host: an address, localhost or the machine's own name, so that a name that someone else lets point here (DNS
 * rebinding) gets nothing. Origin: the server's own, where a browser says one; no other page may ask. The key comes
 * as a bearer token, or as the password of HTTP's basic authentication, which browsers ask for by themselves. */
#include "serve/check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static tc_refusal refuse(unsigned status, const char *place, const char *text) {
    return (tc_refusal){status, place, text};
}

/* ---- the host ------------------------------------------------------------------------------------- */

static bool is_address(const char *text, size_t length) {
    if (length > 2 && text[0] == '[' && text[length - 1] == ']')
        return strspn(text + 1, "0123456789abcdefABCDEF:.") == length - 2;
    return length > 0 && strspn(text, "0123456789.") >= length && memchr(text, '.', length);
}

static bool is_word(const char *word, const char *text, size_t length) {
    return strlen(word) == length && strncasecmp(word, text, length) == 0;
}

/* "127.0.0.1:8080", "localhost", "[::1]:8080" */
static bool is_own_host(const tc_rules *rules, const char *host) {
    const char *close = strrchr(host, ']'), *colon = strrchr(host, ':');
    bool with_port = colon && (!close || colon > close);
    size_t length = with_port ? (size_t)(colon - host) : strlen(host);
    char port[8];
    snprintf(port, sizeof port, "%d", rules->port);
    if (with_port && strcmp(colon + 1, port) != 0) return false;
    if (!with_port && rules->port != 80) return false;
    if (is_word("localhost", host, length) || is_word(rules->host, host, length)) return true;
    if (rules->name[0] && is_word(rules->name, host, length)) return true;
    return is_address(host, length);
}

static bool is_own_origin(const char *origin, const char *host) {
    static const char scheme[] = "http://";
    return strncmp(origin, scheme, sizeof scheme - 1) == 0 && strcasecmp(origin + sizeof scheme - 1, host) == 0;
}

/* ---- the key ----------------------------------------------------------------------------------------- */

/* Takes as long for a wrong one as for the right one. */
static bool same(const char *a, size_t length, const char *key) {
    size_t n = strlen(key);
    unsigned difference = length != n;
    for (size_t i = 0; i < n; i++) difference |= (unsigned char)key[i] ^ (unsigned char)(i < length ? a[i] : 0);
    return difference == 0;
}

static int sextet(char c) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (int)(at - letters) : -1;
}

/* Base64 to bytes, as many as fit. */
static size_t decode(const char *text, char *out, size_t size) {
    unsigned bits = 0, have = 0;
    size_t n = 0;
    for (; *text && *text != '=' && n < size; text++) {
        int value = sextet(*text);
        if (value < 0) return 0;
        bits = (bits << 6 | (unsigned)value) & 0xffffffu;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        out[n++] = (char)(bits >> have & 0xffu);
    }
    return n;
}

static bool has_key(const tc_rules *rules, const char *authorization) {
    if (!rules->key) return true;
    if (!authorization) return false;
    if (strncasecmp(authorization, "Bearer ", 7) == 0)
        return same(authorization + 7, strlen(authorization + 7), rules->key);
    if (strncasecmp(authorization, "Basic ", 6) != 0) return false;
    char plain[512];
    size_t length = decode(authorization + 6, plain, sizeof plain);
    const char *colon = memchr(plain, ':', length);
    return colon && same(colon + 1, length - (size_t)(colon + 1 - plain), rules->key);
}

/* ---- the request --------------------------------------------------------------------------------------- */

static bool is_json(const char *type) {
    static const char json[] = "application/json";
    size_t n = sizeof json - 1;
    return type && strncasecmp(type, json, n) == 0 && (!type[n] || type[n] == ';' || type[n] == ' ');
}

static tc_refusal check_question(const tc_asked *asked) {
    if (!is_json(asked->type)) return refuse(415, "Content-Type", "is not application/json; send the question as JSON");
    if (!asked->length) return (tc_refusal){0, NULL, NULL}; /* in chunks: counted as they come */
    size_t digits = strspn(asked->length, "0123456789");
    if (digits == 0 || asked->length[digits]) return refuse(400, "Content-Length", "is no number of bytes");
    if (digits > 9 || strtoul(asked->length, NULL, 10) > TC_SERVE_QUESTION)
        return refuse(413, "request", "is larger than 1 MiB; ask for less");
    return (tc_refusal){0, NULL, NULL};
}

tc_refusal tc_check_request(const tc_rules *rules, const tc_asked *asked) {
    bool api = strncmp(asked->path, "/api/", 5) == 0;
    if (!asked->host || !is_own_host(rules, asked->host))
        return refuse(421, "Host", "is not this server; use its address, localhost or its own name, with the port");
    if (asked->origin && !is_own_origin(asked->origin, asked->host))
        return refuse(403, "Origin", "is another page; ask from the server's own, or without a browser");
    if (api && asked->site && strcmp(asked->site, "same-origin") != 0 && strcmp(asked->site, "none") != 0)
        return refuse(403, "Sec-Fetch-Site", "is another page; ask from the server's own, or without a browser");
    bool health = strcmp(asked->path, "/healthz") == 0;
    if (!health && !has_key(rules, asked->authorization))
        return refuse(401, "Authorization", "lacks the server's key; send it as a bearer token or as the password");
    bool post = strcmp(asked->method, "POST") == 0;
    bool get = strcmp(asked->method, "GET") == 0 || strcmp(asked->method, "HEAD") == 0;
    if (api ? !post : !get)
        return refuse(405, "method",
                      api ? "is not POST; post the question as JSON" : "is not GET; questions go to /api/COMMAND");
    return api ? check_question(asked) : (tc_refusal){0, NULL, NULL};
}

/* check.h - may this request be answered? Host, Origin, key, method, type and size, before anything is read. */
#ifndef TC_SERVE_CHECK_H
#define TC_SERVE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#define TC_SERVE_QUESTION ((size_t)1 << 20) /* bytes of one */

/* What a request says of itself; NULL: nothing. */
typedef struct tc_asked {
    const char *method, *path, *host, *origin, *site, *type, *length, *authorization;
} tc_asked;

typedef struct tc_refusal {
    unsigned status; /* of HTTP; 0: it may be answered */
    const char *place, *text;
} tc_refusal;

typedef struct tc_rules {
    const char *host; /* that the server listens on */
    int port;
    const char *key; /* NULL: none */
    char name[256];  /* of the machine; empty: the server is for itself alone */
} tc_rules;

tc_refusal tc_check_request(const tc_rules *rules, const tc_asked *asked);

#endif

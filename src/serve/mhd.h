/* mhd.h - the functions of libmicrohttpd that the server calls, found when it starts.
 *
 * Linked as usual, the library (with its TLS) would add some 5 ms to the start of every command, twice what a
 * command takes otherwise; and a machine without it could not run the program at all. */
#ifndef TC_SERVE_MHD_H
#define TC_SERVE_MHD_H

#include <microhttpd.h>

#include "traincast.h"

#define TC_MHD_FUNCTIONS(FUNCTION)                                                                                     \
    FUNCTION(start_daemon)                                                                                             \
    FUNCTION(stop_daemon)                                                                                              \
    FUNCTION(quiesce_daemon)                                                                                           \
    FUNCTION(get_fdset2)                                                                                               \
    FUNCTION(run_from_select)                                                                                          \
    FUNCTION(get_timeout)                                                                                              \
    FUNCTION(get_daemon_info)                                                                                          \
    FUNCTION(get_connection_info)                                                                                      \
    FUNCTION(lookup_connection_value)                                                                                  \
    FUNCTION(create_response_from_buffer)                                                                              \
    FUNCTION(add_response_header)                                                                                      \
    FUNCTION(queue_response)                                                                                           \
    FUNCTION(destroy_response)                                                                                         \
    FUNCTION(suspend_connection)                                                                                       \
    FUNCTION(resume_connection)

typedef struct tc_mhd {
#define MEMBER(name) __typeof__(MHD_##name) *name;
    TC_MHD_FUNCTIONS(MEMBER)
#undef MEMBER
} tc_mhd;

/* TC_NOT_FOUND where the library is not installed. */
TC_NODISCARD tc_code tc_mhd_load(tc_mhd *out, tc_error *error);

#endif

/* mhd.c - finds libmicrohttpd. */
#include "serve/mhd.h"

#include <dlfcn.h>
#include <string.h>

#include "base/error.h"

#if defined(__APPLE__)
#define LIBRARY "libmicrohttpd.12.dylib"
#else
#define LIBRARY "libmicrohttpd.so.12"
#endif

static bool find(void *library, const char *name, void *function, size_t size) {
    void *address = dlsym(library, name);
    memcpy(function, &address, size); /* POSIX: an address of a function fits */
    return address != NULL;
}

tc_code tc_mhd_load(tc_mhd *out, tc_error *error) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL); /* stays until the program ends */
    if (!library)
        return tc_fail(error, TC_NOT_FOUND, "serve",
                       LIBRARY " is not installed; on Debian: apt-get install libmicrohttpd12");
    bool all = true;
#define FIND(name) all = find(library, "MHD_" #name, &out->name, sizeof out->name) && all;
    TC_MHD_FUNCTIONS(FIND)
#undef FIND
    return all ? TC_OK : tc_fail(error, TC_INVALID, "serve", LIBRARY " is too old; 0.9.75 or newer is needed");
}

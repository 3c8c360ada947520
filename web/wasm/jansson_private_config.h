/* jansson_private_config.h - what jansson's own configure would find of wasi-libc. */
#define HAVE_STDINT_H 1
#define HAVE_SYS_TYPES_H 1
#define INITIAL_HASHTABLE_ORDER 3

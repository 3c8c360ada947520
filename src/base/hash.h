/* hash.h - FNV-1a, 64 bits (Fowler, Noll, Vo): tells versions of data apart, and guards against nothing else. */
#ifndef TC_BASE_HASH_H
#define TC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define TC_HASH_START UINT64_C(14695981039346656037)

static inline uint64_t tc_hash_word(uint64_t hash, uint64_t word) { return (hash ^ word) * UINT64_C(1099511628211); }

static inline uint64_t tc_hash_bytes(uint64_t hash, const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) hash = tc_hash_word(hash, (unsigned char)bytes[i]);
    return hash;
}

#endif

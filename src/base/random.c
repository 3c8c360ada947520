/* random.c - streams by name, Philox, scrambled Sobol points. */
#include "base/random.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"

/* Every bit of the word in every bit of the result; one to one. The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
static uint64_t mix(uint64_t x) {
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Different for the streams of a seed, and for the seeds of a stream. */
static uint64_t key_of(uint64_t seed, uint64_t stream) { return mix(seed ^ mix(stream)); }

uint64_t tc_stream(const char *format, ...) {
    char name[512];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return tc_hash_bytes(TC_HASH_START, name, strlen(name));
}

void tc_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4]) {
    uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t even = UINT64_C(0xd2511f53) * x0, odd = UINT64_C(0xcd9e8d57) * x2;
        x0 = (uint32_t)(odd >> 32) ^ x1 ^ k0;
        x2 = (uint32_t)(even >> 32) ^ x3 ^ k1;
        x1 = (uint32_t)odd;
        x3 = (uint32_t)even;
        k0 += UINT32_C(0x9e3779b9);
        k1 += UINT32_C(0xbb67ae85);
    }
    block[0] = x0, block[1] = x1, block[2] = x2, block[3] = x3;
}

double tc_uniform(uint64_t seed, uint64_t stream, uint64_t sample, uint32_t index) {
    uint64_t key = key_of(seed, stream);
    const uint32_t counter[4] = {(uint32_t)sample, (uint32_t)(sample >> 32), index, 0};
    const uint32_t keys[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    uint32_t block[4];
    tc_philox(counter, keys, block);
    uint64_t word = (uint64_t)block[1] << 32 | block[0];
    return ((double)(word >> 12) + 0.5) * 0x1p-52;
}

/* A primitive polynomial x^degree + ... + 1, its inner coefficients as bits, the initial direction numbers (odd, below 2^k).
 * Row 0 stands for the first dimension, whose direction numbers are the powers of a half. */
typedef struct direction {
    uint8_t degree, polynomial, initial[7];
} direction;
static const direction joe_kuo[TC_SOBOL_DIMENSIONS] = {
    {0, 0, {0}},
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
    {5, 11, {1, 1, 5, 1, 1}},
    {5, 13, {1, 1, 1, 3, 11}},
    {5, 14, {1, 3, 5, 5, 31}},
    {6, 1, {1, 3, 3, 9, 7, 49}},
    {6, 13, {1, 1, 1, 15, 21, 21}},
    {6, 16, {1, 3, 1, 13, 27, 49}},
    {6, 19, {1, 1, 1, 15, 7, 5}},
    {6, 22, {1, 3, 1, 15, 13, 25}},
    {6, 25, {1, 1, 5, 5, 19, 61}},
    {7, 1, {1, 3, 7, 11, 23, 15, 103}},
    {7, 4, {1, 3, 7, 13, 13, 15, 69}},
    {7, 7, {1, 1, 3, 13, 7, 35, 63}},
    {7, 8, {1, 3, 5, 9, 1, 25, 53}},
    {7, 14, {1, 3, 1, 13, 9, 35, 107}},
    {7, 19, {1, 3, 1, 5, 27, 61, 31}},
    {7, 21, {1, 1, 5, 11, 19, 41, 61}},
    {7, 28, {1, 3, 5, 3, 3, 13, 69}},
    {7, 31, {1, 1, 7, 13, 1, 19, 1}},
    {7, 32, {1, 3, 7, 5, 13, 19, 59}},
    {7, 37, {1, 1, 3, 9, 25, 29, 41}},
    {7, 41, {1, 3, 5, 13, 23, 1, 55}},
    {7, 42, {1, 3, 7, 3, 13, 59, 17}},
};

/* The point of a sample in 32 bits, the first after the point highest: the direction numbers of the bits of its number added. */
static uint32_t sobol_point(uint32_t dimension, uint32_t sample) {
    const direction *row = &joe_kuo[dimension];
    int degree = row->degree;
    uint32_t number[32], point = 0;
    for (int k = 0; sample >> k; k++) {
        if (!degree || k < degree) {
            number[k] = (degree ? (uint32_t)row->initial[k] : 1) << (31 - k);
        } else {
            uint32_t v = number[k - degree];
            v ^= v >> degree;
            for (int j = 1; j < degree; j++)
                if (row->polynomial >> (degree - 1 - j) & 1) v ^= number[k - j];
            number[k] = v;
        }
        if (sample >> k & 1) point ^= number[k];
        if (k == 31) break;
    }
    return point;
}

static uint32_t reversed(uint32_t x) {
    x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
    x = (x >> 8 & 0x00ff00ff) | (x & 0x00ff00ff) << 8;
    return x >> 16 | x << 16;
}

/* Each bit flipped or not, by what stands before it: on the word reversed, products with even numbers and sums carry upwards
 * alone. The constants are those of N. Vegdahl, "Building a Better LK Hash" (2021). */
static uint32_t owen_scrambled(uint32_t x, uint64_t key) {
    uint32_t seed = (uint32_t)key;
    x = reversed(x);
    x ^= x * UINT32_C(0x3d20adea);
    x += seed;
    x *= (uint32_t)(key >> 32) | 1;
    x ^= x * UINT32_C(0x05526c56);
    x ^= x * UINT32_C(0x53a22864);
    return reversed(x);
}

double tc_sobol(uint64_t seed, uint64_t stream, uint32_t dimension, uint32_t sample) {
    if (dimension >= TC_SOBOL_DIMENSIONS) return tc_uniform(seed, stream, sample, 0);
    uint32_t point = owen_scrambled(sobol_point(dimension, sample), key_of(seed, stream));
    return ((double)point + 0.5) * 0x1p-32;
}

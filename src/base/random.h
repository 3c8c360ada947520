/* random.h - random numbers that are functions of what they are for, and of nothing else.
 *
 * A number is asked for by seed, stream, sample and index; there is no state, so that any order and any number of threads give
 * the same bytes. A stream is the hash of a name ("pool/ascend-910b/slip"): one more variable changes no other's numbers, and two
 * plans that are compared see the same fate (common random numbers). Laws of the numbers: distributions.h.
 *
 * tc_uniform: Philox 4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011).
 * tc_sobol: points of Sobol with the direction numbers of Joe and Kuo (SIAM J. Sci. Comput. 30, 2008; new-joe-kuo-6), each
 * dimension scrambled after Owen by a hash (Laine and Karras 2011; Burley, "Practical Hash-based Owen Scrambling", JCGT 9, 2020). */
#ifndef TC_BASE_RANDOM_H
#define TC_BASE_RANDOM_H

#include <stdint.h>

enum { TC_SOBOL_DIMENSIONS = 32 };

/* The stream of a name; of a name longer than 511 characters these count. */
uint64_t tc_stream(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The block of ten rounds that belongs to a counter and a key. */
void tc_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4]);

/* Uniform between 0 and 1 and never either of them: an odd multiple of 2^-53, so that 1 - u is one too. */
double tc_uniform(uint64_t seed, uint64_t stream, uint64_t sample, uint32_t index);

/* Likewise, an odd multiple of 2^-33, where the samples 0, 1, 2 ... of a dimension fill the interval evenly, and those of several
 * dimensions their cube. The scramble is the stream's: which dimension a variable has is the caller's matter, as long as no two
 * have the same. From dimension 32 on it is tc_uniform, so that variables may simply be numbered, the heaviest first. */
double tc_sobol(uint64_t seed, uint64_t stream, uint32_t dimension, uint32_t sample);

#endif

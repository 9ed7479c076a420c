/* rand.h - a small deterministic generator: the same seed gives the same numbers on every machine.
 *
 * xoshiro256** seeded by SplitMix64 (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021). Integer arithmetic only where determinism across machines is promised;
 * rand_f64 is exact too (a 53-bit integer scaled by a power of two). Not for secrets.
 */
#ifndef TASKLAB_BASE_RAND_H
#define TASKLAB_BASE_RAND_H

#include <stdint.h>

struct rand {
	uint64_t s[4];
};

void rand_init(struct rand *rand, uint64_t seed);
/* An independent stream: (seed, stream) pairs never share their numbers. */
void rand_init_stream(struct rand *rand, uint64_t seed, uint64_t stream);
uint64_t rand_u64(struct rand *rand);
uint64_t rand_below(struct rand *rand, uint64_t n); /* 0..n-1 without bias; n > 0 */
double rand_f64(struct rand *rand);                 /* [0, 1) */
double rand_exponential(struct rand *rand, double mean);

#endif

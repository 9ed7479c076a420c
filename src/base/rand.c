/* rand.c - xoshiro256** and SplitMix64. */
#include <tasklab/base/rand.h>

#include <math.h>

#define GOLDEN_GAMMA UINT64_C(0x9E3779B97F4A7C15)

/* The output function of SplitMix64: a bijection on 64 bits. */
static uint64_t mix64(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, unsigned k)
{
	return (x << k) | (x >> (64 - k));
}

void rand_init(struct rand *rand, uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++)
		rand->s[i] = mix64(seed + (i + 1) * GOLDEN_GAMMA);
}

void rand_init_stream(struct rand *rand, uint64_t seed, uint64_t stream)
{
	rand_init(rand, seed);
	/* mix64 is a bijection, so for one seed every word of the state differs between streams. */
	for (unsigned i = 0; i < 4; i++)
		rand->s[i] = mix64(rand->s[i] ^ mix64(stream + (i + 5) * GOLDEN_GAMMA));
}

uint64_t rand_u64(struct rand *rand)
{
	uint64_t *s = rand->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

/* Lemire, "Fast Random Integer Generation in an Interval", 2019. */
uint64_t rand_below(struct rand *rand, uint64_t n)
{
	__extension__ typedef unsigned __int128 u128;
	u128 product = (u128)rand_u64(rand) * n;

	if ((uint64_t)product < n) {
		uint64_t least = (0 - n) % n;

		while ((uint64_t)product < least)
			product = (u128)rand_u64(rand) * n;
	}
	return (uint64_t)(product >> 64);
}

double rand_f64(struct rand *rand)
{
	return (double)(rand_u64(rand) >> 11) * 0x1p-53;
}

double rand_exponential(struct rand *rand, double mean)
{
	return -mean * log1p(-rand_f64(rand));
}

/* zipf.c - cumulative power-law weights and binary search in them. */
#include "zipf.h"

#include <assert.h>
#include <stdlib.h>

#define ZIPF_ONE (UINT64_C(1) << 32) /* the weight of rank 0 */

int zipf_init(struct zipf *zipf, size_t size, struct err *err)
{
	uint64_t sum = 0;
	uint64_t *cumulative = calloc(size, sizeof(*cumulative));

	if (!cumulative)
		return err_no_memory(err);
	for (size_t k = 0; k < size; k++) {
		sum += ZIPF_ONE / (k + 1);
		cumulative[k] = sum;
	}
	*zipf = (struct zipf){.cumulative = cumulative, .size = size};
	return 0;
}

void zipf_release(struct zipf *zipf)
{
	free(zipf->cumulative);
	*zipf = (struct zipf){0};
}

size_t zipf_pick(const struct zipf *zipf, size_t n, struct rand *rand)
{
	size_t low = 0, high = n - 1;
	uint64_t draw;

	assert(n > 0 && n <= zipf->size);
	draw = rand_below(rand, zipf->cumulative[n - 1]);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zipf->cumulative[middle] > draw)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

uint64_t zipf_share(const struct zipf *zipf, size_t n, size_t rank, uint64_t total)
{
	/* In units of 2^-16 of a draw: total times weight would pass 64 bits. */
	uint64_t weight = ZIPF_ONE / (rank + 1);
	uint64_t sum = zipf->cumulative[n - 1] >> 16;

	assert(rank < n && n <= zipf->size);
	return total * (weight >> 16) / sum;
}

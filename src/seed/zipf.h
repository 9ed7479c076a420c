/* zipf.h - power-law choices in integers, so that every machine chooses the same.
 *
 * Rank k (from 0) has weight 1/(k+1). One table of cumulative weights serves every n up to its
 * size: the first n of them are the distribution over n ranks.
 */
#ifndef TASKLAB_SEED_ZIPF_H
#define TASKLAB_SEED_ZIPF_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>
#include <tasklab/base/rand.h>

struct zipf {
	uint64_t *cumulative; /* cumulative[k]: weights of ranks 0..k */
	size_t size;
};

int zipf_init(struct zipf *zipf, size_t size, struct err *err);
void zipf_release(struct zipf *zipf);
/* A rank in [0, n); 0 < n <= size. */
size_t zipf_pick(const struct zipf *zipf, size_t n, struct rand *rand);
/* How many of total draws fall on rank among n ranks, on average. */
uint64_t zipf_share(const struct zipf *zipf, size_t n, size_t rank, uint64_t total);

#endif

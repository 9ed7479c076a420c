/* seen.c - the statements that pools have sent, noted once each. */
#include "seen.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/thread.h>

#define SLOTS ((size_t)4 * SEEN_MAX) /* a power of two; never more than a quarter full */

static _Atomic uint64_t slots[SLOTS]; /* hashes of those noted; 0: empty */
static struct seen noted[SEEN_MAX];
static _Atomic size_t noted_count; /* written under the mutex, after the entry */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* FNV-1a over whole words (Fowler, Noll, Vo); never 0. */
static uint64_t hash_of(const struct db_query *query, uint32_t key, int count,
			const unsigned *types)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	hash = (hash ^ (uint64_t)query->index) * UINT64_C(0x100000001b3);
	hash = (hash ^ key) * UINT64_C(0x100000001b3);
	for (int i = 0; i < count; i++)
		hash = (hash ^ types[i]) * UINT64_C(0x100000001b3);
	hash ^= hash >> 32;
	return hash | 1;
}

/* The slot that holds the hash, or the empty one where it belongs. */
static size_t slot_of(uint64_t hash)
{
	size_t i = (size_t)(hash >> 1) % SLOTS;

	for (;; i = (i + 1) % SLOTS) {
		uint64_t held = atomic_load_explicit(&slots[i], memory_order_relaxed);

		if (held == hash || held == 0)
			return i;
	}
}

void seen_note(const struct db_query *query, uint32_t key, const char *sql, int count,
	       const unsigned *types)
{
	uint64_t hash = hash_of(query, key, count, types);
	size_t slot = slot_of(hash), n;
	char *copy;

	if (atomic_load_explicit(&slots[slot], memory_order_relaxed) != 0 ||
	    seen_count() == SEEN_MAX)
		return;
	LOCK(&mutex);
	slot = slot_of(hash);
	n = atomic_load_explicit(&noted_count, memory_order_relaxed);
	if (atomic_load_explicit(&slots[slot], memory_order_relaxed) != 0 || n == SEEN_MAX)
		return;
	copy = strdup(sql);
	if (!copy)
		return; /* noted when it comes again */
	noted[n] = (struct seen){.query = (size_t)query->index, .sql = copy, .count = count};
	for (int i = 0; i < count; i++)
		noted[n].types[i] = types[i];
	atomic_store_explicit(&slots[slot], hash, memory_order_relaxed);
	atomic_store_explicit(&noted_count, n + 1, memory_order_release);
}

size_t seen_count(void)
{
	return atomic_load_explicit(&noted_count, memory_order_acquire);
}

const struct seen *seen_get(size_t i)
{
	return &noted[i];
}

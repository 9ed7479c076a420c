/* waits.h - which statements of a session were seen waiting for a lock; each counts once.
 *
 * The session numbers its statements. Whoever asks the server notes the number, asks, and counts
 * the wait only if the number is still the same: then it was that statement that waited. A wait
 * that began in between is seen when the server is asked again.
 */
#ifndef TASKLAB_LAB_WAITS_H
#define TASKLAB_LAB_WAITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct waits {
	_Atomic uint64_t statement; /* number of the one under way, from 1 */
	_Atomic uint64_t counted;   /* the last one that was counted; 0: none */
	_Atomic uint64_t count;
};

static inline void waits_next(struct waits *waits)
{
	atomic_fetch_add_explicit(&waits->statement, 1, memory_order_relaxed);
}

static inline uint64_t waits_note(const struct waits *waits)
{
	return atomic_load(&waits->statement);
}

/* False: the session had gone on to another statement. */
static inline bool waits_seen(struct waits *waits, uint64_t noted)
{
	uint64_t counted = atomic_load(&waits->counted);

	if (noted != atomic_load(&waits->statement))
		return false;
	if (counted < noted && atomic_compare_exchange_strong(&waits->counted, &counted, noted))
		atomic_fetch_add(&waits->count, 1);
	return true;
}

#endif

/* breaker.h - the circuit breaker's states, without clock, lock or socket of its own.
 *
 *   closed     statements pass; failures in a row are counted
 *   open       statements are refused at once, until open_ns have passed
 *   half open  one probe is under way; statements are still refused; the probe decides
 */
#ifndef DB_BREAKER_H
#define DB_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/db/db.h>

struct breaker {
	enum db_breaker_state state;
	unsigned failures;  /* in a row */
	unsigned threshold; /* failures that open it */
	int64_t open_ns;
	int64_t probe_at_ns; /* when an open one lets a probe through */
};

void breaker_init(struct breaker *breaker, unsigned threshold, int64_t open_ns);
/* A statement was answered: ends a row of failures. Does not close an open breaker. */
void breaker_answered(struct breaker *breaker);
/* A connection was made: closes the breaker. */
void breaker_connected(struct breaker *breaker);
/* A connection was lost or could not be made; true when this opened the breaker. */
bool breaker_failed(struct breaker *breaker, int64_t now_ns);
/* Turns an open breaker whose time has passed half open; true when it is half open now. */
bool breaker_probes(struct breaker *breaker, int64_t now_ns);

#endif

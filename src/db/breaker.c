/* breaker.c - opens after failures in a row, closes when a probe succeeds. */
#include "breaker.h"

void breaker_init(struct breaker *breaker, unsigned threshold, int64_t open_ns)
{
	*breaker = (struct breaker){.state = DB_BREAKER_CLOSED,
				    .threshold = threshold > 0 ? threshold : 1,
				    .open_ns = open_ns};
}

void breaker_answered(struct breaker *breaker)
{
	if (breaker->state == DB_BREAKER_CLOSED)
		breaker->failures = 0;
}

void breaker_connected(struct breaker *breaker)
{
	breaker->state = DB_BREAKER_CLOSED;
	breaker->failures = 0;
}

bool breaker_failed(struct breaker *breaker, int64_t now_ns)
{
	enum db_breaker_state before = breaker->state;

	if (before == DB_BREAKER_OPEN)
		return false;
	if (before == DB_BREAKER_CLOSED && ++breaker->failures < breaker->threshold)
		return false;
	breaker->state = DB_BREAKER_OPEN;
	breaker->probe_at_ns = now_ns + breaker->open_ns;
	return before == DB_BREAKER_CLOSED;
}

bool breaker_probes(struct breaker *breaker, int64_t now_ns)
{
	if (breaker->state == DB_BREAKER_OPEN && now_ns >= breaker->probe_at_ns)
		breaker->state = DB_BREAKER_HALF_OPEN;
	return breaker->state == DB_BREAKER_HALF_OPEN;
}

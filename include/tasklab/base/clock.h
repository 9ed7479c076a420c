/* clock.h - time: monotonic for durations and deadlines, real for people and the database. */
#ifndef TASKLAB_BASE_CLOCK_H
#define TASKLAB_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/base/err.h>

#define CLOCK_NS_PER_S  INT64_C(1000000000)
#define CLOCK_NS_PER_MS INT64_C(1000000)
#define CLOCK_US_PER_S  INT64_C(1000000)
#define CLOCK_NEVER     INT64_MAX /* a deadline that does not come */

int64_t clock_mono_ns(void);
int64_t clock_real_us(void);
/* Milliseconds until a monotonic deadline, rounded up, for poll(2): 0 when past, -1 for never. */
int clock_poll_ms(int64_t deadline_ns);
void clock_sleep_until(int64_t mono_ns); /* returns late, never early; EINTR is resumed */

/* RFC 3339 UTC, "2026-11-21T09:52:29.123456Z": 27 characters and a NUL. */
#define CLOCK_RFC3339_SIZE 28
void clock_format_rfc3339(int64_t unix_us, char out[CLOCK_RFC3339_SIZE]);
/* Accepts RFC 3339 section 5.6 date-time with any offset, up to 9 fraction digits (truncated to
 * microseconds), years 0001 to 9999. */
int clock_parse_rfc3339(const char *text, int64_t *unix_us, struct err *err);
/* "90s", "5m", "1h30m", "250ms", a bare number of seconds; positive. */
int clock_parse_duration(const char *text, int64_t *ns, struct err *err);

#endif

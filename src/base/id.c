/* id.c - request and trace identifiers. */
#include <tasklab/base/id.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <tasklab/base/clock.h>

#define ID_RANDOM_BYTES 10 /* of a request id; the rest is time */
#define ID_POOL_IDS     32 /* ids for one getrandom(2) */
#define TRACEPARENT_LEN 55 /* "00-" 32 "-" 16 "-" 2 */

void id_random(void *out, size_t len)
{
	unsigned char *at = out;

	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0) {
			if (errno != EINTR)
				abort(); /* the kernel has no random numbers: nothing safe is left
					    to do */
			continue;
		}
		at += n;
		len -= (size_t)n;
	}
}

static void put_hex(char *out, const uint8_t *bytes, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex[bytes[i] >> 4];
		out[2 * i + 1] = hex[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

/* Random bytes for one id, of which each thread has some in store: a system call is dear beside the
 * rest of a request. */
static void take_random(uint8_t out[ID_RANDOM_BYTES])
{
	static _Thread_local uint8_t pool[ID_POOL_IDS][ID_RANDOM_BYTES];
	static _Thread_local size_t left;

	if (left == 0) {
		id_random(pool, sizeof(pool));
		left = ID_POOL_IDS;
	}
	memcpy(out, pool[--left], ID_RANDOM_BYTES);
}

void id_request_new(char out[ID_REQUEST_SIZE])
{
	uint64_t ms = (uint64_t)clock_real_us() / 1000;
	uint8_t bytes[16];

	take_random(bytes + 6);
	for (unsigned i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	bytes[6] = (uint8_t)(0x70 | (bytes[6] & 0x0F)); /* version 7 */
	bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3F)); /* variant */
	put_hex(out, bytes, sizeof(bytes));
}

bool id_request_valid(const char *text)
{
	size_t len =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return len >= 1 && len <= ID_REQUEST_MAX && text[len] == '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; /* the standard allows lower case only */
}

static bool take_hex(const char *text, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(text[2 * i]);
		int low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

bool id_trace_parse(const char *traceparent, struct id_trace *out)
{
	struct id_trace trace;
	uint8_t version;
	size_t len = strnlen(traceparent, TRACEPARENT_LEN + 1);

	if (len < TRACEPARENT_LEN || !take_hex(traceparent, &version, 1) || version == 0xFF)
		return false;
	/* A later version may go on after another dash. */
	if (len > TRACEPARENT_LEN && (version == 0 || traceparent[TRACEPARENT_LEN] != '-'))
		return false;
	if (traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-')
		return false;
	if (!take_hex(traceparent + 3, trace.trace_id, 16) ||
	    !take_hex(traceparent + 36, trace.parent_id, 8) ||
	    !take_hex(traceparent + 53, &trace.flags, 1))
		return false;
	if (all_zero(trace.trace_id, 16) || all_zero(trace.parent_id, 8))
		return false;
	*out = trace;
	return true;
}

void id_trace_hex(const struct id_trace *trace, char out[33])
{
	put_hex(out, trace->trace_id, sizeof(trace->trace_id));
}

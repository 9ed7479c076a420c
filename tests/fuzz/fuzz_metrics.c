/* fuzz_metrics.c - libFuzzer target: the negotiation headers, and the renderer with any label
 * values.
 *
 * The input is an Accept header, an Accept-Encoding header, then label values, each a line; a
 * value's first bytes are also what is observed for it. What the formats promise is asserted: text
 * consists of whole lines whose labels are quoted and escaped, OpenMetrics ends with its mark, and
 * protobuf messages are as long as they say.
 */
#undef NDEBUG /* the assertions are the target */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/metrics/metrics.h>

#define VALUES_MAX 16
#define OUT_MAX    (4U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *take_line(char **rest)
{
	char *line = *rest, *end = line ? strchr(line, '\n') : NULL;

	if (end)
		*end++ = '\0';
	*rest = end;
	return line;
}

/* Behind an opening quote: returns what follows the closing one. */
static const char *skip_value(const char *at)
{
	for (; *at != '"'; at++) {
		assert(*at != '\0' && *at != '\n');
		if (*at == '\\') {
			at++;
			assert(*at == '\\' || *at == '"' || *at == 'n');
		}
	}
	return at + 1;
}

static const char *skip_labels(const char *at)
{
	for (;;) {
		at += strspn(at, "abcdefghijklmnopqrstuvwxyz_");
		assert(at[0] == '=' && at[1] == '"');
		at = skip_value(at + 2);
		assert(*at == ',' || *at == '}');
		if (*at++ == '}')
			return at;
	}
}

static void check_text(const char *at, bool openmetrics)
{
	bool ended = false;

	while (*at) {
		assert(!ended);
		if (*at == '#') {
			ended = openmetrics && strcmp(at, "# EOF\n") == 0;
		} else {
			at += strspn(at, "abcdefghijklmnopqrstuvwxyz_");
			if (*at == '{')
				at = skip_labels(at + 1);
			assert(at[0] == ' ' && at[1] != ' ');
		}
		at = strchr(at, '\n');
		assert(at);
		at++;
	}
	assert(ended == openmetrics);
}

static void check_protobuf(const struct buf *out)
{
	const unsigned char *at = (const unsigned char *)out->data, *end = at + out->len;

	while (at < end) {
		uint64_t len = 0;
		unsigned shift = 0;

		do {
			assert(at < end && shift < 35);
			len |= (uint64_t)(*at & 0x7F) << shift;
			shift += 7;
		} while (*at++ & 0x80);
		assert(len <= (uint64_t)(end - at) && len > 0 && *at == 0x0A);
		at += len;
	}
}

static void check(const char *accept, const char *accept_encoding)
{
	AUTO(buf_release) struct buf out = BUF_INIT(OUT_MAX);
	struct metrics_request request = {accept, accept_encoding, true};
	const char *type, *encoding;
	struct err err = ERR_INIT;

	assert(metrics_render(&request, &out, &type, &encoding, &err) == 0);
	if (encoding)
		assert(out.len > 18 && memcmp(out.data, "\x1F\x8B", 2) == 0);
	else if (strstr(type, "protobuf"))
		check_protobuf(&out);
	else
		check_text(buf_str(&out), strstr(type, "openmetrics") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *copy = malloc(size + 1);
	const char *values[VALUES_MAX];
	char *rest = copy, *accept, *accept_encoding, *value;
	struct id_trace trace = {.trace_id = {1}, .flags = 1};
	size_t n = 0;

	assert(copy);
	memcpy(copy, data, size);
	copy[size] = '\0';
	accept = take_line(&rest);
	accept_encoding = take_line(&rest);
	/* a tab stands for a line feed, so that a value may have one */
	while (n < VALUES_MAX && (value = take_line(&rest))) {
		for (char *at = value; *at; at++)
			*at = *at == '\t' ? '\n' : *at;
		values[n++] = value;
	}
	if (n > 0 && metrics_labels(LABELS_QUERY, values, n, NULL) < 0)
		n = 0; /* two are equal, or one is not UTF-8 */
	assert(metrics_start(NULL) == 0);
	for (size_t i = 0; i < n; i++) {
		int64_t ns = 0;

		memcpy(&ns, values[i], strnlen(values[i], sizeof(ns)));
		metric_observe_ns_exemplar(M_DB_QUERY_DURATION_SECONDS, ns, i, &trace);
	}
	check(accept, accept_encoding);
	check(NULL, NULL);
	check("application/openmetrics-text", NULL);
	check("application/vnd.google.protobuf", NULL);
	metrics_stop();
	return 0;
}

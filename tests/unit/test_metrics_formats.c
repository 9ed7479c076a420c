/* test_metrics_formats.c - negotiation, OpenMetrics, protobuf with native histograms, gzip,
 * exemplars.
 */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include <tasklab/base/clock.h>
#include <tasklab/metrics/metrics.h>

#include "metrics/histogram.h"
#include "metrics/negotiate.h"

#define OUT_MAX    (8U << 20)
#define OM         "application/openmetrics-text; version=1.0.0"
#define PROTOBUF   "application/vnd.google.protobuf"
#define TRACE      "0123456789abcdef0123456789abcdef"
#define TRACE_FORM "00-" TRACE "-00f067aa0ba902b7-"

static const char *const endpoints[] = {"GET", "/tasks", "GET", "/tasks/{id}"};
static const char *const codes[] = {"200", "404"};
static const char *const queries[] = {"task_get"};
static const char *const lab_names[] = {"back\\slash", "quo\"te", "line\nfeed", "caf\xC3\xA9"};

static int start(void **state)
{
	(void)state;
	assert_int_equal(metrics_labels(LABELS_ENDPOINT, endpoints, 2, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_CODE, codes, 2, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_QUERY, queries, 1, NULL), 0);
	assert_int_equal(metrics_labels(LABELS_LAB, lab_names, 4, NULL), 0);
	assert_int_equal(metrics_start(NULL), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	metrics_stop();
	return 0;
}

static void render(struct buf *out, const char *accept, bool created)
{
	struct metrics_request request = {.accept = accept, .created = created};
	const char *type, *encoding;

	buf_reset(out);
	assert_int_equal(metrics_render(&request, out, &type, &encoding, NULL), 0);
	assert_null(encoding);
}

static struct id_trace trace_of(const char *flags)
{
	struct id_trace trace;
	char header[64];

	snprintf(header, sizeof(header), TRACE_FORM "%s", flags);
	assert_true(id_trace_parse(header, &trace));
	return trace;
}

/* Negotiation ---------------------------------------------------------------------------------- */

static void test_format(void **state)
{
	static const struct {
		const char *accept;
		enum format format;
	} cases[] = {
		{NULL, FORMAT_TEXT},
		{"", FORMAT_TEXT},
		{"*/*", FORMAT_TEXT},
		{"text/*", FORMAT_TEXT},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", FORMAT_TEXT},
		{"application/json", FORMAT_TEXT},
		{"application/openmetrics-text", FORMAT_OPENMETRICS},
		{"APPLICATION/OpenMetrics-Text ; Version=1.0.0", FORMAT_OPENMETRICS},
		{"application/openmetrics-text;version=\"1.0.0\"", FORMAT_OPENMETRICS},
		{"application/openmetrics-text;version=0.0.1", FORMAT_TEXT},
		{"application/openmetrics-text;q=0", FORMAT_TEXT},
		{"application/openmetrics-text;q=2", FORMAT_TEXT},
		{"application/openmetrics-text;q=0.0001", FORMAT_TEXT},
		{"application/openmetrics-text;q=0.5,text/plain;q=0.4", FORMAT_OPENMETRICS},
		{"application/openmetrics-text;q=0.5,text/plain;q=0.501", FORMAT_TEXT},
		{"application/openmetrics-text;q=.5", FORMAT_TEXT},
		{"text/plain;q=0.5,*/*;q=0.1", FORMAT_TEXT},
		{"text/plain,application/openmetrics-text", FORMAT_TEXT},
		{"application/openmetrics-text,text/plain", FORMAT_OPENMETRICS},
		{"application/openmetrics-text,*/*", FORMAT_OPENMETRICS},
		{"application/vnd.google.protobuf", FORMAT_PROTOBUF},
		{"application/vnd.google.protobuf;encoding=text", FORMAT_TEXT},
		{"application/vnd.google.protobuf;proto=other;encoding=delimited", FORMAT_TEXT},
		{"a/b;x=\"application/openmetrics-text, text/plain\"", FORMAT_TEXT},
		/* Prometheus 2.42 */
		{"application/openmetrics-text;version=1.0.0,"
		 "application/openmetrics-text;version=0.0.1;q=0.75,"
		 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 FORMAT_OPENMETRICS},
		/* the same with native histograms */
		{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
		 "encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,"
		 "application/openmetrics-text;version=0.0.1;q=0.75,"
		 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 FORMAT_PROTOBUF},
		/* Prometheus 3 */
		{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
		 "encoding=delimited;escaping=allow-utf-8;q=0.6,"
		 "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
		 "application/openmetrics-text;version=0.0.1;q=0.4,"
		 "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
		 "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
		 FORMAT_PROTOBUF},
		{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
		 "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
		 FORMAT_OPENMETRICS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (negotiate_format(cases[i].accept) != cases[i].format)
			fail_msg("%s", cases[i].accept);
	}
}

static void test_coding(void **state)
{
	static const struct {
		const char *accept_encoding;
		bool gzip;
	} cases[] = {
		{NULL, false},
		{"", false},
		{"gzip", true},
		{"GZIP;q=1.0", true},
		{"deflate, gzip", true},
		{"x-gzip", true},
		{"gzip;q=0", false},
		{"gzip;q=0.000", false},
		{"*", true},
		{"*;q=0", false},
		{"gzip;q=0,*", false},
		{"identity", false},
		{"identity;q=0.5, gzip;q=0.4", false},
		{"identity;q=0.4 , gzip ; q=0.5", true},
		{"br", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (negotiate_gzip(cases[i].accept_encoding) != cases[i].gzip)
			fail_msg("%s", cases[i].accept_encoding);
	}
}

static void test_answers_say_what_they_are(void **state)
{
	AUTO(buf_release) struct buf plain = BUF_INIT(OUT_MAX);
	AUTO(buf_release) struct buf packed = BUF_INIT(OUT_MAX);
	struct metrics_request request = {.accept = OM};
	const char *type, *encoding;
	char unpacked[65536];
	z_stream stream = {.next_out = (Bytef *)unpacked, .avail_out = sizeof(unpacked)};

	(void)state;
	assert_int_equal(metrics_render(&request, &plain, &type, &encoding, NULL), 0);
	assert_string_equal(type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
	assert_null(encoding);
	request.accept_encoding = "gzip";
	assert_int_equal(metrics_render(&request, &packed, &type, &encoding, NULL), 0);
	assert_string_equal(encoding, "gzip");
	assert_true(packed.len < plain.len / 2);
	stream.next_in = (Bytef *)packed.data;
	stream.avail_in = (uInt)packed.len;
	assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	inflateEnd(&stream);
	assert_memory_equal(unpacked, "# HELP ", 7);
	assert_memory_equal(unpacked + stream.total_out - 6, "# EOF\n", 6);
	request.accept = PROTOBUF;
	assert_int_equal(metrics_render(&request, &packed, &type, &encoding, NULL), 0);
	assert_string_equal(type, "application/vnd.google.protobuf; "
				  "proto=io.prometheus.client.MetricFamily; encoding=delimited");
}

static void test_too_large(void **state)
{
	static const char *const accepts[] = {NULL, OM, PROTOBUF};
	static const char *const encodings[] = {NULL, "gzip"};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		AUTO(buf_release) struct buf out = BUF_INIT(100);
		struct metrics_request request = {accepts[i / 2], encodings[i % 2], false};
		const char *type = NULL, *encoding = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(metrics_render(&request, &out, &type, &encoding, &err), -1);
		assert_int_equal(err.code, ERR_TOO_LARGE);
		assert_null(type);
	}
}

/* OpenMetrics ---------------------------------------------------------------------------------- */

static void test_openmetrics(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(OUT_MAX);
	const char *text;

	(void)state;
	metric_inc(M_HTTP_REQUESTS_TOTAL, 1, 1);
	metric_observe_ns(M_DB_QUERY_DURATION_SECONDS, 3000000, 0);
	for (size_t i = 0; i < 4; i++)
		metric_gauge_set(M_TASKLAB_LAB_ACTIVE, 1, i);
	render(&out, OM, false);
	text = buf_str(&out);
	static const char *const lines[] = {
		"# HELP http_requests HTTP requests answered.\n# TYPE http_requests counter\n",
		"\nhttp_requests_total{method=\"GET\",route=\"/tasks/{id}\",code=\"404\"} 1\n",
		"\n# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n",
		"\nprocess_cpu_seconds_total ",
		("\n# TYPE db_query_duration_seconds histogram\n"
		 "# UNIT db_query_duration_seconds seconds\n"),
		"\ndb_query_duration_seconds_bucket{query=\"task_get\",le=\"0.005\"} 1\n",
		"\ndb_query_duration_seconds_bucket{query=\"task_get\",le=\"1.0\"} 1\n",
		"\ndb_query_duration_seconds_bucket{query=\"task_get\",le=\"+Inf\"} 1\n",
		"\ndb_query_duration_seconds_sum{query=\"task_get\"} 0.003\n",
		"\ndb_query_duration_seconds_count{query=\"task_get\"} 1\n",
		"\ntasklab_lab_active{lab=\"back\\\\slash\"} 1\n",
		"\ntasklab_lab_active{lab=\"quo\\\"te\"} 1\n",
		"\ntasklab_lab_active{lab=\"line\\nfeed\"} 1\n",
		"\ntasklab_lab_active{lab=\"caf\xC3\xA9\"} 1\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		if (!strstr(text, lines[i]))
			fail_msg("missing: %s", lines[i]);
	}
	assert_null(strstr(text, "_created"));
	assert_null(strstr(text, " # {"));
	assert_string_equal(text + out.len - 6, "# EOF\n");
	render(&out, NULL, true);
	assert_null(strstr(buf_str(&out), "_created"));
	assert_null(strstr(buf_str(&out), "EOF"));
	assert_non_null(strstr(buf_str(&out), "\n# TYPE http_requests_total counter\n"));
}

static void test_created(void **state)
{
	static const char *const series[] = {
		"\nhttp_requests_created{method=\"GET\",route=\"/tasks\",code=\"200\"} ",
		"\ndb_pool_wait_seconds_created "};
	AUTO(buf_release) struct buf out = BUF_INIT(OUT_MAX);

	(void)state;
	metric_inc(M_HTTP_REQUESTS_TOTAL, 0, 0);
	render(&out, OM, true);
	for (size_t i = 0; i < ARRAY_LEN(series); i++) {
		const char *at = strstr(buf_str(&out), series[i]);
		double now = (double)clock_real_us() / 1e6;

		assert_non_null(at);
		assert_true(strtod(at + strlen(series[i]), NULL) <= now);
		assert_true(strtod(at + strlen(series[i]), NULL) > now - 600);
	}
	/* counters that others keep began at a time that nobody here knows */
	assert_null(strstr(buf_str(&out), "process_cpu_seconds_created"));
}

static void test_exemplars(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(OUT_MAX);
	struct id_trace sampled = trace_of("01"), unsampled = trace_of("00"), none = {.flags = 1};
	const char *at, *time;

	(void)state;
	metric_observe_ns_exemplar(M_DB_QUERY_DURATION_SECONDS, 3000000, 0, NULL);
	metric_observe_ns_exemplar(M_DB_QUERY_DURATION_SECONDS, 3000000, 0, &unsampled);
	metric_observe_ns_exemplar(M_DB_QUERY_DURATION_SECONDS, 3000000, 0, &none);
	render(&out, OM, false);
	assert_null(strstr(buf_str(&out), "trace_id"));
	metric_observe_ns_exemplar(M_DB_QUERY_DURATION_SECONDS, 3100000, 0, &sampled);
	metric_observe_ns_exemplar(M_DB_QUERY_DURATION_SECONDS, 3200000, 0, &sampled);
	metric_observe_ns_exemplar(M_DB_QUERY_DURATION_SECONDS, 9000000000, 0, &sampled);
	metric_observe_exemplar(M_HTTP_REQUEST_SIZE_BYTES, 300, 0, &sampled);
	render(&out, OM, false);
	/* the latest of its bucket, and of no other */
	at = strstr(buf_str(&out), "le=\"0.005\"} 5 # {trace_id=\"" TRACE "\"} 0.0032 ");
	assert_non_null(at);
	time = strstr(at, "} 0.0032 ") + strlen("} 0.0032 ");
	assert_true(fabs(strtod(time, NULL) - (double)clock_real_us() / 1e6) < 600);
	assert_non_null(strstr(at, "le=\"0.01\"} 5\n"));
	assert_non_null(strstr(at, "le=\"+Inf\"} 6 # {trace_id=\"" TRACE "\"} 9 "));
	assert_non_null(strstr(buf_str(&out), "http_request_size_bytes_bucket{le=\"1024.0\"} 1 # "
					      "{trace_id=\"" TRACE "\"} 300 "));
	render(&out, NULL, false);
	assert_null(strstr(buf_str(&out), "trace_id"));
}

/* Protobuf ------------------------------------------------------------------------------------- */

struct message {
	const unsigned char *at, *end;
};

struct field {
	unsigned number, wire;
	uint64_t value;
	struct message inside;
};

static uint64_t take_varint(struct message *message)
{
	uint64_t value = 0;
	unsigned shift = 0;

	do {
		assert_true(message->at < message->end && shift < 64);
		value |= (uint64_t)(*message->at & 0x7F) << shift;
		shift += 7;
	} while (*message->at++ & 0x80);
	return value;
}

static struct message take_bytes(struct message *message)
{
	uint64_t len = take_varint(message);
	struct message inside = {message->at, message->at + len};

	assert_true(len <= (uint64_t)(message->end - message->at));
	message->at += len;
	return inside;
}

static bool next(struct message *message, struct field *field)
{
	uint64_t tag;

	if (message->at == message->end)
		return false;
	tag = take_varint(message);
	field->number = (unsigned)(tag >> 3);
	field->wire = tag & 7;
	if (field->wire == 0) {
		field->value = take_varint(message);
	} else if (field->wire == 2) {
		field->inside = take_bytes(message);
	} else {
		assert_int_equal(field->wire, 1);
		assert_true(message->end - message->at >= 8);
		memcpy(&field->value, message->at, 8); /* both little-endian */
		message->at += 8;
	}
	return true;
}

/* The nth field of a number, or false. */
static bool find(struct message message, unsigned number, size_t nth, struct field *field)
{
	while (next(&message, field)) {
		if (field->number == number && nth-- == 0)
			return true;
	}
	return false;
}

static double double_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static int64_t unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static bool is_text(struct message message, const char *text)
{
	return (size_t)(message.end - message.at) == strlen(text) &&
	       memcmp(message.at, text, strlen(text)) == 0;
}

/* The family of a name in the answer. */
static struct message family_of(const struct buf *out, const char *name)
{
	struct message all = {(const unsigned char *)out->data,
			      (const unsigned char *)out->data + out->len};

	while (all.at < all.end) {
		struct message family = take_bytes(&all);
		struct field field;

		assert_true(find(family, 1, 0, &field));
		if (is_text(field.inside, name))
			return family;
	}
	fail_msg("no family %s", name);
	return all;
}

/* The histogram of a family's nth series. */
static struct message histogram_of(const struct buf *out, const char *name, size_t nth)
{
	struct field metric, histogram;

	assert_true(find(family_of(out, name), 4, nth, &metric));
	assert_true(find(metric.inside, 7, 0, &histogram));
	return histogram.inside;
}

static uint64_t number_of(struct message message, unsigned field_number)
{
	struct field field;

	assert_true(find(message, field_number, 0, &field));
	return field.value;
}

static void test_protobuf_numbers(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(OUT_MAX);
	struct message family;
	struct field field, metric, label;

	(void)state;
	for (size_t i = 0; i < 300; i++)
		metric_inc(M_HTTP_REQUESTS_TOTAL, 1, 1);
	metric_gauge_set(M_TASKLAB_LAB_ACTIVE, -2.5, 1);
	render(&out, PROTOBUF, false);
	family = family_of(&out, "http_requests_total");
	assert_true(find(family, 2, 0, &field) && is_text(field.inside, "HTTP requests answered."));
	assert_int_equal(number_of(family, 3), 0);
	assert_true(find(family, 4, 0, &metric));
	assert_false(find(family, 4, 1, &field));
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = {"method", "route", "code"};
		static const char *const values[] = {"GET", "/tasks/{id}", "404"};

		assert_true(find(metric.inside, 1, i, &label));
		assert_true(find(label.inside, 1, 0, &field) && is_text(field.inside, names[i]));
		assert_true(find(label.inside, 2, 0, &field) && is_text(field.inside, values[i]));
	}
	assert_true(find(metric.inside, 3, 0, &field));
	assert_true(double_of(number_of(field.inside, 1)) == 300);
	family = family_of(&out, "tasklab_lab_active");
	assert_int_equal(number_of(family, 3), 1);
	assert_true(find(family, 4, 0, &metric));
	assert_true(find(metric.inside, 1, 0, &label) && find(label.inside, 2, 0, &field));
	assert_true(is_text(field.inside, "quo\"te")); /* nothing to escape here */
	assert_true(find(metric.inside, 2, 0, &field));
	assert_true(double_of(number_of(field.inside, 1)) == -2.5);
	family = family_of(&out, "process_start_time_seconds");
	assert_true(find(family, 5, 0, &field) && is_text(field.inside, "seconds"));
}

/* Puts the native buckets of a histogram into counts, by index + offset; returns their sum. */
static uint64_t read_native(struct message histogram, uint64_t *counts, int offset, size_t n)
{
	struct field span, delta;
	int64_t count = 0;
	uint64_t sum = 0;
	size_t deltas = 0;
	int index = 0;

	memset(counts, 0, n * sizeof(*counts));
	for (size_t i = 0; find(histogram, 12, i, &span); i++) {
		uint64_t length = number_of(span.inside, 2);

		index += (int)unzigzag(number_of(span.inside, 1));
		assert_true(length > 0);
		for (; length > 0; length--, index++) {
			assert_true(find(histogram, 13, deltas++, &delta));
			count += unzigzag(delta.value);
			assert_true(count >= 0);
			assert_true(index + offset >= 0 && (size_t)(index + offset) < n);
			counts[index + offset] = (uint64_t)count;
			sum += (uint64_t)count;
		}
	}
	assert_false(find(histogram, 13, deltas, &delta));
	return sum;
}

static void test_protobuf_histogram(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(OUT_MAX);
	uint64_t counts[128];
	struct message histogram;
	struct field field, bucket;
	struct id_trace trace = trace_of("01");

	(void)state;
	metric_observe(M_HTTP_REQUEST_SIZE_BYTES, 0, 0);
	metric_observe(M_HTTP_REQUEST_SIZE_BYTES, 1, 0);
	metric_observe(M_HTTP_REQUEST_SIZE_BYTES, 4, 0);
	metric_observe(M_HTTP_REQUEST_SIZE_BYTES, 4, 0);
	metric_observe_exemplar(M_HTTP_REQUEST_SIZE_BYTES, 1000000, 0, &trace);
	render(&out, PROTOBUF, false);
	assert_int_equal(number_of(family_of(&out, "http_request_size_bytes"), 3), 4);
	histogram = histogram_of(&out, "http_request_size_bytes", 0);
	assert_int_equal(number_of(histogram, 1), 5);
	assert_true(double_of(number_of(histogram, 2)) == 1000009);
	assert_int_equal(unzigzag(number_of(histogram, 5)), 1);
	assert_true(double_of(number_of(histogram, 6)) == 0x1p-30);
	assert_int_equal(number_of(histogram, 7), 1);
	assert_int_equal(read_native(histogram, counts, 0, ARRAY_LEN(counts)), 4);
	assert_int_equal(counts[0], 1);              /* (2^-0.5, 1] */
	assert_int_equal(counts[4], 2);              /* (2^1.5, 4] */
	assert_int_equal(counts[40], 1);             /* (2^19.5, 2^20] */
	assert_true(find(histogram, 12, 2, &field)); /* 0 and 4 are too far apart for one span */
	assert_false(find(histogram, 12, 3, &field));
	/* the classic buckets: 64, ..., 1048576, +Inf */
	assert_true(find(histogram, 3, 0, &bucket));
	assert_int_equal(number_of(bucket.inside, 1), 4);
	assert_true(double_of(number_of(bucket.inside, 2)) == 64);
	assert_true(find(histogram, 3, 7, &bucket));
	assert_int_equal(number_of(bucket.inside, 1), 5);
	assert_true(find(bucket.inside, 3, 0, &field));
	assert_true(double_of(number_of(field.inside, 2)) == 1000000);
	assert_true(find(histogram, 3, 8, &bucket));
	assert_true(isinf(double_of(number_of(bucket.inside, 2))));
	assert_true(find(histogram, 15, 0, &field));
	assert_true(number_of(field.inside, 1) > 1700000000);
	/* and the native ones' exemplar */
	assert_true(find(histogram, 16, 0, &field));
	assert_true(double_of(number_of(field.inside, 2)) == 1000000);
	assert_true(find(field.inside, 3, 0, &bucket));
	assert_true(find(field.inside, 1, 0, &bucket) && find(bucket.inside, 2, 0, &field));
	assert_true(is_text(field.inside, TRACE));
	/* a later one in a lower bucket: alone at the buckets, last among all */
	metric_observe_exemplar(M_HTTP_REQUEST_SIZE_BYTES, 70, 0, &trace);
	render(&out, PROTOBUF, false);
	histogram = histogram_of(&out, "http_request_size_bytes", 0);
	assert_true(find(histogram, 3, 1, &bucket) && find(bucket.inside, 3, 0, &field));
	assert_true(find(histogram, 3, 7, &bucket) && !find(bucket.inside, 3, 0, &field));
	assert_true(find(histogram, 16, 1, &field));
	assert_true(double_of(number_of(field.inside, 2)) == 70);
	assert_false(find(histogram, 16, 2, &field));
}

/* A histogram without observations is known as a native one by its zero threshold. */
static void test_protobuf_empty_histogram(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(OUT_MAX);
	struct message histogram;
	struct field field;

	(void)state;
	render(&out, PROTOBUF, false);
	histogram = histogram_of(&out, "db_pool_wait_seconds", 0);
	assert_int_equal(number_of(histogram, 1), 0);
	assert_true(double_of(number_of(histogram, 6)) > 0);
	assert_false(find(histogram, 12, 0, &field));
}

/* Short gaps are filled within a span, long ones begin another. */
static void test_spans(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(OUT_MAX);
	uint64_t counts[128];
	struct message histogram;
	struct field span;

	(void)state;
	metric_observe(M_HTTP_RESPONSE_SIZE_BYTES, 1, 0);  /* 0 */
	metric_observe(M_HTTP_RESPONSE_SIZE_BYTES, 2, 0);  /* 2: gap of 1 */
	metric_observe(M_HTTP_RESPONSE_SIZE_BYTES, 5, 0);  /* 5: gap of 2 */
	metric_observe(M_HTTP_RESPONSE_SIZE_BYTES, 20, 0); /* 9: gap of 3 */
	render(&out, PROTOBUF, false);
	histogram = histogram_of(&out, "http_response_size_bytes", 0);
	assert_int_equal(read_native(histogram, counts, 0, ARRAY_LEN(counts)), 4);
	assert_true(counts[0] == 1 && counts[2] == 1 && counts[5] == 1 && counts[9] == 1);
	assert_true(find(histogram, 12, 0, &span));
	assert_int_equal(number_of(span.inside, 2), 6);
	assert_true(find(histogram, 12, 1, &span));
	assert_int_equal(unzigzag(number_of(span.inside, 1)), 3);
	assert_int_equal(number_of(span.inside, 2), 1);
	assert_false(find(histogram, 12, 2, &span));
}

static void *observe_range(void *arg)
{
	/* 1 ns to 2^34 ns in 34 octaves of 8 buckets, each once */
	for (int step = *(const int *)arg; step < 34 * 8; step += 2)
		metric_observe_ns(M_DB_POOL_WAIT_SECONDS, (int64_t)(exp2(step / 8.0) * 1.01) + 1,
				  0);
	return NULL;
}

/* More buckets than the limit, of several threads: the schema goes down, no count is lost. */
static void test_resolution_is_halved_at_the_limit(void **state)
{
	AUTO(buf_release) struct buf out = BUF_INIT(OUT_MAX);
	static const int firsts[] = {0, 1};
	uint64_t counts[512];
	size_t populated = 0;
	struct message histogram;

	(void)state;
	metric_observe_ns(M_DB_POOL_WAIT_SECONDS, 1000, 0);
	render(&out, PROTOBUF, false);
	assert_int_equal(unzigzag(number_of(histogram_of(&out, "db_pool_wait_seconds", 0), 5)), 3);
	for (size_t i = 0; i < 2; i++) {
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, observe_range, (void *)&firsts[i]),
				 0);
		pthread_join(thread, NULL);
	}
	render(&out, PROTOBUF, false);
	histogram = histogram_of(&out, "db_pool_wait_seconds", 0);
	assert_int_equal(unzigzag(number_of(histogram, 5)), 2);
	assert_int_equal(number_of(histogram, 1), 34 * 8 + 1);
	assert_int_equal(read_native(histogram, counts, 256, ARRAY_LEN(counts)), 34 * 8 + 1);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		populated += counts[i] > 0;
	assert_in_range(populated, 100, NATIVE_LIMIT);
}

/* Threads -------------------------------------------------------------------------------------- */

#define WRITERS    4
#define PER_WRITER 20000

static _Atomic unsigned writing;

/* The trace id is the value twice, so that a torn exemplar shows. */
static void *write_exemplars(void *arg)
{
	uint64_t state = (uint64_t)(uintptr_t)arg;

	for (int i = 0; i < PER_WRITER; i++) {
		struct id_trace trace = {.flags = 1};
		uint64_t value;

		state = state * UINT64_C(6364136223846793005) + 1;
		value = ((state >> 40) >> (state >> 30) % 24) + 1;
		memcpy(trace.trace_id, &value, 8);
		memcpy(trace.trace_id + 8, &value, 8);
		metric_observe_exemplar(M_HTTP_REQUEST_SIZE_BYTES, value, 0, &trace);
	}
	atomic_fetch_sub(&writing, 1);
	return NULL;
}

static size_t check_exemplars(void)
{
	struct snapshot snapshot;
	struct histogram histogram;
	const struct layout *layout;
	size_t found = 0;
	uint64_t sum = 0;

	store_snapshot_begin(&snapshot);
	layout = &snapshot.layouts[M_HTTP_REQUEST_SIZE_BYTES];
	histogram_read(&snapshot, layout, layout->first, &histogram);
	for (size_t i = 0; i <= layout->shape.buckets; i++) {
		const union cell *exemplar = histogram.exemplars[i];

		sum += histogram.classic[i];
		if (!exemplar)
			continue;
		found++;
		assert_int_equal(exemplar[EXEMPLAR_TRACE].count, exemplar[EXEMPLAR_VALUE].count);
		assert_int_equal(exemplar[EXEMPLAR_TRACE + 1].count,
				 exemplar[EXEMPLAR_VALUE].count);
		assert_int_equal(layout->shape.classic_of[shape_cell(
					 &layout->shape, exemplar[EXEMPLAR_VALUE].count)],
				 i);
	}
	assert_int_equal(sum, histogram.count);
	store_snapshot_end();
	return found;
}

static void test_exemplars_are_never_torn(void **state)
{
	pthread_t threads[WRITERS];

	(void)state;
	atomic_store(&writing, WRITERS);
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_exemplars,
						(void *)(uintptr_t)(i + 1)),
				 0);
	while (atomic_load(&writing) > 0)
		check_exemplars();
	for (size_t i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(check_exemplars(), 9);
}

int main(void)
{
#define STARTED(test) cmocka_unit_test_setup_teardown(test, start, stop)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_coding),
		STARTED(test_answers_say_what_they_are),
		STARTED(test_too_large),
		STARTED(test_openmetrics),
		STARTED(test_created),
		STARTED(test_exemplars),
		STARTED(test_protobuf_numbers),
		STARTED(test_protobuf_histogram),
		STARTED(test_protobuf_empty_histogram),
		STARTED(test_spans),
		STARTED(test_resolution_is_halved_at_the_limit),
		STARTED(test_exemplars_are_never_torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* proto.c - length-delimited protobuf messages, with native histograms.
 *
 * io.prometheus.client.MetricFamily of metrics.proto, the Prometheus client model
 * (https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto),
 * in the encoding of https://protobuf.dev/programming-guides/encoding/. The numbers below are that
 * file's. The messages are written straight from the snapshot; a generated library would first
 * want a tree of every bucket on the heap.
 */
#include "expose.h"

#include <math.h>
#include <string.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>

enum wire { WIRE_VARINT = 0, WIRE_I64 = 1, WIRE_LEN = 2 };
enum family { FAMILY_NAME = 1, FAMILY_HELP, FAMILY_TYPE, FAMILY_METRIC, FAMILY_UNIT };
enum family_type { TYPE_COUNTER = 0, TYPE_GAUGE = 1, TYPE_HISTOGRAM = 4 };
enum metric_message {
	IN_METRIC_LABEL = 1,
	IN_METRIC_GAUGE,
	IN_METRIC_COUNTER,
	IN_METRIC_HISTOGRAM = 7
};
enum label_message { LABEL_NAME = 1, LABEL_VALUE };
enum number { NUMBER_VALUE = 1, NUMBER_CREATED = 3 }; /* gauge, counter */
enum histogram_message {
	HISTOGRAM_COUNT = 1,
	HISTOGRAM_SUM = 2,
	HISTOGRAM_BUCKET = 3,
	HISTOGRAM_SCHEMA = 5,
	HISTOGRAM_ZERO_THRESHOLD = 6,
	HISTOGRAM_ZERO_COUNT = 7,
	HISTOGRAM_SPAN = 12,
	HISTOGRAM_DELTA = 13,
	HISTOGRAM_CREATED = 15,
	HISTOGRAM_EXEMPLAR = 16,
};
enum bucket_message { BUCKET_COUNT = 1, BUCKET_BOUND, BUCKET_EXEMPLAR };
enum span_message { SPAN_OFFSET = 1, SPAN_LENGTH };
enum exemplar_message { IN_EXEMPLAR_LABEL = 1, IN_EXEMPLAR_VALUE, IN_EXEMPLAR_TIME };
enum timestamp { TIMESTAMP_SECONDS = 1, TIMESTAMP_NANOS };

#define VARINT_MAX 10
#define SPAN_GAP   2  /* empty buckets that cost less within a span than a new span does */
#define LATEST     10 /* exemplars of a native histogram */

static size_t varint(unsigned char out[VARINT_MAX], uint64_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		out[n++] = (unsigned char)(value | 0x80);
	out[n++] = (unsigned char)value;
	return n;
}

static void put_varint(struct buf *out, uint64_t value)
{
	unsigned char bytes[VARINT_MAX];

	buf_append(out, bytes, varint(bytes, value));
}

static void put_tag(struct buf *out, int field, enum wire wire)
{
	put_varint(out, (uint64_t)field << 3 | wire);
}

static void put_u64(struct buf *out, int field, uint64_t value)
{
	put_tag(out, field, WIRE_VARINT);
	put_varint(out, value);
}

/* sint32 and sint64 */
static void put_zigzag(struct buf *out, int field, int64_t value)
{
	put_u64(out, field, ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

static void put_double(struct buf *out, int field, double value)
{
	unsigned char bytes[8];
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(bits >> (8 * i));
	put_tag(out, field, WIRE_I64);
	buf_append(out, bytes, sizeof(bytes));
}

static void put_text(struct buf *out, int field, const char *text, size_t len)
{
	put_tag(out, field, WIRE_LEN);
	put_varint(out, len);
	buf_append(out, text, len);
}

/* A message begins where its length will stand; the length is put before it in the end. */
static size_t message_begin(struct buf *out, int field)
{
	put_tag(out, field, WIRE_LEN);
	return out->len;
}

static void message_end(struct buf *out, size_t begin)
{
	unsigned char length[VARINT_MAX];
	size_t len = out->len - begin;
	size_t n = varint(length, len);

	if (out->failed || !buf_reserve(out, n))
		return;
	buf_commit(out, n);
	memmove(out->data + begin + n, out->data + begin, len);
	memcpy(out->data + begin, length, n);
}

static void put_timestamp(struct buf *out, int field, int64_t unix_us)
{
	size_t begin = message_begin(out, field);

	put_u64(out, TIMESTAMP_SECONDS, (uint64_t)(unix_us / CLOCK_US_PER_S));
	put_u64(out, TIMESTAMP_NANOS, (uint64_t)(unix_us % CLOCK_US_PER_S) * 1000);
	message_end(out, begin);
}

static void put_label(struct buf *out, int field, const char *name, size_t name_len,
		      const char *value)
{
	size_t begin = message_begin(out, field);

	put_text(out, LABEL_NAME, name, name_len);
	put_text(out, LABEL_VALUE, value, strlen(value));
	message_end(out, begin);
}

static void put_label_set(struct buf *out, enum metric_label_set set, size_t index)
{
	const char *names = metric_label_names[set];
	const char *const *values = label_sets[set].values;

	for (size_t i = index * label_sets[set].name_count; *names; i++) {
		size_t len = strcspn(names, ",");

		put_label(out, IN_METRIC_LABEL, names, len, values[i]);
		names += names[len] == ',' ? len + 1 : len;
	}
}

static void put_exemplar(struct buf *out, int field, const struct shape *shape,
			 const union cell *exemplar)
{
	static const char NAME[] = "trace_id";
	size_t begin = message_begin(out, field);
	struct id_trace trace;
	char hex[33];

	memcpy(trace.trace_id, exemplar, sizeof(trace.trace_id));
	id_trace_hex(&trace, hex);
	put_label(out, IN_EXEMPLAR_LABEL, NAME, sizeof(NAME) - 1, hex);
	put_double(out, IN_EXEMPLAR_VALUE, (double)exemplar[EXEMPLAR_VALUE].count / shape->scale);
	put_timestamp(out, IN_EXEMPLAR_TIME, (int64_t)exemplar[EXEMPLAR_TIME].count);
	message_end(out, begin);
}

/* The slot of the latest exemplar, or NULL. */
static const union cell **latest_exemplar(const struct shape *shape, struct histogram *histogram)
{
	const union cell **latest = NULL;

	for (size_t i = 0; i <= shape->buckets; i++) {
		const union cell **one = &histogram->exemplars[i];

		if (*one &&
		    (!latest || (*one)[EXEMPLAR_TIME].count > (*latest)[EXEMPLAR_TIME].count))
			latest = one;
	}
	return latest;
}

/* Only the latest exemplar stands at its classic bucket: of a native histogram, Prometheus before
 * 2.46 takes the first that it finds there and no other (prometheus/prometheus issue 12553), and
 * since 2.50 it takes them from their own field. */
static void put_classic(struct buf *out, const struct shape *shape, struct histogram *histogram)
{
	const union cell **latest = latest_exemplar(shape, histogram);
	uint64_t count = 0;

	for (size_t i = 0; i <= shape->buckets; i++) {
		size_t begin = message_begin(out, HISTOGRAM_BUCKET);

		count += histogram->classic[i];
		put_u64(out, BUCKET_COUNT, count);
		put_double(out, BUCKET_BOUND, shape->upper[i]);
		if (latest == &histogram->exemplars[i])
			put_exemplar(out, BUCKET_EXEMPLAR, shape, *latest);
		message_end(out, begin);
	}
}

/* Buckets from first on that are near enough to stand in one span; *length counts the empty ones
 * between them as well. */
static size_t span_end(const struct native *native, size_t first, unsigned *length)
{
	size_t end = first + 1;

	while (end < native->n &&
	       native->buckets[end].index - native->buckets[end - 1].index <= SPAN_GAP + 1)
		end++;
	*length = (unsigned)(native->buckets[end - 1].index - native->buckets[first].index) + 1;
	return end;
}

static void put_spans(struct buf *out, const struct native *native)
{
	int next = 0; /* the first span's offset is its index, a later one's the gap before it */

	for (size_t first = 0; first < native->n;) {
		unsigned length;
		size_t end = span_end(native, first, &length);
		size_t begin = message_begin(out, HISTOGRAM_SPAN);

		put_zigzag(out, SPAN_OFFSET, native->buckets[first].index - next);
		put_u64(out, SPAN_LENGTH, length);
		message_end(out, begin);
		next = native->buckets[end - 1].index + 1;
		first = end;
	}
}

static void put_deltas(struct buf *out, const struct native *native)
{
	int64_t last = 0;

	for (size_t i = 0; i < native->n; i++) {
		int gap = i > 0 ? native->buckets[i].index - native->buckets[i - 1].index - 1 : 0;

		for (int empty = 0; gap <= SPAN_GAP && empty < gap; empty++) {
			put_zigzag(out, HISTOGRAM_DELTA, -last);
			last = 0;
		}
		put_zigzag(out, HISTOGRAM_DELTA, (int64_t)native->buckets[i].count - last);
		last = (int64_t)native->buckets[i].count;
	}
}

/* A native histogram has its exemplars beside the buckets: the latest, oldest first. */
static void put_latest(struct buf *out, const struct shape *shape, struct histogram *histogram)
{
	const union cell *latest[LATEST];
	size_t n = 0;

	while (n < LATEST) {
		const union cell **one = latest_exemplar(shape, histogram);

		if (!one)
			break;
		latest[n++] = *one;
		*one = NULL;
	}
	while (n > 0)
		put_exemplar(out, HISTOGRAM_EXEMPLAR, shape, latest[--n]);
}

static void put_histogram(struct buf *out, const struct snapshot *snapshot,
			  const struct layout *layout, size_t cell)
{
	size_t begin = message_begin(out, IN_METRIC_HISTOGRAM);
	struct histogram histogram;
	struct native native;

	histogram_read(snapshot, layout, cell, &histogram);
	native_read(snapshot, layout, cell, &native);
	put_u64(out, HISTOGRAM_COUNT, histogram.count);
	put_double(out, HISTOGRAM_SUM, (double)histogram.sum / layout->shape.scale);
	put_classic(out, &layout->shape, &histogram);
	put_zigzag(out, HISTOGRAM_SCHEMA, native.schema);
	put_double(out, HISTOGRAM_ZERO_THRESHOLD, NATIVE_ZERO_THRESHOLD);
	put_u64(out, HISTOGRAM_ZERO_COUNT, native.zero_count);
	put_spans(out, &native);
	put_deltas(out, &native);
	put_timestamp(out, HISTOGRAM_CREATED, snapshot->start_us);
	put_latest(out, &layout->shape, &histogram);
	message_end(out, begin);
}

static void put_number(struct buf *out, const struct snapshot *snapshot, enum metric_type type,
		       size_t cell)
{
	const union cell *value = &snapshot->cells[cell];
	size_t begin =
		message_begin(out, type == METRIC_GAUGE ? IN_METRIC_GAUGE : IN_METRIC_COUNTER);

	put_double(out, NUMBER_VALUE, type == METRIC_COUNTER ? (double)value->count : value->gauge);
	if (type == METRIC_COUNTER)
		put_timestamp(out, NUMBER_CREATED, snapshot->start_us);
	message_end(out, begin);
}

static void put_metric(struct buf *out, const struct snapshot *snapshot, enum metric metric,
		       size_t series)
{
	const struct metric_row *row = &metric_rows[metric];
	const struct layout *layout = &snapshot->layouts[metric];
	size_t cell = layout->first + series * layout->width;
	size_t begin = message_begin(out, FAMILY_METRIC);

	put_label_set(out, row->set0, series / layout->n1);
	put_label_set(out, row->set1, series % layout->n1);
	if (row->type == METRIC_HISTOGRAM)
		put_histogram(out, snapshot, layout, cell);
	else
		put_number(out, snapshot, row->type, cell);
	message_end(out, begin);
}

static void put_head(struct buf *out, const struct metric_row *row)
{
	enum family_type type = TYPE_COUNTER;

	if (row->type == METRIC_GAUGE)
		type = TYPE_GAUGE;
	else if (row->type == METRIC_HISTOGRAM)
		type = TYPE_HISTOGRAM;
	put_text(out, FAMILY_NAME, row->name, strlen(row->name));
	put_text(out, FAMILY_HELP, row->help, strlen(row->help));
	put_u64(out, FAMILY_TYPE, type);
}

void proto_family(struct buf *out, const struct snapshot *snapshot, enum metric metric)
{
	const struct metric_row *row = &metric_rows[metric];
	const struct layout *layout = &snapshot->layouts[metric];
	size_t begin = out->len;

	for (size_t series = 0; series < layout->n0 * layout->n1; series++) {
		if (!series_is_touched(snapshot, metric, layout->first + series * layout->width))
			continue;
		if (out->len == begin)
			put_head(out, row);
		put_metric(out, snapshot, metric, series);
	}
	if (out->len == begin)
		return;
	if (row->unit[0])
		put_text(out, FAMILY_UNIT, row->unit, strlen(row->unit));
	message_end(out, begin);
}

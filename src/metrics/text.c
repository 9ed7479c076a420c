/* text.c - the Prometheus text format 0.0.4 and OpenMetrics 1.0.0, which differ in a few words.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
#include "expose.h"

#include <string.h>

#include <tasklab/base/clock.h>

#define TOTAL "_total"

/* One family being written. */
struct writer {
	struct buf *out;
	const struct snapshot *snapshot;
	const struct metric_row *row;
	const struct layout *layout;
	size_t name_len;
	enum text_style style;
	bool created;
};

/* Both label sets of a series, as text between the braces. */
struct labels {
	const char *text0, *text1;
	size_t len0, len1;
};

static void labels_part(enum metric_label_set id, size_t index, const char **text, size_t *len)
{
	const struct label_set *set = &label_sets[id];

	*text = "";
	*len = 0;
	if (id == LABELS_NONE)
		return;
	*text = buf_str(&set->text) + set->at[index];
	*len = set->at[index + 1] - set->at[index];
}

static struct labels labels_of(const struct metric_row *row, size_t index0, size_t index1)
{
	struct labels labels;

	labels_part(row->set0, index0, &labels.text0, &labels.len0);
	labels_part(row->set1, index1, &labels.text1, &labels.len1);
	return labels;
}

static char *put(char *at, const char *text, size_t len)
{
	memcpy(at, text, len);
	return at + len;
}

/* Name, suffix and labels; le ("" for none) comes last. The value follows. */
static void put_series(const struct writer *writer, size_t name_len, const char *suffix,
		       const struct labels *labels, const char *le)
{
	static const char LE[] = "le=\"";
	size_t suffix_len = strlen(suffix), le_len = strlen(le);
	size_t most = name_len + suffix_len + labels->len0 + labels->len1 + le_len + sizeof(LE) + 6;
	char *start = buf_reserve(writer->out, most);
	char *at = start;

	if (!start)
		return;
	at = put(at, writer->row->name, name_len);
	at = put(at, suffix, suffix_len);
	if (labels->len0 + labels->len1 + le_len > 0) {
		*at++ = '{';
		at = put(at, labels->text0, labels->len0);
		if (labels->len0 > 0 && labels->len1 > 0)
			*at++ = ',';
		at = put(at, labels->text1, labels->len1);
		if (le_len > 0) {
			if (labels->len0 + labels->len1 > 0)
				*at++ = ',';
			at = put(at, LE, sizeof(LE) - 1);
			at = put(at, le, le_len);
			*at++ = '"';
		}
		*at++ = '}';
	}
	*at++ = ' ';
	buf_commit(writer->out, (size_t)(at - start));
}

/* OpenMetrics escapes the double quote as well. */
static void put_help(const struct writer *writer)
{
	for (const char *at = writer->row->help; *at; at++) {
		if (*at == '\n')
			buf_puts(writer->out, "\\n");
		else if (*at == '\\')
			buf_puts(writer->out, "\\\\");
		else if (*at == '"' && writer->style == TEXT_OPENMETRICS)
			buf_puts(writer->out, "\\\"");
		else
			buf_putc(writer->out, *at);
	}
}

static void put_comment(const struct writer *writer, const char *what)
{
	buf_puts(writer->out, what);
	buf_append(writer->out, writer->row->name, writer->name_len);
	buf_putc(writer->out, ' ');
}

static void put_family(const struct writer *writer)
{
	put_comment(writer, "# HELP ");
	put_help(writer);
	put_comment(writer, "\n# TYPE ");
	buf_puts(writer->out, metric_type_name(writer->row->type));
	if (writer->style == TEXT_OPENMETRICS && writer->row->unit[0]) {
		put_comment(writer, "\n# UNIT ");
		buf_puts(writer->out, writer->row->unit);
	}
	buf_putc(writer->out, '\n');
}

/* units and billionths, exactly. */
static void put_billionths(struct buf *out, uint64_t count)
{
	uint64_t fraction = count % (uint64_t)CLOCK_NS_PER_S;
	char digits[10] = ".000000000";
	size_t len = sizeof(digits);

	buf_u64(out, count / (uint64_t)CLOCK_NS_PER_S);
	if (fraction == 0)
		return;
	for (size_t i = sizeof(digits) - 1; i > 0; i--) {
		digits[i] = (char)('0' + fraction % 10);
		fraction /= 10;
	}
	while (digits[len - 1] == '0')
		len--;
	buf_append(out, digits, len);
}

static void put_value(const struct writer *writer, uint64_t value)
{
	if (metric_in_seconds(writer->row))
		put_billionths(writer->out, value);
	else
		buf_u64(writer->out, value);
}

static void put_time(struct buf *out, uint64_t unix_us)
{
	buf_u64(out, unix_us / (uint64_t)CLOCK_US_PER_S);
	buf_printf(out, ".%06u", (unsigned)(unix_us % (uint64_t)CLOCK_US_PER_S));
}

static void put_exemplar(const struct writer *writer, const union cell *exemplar)
{
	struct id_trace trace;
	char hex[33];

	memcpy(trace.trace_id, exemplar, sizeof(trace.trace_id));
	id_trace_hex(&trace, hex);
	buf_puts(writer->out, " # {trace_id=\"");
	buf_puts(writer->out, hex);
	buf_puts(writer->out, "\"} ");
	put_value(writer, exemplar[EXEMPLAR_VALUE].count);
	buf_putc(writer->out, ' ');
	put_time(writer->out, exemplar[EXEMPLAR_TIME].count);
}

static void put_created(const struct writer *writer, const struct labels *labels)
{
	if (!writer->created || writer->style != TEXT_OPENMETRICS)
		return;
	put_series(writer, writer->name_len, "_created", labels, "");
	put_time(writer->out, (uint64_t)writer->snapshot->start_us);
	buf_putc(writer->out, '\n');
}

static void put_histogram(const struct writer *writer, size_t cell, const struct labels *labels)
{
	struct histogram histogram;
	uint64_t count = 0;

	histogram_read(writer->snapshot, writer->layout, cell, &histogram);
	for (size_t i = 0; i <= writer->layout->shape.buckets; i++) {
		count += histogram.classic[i];
		put_series(writer, writer->name_len, "_bucket", labels, writer->layout->le[i]);
		buf_u64(writer->out, count);
		if (histogram.exemplars[i] && writer->style == TEXT_OPENMETRICS)
			put_exemplar(writer, histogram.exemplars[i]);
		buf_putc(writer->out, '\n');
	}
	put_series(writer, writer->name_len, "_sum", labels, "");
	put_value(writer, histogram.sum);
	buf_putc(writer->out, '\n');
	put_series(writer, writer->name_len, "_count", labels, "");
	buf_u64(writer->out, count);
	buf_putc(writer->out, '\n');
	put_created(writer, labels);
}

static void put_sample(const struct writer *writer, size_t cell, size_t series)
{
	const struct layout *layout = writer->layout;
	const union cell *value = &writer->snapshot->cells[cell];
	struct labels labels = labels_of(writer->row, series / layout->n1, series % layout->n1);

	if (writer->row->type == METRIC_HISTOGRAM) {
		put_histogram(writer, cell, &labels);
		return;
	}
	put_series(writer, strlen(writer->row->name), "", &labels, "");
	if (writer->row->type == METRIC_COUNTER)
		buf_u64(writer->out, value->count);
	else
		buf_f64(writer->out, value->gauge);
	buf_putc(writer->out, '\n');
	if (writer->row->type == METRIC_COUNTER)
		put_created(writer, &labels);
}

/* In OpenMetrics a counter's family is named without _total. */
static size_t family_name_len(const struct metric_row *row, enum text_style style)
{
	size_t len = strlen(row->name), total = strlen(TOTAL);

	if (style == TEXT_OPENMETRICS && metric_is_counter(row->type) && len > total &&
	    strcmp(row->name + len - total, TOTAL) == 0)
		return len - total;
	return len;
}

void text_family(struct buf *out, const struct snapshot *snapshot, enum metric metric,
		 enum text_style style, bool created)
{
	const struct layout *layout = &snapshot->layouts[metric];
	struct writer writer = {
		.out = out,
		.snapshot = snapshot,
		.row = &metric_rows[metric],
		.layout = layout,
		.name_len = family_name_len(&metric_rows[metric], style),
		.style = style,
		.created = created,
	};
	bool named = false;

	for (size_t series = 0; series < layout->n0 * layout->n1; series++) {
		size_t cell = layout->first + series * layout->width;

		if (!series_is_touched(snapshot, metric, cell))
			continue;
		if (!named)
			put_family(&writer);
		named = true;
		put_sample(&writer, cell, series);
	}
}

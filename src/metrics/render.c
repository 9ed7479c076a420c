/* render.c - the Prometheus text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). */
#include "store.h"

#include <string.h>

#include <tasklab/base/clock.h>

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

/* name, suffix and labels; le ("" for none) comes last. The value follows. */
static void put_series(struct buf *out, const char *name, const char *suffix,
		       const struct labels *labels, const char *le)
{
	bool comma = false;

	buf_puts(out, name);
	buf_puts(out, suffix);
	if (labels->len0 + labels->len1 > 0 || *le) {
		buf_putc(out, '{');
		buf_append(out, labels->text0, labels->len0);
		comma = labels->len0 > 0;
		if (comma && labels->len1 > 0)
			buf_putc(out, ',');
		buf_append(out, labels->text1, labels->len1);
		if ((comma || labels->len1 > 0) && *le)
			buf_putc(out, ',');
		if (*le) {
			buf_puts(out, "le=\"");
			buf_puts(out, le);
			buf_putc(out, '"');
		}
		buf_putc(out, '}');
	}
	buf_putc(out, ' ');
}

static void put_help(struct buf *out, const char *help)
{
	for (; *help; help++) {
		if (*help == '\n')
			buf_puts(out, "\\n");
		else if (*help == '\\')
			buf_puts(out, "\\\\");
		else
			buf_putc(out, *help);
	}
}

static void put_family(struct buf *out, enum metric metric)
{
	struct metric_info info;

	metrics_info(metric, &info);
	buf_puts(out, "# HELP ");
	buf_puts(out, info.name);
	buf_putc(out, ' ');
	put_help(out, info.help);
	buf_puts(out, "\n# TYPE ");
	buf_puts(out, info.name);
	buf_putc(out, ' ');
	buf_puts(out, info.type);
	buf_putc(out, '\n');
}

/* Integer nanoseconds as seconds, exactly. */
static void put_seconds(struct buf *out, uint64_t ns)
{
	uint64_t fraction = ns % (uint64_t)CLOCK_NS_PER_S;
	char digits[10] = ".000000000";
	size_t len = sizeof(digits);

	buf_u64(out, ns / (uint64_t)CLOCK_NS_PER_S);
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

static uint64_t observations(const struct layout *layout, const union cell *cells)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= layout->buckets; i++)
		count += cells[i].count;
	return count;
}

static void put_histogram(struct buf *out, const struct metric_row *row,
			  const struct layout *layout, const union cell *cells,
			  const struct labels *labels)
{
	uint64_t count = 0;

	for (size_t i = 0; i <= layout->buckets; i++) {
		count += cells[i].count;
		put_series(out, row->name, "_bucket", labels, layout->le[i]);
		buf_u64(out, count);
		buf_putc(out, '\n');
	}
	put_series(out, row->name, "_sum", labels, "");
	if (metric_in_seconds(row))
		put_seconds(out, cells[layout->buckets + 1].count);
	else
		buf_u64(out, cells[layout->buckets + 1].count);
	buf_putc(out, '\n');
	put_series(out, row->name, "_count", labels, "");
	buf_u64(out, count);
	buf_putc(out, '\n');
}

static bool is_touched(const struct snapshot *snapshot, const struct metric_row *row,
		       const struct layout *layout, size_t cell)
{
	if (row->set0 == LABELS_NONE && row->set1 == LABELS_NONE)
		return true;
	switch (row->type) {
	case METRIC_COUNTER:
		return snapshot->cells[cell].count > 0;
	case METRIC_HISTOGRAM:
		return observations(layout, &snapshot->cells[cell]) > 0;
	case METRIC_COUNTER_SET:
	case METRIC_GAUGE:
		break;
	}
	return store_gauge_touched(snapshot, cell);
}

static void put_sample(struct buf *out, const struct snapshot *snapshot,
		       const struct metric_row *row, const struct layout *layout, size_t series)
{
	const union cell *cells = &snapshot->cells[layout->first + series * layout->width];
	struct labels labels = labels_of(row, series / layout->n1, series % layout->n1);

	if (row->type == METRIC_HISTOGRAM) {
		put_histogram(out, row, layout, cells, &labels);
		return;
	}
	put_series(out, row->name, "", &labels, "");
	if (row->type == METRIC_COUNTER)
		buf_u64(out, cells->count);
	else
		buf_f64(out, cells->gauge);
	buf_putc(out, '\n');
}

static void render_family(struct buf *out, const struct snapshot *snapshot, enum metric metric)
{
	const struct metric_row *row = &metric_rows[metric];
	const struct layout *layout = &snapshot->layouts[metric];
	bool named = false;

	for (size_t series = 0; series < layout->n0 * layout->n1; series++) {
		if (!is_touched(snapshot, row, layout, layout->first + series * layout->width))
			continue;
		if (!named)
			put_family(out, metric);
		named = true;
		put_sample(out, snapshot, row, layout, series);
	}
}

int metrics_render_text(struct buf *out, struct err *err)
{
	int64_t start_ns = clock_mono_ns();
	struct snapshot snapshot;

	if (!store_started())
		return err_set(err, ERR_UNAVAILABLE, "metrics are not started", "");
	store_snapshot_begin(&snapshot);
	for (size_t i = 0; i < METRIC_COUNT; i++)
		render_family(out, &snapshot, (enum metric)i);
	store_snapshot_end();
	metric_gauge_set(M_TASKLAB_SCRAPE_DURATION_SECONDS,
			 (double)(clock_mono_ns() - start_ns) / 1e9, 0);
	return buf_check(out, err);
}

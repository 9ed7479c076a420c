/* report_html_latency.c - both latency distributions as inline SVG on one logarithmic axis.
 *
 * Places along the axis are percentages and those across it pixels, so that the drawing has any
 * width while its text keeps its size.
 */
#include "report_html.h"

#include <math.h>
#include <stdio.h>

#include <tasklab/base/hist.h>

#include "markup.h"

#define SLOTS       120
#define NAME_HEIGHT 20
#define LABEL_LINE  15
#define PLOT_HEIGHT 84
#define SIDE_HEIGHT (NAME_HEIGHT + 3 * LABEL_LINE + PLOT_HEIGHT + 14)
#define AXIS_HEIGHT 24
#define TURN        68.0 /* per cent: with p99 beyond it the labels stand left of their marks */

static const struct {
	const char *name;
	double q;
} MARKS[] = {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}};

struct chart {
	struct buf *out;
	struct report_latency latency;
	double low, high; /* logarithms of the axis's ends */
};

/* Per cent of the width. */
static double place(const struct chart *chart, double ns)
{
	double share = (log10(ns) - chart->low) / (chart->high - chart->low);

	return 100 * fmin(fmax(share, 0), 1);
}

static int side_top(size_t side)
{
	return (int)side * SIDE_HEIGHT;
}

/* The line that the bars of a side stand on. */
static int side_base(size_t side)
{
	return side_top(side) + NAME_HEIGHT + 3 * LABEL_LINE + PLOT_HEIGHT;
}

static void put_slots(const struct chart *chart, size_t side)
{
	const struct report_latency *latency = &chart->latency;

	for (size_t i = 0; i < latency->slots; i++) {
		double from = place(chart, i ? latency->upper_ns[i - 1] : latency->lower_ns);
		double to = place(chart, latency->upper_ns[i]);
		double height = PLOT_HEIGHT * report_latency_bar(latency, side, i);
		char text[REPORT_CELL], upper[REPORT_CELL];

		if (latency->count[side][i] == 0)
			continue;
		height = fmax(height, 1.5);
		buf_printf(chart->out,
			   "<rect class=\"slot\" x=\"%.2f%%\" y=\"%.1f\" width=\"%.2f%%\" "
			   "height=\"%.1f\">"
			   "<title>",
			   from, side_base(side) - height, fmax(to - from - 0.08, 0.1), height);
		markup_put(chart->out, "%s calls up to %s",
			   report_value((double)latency->count[side][i], REPORT_COUNT, text),
			   report_value(latency->upper_ns[i], REPORT_NS, upper));
		buf_puts(chart->out, "</title></rect>\n");
	}
}

/* A label has a line of its own, and stands on the side of its mark where no other mark comes down
 * from above it. */
static void put_mark(const struct chart *chart, size_t mark, double ns, size_t side, bool left)
{
	double x = place(chart, ns);
	size_t line = left ? ARRAY_LEN(MARKS) - mark : mark + 1;
	int y = side_top(side) + NAME_HEIGHT + (int)line * LABEL_LINE;
	char text[REPORT_CELL];

	buf_printf(chart->out,
		   "<line class=\"mark %s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>\n"
		   "<text class=\"label\" x=\"%.2f%%\" y=\"%d\" dx=\"%d\"%s>",
		   MARKS[mark].name, x, x, y - LABEL_LINE + 4, side_base(side), x, y, left ? -5 : 5,
		   left ? " text-anchor=\"end\"" : "");
	markup_put(chart->out, "%s %s</text>\n", MARKS[mark].name,
		   report_value(ns, REPORT_NS, text));
}

static void put_marks(const struct chart *chart, const struct hist *hist, size_t side)
{
	double last = (double)hist_quantile_ns(hist, MARKS[ARRAY_LEN(MARKS) - 1].q);

	for (size_t i = 0; i < ARRAY_LEN(MARKS); i++)
		put_mark(chart, i, (double)hist_quantile_ns(hist, MARKS[i].q), side,
			 place(chart, last) > TURN);
}

static void put_side(const struct chart *chart, const struct report_view *view, size_t side)
{
	const struct hist *hist = view->side[side].record->latency;
	char count[REPORT_CELL];

	buf_printf(chart->out, "<g class=\"%s\">\n<text class=\"name\" x=\"0\" y=\"%d\">",
		   report_html_side(side), side_top(side) + 13);
	markup_put(chart->out, "%s: %s calls</text>\n", view->side[side].title,
		   report_value((double)hist->count, REPORT_COUNT, count));
	put_slots(chart, side);
	if (hist->count > 0)
		put_marks(chart, hist, side);
	buf_printf(chart->out,
		   "<line class=\"base\" x1=\"0\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>\n</g>\n",
		   side_base(side), side_base(side));
}

static void put_tick(const struct chart *chart, double ns)
{
	double x = place(chart, ns);
	char text[REPORT_CELL];

	buf_printf(chart->out,
		   "<line class=\"grid\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>\n"
		   "<text class=\"tick\" x=\"%.2f%%\" y=\"%d\" text-anchor=\"%s\">",
		   x, x, NAME_HEIGHT, side_base(1) + 4, x, side_base(1) + 19,
		   x < 4    ? "start"
		   : x > 96 ? "end"
			    : "middle");
	markup_put(chart->out, "%s</text>\n", report_value(ns, REPORT_NS, text));
}

/* 1, 10, 100 us ...; where these would be few, 2 and 5 as well. */
static void put_ticks(const struct chart *chart)
{
	bool fine = chart->high - chart->low < 2.2;

	for (int power = (int)floor(chart->low); power <= (int)ceil(chart->high); power++) {
		static const double steps[] = {1, 2, 5};

		for (size_t i = 0; i < (fine ? ARRAY_LEN(steps) : 1); i++) {
			double at = power + log10(steps[i]);

			if (at >= chart->low - 1e-9 && at <= chart->high + 1e-9)
				put_tick(chart, round(pow(10, at)));
		}
	}
}

static void put_description(struct buf *out, const struct report_view *view)
{
	buf_puts(out, "<title id=\"latency-title\">Latency of the calls on both sides</title>\n"
		      "<desc id=\"latency-desc\">");
	for (size_t i = 0; i < ARRAY_LEN(view->side); i++) {
		const struct hist *hist = view->side[i].record->latency;
		char p50[REPORT_CELL], p95[REPORT_CELL], p99[REPORT_CELL];

		if (hist->count == 0)
			continue;
		markup_put(out, "%s: p50 %s, p95 %s, p99 %s. ", view->side[i].title,
			   report_value((double)hist_quantile_ns(hist, 0.5), REPORT_NS, p50),
			   report_value((double)hist_quantile_ns(hist, 0.95), REPORT_NS, p95),
			   report_value((double)hist_quantile_ns(hist, 0.99), REPORT_NS, p99));
	}
	buf_puts(out, "</desc>\n");
}

void report_html_latency(struct buf *out, const struct report_view *view)
{
	struct chart chart = {.out = out};

	buf_puts(
		out,
		"<section class=\"part\" id=\"latency\">\n<h2>Latency</h2>\n"
		"<p class=\"about\">Each bar is a range of latencies, its height the share of the "
		"side's calls in it; "
		"both sides share the logarithmic axis. Latency depends on the machine and on what "
		"else it does, so it is shown and decides nothing.</p>\n");
	if (!report_latency_read(view, SLOTS, &chart.latency)) {
		buf_puts(out, "<p>No call was measured.</p>\n</section>\n");
		return;
	}
	chart.low = log10(chart.latency.lower_ns);
	chart.high = log10(chart.latency.upper_ns[chart.latency.slots - 1]);
	buf_printf(out,
		   "<figure class=\"card chart\">\n<svg height=\"%d\" role=\"img\" "
		   "aria-labelledby=\"latency-title latency-desc\">\n",
		   2 * SIDE_HEIGHT + AXIS_HEIGHT);
	put_description(out, view);
	put_ticks(&chart);
	put_side(&chart, view, 0);
	put_side(&chart, view, 1);
	buf_puts(out, "</svg>\n</figure>\n</section>\n");
}

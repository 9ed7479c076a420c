/* stats.c - counting, the report's figures, and the same in the Prometheus text format. */
#include "stats.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/thread.h>

#include "operations.h"

static const double BOUNDS_S[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
				  0.1,    0.25,  0.5,    1,     2.5,  5,     10};
static const char *const FAILURES[] = {
#define X(id, label) [id] = (label),
	STATS_FAILURES(X)
#undef X
};

struct stats_operation {
	uint64_t codes[STATS_CODES];
	uint64_t buckets[ARRAY_LEN(BOUNDS_S)]; /* not cumulative; above the last bound: in none */
	struct hist *hist;
};

struct stats {
	pthread_mutex_t mutex;
	uint64_t dropped;
	size_t count;
	struct stats_operation operations[];
};

struct stats *stats_new(size_t operations)
{
	struct stats *stats =
		calloc(1, sizeof(*stats) + operations * sizeof(struct stats_operation));

	if (!stats)
		return NULL;
	pthread_mutex_init(&stats->mutex, NULL);
	stats->count = operations;
	for (size_t i = 0; i < operations; i++) {
		stats->operations[i].hist = hist_new();
		if (!stats->operations[i].hist) {
			stats_freep(&stats);
			return NULL;
		}
	}
	return stats;
}

void stats_freep(struct stats **stats)
{
	if (!*stats)
		return;
	for (size_t i = 0; i < (*stats)->count; i++)
		hist_freep(&(*stats)->operations[i].hist);
	pthread_mutex_destroy(&(*stats)->mutex);
	free(*stats);
	*stats = NULL;
}

void stats_record(struct stats *stats, size_t operation, size_t code, int64_t latency_ns)
{
	LOCK(&stats->mutex);
	struct stats_operation *op = &stats->operations[operation];
	size_t bucket = 0;

	op->codes[code < STATS_CODES ? code : STATS_FAILURE_FIRST + STATS_OTHER]++;
	hist_record(op->hist, latency_ns);
	while (bucket < ARRAY_LEN(BOUNDS_S) && (double)latency_ns > BOUNDS_S[bucket] * 1e9)
		bucket++;
	if (bucket < ARRAY_LEN(BOUNDS_S))
		op->buckets[bucket]++;
}

void stats_dropped(struct stats *stats)
{
	LOCK(&stats->mutex);

	stats->dropped++;
}

uint64_t stats_dropped_count(struct stats *stats)
{
	LOCK(&stats->mutex);

	return stats->dropped;
}

bool stats_is_error(size_t code)
{
	return code >= 400 && code != 412;
}

/* The report ----------------------------------------------------------------------------------- */

static int report_allocate(const struct stats *stats, struct load_report *report, struct err *err)
{
	report->hist = hist_new();
	report->operations = calloc(stats->count, sizeof(*report->operations));
	report->codes = calloc(STATS_CODES, sizeof(*report->codes));
	if (!report->hist || !report->operations || !report->codes)
		return err_no_memory(err);
	report->operation_count = stats->count;
	for (size_t i = 0; i < stats->count; i++) {
		report->operations[i].hist = hist_new();
		if (!report->operations[i].hist)
			return err_no_memory(err);
	}
	return 0;
}

static void report_code(struct load_report *report, size_t code, uint64_t count)
{
	struct load_code *to = &report->codes[report->code_count++];

	to->count = count;
	if (code >= STATS_FAILURE_FIRST) {
		(void)snprintf(to->name, sizeof(to->name), "%s",
			       FAILURES[code - STATS_FAILURE_FIRST]);
		return;
	}
	to->status = (int)code;
	(void)snprintf(to->name, sizeof(to->name), "%zu", code);
	report->answered += count;
}

int stats_report(struct stats *stats, struct load_report *report, struct err *err)
{
	LOCK(&stats->mutex);

	if (report_allocate(stats, report, err) < 0)
		return -1;
	for (size_t i = 0; i < stats->count; i++) {
		struct load_operation *to = &report->operations[i];

		to->name = OPERATIONS[i].name;
		hist_merge(to->hist, stats->operations[i].hist);
		hist_merge(report->hist, stats->operations[i].hist);
		to->requests = stats->operations[i].hist->count;
		for (size_t code = 0; code < STATS_CODES; code++)
			to->errors += stats_is_error(code) ? stats->operations[i].codes[code] : 0;
		report->requests += to->requests;
		report->errors += to->errors;
	}
	for (size_t code = 0; code < STATS_CODES; code++) {
		uint64_t count = 0;

		for (size_t i = 0; i < stats->count; i++)
			count += stats->operations[i].codes[code];
		if (count > 0)
			report_code(report, code, count);
	}
	report->dropped = stats->dropped;
	return 0;
}

/* The text format ------------------------------------------------------------------------------ */

static void render_requests(const struct stats *stats, struct buf *out)
{
	buf_puts(out, "# HELP tasklab_load_requests_total Requests that were answered or failed.\n"
		      "# TYPE tasklab_load_requests_total counter\n");
	for (size_t i = 0; i < stats->count; i++) {
		for (size_t code = 0; code < STATS_CODES; code++) {
			uint64_t count = stats->operations[i].codes[code];

			if (count == 0)
				continue;
			buf_printf(out, "tasklab_load_requests_total{operation=\"%s\",code=\"",
				   OPERATIONS[i].name);
			if (code >= STATS_FAILURE_FIRST)
				buf_puts(out, FAILURES[code - STATS_FAILURE_FIRST]);
			else
				buf_u64(out, code);
			buf_printf(out, "\"} %" PRIu64 "\n", count);
		}
	}
}

static void render_durations(const struct stats *stats, struct buf *out)
{
	static const char NAME[] = "tasklab_load_request_duration_seconds";

	buf_printf(out, "# HELP %s Time from a request's intended start to its whole answer.\n",
		   NAME);
	buf_printf(out, "# TYPE %s histogram\n", NAME);
	for (size_t i = 0; i < stats->count; i++) {
		const struct stats_operation *op = &stats->operations[i];
		const char *operation = OPERATIONS[i].name;
		uint64_t below = 0;

		if (op->hist->count == 0)
			continue;
		for (size_t b = 0; b < ARRAY_LEN(BOUNDS_S); b++) {
			below += op->buckets[b];
			buf_printf(out, "%s_bucket{operation=\"%s\",le=\"%g\"} %" PRIu64 "\n", NAME,
				   operation, BOUNDS_S[b], below);
		}
		buf_printf(out, "%s_bucket{operation=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", NAME,
			   operation, op->hist->count);
		buf_printf(out, "%s_sum{operation=\"%s\"} %.9g\n", NAME, operation,
			   (double)op->hist->sum_ns / 1e9);
		buf_printf(out, "%s_count{operation=\"%s\"} %" PRIu64 "\n", NAME, operation,
			   op->hist->count);
	}
}

void stats_render(struct stats *stats, struct buf *out)
{
	LOCK(&stats->mutex);

	render_requests(stats, out);
	render_durations(stats, out);
	buf_printf(out,
		   "# HELP tasklab_load_dropped_total Requests never sent: too late already.\n"
		   "# TYPE tasklab_load_dropped_total counter\n"
		   "tasklab_load_dropped_total %" PRIu64 "\n",
		   stats->dropped);
}

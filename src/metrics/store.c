/* store.c - the storage: one shard of cells a thread, summed when somebody looks. */
#define METRICS_INSIDE /* the definitions are needed whatever is built */
#include "store.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>

/* A shard is mapped, not allocated: it starts on a page of its own, and a page that its thread
 * never counts in takes no memory. So there is room for every line that can ever be wanted. */
struct shard {
	struct shard *next;      /* all shards */
	struct shard *next_free; /* those whose thread has ended */
	size_t line;             /* the next free line's first cell */
	_Alignas(CELLS_PER_LINE * 8) _Atomic uint64_t cells[];
};

/* In a gauge's common cell: nobody set it. A NaN that arithmetic does not make. */
#define GAUGE_UNSET UINT64_C(0x7FF8DEADDEADDEAD)

#define READ_TRIES 100 /* of an exemplar that its thread is writing */

static struct layout layouts[METRIC_COUNT];
struct metric_place metric_places[METRIC_COUNT];
_Thread_local _Atomic uint64_t *metric_cells;

static struct {
	bool started;
	int64_t start_us;
	size_t cell_count;        /* of a shard, lines not counted */
	size_t gauge_first;       /* cells from here on hold doubles */
	size_t line_first;        /* the first line's first cell */
	size_t line_count;        /* as many as all slots */
	_Atomic uint64_t *common; /* cells that are set, of gauge_first and after */
	union cell *sums;         /* mapped, as large as the cells of a shard */
	size_t sums_line;         /* the next free line in sums */
	bool *touched;            /* gauges of the running snapshot */
	struct {
		void (*collect)(void *arg);
		void *arg;
	} collectors[METRICS_COLLECTORS_MAX];
	size_t collector_count;

	pthread_mutex_t scrape; /* one snapshot at a time; taken before shards */
	pthread_mutex_t mutex;  /* guards what follows */
	struct shard *shards, *free;
	pthread_key_t key; /* its destructor frees the shard of a thread that ends */
} store = {.scrape = PTHREAD_MUTEX_INITIALIZER, .mutex = PTHREAD_MUTEX_INITIALIZER};

static uint64_t bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static double double_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Shards --------------------------------------------------------------------------------------- */

static size_t cells_bytes(void)
{
	return (store.line_first + store.line_count * CELLS_PER_LINE) * sizeof(uint64_t);
}

static size_t shard_bytes(void)
{
	return sizeof(struct shard) + cells_bytes();
}

/* Zeroed memory that is there once it is touched. */
static void *map(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static struct shard *shard_of(_Atomic uint64_t *cells)
{
	return (struct shard *)((char *)cells - offsetof(struct shard, cells));
}

static void shard_retire(void *arg)
{
	struct shard *shard = arg;

	LOCK(&store.mutex);
	shard->next_free = store.free;
	store.free = shard;
	metric_cells = NULL;
}

/* The calling thread's first count. The mutex hands a used shard over with all that its last thread
 * wrote. NULL when there is no memory: what the thread counts is lost then. */
_Atomic uint64_t *metric_cells_acquire(void)
{
	LOCK(&store.mutex);
	struct shard *shard = store.free;

	if (!store.started)
		return NULL;
	if (shard) {
		store.free = shard->next_free;
	} else {
		shard = map(shard_bytes());
		if (!shard)
			return NULL;
		shard->line = store.line_first;
		shard->next = store.shards;
		store.shards = shard;
	}
	if (pthread_setspecific(store.key, shard) != 0) {
		shard->next_free = store.free;
		store.free = shard;
		return NULL;
	}
	metric_cells = shard->cells;
	return metric_cells;
}

/* Histograms ----------------------------------------------------------------------------------- */

/* Takes a line of the shard for a slot of a series; a slot asks once only. The reader sees the
 * slot when it sees the number of slots filled. */
static size_t take_line(_Atomic uint64_t *cells, _Atomic uint64_t *series, size_t slot)
{
	struct shard *shard = shard_of(cells);
	size_t line = shard->line;

	shard->line += CELLS_PER_LINE;
	atomic_store_explicit(&series[HIST_SLOTS + slot], line, memory_order_relaxed);
	atomic_store_explicit(&series[HIST_FILLED],
			      atomic_load_explicit(&series[HIST_FILLED], memory_order_relaxed) + 1,
			      memory_order_release);
	return line;
}

static inline _Atomic uint64_t *line_of(_Atomic uint64_t *cells, _Atomic uint64_t *series,
					size_t slot)
{
	size_t line = atomic_load_explicit(&series[HIST_SLOTS + slot], memory_order_relaxed);

	if (line == 0)
		line = take_line(cells, series, slot);
	return &cells[line];
}

/* The shard's thread is the only writer. A reader that sees any of the new words also sees that
 * the sequence number is odd or has gone on, since they are stored with release order. */
static void exemplar_write(_Atomic uint64_t *line, uint64_t value, const struct id_trace *trace)
{
	uint64_t words[EXEMPLAR_WORDS];
	uint64_t sequence = atomic_load_explicit(&line[0], memory_order_relaxed);

	memcpy(words, trace->trace_id, sizeof(trace->trace_id));
	words[EXEMPLAR_VALUE] = value;
	words[EXEMPLAR_TIME] = (uint64_t)clock_real_us();
	atomic_store_explicit(&line[0], sequence + 1, memory_order_relaxed);
	for (size_t i = 0; i < EXEMPLAR_WORDS; i++)
		atomic_store_explicit(&line[1 + i], words[i], memory_order_release);
	atomic_store_explicit(&line[0], sequence + 2, memory_order_release);
}

static bool exemplar_read(const _Atomic uint64_t *line, uint64_t words[EXEMPLAR_WORDS])
{
	for (int i = 0; i < READ_TRIES; i++) {
		uint64_t sequence = atomic_load_explicit(&line[0], memory_order_acquire);

		for (size_t w = 0; w < EXEMPLAR_WORDS; w++)
			words[w] = atomic_load_explicit(&line[1 + w], memory_order_acquire);
		if (sequence % 2 == 0 &&
		    atomic_load_explicit(&line[0], memory_order_relaxed) == sequence)
			return sequence > 0;
	}
	return false;
}

static bool is_sampled(const struct id_trace *trace)
{
	static const struct id_trace none;

	return trace && trace->flags & 1 &&
	       memcmp(trace->trace_id, none.trace_id, sizeof(none.trace_id)) != 0;
}

static inline void observe(enum metric metric, uint64_t value, size_t index0,
			   const struct id_trace *trace)
{
	const struct layout *layout = &layouts[metric];
	_Atomic uint64_t *cells = metric_cells;
	_Atomic uint64_t *series;
	size_t cell;

	if (index0 >= layout->n0 || (!cells && !(cells = metric_cells_acquire())))
		return;
	cell = shape_cell(&layout->shape, value);
	series = &cells[layout->first + index0 * layout->width];
	metric_cell_add(&line_of(cells, series, cell / CELLS_PER_LINE)[cell % CELLS_PER_LINE], 1);
	metric_cell_add(&series[HIST_SUM], value);
	if (is_sampled(trace))
		exemplar_write(
			line_of(cells, series, layout->lines + layout->shape.classic_of[cell]),
			value, trace);
}

void metric_observe_ns(enum metric metric, int64_t ns, size_t index0)
{
	assert(metric_rows[metric].type == METRIC_HISTOGRAM &&
	       metric_in_seconds(&metric_rows[metric]));
	observe(metric, ns < 0 ? 0 : (uint64_t)ns, index0, NULL);
}

void metric_observe_ns_exemplar(enum metric metric, int64_t ns, size_t index0,
				const struct id_trace *trace)
{
	assert(metric_rows[metric].type == METRIC_HISTOGRAM &&
	       metric_in_seconds(&metric_rows[metric]));
	observe(metric, ns < 0 ? 0 : (uint64_t)ns, index0, trace);
}

void metric_observe(enum metric metric, uint64_t value, size_t index0)
{
	assert(metric_rows[metric].type == METRIC_HISTOGRAM &&
	       !metric_in_seconds(&metric_rows[metric]));
	observe(metric, value, index0, NULL);
}

void metric_observe_exemplar(enum metric metric, uint64_t value, size_t index0,
			     const struct id_trace *trace)
{
	assert(metric_rows[metric].type == METRIC_HISTOGRAM &&
	       !metric_in_seconds(&metric_rows[metric]));
	observe(metric, value, index0, trace);
}

/* Gauges --------------------------------------------------------------------------------------- */

static void common_set(enum metric metric, double value, size_t index0)
{
	const struct layout *layout = &layouts[metric];

	if (index0 < layout->n0)
		atomic_store_explicit(&store.common[layout->first + index0 - store.gauge_first],
				      bits_of(value), memory_order_relaxed);
}

void metric_gauge_set(enum metric metric, double value, size_t index0)
{
	assert(metric_rows[metric].type == METRIC_GAUGE);
	common_set(metric, value, index0);
}

void metric_counter_set(enum metric metric, double value, size_t index0)
{
	assert(metric_rows[metric].type == METRIC_COUNTER_SET);
	common_set(metric, value, index0);
}

void metric_gauge_add(enum metric metric, double delta, size_t index0)
{
	const struct layout *layout = &layouts[metric];
	_Atomic uint64_t *cells = metric_cells;
	_Atomic uint64_t *cell;
	double value;

	assert(metric_rows[metric].type == METRIC_GAUGE);
	if (index0 >= layout->n0 || (!cells && !(cells = metric_cells_acquire())))
		return;
	cell = &cells[layout->first + index0];
	value = double_of(atomic_load_explicit(cell, memory_order_relaxed));
	atomic_store_explicit(cell, bits_of(value + delta), memory_order_relaxed);
}

/* Start and stop ------------------------------------------------------------------------------- */

static bool is_set(enum metric_type type)
{
	return type == METRIC_GAUGE || type == METRIC_COUNTER_SET;
}

/* A bound as the canonical float of OpenMetrics, so that a bucket's name is the same in every
 * format: "1.0", not "1". */
static void put_le(char le[LE_SIZE], double bound)
{
	struct buf text = {.data = le, .cap = LE_SIZE - 1, .max = LE_SIZE - 1};

	buf_f64(&text, bound);
	if (bound == floor(bound) && !isinf(bound) && !strchr(le, 'e'))
		buf_puts(&text, ".0");
	assert(!text.failed);
}

static size_t histogram_init(struct layout *layout, const struct metric_row *row)
{
	const struct bucket_set *set = &row->buckets;
	size_t slots;

	shape_init(&layout->shape, set->schema, set->bounds, set->count,
		   metric_in_seconds(row) ? (double)CLOCK_NS_PER_S : 1);
	layout->lines = (layout->shape.cells + CELLS_PER_LINE - 1) / CELLS_PER_LINE;
	for (size_t i = 0; i <= set->count; i++)
		put_le(layout->le[i], layout->shape.upper[i]);
	slots = layout->lines + set->count + 1;
	layout->width = HIST_SLOTS + slots;
	return layout->n0 * slots;
}

static size_t layout_init(enum metric metric, size_t first)
{
	const struct metric_row *row = &metric_rows[metric];
	struct layout *layout = &layouts[metric];

	layout->n0 = label_set_size(row->set0);
	layout->n1 = label_set_size(row->set1);
	layout->first = first;
	layout->width = 1;
	if (row->type == METRIC_HISTOGRAM)
		store.line_count += histogram_init(layout, row);
	if (row->type == METRIC_COUNTER)
		metric_places[metric] = (struct metric_place){layout->n0, layout->n1, first};
	return layout->n0 * layout->n1 * layout->width;
}

/* Gauges lie behind everything else, because their cells hold doubles. */
static void layouts_init(void)
{
	size_t cells = 0;

	store.line_count = 0;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (!is_set(metric_rows[i].type))
			cells += layout_init((enum metric)i, cells);
	}
	store.gauge_first = cells;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (is_set(metric_rows[i].type))
			cells += layout_init((enum metric)i, cells);
	}
	store.cell_count = cells;
	store.line_first = (cells / CELLS_PER_LINE + 1) * CELLS_PER_LINE;
}

bool store_started(void)
{
	return store.started;
}

size_t store_shards(void)
{
	size_t count = 0;
	LOCK(&store.mutex);

	for (const struct shard *shard = store.shards; shard; shard = shard->next)
		count++;
	return count;
}

static int store_allocate(struct err *err)
{
	size_t gauges;

	layouts_init();
	gauges = store.cell_count - store.gauge_first;
	store.common = malloc((gauges + 1) * sizeof(*store.common));
	store.sums = map(cells_bytes());
	store.touched = calloc(gauges + 1, sizeof(*store.touched));
	if (!store.common || !store.sums || !store.touched)
		return err_no_memory(err);
	store.sums_line = store.line_first;
	store.start_us = clock_real_us();
	for (size_t i = 0; i < gauges; i++)
		atomic_init(&store.common[i], GAUGE_UNSET);
	return label_sets_render(err);
}

static void store_release(void)
{
	free(store.common);
	if (store.sums)
		munmap(store.sums, cells_bytes());
	free(store.touched);
	store.common = NULL;
	store.sums = NULL;
	store.touched = NULL;
	memset(layouts, 0, sizeof(layouts));
	memset(metric_places, 0, sizeof(metric_places));
}

int metrics_start(struct err *err)
{
	size_t series = metrics_max_series();
	int rc;

	if (store.started)
		return err_set(err, ERR_INVALID, "metrics are started already", "");
	if (series > METRICS_SERIES_LIMIT)
		return err_set(err, ERR_TOO_LARGE, "too many series", "%zu of at most %d", series,
			       METRICS_SERIES_LIMIT);
	if (store_allocate(err) < 0) {
		store_release();
		return -1;
	}
	rc = pthread_key_create(&store.key, shard_retire);
	if (rc != 0) {
		store_release();
		return err_errno(err, rc, "cannot start the metrics", "pthread_key_create");
	}
	store.started = true;
	if (label_set_size(LABELS_BUILD) > 0)
		metric_gauge_set(M_TASKLAB_BUILD_INFO, 1, 0);
	return 0;
}

void metrics_stop(void)
{
	if (store.started) {
		pthread_key_delete(store.key);
		while (store.shards) {
			struct shard *shard = store.shards;

			store.shards = shard->next;
			munmap(shard, shard_bytes());
		}
		store.free = NULL;
		metric_cells = NULL;
		store_release();
		store.started = false;
	}
	store.collector_count = 0;
	label_sets_reset();
}

int metrics_collector(void (*collect)(void *arg), void *arg, struct err *err)
{
	LOCK(&store.scrape);
	if (store.collector_count == METRICS_COLLECTORS_MAX)
		return err_set(err, ERR_TOO_LARGE, "too many collectors", "at most %d",
			       METRICS_COLLECTORS_MAX);
	store.collectors[store.collector_count].collect = collect;
	store.collectors[store.collector_count].arg = arg;
	store.collector_count++;
	return 0;
}

/* Looking -------------------------------------------------------------------------------------- */

/* The same slot's line in sums. */
static union cell *sums_line(union cell *series, size_t slot)
{
	if (series[HIST_SLOTS + slot].count == 0) {
		series[HIST_SLOTS + slot].count = store.sums_line;
		store.sums_line += CELLS_PER_LINE;
		series[HIST_FILLED].count++;
	}
	return &store.sums[series[HIST_SLOTS + slot].count];
}

/* Keeps the latest exemplar. */
static void sum_exemplar(union cell *into, const _Atomic uint64_t *from)
{
	uint64_t words[EXEMPLAR_WORDS];

	if (!exemplar_read(from, words) || words[EXEMPLAR_TIME] < into[EXEMPLAR_TIME].count)
		return;
	for (size_t i = 0; i < EXEMPLAR_WORDS; i++)
		into[i].count = words[i];
}

static void sum_series(const struct layout *layout, const struct shard *shard, size_t first)
{
	const _Atomic uint64_t *series = &shard->cells[first];
	size_t left = atomic_load_explicit(&series[HIST_FILLED], memory_order_acquire);

	store.sums[first + HIST_SUM].count +=
		atomic_load_explicit(&series[HIST_SUM], memory_order_relaxed);
	for (size_t slot = 0; left > 0; slot++) {
		size_t at = atomic_load_explicit(&series[HIST_SLOTS + slot], memory_order_relaxed);
		const _Atomic uint64_t *from = &shard->cells[at];
		union cell *into;

		if (at == 0)
			continue;
		left--;
		into = sums_line(&store.sums[first], slot);
		if (slot >= layout->lines) {
			sum_exemplar(into, from);
			continue;
		}
		for (size_t i = 0; i < CELLS_PER_LINE; i++)
			into[i].count += atomic_load_explicit(&from[i], memory_order_relaxed);
	}
}

static void sum_family(const struct layout *layout, const struct shard *shard)
{
	size_t end = layout->first + layout->n0 * layout->n1 * layout->width;

	for (size_t i = layout->first; i < end; i += layout->width) {
		if (layout->shape.cells > 0)
			sum_series(layout, shard, i);
		else
			store.sums[i].count +=
				atomic_load_explicit(&shard->cells[i], memory_order_relaxed);
	}
}

static void sum_shard(const struct shard *shard)
{
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (!is_set(metric_rows[i].type))
			sum_family(&layouts[i], shard);
	}
	for (size_t i = store.gauge_first; i < store.cell_count; i++) {
		uint64_t bits = atomic_load_explicit(&shard->cells[i], memory_order_relaxed);

		if (bits == 0)
			continue;
		store.sums[i].gauge += double_of(bits);
		store.touched[i - store.gauge_first] = true;
	}
}

static void sum_common(void)
{
	for (size_t i = store.gauge_first; i < store.cell_count; i++) {
		uint64_t bits = atomic_load_explicit(&store.common[i - store.gauge_first],
						     memory_order_relaxed);

		store.touched[i - store.gauge_first] = bits != GAUGE_UNSET;
		store.sums[i].gauge = bits != GAUGE_UNSET ? double_of(bits) : 0;
	}
}

void store_snapshot_begin(struct snapshot *ret)
{
	pthread_mutex_lock(&store.scrape);
	process_collect(NULL);
	for (size_t i = 0; i < store.collector_count; i++)
		store.collectors[i].collect(store.collectors[i].arg);
	memset(store.sums, 0, store.sums_line * sizeof(*store.sums));
	store.sums_line = store.line_first;
	sum_common();
	LOCK(&store.mutex);
	for (const struct shard *shard = store.shards; shard; shard = shard->next)
		sum_shard(shard);
	*ret = (struct snapshot){
		.layouts = layouts, .cells = store.sums, .start_us = store.start_us};
}

void store_snapshot_end(void)
{
	pthread_mutex_unlock(&store.scrape);
}

bool store_gauge_touched(const struct snapshot *snapshot, size_t cell)
{
	(void)snapshot;
	return store.touched[cell - store.gauge_first];
}

/* store.c - the storage: one shard of cells a thread, summed when somebody looks. */
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
 * never counts in takes no memory. */
struct shard {
	struct shard *next;      /* all shards */
	struct shard *next_free; /* those whose thread has ended */
	_Alignas(64) _Atomic uint64_t cells[];
};

/* In a gauge's common cell: nobody set it. A NaN that arithmetic does not make. */
#define GAUGE_UNSET UINT64_C(0x7FF8DEADDEADDEAD)

static struct layout layouts[METRIC_COUNT];

static struct {
	bool started;
	size_t cell_count;        /* of a shard */
	size_t gauge_first;       /* cells from here on hold doubles */
	_Atomic uint64_t *common; /* cells that are set, of gauge_first and after */
	union cell *sums;
	bool *touched; /* gauges of the running snapshot */
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

static _Thread_local struct shard *my_shard;

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

static size_t shard_bytes(void)
{
	return sizeof(struct shard) + store.cell_count * sizeof(uint64_t);
}

static void shard_retire(void *arg)
{
	struct shard *shard = arg;

	LOCK(&store.mutex);
	shard->next_free = store.free;
	store.free = shard;
	my_shard = NULL;
}

/* The calling thread's first count. The mutex hands a used shard over with all that its last thread
 * wrote. NULL when there is no memory: what the thread counts is lost then. */
static struct shard *shard_acquire(void)
{
	LOCK(&store.mutex);
	struct shard *shard = store.free;

	if (shard) {
		store.free = shard->next_free;
	} else {
		shard = mmap(NULL, shard_bytes(), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (shard == MAP_FAILED)
			return NULL;
		shard->next = store.shards;
		store.shards = shard;
	}
	if (pthread_setspecific(store.key, shard) != 0) {
		shard->next_free = store.free;
		store.free = shard;
		return NULL;
	}
	my_shard = shard;
	return shard;
}

static inline struct shard *shard_mine(void)
{
	return my_shard ? my_shard : shard_acquire();
}

/* Counting ------------------------------------------------------------------------------------- */

/* The owner is the only writer, so that a load and a store do; no locked instruction. */
static inline void cell_add(_Atomic uint64_t *cell, uint64_t n)
{
	uint64_t value = atomic_load_explicit(cell, memory_order_relaxed);

	atomic_store_explicit(cell, value + n, memory_order_relaxed);
}

void metric_add(enum metric metric, uint64_t n, size_t index0, size_t index1)
{
	const struct layout *layout = &layouts[metric];
	struct shard *shard;

	assert(metric_rows[metric].type == METRIC_COUNTER);
	if (index0 >= layout->n0 || index1 >= layout->n1)
		return;
	shard = shard_mine();
	if (shard)
		cell_add(&shard->cells[layout->first + index0 * layout->n1 + index1], n);
}

static void observe(const struct layout *layout, uint64_t value, size_t index0)
{
	struct shard *shard;
	_Atomic uint64_t *cells;
	size_t bucket = 0;

	if (index0 >= layout->n0)
		return;
	shard = shard_mine();
	if (!shard)
		return;
	while (bucket < layout->buckets && value > layout->bounds[bucket])
		bucket++;
	cells = &shard->cells[layout->first + index0 * layout->width];
	cell_add(&cells[bucket], 1);
	cell_add(&cells[layout->buckets + 1], value);
}

void metric_observe_ns(enum metric metric, int64_t ns, size_t index0)
{
	assert(metric_rows[metric].type == METRIC_HISTOGRAM &&
	       metric_in_seconds(&metric_rows[metric]));
	observe(&layouts[metric], ns < 0 ? 0 : (uint64_t)ns, index0);
}

void metric_observe(enum metric metric, uint64_t value, size_t index0)
{
	assert(metric_rows[metric].type == METRIC_HISTOGRAM &&
	       !metric_in_seconds(&metric_rows[metric]));
	observe(&layouts[metric], value, index0);
}

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
	struct shard *shard;
	_Atomic uint64_t *cell;
	double value;

	assert(metric_rows[metric].type == METRIC_GAUGE);
	if (index0 >= layout->n0)
		return;
	shard = shard_mine();
	if (!shard)
		return;
	cell = &shard->cells[layout->first + index0];
	value = double_of(atomic_load_explicit(cell, memory_order_relaxed));
	atomic_store_explicit(cell, bits_of(value + delta), memory_order_relaxed);
}

/* Start and stop ------------------------------------------------------------------------------- */

static bool is_set(enum metric_type type)
{
	return type == METRIC_GAUGE || type == METRIC_COUNTER_SET;
}

static void put_le(char le[LE_SIZE], double bound)
{
	struct buf text = {.data = le, .cap = LE_SIZE - 1, .max = LE_SIZE - 1};

	buf_f64(&text, bound);
	assert(!text.failed);
}

static size_t layout_init(struct layout *layout, const struct metric_row *row, size_t first)
{
	double scale = metric_in_seconds(row) ? 1e9 : 1;

	layout->n0 = label_set_size(row->set0);
	layout->n1 = label_set_size(row->set1);
	layout->first = first;
	layout->buckets = row->buckets.count;
	layout->width = row->type == METRIC_HISTOGRAM ? row->buckets.count + 2 : 1;
	for (size_t i = 0; i < row->buckets.count; i++) {
		layout->bounds[i] = (uint64_t)llround(row->buckets.bounds[i] * scale);
		put_le(layout->le[i], row->buckets.bounds[i]);
	}
	put_le(layout->le[layout->buckets], (double)INFINITY);
	return layout->n0 * layout->n1 * layout->width;
}

/* Gauges lie behind everything else, because their cells hold doubles. */
static void layouts_init(void)
{
	size_t cells = 0;

	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (!is_set(metric_rows[i].type))
			cells += layout_init(&layouts[i], &metric_rows[i], cells);
	}
	store.gauge_first = cells;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		if (is_set(metric_rows[i].type))
			cells += layout_init(&layouts[i], &metric_rows[i], cells);
	}
	store.cell_count = cells;
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
	store.sums = calloc(store.cell_count + 1, sizeof(*store.sums));
	store.touched = calloc(gauges + 1, sizeof(*store.touched));
	if (!store.common || !store.sums || !store.touched)
		return err_no_memory(err);
	for (size_t i = 0; i < gauges; i++)
		atomic_init(&store.common[i], GAUGE_UNSET);
	return label_sets_render(err);
}

static void store_release(void)
{
	free(store.common);
	free(store.sums);
	free(store.touched);
	store.common = NULL;
	store.sums = NULL;
	store.touched = NULL;
	memset(layouts, 0, sizeof(layouts));
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
		my_shard = NULL;
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

static void sum_shard(const struct shard *shard)
{
	for (size_t i = 0; i < store.gauge_first; i++)
		store.sums[i].count += atomic_load_explicit(&shard->cells[i], memory_order_relaxed);
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
	memset(store.sums, 0, store.gauge_first * sizeof(*store.sums));
	sum_common();
	LOCK(&store.mutex);
	for (const struct shard *shard = store.shards; shard; shard = shard->next)
		sum_shard(shard);
	*ret = (struct snapshot){.layouts = layouts, .cells = store.sums};
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

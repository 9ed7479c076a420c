/* seed.h - fills the tables of a migrated database with deterministic, skewed data by COPY.
 *
 * The same scale and seed give the same rows on every machine: each row is a function of (seed,
 * table, key) in integer arithmetic, and time ends at a fixed instant (SEED_END_US), not at now().
 * So "recent" in the data means shortly before SEED_END_US; what traffic adds later is newer.
 *
 * One transaction holds the whole fill: a crash leaves the database as it was. seed_state
 * (migration 0002) remembers what was filled, so that filling again with the same scale and seed is
 * a no-op.
 */
#ifndef TASKLAB_SEED_SEED_H
#define TASKLAB_SEED_SEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

/* X(identifier, name, tasks) */
#define SEED_SCALES(X)                                                                             \
	X(SEED_SMALL, "small", 100000)                                                             \
	X(SEED_MEDIUM, "medium", 1000000)                                                          \
	X(SEED_LARGE, "large", 10000000)

/* clang-format off */
enum seed_scale {
#define X(id, name, tasks) id,
	SEED_SCALES(X)
#undef X
	SEED_SCALE_COUNT
};
/* clang-format on */

#define SEED_DEFAULT INT64_C(1)
/* Raise it with any change that makes other rows; seed_state and the labs' templates keep it. */
#define SEED_GENERATOR 1
/* Tasks are created from 2023-01-01 until 2026-01-01 UTC (microseconds since 1970). */
#define SEED_START_US INT64_C(1672531200000000)
#define SEED_END_US   INT64_C(1767225600000000)

#define SEED_TABLE_COUNT 9

struct progress;

struct seed_options {
	const char *conninfo;
	const char *dbname; /* replaces conninfo's database; NULL: as conninfo says */
	enum seed_scale scale;
	int64_t seed;
	bool reset;                      /* empty the tables first, whatever they hold */
	struct progress *progress;       /* the caller's, counts rows; may be NULL */
	const _Atomic int64_t *limit_ns; /* db_conn_set_limit of the connection; NULL: none */
};

struct seed_report {
	bool already; /* the same scale and seed were there: nothing was done */
	struct {
		const char *name;
		uint64_t rows;
		int64_t ns;
	} tables[SEED_TABLE_COUNT]; /* in the order they were filled; zeroes when already is set */
	int64_t vacuum_ns;          /* VACUUM ANALYZE */
	int64_t total_ns;
};

/* ERR_CONFLICT when the database holds other data (and reset is off), or is not migrated. */
int seed_run(const struct seed_options *options, struct seed_report *report, struct err *err);

bool seed_scale_parse(const char *name, enum seed_scale *ret);
const char *seed_scale_name(enum seed_scale scale);
uint64_t seed_scale_tasks(enum seed_scale scale);

#endif

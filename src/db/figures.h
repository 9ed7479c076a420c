/* figures.h - what db_statement_* tell of a statement: the columns, the metrics, their labels. */
#ifndef DB_FIGURES_H
#define DB_FIGURES_H

#include <stddef.h>

#include <tasklab/base/attr.h>
#include <tasklab/db/db.h>
#include <tasklab/db/monitor.h>
#include <tasklab/metrics/metrics.h>

/* clang-format off */

/* X(metric, values of its label op, this one's position, SQL) */
#define FIGURES(X)                                                                                 \
	X(M_DB_STATEMENT_CALLS_TOTAL, 1, 0, "calls")                                               \
	X(M_DB_STATEMENT_SECONDS_TOTAL, 2, 0, "total_exec_time / 1000")                            \
	X(M_DB_STATEMENT_SECONDS_TOTAL, 2, 1, "total_plan_time / 1000")                            \
	X(M_DB_STATEMENT_ROWS_TOTAL, 1, 0, "rows")                                                 \
	X(M_DB_STATEMENT_SHARED_BLOCKS_TOTAL, 4, 0, "shared_blks_hit")                             \
	X(M_DB_STATEMENT_SHARED_BLOCKS_TOTAL, 4, 1, "shared_blks_read")                            \
	X(M_DB_STATEMENT_SHARED_BLOCKS_TOTAL, 4, 2, "shared_blks_dirtied")                         \
	X(M_DB_STATEMENT_SHARED_BLOCKS_TOTAL, 4, 3, "shared_blks_written")                         \
	X(M_DB_STATEMENT_TEMP_BLOCKS_TOTAL, 2, 0, "temp_blks_read")                                \
	X(M_DB_STATEMENT_TEMP_BLOCKS_TOTAL, 2, 1, "temp_blks_written")                             \
	X(M_DB_STATEMENT_WAL_BYTES_TOTAL, 1, 0, "wal_bytes")                                       \
	X(M_DB_STATEMENT_JIT_FUNCTIONS_TOTAL, 1, 0, "jit_functions")

/* clang-format on */

struct figure {
	enum metric metric;
	size_t ops, op;
};

/* clang-format off */
enum {
#define X(metric, ops, op, sql) FIGURE_##metric##_##op,
	FIGURES(X)
#undef X
	FIGURE_COUNT
};
/* clang-format on */

extern const struct figure FIGURE_TABLE[FIGURE_COUNT];

/* Names that statements may have: the registered queries, then those of db_follow_names. */
#define NAMES_MAX (DB_QUERY_MAX + DB_FOLLOW_NAMES_MAX)
size_t figures_names(void);

int figures_labels_register(struct err *err); /* LABELS_STATEMENT*; after registry_seal */

#endif

/* rows.h - the tables that are filled, and the rows of each.
 *
 * A table's rows are written key by key: a key is a user, a project, a tag or a task, and gives no,
 * one or many rows.
 */
#ifndef TASKLAB_SEED_ROWS_H
#define TASKLAB_SEED_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/base/buf.h>
#include <tasklab/seed/seed.h>

#include "gen.h"

/* No key writes more: a task's comments and the longest description stay below it. */
#define ROWS_KEY_MAX_BYTES ((size_t)256 * 1024)

struct rows {
	const struct gen *gen;
	int64_t next_id; /* identity of the next row, where a key gives many */
	uint64_t written;
	struct buf *out;
};

enum rows_keys { ROWS_PER_USER, ROWS_PER_PROJECT, ROWS_PER_TAG, ROWS_PER_TASK };

struct rows_table {
	const char *name;
	const char *columns; /* of the COPY command, in the order that write fills them */
	bool identity;       /* has an id with a sequence */
	enum rows_keys keys;
	unsigned per_100; /* about how many rows 100 keys give */
	void (*write)(struct rows *rows, uint64_t key);
};

extern const struct rows_table ROWS_TABLES[SEED_TABLE_COUNT]; /* referenced tables first */

uint64_t rows_keys(const struct gen *gen, const struct rows_table *table); /* 1 to it */

#endif

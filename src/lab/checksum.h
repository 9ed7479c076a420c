/* checksum.h - finds the tables whose rows are not the same in two databases.
 *
 * A table's checksum is the number of its rows and the sum of a 64-bit hash of each, so the order
 * of the rows does not count, and how often each occurs does. The columns are those that the
 * reference has; one that the learner added is no change of data.
 */
#ifndef TASKLAB_LAB_CHECKSUM_H
#define TASKLAB_LAB_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

struct checksum {
	char table[64];
	char *sql; /* what was asked */
	int64_t rows;
	char sum[64];
};

/* What was already read of the reference, which does not change while it is compared with. Starts
 * as zeros. */
struct checksum_memo {
	struct checksum *items;
	size_t count;
};
void checksum_memo_release(struct checksum_memo *memo);

struct checksum_side {
	struct db_conn *conn;
	const struct snapshot *snapshot;
};

struct checksum_difference {
	char table[64];
	int64_t rows_before, rows_after; /* of the reference, of the learner */
};

/* Tables that the learner's database lacks are left out. The caller frees *ret. */
int checksum_compare(const struct checksum_side *reference, const struct checksum_side *learner,
		     struct checksum_memo *memo, struct checksum_difference **ret, size_t *n,
		     struct err *err);

#endif

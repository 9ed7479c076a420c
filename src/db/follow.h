/* follow.h - statements of other databases that db_statement_* tell of, by names given at start. */
#ifndef DB_FOLLOW_H
#define DB_FOLLOW_H

#include <tasklab/db/monitor.h>

/* One that is followed now. A version is never used again. */
struct follow {
	uint64_t version;
	size_t name;
	char database[64];
	int64_t ids[DB_FOLLOW_IDS_MAX];
	size_t count;
};

size_t follow_names(const char *const **ret);
/* How many there are, the oldest first. */
size_t follow_copy(struct follow ret[DB_FOLLOW_MAX]);

#endif

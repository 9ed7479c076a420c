/* seen.h - the statements that pools have sent: text and parameter types, from which the server
 * makes a statement's identifier. */
#ifndef DB_SEEN_H
#define DB_SEEN_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/db/db.h>

#define SEEN_MAX 1024 /* further ones are not noted */

struct seen {
	size_t query; /* index in the registry */
	char *sql;
	int count;
	unsigned types[DB_ARGS_MAX]; /* OIDs, as sent; 0: inferred by the server */
};

/* Notes the statement unless it is there already; key is that of struct db_shape, or 0. Any thread;
 * for one that is there it costs a hash and a look into a table, without a lock. */
void seen_note(const struct db_query *query, uint32_t key, const char *sql, int count,
	       const unsigned *types);
/* How many there are; they are never removed, so those before keep their number and stay valid. */
size_t seen_count(void);
const struct seen *seen_get(size_t i);

#endif

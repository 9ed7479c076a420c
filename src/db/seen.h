/* seen.h - the statements that pools have sent: text and parameter types, from which the server
 * makes a statement's identifier. */
#ifndef DB_SEEN_H
#define DB_SEEN_H

#include "session.h"

#define SEEN_MAX 1024 /* further ones are not noted */

struct seen {
	size_t query; /* index in the registry */
	char *sql;
	int count;
	Oid types[DB_ARGS_MAX]; /* as sent; 0: inferred by the server */
};

/* Notes the statement unless it is there already. Any thread; for one that is there it costs a hash
 * and a look into a table, without a lock. */
void seen_note(const struct statement *statement, int count, const Oid *types);
/* How many there are; they are never removed, so those before keep their number and stay valid. */
size_t seen_count(void);
const struct seen *seen_get(size_t i);

#endif

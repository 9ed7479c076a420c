/* snapshot.h - what a lab's database consists of: tables, rules, indexes, settings.
 *
 * The grader compares the snapshot of a learner's database with that of a fresh reference. Only
 * schema public counts, without what belongs to extensions; a partition counts as part of its
 * table. Texts belong to the snapshot.
 */
#ifndef TASKLAB_LAB_SNAPSHOT_H
#define TASKLAB_LAB_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include <tasklab/db/conn.h>

/* pg_index.indoption: descending, nulls first. */
#define SNAPSHOT_KEY_REVERSED 3

struct snapshot_table {
	const char *name;
	bool logged;   /* its rows survive a crash */
	bool enforced; /* no trigger of a foreign key is disabled */
};

struct snapshot_column {
	const char *table, *name, *type;
	bool not_null;
	bool hashable; /* hash_record_extended takes the type */
};

/* A CHECK, a foreign key, an exclusion or a trigger: "CHECK (priority >= 0)". */
struct snapshot_rule {
	const char *table, *definition;
};

struct snapshot_key {
	const char *column; /* or expression, with its operator class and collation */
	int options;        /* pg_index.indoption */
	bool included;      /* INCLUDE: carried along, not searched by */
};

struct snapshot_index {
	const char *table, *name, *method;
	const char *predicate; /* NULL: holds all rows */
	bool unique, primary, valid;
	const struct snapshot_key *keys;
	size_t key_count;
};

/* Of the database: ALTER DATABASE ... SET, ALTER ROLE ... IN DATABASE ... SET. */
struct snapshot_setting {
	const char *role; /* "" for all */
	const char *name, *value;
};

struct snapshot {
	struct snapshot_table *tables; /* by name */
	size_t table_count;
	struct snapshot_column *columns; /* in the order of the tables */
	size_t column_count;
	struct snapshot_rule *rules;
	size_t rule_count;
	struct snapshot_index *indexes; /* by table and name */
	size_t index_count;
	struct snapshot_setting *settings;
	size_t setting_count;
	/* What holds the texts. */
	struct snapshot_key *keys;
	struct db_result *results[6];
	size_t result_count;
};

int snapshot_take(struct db_conn *conn, struct snapshot **ret, struct err *err);
void snapshot_freep(struct snapshot **snapshot);
const struct snapshot_table *snapshot_table(const struct snapshot *snapshot, const char *name);
const struct snapshot_column *snapshot_column(const struct snapshot *snapshot, const char *table,
					      const char *name);

#endif

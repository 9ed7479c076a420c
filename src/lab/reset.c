/* reset.c - lists the databases of the labs and drops those left behind. */
#include <tasklab/lab/reset.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/lab/learner.h>

#include "guard.h"

#define RESET_MAX         1000
#define RESET_NAME        "reset"
#define RESET_PATIENCE_MS 5000 /* for the lock of a run: longer than the server takes to notice */
#define RESET_POLL_MS     50

/* Databases by their comment (all of ours) or, made but not yet commented, by name; and names in
 * which a killed run still has sessions. Names of labs are judged by the catalogue: $1. */
static const char SQL_RESET_LIST[] =
	"WITH found AS ("
	" SELECT datname::text AS name, true AS made, datistemplate AND NOT datallowconn AS sealed,"
	" coalesce(shobj_description(oid, 'pg_database'), '') AS about, pg_database_size(oid) AS "
	"bytes"
	" FROM pg_database WHERE datname LIKE 'tasklab\\_template\\_%'"
	" OR shobj_description(oid, 'pg_database') LIKE 'tasklab lab %' OR datname = ANY($1)"
	" UNION ALL"
	" SELECT DISTINCT substr(application_name, 9), false, false, '', -1"
	" FROM pg_stat_activity WHERE usename = current_user"
	" AND application_name LIKE 'tasklab lab\\_%'"
	" AND substr(application_name, 9) NOT IN (SELECT datname FROM pg_database))"
	" SELECT name, made, sealed, about, bytes, name LIKE 'lab\\_%',"
	" EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted"
	"  AND l.classid = 1818321523 AND l.objid::bigint = (hashtext("
	"  regexp_replace(name, '^(lab_.*)_ref$', '\\1'))::bigint & 4294967295)"
	"  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
	" FROM found ORDER BY 1";

static void read_row(const struct db_result *rows, size_t i, struct reset_database *ret)
{
	bool sealed = db_get_bool(rows, i, 2), used = db_get_bool(rows, i, 6);

	(void)snprintf(ret->name, sizeof(ret->name), "%s", db_get_text(rows, i, 0));
	ret->exists = db_get_bool(rows, i, 1);
	(void)snprintf(ret->about, sizeof(ret->about), "%s", db_get_text(rows, i, 3));
	ret->bytes = db_get_i64(rows, i, 4);
	ret->kind = db_get_bool(rows, i, 5) ? RESET_LAB : RESET_TEMPLATE;
	ret->state = used ? RESET_IN_USE : sealed ? RESET_READY : RESET_LEFT_BEHIND;
}

/* The database names that the catalogue's labs would have. */
static int lab_names(const struct catalogue *catalogue, char (**names)[GUARD_NAME_SIZE],
		     const char ***ret, struct err *err)
{
	*names = calloc(2 * catalogue->count + 1, sizeof(**names));
	*ret = calloc(2 * catalogue->count + 1, sizeof(**ret));
	if (!*names || !*ret)
		return err_no_memory(err);
	for (size_t i = 0; i < catalogue->count; i++) {
		guard_lab_database(catalogue->labs[i].slug, (*names)[2 * i]);
		guard_reference_database(catalogue->labs[i].slug, (*names)[2 * i + 1]);
		(*ret)[2 * i] = (*names)[2 * i];
		(*ret)[2 * i + 1] = (*names)[2 * i + 1];
	}
	return 0;
}

static int list(struct db_conn *conn, const struct catalogue *catalogue,
		struct reset_database **ret, size_t *n, struct err *err)
{
	AUTO(db_result_freep) struct db_result *rows = NULL;
	AUTO(freep) char(*names)[GUARD_NAME_SIZE] = NULL;
	AUTO(freep) const char **texts = NULL;
	struct reset_database *databases;
	size_t count;

	if (lab_names(catalogue, &names, &texts, err) < 0 ||
	    db_conn_query(conn, SQL_RESET_LIST, DB_ARGS(db_texts(texts, 2 * catalogue->count)),
			  &rows, err) < 0)
		return -1;
	count = db_rows(rows) < RESET_MAX ? db_rows(rows) : RESET_MAX;
	databases = calloc(count + 1, sizeof(*databases));
	if (!databases)
		return err_no_memory(err);
	for (size_t i = 0; i < count; i++)
		read_row(rows, i, &databases[i]);
	*ret = databases;
	*n = count;
	return 0;
}

/* A service without the tables has none. */
static int active_labs(const char *conninfo, struct learner_session **ret, size_t *n,
		       struct err *err)
{
	struct err why = ERR_INIT;

	if (learner_sessions(conninfo, ret, n, &why) < 0 && why.code != ERR_UNPROCESSABLE)
		return err_pass(err, &why);
	return 0;
}

/* Active labs: their databases wait for their learner. */
static int mark_active(const char *conninfo, struct reset_database *databases, size_t n,
		       struct err *err)
{
	AUTO(freep) struct learner_session *sessions = NULL;
	size_t count = 0;

	if (active_labs(conninfo, &sessions, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < count; j++)
			if (databases[i].state == RESET_LEFT_BEHIND &&
			    strcmp(databases[i].name, sessions[j].database) == 0)
				databases[i].state = RESET_ACTIVE;
	return 0;
}

int reset_list(const char *conninfo, const struct catalogue *catalogue, struct reset_database **ret,
	       size_t *n, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	AUTO(freep) struct reset_database *databases = NULL;
	size_t count = 0;

	if (guard_open(conninfo, RESET_NAME, &conn, err) < 0 ||
	    list(conn, catalogue, &databases, &count, err) < 0 ||
	    mark_active(conninfo, databases, count, err) < 0)
		return -1;
	*ret = TAKE(databases);
	*n = count;
	return 0;
}

/* A run that was killed holds its lock until the server has noticed (guard_open). */
static int lock_patiently(struct db_conn *conn, const char *database, struct err *err)
{
	int64_t deadline_ns = clock_mono_ns() + RESET_PATIENCE_MS * CLOCK_NS_PER_MS;

	while (guard_lock(conn, database, err) < 0) {
		if (err->code != ERR_CONFLICT || clock_mono_ns() >= deadline_ns)
			return -1;
		clock_sleep_until(clock_mono_ns() + RESET_POLL_MS * CLOCK_NS_PER_MS);
	}
	return 0;
}

/* The lock tells for certain whether a run uses it: its state may be a moment old. */
static int drop_one(struct db_conn *conn, struct reset_database *one, struct err *err)
{
	struct err why = ERR_INIT;

	db_conn_set_deadline(conn, CLOCK_NEVER);
	if (lock_patiently(conn, one->name, &why) < 0) {
		if (why.code != ERR_CONFLICT)
			return err_pass(err, &why);
		one->state = RESET_IN_USE;
		return 0;
	}
	if (guard_end_orphans(conn, one->name, err) < 0 || guard_drop(conn, one->name, err) < 0 ||
	    guard_unlock(conn, one->name, err) < 0)
		return -1;
	one->dropped = true;
	return 0;
}

/* Labs whose database is gone are no longer active: dropped now, or before by somebody else. */
static int end_sessions(const char *conninfo, const char *slug,
			const struct reset_database *databases, size_t n, struct err *err)
{
	AUTO(freep) struct learner_session *sessions = NULL;
	size_t count = 0;

	if (active_labs(conninfo, &sessions, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		bool there = false;

		for (size_t j = 0; j < n; j++)
			there = there || (strcmp(databases[j].name, sessions[i].database) == 0 &&
					  !databases[j].dropped);
		if (!there && (!slug || strcmp(slug, sessions[i].slug) == 0) &&
		    learner_end(conninfo, sessions[i].slug, err) < 0)
			return -1;
	}
	return 0;
}

int reset_run(const char *conninfo, const struct catalogue *catalogue, const char *slug,
	      bool templates, struct reset_database **ret, size_t *n, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	AUTO(freep) struct reset_database *databases = NULL;
	char wanted[GUARD_NAME_SIZE] = "", reference[GUARD_NAME_SIZE] = "";
	size_t count = 0;

	if (slug) {
		guard_lab_database(slug, wanted);
		guard_reference_database(slug, reference);
	}
	if (guard_open(conninfo, RESET_NAME, &conn, err) < 0 ||
	    list(conn, catalogue, &databases, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct reset_database *one = &databases[i];

		if (slug && strcmp(one->name, wanted) != 0 && strcmp(one->name, reference) != 0)
			continue;
		if (one->state == RESET_READY && !templates)
			continue;
		if (drop_one(conn, one, err) < 0)
			return -1;
	}
	if (end_sessions(conninfo, slug, databases, count, err) < 0)
		return -1;
	*ret = TAKE(databases);
	*n = count;
	return 0;
}

const char *reset_state_name(enum reset_state state)
{
	static const char *const names[] = {"left behind", "in use", "ready", "active"};

	return names[state];
}

/* site.c - takes and gives back the right to work on a lab's databases. */
#include "site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>

#include "dataset.h"

/* How long a lost server is waited for, to drop what was made. */
#define CLEANUP_MS INT64_C(15000)
#define UNLOCK_MS  INT64_C(2000)
#define RETRY_NS   (250 * CLOCK_NS_PER_MS)

/* Opening -------------------------------------------------------------------------------------- */

static int take_lock(struct site *site, struct err *err)
{
	if (guard_lock(site->guard, site->database, err) < 0 ||
	    guard_end_orphans(site->guard, site->database, err) < 0 ||
	    guard_end_orphans(site->guard, site->reference, err) < 0)
		return -1;
	site->locked = true;
	return interrupt_start(&site->interrupt, err);
}

static int set_up(struct site *site, struct err *err)
{
	const struct site_options *options = &site->options;

	guard_lab_database(options->lab->slug, site->database);
	guard_reference_database(options->lab->slug, site->reference);
	interrupt_init(&site->interrupt, options->conninfo, options->lab, options->stop_fd);
	dataset_template_name(options->scale, site->interrupt.template);
	if (guard_open(options->conninfo, site->database, &site->guard, err) < 0)
		return -1;
	db_conn_set_limit(site->guard, &site->interrupt.limit_ns);
	site->server_version = db_conn_server_version(site->guard);
	if (dataset_preflight(site->guard, err) < 0 ||
	    requires_check(site->guard, options->lab, site->skipped, err) < 0)
		return -1;
	return *site->skipped ? 0 : take_lock(site, err);
}

int site_open(const struct site_options *options, struct site **ret, struct err *err)
{
	struct site *site = calloc(1, sizeof(*site));

	if (!site)
		return err_no_memory(err);
	site->options = *options;
	site->lab = options->lab;
	site->progress = options->progress;
	if (set_up(site, err) < 0) {
		db_conn_closep(&site->guard);
		free(site);
		return -1;
	}
	*ret = site;
	return 0;
}

/* At work -------------------------------------------------------------------------------------- */

int site_connect(struct site *site, const char *database, const char *application,
		 struct db_conn **ret, struct err *err)
{
	char usual[GUARD_NAME_SIZE + sizeof(GUARD_APPLICATION)];

	(void)snprintf(usual, sizeof(usual), "%s%s", GUARD_APPLICATION,
		       database ? database : site->database);
	if (db_conn_open(site->options.conninfo, database, application ? application : usual,
			 GUARD_CONNECT_MS, ret, err) < 0)
		return -1;
	db_conn_set_limit(*ret, &site->interrupt.limit_ns);
	return 0;
}

bool site_stopped(const struct site *site)
{
	return atomic_load(&site->interrupt.stop);
}

int site_check_stop(const struct site *site, struct err *err)
{
	if (site_stopped(site))
		return err_set(err, ERR_UNAVAILABLE, "the run was stopped", "%s", "");
	return 0;
}

static bool *made(struct site *site, const char *database)
{
	return strcmp(database, site->reference) == 0 ? &site->made_reference
						      : &site->made_database;
}

void site_keep(struct site *site, const char *database)
{
	*made(site, database) = false;
}

int site_drop(struct site *site, const char *database, struct err *err)
{
	if (!*made(site, database))
		return 0;
	if (guard_drop(site->guard, database, err) < 0)
		return -1;
	*made(site, database) = false;
	db_conn_set_deadline(site->guard, CLOCK_NEVER);
	return 0;
}

/* Closing -------------------------------------------------------------------------------------- */

static int try_drop(struct site *site, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (guard_open(site->options.conninfo, site->database, &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + GUARD_DROP_MS * CLOCK_NS_PER_MS);
	if (site->unfinished && dataset_drop_unfinished(conn, site->options.scale, err) < 0)
		return -1;
	site->unfinished = false;
	if (site->made_reference && guard_drop(conn, site->reference, err) < 0)
		return -1;
	site->made_reference = false;
	if (site->made_database && guard_drop(conn, site->database, err) < 0)
		return -1;
	site->made_database = false;
	return 0;
}

/* A server that restarts after a crash is waited for. The job's lock is held, or was lost with the
 * server. */
static int drop_all(struct site *site, struct err *err)
{
	int64_t deadline_ns = clock_mono_ns() + CLEANUP_MS * CLOCK_NS_PER_MS;

	while (site->unfinished || site->made_database || site->made_reference) {
		if (try_drop(site, err) == 0)
			break;
		if (clock_mono_ns() >= deadline_ns)
			return -1;
		clock_sleep_until(clock_mono_ns() + RETRY_NS);
	}
	return 0;
}

/* Adds to the error that databases are left, and what mends it. */
static void say_left_behind(const struct site *site, struct err *err)
{
	char message[sizeof(err->message)];

	(void)snprintf(message, sizeof(message),
		       "%.120s; %s may be left behind: `tasklab lab reset` drops it", err->message,
		       site->made_database ? site->database : site->reference);
	memcpy(err->message, message, sizeof(err->message));
}

/* A session outlives its client by a moment, and would refuse the next job on this lab meanwhile.
 * Where this fails the end of the connection does it. */
static void unlock(struct site *site)
{
	if (!site->locked)
		return;
	db_conn_set_limit(site->guard, NULL);
	db_conn_set_deadline(site->guard, clock_mono_ns() + UNLOCK_MS * CLOCK_NS_PER_MS);
	(void)guard_unlock(site->guard, site->database, NULL);
}

int site_close(struct site **site, int result, struct err *err)
{
	struct err why = ERR_INIT;

	if (!*site)
		return result;
	interrupt_end(&(*site)->interrupt);
	if (result < 0)
		(void)site_check_stop(*site, err);
	if (drop_all(*site, &why) < 0) {
		if (result == 0 && err)
			*err = why;
		if (err)
			say_left_behind(*site, err);
		result = -1;
	}
	unlock(*site);
	db_conn_closep(&(*site)->guard);
	free(*site);
	*site = NULL;
	return result;
}

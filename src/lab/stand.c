/* stand.c - builds, opens and drops the databases that a lab's phases work in. */
#include "stand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>

#include "dataset.h"
#include "sender.h"

static const char SQL_EXISTS[] = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";

/* The clone ------------------------------------------------------------------------------------ */

/* Under the template's lock. */
static int ensure_template(struct site *site, struct err *err)
{
	const struct site_options *options = &site->options;

	site->unfinished = true;
	atomic_store(&site->interrupt.building, true);
	if (dataset_ensure(site->guard, options->conninfo, options->scale, options->progress,
			   &site->interrupt.limit_ns, err) < 0)
		return -1;
	atomic_store(&site->interrupt.building, false);
	site->unfinished = false;
	return site_check_stop(site, err);
}

static int lock_template(struct site *site, struct err *err)
{
	db_conn_set_deadline(site->guard, CLOCK_NEVER);
	if (guard_lock_wait(site->guard, site->interrupt.template, err) < 0)
		return -1;
	return ensure_template(site, err);
}

int stand_prepare(struct site *site, struct err *err)
{
	if (lock_template(site, err) < 0)
		return -1;
	return guard_unlock(site->guard, site->interrupt.template, err);
}

static int clone_dataset(struct stand *stand, struct err *err)
{
	struct site *site = stand->site;

	if (lock_template(site, err) < 0)
		return -1;
	progress_label(site->progress, "cloning");
	if (strcmp(stand->database, site->reference) == 0)
		site->made_reference = true;
	else
		site->made_database = true;
	if (dataset_clone(site->guard, site->options.conninfo, site->lab, site->options.scale,
			  stand->database, &site->interrupt.limit_ns, err) < 0)
		return -1;
	progress_add(site->progress, STAND_STEPS);
	return guard_unlock(site->guard, site->interrupt.template, err);
}

/* The broken state ----------------------------------------------------------------------------- */

static int read_params(struct stand *stand, struct err *err)
{
	const struct lab *lab = stand->site->lab;
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	struct err why = ERR_INIT;

	if (site_connect(stand->site, stand->database, NULL, &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + SENDER_SCRIPT_MS * CLOCK_NS_PER_MS);
	if (params_read(conn, lab->params_sql, (size_t)lab->workload.parameters, &stand->params,
			&why) < 0)
		return sender_fault(&why, lab->slug, "params.sql", 0, err);
	return 0;
}

static int break_it(struct stand *stand, struct err *err)
{
	const struct lab *lab = stand->site->lab;

	if (held_open(stand->site, stand->database, &stand->held, err) < 0)
		return -1;
	return lab->break_sql ? stand_script(stand, "break.sql", lab->break_sql, err) : 0;
}

static int new_stand(struct site *site, const char *database, struct stand **ret, struct err *err)
{
	struct stand *stand = calloc(1, sizeof(*stand));

	if (!stand)
		return err_no_memory(err);
	stand->site = site;
	(void)snprintf(stand->database, sizeof(stand->database), "%s", database);
	*ret = stand;
	return 0;
}

int stand_build(struct site *site, const char *database, enum stand_state state, struct stand **ret,
		struct err *err)
{
	AUTO(stand_closep) struct stand *stand = NULL;

	if (new_stand(site, database, &stand, err) < 0 || clone_dataset(stand, err) < 0 ||
	    read_params(stand, err) < 0)
		return -1;
	if (state == STAND_BROKEN && break_it(stand, err) < 0)
		return -1;
	*ret = TAKE(stand);
	return 0;
}

int stand_open(struct site *site, const char *database, struct stand **ret, struct err *err)
{
	AUTO(db_result_freep) struct db_result *found = NULL;
	char message[sizeof(err->message)];

	if (db_conn_query(site->guard, SQL_EXISTS, DB_ARGS(db_text(database)), &found, err) < 0)
		return -1;
	if (!db_get_bool(found, 0, 0)) {
		(void)snprintf(
			message, sizeof(message),
			"the lab's database %s is not there: `tasklab lab start %s` makes it",
			database, site->lab->slug);
		return err_set(err, ERR_NOT_FOUND, message, "%s", "");
	}
	return new_stand(site, database, ret, err);
}

/* At work -------------------------------------------------------------------------------------- */

int stand_script(struct stand *stand, const char *name, const char *sql, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;

	if (site_check_stop(stand->site, err) < 0 ||
	    site_connect(stand->site, stand->database, NULL, &conn, err) < 0)
		return -1;
	return sender_script(conn, stand->site->lab->slug, name, sql, err);
}

struct held *stand_take_held(struct stand *stand)
{
	if (stand->held)
		held_detach(stand->held);
	return TAKE(stand->held);
}

/* Afterwards ----------------------------------------------------------------------------------- */

void stand_closep(struct stand **stand)
{
	if (!*stand)
		return;
	held_closep(&(*stand)->held);
	params_release(&(*stand)->params);
	free(*stand);
	*stand = NULL;
}

int stand_drop(struct stand **stand, struct err *err)
{
	struct site *site = (*stand)->site;
	char database[GUARD_NAME_SIZE];

	memcpy(database, (*stand)->database, sizeof(database));
	stand_closep(stand);
	return site_drop(site, database, err);
}

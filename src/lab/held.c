/* held.c - opens, keeps and closes the sessions that a lab holds. */
#include "held.h"

#include <stdio.h>
#include <stdlib.h>

#include <tasklab/base/clock.h>

#include "sender.h"

struct held {
	struct db_conn **conns;
	size_t count;
};

static int open_one(struct site *site, const char *database, const struct lab_session *session,
		    struct db_conn **ret, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	char name[96];

	(void)snprintf(name, sizeof(name), "session %s", session->name);
	if (site_connect(site, database, session->name, &conn, err) < 0 ||
	    sender_script(conn, site->lab->slug, name, session->sql, err) < 0)
		return -1;
	*ret = TAKE(conn);
	return 0;
}

int held_open(struct site *site, const char *database, struct held **ret, struct err *err)
{
	AUTO(held_closep) struct held *held = calloc(1, sizeof(*held));

	if (!held)
		return err_no_memory(err);
	held->conns = calloc(site->lab->session_count + 1, sizeof(struct db_conn *));
	if (!held->conns)
		return err_no_memory(err);
	for (size_t i = 0; i < site->lab->session_count; i++) {
		if (open_one(site, database, &site->lab->sessions[i], &held->conns[i], err) < 0)
			return -1;
		held->count = i + 1;
	}
	*ret = TAKE(held);
	return 0;
}

void held_detach(struct held *held)
{
	for (size_t i = 0; i < held->count; i++)
		db_conn_set_limit(held->conns[i], NULL);
}

void held_closep(struct held **held)
{
	if (!*held)
		return;
	for (size_t i = 0; i < (*held)->count; i++)
		db_conn_closep(&(*held)->conns[i]);
	free((*held)->conns);
	free(*held);
	*held = NULL;
}

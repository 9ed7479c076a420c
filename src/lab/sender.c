/* sender.c - sends a lab's script to the server, statement by statement. */
#include "sender.h"

#include <stdio.h>

#include <tasklab/base/clock.h>

#include "script.h"

int sender_fault(const struct err *why, const char *slug, const char *name, size_t line,
		 struct err *err)
{
	char message[sizeof(why->message)], place[32] = "";

	if (line > 0)
		(void)snprintf(place, sizeof(place), ", line %zu", line);
	(void)snprintf(message, sizeof(message), "%s of %s%s: %.150s", name, slug, place,
		       why->message);
	return err_set(err, why->code, message, "%s", why->detail);
}

int sender_script(struct db_conn *conn, const char *slug, const char *name, const char *sql,
		  struct err *err)
{
	AUTO(script_list_release) struct script_list list = {.items = NULL};
	struct err why = ERR_INIT;

	if (script_split(sql, &list, &why) < 0)
		return sender_fault(&why, slug, name, 0, err);
	db_conn_set_deadline(conn, clock_mono_ns() + SENDER_SCRIPT_MS * CLOCK_NS_PER_MS);
	for (size_t i = 0; i < list.count; i++)
		if (db_conn_script(conn, list.items[i].sql, &why) < 0)
			return sender_fault(&why, slug, name, list.items[i].line, err);
	db_conn_set_deadline(conn, CLOCK_NEVER);
	return 0;
}

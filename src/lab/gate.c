/* gate.c - opens, finds and closes the doors to the databases of labs over HTTP. */
#include <tasklab/lab/gate.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/thread.h>
#include <tasklab/db/conn.h>

#include "guard.h"

#define GATE_DOORS_MAX    4
#define GATE_VALUES_MAX   5
#define GATE_UNPOOLED_MAX 200 /* connections of requests that make their own */
#define GATE_SHAPES_MAX   64
#define GATE_WAITERS_MAX  200
#define GATE_READ_MS      INT64_C(5000) /* longest wait for the switches */

static const char SQL_GATE_SWITCHES[] = "SELECT name::text, value::text FROM lab.switches";
static const char SQL_GATE_THERE[] = "SELECT to_regclass('lab.switches') IS NOT NULL";

static const struct {
	const char *name;
	const char *values[GATE_VALUES_MAX]; /* the rest is NULL */
} SWITCHES[GATE_SWITCH_COUNT] = {
#define X(id, name, ...) [id] = {name, {__VA_ARGS__}},
	GATE_SWITCHES(X)
#undef X
};

struct gate_door {
	char name[GATE_NAME_SIZE]; /* "": free */
	char database[GUARD_NAME_SIZE];
	uint64_t number;
	struct db_pool *pooled, *unpooled;
	int switches[GATE_SWITCH_COUNT];
	unsigned inside;
	bool closing;
};

struct gate {
	struct gate_options options;
	char *conninfo;
	pthread_mutex_t mutex; /* of all that follows */
	pthread_cond_t left;   /* somebody has left */
	uint64_t opened;
	struct gate_door doors[GATE_DOORS_MAX];
};

int gate_new(const struct gate_options *options, struct gate **ret, struct err *err)
{
	struct gate *gate = calloc(1, sizeof(*gate));

	if (!gate)
		return err_no_memory(err);
	gate->options = *options;
	gate->conninfo = strdup(options->conninfo);
	if (!gate->conninfo) {
		free(gate);
		return err_no_memory(err);
	}
	gate->options.conninfo = gate->conninfo;
	pthread_mutex_init(&gate->mutex, NULL);
	pthread_cond_init(&gate->left, NULL);
	*ret = gate;
	return 0;
}

void gate_freep(struct gate **pointer)
{
	struct gate *gate = *pointer;

	if (!gate)
		return;
	for (size_t i = 0; i < GATE_DOORS_MAX; i++)
		if (gate->doors[i].name[0])
			gate_close(gate, gate->doors[i].name);
	pthread_cond_destroy(&gate->left);
	pthread_mutex_destroy(&gate->mutex);
	free(gate->conninfo);
	free(gate);
	*pointer = NULL;
}

/* Doors, under the mutex ------------------------------------------------------------------------
 */

static struct gate_door *find(struct gate *gate, const char *name)
{
	for (size_t i = 0; i < GATE_DOORS_MAX; i++)
		if (strcmp(gate->doors[i].name, name) == 0)
			return &gate->doors[i];
	return NULL;
}

/* A free door, marked as taken and closing, so that nobody enters before it is ready. */
static int take_door(struct gate *gate, const char *name, struct gate_door **ret, struct err *err)
{
	struct gate_door *door;
	LOCK(&gate->mutex);

	if (!*name || strlen(name) >= GATE_NAME_SIZE)
		return err_set(err, ERR_INVALID, "this is no name of a lab", "%s", name);
	if (find(gate, name))
		return err_set(err, ERR_CONFLICT, "the lab is open to requests already", "%s",
			       name);
	door = find(gate, "");
	if (!door)
		return err_set(err, ERR_TOO_LARGE,
			       "too many labs are open to requests: end one of them "
			       "(tasklab lab reset <slug>)",
			       "%d are open", GATE_DOORS_MAX);
	memset(door, 0, sizeof(*door));
	(void)snprintf(door->name, sizeof(door->name), "%s", name);
	door->closing = true;
	door->number = ++gate->opened;
	*ret = door;
	return 0;
}

static void release_door(struct gate *gate, struct gate_door *door)
{
	db_pool_close(door->pooled);
	db_pool_close(door->unpooled);
	LOCK(&gate->mutex);
	memset(door, 0, sizeof(*door));
}

/* Switches --------------------------------------------------------------------------------------
 */

static int set_switch(int *switches, const char *name, const char *value, struct err *err)
{
	char known[160] = "";
	size_t at = 0;

	for (int i = 0; i < GATE_SWITCH_COUNT; i++) {
		if (strcmp(SWITCHES[i].name, name) != 0)
			continue;
		for (int k = 0; k < GATE_VALUES_MAX && SWITCHES[i].values[k]; k++) {
			if (strcmp(SWITCHES[i].values[k], value) == 0) {
				switches[i] = k;
				return 0;
			}
			if (at < sizeof(known))
				at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
						       k ? ", " : "", SWITCHES[i].values[k]);
		}
		return err_field(err, ERR_UNPROCESSABLE, "value",
				 "lab.switches: %s cannot be \"%.40s\": expected one of %s", name,
				 value, known);
	}
	return err_field(err, ERR_UNPROCESSABLE, "name",
			 "lab.switches: the service has no switch \"%.40s\"", name);
}

static int read_switches(const struct gate *gate, const char *database, int *ret, struct err *err)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	AUTO(db_result_freep) struct db_result *there = NULL;
	AUTO(db_result_freep) struct db_result *rows = NULL;

	memset(ret, 0, GATE_SWITCH_COUNT * sizeof(*ret));
	if (db_conn_open(gate->conninfo, database, "tasklab gate", GATE_READ_MS, &conn, err) < 0)
		return -1;
	db_conn_set_deadline(conn, clock_mono_ns() + GATE_READ_MS * CLOCK_NS_PER_MS);
	if (db_conn_query(conn, SQL_GATE_THERE, DB_NO_ARGS, &there, err) < 0)
		return -1;
	if (!db_get_bool(there, 0, 0))
		return 0;
	if (db_conn_query(conn, SQL_GATE_SWITCHES, DB_NO_ARGS, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < db_rows(rows); i++)
		if (!db_is_null(rows, i, 0) && !db_is_null(rows, i, 1) &&
		    set_switch(ret, db_get_text(rows, i, 0), db_get_text(rows, i, 1), err) < 0)
			return -1;
	return 0;
}

/* Opening and closing ---------------------------------------------------------------------------
 */

static int open_pool(const struct gate *gate, const char *database, bool unpooled,
		     struct db_pool **ret, struct err *err)
{
	const struct db_pool_options options = {
		.conninfo = gate->conninfo,
		.dbname = database,
		.application_name = "tasklab lab requests",
		.max_connections = unpooled ? GATE_UNPOOLED_MAX : gate->options.max_connections,
		.max_waiters = GATE_WAITERS_MAX,
		.wait_ms = gate->options.wait_ms,
		.connect_ms = gate->options.connect_ms,
		.statement_ms = gate->options.statement_ms,
		.breaker_open_ms = 1000,
		.breaker_failures = 5,
		.shapes_max = GATE_SHAPES_MAX,
		.unpooled = unpooled,
	};

	return db_pool_open(&options, ret, err);
}

int gate_open(struct gate *gate, const char *name, const char *database, struct err *err)
{
	struct gate_door *door = NULL;
	int switches[GATE_SWITCH_COUNT];

	if (take_door(gate, name, &door, err) < 0)
		return -1;
	(void)snprintf(door->database, sizeof(door->database), "%s", database);
	if (read_switches(gate, database, switches, err) < 0 ||
	    open_pool(gate, database, false, &door->pooled, err) < 0 ||
	    open_pool(gate, database, true, &door->unpooled, err) < 0) {
		release_door(gate, door);
		return -1;
	}
	LOCK(&gate->mutex);
	memcpy(door->switches, switches, sizeof(switches));
	door->closing = false;
	return 0;
}

int gate_refresh(struct gate *gate, const char *name, struct err *err)
{
	char database[GUARD_NAME_SIZE] = "";
	int switches[GATE_SWITCH_COUNT];

	{
		LOCK(&gate->mutex);
		const struct gate_door *door = find(gate, name);

		if (!*name || !door)
			return err_set(err, ERR_CONFLICT, "the lab is not open to requests", "%s",
				       name);
		memcpy(database, door->database, sizeof(database));
	}
	if (read_switches(gate, database, switches, err) < 0)
		return -1;
	LOCK(&gate->mutex);
	struct gate_door *door = find(gate, name);

	if (door)
		memcpy(door->switches, switches, sizeof(switches));
	return 0;
}

void gate_close(struct gate *gate, const char *name)
{
	struct gate_door *door;

	if (!*name)
		return;
	{
		LOCK(&gate->mutex);
		door = find(gate, name);
		if (!door || door->closing)
			return;
		door->closing = true;
		while (door->inside > 0)
			pthread_cond_wait(&gate->left, &gate->mutex);
	}
	release_door(gate, door);
}

/* Requests --------------------------------------------------------------------------------------
 */

int gate_enter(struct gate *gate, const char *name, struct gate_visit *ret, struct err *err)
{
	struct gate_door *door;
	LOCK(&gate->mutex);

	door = *name ? find(gate, name) : NULL;
	if (!door || door->closing)
		return err_field(err, ERR_CONFLICT, "Tasklab-Lab",
				 "no lab \"%.48s\" over HTTP is active: start it with `tasklab lab "
				 "start`",
				 name);
	door->inside++;
	ret->door = door;
	ret->number = door->number;
	memcpy(ret->switches, door->switches, sizeof(ret->switches));
	ret->pool = door->switches[GATE_CONNECTIONS] == GATE_PER_REQUEST ? door->unpooled
									 : door->pooled;
	return 0;
}

void gate_leave(struct gate *gate, struct gate_visit *visit)
{
	if (!visit->door)
		return;
	LOCK(&gate->mutex);
	if (--visit->door->inside == 0)
		pthread_cond_broadcast(&gate->left);
	visit->door = NULL;
}

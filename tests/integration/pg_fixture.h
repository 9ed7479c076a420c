/* pg_fixture.h - a private PostgreSQL server for one test program.
 *
 * initdb into a temporary directory, a free port on 127.0.0.1, the role and database `tasklab`
 * (the role has CREATEDB and pg_monitor), trust for everyone but the role `locked`, who needs the
 * password "right". As root the server runs as user postgres. It dies with the test program and
 * its directory is removed at exit. Whatever fails here ends the program with a message.
 */
#ifndef TESTS_PG_FIXTURE_H
#define TESTS_PG_FIXTURE_H

#include <sys/types.h>

struct pg;

/* settings: further "name=value" pairs ending with NULL, or NULL. Returns when it accepts
 * connections and the database exists. */
struct pg *pg_start(const char *const *settings);
void pg_remove(struct pg *pg); /* stops it and removes its directory; NULL is ignored */

/* "host=127.0.0.1 port=... user=tasklab dbname=..."; lives as long as the fixture. */
const char *pg_conninfo(struct pg *pg);
const char *pg_superuser(struct pg *pg); /* the same as role postgres */
int pg_port(const struct pg *pg);
const char *pg_log_path(const struct pg *pg);
const char *pg_bin(void); /* the newest /usr/lib/postgresql/N/bin */

void pg_kill(struct pg *pg);    /* SIGKILL to every process of it; returns when they are gone */
void pg_stop(struct pg *pg);    /* fast shutdown; returns when it is down */
void pg_restart(struct pg *pg); /* after pg_kill or pg_stop; returns when it accepts connections */
void pg_launch(struct pg *pg);  /* the same without waiting */
void pg_pause(struct pg *pg);   /* SIGSTOP to every process of it */
void pg_resume(struct pg *pg);

/* Runs a script as superuser in the database tasklab. */
void pg_sql(struct pg *pg, const char *sql);

#endif

/* doctor.c - the checks of `tasklab doctor`: each finds one thing that may be wrong. */
#include "doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>
#include <tasklab/db/migrate.h>

#include "address.h"
#include "health.h"

#define QUERY_TIMEOUT_NS (5 * CLOCK_NS_PER_S)
#define SPARE_FDS        64 /* files, logs, listeners, timers */
#define DISK_FREE_MIN    (UINT64_C(1) << 30)
#define VERSION_MIN      150000
#define VERSION_END      190000
#define VALUE_SIZE       192

void doctor_release(struct doctor *doctor)
{
	db_conn_closep(&doctor->conn);
}

/* what tells what was found; mend, when it is not NULL, what to do. */
static void found(struct doctor_finding *finding, enum doctor_level level, const char *mend,
		  const char *what_format, ...) PRINTF(4, 5);
static void found(struct doctor_finding *finding, enum doctor_level level, const char *mend,
		  const char *what_format, ...)
{
	va_list args;

	finding->level = level;
	va_start(args, what_format);
	(void)vsnprintf(finding->what, sizeof(finding->what), what_format, args);
	va_end(args);
	(void)snprintf(finding->mend, sizeof(finding->mend), "%s", mend ? mend : "");
}

/* The first value that sql gives, as text; "" for no row or NULL. False: it could not be asked, and
 * finding says so. */
static bool ask(struct doctor *doctor, struct doctor_finding *finding, const char *sql,
		char value[VALUE_SIZE])
{
	AUTO(db_result_freep) struct db_result *result = NULL;
	struct err err = ERR_INIT;

	value[0] = '\0';
	if (!doctor->conn) {
		found(finding, DOCTOR_SKIP, NULL, "needs the database");
		return false;
	}
	db_conn_set_deadline(doctor->conn, clock_mono_ns() + QUERY_TIMEOUT_NS);
	if (db_conn_query_text(doctor->conn, sql, NULL, 0, &result, &err) < 0) {
		found(finding, DOCTOR_FAIL, "look into the server's log", "%s: %.160s", err.message,
		      err.detail);
		return false;
	}
	if (db_rows(result) > 0 && !db_is_null(result, 0, 0))
		(void)snprintf(value, VALUE_SIZE, "%s", db_get_text(result, 0, 0));
	return true;
}

/* This machine --------------------------------------------------------------------------------- */

static void check_settings(struct doctor *doctor, struct doctor_finding *finding)
{
	AUTO(freep) char *database = db_conninfo_redacted(doctor->config->database_url);

	if (!database)
		found(finding, DOCTOR_FAIL,
		      "give --database-url a libpq URI or keyword/value string",
		      "database_url cannot be read");
	else
		found(finding, DOCTOR_OK, NULL, "readable; database %s", database);
}

static void check_sandbox(struct doctor *doctor, struct doctor_finding *finding)
{
	if (doctor->config->sandbox)
		found(finding, DOCTOR_OK, NULL, "on: demo accounts, labs and drills are allowed");
	else
		found(finding, DOCTOR_WARN, "set TASKLAB_SANDBOX=on if this is meant to be one",
		      "off: a plain service, labs and drills are refused");
}

static void check_descriptors(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct config *config = doctor->config;
	uint64_t needed = (uint64_t)(config->http_threads + config->http_queue +
				     config->db_pool_max + SPARE_FDS);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
		found(finding, DOCTOR_SKIP, NULL, "limit unknown: %s", strerror(errno));
		return;
	}
	if (limit.rlim_max < needed)
		found(finding, DOCTOR_FAIL,
		      "raise it (ulimit -Hn, LimitNOFILE=) or lower "
		      "--http-threads, --http-queue, --db-pool-max",
		      "the limit is %" PRIu64 ", these settings need %" PRIu64,
		      (uint64_t)limit.rlim_max, needed);
	else
		found(finding, DOCTOR_OK, NULL, "%" PRIu64 " allowed, %" PRIu64 " needed",
		      (uint64_t)limit.rlim_max, needed);
}

/* 0 when a socket can be bound there, else the errno. */
static int try_bind(const struct address *address)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *list = NULL;
	const int on = 1;
	int failed = EADDRNOTAVAIL;
	int fd;

	if (getaddrinfo(address->host[0] ? address->host : NULL, address->port, &hints, &list) != 0)
		return failed;
	fd = socket(list->ai_family, list->ai_socktype | SOCK_CLOEXEC, list->ai_protocol);
	if (fd >= 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		failed = bind(fd, list->ai_addr, list->ai_addrlen) == 0 ? 0 : errno;
		close(fd);
	}
	freeaddrinfo(list);
	return failed;
}

static void check_listen(struct doctor *doctor, struct doctor_finding *finding)
{
	const char *listen = doctor->config->listen;
	struct address address;
	struct err err = ERR_INIT;
	int failed;

	if (address_parse(listen, &address, &err) < 0) {
		found(finding, DOCTOR_FAIL, "give --listen as host:port", "%s: %s", err.message,
		      err.detail);
		return;
	}
	failed = try_bind(&address);
	if (failed == 0)
		found(finding, DOCTOR_OK, NULL, "%s is free", listen);
	else if (failed == EADDRINUSE && health_ask(listen, "/healthz", &err) == 0)
		found(finding, DOCTOR_OK, NULL, "%s is served by a running service", listen);
	else
		found(finding, DOCTOR_FAIL,
		      "stop the other program, or choose another address with --listen", "%s: %s",
		      listen, strerror(failed));
}

/* The database --------------------------------------------------------------------------------- */

static const char *mend_connection(const struct err *err)
{
	static const char *const MENDS[][2] = {
		{"password", "mend user and password in TASKLAB_DATABASE_URL"},
		{"does not exist", "create it: createdb, or ./sandbox up"},
		{"pg_hba", "allow this user and host in the server's pg_hba.conf"},
		{"too many", "close other clients or raise the server's max_connections"},
		{"starting up", "wait until the server has started"},
		{"ranslate host", "mend the host in TASKLAB_DATABASE_URL"},
	};

	for (size_t i = 0; i < ARRAY_LEN(MENDS); i++) {
		if (strstr(err->message, MENDS[i][0]) || strstr(err->detail, MENDS[i][0]))
			return MENDS[i][1];
	}
	return "start it: docker compose up, or ./sandbox up; or mend TASKLAB_DATABASE_URL";
}

static void check_database(struct doctor *doctor, struct doctor_finding *finding)
{
	struct err err = ERR_INIT;

	if (db_conn_open(doctor->config->database_url, NULL, "tasklab doctor",
			 doctor->config->db_connect_timeout, &doctor->conn, &err) < 0)
		found(finding, DOCTOR_FAIL, mend_connection(&err), "%s: %.180s", err.message,
		      err.detail);
	else
		found(finding, DOCTOR_OK, NULL, "reachable");
}

static void check_version(struct doctor *doctor, struct doctor_finding *finding)
{
	char value[VALUE_SIZE];
	int version;

	if (!ask(doctor, finding, "SHOW server_version", value))
		return;
	version = db_conn_server_version(doctor->conn);
	if (version >= VERSION_MIN && version < VERSION_END)
		found(finding, DOCTOR_OK, NULL, "PostgreSQL %s", value);
	else
		found(finding, version < VERSION_MIN ? DOCTOR_FAIL : DOCTOR_WARN,
		      "use PostgreSQL 15 to 18, which the labs are tested on", "PostgreSQL %s",
		      value);
}

static void check_migrations(struct doctor *doctor, struct doctor_finding *finding)
{
	struct err err = ERR_INIT;

	if (!doctor->conn) {
		found(finding, DOCTOR_SKIP, NULL, "needs the database");
		return;
	}
	db_conn_set_deadline(doctor->conn, clock_mono_ns() + QUERY_TIMEOUT_NS);
	if (migrate_verify(doctor->conn, &err) < 0)
		found(finding, DOCTOR_FAIL, "run tasklab migrate up; see tasklab migrate status",
		      "%s %.160s", err.message, err.detail);
	else
		found(finding, DOCTOR_OK, NULL, "all applied, none edited since");
}

static void check_extension(struct doctor *doctor, struct doctor_finding *finding, const char *name,
			    const char *mend, enum doctor_level level)
{
	char value[VALUE_SIZE];
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "SELECT extversion FROM pg_extension WHERE extname = '%s'",
		       name);
	if (!ask(doctor, finding, sql, value))
		return;
	if (value[0])
		found(finding, DOCTOR_OK, NULL, "version %s", value);
	else
		found(finding, level, mend, "is not there");
}

static void check_pgss(struct doctor *doctor, struct doctor_finding *finding)
{
	check_extension(doctor, finding, "pg_stat_statements",
			"as a superuser, in this database: CREATE EXTENSION pg_stat_statements",
			doctor->config->sandbox ? DOCTOR_FAIL : DOCTOR_WARN);
}

/* The settings of a library are there only in servers that have loaded it. */
static void check_pgss_settings(struct doctor *doctor, struct doctor_finding *finding)
{
	char track[VALUE_SIZE], identifier[VALUE_SIZE];

	if (!ask(doctor, finding,
		 "SELECT setting FROM pg_settings WHERE name = 'pg_stat_statements.track'",
		 track) ||
	    !ask(doctor, finding, "SHOW compute_query_id", identifier))
		return;
	if (!track[0])
		found(finding, doctor->config->sandbox ? DOCTOR_FAIL : DOCTOR_WARN,
		      "add pg_stat_statements to shared_preload_libraries, restart the server",
		      "pg_stat_statements is not preloaded");
	else if (strcmp(identifier, "off") == 0)
		found(finding, DOCTOR_FAIL, "set compute_query_id = auto",
		      "compute_query_id is off, so nothing is counted");
	else if (strcmp(track, "all") != 0)
		found(finding, DOCTOR_WARN, "set pg_stat_statements.track = all",
		      "track is %s: statements inside functions and triggers are not counted",
		      track);
	else
		found(finding, DOCTOR_OK, NULL, "preloaded, track = all, compute_query_id = %s",
		      identifier);
}

static void check_hypopg(struct doctor *doctor, struct doctor_finding *finding)
{
	check_extension(doctor, finding, "hypopg",
			"for tasklab lab explain --hypothetical: install the package "
			"postgresql-NN-hypopg, then CREATE EXTENSION hypopg",
			DOCTOR_WARN);
}

static void check_wait_sampling(struct doctor *doctor, struct doctor_finding *finding)
{
	check_extension(doctor, finding, "pg_wait_sampling",
			"for the labs about waiting: install the package "
			"postgresql-NN-pg-wait-sampling, preload it, CREATE EXTENSION it",
			DOCTOR_WARN);
}

static void check_createdb(struct doctor *doctor, struct doctor_finding *finding)
{
	char value[VALUE_SIZE];

	if (!ask(doctor, finding,
		 "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user",
		 value))
		return;
	if (value[0] == 't')
		found(finding, DOCTOR_OK, NULL, "the role may create databases for labs");
	else
		found(finding, doctor->config->sandbox ? DOCTOR_FAIL : DOCTOR_SKIP,
		      doctor->config->sandbox ? "as a superuser: ALTER ROLE ... CREATEDB" : NULL,
		      "the role may not create databases, as labs need");
}

static void check_io_timing(struct doctor *doctor, struct doctor_finding *finding)
{
	char value[VALUE_SIZE];

	if (!ask(doctor, finding, "SHOW track_io_timing", value))
		return;
	if (strcmp(value, "on") == 0)
		found(finding, DOCTOR_OK, NULL, "on");
	else
		found(finding, DOCTOR_WARN, "set track_io_timing = on",
		      "off: plans and statistics do not tell the time of reads");
}

static void check_data(struct doctor *doctor, struct doctor_finding *finding)
{
	char value[VALUE_SIZE];

	if (!ask(doctor, finding, "SELECT to_regclass('tasks')", value))
		return;
	if (!value[0]) {
		found(finding, DOCTOR_FAIL, "run tasklab migrate up, then tasklab seed",
		      "there is no table tasks");
		return;
	}
	if (!ask(doctor, finding,
		 "SELECT greatest(reltuples::bigint, (SELECT count(*) FROM (SELECT FROM tasks "
		 "LIMIT 1) t)) "
		 "FROM pg_class WHERE oid = 'tasks'::regclass",
		 value))
		return;
	if (strcmp(value, "0") == 0)
		found(finding, DOCTOR_WARN, "run tasklab seed", "there are no tasks");
	else
		found(finding, DOCTOR_OK, NULL, "about %s tasks", value);
}

/* Known to superusers and pg_read_all_settings only, and only where the server is on this machine.
 */
static void check_disk(struct doctor *doctor, struct doctor_finding *finding)
{
	char path[VALUE_SIZE], text[32];
	struct statvfs fs;
	uint64_t free_bytes;

	if (!ask(doctor, finding, "SELECT setting FROM pg_settings WHERE name = 'data_directory'",
		 path))
		return;
	if (!path[0] || statvfs(path, &fs) < 0) {
		found(finding, DOCTOR_SKIP, NULL, "the data directory is not to be seen from here");
		return;
	}
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (free_bytes < DISK_FREE_MIN)
		found(finding, DOCTOR_WARN, "make room: labs clone their data set",
		      "%s left for %s", term_bytes(free_bytes, text), path);
	else
		found(finding, DOCTOR_OK, NULL, "%s left", term_bytes(free_bytes, text));
}

/* Adding a check is one row and one function. */
const struct doctor_check doctor_checks[] = {
	{"settings", check_settings},
	{"sandbox", check_sandbox},
	{"file descriptors", check_descriptors},
	{"listen address", check_listen},
	{"database", check_database},
	{"server version", check_version},
	{"migrations", check_migrations},
	{"pg_stat_statements", check_pgss},
	{"statement statistics", check_pgss_settings},
	{"hypopg", check_hypopg},
	{"pg_wait_sampling", check_wait_sampling},
	{"createdb", check_createdb},
	{"track_io_timing", check_io_timing},
	{"data", check_data},
	{"disk space", check_disk},
};
const size_t doctor_check_count = ARRAY_LEN(doctor_checks);

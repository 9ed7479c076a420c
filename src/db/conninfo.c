/* conninfo.c - reads, completes, prints and opens connection strings. */
#include "conninfo.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/db/conn.h>

#include "sqlstate.h"

#define CONNINFO_TEXT_MAX 16384
#define SQLSTATE_LEN      5

static int unreadable(struct err *err)
{
	return err_field(err, ERR_INVALID, "database_url",
			 "the connection string is not readable as a libpq URI or keywords");
}

static void set(struct conninfo *info, int *n, const char *keyword, const char *value)
{
	for (int i = 0; i < *n; i++) {
		if (strcmp(info->keywords[i], keyword) == 0) {
			info->values[i] = value;
			return;
		}
	}
	if (*n == CONNINFO_MAX)
		return;
	info->keywords[*n] = keyword;
	info->values[(*n)++] = value;
}

static const char *get(const PQconninfoOption *options, const char *keyword)
{
	for (const PQconninfoOption *o = options; o && o->keyword; o++) {
		if (strcmp(o->keyword, keyword) == 0)
			return o->val;
	}
	return NULL;
}

static int join_options(struct conninfo *info, const char *ours, struct err *err)
{
	AUTO(buf_release) struct buf joined = BUF_INIT(CONNINFO_TEXT_MAX);
	const char *theirs = get(info->parsed, "options");

	if (theirs)
		buf_printf(&joined, "%s ", theirs);
	buf_puts(&joined, ours);
	if (buf_check(&joined, err) < 0)
		return -1;
	info->options = buf_take(&joined);
	return info->options ? 0 : err_no_memory(err);
}

int conninfo_parse(const char *text, const char *dbname, const char *application_name,
		   const char *options, struct conninfo *ret, struct err *err)
{
	struct conninfo info = {.parsed = PQconninfoParse(text, NULL)};
	int n = 0;

	if (!info.parsed)
		return unreadable(err);
	for (const PQconninfoOption *o = info.parsed; o->keyword; o++) {
		if (o->val)
			set(&info, &n, o->keyword, o->val);
	}
	if (options && join_options(&info, options, err) < 0) {
		conninfo_release(&info);
		return -1;
	}
	if (info.options)
		set(&info, &n, "options", info.options);
	if (dbname)
		set(&info, &n, "dbname", dbname);
	if (application_name)
		set(&info, &n, "application_name", application_name);
	set(&info, &n, "client_encoding", "UTF8");
	*ret = info;
	return 0;
}

void conninfo_release(struct conninfo *info)
{
	PQconninfoFree(info->parsed);
	free(info->options);
	*info = (struct conninfo){.parsed = NULL};
}

void conninfo_finishp(PGconn **pg)
{
	PQfinish(*pg);
	*pg = NULL;
}

static void drop_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

PGconn *conninfo_start(const struct conninfo *info)
{
	PGconn *pg = PQconnectStartParams(info->keywords, info->values, 0);

	if (!pg)
		return NULL;
	/* So that a refusal carries its SQLSTATE: libpq has no other way to say it. */
	PQsetErrorVerbosity(pg, PQERRORS_VERBOSE);
	PQsetNoticeReceiver(pg, drop_notice, NULL);
	return pg;
}

/* "...: FATAL:  3D000: database "x" does not exist" -> 3D000, and where the text goes on. */
static const char *find_sqlstate(const char *message, char sqlstate[SQLSTATE_LEN + 1])
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (const char *at = strstr(message, ":  "); at; at = strstr(at + 1, ":  ")) {
		const char *state = at + strlen(":  ");

		if (strspn(state, letters) != SQLSTATE_LEN || state[SQLSTATE_LEN] != ':')
			continue;
		memcpy(sqlstate, state, SQLSTATE_LEN);
		sqlstate[SQLSTATE_LEN] = '\0';
		return state + SQLSTATE_LEN + strlen(": ");
	}
	return NULL;
}

int conninfo_refused(const PGconn *pg, struct err *err)
{
	const char *message = pg ? PQerrorMessage(pg) : "out of memory";
	char sqlstate[SQLSTATE_LEN + 1];
	char text[WIRE_TEXT_SIZE];
	const char *rest = find_sqlstate(message, sqlstate);

	if (rest)
		return sqlstate_err(err, sqlstate, NULL, wire_text(rest, text));
	return sqlstate_unavailable(err, "connect", wire_text(message, text));
}

int conninfo_connect(const struct conninfo *info, int64_t deadline_ns, PGconn **ret,
		     struct err *err)
{
	AUTO(conninfo_finishp) PGconn *pg = conninfo_start(info);
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;

	if (!pg || PQstatus(pg) == CONNECTION_BAD)
		return conninfo_refused(pg, err);
	while (want != PGRES_POLLING_OK) {
		struct pollfd fd = {.fd = PQsocket(pg)};

		fd.events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		if (poll(&fd, 1, clock_poll_ms(deadline_ns)) == 0 && clock_mono_ns() >= deadline_ns)
			return sqlstate_unavailable(err, "connect", "no answer in time");
		if (fd.revents)
			want = PQconnectPoll(pg);
		if (want == PGRES_POLLING_FAILED)
			return conninfo_refused(pg, err);
	}
	if (PQsetnonblocking(pg, 1) != 0)
		return conninfo_refused(pg, err);
	PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
	*ret = TAKE(pg);
	return 0;
}

/* A value of a keyword/value string, quoted where it must be. */
static void put_value(struct buf *out, const char *value)
{
	if (*value && !strpbrk(value, " '\\\t\n")) {
		buf_puts(out, value);
		return;
	}
	buf_putc(out, '\'');
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *value);
	}
	buf_putc(out, '\'');
}

static bool is_secret(const PQconninfoOption *option)
{
	return strchr(option->dispchar, '*') != NULL;
}

char *db_conninfo_redacted(const char *conninfo)
{
	AUTO(buf_release) struct buf out = BUF_INIT(CONNINFO_TEXT_MAX);
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);

	if (!options)
		return NULL;
	for (const PQconninfoOption *o = options; o->keyword; o++) {
		if (!o->val)
			continue;
		buf_printf(&out, "%s%s=", out.len ? " " : "", o->keyword);
		if (is_secret(o))
			buf_puts(&out, "***");
		else
			put_value(&out, o->val);
	}
	PQconninfoFree(options);
	return buf_take(&out);
}

char *db_conninfo_psql(const char *conninfo, const char *dbname)
{
	static const char *const flags[][2] = {
		{"host", "-h"}, {"hostaddr", "-h"}, {"port", "-p"}, {"user", "-U"}};
	AUTO(buf_release) struct buf out = BUF_INIT(CONNINFO_TEXT_MAX);
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);

	if (!options)
		return NULL;
	buf_puts(&out, "psql");
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		const char *value = get(options, flags[i][0]);

		if (!value || (i == 1 && get(options, "host")))
			continue;
		buf_printf(&out, " %s ", flags[i][1]);
		put_value(&out, value);
	}
	if (!dbname)
		dbname = get(options, "dbname");
	if (dbname) {
		buf_puts(&out, " -d ");
		put_value(&out, dbname);
	}
	PQconninfoFree(options);
	return buf_take(&out);
}

int db_library_version(void)
{
	return PQlibVersion();
}

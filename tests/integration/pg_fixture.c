/* pg_fixture.c - starts, torments and removes a private PostgreSQL server. */
#include "pg_fixture.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tasklab/base/clock.h>
#include <tasklab/db/conn.h>

#define ARGV_MAX      64
#define PROCESSES_MAX 256
#define START_MAX_NS  (60 * CLOCK_NS_PER_S)
#define TRY_EVERY_NS  (10 * CLOCK_NS_PER_MS)

struct pg {
	char dir[PATH_MAX];
	char data[PATH_MAX + 8];
	char log[PATH_MAX + 8];
	char conninfo[128];
	char superuser[128];
	int port;
	pid_t pid; /* the postmaster; 0 when none runs */
	const char *const *settings;
	struct pg *next;
};

static struct pg *all;
static pid_t owner; /* children of the test program must not clean up */

static void die(const char *format, ...) PRINTF(1, 2) NORETURN;
static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fputs("pg_fixture: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	exit(99);
}

const char *pg_bin(void)
{
	static char bin[PATH_MAX];
	struct dirent **found = NULL;
	int n;
	long newest = 0;

	if (*bin)
		return bin;
	n = scandir("/usr/lib/postgresql", &found, NULL, NULL);
	for (int i = 0; i < n; i++) {
		long version = strtol(found[i]->d_name, NULL, 10);

		newest = version > newest ? version : newest;
		free(found[i]);
	}
	free(found);
	if (newest == 0)
		die("no PostgreSQL server below /usr/lib/postgresql");
	(void)snprintf(bin, sizeof(bin), "/usr/lib/postgresql/%ld/bin", newest);
	return bin;
}

/* Processes ------------------------------------------------------------------------------------ */

static void become_postgres(void)
{
	const struct passwd *user = getpwnam("postgres");

	if (geteuid() != 0)
		return;
	if (!user || initgroups("postgres", user->pw_gid) < 0 || setgid(user->pw_gid) < 0 ||
	    setuid(user->pw_uid) < 0)
		_exit(98);
}

/* Starts a program as user postgres with its output in the fixture's log. */
static pid_t spawn(const struct pg *pg, char *const argv[])
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0) {
		int log = open(pg->log, O_WRONLY | O_APPEND | O_CLOEXEC);

		become_postgres();
		(void)prctl(PR_SET_PDEATHSIG, SIGQUIT); /* immediate shutdown */
		if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || chdir("/") < 0)
			_exit(97);
		execv(argv[0], argv);
		_exit(96);
	}
	return pid;
}

static int wait_exit(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	}
	return status;
}

static pid_t parent_of(pid_t pid)
{
	char path[64], stat[512];
	const char *after_name;
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return -1;
	len = fread(stat, 1, sizeof(stat) - 1, file);
	(void)fclose(file);
	stat[len] = '\0';
	after_name = strrchr(stat, ')');
	if (!after_name || strlen(after_name) < 4 || after_name[2] == 'Z')
		return -1;
	return (pid_t)strtol(after_name + 4, NULL, 10);
}

/* The postmaster's children; returns their number. */
static size_t children(const struct pg *pg, pid_t pids[PROCESSES_MAX])
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	size_t n = 0;

	while (proc && (entry = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && n < PROCESSES_MAX && parent_of(pid) == pg->pid)
			pids[n++] = pid;
	}
	if (proc)
		closedir(proc);
	return n;
}

static void pause_a_little(void)
{
	clock_sleep_until(clock_mono_ns() + TRY_EVERY_NS);
}

void pg_kill(struct pg *pg)
{
	pid_t pids[PROCESSES_MAX];
	size_t n;

	if (pg->pid == 0)
		return;
	(void)kill(pg->pid, SIGSTOP); /* so that it makes no more of them */
	n = children(pg, pids);
	(void)kill(pg->pid, SIGKILL);
	for (size_t i = 0; i < n; i++)
		(void)kill(pids[i], SIGKILL);
	(void)wait_exit(pg->pid);
	for (size_t i = 0; i < n; i++) {
		while (kill(pids[i], 0) == 0 && parent_of(pids[i]) != -1)
			pause_a_little();
	}
	pg->pid = 0;
}

static void signal_all(struct pg *pg, int signal)
{
	pid_t pids[PROCESSES_MAX];
	size_t n;

	(void)kill(pg->pid, signal);
	n = children(pg, pids);
	for (size_t i = 0; i < n; i++)
		(void)kill(pids[i], signal);
}

void pg_pause(struct pg *pg)
{
	signal_all(pg, SIGSTOP);
}

void pg_resume(struct pg *pg)
{
	signal_all(pg, SIGCONT);
}

void pg_stop(struct pg *pg)
{
	if (pg->pid == 0)
		return;
	(void)kill(pg->pid, SIGINT);
	(void)wait_exit(pg->pid);
	pg->pid = 0;
}

/* Starting ------------------------------------------------------------------------------------- */

/* Ports that the kernel gives to no connection: none can sit on one while the server is down. */
#define PORT_MIN 20000
#define PORT_MAX 32000

/* A name that one process at a time can hold, until it ends; tests/integration/system.py holds
 * them too. Two tests that begin at once would otherwise be given the same port. */
static bool hold_port(int port)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "tasklab-test-port-%d",
			   port);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	if (bind(fd, (struct sockaddr *)&name,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) == 0)
		return true; /* held as long as the descriptor is open */
	close(fd);
	return false;
}

static bool can_listen(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	bool free;

	if (fd < 0)
		die("socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	free = bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return free;
}

static int free_port(void)
{
	int count = PORT_MAX - PORT_MIN, first = (int)(clock_mono_ns() / 1000 % count);

	for (int i = 0; i < count; i++) {
		int port = PORT_MIN + (first + i) % count;

		if (hold_port(port) && can_listen(port))
			return port;
	}
	die("no free port from %d to %d", PORT_MIN, PORT_MAX);
}

void pg_launch(struct pg *pg)
{
	char program[PATH_MAX + 16], port[32];
	char *argv[ARGV_MAX] = {program, "-D", pg->data, "-c", port};
	size_t n = 5;
	static char *const fixed[] = {
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off",
		"logging_collector=off",      "max_connections=60",       "shared_buffers=32MB"};

	(void)snprintf(program, sizeof(program), "%s/postgres", pg_bin());
	(void)snprintf(port, sizeof(port), "port=%d", pg->port);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		argv[n++] = "-c";
		argv[n++] = fixed[i];
	}
	for (size_t i = 0; pg->settings && pg->settings[i] && n + 3 < ARGV_MAX; i++) {
		argv[n++] = "-c";
		argv[n++] = (char *)pg->settings[i]; /* execv only reads it */
	}
	pg->pid = spawn(pg, argv);
}

static void wait_ready(struct pg *pg)
{
	char conninfo[256];
	int64_t give_up_ns = clock_mono_ns() + START_MAX_NS;

	(void)snprintf(conninfo, sizeof(conninfo), "%s connect_timeout=2", pg->superuser);
	for (;;) {
		AUTO(db_conn_closep) struct db_conn *conn = NULL;
		struct err err = ERR_INIT;

		if (db_conn_open(conninfo, "postgres", "fixture", 2000, &conn, &err) == 0)
			return;
		if (clock_mono_ns() > give_up_ns || waitpid(pg->pid, NULL, WNOHANG) == pg->pid)
			die("the server does not start: %s; see %s", err.detail, pg->log);
		pause_a_little();
	}
}

void pg_restart(struct pg *pg)
{
	pg_launch(pg);
	wait_ready(pg);
}

static void write_file(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("%s: %s", path, strerror(errno));
	close(fd);
}

static void make_cluster(struct pg *pg)
{
	char program[PATH_MAX + 16], hba[PATH_MAX + 32];
	char *argv[] = {program, "-D",        pg->data, "-U",   "postgres",   "-A",
			"trust", "--no-sync", "-E",     "UTF8", "--locale=C", NULL};

	(void)snprintf(program, sizeof(program), "%s/initdb", pg_bin());
	if (wait_exit(spawn(pg, argv)) != 0)
		die("initdb failed; see %s", pg->log);
	(void)snprintf(hba, sizeof(hba), "%s/pg_hba.conf", pg->data);
	write_file(hba,
		   "host all locked 127.0.0.1/32 scram-sha-256\n"
		   "host all all 127.0.0.1/32 trust\n"
		   "host replication all 127.0.0.1/32 trust\n",
		   O_TRUNC);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

static void remove_all(void)
{
	while (all && getpid() == owner)
		pg_remove(all);
}

void pg_remove(struct pg *pg)
{
	struct pg **at = &all;

	if (!pg)
		return;
	pg_kill(pg);
	(void)nftw(pg->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	while (*at != pg)
		at = &(*at)->next;
	*at = pg->next;
	free(pg);
}

static struct pg *new_fixture(const char *const *settings)
{
	const char *temp = getenv("TMPDIR");
	struct pg *pg = calloc(1, sizeof(*pg));
	const struct passwd *user = getpwnam("postgres");

	if (!pg)
		die("out of memory");
	pg->settings = settings;
	pg->port = free_port();
	(void)snprintf(pg->dir, sizeof(pg->dir), "%s/tasklab-pg-XXXXXX", temp ? temp : "/tmp");
	if (!mkdtemp(pg->dir))
		die("%s: %s", pg->dir, strerror(errno));
	(void)snprintf(pg->data, sizeof(pg->data), "%s/data", pg->dir);
	(void)snprintf(pg->log, sizeof(pg->log), "%s/log", pg->dir);
	(void)snprintf(pg->conninfo, sizeof(pg->conninfo),
		       "host=127.0.0.1 port=%d user=tasklab dbname=tasklab", pg->port);
	(void)snprintf(pg->superuser, sizeof(pg->superuser),
		       "host=127.0.0.1 port=%d user=postgres dbname=tasklab", pg->port);
	write_file(pg->log, "", O_TRUNC);
	if (geteuid() == 0 && (!user || chown(pg->dir, user->pw_uid, user->pw_gid) < 0))
		die("the server needs the user postgres");
	if (!owner) {
		owner = getpid();
		(void)atexit(remove_all);
	}
	pg->next = all;
	all = pg;
	return pg;
}

static void run_script(struct pg *pg, const char *dbname, const char *sql)
{
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	struct err err = ERR_INIT;

	if (db_conn_open(pg->superuser, dbname, "fixture", 10000, &conn, &err) < 0 ||
	    db_conn_script(conn, sql, &err) < 0)
		die("%s: %s", sql, err.detail);
}

struct pg *pg_start(const char *const *settings)
{
	struct pg *pg = new_fixture(settings);

	make_cluster(pg);
	pg_restart(pg);
	run_script(pg, "postgres",
		   "CREATE ROLE tasklab LOGIN CREATEDB; GRANT pg_monitor TO tasklab;"
		   "CREATE ROLE locked LOGIN PASSWORD 'right'");
	run_script(pg, "postgres", "CREATE DATABASE tasklab OWNER tasklab");
	return pg;
}

const char *pg_conninfo(struct pg *pg)
{
	return pg->conninfo;
}

const char *pg_superuser(struct pg *pg)
{
	return pg->superuser;
}

int pg_port(const struct pg *pg)
{
	return pg->port;
}

const char *pg_log_path(const struct pg *pg)
{
	return pg->log;
}

void pg_sql(struct pg *pg, const char *sql)
{
	run_script(pg, "tasklab", sql);
}

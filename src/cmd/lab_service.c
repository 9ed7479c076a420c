/* lab_service.c - finds the service, gives it a job, follows its progress, fetches its report. */
#include "lab_service.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/term.h>
#include <tasklab/base/text.h>
#include <tasklab/db/conn.h>
#include <tasklab/lab/catalogue.h>
#include <tasklab/lab/identity.h>
#include <tasklab/lab/report.h>
#include <tasklab/load/client.h>

#include "address.h"

#define ANSWER_MAX  REPORT_JSON_MAX
#define FIND_MS     2000
#define ASK_MS      10000
#define IDENTITY_MS 5000
#define POLL_MS     200
#define PATIENCE_NS (5 * CLOCK_NS_PER_S) /* how long the service may not answer during a job */
#define PATH_BYTES  256
#define WIDTH_MIN   40
#define WIDTH_MAX   400

struct lab_service {
	struct client *client;
	char slug[LAB_SLUG_MAX + 1];
	int status; /* of the last answer; 0: none came */
};

static void json_freep(json_t **json)
{
	json_decref(*json);
}

void lab_service_freep(struct lab_service **service)
{
	if (!*service)
		return;
	client_freep(&(*service)->client);
	free(*service);
	*service = NULL;
}

/* Asking --------------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static enum err_code code_of(int status)
{
	if (status == 503) /* several codes have it */
		return ERR_UNAVAILABLE;
	for (int code = ERR_NONE + 1; code < ERR_CODE_COUNT; code++) {
		if (err_http_status((enum err_code)code) == status)
			return (enum err_code)code;
	}
	return ERR_INTERNAL;
}

/* A problem document (RFC 9457) as an error. */
static int refused(int status, const json_t *problem, struct err *err)
{
	const char *detail = text_of(problem, "detail");

	return err_set(err, code_of(status), *detail ? detail : text_of(problem, "title"),
		       "the service answered %d", status);
}

/* *ret is the answer's JSON, the caller's; NULL where it has none. status: what is expected. */
static int ask(struct lab_service *service, const char *method, const char *path, const char *body,
	       int64_t timeout_ms, int status, json_t **ret, struct err *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(ANSWER_MAX);
	AUTO(json_freep) json_t *json = NULL;
	struct client_answer answer;

	service->status = 0;
	if (client_request(service->client, method, path, body, timeout_ms, &text, &answer, err) <
	    0)
		return -1;
	service->status = answer.status;
	json = json_loadb(buf_str(&text), text.len, 0, NULL);
	if (answer.status != status)
		return refused(answer.status, json, err);
	if (status != 204 && !json_is_object(json))
		return err_set(err, ERR_INTERNAL, "the service's answer is not understood", "%s %s",
			       method, path);
	*ret = TAKE(json);
	return 0;
}

/* Finding -------------------------------------------------------------------------------------- */

/* "http://127.0.0.1:8080" for ":8080". */
static int url_of(const char *listen, char *out, size_t size, struct err *err)
{
	struct address address;
	const char *host;

	if (address_parse(listen, &address, err) < 0)
		return -1;
	host = address.host;
	if (!*host || strcmp(host, "0.0.0.0") == 0)
		host = "127.0.0.1";
	else if (strcmp(host, "::") == 0)
		host = "::1";
	(void)snprintf(out, size, strchr(host, ':') ? "http://[%s]:%s" : "http://%s:%s", host,
		       address.port);
	return 0;
}

static bool has_lab(const json_t *catalogue, const char *slug)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(catalogue, "items"), i, item)
	{
		if (strcmp(text_of(item, "slug"), slug) == 0)
			return true;
	}
	return false;
}

static bool same_database(const struct cmd *cmd, const json_t *catalogue)
{
	const json_t *database = json_object_get(catalogue, "database");
	AUTO(db_conn_closep) struct db_conn *conn = NULL;
	struct identity ours, theirs = {.system = ""};

	(void)snprintf(theirs.system, sizeof(theirs.system), "%s", text_of(database, "system"));
	(void)snprintf(theirs.oid, sizeof(theirs.oid), "%s", text_of(database, "oid"));
	(void)snprintf(theirs.name, sizeof(theirs.name), "%s", text_of(database, "name"));
	if (db_conn_open(cmd->config->database_url, NULL, "tasklab labs", IDENTITY_MS, &conn,
			 NULL) < 0)
		return false;
	db_conn_set_deadline(conn, clock_mono_ns() + IDENTITY_MS * CLOCK_NS_PER_MS);
	return identity_read_conn(conn, &ours, NULL) == 0 && identity_same(&ours, &theirs);
}

#define WHY_SIZE 384

/* True when the service can be used; otherwise why says why not. */
static bool usable(const struct cmd *cmd, struct lab_service *service, char why[WHY_SIZE])
{
	const char *listen = cmd->config->listen;
	AUTO(json_freep) json_t *catalogue = NULL;
	int result = ask(service, "GET", "/api/v1/labs", NULL, FIND_MS, 200, &catalogue, NULL);

	if (result < 0 && service->status == 0)
		(void)snprintf(why, WHY_SIZE, "no service answers at %s", listen);
	else if (result < 0 && service->status == 403)
		(void)snprintf(why, WHY_SIZE, "the service at %s is not in the sandbox", listen);
	else if (result < 0)
		(void)snprintf(why, WHY_SIZE, "what answers at %s says %d", listen,
			       service->status);
	else if (!same_database(cmd, catalogue))
		(void)snprintf(why, WHY_SIZE, "the service at %s works on another database",
			       listen);
	else if (!has_lab(catalogue, service->slug))
		(void)snprintf(why, WHY_SIZE, "the service at %s does not have this lab", listen);
	else
		return true;
	return false;
}

static int open_service(const struct cmd *cmd, const char *slug, struct lab_service **ret,
			struct err *err)
{
	AUTO(lab_service_freep) struct lab_service *service = calloc(1, sizeof(*service));
	char url[sizeof(struct address) + 16];

	if (!service)
		return err_no_memory(err);
	(void)snprintf(service->slug, sizeof(service->slug), "%s", slug);
	if (url_of(cmd->config->listen, url, sizeof(url), err) < 0 ||
	    client_new(url, &service->client, err) < 0)
		return -1;
	*ret = TAKE(service);
	return 0;
}

void lab_service_find(const struct cmd *cmd, const char *slug, bool local, struct lab_service **ret)
{
	AUTO(lab_service_freep) struct lab_service *service = NULL;
	char why[WHY_SIZE] = "--local was given";
	struct err err = ERR_INIT;

	*ret = NULL;
	if (!local && open_service(cmd, slug, &service, &err) < 0)
		(void)snprintf(why, sizeof(why), "%s", err.message);
	else if (!local && usable(cmd, service, why))
		*ret = TAKE(service);
	if (*ret)
		(void)fprintf(stderr, "in the service at %s\n", cmd->config->listen);
	else
		(void)fprintf(stderr, "stand-alone: %s\n", why);
}

/* Following a job ------------------------------------------------------------------------------ */

static void path_of(const struct lab_service *service, int64_t id, char out[PATH_BYTES])
{
	(void)snprintf(out, PATH_BYTES, "/api/v1/labs/%s/runs/%" PRId64, service->slug, id);
}

/* What the bar shows of the job. */
struct shown {
	struct progress *progress;
	uint64_t done, total;
};

static void show(struct shown *shown, const json_t *job)
{
	const json_t *progress = json_object_get(job, "progress");
	uint64_t done = (uint64_t)json_integer_value(json_object_get(progress, "done"));
	uint64_t total = (uint64_t)json_integer_value(json_object_get(progress, "total"));

	if (total != shown->total || done < shown->done) { /* another part of the work */
		progress_total(shown->progress, total);
		shown->done = 0;
	}
	progress_label(shown->progress, text_of(progress, "label"));
	progress_add(shown->progress, done - shown->done);
	shown->done = done;
	shown->total = total;
}

/* The error of a job that failed. */
static int job_failed(const json_t *job, struct err *err)
{
	const json_t *why = json_object_get(job, "error");
	enum err_code code = ERR_INTERNAL;

	for (int i = ERR_NONE + 1; i < ERR_CODE_COUNT; i++) {
		if (strcmp(err_name((enum err_code)i), text_of(why, "code")) == 0)
			code = (enum err_code)i;
	}
	return err_set(err, code, text_of(why, "message"), "%s", text_of(why, "detail"));
}

/* A service that restarts, or is too busy for a moment, is waited for. */
static int look(struct lab_service *service, const char *path, json_t **ret, struct err *err)
{
	int64_t deadline_ns = clock_mono_ns() + PATIENCE_NS;

	while (ask(service, "GET", path, NULL, ASK_MS, 200, ret, err) < 0) {
		if (service->status == 404)
			return err_set(err, ERR_UNAVAILABLE,
				       "the service was restarted, and gave the job up",
				       "%s is not there any more", path);
		if ((service->status != 0 && service->status != 503) ||
		    clock_mono_ns() >= deadline_ns)
			return -1;
		clock_sleep_until(clock_mono_ns() + POLL_MS * CLOCK_NS_PER_MS);
	}
	return 0;
}

/* Once: the descriptor stays readable. */
static void cancel_when_asked(struct lab_service *service, const char *path, int *stop_fd)
{
	struct pollfd fd = {.fd = *stop_fd, .events = POLLIN}; /* -1 is passed over */
	AUTO(json_freep) json_t *nothing = NULL;

	if (poll(&fd, 1, POLL_MS) <= 0)
		return;
	*stop_fd = -1;
	(void)ask(service, "DELETE", path, NULL, ASK_MS, 204, &nothing, NULL);
}

/* After the report, since a check is of the scale that the lab was started with. */
static void name_files(const struct lab_service *service, const json_t *job,
		       struct lab_service_job *ret)
{
	const json_t *report = json_object_get(job, "report");
	bool check = strcmp(text_of(report, "kind"), "check") == 0;

	(void)snprintf(ret->files, sizeof(ret->files), "%s-%.15s%s", service->slug,
		       text_of(report, "scale"), check ? "-check" : "");
}

static int follow(struct lab_service *service, int64_t id, int stop_fd, struct shown *shown,
		  struct lab_service_job *ret, struct err *err)
{
	char path[PATH_BYTES];

	path_of(service, id, path);
	for (;;) {
		AUTO(json_freep) json_t *job = NULL;

		if (look(service, path, &job, err) < 0)
			return -1;
		show(shown, job);
		if (strcmp(text_of(job, "state"), "running") == 0) {
			cancel_when_asked(service, path, &stop_fd);
			continue;
		}
		if (strcmp(text_of(job, "state"), "done") != 0)
			return job_failed(job, err);
		*ret = (struct lab_service_job){
			.id = id, .accepted = json_is_true(json_object_get(job, "accepted"))};
		name_files(service, job, ret);
		return 0;
	}
}

int lab_service_work(struct lab_service *service, const char *body, int stop_fd,
		     struct lab_service_job *ret, struct err *err)
{
	struct shown shown = {.progress = progress_new(service->slug, 0)};
	AUTO(json_freep) json_t *job = NULL;
	char path[PATH_BYTES];
	int result;

	(void)snprintf(path, sizeof(path), "/api/v1/labs/%s/runs", service->slug);
	result = ask(service, "POST", path, body, ASK_MS, 202, &job, err);
	if (result == 0)
		result = follow(service, json_integer_value(json_object_get(job, "id")), stop_fd,
				&shown, ret, err);
	progress_end(shown.progress, result == 0);
	return result;
}

/* Reports -------------------------------------------------------------------------------------- */

static int columns(void)
{
	int width = term_width(stdout);

	return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
}

/* query: what stands behind "format=". */
static int fetch(struct lab_service *service, const struct lab_service_job *job, const char *query,
		 struct buf *out, struct err *err)
{
	char path[PATH_BYTES], whole[PATH_BYTES + 64];
	struct client_answer answer;

	path_of(service, job->id, path);
	(void)snprintf(whole, sizeof(whole), "%s?format=%s", path, query);
	if (client_request(service->client, "GET", whole, NULL, ASK_MS, out, &answer, err) < 0)
		return -1;
	if (answer.status != 200) {
		AUTO(json_freep) json_t *problem = json_loadb(buf_str(out), out->len, 0, NULL);

		return refused(answer.status, problem, err);
	}
	return 0;
}

int lab_service_report(struct lab_service *service, const struct lab_service_job *job,
		       const char *format, struct buf *out, struct err *err)
{
	char query[64];

	if (strcmp(format, "text") != 0)
		return fetch(service, job, format, out, err);
	(void)snprintf(query, sizeof(query), "text&width=%d&colour=%s", columns(),
		       *term_on(stdout, TERM_BOLD) ? "true" : "false");
	return fetch(service, job, query, out, err);
}

int lab_service_print(const struct cmd *cmd, struct lab_service *service,
		      const struct lab_service_job *job, struct buf *buf, struct err *err)
{
	if (lab_service_report(service, job, cmd->json ? "json" : "text", buf, err) < 0)
		return -1;
	(void)fwrite(buf->data, 1, buf->len, stdout);
	if (cmd->json)
		(void)putchar('\n');
	return 0;
}

int lab_service_save(struct lab_service *service, const struct lab_service_job *job,
		     const char *folder, struct err *err)
{
	static const char *const FILES[][2] = {
		{"json", "json"}, {"text", "txt"}, {"markdown", "md"}, {"html", "html"}};

	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return err_errno(err, errno, "the folder of the report cannot be made", folder);
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
		AUTO(buf_release) struct buf report = BUF_INIT(ANSWER_MAX);
		AUTO(buf_release) struct buf path = BUF_INIT(8192);

		buf_printf(&path, "%s/%s.%s", folder, job->files, FILES[i][1]);
		if (buf_check(&path, err) < 0 || fetch(service, job, FILES[i][0], &report, err) < 0)
			return -1;
		if (strcmp(FILES[i][0], "json") == 0)
			buf_putc(&report, '\n');
		if (buf_check(&report, err) < 0 ||
		    text_write_file(buf_str(&path), buf_str(&report), report.len, err) < 0)
			return -1;
	}
	return 0;
}

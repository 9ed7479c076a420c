/* cmd_serve.c - tasklab serve: the service, from its settings to a clean end. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <tasklab/api/api.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/log.h>
#include <tasklab/base/term.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/db/db.h>
#include <tasklab/http/server.h>
#include <tasklab/lab/engine.h>
#include <tasklab/lab/gate.h>
#include <tasklab/metrics/metrics.h>

#include "address.h"
#include "lab_web.h"
#include "labs_dir.h"
#include "serve.h"

#define LAB_CONNECTIONS 4 /* of the pool of a lab over HTTP */
#define METRICS_THREADS 4 /* of a listener for /metrics alone: a few scrapers */

struct serve {
	const struct config *config;
	bool private;       /* within another command */
	struct config copy; /* then: config */
	struct lab_web web;
	struct db_pool *pool;
	struct gate *gate;     /* of the labs over HTTP; NULL outside the sandbox */
	struct engine *engine; /* of the labs; NULL: the sandbox is off */
	struct api *api;
	struct http_server *server;
	struct http_server *metrics_server; /* NULL: /metrics is on the API's listener */
};

/* Settings ------------------------------------------------------------------------------------- */

static struct db_pool_options pool_options(const struct config *config)
{
	return (struct db_pool_options){
		.conninfo = config->database_url,
		.application_name = "tasklab",
		.min_connections = (unsigned)config->db_pool_min,
		.max_connections = (unsigned)config->db_pool_max,
		.max_waiters = (unsigned)config->db_pool_waiters,
		.wait_ms = config->db_pool_wait,
		.connect_ms = config->db_connect_timeout,
		.statement_ms = config->db_statement_timeout,
		.breaker_open_ms = config->db_breaker_open,
		.breaker_failures = (unsigned)config->db_breaker_failures,
		.shapes_max = (unsigned)config->db_shapes_max,
		.gauges = true,
	};
}

static struct http_options server_options(const struct serve *serve, const char *listen)
{
	const struct config *config = serve->config;

	return (struct http_options){
		.listen = listen,
		.threads = (unsigned)config->http_threads,
		.queue = (unsigned)config->http_queue,
		.request_ms = config->http_request_timeout,
		.header_ms = config->http_header_timeout,
		.idle_ms = config->http_idle_timeout,
		.drain_ms = config->http_drain_timeout,
		.header_bytes = (size_t)config->http_header_max,
		.body_bytes = (size_t)config->http_body_max,
		.reply_bytes = (size_t)config->http_reply_max,
		.hooks = api_hooks(serve->api),
		.log_requests = config->log_requests,
	};
}

static enum log_level level(const char *name)
{
	static const char *const NAMES[] = {"debug", "info", "warn", "error"};

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		if (strcmp(name, NAMES[i]) == 0)
			return (enum log_level)i;
	}
	return LOG_INFO;
}

/* "auto": lines for people on a terminal, JSON elsewhere. */
static void setup_log(const struct config *config)
{
	bool text = strcmp(config->log_format, "text") == 0 ||
		    (strcmp(config->log_format, "auto") == 0 && term_is_tty(stderr));

	log_setup(level(config->log_level), text ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON);
}

/* Whoever can reach the API may do all, so it must not be reached from outside. */
static int check_listen(const struct config *config, struct err *err)
{
	struct address address;

	if (address_parse(config->listen, &address, err) < 0)
		return -1;
	if (!config->insecure_listen && !address_is_loopback(&address))
		return err_field(
			err, ERR_FORBIDDEN, "listen",
			"%s is beyond loopback, and there is no authentication yet: listen "
			"on 127.0.0.1, or say --insecure-listen where only friends can connect",
			config->listen);
	return 0;
}

/* The process ---------------------------------------------------------------------------------- */

/* Each connection needs a descriptor; the soft limit of 1024 is for programs that use select. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void end_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

/* Blocked before any thread starts, so that only the main thread takes them, by sigwait. */
static void block_signals(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	(void)sigaction(SIGPIPE, &ignore, NULL);
	end_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int wait_for_signal(void)
{
	sigset_t set;
	int signal_number = 0;

	end_set(&set);
	while (sigwait(&set, &signal_number) != 0)
		continue;
	return signal_number;
}

static void exit_now(int signal_number)
{
	(void)signal_number;
	_exit(CMD_FAILED);
}

/* From here on a second signal ends the process at once, whatever is in flight. */
static void let_signals_end(void)
{
	const struct sigaction action = {.sa_handler = exit_now};
	sigset_t set;

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	end_set(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* The service ---------------------------------------------------------------------------------- */

static int start_servers(struct serve *serve, struct err *err)
{
	const struct config *config = serve->config;
	struct http_options options = server_options(serve, config->listen);
	bool apart = config->metrics_listen[0] != '\0';

	options.routes =
		apart ? api_service_routes(&options.route_count) : api_routes(&options.route_count);
	if (http_server_start(&options, &serve->server, err) < 0)
		return -1;
	if (!apart)
		return 0;
	options.listen = config->metrics_listen;
	options.threads = METRICS_THREADS;
	options.routes = api_metrics_routes(&options.route_count);
	return http_server_start(&options, &serve->metrics_server, err);
}

static int open_gate(struct serve *serve, struct err *err)
{
	const struct config *config = serve->config;

	if (!config->sandbox)
		return 0;
	return gate_new(&(struct gate_options){.conninfo = config->database_url,
					       .max_connections = LAB_CONNECTIONS,
					       .wait_ms = config->db_pool_wait,
					       .connect_ms = config->db_connect_timeout,
					       .statement_ms = config->db_statement_timeout},
			&serve->gate, err);
}

static int start_engine(struct serve *serve, struct err *err)
{
	AUTO(labs_folders_release) struct labs_folders folders = {.count = 0};

	if (!serve->config->sandbox || serve->private)
		return 0;
	if (labs_folders(serve->config, &folders, err) < 0)
		return -1;
	return engine_new(&(struct engine_options){.conninfo = serve->config->database_url,
						   .folders = folders.items,
						   .folder_count = folders.count,
						   .grafana_url = serve->config->grafana_url,
						   .gate = serve->gate},
			  &serve->engine, err);
}

static int start(struct serve *serve, struct err *err)
{
	const struct db_pool_options pool = pool_options(serve->config);

	if (check_listen(serve->config, err) < 0 || cmd_metrics_labels(serve->config, err) < 0 ||
	    metrics_start(err) < 0 || db_pool_open(&pool, &serve->pool, err) < 0 ||
	    open_gate(serve, err) < 0 || start_engine(serve, err) < 0)
		return -1;
	if (api_new(&(struct api_options){.pool = serve->pool,
					  .conninfo = serve->config->database_url,
					  .engine = serve->engine,
					  .sandbox = serve->config->sandbox,
					  .gate = serve->gate},
		    &serve->api, err) < 0)
		return -1;
	metric_gauge_set(M_TASKLAB_BUILD_INFO, 1, 0);
	if (start_servers(serve, err) < 0)
		return -1;
	if (serve->gate)
		lab_web_lend(&serve->web, serve->gate, http_server_port(serve->server));
	return serve->engine ? engine_begin(serve->engine, err) : 0;
}

/* A job that does not end holds up the rest, which it may still use: then the process ends as it
 * is. */
static void stop_engine(struct serve *serve)
{
	struct err err = ERR_INIT;

	if (engine_stop(&serve->engine, &err) == 0)
		return;
	log_event(LOG_ERROR, "not stopped in order",
		  LOG_FIELDS(LOG_STR("message", err.message), LOG_STR("detail", err.detail)));
	_exit(CMD_FAILED);
}

static void stop(struct serve *serve)
{
	if (serve->engine)
		engine_drain(serve->engine);
	if (serve->server)
		http_server_stop(serve->server);
	if (serve->metrics_server)
		http_server_stop(serve->metrics_server);
	stop_engine(serve);
	lab_web_take_back();
	api_freep(&serve->api);
	gate_freep(&serve->gate);
	if (serve->pool)
		db_pool_close(serve->pool);
	metrics_stop();
}

int serve_begin(const struct config *config, struct serve **ret, struct err *err)
{
	struct serve *serve = calloc(1, sizeof(*serve));

	if (!serve)
		return err_no_memory(err);
	serve->copy = *config;
	serve->config = &serve->copy;
	serve->private = true;
	log_setup(LOG_ERROR, LOG_FORMAT_TEXT);
	if (start(serve, err) < 0) {
		serve_endp(&serve);
		return -1;
	}
	*ret = serve;
	return 0;
}

void serve_endp(struct serve **serve)
{
	if (!*serve)
		return;
	if ((*serve)->api)
		api_drain((*serve)->api);
	stop(*serve);
	free(*serve);
	*serve = NULL;
}

static void log_listening(const struct serve *serve)
{
	log_event(LOG_INFO, "listening",
		  LOG_FIELDS(LOG_STR("address", serve->config->listen),
			     LOG_I64("port", http_server_port(serve->server)),
			     LOG_I64("pid", getpid()),
			     LOG_BOOL("sandbox", serve->config->sandbox)));
	if (serve->metrics_server)
		log_event(LOG_INFO, "listening for /metrics",
			  LOG_FIELDS(LOG_STR("address", serve->config->metrics_listen),
				     LOG_I64("port", http_server_port(serve->metrics_server))));
}

int cmd_serve(struct cmd *cmd)
{
	struct serve serve = {.config = cmd->config};
	struct err err = ERR_INIT;
	int signal_number;

	if (cmd_options(cmd, NULL, 0) < 0)
		return CMD_USAGE;
	if (cmd->argc > 1)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[1]);
	setup_log(cmd->config);
	raise_descriptor_limit();
	block_signals();
	if (start(&serve, &err) < 0) {
		stop(&serve);
		return cmd_fail(cmd, "cannot start", &err);
	}
	log_listening(&serve);
	signal_number = wait_for_signal();
	log_event(LOG_INFO, "stopping", LOG_FIELDS(LOG_STR("signal", strsignal(signal_number))));
	let_signals_end();
	api_drain(serve.api);
	stop(&serve);
	log_event(LOG_INFO, "stopped", NULL, 0);
	return CMD_OK;
}

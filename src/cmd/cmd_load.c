/* cmd_load.c - tasklab load: traffic against a service, its summary, and its own /metrics. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/clock.h>
#include <tasklab/base/json.h>
#include <tasklab/base/term.h>
#include <tasklab/base/text.h>
#include <tasklab/cmd/cmd.h>
#include <tasklab/http/server.h>
#include <tasklab/load/load.h>
#include <tasklab/metrics/metrics.h>

#include "address.h"

#define LOAD_JSON_MAX     ((size_t)256 * 1024)
#define METRICS_MAX_BYTES ((size_t)1024 * 1024)
#define URL_SIZE          300
#define SERVICE_DEFAULT   "127.0.0.1:8080"

static const double QUANTILES[] = {0.5, 0.9, 0.99, 0.999};
static const char *const QUANTILE_NAMES[] = {"p50", "p90", "p99", "p99.9"};
#define QUANTILE_COUNT ARRAY_LEN(QUANTILES)

/* The command line ----------------------------------------------------------------------------- */

/* The flags as they were typed, and what else the command needs. */
struct load_command {
	const char *profile, *rate, *duration, *wait;
	int64_t connections, seed;
	const char *listen; /* of its own /metrics; NULL: none */
	char url[URL_SIZE];
	struct load_options options;
};

static bool parse_rate(const char *text, double *ret)
{
	char *end;

	*ret = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*ret);
}

/* 0 and "forever" have no end. */
static int parse_duration(const char *text, int64_t *ret, struct err *err)
{
	*ret = 0;
	if (strcmp(text, "forever") == 0 || strcmp(text, "0") == 0)
		return 0;
	return clock_parse_duration(text, ret, err);
}

/* --listen is also the setting that says where the service listens. Typed with this command it is
 * the address of the generator's own /metrics, and the variable still tells where the service is.
 */
static int find_addresses(const struct cmd *cmd, struct load_command *load, struct err *err)
{
	const char *service = cmd->config->listen;
	struct address address;
	bool v6;

	if (config_source(cmd->config, "listen") == CONFIG_FLAG) {
		load->listen = cmd->config->listen;
		service = getenv("TASKLAB_LISTEN");
	}
	if (load->options.url)
		return 0;
	if (address_parse(service ? service : SERVICE_DEFAULT, &address, err) < 0)
		return -1;
	v6 = strchr(address.host, ':') != NULL;
	if (address.host[0] == '\0' || strcmp(address.host, "0.0.0.0") == 0 ||
	    strcmp(address.host, "::") == 0)
		(void)snprintf(load->url, sizeof(load->url), "http://127.0.0.1:%s", address.port);
	else
		(void)snprintf(load->url, sizeof(load->url), v6 ? "http://[%s]:%s" : "http://%s:%s",
			       address.host, address.port);
	load->options.url = load->url;
	return 0;
}

static int parse(struct cmd *cmd, struct load_command *load, struct err *err)
{
	const struct cmd_option options[] = {
		{"profile", CMD_OPTION_STR, &load->profile},
		{"rate", CMD_OPTION_STR, &load->rate},
		{"duration", CMD_OPTION_STR, &load->duration},
		{"url", CMD_OPTION_STR, &load->options.url},
		{"connections", CMD_OPTION_I64, &load->connections},
		{"wait", CMD_OPTION_STR, &load->wait},
		{"seed", CMD_OPTION_I64, &load->seed},
	};

	if (cmd_options(cmd, options, ARRAY_LEN(options)) < 0)
		return CMD_USAGE;
	if (cmd->argc > 1)
		return cmd_usage(cmd, "unexpected argument \"%s\"", cmd->argv[1]);
	if (!load_profile_parse(load->profile, &load->options.profile))
		return cmd_usage(cmd, "--profile %s: expected steady, ramp, spike or soak",
				 load->profile);
	if (!parse_rate(load->rate, &load->options.rate))
		return cmd_usage(cmd, "--rate %s: expected requests a second", load->rate);
	if (parse_duration(load->duration, &load->options.duration_ns, err) < 0)
		return cmd_usage(cmd, "--duration %s: %s", load->duration, err->message);
	if (strcmp(load->wait, "0") != 0 &&
	    clock_parse_duration(load->wait, &load->options.wait_ns, err) < 0)
		return cmd_usage(cmd, "--wait %s: %s", load->wait, err->message);
	if (load->connections < 1 || load->connections > LOAD_CONNECTIONS_MAX)
		return cmd_usage(cmd, "--connections: expected 1 to %d", LOAD_CONNECTIONS_MAX);
	load->options.connections = (unsigned)load->connections;
	load->options.seed = (uint64_t)load->seed;
	load->options.progress = !cmd->json;
	return CMD_OK;
}

/* Its own /metrics ----------------------------------------------------------------------------- */

static int metrics_handler(struct http_request *request UNUSED, struct http_reply *reply,
			   struct err *err)
{
	http_reply_type(reply, "text/plain; version=0.0.4; charset=utf-8");
	return load_render_metrics(http_reply_body(reply), err);
}

static const struct http_route ROUTES[] = {
	{HTTP_GET, "/metrics", metrics_handler, 0, HTTP_ROUTE_ALWAYS | HTTP_ROUTE_ANY_TYPE},
};

static int serve_metrics(const struct cmd *cmd, const char *listen, struct http_server **ret,
			 struct err *err)
{
	const struct config *config = cmd->config;
	const struct http_options options = {
		.listen = listen,
		.threads = 4,
		.queue = 16,
		.request_ms = config->http_request_timeout,
		.header_ms = config->http_header_timeout,
		.idle_ms = config->http_idle_timeout,
		.drain_ms = 1000,
		.header_bytes = (size_t)config->http_header_max,
		.body_bytes = (size_t)config->http_body_max,
		.reply_bytes = METRICS_MAX_BYTES,
		.routes = ROUTES,
		.route_count = ARRAY_LEN(ROUTES),
	};

	if (cmd_metrics_labels(config, err) < 0 || metrics_start(err) < 0)
		return -1;
	return http_server_start(&options, ret, err);
}

/* The summary ---------------------------------------------------------------------------------- */

static void json_latency(struct json *json, const struct hist *hist)
{
	json_name(json, "latency_seconds");
	json_begin_object(json);
	for (size_t i = 0; i < QUANTILE_COUNT; i++)
		json_kv_f64(json, QUANTILE_NAMES[i],
			    (double)hist_quantile_ns(hist, QUANTILES[i]) / 1e9);
	json_kv_f64(json, "max", (double)hist->max_ns / 1e9);
	json_end_object(json);
}

static void json_operations(struct json *json, const struct load_report *report)
{
	json_name(json, "operations");
	json_begin_array(json);
	for (size_t i = 0; i < report->operation_count; i++) {
		const struct load_operation *op = &report->operations[i];

		if (op->requests == 0)
			continue;
		json_begin_object(json);
		json_kv_string(json, "operation", op->name);
		json_kv_u64(json, "requests", op->requests);
		json_kv_u64(json, "errors", op->errors);
		json_latency(json, op->hist);
		json_end_object(json);
	}
	json_end_array(json);
}

static void json_codes(struct json *json, const struct load_report *report)
{
	json_name(json, "codes");
	json_begin_array(json);
	for (size_t i = 0; i < report->code_count; i++) {
		json_begin_object(json);
		json_kv_string(json, "code", report->codes[i].name);
		json_kv_u64(json, "requests", report->codes[i].count);
		json_end_object(json);
	}
	json_end_array(json);
}

static void print_json(const struct load_command *load, const struct load_report *report)
{
	AUTO(buf_release) struct buf buf = BUF_INIT(LOAD_JSON_MAX);
	struct json json = JSON_INIT(&buf);

	json_begin_object(&json);
	json_kv_string(&json, "url", load->options.url);
	json_kv_string(&json, "profile", load->profile);
	json_kv_f64(&json, "seconds", report->seconds);
	json_kv_f64(&json, "rate_target", report->rate_target);
	json_kv_f64(&json, "rate", report->rate_achieved);
	json_kv_u64(&json, "requests", report->requests);
	json_kv_u64(&json, "answered", report->answered);
	json_kv_u64(&json, "errors", report->errors);
	json_kv_u64(&json, "dropped", report->dropped);
	json_latency(&json, report->hist);
	json_codes(&json, report);
	json_operations(&json, report);
	json_end_object(&json);
	puts(buf_str(&buf));
}

static void print_row(struct term_table *table, const char *name, uint64_t requests,
		      uint64_t errors, const struct hist *hist)
{
	char counts[2][32], quantiles[QUANTILE_COUNT][32], max[32];

	for (size_t i = 0; i < QUANTILE_COUNT; i++)
		term_duration_ns(hist_quantile_ns(hist, QUANTILES[i]), quantiles[i]);
	term_table_row(table, (const char *const[]){name, term_count(requests, counts[0]),
						    term_count(errors, counts[1]), quantiles[0],
						    quantiles[1], quantiles[2], quantiles[3],
						    term_duration_ns(hist->max_ns, max)});
}

static void print_text(const struct load_report *report)
{
	static const char *const HEADERS[] = {"OPERATION", ">REQUESTS", ">ERRORS", ">P50",
					      ">P90",      ">P99",      ">P99.9",  ">MAX"};
	struct term_table *table = term_table_new(HEADERS, ARRAY_LEN(HEADERS));
	char requests[32], dropped[32];

	printf("%.1f requests a second of %.1f, %s in %.1f s, %s dropped\n", report->rate_achieved,
	       report->rate_target, term_count(report->requests, requests), report->seconds,
	       term_count(report->dropped, dropped));
	printf("answers:");
	for (size_t i = 0; i < report->code_count; i++)
		printf("%s %s: %s", i > 0 ? "," : "", report->codes[i].name,
		       term_count(report->codes[i].count, requests));
	printf("%s\nlatency from the intended start:\n\n", report->code_count ? "" : " none");
	for (size_t i = 0; i < report->operation_count; i++) {
		const struct load_operation *op = &report->operations[i];

		if (op->requests > 0)
			print_row(table, op->name, op->requests, op->errors, op->hist);
	}
	print_row(table, "all", report->requests, report->errors, report->hist);
	term_table_print(table, stdout);
}

/* The command ---------------------------------------------------------------------------------- */

static void on_signal(int number UNUSED)
{
	load_stop();
}

/* The first signal ends the run with its summary, a second one the process. */
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal,
				   .sa_flags = (int)SA_RESETHAND | SA_RESTART};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigemptyset(&action.sa_mask);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
}

int cmd_load(struct cmd *cmd)
{
	AUTO(load_report_freep) struct load_report *report = NULL;
	struct load_command load = {.profile = "steady",
				    .rate = "20",
				    .duration = "60s",
				    .wait = "60s",
				    .connections = 32,
				    .seed = 1};
	struct http_server *server = NULL;
	struct err err = ERR_INIT;
	int result = parse(cmd, &load, &err);

	if (result != CMD_OK)
		return result;
	catch_signals();
	if (find_addresses(cmd, &load, &err) < 0 ||
	    (load.listen && serve_metrics(cmd, load.listen, &server, &err) < 0))
		return cmd_fail(cmd, "cannot listen", &err);
	if (!cmd->json)
		fprintf(stderr, "%s, %s requests a second for %s, against %s\n", load.profile,
			load.rate, load.duration, load.options.url);
	result = load_run(&load.options, &report, &err) < 0 ? cmd_fail(cmd, "cannot run", &err)
							    : CMD_OK;
	if (server)
		http_server_stop(server);
	if (result != CMD_OK)
		return err.code == ERR_INVALID ? CMD_USAGE : result;
	if (cmd->json)
		print_json(&load, report);
	else
		print_text(report);
	return report->answered > 0 ? CMD_OK : CMD_FAILED;
}

/* settings.h - the settings table: every setting, once, in alphabetical order of its name.
 *
 * Adding a setting is one row here. A setting `db_pool_max` is the flag --db-pool-max, the variable
 * TASKLAB_DB_POOL_MAX, the line `db_pool_max = 8` in a file, and the field config.db_pool_max.
 *
 *   X(name, type, default, minimum, maximum, help)
 *
 * Types: STR (char *), SECRET (char *, printed as ***), CONNINFO (char *, passwords in it printed
 * as ***), INT (int64_t), BYTES (int64_t; "64k", "1M"), MS (int64_t milliseconds; "250ms", "5s"),
 * BOOL (bool; on/off), ENUM (char *; help ends with the choices in braces, {json,text}). For
 * strings the bounds are lengths in bytes.
 */
#ifndef TASKLAB_CONFIG_SETTINGS_H
#define TASKLAB_CONFIG_SETTINGS_H

/* clang-format off */
#define CONFIG_SETTINGS(X)                                                                         \
	X(database_url, CONNINFO, "postgresql://tasklab@127.0.0.1:5433/tasklab", 1, 4096,            \
	  "PostgreSQL, as a libpq URI or keyword/value string")                                    \
	X(db_breaker_failures, INT, "3", 1, 1000,                                                  \
	  "connection failures in a row that open the circuit breaker")                            \
	X(db_breaker_open, MS, "500ms", 10, 60000,                                                 \
	  "how long an open circuit breaker refuses before it probes")                             \
	X(db_connect_timeout, MS, "2s", 10, 60000, "longest wait for a new connection")            \
	X(db_pool_max, INT, "16", 1, 1000, "connections that the pool may open")                   \
	X(db_pool_min, INT, "2", 0, 1000, "connections that the pool keeps open")                  \
	X(db_pool_wait, MS, "500ms", 1, 60000, "longest wait for a pooled connection")             \
	X(db_pool_waiters, INT, "256", 0, 100000, "callers that may wait for a connection at once") \
	X(db_shapes_max, INT, "128", 8, 10000, "prepared statements kept per connection")          \
	X(db_statement_timeout, MS, "5s", 10, 3600000, "statement_timeout of the service's connections") \
	X(grafana_url, STR, "http://127.0.0.1:3000", 0, 255,                                       \
	  "where Grafana is, for the links that labs give; empty: none are given")                 \
	X(http_body_max, BYTES, "256k", 1024, 67108864, "largest request body")                    \
	X(http_drain_timeout, MS, "10s", 0, 600000, "how long SIGTERM waits for requests in flight") \
	X(http_header_max, BYTES, "16k", 1024, 1048576, "largest request line and headers together") \
	X(http_header_timeout, MS, "5s", 100, 600000, "a request's headers and body must arrive within it") \
	X(http_idle_timeout, MS, "15s", 100, 600000, "a kept-alive connection may be silent for it") \
	X(http_queue, INT, "128", 1, 10000, "accepted connections that may wait for a thread")     \
	X(http_reply_max, BYTES, "8M", 4096, 268435456, "largest response body")                   \
	X(http_request_timeout, MS, "10s", 100, 600000, "a request must be answered within it")    \
	X(http_threads, INT, "64", 1, 4096, "worker threads; each open connection holds one")      \
	X(insecure_listen, BOOL, "off", 0, 0,                                                      \
	  "allow a listen address beyond loopback although there is no authentication yet")        \
	X(labs_dir, STR, "", 0, 4096, "folder of a person's own labs")                             \
	X(listen, STR, "127.0.0.1:8080", 1, 255, "address and port of the API")                    \
	X(log_format, ENUM, "auto", 0, 0, "form of log lines {auto,json,text}")                    \
	X(log_level, ENUM, "info", 0, 0, "least level that is logged {debug,info,warn,error}")     \
	X(log_requests, BOOL, "on", 0, 0, "one log line a request")                                \
	X(metrics_listen, STR, "", 0, 255, "address and port for /metrics alone; empty: on the API's") \
	X(sandbox, BOOL, "off", 0, 0, "allow demo accounts, labs, drills and fault injection")

/* TASKLAB_* variables that are no settings: those of compose.yaml, ./sandbox and Grafana. */
#define CONFIG_OTHER_VARIABLES(X) \
	X("TASKLAB_ALERTMANAGER_PORT") \
	X("TASKLAB_APP_PORT") \
	X("TASKLAB_CONFIG") \
	X("TASKLAB_DB_PORT") \
	X("TASKLAB_DEMO_PASSWORD") \
	X("TASKLAB_EXPORTER_PORT") \
	X("TASKLAB_GRAFANA_DASHBOARDS") \
	X("TASKLAB_GRAFANA_PORT") \
	X("TASKLAB_PROMETHEUS_PORT")
/* clang-format on */

#endif

/* table.h - the metric table: every metric of the service, once.
 *
 * Adding a metric is one row here and the call that counts it. The row makes enum metric, the
 * storage, `tasklab metrics --list` and the exposition. Names follow the Prometheus naming
 * guidelines: base units, _total on counters.
 *
 *   X(identifier, type, name, unit, label set 0, label set 1, buckets, help)
 *
 * Types: METRIC_COUNTER is counted here; METRIC_COUNTER_SET is a counter that someone else keeps
 * (the kernel, PostgreSQL) and a collector copies; METRIC_GAUGE; METRIC_HISTOGRAM. Only a
 * METRIC_COUNTER may have a second label set.
 */
#ifndef TASKLAB_METRICS_TABLE_H
#define TASKLAB_METRICS_TABLE_H

enum metric_type { METRIC_COUNTER, METRIC_COUNTER_SET, METRIC_GAUGE, METRIC_HISTOGRAM };

/* clang-format off */

/* X(identifier, label names): a set has a fixed list of values; a row of values may fill several
 * labels. Who registers which set is said in metrics.h. */
#define METRIC_LABEL_SETS(X)                                                                       \
	X(LABELS_NONE, "")                                                                         \
	X(LABELS_ENDPOINT, "method,route")                                                         \
	X(LABELS_CODE, "code")                                                                     \
	X(LABELS_QUERY, "query")                                                                   \
	X(LABELS_OUTCOME, "outcome")                                                               \
	X(LABELS_POOL_STATE, "state")                                                              \
	X(LABELS_TASK_STATUS, "status")                                                            \
	X(LABELS_STATEMENT, "query")                                                               \
	X(LABELS_STATEMENT_TIME, "query,op")                                                       \
	X(LABELS_STATEMENT_SHARED, "query,op")                                                     \
	X(LABELS_STATEMENT_TEMP, "query,op")                                                       \
	X(LABELS_SESSION, "state,wait_event_type")                                                 \
	X(LABELS_COLLECTOR, "group")                                                               \
	X(LABELS_LAB, "lab")                                                                       \
	X(LABELS_LAB_PHASE, "lab,phase")                                                           \
	X(LABELS_BUILD, "version,revision,compiler,libpq")

/* X(identifier, schema, bounds...): a histogram is classic and native at once. The schema gives the
 * native buckets, which grow by the factor 2^(2^-schema): 3 is 9 %, within 4.5 % of the truth. The
 * bounds are the upper ones of the classic buckets, rising; the unit is the metric's. */
#define METRIC_BUCKET_SETS(X)                                                                      \
	X(BUCKETS_NONE, 0, 0)                                                                      \
	X(BUCKETS_HTTP_SECONDS, 3, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10) \
	X(BUCKETS_DB_SECONDS, 3, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5) \
	X(BUCKETS_BYTES, 1, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576)

#define METRIC_TABLE(X)                                                                            \
	X(M_HTTP_REQUESTS_TOTAL, METRIC_COUNTER, "http_requests_total", "", LABELS_ENDPOINT, LABELS_CODE, BUCKETS_NONE, \
	  "HTTP requests answered.")                                                               \
	X(M_HTTP_REQUEST_DURATION_SECONDS, METRIC_HISTOGRAM, "http_request_duration_seconds", "seconds", LABELS_ENDPOINT, LABELS_NONE, BUCKETS_HTTP_SECONDS, \
	  "Time from a request's first byte read to its answer handed to the socket.")             \
	X(M_HTTP_REQUESTS_IN_FLIGHT, METRIC_GAUGE, "http_requests_in_flight", "", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Requests being handled now.")                                                           \
	X(M_HTTP_REQUEST_SIZE_BYTES, METRIC_HISTOGRAM, "http_request_size_bytes", "bytes", LABELS_NONE, LABELS_NONE, BUCKETS_BYTES, \
	  "Size of request bodies.")                                                               \
	X(M_HTTP_RESPONSE_SIZE_BYTES, METRIC_HISTOGRAM, "http_response_size_bytes", "bytes", LABELS_NONE, LABELS_NONE, BUCKETS_BYTES, \
	  "Size of response bodies.")                                                              \
	X(M_HTTP_EXCEPTIONS_TOTAL, METRIC_COUNTER, "http_exceptions_total", "", LABELS_ENDPOINT, LABELS_NONE, BUCKETS_NONE, \
	  "Requests that ended in an internal error (500).")                                        \
	X(M_HTTP_WORKER_THREADS, METRIC_GAUGE, "http_worker_threads", "", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Threads that serve connections, the spare ones of an overload included.")                \
	X(M_HTTP_WORKER_THREADS_BUSY, METRIC_GAUGE, "http_worker_threads_busy", "", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Threads that have a connection, whether it is silent or not.")                           \
	X(M_DB_QUERIES_TOTAL, METRIC_COUNTER, "db_queries_total", "", LABELS_QUERY, LABELS_OUTCOME, BUCKETS_NONE, \
	  "Statements sent to PostgreSQL by the name of the query and what became of them.")       \
	X(M_DB_QUERY_DURATION_SECONDS, METRIC_HISTOGRAM, "db_query_duration_seconds", "seconds", LABELS_QUERY, LABELS_NONE, BUCKETS_DB_SECONDS, \
	  "Time from sending a statement to its whole answer, without the wait for a connection.") \
	X(M_DB_POOL_CONNECTIONS, METRIC_GAUGE, "db_pool_connections", "", LABELS_POOL_STATE, LABELS_NONE, BUCKETS_NONE, \
	  "Connections of the pool by state.")                                                     \
	X(M_DB_POOL_MAX_CONNECTIONS, METRIC_GAUGE, "db_pool_max_connections", "", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Connections that the pool may open.")                                                   \
	X(M_DB_POOL_WAITING, METRIC_GAUGE, "db_pool_waiting", "", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Callers waiting for a connection.")                                                     \
	X(M_DB_POOL_WAIT_SECONDS, METRIC_HISTOGRAM, "db_pool_wait_seconds", "seconds", LABELS_NONE, LABELS_NONE, BUCKETS_DB_SECONDS, \
	  "Time callers waited for a connection.")                                                 \
	X(M_DB_POOL_REFUSED_TOTAL, METRIC_COUNTER, "db_pool_refused_total", "", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Callers refused because the pool was exhausted or the circuit breaker open.")           \
	X(M_DB_CIRCUIT_BREAKER_STATE, METRIC_GAUGE, "db_circuit_breaker_state", "", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "0 closed, 1 half open, 2 open.")                                                        \
	X(M_DB_SESSIONS, METRIC_GAUGE, "db_sessions", "", LABELS_SESSION, LABELS_NONE, BUCKETS_NONE, \
	  "Clients' sessions of the server by state and by what they wait for, sampled.")           \
	X(M_DB_STATEMENT_CALLS_TOTAL, METRIC_COUNTER_SET, "db_statement_calls_total", "", LABELS_STATEMENT, LABELS_NONE, BUCKETS_NONE, \
	  "Executions that pg_stat_statements counted for the query.")                              \
	X(M_DB_STATEMENT_SECONDS_TOTAL, METRIC_COUNTER_SET, "db_statement_seconds_total", "seconds", LABELS_STATEMENT_TIME, LABELS_NONE, BUCKETS_NONE, \
	  "Time the server spent executing and planning the query.")                                \
	X(M_DB_STATEMENT_ROWS_TOTAL, METRIC_COUNTER_SET, "db_statement_rows_total", "", LABELS_STATEMENT, LABELS_NONE, BUCKETS_NONE, \
	  "Rows the query returned or changed.")                                                    \
	X(M_DB_STATEMENT_SHARED_BLOCKS_TOTAL, METRIC_COUNTER_SET, "db_statement_shared_blocks_total", "", LABELS_STATEMENT_SHARED, LABELS_NONE, BUCKETS_NONE, \
	  "Shared blocks the query hit, read, dirtied and wrote.")                                  \
	X(M_DB_STATEMENT_TEMP_BLOCKS_TOTAL, METRIC_COUNTER_SET, "db_statement_temp_blocks_total", "", LABELS_STATEMENT_TEMP, LABELS_NONE, BUCKETS_NONE, \
	  "Temporary blocks the query read and wrote.")                                             \
	X(M_DB_STATEMENT_WAL_BYTES_TOTAL, METRIC_COUNTER_SET, "db_statement_wal_bytes_total", "bytes", LABELS_STATEMENT, LABELS_NONE, BUCKETS_NONE, \
	  "Write-ahead log the query made.")                                                        \
	X(M_DB_STATEMENT_JIT_FUNCTIONS_TOTAL, METRIC_COUNTER_SET, "db_statement_jit_functions_total", "", LABELS_STATEMENT, LABELS_NONE, BUCKETS_NONE, \
	  "Functions compiled just in time for the query.")                                         \
	X(M_TASKLAB_TASKS, METRIC_GAUGE, "tasklab_tasks", "", LABELS_TASK_STATUS, LABELS_NONE, BUCKETS_NONE, \
	  "Tasks by status, counted in the background.")                                           \
	X(M_TASKLAB_LAB_ACTIVE, METRIC_GAUGE, "tasklab_lab_active", "", LABELS_LAB, LABELS_NONE, BUCKETS_NONE, \
	  "1 while the lab is active: started, and not yet reset.")                                                                 \
	X(M_TASKLAB_LAB_STATEMENT_DURATION_SECONDS, METRIC_HISTOGRAM, "tasklab_lab_statement_duration_seconds", "seconds", LABELS_LAB_PHASE, LABELS_NONE, BUCKETS_DB_SECONDS, \
	  "Calls of the workloads of labs: in the background, before and after a fix.")                                     \
	X(M_TASKLAB_COLLECTOR_UP, METRIC_GAUGE, "tasklab_collector_up", "", LABELS_COLLECTOR, LABELS_NONE, BUCKETS_NONE, \
	  "1 while the group of collected figures is fresh; 0: what it shows is old.")              \
	X(M_TASKLAB_COLLECTOR_AGE_SECONDS, METRIC_GAUGE, "tasklab_collector_age_seconds", "seconds", LABELS_COLLECTOR, LABELS_NONE, BUCKETS_NONE, \
	  "Time since the last good collection of the group began, or since the start.")            \
	X(M_PROCESS_CPU_SECONDS_TOTAL, METRIC_COUNTER_SET, "process_cpu_seconds_total", "seconds", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Total user and system CPU time spent in seconds.")                                      \
	X(M_PROCESS_RESIDENT_MEMORY_BYTES, METRIC_GAUGE, "process_resident_memory_bytes", "bytes", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Resident memory size in bytes.")                                                        \
	X(M_PROCESS_VIRTUAL_MEMORY_BYTES, METRIC_GAUGE, "process_virtual_memory_bytes", "bytes", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Virtual memory size in bytes.")                                                         \
	X(M_PROCESS_OPEN_FDS, METRIC_GAUGE, "process_open_fds", "", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Number of open file descriptors.")                                                      \
	X(M_PROCESS_MAX_FDS, METRIC_GAUGE, "process_max_fds", "", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Maximum number of open file descriptors.")                                              \
	X(M_PROCESS_START_TIME_SECONDS, METRIC_GAUGE, "process_start_time_seconds", "seconds", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Start time of the process since unix epoch in seconds.")                                \
	X(M_PROCESS_THREADS, METRIC_GAUGE, "process_threads", "", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Number of OS threads in the process.")                                                  \
	X(M_MALLOC_MAPPED_BYTES, METRIC_GAUGE, "malloc_mapped_bytes", "bytes", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Memory the allocator has from the system.")                                              \
	X(M_MALLOC_IN_USE_BYTES, METRIC_GAUGE, "malloc_in_use_bytes", "bytes", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Memory of live allocations, the allocator's overhead included.")                         \
	X(M_MALLOC_FREE_BYTES, METRIC_GAUGE, "malloc_free_bytes", "bytes", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Memory the allocator keeps for later.")                                                  \
	X(M_TASKLAB_BUILD_INFO, METRIC_GAUGE, "tasklab_build_info", "", LABELS_BUILD, LABELS_NONE, BUCKETS_NONE, \
	  "1, with the build in the labels.")                                                      \
	X(M_TASKLAB_SCRAPE_DURATION_SECONDS, METRIC_GAUGE, "tasklab_scrape_duration_seconds", "seconds", LABELS_NONE, LABELS_NONE, BUCKETS_NONE, \
	  "Time the previous scrape took to render.")

/* clang-format on */

enum metric_label_set {
#define X(id, names) id,
	METRIC_LABEL_SETS(X)
#undef X
		LABELS_COUNT
};

enum metric {
#define X(id, type, name, unit, set0, set1, buckets, help) id,
	METRIC_TABLE(X)
#undef X
		METRIC_COUNT
};

#endif

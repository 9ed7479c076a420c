/* record.c - what is kept of a request: metrics and its log line. */
#include "record.h"

#include <tasklab/base/clock.h>
#include <tasklab/metrics/metrics.h>

#include "exchange.h"
#include "status.h"

#define LINE_FIELDS 16 /* of a request's log line, the handler's left aside */

void record_begin(struct http_server *server)
{
	atomic_fetch_add_explicit(&server->in_flight, 1, memory_order_relaxed);
	metric_gauge_add(M_HTTP_REQUESTS_IN_FLIGHT, 1, 0);
}

void record_end(struct http_server *server)
{
	atomic_fetch_sub_explicit(&server->in_flight, 1, memory_order_relaxed);
	metric_gauge_add(M_HTTP_REQUESTS_IN_FLIGHT, -1, 0);
}

static enum log_level level_of(int status)
{
	if (status < 500)
		return LOG_INFO;
	return status == 503 ? LOG_WARN : LOG_ERROR;
}

static const char *text_or_null(const char *text)
{
	return text && text[0] ? text : NULL;
}

static const char *trace_text(const struct id_trace *trace, char out[33])
{
	for (size_t i = 0; i < sizeof(trace->trace_id); i++) {
		if (trace->trace_id[i] != 0) {
			id_trace_hex(trace, out);
			return out;
		}
	}
	return NULL;
}

static void write_line(const struct worker *worker, const struct err *err, bool sent,
		       int64_t duration_ns)
{
	const struct http_request *request = &worker->request;
	int status = worker->reply.status;
	struct log_field fields[LINE_FIELDS + EXCHANGE_LOG_FIELDS_MAX];
	bool failed = err->code != ERR_NONE;
	char trace[33];
	size_t n = 0;

	fields[n++] = LOG_STR("request_id", request->id);
	fields[n++] = LOG_STR("trace_id", trace_text(&request->trace, trace));
	fields[n++] = LOG_STR("method", request->method < HTTP_METHOD_COUNT
						? http_method_name(request->method)
						: "OTHER");
	fields[n++] = LOG_STR("route",
			      request->match.route ? request->match.route->template : "unmatched");
	fields[n++] = LOG_STR("path", text_or_null(request->path));
	fields[n++] = LOG_I64("status", status);
	fields[n++] = LOG_F64("duration_ms", (double)duration_ns / (double)CLOCK_NS_PER_MS);
	fields[n++] = LOG_I64("bytes", (int64_t)worker->reply.body.len);
	fields[n++] = LOG_STR("remote", request->remote);
	if (!sent)
		fields[n++] = LOG_BOOL("aborted", true);
	if (failed) {
		fields[n++] = LOG_STR("code", err_name(err->code));
		fields[n++] = LOG_STR("message", err->message);
		fields[n++] = LOG_STR("field", text_or_null(err->field));
		fields[n++] = LOG_STR("detail", text_or_null(err->detail));
	}
	for (size_t i = 0; i < request->log_count; i++)
		fields[n++] = request->log[i];
	log_event(level_of(status), "request", fields, n);
}

void record(const struct worker *worker, const struct err *err, bool sent)
{
	const struct http_request *request = &worker->request;
	int64_t duration_ns = clock_mono_ns() - request->start_ns;
	enum log_level level = level_of(worker->reply.status);

	metric_inc(M_HTTP_REQUESTS_TOTAL, request->endpoint, status_index(worker->reply.status));
	if (worker->reply.status == 500)
		metric_inc(M_HTTP_EXCEPTIONS_TOTAL, request->endpoint);
	metric_observe_ns_exemplar(M_HTTP_REQUEST_DURATION_SECONDS, duration_ns, request->endpoint,
				   &request->trace);
	metric_observe_exemplar(M_HTTP_REQUEST_SIZE_BYTES, request->body.len, 0, &request->trace);
	metric_observe_exemplar(M_HTTP_RESPONSE_SIZE_BYTES, worker->reply.body.len, 0,
				&request->trace);
	if ((worker->server->options.log_requests || level > LOG_INFO) && log_enabled(level))
		write_line(worker, err, sent, duration_ns);
}

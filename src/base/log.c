/* log.c - structured log lines on standard error, one write(2) a line. */
#include <tasklab/base/log.h>

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <tasklab/base/attr.h>
#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/json.h>

#define LINE_MAX_BYTES 65536

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static _Atomic int log_least = LOG_INFO;
static _Atomic int log_form = LOG_FORMAT_JSON;

void log_setup(enum log_level least, enum log_format format)
{
	atomic_store(&log_least, (int)least);
	atomic_store(&log_form, (int)format);
}

bool log_enabled(enum log_level level)
{
	return (int)level >= atomic_load_explicit(&log_least, memory_order_relaxed);
}

static void log_write(const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, data, len);

		if (n < 0 && errno != EINTR)
			return; /* there is no place left to tell */
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
}

static bool log_skip(const struct log_field *field)
{
	return field->type == LOG_FIELD_STR && !field->str;
}

static void log_value(struct json *json, const struct log_field *field)
{
	switch (field->type) {
	case LOG_FIELD_STR:
		json_str(json, field->str);
		break;
	case LOG_FIELD_I64:
		json_i64(json, field->i64);
		break;
	case LOG_FIELD_F64:
		json_f64(json, field->f64);
		break;
	case LOG_FIELD_BOOL:
		json_bool(json, field->boolean);
		break;
	}
}

static void log_json(struct buf *line, enum log_level level, const char *event,
		     const struct log_field *fields, size_t n)
{
	struct json json = JSON_INIT(line);

	json_begin_object(&json);
	json_kv_time_us(&json, "time", clock_real_us());
	json_kv_string(&json, "level", level_names[level]);
	json_kv_string(&json, "event", event);
	for (size_t i = 0; i < n; i++) {
		if (log_skip(&fields[i]))
			continue;
		json_name(&json, fields[i].name);
		log_value(&json, &fields[i]);
	}
	json_end_object(&json);
}

/* A word stands as it is; anything else is quoted as in JSON, so that a line stays a line. */
static bool is_word(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s; s++) {
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7F || strchr("\"\\=", *s))
			return false;
	}
	return true;
}

static void log_text(struct buf *line, enum log_level level, const char *event,
		     const struct log_field *fields, size_t n)
{
	char time[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(clock_real_us(), time);
	buf_printf(line, "%s %-5s %s", time, level_names[level], event);
	for (size_t i = 0; i < n; i++) {
		struct json json = JSON_INIT(line);

		if (log_skip(&fields[i]))
			continue;
		buf_printf(line, " %s=", fields[i].name);
		if (fields[i].type == LOG_FIELD_STR && is_word(fields[i].str))
			buf_puts(line, fields[i].str);
		else
			log_value(&json, &fields[i]);
	}
}

void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
	static const char lost[] = "{\"level\":\"error\",\"event\":\"log line lost\"}\n";
	AUTO(buf_release) struct buf line = BUF_INIT(LINE_MAX_BYTES);

	if (!log_enabled(level))
		return;
	if (atomic_load_explicit(&log_form, memory_order_relaxed) == LOG_FORMAT_JSON)
		log_json(&line, level, event, fields, n);
	else
		log_text(&line, level, event, fields, n);
	buf_putc(&line, '\n');
	if (buf_check(&line, NULL) < 0)
		log_write(lost, sizeof(lost) - 1);
	else
		log_write(line.data, line.len);
}

void log_error(const char *event, const struct err *err)
{
	log_event(LOG_ERROR, event,
		  LOG_FIELDS(LOG_STR("code", err_name(err->code)), LOG_STR("message", err->message),
			     LOG_STR("field", err->field[0] ? err->field : NULL),
			     LOG_STR("detail", err->detail[0] ? err->detail : NULL)));
}

/* log.h - structured log lines on standard error: one JSON object, or one line of text, an event.
 *
 * Only main, cmd_* and the request wrapper log; libraries return errors. A line is written with
 * one write(2), so lines of several threads do not mix. Members: time (RFC 3339), level, event,
 * then the fields in the order given.
 */
#ifndef TASKLAB_BASE_LOG_H
#define TASKLAB_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_FORMAT_JSON, LOG_FORMAT_TEXT };

struct log_field {
	const char *name;
	enum { LOG_FIELD_STR, LOG_FIELD_I64, LOG_FIELD_F64, LOG_FIELD_BOOL } type;
	union {
		const char *str; /* NULL: the field is left out */
		int64_t i64;
		double f64;
		bool boolean;
	};
};

#define LOG_STR(n, v)  ((struct log_field){.name = (n), .type = LOG_FIELD_STR, .str = (v)})
#define LOG_I64(n, v)  ((struct log_field){.name = (n), .type = LOG_FIELD_I64, .i64 = (v)})
#define LOG_F64(n, v)  ((struct log_field){.name = (n), .type = LOG_FIELD_F64, .f64 = (v)})
#define LOG_BOOL(n, v) ((struct log_field){.name = (n), .type = LOG_FIELD_BOOL, .boolean = (v)})
#define LOG_FIELDS(...)                                                                            \
	(const struct log_field[]){__VA_ARGS__},                                                   \
		(sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

void log_setup(enum log_level least, enum log_format format);
bool log_enabled(enum log_level level);
/* log_event(LOG_INFO, "listening", LOG_FIELDS(LOG_STR("address", a), LOG_I64("port", p))); */
void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t n);
/* An event with err's code name, message, field and detail. */
void log_error(const char *event, const struct err *err);

#endif

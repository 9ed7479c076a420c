/* json.h - writes JSON (RFC 8259) straight into a struct buf, without a document tree.
 *
 * Commas and nesting are kept by the writer; misuse (a value where a name must stand, an unclosed
 * object) is a programming mistake and asserted. Strings must be UTF-8; bytes that are not are
 * written as U+FFFD. Compact output; JSON_PRETTY indents by two spaces. Strings and null are
 * json_str and json_nil, because libjansson, which the same programs link, has taken json_string
 * and json_null.
 */
#ifndef TASKLAB_BASE_JSON_H
#define TASKLAB_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <tasklab/base/buf.h>

#define JSON_MAX_DEPTH 32

struct json {
	struct buf *buf;
	uint32_t array_bits; /* bit d: level d is an array */
	uint32_t some_bits;  /* bit d: level d has a member already */
	uint8_t depth;
	bool named; /* a name was written, its value is due */
	bool pretty;
};

#define JSON_INIT(buf_pointer)   ((struct json){.buf = (buf_pointer)})
#define JSON_PRETTY(buf_pointer) ((struct json){.buf = (buf_pointer), .pretty = true})

void json_begin_object(struct json *json);
void json_end_object(struct json *json);
void json_begin_array(struct json *json);
void json_end_array(struct json *json);
void json_name(struct json *json, const char *name);
void json_str(struct json *json, const char *s); /* NULL writes null */
void json_str_n(struct json *json, const char *s, size_t len);
void json_i64(struct json *json, int64_t value);
void json_u64(struct json *json, uint64_t value);
void json_f64(struct json *json,
	      double value); /* shortest that reads back the same; NaN, Inf: null */
void json_bool(struct json *json, bool value);
void json_nil(struct json *json);
void json_raw(struct json *json, const char *text, size_t len); /* text is one JSON value already */
/* RFC 3339 in UTC with microseconds, from microseconds since 1970. */
void json_time_us(struct json *json, int64_t unix_us);

/* name and value in one call */
void json_kv_string(struct json *json, const char *name, const char *s);
void json_kv_i64(struct json *json, const char *name, int64_t value);
void json_kv_u64(struct json *json, const char *name, uint64_t value);
void json_kv_f64(struct json *json, const char *name, double value);
void json_kv_bool(struct json *json, const char *name, bool value);
void json_kv_time_us(struct json *json, const char *name, int64_t unix_us);

#endif

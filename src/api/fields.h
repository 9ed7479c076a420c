/* fields.h - what clients send, decoded strictly by tables: members of JSON bodies, parameters of
 * queries.
 *
 * A table (struct field_set) has one row a field. Decoding fills an array of struct field_value
 * with one value a row, in the order of the table, and refuses everything that no row allows.
 * Errors name the field: ERR_INVALID (400) for what cannot be read, ERR_UNPROCESSABLE (422) for a
 * body that can be read but does not mean anything here. Names and types are judged here; what
 * values may be (lengths, ranges, choices) is the domain's to say, so it stands in one place.
 */
#ifndef TASKLAB_API_FIELDS_H
#define TASKLAB_API_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>

#define FIELD_DEPTH_MAX 32 /* nested arrays and objects in a body */

/* X(identifier, JSON type, OpenAPI format or "", what a client is told) */
#define FIELD_TYPES(X)                                                                             \
	X(FIELD_ARRAY, "array", "", "an array")                                                    \
	X(FIELD_BOOL, "boolean", "", "true or false")                                              \
	X(FIELD_ID, "integer", "int64", "an integer")                                              \
	X(FIELD_INT, "integer", "int64", "an integer")                                             \
	X(FIELD_OBJECT, "object", "", "an object")                                                 \
	X(FIELD_TEXT, "string", "", "a string")                                                    \
	X(FIELD_TIME, "string", "date-time", "a string")

enum field_type {
#define X(id, type, format, phrase) id,
	FIELD_TYPES(X)
#undef X
};

#define FIELD_REQUIRED 0x1u /* in a body that creates; a merge patch may leave it out */
#define FIELD_NULLABLE 0x2u

struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	const char *help; /* for people, in /openapi.json */
};

struct field_set {
	const struct field *fields;
	size_t count;
};

struct field_value {
	bool given; /* the client sent it, if only as null */
	bool null;
	union {
		bool boolean;
		int64_t i64; /* INT; ID, 1 or more; TIME: microseconds since 1970 */
		const char *text;
		json_t *object; /* borrowed from the parsed body; also ARRAY */
	};
};

/* Parses a body: one JSON object, well-formed UTF-8, no NUL, no member twice, at most
 * FIELD_DEPTH_MAX deep, nothing behind it. The caller owns *ret (field_json_freep). */
int field_parse(const char *data, size_t len, json_t **ret, struct err *err);
/* Values point into object. partial: a merge patch (RFC 7396), where no member is required. */
int field_decode(json_t *object, struct field_set set, bool partial, struct field_value *values,
		 struct err *err);
/* One parameter of a query: values[].text, whatever its type, because the domain reads it.
 * ERR_INVALID when it is unknown. values must be zeroed before the first. */
int field_param(const char *name, const char *text, struct field_set set,
		struct field_value *values, struct err *err);

void field_json_freep(json_t **json);

const char *field_json_type(enum field_type type);
const char *field_json_format(enum field_type type); /* "" when it has none */

#endif

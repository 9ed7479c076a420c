/* fields.c - strict decoding of JSON bodies and query parameters by tables. */
#include "fields.h"

#include <string.h>

#include <tasklab/base/clock.h>

/* Types ---------------------------------------------------------------------------------------- */

static const struct {
	const char *json, *format, *phrase;
} TYPES[] = {
#define X(id, type, format, phrase) [id] = {type, format, phrase},
	FIELD_TYPES(X)
#undef X
};

const char *field_json_type(enum field_type type)
{
	return TYPES[type].json;
}

const char *field_json_format(enum field_type type)
{
	return TYPES[type].format;
}

void field_json_freep(json_t **json)
{
	json_decref(*json);
}

/* Parsing -------------------------------------------------------------------------------------- */

/* jansson recurses once a level, and worker stacks are small: so depth is bounded before it runs.
 */
static int check_depth(const char *data, size_t len, struct err *err)
{
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		char c = data[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > FIELD_DEPTH_MAX)
				return err_field(err, ERR_INVALID, "",
						 "the body is nested deeper than %d levels",
						 FIELD_DEPTH_MAX);
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return 0;
}

int field_parse(const char *data, size_t len, json_t **ret, struct err *err)
{
	json_error_t why;
	json_t *json;

	if (len == 0)
		return err_field(err, ERR_INVALID, "",
				 "the body is empty: a JSON object is expected");
	if (check_depth(data, len, err) < 0)
		return -1;
	json = json_loadb(data, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (!json) {
		if (json_error_code(&why) == json_error_out_of_memory)
			return err_no_memory(err);
		return err_field(err, ERR_INVALID, "", "malformed JSON at line %d, column %d: %s",
				 why.line, why.column, why.text);
	}
	if (!json_is_object(json)) {
		json_decref(json);
		return err_field(err, ERR_UNPROCESSABLE, "", "the body must be a JSON object");
	}
	*ret = json;
	return 0;
}

/* Members -------------------------------------------------------------------------------------- */

static int type_error(const struct field *field, struct err *err)
{
	return err_field(err, ERR_UNPROCESSABLE, field->name, "must be %s%s",
			 TYPES[field->type].phrase,
			 field->flags & FIELD_NULLABLE ? " or null" : "");
}

static int decode_id(const struct field *field, const json_t *json, struct field_value *ret,
		     struct err *err)
{
	if (!json_is_integer(json))
		return type_error(field, err);
	if (json_integer_value(json) < 1)
		return err_field(err, ERR_UNPROCESSABLE, field->name,
				 "must be an id: an integer of 1 or more");
	ret->i64 = json_integer_value(json);
	return 0;
}

static int decode_time(const struct field *field, const json_t *json, struct field_value *ret,
		       struct err *err)
{
	if (!json_is_string(json))
		return type_error(field, err);
	if (clock_parse_rfc3339(json_string_value(json), &ret->i64, NULL) < 0)
		return err_field(err, ERR_UNPROCESSABLE, field->name,
				 "must be a time as in RFC 3339, such as 2026-11-21T09:52:29Z");
	return 0;
}

static int decode_member(const struct field *field, json_t *json, struct field_value *ret,
			 struct err *err)
{
	bool fits = false;

	if (json_is_null(json) && (field->flags & FIELD_NULLABLE)) {
		ret->null = true;
		return 0;
	}
	switch (field->type) {
	case FIELD_ARRAY:
		fits = json_is_array(json);
		ret->object = json;
		break;
	case FIELD_BOOL:
		fits = json_is_boolean(json);
		ret->boolean = json_is_true(json);
		break;
	case FIELD_ID:
		return decode_id(field, json, ret, err);
	case FIELD_INT:
		fits = json_is_integer(json);
		ret->i64 = json_integer_value(json);
		break;
	case FIELD_OBJECT:
		fits = json_is_object(json);
		ret->object = json;
		break;
	case FIELD_TEXT:
		fits = json_is_string(json);
		ret->text = json_string_value(json);
		break;
	case FIELD_TIME:
		return decode_time(field, json, ret, err);
	}
	return fits ? 0 : type_error(field, err);
}

static const struct field *find(const struct field_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->fields[i].name, name) == 0)
			return &set->fields[i];
	}
	return NULL;
}

int field_decode(json_t *object, struct field_set set, bool partial, struct field_value *values,
		 struct err *err)
{
	const char *name;
	json_t *value;

	memset(values, 0, set.count * sizeof(*values));
	json_object_foreach(object, name, value)
	{
		const struct field *field = find(&set, name);
		struct field_value *ret;

		if (!field)
			return err_field(err, ERR_UNPROCESSABLE, name, "unknown member");
		ret = &values[field - set.fields];
		ret->given = true;
		if (decode_member(field, value, ret, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < set.count && !partial; i++) {
		if ((set.fields[i].flags & FIELD_REQUIRED) && !values[i].given)
			return err_field(err, ERR_UNPROCESSABLE, set.fields[i].name,
					 "this member is required");
	}
	return 0;
}

/* Parameters ----------------------------------------------------------------------------------- */

int field_param(const char *name, const char *text, struct field_set set,
		struct field_value *values, struct err *err)
{
	const struct field *field = find(&set, name);

	if (!field)
		return err_field(err, ERR_INVALID, name, "unknown parameter");
	values[field - set.fields].given = true;
	values[field - set.fields].text = text;
	return 0;
}

/* arg.c - makes arguments and encodes them for the wire (PostgreSQL manual, 55.8; the binary forms
 * are those of the send functions of each type). */
#include "arg.h"

#include <assert.h>
#include <endian.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "pgtype.h"

struct db_arg db_null(void)
{
	return (struct db_arg){.type = DB_NULL};
}

struct db_arg db_bool(bool value)
{
	return (struct db_arg){.type = DB_BOOL, .boolean = value};
}

struct db_arg db_i64(int64_t value)
{
	return (struct db_arg){.type = DB_I64, .i64 = value};
}

struct db_arg db_i32(int32_t value)
{
	return (struct db_arg){.type = DB_I32, .i64 = value};
}

struct db_arg db_f64(double value)
{
	return (struct db_arg){.type = DB_F64, .f64 = value};
}

struct db_arg db_text_n(const char *s, size_t len)
{
	if (!s)
		return db_null();
	return (struct db_arg){.type = DB_TEXT, .text = {s, len}};
}

struct db_arg db_text(const char *s)
{
	return db_text_n(s, s ? strlen(s) : 0);
}

struct db_arg db_time(int64_t unix_us)
{
	return (struct db_arg){.type = DB_TIME, .i64 = unix_us};
}

struct db_arg db_json(const char *s)
{
	if (!s)
		return db_null();
	return (struct db_arg){.type = DB_JSON, .text = {s, strlen(s)}};
}

struct db_arg db_i64s(const int64_t *items, size_t count)
{
	return (struct db_arg){.type = DB_I64_ARRAY, .i64s = {items, count}};
}

struct db_arg db_texts(const char *const *items, size_t count)
{
	return (struct db_arg){.type = DB_TEXT_ARRAY, .texts = {items, count}};
}

static const unsigned type_oids[] = {
	[DB_NULL] = 0,
	[DB_BOOL] = OID_BOOL,
	[DB_I64] = OID_INT8,
	[DB_I32] = OID_INT4,
	[DB_F64] = OID_FLOAT8,
	[DB_TEXT] = OID_TEXT,
	[DB_TIME] = OID_TIMESTAMPTZ,
	[DB_JSON] = OID_JSONB,
	[DB_I64_ARRAY] = OID_INT8_ARRAY,
	[DB_TEXT_ARRAY] = OID_TEXT_ARRAY,
};

/* Array header (array_send): dimensions, has-null flag, element type, then size and lower bound. */
#define ARRAY_HEADER_BYTES 20

static size_t array_bytes(const struct db_arg *arg)
{
	size_t bytes = ARRAY_HEADER_BYTES;

	if (arg->type == DB_I64_ARRAY)
		return bytes + arg->i64s.count * (sizeof(uint32_t) + sizeof(uint64_t));
	for (size_t i = 0; i < arg->texts.count; i++) {
		const char *item = arg->texts.items[i];

		bytes += sizeof(uint32_t) + (item ? strlen(item) : 0);
	}
	return bytes;
}

static char *put_u32(char *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static char *put_u64(char *at, uint64_t value)
{
	value = htobe64(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static char *put_array_header(char *at, uint32_t element, bool has_null, size_t count)
{
	at = put_u32(at, count ? 1 : 0);
	at = put_u32(at, has_null);
	at = put_u32(at, element);
	if (count == 0)
		return at;
	at = put_u32(at, (uint32_t)count);
	return put_u32(at, 1);
}

static char *put_i64s(char *at, const struct db_arg *arg)
{
	at = put_array_header(at, OID_INT8, false, arg->i64s.count);
	for (size_t i = 0; i < arg->i64s.count; i++) {
		at = put_u32(at, sizeof(uint64_t));
		at = put_u64(at, (uint64_t)arg->i64s.items[i]);
	}
	return at;
}

static char *put_texts(char *at, const struct db_arg *arg)
{
	bool has_null = false;

	for (size_t i = 0; i < arg->texts.count; i++)
		has_null |= !arg->texts.items[i];
	at = put_array_header(at, OID_TEXT, has_null, arg->texts.count);
	for (size_t i = 0; i < arg->texts.count; i++) {
		const char *item = arg->texts.items[i];
		size_t len = item ? strlen(item) : 0;

		at = put_u32(at, item ? (uint32_t)len : UINT32_MAX);
		at = mempcpy(at, item ? item : "", len);
	}
	return at;
}

/* A scalar's bytes, in args->scalars[i]; returns their number. */
static size_t put_scalar(const struct db_arg *arg, char *at)
{
	uint64_t bits;

	switch (arg->type) {
	case DB_BOOL:
		*at = arg->boolean ? 1 : 0;
		return 1;
	case DB_I32:
		return (size_t)(put_u32(at, (uint32_t)(int32_t)arg->i64) - at);
	case DB_F64:
		memcpy(&bits, &arg->f64, sizeof(bits));
		break;
	case DB_TIME:
		bits = (uint64_t)arg->i64 - (uint64_t)PG_EPOCH_US;
		break;
	default:
		bits = (uint64_t)arg->i64;
		break;
	}
	return (size_t)(put_u64(at, bits) - at);
}

static void encode_one(const struct db_arg *arg, struct args *ret, int i, char **arrays)
{
	char *start = *arrays;

	ret->types[i] = type_oids[arg->type];
	ret->formats[i] = 1;
	ret->lengths[i] = 0;
	ret->values[i] = NULL;
	switch (arg->type) {
	case DB_NULL:
		return;
	case DB_JSON: /* as text: the binary form wants a version byte in front */
		ret->formats[i] = 0;
		ret->values[i] = arg->text.data;
		return;
	case DB_TEXT:
		ret->values[i] = arg->text.data;
		ret->lengths[i] = (int)arg->text.len;
		return;
	case DB_I64_ARRAY:
	case DB_TEXT_ARRAY:
		assert(start); /* array_bytes is never 0 */
		*arrays = arg->type == DB_I64_ARRAY ? put_i64s(start, arg) : put_texts(start, arg);
		ret->values[i] = start;
		ret->lengths[i] = (int)(*arrays - start);
		return;
	default:
		ret->values[i] = (char *)&ret->scalars[i];
		ret->lengths[i] = (int)put_scalar(arg, (char *)&ret->scalars[i]);
		return;
	}
}

int args_encode(const struct db_arg *args, size_t n, struct args *ret, struct err *err)
{
	size_t bytes = 0;
	char *arrays = NULL;

	ret->count = 0;
	ret->arrays = NULL;
	if (n > DB_ARGS_MAX)
		return err_set(err, ERR_INTERNAL, "too many arguments", "%zu arguments", n);
	for (size_t i = 0; i < n; i++) {
		if (args[i].type == DB_TEXT && args[i].text.len > INT_MAX)
			bytes = SIZE_MAX / 2;
		else if (args[i].type == DB_I64_ARRAY || args[i].type == DB_TEXT_ARRAY)
			bytes += array_bytes(&args[i]);
	}
	if (bytes > INT_MAX)
		return err_set(err, ERR_TOO_LARGE, "a value is too large", "arguments above 2 GiB");
	if (bytes > 0) {
		arrays = malloc(bytes);
		if (!arrays)
			return err_no_memory(err);
	}
	ret->count = (int)n;
	ret->arrays = arrays;
	for (int i = 0; i < (int)n; i++)
		encode_one(&args[i], ret, i, &arrays);
	return 0;
}

void args_release(struct args *args)
{
	if (!args->arrays)
		return;
	free(args->arrays);
	args->arrays = NULL;
}

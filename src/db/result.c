/* result.c - reads values out of binary results (those of tools may be text). */
#include "result.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "pgtype.h"

struct db_result *result_from_pg(PGresult *pg)
{
	return (struct db_result *)pg;
}

void result_clearp(PGresult **pg)
{
	PQclear(*pg);
	*pg = NULL;
}

static const PGresult *pg(const struct db_result *result)
{
	return (const PGresult *)result;
}

void db_result_freep(struct db_result **result)
{
	PQclear((PGresult *)*result);
	*result = NULL;
}

size_t db_rows(const struct db_result *result)
{
	return (size_t)PQntuples(pg(result));
}

size_t db_columns(const struct db_result *result)
{
	return (size_t)PQnfields(pg(result));
}

const char *db_column_name(const struct db_result *result, size_t column)
{
	return PQfname(pg(result), (int)column);
}

unsigned db_column_type(const struct db_result *result, size_t column)
{
	return PQftype(pg(result), (int)column);
}

uint64_t db_affected(const struct db_result *result)
{
	/* PQcmdTuples takes no const, but only reads. */
	return strtoull(PQcmdTuples((PGresult *)result), NULL, 10);
}

bool db_is_null(const struct db_result *result, size_t row, size_t column)
{
	return PQgetisnull(pg(result), (int)row, (int)column);
}

static const char *value(const struct db_result *result, size_t row, size_t column)
{
	return PQgetvalue(pg(result), (int)row, (int)column);
}

static size_t length(const struct db_result *result, size_t row, size_t column)
{
	return (size_t)PQgetlength(pg(result), (int)row, (int)column);
}

static bool is_binary(const struct db_result *result, size_t column)
{
	return PQfformat(pg(result), (int)column) == 1;
}

static Oid type(const struct db_result *result, size_t column)
{
	return PQftype(pg(result), (int)column);
}

bool db_get_bool(const struct db_result *result, size_t row, size_t column)
{
	assert(type(result, column) == OID_BOOL && is_binary(result, column));
	return length(result, row, column) == 1 && *value(result, row, column) != 0;
}

static uint64_t read_u64(const char *at)
{
	uint64_t bits;

	memcpy(&bits, at, sizeof(bits));
	return be64toh(bits);
}

static uint32_t read_u32(const char *at)
{
	uint32_t bits;

	memcpy(&bits, at, sizeof(bits));
	return be32toh(bits);
}

/* By the length of the value: 0 (a NULL) gives 0. */
int64_t db_get_i64(const struct db_result *result, size_t row, size_t column)
{
	const char *at = value(result, row, column);
	uint16_t bits;

	assert(is_binary(result, column));
	assert(type(result, column) == OID_INT8 || type(result, column) == OID_INT4 ||
	       type(result, column) == OID_INT2 || type(result, column) == OID_OID);
	switch (length(result, row, column)) {
	case sizeof(uint64_t):
		return (int64_t)read_u64(at);
	case sizeof(uint32_t):
		if (type(result, column) == OID_OID)
			return (int64_t)read_u32(at);
		return (int32_t)read_u32(at);
	case sizeof(uint16_t):
		memcpy(&bits, at, sizeof(bits));
		return (int16_t)be16toh(bits);
	default:
		return 0;
	}
}

double db_get_f64(const struct db_result *result, size_t row, size_t column)
{
	const char *at = value(result, row, column);
	uint64_t bits;
	uint32_t small_bits;
	double wide;
	float narrow;

	assert(is_binary(result, column));
	assert(type(result, column) == OID_FLOAT8 || type(result, column) == OID_FLOAT4);
	switch (length(result, row, column)) {
	case sizeof(wide):
		bits = read_u64(at);
		memcpy(&wide, &bits, sizeof(wide));
		return wide;
	case sizeof(narrow):
		small_bits = read_u32(at);
		memcpy(&narrow, &small_bits, sizeof(narrow));
		return (double)narrow;
	default:
		return 0;
	}
}

int64_t db_get_time_us(const struct db_result *result, size_t row, size_t column)
{
	int64_t us;

	assert(is_binary(result, column));
	assert(type(result, column) == OID_TIMESTAMPTZ || type(result, column) == OID_TIMESTAMP);
	if (length(result, row, column) != sizeof(us))
		return 0;
	us = (int64_t)read_u64(value(result, row, column));
	if (us == INT64_MIN || us > INT64_MAX - PG_EPOCH_US)
		return us; /* -infinity, infinity */
	return us + PG_EPOCH_US;
}

UNUSED static bool is_text_type(Oid oid) /* used in an assert */
{
	switch (oid) {
	case OID_TEXT:
	case OID_VARCHAR:
	case OID_BPCHAR:
	case OID_NAME:
	case OID_CHAR:
	case OID_JSON:
	case OID_JSONB:
	case OID_UNKNOWN:
		return true;
	default:
		return false;
	}
}

/* jsonb's binary form begins with a version byte. */
static size_t text_offset(const struct db_result *result, size_t column)
{
	return is_binary(result, column) && type(result, column) == OID_JSONB ? 1 : 0;
}

const char *db_get_text(const struct db_result *result, size_t row, size_t column)
{
	assert(!is_binary(result, column) || is_text_type(type(result, column)));
	if (db_is_null(result, row, column))
		return NULL;
	return value(result, row, column) + text_offset(result, column);
}

size_t db_get_text_len(const struct db_result *result, size_t row, size_t column)
{
	if (db_is_null(result, row, column))
		return 0;
	return length(result, row, column) - text_offset(result, column);
}

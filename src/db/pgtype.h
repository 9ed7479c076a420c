/* pgtype.h - facts of PostgreSQL's binary forms: type identifiers (pg_type.dat), the epoch. */
#ifndef DB_PGTYPE_H
#define DB_PGTYPE_H

#include <stdint.h>

/* Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL's timestamps begin. */
#define PG_EPOCH_US INT64_C(946684800000000)

enum {
	OID_BOOL = 16,
	OID_CHAR = 18,
	OID_NAME = 19,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_OID = 26,
	OID_JSON = 114,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_UNKNOWN = 705,
	OID_TEXT_ARRAY = 1009,
	OID_INT8_ARRAY = 1016,
	OID_BPCHAR = 1042,
	OID_VARCHAR = 1043,
	OID_TIMESTAMP = 1114,
	OID_TIMESTAMPTZ = 1184,
	OID_JSONB = 3802,
};

#endif

/* schema.h - reads a YAML file into a structure by a table of its fields.
 *
 * A mapping is described by struct schema; each key is one row. The structure is filled with the
 * fields' fallbacks first. A mistake is ERR_INVALID "file:line: where: expected ..., found ...":
 * unknown and repeated keys, missing ones, wrong types, values out of bounds.
 */
#ifndef TASKLAB_LAB_SCHEMA_H
#define TASKLAB_LAB_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include <tasklab/base/err.h>

#define SCHEMA_FILE_MAX  ((size_t)256 * 1024)
#define SCHEMA_ITEMS_MAX 64 /* of any list */

enum schema_type {
	SCHEMA_TEXT,    /* char *: min..max bytes */
	SCHEMA_INTEGER, /* int64_t: min..max */
	SCHEMA_NUMBER,  /* double: min..max */
	SCHEMA_BOOL,    /* bool */
	SCHEMA_CHOICE,  /* an enum of int's size: position in choices */
	SCHEMA_TEXTS,   /* char ** and size_t: min..max items of 1 to SCHEMA_TEXT_MAX bytes */
	SCHEMA_MAP,     /* the structure itself, by sub */
	SCHEMA_MAPS,    /* pointer to structures and size_t: min..max items, by sub */
};

#define SCHEMA_TEXT_MAX 4000

struct schema;

struct schema_field {
	const char *name;
	enum schema_type type;
	bool required;
	size_t offset;
	double min, max;
	double fallback;            /* INTEGER, NUMBER, BOOL, CHOICE where the key is not given */
	size_t count_offset;        /* TEXTS, MAPS: where the number of items goes */
	const char *const *choices; /* CHOICE: NULL at the end */
	const struct schema *sub;   /* MAP, MAPS */
};

struct schema {
	const char *what; /* "an evidence item", for messages */
	size_t size;
	const struct schema_field *fields;
	size_t count;
	bool has_line; /* the structure begins with int64_t line */
};

/* Fills *out, which schema_release frees. On failure there is nothing to free. */
int schema_read(const char *path, const struct schema *schema, void *out, struct err *err);
void schema_release(const struct schema *schema, void *out);
/* "file:line: text" as ERR_INVALID; for the checks that no table can hold. */
int schema_fault(struct err *err, const char *path, long line, const char *format, ...)
	PRINTF(4, 5);

#endif

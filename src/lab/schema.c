/* schema.c - reads a YAML file into a structure by a table of its fields. */
#include "schema.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/text.h>

/* One file being read. where is the path of keys down to the node at hand: "evidence[2].kind". */
struct reader {
	const char *path;
	yaml_document_t *document;
	char where[160];
	struct err *err;
};

int schema_fault(struct err *err, const char *path, long line, const char *format, ...)
{
	char text[sizeof(err->message)];
	char said[sizeof(err->message)];
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	/* The end of a long path says more than its beginning. */
	if (strlen(path) > 100)
		path += strlen(path) - 100;
	if (snprintf(text, sizeof(text), "%s:%ld: %s", path, line, said) >= (int)sizeof(text))
		memcpy(text + sizeof(text) - 4, "...", 4);
	return err_set(err, ERR_INVALID, text, "%s", "");
}

static long node_line(const yaml_node_t *node)
{
	return (long)node->start_mark.line + 1;
}

/* "expected <expected>, found <what node is>" */
static int mismatch(struct reader *reader, const yaml_node_t *node, const char *expected)
{
	char found[64];

	if (node->type == YAML_MAPPING_NODE)
		snprintf(found, sizeof(found), "a mapping");
	else if (node->type == YAML_SEQUENCE_NODE)
		snprintf(found, sizeof(found), "a list of %td items",
			 node->data.sequence.items.top - node->data.sequence.items.start);
	else if (node->data.scalar.length == 0)
		snprintf(found, sizeof(found), "nothing");
	else
		snprintf(found, sizeof(found), "\"%.40s\"", (char *)node->data.scalar.value);
	return schema_fault(reader->err, reader->path, node_line(node), "%s: expected %s, found %s",
			    reader->where, expected, found);
}

static void describe_choices(const char *const *choices, char *out, size_t size)
{
	size_t at = (size_t)snprintf(out, size, "one of");

	for (size_t i = 0; choices[i] && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s %s", i ? "," : "", choices[i]);
}

/* What a field's value must look like, in words. */
static void describe(const struct schema_field *field, char *out, size_t size)
{
	switch (field->type) {
	case SCHEMA_TEXT:
		snprintf(out, size, "a text of %.0f to %.0f bytes", field->min, field->max);
		break;
	case SCHEMA_INTEGER:
		snprintf(out, size, "an integer from %.0f to %.0f", field->min, field->max);
		break;
	case SCHEMA_NUMBER:
		snprintf(out, size, "a number from %g to %g", field->min, field->max);
		break;
	case SCHEMA_BOOL:
		snprintf(out, size, "true or false");
		break;
	case SCHEMA_CHOICE:
		describe_choices(field->choices, out, size);
		break;
	case SCHEMA_TEXTS:
	case SCHEMA_MAPS:
		if (field->min == field->max)
			snprintf(out, size, "a list of %.0f items", field->min);
		else
			snprintf(out, size, "a list of %.0f to %.0f items", field->min, field->max);
		break;
	case SCHEMA_MAP:
		snprintf(out, size, "a mapping");
		break;
	}
}

/* Scalars ------------------------------------------------------------------------------------- */

/* The scalar's text, or NULL: not a scalar, or with a NUL inside. */
static const char *scalar_text(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;

	if (node->type != YAML_SCALAR_NODE || strlen(text) != node->data.scalar.length)
		return NULL;
	return text;
}

static bool read_text(const yaml_node_t *node, double min, double max, char **out)
{
	const char *text = scalar_text(node);

	if (!text || (double)strlen(text) < min || (double)strlen(text) > max)
		return false;
	*out = strdup(text);
	return true;
}

static bool read_integer(const yaml_node_t *node, const struct schema_field *field, int64_t *out)
{
	const char *text = scalar_text(node);

	return text && text_i64(text, (int64_t)field->min, (int64_t)field->max, out);
}

static bool read_number(const yaml_node_t *node, const struct schema_field *field, double *out)
{
	const char *text = scalar_text(node);
	char *end = NULL;
	double value;

	if (!text || !*text)
		return false;
	errno = 0;
	value = strtod(text, &end);
	if (*end || errno || !isfinite(value) || value < field->min || value > field->max)
		return false;
	*out = value;
	return true;
}

static bool read_bool(const yaml_node_t *node, bool *out)
{
	const char *text = scalar_text(node);

	if (!text || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))
		return false;
	*out = *text == 't';
	return true;
}

static bool read_choice(const yaml_node_t *node, const char *const *choices, int *out)
{
	const char *text = scalar_text(node);

	for (int i = 0; text && choices[i]; i++) {
		if (strcmp(text, choices[i]) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* Mappings and lists -------------------------------------------------------------------------- */

static int read_map(struct reader *reader, yaml_node_t *node, const struct schema *schema,
		    void *out);

/* Enters one step below where; leave_where cuts it off again. */
static size_t enter_where(struct reader *reader, const char *key, long item)
{
	size_t length = strlen(reader->where);
	char *end = reader->where + length;

	if (key)
		snprintf(end, sizeof(reader->where) - length, "%s%s", length ? "." : "", key);
	else
		snprintf(end, sizeof(reader->where) - length, "[%ld]", item + 1);
	return length;
}

static void leave_where(struct reader *reader, size_t length)
{
	reader->where[length] = '\0';
}

static int read_item(struct reader *reader, yaml_node_t *node, const struct schema_field *field,
		     void *list, size_t i)
{
	const struct schema_field text = {.type = SCHEMA_TEXT, .min = 1, .max = SCHEMA_TEXT_MAX};
	char **texts = list;
	char expected[96];

	if (field->type == SCHEMA_MAPS)
		return read_map(reader, node, field->sub, (char *)list + i * field->sub->size);
	describe(&text, expected, sizeof(expected));
	if (!read_text(node, text.min, text.max, &texts[i]))
		return mismatch(reader, node, expected);
	return texts[i] ? 0 : err_no_memory(reader->err);
}

static int read_list(struct reader *reader, yaml_node_t *node, const struct schema_field *field,
		     char *base)
{
	size_t size = field->type == SCHEMA_MAPS ? field->sub->size : sizeof(char *);
	size_t *count = (size_t *)(void *)(base + field->count_offset);
	char expected[96];
	yaml_node_item_t *items;
	size_t n;
	void *list;

	describe(field, expected, sizeof(expected));
	if (node->type != YAML_SEQUENCE_NODE)
		return mismatch(reader, node, expected);
	items = node->data.sequence.items.start;
	n = (size_t)(node->data.sequence.items.top - items);
	if ((double)n < field->min || (double)n > field->max || n > SCHEMA_ITEMS_MAX)
		return mismatch(reader, node, expected);
	list = calloc(n ? n : 1, size);
	if (!list)
		return err_no_memory(reader->err);
	memcpy(base + field->offset, &list, sizeof(list));
	for (size_t i = 0; i < n; i++) {
		size_t length = enter_where(reader, NULL, (long)i);

		*count = i + 1;
		if (read_item(reader, yaml_document_get_node(reader->document, items[i]), field,
			      list, i) < 0)
			return -1;
		leave_where(reader, length);
	}
	return 0;
}

static int read_field(struct reader *reader, yaml_node_t *node, const struct schema_field *field,
		      char *base)
{
	void *out = base + field->offset;
	char expected[160];
	bool ok = false;

	switch (field->type) {
	case SCHEMA_MAP:
		return read_map(reader, node, field->sub, out);
	case SCHEMA_TEXTS:
	case SCHEMA_MAPS:
		return read_list(reader, node, field, base);
	case SCHEMA_TEXT:
		ok = read_text(node, field->min, field->max, out);
		if (ok && !*(char **)out)
			return err_no_memory(reader->err);
		break;
	case SCHEMA_INTEGER:
		ok = read_integer(node, field, out);
		break;
	case SCHEMA_NUMBER:
		ok = read_number(node, field, out);
		break;
	case SCHEMA_BOOL:
		ok = read_bool(node, out);
		break;
	case SCHEMA_CHOICE:
		ok = read_choice(node, field->choices, out);
		break;
	}
	describe(field, expected, sizeof(expected));
	return ok ? 0 : mismatch(reader, node, expected);
}

static void fill_fallbacks(const struct schema *schema, char *base)
{
	memset(base, 0, schema->size);
	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_field *field = &schema->fields[i];
		void *out = base + field->offset;

		if (field->type == SCHEMA_INTEGER)
			*(int64_t *)out = (int64_t)field->fallback;
		else if (field->type == SCHEMA_NUMBER)
			*(double *)out = field->fallback;
		else if (field->type == SCHEMA_BOOL)
			*(bool *)out = field->fallback != 0;
		else if (field->type == SCHEMA_CHOICE)
			*(int *)out = (int)field->fallback;
		else if (field->type == SCHEMA_MAP)
			fill_fallbacks(field->sub, out);
	}
}

static size_t field_index(const struct schema *schema, const char *key)
{
	size_t i = 0;

	while (i < schema->count && (!key || strcmp(schema->fields[i].name, key) != 0))
		i++;
	return i;
}

static int unknown_key(struct reader *reader, const yaml_node_t *key, const struct schema *schema)
{
	char names[160] = "";
	size_t at = 0;

	for (size_t i = 0; i < schema->count && at < sizeof(names); i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", i ? ", " : "",
				       schema->fields[i].name);
	return schema_fault(reader->err, reader->path, node_line(key),
			    "unknown key \"%.40s\" in %s: expected %s",
			    scalar_text(key) ? scalar_text(key) : "", schema->what, names);
}

static int check_required(struct reader *reader, const yaml_node_t *node,
			  const struct schema *schema, uint64_t seen)
{
	char expected[160];

	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_field *field = &schema->fields[i];

		if (!field->required || (seen & (UINT64_C(1) << i)))
			continue;
		describe(field, expected, sizeof(expected));
		return schema_fault(reader->err, reader->path, node_line(node),
				    "%s has no \"%s\": expected %s", schema->what, field->name,
				    expected);
	}
	return 0;
}

static int read_map(struct reader *reader, yaml_node_t *node, const struct schema *schema,
		    void *out)
{
	uint64_t seen = 0;

	fill_fallbacks(schema, out);
	if (schema->has_line)
		*(int64_t *)out = node_line(node);
	if (node->type != YAML_MAPPING_NODE)
		return mismatch(reader, node, "a mapping");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
		yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
		size_t i = field_index(schema, scalar_text(key));
		size_t length;

		if (i == schema->count)
			return unknown_key(reader, key, schema);
		length = enter_where(reader, schema->fields[i].name, 0);
		if (seen & (UINT64_C(1) << i))
			return schema_fault(reader->err, reader->path, node_line(key),
					    "%s: given twice", reader->where);
		seen |= UINT64_C(1) << i;
		if (read_field(reader, value, &schema->fields[i], out) < 0)
			return -1;
		leave_where(reader, length);
	}
	return check_required(reader, node, schema, seen);
}

/* The file ------------------------------------------------------------------------------------ */

static int syntax_fault(const yaml_parser_t *parser, const char *path, struct err *err)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return err_no_memory(err);
	return schema_fault(err, path, (long)parser->problem_mark.line + 1,
			    "not YAML: %s%s%s, expected a mapping of the lab's keys",
			    parser->problem ? parser->problem : "unreadable",
			    parser->context ? " " : "", parser->context ? parser->context : "");
}

static int read_document(yaml_parser_t *parser, const char *path, const struct schema *schema,
			 void *out, struct err *err)
{
	yaml_document_t document;
	struct reader reader = {.path = path, .document = &document, .err = err};
	yaml_node_t *root;
	int result;

	if (!yaml_parser_load(parser, &document))
		return syntax_fault(parser, path, err);
	root = yaml_document_get_root_node(&document);
	if (!root) {
		result = schema_fault(err, path, 1, "the file is empty: expected a mapping");
	} else {
		snprintf(reader.where, sizeof(reader.where), "%s", "");
		result = read_map(&reader, root, schema, out);
		if (result < 0)
			schema_release(schema, out);
	}
	yaml_document_delete(&document);
	return result;
}

int schema_read(const char *path, const struct schema *schema, void *out, struct err *err)
{
	AUTO(buf_release) struct buf text = BUF_INIT(SCHEMA_FILE_MAX);
	yaml_parser_t parser;
	int result;

	if (text_read_file(path, SCHEMA_FILE_MAX, &text, err) < 0)
		return -1;
	if (!yaml_parser_initialize(&parser))
		return err_no_memory(err);
	yaml_parser_set_input_string(&parser, (const unsigned char *)buf_str(&text), text.len);
	result = read_document(&parser, path, schema, out, err);
	yaml_parser_delete(&parser);
	return result;
}

static void release_list(const struct schema_field *field, char *base)
{
	void *list = *(void **)(void *)(base + field->offset);
	size_t n = *(size_t *)(void *)(base + field->count_offset);

	for (size_t i = 0; i < n; i++) {
		if (field->type == SCHEMA_MAPS)
			schema_release(field->sub, (char *)list + i * field->sub->size);
		else
			free(((char **)list)[i]);
	}
	free(list);
}

void schema_release(const struct schema *schema, void *out)
{
	char *base = out;

	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_field *field = &schema->fields[i];

		if (field->type == SCHEMA_TEXT)
			free(*(char **)(void *)(base + field->offset));
		else if (field->type == SCHEMA_MAP)
			schema_release(field->sub, base + field->offset);
		else if (field->type == SCHEMA_TEXTS || field->type == SCHEMA_MAPS)
			release_list(field, base);
	}
	memset(out, 0, schema->size);
}

/* list.c - turns a list request into one statement: conditions, keyset, order, limit.
 *
 * The statement for tasks of one project, sorted by -created_at, after a cursor:
 *
 *   SELECT t.* FROM (
 *     SELECT <columns> FROM tasks t
 *     WHERE t.project_id = $1::bigint AND (t.created_at, t.id) < ($2::timestamptz, $3::bigint)
 *     ORDER BY t.created_at DESC, t.id DESC LIMIT 51) t
 *   ORDER BY t.created_at DESC, t.id DESC LIMIT $4
 *
 * The inner limit is a constant (one for usual pages, one for large) because the planner takes a
 * limit that it does not know for a tenth of the rows, and then sorts them all instead of walking
 * an index. The outer one stops the walk: one row more than the page holds, which tells whether
 * there is another page.
 */
#include "list.h"

#include <string.h>

#include <tasklab/base/buf.h>
#include <tasklab/base/clock.h>
#include <tasklab/base/text.h>
#include <tasklab/domain/rules.h>

#define SQL_MAX_BYTES    8192
#define VALUES_MAX_BYTES 8192
#define CHOICE_BITS      3

/* A statement in the making. */
struct statement {
	struct buf sql;
	struct buf values; /* names and values of the filters in use, for the cursor's check */
	struct db_arg args[DB_ARGS_MAX];
	size_t n;
	uint32_t key; /* of the db_shape */
	size_t skewed;
	size_t ordered;
	bool where;
};

static void statement_release(struct statement *st)
{
	buf_release(&st->sql);
	buf_release(&st->values);
}

static int parse_limit(const char *text, int64_t *ret, struct err *err)
{
	*ret = PAGE_LIMIT_DEFAULT;
	if (text && !text_i64(text, 1, PAGE_LIMIT_MAX, ret))
		return err_field(err, ERR_INVALID, "limit", "must be 1 to %d", PAGE_LIMIT_MAX);
	return 0;
}

/* Text with each '?' replaced by the next parameter. */
static void put_condition(struct statement *st, const char *text)
{
	buf_puts(&st->sql, st->where ? " AND " : " WHERE ");
	st->where = true;
	for (const char *c = text; *c; c++) {
		if (*c != '?') {
			buf_putc(&st->sql, *c);
			continue;
		}
		buf_putc(&st->sql, '$');
		buf_u64(&st->sql, st->n + 1);
	}
}

static const struct list_choice *find_choice(const struct list_filter *filter, const char *value)
{
	for (size_t i = 0; i < filter->choice_count; i++) {
		if (strcmp(filter->choices[i].value, value) == 0)
			return &filter->choices[i];
	}
	return NULL;
}

/* A parameter that breaks a rule is a bad request, not an unprocessable body. */
static int bad_parameter(struct err *err)
{
	if (err)
		err->code = ERR_INVALID;
	return -1;
}

static int bad_choice(const struct list_filter *filter, const char *value, struct err *err)
{
	const char *values[1 << CHOICE_BITS];

	for (size_t i = 0; i < filter->choice_count; i++)
		values[i] = filter->choices[i].value;
	(void)rule_choice(filter->name, value, values, filter->choice_count, err);
	return bad_parameter(err);
}

static int parse_value(const struct list_filter *filter, const char *value, struct db_arg *ret,
		       struct err *err)
{
	int64_t number;

	switch (filter->kind) {
	case LIST_ID:
		if (!text_i64(value, 1, INT64_MAX, &number))
			return err_field(err, ERR_INVALID, filter->name, "must be a positive id");
		*ret = db_i64(number);
		return 0;
	case LIST_TIME:
		if (clock_parse_rfc3339(value, &number, NULL) < 0)
			return err_field(err, ERR_INVALID, filter->name,
					 "must be a time in RFC 3339 form");
		*ret = db_time(number);
		return 0;
	default:
		if (rule_line(filter->name, value, 1, filter->max, err) < 0)
			return bad_parameter(err);
		*ret = db_text(value);
		return 0;
	}
}

static int put_filter(struct statement *st, const struct list_filter *filter, const char *value,
		      struct err *err)
{
	st->key <<= filter->kind == LIST_CHOICE ? CHOICE_BITS : 1;
	if (!value)
		return 0;
	if (filter->kind == LIST_CHOICE) {
		const struct list_choice *choice = find_choice(filter, value);

		if (!choice)
			return bad_choice(filter, value, err);
		st->key |= (uint32_t)(choice - filter->choices) + 1;
		put_condition(st, choice->sql);
	} else {
		if (parse_value(filter, value, &st->args[st->n], err) < 0)
			return -1;
		st->key |= 1;
		put_condition(st, filter->sql);
		st->n++;
	}
	st->skewed += filter->skewed;
	st->ordered += filter->ordered;
	buf_append(&st->values, filter->name, strlen(filter->name) + 1);
	buf_append(&st->values, value, strlen(value) + 1);
	return 0;
}

static const struct list_sort *find_sort(const struct list *list, const char *name, struct err *err)
{
	if (!name)
		return &list->sorts[0];
	for (size_t i = 0; i < list->sort_count; i++) {
		if (strcmp(list->sorts[i].name, name) == 0)
			return &list->sorts[i];
	}
	(void)err_field(err, ERR_INVALID, "sort", "is not a sort of this list");
	return NULL;
}

/* (key, id) < ($1, $2) or >: PostgreSQL compares rows and goes straight to that place of an index.
 */
static int put_keyset(struct statement *st, const struct list *list, const struct list_sort *sort,
		      const char *text, uint64_t filters, struct err *err)
{
	struct page_cursor cursor = {
		.list = (uint8_t)list->list,
		.sort = (uint8_t)(sort - list->sorts),
	};

	st->key = st->key << 1 | (text ? 1 : 0);
	if (!text)
		return 0;
	if (page_cursor_decode(text, &cursor, filters, sort->time ? RULE_TIME_MIN : 0,
			       sort->time ? RULE_TIME_MAX : INT32_MAX, &cursor, err) < 0)
		return -1;
	buf_printf(&st->sql, "%s(%s, %s) %c ($%zu::%s, $%zu::bigint)",
		   st->where ? " AND " : " WHERE ", sort->key, list->id,
		   sort->descending ? '<' : '>', st->n + 1, sort->type, st->n + 2);
	st->args[st->n++] = sort->time ? db_time(cursor.key) : db_i32((int32_t)cursor.key);
	st->args[st->n++] = db_i64(cursor.id);
	return 0;
}

static void put_order(struct statement *st, const struct list *list, const struct list_sort *sort)
{
	const char *direction = sort->descending ? " DESC" : "";

	buf_printf(&st->sql, " ORDER BY %s%s, %s%s", sort->key, direction, list->id, direction);
}

static int build(struct statement *st, const struct list *list, const void *filter,
		 const struct list_sort *sort, bool more, const struct page_request *request,
		 int64_t limit, uint64_t *filters, struct err *err)
{
	const bool large = limit > PAGE_LIMIT_DEFAULT;

	buf_printf(&st->sql, "SELECT %s.*", list->alias);
	if (more)
		buf_printf(&st->sql, ", %s", list->more_column);
	buf_printf(&st->sql, " FROM (SELECT %s FROM %s", list->columns, list->from);
	for (size_t i = 0; i < list->filter_count; i++) {
		const struct list_filter *f = &list->filters[i];
		const char *value;

		memcpy(&value, (const char *)filter + f->offset, sizeof(value));
		if (put_filter(st, f, value, err) < 0)
			return -1;
	}
	if (sort->where)
		put_condition(st, sort->where);
	if (buf_check(&st->values, err) < 0)
		return -1;
	*filters = text_hash64(st->values.data, st->values.len);
	if (put_keyset(st, list, sort, request->cursor, *filters, err) < 0)
		return -1;
	put_order(st, list, sort);
	buf_printf(&st->sql, " LIMIT %d) %s", (large ? PAGE_LIMIT_MAX : PAGE_LIMIT_DEFAULT) + 1,
		   list->alias);
	put_order(st, list, sort);
	buf_printf(&st->sql, " LIMIT $%zu::bigint", st->n + 1);
	st->args[st->n++] = db_i64(limit + 1);
	st->key = ((st->key << 1 | more) << 1 | large) << 4 | (uint32_t)(sort - list->sorts);
	return buf_check(&st->sql, err);
}

static void set_next(struct page *page, const struct list *list, const struct list_sort *sort,
		     uint64_t filters)
{
	size_t last = page->count - 1;
	struct page_cursor cursor = {
		.list = (uint8_t)list->list,
		.sort = (uint8_t)(sort - list->sorts),
		.id = db_get_i64(page->result, last, 0),
	};

	if (sort->time)
		cursor.key = db_get_time_us(page->result, last, sort->key_column);
	else
		cursor.key = db_get_i64(page->result, last, sort->key_column);
	page_cursor_encode(&cursor, filters, page->next);
}

int list_run(struct db *db, const struct list *list, const void *filter, const char *sort_name,
	     bool more, const struct page_request *request, struct page *ret, struct err *err)
{
	AUTO(statement_release)
	struct statement st = {
		.sql = BUF_INIT(SQL_MAX_BYTES),
		.values = BUF_INIT(VALUES_MAX_BYTES),
	};
	const struct list_sort *sort = find_sort(list, sort_name, err);
	struct page page = {0};
	int64_t limit;
	uint64_t filters;

	if (!sort || parse_limit(request->limit, &limit, err) < 0 ||
	    build(&st, list, filter, sort, more, request, limit, &filters, err) < 0)
		return -1;
	/* A prepared statement soon gets one plan for all values. That is right where one index
	 * serves them all, and wrong where the best plan for a project of ten tasks is the worst
	 * for one of a hundred thousand: those are planned for their values at each run. */
	const struct db_shape shape = {
		.query = list->query,
		.key = st.key,
		.sql = st.sql.data,
		.replan = st.skewed > 0 && !(st.skewed == 1 && st.ordered == 1 && sort->indexed),
	};
	if (db_query_shape(db, &shape, st.args, st.n, &page.result, err) < 0)
		return -1;
	page.count = db_rows(page.result);
	if (page.count > (size_t)limit) {
		page.count = (size_t)limit;
		set_next(&page, list, sort, filters);
	}
	*ret = page;
	return 0;
}

int list_by_id(struct db *db, const struct list_by_id *list, int64_t parent_id,
	       const struct page_request *request, struct page *ret, struct err *err)
{
	const uint64_t filters = (uint64_t)parent_id;
	struct page_cursor cursor = {.list = (uint8_t)list->list};
	struct page page = {0};
	struct db_arg args[3];
	size_t n = 0;
	int64_t limit;

	if (parse_limit(request->limit, &limit, err) < 0)
		return -1;
	if (request->cursor &&
	    page_cursor_decode(request->cursor, &cursor, filters, 0, 0, &cursor, err) < 0)
		return -1;
	if (list->no_parent)
		args[n++] = db_i64(parent_id);
	args[n++] = db_i64(cursor.id);
	args[n++] = db_i64(limit + 1);
	if (db_query(db, list->query, args, n, &page.result, err) < 0)
		return -1;
	page.count = db_rows(page.result);
	if (list->no_parent && page.count == 0) {
		page_release(&page);
		return err_set(err, ERR_NOT_FOUND, list->no_parent, "parent %lld",
			       (long long)parent_id);
	}
	if (page.count > 0 && db_is_null(page.result, 0, list->id_column))
		page.count = 0;
	if (page.count > (size_t)limit) {
		page.count = (size_t)limit;
		cursor.id = db_get_i64(page.result, page.count - 1, list->id_column);
		page_cursor_encode(&cursor, filters, page.next);
	}
	*ret = page;
	return 0;
}

/* idempotency.c - Idempotency-Key: the answer to a create is stored with what it created. */
#include "idempotency.h"

#include <inttypes.h>
#include <string.h>

#include <tasklab/base/buf.h>

#include "reply.h"

/* One request at a time works on a key. The lock goes with the transaction, and the stored answer
 * is looked for by a statement that starts after the lock is held: so it sees what the last holder
 * committed. */
DB_QUERY_WRITE(SQL_IDEMPOTENCY_LOCK, "idempotency_lock",
	       "SELECT pg_try_advisory_xact_lock(hashtextextended($2, $1))");
DB_QUERY_WRITE(SQL_IDEMPOTENCY_FIND, "idempotency_find",
	       "SELECT request_hash = sha256(convert_to($3, 'UTF8')), status, location, response "
	       "FROM idempotency_keys WHERE user_id = $1 AND key = $2");
DB_QUERY_WRITE(SQL_IDEMPOTENCY_STORE, "idempotency_store",
	       "INSERT INTO idempotency_keys "
	       "(user_id, key, route, request_hash, status, location, response) "
	       "VALUES ($1, $2, $3, sha256(convert_to($4, 'UTF8')), $5, $6, $7)");
DB_QUERY_WRITE(SQL_IDEMPOTENCY_FORGET, "idempotency_forget",
	       "DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day'");

static int check_key(const char *key, struct err *err)
{
	size_t len = strlen(key);

	if (len < 1 || len > IDEMPOTENCY_KEY_MAX)
		return err_field(err, ERR_INVALID, "Idempotency-Key",
				 "must have from 1 to %d characters", IDEMPOTENCY_KEY_MAX);
	for (size_t i = 0; i < len; i++) {
		if (key[i] < ' ' || key[i] > '~')
			return err_field(err, ERR_INVALID, "Idempotency-Key",
					 "must consist of printable ASCII characters");
	}
	return 0;
}

static int lock(struct api_call *call, int64_t user_id, const char *key, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_query(&call->db, &SQL_IDEMPOTENCY_LOCK, DB_ARGS(db_i64(user_id), db_text(key)),
		     &result, err) < 0)
		return -1;
	if (!db_get_bool(result, 0, 0))
		return err_field(err, ERR_CONFLICT, "Idempotency-Key",
				 "a request with this key is being worked on");
	return 0;
}

/* Every creation of a versioned row answers with its first version. */
static void replay(struct api_call *call, const struct db_result *result, struct http_reply *reply)
{
	http_reply_status(reply, (int)db_get_i64(result, 0, 1));
	if (!db_is_null(result, 0, 2))
		http_reply_header(reply, "Location", "%s", db_get_text(result, 0, 2));
	http_reply_header(reply, "Idempotency-Replayed", "true");
	if (call->route->flags & API_ROUTE_VERSIONED)
		(void)reply_etag(call, reply, 1);
	buf_append(http_reply_body(reply), db_get_text(result, 0, 3),
		   db_get_text_len(result, 0, 3));
}

/* *found tells whether the reply was filled from a stored answer. */
static int find(struct api_call *call, int64_t user_id, const char *key, const struct buf *print,
		struct http_reply *reply, bool *found, struct err *err)
{
	AUTO(db_result_freep) struct db_result *result = NULL;

	if (db_query(&call->db, &SQL_IDEMPOTENCY_FIND,
		     DB_ARGS(db_i64(user_id), db_text(key), db_text_n(print->data, print->len)),
		     &result, err) < 0)
		return -1;
	*found = db_rows(result) > 0;
	if (!*found)
		return 0;
	if (!db_get_bool(result, 0, 0))
		return err_field(err, ERR_UNPROCESSABLE, "Idempotency-Key",
				 "this key was used for another request");
	replay(call, result, reply);
	return 0;
}

static int store(struct api_call *call, int64_t user_id, const char *key, const struct buf *print,
		 struct http_reply *reply, struct err *err)
{
	const struct buf *body = http_reply_body(reply);

	if (buf_check(body, err) < 0)
		return -1;
	return db_exec(&call->db, &SQL_IDEMPOTENCY_STORE,
		       DB_ARGS(db_i64(user_id), db_text(key), db_text(call->route->template),
			       db_text_n(print->data, print->len),
			       db_i32(call->status ? call->status : 200),
			       db_text(call->location[0] ? call->location : NULL),
			       db_text_n(buf_str(body), body->len)),
		       NULL, err);
}

static int run_locked(struct api_call *call, int64_t user_id, const char *key,
		      const struct buf *print, struct http_reply *reply, struct err *err)
{
	bool found;

	if (lock(call, user_id, key, err) < 0 ||
	    find(call, user_id, key, print, reply, &found, err) < 0)
		return -1;
	if (found) {
		db_rollback(&call->db);
		return 0;
	}
	if (call->route->handler(call, reply, err) < 0 ||
	    store(call, user_id, key, print, reply, err) < 0)
		return -1;
	return db_commit(&call->db, err);
}

int idempotency_run(struct api_call *call, const char *key, struct http_reply *reply,
		    struct err *err)
{
	AUTO(buf_release) struct buf print = BUF_INIT(call->raw_len + 4096);
	int64_t user_id;

	if (check_key(key, err) < 0 || api_call_principal(call, &user_id, err) < 0)
		return -1;
	/* What makes two requests the same: method, path and body. */
	buf_puts(&print, http_method_name(call->route->method));
	buf_putc(&print, ' ');
	buf_puts(&print, http_request_path(call->request));
	buf_putc(&print, '\n');
	buf_append(&print, call->raw, call->raw_len);
	if (buf_check(&print, err) < 0 || db_begin(&call->db, err) < 0)
		return -1;
	if (run_locked(call, user_id, key, &print, reply, err) < 0) {
		db_rollback(&call->db);
		return -1;
	}
	return 0;
}

int idempotency_forget(struct db *db, struct err *err)
{
	return db_exec(db, &SQL_IDEMPOTENCY_FORGET, DB_NO_ARGS, NULL, err);
}

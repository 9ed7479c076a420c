/* page.h - lists in pages: what is asked for, the rows, and the cursor to the next page.
 *
 * Every list is walked by keyset: a page begins after the sort key and the id of the last row of
 * the page before, so page 10,000 costs what page 1 costs and rows that come or go meanwhile
 * neither repeat nor hide others.
 *
 * A list function fills a struct page. Rows are read by the aggregate's _at function (task_at,
 * user_at, ...), whose strings point into the page and live until page_release:
 *
 *   AUTO(page_release) struct page page = {0};
 *   if (task_list(db, &filter, &request, &page, err) < 0)
 *           return -1;
 *   for (size_t i = 0; i < page.count; i++) {
 *           struct task task;
 *           task_at(&page, i, &task);
 *           ...
 *   }
 *   if (page.next[0]) ... the cursor of the next page
 */
#ifndef TASKLAB_DOMAIN_PAGE_H
#define TASKLAB_DOMAIN_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>
#include <tasklab/db/db.h>

#define PAGE_LIMIT_DEFAULT 50
#define PAGE_LIMIT_MAX     200
#define PAGE_CURSOR_CHARS  36
#define PAGE_CURSOR_SIZE   (PAGE_CURSOR_CHARS + 1)

/* Query parameters as they came, or NULL. Bad ones are ERR_INVALID, field "limit" or "cursor". */
struct page_request {
	const char *limit;  /* 1 to PAGE_LIMIT_MAX, PAGE_LIMIT_DEFAULT when not given */
	const char *cursor; /* the next member of an earlier page of the same list */
};

struct page {
	size_t count;
	char next[PAGE_CURSOR_SIZE]; /* "" on the last page */
	struct db_result *result;    /* holds the rows; may have one row more than count */
	char **extra; /* text of each row from statements of their own (task_list.h); or NULL */
};

void page_release(struct page *page);

/* Cursors: 27 bytes in base64url (RFC 4648 section 5, unpadded), big-endian: version, list, sort,
 * key (8), id (8), check (8). check covers the rest and the filters in use, so that a cursor is
 * refused with other filters, another sort or another list. It is no secret: whatever passes is
 * still only a position. */
struct page_cursor {
	uint8_t list; /* which list, one number each */
	uint8_t sort; /* the list's own number of a sort */
	int64_t key;  /* the sort key of the last row; lists sorted by id alone leave it 0 */
	int64_t id;
};

void page_cursor_encode(const struct page_cursor *cursor, uint64_t filters,
			char out[PAGE_CURSOR_SIZE]);
/* Refuses with ERR_INVALID, field "cursor", anything that encode did not make for this list, sort
 * and filters (a hash of them), and keys outside [key_min, key_max] or ids below 1. */
int page_cursor_decode(const char *text, const struct page_cursor *expect, uint64_t filters,
		       int64_t key_min, int64_t key_max, struct page_cursor *ret, struct err *err);

#endif

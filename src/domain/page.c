/* page.c - the cursor that leads from one page of a list to the next. */
#include <tasklab/domain/page.h>

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <tasklab/base/text.h>

#define CURSOR_VERSION 1
#define CURSOR_BYTES   27 /* a multiple of 3: no padding, and one text for each value */

_Static_assert(CURSOR_BYTES * 4 / 3 == PAGE_CURSOR_CHARS, "base64 makes 4 characters of 3 bytes");

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void page_release(struct page *page)
{
	for (size_t i = 0; page->extra && i < page->count; i++)
		free(page->extra[i]);
	free(page->extra);
	page->extra = NULL;
	db_result_freep(&page->result);
	page->count = 0;
	page->next[0] = '\0';
}

static void put_u64(unsigned char *at, uint64_t value)
{
	value = htobe64(value);
	memcpy(at, &value, sizeof(value));
}

static uint64_t get_u64(const unsigned char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return be64toh(value);
}

/* Offsets: version 0, list 1, sort 2, key 3, id 11, check 19. */
static void pack(const struct page_cursor *cursor, uint64_t filters,
		 unsigned char out[CURSOR_BYTES])
{
	out[0] = CURSOR_VERSION;
	out[1] = cursor->list;
	out[2] = cursor->sort;
	put_u64(out + 3, (uint64_t)cursor->key);
	put_u64(out + 11, (uint64_t)cursor->id);
	put_u64(out + 19, filters); /* hashed along, then replaced by the hash */
	put_u64(out + 19, text_hash64(out, CURSOR_BYTES));
}

void page_cursor_encode(const struct page_cursor *cursor, uint64_t filters,
			char out[PAGE_CURSOR_SIZE])
{
	unsigned char bytes[CURSOR_BYTES];
	char *c = out;

	pack(cursor, filters, bytes);
	for (size_t i = 0; i < CURSOR_BYTES; i += 3) {
		unsigned group = (unsigned)bytes[i] << 16 | (unsigned)bytes[i + 1] << 8 |
				 (unsigned)bytes[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			*c++ = alphabet[group >> shift & 63];
	}
	*c = '\0';
}

static int unbase64(const char *text, unsigned char out[CURSOR_BYTES])
{
	for (size_t i = 0; i < CURSOR_BYTES; i += 3) {
		unsigned group = 0;

		for (int k = 0; k < 4; k++) {
			const char *digit = strchr(alphabet, *text++);

			if (!digit)
				return -1;
			group = group << 6 | (unsigned)(digit - alphabet);
		}
		out[i] = (unsigned char)(group >> 16);
		out[i + 1] = (unsigned char)(group >> 8);
		out[i + 2] = (unsigned char)group;
	}
	return 0;
}

int page_cursor_decode(const char *text, const struct page_cursor *expect, uint64_t filters,
		       int64_t key_min, int64_t key_max, struct page_cursor *ret, struct err *err)
{
	unsigned char bytes[CURSOR_BYTES];
	unsigned char again[CURSOR_BYTES];
	struct page_cursor cursor = *expect;

	if (strnlen(text, PAGE_CURSOR_SIZE) != PAGE_CURSOR_CHARS || unbase64(text, bytes) < 0 ||
	    bytes[0] != CURSOR_VERSION)
		return err_field(err, ERR_INVALID, "cursor", "is not a cursor of this service");
	cursor.key = (int64_t)get_u64(bytes + 3);
	cursor.id = (int64_t)get_u64(bytes + 11);
	pack(&cursor, filters, again);
	if (memcmp(bytes, again, sizeof(bytes)) != 0 || cursor.key < key_min ||
	    cursor.key > key_max || cursor.id < 1)
		return err_field(err, ERR_INVALID, "cursor",
				 "belongs to another list, sort or set of filters");
	*ret = cursor;
	return 0;
}

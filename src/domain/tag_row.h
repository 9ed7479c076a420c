/* tag_row.h - the columns of a tag in a result, and how a struct tag is read from them. */
#ifndef DOMAIN_TAG_ROW_H
#define DOMAIN_TAG_ROW_H

#include <stddef.h>

#include <tasklab/domain/tag.h>

#define TAG_COLUMNS "g.id, g.created_at, g.version, g.name, g.colour"

enum tag_column { TAG_ID, TAG_CREATED_AT, TAG_VERSION, TAG_NAME, TAG_COLOUR, TAG_COLUMN_COUNT };

/* Strings point into the result; ret->result is NULL. */
void tag_read(const struct db_result *result, size_t row, struct tag *ret);
/* The first row, with the result, which becomes the tag's. */
void tag_take(struct db_result **result, struct tag *ret);

#endif

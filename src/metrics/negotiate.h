/* negotiate.h - which format and coding a scraper gets (RFC 9110 section 12.5). */
#ifndef METRICS_NEGOTIATE_H
#define METRICS_NEGOTIATE_H

#include <stdbool.h>

enum format { FORMAT_TEXT, FORMAT_OPENMETRICS, FORMAT_PROTOBUF, FORMAT_COUNT };

extern const char *const format_content_types[FORMAT_COUNT];

/* accept may be NULL. The best of what the header allows; the text format where it allows none, as
 * client libraries do, since every scraper can read it. */
enum format negotiate_format(const char *accept);
bool negotiate_gzip(const char *accept_encoding); /* NULL: no */

#endif

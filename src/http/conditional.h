/* conditional.h - what a client holds or takes: entity tags and Accept (RFC 9110). */
#ifndef TASKLAB_HTTP_CONDITIONAL_H
#define TASKLAB_HTTP_CONDITIONAL_H

#include <stdbool.h>

/* Whether list, the value of If-Match or If-None-Match, holds etag, an entity tag as it is sent.
 * Strong comparison (8.8.3.2) for If-Match, weak for If-None-Match. A malformed list holds nothing
 * after its fault. "*" holds any. */
bool conditional_holds(const char *list, const char *etag, bool strong);
/* Raises *precision and sets *q for the most precise range in one Accept header that covers
 * application/json or, as problems and patches are, application/x+json (12.5.1). Start with
 * precision 0. */
void conditional_accepts_json(const char *accept, int *precision, double *q);
/* Whether content_type's media type, its parameters left aside, is in the list that NULL ends. */
bool conditional_type_in(const char *content_type, const char *const *list);

#endif

/* lab_cache.h - a short cache of answers, for the lab on cache stampedes.
 *
 * Answers are kept by door and target for LAB_CACHE_TTL_MS. What happens when one has expired and
 * many ask for it at once is the lab's subject; the switch report_cache says:
 *   expiring                everybody who finds it expired computes it
 *   single_flight           one computes it, the others wait for that
 *   stale_while_revalidate  one computes it, the others get the old one (RFC 5861 section 3)
 * Bodies are kept, headers are not: a cached answer has no Link header.
 */
#ifndef TASKLAB_API_LAB_CACHE_H
#define TASKLAB_API_LAB_CACHE_H

#include "call.h"

#define LAB_CACHE_TTL_MS 400

struct lab_cache;

int lab_cache_new(struct lab_cache **ret, struct err *err);
void lab_cache_freep(struct lab_cache **cache);
int lab_cache_answer(struct lab_cache *cache, struct api_call *call, struct http_reply *reply,
		     api_handler *compute, struct err *err);

#endif

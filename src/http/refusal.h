/* refusal.h - why civetweb has refused a request: its own words do not say. */
#ifndef TASKLAB_HTTP_REFUSAL_H
#define TASKLAB_HTTP_REFUSAL_H

#include <stdint.h>

#include <tasklab/base/err.h>

#include "framing.h"

struct refusal {
	const struct framing *framing; /* what was split; parts may be NULL */
	bool bad_headers;              /* civetweb could not split the headers */
	int status;                    /* what civetweb would have answered */
	int64_t waited_ms, limit_ms;   /* for the head, and how long that may take */
	uint64_t received_bytes;       /* of this request so far, as far as is known */
	size_t buffer_bytes;           /* of which a head may take all */
};

/* Sets *err to the reason. */
void refusal_explain(const struct refusal *refusal, struct err *err);

#endif

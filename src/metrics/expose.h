/* expose.h - what the writers of the formats share. */
#ifndef METRICS_EXPOSE_H
#define METRICS_EXPOSE_H

#include <tasklab/base/buf.h>

#include "histogram.h"

enum text_style { TEXT_PROMETHEUS, TEXT_OPENMETRICS };

/* Each writes one family with the series that were touched, or nothing. */
void text_family(struct buf *out, const struct snapshot *snapshot, enum metric metric,
		 enum text_style style, bool created);
void proto_family(struct buf *out, const struct snapshot *snapshot, enum metric metric);

/* A series appears once it was touched; families without labels always. cell is its first. */
bool series_is_touched(const struct snapshot *snapshot, enum metric metric, size_t cell);

#endif

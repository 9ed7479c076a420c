/* report_html.h - the parts of a report's page. */
#ifndef LAB_REPORT_HTML_H
#define LAB_REPORT_HTML_H

#include <tasklab/base/buf.h>

#include "report_view.h"

const char *report_html_tone(enum report_tone tone); /* a class: "good" */
const char *report_html_side(size_t side);           /* a class: "side-first" */
/* A bar: share from 0 to 1. */
void report_html_bar(struct buf *out, double share);

int report_html_plans(struct buf *out, const struct report_view *view, struct err *err);
void report_html_latency(struct buf *out, const struct report_view *view);
void report_html_scripts(struct buf *out, const struct report_view *view);
void report_html_relations(struct buf *out, const struct report_view *view);

#endif

/* report_write.h - a report in any of its formats, to a buffer, a stream or a folder. */
#ifndef LAB_REPORT_WRITE_H
#define LAB_REPORT_WRITE_H

#include <tasklab/lab/report.h>

#include "report_view.h"

int report_view_write(const struct report_view *view, enum report_format format,
		      const struct report_look *look, struct buf *out, struct err *err);
int report_view_save(const struct report_view *view, const char *folder, struct err *err);
void report_view_print(const struct report_view *view, FILE *stream);

/* The formats; each appends to out and leaves it to the caller to ask whether that went well. */
int report_view_json(const struct report_view *view, struct buf *out, struct err *err);
int report_view_markdown(const struct report_view *view, struct buf *out, struct err *err);
int report_view_html(const struct report_view *view, struct buf *out, struct err *err);

#endif

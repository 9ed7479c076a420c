/* report.h - what a run found: for people, as JSON (docs/lab-report.md), Markdown and HTML. */
#ifndef TASKLAB_LAB_REPORT_H
#define TASKLAB_LAB_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/lab/run.h>

#define REPORT_MAX      ((size_t)64 * 1024 * 1024) /* bytes of a report */
#define REPORT_JSON_MAX REPORT_MAX

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_MARKDOWN, REPORT_HTML };

/* How text looks: for a terminal elsewhere. */
struct report_look {
	bool colour;
	int width; /* columns; 0: 100 */
};

/* Appends the report to out, which should allow REPORT_MAX. look is for REPORT_TEXT; NULL: 100
 * columns without colour. The HTML is a whole page that loads nothing. */
int report_write(const struct run_result *result, enum report_format format,
		 const struct report_look *look, struct buf *out, struct err *err);
/* The text as fits the stream: colour and width of its terminal. */
void report_text(const struct run_result *result, FILE *stream);
/* One JSON object. */
int report_json(const struct run_result *result, struct buf *out, struct err *err);
/* <folder>/<slug>-<scale>.json, .txt, .md and .html; the folder is made. */
int report_save(const struct run_result *result, const char *folder, struct err *err);
/* "text", "json", "markdown", "html"; false: none of them. */
bool report_format_parse(const char *name, enum report_format *ret);

#endif

/* report.h - what a run found, for people and as JSON (docs/lab-report.md). */
#ifndef TASKLAB_LAB_REPORT_H
#define TASKLAB_LAB_REPORT_H

#include <stdio.h>

#include <tasklab/base/buf.h>
#include <tasklab/lab/run.h>

#define REPORT_JSON_MAX ((size_t)64 * 1024 * 1024)

void report_text(const struct run_result *result, FILE *stream);
/* One JSON object. */
int report_json(const struct run_result *result, struct buf *out, struct err *err);
/* <folder>/<slug>-<scale>.json and .txt; the folder is made. */
int report_save(const struct run_result *result, const char *folder, struct err *err);

#endif

/* report_json.h - parts of a report's JSON that others write too. */
#ifndef LAB_REPORT_JSON_H
#define LAB_REPORT_JSON_H

#include <stdbool.h>

#include <tasklab/base/json.h>

#include "plan.h"

/* A plan as docs/lab-report.md describes plans[]; changed has one entry a node. */
void report_json_plan(struct json *json, const struct plan *plan, const bool *changed);

#endif

/* report_grade.h - the points of a check, in every format of a report. */
#ifndef LAB_REPORT_GRADE_H
#define LAB_REPORT_GRADE_H

#include <tasklab/base/json.h>

#include "paint.h"
#include "report_view.h"

/* Each does nothing where the view has no grade. */
void report_grade_text(const struct paint *paint, const struct report_view *view);
void report_grade_json(struct json *json, const struct report_view *view);
void report_grade_markdown(struct buf *out, const struct report_view *view);
void report_grade_html(struct buf *out, const struct report_view *view);

#endif

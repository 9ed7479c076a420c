/* report_text.h - a report for people at a terminal. */
#ifndef LAB_REPORT_TEXT_H
#define LAB_REPORT_TEXT_H

#include "paint.h"
#include "report_view.h"

void report_view_text(const struct report_view *view, const struct paint *paint);

#endif

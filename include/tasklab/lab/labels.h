/* labels.h - the labs' metrics: tasklab_lab_active, tasklab_lab_statement_duration_seconds, and
 * db_statement_* under the query "lab:<slug>".
 *
 * Label values are the slugs of the catalogue at the start; a lab that is added later counts as
 * "(other)".
 */
#ifndef TASKLAB_LAB_LABELS_H
#define TASKLAB_LAB_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tasklab/base/err.h>
#include <tasklab/lab/catalogue.h>

/* X(identifier, name): when a call of a lab's workload was made. */
#define LABELS_PHASES(X)                                                                           \
	X(LABELS_AFTER, "after")                                                                   \
	X(LABELS_BACKGROUND, "background")                                                         \
	X(LABELS_BEFORE, "before")

/* clang-format off */
enum labels_phase {
#define X(id, name) id,
	LABELS_PHASES(X)
#undef X
	LABELS_PHASE_COUNT
};
/* clang-format on */

/* Before metrics_start, and before db_labels_register. catalogue is not needed afterwards. */
int lab_labels_register(const struct catalogue *catalogue, struct err *err);
/* The lab's position in the label sets; also what db_follow takes. */
size_t lab_label(const char *slug);
/* tasklab_lab_active: all 0; of one lab. */
void lab_labels_idle(void);
void lab_label_active(size_t label, bool active);
/* A call of the lab's workload; label is lab_label's. Costs next to nothing outside the service. */
void lab_label_observe(size_t label, enum labels_phase phase, int64_t ns);

#endif

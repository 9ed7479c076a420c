/* labels.c - the label sets of the labs, from the catalogue at the start. */
#include <tasklab/lab/labels.h>

#include <stdio.h>
#include <string.h>

#include <tasklab/db/monitor.h>
#include <tasklab/metrics/metrics.h>

#define LABS_MAX    DB_FOLLOW_NAMES_MAX /* the last is "(other)" */
#define QUERY_BYTES (LAB_SLUG_MAX + 5)

static const char *const PHASES[] = {
#define X(id, name) [id] = (name),
	LABELS_PHASES(X)
#undef X
};

static char slugs[LABS_MAX][LAB_SLUG_MAX + 1];
static size_t slug_count; /* with "(other)", which is the last; 0: nothing is registered */

static void take_slugs(const struct catalogue *catalogue)
{
	slug_count = 0;
	for (size_t i = 0; i < catalogue->count && slug_count + 1 < LABS_MAX; i++)
		(void)snprintf(slugs[slug_count++], sizeof(slugs[0]), "%s",
			       catalogue->labs[i].slug);
	(void)snprintf(slugs[slug_count++], sizeof(slugs[0]), "(other)");
}

int lab_labels_register(const struct catalogue *catalogue, struct err *err)
{
	static const char *labs[LABS_MAX], *phases[LABS_MAX * LABELS_PHASE_COUNT][2];
	static char queries[LABS_MAX][QUERY_BYTES];
	static const char *names[LABS_MAX];

	take_slugs(catalogue);
	for (size_t i = 0; i < slug_count; i++) {
		labs[i] = slugs[i];
		(void)snprintf(queries[i], sizeof(queries[i]), "lab:%.48s", slugs[i]);
		names[i] = queries[i];
		for (size_t k = 0; k < LABELS_PHASE_COUNT; k++) {
			phases[i * LABELS_PHASE_COUNT + k][0] = slugs[i];
			phases[i * LABELS_PHASE_COUNT + k][1] = PHASES[k];
		}
	}
	if (db_follow_names(names, slug_count, err) < 0 ||
	    metrics_labels(LABELS_LAB, labs, slug_count, err) < 0)
		return -1;
	return metrics_labels(LABELS_LAB_PHASE, &phases[0][0], slug_count * LABELS_PHASE_COUNT,
			      err);
}

/* No slug has parentheses. */
size_t lab_label(const char *slug)
{
	size_t i = 0;

	while (i + 1 < slug_count && strcmp(slugs[i], slug) != 0)
		i++;
	return i;
}

void lab_label_observe(size_t label, enum labels_phase phase, int64_t ns)
{
	metric_observe_ns(M_TASKLAB_LAB_STATEMENT_DURATION_SECONDS, ns,
			  label * LABELS_PHASE_COUNT + phase);
}

void lab_label_active(size_t label, bool active)
{
	metric_gauge_set(M_TASKLAB_LAB_ACTIVE, active, label);
}

void lab_labels_idle(void)
{
	for (size_t i = 0; i < slug_count; i++)
		lab_label_active(i, false);
}

/* recorder.h - fills the record of a phase from what PostgreSQL tells.
 *
 * A recorder is one session in the lab's database: it answers every parameter row (for the proof
 * of same rows, and to warm the caches alike in both phases), explains a sample of them, and reads
 * the counters before and after the workload.
 */
#ifndef TASKLAB_LAB_RECORDER_H
#define TASKLAB_LAB_RECORDER_H

#include "record.h"
#include "runner.h"

struct recorder;

/* guard is a session in the service's database: it reads pg_stat_statements where the lab's own
 * database has no such view. */
int recorder_open(const struct runner_job *job, struct db_conn *guard, struct recorder **ret,
		  struct err *err);
void recorder_closep(struct recorder **recorder);
/* Answers, plans; then the counters as they are before the workload. */
int recorder_begin(struct recorder *recorder, struct record *record, struct err *err);
/* The counters after it; the record holds the differences. */
int recorder_end(struct recorder *recorder, struct record *record, struct err *err);
/* Units of progress that recorder_begin adds. */
uint64_t recorder_steps(const struct lab_workload *workload);

#endif

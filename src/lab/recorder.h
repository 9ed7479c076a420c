/* recorder.h - fills the record of a phase from what PostgreSQL tells.
 *
 * A recorder is one session in the lab's database: it answers every parameter row (for the proof
 * of same rows, and to warm the caches alike in both phases), explains a sample of them, and reads
 * the counters before and after the workload. Evidence rests on counts being the same in every run;
 * what could disturb them is kept out here and in dataset.c:
 *   other sessions' late statistics   the run's earlier sessions are waited for, those of the
 *                                     workload send theirs before it and at its end (runner.c)
 *   first reads of fresh pages        the answers' pass has set hint bits and pruned
 *   the plan cache                    the answers' pass has used it as the workload will
 *   autovacuum                        off for all tables, those that scripts made too
 *   synchronized scans                off, so that every scan begins at the first block
 *   ANALYZE's random sample           clones keep the statistics of their template
 *   full-page images                  a checkpoint before the workload, where the lab asks for it
 */
#ifndef TASKLAB_LAB_RECORDER_H
#define TASKLAB_LAB_RECORDER_H

#include "record.h"
#include "runner.h"

struct recorder;

/* The site's guard, in the service's database, reads pg_stat_statements where the lab's own
 * database has no such view. */
int recorder_open(const struct runner_job *job, struct recorder **ret, struct err *err);
void recorder_closep(struct recorder **recorder);
/* Answers and plans; before the clients connect. */
int recorder_begin(struct recorder *recorder, struct record *record, struct err *err);
/* The counters as they are before the workload: nearest to it, when the clients are ready. */
int recorder_count(struct recorder *recorder, struct record *record, struct err *err);
/* The counters after it; the record holds the differences. Then the queries of the evidence. */
int recorder_end(struct recorder *recorder, struct record *record, struct err *err);
/* Units of progress that recorder_begin adds. */
uint64_t recorder_steps(const struct lab_workload *workload);

#endif

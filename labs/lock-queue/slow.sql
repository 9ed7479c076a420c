-- A migration of a millisecond: a new column without a default. It needs the table for itself, for
-- that long.
-- session migration
-- barrier
ALTER TABLE tasks ADD COLUMN IF NOT EXISTS reviewed_at timestamptz;

-- Two people who only read. The service gives up on them after 300 ms. (The advisory lock tells the
-- report that they are still there.)
-- session reader
BEGIN;
SET LOCAL statement_timeout = '300ms';
SELECT pg_advisory_xact_lock_shared(71);
-- barrier
-- barrier
SELECT id, title, status FROM tasks WHERE project_id = $1 ORDER BY created_at DESC, id DESC LIMIT 20;
COMMIT;

-- session other-reader
BEGIN;
SET LOCAL statement_timeout = '300ms';
SELECT pg_advisory_xact_lock_shared(71);
-- barrier
-- barrier
SELECT id, title, due_at FROM tasks WHERE project_id = $1 ORDER BY updated_at DESC, id DESC LIMIT 20;
COMMIT;

-- A report that has read from tasks, and whose transaction stays open for longer than any reader's
-- patience: it ends when both of them have had their answer or have given up.
-- session report
BEGIN;
SELECT count(*) FROM tasks WHERE project_id = $1;
-- barrier
-- barrier
SELECT pg_advisory_xact_lock(71);
SELECT count(*) AS tasks FROM tasks WHERE project_id = $1;
COMMIT;

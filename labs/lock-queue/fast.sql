-- The same, which waits for the table for no longer than 20 ms at a time. When it has not got it,
-- it steps out of the queue, lets the others pass, and tries again. (A migration tool does this
-- from outside, each attempt a transaction of its own.)
-- session migration
-- barrier
DO $$
BEGIN
    FOR attempt IN 1..100 LOOP
        BEGIN
            SET LOCAL lock_timeout = '20ms';
            ALTER TABLE tasks ADD COLUMN IF NOT EXISTS reviewed_at timestamptz;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.05 + random() * 0.05);
        END;
    END LOOP;
    RAISE EXCEPTION 'tasks was in use at all 100 attempts: try again at a quieter time';
END
$$;

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

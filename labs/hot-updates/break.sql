-- How often each task was opened, and when last. The rows fill their blocks (fillfactor 100 is what a
-- table gets), and somebody indexed viewed_at for a report that nobody runs.
CREATE TABLE task_views (
    task_id   bigint      PRIMARY KEY REFERENCES tasks ON DELETE CASCADE,
    views     integer     NOT NULL,
    viewed_at timestamptz NOT NULL
) WITH (autovacuum_enabled = off);
INSERT INTO task_views (task_id, views, viewed_at)
SELECT id, id % 50, updated_at FROM tasks ORDER BY id;
CREATE INDEX task_views_viewed_at_idx ON task_views (viewed_at);
VACUUM ANALYZE task_views;

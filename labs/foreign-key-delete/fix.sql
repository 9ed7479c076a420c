-- The children of a parent are found by the column that points to it. On a live system: CREATE INDEX
-- CONCURRENTLY.
CREATE INDEX task_events_task_id_idx ON task_events (task_id, id);

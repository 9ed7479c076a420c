-- The equality column first, then the columns of the ORDER BY: the index finds the rows of one
-- assignee side by side, and already in order. On a live system: CREATE INDEX CONCURRENTLY.
CREATE INDEX tasks_assignee_id_idx ON tasks (assignee_id, created_at, id);

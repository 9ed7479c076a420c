-- An index that begins with the column that the statement compares. On a live system: CONCURRENTLY.
CREATE INDEX tasks_assignee_created_idx ON tasks (assignee_id, created_at, id);

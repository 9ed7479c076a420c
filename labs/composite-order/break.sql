-- Two indexes became one: "one index on both columns does the work of two, and is cheaper to keep".
-- The order of its columns serves the page of all tasks of a period, and nobody's own tasks.
DROP INDEX tasks_assignee_id_idx;
DROP INDEX tasks_created_at_idx;
CREATE INDEX tasks_created_assignee_idx ON tasks (created_at, assignee_id, id);

-- The column that is compared with = first, then the one with a range: all that is wanted stands side
-- by side. id at the end makes the order of the page complete. On a live system: CONCURRENTLY.
CREATE INDEX tasks_assignee_created_idx ON tasks (assignee_id, created_at, id);

-- An index on the value that the statement compares. ANALYZE afterwards, so that the planner learns
-- how its values are spread; on a live system: CONCURRENTLY.
CREATE INDEX tasks_title_lower_idx ON tasks (lower(title));
ANALYZE tasks;

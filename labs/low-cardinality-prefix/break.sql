-- The page "my urgent tasks" got its index, and the one on the assignee alone went: "assignee_id is in
-- the new one as well". So it is, behind a column of four values that not every statement compares.
CREATE INDEX tasks_priority_assignee_idx ON tasks (priority, assignee_id, created_at, id);
DROP INDEX tasks_assignee_id_idx;

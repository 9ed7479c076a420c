-- The head of a person's page: how many tasks they were given, the first and the latest of them.
SELECT count(*) AS tasks, min(created_at) AS first, max(created_at) AS latest
  FROM tasks
 WHERE assignee_id = $1

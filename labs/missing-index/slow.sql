-- Tasks assigned to one person, oldest first: the page "assigned to me".
SELECT id, title, status, priority, created_at, due_at
  FROM tasks
 WHERE assignee_id = $1
 ORDER BY created_at, id

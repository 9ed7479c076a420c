-- What the page shows, and no more.
SELECT id, title, status, created_at
  FROM tasks
 WHERE project_id = $1
 ORDER BY created_at, id

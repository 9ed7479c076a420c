-- The list of a project's tasks. The page shows number, title, status and date.
SELECT *
  FROM tasks
 WHERE project_id = $1
 ORDER BY created_at, id

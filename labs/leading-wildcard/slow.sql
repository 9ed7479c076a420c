-- The search box: tasks whose title contains what was typed, wherever it stands.
SELECT id, title, status, created_at
  FROM tasks
 WHERE lower(title) LIKE '%' || $1 || '%'
 ORDER BY created_at, id

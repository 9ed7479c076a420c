-- The statement under test: the tasks that one person has reported.
SELECT id, title, status, created_at
  FROM tasks
 WHERE reporter_id = $1
 ORDER BY id

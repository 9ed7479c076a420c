-- One page of everything that has a deadline, the earliest first, by its offset.
SELECT id, title, due_at
  FROM tasks
 WHERE due_at IS NOT NULL
 ORDER BY due_at, id
 LIMIT 20 OFFSET $1

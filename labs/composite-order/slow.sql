-- What one person was given in one year, oldest first: the page "my year".
SELECT id, title, status, created_at
  FROM tasks
 WHERE assignee_id = $1
   AND created_at >= $2
   AND created_at < $3
 ORDER BY created_at, id

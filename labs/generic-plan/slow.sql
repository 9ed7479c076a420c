-- The next page of tasks in one state, oldest first: asked by the archive (done) and by the board.
SELECT id, title, priority, created_at
  FROM tasks
 WHERE status = $1
   AND created_at >= $2
 ORDER BY created_at, id
 LIMIT 20

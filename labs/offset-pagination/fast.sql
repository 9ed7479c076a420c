-- The same page, from the last row of the page before: the client sends its due_at and id back.
SELECT id, title, due_at
  FROM tasks
 WHERE due_at IS NOT NULL
   AND (due_at, id) > ($2, $3)
 ORDER BY due_at, id
 LIMIT 20

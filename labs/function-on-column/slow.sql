-- Tasks with exactly this title, however it is capitalised: "is it known already?".
SELECT id, title, status, created_at
  FROM tasks
 WHERE lower(title) = lower($1)
 ORDER BY created_at, id

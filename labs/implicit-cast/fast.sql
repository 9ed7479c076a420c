-- The parameter is cast, not the column: the comparison is bigint = bigint, which the index knows.
SELECT id, title, status, updated_at
  FROM tasks
 WHERE id = $1::bigint

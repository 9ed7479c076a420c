-- What came up in a project within a week: the page "this week".
SELECT t.id, t.title, t.status, t.created_at, u.display_name AS reporter
  FROM tasks_of($1) AS t
  JOIN users AS u ON u.id = t.reporter_id
 WHERE t.created_at >= $2
   AND t.created_at < $3
 ORDER BY t.created_at, t.id

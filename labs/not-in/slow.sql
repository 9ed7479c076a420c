-- The quiet tasks of a project: those that nobody has said a word about since a day.
SELECT t.id, t.title, t.created_at
  FROM tasks AS t
 WHERE t.project_id = $1
   AND t.id NOT IN (SELECT c.task_id FROM comments AS c WHERE c.created_at >= $2)
 ORDER BY t.created_at, t.id

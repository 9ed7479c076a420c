-- The same question, asked so that it has no third answer: is there such a comment, or is there none?
SELECT t.id, t.title, t.created_at
  FROM tasks AS t
 WHERE t.project_id = $1
   AND NOT EXISTS (SELECT FROM comments AS c WHERE c.task_id = t.id AND c.created_at >= $2)
 ORDER BY t.created_at, t.id

-- "My work": tasks that are assigned to me, and all tasks of projects that are mine.
SELECT t.id, t.title, t.status, t.created_at
  FROM tasks AS t
  JOIN projects AS p ON p.id = t.project_id
 WHERE t.assignee_id = $1
    OR p.owner_id = $1
 ORDER BY t.created_at, t.id

-- Each branch has one condition on one table, and goes down an index of its own. UNION, not UNION ALL:
-- a task of mine in a project of mine is in both.
SELECT t.id, t.title, t.status, t.created_at
  FROM tasks AS t
 WHERE t.assignee_id = $1
UNION
SELECT t.id, t.title, t.status, t.created_at
  FROM projects AS p
  JOIN tasks AS t ON t.project_id = p.id
 WHERE p.owner_id = $1
 ORDER BY created_at, id

-- UNION ALL where the inputs cannot share a row: their sources differ. The last two can, a task
-- that is urgent and nobody's, so they stay a UNION, in brackets: of some hundred rows.
CREATE OR REPLACE VIEW activity AS
SELECT 'change' AS source, e.id, e.task_id, e.actor_id AS user_id, e.at, e.changes::text AS what
  FROM task_events AS e
 UNION ALL
SELECT 'comment', c.id, c.task_id, c.author_id, c.created_at, c.body
  FROM comments AS c
 UNION ALL
(SELECT 'attention', t.id, t.id, t.assignee_id, t.created_at, t.title
   FROM tasks AS t
  WHERE t.status <> 'done' AND t.priority = 3
  UNION
 SELECT 'attention', t.id, t.id, t.assignee_id, t.created_at, t.title
   FROM tasks AS t
  WHERE t.status <> 'done' AND t.assignee_id IS NULL);

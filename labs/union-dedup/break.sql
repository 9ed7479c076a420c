-- Everything that happened, as one list: what was changed, what was said, and what wants attention,
-- which a task does because it is urgent or because nobody has it. Some are both.
CREATE VIEW activity AS
SELECT 'change' AS source, e.id, e.task_id, e.actor_id AS user_id, e.at, e.changes::text AS what
  FROM task_events AS e
 UNION
SELECT 'comment', c.id, c.task_id, c.author_id, c.created_at, c.body
  FROM comments AS c
 UNION
SELECT 'attention', t.id, t.id, t.assignee_id, t.created_at, t.title
  FROM tasks AS t
 WHERE t.status <> 'done' AND t.priority = 3
 UNION
SELECT 'attention', t.id, t.id, t.assignee_id, t.created_at, t.title
  FROM tasks AS t
 WHERE t.status <> 'done' AND t.assignee_id IS NULL;

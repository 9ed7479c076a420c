-- Somebody opens a task.
UPDATE task_views
   SET views = views + 1, viewed_at = now()
 WHERE task_id = $1
RETURNING task_id, views

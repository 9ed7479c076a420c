-- A task is deleted, with its comments, tags and history (ON DELETE CASCADE).
DELETE FROM tasks
 WHERE id = $1
RETURNING id

-- One task by its number, as the mobile app asks for it. The driver sends every number as numeric.
SELECT id, title, status, updated_at
  FROM tasks
 WHERE id = $1

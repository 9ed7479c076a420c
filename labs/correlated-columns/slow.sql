-- The latest tasks from one office. The form has three drop-downs, country, then its city, then its
-- office, and sends all three.
SELECT t.id, t.title, t.status, t.created_at
  FROM task_sites AS s
  JOIN tasks AS t ON t.id = s.task_id
 WHERE s.country = $1
   AND s.city = $2
   AND s.office = $3
 ORDER BY t.created_at DESC, t.id DESC
 LIMIT 20

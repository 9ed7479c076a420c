-- A hundred tasks from all over the table, in an order that a hash with a fixed text draws.
SELECT id AS task_id
  FROM tasks
 ORDER BY md5(id || ':hot-updates')
 LIMIT 100;

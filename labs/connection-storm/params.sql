-- Fifty tasks. The order by a hash with a fixed text draws the same ones in every run.
SELECT id
  FROM tasks
 ORDER BY md5(id || ':connection-storm')
 LIMIT 50;

-- Twenty tasks with a few events each. The order by a hash with a fixed text draws the same ones in
-- every run.
SELECT id
  FROM tasks
 ORDER BY md5(id || ':foreign-key-delete')
 LIMIT 20;

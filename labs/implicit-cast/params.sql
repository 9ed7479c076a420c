-- Twenty tasks, as numeric: the type that this application's driver gives to every number. The order
-- by a hash with a fixed text draws the same in every run.
SELECT id::numeric AS id
  FROM tasks
 ORDER BY md5(id || ':implicit-cast')
 LIMIT 20;

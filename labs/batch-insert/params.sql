-- Twenty files of fifty lines, each for a task of its own.
SELECT t.id AS task_id,
       ARRAY(SELECT format('line %s of the file for task %s: %s', n, t.id, md5(t.id || ':' || n))
               FROM generate_series(1, 50) n
              ORDER BY n) AS lines
  FROM (SELECT id FROM tasks ORDER BY md5(id || ':batch-insert') LIMIT 20) t;

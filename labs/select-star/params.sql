-- The twenty projects that break.sql gives their logs to.
SELECT project_id
  FROM tasks
 GROUP BY project_id
HAVING count(*) BETWEEN 50 AND 150
 ORDER BY md5(project_id || ':select-star')
 LIMIT 20;

-- Projects of some hundred tasks, in an order that a hash with a fixed text draws.
SELECT project_id
  FROM tasks
 GROUP BY project_id
HAVING count(*) BETWEEN 300 AND 1000
 ORDER BY md5(project_id || ':index-only-scan')
 LIMIT 20;

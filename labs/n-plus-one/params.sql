-- Thirty projects with a full page of tasks. The order by a hash with a fixed text draws the same
-- projects in every run.
SELECT project_id
  FROM tasks
 GROUP BY project_id
HAVING count(*) >= 100
 ORDER BY md5(project_id || ':n-plus-one')
 LIMIT 30;

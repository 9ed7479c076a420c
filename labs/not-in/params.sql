-- Ten projects with 100 to 250 tasks each, and the day since which 10,000 comments were written (at
-- every scale). The order by a hash with a fixed text draws the same in every run.
SELECT project_id,
       (SELECT created_at FROM comments ORDER BY created_at DESC LIMIT 1 OFFSET 10000) AS since
  FROM tasks
 GROUP BY project_id
HAVING count(*) BETWEEN 100 AND 250
 ORDER BY md5(project_id || ':not-in')
 LIMIT 10;

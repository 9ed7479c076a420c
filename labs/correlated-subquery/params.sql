-- Projects of 150 to 400 finished tasks; there are dozens at every scale. The cost is the square of that.
SELECT project_id
  FROM tasks
 WHERE status = 'done'
 GROUP BY project_id
HAVING count(*) BETWEEN 150 AND 400
 ORDER BY md5(project_id || ':correlated-subquery')
 LIMIT 10;

-- The chart on a project's page: how many tasks came in each month. Both columns stand in the index
-- tasks_project_id_idx (project_id, created_at, id).
SELECT date_trunc('month', created_at, 'UTC') AS month, count(*) AS tasks
  FROM tasks
 WHERE project_id = $1
 GROUP BY 1
 ORDER BY 1

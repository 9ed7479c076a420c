-- A release began to paste logs into the descriptions. In a few dozen projects every task has one now: 8 kB
-- that hardly compress, so that PostgreSQL moves them out of the row.
UPDATE tasks
   SET description = (SELECT string_agg(md5(tasks.id || ':' || line), ' ' ORDER BY line)
                        FROM generate_series(1, 250) AS line)
 WHERE project_id IN (SELECT project_id
                        FROM tasks
                       GROUP BY project_id
                      HAVING count(*) BETWEEN 50 AND 150
                       ORDER BY md5(project_id || ':select-star')
                       LIMIT 20);
VACUUM (ANALYZE) tasks;

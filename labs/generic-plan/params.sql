-- Twenty calls as a pooled connection sees them: ten pages of the archive, then ten of the board's
-- column "in progress". So each client's first five calls are of the archive. The times are those of
-- tasks of the state that is asked for, drawn by a hash of the id from the first year of the data.
SELECT status, created_at
  FROM ((SELECT status, created_at, 1 AS part
           FROM tasks
          WHERE status = 'done' AND created_at < '2024-01-01 00:00:00+00'
          ORDER BY md5(id || ':generic-plan')
          LIMIT 10)
        UNION ALL
        (SELECT status, created_at, 2
           FROM tasks
          WHERE status = 'in_progress' AND created_at < '2024-01-01 00:00:00+00'
          ORDER BY md5(id || ':generic-plan')
          LIMIT 10)) AS pages
 ORDER BY part, md5(created_at || ':generic-plan');

-- The burn-up of a project: each finished task with the hours that had been finished by then.
SELECT t.id, t.completed_at,
       (SELECT sum(coalesce((s.metadata ->> 'estimate_hours')::numeric, 1))
          FROM tasks AS s
         WHERE s.project_id = t.project_id
           AND s.status = 'done'
           AND (s.completed_at, s.id) <= (t.completed_at, t.id)) AS hours_so_far
  FROM tasks AS t
 WHERE t.project_id = $1
   AND t.status = 'done'
 ORDER BY t.completed_at, t.id

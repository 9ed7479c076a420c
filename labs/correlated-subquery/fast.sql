-- The same with a window: one pass over the rows in their order, which carries the sum along. ROWS,
-- from the first to the current one: no two rows share a place in this order, since id is part of
-- it.
SELECT t.id, t.completed_at,
       sum(coalesce((t.metadata ->> 'estimate_hours')::numeric, 1))
           OVER (ORDER BY t.completed_at, t.id ROWS UNBOUNDED PRECEDING) AS hours_so_far
  FROM tasks AS t
 WHERE t.project_id = $1
   AND t.status = 'done'
 ORDER BY t.completed_at, t.id

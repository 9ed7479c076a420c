-- Two pairs of tasks with an estimate of some hours, drawn by a hash of the id.
SELECT max(id) FILTER (WHERE place % 2 = 0) AS one, max(id) FILTER (WHERE place % 2 = 1) AS other
  FROM (SELECT id, row_number() OVER (ORDER BY md5(id || ':deadlock')) - 1 AS place
          FROM tasks
         WHERE status <> 'done' AND (metadata ->> 'estimate_hours')::int >= 4) AS drawn
 WHERE place < 4
 GROUP BY place / 2
 ORDER BY place / 2;

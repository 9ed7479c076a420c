-- Forty people with 10 to 40 tasks each, and one of the three years of the data for each: their rows
-- are a handful, the year holds a third of the table. The hash with a fixed text draws the same in
-- every run.
SELECT assignee_id,
       timestamptz '2023-01-01 00:00:00+00' + make_interval(years => (assignee_id % 3)::integer) AS since,
       timestamptz '2024-01-01 00:00:00+00' + make_interval(years => (assignee_id % 3)::integer) AS until
  FROM tasks
 WHERE assignee_id IS NOT NULL
 GROUP BY assignee_id
HAVING count(*) BETWEEN 10 AND 40
 ORDER BY md5(assignee_id || ':composite-order')
 LIMIT 40;

-- Sixteen rows on one block, however many tasks there are.
SELECT round(n, 2 - length(n::text)) AS about
  FROM (SELECT sum(tasks) AS n FROM task_totals) AS counted

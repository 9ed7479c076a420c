-- Forty people with 5 to 30 tasks each: far below 1 % of the table at every scale. The order by a
-- hash with a fixed text draws the same people in every run.
SELECT assignee_id
  FROM tasks
 WHERE assignee_id IS NOT NULL
 GROUP BY assignee_id
HAVING count(*) BETWEEN 5 AND 30
 ORDER BY md5(assignee_id || ':low-cardinality-prefix')
 LIMIT 40;

-- Twenty customers with few tasks each: far below 1 % of the table at every scale. The order by a hash
-- with a fixed text draws the same ones in every run.
SELECT metadata ->> 'customer' AS customer
  FROM tasks
 WHERE metadata ? 'customer'
 GROUP BY 1
HAVING count(*) BETWEEN 1 AND 20
 ORDER BY md5((metadata ->> 'customer') || ':jsonb-containment')
 LIMIT 20;

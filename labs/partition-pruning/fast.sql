-- The same month as a range of the partition key itself: half open, so that nothing is counted twice
-- and nothing is missed.
SELECT kind, count(*) AS events
  FROM events
 WHERE at >= $1 AND at < $1 + interval '1 month'
 GROUP BY kind
 ORDER BY kind

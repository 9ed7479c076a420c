-- What happened in one month, by kind.
SELECT kind, count(*) AS events
  FROM events
 WHERE date_trunc('month', at) = $1
 GROUP BY kind
 ORDER BY kind
